#include "sdk/encoder.h"

#include "base/protobuf.h"
#include "model/batch.h"
#include "model/metric_point.h"
#include "sdk/record.h"

/* A row of the largest size and its neighbours: past that a request would only be larger. */
enum { ROWS_BYTES = 1024 * 1024, HEAD_BYTES = 16 * 1024, ROW_OVERHEAD = 2048 };

/* Fields of the messages, by message. */
enum { REQUEST_RESOURCE_ROWS = 1, RESOURCE_ROWS_RESOURCE = 1, RESOURCE_ROWS_SCOPE_ROWS = 2 };
enum { SCOPE_ROWS_SCOPE = 1, SCOPE_ROWS_ROW = 2 };
enum { RESOURCE_ATTRIBUTES = 1, SCOPE_NAME = 1, SCOPE_VERSION = 2 };

static void put_string(struct buffer *out, uint32_t number, const char *key, struct str value)
{
	struct attribute attribute = {str_from(key), value_from_str(value)};

	attribute_encode(number, &attribute, out);
}

static void put_resource(struct buffer *out, const struct settings *settings)
{
	const struct {
		const char *key, *value;
	} attributes[] = {
		{"service.name", settings->service_name},
		{"service.version", settings->service_version},
		{"service.instance.id", settings->service_instance},
		{"telemetry.sdk.name", "rohas-telemetry"},
		{"telemetry.sdk.language", "c"},
		{"telemetry.sdk.version", ROHAS_VERSION},
	};
	size_t resource = protobuf_begin(out, RESOURCE_ROWS_RESOURCE);

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (*attributes[i].value && str_is_utf8(str_from(attributes[i].value)))
			put_string(out, RESOURCE_ATTRIBUTES, attributes[i].key,
				   str_from(attributes[i].value));
	protobuf_end(out, resource);
}

static void put_scope(struct buffer *out)
{
	size_t scope = protobuf_begin(out, SCOPE_ROWS_SCOPE);

	protobuf_put_bytes(out, SCOPE_NAME, str_from("rohas-telemetry"));
	protobuf_put_bytes(out, SCOPE_VERSION, str_from(ROHAS_VERSION));
	protobuf_end(out, scope);
}

/* A buffer that never grows past what the allocator gave. */
static bool get_buffer(const struct rohas_allocator *allocator, size_t size, struct buffer *buffer_out)
{
	*buffer_out = (struct buffer){.data = memory_get(allocator, size), .capacity = size, .limit = size};
	return buffer_out->data != NULL;
}

bool encoder_init(struct encoder *encoder, const struct settings *settings)
{
	bool fits = true;

	*encoder = (struct encoder){.allocator = &settings->allocator};
	if (strcmp(settings->language, "c") != 0)
		encoder->language = settings->language;
	for (int i = 0; i < SIGNALS; i++)
		fits = get_buffer(encoder->allocator, ROWS_BYTES, &encoder->rows[i]) && fits;
	fits = get_buffer(encoder->allocator, HEAD_BYTES, &encoder->head) && fits;
	if (fits) {
		put_resource(&encoder->head, settings);
		encoder->resource_size = encoder->head.size;
		put_scope(&encoder->head);
	}
	if (fits && !buffer_failed(&encoder->head))
		return true;
	encoder_release(encoder);
	return false;
}

void encoder_release(struct encoder *encoder)
{
	for (int i = 0; i < SIGNALS; i++)
		memory_give(encoder->allocator, encoder->rows[i].data, ROWS_BYTES);
	memory_give(encoder->allocator, encoder->head.data, HEAD_BYTES);
	*encoder = (struct encoder){.allocator = encoder->allocator};
}

static bool has_room(const struct buffer *rows, size_t size)
{
	return size + ROW_OVERHEAD <= rows->capacity - rows->size;
}

static void put_id(struct buffer *out, uint32_t number, const void *id, size_t size)
{
	protobuf_put_bytes(out, number, str_make(id, size));
}

static struct str record_name(const struct record *record)
{
	return str_make(record->bytes, record->name_size);
}

/* The record's own fields as they are. */
static void put_fields(struct buffer *out, const struct record *record, uint32_t size)
{
	char *at = buffer_reserve(out, size);

	if (!at)
		return;
	record_read(record, size, at);
	out->size += size;
}

static void put_tracestate(struct buffer *out, uint32_t number, const struct record *record)
{
	char tracestate[ROHAS_TRACESTATE_SIZE], baggage[ROHAS_BAGGAGE_SIZE];

	if (!record->tracestate_size)
		return;
	record_carried(record, tracestate, baggage);
	protobuf_put_bytes(out, number, str_make(tracestate, record->tracestate_size));
}

/* What docs/handlers.md reads of every execution; the caller's own come behind it, and count. */
static void put_handler(struct buffer *out, uint32_t number, const struct encoder *encoder,
			const struct record *record)
{
	if (!record->handler)
		return;
	put_string(out, number, "rohas.handler.type", str_from(handler_type_name(record->handler)));
	put_string(out, number, "rohas.handler.name", record_name(record));
	if (encoder->language)
		put_string(out, number, "rohas.handler.language", str_from(encoder->language));
	if (record->handler == ROHAS_EVENT)
		put_string(out, number, "messaging.operation.type", str_from("process"));
	if (record->handler == ROHAS_CRON)
		put_string(out, number, "faas.trigger", str_from("timer"));
}

static void put_count(struct buffer *out, uint32_t number, uint32_t count)
{
	if (count)
		protobuf_put_uint(out, number, count);
}

bool encoder_add_span(struct encoder *encoder, const struct record *record,
		      const struct ticks_calibration *clock)
{
	enum {
		TRACE_ID = 1,
		SPAN_ID,
		TRACE_STATE,
		PARENT_ID,
		NAME,
		KIND,
		START,
		END,
		ATTRIBUTES,
		DROPPED_ATTRIBUTES,
		DROPPED_EVENTS = 12,
		DROPPED_LINKS = 14,
		FLAGS = 16
	};
	struct buffer *out = &encoder->rows[SIGNAL_TRACES];
	uint32_t size = atomic_load_explicit(&record->size, memory_order_relaxed);
	size_t row;

	if (!has_room(out, size))
		return false;
	row = protobuf_begin(out, SCOPE_ROWS_ROW);
	put_id(out, TRACE_ID, record->trace_id, sizeof(record->trace_id));
	put_id(out, SPAN_ID, &record->span_id, sizeof(record->span_id));
	put_tracestate(out, TRACE_STATE, record);
	if (record->parent_id)
		put_id(out, PARENT_ID, &record->parent_id, sizeof(record->parent_id));
	protobuf_put_bytes(out, NAME, record_name(record));
	protobuf_put_uint(out, KIND, record->kind);
	protobuf_put_fixed64(out, START, ticks_to_unix_ns(clock, record->start));
	protobuf_put_fixed64(out, END, ticks_to_unix_ns(clock, record->end));
	put_handler(out, ATTRIBUTES, encoder, record);
	put_fields(out, record, size);
	put_count(out, DROPPED_ATTRIBUTES, record->dropped_attributes);
	put_count(out, DROPPED_EVENTS, record->dropped_events);
	put_count(out, DROPPED_LINKS, record->dropped_links);
	protobuf_put_fixed32(out, FLAGS, record->flags);
	protobuf_end(out, row);
	encoder->counts[SIGNAL_TRACES]++;
	return true;
}

/* Numbers of a LogRecord's fields. */
enum {
	LOG_TIME = 1,
	LOG_SEVERITY = 2,
	LOG_SEVERITY_TEXT = 3,
	LOG_DROPPED = 7,
	LOG_FLAGS = 8,
	LOG_TRACE_ID = 9,
	LOG_SPAN_ID = 10,
	LOG_OBSERVED = 11,
	LOG_EVENT_NAME = 12
};

static void put_log_head(struct buffer *out, const struct record *record, uint64_t time_ns, uint8_t severity)
{
	protobuf_put_fixed64(out, LOG_TIME, time_ns);
	protobuf_put_uint(out, LOG_SEVERITY, severity);
	if (!record->span_id)
		return;
	put_id(out, LOG_TRACE_ID, record->trace_id, sizeof(record->trace_id));
	put_id(out, LOG_SPAN_ID, &record->span_id, sizeof(record->span_id));
	protobuf_put_fixed32(out, LOG_FLAGS, record->flags);
}

bool encoder_add_log(struct encoder *encoder, const struct record *record,
		     const struct ticks_calibration *clock)
{
	static const char *const levels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};
	struct buffer *out = &encoder->rows[SIGNAL_LOGS];
	uint32_t size = atomic_load_explicit(&record->size, memory_order_relaxed);
	uint64_t time_ns = ticks_to_unix_ns(clock, record->start);
	size_t row;

	if (!has_room(out, size))
		return false;
	row = protobuf_begin(out, SCOPE_ROWS_ROW);
	put_log_head(out, record, time_ns, record->kind);
	protobuf_put_bytes(out, LOG_SEVERITY_TEXT, str_from(levels[record->kind / 4]));
	put_fields(out, record, size);
	put_count(out, LOG_DROPPED, record->dropped_attributes);
	protobuf_end(out, row);
	encoder->counts[SIGNAL_LOGS]++;
	return true;
}

/* Attributes of the span alone, as those of a log record. */
static void put_attributes_so_far(struct buffer *out, const struct record *record, uint32_t size)
{
	char *at = buffer_reserve(out, size);
	struct protobuf_reader reader;
	struct protobuf_field field;
	size_t end = out->size;

	if (!at)
		return;
	/* Behind the place where they will stand: each moves forward or stays. */
	record_read(record, size, at);
	reader = protobuf_read(str_make(at, size));
	while (protobuf_next(&reader, &field))
		if (field.number == SPAN_ATTRIBUTES) {
			size_t whole = (size_t)((const char *)reader.at - at);

			memmove(out->data + end, at, whole);
			out->data[end] = LOG_ATTRIBUTES << 3 | PROTOBUF_LEN;
			end += whole;
			at += whole;
		} else {
			at = (char *)(uintptr_t)reader.at;
		}
	out->size = end;
}

static void put_body(struct buffer *out, struct str text)
{
	enum { ANY_STRING = 1 };
	size_t body = protobuf_begin(out, LOG_BODY);

	protobuf_put_bytes(out, ANY_STRING, text);
	protobuf_end(out, body);
}

static void put_parent(struct buffer *out, const struct record *record)
{
	char text[2 * SPAN_ID_SIZE];

	if (!record->parent_id)
		return;
	hex_encode((const uint8_t *)&record->parent_id, SPAN_ID_SIZE, text);
	put_string(out, LOG_ATTRIBUTES, "rohas.span.parent_id", str_make(text, sizeof(text)));
}

bool encoder_add_running(struct encoder *encoder, const struct record *record,
			 const struct ticks_calibration *clock)
{
	struct buffer *out = &encoder->rows[SIGNAL_LOGS];
	uint32_t size = atomic_load_explicit(&record->size, memory_order_acquire);
	size_t row;

	if (!has_room(out, size))
		return false;
	row = protobuf_begin(out, SCOPE_ROWS_ROW);
	put_log_head(out, record, ticks_to_unix_ns(clock, record->start), level_lowest_severity(LEVEL_DEBUG));
	put_body(out, record_name(record));
	put_string(out, LOG_ATTRIBUTES, "rohas.span.name", record_name(record));
	put_string(out, LOG_ATTRIBUTES, "rohas.span.kind", str_from(span_kind_name(record->kind)));
	put_parent(out, record);
	put_handler(out, LOG_ATTRIBUTES, encoder, record);
	put_attributes_so_far(out, record, size);
	protobuf_put_fixed64(out, LOG_OBSERVED, clock->now.real_ns);
	protobuf_put_bytes(out, LOG_EVENT_NAME, str_from("rohas.span.start"));
	protobuf_end(out, row);
	encoder->counts[SIGNAL_LOGS]++;
	return true;
}

/* Numbers of fields that the points of all metrics share. */
enum { POINTS = 1, POINT_START = 2, POINT_TIME = 3, METRIC_NAME = 1, METRIC_UNIT = 3 };
enum { DATA_GAUGE = 5, DATA_SUM = 7, DATA_HISTOGRAM = 9, TEMPORALITY = 2, MONOTONIC = 3 };

static void put_times(struct buffer *out, uint64_t start_ns, uint64_t end_ns)
{
	protobuf_put_fixed64(out, POINT_START, start_ns);
	protobuf_put_fixed64(out, POINT_TIME, end_ns);
}

static void put_buckets(struct buffer *out, const struct series *series, double sum, const uint64_t *buckets)
{
	enum { COUNT = 4, SUM = 5, BUCKETS = 6, BOUNDS = 7 };
	uint64_t count = 0;

	for (unsigned i = 0; i <= series->bound_count; i++)
		count += buckets[i];
	protobuf_put_fixed64(out, COUNT, count);
	protobuf_put_double(out, SUM, sum);
	put_id(out, BUCKETS, buckets, (series->bound_count + 1U) * sizeof(*buckets));
	put_id(out, BOUNDS, series->bounds, series->bound_count * sizeof(*series->bounds));
}

static size_t begin_metric(struct buffer *out, struct str name, struct str unit)
{
	size_t row = protobuf_begin(out, SCOPE_ROWS_ROW);

	protobuf_put_bytes(out, METRIC_NAME, name);
	if (unit.size)
		protobuf_put_bytes(out, METRIC_UNIT, unit);
	return row;
}

bool encoder_add_series(struct encoder *encoder, const struct series *series, double sum,
			const uint64_t buckets[CELL_BUCKETS], uint64_t start_ns, uint64_t end_ns)
{
	enum { AS_DOUBLE = 4 };
	static const uint8_t numbers[] = {[SERIES_COUNTER] = DATA_SUM,
					  [SERIES_GAUGE] = DATA_GAUGE,
					  [SERIES_HISTOGRAM] = DATA_HISTOGRAM};
	struct buffer *out = &encoder->rows[SIGNAL_METRICS];
	size_t row, data, point;

	if (!has_room(out, 0))
		return false;
	row = begin_metric(out, series_name(series), series_unit(series));
	data = protobuf_begin(out, numbers[series->sort]);
	point = protobuf_begin(out, POINTS);
	put_times(out, start_ns, end_ns);
	if (series->sort == SERIES_HISTOGRAM)
		put_buckets(out, series, sum, buckets);
	else
		protobuf_put_double(out, AS_DOUBLE, sum);
	buffer_append_str(out, series_labels(series));
	protobuf_end(out, point);
	if (series->sort != SERIES_GAUGE)
		protobuf_put_uint(out, TEMPORALITY, TEMPORALITY_DELTA);
	if (series->sort == SERIES_COUNTER)
		protobuf_put_uint(out, MONOTONIC, true);
	protobuf_end(out, data);
	protobuf_end(out, row);
	encoder->counts[SIGNAL_METRICS]++;
	return true;
}

bool encoder_add_loss(struct encoder *encoder, const char *signal, const char *reason, uint64_t count,
		      uint64_t start_ns, uint64_t end_ns)
{
	enum { AS_INT = 6, ATTRIBUTES = 7 };
	struct buffer *out = &encoder->rows[SIGNAL_METRICS];
	size_t row, data, point;

	if (!has_room(out, 0))
		return false;
	row = begin_metric(out, str_from("rohas.telemetry.lost"), str_from("{row}"));
	data = protobuf_begin(out, DATA_SUM);
	point = protobuf_begin(out, POINTS);
	put_times(out, start_ns, end_ns);
	protobuf_put_fixed64(out, AS_INT, count);
	put_string(out, ATTRIBUTES, "signal", str_from(signal));
	put_string(out, ATTRIBUTES, "reason", str_from(reason));
	protobuf_end(out, point);
	protobuf_put_uint(out, TEMPORALITY, TEMPORALITY_DELTA);
	protobuf_put_uint(out, MONOTONIC, true);
	protobuf_end(out, data);
	protobuf_end(out, row);
	encoder->counts[SIGNAL_METRICS]++;
	return true;
}

/* The parts of a request, from the inside out. */
struct sizes {
	size_t scope_rows, resource_rows;
};

static struct sizes sizes_of(const struct encoder *encoder, int signal)
{
	struct sizes sizes;

	sizes.scope_rows = encoder->head.size - encoder->resource_size + encoder->rows[signal].size;
	sizes.resource_rows = encoder->resource_size + field_size(sizes.scope_rows);
	return sizes;
}

size_t encoder_body_size(const struct encoder *encoder, int signal)
{
	return field_size(sizes_of(encoder, signal).resource_rows);
}

void encoder_write_body(struct encoder *encoder, int signal, char *out)
{
	struct sizes sizes = sizes_of(encoder, signal);
	const struct buffer *rows = &encoder->rows[signal];
	struct buffer body = {.data = out, .capacity = encoder_body_size(encoder, signal)};

	body.limit = body.capacity;
	protobuf_put_varint(&body, REQUEST_RESOURCE_ROWS << 3 | PROTOBUF_LEN);
	protobuf_put_varint(&body, sizes.resource_rows);
	buffer_append(&body, encoder->head.data, encoder->resource_size);
	protobuf_put_varint(&body, RESOURCE_ROWS_SCOPE_ROWS << 3 | PROTOBUF_LEN);
	protobuf_put_varint(&body, sizes.scope_rows);
	buffer_append(&body, encoder->head.data + encoder->resource_size,
		      encoder->head.size - encoder->resource_size);
	buffer_append(&body, rows->data, rows->size);
}

void encoder_forget(struct encoder *encoder, int signal)
{
	buffer_clear(&encoder->rows[signal]);
	encoder->counts[signal] = 0;
}
