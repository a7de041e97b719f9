#include "storage/columns/check.h"

#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"

/* Rows that are read at a time. */
enum { SLICE_ROWS = 4096 };

/* A block that is being checked, and what its rows say of its times. */
struct check {
	const struct block_header *header;
	struct arena *scratch;
	uint64_t first_ns, last_ns;
	uint32_t level_counts[LEVEL_COUNT];
};

static enum status miscounted(const struct check *check, size_t rows, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "it holds %zu rows where its header says %llu", rows,
			 (unsigned long long)check->header->row_count);
}

static enum status unfindable(size_t row, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "its header denies what row %zu of it holds", row);
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to check a block");
}

static void note_time(struct check *check, uint64_t time_ns)
{
	if (time_ns < check->first_ns)
		check->first_ns = time_ns;
	if (time_ns > check->last_ns)
		check->last_ns = time_ns;
}

/* The least range that holds a time. The last nanosecond of all lies in none: its row is found without one. */
static struct time_range moment(uint64_t time_ns)
{
	return time_ns == UINT64_MAX ? TIME_RANGE_ALL : (struct time_range){time_ns, time_ns + 1};
}

/* The filter that this row meets, and hardly another. */
static bool header_knows_span(const struct block_header *header, const struct span *span)
{
	uint64_t duration_ns = span->end_ns > span->start_ns ? span->end_ns - span->start_ns : 0;
	struct span_filter filter = SPAN_FILTER_ANY;

	filter.range = moment(span->start_ns);
	filter.min_duration_ns = filter.max_duration_ns = duration_ns;
	filter.outcome = span->handler.outcome;
	filter.service = resource_service(span->resource);
	filter.operation = span->name;
	filter.handler = span->handler.name;
	filter.language = span->handler.language;
	if (span->handler.role == ROLE_EXECUTION)
		filter.handler_type = span->handler.type;
	return header_may_hold_trace(header, header_trace_hash(span->trace_id)) &&
	       header_may_hold_spans(header, &filter);
}

static enum status check_spans(struct check *check, struct str body, struct error *error)
{
	size_t count = check->header->row_count;
	struct span_reader *reader = arena_alloc(check->scratch, sizeof(*reader));
	struct span *spans = arena_alloc(check->scratch, SLICE_ROWS * sizeof(*spans));
	const uint64_t *sequences;
	enum status status;

	if (!reader || !spans)
		return no_memory(error);
	status = span_reader_open(reader, body, check->scratch, error);
	if (status == STATUS_OK && reader->block.row_count != count)
		return miscounted(check, reader->block.row_count, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader->block, check->header, &sequences, error);
	for (size_t first = 0; first < count && status == STATUS_OK; first += SLICE_ROWS) {
		size_t slice = count - first < SLICE_ROWS ? count - first : SLICE_ROWS;

		status = span_reader_read(reader, first, slice, spans, error);
		for (size_t i = 0; i < slice && status == STATUS_OK; i++) {
			note_time(check, spans[i].start_ns);
			if (!header_knows_span(check->header, &spans[i]))
				status = unfindable(first + i, error);
		}
	}
	return status;
}

static bool is_set(const uint8_t *id, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (id[i])
			return true;
	return false;
}

static bool header_knows_log(const struct block_header *header, const struct log_record *log)
{
	struct log_filter filter = LOG_FILTER_ANY;

	filter.range = moment(log->time_ns);
	filter.lowest_level = log_record_level(log);
	filter.service = resource_service(log->resource);
	filter.handler = log->handler;
	if (is_set(log->trace_id, TRACE_ID_SIZE))
		filter.trace_id = log->trace_id;
	return header_may_hold_logs(header, &filter);
}

static enum status check_logs(struct check *check, struct str body, struct error *error)
{
	size_t count = check->header->row_count;
	struct log_reader *reader = arena_alloc(check->scratch, sizeof(*reader));
	struct log_record *logs = arena_alloc(check->scratch, SLICE_ROWS * sizeof(*logs));
	const uint64_t *sequences;
	enum status status;

	if (!reader || !logs)
		return no_memory(error);
	status = log_reader_open(reader, body, check->scratch, error);
	if (status == STATUS_OK && reader->block.row_count != count)
		return miscounted(check, reader->block.row_count, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader->block, check->header, &sequences, error);
	for (size_t first = 0; first < count && status == STATUS_OK; first += SLICE_ROWS) {
		size_t slice = count - first < SLICE_ROWS ? count - first : SLICE_ROWS;

		status = log_reader_read(reader, first, slice, logs, error);
		for (size_t i = 0; i < slice && status == STATUS_OK; i++) {
			note_time(check, logs[i].time_ns);
			check->level_counts[log_record_level(&logs[i])]++;
			if (!header_knows_log(check->header, &logs[i]))
				status = unfindable(first + i, error);
		}
	}
	return status;
}

static bool header_knows_point(const struct block_header *header, const struct metric_point *point)
{
	const struct point_filter filter = {.range = moment(point->time_ns), .metric = point->metric->name};

	return header_may_hold_points(header, &filter);
}

static enum status check_points(struct check *check, struct str body, struct error *error)
{
	const struct point_filter any = POINT_FILTER_ANY;
	struct point_reader *reader = arena_alloc(check->scratch, sizeof(*reader));
	const uint64_t *sequences;
	struct batch batch;
	enum status status;

	if (!reader)
		return no_memory(error);
	status = point_reader_open(reader, body, check->scratch, error);
	if (status == STATUS_OK && reader->block.row_count != check->header->row_count)
		return miscounted(check, reader->block.row_count, error);
	if (status == STATUS_OK)
		status = block_sequences_read(&reader->block, check->header, &sequences, error);
	batch_init(&batch, 0);
	if (status == STATUS_OK)
		status = point_reader_read(reader, &any, &batch, error);
	if (status == STATUS_OK && batch.point_count != check->header->row_count)
		status = miscounted(check, batch.point_count, error);
	for (size_t i = 0; i < batch.point_count && status == STATUS_OK; i++) {
		note_time(check, batch.points[i].time_ns);
		if (!header_knows_point(check->header, &batch.points[i]))
			status = unfindable(i, error);
	}
	batch_release(&batch);
	return status;
}

/* A header need not know them; one that does is believed. */
static enum status check_levels(const struct check *check, struct error *error)
{
	static const uint32_t unknown[LEVEL_COUNT];
	const uint32_t *known = check->header->level_counts;

	if (memcmp(known, unknown, sizeof(unknown)) == 0 ||
	    memcmp(known, check->level_counts, sizeof(unknown)) == 0)
		return STATUS_OK;
	return error_set(error, STATUS_CORRUPT, "its rows are not of the levels that its header counts");
}

/* Rows outside are found already; a header that promises more than there is costs every search time. */
static enum status check_times(const struct check *check, struct error *error)
{
	if (check->first_ns == check->header->first_ns && check->last_ns == check->header->last_ns)
		return STATUS_OK;
	return error_set(error, STATUS_CORRUPT, "its rows do not begin and end when its header says");
}

enum status block_check(struct str body, const struct block_header *header, struct arena *scratch,
			struct error *error)
{
	struct check check = {.header = header, .scratch = scratch, .first_ns = UINT64_MAX};
	enum status status;

	if (body.size != header->body_size)
		return error_set(error, STATUS_CORRUPT, "it has %zu bytes where its header says %llu",
				 body.size, (unsigned long long)header->body_size);
	switch (header->signal) {
	case SIGNAL_TRACES: status = check_spans(&check, body, error); break;
	case SIGNAL_LOGS: status = check_logs(&check, body, error); break;
	default: status = check_points(&check, body, error);
	}
	if (status == STATUS_OK)
		status = check_levels(&check, error);
	return status == STATUS_OK ? check_times(&check, error) : status;
}
