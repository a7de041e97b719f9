/* Walks over the log records that meet a filter, as columns: what counts are made of. */
#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/rocksdb/parallel.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* One walk over many blocks. What the workers share is under the lock. */
struct walk {
	struct rocksdb_store *store;
	const struct block_list *list;
	const struct log_fold *fold;
	uint64_t snapshot;
	struct arena arenas[PARALLEL_MOST_WORKERS]; /* a worker's own */
	pthread_mutex_t lock;
	log_visit *visit;
	void *context;
	enum status status; /* the first that was not STATUS_OK */
	struct error failure;
};

static bool may_hold_logs(const struct block_header *header, const void *filter)
{
	return header_may_hold_logs(header, filter);
}

/* The first failure is the walk's. The lock is held. */
static void note_failure(struct walk *walk, enum status status, const struct error *error)
{
	if (status == STATUS_OK || walk->status != STATUS_OK)
		return;
	walk->status = status;
	walk->failure = *error;
}

/* A visitor that gave up is not asked again by another worker. */
static enum status give(struct walk *walk, const struct log_columns *columns, struct error *error)
{
	enum status status;

	pthread_mutex_lock(&walk->lock);
	status = walk->status == STATUS_OK ? walk->visit(walk->context, columns, error) : walk->status;
	note_failure(walk, status, error);
	pthread_mutex_unlock(&walk->lock);
	return status;
}

/* ---- blocks that their headers tell enough of ---- */

/* Whether the filter asks for nothing but a range of time and a level: what is added to a filter is added here. */
static bool is_plain(const struct log_filter *filter)
{
	return filter->handler.size == 0 && filter->service.size == 0 && !filter->source &&
	       !filter->trace_id && !filter->span_id && filter->term_count == 0 && !filter->predicate;
}

/* Whether all rows of the block lie in the range, in one step, and were there when the walk began. */
static bool is_told_by_header(const struct walk *walk, const struct block_header *header)
{
	const struct log_fold *fold = walk->fold;
	bool wants_times = fold->columns & LOG_COLUMN_TIME;
	uint64_t known = 0;

	for (size_t level = 0; level < LEVEL_COUNT; level++)
		known += header->level_counts[level];
	return known && !(fold->columns & LOG_COLUMN_FIELD) && is_plain(&fold->filter) &&
	       time_range_contains(fold->filter.range, header->first_ns) &&
	       time_range_contains(fold->filter.range, header->last_ns) &&
	       header->last_sequence <= walk->snapshot &&
	       (!wants_times ||
		(fold->step_ns && header->first_ns / fold->step_ns == header->last_ns / fold->step_ns));
}

static enum status give_header(struct walk *walk, const struct block_header *header, struct error *error)
{
	uint32_t weights[LEVEL_COUNT];
	uint64_t times[LEVEL_COUNT];
	uint8_t levels[LEVEL_COUNT];
	struct log_columns columns = {.weights = weights};

	for (size_t level = walk->fold->filter.lowest_level; level < LEVEL_COUNT; level++) {
		if (!header->level_counts[level])
			continue;
		weights[columns.count] = header->level_counts[level];
		times[columns.count] = header->first_ns;
		levels[columns.count++] = (uint8_t)level;
	}
	if (walk->fold->columns & LOG_COLUMN_TIME)
		columns.time_ns = times;
	if (walk->fold->columns & LOG_COLUMN_LEVEL)
		columns.levels = levels;
	return columns.count ? give(walk, &columns, error) : STATUS_OK;
}

/* ---- blocks that are read ---- */

static enum status read_columns(struct walk *walk, const struct block_entry *entry, struct str bytes,
				struct arena *arena, struct log_columns *columns_out, struct error *error)
{
	struct log_reader reader;
	uint8_t *matches;
	enum status status = log_reader_open(&reader, bytes, arena, error);

	if (status != STATUS_OK)
		return status;
	matches = arena_alloc(arena, reader.block.row_count);
	if (!matches)
		return error_set(error, STATUS_NO_MEMORY, "no memory to count log records");
	status = log_reader_match(&reader, &walk->fold->filter, matches, error);
	if (status == STATUS_OK)
		status = block_sequences_mask(&reader.block, &entry->header, walk->snapshot, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, reader.block.row_count))
		status = log_reader_columns(&reader, matches, walk->fold->columns, &walk->fold->field,
					    columns_out, error);
	return status;
}

/* A damaged block costs its own rows; none of them was given out. */
static enum status walk_block(struct walk *walk, const struct block_entry *entry, struct arena *arena,
			      struct error *error)
{
	struct log_columns columns = {0};
	struct body body;
	bool may_hold;
	enum status status = words_may_hold(walk->store, entry, &walk->fold->filter, &may_hold, error);

	if (status != STATUS_OK || !may_hold)
		return status;
	status = body_read(walk->store, entry, &body, error);
	if (status != STATUS_OK)
		return status == STATUS_CORRUPT ? STATUS_OK : status;
	status = read_columns(walk, entry, body.bytes, arena, &columns, error);
	if (note_damage(walk->store, entry, status, error) == STATUS_CORRUPT)
		status = STATUS_OK;
	else if (status == STATUS_OK && columns.count)
		status = give(walk, &columns, error);
	body_release(&body);
	arena_clear(arena);
	return status;
}

static bool walk_task(void *context, size_t index, size_t worker)
{
	struct walk *walk = context;
	const struct block_entry *entry = walk->list->items[index];
	struct error error = {0};
	enum status status;

	if (is_told_by_header(walk, &entry->header))
		status = give_header(walk, &entry->header, &error);
	else
		status = walk_block(walk, entry, &walk->arenas[worker], &error);
	if (status == STATUS_OK)
		return true;
	pthread_mutex_lock(&walk->lock);
	note_failure(walk, status, &error);
	pthread_mutex_unlock(&walk->lock);
	return false;
}

enum status rocksdb_fold_logs(struct store *base, const struct log_fold *fold, log_visit *visit,
			      void *context, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	struct block_list list;
	struct walk walk = {.store = store,
			    .list = &list,
			    .fold = fold,
			    .snapshot = block_index_last_sequence(&store->index),
			    .visit = visit,
			    .context = context,
			    .status = STATUS_OK};
	enum status status = block_index_list(&store->index, SIGNAL_LOGS, walk.snapshot, may_hold_logs,
					      &fold->filter, &list, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < PARALLEL_MOST_WORKERS; i++)
		search_arena_init(store, &walk.arenas[i]);
	pthread_mutex_init(&walk.lock, NULL);
	parallel_run(store->helpers, list.count, walk_task, &walk);
	pthread_mutex_destroy(&walk.lock);
	for (size_t i = 0; i < PARALLEL_MOST_WORKERS; i++)
		arena_release(&walk.arenas[i]);
	block_list_release(&list);
	return walk.status == STATUS_OK ? STATUS_OK
					: error_set(error, walk.status, "%s", walk.failure.message);
}
