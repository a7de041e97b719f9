#include "query/mixture.h"

#include <math.h>

#include "test.h"

#define assert_near(actual, expected)                                                                        \
	assert_true(fabs((actual) - (expected)) <= 1e-9 * (1 + fabs((double)(expected))))

static void add(struct mixture *mixture, double lower, double upper, uint64_t count)
{
	struct bucket bucket = {lower, upper, count};

	assert_true(mixture_add(mixture, &bucket, 1));
}

static void interpolates_inside_a_bucket(void **state)
{
	struct mixture mixture = {0};

	(void)state;
	/* 10 values in (0, 10], 10 in (10, 30]: half way up is 10, three quarters 20. */
	add(&mixture, 0, 10, 10);
	add(&mixture, 10, 30, 10);
	assert_near(mixture_quantile(&mixture, 0.5, NAN, NAN), 10);
	assert_near(mixture_quantile(&mixture, 0.75, NAN, NAN), 20);
	assert_near(mixture_quantile(&mixture, 0.25, NAN, NAN), 5);
	mixture_release(&mixture);
}

static void adds_equal_buckets_exactly(void **state)
{
	struct mixture one = {0}, two = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		add(&one, 0, 10, 1);
		add(&one, 10, 20, 2);
	}
	add(&two, 10, 20, 6);
	add(&two, 0, 10, 3);
	assert_int_equal(one.count, 2);
	assert_int_equal(two.count, 2);
	for (double quantile = 0.05; quantile < 1; quantile += 0.05)
		assert_near(mixture_quantile(&one, quantile, NAN, NAN),
			    mixture_quantile(&two, quantile, NAN, NAN));
	mixture_release(&one);
	mixture_release(&two);
}

static void puts_histograms_of_different_bounds_together(void **state)
{
	struct mixture mixture = {0};

	(void)state;
	/* (0, 10] holds 10 and (0, 20] holds 10: up to 10 lie 10 + 5 of 20, up to 20 all. */
	add(&mixture, 0, 10, 10);
	add(&mixture, 0, 20, 10);
	assert_near(mixture_quantile(&mixture, 0.75, NAN, NAN), 10);
	assert_near(mixture_quantile(&mixture, 0.375, NAN, NAN), 5);
	assert_near(mixture_quantile(&mixture, 0.875, NAN, NAN), 15);
	mixture_release(&mixture);
}

static void closes_open_buckets_with_the_extremes(void **state)
{
	struct mixture mixture = {0};

	(void)state;
	add(&mixture, -INFINITY, 10, 10);
	add(&mixture, 100, INFINITY, 10);
	assert_near(mixture_quantile(&mixture, 0.25, 6, 140), 8);
	assert_near(mixture_quantile(&mixture, 0.75, 6, 140), 120);
	assert_near(mixture_quantile(&mixture, 0.999999999, 6, 140), 140);
	assert_true(isnan(mixture_quantile(&mixture, 0.5, NAN, 140)));
	mixture_release(&mixture);
}

static void has_no_percentile_when_empty(void **state)
{
	struct mixture mixture = {0};

	(void)state;
	assert_true(isnan(mixture_quantile(&mixture, 0.5, NAN, NAN)));
}

static void keeps_every_count_whatever_the_order(void **state)
{
	struct mixture mixture = {0};
	uint64_t total = 0;

	(void)state;
	for (uint64_t i = 0; i < 500; i++)
		add(&mixture, (double)(i * 7919 % 101), (double)(i * 7919 % 101) + 1, i);
	for (size_t i = 0; i < mixture.count; i++) {
		total += mixture.buckets[i].count;
		if (i)
			assert_true(mixture.buckets[i - 1].lower < mixture.buckets[i].lower);
	}
	assert_int_equal(mixture.count, 101);
	assert_int_equal(total, 500 * 499 / 2);
	mixture_release(&mixture);
}

static void refuses_too_many_different_buckets(void **state)
{
	struct mixture mixture = {0};
	struct bucket bucket = {0, 1, 1};
	bool added = true;
	size_t count = 0;

	(void)state;
	for (; added && count < 4 * MIXTURE_BUCKETS_MOST; count++) {
		bucket.lower = (double)count;
		bucket.upper = bucket.lower + 1;
		added = mixture_add(&mixture, &bucket, 1);
	}
	assert_false(added);
	assert_true(count > MIXTURE_BUCKETS_MOST);
	mixture_release(&mixture);
}

static void bounds_hold_the_value_wherever_values_lie_in_overlapping_buckets(void **state)
{
	struct mixture mixture = {0};
	struct value_bounds bounds;

	(void)state;
	/* One of each: the second smallest of three is at least the second lower end, and at most the second upper one. */
	add(&mixture, 1, 100, 1);
	add(&mixture, 2, 8, 1);
	add(&mixture, 4, 6, 1);
	bounds = mixture_quantile_bounds(&mixture, 0.5, NAN, NAN);
	assert_near(bounds.lower, 2);
	assert_near(bounds.upper, 8);
	bounds = mixture_quantile_bounds(&mixture, 1, NAN, 50);
	assert_near(bounds.lower, 4);
	assert_near(bounds.upper, 50);
	assert_near(value_bounds_width(bounds), 11.5);
	mixture_release(&mixture);
	assert_true(isnan(mixture_quantile_bounds(&mixture, 0.5, NAN, NAN).lower));
}

static void bounds_that_reach_zero_have_no_relative_width(void **state)
{
	(void)state;
	assert_true(isinf(value_bounds_width((struct value_bounds){0, 8})));
	assert_true(isinf(value_bounds_width((struct value_bounds){-1, 8})));
	assert_true(isinf(value_bounds_width((struct value_bounds){8, INFINITY})));
	assert_near(value_bounds_width((struct value_bounds){0, 0}), 0);
	assert_near(value_bounds_width((struct value_bounds){-8, -4}), 1);
}

static void reads_the_buckets_of_an_explicit_histogram(void **state)
{
	static const struct metric metric = {.type = METRIC_HISTOGRAM};
	static const uint64_t counts[] = {1, 0, 3};
	static const double bounds[] = {5, 10};
	struct metric_point point = {.metric = &metric, .histogram = {counts, bounds, 3, 2}};
	struct bucket buckets[4];

	(void)state;
	assert_int_equal(point_buckets(&point, buckets), 2);
	assert_true(isinf(buckets[0].lower) && buckets[0].upper == 5 && buckets[0].count == 1);
	assert_true(buckets[1].lower == 10 && isinf(buckets[1].upper) && buckets[1].count == 3);
}

static void reads_the_buckets_of_an_exponential_histogram(void **state)
{
	static const struct metric metric = {.type = METRIC_EXPONENTIAL_HISTOGRAM};
	static const uint64_t up[] = {1, 2}, down[] = {4, 5};
	struct metric_point point = {
		.metric = &metric,
		.exponential = {.scale = 0,
				.zero_count = 7,
				.positive = {up, 2, 1},     /* (2, 4] and (4, 8] */
				.negative = {down, 2, -1}}, /* [-1, -0.5) and [-2, -1) */
	};
	static const struct bucket expected[] = {{-2, -1, 5}, {-1, -0.5, 4}, {0, 0, 7}, {2, 4, 1}, {4, 8, 2}};
	struct bucket buckets[5];

	(void)state;
	assert_int_equal(point_bucket_limit(&point), 5);
	assert_int_equal(point_buckets(&point, buckets), 5);
	for (int i = 0; i < 5; i++) {
		assert_near(buckets[i].lower, expected[i].lower);
		assert_near(buckets[i].upper, expected[i].upper);
		assert_int_equal(buckets[i].count, expected[i].count);
	}
}

static void bounds_of_different_scales_nest_exactly(void **state)
{
	static const struct metric metric = {.type = METRIC_EXPONENTIAL_HISTOGRAM};
	static const uint64_t counts[] = {1};
	struct metric_point fine = {.metric = &metric,
				    .exponential = {.scale = 5, .positive = {counts, 1, 96}}};
	struct metric_point coarse = {.metric = &metric,
				      .exponential = {.scale = 3, .positive = {counts, 1, 24}}};
	struct bucket one, other;

	(void)state;
	point_buckets(&fine, &one);
	point_buckets(&coarse, &other);
	assert_true(one.lower == other.lower);
}

static void stays_finite_at_any_scale(void **state)
{
	static const struct metric metric = {.type = METRIC_EXPONENTIAL_HISTOGRAM};
	static const uint64_t counts[] = {1};
	static const int32_t numbers[] = {INT32_MIN, -10, 0, 20, INT32_MAX};

	(void)state;
	for (size_t i = 0; i < 25; i++) {
		struct metric_point point = {
			.metric = &metric,
			.exponential = {.scale = numbers[i / 5], .positive = {counts, 1, numbers[i % 5]}}};
		struct bucket bucket;

		point_buckets(&point, &bucket);
		assert_true(isfinite(bucket.lower) && isfinite(bucket.upper) && bucket.lower <= bucket.upper);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpolates_inside_a_bucket),
		cmocka_unit_test(adds_equal_buckets_exactly),
		cmocka_unit_test(puts_histograms_of_different_bounds_together),
		cmocka_unit_test(closes_open_buckets_with_the_extremes),
		cmocka_unit_test(has_no_percentile_when_empty),
		cmocka_unit_test(keeps_every_count_whatever_the_order),
		cmocka_unit_test(refuses_too_many_different_buckets),
		cmocka_unit_test(bounds_hold_the_value_wherever_values_lie_in_overlapping_buckets),
		cmocka_unit_test(bounds_that_reach_zero_have_no_relative_width),
		cmocka_unit_test(reads_the_buckets_of_an_explicit_histogram),
		cmocka_unit_test(reads_the_buckets_of_an_exponential_histogram),
		cmocka_unit_test(bounds_of_different_scales_nest_exactly),
		cmocka_unit_test(stays_finite_at_any_scale),
	};

	return test_run("query/mixture", tests);
}
