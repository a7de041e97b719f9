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
	/*
	 * Opens what is there and changes nothing in the folder, whether a process holds the store or not: the
	 * rows are those that were acknowledged when the call began, or later ones too, and stay the same until
	 * the store is closed. Rows that are only in the log are read into memory. Append and compact are
	 * STATUS_UNSUPPORTED. A process may start on the store, run and stop meanwhile.
	 */
	bool is_read_only;
};

/*
 * STATUS_BUSY where another process holds the store (read-only: where it changes too fast to be opened),
 * STATUS_NOT_FOUND where there is none to read, STATUS_CORRUPT where it was written by a version that
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

/*
 * Makes folder, which must not be there and whose parent must, a copy of the store: a store itself, that has every row
 * acknowledged before the call. Runs beside appends and reads. On the store's own file system most of it are links and
 * take no room until the store rewrites what they link. STATUS_INVALID where folder is there.
 */
enum status rocksdb_store_backup(struct store *store, const char *folder, struct error *error);

#endif
