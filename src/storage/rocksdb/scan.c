/* Walks over all rows of a signal, block by block: what archives are made of. */
#include <stdlib.h>

#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"
#include "storage/rocksdb/rocksdb_internal.h"

static bool is_wanted_block(const struct block_header *header, const void *filter)
{
	const struct store_scan *scan = filter;

	return header->last_ns >= scan->range.start_ns && header->first_ns < scan->range.end_ns &&
	       header->last_sequence > scan->since;
}

/* A block that is being read. */
struct reading {
	const struct store_scan *scan;
	const struct block_header *header;
	uint64_t snapshot;
	struct arena *arena;
	struct batch *rows;
};

static enum status no_memory(const struct block *block, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for the %zu rows of a block", block->row_count);
}

static bool is_wanted(const struct reading *reading, uint64_t time_ns, uint64_t sequence)
{
	return time_range_contains(reading->scan->range, time_ns) && sequence > reading->scan->since &&
	       sequence <= reading->snapshot;
}

static enum status read_spans(struct reading *reading, struct str bytes, struct error *error)
{
	struct span_reader reader;
	const uint64_t *sequences = NULL;
	struct span *spans = NULL;
	enum status status = span_reader_open(&reader, bytes, reading->arena, error);

	if (status == STATUS_OK)
		spans = arena_alloc(reading->arena, reader.block.row_count * sizeof(*spans));
	if (status == STATUS_OK && !spans)
		status = no_memory(&reader.block, error);
	if (status == STATUS_OK)
		status = span_reader_read(&reader, 0, reader.block.row_count, spans, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader.block, reading->header, &sequences, error);
	for (size_t i = 0; status == STATUS_OK && i < reader.block.row_count; i++) {
		struct span *span;

		if (!is_wanted(reading, spans[i].start_ns, sequences[i]))
			continue;
		span = batch_add_span(reading->rows);
		if (span)
			*span = spans[i];
		else
			status = no_memory(&reader.block, error);
	}
	return status;
}

static enum status read_logs(struct reading *reading, struct str bytes, struct error *error)
{
	struct log_reader reader;
	const uint64_t *sequences = NULL;
	struct log_record *logs = NULL;
	enum status status = log_reader_open(&reader, bytes, reading->arena, error);

	if (status == STATUS_OK)
		logs = arena_alloc(reading->arena, reader.block.row_count * sizeof(*logs));
	if (status == STATUS_OK && !logs)
		status = no_memory(&reader.block, error);
	if (status == STATUS_OK)
		status = log_reader_read(&reader, 0, reader.block.row_count, logs, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader.block, reading->header, &sequences, error);
	for (size_t i = 0; status == STATUS_OK && i < reader.block.row_count; i++) {
		struct log_record *record;

		if (!is_wanted(reading, logs[i].time_ns, sequences[i]))
			continue;
		record = batch_add_log(reading->rows);
		if (record)
			*record = logs[i];
		else
			status = no_memory(&reader.block, error);
	}
	return status;
}

/* All points come in the order of their rows, so the place of each tells its commit. */
static enum status read_points(struct reading *reading, struct str bytes, struct error *error)
{
	struct point_reader reader;
	const uint64_t *sequences = NULL;
	struct metric_point *points;
	size_t kept = 0;
	enum status status = point_reader_open(&reader, bytes, reading->arena, error);

	if (status == STATUS_OK)
		status = point_reader_read(&reader, &POINT_FILTER_ANY, reading->rows, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader.block, reading->header, &sequences, error);
	points = reading->rows->points;
	for (size_t i = 0; status == STATUS_OK && i < reading->rows->point_count; i++)
		if (is_wanted(reading, points[i].time_ns, sequences[i]))
			points[kept++] = points[i];
	reading->rows->point_count = kept;
	return status;
}

static enum status read_rows(struct reading *reading, struct str bytes, struct error *error)
{
	switch (reading->scan->signal) {
	case SIGNAL_TRACES: return read_spans(reading, bytes, error);
	case SIGNAL_METRICS: return read_points(reading, bytes, error);
	default: return read_logs(reading, bytes, error);
	}
}

static enum status scan_block(struct rocksdb_store *store, const struct block_entry *entry,
			      struct reading *reading, store_visit *visit, void *context, struct error *error)
{
	struct body body;
	enum status status = body_read(store, entry, &body, error), visited = STATUS_OK;

	if (status != STATUS_OK)
		return status == STATUS_CORRUPT ? STATUS_OK : status;
	reading->header = &entry->header;
	status = read_rows(reading, body.bytes, error);
	if (status == STATUS_OK && batch_row_count(reading->rows))
		visited = visit(context, reading->rows, error);
	/* As in a search, a damaged block costs its own rows; none of them was given out. */
	if (note_damage(store, entry, status, error) == STATUS_CORRUPT)
		status = STATUS_OK;
	body_release(&body);
	arena_clear(reading->arena);
	batch_clear(reading->rows);
	return status == STATUS_OK ? visited : status;
}

enum status rocksdb_scan(struct store *base, const struct store_scan *scan, store_visit *visit, void *context,
			 struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	uint64_t generation = atomic_load(&store->generation);
	uint64_t now = block_index_last_sequence(&store->index);
	struct block_list list;
	struct arena arena;
	struct batch rows;
	struct reading reading = {scan, NULL, scan->snapshot ? scan->snapshot : now, &arena, &rows};
	enum status status = block_index_list(&store->index, scan->signal, reading.snapshot, is_wanted_block,
					      scan, &list, error);

	if (status != STATUS_OK)
		return status;
	search_arena_init(store, &arena);
	batch_init(&rows, 0);
	for (size_t i = list.count; i-- > 0 && status == STATUS_OK;) {
		status = begin_read(store, error);
		/* Blocks of the list that were merged meanwhile are gone then, and their rows stand in others. */
		if (status == STATUS_OK && atomic_load(&store->generation) != generation)
			status = end_read(store, error_set(error, STATUS_BUSY,
							   "the store was opened anew during the scan: begin "
							   "it again"));
		if (status == STATUS_OK)
			status = end_read(store,
					  scan_block(store, list.items[i], &reading, visit, context, error));
	}
	batch_release(&rows);
	arena_release(&arena);
	block_list_release(&list);
	return status;
}

/* Blocks in order of time are in order of day too: rows of a block share their day. */
static size_t days_of(const struct block_list *list, struct store_day *days)
{
	size_t count = 0;

	for (size_t i = list->count; i-- > 0;) {
		const struct block_header *header = &list->items[i]->header;
		uint64_t start_ns = list->items[i]->partition * PARTITION_NS;
		struct store_day *day;

		if (count == 0 || days[count - 1].start_ns != start_ns)
			days[count++] = (struct store_day){start_ns, header->first_ns, header->last_ns, 0};
		day = &days[count - 1];
		day->first_ns = header->first_ns < day->first_ns ? header->first_ns : day->first_ns;
		day->last_ns = header->last_ns > day->last_ns ? header->last_ns : day->last_ns;
		day->row_count += header->row_count;
	}
	return count;
}

enum status rocksdb_list_days(struct store *base, enum signal signal, struct arena *arena,
			      struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
			      struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	const struct store_scan all = {.range = TIME_RANGE_ALL};
	uint64_t snapshot = block_index_last_sequence(&store->index);
	struct store_day *days;
	struct block_list list;
	enum status status =
		block_index_list(&store->index, signal, snapshot, is_wanted_block, &all, &list, error);

	if (status != STATUS_OK)
		return status;
	days = arena_calloc(arena, list.count + 1, sizeof(*days));
	if (days) {
		*count_out = days_of(&list, days);
		*days_out = days;
		/* 0 would mean now. */
		*snapshot_out = snapshot ? snapshot : 1;
	} else {
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a list of days");
	}
	block_list_release(&list);
	return status;
}
