#include "app/cli.h"
static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return CLI_FAILED;
}
const struct command db_command = {"db", "Look into the store's folder: sizes, blocks, damage; compact it",
				   run};
