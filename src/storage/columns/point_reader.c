#include "storage/columns/point_reader.h"

#include "storage/columns/point_internal.h"

/* A count that is stored as a column of one value. */
static enum status open_count(struct point_reader *reader, uint8_t field, uint64_t most, size_t *count_out,
			      struct error *error)
{
	enum status status = table_open_numbers(&reader->points, field, 1, error);

	if (status != STATUS_OK)
		return status;
	if (table_number(&reader->points, field, 0) > most)
		return points_damaged(reader, "counts", error);
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
		return points_no_memory(reader, error);
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

static enum status outline_series(const struct point_reader *reader, size_t index,
				  struct series_outline *outline_out, struct error *error)
{
	const struct table_reader *table = &reader->series_table;
	uint64_t metric = table_number(table, SERIES_METRIC, index);
	uint64_t length = table_number(&reader->points, POINT_RUN_LENGTH, index);
	uint64_t bucket_count = table_number(table, SERIES_BUCKET_COUNT, index);

	if (metric >= reader->metric_count || length == 0 || length > reader->block.row_count ||
	    bucket_count > BLOCK_MOST_BYTES)
		return points_damaged(reader, "series", error);
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
			return points_damaged(reader, "series", error);
		*longest_out = outline.length > *longest_out ? outline.length : *longest_out;
		move_on(reader, &outline, &total);
	}
	if (total.row != reader->block.row_count)
		return points_damaged(reader, "series", error);
	*total_out = total;
	return STATUS_OK;
}

static enum status open_samples(struct point_reader *reader, enum point_samples field, size_t run_count,
				struct error *error)
{
	struct str bytes;
	enum status status;

	if (run_count == 0)
		return STATUS_OK;
	status = block_column(&reader->block, TABLE_POINTS, field, 0, &bytes, error);
	return status == STATUS_OK ? samples_open(bytes, run_count, reader->block.arena,
						  points_samples(reader, field), error)
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
			status = points_no_memory(reader, error);
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
		return points_no_memory(reader, error);
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

/* Whether a resource of the block has a label that passes; a point without attributes shows its resource's. */
static bool a_resource_has(const struct point_reader *reader, const struct label_filter *label)
{
	static const struct metric any;
	const struct point_filter filter = {.range = TIME_RANGE_ALL, .labels = label, .label_count = 1};

	for (size_t i = 0; i < reader->origin.resource_count; i++) {
		struct metric_point probe = {.metric = &any, .resource = &reader->origin.resources[i]};

		if (point_filter_match(&filter, &probe))
			return true;
	}
	return false;
}

enum status point_reader_may_hold(struct point_reader *reader, const struct point_filter *filter,
				  bool *may_hold_out, struct error *error)
{
	struct attribute_reader attributes;
	bool may_hold = true;
	enum status status =
		attribute_reader_open(&reader->block, TABLE_SERIES, reader->series_count, &attributes, error);

	for (size_t i = 0; i < filter->label_count && status == STATUS_OK && may_hold; i++) {
		const struct label_filter *label = &filter->labels[i];

		if (label->comparison == LABEL_IS && !a_resource_has(reader, label))
			status = attribute_reader_may_hold(&attributes, label->key, label->value, &may_hold,
							   error);
	}
	if (status == STATUS_OK)
		*may_hold_out = may_hold;
	return status;
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
		return points_no_memory(reader, error);
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
			status = points_read(reader, filter, &walk.run, batch_out, error);
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
	enum status status =
		points_list(reader, table_number(&reader->series_table, SERIES_TIMES, run->index),
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

void point_reader_show_types(struct point_reader *reader)
{
	for (size_t i = 0; i < reader->metric_count; i++)
		if (reader->metrics[i].type == STORED_GAUGE_STEPS ||
		    reader->metrics[i].type == STORED_SUM_STEPS)
			reader->metrics[i].type -= STORED_STEPS_LESS;
}
