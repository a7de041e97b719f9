#include "app/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

static int do_nothing(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return CLI_DONE;
}

static const struct command command = {"fetch", "Fetch things", do_nothing};

/* What a subcommand of this test can be told. */
struct told {
	bool flag;
	const char *text;
	uint64_t count, duration_ns;
	double rate;
	struct config_request request;
	int result;
	bool goes_on;
	char output[4096]; /* standard output and standard error */
};

enum { WORDS_MOST = 8 };

static void parse(struct told *told, const char *const *words)
{
	const struct option options[] = {
		{"flag", NULL, "a flag", OPTION_FLAG, &told->flag},
		{"text", "TEXT", "a text", OPTION_TEXT, &told->text},
		{"count", "N", "a count", OPTION_COUNT, &told->count},
		{"rate", "N", "a rate", OPTION_RATE, &told->rate},
		{"duration", "TIME", "a time", OPTION_DURATION, &told->duration_ns},
	};
	const struct command_line line = {&command, NULL, options, sizeof(options) / sizeof(options[0])};
	char *argv[WORDS_MOST + 2] = {(char *)"fetch"};
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	told->goes_on = cli_parse(&line, argc, argv, &told->request, &told->result);
}

/* With what is said caught in told->output. */
static void parse_caught(struct told *told, const char *const *words)
{
	char path[] = "/tmp/rohas-cli-XXXXXX";
	int file = mkstemp(path), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	ssize_t size;

	assert_true(file >= 0);
	unlink(path);
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	dup2(file, STDERR_FILENO);
	parse(told, words);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	size = pread(file, told->output, sizeof(told->output) - 1, 0);
	told->output[size > 0 ? size : 0] = '\0';
	close(out);
	close(err);
	close(file);
}

static void reads_every_kind_of_option(void **state)
{
	static const char *const words[] = {"--flag",     "--text",     "a b", "--count=12",
					    "--rate=0.5", "--duration", "90s", NULL};
	struct told told = {0};

	(void)state;
	parse(&told, words);
	assert_true(told.goes_on);
	assert_true(told.flag);
	assert_string_equal(told.text, "a b");
	assert_int_equal(told.count, 12);
	assert_true(told.rate == 0.5);
	assert_int_equal(told.duration_ns, UINT64_C(90000000000));
	cli_release_request(&told.request);
}

static void collects_settings_in_their_order(void **state)
{
	static const char *const words[] = {
		"--set", "a.b=1", "--project-root=/srv", "--set=c.d=x=y", "--config", "f.toml", NULL};
	struct told told = {0};

	(void)state;
	parse(&told, words);
	assert_true(told.goes_on);
	assert_int_equal(told.request.setting_count, 2);
	assert_string_equal(told.request.settings[0], "a.b=1");
	assert_string_equal(told.request.settings[1], "c.d=x=y");
	assert_string_equal(told.request.project_root, "/srv");
	assert_string_equal(told.request.file, "f.toml");
	cli_release_request(&told.request);
}

static void refuses_with_one_sentence(void **state)
{
	static const struct {
		const char *words[3];
		const char *sentence;
	} rows[] = {
		{{"--txet", "a"},
		 "rohas-telemetry: fetch knows no option --txet; the nearest one is --text\n"},
		{{"--text"}, "rohas-telemetry: --text needs a value: --text TEXT\n"},
		{{"--set"}, "rohas-telemetry: --set needs a value: --set KEY=VALUE\n"},
		{{"--count", "-1"}, "rohas-telemetry: --count is \"-1\"; allowed is a whole number\n"},
		{{"--rate", "0"},
		 "rohas-telemetry: --rate is \"0\"; allowed is a number above 0, at most 1000000\n"},
		{{"--rate", "nan"},
		 "rohas-telemetry: --rate is \"nan\"; allowed is a number above 0, at most 1000000\n"},
		{{"--duration", "60"},
		 "rohas-telemetry: --duration is \"60\"; allowed is a duration such as 90s, 15m, 24h or "
		 "7d\n"},
		{{"stray"},
		 "rohas-telemetry: fetch takes no argument \"stray\"; see rohas-telemetry fetch --help\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told = {0};

		parse_caught(&told, rows[i].words);
		assert_false(told.goes_on);
		assert_int_equal(told.result, CLI_WRONG);
		assert_string_equal(told.output, rows[i].sentence);
	}
}

static void takes_zero_for_a_duration_without_a_unit(void **state)
{
	static const char *const words[] = {"--duration", "0", NULL};
	struct told told = {.duration_ns = 5};

	(void)state;
	parse(&told, words);
	assert_true(told.goes_on);
	assert_int_equal(told.duration_ns, 0);
	cli_release_request(&told.request);
}

static void help_names_every_option_and_ends(void **state)
{
	static const char *const words[] = {"--help", NULL};
	static const char *const names[] = {"--flag", "--text TEXT", "--count N", "--project-root DIR",
					    "--set KEY=VALUE"};
	struct told told = {0};

	(void)state;
	parse_caught(&told, words);
	assert_false(told.goes_on);
	assert_int_equal(told.result, CLI_DONE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(told.output, names[i]));
	/* No terminal, no colour. */
	assert_null(strchr(told.output, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind_of_option),
		cmocka_unit_test(collects_settings_in_their_order),
		cmocka_unit_test(refuses_with_one_sentence),
		cmocka_unit_test(takes_zero_for_a_duration_without_a_unit),
		cmocka_unit_test(help_names_every_option_and_ends),
	};

	return test_run("app/cli", tests);
}
