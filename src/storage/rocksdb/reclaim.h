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

/* How much garbage is too much: while there is other work, where room is needed, while there is nothing to do. */
enum reclaim_when { RECLAIM_AT_WORK = 0, RECLAIM_FOR_ROOM, RECLAIM_AT_REST };

/* Rewrites the days of which too much is garbage. May take as long as reading them. */
enum status reclaim(struct rocksdb_store *store, enum reclaim_when when, struct error *error);

/* The same for the headers of the days before the oldest that there is. */
void reclaim_headers(struct rocksdb_store *store);

#endif
