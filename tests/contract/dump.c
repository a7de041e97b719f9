#include "contract/dump.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "unit/test.h"

enum { STRING_SHOWN = 80 };

static void dump_str(const char *name, struct str s, struct buffer *out)
{
	buffer_printf(out, "%s %zu ", name, s.size);
	if (s.size > STRING_SHOWN)
		buffer_printf(out, "#%016" PRIx64, hash_bytes(s.data, s.size));
	else
		for (size_t i = 0; i < s.size; i++)
			buffer_printf(out, s.data[i] > 0x20 && s.data[i] < 0x7f ? "%c" : "\\%02x",
				      (unsigned char)s.data[i]);
	buffer_append_byte(out, '\n');
}

static void dump_u64(const char *name, uint64_t value, struct buffer *out)
{
	buffer_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void dump_real(const char *name, double value, struct buffer *out)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	buffer_printf(out, "%s %016" PRIx64 " (%g)\n", name, bits, value);
}

static void dump_id(const char *name, const uint8_t *id, size_t size, struct buffer *out)
{
	buffer_printf(out, "%s ", name);
	for (size_t i = 0; i < size; i++)
		buffer_printf(out, "%02x", id[i]);
	buffer_append_byte(out, '\n');
}

static void dump_value(const char *name, const struct value *value, struct buffer *out)
{
	buffer_printf(out, "type %u ", value->type);
	switch (value->type) {
	case VALUE_EMPTY: buffer_append_byte(out, '\n'); break;
	case VALUE_BOOL: dump_u64(name, value->boolean, out); break;
	case VALUE_INT: dump_u64(name, (uint64_t)value->integer, out); break;
	case VALUE_DOUBLE: dump_real(name, value->real, out); break;
	default: dump_str(name, value_str(value), out); break;
	}
}

static void dump_attributes(const char *name, const struct attributes *attributes, struct buffer *out)
{
	buffer_printf(out, "%s %u dropped %u\n", name, attributes->count, attributes->dropped_count);
	for (uint32_t i = 0; i < attributes->count; i++) {
		dump_str("  key", attributes->items[i].key, out);
		dump_value("  value", &attributes->items[i].value, out);
	}
}

static void dump_origin(const struct resource *resource, const struct scope *scope, struct buffer *out)
{
	dump_str("resource schema_url", resource->schema_url, out);
	dump_attributes("resource", &resource->attributes, out);
	dump_str("scope name", scope->name, out);
	dump_str("scope version", scope->version, out);
	dump_str("scope schema_url", scope->schema_url, out);
	dump_attributes("scope", &scope->attributes, out);
}

static void dump_event(const struct span_event *event, struct buffer *out)
{
	dump_u64(" event time_ns", event->time_ns, out);
	dump_str(" event name", event->name, out);
	dump_attributes(" event attributes", &event->attributes, out);
}

static void dump_link(const struct span_link *link, struct buffer *out)
{
	dump_id(" link trace_id", link->trace_id, TRACE_ID_SIZE, out);
	dump_id(" link span_id", link->span_id, SPAN_ID_SIZE, out);
	dump_u64(" link flags", link->flags, out);
	dump_str(" link trace_state", link->trace_state, out);
	dump_attributes(" link attributes", &link->attributes, out);
}

static void dump_handler(const struct handler *handler, struct buffer *out)
{
	buffer_printf(out, "handler role %u type %u outcome %u messages %u\n", handler->role, handler->type,
		      handler->outcome, handler->messages);
	dump_str("handler name", handler->name, out);
	dump_str("handler language", handler->language, out);
	dump_str("handler event", handler->event, out);
}

void dump_span(const struct span *span, struct buffer *out)
{
	dump_id("trace_id", span->trace_id, TRACE_ID_SIZE, out);
	dump_id("span_id", span->span_id, SPAN_ID_SIZE, out);
	dump_id("parent_span_id", span->parent_span_id, SPAN_ID_SIZE, out);
	dump_u64("start_ns", span->start_ns, out);
	dump_u64("end_ns", span->end_ns, out);
	dump_str("name", span->name, out);
	dump_str("trace_state", span->trace_state, out);
	dump_str("status_message", span->status_message, out);
	buffer_printf(out, "kind %u status_code %u flags %u\n", span->kind, span->status_code, span->flags);
	dump_attributes("attributes", &span->attributes, out);
	buffer_printf(out, "events %u dropped %u\n", span->event_count, span->dropped_event_count);
	for (uint32_t i = 0; i < span->event_count; i++)
		dump_event(&span->events[i], out);
	buffer_printf(out, "links %u dropped %u\n", span->link_count, span->dropped_link_count);
	for (uint32_t i = 0; i < span->link_count; i++)
		dump_link(&span->links[i], out);
	dump_handler(&span->handler, out);
	dump_origin(span->resource, span->scope, out);
}

void dump_log(const struct log_record *record, struct buffer *out)
{
	dump_u64("time_ns", record->time_ns, out);
	dump_u64("observed_time_ns", record->observed_time_ns, out);
	dump_id("trace_id", record->trace_id, TRACE_ID_SIZE, out);
	dump_id("span_id", record->span_id, SPAN_ID_SIZE, out);
	dump_value("body", &record->body, out);
	dump_str("severity_text", record->severity_text, out);
	dump_str("event_name", record->event_name, out);
	dump_str("handler", record->handler, out);
	buffer_printf(out, "severity_number %u flags %u\n", record->severity_number, record->flags);
	dump_attributes("attributes", &record->attributes, out);
	dump_origin(record->resource, record->scope, out);
}

static void dump_number(const char *name, struct number number, struct buffer *out)
{
	if (number.kind == NUMBER_DOUBLE)
		dump_real(name, number.real, out);
	else
		buffer_printf(out, "%s kind %u %" PRId64 "\n", name, number.kind,
			      number.kind ? number.integer : 0);
}

static void dump_items(const char *name, const struct attributes *attributes, struct buffer *out)
{
	const struct attributes items = {attributes->items, attributes->count, 0};

	dump_attributes(name, &items, out);
}

void dump_series(const struct metric_point *point, struct buffer *out)
{
	const struct metric *metric = point->metric;

	dump_str("metric", metric->name, out);
	dump_str("unit", metric->unit, out);
	buffer_printf(out, "type %u temporality %u monotonic %d\n", metric->type, metric->temporality,
		      metric->monotonic);
	dump_items("attributes", &point->attributes, out);
	dump_items("resource", &point->resource->attributes, out);
	dump_str("scope name", point->scope->name, out);
	dump_str("scope version", point->scope->version, out);
	dump_items("scope", &point->scope->attributes, out);
}

static void dump_counts(const char *name, const uint64_t *counts, uint32_t count, struct buffer *out)
{
	buffer_printf(out, "%s %u:", name, count);
	for (uint32_t i = 0; i < count; i++)
		buffer_printf(out, " %" PRIu64, counts[i]);
	buffer_append_byte(out, '\n');
}

static void dump_distribution(const struct metric_point *point, struct buffer *out)
{
	const struct exponential_histogram *exponential = &point->exponential;

	dump_u64("count", point->count, out);
	dump_u64("has", point->has, out);
	if (point->has & POINT_HAS_SUM)
		dump_real("sum", point->sum, out);
	if (point->has & POINT_HAS_MIN)
		dump_real("min", point->min, out);
	if (point->has & POINT_HAS_MAX)
		dump_real("max", point->max, out);
	if (point->metric->type == METRIC_HISTOGRAM) {
		dump_counts("buckets", point->histogram.counts, point->histogram.bucket_count, out);
		for (uint32_t i = 0; i < point->histogram.bound_count; i++)
			dump_real(" bound", point->histogram.bounds[i], out);
	} else if (point->metric->type == METRIC_SUMMARY) {
		for (uint32_t i = 0; i < point->summary.count; i++) {
			dump_real(" quantile", point->summary.quantiles[i].quantile, out);
			dump_real(" value", point->summary.quantiles[i].value, out);
		}
	} else {
		buffer_printf(out, "scale %d offsets %d %d\n", exponential->scale,
			      exponential->positive.offset, exponential->negative.offset);
		dump_u64("zero_count", exponential->zero_count, out);
		dump_real("zero_threshold", exponential->zero_threshold, out);
		dump_counts("positive", exponential->positive.counts, exponential->positive.count, out);
		dump_counts("negative", exponential->negative.counts, exponential->negative.count, out);
	}
}

static void dump_exemplar(const struct exemplar *exemplar, struct buffer *out)
{
	dump_u64(" exemplar time_ns", exemplar->time_ns, out);
	dump_number(" exemplar value", exemplar->value, out);
	dump_id(" exemplar trace_id", exemplar->trace_id, TRACE_ID_SIZE, out);
	dump_id(" exemplar span_id", exemplar->span_id, SPAN_ID_SIZE, out);
	dump_attributes(" exemplar attributes", &exemplar->attributes, out);
}

void dump_stored_series(const struct metric_point *point, struct buffer *out)
{
	dump_series(point, out);
	dump_origin(point->resource, point->scope, out);
	dump_u64("dropped attributes", point->attributes.dropped_count, out);
	dump_str("description", point->metric->description, out);
	dump_attributes("metadata", &point->metric->metadata, out);
}

void dump_point(const struct metric_point *point, struct buffer *out)
{
	dump_stored_series(point, out);
	dump_u64("start_ns", point->start_ns, out);
	dump_u64("time_ns", point->time_ns, out);
	dump_u64("flags", point->flags, out);
	if (point->metric->type == METRIC_GAUGE || point->metric->type == METRIC_SUM)
		dump_number("value", point->value, out);
	else
		dump_distribution(point, out);
	buffer_printf(out, "exemplars %u\n", point->exemplar_count);
	for (uint32_t i = 0; i < point->exemplar_count; i++)
		dump_exemplar(&point->exemplars[i], out);
}

/* The dumps of many rows: where each begins and ends in one buffer. */
struct dumps {
	struct buffer text;
	size_t *ends;
	struct str *rows;
	size_t count;
};

static int compare_rows(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* Sorts, so that two sets of rows can be walked side by side. */
static void dumps_sort(struct dumps *dumps)
{
	size_t begin = 0;

	assert_false(buffer_failed(&dumps->text));
	for (size_t i = 0; i < dumps->count; begin = dumps->ends[i++])
		dumps->rows[i] = str_make(dumps->text.data + begin, dumps->ends[i] - begin);
	if (dumps->count)
		qsort(dumps->rows, dumps->count, sizeof(*dumps->rows), compare_rows);
}

static void dumps_init(struct dumps *dumps, size_t count)
{
	*dumps = (struct dumps){.ends = calloc(count + 1, sizeof(size_t)),
				.rows = calloc(count + 1, sizeof(struct str))};
}

static void dumps_release(struct dumps *dumps)
{
	buffer_release(&dumps->text);
	free(dumps->ends);
	free(dumps->rows);
}

static void compare_dumps(struct dumps *actual, struct dumps *expected)
{
	dumps_sort(actual);
	dumps_sort(expected);
	for (size_t i = 0; i < actual->count && i < expected->count; i++)
		if (!str_equal(actual->rows[i], expected->rows[i]))
			fail_msg("row %zu of %zu (expected %zu) differs\n--- found\n%.*s--- expected\n%.*s",
				 i, actual->count, expected->count, STR_ARG(actual->rows[i]),
				 STR_ARG(expected->rows[i]));
	assert_int_equal(actual->count, expected->count);
	dumps_release(actual);
	dumps_release(expected);
}

static void dump_spans(const struct batch *batch, struct dumps *dumps)
{
	dumps_init(dumps, batch->span_count);
	for (size_t i = 0; i < batch->span_count; i++) {
		dump_span(&batch->spans[i], &dumps->text);
		dumps->ends[dumps->count++] = dumps->text.size;
	}
}

static void dump_logs(const struct batch *batch, struct dumps *dumps)
{
	dumps_init(dumps, batch->log_count);
	for (size_t i = 0; i < batch->log_count; i++) {
		dump_log(&batch->logs[i], &dumps->text);
		dumps->ends[dumps->count++] = dumps->text.size;
	}
}

static void dump_points(const struct batch *batch, struct dumps *dumps)
{
	dumps_init(dumps, batch->point_count);
	for (size_t i = 0; i < batch->point_count; i++) {
		dump_point(&batch->points[i], &dumps->text);
		dumps->ends[dumps->count++] = dumps->text.size;
	}
}

static void assert_same(const struct batch *actual, const struct batch *expected,
			void (*dump)(const struct batch *batch, struct dumps *dumps))
{
	struct dumps actual_dumps, expected_dumps;

	dump(actual, &actual_dumps);
	dump(expected, &expected_dumps);
	compare_dumps(&actual_dumps, &expected_dumps);
}

void assert_same_spans(const struct batch *actual, const struct batch *expected)
{
	assert_same(actual, expected, dump_spans);
}

void assert_same_logs(const struct batch *actual, const struct batch *expected)
{
	assert_same(actual, expected, dump_logs);
}

void assert_same_points(const struct batch *actual, const struct batch *expected)
{
	assert_same(actual, expected, dump_points);
}
