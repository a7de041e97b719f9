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
	return status == STATUS_OK ? open_metrics(reader, error) : status;
}

/* How many runs of samples of each kind the series before have, and so on: where the next series' begin. */
struct position {
	size_t row, integer, real, distribution, bucket, shapeless, exemplar;
};

/* A series before its attributes are read. */
struct series_outline {
	const struct metric *metric;
	size_t length;
	uint64_t kind, bucket_count;
};

static enum status outline_series(const struct point_reader *reader, size_t index,
				  struct series_outline *outline_out, struct error *error)
{
	const struct table_reader *table = &reader->series_table;
	uint64_t metric = table_number(table, SERIES_METRIC, index);
	uint64_t length = table_number(&reader->points, POINT_RUN_LENGTH, index);
	uint64_t bucket_count = table_number(table, SERIES_BUCKET_COUNT, index);

	if (metric >= reader->metric_count || length == 0 || length > reader->block.row_count ||
	    bucket_count > BLOCK_MOST_BYTES)
		return damaged(reader, "series", error);
	*outline_out = (struct series_outline){
		.metric = &reader->metrics[metric],
		.length = (size_t)length,
		.kind = table_number(table, SERIES_NUMBER_KIND, index),
		.bucket_count = reader->metrics[metric].type == METRIC_HISTOGRAM ? bucket_count : 0,
	};
	return STATUS_OK;
}

static void move_on(const struct point_reader *reader, const struct series_outline *outline,
		    struct position *at)
{
	at->integer += outline->kind == NUMBER_INT;
	at->real += outline->kind == NUMBER_DOUBLE;
	at->distribution += outline->metric->type >= METRIC_HISTOGRAM;
	at->bucket += outline->bucket_count;
	at->shapeless += outline->metric->type > METRIC_HISTOGRAM ? outline->length : 0;
	if (reader->exemplar_count)
		at->exemplar += (size_t)numbers_sum(&reader->points.numbers[POINT_EXEMPLAR_COUNT], at->row,
						    at->row + outline->length);
	at->row += outline->length;
}

/* What all series together have. Refuses what a block cannot hold before memory is taken for it. */
static enum status count_series(const struct point_reader *reader, struct position *total_out,
				size_t *longest_out, struct error *error)
{
	struct position total = {0};
	uint64_t counts = 0;

	*longest_out = 0;
	for (size_t i = 0; i < reader->series_count; i++) {
		struct series_outline outline;
		enum status status = outline_series(reader, i, &outline, error);

		if (status != STATUS_OK)
			return status;
		counts += outline.length * outline.bucket_count;
		if (outline.length > reader->block.row_count - total.row || counts > BLOCK_MOST_BYTES / 8)
			return damaged(reader, "series", error);
		*longest_out = outline.length > *longest_out ? outline.length : *longest_out;
		move_on(reader, &outline, &total);
	}
	if (total.row != reader->block.row_count)
		return damaged(reader, "series", error);
	*total_out = total;
	return STATUS_OK;
}

static struct samples *samples_of(struct point_reader *reader, enum point_samples field)
{
	return &reader->samples[field - FIRST_SAMPLES_FIELD];
}

static enum status open_samples(struct point_reader *reader, enum point_samples field, size_t run_count,
				struct error *error)
{
	struct str bytes;
	enum status status;

	if (run_count == 0)
		return STATUS_OK;
	status = block_column(&reader->block, TABLE_POINTS, field, 0, &bytes, error);
	return status == STATUS_OK
		       ? samples_open(bytes, run_count, reader->block.arena, samples_of(reader, field), error)
		       : status;
}

/* The tables that say of each series how many points it has, and which. */
static enum status open_series(struct point_reader *reader, struct error *error)
{
	enum status status =
		table_open_numbers(&reader->points, POINT_RUN_LENGTH, reader->series_count, error);

	for (uint8_t field = SERIES_METRIC; field <= SERIES_STARTS && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->series_table, field, reader->series_count, error);
	if (status == STATUS_OK)
		status = open_count(reader, POINT_LIST_COUNT, 2 * reader->series_count, &reader->list_count,
				    error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->points, POINT_LIST_LENGTH, reader->list_count, error);
	if (status == STATUS_OK)
		status = open_samples(reader, POINT_TIMES, reader->list_count, error);
	if (status == STATUS_OK) {
		reader->lists = arena_calloc(reader->block.arena, reader->list_count, sizeof(*reader->lists));
		if (!reader->lists)
			status = no_memory(reader, error);
	}
	return status;
}

static enum status open_values(struct point_reader *reader, struct error *error)
{
	struct position total = {0};
	size_t longest = 0;
	enum status status = count_series(reader, &total, &longest, error);
	const struct {
		enum point_samples field;
		size_t run_count;
	} columns[] = {{POINT_INT, total.integer},        {POINT_DOUBLE, total.real},
		       {POINT_COUNT, total.distribution}, {POINT_SUM, total.distribution},
		       {POINT_MIN, total.distribution},   {POINT_MAX, total.distribution},
		       {POINT_COUNTS, total.bucket}};

	if (status != STATUS_OK)
		return status;
	reader->scratch = arena_alloc(reader->block.arena, longest * sizeof(*reader->scratch));
	if (!reader->scratch)
		return no_memory(reader, error);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]) && status == STATUS_OK; i++)
		status = open_samples(reader, columns[i].field, columns[i].run_count, error);
	if (status == STATUS_OK)
		status =
			table_open_strings(&reader->series_table, SERIES_BOUNDS, reader->series_count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->points, POINT_BUCKETS, total.shapeless, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->points, POINT_BOUNDS, total.shapeless, error);
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
	static const uint8_t fields[] = {POINT_FLAGS, POINT_HAS, POINT_EXEMPLAR_COUNT};
	enum status status = STATUS_OK;

	if (reader->has_rows)
		return STATUS_OK;
	for (size_t i = 0; i < sizeof(fields) && status == STATUS_OK; i++)
		status = table_open_numbers(&reader->points, fields[i], reader->block.row_count, error);
	if (status == STATUS_OK)
		status = open_exemplars(reader, error);
	if (status == STATUS_OK)
		status = open_values(reader, error);
	reader->has_rows = status == STATUS_OK;
	return status;
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

/* A list of times, of which the caller knows how long it must be. */
static enum status read_list(struct point_reader *reader, uint64_t list, size_t length,
			     const uint64_t **times_out, struct error *error)
{
	uint64_t *times;
	enum status status;

	if (list >= reader->list_count || table_number(&reader->points, POINT_LIST_LENGTH, list) != length)
		return damaged(reader, "times", error);
	if (!reader->lists[list]) {
		times = arena_alloc(reader->block.arena, length * sizeof(*times));
		if (!times)
			return no_memory(reader, error);
		status = samples_read(samples_of(reader, POINT_TIMES), list, length, times, error);
		if (status != STATUS_OK)
			return status;
		reader->lists[list] = times;
	}
	*times_out = reader->lists[list];
	return STATUS_OK;
}

/* A series whose points are being read: the first of them in a batch, by their place in the series. */
struct series_points {
	struct point_series series;
	struct series_outline outline;
	const struct position *at;
	size_t index;
	const uint64_t *times, *starts;
	size_t *chosen; /* places of the points that are wanted */
	size_t chosen_count;
	struct metric_point *points; /* beside chosen */
};

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
		samples_read(samples_of(reader, field), nth, run->outline.length, reader->scratch, error);

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
		return no_memory(reader, error);
	if (bounds.size % sizeof(double))
		return damaged(reader, "bounds", error);
	for (size_t bucket = 0; bucket < width && status == STATUS_OK; bucket++) {
		status = samples_read(samples_of(reader, POINT_COUNTS), run->at->bucket + bucket,
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
	enum status status = read_list(reader, table_number(table, SERIES_TIMES, run->index),
				       run->outline.length, &run->times, error);

	if (status != STATUS_OK)
		return status;
	run->chosen = arena_alloc(reader->block.arena, run->outline.length * sizeof(*run->chosen));
	if (!run->chosen)
		return no_memory(reader, error);
	for (size_t i = 0; i < run->outline.length; i++)
		if (time_range_contains(filter->range, run->times[i]))
			run->chosen[run->chosen_count++] = i;
	return read_list(reader, table_number(table, SERIES_STARTS, run->index), run->outline.length,
			 &run->starts, error);
}

static enum status read_points(struct point_reader *reader, const struct point_filter *filter,
			       struct series_points *run, struct batch *batch_out, struct error *error)
{
	size_t before = batch_out->point_count;
	enum status status = choose_points(reader, filter, run, error);

	for (size_t i = 0; i < run->chosen_count && status == STATUS_OK; i++)
		if (!batch_add_point(batch_out))
			status = no_memory(reader, error);
	if (status != STATUS_OK || !run->chosen_count)
		return status;
	run->points = batch_out->points + before;
	status = begin_points(reader, run, error);
	return status == STATUS_OK ? give_values(reader, run, error) : status;
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

/* Which of the block's metrics the filter wants; NULL where memory ran out. */
static const bool *choose_metrics(struct point_reader *reader, const struct point_filter *filter)
{
	bool *wanted = arena_alloc(reader->block.arena, reader->metric_count * sizeof(*wanted));

	for (size_t i = 0; i < reader->metric_count && wanted; i++)
		wanted[i] = filter->range.start_ns < filter->range.end_ns &&
			    (filter->metric.size == 0 || str_equal(reader->metrics[i].name, filter->metric));
	return wanted;
}

/* Walks over the series; those of other metrics are passed by unread. */
struct series_walk {
	struct point_reader *reader;
	const bool *wanted;
	struct attribute_reader attributes;
	struct series_points run;
	struct position at;
};

static enum status walk_begin(struct series_walk *walk, struct point_reader *reader,
			      const struct point_filter *filter, struct error *error)
{
	*walk = (struct series_walk){.reader = reader, .wanted = choose_metrics(reader, filter)};
	if (!walk->wanted)
		return no_memory(reader, error);
	return attribute_reader_open(&reader->block, TABLE_SERIES, reader->series_count, &walk->attributes,
				     error);
}

/* Reads series index into walk->run, if its metric is wanted; *is_wanted_out says whether. */
static enum status walk_series(struct series_walk *walk, size_t index, bool *is_wanted_out,
			       struct error *error)
{
	struct point_reader *reader = walk->reader;
	const struct table_reader *table = &reader->series_table;
	struct series_points *run = &walk->run;
	enum status status;

	*run = (struct series_points){.index = index, .at = &walk->at};
	status = outline_series(reader, index, &run->outline, error);
	if (status != STATUS_OK)
		return status;
	*is_wanted_out = walk->wanted[run->outline.metric - reader->metrics];
	if (!*is_wanted_out)
		return attribute_reader_skip(&walk->attributes, error);
	run->series.metric = run->outline.metric;
	run->series.resource = origin_resource(&reader->origin, table_number(table, SERIES_RESOURCE, index));
	run->series.scope = origin_scope(&reader->origin, table_number(table, SERIES_SCOPE, index));
	run->series.shape = numbers_get(&walk->attributes.rows, index);
	return attribute_reader_next(&walk->attributes, &run->series.attributes, error);
}

enum status point_reader_read(struct point_reader *reader, const struct point_filter *filter,
			      struct batch *batch_out, struct error *error)
{
	struct series_walk walk;
	enum status status = open_series(reader, error);

	if (status == STATUS_OK)
		status = open_rows(reader, error);
	if (status == STATUS_OK)
		status = walk_begin(&walk, reader, filter, error);
	for (size_t i = 0; i < reader->series_count && status == STATUS_OK; i++) {
		bool is_wanted;

		status = walk_series(&walk, i, &is_wanted, error);
		if (status == STATUS_OK && is_wanted && series_matches(&walk.run.series, filter))
			status = read_points(reader, filter, &walk.run, batch_out, error);
		if (status == STATUS_OK)
			move_on(reader, &walk.run.outline, &walk.at);
	}
	return status;
}

/* Whether a point of the series lies in the range. */
static enum status is_in_range(struct point_reader *reader, const struct series_points *run,
			       struct time_range range, bool *is_in_out, struct error *error)
{
	const uint64_t *times;
	enum status status = read_list(reader, table_number(&reader->series_table, SERIES_TIMES, run->index),
				       run->outline.length, &times, error);

	*is_in_out = false;
	for (size_t i = 0; i < run->outline.length && status == STATUS_OK && !*is_in_out; i++)
		*is_in_out = time_range_contains(range, times[i]);
	return status;
}

enum status point_reader_visit(struct point_reader *reader, const struct point_filter *filter,
			       visit_series *visit, void *context, struct error *error)
{
	struct series_walk walk;
	enum status status = open_series(reader, error);

	if (status == STATUS_OK)
		status = walk_begin(&walk, reader, filter, error);
	for (size_t i = 0; i < reader->series_count && status == STATUS_OK; i++) {
		bool is_wanted;

		status = walk_series(&walk, i, &is_wanted, error);
		if (status == STATUS_OK && is_wanted && series_matches(&walk.run.series, filter))
			status = is_in_range(reader, &walk.run, filter->range, &is_wanted, error);
		else
			is_wanted = false;
		if (status == STATUS_OK && is_wanted)
			status = visit(context, &walk.run.series, error);
	}
	return status;
}
