#include "base/status.h"

#include <string.h>

#include "test.h"

static void every_status_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = STATUS_OK; i <= STATUS_CANCELLED; i++)
		for (int j = STATUS_OK; j < i; j++)
			assert_string_not_equal(status_name((enum status)i), status_name((enum status)j));
	assert_string_equal(status_name(STATUS_OK), "ok");
	assert_string_equal(status_name((enum status)99), "unknown");
}

static void tells_what_may_succeed_later(void **state)
{
	(void)state;
	assert_true(status_is_transient(STATUS_BUSY));
	assert_true(status_is_transient(STATUS_IO));
	assert_true(status_is_transient(STATUS_CANCELLED));
	assert_false(status_is_transient(STATUS_OK));
	assert_false(status_is_transient(STATUS_INVALID));
	assert_false(status_is_transient(STATUS_TOO_LARGE));
	assert_false(status_is_transient(STATUS_CORRUPT));
	assert_false(status_is_transient(STATUS_NO_MEMORY));
}

static void sets_and_wraps_a_sentence(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(error_set(&error, STATUS_IO, "no room on %s", "/data"), STATUS_IO);
	assert_int_equal(error_wrap(&error, STATUS_INVALID, "block %d", 7), STATUS_IO);
	assert_string_equal(error.message, "block 7: no room on /data");
	assert_int_equal(error.status, STATUS_IO);
	assert_int_equal(error_set(NULL, STATUS_BUSY, "x"), STATUS_BUSY);
	assert_int_equal(error_wrap(NULL, STATUS_BUSY, "x"), STATUS_BUSY);
}

static void cuts_a_sentence_that_is_too_long(void **state)
{
	struct error error;
	char text[600];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&error, STATUS_IO, "%s", text);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	error_wrap(&error, STATUS_IO, "in front");
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	assert_int_equal(strncmp(error.message, "in front: xxx", 13), 0);
	error_wrap(&error, STATUS_IO, "%s", text);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status_has_a_name_of_its_own),
		cmocka_unit_test(tells_what_may_succeed_later),
		cmocka_unit_test(sets_and_wraps_a_sentence),
		cmocka_unit_test(cuts_a_sentence_that_is_too_long),
	};

	return test_run("base/status", tests);
}
