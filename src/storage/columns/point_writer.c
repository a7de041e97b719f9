#include <stdlib.h>

#include "storage/columns/builder_internal.h"
#include "storage/columns/distribution.h"
#include "storage/columns/point_schema.h"

enum { POINTS = 0, SERIES = 1, METRICS = 2, EXEMPLARS = 3, TABLE_COUNT = 4 };

/* A point and where it belongs. */
struct placed {
	const struct metric_point *point;
	uint32_t series, metric;
};

/* What makes a series, written out so that a dictionary can tell series apart. */
static struct str describe_series(struct block_builder *builder, const struct metric_point *point,
				  uint32_t metric, struct buffer *out)
{
	buffer_clear(out);
	protobuf_put_varint(out, metric);
	protobuf_put_varint(out, origin_resource_code(&builder->origin, point->resource));
	protobuf_put_varint(out, origin_scope_code(&builder->origin, point->scope));
	for (uint32_t i = 0; i < point->attributes.count; i++)
		attribute_encode(1, &point->attributes.items[i], out);
	protobuf_put_varint(out, point->attributes.dropped_count);
	return arena_copy(&builder->scratch, buffer_str(out));
}

static struct str describe_metric(struct block_builder *builder, const struct metric *metric,
				  struct buffer *out)
{
	buffer_clear(out);
	protobuf_put_uint(out, 1, metric->type);
	protobuf_put_uint(out, 2, metric->temporality);
	protobuf_put_uint(out, 3, metric->monotonic);
	protobuf_put_bytes(out, 4, metric->name);
	protobuf_put_bytes(out, 5, metric->description);
	protobuf_put_bytes(out, 6, metric->unit);
	for (uint32_t i = 0; i < metric->metadata.count; i++)
		attribute_encode(7, &metric->metadata.items[i], out);
	return arena_copy(&builder->scratch, buffer_str(out));
}

static void put_metric(struct block_builder *builder, const struct metric *metric)
{
	struct table_writer *table = &builder->tables[METRICS];

	table_put_number(table, METRIC_FIELD_TYPE, metric->type);
	table_put_number(table, METRIC_FIELD_TEMPORALITY, metric->temporality);
	table_put_number(table, METRIC_FIELD_MONOTONIC, metric->monotonic);
	table_put_string(table, METRIC_FIELD_NAME, metric->name);
	table_put_string(table, METRIC_FIELD_DESCRIPTION, metric->description);
	table_put_string(table, METRIC_FIELD_UNIT, metric->unit);
	attribute_writer_push(&table->attributes, &metric->metadata, 0);
}

/* The tables that tell metrics and series apart while a block is built. */
struct places {
	struct dictionary metrics, series;
	struct buffer scratch;
	const struct metric *last_metric;
	uint32_t last_code;
};

static void place_point(struct block_builder *builder, struct places *places,
			const struct metric_point *point, struct placed *placed)
{
	struct str text;

	if (point->metric != places->last_metric) {
		size_t before = places->metrics.entries.count;

		text = describe_metric(builder, point->metric, &places->scratch);
		if (!text.data)
			builder->failed = true;
		places->last_code = dictionary_code(&places->metrics, text);
		places->last_metric = point->metric;
		if (places->metrics.entries.count > before)
			put_metric(builder, point->metric);
	}
	text = describe_series(builder, point, places->last_code, &places->scratch);
	if (!text.data)
		builder->failed = true;
	*placed = (struct placed){point, builder->failed ? 0 : dictionary_code(&places->series, text),
				  places->last_code};
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->series != y->series)
		return x->series > y->series ? 1 : -1;
	if (x->point->time_ns != y->point->time_ns)
		return x->point->time_ns > y->point->time_ns ? 1 : -1;
	return (x->point > y->point) - (x->point < y->point);
}

static void put_series(struct block_builder *builder, const struct placed *placed)
{
	struct table_writer *table = &builder->tables[SERIES];
	const struct metric_point *point = placed->point;
	uint32_t shape;

	table_put_number(table, SERIES_METRIC, placed->metric);
	table_put_number(table, SERIES_RESOURCE, origin_resource_code(&builder->origin, point->resource));
	table_put_number(table, SERIES_SCOPE, origin_scope_code(&builder->origin, point->scope));
	shape = attribute_writer_push(&table->attributes, &point->attributes,
				      builder_hint(builder, placed->metric));
	builder_set_hint(builder, placed->metric, shape);
}

static uint64_t double_bits(double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

static void put_distribution(struct block_builder *builder, const struct metric_point *point)
{
	struct table_writer *table = &builder->tables[POINTS];
	struct buffer buckets = BUFFER_EMPTY, bounds = BUFFER_EMPTY;
	struct str kept_buckets, kept_bounds;

	distribution_encode(point, &buckets, &bounds);
	kept_buckets = arena_copy(&builder->scratch, buffer_str(&buckets));
	kept_bounds = arena_copy(&builder->scratch, buffer_str(&bounds));
	builder->failed |= !kept_buckets.data || !kept_bounds.data || buckets.failed || bounds.failed;
	table_put_number(table, POINT_COUNT, point->count);
	table_put_number(table, POINT_SUM, double_bits(point->sum));
	table_put_number(table, POINT_MIN, double_bits(point->min));
	table_put_number(table, POINT_MAX, double_bits(point->max));
	table_put_string(table, POINT_BUCKETS, kept_buckets);
	table_put_string(table, POINT_BOUNDS, kept_bounds);
	buffer_release(&buckets);
	buffer_release(&bounds);
}

static uint64_t number_code(struct number number)
{
	return number.kind == NUMBER_INT ? zigzag_encode(number.integer) : double_bits(number.real);
}

static struct str id_or_empty(const uint8_t *id, size_t size)
{
	static const uint8_t zeros[TRACE_ID_SIZE];

	return str_make(id, memcmp(id, zeros, size) == 0 ? 0 : size);
}

static void put_exemplars(struct block_builder *builder, const struct metric_point *point)
{
	struct table_writer *table = &builder->tables[EXEMPLARS];

	for (uint32_t i = 0; i < point->exemplar_count; i++) {
		const struct exemplar *exemplar = &point->exemplars[i];

		table_put_number(table, EXEMPLAR_TIME,
				 zigzag_encode((int64_t)(exemplar->time_ns - point->time_ns)));
		table_put_number(table, EXEMPLAR_KIND, exemplar->value.kind);
		table_put_number(table, EXEMPLAR_VALUE, number_code(exemplar->value));
		table_put_string(table, EXEMPLAR_TRACE_ID, id_or_empty(exemplar->trace_id, TRACE_ID_SIZE));
		table_put_string(table, EXEMPLAR_SPAN_ID, id_or_empty(exemplar->span_id, SPAN_ID_SIZE));
		attribute_writer_push(&table->attributes, &exemplar->attributes, 0);
	}
}

static void put_point(struct block_builder *builder, const struct metric_point *point, uint64_t before_ns)
{
	struct table_writer *table = &builder->tables[POINTS];
	bool is_distribution = point->metric->type >= METRIC_HISTOGRAM;

	builder_note_row(builder, point);
	table_put_number(table, POINT_TIME, point->time_ns - before_ns);
	table_put_number(table, POINT_HAS_START, point->start_ns != 0);
	table_put_number(table, POINT_START,
			 point->start_ns ? zigzag_encode((int64_t)(point->time_ns - point->start_ns)) : 0);
	table_put_number(table, POINT_FLAGS, point->flags);
	table_put_number(table, POINT_NUMBER_KIND, point->value.kind);
	table_put_number(table, POINT_HAS, point->has);
	table_put_number(table, POINT_EXEMPLAR_COUNT, point->exemplar_count);
	table_put_number(table, POINT_IS_DISTRIBUTION, is_distribution);
	if (point->value.kind == NUMBER_INT)
		table_put_number(table, POINT_INT, number_code(point->value));
	else if (point->value.kind == NUMBER_DOUBLE)
		table_put_number(table, POINT_DOUBLE, number_code(point->value));
	if (is_distribution)
		put_distribution(builder, point);
	put_exemplars(builder, point);
}

static void put_points(struct block_builder *builder, const struct placed *placed, size_t count)
{
	struct table_writer *table = &builder->tables[POINTS];
	size_t first = 0;
	uint64_t exemplar_count = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_new = i == 0 || placed[i].series != placed[i - 1].series;

		if (is_new) {
			put_series(builder, &placed[i]);
			if (i)
				table_put_number(table, POINT_RUN_LENGTH, i - first);
			first = i;
		}
		put_point(builder, placed[i].point, is_new ? 0 : placed[i - 1].point->time_ns);
		exemplar_count += placed[i].point->exemplar_count;
	}
	table_put_number(table, POINT_RUN_LENGTH, count - first);
	table_put_number(table, POINT_EXEMPLARS_ALL, exemplar_count);
}

static void note_points(struct block_header *header, const struct placed *placed, size_t count)
{
	header->first_ns = UINT64_MAX;
	for (size_t i = 0; i < count; i++) {
		uint64_t time_ns = placed[i].point->time_ns;

		header->first_ns = time_ns < header->first_ns ? time_ns : header->first_ns;
		header->last_ns = time_ns > header->last_ns ? time_ns : header->last_ns;
	}
}

enum status block_build_points(struct block_builder *builder, const struct metric_point **points,
			       size_t count, struct buffer *body, struct block_header *header_out,
			       struct error *error)
{
	static const uint8_t ids[TABLE_COUNT] = {TABLE_POINTS, TABLE_SERIES, TABLE_METRICS, TABLE_EXEMPLARS};
	struct placed *placed = arena_alloc(&builder->scratch, count * sizeof(*placed));
	struct block_header header = {.signal = SIGNAL_METRICS, .row_count = count, .has_all_terms = true};
	struct places places = {0};

	builder->failed = !placed;
	for (size_t i = 0; i < count && placed; i++)
		place_point(builder, &places, points[i], &placed[i]);
	builder->failed |= places.metrics.failed || places.series.failed || places.scratch.failed;
	if (!builder->failed) {
		qsort(placed, count, sizeof(*placed), compare_placed);
		put_points(builder, placed, count);
		note_points(&header, placed, count);
	}
	table_put_number(&builder->tables[POINTS], POINT_SERIES_COUNT, places.series.entries.count);
	table_put_number(&builder->tables[POINTS], POINT_METRIC_COUNT, places.metrics.entries.count);
	builder_add_services(builder, &header);
	builder_add_terms(builder, TERM_METRIC,
			  &builder->tables[METRICS].strings[METRIC_FIELD_NAME - FIRST_STRINGS_FIELD],
			  &header);
	dictionary_release(&places.metrics);
	dictionary_release(&places.series);
	buffer_release(&places.scratch);
	*header_out = header;
	return builder_seal(builder, ids, TABLE_COUNT, body, header_out, error);
}
