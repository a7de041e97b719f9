#include "model/span.h"

#include <string.h>

#include "test.h"

static void names_kinds_and_statuses(void **state)
{
	(void)state;
	assert_string_equal(span_kind_name(SPAN_UNSPECIFIED), "unspecified");
	assert_string_equal(span_kind_name(SPAN_INTERNAL), "internal");
	assert_string_equal(span_kind_name(SPAN_SERVER), "server");
	assert_string_equal(span_kind_name(SPAN_CLIENT), "client");
	assert_string_equal(span_kind_name(SPAN_PRODUCER), "producer");
	assert_string_equal(span_kind_name(SPAN_CONSUMER), "consumer");
	assert_string_equal(span_kind_name(6), "unspecified");
	assert_string_equal(span_kind_name(255), "unspecified");
	assert_string_equal(span_status_name(SPAN_STATUS_UNSET), "unset");
	assert_string_equal(span_status_name(SPAN_STATUS_OK), "ok");
	assert_string_equal(span_status_name(SPAN_STATUS_ERROR), "error");
	assert_string_equal(span_status_name(3), "unset");
}

static void names_of_handler_types_read_back(void **state)
{
	uint8_t type = 99;

	(void)state;
	for (uint8_t i = 1; i < HANDLER_TYPE_COUNT; i++) {
		assert_true(handler_type_parse(str_from(handler_type_name(i)), &type));
		assert_int_equal(type, i);
	}
	assert_true(handler_type_parse(str_from("WebSocket"), &type));
	assert_int_equal(type, HANDLER_WEBSOCKET);
	assert_string_equal(handler_type_name(HANDLER_NONE), "");
	assert_string_equal(handler_type_name(200), "");
	assert_false(handler_type_parse(str_from(""), &type));
	assert_false(handler_type_parse(str_from("job"), &type));
	assert_int_equal(type, HANDLER_WEBSOCKET);
}

static void names_of_outcomes_read_back(void **state)
{
	uint8_t outcome = 99;

	(void)state;
	for (uint8_t i = 0; i <= OUTCOME_LOST; i++) {
		assert_true(outcome_parse(str_from(outcome_name(i)), &outcome));
		assert_int_equal(outcome, i);
	}
	assert_false(outcome_parse(str_from("ok"), &outcome));
	assert_false(outcome_parse(str_from(""), &outcome));
	assert_int_equal(outcome, OUTCOME_LOST);
}

static void a_duration_is_never_negative(void **state)
{
	struct span span = {.start_ns = 10, .end_ns = 25};

	(void)state;
	assert_int_equal(span_duration_ns(&span), 15);
	span.end_ns = 10;
	assert_int_equal(span_duration_ns(&span), 0);
	span.end_ns = 9;
	assert_int_equal(span_duration_ns(&span), 0);
	span = (struct span){.start_ns = 0, .end_ns = UINT64_MAX};
	assert_true(span_duration_ns(&span) == UINT64_MAX);
}

static void a_root_has_no_parent(void **state)
{
	struct span span = {0};

	(void)state;
	assert_true(span_is_root(&span));
	span.parent_span_id[7] = 1;
	assert_false(span_is_root(&span));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_kinds_and_statuses),
		cmocka_unit_test(names_of_handler_types_read_back),
		cmocka_unit_test(names_of_outcomes_read_back),
		cmocka_unit_test(a_duration_is_never_negative),
		cmocka_unit_test(a_root_has_no_parent),
	};

	return test_run("model/span", tests);
}
