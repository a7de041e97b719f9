#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"

static const struct command *const commands[] = {
	&serve_command,
	&check_config_command,
	&demo_command,
};
enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

/* Against the beginning of a longer name too: "chek" means check-config. */
static size_t command_distance(const char *name, const struct command *command)
{
	struct str whole = str_from(command->name);
	struct str head = str_make(whole.data, whole.size < strlen(name) + 1 ? whole.size : strlen(name) + 1);
	size_t distance = str_distance(str_from(name), whole),
	       head_distance = str_distance(str_from(name), head);

	return head_distance < distance ? head_distance : distance;
}

static const struct command *command_nearest(const char *name)
{
	const struct command *nearest = commands[0];

	for (size_t i = 1; i < COMMAND_COUNT; i++)
		if (command_distance(name, commands[i]) < command_distance(name, nearest))
			nearest = commands[i];
	return nearest;
}

static void print_help(FILE *out)
{
	fprintf(out, "rohas-telemetry receives, keeps and shows the traces, metrics and logs of event-driven "
		     "applications.\n\nUsage: rohas-telemetry <command> [options]\n\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-14s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\nrohas-telemetry <command> --help explains a command; --version tells the version.\n");
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		print_help(stderr);
		return CLI_WRONG;
	}
	/* Whoever reads what we print may stop before its end: then so do we, with an error of write's own.
	 */
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return CLI_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("rohas-telemetry %s\n", ROHAS_VERSION);
		return CLI_DONE;
	}
	command = command_find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	cli_fail("there is no command \"%s\"; the nearest one is %s (rohas-telemetry --help lists them)",
		 argv[1], command_nearest(argv[1])->name);
	return CLI_WRONG;
}
