/*
 * Downsampling: blocks of metrics of old days are read, a group of one day at a time, and written again as one
 * block with fewer points (model/downsample.h says which). The new one takes the place of the old ones as a
 * merged one does, and its header has the step: it is done once. Rows that arrive late make new blocks, without a
 * step, which are done by the next sweep.
 *
 * A step in which two groups meet has a point of each. Groups are large, so that there are few such steps.
 */
#include <stdlib.h>

#include "base/log.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/point_schema.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum { GROUP_BLOCKS = 256, GROUP_ROWS = 262144 };

struct wanted {
	uint64_t end_ns, step_ns;
};

static bool is_wanted(const struct block_header *header, const void *filter)
{
	const struct wanted *wanted = filter;

	return header->last_ns < wanted->end_ns && header->step_ns < wanted->step_ns;
}

/* Blocks of one day, oldest first, as many as go together. */
struct group {
	struct block_entry *entries[GROUP_BLOCKS];
	size_t count;
	uint64_t rows;
};

/* The list has the newest first. */
static void choose_group(const struct block_list *list, struct group *group)
{
	for (size_t i = list->count; i-- > 0 && group->count < GROUP_BLOCKS;) {
		struct block_entry *entry = list->items[i];

		if (atomic_load(&entry->is_unmergeable))
			continue;
		if (group->count && (entry->partition != group->entries[0]->partition ||
				     entry->header.row_count > GROUP_ROWS - group->rows))
			break;
		group->entries[group->count++] = entry;
		group->rows += entry->header.row_count < GROUP_ROWS ? entry->header.row_count : GROUP_ROWS;
	}
}

/* Points of the group, and what they lie in. */
struct reading {
	struct batch batch;
	struct body bodies[GROUP_BLOCKS];
	size_t count;
};

static enum status read_block(struct rocksdb_store *store, struct reading *reading, struct block_entry *entry,
			      struct error *error)
{
	const struct point_filter filter = POINT_FILTER_ANY;
	struct point_reader *reader = arena_alloc(&reading->batch.arena, sizeof(*reader));
	size_t before = reading->batch.point_count;
	enum status status;

	if (!reader)
		return error_set(error, STATUS_NO_MEMORY, "no memory to downsample metrics");
	status = body_read(store, entry, &reading->bodies[reading->count], error);
	if (status == STATUS_OK)
		status = point_reader_open(reader, reading->bodies[reading->count++].bytes,
					   &reading->batch.arena, error);
	if (status == STATUS_OK)
		status = point_reader_read(reader, &filter, &reading->batch, error);
	if (status == STATUS_OK && reading->batch.point_count - before != entry->header.row_count)
		status = error_set(error, STATUS_CORRUPT, "block %llu does not hold the rows of its header",
				   (unsigned long long)entry->header.sequence);
	if (status == STATUS_OK)
		point_reader_show_types(reader);
	if (status == STATUS_CORRUPT)
		atomic_store(&entry->is_unmergeable, true);
	return status;
}

static bool is_same_series(const struct metric_point *a, const struct metric_point *b)
{
	const struct metric *x = a->metric, *y = b->metric;

	return x->type == y->type && x->temporality == y->temporality && x->monotonic == y->monotonic &&
	       str_equal(x->name, y->name) && str_equal(x->unit, y->unit) &&
	       attributes_equal(&a->attributes, &b->attributes) && resource_equal(a->resource, b->resource) &&
	       scope_equal(a->scope, b->scope);
}

/* Points that stand for several have a type of their own on the disk. */
static bool store_types(struct metric_point *points, size_t count, struct arena *arena)
{
	const struct metric *shown = NULL;
	struct metric *stored = NULL;

	for (size_t i = 0; i < count; i++) {
		uint8_t type = points[i].metric->type;

		if ((type != METRIC_GAUGE && type != METRIC_SUM) || points[i].count == 0)
			continue;
		if (points[i].metric != shown) {
			shown = points[i].metric;
			stored = arena_alloc(arena, sizeof(*stored));
			if (!stored)
				return false;
			*stored = *shown;
			stored->type = type + STORED_STEPS_LESS;
		}
		points[i].metric = stored;
	}
	return true;
}

/* Every series of the batch, one behind the other; the points that are left move to the front. */
static enum status downsample_batch(struct batch *batch, uint64_t step_ns, struct error *error)
{
	size_t total = batch->point_count, kept = 0;
	enum status status = sort_points(batch->points, total, error);
	bool has_memory = true;

	for (size_t first = 0, end; first < total && status == STATUS_OK && has_memory; first = end) {
		size_t count;

		for (end = first + 1; end < total; end++)
			if (!is_same_series(&batch->points[first], &batch->points[end]))
				break;
		count = end - first;
		has_memory = downsample_series(batch->points + first, &count, step_ns, &batch->arena);
		memmove(batch->points + kept, batch->points + first, count * sizeof(*batch->points));
		kept += count;
	}
	if (status != STATUS_OK)
		return status;
	if (!has_memory || !store_types(batch->points, kept, &batch->arena))
		return error_set(error, STATUS_NO_MEMORY, "no memory to downsample metrics");
	batch->point_count = kept;
	return STATUS_OK;
}

static enum status write_group(struct rocksdb_store *store, const struct group *group, struct batch *batch,
			       uint64_t step_ns, struct error *error)
{
	const struct metric_point **rows = malloc(batch->point_count * sizeof(*rows));
	struct block_builder *builder = block_builder_new(store->codec, store->compression_level);
	struct buffer body = BUFFER_EMPTY;
	struct block_header header;
	enum status status = STATUS_OK;

	if (!rows || !builder)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to downsample metrics");
	for (size_t i = 0; i < batch->point_count && status == STATUS_OK; i++)
		rows[i] = &batch->points[i];
	if (status == STATUS_OK) {
		status = block_build_points(builder, rows, batch->point_count, &body, &header, error);
		/* Series too different from each other to share a block: these stay as they are. */
		for (size_t i = 0; i < group->count && status != STATUS_OK; i++)
			atomic_store(&group->entries[i]->is_unmergeable, true);
	}
	if (status == STATUS_OK) {
		header.step_ns = step_ns;
		status = merger_replace(store->merger, group->entries, group->count, &header, &body, error);
	}
	block_builder_free(builder);
	buffer_release(&body);
	free(rows);
	return status;
}

static enum status downsample_group(struct rocksdb_store *store, const struct group *group, uint64_t step_ns,
				    uint64_t *removed, struct error *error)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	enum status status = STATUS_OK;
	size_t total;

	if (!reading)
		return error_set(error, STATUS_NO_MEMORY, "no memory to downsample metrics");
	batch_init(&reading->batch, 0);
	for (size_t i = 0; i < group->count && status == STATUS_OK; i++)
		status = read_block(store, reading, group->entries[i], error);
	total = reading->batch.point_count;
	if (status == STATUS_OK)
		status = downsample_batch(&reading->batch, step_ns, error);
	if (status == STATUS_OK)
		status = write_group(store, group, &reading->batch, step_ns, error);
	if (status == STATUS_OK)
		*removed += total - reading->batch.point_count;
	for (size_t i = 0; i < reading->count; i++)
		body_release(&reading->bodies[i]);
	batch_release(&reading->batch);
	free(reading);
	return status;
}

enum status downsample_blocks(struct rocksdb_store *store, uint64_t end_ns, uint64_t step_ns,
			      uint64_t *removed, bool *is_more_out, struct error *error)
{
	const struct wanted wanted = {end_ns, step_ns};
	struct group group = {0};
	struct block_list list;
	enum status status =
		block_index_list(&store->index, SIGNAL_METRICS, UINT64_MAX, is_wanted, &wanted, &list, error);

	if (status != STATUS_OK)
		return status;
	choose_group(&list, &group);
	*is_more_out = group.count > 0;
	if (group.count)
		status = downsample_group(store, &group, step_ns, removed, error);
	/* A damaged block is left out by the next sweep. */
	if (status == STATUS_CORRUPT) {
		log_warn("storage", "a block is not downsampled: %s", error->message);
		*is_more_out = false;
		status = STATUS_OK;
	}
	block_list_release(&list);
	return status;
}
