/*
 * read_all: reads everything that a block holds, every way there is, whatever its bytes are.
 *
 * For tests of damage: nothing is asserted of what comes out, only that every byte that a reader returns can
 * be read. Statuses other than STATUS_OK, STATUS_CORRUPT and STATUS_NO_MEMORY abort.
 */
#ifndef ROHAS_TESTS_UNIT_STORAGE_COLUMNS_READ_ALL_H
#define ROHAS_TESTS_UNIT_STORAGE_COLUMNS_READ_ALL_H

#include "base/status.h"
#include "model/batch.h"

/* The first status that is not STATUS_OK. What is unpacked takes at most limit_bytes. */
enum status read_all(enum signal signal, struct str body, size_t limit_bytes);

/* Decodes a header and puts every question to it. */
enum status read_header(struct str bytes, size_t limit_bytes);

#endif
