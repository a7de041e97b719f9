#include "model/downsample.h"

#include <math.h>

#include "base/clock.h"

#define DAY_NS (UINT64_C(86400) * NS_PER_SECOND)

/* Past this many buckets a side, two exponential histograms are left as they are. */
enum { BUCKETS_MOST = 4096 };

bool downsample_rule_parse(struct str text, struct downsample_rule *rule_out)
{
	uint64_t age_ns, step_ns;
	struct str age, step;

	if (!str_split(text, ':', &age, &step) || !duration_parse(str_trim(age), &age_ns) ||
	    !duration_parse(str_trim(step), &step_ns))
		return false;
	if (age_ns < DAY_NS || age_ns % DAY_NS || age_ns / DAY_NS > 36500 || step_ns < NS_PER_SECOND ||
	    DAY_NS % step_ns)
		return false;
	*rule_out = (struct downsample_rule){(uint32_t)(age_ns / DAY_NS), step_ns};
	return true;
}

/* What a point of the metric says. */
enum kind { LEVEL, GROWING_NUMBER, ADDED_NUMBER, GROWING_DISTRIBUTION, ADDED_DISTRIBUTION };

static enum kind kind_of(const struct metric *metric)
{
	bool is_cumulative = metric->temporality == TEMPORALITY_CUMULATIVE;

	switch (metric->type) {
	case METRIC_SUM:
		if (metric->temporality != TEMPORALITY_DELTA && !metric->monotonic)
			return LEVEL;
		return is_cumulative ? GROWING_NUMBER : ADDED_NUMBER;
	case METRIC_HISTOGRAM:
	case METRIC_EXPONENTIAL_HISTOGRAM: return is_cumulative ? GROWING_DISTRIBUTION : ADDED_DISTRIBUTION;
	case METRIC_SUMMARY: return GROWING_DISTRIBUTION;
	default: return LEVEL;
	}
}

static bool is_growing(enum kind kind)
{
	return kind == GROWING_NUMBER || kind == GROWING_DISTRIBUTION;
}

static bool is_marker(const struct metric_point *point)
{
	return point->flags & POINT_NO_RECORDED_VALUE;
}

static bool same_bounds(const struct histogram *a, const struct histogram *b)
{
	return a->bucket_count == b->bucket_count && a->bound_count == b->bound_count &&
	       (a->bound_count == 0 || memcmp(a->bounds, b->bounds, a->bound_count * sizeof(double)) == 0);
}

static bool has_bucket_fallen(const struct histogram *histogram, const struct histogram *before)
{
	for (uint32_t i = 0; i < histogram->bucket_count; i++)
		if (histogram->counts[i] < before->counts[i])
			return true;
	return false;
}

static bool has_side_fallen(const struct exponential_buckets *side, const struct exponential_buckets *before,
			    int shift)
{
	for (uint32_t i = 0; i < before->count; i++) {
		int64_t index = (((int64_t)before->offset + i) >> shift) - side->offset;

		if (before->counts[i] &&
		    (index < 0 || index >= side->count || side->counts[index] < before->counts[i]))
			return true;
	}
	return false;
}

static bool has_exponential_fallen(const struct exponential_histogram *histogram,
				   const struct exponential_histogram *before)
{
	int64_t shift = (int64_t)before->scale - histogram->scale;

	return shift < 0 || shift > 62 || histogram->zero_count < before->zero_count ||
	       has_side_fallen(&histogram->positive, &before->positive, (int)shift) ||
	       has_side_fallen(&histogram->negative, &before->negative, (int)shift);
}

/* Where the difference of two growing points cannot be told from the later one's own figures. */
static bool begins_again(enum kind kind, const struct metric_point *point, const struct metric_point *before)
{
	if (point->start_ns > before->start_ns && point->start_ns >= before->time_ns)
		return true;
	if (kind == GROWING_NUMBER)
		return number_as_double(point->value) < number_as_double(before->value);
	if (point->count < before->count)
		return true;
	if (point->metric->type == METRIC_HISTOGRAM)
		return !same_bounds(&point->histogram, &before->histogram) ||
		       has_bucket_fallen(&point->histogram, &before->histogram);
	return point->metric->type == METRIC_EXPONENTIAL_HISTOGRAM &&
	       has_exponential_fallen(&point->exponential, &before->exponential);
}

/* ---- exponential histograms ---- */

/* The indexes of a side once it has the coarser scale; false where it has no buckets. */
static bool span_of(const struct exponential_buckets *side, int shift, int64_t *first_out, int64_t *last_out)
{
	if (side->count == 0)
		return false;
	*first_out = (int64_t)side->offset >> shift;
	*last_out = ((int64_t)side->offset + side->count - 1) >> shift;
	return true;
}

static void join_span(const struct exponential_buckets *side, int shift, int64_t *first, int64_t *last,
		      bool *is_any)
{
	int64_t low, high;

	if (!span_of(side, shift, &low, &high))
		return;
	*first = *is_any && *first < low ? *first : low;
	*last = *is_any && *last > high ? *last : high;
	*is_any = true;
}

static int32_t coarsest(const struct metric_point *points, size_t count)
{
	int32_t scale = points[0].exponential.scale;

	for (size_t i = 1; i < count; i++)
		scale = points[i].exponential.scale < scale ? points[i].exponential.scale : scale;
	return scale;
}

static const struct exponential_buckets *side_of(const struct metric_point *point, bool is_positive)
{
	return is_positive ? &point->exponential.positive : &point->exponential.negative;
}

/* How many buckets a side of all the points together has at that scale. */
static int64_t side_width(const struct metric_point *points, size_t count, int32_t scale, bool is_positive,
			  int64_t *first_out)
{
	int64_t first = 0, last = 0;
	bool is_any = false;

	for (size_t i = 0; i < count; i++)
		join_span(side_of(&points[i], is_positive), (int)(points[i].exponential.scale - scale),
			  &first, &last, &is_any);
	*first_out = first;
	return is_any ? last - first + 1 : 0;
}

static bool can_add_exponential(const struct metric_point *points, size_t count)
{
	int32_t scale = coarsest(points, count);
	int64_t first;

	for (size_t i = 0; i < count; i++)
		if ((int64_t)points[i].exponential.scale - scale > 62 ||
		    points[i].exponential.zero_threshold != points[0].exponential.zero_threshold)
			return false;
	return side_width(points, count, scale, true, &first) <= BUCKETS_MOST &&
	       side_width(points, count, scale, false, &first) <= BUCKETS_MOST;
}

static bool add_side(const struct metric_point *points, size_t count, int32_t scale, bool is_positive,
		     struct arena *arena, struct exponential_buckets *sum_out)
{
	int64_t first, width = side_width(points, count, scale, is_positive, &first);
	uint64_t *counts = arena_calloc(arena, (size_t)width, sizeof(*counts));

	if (!counts)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct exponential_buckets *side = side_of(&points[i], is_positive);
		int shift = (int)(points[i].exponential.scale - scale);

		for (uint32_t bucket = 0; bucket < side->count; bucket++)
			counts[(((int64_t)side->offset + bucket) >> shift) - first] += side->counts[bucket];
	}
	*sum_out = (struct exponential_buckets){counts, (uint32_t)width, (int32_t)first};
	return true;
}

static bool add_exponential(const struct metric_point *points, size_t count, struct arena *arena,
			    struct exponential_histogram *sum)
{
	sum->scale = coarsest(points, count);
	sum->zero_count = 0;
	for (size_t i = 0; i < count; i++)
		sum->zero_count += points[i].exponential.zero_count;
	return add_side(points, count, sum->scale, true, arena, &sum->positive) &&
	       add_side(points, count, sum->scale, false, arena, &sum->negative);
}

/* ---- one step ---- */

static bool add_explicit(const struct metric_point *points, size_t count, struct arena *arena,
			 struct histogram *sum)
{
	uint64_t *counts = arena_calloc(arena, sum->bucket_count, sizeof(*counts));

	if (!counts)
		return false;
	for (size_t i = 0; i < count; i++)
		for (uint32_t bucket = 0; bucket < sum->bucket_count; bucket++)
			counts[bucket] += points[i].histogram.counts[bucket];
	sum->counts = counts;
	return true;
}

/* Only what every point knows is known of all. */
static bool add_distributions(const struct metric_point *points, size_t count, struct arena *arena,
			      struct metric_point *sum)
{
	sum->start_ns = points[0].start_ns;
	for (size_t i = 0; i + 1 < count; i++) {
		sum->count += points[i].count;
		sum->sum += points[i].sum;
		sum->min = fmin(sum->min, points[i].min);
		sum->max = fmax(sum->max, points[i].max);
		sum->has &= points[i].has;
	}
	if (sum->metric->type == METRIC_HISTOGRAM)
		return add_explicit(points, count, arena, &sum->histogram);
	return add_exponential(points, count, arena, &sum->exponential);
}

static void add_numbers(struct number *sum, struct number more)
{
	if (sum->kind == NUMBER_INT && more.kind == NUMBER_INT &&
	    !__builtin_add_overflow(sum->integer, more.integer, &sum->integer))
		return;
	*sum = (struct number){.real = number_as_double(*sum) + number_as_double(more),
			       .kind = NUMBER_DOUBLE};
}

/* What a number adds to those that one point will stand for: single is its value, or what it added. */
static void weigh(struct metric_point *whole, const struct metric_point *point, double single)
{
	bool is_whole = point->count > 0;
	double least = is_whole ? point->min : single, most = is_whole ? point->max : single;

	whole->min = whole->count ? fmin(whole->min, least) : least;
	whole->max = whole->count ? fmax(whole->max, most) : most;
	whole->sum += is_whole ? point->sum : single;
	whole->count += is_whole ? point->count : 1;
}

static void join_numbers(enum kind kind, const struct metric_point *points, size_t count,
			 const struct metric_point *before, struct metric_point *whole)
{
	whole->count = 0;
	whole->sum = whole->min = whole->max = 0;
	whole->has = POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX;
	for (size_t i = 0; i < count; i++) {
		double single = number_as_double(points[i].value);

		if (kind == GROWING_NUMBER)
			single -= number_as_double(i ? points[i - 1].value : before->value);
		weigh(whole, &points[i], single);
	}
	for (size_t i = count - 1; i-- > 0 && kind == ADDED_NUMBER;)
		add_numbers(&whole->value, points[i].value);
	if (kind == ADDED_NUMBER)
		whole->start_ns = points[0].start_ns;
	if (kind == LEVEL)
		whole->start_ns = points[0].count ? points[0].start_ns : points[0].time_ns;
}

/* The newest ones of the step. */
static bool keep_exemplars(const struct metric_point *points, size_t count, struct arena *arena,
			   struct metric_point *whole)
{
	struct exemplar *kept = arena_alloc(arena, DOWNSAMPLE_MOST_EXEMPLARS * sizeof(*kept));

	if (!kept)
		return false;
	whole->exemplar_count = 0;
	for (size_t i = count; i-- > 0;)
		for (uint32_t j = points[i].exemplar_count; j-- > 0;)
			if (whole->exemplar_count < DOWNSAMPLE_MOST_EXEMPLARS)
				kept[whole->exemplar_count++] = points[i].exemplars[j];
	whole->exemplars = kept;
	return true;
}

static bool has_exemplars(const struct metric_point *points, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (points[i].exemplar_count)
			return true;
	return false;
}

/* One point in the place of several of one step. before is the one before them; growing ones have one. */
static bool join(enum kind kind, const struct metric_point *points, size_t count,
		 const struct metric_point *before, struct arena *arena, struct metric_point *whole_out)
{
	*whole_out = points[count - 1];
	if (count == 1)
		return true;
	if (kind == ADDED_DISTRIBUTION && !add_distributions(points, count, arena, whole_out))
		return false;
	if (kind != ADDED_DISTRIBUTION && kind != GROWING_DISTRIBUTION)
		join_numbers(kind, points, count, before, whole_out);
	return !has_exemplars(points, count) || keep_exemplars(points, count, arena, whole_out);
}

/* ---- a series ---- */

static uint64_t step_of(const struct metric_point *point, uint64_t step_ns)
{
	return point->time_ns ? (point->time_ns - 1) / step_ns : 0;
}

static bool can_add(const struct metric_point *points, size_t count)
{
	if (points[0].metric->type == METRIC_HISTOGRAM)
		return same_bounds(&points[count - 1].histogram, &points[0].histogram);
	return can_add_exponential(points, count);
}

/* How many points from the front on become one. */
static size_t group_size(enum kind kind, const struct metric_point *points, size_t count,
			 const struct metric_point *before, uint64_t step_ns)
{
	size_t size = 1;

	if (is_marker(&points[0]))
		return 1;
	if (is_growing(kind) && (!before || begins_again(kind, &points[0], before)))
		return 1;
	while (size < count && !is_marker(&points[size]) &&
	       step_of(&points[size], step_ns) == step_of(&points[0], step_ns)) {
		if (is_growing(kind) && begins_again(kind, &points[size], &points[size - 1]))
			break;
		if (kind == ADDED_DISTRIBUTION && !can_add(points, size + 1))
			break;
		size++;
	}
	return size;
}

/* A sender that got no answer sends a point again: the first of them is the one that counts. */
static bool is_repetition(enum kind kind, const struct metric_point *point, const struct metric_point *before)
{
	if (kind == LEVEL || is_marker(point) || point->time_ns != before->time_ns)
		return false;
	return is_growing(kind) ||
	       (point->start_ns && point->start_ns == before->start_ns && point->count == before->count &&
		number_as_double(point->value) == number_as_double(before->value));
}

static size_t remove_repetitions(enum kind kind, struct metric_point *points, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !is_repetition(kind, &points[i], &points[kept - 1]))
			points[kept++] = points[i];
	return kept;
}

bool downsample_series(struct metric_point *points, size_t *count, uint64_t step_ns, struct arena *arena)
{
	enum kind kind = kind_of(points[0].metric);
	size_t total = remove_repetitions(kind, points, *count), kept = 0;
	struct metric_point before = {0}, last;
	bool has_before = false;

	for (size_t at = 0, size; at < total; at += size) {
		struct metric_point whole;

		size = group_size(kind, points + at, total - at, has_before ? &before : NULL, step_ns);
		last = points[at + size - 1];
		if (!join(kind, points + at, size, &before, arena, &whole))
			return false;
		points[kept++] = whole;
		if (!is_marker(&last)) {
			before = last;
			has_before = true;
		}
	}
	*count = kept;
	return true;
}
