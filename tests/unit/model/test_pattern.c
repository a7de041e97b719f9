#include "model/pattern.h"

#include "test.h"

static bool matches(const char *text, const char *subject)
{
	struct pattern *pattern;
	struct error error;
	size_t offset;
	bool found;

	assert_int_equal(pattern_new(str_from(text), &pattern, &offset, &error), STATUS_OK);
	found = pattern_matches(pattern, str_from(subject));
	pattern_free(pattern);
	return found;
}

static void is_found_anywhere_unless_it_is_tied_to_the_ends(void **state)
{
	(void)state;
	assert_true(matches("/users/", "GET /users/7"));
	assert_false(matches("^/users/", "GET /users/7"));
	assert_true(matches("^GET /users/\\d+$", "GET /users/7"));
	assert_true(matches("", ""));
}

static void tells_letters_of_either_case_apart_unless_it_says_otherwise(void **state)
{
	(void)state;
	assert_false(matches("timeout", "Timeout"));
	assert_true(matches("(?i)größe", "GRÖßE"));
}

static void goes_around_bytes_that_are_no_text(void **state)
{
	(void)state;
	assert_true(matches("b+", "\xff\xfe bb"));
}

static void names_the_place_where_it_is_wrong(void **state)
{
	struct pattern *pattern;
	struct error error;
	size_t offset = 0;

	(void)state;
	assert_int_equal(pattern_new(str_from("ab(c"), &pattern, &offset, &error), STATUS_INVALID);
	assert_int_equal(offset, 4);
	assert_non_null(strstr(error.message, "parenthes"));
}

/* Without the limit this takes longer than anybody waits. */
static void gives_up_on_a_text_that_takes_too_many_steps(void **state)
{
	char text[201];

	(void)state;
	memset(text, 'a', 200);
	text[199] = '!';
	text[200] = '\0';
	assert_false(matches("^(a+)+$", text));
}

static void refuses_what_grows_without_bound(void **state)
{
	struct pattern *pattern;
	struct error error;
	size_t offset;

	(void)state;
	assert_int_equal(
		pattern_new(str_from("((((a{1000}){1000}){1000}){1000})"), &pattern, &offset, &error),
		STATUS_INVALID);
}

static void a_whole_pattern_matches_whole_texts(void **state)
{
	static const struct {
		const char *pattern, *value;
		bool matches;
	} cases[] = {
		{"/users/.*", "/users/7", true},
		{"/users/.*", "/v2/users/7", false},
		{"a|b", "b", true},
		{"a|b", "ab", false},
		{"", "", true},
		{"", "a", false},
		{"5..", "503", true},
		{"5..", "5030", false},
		{"a.b", "a\nb", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern *pattern;
		size_t offset;

		assert_int_equal(pattern_new_whole(str_from(cases[i].pattern), &pattern, &offset, NULL),
				 STATUS_OK);
		if (pattern_matches(pattern, str_from(cases[i].value)) != cases[i].matches)
			fail_msg("%s of %s", cases[i].pattern, cases[i].value);
		pattern_free(pattern);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_pattern_matches_whole_texts),
		cmocka_unit_test(is_found_anywhere_unless_it_is_tied_to_the_ends),
		cmocka_unit_test(tells_letters_of_either_case_apart_unless_it_says_otherwise),
		cmocka_unit_test(goes_around_bytes_that_are_no_text),
		cmocka_unit_test(names_the_place_where_it_is_wrong),
		cmocka_unit_test(gives_up_on_a_text_that_takes_too_many_steps),
		cmocka_unit_test(refuses_what_grows_without_bound),
	};

	return test_run("model/pattern", tests);
}
