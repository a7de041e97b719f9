/*
 * A question gets from downsampled points what it gets from all of them: random series are asked both ways, with
 * steps that are multiples of the downsampling's.
 */
#include <math.h>

#include "fixture.h"
#include "model/downsample.h"
#include "query/metrics.h"

enum { POINTS = 600, STEP_SECONDS = 60, RANGE_SECONDS = 7200 };

static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE};
static const struct metric open_calls = {
	.name = {"open", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE};
static const struct metric cumulative = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE, .monotonic = true};
static const struct metric delta = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true};
static const struct metric delta_histogram = {
	.name = {"took", 4}, .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_DELTA};
static const struct metric cumulative_histogram = {
	.name = {"took", 4}, .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_CUMULATIVE};
static const struct metric delta_exponential = {
	.name = {"took", 4}, .type = METRIC_EXPONENTIAL_HISTOGRAM, .temporality = TEMPORALITY_DELTA};

static uint64_t state_of_chance;

static uint64_t chance(uint64_t below)
{
	state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
	return (state_of_chance >> 33) % below;
}

static const double bounds[] = {10, 20, 50};

static void fill_histogram(struct fixture *fixture, struct metric_point *point, uint64_t counts[4],
			   bool is_cumulative)
{
	uint64_t *kept = arena_alloc(&fixture->batch.arena, 4 * sizeof(*kept));

	for (int i = 0; i < 4; i++) {
		counts[i] = (is_cumulative ? counts[i] : 0) + chance(4);
		kept[i] = counts[i];
		point->count += kept[i];
	}
	point->sum = (double)point->count * 15;
	point->has = POINT_HAS_SUM;
	point->histogram = (struct histogram){kept, bounds, 4, 3};
}

static void fill_exponential(struct fixture *fixture, struct metric_point *point)
{
	uint32_t width = 1 + (uint32_t)chance(5);
	uint64_t *counts = arena_alloc(&fixture->batch.arena, width * sizeof(*counts));

	for (uint32_t i = 0; i < width; i++)
		point->count += counts[i] = chance(3);
	point->exponential.scale = 3 - (int32_t)chance(2);
	point->exponential.zero_count = chance(2);
	point->count += point->exponential.zero_count;
	point->exponential.positive = (struct exponential_buckets){counts, width, (int32_t)chance(9) - 4};
	point->sum = (double)point->count;
	point->has = POINT_HAS_SUM;
}

/* A series of the metric, with pauses, markers and new beginnings; some of those give no new start. */
static void add_series(struct fixture *fixture, const struct metric *metric)
{
	double time = 1, start = 0, value = 0;
	uint64_t counts[4] = {0};
	bool is_cumulative = metric->temporality == TEMPORALITY_CUMULATIVE;

	for (int i = 0; i < POINTS && time < RANGE_SECONDS; i++) {
		double before = time;
		struct metric_point *point;

		time += chance(50) ? 5 + (double)chance(10) : (double)chance(700);
		if (is_cumulative && chance(15) == 0) {
			start = chance(2) ? before : start;
			value = 0;
			memset(counts, 0, sizeof(counts));
		}
		point = add_point(fixture, metric, is_cumulative ? start : before, time);
		if (metric->type == METRIC_GAUGE)
			point->start_ns = 0;
		value = metric->monotonic && is_cumulative
				? value + (double)chance(100)
				: (double)chance(1000) - (metric->monotonic ? 0 : 500);
		if (metric->type == METRIC_HISTOGRAM)
			fill_histogram(fixture, point, counts, is_cumulative);
		else if (metric->type == METRIC_EXPONENTIAL_HISTOGRAM)
			fill_exponential(fixture, point);
		else if (chance(2))
			point->value = (struct number){.integer = (int64_t)value, .kind = NUMBER_INT};
		else
			point->value = (struct number){.real = value, .kind = NUMBER_DOUBLE};
		if (chance(40) == 0 && metric->type == METRIC_GAUGE)
			point->flags = POINT_NO_RECORDED_VALUE;
	}
}

static struct metric_range answer(struct fixture *fixture, const struct metric *metric, const char *agg,
				  uint64_t step_seconds)
{
	struct metric_query question = {.name = metric->name,
					.range = {AT(0), AT(RANGE_SECONDS)},
					.step_ns = step_seconds * NS_PER_SECOND};
	struct metric_range range;

	assert_true(metric_agg_parse(str_from(agg), &question.agg));
	if (metric_range(fixture->query, &question, &range, NULL, &fixture->error) != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	assert_int_equal(range.line_count, 1);
	return range;
}

static bool is_near(double a, double b)
{
	return isnan(a) ? isnan(b) : fabs(a - b) <= 1e-9 * fmax(1, fabs(a));
}

static void compare(struct fixture *all, struct fixture *few, const struct metric *metric, const char *agg,
		    uint64_t step_seconds)
{
	struct metric_range expected = answer(all, metric, agg, step_seconds);
	struct metric_range actual = answer(few, metric, agg, step_seconds);

	assert_int_equal(actual.step_count, expected.step_count);
	for (size_t i = 0; i < expected.step_count; i++)
		if (!is_near(expected.lines[0].values[i], actual.lines[0].values[i]))
			fail_msg("%s of %s, step %d, window %zu: %.17g, not %.17g", agg, metric->name.data,
				 (int)step_seconds, i, actual.lines[0].values[i],
				 expected.lines[0].values[i]);
	metric_range_release(&expected);
	metric_range_release(&actual);
}

/* A rate is spread between points: what moves between two windows is all that may differ. */
static void compare_rate(struct fixture *all, struct fixture *few, const struct metric *metric)
{
	struct metric_range expected = answer(all, metric, "rate", 7200);
	struct metric_range actual = answer(few, metric, "rate", 7200);

	assert_true(is_near(expected.lines[0].values[0], actual.lines[0].values[0]));
	metric_range_release(&expected);
	metric_range_release(&actual);
}

static void downsample(struct fixture *fixture)
{
	struct batch *batch = &fixture->batch;
	size_t before = batch->point_count;

	assert_true(downsample_series(batch->points, &batch->point_count, STEP_SECONDS * NS_PER_SECOND / 2,
				      &batch->arena));
	/* Twice is as good as once, and a coarser step may follow a finer one. */
	assert_true(downsample_series(batch->points, &batch->point_count, STEP_SECONDS * NS_PER_SECOND,
				      &batch->arena));
	assert_true(batch->point_count < before);
}

static void check(const struct metric *metric, const char *const *aggs)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct fixture *all = fixture_new(), *few = fixture_new();

		state_of_chance = seed;
		add_series(all, metric);
		state_of_chance = seed;
		add_series(few, metric);
		downsample(few);
		fixture_commit(all);
		fixture_commit(few);
		for (const char *const *agg = aggs; *agg; agg++)
			for (uint64_t step = STEP_SECONDS; step <= 300; step *= 5)
				compare(all, few, metric, *agg, step);
		if (metric->type != METRIC_GAUGE && metric != &open_calls)
			compare_rate(all, few, metric);
		fixture_free(all);
		fixture_free(few);
	}
}

static const char *const numbers[] = {"avg", "sum", "min", "max", "count", NULL};
static const char *const distributions[] = {"avg", "sum", "min", "max", "count", "p50", "p99", NULL};

static void gauges_answer_alike(void **state)
{
	(void)state;
	check(&gauge, numbers);
}

static void sums_that_may_fall_answer_alike(void **state)
{
	(void)state;
	check(&open_calls, numbers);
}

static void cumulative_sums_answer_alike(void **state)
{
	(void)state;
	check(&cumulative, numbers);
}

static void delta_sums_answer_alike(void **state)
{
	(void)state;
	check(&delta, numbers);
}

static void delta_histograms_answer_alike(void **state)
{
	(void)state;
	check(&delta_histogram, distributions);
}

static void cumulative_histograms_answer_alike(void **state)
{
	(void)state;
	check(&cumulative_histogram, distributions);
}

/* Scales differ from point to point: counts and sums are exact, percentiles as fine as the coarsest. */
static void exponential_histograms_answer_alike(void **state)
{
	static const char *const exact[] = {"avg", "sum", "count", NULL};

	(void)state;
	check(&delta_exponential, exact);
}

static void covers_the_windows_of_a_shorter_step(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric_range range;

	(void)state;
	for (int i = 1; i <= 60; i++)
		add_number(fixture, &gauge, 0, i * 10, i)->start_ns = 0;
	assert_true(downsample_series(fixture->batch.points, &fixture->batch.point_count, 600 * NS_PER_SECOND,
				      &fixture->batch.arena));
	assert_int_equal(fixture->batch.point_count, 1);
	fixture_commit(fixture);
	range = answer(fixture, &gauge, "avg", 60);
	for (size_t i = 0; i < 10; i++)
		assert_true(range.lines[0].values[i] == 30.5);
	metric_range_release(&range);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gauges_answer_alike),
		cmocka_unit_test(sums_that_may_fall_answer_alike),
		cmocka_unit_test(cumulative_sums_answer_alike),
		cmocka_unit_test(delta_sums_answer_alike),
		cmocka_unit_test(delta_histograms_answer_alike),
		cmocka_unit_test(cumulative_histograms_answer_alike),
		cmocka_unit_test(exponential_histograms_answer_alike),
		cmocka_unit_test(covers_the_windows_of_a_shorter_step),
	};

	return test_run("query/downsampled", tests);
}
