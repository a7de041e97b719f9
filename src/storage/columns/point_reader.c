#include "storage/columns/point_reader.h"

#include "storage/columns/builder_internal.h"
#include "storage/columns/distribution.h"
#include "storage/columns/point_schema.h"

static enum status no_memory(const struct point_reader *reader, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to read a block of %zu metric points",
			 reader->block.row_count);
}

static enum status damaged(const struct point_reader *reader, const char *what, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "the %s of a block of %zu metric points are damaged", what,
			 reader->block.row_count);
}

/* A count that is stored as a column of one value. */
static enum status open_count(struct point_reader *reader, uint8_t field, uint64_t most, size_t *count_out,
			      struct error *error)
{
	enum status status = table_open_numbers(&reader->points, field, 1, error);

	if (status != STATUS_OK)
		return status;
	if (table_number(&reader->points, field, 0) > most)
		return damaged(reader, "counts", error);
	*count_out = (size_t)table_number(&reader->points, field, 0);
	return STATUS_OK;
}

static enum status open_metrics(struct point_reader *reader, struct error *error)
{
	struct table_reader *table = &reader->metric_table;
	struct attribute_reader metadata;
	size_t count = reader->metric_count;
	enum status status = attribute_reader_open(&reader->block, TABLE_METRICS, count, &metadata, error);

	for (uint8_t field = METRIC_FIELD_TYPE; field <= METRIC_FIELD_MONOTONIC && status == STATUS_OK;
	     field++)
		status = table_open_numbers(table, field, count, error);
	for (uint8_t field = METRIC_FIELD_NAME; field <= METRIC_FIELD_UNIT && status == STATUS_OK; field++)
		status = table_open_strings(table, field, count, error);
	if (status != STATUS_OK)
		return status;
	reader->metrics = arena_calloc(reader->block.arena, count, sizeof(*reader->metrics));
	if (!reader->metrics)
		return no_memory(reader, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct metric *metric = &reader->metrics[i];

		metric->type = (uint8_t)table_number(table, METRIC_FIELD_TYPE, i);
		metric->temporality = (uint8_t)table_number(table, METRIC_FIELD_TEMPORALITY, i);
		metric->monotonic = table_number(table, METRIC_FIELD_MONOTONIC, i) != 0;
		metric->name = table_string(table, METRIC_FIELD_NAME, i);
		metric->description = table_string(table, METRIC_FIELD_DESCRIPTION, i);
		metric->unit = table_string(table, METRIC_FIELD_UNIT, i);
		status = attribute_reader_next(&metadata, &metric->metadata, error);
	}
	return status;
}

static enum status open_series(struct point_reader *reader, struct error *error)
{
	struct table_reader *table = &reader->series_table;
	struct attribute_reader attributes;
	size_t count = reader->series_count;
	enum status status = attribute_reader_open(&reader->block, TABLE_SERIES, count, &attributes, error);

	for (uint8_t field = SERIES_METRIC; field <= SERIES_SCOPE && status == STATUS_OK; field++)
		status = table_open_numbers(table, field, count, error);
	if (status != STATUS_OK)
		return status;
	reader->series = arena_calloc(reader->block.arena, count, sizeof(*reader->series));
	if (!reader->series)
		return no_memory(reader, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct point_series *series = &reader->series[i];
		uint64_t metric = table_number(table, SERIES_METRIC, i);

		if (metric >= reader->metric_count)
			return damaged(reader, "series", error);
		series->metric = &reader->metrics[metric];
		series->resource = origin_resource(&reader->origin, table_number(table, SERIES_RESOURCE, i));
		series->scope = origin_scope(&reader->origin, table_number(table, SERIES_SCOPE, i));
		status = attribute_reader_next(&attributes, &series->attributes, error);
	}
	return status;
}

enum status point_reader_open(struct point_reader *reader, struct str bytes, struct arena *arena,
			      struct error *error)
{
	enum status status;

	memset(reader, 0, sizeof(*reader));
	status = block_open(bytes, arena, &reader->block, error);
	if (status != STATUS_OK)
		return status;
	if (reader->block.signal != SIGNAL_METRICS)
		return error_set(error, STATUS_CORRUPT, "a block of %s stands among the metrics",
				 signal_name(reader->block.signal));
	table_reader_init(&reader->points, &reader->block, TABLE_POINTS);
	table_reader_init(&reader->series_table, &reader->block, TABLE_SERIES);
	table_reader_init(&reader->metric_table, &reader->block, TABLE_METRICS);
	table_reader_init(&reader->exemplars, &reader->block, TABLE_EXEMPLARS);
	status =
		open_count(reader, POINT_SERIES_COUNT, reader->block.row_count, &reader->series_count, error);
	if (status == STATUS_OK)
		status = open_count(reader, POINT_METRIC_COUNT, reader->block.row_count,
				    &reader->metric_count, error);
	if (status == STATUS_OK)
		status = origin_reader_open(&reader->block, &reader->origin, error);
	if (status == STATUS_OK)
		status = open_metrics(reader, error);
	return status == STATUS_OK ? open_series(reader, error) : status;
}

/* How many points have an int, a double, a distribution: the lengths of those columns. */
static void count_kinds(struct point_reader *reader)
{
	reader->int_count = reader->double_count = reader->distribution_count = 0;
	for (size_t i = 0; i < reader->block.row_count; i++) {
		uint64_t kind = table_number(&reader->points, POINT_NUMBER_KIND, i);

		reader->int_count += kind == NUMBER_INT;
		reader->double_count += kind == NUMBER_DOUBLE;
		reader->distribution_count += table_number(&reader->points, POINT_IS_DISTRIBUTION, i) != 0;
	}
}

static enum status open_values(struct point_reader *reader, struct error *error)
{
	struct table_reader *table = &reader->points;
	enum status status;

	count_kinds(reader);
	status = table_open_numbers(table, POINT_INT, reader->int_count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(table, POINT_DOUBLE, reader->double_count, error);
	for (uint8_t field = POINT_COUNT; field <= POINT_MAX && status == STATUS_OK; field++)
		status = table_open_numbers(table, field, reader->distribution_count, error);
	if (status == STATUS_OK)
		status = table_open_strings(table, POINT_BUCKETS, reader->distribution_count, error);
	if (status == STATUS_OK)
		status = table_open_strings(table, POINT_BOUNDS, reader->distribution_count, error);
	return status;
}

static enum status open_exemplars(struct point_reader *reader, struct error *error)
{
	struct table_reader *table = &reader->exemplars;
	size_t count;
	enum status status =
		open_count(reader, POINT_EXEMPLARS_ALL, BLOCK_MOST_BYTES, &reader->exemplar_count, error);

	count = reader->exemplar_count;
	for (uint8_t field = EXEMPLAR_TIME; field <= EXEMPLAR_VALUE && status == STATUS_OK; field++)
		status = table_open_numbers(table, field, count, error);
	for (uint8_t field = EXEMPLAR_TRACE_ID; field <= EXEMPLAR_SPAN_ID && status == STATUS_OK; field++)
		status = table_open_strings(table, field, count, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_EXEMPLARS, count,
					       &reader->exemplar_attributes, error);
	return status;
}

static enum status open_rows(struct point_reader *reader, struct error *error)
{
	enum status status = STATUS_OK;

	if (reader->has_rows)
		return STATUS_OK;
	status = table_open_numbers(&reader->points, POINT_RUN_LENGTH, reader->series_count, error);
	for (uint8_t field = POINT_TIME; field <= POINT_IS_DISTRIBUTION && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->points, field, reader->block.row_count, error);
	if (status == STATUS_OK)
		status = open_values(reader, error);
	if (status == STATUS_OK)
		status = open_exemplars(reader, error);
	reader->has_rows = status == STATUS_OK;
	return status;
}

/* Where the next value of each kind stands, as rows are walked in order. */
struct position {
	size_t row, integer, real, distribution, exemplar;
};

static double double_of(const struct table_reader *table, uint8_t field, size_t index)
{
	return protobuf_double(table_number(table, field, index));
}

static struct number number_at(const struct point_reader *reader, const struct position *at)
{
	uint64_t kind = table_number(&reader->points, POINT_NUMBER_KIND, at->row);

	/* By the whole number, as count_kinds counted: the values of a kind are as many as its points. */
	if (kind == NUMBER_INT)
		return (struct number){
			.integer = zigzag_decode(table_number(&reader->points, POINT_INT, at->integer)),
			.kind = NUMBER_INT};
	if (kind == NUMBER_DOUBLE)
		return (struct number){.real = double_of(&reader->points, POINT_DOUBLE, at->real),
				       .kind = NUMBER_DOUBLE};
	return (struct number){.kind = NUMBER_NONE};
}

static void read_id(struct str stored, uint8_t *id_out, size_t size)
{
	if (stored.size == size)
		memcpy(id_out, stored.data, size);
}

static void read_exemplar(const struct table_reader *table, size_t index, uint64_t point_ns,
			  struct exemplar *exemplar)
{
	uint64_t value = table_number(table, EXEMPLAR_VALUE, index);

	exemplar->time_ns = point_ns + (uint64_t)zigzag_decode(table_number(table, EXEMPLAR_TIME, index));
	exemplar->value.kind = (uint8_t)table_number(table, EXEMPLAR_KIND, index);
	if (exemplar->value.kind == NUMBER_INT)
		exemplar->value.integer = zigzag_decode(value);
	else
		exemplar->value.real = protobuf_double(value);
	read_id(table_string(table, EXEMPLAR_TRACE_ID, index), exemplar->trace_id, TRACE_ID_SIZE);
	read_id(table_string(table, EXEMPLAR_SPAN_ID, index), exemplar->span_id, SPAN_ID_SIZE);
}

static enum status read_exemplars(struct point_reader *reader, size_t first, struct metric_point *point,
				  struct error *error)
{
	struct exemplar *exemplars;
	enum status status = STATUS_OK;

	if (point->exemplar_count == 0)
		return STATUS_OK;
	if (first > reader->exemplar_count || point->exemplar_count > reader->exemplar_count - first)
		return damaged(reader, "exemplars", error);
	exemplars = arena_calloc(reader->block.arena, point->exemplar_count, sizeof(*exemplars));
	if (!exemplars)
		return no_memory(reader, error);
	if (reader->exemplar_attributes.row != first)
		status = attribute_reader_seek(&reader->exemplar_attributes, first, error);
	for (uint32_t i = 0; i < point->exemplar_count && status == STATUS_OK; i++) {
		read_exemplar(&reader->exemplars, first + i, point->time_ns, &exemplars[i]);
		status = attribute_reader_next(&reader->exemplar_attributes, &exemplars[i].attributes, error);
	}
	point->exemplars = exemplars;
	return status;
}

static enum status read_distribution(struct point_reader *reader, size_t index, struct metric_point *point,
				     struct error *error)
{
	const struct table_reader *table = &reader->points;

	point->count = table_number(table, POINT_COUNT, index);
	point->sum = double_of(table, POINT_SUM, index);
	point->min = double_of(table, POINT_MIN, index);
	point->max = double_of(table, POINT_MAX, index);
	return distribution_decode(table_string(table, POINT_BUCKETS, index),
				   table_string(table, POINT_BOUNDS, index), reader->block.arena, point,
				   error);
}

static enum status read_point(struct point_reader *reader, const struct position *at, uint64_t time_ns,
			      const struct point_series *series, struct metric_point *point,
			      struct error *error)
{
	const struct table_reader *table = &reader->points;
	enum status status = STATUS_OK;

	point->metric = series->metric;
	point->resource = series->resource;
	point->scope = series->scope;
	point->attributes = series->attributes;
	point->time_ns = time_ns;
	if (table_number(table, POINT_HAS_START, at->row))
		point->start_ns =
			time_ns - (uint64_t)zigzag_decode(table_number(table, POINT_START, at->row));
	point->flags = (uint32_t)table_number(table, POINT_FLAGS, at->row);
	point->has = (uint8_t)table_number(table, POINT_HAS, at->row);
	point->value = number_at(reader, at);
	point->exemplar_count = (uint32_t)table_number(table, POINT_EXEMPLAR_COUNT, at->row);
	if (table_number(table, POINT_IS_DISTRIBUTION, at->row))
		status = read_distribution(reader, at->distribution, point, error);
	return status == STATUS_OK ? read_exemplars(reader, at->exemplar, point, error) : status;
}

static void move_on(const struct point_reader *reader, struct position *at)
{
	uint64_t kind = table_number(&reader->points, POINT_NUMBER_KIND, at->row);

	at->integer += kind == NUMBER_INT;
	at->real += kind == NUMBER_DOUBLE;
	at->distribution += table_number(&reader->points, POINT_IS_DISTRIBUTION, at->row) != 0;
	at->exemplar += (size_t)table_number(&reader->points, POINT_EXEMPLAR_COUNT, at->row);
	at->row++;
}

/* The filter's parts that a whole series meets or not. */
static bool series_matches(const struct point_series *series, const struct point_filter *filter)
{
	struct metric_point probe = {.metric = series->metric,
				     .resource = series->resource,
				     .scope = series->scope,
				     .attributes = series->attributes,
				     .time_ns = filter->range.start_ns};

	return point_filter_match(filter, &probe);
}

static enum status read_series(struct point_reader *reader, size_t index, const struct point_filter *filter,
			       struct position *at, struct batch *batch_out, struct error *error)
{
	const struct point_series *series = &reader->series[index];
	uint64_t length = table_number(&reader->points, POINT_RUN_LENGTH, index), time_ns = 0;
	bool is_wanted = filter->range.start_ns < filter->range.end_ns && series_matches(series, filter);
	enum status status = STATUS_OK;

	if (length > reader->block.row_count - at->row)
		return damaged(reader, "series", error);
	for (uint64_t i = 0; i < length && status == STATUS_OK; i++) {
		time_ns += table_number(&reader->points, POINT_TIME, at->row);
		if (is_wanted && time_range_contains(filter->range, time_ns)) {
			struct metric_point *point = batch_add_point(batch_out);

			if (!point)
				return no_memory(reader, error);
			status = read_point(reader, at, time_ns, series, point, error);
		}
		move_on(reader, at);
	}
	return status;
}

enum status point_reader_read(struct point_reader *reader, const struct point_filter *filter,
			      struct batch *batch_out, struct error *error)
{
	struct position at = {0};
	enum status status = open_rows(reader, error);

	for (size_t i = 0; i < reader->series_count && status == STATUS_OK; i++)
		status = read_series(reader, i, filter, &at, batch_out, error);
	if (status == STATUS_OK && at.row != reader->block.row_count)
		return damaged(reader, "series", error);
	return status;
}

void point_reader_show_types(struct point_reader *reader)
{
	for (size_t i = 0; i < reader->metric_count; i++)
		if (reader->metrics[i].type == STORED_GAUGE_STEPS ||
		    reader->metrics[i].type == STORED_SUM_STEPS)
			reader->metrics[i].type -= STORED_STEPS_LESS;
}
