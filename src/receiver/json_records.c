#include "receiver/json_records.h"

#include "receiver/records.h"

#define FIELD(type, name, how, member) {name, .kind = (how), .offset = offsetof(struct type, member)}
#define ENUM(type, name, member, list)                                                                       \
	{name, .kind = FIELD_ENUM, .offset = offsetof(struct type, member), .names = (list)}
#define LIST(type, name, how, member, count)                                                                 \
	{name, .kind = (how), .offset = offsetof(struct type, member),                                       \
	 .count_offset = offsetof(struct type, count)}
#define PARTS(type, name, member, count, of)                                                                 \
	{name, .kind = FIELD_PARTS, .offset = offsetof(struct type, member),                                 \
	 .count_offset = offsetof(struct type, count), .parts = &(of)}
#define INSIDE(name, at, of) {name, .kind = FIELD_INSIDE, .offset = (at), .parts = &(of)}
/* An id that is none where it has another size, as the specification has it for logs and exemplars. */
#define LOOSE_ID(type, name, how, member)                                                                    \
	{name, .kind = (how), .offset = offsetof(struct type, member), .flag = 1}
#define MEASURE(name, member, bit)                                                                           \
	{name, .kind = FIELD_MEASURE, .offset = offsetof(struct metric_point, member), .flag = (bit)}
#define STRUCT(type, fields) {fields, sizeof(fields) / sizeof((fields)[0]), sizeof(struct type)}

/* In the order of their numbers. */
static const char *const span_kinds[] = {"SPAN_KIND_UNSPECIFIED",
					 "SPAN_KIND_INTERNAL",
					 "SPAN_KIND_SERVER",
					 "SPAN_KIND_CLIENT",
					 "SPAN_KIND_PRODUCER",
					 "SPAN_KIND_CONSUMER",
					 NULL};
static const char *const status_codes[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR", NULL};
static const char *const temporalities[] = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
					    "AGGREGATION_TEMPORALITY_DELTA",
					    "AGGREGATION_TEMPORALITY_CUMULATIVE", NULL};
static const char *const severities[] = {"SEVERITY_NUMBER_UNSPECIFIED", "SEVERITY_NUMBER_TRACE",
					 "SEVERITY_NUMBER_TRACE2",      "SEVERITY_NUMBER_TRACE3",
					 "SEVERITY_NUMBER_TRACE4",      "SEVERITY_NUMBER_DEBUG",
					 "SEVERITY_NUMBER_DEBUG2",      "SEVERITY_NUMBER_DEBUG3",
					 "SEVERITY_NUMBER_DEBUG4",      "SEVERITY_NUMBER_INFO",
					 "SEVERITY_NUMBER_INFO2",       "SEVERITY_NUMBER_INFO3",
					 "SEVERITY_NUMBER_INFO4",       "SEVERITY_NUMBER_WARN",
					 "SEVERITY_NUMBER_WARN2",       "SEVERITY_NUMBER_WARN3",
					 "SEVERITY_NUMBER_WARN4",       "SEVERITY_NUMBER_ERROR",
					 "SEVERITY_NUMBER_ERROR2",      "SEVERITY_NUMBER_ERROR3",
					 "SEVERITY_NUMBER_ERROR4",      "SEVERITY_NUMBER_FATAL",
					 "SEVERITY_NUMBER_FATAL2",      "SEVERITY_NUMBER_FATAL3",
					 "SEVERITY_NUMBER_FATAL4",      NULL};

static const struct json_field event_fields[] = {
	FIELD(span_event, "timeUnixNano", FIELD_U64, time_ns),
	FIELD(span_event, "name", FIELD_TEXT, name),
	FIELD(span_event, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(span_event, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
};
static const struct json_struct event_struct = STRUCT(span_event, event_fields);

static const struct json_field link_fields[] = {
	FIELD(span_link, "traceId", FIELD_TRACE_ID, trace_id),
	FIELD(span_link, "spanId", FIELD_SPAN_ID, span_id),
	FIELD(span_link, "traceState", FIELD_TEXT, trace_state),
	FIELD(span_link, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(span_link, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
	FIELD(span_link, "flags", FIELD_U32, flags),
};
static const struct json_struct link_struct = STRUCT(span_link, link_fields);

static const struct json_field status_fields[] = {
	FIELD(span, "message", FIELD_TEXT, status_message),
	ENUM(span, "code", status_code, status_codes),
};
static const struct json_struct status_struct = STRUCT(span, status_fields);

static const struct json_field span_fields[] = {
	FIELD(span, "traceId", FIELD_TRACE_ID, trace_id),
	FIELD(span, "spanId", FIELD_SPAN_ID, span_id),
	FIELD(span, "parentSpanId", FIELD_SPAN_ID, parent_span_id),
	FIELD(span, "traceState", FIELD_TEXT, trace_state),
	FIELD(span, "name", FIELD_TEXT, name),
	ENUM(span, "kind", kind, span_kinds),
	FIELD(span, "startTimeUnixNano", FIELD_U64, start_ns),
	FIELD(span, "endTimeUnixNano", FIELD_U64, end_ns),
	FIELD(span, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(span, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
	PARTS(span, "events", events, event_count, event_struct),
	FIELD(span, "droppedEventsCount", FIELD_U32, dropped_event_count),
	PARTS(span, "links", links, link_count, link_struct),
	FIELD(span, "droppedLinksCount", FIELD_U32, dropped_link_count),
	INSIDE("status", 0, status_struct),
	FIELD(span, "flags", FIELD_U32, flags),
};
static const struct json_struct span_struct = STRUCT(span, span_fields);

static const struct json_field log_fields[] = {
	FIELD(log_record, "timeUnixNano", FIELD_U64, time_ns),
	FIELD(log_record, "observedTimeUnixNano", FIELD_U64, observed_time_ns),
	ENUM(log_record, "severityNumber", severity_number, severities),
	FIELD(log_record, "severityText", FIELD_TEXT, severity_text),
	FIELD(log_record, "body", FIELD_ANY, body),
	FIELD(log_record, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(log_record, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
	FIELD(log_record, "flags", FIELD_U32, flags),
	LOOSE_ID(log_record, "traceId", FIELD_TRACE_ID, trace_id),
	LOOSE_ID(log_record, "spanId", FIELD_SPAN_ID, span_id),
	FIELD(log_record, "eventName", FIELD_TEXT, event_name),
};
static const struct json_struct log_struct = STRUCT(log_record, log_fields);

static const struct json_field exemplar_fields[] = {
	FIELD(exemplar, "timeUnixNano", FIELD_U64, time_ns),
	FIELD(exemplar, "asDouble", FIELD_AS_DOUBLE, value),
	FIELD(exemplar, "asInt", FIELD_AS_INT, value),
	LOOSE_ID(exemplar, "traceId", FIELD_TRACE_ID, trace_id),
	LOOSE_ID(exemplar, "spanId", FIELD_SPAN_ID, span_id),
	FIELD(exemplar, "filteredAttributes", FIELD_ATTRIBUTES, attributes),
};
static const struct json_struct exemplar_struct = STRUCT(exemplar, exemplar_fields);

/* What the points of every type begin with. */
#define POINT_FIELDS                                                                                         \
	FIELD(metric_point, "attributes", FIELD_ATTRIBUTES, attributes),                                     \
		FIELD(metric_point, "startTimeUnixNano", FIELD_U64, start_ns),                               \
		FIELD(metric_point, "timeUnixNano", FIELD_U64, time_ns),                                     \
		FIELD(metric_point, "flags", FIELD_U32, flags)
#define EXEMPLARS PARTS(metric_point, "exemplars", exemplars, exemplar_count, exemplar_struct)

static const struct json_field number_fields[] = {
	POINT_FIELDS,
	EXEMPLARS,
	FIELD(metric_point, "asDouble", FIELD_AS_DOUBLE, value),
	FIELD(metric_point, "asInt", FIELD_AS_INT, value),
};

static const struct json_field histogram_fields[] = {
	POINT_FIELDS,
	EXEMPLARS,
	FIELD(metric_point, "count", FIELD_U64, count),
	MEASURE("sum", sum, POINT_HAS_SUM),
	MEASURE("min", min, POINT_HAS_MIN),
	MEASURE("max", max, POINT_HAS_MAX),
	LIST(metric_point, "bucketCounts", FIELD_U64S, histogram.counts, histogram.bucket_count),
	LIST(metric_point, "explicitBounds", FIELD_REALS, histogram.bounds, histogram.bound_count),
};

static const struct json_field bucket_fields[] = {
	FIELD(exponential_buckets, "offset", FIELD_I32, offset),
	LIST(exponential_buckets, "bucketCounts", FIELD_U64S, counts, count),
};
static const struct json_struct bucket_struct = STRUCT(exponential_buckets, bucket_fields);

static const struct json_field exponential_fields[] = {
	POINT_FIELDS,
	EXEMPLARS,
	FIELD(metric_point, "count", FIELD_U64, count),
	MEASURE("sum", sum, POINT_HAS_SUM),
	MEASURE("min", min, POINT_HAS_MIN),
	MEASURE("max", max, POINT_HAS_MAX),
	FIELD(metric_point, "scale", FIELD_I32, exponential.scale),
	FIELD(metric_point, "zeroCount", FIELD_U64, exponential.zero_count),
	FIELD(metric_point, "zeroThreshold", FIELD_REAL, exponential.zero_threshold),
	INSIDE("positive", offsetof(struct metric_point, exponential.positive), bucket_struct),
	INSIDE("negative", offsetof(struct metric_point, exponential.negative), bucket_struct),
};

static const struct json_field quantile_fields[] = {
	FIELD(quantile, "quantile", FIELD_REAL, quantile),
	FIELD(quantile, "value", FIELD_REAL, value),
};
static const struct json_struct quantile_struct = STRUCT(quantile, quantile_fields);

static const struct json_field summary_fields[] = {
	POINT_FIELDS,
	FIELD(metric_point, "count", FIELD_U64, count),
	MEASURE("sum", sum, POINT_HAS_SUM),
	PARTS(metric_point, "quantileValues", summary.quantiles, summary.count, quantile_struct),
};

static const struct json_field metric_fields[] = {
	FIELD(metric, "name", FIELD_TEXT, name),
	FIELD(metric, "description", FIELD_TEXT, description),
	FIELD(metric, "unit", FIELD_TEXT, unit),
	FIELD(metric, "metadata", FIELD_ATTRIBUTES, metadata),
};
static const struct json_struct metric_struct = STRUCT(metric, metric_fields);

static const struct json_field gauge_fields[] = {{NULL}};
static const struct json_field sum_fields[] = {
	ENUM(metric, "aggregationTemporality", temporality, temporalities),
	FIELD(metric, "isMonotonic", FIELD_FLAG, monotonic),
};

/* How many of sum_fields a type has, and what its points look like. */
static const struct data {
	const char *name;
	struct json_struct metric, point;
	uint8_t type;
} datas[] = {
	{"gauge", {gauge_fields, 0, 0}, STRUCT(metric_point, number_fields), METRIC_GAUGE},
	{"sum", {sum_fields, 2, 0}, STRUCT(metric_point, number_fields), METRIC_SUM},
	{"histogram", {sum_fields, 1, 0}, STRUCT(metric_point, histogram_fields), METRIC_HISTOGRAM},
	{"exponentialHistogram",
	 {sum_fields, 1, 0},
	 STRUCT(metric_point, exponential_fields),
	 METRIC_EXPONENTIAL_HISTOGRAM},
	{"summary", {gauge_fields, 0, 0}, STRUCT(metric_point, summary_fields), METRIC_SUMMARY},
};

bool json_read_span(struct json_decoder *json, const json_t *object)
{
	struct decoder *decoder = &json->decoder;
	struct span *span;
	const char *fault;

	if (!decode_may_add(decoder))
		return false;
	span = batch_add_span(decoder->batch);
	if (!span)
		return decode_no_room(decoder);
	span->resource = decoder->resource;
	span->scope = decoder->scope;
	if (!json_read(json, object, &span_struct, span))
		return false;
	fault = otlp_span_fault(span);
	if (fault)
		decode_fault(decoder, fault);
	decode_finish_row(decoder);
	return true;
}

bool json_read_log_record(struct json_decoder *json, const json_t *object)
{
	struct decoder *decoder = &json->decoder;
	struct log_record *record;

	if (!decode_may_add(decoder))
		return false;
	record = batch_add_log(decoder->batch);
	if (!record)
		return decode_no_room(decoder);
	record->resource = decoder->resource;
	record->scope = decoder->scope;
	if (!json_read(json, object, &log_struct, record))
		return false;
	record->severity_number = otlp_severity(record->severity_number);
	otlp_log_complete(record, decoder->now_ns);
	decode_finish_row(decoder);
	return true;
}

static bool read_point(struct json_decoder *json, const json_t *object, const struct metric *metric,
		       const struct json_struct *type)
{
	struct decoder *decoder = &json->decoder;
	struct metric_point *point;
	const char *fault;

	if (!decode_may_add(decoder))
		return false;
	point = batch_add_point(decoder->batch);
	if (!point)
		return decode_no_room(decoder);
	point->metric = metric;
	point->resource = decoder->resource;
	point->scope = decoder->scope;
	if (!json_read(json, object, type, point))
		return false;
	fault = otlp_point_complete(point, decoder->now_ns);
	if (fault)
		decode_fault(decoder, fault);
	decode_finish_row(decoder);
	return true;
}

/* The one of the five kinds that the metric has; NULL where it has none that is known. */
static const struct data *find_data(const json_t *object, const json_t **found_out)
{
	for (size_t i = 0; i < sizeof(datas) / sizeof(datas[0]); i++)
		if ((*found_out = json_find(object, datas[i].name)))
			return &datas[i];
	return NULL;
}

static bool read_data(struct json_decoder *json, const json_t *object, const struct data *data,
		      struct metric *metric)
{
	const json_t *points = json_find(object, "dataPoints");

	metric->type = data->type;
	if (!json_read(json, object, &data->metric, metric))
		return false;
	if (points && !json_is_array(points))
		return json_wrong(json, "dataPoints", "a list");
	for (size_t i = 0; i < json_array_size(points); i++)
		if (!read_point(json, json_array_get(points, i), metric, &data->point))
			return false;
	return true;
}

bool json_read_metric(struct json_decoder *json, const json_t *object)
{
	struct decoder *decoder = &json->decoder;
	struct metric *metric = arena_calloc(decoder->arena, 1, sizeof(*metric));
	struct group_fault fault = decode_group_begin(decoder);
	const struct data *data;
	const json_t *found;

	if (!metric)
		return decode_no_room(decoder);
	if (!json_read(json, object, &metric_struct, metric))
		return false;
	if (decoder->bad)
		decode_group_note(decoder, &fault);
	data = find_data(object, &found);
	if (data && !read_data(json, found, data, metric))
		return false;
	decode_group_end(decoder, &fault);
	return true;
}
