/* rocksdb_internal: what the adapter's files share; not for other folders. */
#ifndef ROHAS_STORAGE_ROCKSDB_INTERNAL_H
#define ROHAS_STORAGE_ROCKSDB_INTERNAL_H

#include <rocksdb/c.h>

#include "storage/columns/builder.h"
#include "storage/rocksdb/block_index.h"
#include "storage/rocksdb/helpers.h"
#include "storage/rocksdb/keys.h"
#include "storage/rocksdb/periodic.h"
#include "storage/rocksdb/rocksdb_store.h"

/* The version of keys and headers; a block has its own. */
enum { STORE_FORMAT = 3 };

/*
 * What is committed is soon merged: lz4 is quick. What is merged stays: zstd, of which level 3 costs a twentieth
 * more than level 1 and takes a hundredth less. And rows of the largest merged block.
 */
enum { STANDARD_COMPRESSION_LEVEL = 3, STANDARD_BLOCK_ROWS = 65536 };

/* Column families, in the order in which they are opened. Bodies of a signal are in family FAMILY_BODIES +
 * signal. */
enum {
	FAMILY_DEFAULT = 0,
	FAMILY_HEADERS = 1,
	FAMILY_BODIES = 2,
	FAMILY_COUNT = FAMILY_BODIES + SIGNAL_COUNT
};

/* That nothing is written at the moment, and why: see recover.c. */
struct recovery {
	_Atomic bool is_failing;
	pthread_mutex_t lock; /* of what follows */
	struct error failure; /* the sentence for those who are refused */
	uint64_t since_ns;    /* on the monotonic clock */
	/* of the thread that recovers: after failures behind the scenes it takes its time */
	uint64_t pause_ns, not_before_ns;
};

struct rocksdb_store {
	struct store base;
	char *path;
	/* Recovery closes the database and opens it anew: who uses what follows, or a body that was read through
	 * it, or chose entries of the index, holds this lock for reading. */
	pthread_rwlock_t db_lock;
	rocksdb_t *db; /* NULL while it cannot be opened */
	rocksdb_column_family_handle_t *families[FAMILY_COUNT];
	rocksdb_options_t *options;
	rocksdb_block_based_table_options_t *table_options;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read_options;
	rocksdb_readoptions_t *body_options; /* of bodies: their readers check what they use */
	rocksdb_writeoptions_t *write_options;
	enum block_codec codec; /* of merged blocks; what is committed is lz4, or none where this is */
	int compression_level;
	uint32_t block_rows;
	struct block_index index;
	/* From when RocksDB takes merged bodies over until their headers are written; and while files are copied: the log
	 * that a copy has must not be newer than the list of tables. The last lock of all. */
	pthread_mutex_t take_over_lock;
	pthread_mutex_t append_lock; /* guards what follows */
	struct block_builder *builder;
	struct buffer body;
	/* shared without a lock */
	_Atomic uint64_t next_sequence;
	_Atomic uint64_t generation;     /* one more each time that the database was opened anew */
	_Atomic uint64_t sifted;         /* spans up to this commit stay; UINT64_MAX: nobody sifts */
	_Atomic uint64_t append_busy_ns; /* how long appends took, all together */
	/* of blocks: as committed; merged or downsampled */
	_Atomic uint64_t committed_bytes, rewritten_bytes;
	_Atomic uint64_t removed_bytes; /* of bodies that were merged or dropped, and that nobody reads */
	_Atomic uint64_t bulk_bytes;    /* of files that merges wrote: see bulk.h */
	_Atomic uint64_t damaged_block_count, damaged_row_count; /* found since the store was opened */
	_Atomic uint64_t damage_notes;                           /* how often damage was met, known or not */
	uint64_t
		lost_header_count; /* of the thread that reads the headers: how many of the blocks are counted for that */
	atomic_bool has_unknown_blocks; /* headers are damaged, and bodies that would say which there were */
	atomic_bool has_lost_headers;   /* so that bodies without one are no garbage: they can be rescued */
	bool is_read_only;
	/* NULL where is_read_only */
	struct merger *merger;
	struct periodic *syncing; /* NULL: the log is not forced to the disk in intervals */
	struct keeper *keeper;
	struct recovery recovery;
	struct helpers *helpers;           /* of searches */
	struct arena_budget search_budget; /* what all of them unpack */
};

/*
 * What reading one block may unpack (a block that wants more is damaged), and what all searches of the store together
 * may, whoever works for them: two such blocks, or some hundred ordinary ones. A search that would pass it fails with
 * STATUS_NO_MEMORY; others go on.
 */
enum { UNPACK_LIMIT_BYTES = 1 << 30 };
#define SEARCH_LIMIT_BYTES ((size_t)2 << 30)

static inline void search_arena_init(struct rocksdb_store *store, struct arena *arena)
{
	arena_init_shared(arena, UNPACK_LIMIT_BYTES, &store->search_budget);
}

/* Rows of the largest merged block of a signal. Points are small, and a block is the better the more points of a
 * series lie in it: twice as many. */
static inline uint64_t block_rows_of(enum signal signal, uint64_t block_rows)
{
	uint64_t rows = signal == SIGNAL_METRICS ? block_rows * 2 : block_rows;

	return rows < BLOCK_MOST_ROWS ? rows : BLOCK_MOST_ROWS;
}

/* Turns RocksDB's message into an error and frees it. */
enum status rocksdb_failed(char *message, const char *doing, struct error *error);

/* Whether the store is one of this adapter's. */
bool is_rocksdb_store(const struct store *store);

/* STATUS_UNSUPPORTED: the store was opened read-only. */
enum status refuse_change(const struct rocksdb_store *store, struct error *error);

/* Writes what is in memory into files, so that logs can go. db_lock is held for reading, or nobody else is there. */
void store_flush(struct rocksdb_store *store);

/* Opens store->db and its families for reading, beside a process that holds them: see open_read_only.c. */
enum status open_read_only(struct rocksdb_store *store, const char *const *family_names, struct error *error);

/*
 * Opens the database of the store, for reading alone where is_read_only: then no byte is written. On failure
 * there is none (error may be NULL). database_close closes it where there is one.
 */
enum status database_open(struct rocksdb_store *store, bool is_read_only, struct error *error);
void database_close(struct rocksdb_store *store);

/*
 * Runs visit for every header, in order of their keys, until it returns anything but STATUS_OK. value.data is NULL
 * where there is a header that cannot be read.
 */
typedef enum status header_visit(void *context, struct str key, struct str value, struct error *error);
enum status each_header(struct rocksdb_store *store, header_visit *visit, void *context, struct error *error);

/*
 * Reads every header into the index. A damaged one costs its own block, not the store. Blocks with rows of a
 * commit past acknowledged are left out, and their deletion is added to refused (merges have no such rows).
 */
enum status load_headers(struct rocksdb_store *store, struct block_index *index, uint64_t acknowledged,
			 rocksdb_writebatch_t *refused, struct error *error);

/*
 * Every read holds the database open, between begin_read and, where that succeeded, end_read, which returns
 * status. STATUS_BUSY where there is none to read at the moment: see db_lock.
 */
enum status begin_read(struct rocksdb_store *store, struct error *error);
enum status end_read(struct rocksdb_store *store, enum status status);

/* The bytes of a block where they lie, in a mapped file or in RocksDB's memory, until body_release. */
struct body {
	rocksdb_iterator_t *iterator;
	struct str bytes;
};
/* body_read notes a block that is damaged; body_fetch only says so. */
enum status body_fetch(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		       struct error *error);
enum status body_read(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		      struct error *error);
void body_release(struct body *body);

/*
 * To be called with what reading an entry's block came to: STATUS_CORRUPT takes the block out of all further
 * searches. Returns status. See damage.c.
 */
enum status note_damage(struct rocksdb_store *store, const struct block_entry *entry, enum status status,
			const struct error *error);

/*
 * Whether a search that ended so is worth beginning anew: damage was noted since *notes, so that the next one is given
 * fewer blocks. That another has found the same block first, and has perhaps not counted it yet, makes no difference.
 */
bool damage_goes_around(struct rocksdb_store *store, enum status status, uint64_t *notes);

/*
 * Writes the batch, all of it or nothing; the only way to write once the store is open. After one failure every
 * write is refused (STATUS_IO) until store_recover succeeded. db_lock is held for reading.
 */
enum status store_write(struct rocksdb_store *store, const rocksdb_writeoptions_t *options,
			rocksdb_writebatch_t *writes, struct error *error);

/* STATUS_IO and the sentence while nothing can be written. */
enum status store_check_writable(struct rocksdb_store *store, struct error *error);

/* Ends all writing, for the reason in RocksDB's message; said once in the log. */
void store_note_failure(struct rocksdb_store *store, const char *message);

/*
 * Where writing has failed and the disk takes bytes again: opens the database anew. STATUS_IO where it is too
 * early. One thread calls it, without db_lock.
 */
enum status store_recover(struct rocksdb_store *store, struct error *error);

void recovery_init(struct recovery *recovery);
void recovery_release(struct recovery *recovery);

/*
 * Word filters of blocks of logs: see words.c. words_each gives take each part of the filter of the block that the
 * builder made last, in order of their keys, until it returns anything but STATUS_OK; words_put writes them.
 * words_may_hold says whether a block may hold the filter's terms: false only where it cannot.
 */
typedef enum status words_take(void *context, struct str key, struct str part, struct error *error);
enum status words_each(uint32_t partition, const struct block_header *header,
		       const struct block_builder *builder, words_take *take, void *context,
		       struct error *error);
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
/* No further merge begins, whoever asks for it. NULL is allowed. */
void merger_stop(struct merger *merger);

/* The key of the note that a merge has replaced a body. */
static const char leftover_prefix[] = "leftover/";
enum {
	LEFTOVER_PREFIX_SIZE = sizeof(leftover_prefix) - 1,
	LEFTOVER_KEY_SIZE = LEFTOVER_PREFIX_SIZE + 1 + BODY_KEY_SIZE
};
static inline void leftover_key(uint8_t signal, const char body[BODY_KEY_SIZE], char key[LEFTOVER_KEY_SIZE])
{
	memcpy(key, leftover_prefix, LEFTOVER_PREFIX_SIZE);
	key[LEFTOVER_PREFIX_SIZE] = (char)signal;
	memcpy(key + LEFTOVER_PREFIX_SIZE + 1, body, BODY_KEY_SIZE);
}
/*
 * Between these two no merge is under way and none begins: the entries of the index that a caller has listed
 * stay in it, save those that it takes out itself, and the database stays open. Letting go removes the bodies that
 * nobody reads any more. Where holding fails, nothing is held.
 */
enum status merger_hold(struct merger *merger, struct error *error);
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
 * While merges are held off: merges blocks of one signal and partition, less the rows that a filter takes out. It moves
 * the rows that stay to the front and returns how many they are; sequences are the commits that all came with.
 */
struct merge_filter {
	size_t (*filter)(void *context, const void **rows, const uint64_t *sequences, size_t count);
	void *context;
};
enum status merger_rewrite(struct merger *merger, struct block_entry *const *entries, size_t count,
			   const struct merge_filter *filter, struct error *error);

enum status rocksdb_put_note(struct store *base, struct str key, struct str value, struct error *error);
enum status rocksdb_each_note(struct store *base, struct str prefix, store_note_visit *visit, void *context,
			      struct error *error);

/* Reads, when the store is opened, up to where spans were sifted; notes it where sifting begins or ends. See sift.c. */
enum status sift_begin(struct rocksdb_store *store, bool sifts, struct error *error);
enum status rocksdb_sift(struct store *base, const struct store_sift *sift, struct error *error);

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

/*
 * A number of a commit or a block is never used twice: what was taken out may have had the greatest. To be added to the
 * batch that takes blocks out.
 */
void sequence_put(struct rocksdb_store *store, rocksdb_writebatch_t *writes);

/* What the files of the store's folder take. */
uint64_t store_folder_bytes(const struct rocksdb_store *store);

/* Whether bodies of the signal's partitions from first to before end still wait for their readers. */
bool has_leftovers(struct rocksdb_store *store, enum signal signal, uint32_t first, uint32_t end);

/* Bodies of blocks that were merged when the program ended: removes them. */
enum status remove_leftovers(struct rocksdb_store *store, struct error *error);

/* The searches as the store gives them: what follows below, begun anew where damage was found (damage.c). */
enum status around_read_trace(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			      struct batch *batch_out, struct error *error);
enum status around_find_traces(struct store *base, const struct span_filter *filter,
			       const struct trace_page *page, struct trace_hit *hits_out,
			       size_t *hit_count_out, uint64_t *snapshot_out, struct error *error);
enum status around_find_logs(struct store *base, const struct log_filter *filter, const struct log_page *page,
			     struct batch *batch_out, uint64_t *snapshot_out, struct error *error);
enum status around_list_metrics(struct store *base, struct time_range range, struct arena *arena,
				struct metric_summary **metrics_out, size_t *count_out, struct error *error);
enum status around_read_points(struct store *base, const struct point_filter *filter, struct batch *batch_out,
			       struct error *error);

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
enum status rocksdb_fold_logs(struct store *base, const struct log_fold *fold, log_visit *visit,
			      void *context, struct error *error);
enum status rocksdb_list_metrics(struct store *base, struct time_range range, struct arena *arena,
				 struct metric_summary **metrics_out, size_t *count_out, struct error *error);
enum status rocksdb_read_points(struct store *base, const struct point_filter *filter,
				struct batch *batch_out, struct error *error);
enum status rocksdb_list_days(struct store *base, enum signal signal, struct arena *arena,
			      struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
			      struct error *error);
enum status rocksdb_scan(struct store *base, const struct store_scan *scan, store_visit *visit, void *context,
			 struct error *error);

#endif
