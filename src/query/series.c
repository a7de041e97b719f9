#include "query/series.h"

#include <math.h>
#include <stdlib.h>

enum series_mode series_mode_of(const struct metric *metric)
{
	switch (metric->type) {
	case METRIC_SUM:
		return metric->temporality != TEMPORALITY_DELTA && !metric->monotonic ? SERIES_LEVEL
										      : SERIES_INCREASE;
	case METRIC_HISTOGRAM:
	case METRIC_EXPONENTIAL_HISTOGRAM: return SERIES_DISTRIBUTION;
	case METRIC_SUMMARY: return SERIES_SUMMARY;
	default: return SERIES_LEVEL;
	}
}

void series_scratch_release(struct series_scratch *scratch)
{
	free(scratch->counts);
	free(scratch->buckets);
	*scratch = (struct series_scratch){0};
}

void series_release(struct series *series)
{
	free(series->held);
	*series = (struct series){0};
}

static bool grow(void **items, size_t *capacity, size_t count, size_t size)
{
	void *moved;

	if (count <= *capacity)
		return true;
	count += count / 2;
	moved = realloc(*items, count * size);
	if (!moved)
		return false;
	*items = moved;
	*capacity = count;
	return true;
}

static bool is_cumulative(const struct metric_point *point)
{
	return point->metric->type == METRIC_SUMMARY || point->metric->temporality == TEMPORALITY_CUMULATIVE;
}

/* How many 8-byte words the arrays of a point take. */
static size_t array_words(const struct metric_point *point)
{
	switch (point->metric->type) {
	case METRIC_HISTOGRAM: return (size_t)point->histogram.bucket_count + point->histogram.bound_count;
	case METRIC_EXPONENTIAL_HISTOGRAM:
		return (size_t)point->exponential.positive.count + point->exponential.negative.count;
	default: return 0;
	}
}

static const void *copy_words(uint64_t **to, const void *from, size_t count)
{
	void *copy = *to;

	if (count)
		memcpy(copy, from, count * sizeof(**to));
	*to += count;
	return copy;
}

static bool remember(struct series *series, const struct metric_point *point)
{
	uint64_t *to;

	if (!grow((void **)&series->held, &series->held_capacity, array_words(point), sizeof(*series->held)))
		return false;
	to = series->held;
	series->last = *point;
	series->has_last = true;
	if (point->metric->type == METRIC_HISTOGRAM) {
		struct histogram *histogram = &series->last.histogram;

		histogram->counts = copy_words(&to, histogram->counts, histogram->bucket_count);
		histogram->bounds = copy_words(&to, histogram->bounds, histogram->bound_count);
	} else if (point->metric->type == METRIC_EXPONENTIAL_HISTOGRAM) {
		struct exponential_histogram *histogram = &series->last.exponential;

		histogram->positive.counts =
			copy_words(&to, histogram->positive.counts, histogram->positive.count);
		histogram->negative.counts =
			copy_words(&to, histogram->negative.counts, histogram->negative.count);
	}
	return true;
}

static bool subtract_explicit(struct histogram *histogram, const struct histogram *last, uint64_t *counts)
{
	if (histogram->bucket_count != last->bucket_count || histogram->bound_count != last->bound_count ||
	    (last->bound_count &&
	     memcmp(histogram->bounds, last->bounds, last->bound_count * sizeof(double)) != 0))
		return false;
	for (uint32_t i = 0; i < histogram->bucket_count; i++) {
		if (histogram->counts[i] < last->counts[i])
			return false;
		counts[i] = histogram->counts[i] - last->counts[i];
	}
	histogram->counts = counts;
	return true;
}

/* The last point may be of a finer scale: shift brings its indexes to this one's. */
static bool subtract_side(struct exponential_buckets *side, const struct exponential_buckets *last, int shift,
			  uint64_t *counts)
{
	if (side->count)
		memcpy(counts, side->counts, side->count * sizeof(*counts));
	for (uint32_t i = 0; i < last->count; i++) {
		int64_t index = (((int64_t)last->offset + i) >> shift) - side->offset;

		if (last->counts[i] == 0)
			continue;
		if (index < 0 || index >= side->count || counts[index] < last->counts[i])
			return false;
		counts[index] -= last->counts[i];
	}
	side->counts = counts;
	return true;
}

static bool subtract_exponential(struct exponential_histogram *histogram,
				 const struct exponential_histogram *last, uint64_t *counts)
{
	int64_t shift = (int64_t)last->scale - histogram->scale;

	if (shift < 0 || shift > 62 || histogram->zero_count < last->zero_count)
		return false;
	histogram->zero_count -= last->zero_count;
	return subtract_side(&histogram->positive, &last->positive, (int)shift, counts) &&
	       subtract_side(&histogram->negative, &last->negative, (int)shift,
			     counts + histogram->positive.count);
}

static bool subtract_number(struct number *number, struct number last)
{
	if (number->kind == NUMBER_INT && last.kind == NUMBER_INT)
		return !__builtin_sub_overflow(number->integer, last.integer, &number->integer);
	*number = (struct number){.real = number_as_double(*number) - number_as_double(last),
				  .kind = NUMBER_DOUBLE};
	return true;
}

static bool began_again(const struct metric_point *point, const struct metric_point *last)
{
	if (point->start_ns > last->start_ns && point->start_ns >= last->time_ns)
		return true;
	if (point->metric->type == METRIC_SUM)
		return number_as_double(point->value) < number_as_double(last->value);
	return point->count < last->count;
}

/* Makes point the difference to the last one; false where the two cannot be compared: their buckets differ.
 */
static bool subtract(struct metric_point *point, const struct metric_point *last, uint64_t *counts)
{
	if (point->metric->type == METRIC_SUM)
		return subtract_number(&point->value, last->value);
	point->count -= last->count;
	point->sum -= last->sum;
	if (!(last->has & POINT_HAS_SUM))
		point->has &= (uint8_t)~POINT_HAS_SUM;
	if (point->metric->type == METRIC_HISTOGRAM)
		return subtract_explicit(&point->histogram, &last->histogram, counts);
	if (point->metric->type == METRIC_EXPONENTIAL_HISTOGRAM)
		return subtract_exponential(&point->exponential, &last->exponential, counts);
	return true;
}

/* An end of the first or last filled bucket, where it is finite; what stands in for it, where it is not. */
static double lowest(const struct bucket *first)
{
	if (!isinf(first->lower))
		return first->lower;
	return isinf(first->upper) ? NAN : first->upper > 0 ? 0 : first->upper;
}

static double highest(const struct bucket *last)
{
	if (!isinf(last->upper))
		return last->upper;
	return isinf(last->lower) ? NAN : last->lower;
}

/* The recorded extremes may be older than a difference, but nothing lies outside them. An open bucket is
 * closed by them rather than by its own other end. */
static void fill_extremes(const struct metric_point *point, const struct bucket *first,
			  const struct bucket *last, struct increase *increase)
{
	increase->least = lowest(first);
	increase->most = highest(last);
	increase->guesses_least = isinf(first->lower) && !(point->has & POINT_HAS_MIN);
	increase->guesses_most = isinf(last->upper) && !(point->has & POINT_HAS_MAX);
	if ((point->has & POINT_HAS_MIN) && (isinf(first->lower) || !(increase->least > point->min)))
		increase->least = point->min;
	if ((point->has & POINT_HAS_MAX) && (isinf(last->upper) || !(increase->most < point->max)))
		increase->most = point->max;
}

static bool fill_distribution(const struct metric_point *point, struct series_scratch *scratch,
			      struct increase *increase)
{
	if (!grow((void **)&scratch->buckets, &scratch->bucket_capacity, point_bucket_limit(point),
		  sizeof(*scratch->buckets)))
		return false;
	increase->buckets = scratch->buckets;
	increase->bucket_count = point_buckets(point, scratch->buckets);
	increase->least = increase->most = NAN;
	if (increase->bucket_count)
		fill_extremes(point, &increase->buckets[0], &increase->buckets[increase->bucket_count - 1],
			      increase);
	return true;
}

/* A number stands for itself, or for those that downsampling put into one. */
static void fill_number(const struct metric_point *point, struct increase *increase)
{
	bool is_whole = point->count > 0;

	increase->count = is_whole ? point->count : 1;
	increase->sum = is_whole ? point->sum : increase->value;
	increase->least = is_whole ? point->min : increase->value;
	increase->most = is_whole ? point->max : increase->value;
}

static bool fill(const struct metric_point *point, struct series_scratch *scratch, struct increase *increase)
{
	increase->to_ns = point->time_ns;
	increase->value = number_as_double(point->value);
	increase->count = point->count;
	increase->sum =
		point->has & POINT_HAS_SUM || point->metric->type == METRIC_SUMMARY ? point->sum : NAN;
	if (series_mode_of(point->metric) == SERIES_LEVEL || series_mode_of(point->metric) == SERIES_INCREASE)
		fill_number(point, increase);
	if (series_mode_of(point->metric) != SERIES_DISTRIBUTION)
		return true;
	return fill_distribution(point, scratch, increase);
}

static enum series_result take_delta(const struct series *series, const struct metric_point *point,
				     struct series_scratch *scratch, struct increase *increase)
{
	uint64_t from_ns =
		point->start_ns && point->start_ns < point->time_ns ? point->start_ns : point->time_ns;

	if (series->has_last && series->last.time_ns < point->time_ns &&
	    (series->last.time_ns > from_ns || !point->start_ns))
		from_ns = series->last.time_ns;
	increase->from_ns = from_ns;
	return fill(point, scratch, increase) ? SERIES_ADDED : SERIES_NO_MEMORY;
}

static enum series_result take_cumulative(const struct series *series, const struct metric_point *point,
					  uint64_t visible_from_ns, struct series_scratch *scratch,
					  struct increase *increase)
{
	struct metric_point difference = *point;

	if (!series->has_last) {
		if (point->start_ns <= visible_from_ns || point->start_ns >= point->time_ns)
			return SERIES_NOTHING;
		increase->from_ns = point->start_ns;
		return fill(point, scratch, increase) ? SERIES_ADDED : SERIES_NO_MEMORY;
	}
	increase->from_ns = series->last.time_ns;
	if (!grow((void **)&scratch->counts, &scratch->count_capacity, array_words(point),
		  sizeof(*scratch->counts)))
		return SERIES_NO_MEMORY;
	if (began_again(point, &series->last)) {
		if (point->start_ns > increase->from_ns && point->start_ns < point->time_ns)
			increase->from_ns = point->start_ns;
	} else if (!subtract(&difference, &series->last, scratch->counts)) {
		return SERIES_NOTHING;
	}
	return fill(&difference, scratch, increase) ? SERIES_ADDED : SERIES_NO_MEMORY;
}

/* The same point, sent again by a sender that got no answer. */
static bool is_repetition(const struct series *series, const struct metric_point *point)
{
	const struct metric_point *last = &series->last;

	return series->has_last && point->time_ns == last->time_ns &&
	       (is_cumulative(point) ||
		(point->start_ns && point->start_ns == last->start_ns && point->count == last->count &&
		 number_as_double(point->value) == number_as_double(last->value)));
}

enum series_result series_take(struct series *series, const struct metric_point *point,
			       uint64_t visible_from_ns, struct series_scratch *scratch,
			       struct increase *increase_out)
{
	enum series_mode mode = series_mode_of(point->metric);
	struct increase increase = {0};
	enum series_result result;

	if ((point->flags & POINT_NO_RECORDED_VALUE) || is_repetition(series, point))
		return SERIES_NOTHING;
	if (mode == SERIES_LEVEL) {
		increase.from_ns =
			point->count && point->start_ns < point->time_ns ? point->start_ns : point->time_ns;
		result = fill(point, scratch, &increase) ? SERIES_ADDED : SERIES_NO_MEMORY;
	} else if (is_cumulative(point)) {
		result = take_cumulative(series, point, visible_from_ns, scratch, &increase);
	} else {
		result = take_delta(series, point, scratch, &increase);
	}
	if (result == SERIES_NO_MEMORY || (mode != SERIES_LEVEL && !remember(series, point)))
		return SERIES_NO_MEMORY;
	if (result == SERIES_ADDED)
		*increase_out = increase;
	return result;
}
