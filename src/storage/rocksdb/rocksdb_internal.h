/* rocksdb_internal: what the adapter's files share; not for other folders. */
#ifndef ROHAS_STORAGE_ROCKSDB_INTERNAL_H
#define ROHAS_STORAGE_ROCKSDB_INTERNAL_H

#include <rocksdb/c.h>

#include "storage/columns/builder.h"
#include "storage/rocksdb/block_index.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/periodic.h"
#include "storage/rocksdb/rocksdb_store.h"

/* The version of keys and headers; a block has its own. */
enum { STORE_FORMAT = 1 };

/* zstd's quickest level, and rows of the largest merged block. */
enum { STANDARD_COMPRESSION_LEVEL = 1, STANDARD_BLOCK_ROWS = 65536 };

/* Column families, in the order in which they are opened. Bodies of a signal are in family FAMILY_BODIES +
 * signal. */
enum {
	FAMILY_DEFAULT = 0,
	FAMILY_HEADERS = 1,
	FAMILY_BODIES = 2,
	FAMILY_COUNT = FAMILY_BODIES + SIGNAL_COUNT
};

struct rocksdb_store {
	struct store base;
	char *path;
	rocksdb_t *db;
	rocksdb_column_family_handle_t *families[FAMILY_COUNT];
	rocksdb_options_t *options;
	rocksdb_block_based_table_options_t *table_options;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read_options;
	rocksdb_writeoptions_t *write_options;
	enum block_codec codec; /* of the blocks that are made */
	int compression_level;
	uint32_t block_rows;
	struct block_index index;
	pthread_mutex_t append_lock; /* guards what follows */
	struct block_builder *builder;
	struct buffer body;
	/* shared without a lock */
	_Atomic uint64_t next_sequence;
	_Atomic uint64_t appended_ns; /* when rows last came, on the monotonic clock */
	_Atomic uint64_t committed_bytes,
		rewritten_bytes; /* of blocks: as committed; merged or downsampled */
	struct merger *merger;
	struct periodic *syncing; /* NULL: the log is not forced to the disk in intervals */
	struct keeper *keeper;
};

/* Turns RocksDB's message into an error and frees it. */
enum status rocksdb_failed(char *message, const char *doing, struct error *error);

/* The bytes of a block, pinned until body_release. */
struct body {
	rocksdb_pinnableslice_t *slice;
	struct str bytes;
};
enum status body_read(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		      struct error *error);
void body_release(struct body *body);

/*
 * The merge thread: see merge.c. It is started last and stopped first. merger_run merges on the caller's
 * thread until nothing is left to merge; eager merges also what normally waits for more.
 */
struct merger;
enum status merger_new(struct rocksdb_store *store, struct merger **merger_out, struct error *error);
void merger_free(struct merger *merger); /* NULL is allowed */
enum status merger_run(struct merger *merger, bool eager, struct error *error);

/*
 * Between these two no merge is under way and none begins: the entries of the index that a caller has listed
 * stay in it, save those that it takes out itself. Letting go removes the bodies that nobody reads any more.
 */
void merger_hold(struct merger *merger);
enum status merger_let_go(struct merger *merger, struct error *error);

/*
 * While merges are held off: puts one block in the place of others of one signal and partition, or nothing in
 * the place of others of one signal; at once, on the disk and for queries. The caller has references to the
 * entries. header lacks only its sequences and level.
 */
enum status merger_replace(struct merger *merger, struct block_entry *const *entries, size_t count,
			   struct block_header *header, const struct buffer *body, struct error *error);
enum status merger_remove(struct merger *merger, struct block_entry *const *entries, size_t count,
			  struct error *error);

/*
 * The sweeps: see retention.c. keeper_new starts their thread; keeper_sweep does one on the caller's thread.
 * keeper_figures adds what was dropped and left out since the start.
 */
struct keeper;
enum status keeper_new(struct rocksdb_store *store, const struct rocksdb_store_options *options,
		       struct keeper **keeper_out, struct error *error);
void keeper_free(struct keeper *keeper); /* NULL is allowed */
enum status keeper_sweep(struct keeper *keeper, struct error *error);
void keeper_figures(struct keeper *keeper, struct store_stats *stats);

/*
 * While merges are held off: brings some blocks of metrics of the days before end_ns to one point a step. Adds to
 * *removed how many points fewer there are; *is_more_out tells whether there may be more to do. See
 * downsample_blocks.c.
 */
enum status downsample_blocks(struct rocksdb_store *store, uint64_t end_ns, uint64_t step_ns,
			      uint64_t *removed, bool *is_more_out, struct error *error);

/* Brings the points of one series, which lie in many blocks, together, each series in order of time. */
enum status sort_points(struct metric_point *points, size_t count, struct error *error);

/* Writes what is in memory into files, so that logs can go. */
void store_flush(struct rocksdb_store *store);

/* What the files of the store's folder take. */
uint64_t store_folder_bytes(const struct rocksdb_store *store);

/* Whether bodies of the signal's partitions from first to before end still wait for their readers. */
bool has_leftovers(struct rocksdb_store *store, enum signal signal, uint32_t first, uint32_t end);

/* Bodies of blocks that were merged when the program ended: removes them. */
enum status remove_leftovers(struct rocksdb_store *store, struct error *error);

enum status rocksdb_append(struct store *base, struct batch *const *batches, size_t count,
			   struct error *error);
enum status rocksdb_read_trace(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			       struct batch *batch_out, struct error *error);
enum status rocksdb_find_traces(struct store *base, const struct span_filter *filter,
				const struct trace_page *page, struct trace_hit *hits_out,
				size_t *hit_count_out, uint64_t *snapshot_out, struct error *error);
enum status rocksdb_find_logs(struct store *base, const struct log_filter *filter,
			      const struct log_page *page, struct batch *batch_out, uint64_t *snapshot_out,
			      struct error *error);
enum status rocksdb_list_metrics(struct store *base, struct time_range range, struct arena *arena,
				 struct metric_summary **metrics_out, size_t *count_out, struct error *error);
enum status rocksdb_read_points(struct store *base, const struct point_filter *filter,
				struct batch *batch_out, struct error *error);

#endif
