#include "app/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
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
enum {
	SHARED_COUNT = sizeof(shared) / sizeof(shared[0]),
	HELP_COLUMN = 26,
	COMMAND_COLUMN = 17,
	WIDTH_WITHOUT_TERMINAL = 100,
	WIDEST_TEXT = 110, /* longer lines are hard to read, however wide the terminal */
};

static void say(const char *kind, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "rohas-telemetry: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int cli_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
	return CLI_FAILED;
}

void cli_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

bool cli_has_color(void)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && (!no_color || !no_color[0]) && terminal && strcmp(terminal, "dumb");
}

size_t cli_width(void)
{
	struct winsize size = {0};

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static const char *style(const char *sequence)
{
	return cli_has_color() ? sequence : "";
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

/* Words from where the line stands at column on, further lines indented; line ends in text are spaces. */
static void print_words(FILE *out, const char *text, size_t column, size_t indent)
{
	size_t width = cli_width() ? cli_width() : WIDTH_WITHOUT_TERMINAL;
	bool is_first = true;

	if (width > WIDEST_TEXT)
		width = WIDEST_TEXT;
	while (*text) {
		size_t size = strcspn(text, " \n");

		if (!is_first && column + 1 + size > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)size, text);
		column += size;
		is_first = false;
		text += size;
		text += strspn(text, " \n");
	}
	fputc('\n', out);
}

static void print_option(const char *name, const char *argument, const char *help)
{
	int used = printf("  --%s%s%s", name, argument ? " " : "", argument ? argument : "");

	if (used >= HELP_COLUMN)
		printf("\n%*s", HELP_COLUMN, "");
	else
		printf("%*s", HELP_COLUMN - used, "");
	print_words(stdout, help, HELP_COLUMN, HELP_COLUMN);
}

static void print_help(const struct command_line *line)
{
	printf("%s\n\nUsage: rohas-telemetry %s%s%s [options]\n", line->command->summary, line->command->name,
	       line->operand ? " " : "", line->operand ? line->operand_name : "");
	if (line->details) {
		printf("\n");
		print_words(stdout, line->details, 0, 0);
	}
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

static bool add_given(struct given *given, const char *name, const char *text)
{
	if (given->count == GIVEN_MOST)
		return false;
	given->items[given->count].name = name;
	given->items[given->count++].text = text;
	return true;
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
	case OPTION_GIVEN: return add_given(option->target, option->name, text);
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
		[OPTION_GIVEN] = "at most 64 of such options",
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

/* A word that is no option. */
static int parse_word(const struct command_line *line, const char *word)
{
	if (line->operands)
		line->operands[(*line->operand_count)++] = word;
	if (line->operand && !*line->operand) {
		*line->operand = word;
		return CLI_DONE;
	}
	if (line->operands)
		return CLI_DONE;
	cli_fail("%s takes no argument \"%s\"; see rohas-telemetry %s --help", line->command->name, word,
		 line->command->name);
	return CLI_WRONG;
}

static int parse_one(const struct command_line *line, struct cursor *cursor, struct config_request *request,
		     bool *help_out)
{
	struct str name, rest;
	const char *inlined, *text;

	if (strncmp(cursor->argv[cursor->at], "--", 2) != 0 && strcmp(cursor->argv[cursor->at], "-h") != 0)
		return parse_word(line, cursor->argv[cursor->at]);
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
	else if (*exit_out == CLI_DONE && line->operand && !*line->operand) {
		cli_fail("%s needs its %s: rohas-telemetry %s %s", line->command->name, line->operand_name,
			 line->command->name, line->operand_name);
		*exit_out = CLI_WRONG;
	}
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

/* ---- groups of commands ---- */

/* The name without the group's. */
static const char *own_name(const struct command *command)
{
	const char *space = strrchr(command->name, ' ');

	return space ? space + 1 : command->name;
}

static const struct command *command_find(const struct command_group *group, const char *name)
{
	for (size_t i = 0; i < group->count; i++)
		if (!strcmp(own_name(group->commands[i]), name))
			return group->commands[i];
	return NULL;
}

/* Against the beginning of a longer name too: "chek" means check-config. */
static size_t command_distance(const char *name, const struct command *command)
{
	struct str whole = str_from(own_name(command));
	struct str head = str_make(whole.data, whole.size < strlen(name) + 1 ? whole.size : strlen(name) + 1);
	size_t distance = str_distance(str_from(name), whole),
	       head_distance = str_distance(str_from(name), head);

	return head_distance < distance ? head_distance : distance;
}

static const struct command *command_nearest(const struct command_group *group, const char *name)
{
	const struct command *nearest = group->commands[0];

	for (size_t i = 1; i < group->count; i++)
		if (command_distance(name, group->commands[i]) < command_distance(name, nearest))
			nearest = group->commands[i];
	return nearest;
}

static void print_group_help(const struct command_group *group, FILE *out)
{
	const char *space = group->name[0] ? " " : "";

	print_words(out, group->introduction, 0, 0);
	fprintf(out, "\nUsage: rohas-telemetry%s%s <command> [options]\n\n", space, group->name);
	for (size_t i = 0; i < group->count; i++) {
		fprintf(out, "  %-*s", COMMAND_COLUMN - 2, own_name(group->commands[i]));
		print_words(out, group->commands[i]->summary, COMMAND_COLUMN, COMMAND_COLUMN);
	}
	fprintf(out, "\nrohas-telemetry%s%s <command> --help explains a command%s.\n", space, group->name,
		group->name[0] ? "" : ", --version the version");
}

int cli_run_group(const struct command_group *group, int argc, char **argv)
{
	const char *space = group->name[0] ? " " : "";
	const struct command *command;

	if (argc < 2) {
		print_group_help(group, stderr);
		return CLI_WRONG;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_group_help(group, stdout);
		return CLI_DONE;
	}
	command = command_find(group, argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	cli_fail("there is no command \"%s%s%s\"; the nearest one is %s (rohas-telemetry%s%s --help lists "
		 "them)",
		 group->name, space, argv[1], command_nearest(group, argv[1])->name, space, group->name);
	return CLI_WRONG;
}
