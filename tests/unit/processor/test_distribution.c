#include "processor/distribution.h"

#include <math.h>

#include "base/clock.h"
#include "test.h"

static double bound_ms(int32_t index)
{
	return exp2((double)index / 16);
}

/* Bucket i holds (2^(i/16), 2^((i+1)/16)] milliseconds; a power of two is the upper bound of its bucket. */
static void puts_a_duration_between_its_bounds(void **state)
{
	(void)state;
	assert_int_equal(distribution_bucket(NS_PER_MS), -1);
	assert_int_equal(distribution_bucket(2 * NS_PER_MS), 15);
	assert_int_equal(distribution_bucket(2 * NS_PER_MS + 1), 16);
	assert_int_equal(distribution_bucket(NS_PER_MS / 2), -17);
	for (uint64_t ns = 1; ns < UINT64_MAX / 3; ns = ns * 2 + ns / 7 + 1) {
		double ms = (double)ns / 1e6;
		int32_t index = distribution_bucket(ns);

		assert_true(ms > bound_ms(index) * (1 - 1e-12));
		assert_true(ms <= bound_ms(index + 1) * (1 + 1e-12));
	}
}

static void errs_by_less_than_two_and_a_quarter_per_cent(void **state)
{
	(void)state;
	for (uint64_t ns = 1; ns < 100 * NS_PER_SECOND; ns += ns / 50 + 1) {
		double ms = (double)ns / 1e6, middle = exp2((distribution_bucket(ns) + 0.5) / 16);

		assert_true(fabs(middle - ms) / ms < 0.0225);
	}
}

static uint64_t count_at(const struct metric_point *point, int32_t index)
{
	const struct exponential_buckets *buckets = &point->exponential.positive;
	int64_t at = (int64_t)index - buckets->offset;

	return at >= 0 && at < buckets->count ? buckets->counts[at] : 0;
}

static void keeps_every_count_whatever_the_order(void **state)
{
	static const uint64_t durations[] = {NS_PER_MS, 1,         UINT64_MAX, 5 * NS_PER_MS,
					     0,         NS_PER_MS, 3,          NS_PER_SECOND};
	enum { COUNT = sizeof(durations) / sizeof(durations[0]) };
	struct distribution distribution = {0};
	struct metric_point point = {0};
	struct arena arena;
	uint64_t total = 0;

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < COUNT; i++)
		if (durations[i] != UINT64_MAX)
			assert_true(distribution_add(&distribution, durations[i]));
	assert_true(distribution_to_point(&distribution, &arena, &point));
	for (uint32_t i = 0; i < point.exponential.positive.count; i++)
		total += point.exponential.positive.counts[i];
	assert_int_equal(total, COUNT - 2);
	assert_int_equal(count_at(&point, distribution_bucket(NS_PER_MS)), 2);
	assert_int_equal(count_at(&point, distribution_bucket(1)), 1);
	assert_int_equal(count_at(&point, distribution_bucket(NS_PER_SECOND)), 1);
	assert_int_equal(point.exponential.zero_count, 1);
	assert_int_equal(point.exponential.scale, 4);
	assert_int_equal(point.count, COUNT - 1);
	assert_int_equal(point.has, POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX);
	assert_true(point.min == 0);
	assert_true(point.max == 1000);
	assert_true(fabs(point.sum - 1007.000004) < 1e-9);
	arena_release(&arena);
	distribution_release(&distribution);
}

static void stays_within_its_bound_for_the_longest_duration(void **state)
{
	struct distribution distribution = {0};

	(void)state;
	assert_true(distribution_add(&distribution, UINT64_MAX));
	assert_true(distribution_add(&distribution, 1));
	assert_true(distribution.bucket_count <= 1025);
	assert_int_equal(distribution.counts[0], 1);
	assert_int_equal(distribution.counts[distribution.bucket_count - 1], 1);
	distribution_release(&distribution);
}

static void is_empty_after_clear(void **state)
{
	struct distribution distribution = {0};

	(void)state;
	assert_true(distribution_add(&distribution, NS_PER_SECOND));
	distribution_clear(&distribution);
	assert_true(distribution_add(&distribution, 1));
	assert_int_equal(distribution.count, 1);
	assert_int_equal(distribution.bucket_count, 1);
	assert_int_equal(distribution.counts[0], 1);
	assert_int_equal(distribution.max_ns, 1);
	distribution_release(&distribution);
}

static void says_when_the_arena_is_full(void **state)
{
	struct distribution distribution = {0};
	struct metric_point point = {0};
	struct arena arena;

	(void)state;
	arena_init(&arena, 16);
	assert_true(distribution_add(&distribution, 1));
	assert_true(distribution_add(&distribution, NS_PER_SECOND));
	assert_false(distribution_to_point(&distribution, &arena, &point));
	arena_release(&arena);
	distribution_release(&distribution);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_a_duration_between_its_bounds),
		cmocka_unit_test(errs_by_less_than_two_and_a_quarter_per_cent),
		cmocka_unit_test(keeps_every_count_whatever_the_order),
		cmocka_unit_test(stays_within_its_bound_for_the_longest_duration),
		cmocka_unit_test(is_empty_after_clear),
		cmocka_unit_test(says_when_the_arena_is_full),
	};

	return test_run("processor/distribution", tests);
}
