/*
 * rocksdb_store: the default adapter: columnar blocks in an embedded RocksDB. docs/format.md has every key.
 *
 * Threads of the store's own merge small blocks of a day into large ones and drop what is older than its
 * retention. Readers and appends do not wait for them. Others, one less than there are cores, help searches for
 * traces. Rows that arrive older than their retention are taken, and go with the next sweep.
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

#include "model/downsample.h"
#include "storage/store.h"

enum store_compression { STORE_ZSTD = 0, STORE_LZ4, STORE_UNCOMPRESSED };

/*
 * Takes the rows of a signal in range (all of one day), which are about to be dropped, from the store: by a scan.
 * Unless it returns STATUS_OK they are kept, and it is asked again by the next sweep. Runs on the thread of the
 * sweep, without a lock.
 */
typedef enum status store_before_drop(void *context, struct store *store, enum signal signal,
				      struct time_range range, struct error *error);

/* Numbers that are zero stand for what is best for most: see docs/configuration.md for each. */
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
	uint32_t sync_interval_ms; /* without sync: how often the log is forced to the disk; 0: when the
				      kernel likes */

	uint64_t write_buffer_bytes; /* of a family in memory before it becomes a file; 0: 64 MiB */
	uint64_t block_cache_bytes;  /* of files' blocks in memory; 0: 128 MiB */
	uint32_t block_rows;         /* of the largest block that a merge makes; 0: 65,536 */
	enum store_compression compression;
	int compression_level; /* of zstd, for merged blocks; 0: 3 */

	const struct clock *clock;             /* tells which day it is; NULL: the system's. Borrowed */
	uint32_t retention_days[SIGNAL_COUNT]; /* whole days by the rows' own time; 0 keeps for ever */
	uint64_t max_storage_bytes;            /* of the folder; 0: no limit */
	struct downsample_rule downsample[DOWNSAMPLE_MOST_RULES]; /* ascending */
	size_t downsample_count;
	bool sifts;                     /* store_sift will be called: blocks of spans are not merged before */
	store_before_drop *before_drop; /* asked before anything is dropped; NULL: nobody is */
	void *before_drop_context;
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

/*
 * Does now, on the caller's thread, what the store does by itself when it is opened and every minute: drops
 * days past their retention, then the oldest data past the limit of storage, downsamples metrics, and gives the
 * disk back what is garbage. Runs beside appends and reads; a query under way reads to its end what it began.
 */
enum status rocksdb_store_sweep(struct store *store, struct error *error);

#endif
