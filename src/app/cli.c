#include "app/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

extern char **environ;

static struct {
	const char *argument, *name, *help;
} const shared[] = {
	{"DIR", "project-root", "the project's folder (default: the current one)"},
	{"FILE", "config", "the configuration (default: config/rohas.toml under the project's folder)"},
	{"KEY=VALUE", "set", "override one key, such as --set server.port=3100; may be repeated"},
	{NULL, "help", "this text"},
};
enum { SHARED_COUNT = sizeof(shared) / sizeof(shared[0]), HELP_COLUMN = 26 };

int cli_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("rohas-telemetry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return CLI_FAILED;
}

static const char *style(const char *sequence)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (!no_color || !no_color[0]) ? sequence : "";
}

const char *cli_bold(void)
{
	return style("\033[1m");
}

const char *cli_dim(void)
{
	return style("\033[2m");
}

const char *cli_plain(void)
{
	return style("\033[0m");
}

static void print_option(const char *name, const char *argument, const char *help)
{
	int used = printf("  --%s%s%s", name, argument ? " " : "", argument ? argument : "");

	if (used >= HELP_COLUMN)
		printf("\n%*s%s\n", HELP_COLUMN, "", help);
	else
		printf("%*s%s\n", HELP_COLUMN - used, "", help);
}

static void print_help(const struct command_line *line)
{
	printf("%s\n\nUsage: rohas-telemetry %s [options]\n", line->command->summary, line->command->name);
	if (line->details)
		printf("\n%s\n", line->details);
	printf("\n%sOptions%s\n", cli_bold(), cli_plain());
	for (size_t i = 0; i < line->option_count; i++)
		print_option(line->options[i].name, line->options[i].argument, line->options[i].help);
	for (size_t i = 0; i < SHARED_COUNT; i++)
		print_option(shared[i].name, shared[i].argument, shared[i].help);
}

static const char *nearest_option(const struct command_line *line, struct str name)
{
	const char *nearest = "help";
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < line->option_count + SHARED_COUNT; i++) {
		const char *candidate =
			i < line->option_count ? line->options[i].name : shared[i - line->option_count].name;
		size_t distance = str_distance(name, str_from(candidate));

		if (distance < least) {
			least = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

/* A unit is asked for: nobody means milliseconds by --duration 60. */
static bool parse_duration(struct str value, uint64_t *duration_out)
{
	uint64_t bare;

	return (!str_parse_u64(value, &bare) || bare == 0) && duration_parse(value, duration_out);
}

static bool set_target(const struct option *option, const char *text)
{
	struct str value = str_from(text);
	double rate;

	switch (option->kind) {
	case OPTION_FLAG: *(bool *)option->target = true; return true;
	case OPTION_TEXT: *(const char **)option->target = text; return true;
	case OPTION_COUNT: return str_parse_u64(value, option->target);
	case OPTION_DURATION: return parse_duration(value, option->target);
	case OPTION_RATE: break;
	}
	if (!str_parse_double(value, &rate) || !(rate > 0 && rate <= 1e6))
		return false;
	*(double *)option->target = rate;
	return true;
}

static int complain_value(const struct option *option, const char *text)
{
	static const char *const allowed[] = {
		[OPTION_COUNT] = "a whole number",
		[OPTION_RATE] = "a number above 0, at most 1000000",
		[OPTION_DURATION] = "a duration such as 90s, 15m, 24h or 7d",
	};

	cli_fail("--%s is \"%s\"; allowed is %s", option->name, text, allowed[option->kind]);
	return CLI_WRONG;
}

/* The options that every subcommand has. */
static void set_shared(struct config_request *request, size_t index, const char *text)
{
	const char **settings = (const char **)request->settings;

	switch (index) {
	case 0: request->project_root = text; return;
	case 1: request->file = text; return;
	default: settings[request->setting_count++] = text;
	}
}

/* Where parsing stands. */
struct cursor {
	int argc, at;
	char **argv;
};

/* The text behind = or the next argument; NULL where there is none. */
static const char *take_argument(struct cursor *cursor, const char *inlined)
{
	if (inlined)
		return inlined;
	return cursor->at + 1 < cursor->argc ? cursor->argv[++cursor->at] : NULL;
}

static int complain_missing(const char *name, const char *argument)
{
	cli_fail("--%s needs a value: --%s %s", name, name, argument);
	return CLI_WRONG;
}

static int parse_own(const struct option *option, struct cursor *cursor, const char *inlined)
{
	const char *text = option->argument ? take_argument(cursor, inlined) : NULL;

	if (option->argument && !text)
		return complain_missing(option->name, option->argument);
	return set_target(option, text) ? CLI_DONE : complain_value(option, text);
}

static int parse_one(const struct command_line *line, struct cursor *cursor, struct config_request *request,
		     bool *help_out)
{
	struct str name, rest;
	const char *inlined, *text;

	if (strncmp(cursor->argv[cursor->at], "--", 2) != 0 && strcmp(cursor->argv[cursor->at], "-h") != 0) {
		cli_fail("%s takes no argument \"%s\"; see rohas-telemetry %s --help", line->command->name,
			 cursor->argv[cursor->at], line->command->name);
		return CLI_WRONG;
	}
	inlined = str_split(str_from(cursor->argv[cursor->at] + 2), '=', &name, &rest) ? rest.data : NULL;
	for (size_t i = 0; i < line->option_count; i++)
		if (str_equal_c(name, line->options[i].name))
			return parse_own(&line->options[i], cursor, inlined);
	for (size_t i = 0; i + 1 < SHARED_COUNT; i++)
		if (str_equal_c(name, shared[i].name)) {
			text = take_argument(cursor, inlined);
			if (!text)
				return complain_missing(shared[i].name, shared[i].argument);
			set_shared(request, i, text);
			return CLI_DONE;
		}
	*help_out = str_equal_c(name, "help") || cursor->argv[cursor->at][1] == 'h';
	if (*help_out)
		return CLI_DONE;
	cli_fail("%s knows no option --%.*s; the nearest one is --%s", line->command->name, STR_ARG(name),
		 nearest_option(line, name));
	return CLI_WRONG;
}

bool cli_parse(const struct command_line *line, int argc, char **argv, struct config_request *request,
	       int *exit_out)
{
	struct cursor cursor = {argc, 1, argv};
	bool help = false;

	*exit_out = CLI_DONE;
	*request = (struct config_request){.environment = (const char *const *)environ};
	request->settings = calloc((size_t)argc + 1, sizeof(*request->settings));
	if (!request->settings)
		*exit_out = cli_fail("out of memory");
	for (; cursor.at < argc && *exit_out == CLI_DONE && !help; cursor.at++)
		*exit_out = parse_one(line, &cursor, request, &help);
	if (help)
		print_help(line);
	if (help || *exit_out != CLI_DONE)
		cli_release_request(request);
	return !help && *exit_out == CLI_DONE;
}

void cli_release_request(struct config_request *request)
{
	free((void *)request->settings);
	request->settings = NULL;
	request->setting_count = 0;
}

bool cli_load_config(struct config_request *request, struct config *config)
{
	enum status status = config_load(request, config);

	for (size_t i = 0; i < config->problem_count; i++)
		cli_fail("%s%s",
			 config->problems[i].is_error ? "" : "warning: ", config->problems[i].sentence);
	return status == STATUS_OK;
}
