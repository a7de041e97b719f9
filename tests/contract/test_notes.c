/* Notes: by key, in order, replaced and removed, kept over a restart. */
#include "contract/contract.h"

static void put(struct fixture *fixture, const char *key, const char *value)
{
	struct error error = {0};

	assert_ok(store_put_note(fixture->store, str_from(key), str_from(value), &error));
}

static enum status collect(void *context, struct str key, struct str value, struct error *error)
{
	struct buffer *text = context;

	(void)error;
	buffer_printf(text, "%.*s=%.*s;", STR_ARG(key), STR_ARG(value));
	return STATUS_OK;
}

static void assert_notes(struct fixture *fixture, const char *prefix, const char *expected)
{
	struct buffer text = BUFFER_EMPTY;
	struct error error = {0};

	assert_ok(store_each_note(fixture->store, str_from(prefix), collect, &text, &error));
	buffer_append_byte(&text, '\0');
	assert_string_equal(text.data, expected);
	buffer_release(&text);
}

static void are_found_by_the_beginning_of_their_keys_in_order(void **state)
{
	put(*state, "error/b", "2");
	put(*state, "error/a", "1");
	put(*state, "errors", "3");
	put(*state, "zebra", "4");
	assert_notes(*state, "error/", "error/a=1;error/b=2;");
	assert_notes(*state, "", "error/a=1;error/b=2;errors=3;zebra=4;");
	assert_notes(*state, "nothing", "");
	fixture_reopen(*state);
	assert_notes(*state, "error", "error/a=1;error/b=2;errors=3;");
}

static void a_new_value_replaces_the_old_one_and_none_removes_it(void **state)
{
	put(*state, "a", "1");
	put(*state, "a", "two");
	assert_notes(*state, "", "a=two;");
	put(*state, "a", NULL);
	put(*state, "a", NULL);
	assert_notes(*state, "", "");
	fixture_reopen(*state);
	assert_notes(*state, "", "");
}

static void have_limits(void **state)
{
	static char large[STORE_NOTE_VALUE_MOST + 1];
	struct fixture *fixture = *state;
	struct error error = {0};
	const struct str one = {"1", 1};

	memset(large, 'x', sizeof(large));
	assert_ok(store_put_note(fixture->store, str_make(large, STORE_NOTE_KEY_MOST),
				 str_make(large, STORE_NOTE_VALUE_MOST), &error));
	assert_int_equal(
		store_put_note(fixture->store, str_make(large, STORE_NOTE_KEY_MOST + 1), one, &error),
		STATUS_INVALID);
	assert_int_equal(
		store_put_note(fixture->store, one, str_make(large, STORE_NOTE_VALUE_MOST + 1), &error),
		STATUS_INVALID);
	assert_int_equal(store_put_note(fixture->store, str_make("", 0), one, &error), STATUS_INVALID);
	assert_int_equal(store_put_note(fixture->store, one, str_make("", 0), &error), STATUS_INVALID);
}

static enum status give_up(void *context, struct str key, struct str value, struct error *error)
{
	int *calls = context;

	(void)key;
	(void)value;
	*calls += 1;
	return error_set(error, STATUS_CANCELLED, "enough");
}

static void a_walk_ends_when_the_visitor_gives_up(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	int calls = 0;

	put(fixture, "a", "1");
	put(fixture, "b", "2");
	assert_int_equal(store_each_note(fixture->store, str_make("", 0), give_up, &calls, &error),
			 STATUS_CANCELLED);
	assert_int_equal(calls, 1);
}

static const struct CMUnitTest tests[] = {
	contract_test(are_found_by_the_beginning_of_their_keys_in_order),
	contract_test(a_new_value_replaces_the_old_one_and_none_removes_it),
	contract_test(have_limits),
	contract_test(a_walk_ends_when_the_visitor_gives_up),
};
const struct test_list note_tests = TEST_LIST(tests);
