#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"

static const struct command *const commands[] = {
	&serve_command,  &query_command,  &db_command,     &check_config_command, &demo_command,
	&export_command, &import_command, &backup_command, &restore_command,      &doctor_command,
};

static const struct command_group program = {
	"",
	"rohas-telemetry receives, keeps and shows the traces, metrics and logs of event-driven "
	"applications.",
	commands,
	sizeof(commands) / sizeof(commands[0]),
};

int main(int argc, char **argv)
{
	/* Whoever reads what we print may stop before its end: then so do we, with an error of write's own.
	 */
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("rohas-telemetry %s\n", ROHAS_VERSION);
		return CLI_DONE;
	}
	return cli_run_group(&program, argc, argv);
}
