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

#include "app/config.h"

enum cli_exit { CLI_DONE = 0, CLI_FAILED = 1, CLI_WRONG = 2 };

enum option_kind {
	OPTION_FLAG,     /* target: bool */
	OPTION_TEXT,     /* const char * */
	OPTION_COUNT,    /* uint64_t */
	OPTION_RATE,     /* double, more than 0 */
	OPTION_DURATION, /* uint64_t, nanoseconds: "90s", "24h" */
};

struct option {
	const char *name;     /* without the two dashes */
	const char *argument; /* as help shows it; NULL for a flag */
	const char *help;
	enum option_kind kind;
	void *target; /* keeps what it holds where the option is not given */
};

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
};

/* False where there is nothing left to do: --help was asked for, or the line is wrong. *exit_out says which.
 */
bool cli_parse(const struct command_line *line, int argc, char **argv, struct config_request *request,
	       int *exit_out);

/* Loads the configuration with the process's environment and tells its problems. False where it has errors.
 */
bool cli_load_config(struct config_request *request, struct config *config);

/* Frees what cli_parse put into request. */
void cli_release_request(struct config_request *request);

/* "rohas-telemetry: …" on standard error. Returns CLI_FAILED. */
int cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The escape sequence, or "" where standard output is not a terminal. */
const char *cli_bold(void);
const char *cli_dim(void);
const char *cli_plain(void);

extern const struct command serve_command, check_config_command, demo_command;

#endif
