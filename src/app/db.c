/* db: a look into the store's folder, and what puts it in order. */
#include "app/db/db.h"

#include <stdio.h>
#include <time.h>

#include "app/cli.h"
#include "app/text/units.h"
#include "base/clock.h"

/* ---- what the subcommands share ---- */

struct store *db_open(const struct db_request *request)
{
	const struct rocksdb_store_options options = {.path = request->folder, .is_read_only = true};
	struct store *store = NULL;
	struct error error;

	if (rocksdb_store_open(&options, &store, &error) != STATUS_OK)
		cli_fail("%s", error.message);
	return store;
}

void db_day(uint32_t day, char text_out[DAY_TEXT_SIZE])
{
	time_t seconds = (time_t)day * 86400;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text_out, DAY_TEXT_SIZE, "%Y-%m-%d", &tm);
}

const char *db_rows_name(int signal)
{
	static const char *const names[SIGNAL_COUNT] = {
		[SIGNAL_TRACES] = "spans", [SIGNAL_METRICS] = "points", [SIGNAL_LOGS] = "log records"};

	return names[signal];
}

int db_show(const struct grid *grid)
{
	struct buffer out = BUFFER_EMPTY;
	int result;

	grid_write(grid, &out, cli_width(), cli_has_color());
	result = output_write(&out);
	buffer_release(&out);
	return result;
}

void db_put_count(struct grid *grid, uint64_t count)
{
	units_count(&grid->scratch, count);
	grid_put_scratch(grid, GRID_PLAIN);
}

void db_put_bytes(struct grid *grid, uint64_t size_bytes)
{
	units_bytes(&grid->scratch, size_bytes);
	grid_put_scratch(grid, GRID_PLAIN);
}

void db_put_ratio(struct grid *grid, double value)
{
	buffer_printf(&grid->scratch, "%.1f", value);
	grid_put_scratch(grid, GRID_PLAIN);
}

void db_put_time(struct grid *grid, uint64_t time_ns)
{
	units_time(&grid->scratch, time_ns, true);
	buffer_append_byte(&grid->scratch, ' ');
	units_zone(&grid->scratch, time_ns);
	grid_put_scratch(grid, GRID_PLAIN);
}

void db_member_time(struct json *json, const char *name, uint64_t time_ns)
{
	json_key(json, str_from(name));
	json_time(json, time_ns);
}

/* ---- the line ---- */

/* What was written of a request, before it is read. */
struct words {
	const char *store, *format, *signal, *day, *to;
	bool wants_columns;
};

static bool read_signal(const char *word, struct db_request *request)
{
	request->signal = -1;
	for (int signal = 0; word && signal < SIGNAL_COUNT; signal++)
		if (!strcmp(word, signal_name((enum signal)signal)))
			request->signal = signal;
	if (!word || request->signal >= 0)
		return true;
	cli_fail("--signal is \"%s\"; allowed is traces, metrics or logs", word);
	return false;
}

static bool read_day(const char *word, struct db_request *request)
{
	char text[40];
	uint64_t time_ns;

	request->day = -1;
	if (!word)
		return true;
	snprintf(text, sizeof(text), "%.20sT00:00:00Z", word);
	if (strlen(word) == 10 && time_parse(str_from(text), &time_ns)) {
		request->day = (int64_t)(time_ns / (86400 * NS_PER_SECOND));
		return true;
	}
	cli_fail("--day is \"%s\"; allowed is a day of UTC such as 2026-01-31", word);
	return false;
}

static int run_configured(const struct words *words, struct config_request *line, db_command_run *run)
{
	struct db_request request = {.wants_columns = words->wants_columns, .to = words->to};
	struct config config;
	int result = CLI_WRONG;

	if (cli_load_config(line, &config) && output_format_read(words->format, &request.format) &&
	    read_signal(words->signal, &request) && read_day(words->day, &request)) {
		request.folder = words->store ? words->store : config.store_path;
		if (words->store || !strcmp(config.telemetry.type, "rocksdb"))
			result = run(&request);
		else
			cli_fail("telemetry.type is \"%s\": there is no folder to look into; allowed is "
				 "\"rocksdb\", or --store DIR",
				 config.telemetry.type);
	}
	config_release(&config);
	return result;
}

/* Which of the options a subcommand takes, besides those that all take. */
enum { TAKES_FILTERS = 1, TAKES_COLUMNS = 2, TAKES_TARGET = 4 };

static int run_command(const struct command *command, const char *details, unsigned takes,
		       db_command_run *run, int argc, char **argv)
{
	struct words words = {.format = OUTPUT_FORMAT_STANDARD};
	const struct option all[] = {
		{"format", "FORMAT", OUTPUT_FORMAT_HELP, OPTION_TEXT, &words.format},
		{"store", "DIR", "the store's folder (default: telemetry.path of the configuration)",
		 OPTION_TEXT, &words.store},
		{"signal", "SIGNAL", "only traces, metrics or logs", OPTION_TEXT, &words.signal},
		{"day", "DAY", "only that day of UTC, such as 2026-01-31", OPTION_TEXT, &words.day},
		{"columns", NULL, "every column with its bytes too: reads all blocks", OPTION_FLAG,
		 &words.wants_columns},
	};
	const struct option to = {"to", "DIR", "the new store's folder", OPTION_TEXT, &words.to};
	struct option options[sizeof(all) / sizeof(all[0]) + 1];
	struct command_line line = {.command = command, .details = details, .options = options};
	struct config_request request;
	int result;

	line.option_count = takes & TAKES_COLUMNS ? 5 : takes & TAKES_FILTERS ? 4 : 2;
	memcpy(options, all, sizeof(all));
	if (takes & TAKES_TARGET)
		options[line.option_count++] = to;
	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	result = run_configured(&words, &request, run);
	cli_release_request(&request);
	return result;
}

/* ---- the subcommands ---- */

static int run_stats(int argc, char **argv);
static int run_blocks(int argc, char **argv);
static int run_verify(int argc, char **argv);
static int run_compact(int argc, char **argv);
static int run_rescue(int argc, char **argv);

static const struct command stats_command = {
	"db stats", "What the store takes, by signal and day, and by column", run_stats};
static const struct command blocks_command = {"db blocks", "Every block, one a line", run_blocks};
static const struct command verify_command = {
	"db verify", "Read every block and every row, and say what is damaged", run_verify};
static const struct command compact_command = {
	"db compact", "Merge all blocks that can be merged, and rewrite the files", run_compact};

static const struct command rescue_command = {
	"db rescue", "Write all rows of a damaged store that can be read into a new one", run_rescue};

static int run_stats(int argc, char **argv)
{
	return run_command(&stats_command,
			   "Rows, blocks and bytes of each signal and day. A program may hold the store "
			   "meanwhile.",
			   TAKES_FILTERS | TAKES_COLUMNS, db_stats, argc, argv);
}

static int run_blocks(int argc, char **argv)
{
	return run_command(&blocks_command,
			   "Lists the blocks by day, signal and number; level 0 is as committed, 1 merged. A "
			   "program may hold\nthe store meanwhile.",
			   TAKES_FILTERS, db_blocks, argc, argv);
}

static int run_verify(int argc, char **argv)
{
	return run_command(&verify_command,
			   "Reads every block, checks RocksDB's checksums, decodes every row, and holds it "
			   "against the block's\nheader. Says which block is damaged and what is lost with "
			   "it; the rest is served all the same. Exit\nstatus 1 where there is damage. A "
			   "program may hold the store meanwhile.",
			   TAKES_FILTERS, db_verify, argc, argv);
}

static int run_compact(int argc, char **argv)
{
	return run_command(&compact_command,
			   "Merges small blocks and rewrites RocksDB's files without what was deleted. A "
			   "running program does\nthat by itself, at leisure; this does all of it at once, "
			   "and needs the store for itself.",
			   0, db_compact, argc, argv);
}

static int run_rescue(int argc, char **argv)
{
	return run_command(&rescue_command,
			   "Reads every block and appends its rows to a new store in the folder --to; the "
			   "old one stays as it is.\nStop the program first, so that nothing arrives "
			   "meanwhile; then put the new folder in the old one's place.",
			   TAKES_FILTERS | TAKES_TARGET, db_rescue, argc, argv);
}

static int run(int argc, char **argv)
{
	static const struct command *const commands[] = {&stats_command, &blocks_command, &verify_command,
							 &compact_command, &rescue_command};
	static const struct command_group group = {
		"db",
		"Looks into the store's folder, and puts it in order.",
		commands,
		sizeof(commands) / sizeof(commands[0]),
	};

	return cli_run_group(&group, argc, argv);
}

const struct command db_command = {
	"db",
	"Look into the store's folder: sizes, blocks, damage; compact it",
	run,
};
