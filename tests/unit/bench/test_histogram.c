#include "test.h"

#include "load/histogram.h"

static struct histogram histogram;

static void is_zero_when_empty(void **state)
{
	(void)state;
	histogram = (struct histogram){0};
	assert_int_equal(histogram_quantile(&histogram, 0.5), 0);
}

static void is_exact_for_small_values(void **state)
{
	(void)state;
	histogram = (struct histogram){0};
	for (uint64_t value = 1; value <= 50; value++)
		histogram_add(&histogram, value);
	assert_int_equal(histogram_quantile(&histogram, 0.5), 25);
	assert_int_equal(histogram_quantile(&histogram, 1), 50);
}

static void is_never_low_and_at_most_two_hundredths_high(void **state)
{
	(void)state;
	for (uint64_t value = 1; value < UINT64_C(1) << 62; value += value / 3 + 1) {
		uint64_t median;

		histogram = (struct histogram){0};
		histogram_add(&histogram, value);
		histogram_add(&histogram, value);
		histogram_add(&histogram, UINT64_MAX);
		median = histogram_quantile(&histogram, 0.5);
		assert_true(median >= value);
		assert_true(median - value <= value / 50);
		assert_true(histogram_quantile(&histogram, 1) == UINT64_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_zero_when_empty),
		cmocka_unit_test(is_exact_for_small_values),
		cmocka_unit_test(is_never_low_and_at_most_two_hundredths_high),
	};

	return test_run("bench/histogram", tests);
}
