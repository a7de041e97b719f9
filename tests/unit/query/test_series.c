#include "query/series.h"

#include <math.h>

#include "fixture.h"

static const struct metric delta = {.type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true};
static const struct metric cumulative = {
	.type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE, .monotonic = true};

struct step {
	double start, time;
	int64_t value;
	bool adds;
	double from, increase;
};

static void assert_steps(const struct metric *metric, const struct step *steps, size_t count)
{
	struct series_scratch scratch = {0};
	struct series series = {0};

	for (size_t i = 0; i < count; i++) {
		struct metric_point point = {.metric = metric,
					     .start_ns = AT(steps[i].start),
					     .time_ns = AT(steps[i].time),
					     .value = {.integer = steps[i].value, .kind = NUMBER_INT}};
		struct increase increase;
		enum series_result result = series_take(&series, &point, AT(-300), &scratch, &increase);

		if (result != (steps[i].adds ? SERIES_ADDED : SERIES_NOTHING))
			fail_msg("point %zu gives %d", i, result);
		if (!steps[i].adds)
			continue;
		assert_true(increase.from_ns == AT(steps[i].from));
		assert_true(increase.to_ns == AT(steps[i].time));
		assert_true(increase.value == steps[i].increase);
	}
	series_release(&series);
	series_scratch_release(&scratch);
}

static void cumulative_points_add_their_differences(void **state)
{
	static const struct step steps[] = {
		{-5000, 10, 100, false, 0, 0}, /* began out of sight */
		{-5000, 20, 130, true, 10, 30},
		{-5000, 20, 130, false, 0, 0}, /* sent again */
		{-5000, 30, 130, true, 20, 0},
		{35, 40, 8, true, 35, 8}, /* a new start */
		{35, 50, 5, true, 40, 5}, /* fell, though nothing says that it began again */
		{35, 60, INT64_MAX, true, 50, 9223372036854775802.0},
	};

	(void)state;
	assert_steps(&cumulative, steps, sizeof(steps) / sizeof(steps[0]));
}

static void a_cumulative_series_that_began_in_sight_adds_at_once(void **state)
{
	static const struct step in_sight[] = {{-299, 10, 7, true, -299, 7}};
	static const struct step unknown[] = {{10, 10, 7, false, 0, 0}, {10, 20, 9, true, 10, 2}};

	(void)state;
	assert_steps(&cumulative, in_sight, 1);
	/* A start that is the point's own time says that the true start is not known. */
	assert_steps(&cumulative, unknown, 2);
}

static void delta_points_add_what_they_say(void **state)
{
	static const struct step steps[] = {
		{0, 10, 5, true, 0, 5},   {0, 10, 5, false, 0, 0}, /* sent again */
		{0, 20, 3, true, 10, 3}, /* what the one before covers is not covered twice */
		{15, 30, 4, true, 20, 4}, {29, 40, 1, true, 30, 1}, {45, 50, 2, true, 45, 2},
	};

	(void)state;
	assert_steps(&delta, steps, sizeof(steps) / sizeof(steps[0]));
}

static void a_histogram_whose_bounds_change_is_not_compared(void **state)
{
	static const struct metric metric = {.type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_CUMULATIVE};
	static const uint64_t few[] = {5, 5}, more[] = {6, 6};
	static const double old_bounds[] = {10}, new_bounds[] = {20};
	struct metric_point point = {.metric = &metric,
				     .start_ns = AT(-5000),
				     .time_ns = AT(10),
				     .count = 10,
				     .histogram = {few, old_bounds, 2, 1}};
	struct series_scratch scratch = {0};
	struct series series = {0};
	struct increase increase;

	(void)state;
	assert_int_equal(series_take(&series, &point, AT(0), &scratch, &increase), SERIES_NOTHING);
	point.time_ns = AT(20);
	point.count = 12;
	point.histogram = (struct histogram){more, new_bounds, 2, 1};
	assert_int_equal(series_take(&series, &point, AT(0), &scratch, &increase), SERIES_NOTHING);
	point.time_ns = AT(30);
	assert_int_equal(series_take(&series, &point, AT(0), &scratch, &increase), SERIES_ADDED);
	assert_int_equal(increase.count, 0);
	assert_int_equal(increase.bucket_count, 0);
	assert_true(isnan(increase.least));
	series_release(&series);
	series_scratch_release(&scratch);
}

static void extremes_are_recorded_or_those_of_the_buckets(void **state)
{
	static const struct metric metric = {.type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_DELTA};
	static const uint64_t ends[] = {1, 0, 1}, middle[] = {0, 1, 0};
	static const double bounds[] = {10, 20};
	static const struct {
		const uint64_t *counts;
		uint8_t has;
		double least, most;
	} table[] = {
		{ends, 0, 0, 20},
		{ends, POINT_HAS_MIN | POINT_HAS_MAX, 4, 70},
		{middle, 0, 10, 20},
		{middle, POINT_HAS_MIN | POINT_HAS_MAX, 10, 20}, /* 4 and 70 are of another time */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct metric_point point = {.metric = &metric,
					     .time_ns = AT(10),
					     .count = 2,
					     .has = table[i].has,
					     .min = 4,
					     .max = 70,
					     .histogram = {table[i].counts, bounds, 3, 2}};
		struct series_scratch scratch = {0};
		struct series series = {0};
		struct increase increase;

		assert_int_equal(series_take(&series, &point, 0, &scratch, &increase), SERIES_ADDED);
		assert_true(increase.least == table[i].least);
		assert_true(increase.most == table[i].most);
		assert_true(isnan(increase.sum));
		series_release(&series);
		series_scratch_release(&scratch);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(cumulative_points_add_their_differences),
		cmocka_unit_test(a_cumulative_series_that_began_in_sight_adds_at_once),
		cmocka_unit_test(delta_points_add_what_they_say),
		cmocka_unit_test(a_histogram_whose_bounds_change_is_not_compared),
		cmocka_unit_test(extremes_are_recorded_or_those_of_the_buckets),
	};

	return test_run("query/series", tests);
}
