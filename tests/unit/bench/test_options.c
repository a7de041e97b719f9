#include "test.h"

#include <string.h>

#include "load/options.h"

enum { ARGUMENTS_MAX = 8 };

/* Parses the space-separated arguments of line. */
static enum status parse(const char *line, struct options *options, struct error *error)
{
	static char text[256];
	char *argv[ARGUMENTS_MAX + 2] = {(char *)"otlp-load"}, *rest = text;
	int argc = 1;

	strncpy(text, line, sizeof(text) - 1);
	for (char *word; argc <= ARGUMENTS_MAX && (word = strtok_r(rest, " ", &rest));)
		argv[argc++] = word;
	return options_parse(argc, argv, options, error);
}

static void measures_ten_seconds_of_traces_by_default(void **state)
{
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(parse("", &options, &error), STATUS_OK);
	assert_string_equal(options.sender.url.authority, "127.0.0.1:4318");
	assert_string_equal(options.sender.url.path, "/v1/traces");
	assert_int_equal(options.items_per_request, 1000);
	assert_int_equal(options.sender.connection_count, 8);
	assert_true(options.sender.duration_seconds == 10);
}

static void sends_each_signal_to_its_own_path(void **state)
{
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(parse("--signal logs --spans 5", &options, &error), STATUS_OK);
	assert_string_equal(options.sender.url.path, "/v1/logs");
	assert_true(options.sender.duration_seconds == 0);
	assert_int_equal(options.sender.item_limit, 5);
}

static void spreads_and_hides_among_a_known_number_of_rows(void **state)
{
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(parse("--rows 5000 --spread 3600 --needle", &options, &error), STATUS_OK);
	assert_int_equal(options.sender.item_limit, 5000);
	assert_true(options.sender.spread_seconds == 3600);
	assert_true(options.sender.has_needle);
}

static void has_two_bodies_for_each_connection(void **state)
{
	struct options options;
	struct error error;

	(void)state;
	assert_int_equal(parse("-c 100 --pool 3", &options, &error), STATUS_OK);
	assert_int_equal(options.body_count, 200);
}

static void refuses_wrong_usage_and_names_it(void **state)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{"--bogus", "--bogus"},
		{"--url", "--url"},
		{"-c 0", "--connections"},
		{"-c 99999999999", "--connections"},
		{"--rate nan", "--rate"},
		{"--duration -1", "--duration"},
		{"--signal spans", "traces"},
		{"--header nocolon", "--header"},
		{"extra", "extra"},
		{"--pid 0", "--pid"},
		{"--signal metrics --print-trace-ids x", "--print-trace-ids"},
		{"--rows 0", "--rows"},
		{"--spread 60", "--rows"},
		{"--needle --duration 5", "--rows"},
		{"--needle --signal metrics --rows 5", "--signal"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options options;
		struct error error;

		assert_int_equal(parse(cases[i].line, &options, &error), STATUS_INVALID);
		assert_non_null(strstr(error.message, cases[i].reason));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_ten_seconds_of_traces_by_default),
		cmocka_unit_test(sends_each_signal_to_its_own_path),
		cmocka_unit_test(spreads_and_hides_among_a_known_number_of_rows),
		cmocka_unit_test(has_two_bodies_for_each_connection),
		cmocka_unit_test(refuses_wrong_usage_and_names_it),
	};

	return test_run("bench/options", tests);
}
