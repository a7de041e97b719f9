/*
 * reclaim: gives the disk back what is garbage in RocksDB's files.
 *
 * Threads    one thread at a time; beside appends, reads and merges.
 * Errors     STATUS_IO, STATUS_NO_MEMORY: some garbage is left, nothing else is wrong.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_RECLAIM_H
#define ROHAS_STORAGE_ROCKSDB_RECLAIM_H

#include "storage/rocksdb/rocksdb_store.h"

struct rocksdb_store;

/* Rewrites the days of which too much is garbage; eager: of which some is. May take as long as reading them. */
enum status reclaim(struct rocksdb_store *store, bool is_eager, struct error *error);

/* The same for the headers of the days before the oldest that there is. */
void reclaim_headers(struct rocksdb_store *store);

#endif
