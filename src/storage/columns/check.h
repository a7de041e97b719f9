/*
 * check: whether a block is what its header says: every column unpacks, every row can be read, and no search
 * that is after one of its rows would pass the block by.
 *
 * Threads    every call may run concurrently.
 * Errors     STATUS_CORRUPT with what is wrong, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_CHECK_H
#define ROHAS_STORAGE_COLUMNS_CHECK_H

#include "storage/columns/header.h"

/* What is unpacked lies in scratch, which the caller clears between blocks. */
enum status block_check(struct str body, const struct block_header *header, struct arena *scratch,
			struct error *error);

#endif
