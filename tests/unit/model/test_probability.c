#include "model/probability.h"

#include "unit/test.h"

static uint64_t of(const char *trace_id, const char *trace_state)
{
	uint8_t bytes[TRACE_ID_SIZE];

	assert_true(hex_decode(str_from(trace_id), bytes, sizeof(bytes)));
	return trace_randomness(bytes, str_from(trace_state));
}

static void takes_the_last_seven_bytes_of_the_trace_id(void **state)
{
	(void)state;
	assert_int_equal(of("00112233445566778899aabbccddeeff", ""), UINT64_C(0x99aabbccddeeff));
}

static void takes_rv_of_the_trace_state_where_it_is_well_formed(void **state)
{
	static const struct {
		const char *trace_state;
		bool is_taken;
	} cases[] = {
		{"ot=rv:6e6d1a75832a2f", true},
		{"ot=th:8;rv:6e6d1a75832a2f", true},
		{"vendor=x, ot=rv:6e6d1a75832a2f;th:8,other=y", true},
		{"ot=rv:6E6D1A75832A2F", true},
		{"ot=rv:6e6d1a75832a2", false},
		{"ot=rv:6e6d1a75832a2f0", false},
		{"ot=rv:6e6d1a75832a2g", false},
		{"ot=th:8", false},
		{"xot=rv:6e6d1a75832a2f", false},
		{"ot", false},
		{",,=,", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(of("00112233445566778899aabbccddeeff", cases[i].trace_state),
				 cases[i].is_taken ? UINT64_C(0x6e6d1a75832a2f) : UINT64_C(0x99aabbccddeeff));
}

static void a_threshold_keeps_its_ratio(void **state)
{
	(void)state;
	assert_int_equal(ratio_threshold(1), 0);
	assert_int_equal(ratio_threshold(0), RANDOMNESS_END);
	assert_int_equal(ratio_threshold(0.5), RANDOMNESS_END / 2);
	assert_int_equal(ratio_threshold(0.25), RANDOMNESS_END / 4 * 3);
	assert_true(ratio_threshold(1e-20) >= RANDOMNESS_END - 1);
	assert_int_equal(ratio_threshold(-1), RANDOMNESS_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_last_seven_bytes_of_the_trace_id),
		cmocka_unit_test(takes_rv_of_the_trace_state_where_it_is_well_formed),
		cmocka_unit_test(a_threshold_keeps_its_ratio),
	};

	return test_run("model/probability", tests);
}
