#include "query/mixture.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

void mixture_release(struct mixture *mixture)
{
	free(mixture->buckets);
	*mixture = (struct mixture){0};
}

static int bucket_order(const struct bucket *a, const struct bucket *b)
{
	if (a->lower != b->lower)
		return a->lower < b->lower ? -1 : 1;
	return (a->upper > b->upper) - (a->upper < b->upper);
}

static bool make_room(struct mixture *mixture, size_t more)
{
	size_t wanted = mixture->count + more;
	struct bucket *moved;

	if (wanted <= mixture->capacity)
		return true;
	if (mixture->count > MIXTURE_BUCKETS_MOST)
		return false;
	wanted += wanted / 2;
	moved = realloc(mixture->buckets, wanted * sizeof(*moved));
	if (!moved)
		return false;
	mixture->buckets = moved;
	mixture->capacity = wanted;
	return true;
}

/* The common case: every bucket is there already. False (and nothing added) where one is not. */
static bool add_in_place(struct mixture *mixture, const struct bucket *buckets, size_t count)
{
	size_t at = 0;

	for (size_t i = 0; i < count; i++, at++) {
		while (at < mixture->count && bucket_order(&mixture->buckets[at], &buckets[i]) < 0)
			at++;
		if (at == mixture->count || bucket_order(&mixture->buckets[at], &buckets[i]) != 0)
			return false;
	}
	at = 0;
	for (size_t i = 0; i < count; i++, at++) {
		while (bucket_order(&mixture->buckets[at], &buckets[i]) < 0)
			at++;
		mixture->buckets[at].count += buckets[i].count;
	}
	return true;
}

bool mixture_add(struct mixture *mixture, const struct bucket *buckets, size_t count)
{
	size_t left = mixture->count, right = count, to, unused;

	if (add_in_place(mixture, buckets, count))
		return true;
	if (!make_room(mixture, count))
		return false;
	/* Merge from the back, into the room behind; then close the gap that equal buckets left in front. */
	to = left + right;
	while (right) {
		struct bucket *mine = left ? &mixture->buckets[left - 1] : NULL;
		int order = mine ? bucket_order(mine, &buckets[right - 1]) : -1;
		struct bucket next = mine && order >= 0 ? *mine : buckets[right - 1];

		if (mine && order == 0)
			next.count += buckets[right - 1].count;
		left -= mine && order >= 0;
		right -= !mine || order <= 0;
		mixture->buckets[--to] = next;
	}
	unused = to - left;
	memmove(mixture->buckets + left, mixture->buckets + to,
		(mixture->count + count - to) * sizeof(*buckets));
	mixture->count += count - unused;
	return true;
}

static double closed(double bound, double least, double most)
{
	if (isinf(bound))
		return bound < 0 ? least : most;
	return bound;
}

/* How many values are at most x. */
static double values_up_to(const struct mixture *mixture, double x, double least, double most)
{
	double sum = 0;

	for (size_t i = 0; i < mixture->count; i++) {
		const struct bucket *bucket = &mixture->buckets[i];
		double lower = closed(bucket->lower, least, most), upper = closed(bucket->upper, least, most);

		if (x >= upper)
			sum += (double)bucket->count;
		else if (x > lower)
			sum += (double)bucket->count * ((x - lower) / (upper - lower));
	}
	return sum;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* Between two neighbouring edges the sum of the buckets is a straight line, so that the answer is exact
 * there. */
static double search_edges(const struct mixture *mixture, const double *edges, size_t count, double wanted,
			   double least, double most)
{
	size_t low = 0, high = count - 1;
	double below, above;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (values_up_to(mixture, edges[middle], least, most) < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return edges[0];
	below = values_up_to(mixture, edges[low - 1], least, most);
	above = values_up_to(mixture, edges[low], least, most);
	if (!(above > below) || wanted >= above)
		return edges[low];
	return edges[low - 1] + (edges[low] - edges[low - 1]) * ((wanted - below) / (above - below));
}

double mixture_quantile(const struct mixture *mixture, double quantile, double least, double most)
{
	size_t count = mixture->count, filled = 0;
	double *edges = count ? malloc(2 * count * sizeof(*edges)) : NULL;
	double total = 0, value;

	if (!edges)
		return NAN;
	for (size_t i = 0; i < count; i++) {
		double lower = closed(mixture->buckets[i].lower, least, most);
		double upper = closed(mixture->buckets[i].upper, least, most);

		if (isnan(lower) || isnan(upper)) {
			free(edges);
			return NAN;
		}
		edges[filled++] = lower;
		edges[filled++] = upper;
		total += (double)mixture->buckets[i].count;
	}
	qsort(edges, filled, sizeof(*edges), by_value);
	value = total > 0 ? search_edges(mixture, edges, filled, quantile * total, least, most) : NAN;
	free(edges);
	/* A comparison with NaN is false: bounds that are not known bind nothing. */
	value = value < least ? least : value;
	return value > most ? most : value;
}

static int by_upper(const void *a, const void *b)
{
	return by_value(&((const struct bucket *)a)->upper, &((const struct bucket *)b)->upper);
}

/* The first of sorted buckets up to which there are at least so many values: of n values that lie in buckets, the
 * k-th is no less than the k-th lower bound and no more than the k-th upper one. */
static const struct bucket *bucket_at(const struct bucket *buckets, size_t count, double wanted)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += (double)buckets[i].count;
		if (sum >= wanted)
			return &buckets[i];
	}
	return &buckets[count - 1];
}

/* Buckets of one shape are sorted both ways: then *sorted_out stays NULL. False where memory ran out. */
static bool sort_by_upper(const struct mixture *mixture, struct bucket **sorted_out)
{
	size_t i = 1;

	while (i < mixture->count && mixture->buckets[i - 1].upper <= mixture->buckets[i].upper)
		i++;
	if (i >= mixture->count)
		return true;
	*sorted_out = malloc(mixture->count * sizeof(**sorted_out));
	if (!*sorted_out)
		return false;
	memcpy(*sorted_out, mixture->buckets, mixture->count * sizeof(**sorted_out));
	qsort(*sorted_out, mixture->count, sizeof(**sorted_out), by_upper);
	return true;
}

struct value_bounds mixture_quantile_bounds(const struct mixture *mixture, double quantile, double least,
					    double most)
{
	struct value_bounds bounds = {NAN, NAN};
	size_t count = mixture->count;
	uint64_t total = 0;
	const struct bucket *buckets = mixture->buckets;
	struct bucket *sorted = NULL;

	for (size_t i = 0; i < count; i++)
		total += buckets[i].count;
	if (total == 0 || !sort_by_upper(mixture, &sorted))
		return bounds;
	bounds.lower = closed(bucket_at(buckets, count, quantile * (double)total)->lower, least, most);
	buckets = sorted ? sorted : buckets;
	bounds.upper = closed(bucket_at(buckets, count, quantile * (double)total)->upper, least, most);
	free(sorted);
	bounds.lower = bounds.lower < least ? least : bounds.lower;
	bounds.upper = bounds.upper > most ? most : bounds.upper;
	return bounds;
}

double value_bounds_width(struct value_bounds bounds)
{
	double width = bounds.upper - bounds.lower, nearer = fmin(fabs(bounds.lower), fabs(bounds.upper));

	if (width <= 0)
		return 0;
	return bounds.lower < 0 && bounds.upper > 0 ? INFINITY : width / nearer;
}

size_t point_bucket_limit(const struct metric_point *point)
{
	if (point->metric->type == METRIC_HISTOGRAM)
		return point->histogram.bucket_count + (size_t)1;
	return (size_t)point->exponential.positive.count + point->exponential.negative.count + 1;
}

static size_t explicit_buckets(const struct metric_point *point, struct bucket *buckets_out)
{
	const struct histogram *histogram = &point->histogram;
	size_t count = 0;

	if (histogram->bucket_count == 0 && point->count)
		buckets_out[count++] = (struct bucket){-INFINITY, INFINITY, point->count};
	for (uint32_t i = 0; i < histogram->bucket_count; i++)
		if (histogram->counts[i])
			buckets_out[count++] = (struct bucket){
				i == 0 ? -INFINITY : histogram->bounds[i - 1],
				i == histogram->bound_count ? INFINITY : histogram->bounds[i],
				histogram->counts[i],
			};
	return count;
}

/* base^index, kept finite. Computed alike for every scale, so that buckets of different scales nest exactly.
 */
static double exponential_bound(int32_t scale, int64_t index)
{
	double bound = exp2(ldexp((double)index, scale > 2000 ? -2000 : scale < -2000 ? 2000 : -scale));

	return bound > DBL_MAX ? DBL_MAX : bound;
}

static size_t exponential_buckets(const struct exponential_histogram *histogram, struct bucket *buckets_out)
{
	const struct exponential_buckets *negative = &histogram->negative, *positive = &histogram->positive;
	size_t count = 0;

	for (uint32_t i = negative->count; i-- > 0;)
		if (negative->counts[i])
			buckets_out[count++] = (struct bucket){
				-exponential_bound(histogram->scale, (int64_t)negative->offset + i + 1),
				-exponential_bound(histogram->scale, (int64_t)negative->offset + i),
				negative->counts[i],
			};
	if (histogram->zero_count)
		buckets_out[count++] = (struct bucket){-histogram->zero_threshold, histogram->zero_threshold,
						       histogram->zero_count};
	for (uint32_t i = 0; i < positive->count; i++)
		if (positive->counts[i])
			buckets_out[count++] = (struct bucket){
				exponential_bound(histogram->scale, (int64_t)positive->offset + i),
				exponential_bound(histogram->scale, (int64_t)positive->offset + i + 1),
				positive->counts[i],
			};
	return count;
}

size_t point_buckets(const struct metric_point *point, struct bucket *buckets_out)
{
	return point->metric->type == METRIC_HISTOGRAM
		       ? explicit_buckets(point, buckets_out)
		       : exponential_buckets(&point->exponential, buckets_out);
}
