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

/* The bounds of a histogram's buckets: nothing for what is no histogram. */
static struct str bounds_of(const struct metric_point *point)
{
	if (point->metric->type != METRIC_HISTOGRAM)
		return str_make("", 0);
	return str_make((const char *)point->histogram.bounds, point->histogram.bound_count * sizeof(double));
}

static uint32_t bucket_count_of(const struct metric_point *point)
{
	return point->metric->type == METRIC_HISTOGRAM ? point->histogram.bucket_count : 0;
}

/* What makes a series of a block, written out so that a dictionary can tell series apart: all that is stored once
 * for its points. */
static struct str describe_series(struct block_builder *builder, const struct metric_point *point,
				  uint32_t metric, struct buffer *out)
{
	struct str bounds = bounds_of(point);

	buffer_clear(out);
	protobuf_put_varint(out, metric);
	protobuf_put_varint(out, origin_resource_code(&builder->origin, point->resource));
	protobuf_put_varint(out, origin_scope_code(&builder->origin, point->scope));
	protobuf_put_varint(out, point->value.kind);
	protobuf_put_varint(out, bucket_count_of(point));
	protobuf_put_varint(out, bounds.size);
	buffer_append_str(out, bounds);
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

/* The tables that tell metrics, series and lists of times apart while a block is built. */
struct places {
	struct dictionary metrics, series, lists;
	struct buffer scratch;
	const struct metric *last_metric;
	uint32_t last_metric_code;
	const struct metric_point *last_point;
	uint32_t last_series;
};

/* Points that were read from one run of another block share their arrays. */
static bool shares_series(const struct metric_point *a, const struct metric_point *b)
{
	return b && a->metric == b->metric && a->resource == b->resource && a->scope == b->scope &&
	       a->attributes.items == b->attributes.items && a->attributes.count == b->attributes.count &&
	       a->attributes.dropped_count == b->attributes.dropped_count && a->value.kind == b->value.kind &&
	       bucket_count_of(a) == bucket_count_of(b) && bounds_of(a).data == bounds_of(b).data &&
	       bounds_of(a).size == bounds_of(b).size;
}

static uint32_t place_metric(struct block_builder *builder, struct places *places,
			     const struct metric *metric)
{
	size_t before = places->metrics.entries.count;

	if (metric != places->last_metric) {
		struct str text = describe_metric(builder, metric, &places->scratch);

		builder->failed |= !text.data;
		places->last_metric_code = builder->failed ? 0 : dictionary_code(&places->metrics, text);
		places->last_metric = metric;
		if (places->metrics.entries.count > before)
			put_metric(builder, metric);
	}
	return places->last_metric_code;
}

static void place_point(struct block_builder *builder, struct places *places,
			const struct metric_point *point, struct placed *placed)
{
	uint32_t metric = place_metric(builder, places, point->metric);

	if (!shares_series(point, places->last_point)) {
		struct str text = describe_series(builder, point, metric, &places->scratch);

		builder->failed |= !text.data;
		places->last_series = builder->failed ? 0 : dictionary_code(&places->series, text);
		places->last_point = point;
	}
	*placed = (struct placed){point, places->last_series, metric};
}

static int compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	/* Series of one metric stand together: who asks for it reads one piece of each column. */
	if (x->metric != y->metric)
		return x->metric > y->metric ? 1 : -1;
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
	table_put_number(table, SERIES_NUMBER_KIND, point->value.kind);
	table_put_number(table, SERIES_BUCKET_COUNT, bucket_count_of(point));
	table_put_string(table, SERIES_BOUNDS, bounds_of(point));
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

/* Buckets that change their shape from point to point are kept point by point. */
static void put_shapeless(struct block_builder *builder, const struct metric_point *point)
{
	struct table_writer *table = &builder->tables[POINTS];
	struct buffer buckets = BUFFER_EMPTY, bounds = BUFFER_EMPTY;
	struct str kept_buckets, kept_bounds;

	distribution_encode(point, &buckets, &bounds);
	kept_buckets = arena_copy(&builder->scratch, buffer_str(&buckets));
	kept_bounds = arena_copy(&builder->scratch, buffer_str(&bounds));
	builder->failed |= !kept_buckets.data || !kept_bounds.data || buckets.failed || bounds.failed;
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

/* What stands once a point. */
static void put_point(struct block_builder *builder, const struct metric_point *point)
{
	struct table_writer *table = &builder->tables[POINTS];

	builder_note_row(builder, point);
	table_put_number(table, POINT_FLAGS, point->flags);
	table_put_number(table, POINT_HAS, point->has);
	table_put_number(table, POINT_EXEMPLAR_COUNT, point->exemplar_count);
	if (point->metric->type > METRIC_HISTOGRAM)
		put_shapeless(builder, point);
	put_exemplars(builder, point);
}

/* One number of each point of a series. */
typedef uint64_t pick(const struct metric_point *point, size_t nth);

static uint64_t pick_time(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return point->time_ns;
}

static uint64_t pick_start(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return point->start_ns;
}

/* An integer's bits or a double's: both lie in the same place. */
static uint64_t pick_value(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return (uint64_t)point->value.integer;
}

/* The count of a histogram is the sum of its buckets, if its sender counts well. */
static uint64_t pick_count(const struct metric_point *point, size_t nth)
{
	uint64_t count = point->count;

	(void)nth;
	for (uint32_t i = 0; i < bucket_count_of(point); i++)
		count -= point->histogram.counts[i];
	return count;
}

static uint64_t pick_sum(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return double_bits(point->sum);
}

static uint64_t pick_min(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return double_bits(point->min);
}

static uint64_t pick_max(const struct metric_point *point, size_t nth)
{
	(void)nth;
	return double_bits(point->max);
}

static uint64_t pick_bucket(const struct metric_point *point, size_t nth)
{
	return point->histogram.counts[nth];
}

/* The points of one series, and room for one number of each. */
struct run {
	const struct placed *placed;
	size_t count;
	uint64_t *numbers;
};

static const uint64_t *fill(const struct run *run, pick *picked, size_t nth)
{
	for (size_t i = 0; i < run->count; i++)
		run->numbers[i] = picked(run->placed[i].point, nth);
	return run->numbers;
}

static struct samples_writer *samples_of(struct block_builder *builder, enum point_samples field)
{
	return &builder->samples[field - FIRST_SAMPLES_FIELD];
}

/* The code of the list of times in numbers. Series of one process have the same: it is kept once. */
static uint32_t list_code(struct block_builder *builder, struct places *places, const struct run *run)
{
	size_t before = places->lists.entries.count;
	struct str bytes = str_make((const char *)run->numbers, run->count * sizeof(*run->numbers));
	uint32_t code = dictionary_code(&places->lists, bytes);

	if (places->lists.entries.count > before) {
		struct str kept = arena_copy(&builder->scratch, bytes);

		builder->failed |= !kept.data;
		places->lists.entries.items[code] = kept;
		table_put_number(&builder->tables[POINTS], POINT_LIST_LENGTH, run->count);
		samples_put_integers(samples_of(builder, POINT_TIMES), run->numbers, run->count);
	}
	return code;
}

static void put_distributions(struct block_builder *builder, const struct run *run)
{
	static const struct {
		enum point_samples field;
		pick *picked;
	} doubles[] = {{POINT_SUM, pick_sum}, {POINT_MIN, pick_min}, {POINT_MAX, pick_max}};

	samples_put_integers(samples_of(builder, POINT_COUNT), fill(run, pick_count, 0), run->count);
	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++)
		samples_put_doubles(samples_of(builder, doubles[i].field), fill(run, doubles[i].picked, 0),
				    run->count);
	for (uint32_t i = 0; i < bucket_count_of(run->placed->point); i++)
		samples_put_integers(samples_of(builder, POINT_COUNTS), fill(run, pick_bucket, i),
				     run->count);
}

static void put_run(struct block_builder *builder, struct places *places, const struct run *run)
{
	const struct metric_point *first = run->placed->point;

	put_series(builder, run->placed);
	table_put_number(&builder->tables[POINTS], POINT_RUN_LENGTH, run->count);
	fill(run, pick_time, 0);
	table_put_number(&builder->tables[SERIES], SERIES_TIMES, list_code(builder, places, run));
	fill(run, pick_start, 0);
	table_put_number(&builder->tables[SERIES], SERIES_STARTS, list_code(builder, places, run));
	if (first->value.kind == NUMBER_INT)
		samples_put_integers(samples_of(builder, POINT_INT), fill(run, pick_value, 0), run->count);
	else if (first->value.kind == NUMBER_DOUBLE)
		samples_put_doubles(samples_of(builder, POINT_DOUBLE), fill(run, pick_value, 0), run->count);
	if (first->metric->type >= METRIC_HISTOGRAM)
		put_distributions(builder, run);
}

static void put_points(struct block_builder *builder, struct places *places, const struct placed *placed,
		       size_t count)
{
	struct table_writer *table = &builder->tables[POINTS];
	uint64_t exemplar_count = 0;
	uint64_t *numbers = arena_alloc(&builder->scratch, count * sizeof(*numbers));

	builder->failed |= !numbers;
	for (size_t first = 0, end; first < count && !builder->failed; first = end) {
		for (end = first; end < count && placed[end].series == placed[first].series; end++) {
			put_point(builder, placed[end].point);
			exemplar_count += placed[end].point->exemplar_count;
		}
		put_run(builder, places, &(struct run){placed + first, end - first, numbers});
	}
	table_put_number(table, POINT_EXEMPLARS_ALL, exemplar_count);
	table_put_number(table, POINT_LIST_COUNT, places->lists.entries.count);
}

static void encode_samples(struct block_builder *builder)
{
	for (uint8_t i = 0; i < SAMPLES_FIELD_COUNT; i++) {
		struct samples_writer *samples = &builder->samples[i];

		builder->failed |= samples_failed(samples);
		if (samples_run_count(samples))
			samples_encode(samples, block_writer_column(&builder->writer, TABLE_POINTS,
								    (uint8_t)(FIRST_SAMPLES_FIELD + i), 0));
		samples_clear(samples);
	}
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
		put_points(builder, &places, placed, count);
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
	builder->failed |= places.lists.failed;
	dictionary_release(&places.lists);
	encode_samples(builder);
	buffer_release(&places.scratch);
	*header_out = header;
	return builder_seal(builder, ids, TABLE_COUNT, body, header_out, error);
}
