#include "read_all.h"

#include <stdlib.h>

#include "base/hash.h"
#include "storage/columns/header.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"

/* Rows are read in pieces. Of a block with very many, these many at its beginning, middle and end. */
enum { PIECE_ROWS = 64, MANY_ROWS = 1024 };

/* What was read goes in here, so that no read is left out. */
static volatile uint64_t sink;

static void touch(struct str s)
{
	if (s.size)
		sink += hash_bytes(s.data, s.size);
}

static void touch_value(const struct value *value)
{
	struct buffer text = BUFFER_EMPTY;

	value_to_text(value, &text);
	touch(buffer_str(&text));
	buffer_release(&text);
}

static void touch_attributes(const struct attributes *attributes)
{
	for (uint32_t i = 0; i < attributes->count; i++) {
		touch(attributes->items[i].key);
		touch_value(&attributes->items[i].value);
	}
}

static void touch_origin(const struct resource *resource, const struct scope *scope)
{
	touch(resource->schema_url);
	touch_attributes(&resource->attributes);
	touch(scope->name);
	touch(scope->version);
	touch(scope->schema_url);
	touch_attributes(&scope->attributes);
}

static void touch_span(const struct span *span)
{
	touch(span->name);
	touch(span->trace_state);
	touch(span->status_message);
	touch(span->handler.name);
	touch(span->handler.language);
	touch(span->handler.event);
	touch_attributes(&span->attributes);
	for (uint32_t i = 0; i < span->event_count; i++) {
		touch(span->events[i].name);
		touch_attributes(&span->events[i].attributes);
	}
	for (uint32_t i = 0; i < span->link_count; i++) {
		touch(span->links[i].trace_state);
		touch_attributes(&span->links[i].attributes);
	}
	touch_origin(span->resource, span->scope);
}

static void touch_log(const struct log_record *record)
{
	touch(record->severity_text);
	touch(record->event_name);
	touch(record->handler);
	touch_value(&record->body);
	touch_attributes(&record->attributes);
	touch_origin(record->resource, record->scope);
}

static void touch_counts(const uint64_t *counts, uint32_t count)
{
	touch(str_make(counts, count * sizeof(*counts)));
}

static void touch_point(const struct metric_point *point)
{
	touch(point->metric->name);
	touch(point->metric->description);
	touch(point->metric->unit);
	touch_attributes(&point->metric->metadata);
	touch_attributes(&point->attributes);
	for (uint32_t i = 0; i < point->exemplar_count; i++)
		touch_attributes(&point->exemplars[i].attributes);
	if (point->metric->type == METRIC_HISTOGRAM) {
		touch_counts(point->histogram.counts, point->histogram.bucket_count);
		touch(str_make(point->histogram.bounds, point->histogram.bound_count * sizeof(double)));
	} else if (point->metric->type == METRIC_EXPONENTIAL_HISTOGRAM) {
		touch_counts(point->exponential.positive.counts, point->exponential.positive.count);
		touch_counts(point->exponential.negative.counts, point->exponential.negative.count);
	} else if (point->metric->type == METRIC_SUMMARY) {
		touch(str_make(point->summary.quantiles, point->summary.count * sizeof(struct quantile)));
	}
	touch_origin(point->resource, point->scope);
}

static enum status checked(enum status status)
{
	if (status != STATUS_OK && status != STATUS_CORRUPT && status != STATUS_NO_MEMORY)
		abort();
	return status;
}

static enum status first_failure(enum status before, enum status status)
{
	return before != STATUS_OK ? before : checked(status);
}

/* Where the pieces of a block of count rows begin: all of them, or of many the first, a middle and the last.
 */
static size_t next_piece(size_t first, size_t count)
{
	if (count <= MANY_ROWS)
		return first + PIECE_ROWS;
	if (first < count / 2)
		return count / 2;
	return first < count - PIECE_ROWS ? count - PIECE_ROWS : count;
}

/* Each filter asks one thing; the last asks for everything. */
static const struct tag_filter tags[] = {{{"user.id", 7}, {"alpha", 5}},
					 {{"retry", 5}, {"1", 1}},
					 {{"zone", 4}, {"beta", 4}},
					 {{"nested", 6}, {"[]", 2}}};

enum { SPAN_FILTERS = 9 };

static struct span_filter span_filter_at(size_t index)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	bool all = index == SPAN_FILTERS - 1;

	if (index == 1 || all)
		filter.handler = str_from("CreateUser");
	if (index == 2 || all)
		filter.handler_type = HANDLER_API;
	if (index == 3 || all)
		filter.outcome = OUTCOME_SUCCESS;
	if (index == 4 || all)
		filter.language = str_from("python");
	if (index == 5 || all)
		filter.service = str_from("shop");
	if (index == 6 || all)
		filter.operation = str_from("charge");
	if (index == 7 || all)
		filter.min_duration_ns = 1;
	if (index == 8 || all) {
		filter.tags = tags;
		filter.tag_count = sizeof(tags) / sizeof(tags[0]);
	}
	return filter;
}

static enum status match_spans(struct span_reader *reader)
{
	size_t count = reader->block.row_count;
	uint8_t *matches = malloc(count + 1);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < SPAN_FILTERS; i++) {
		struct span_filter filter = span_filter_at(i);

		status = first_failure(status, span_reader_match(reader, &filter, 0, count, matches, NULL));
		if (count > 2)
			status = first_failure(status, span_reader_match(reader, &filter, count / 2,
									 count / 3, matches, NULL));
	}
	free(matches);
	return status;
}

static enum status find_spans(struct span_reader *reader)
{
	enum status status = STATUS_OK;
	size_t most = reader->trace_count < PIECE_ROWS ? reader->trace_count : PIECE_ROWS;

	for (size_t i = 0; i < most; i++) {
		size_t first, count;

		status = first_failure(status, span_reader_find(reader, reader->trace_ids + TRACE_ID_SIZE * i,
								&first, &count, NULL));
		if (first > reader->block.row_count || count > reader->block.row_count - first)
			abort();
	}
	for (size_t row = 0; row < reader->block.row_count && row < PIECE_ROWS; row++)
		touch(str_make(span_reader_trace_id(reader, row), TRACE_ID_SIZE));
	return status;
}

static enum status read_spans(struct str body, struct arena *arena)
{
	struct span_reader reader;
	struct span spans[PIECE_ROWS];
	enum status status = checked(span_reader_open(&reader, body, arena, NULL));
	size_t count = reader.block.row_count;

	if (status != STATUS_OK)
		return status;
	status = find_spans(&reader);
	status = first_failure(status, match_spans(&reader));
	for (size_t first = 0; first < count; first = next_piece(first, count)) {
		size_t piece = count - first < PIECE_ROWS ? count - first : PIECE_ROWS;
		enum status piece_status = span_reader_read(&reader, first, piece, spans, NULL);

		status = first_failure(status, piece_status);
		for (size_t i = 0; i < piece && piece_status == STATUS_OK; i++)
			touch_span(&spans[i]);
	}
	return status;
}

static enum status match_logs(struct log_reader *reader)
{
	static const struct str terms[] = {{"created", 7}, {"timed out", 9}};
	static const uint8_t id[TRACE_ID_SIZE];
	uint8_t *matches = malloc(reader->block.row_count + 1);
	enum status status = STATUS_OK;

	for (size_t i = 0; i < 6; i++) {
		struct log_filter filter = LOG_FILTER_ANY;

		if (i == 1)
			filter.lowest_level = LEVEL_WARN;
		if (i == 2)
			filter.handler = str_from("Sweep");
		if (i == 3)
			filter.service = str_from("shop");
		if (i == 4)
			filter.trace_id = filter.span_id = id;
		if (i == 5) {
			filter.terms = terms;
			filter.term_count = 2;
		}
		status = first_failure(status, log_reader_match(reader, &filter, matches, NULL));
	}
	free(matches);
	return status;
}

static enum status read_logs(struct str body, struct arena *arena)
{
	struct log_reader reader;
	struct log_record logs[PIECE_ROWS];
	enum status status = checked(log_reader_open(&reader, body, arena, NULL));
	size_t count = reader.block.row_count;

	if (status != STATUS_OK)
		return status;
	if (count <= MANY_ROWS)
		status = match_logs(&reader);
	for (size_t first = 0; first < count; first = next_piece(first, count)) {
		size_t piece = count - first < PIECE_ROWS ? count - first : PIECE_ROWS;
		enum status piece_status = log_reader_read(&reader, first, piece, logs, NULL);

		status = first_failure(status, piece_status);
		for (size_t i = 0; i < piece && piece_status == STATUS_OK; i++)
			touch_log(&logs[i]);
	}
	return status;
}

static enum status touch_series(void *context, const struct point_series *series, struct error *error)
{
	(void)context, (void)error;
	touch(series->metric->name);
	touch_attributes(&series->attributes);
	touch_origin(series->resource, series->scope);
	return STATUS_OK;
}

static enum status read_points(struct str body, struct arena *arena, size_t limit_bytes)
{
	const struct label_filter labels[] = {{.key = tags[0].key, .value = tags[0].value},
					      {.key = tags[1].key, .value = tags[1].value}};
	struct point_filter filter = POINT_FILTER_ANY;
	struct point_reader reader;
	struct batch batch;
	enum status status = checked(point_reader_open(&reader, body, arena, NULL));

	if (status != STATUS_OK)
		return status;
	status = checked(point_reader_visit(&reader, &filter, touch_series, NULL, NULL));
	for (size_t i = 0; i < 2; i++) {
		enum status read;

		batch_init(&batch, limit_bytes);
		read = point_reader_read(&reader, &filter, &batch, NULL);
		status = first_failure(status, read);
		for (size_t row = 0; row < batch.point_count && read == STATUS_OK; row++)
			touch_point(&batch.points[row]);
		batch_release(&batch);
		filter.labels = labels;
		filter.label_count = 2;
	}
	return status;
}

enum status read_all(enum signal signal, struct str body, size_t limit_bytes)
{
	struct arena arena;
	enum status status;

	arena_init(&arena, limit_bytes);
	if (signal == SIGNAL_TRACES)
		status = read_spans(body, &arena);
	else if (signal == SIGNAL_LOGS)
		status = read_logs(body, &arena);
	else
		status = read_points(body, &arena, limit_bytes);
	arena_release(&arena);
	return status;
}

enum status read_header(struct str bytes, size_t limit_bytes)
{
	static const uint8_t id[TRACE_ID_SIZE];
	struct log_filter logs = LOG_FILTER_ANY;
	struct point_filter points = POINT_FILTER_ANY;
	struct block_header header;
	struct arena arena;
	enum status status;

	arena_init(&arena, limit_bytes);
	status = checked(header_decode(bytes, &arena, &header, NULL));
	logs.trace_id = id;
	logs.service = points.metric = str_from("shop");
	if (status == STATUS_OK) {
		for (size_t i = 0; i < SPAN_FILTERS; i++) {
			struct span_filter filter = span_filter_at(i);

			sink += header_may_hold_spans(&header, &filter);
		}
		sink += header_may_hold_trace(&header, header_trace_hash(id));
		sink += header_may_hold_logs(&header, &logs);
		sink += header_may_hold_points(&header, &points);
	}
	arena_release(&arena);
	return status;
}
