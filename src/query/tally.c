#include "query/tally.h"

#include <math.h>
#include <stdlib.h>

#include "query/insides.h"
#include "query/numbering.h"

/* Points are read slice by slice: a month takes no more memory than a few hours. */
#define SLICE_NS (6 * 3600 * NS_PER_SECOND)

struct work {
	const struct tally_question *question;
	struct tally *tally;
	struct numbering keys;
	struct buffer key;
	struct bucket *buckets; /* room for those of one point */
	size_t bucket_capacity;
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to add up what was counted");
}

void tally_row_release(struct tally_row *row)
{
	mixture_release(&row->mixture);
}

void tally_release(struct tally *tally)
{
	for (size_t i = 0; i < tally->count; i++)
		tally_row_release(&tally->rows[i]);
	free(tally->rows);
	arena_release(&tally->arena);
	*tally = (struct tally){0};
}

static struct str label_of(const struct metric_point *point, const char *name)
{
	return attributes_find_str(&point->attributes, name);
}

static uint64_t window_of(const struct tally_question *question, uint64_t time_ns)
{
	uint64_t step_ns = question->step_ns;

	return step_ns ? (time_ns + step_ns - 1) / step_ns * step_ns : 0;
}

static void key_part(struct buffer *key, const void *bytes, size_t size)
{
	buffer_append(key, &size, sizeof(size));
	if (size)
		buffer_append(key, bytes, size);
}

static bool make_row(struct work *work, const struct metric_point *point, uint64_t window_ns)
{
	struct tally *tally = work->tally;
	struct tally_row *row;

	if (tally->count == tally->capacity) {
		size_t capacity = tally->capacity * 2 + 64;
		struct tally_row *rows = realloc(tally->rows, capacity * sizeof(*rows));

		if (!rows)
			return false;
		tally->rows = rows;
		tally->capacity = capacity;
	}
	row = &tally->rows[tally->count];
	*row = (struct tally_row){.window_ns = window_ns, .first_ns = point->time_ns};
	for (size_t i = 0; i < TALLY_LABELS_MOST && work->question->labels[i]; i++) {
		row->labels[i] = arena_copy(&tally->arena, label_of(point, work->question->labels[i]));
		if (!row->labels[i].data)
			return false;
	}
	tally->count++;
	return true;
}

static enum status find_row(struct work *work, const struct metric_point *point, struct tally_row **row_out,
			    struct error *error)
{
	uint64_t window_ns = window_of(work->question, point->time_ns);
	size_t number;

	buffer_clear(&work->key);
	buffer_append(&work->key, &window_ns, sizeof(window_ns));
	for (size_t i = 0; i < TALLY_LABELS_MOST && work->question->labels[i]; i++) {
		struct str value = label_of(point, work->question->labels[i]);

		key_part(&work->key, value.data, value.size);
	}
	if (buffer_failed(&work->key) || !numbering_take(&work->keys, buffer_str(&work->key), &number))
		return no_memory(error);
	if (number >= TALLY_ROWS_MOST)
		return error_set(
			error, STATUS_TOO_LARGE,
			"%s has more than %d different sets of labels in this range: ask for a shorter range",
			work->question->metric, TALLY_ROWS_MOST);
	if (number == work->tally->count && !make_row(work, point, window_ns))
		return no_memory(error);
	*row_out = &work->tally->rows[number];
	return STATUS_OK;
}

static bool add_buckets(struct work *work, struct tally_row *row, const struct metric_point *point)
{
	size_t limit = point_bucket_limit(point);

	if (limit > work->bucket_capacity) {
		struct bucket *buckets = realloc(work->buckets, limit * sizeof(*buckets));

		if (!buckets)
			return false;
		work->buckets = buckets;
		work->bucket_capacity = limit;
	}
	return mixture_add(&row->mixture, work->buckets, point_buckets(point, work->buckets));
}

static bool is_histogram(const struct metric *metric)
{
	return metric->type == METRIC_HISTOGRAM || metric->type == METRIC_EXPONENTIAL_HISTOGRAM;
}

static void add_extremes(struct tally_row *row, double least, double most)
{
	bool is_first = row->count == 0;

	row->least = is_first || least < row->least ? least : row->least;
	row->most = is_first || most > row->most ? most : row->most;
}

static void take_exemplar(struct work *work, struct tally_row *row, const struct metric_point *point)
{
	static const uint8_t none[TRACE_ID_SIZE];

	for (uint32_t i = 0; i < point->exemplar_count; i++) {
		const struct exemplar *exemplar = &point->exemplars[i];
		struct exemplar *copy;

		if (memcmp(exemplar->trace_id, none, TRACE_ID_SIZE) == 0 ||
		    (row->exemplar && row->exemplar->time_ns >= exemplar->time_ns))
			continue;
		/* Without it a trace less is shown. */
		copy = arena_alloc(&work->tally->arena, sizeof(*copy));
		if (!copy)
			return;
		*copy = *exemplar;
		copy->attributes = (struct attributes){0};
		row->exemplar = copy;
	}
}

static bool add_point(struct work *work, struct tally_row *row, const struct metric_point *point)
{
	if (is_histogram(point->metric)) {
		if (!add_buckets(work, row, point))
			return false;
		if (point->count && point->has & POINT_HAS_MIN && point->has & POINT_HAS_MAX)
			add_extremes(row, point->min, point->max);
		row->count += point->count;
		row->sum += point->sum;
	} else {
		double value = number_as_double(point->value);

		add_extremes(row, value, value);
		row->count += value > 0 ? (uint64_t)value : 0;
		row->sum += value;
	}
	row->first_ns = point->time_ns < row->first_ns ? point->time_ns : row->first_ns;
	row->last_ns = point->time_ns > row->last_ns ? point->time_ns : row->last_ns;
	take_exemplar(work, row, point);
	return true;
}

static enum status take_point(struct work *work, const struct metric_point *point, struct error *error)
{
	const struct tally_question *question = work->question;
	struct tally_row *row = NULL;
	enum status status;

	if (point->metric->temporality != TEMPORALITY_DELTA ||
	    (question->only_label && !str_equal(label_of(point, question->only_label), question->only_value)))
		return STATUS_OK;
	status = find_row(work, point, &row, error);
	if (status != STATUS_OK)
		return status;
	return add_point(work, row, point) ? STATUS_OK : no_memory(error);
}

static enum status take_slice(struct query *query, struct work *work, struct time_range range,
			      struct error *error)
{
	const struct tally_question *question = work->question;
	const struct label_filter label = {.key = str_from(question->only_label),
					   .value = question->only_value};
	const struct point_filter filter = {.range = range,
					    .metric = str_from(question->metric),
					    .labels = &label,
					    .label_count = question->only_label ? 1 : 0};
	struct batch batch;
	enum status status;

	batch_init(&batch, PAGE_LIMIT_BYTES);
	status = store_read_points(query->store, &filter, &batch, error);
	for (size_t i = 0; i < batch.point_count && status == STATUS_OK; i++)
		status = take_point(work, &batch.points[i], error);
	batch_release(&batch);
	return status;
}

/* Where there are points at all: a range may begin in 1970. */
static enum status narrow(struct query *query, struct time_range *range, struct error *error)
{
	struct arena arena;
	struct store_day *days;
	uint64_t snapshot;
	size_t count;
	enum status status;

	arena_init(&arena, 0);
	status = store_list_days(query->store, SIGNAL_METRICS, &arena, &days, &count, &snapshot, error);
	if (status == STATUS_OK && count == 0)
		range->end_ns = range->start_ns;
	if (status == STATUS_OK && count) {
		if (days[0].first_ns > range->start_ns)
			range->start_ns = days[0].first_ns;
		if (days[count - 1].last_ns < range->end_ns)
			range->end_ns = days[count - 1].last_ns + 1;
	}
	arena_release(&arena);
	return status;
}

enum status tally_read(struct query *query, const struct tally_question *question, struct tally *tally_out,
		       struct error *error)
{
	struct time_range range = question->range;
	struct tally tally = {0};
	struct work work = {.question = question, .tally = &tally};
	enum status status = narrow(query, &range, error);

	arena_init(&tally.arena, PAGE_LIMIT_BYTES);
	numbering_init(&work.keys, &tally.arena);
	while (status == STATUS_OK && range.start_ns < range.end_ns) {
		struct time_range slice = {range.start_ns, range.end_ns};

		if (slice.end_ns - slice.start_ns > SLICE_NS)
			slice.end_ns = slice.start_ns + SLICE_NS;
		status = take_slice(query, &work, slice, error);
		range.start_ns = slice.end_ns;
	}
	numbering_release(&work.keys);
	buffer_release(&work.key);
	free(work.buckets);
	if (status == STATUS_OK)
		*tally_out = tally;
	else
		tally_release(&tally);
	return status;
}

bool tally_row_add(struct tally_row *to, const struct tally_row *from)
{
	if (!mixture_add(&to->mixture, from->mixture.buckets, from->mixture.count))
		return false;
	if (from->count)
		add_extremes(to, from->least, from->most);
	if (!to->first_ns || from->first_ns < to->first_ns)
		to->first_ns = from->first_ns;
	if (from->last_ns > to->last_ns)
		to->last_ns = from->last_ns;
	to->count += from->count;
	to->sum += from->sum;
	return true;
}

double tally_row_quantile(const struct tally_row *row, double quantile)
{
	return row->count ? mixture_quantile(&row->mixture, quantile, row->least, row->most) : NAN;
}
