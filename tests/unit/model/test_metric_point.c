#include "model/metric_point.h"

#include "test.h"

static void names_types_and_temporalities(void **state)
{
	(void)state;
	assert_string_equal(metric_type_name(METRIC_GAUGE), "gauge");
	assert_string_equal(metric_type_name(METRIC_SUM), "sum");
	assert_string_equal(metric_type_name(METRIC_HISTOGRAM), "histogram");
	assert_string_equal(metric_type_name(METRIC_EXPONENTIAL_HISTOGRAM), "exponential_histogram");
	assert_string_equal(metric_type_name(METRIC_SUMMARY), "summary");
	assert_string_equal(metric_type_name(0), "");
	assert_string_equal(metric_type_name(6), "");
	assert_string_equal(temporality_name(TEMPORALITY_UNSPECIFIED), "");
	assert_string_equal(temporality_name(TEMPORALITY_DELTA), "delta");
	assert_string_equal(temporality_name(TEMPORALITY_CUMULATIVE), "cumulative");
	assert_string_equal(temporality_name(3), "");
}

static void reads_any_number_as_a_real(void **state)
{
	(void)state;
	assert_true(number_as_double((struct number){.integer = -3, .kind = NUMBER_INT}) == -3.0);
	assert_true(number_as_double((struct number){.real = 0.5, .kind = NUMBER_DOUBLE}) == 0.5);
	assert_true(number_as_double((struct number){.integer = 5, .kind = NUMBER_NONE}) == 0.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_types_and_temporalities),
		cmocka_unit_test(reads_any_number_as_a_real),
	};

	return test_run("model/metric_point", tests);
}
