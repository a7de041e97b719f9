#include "query/cursor.h"

#include "test.h"

static const struct cursor sample = {
	.range = {1, UINT64_MAX},
	.filter_hash = 42,
	.snapshot = 7,
	.position_ns = UINT64_C(1767225600123456789),
	.skip = 3,
	.trace_id = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255},
};

static void reads_back_what_was_written(void **state)
{
	char text[CURSOR_TEXT_SIZE];
	struct cursor cursor;
	struct error error;

	(void)state;
	cursor_encode(CURSOR_TRACES, &sample, text);
	assert_int_equal(cursor_decode(CURSOR_TRACES, str_from(text), 42, &cursor, &error), STATUS_OK);
	assert_int_equal(cursor.range.start_ns, 1);
	assert_true(cursor.range.end_ns == UINT64_MAX);
	assert_int_equal(cursor.snapshot, 7);
	assert_true(cursor.position_ns == sample.position_ns);
	assert_int_equal(cursor.skip, 3);
	assert_memory_equal(cursor.trace_id, sample.trace_id, TRACE_ID_SIZE);
}

static void is_safe_in_an_address(void **state)
{
	char text[CURSOR_TEXT_SIZE];

	(void)state;
	for (uint64_t skip = 0; skip < 64; skip++) {
		struct cursor cursor = sample;

		cursor.skip = skip;
		cursor_encode(CURSOR_LOGS, &cursor, text);
		for (const char *at = text; *at; at++)
			assert_non_null(strchr(
				"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", *at));
	}
}

static void refuses_every_altered_character(void **state)
{
	char text[CURSOR_TEXT_SIZE];
	struct cursor cursor;
	struct error error;

	(void)state;
	cursor_encode(CURSOR_LOGS, &sample, text);
	/* The last character's lowest bits are padding: all others count. */
	for (size_t i = 0; i + 1 < strlen(text); i++) {
		char before = text[i];

		text[i] = before == 'A' ? 'B' : 'A';
		assert_int_equal(cursor_decode(CURSOR_LOGS, str_from(text), 42, &cursor, &error),
				 STATUS_INVALID);
		text[i] = before;
	}
	assert_int_equal(cursor_decode(CURSOR_LOGS, str_from(text), 42, &cursor, &error), STATUS_OK);
}

static void refuses_what_is_no_cursor(void **state)
{
	static const char *const texts[] = {"x", "AAAA", "not a cursor", "****"};
	struct cursor cursor;
	struct error error;
	char too_long[200];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(cursor_decode(CURSOR_LOGS, str_from(texts[i]), 42, &cursor, &error),
				 STATUS_INVALID);
	memset(too_long, 'A', sizeof(too_long));
	assert_int_equal(
		cursor_decode(CURSOR_LOGS, str_make(too_long, sizeof(too_long)), 42, &cursor, &error),
		STATUS_INVALID);
}

static void refuses_the_cursor_of_another_list_or_filter(void **state)
{
	char text[CURSOR_TEXT_SIZE];
	struct cursor cursor;
	struct error error;

	(void)state;
	cursor_encode(CURSOR_TRACES, &sample, text);
	assert_int_equal(cursor_decode(CURSOR_LOGS, str_from(text), 42, &cursor, &error), STATUS_INVALID);
	assert_int_equal(cursor_decode(CURSOR_TRACES, str_from(text), 43, &cursor, &error), STATUS_INVALID);
	assert_non_null(strstr(error.message, "other filters"));
}

static void tells_filters_apart_but_not_their_ranges(void **state)
{
	struct span_filter one = SPAN_FILTER_ANY, other = SPAN_FILTER_ANY;

	(void)state;
	one.handler = str_from("ab");
	other.handler = str_from("a");
	other.language = str_from("b");
	assert_true(span_filter_hash(&one) != span_filter_hash(&other));
	other = one;
	other.range.start_ns = 5;
	assert_true(span_filter_hash(&one) == span_filter_hash(&other));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_was_written),
		cmocka_unit_test(is_safe_in_an_address),
		cmocka_unit_test(refuses_every_altered_character),
		cmocka_unit_test(refuses_what_is_no_cursor),
		cmocka_unit_test(refuses_the_cursor_of_another_list_or_filter),
		cmocka_unit_test(tells_filters_apart_but_not_their_ranges),
	};

	return test_run("query/cursor", tests);
}
