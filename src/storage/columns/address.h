/*
 * address: IPv4 addresses as text and as numbers. Telemetry is full of them, and a number takes four bytes.
 *
 * Threads    plain functions.
 * Errors     none: text that is not an address as address_format writes it is none.
 */
#ifndef ROHAS_STORAGE_COLUMNS_ADDRESS_H
#define ROHAS_STORAGE_COLUMNS_ADDRESS_H

#include "base/str.h"

/* 255.255.255.255 */
enum { ADDRESS_MOST_SIZE = 15 };

/* Whether text is an address in just the form that address_format gives it; its number, the first part uppermost. */
bool address_parse(struct str text, uint32_t *address_out);

/* Writes the four parts, in decimal and without leading zeros, and returns how many bytes they take. */
size_t address_format(uint32_t address, char text_out[ADDRESS_MOST_SIZE]);

#endif
