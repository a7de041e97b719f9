#include "archive/otlp_encoder.h"

#include <stdlib.h>

#include "archive/json_writer.h"

/* What is called differently from signal to signal: the lists of the three levels. */
static const struct {
	const char *resources, *scopes, *records;
} names[SIGNAL_COUNT] = {
	[SIGNAL_TRACES] = {"resourceSpans", "scopeSpans", "spans"},
	[SIGNAL_METRICS] = {"resourceMetrics", "scopeMetrics", "metrics"},
	[SIGNAL_LOGS] = {"resourceLogs", "scopeLogs", "logRecords"},
};

/* A row and what it stands under. metric is NULL but for metric points. */
struct placed {
	const struct resource *resource;
	const struct scope *scope;
	const struct metric *metric;
	size_t row;
};

static void put_events(struct buffer *out, const struct span *span)
{
	if (!span->event_count)
		return;
	json_open(out, "events", '[');
	for (uint32_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];

		json_next(out);
		buffer_append_byte(out, '{');
		json_u64_member(out, "timeUnixNano", event->time_ns);
		json_text_member(out, "name", event->name);
		json_attributes_members(out, &event->attributes);
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ']');
}

static void put_links(struct buffer *out, const struct span *span)
{
	if (!span->link_count)
		return;
	json_open(out, "links", '[');
	for (uint32_t i = 0; i < span->link_count; i++) {
		const struct span_link *link = &span->links[i];

		json_next(out);
		buffer_append_byte(out, '{');
		json_id_member(out, "traceId", link->trace_id, TRACE_ID_SIZE);
		json_id_member(out, "spanId", link->span_id, SPAN_ID_SIZE);
		json_text_member(out, "traceState", link->trace_state);
		json_attributes_members(out, &link->attributes);
		json_number_member(out, "flags", link->flags);
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ']');
}

static void put_span(struct buffer *out, const struct span *span)
{
	json_id_member(out, "traceId", span->trace_id, TRACE_ID_SIZE);
	json_id_member(out, "spanId", span->span_id, SPAN_ID_SIZE);
	json_text_member(out, "traceState", span->trace_state);
	json_id_member(out, "parentSpanId", span->parent_span_id, SPAN_ID_SIZE);
	json_number_member(out, "flags", span->flags);
	json_text_member(out, "name", span->name);
	json_number_member(out, "kind", span->kind);
	json_u64_member(out, "startTimeUnixNano", span->start_ns);
	json_u64_member(out, "endTimeUnixNano", span->end_ns);
	json_attributes_members(out, &span->attributes);
	put_events(out, span);
	json_number_member(out, "droppedEventsCount", span->dropped_event_count);
	put_links(out, span);
	json_number_member(out, "droppedLinksCount", span->dropped_link_count);
	if (!span->status_code && !span->status_message.size)
		return;
	json_open(out, "status", '{');
	json_text_member(out, "message", span->status_message);
	json_number_member(out, "code", span->status_code);
	buffer_append_byte(out, '}');
}

static void put_log_record(struct buffer *out, const struct log_record *record)
{
	json_u64_member(out, "timeUnixNano", record->time_ns);
	json_u64_member(out, "observedTimeUnixNano", record->observed_time_ns);
	json_number_member(out, "severityNumber", record->severity_number);
	json_text_member(out, "severityText", record->severity_text);
	if (record->body.type != VALUE_EMPTY) {
		json_name(out, "body");
		json_put_any(out, &record->body);
	}
	json_attributes_members(out, &record->attributes);
	json_number_member(out, "flags", record->flags);
	json_id_member(out, "traceId", record->trace_id, TRACE_ID_SIZE);
	json_id_member(out, "spanId", record->span_id, SPAN_ID_SIZE);
	json_text_member(out, "eventName", record->event_name);
}

static void put_value(struct buffer *out, const struct number *number)
{
	if (number->kind == NUMBER_NONE)
		return;
	json_name(out, number->kind == NUMBER_INT ? "asInt" : "asDouble");
	if (number->kind == NUMBER_INT)
		buffer_printf(out, "\"%lld\"", (long long)number->integer);
	else
		json_put_double(out, number->real);
}

static void put_exemplars(struct buffer *out, const struct metric_point *point)
{
	if (!point->exemplar_count)
		return;
	json_open(out, "exemplars", '[');
	for (uint32_t i = 0; i < point->exemplar_count; i++) {
		const struct exemplar *exemplar = &point->exemplars[i];

		json_next(out);
		buffer_append_byte(out, '{');
		json_attributes_member(out, "filteredAttributes", &exemplar->attributes);
		json_u64_member(out, "timeUnixNano", exemplar->time_ns);
		put_value(out, &exemplar->value);
		json_id_member(out, "spanId", exemplar->span_id, SPAN_ID_SIZE);
		json_id_member(out, "traceId", exemplar->trace_id, TRACE_ID_SIZE);
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ']');
}

static void put_counts(struct buffer *out, const uint64_t *counts, uint32_t count)
{
	if (!count)
		return;
	json_open(out, "bucketCounts", '[');
	for (uint32_t i = 0; i < count; i++) {
		json_next(out);
		json_put_u64(out, counts[i]);
	}
	buffer_append_byte(out, ']');
}

static void put_measure(struct buffer *out, const char *name, double real, bool has)
{
	if (!has)
		return;
	json_name(out, name);
	json_put_double(out, real);
}

/* What histograms and summaries share; a summary has neither least nor greatest. */
static void put_totals(struct buffer *out, const struct metric_point *point)
{
	json_u64_member(out, "count", point->count);
	put_measure(out, "sum", point->sum, point->has & POINT_HAS_SUM);
	if (point->metric->type == METRIC_SUMMARY)
		return;
	put_measure(out, "min", point->min, point->has & POINT_HAS_MIN);
	put_measure(out, "max", point->max, point->has & POINT_HAS_MAX);
}

static void put_histogram(struct buffer *out, const struct histogram *histogram)
{
	put_counts(out, histogram->counts, histogram->bucket_count);
	if (!histogram->bound_count)
		return;
	json_open(out, "explicitBounds", '[');
	for (uint32_t i = 0; i < histogram->bound_count; i++) {
		json_next(out);
		json_put_double(out, histogram->bounds[i]);
	}
	buffer_append_byte(out, ']');
}

static void put_i32(struct buffer *out, const char *name, int32_t number)
{
	if (!number)
		return;
	json_name(out, name);
	buffer_printf(out, "%d", number);
}

static void put_side(struct buffer *out, const char *name, const struct exponential_buckets *side)
{
	if (!side->count && !side->offset)
		return;
	json_open(out, name, '{');
	put_i32(out, "offset", side->offset);
	put_counts(out, side->counts, side->count);
	buffer_append_byte(out, '}');
}

static void put_exponential(struct buffer *out, const struct exponential_histogram *exponential)
{
	put_i32(out, "scale", exponential->scale);
	json_u64_member(out, "zeroCount", exponential->zero_count);
	json_double_member(out, "zeroThreshold", exponential->zero_threshold);
	put_side(out, "positive", &exponential->positive);
	put_side(out, "negative", &exponential->negative);
}

static void put_summary(struct buffer *out, const struct summary *summary)
{
	if (!summary->count)
		return;
	json_open(out, "quantileValues", '[');
	for (uint32_t i = 0; i < summary->count; i++) {
		json_next(out);
		buffer_append_byte(out, '{');
		json_double_member(out, "quantile", summary->quantiles[i].quantile);
		json_double_member(out, "value", summary->quantiles[i].value);
		buffer_append_byte(out, '}');
	}
	buffer_append_byte(out, ']');
}

static void put_point(struct buffer *out, const struct metric_point *point)
{
	json_attributes_member(out, "attributes", &point->attributes);
	json_u64_member(out, "startTimeUnixNano", point->start_ns);
	json_u64_member(out, "timeUnixNano", point->time_ns);
	json_number_member(out, "flags", point->flags);
	switch (point->metric->type) {
	case METRIC_HISTOGRAM:
		put_totals(out, point);
		put_histogram(out, &point->histogram);
		break;
	case METRIC_EXPONENTIAL_HISTOGRAM:
		put_totals(out, point);
		put_exponential(out, &point->exponential);
		break;
	case METRIC_SUMMARY:
		put_totals(out, point);
		put_summary(out, &point->summary);
		break;
	default: put_value(out, &point->value);
	}
	/* OTLP's summary has no such field. */
	if (point->metric->type != METRIC_SUMMARY)
		put_exemplars(out, point);
}

/* The metric's own fields, up to the list of its points. */
static void open_metric(struct buffer *out, const struct metric *metric)
{
	static const char *const kinds[] = {
		[METRIC_GAUGE] = "gauge",         [METRIC_SUM] = "sum",
		[METRIC_HISTOGRAM] = "histogram", [METRIC_EXPONENTIAL_HISTOGRAM] = "exponentialHistogram",
		[METRIC_SUMMARY] = "summary",
	};

	json_text_member(out, "name", metric->name);
	json_text_member(out, "description", metric->description);
	json_text_member(out, "unit", metric->unit);
	json_attributes_member(out, "metadata", &metric->metadata);
	json_open(out, kinds[metric->type], '{');
	json_number_member(out, "aggregationTemporality", metric->temporality);
	if (metric->monotonic) {
		json_name(out, "isMonotonic");
		buffer_append_c(out, "true");
	}
	json_open(out, "dataPoints", '[');
}

/* Rows of one metric, from *at on. */
static void put_metric(struct buffer *out, const struct batch *rows, const struct placed *placed,
		       size_t count, size_t *at)
{
	const struct metric *metric = placed[*at].metric;
	const struct scope *scope = placed[*at].scope;
	const struct resource *resource = placed[*at].resource;

	open_metric(out, metric);
	for (; *at < count && placed[*at].metric == metric && placed[*at].scope == scope &&
	       placed[*at].resource == resource;
	     ++*at) {
		json_next(out);
		buffer_append_byte(out, '{');
		put_point(out, &rows->points[placed[*at].row]);
		buffer_append_byte(out, '}');
	}
	buffer_append_c(out, "]}");
}

static void put_record(struct buffer *out, enum signal signal, const struct batch *rows,
		       const struct placed *placed, size_t count, size_t *at)
{
	json_next(out);
	buffer_append_byte(out, '{');
	switch (signal) {
	case SIGNAL_TRACES: put_span(out, &rows->spans[placed[(*at)++].row]); break;
	case SIGNAL_LOGS: put_log_record(out, &rows->logs[placed[(*at)++].row]); break;
	case SIGNAL_METRICS: put_metric(out, rows, placed, count, at); break;
	}
	buffer_append_byte(out, '}');
}

/* Rows of one scope of one resource, from *at on. */
static void put_scope(struct buffer *out, enum signal signal, const struct batch *rows,
		      const struct placed *placed, size_t count, size_t *at)
{
	const struct scope *scope = placed[*at].scope;
	const struct resource *resource = placed[*at].resource;

	json_next(out);
	buffer_append_c(out, "{\"scope\":{");
	json_text_member(out, "name", scope->name);
	json_text_member(out, "version", scope->version);
	json_attributes_members(out, &scope->attributes);
	buffer_append_byte(out, '}');
	json_open(out, names[signal].records, '[');
	while (*at < count && placed[*at].scope == scope && placed[*at].resource == resource)
		put_record(out, signal, rows, placed, count, at);
	buffer_append_byte(out, ']');
	json_text_member(out, "schemaUrl", scope->schema_url);
	buffer_append_byte(out, '}');
}

static void put_resource(struct buffer *out, enum signal signal, const struct batch *rows,
			 const struct placed *placed, size_t count, size_t *at)
{
	const struct resource *resource = placed[*at].resource;

	json_next(out);
	buffer_append_c(out, "{\"resource\":{");
	json_attributes_members(out, &resource->attributes);
	buffer_append_byte(out, '}');
	json_open(out, names[signal].scopes, '[');
	while (*at < count && placed[*at].resource == resource)
		put_scope(out, signal, rows, placed, count, at);
	buffer_append_byte(out, ']');
	json_text_member(out, "schemaUrl", resource->schema_url);
	buffer_append_byte(out, '}');
}

static int compare_addresses(const void *a, const void *b)
{
	return (a > b) - (a < b);
}

/* Any order will do that brings equals together and keeps rows in theirs. */
static int compare_placed(const void *left, const void *right)
{
	const struct placed *a = left, *b = right;
	int order = compare_addresses(a->resource, b->resource);

	if (order == 0)
		order = compare_addresses(a->scope, b->scope);
	if (order == 0)
		order = compare_addresses(a->metric, b->metric);
	return order ? order : (a->row > b->row) - (a->row < b->row);
}

static struct placed place_row(enum signal signal, const struct batch *rows, size_t row)
{
	switch (signal) {
	case SIGNAL_TRACES:
		return (struct placed){rows->spans[row].resource, rows->spans[row].scope, NULL, row};
	case SIGNAL_METRICS:
		return (struct placed){rows->points[row].resource, rows->points[row].scope,
				       rows->points[row].metric, row};
	default: return (struct placed){rows->logs[row].resource, rows->logs[row].scope, NULL, row};
	}
}

enum status otlp_encode(enum signal signal, const struct batch *rows, size_t first, size_t count,
			struct buffer *out, struct error *error)
{
	struct placed *placed = malloc((count + 1) * sizeof(*placed));
	size_t at = 0;

	if (!placed)
		return error_set(error, STATUS_NO_MEMORY, "no memory to write %zu rows", count);
	for (size_t i = 0; i < count; i++)
		placed[i] = place_row(signal, rows, first + i);
	qsort(placed, count, sizeof(*placed), compare_placed);
	buffer_append_byte(out, '{');
	json_open(out, names[signal].resources, '[');
	while (at < count)
		put_resource(out, signal, rows, placed, count, &at);
	buffer_append_c(out, "]}");
	free(placed);
	if (buffer_failed(out))
		return error_set(error, STATUS_NO_MEMORY, "no memory to write %zu rows", count);
	return STATUS_OK;
}
