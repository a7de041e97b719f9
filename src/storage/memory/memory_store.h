/*
 * memory_store: the reference adapter: rows in arrays, every query a plain loop over the filter's definition.
 *
 * It is what the contract suite compares other adapters with, and what tests of query and server stand on. It
 * keeps promises 2 to 4 of store.h; the first it cannot.
 */
#ifndef ROHAS_STORAGE_MEMORY_STORE_H
#define ROHAS_STORAGE_MEMORY_STORE_H

#include "storage/store.h"

/* NULL only where memory ran out. */
struct store *memory_store_open(void);

#endif
