/*
 * cli: what every subcommand has in common: its options, its help, how it speaks.
 *
 * Errors go to standard error as one sentence, "rohas-telemetry: …"; answers go to standard output, with a
 * little colour where that is a terminal and NO_COLOR is not set.
 *
 * Ownership  option values are views into argv.
 * Threads    the main thread, before others are started.
 * Errors     enum cli_exit: 0 done, 1 failed, 2 wrong usage or configuration.
 */
#ifndef ROHAS_APP_CLI_H
#define ROHAS_APP_CLI_H

#include "config/config.h"

enum cli_exit { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG = 2 };

enum option_kind {
	OPTION_FLAG,     /* target: bool */
	OPTION_TEXT,     /* const char * */
	OPTION_COUNT,    /* uint64_t */
	OPTION_RATE,     /* double, more than 0 */
	OPTION_DURATION, /* uint64_t, nanoseconds: "90s", "24h" */
	OPTION_GIVEN,    /* struct given: the option's name and value are added; it may be repeated */
};

/* Options of a line in their order, for a command that hands them on. */
enum { GIVEN_MOST = 64 };
struct given {
	struct {
		const char *name, *text;
	} items[GIVEN_MOST];
	size_t count;
};

struct option {
	const char *name;     /* without the two dashes */
	const char *argument; /* as help shows it; NULL for a flag */
	const char *help;
	enum option_kind kind;
	void *target; /* keeps what it holds where the option is not given */
};

/* "serve"; of a command in a group the name has the group's before it: "query traces". */
struct command {
	const char *name;
	const char *summary;               /* one line */
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name; gives an enum cli_exit */
};

/* The shared options, read into request, come on top of the command's own. */
struct command_line {
	const struct command *command;
	const char *details; /* a paragraph of help, or NULL */
	const struct option *options;
	size_t option_count;
	/* One word that is no option, and how help shows it ("ID"): it must be there. NULL: there is none. */
	const char *operand_name;
	const char **operand;
	/* Where the command takes several: room for as many as there are words, and their count; else NULL. They may
	 * stand before, between and behind the options. */
	const char **operands;
	size_t *operand_count;
};

/* Commands under one name. */
struct command_group {
	const char *name;         /* "query"; "" for those of the program itself */
	const char *introduction; /* a paragraph of help */
	const struct command *const *commands;
	size_t count;
};

/* Runs the command that argv[1] names; tells the group's help where it is asked for. */
int cli_run_group(const struct command_group *group, int argc, char **argv);

/* False where there is nothing left to do: --help was asked for, or the line is wrong. *exit_out says which.
 */
bool cli_parse(const struct command_line *line, int argc, char **argv, struct config_request *request,
	       int *exit_out);

/* Loads the configuration with the process's environment and tells its problems. False where it has errors.
 */
bool cli_load_config(struct config_request *request, struct config *config);

/* Frees what cli_parse put into request. */
void cli_release_request(struct config_request *request);

/* "rohas-telemetry: …" on standard error. Returns CLI_FAILED. cli_warn says "warning: " before it. */
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether standard output is a terminal that shows colours, and how wide it is: 0 where it is none. */
bool cli_has_color(void);
size_t cli_width(void);

/* The escape sequence, or "" where standard output is not a terminal. */
const char *cli_bold(void);
const char *cli_dim(void);
const char *cli_plain(void);

extern const struct command serve_command, query_command, db_command, check_config_command, demo_command,
	export_command, import_command, backup_command, restore_command, doctor_command;

#endif
