#include "config/toml.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

/* What a walk saw, a line a value: "key line:column kind text". */
struct seen {
	char lines[2048];
	const char *leave_out; /* a table whose contents are not asked for */
};

static bool note(void *context, struct str key, struct toml_place place, const struct toml_value *value)
{
	struct seen *seen = context;
	size_t used = strlen(seen->lines);

	snprintf(seen->lines + used, sizeof(seen->lines) - used, "%.*s %u:%u %d %u:%u %.*s\n", STR_ARG(key),
		 place.line, place.column, (int)value->kind, value->place.line, value->place.column,
		 STR_ARG(value->text));
	return !seen->leave_out || !str_equal_c(key, seen->leave_out);
}

static void walk(const char *text, struct seen *seen)
{
	struct toml_place place;
	struct error error;

	assert_int_equal(toml_walk(str_from(text), note, seen, &place, &error), STATUS_OK);
}

static void gives_every_kind_with_its_place(void **state)
{
	struct seen seen = {0};

	(void)state;
	walk("a = 1\nb = \"two\"\nc = 3.5\nd = true\ne = 2020-01-02\n", &seen);
	assert_string_equal(seen.lines, "a 1:1 3 1:5 1\n"
					"b 2:1 2 2:5 two\n"
					"c 3:1 4 3:5 3.5\n"
					"d 4:1 5 4:5 true\n"
					"e 5:1 6 5:5 2020-01-02\n");
}

static void joins_the_keys_of_nested_tables(void **state)
{
	struct seen seen = {0};

	(void)state;
	walk("[a.b]\nc = 1\n", &seen);
	assert_non_null(strstr(seen.lines, "a.b.c 2:1 3 2:5 1\n"));
}

static void quotes_a_part_that_holds_a_dot(void **state)
{
	struct seen seen = {0};

	(void)state;
	walk("\"server.port\" = 1\n", &seen);
	assert_string_equal(seen.lines, "\"server.port\" 1:1 3 1:17 1\n");
}

static void leaves_out_what_is_not_asked_for(void **state)
{
	struct seen seen = {.leave_out = "a"};

	(void)state;
	walk("[a]\nb = 1\n[c]\nd = 2\n", &seen);
	assert_null(strstr(seen.lines, "a.b"));
	assert_non_null(strstr(seen.lines, "c.d"));
}

static bool count_items(void *context, struct str key, struct toml_place place,
			const struct toml_value *value)
{
	(void)key;
	(void)place;
	assert_int_equal(value->kind, TOML_IS_ARRAY);
	assert_str(value->items[1].text, "y");
	assert_int_equal(value->items[1].place.line, 2);
	*(size_t *)context = value->item_count;
	return true;
}

static void gives_the_items_of_a_list_with_their_places(void **state)
{
	size_t count = 0;
	struct toml_place place;

	(void)state;
	assert_int_equal(toml_walk(str_from("a = [\"x\",\n  \"y\"]"), count_items, &count, &place, NULL),
			 STATUS_OK);
	assert_int_equal(count, 2);
}

static void says_where_text_is_no_toml(void **state)
{
	static const struct {
		const char *text;
		unsigned line, column;
	} rows[] = {
		{"[server\n", 1, 8},
		{"a = 1\nb =\n", 2, 4},
		{"a = 1\na = 2\n", 2, 5},
		{"a = \"\xff\"", 1, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen seen = {0};
		struct toml_place place = {0};
		struct error error = {0};

		assert_int_equal(toml_walk(str_from(rows[i].text), note, &seen, &place, &error),
				 STATUS_INVALID);
		assert_int_equal(place.line, rows[i].line);
		assert_int_equal(place.column, rows[i].column);
		assert_true(strlen(error.message) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_every_kind_with_its_place),
		cmocka_unit_test(joins_the_keys_of_nested_tables),
		cmocka_unit_test(quotes_a_part_that_holds_a_dot),
		cmocka_unit_test(leaves_out_what_is_not_asked_for),
		cmocka_unit_test(gives_the_items_of_a_list_with_their_places),
		cmocka_unit_test(says_where_text_is_no_toml),
	};

	return test_run("config/toml", tests);
}
