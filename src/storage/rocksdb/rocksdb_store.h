/*
 * rocksdb_store: the default adapter: columnar blocks in an embedded RocksDB. docs/format.md has every key.
 *
 * A thread of the store's own merges small blocks of a day into large ones. Readers and appends do not wait
 * for it. Other threads of its own, one less than there are cores, help searches for traces.
 *
 * An append makes one block for each signal and day of the rows given, and writes them in one atomic batch,
 * with their headers, to the write-ahead log. Headers of all blocks stay in memory; bodies are read when a
 * header says that they may hold what is asked, out of mapped files: a file that is cut while the store is
 * open, or a page that the disk cannot deliver, ends the process with SIGBUS.
 *
 * Ownership, threads, units, errors: as storage/store.h has them. Appends run one at a time; who gathers
 * batches into one append (commit_queue) gets larger blocks.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_STORE_H
#define ROHAS_STORAGE_ROCKSDB_STORE_H

#include "storage/store.h"

struct rocksdb_store_options {
	const char *path; /* the store's folder; made, with mode 0700, where it is missing */
	bool sync;        /* an append waits until the log is on the disk, not only with the kernel */
};

/*
 * STATUS_BUSY where another process holds the store, STATUS_CORRUPT where it was written by a version that
 * this one cannot read, STATUS_IO where the folder cannot be made or opened; the sentence says which and what
 * to do.
 */
enum status rocksdb_store_open(const struct rocksdb_store_options *options, struct store **store_out,
			       struct error *error);

/*
 * Merges now, on the caller's thread, all blocks that are smaller than they could be. The store does that by
 * itself in the background, at leisure; nobody need call this. Runs beside appends and reads.
 */
enum status rocksdb_store_compact(struct store *store, struct error *error);

#endif
