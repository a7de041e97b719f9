#include "fuzz.h"

static volatile uint8_t sink;

static void use_bytes(struct str bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes.size; i++)
		sum ^= (uint8_t)bytes.data[i];
	sink = sum;
}

static void use_text(struct str text)
{
	use_bytes(text);
	require(str_is_utf8(text));
}

static void use_nested(const struct value *value, unsigned depth);

static void use_array(const struct value *value, unsigned depth)
{
	struct protobuf_reader reader = value_walk(value);
	struct value item;

	while (value_next_item(&reader, &item))
		use_nested(&item, depth + 1);
	require(!reader.failed);
}

static void use_map(const struct value *value, unsigned depth)
{
	struct protobuf_reader reader = value_walk(value);
	struct attribute attribute;

	while (value_next_attribute(&reader, &attribute)) {
		use_text(attribute.key);
		use_nested(&attribute.value, depth + 1);
	}
	require(!reader.failed);
}

static void use_nested(const struct value *value, unsigned depth)
{
	require(depth <= VALUE_DEEPEST);
	switch (value->type) {
	case VALUE_STRING: use_text(value_str(value)); break;
	case VALUE_BYTES: use_bytes(value_str(value)); break;
	case VALUE_ARRAY: use_array(value, depth); break;
	case VALUE_MAP: use_map(value, depth); break;
	default: require(value->type < VALUE_TYPE_COUNT);
	}
}

void use_value(const struct value *value)
{
	struct buffer text = BUFFER_EMPTY;

	use_nested(value, 0);
	value_to_text(value, &text);
	use_text(buffer_str(&text));
	buffer_release(&text);
}

static void use_attributes(const struct attributes *attributes)
{
	for (uint32_t i = 0; i < attributes->count; i++) {
		use_text(attributes->items[i].key);
		use_nested(&attributes->items[i].value, 0);
	}
}

static void use_origin(const struct resource *resource, const struct scope *scope)
{
	use_attributes(&resource->attributes);
	use_text(resource->schema_url);
	use_text(scope->name);
	use_text(scope->version);
	use_text(scope->schema_url);
	use_attributes(&scope->attributes);
}

static bool is_zero(const uint8_t *id, size_t size)
{
	static const uint8_t none[TRACE_ID_SIZE];

	return memcmp(id, none, size) == 0;
}

static void use_span(const struct span *span)
{
	require(!is_zero(span->trace_id, TRACE_ID_SIZE));
	require(!is_zero(span->span_id, SPAN_ID_SIZE));
	use_text(span->name);
	use_text(span->trace_state);
	use_text(span->status_message);
	use_attributes(&span->attributes);
	use_origin(span->resource, span->scope);
	for (uint32_t i = 0; i < span->event_count; i++) {
		use_text(span->events[i].name);
		use_attributes(&span->events[i].attributes);
	}
	for (uint32_t i = 0; i < span->link_count; i++) {
		use_text(span->links[i].trace_state);
		use_attributes(&span->links[i].attributes);
	}
}

static void use_record(const struct log_record *record)
{
	require(record->time_ns != 0);
	require(record->severity_number <= 24);
	use_text(record->severity_text);
	use_text(record->event_name);
	use_nested(&record->body, 0);
	use_attributes(&record->attributes);
	use_origin(record->resource, record->scope);
}

static void use_histogram(const struct histogram *histogram)
{
	require(histogram->bucket_count == histogram->bound_count + 1 ||
		(histogram->bucket_count == 0 && histogram->bound_count == 0));
	use_bytes(str_make(histogram->counts, histogram->bucket_count * sizeof(uint64_t)));
	for (uint32_t i = 1; i < histogram->bound_count; i++)
		require(histogram->bounds[i - 1] < histogram->bounds[i]);
}

static void use_distribution(const struct metric_point *point)
{
	const struct exponential_histogram *exponential = &point->exponential;

	switch (point->metric->type) {
	case METRIC_GAUGE:
	case METRIC_SUM:
		require(point->value.kind != NUMBER_NONE || (point->flags & POINT_NO_RECORDED_VALUE));
		break;
	case METRIC_HISTOGRAM: use_histogram(&point->histogram); break;
	case METRIC_EXPONENTIAL_HISTOGRAM:
		require((int64_t)exponential->positive.offset + exponential->positive.count <= INT32_MAX);
		require((int64_t)exponential->negative.offset + exponential->negative.count <= INT32_MAX);
		use_bytes(str_make(exponential->positive.counts,
				   exponential->positive.count * sizeof(uint64_t)));
		use_bytes(str_make(exponential->negative.counts,
				   exponential->negative.count * sizeof(uint64_t)));
		break;
	case METRIC_SUMMARY:
		use_bytes(str_make(point->summary.quantiles, point->summary.count * sizeof(struct quantile)));
		break;
	default: require(false);
	}
}

static void use_point(const struct metric_point *point)
{
	require(point->time_ns != 0);
	require(point->metric->name.size > 0);
	use_text(point->metric->name);
	use_text(point->metric->description);
	use_text(point->metric->unit);
	use_attributes(&point->metric->metadata);
	use_attributes(&point->attributes);
	use_origin(point->resource, point->scope);
	use_distribution(point);
	for (uint32_t i = 0; i < point->exemplar_count; i++)
		use_attributes(&point->exemplars[i].attributes);
}

void use_rows(const struct batch *batch)
{
	struct batch copy;

	batch_init(&copy, 0);
	for (size_t i = 0; i < batch->span_count; i++) {
		use_span(&batch->spans[i]);
		use_span(batch_copy_span(&copy, &batch->spans[i]));
	}
	for (size_t i = 0; i < batch->log_count; i++) {
		use_record(&batch->logs[i]);
		use_record(batch_copy_log(&copy, &batch->logs[i]));
	}
	for (size_t i = 0; i < batch->point_count; i++) {
		use_point(&batch->points[i]);
		use_point(batch_copy_point(&copy, &batch->points[i]));
	}
	batch_release(&copy);
}
