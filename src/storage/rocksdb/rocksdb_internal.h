/* rocksdb_internal: what the adapter's files share; not for other folders. */
#ifndef ROHAS_STORAGE_ROCKSDB_INTERNAL_H
#define ROHAS_STORAGE_ROCKSDB_INTERNAL_H

#include <rocksdb/c.h>

#include "storage/columns/builder.h"
#include "storage/rocksdb/block_index.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/rocksdb_store.h"

/* The version of keys and headers; a block has its own. */
enum { STORE_FORMAT = 1 };

/* zstd's quickest level. */
enum { COMPRESSION_LEVEL = 1 };

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
	struct block_index index;
	pthread_mutex_t append_lock; /* guards what follows */
	struct block_builder *builder;
	struct buffer body;
	/* shared without a lock */
	_Atomic uint64_t next_sequence;
	_Atomic uint64_t appended_ns; /* when rows last came, on the monotonic clock */
	struct merger *merger;
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
 * Word filters of blocks of logs: see words.c. words_put writes the filter of the block that the builder made last;
 * words_may_hold says whether a block may hold the filter's terms: false only where it cannot.
 */
enum status words_put(struct rocksdb_store *store, rocksdb_writebatch_t *writes, uint32_t partition,
		      const struct block_header *header, const struct block_builder *builder,
		      struct error *error);
void words_delete(struct rocksdb_store *store, rocksdb_writebatch_t *writes, enum signal signal,
		  const char body_key[BODY_KEY_SIZE], uint32_t part_count);
enum status words_may_hold(struct rocksdb_store *store, const struct block_entry *entry,
			   const struct log_filter *filter, bool *may_out, struct error *error);

/*
 * The merge thread: see merge.c. It is started last and stopped first. merger_run merges on the caller's
 * thread until nothing is left to merge; eager merges also what normally waits for more.
 */
struct merger;
enum status merger_new(struct rocksdb_store *store, struct merger **merger_out, struct error *error);
void merger_free(struct merger *merger); /* NULL is allowed */
enum status merger_run(struct merger *merger, bool eager, struct error *error);

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
