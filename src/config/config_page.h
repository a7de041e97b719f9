/*
 * config_page: the documentation page of all keys, made from the table (docs/configuration.md).
 *
 * Ownership  appends to the caller's buffer.
 * Threads    every call may run concurrently.
 * Errors     buffer_failed.
 */
#ifndef ROHAS_CONFIG_CONFIG_PAGE_H
#define ROHAS_CONFIG_CONFIG_PAGE_H

#include "base/buffer.h"

void config_page_write(struct buffer *page);

#endif
