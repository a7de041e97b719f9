#include "storage/columns/distribution.h"
#include "storage/columns/point_internal.h"

enum status points_no_memory(const struct point_reader *reader, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to read a block of %zu metric points",
			 reader->block.row_count);
}

enum status points_damaged(const struct point_reader *reader, const char *what, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "the %s of a block of %zu metric points are damaged", what,
			 reader->block.row_count);
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
		return points_damaged(reader, "exemplars", error);
	exemplars = arena_calloc(reader->block.arena, point->exemplar_count, sizeof(*exemplars));
	if (!exemplars)
		return points_no_memory(reader, error);
	if (reader->exemplar_attributes.row != first)
		status = attribute_reader_seek(&reader->exemplar_attributes, first, error);
	for (uint32_t i = 0; i < point->exemplar_count && status == STATUS_OK; i++) {
		read_exemplar(&reader->exemplars, first + i, point->time_ns, &exemplars[i]);
		status = attribute_reader_next(&reader->exemplar_attributes, &exemplars[i].attributes, error);
	}
	point->exemplars = exemplars;
	return status;
}

enum status points_list(struct point_reader *reader, uint64_t list, size_t length, const uint64_t **times_out,
			struct error *error)
{
	uint64_t *times;
	enum status status;

	if (list >= reader->list_count || table_number(&reader->points, POINT_LIST_LENGTH, list) != length)
		return points_damaged(reader, "times", error);
	if (!reader->lists[list]) {
		times = arena_alloc(reader->block.arena, length * sizeof(*times));
		if (!times)
			return points_no_memory(reader, error);
		status = samples_read(points_samples(reader, POINT_TIMES), list, length, times, error);
		if (status != STATUS_OK)
			return status;
		reader->lists[list] = times;
	}
	*times_out = reader->lists[list];
	return STATUS_OK;
}

/* Gives one number to each of the chosen points. */
typedef void give(struct metric_point *point, uint64_t number);

static void give_value(struct metric_point *point, uint64_t number)
{
	point->value.integer = (int64_t)number;
}

static void give_count(struct metric_point *point, uint64_t number)
{
	point->count = number;
}

static void give_sum(struct metric_point *point, uint64_t number)
{
	point->sum = protobuf_double(number);
}

static void give_min(struct metric_point *point, uint64_t number)
{
	point->min = protobuf_double(number);
}

static void give_max(struct metric_point *point, uint64_t number)
{
	point->max = protobuf_double(number);
}

static enum status give_samples(struct point_reader *reader, const struct series_points *run,
				enum point_samples field, size_t nth, give *given, struct error *error)
{
	enum status status =
		samples_read(points_samples(reader, field), nth, run->outline.length, reader->scratch, error);

	for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++)
		given(&run->points[i], reader->scratch[run->chosen[i]]);
	return status;
}

/* The buckets of the chosen points, and what they add to the points' counts. */
static enum status give_buckets(struct point_reader *reader, const struct series_points *run,
				struct error *error)
{
	size_t width = (size_t)run->outline.bucket_count;
	struct str bounds = arena_copy(reader->block.arena,
				       table_string(&reader->series_table, SERIES_BOUNDS, run->index));
	uint64_t *counts = arena_alloc(reader->block.arena, run->chosen_count * width * sizeof(*counts));
	enum status status = STATUS_OK;

	if (!counts || !bounds.data)
		return points_no_memory(reader, error);
	if (bounds.size % sizeof(double))
		return points_damaged(reader, "bounds", error);
	for (size_t bucket = 0; bucket < width && status == STATUS_OK; bucket++) {
		status = samples_read(points_samples(reader, POINT_COUNTS), run->at->bucket + bucket,
				      run->outline.length, reader->scratch, error);
		for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++) {
			counts[i * width + bucket] = reader->scratch[run->chosen[i]];
			run->points[i].count += reader->scratch[run->chosen[i]];
		}
	}
	for (size_t i = 0; i < run->chosen_count; i++)
		run->points[i].histogram =
			(struct histogram){counts + i * width, (const double *)bounds.data, (uint32_t)width,
					   (uint32_t)(bounds.size / sizeof(double))};
	return status;
}

static enum status give_shapeless(struct point_reader *reader, const struct series_points *run,
				  struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++) {
		size_t at = run->at->shapeless + run->chosen[i];

		status = distribution_decode(table_string(&reader->points, POINT_BUCKETS, at),
					     table_string(&reader->points, POINT_BOUNDS, at),
					     reader->block.arena, &run->points[i], error);
	}
	return status;
}

static enum status give_distributions(struct point_reader *reader, const struct series_points *run,
				      struct error *error)
{
	static const struct {
		enum point_samples field;
		give *given;
	} columns[] = {{POINT_COUNT, give_count},
		       {POINT_SUM, give_sum},
		       {POINT_MIN, give_min},
		       {POINT_MAX, give_max}};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]) && status == STATUS_OK; i++)
		status = give_samples(reader, run, columns[i].field, run->at->distribution, columns[i].given,
				      error);
	if (status != STATUS_OK)
		return status;
	return run->outline.metric->type == METRIC_HISTOGRAM ? give_buckets(reader, run, error)
							     : give_shapeless(reader, run, error);
}

static enum status give_values(struct point_reader *reader, const struct series_points *run,
			       struct error *error)
{
	enum status status = STATUS_OK;

	if (run->outline.kind == NUMBER_INT)
		status = give_samples(reader, run, POINT_INT, run->at->integer, give_value, error);
	else if (run->outline.kind == NUMBER_DOUBLE)
		status = give_samples(reader, run, POINT_DOUBLE, run->at->real, give_value, error);
	if (status == STATUS_OK && run->outline.metric->type >= METRIC_HISTOGRAM)
		status = give_distributions(reader, run, error);
	return status;
}

/* What stands once a point, and all that is the series'. */
static enum status begin_points(struct point_reader *reader, const struct series_points *run,
				struct error *error)
{
	const struct table_reader *table = &reader->points;
	size_t exemplar = run->at->exemplar, place = 0;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++) {
		struct metric_point *point = &run->points[i];
		size_t row = run->at->row + run->chosen[i];

		*point = (struct metric_point){.metric = run->series.metric,
					       .resource = run->series.resource,
					       .scope = run->series.scope,
					       .attributes = run->series.attributes,
					       .time_ns = run->times[run->chosen[i]],
					       .start_ns = run->starts[run->chosen[i]]};
		point->flags = (uint32_t)table_number(table, POINT_FLAGS, row);
		point->has = (uint8_t)table_number(table, POINT_HAS, row);
		point->value.kind =
			run->outline.kind <= NUMBER_DOUBLE ? (uint8_t)run->outline.kind : NUMBER_NONE;
		if (!reader->exemplar_count)
			continue;
		for (; place < run->chosen[i]; place++)
			exemplar += (size_t)table_number(table, POINT_EXEMPLAR_COUNT, run->at->row + place);
		point->exemplar_count = (uint32_t)table_number(table, POINT_EXEMPLAR_COUNT, row);
		status = read_exemplars(reader, exemplar, point, error);
	}
	return status;
}

static enum status choose_points(struct point_reader *reader, const struct point_filter *filter,
				 struct series_points *run, struct error *error)
{
	const struct table_reader *table = &reader->series_table;
	enum status status = points_list(reader, table_number(table, SERIES_TIMES, run->index),
					 run->outline.length, &run->times, error);

	if (status != STATUS_OK)
		return status;
	run->chosen = arena_alloc(reader->block.arena, run->outline.length * sizeof(*run->chosen));
	if (!run->chosen)
		return points_no_memory(reader, error);
	for (size_t i = 0; i < run->outline.length; i++)
		if (time_range_contains(filter->range, run->times[i]))
			run->chosen[run->chosen_count++] = i;
	return points_list(reader, table_number(table, SERIES_STARTS, run->index), run->outline.length,
			   &run->starts, error);
}

enum status points_read(struct point_reader *reader, const struct point_filter *filter,
			struct series_points *run, struct batch *batch_out, struct error *error)
{
	size_t before = batch_out->point_count;
	enum status status = choose_points(reader, filter, run, error);

	for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++)
		if (!batch_add_point(batch_out))
			status = points_no_memory(reader, error);
	if (status != STATUS_OK || !run->chosen_count)
		return status;
	run->points = batch_out->points + before;
	status = begin_points(reader, run, error);
	return status == STATUS_OK ? give_values(reader, run, error) : status;
}
