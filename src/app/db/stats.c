/* stats: what a store takes, by signal and day, and, where it is asked for, by column. */
#include <stdio.h>
#include <stdlib.h>

#include "app/cli.h"
#include "app/db/account.h"
#include "app/db/db.h"
#include "app/progress.h"
#include "app/text/units.h"

/* Blocks of one day and signal, or of all days. */
struct sum {
	uint32_t day;
	uint64_t rows, blocks, header_bytes, body_bytes, first_ns, last_ns;
};

struct sums {
	struct sum whole;
	struct sum *days; /* ascending */
	size_t day_count, day_capacity;
	struct account account;
};

struct statistics {
	const struct db_request *request;
	struct store *store;
	struct sums signals[SIGNAL_COUNT];
	struct buffer body;
	uint64_t damaged, unread_bodies, size_bytes, done, total;
};

static void add_block(struct sum *sum, const struct stored_block *block)
{
	const struct block_header *header = &block->header;

	if (!sum->blocks || header->first_ns < sum->first_ns)
		sum->first_ns = header->first_ns;
	if (header->last_ns > sum->last_ns)
		sum->last_ns = header->last_ns;
	sum->rows += header->row_count;
	sum->blocks++;
	sum->header_bytes += block->header_bytes;
	sum->body_bytes += header->body_size;
}

/* Blocks come day by day: a new day is behind all others. */
static struct sum *day_of(struct sums *sums, uint32_t day)
{
	if (sums->day_count && sums->days[sums->day_count - 1].day == day)
		return &sums->days[sums->day_count - 1];
	if (sums->day_count == sums->day_capacity) {
		size_t capacity = sums->day_capacity ? sums->day_capacity * 2 : 32;
		struct sum *days = realloc(sums->days, capacity * sizeof(*days));

		if (!days)
			return NULL;
		sums->days = days;
		sums->day_capacity = capacity;
	}
	sums->days[sums->day_count] = (struct sum){.day = day};
	return &sums->days[sums->day_count++];
}

/* A body that cannot be read costs its columns, not the answer. */
static enum status account_block(struct statistics *statistics, const struct stored_block *block,
				 struct error *error)
{
	enum status status;

	buffer_clear(&statistics->body);
	status = inspect_read_body(statistics->store, block, &statistics->body, error);
	if (status == STATUS_OK)
		status = account_add(&statistics->signals[block->signal].account,
				     buffer_str(&statistics->body), error);
	if (status != STATUS_CORRUPT)
		return status;
	statistics->unread_bodies++;
	return STATUS_OK;
}

static enum status count_block(void *context, const struct stored_block *block, struct error *error)
{
	struct statistics *statistics = context;
	struct sums *sums = &statistics->signals[block->signal];
	struct sum *day;

	if (!db_wants(statistics->request, block))
		return STATUS_OK;
	if (block->is_header_damaged) {
		statistics->damaged++;
		return STATUS_OK;
	}
	day = day_of(sums, block->day);
	if (!day)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	add_block(&sums->whole, block);
	add_block(day, block);
	if (!statistics->request->wants_columns)
		return STATUS_OK;
	progress_tell("reading columns: %llu of %llu blocks", (unsigned long long)++statistics->done,
		      (unsigned long long)statistics->total);
	return account_block(statistics, block, error);
}

/* ---- tables ---- */

static void put_sum(struct grid *grid, const char *day, const char *signal, const struct sum *sum,
		    enum grid_style style)
{
	grid_put_c(grid, day, style);
	grid_put_c(grid, signal, style);
	db_put_count(grid, sum->rows);
	db_put_count(grid, sum->blocks);
	db_put_bytes(grid, sum->body_bytes);
	db_put_bytes(grid, sum->header_bytes);
	db_put_ratio(grid, sum->rows ? (double)(sum->body_bytes + sum->header_bytes) / (double)sum->rows : 0);
	db_put_time(grid, sum->first_ns);
	db_put_time(grid, sum->last_ns);
}

static int show_sums(const struct statistics *statistics)
{
	static const struct grid_column columns[] = {
		{"DAY", false, 0, 0},   {"SIGNAL", false, 0, 0}, {"ROWS", true, 0, 0},
		{"BLOCKS", true, 0, 0}, {"BYTES", true, 0, 0},   {"HEADERS", true, 0, 2},
		{"A ROW", true, 0, 0},  {"FIRST", false, 0, 1},  {"LAST", false, 0, 3},
	};
	char name[DAY_TEXT_SIZE];
	struct grid grid;
	int result;

	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		const struct sums *sums = &statistics->signals[signal];

		for (size_t i = 0; i < sums->day_count; i++) {
			db_day(sums->days[i].day, name);
			put_sum(&grid, name, signal_name((enum signal)signal), &sums->days[i], GRID_PLAIN);
		}
		if (sums->day_count > 1)
			put_sum(&grid, "all days", signal_name((enum signal)signal), &sums->whole,
				GRID_STRONG);
	}
	result = db_show(&grid);
	grid_release(&grid);
	return result;
}

static void put_line(struct grid *grid, const char *name, double raw, double stored, double rows)
{
	buffer_printf(&grid->scratch, "%.2f", raw / rows);
	grid_put_scratch(grid, GRID_PLAIN);
	buffer_printf(&grid->scratch, "%.2f", stored / rows);
	grid_put_scratch(grid, GRID_PLAIN);
	db_put_bytes(grid, (uint64_t)stored);
	grid_put_c(grid, name, GRID_PLAIN);
}

static int show_columns(const struct account *account, int signal)
{
	static const struct grid_column columns[] = {
		{"UNPACKED A ROW", true, 0, 2},
		{"STORED A ROW", true, 0, 0},
		{"STORED", true, 0, 0},
		{"COLUMN", false, 20, 0},
	};
	double rows = (double)account->row_count;
	struct buffer count = BUFFER_EMPTY;
	struct grid grid;
	int result;

	units_count(&count, account->row_count);
	printf("\n%s%s: %.*s rows%s\n", cli_bold(), signal_name((enum signal)signal), STR_ARG(count),
	       cli_plain());
	buffer_release(&count);
	grid_init(&grid, columns, sizeof(columns) / sizeof(columns[0]));
	for (size_t i = 0; i < account->line_count; i++)
		put_line(&grid, account->lines[i].name, account->lines[i].raw_bytes,
			 account->lines[i].stored_bytes, rows);
	put_line(&grid, "directories of the blocks", account->directory_bytes, account->directory_bytes,
		 rows);
	result = db_show(&grid);
	grid_release(&grid);
	return result;
}

static int show_tables(const struct statistics *statistics)
{
	struct buffer size = BUFFER_EMPTY;
	int result = show_sums(statistics);

	for (int signal = 0; signal < SIGNAL_COUNT && result == CLI_DONE; signal++)
		if (statistics->signals[signal].account.row_count)
			result = show_columns(&statistics->signals[signal].account, signal);
	if (result != CLI_DONE)
		return result;
	units_bytes(&size, statistics->size_bytes);
	printf("\nThe folder takes %.*s on disk, RocksDB's log and indexes included: %s\n", STR_ARG(size),
	       statistics->request->folder);
	buffer_release(&size);
	return CLI_DONE;
}

/* ---- JSON ---- */

static void write_sum(struct json *json, const struct sum *sum)
{
	json_member_u64(json, "rows", sum->rows);
	json_member_u64(json, "blocks", sum->blocks);
	json_member_u64(json, "header_bytes", sum->header_bytes);
	json_member_u64(json, "body_bytes", sum->body_bytes);
	if (!sum->blocks)
		return;
	db_member_time(json, "first", sum->first_ns);
	db_member_time(json, "last", sum->last_ns);
}

static void write_columns(struct json *json, const struct account *account)
{
	json_key(json, str_from("columns"));
	json_begin_array(json);
	for (size_t i = 0; i < account->line_count; i++) {
		json_begin_object(json);
		json_member_c(json, "column", account->lines[i].name);
		json_member_u64(json, "unpacked_bytes", (uint64_t)account->lines[i].raw_bytes);
		json_member_u64(json, "stored_bytes", (uint64_t)account->lines[i].stored_bytes);
		json_end_object(json);
	}
	json_end_array(json);
	json_member_u64(json, "directory_bytes", (uint64_t)account->directory_bytes);
}

static void write_signal(struct json *json, const struct statistics *statistics, int signal)
{
	const struct sums *sums = &statistics->signals[signal];
	char name[DAY_TEXT_SIZE];

	json_begin_object(json);
	json_member_c(json, "signal", signal_name((enum signal)signal));
	write_sum(json, &sums->whole);
	json_key(json, str_from("days"));
	json_begin_array(json);
	for (size_t i = 0; i < sums->day_count; i++) {
		db_day(sums->days[i].day, name);
		json_begin_object(json);
		json_member_c(json, "day", name);
		write_sum(json, &sums->days[i]);
		json_end_object(json);
	}
	json_end_array(json);
	if (statistics->request->wants_columns)
		write_columns(json, &sums->account);
	json_end_object(json);
}

static int show_json(const struct statistics *statistics)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	bool is_lines = statistics->request->format == OUTPUT_NDJSON;
	int result;

	if (!is_lines) {
		json_begin_object(&json);
		json_member_c(&json, "store", statistics->request->folder);
		json_member_u64(&json, "size_bytes", statistics->size_bytes);
		json_member_u64(&json, "damaged_headers", statistics->damaged);
		json_key(&json, str_from("signals"));
		json_begin_array(&json);
	}
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		write_signal(&json, statistics, signal);
		buffer_append_c(&out, is_lines ? "\n" : "");
		json.comma = !is_lines;
	}
	buffer_append_c(&out, is_lines ? "" : "]}\n");
	result = output_write(&out);
	buffer_release(&out);
	return result;
}

/* ---- the whole ---- */

static int show(struct statistics *statistics)
{
	uint64_t blocks = 0;

	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		account_sort(&statistics->signals[signal].account);
		blocks += statistics->signals[signal].whole.blocks;
	}
	if (statistics->damaged)
		cli_warn("%llu blocks have a damaged header and are not counted; \"rohas-telemetry db "
			 "verify\" says more",
			 (unsigned long long)statistics->damaged);
	if (statistics->unread_bodies)
		cli_warn("%llu blocks cannot be read: their columns are not counted",
			 (unsigned long long)statistics->unread_bodies);
	if (statistics->request->format != OUTPUT_TABLE)
		return show_json(statistics);
	if (blocks)
		return show_tables(statistics);
	fprintf(stderr, "there is nothing in the store at %s\n", statistics->request->folder);
	return CLI_DONE;
}

int db_stats(const struct db_request *request)
{
	struct statistics statistics = {.request = request, .store = db_open(request)};
	struct store_stats stats;
	struct error error;
	enum status status;
	int result;

	if (!statistics.store)
		return CLI_FAILED;
	if (store_stats(statistics.store, &stats, &error) != STATUS_OK) {
		store_close(statistics.store);
		return cli_fail("%s", error.message);
	}
	statistics.size_bytes = stats.size_bytes;
	statistics.total = stats.block_count;
	status = inspect_blocks(statistics.store, count_block, &statistics, NULL, &error);
	progress_wipe();
	result = status == STATUS_OK ? show(&statistics) : cli_fail("%s", error.message);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		free(statistics.signals[signal].days);
		account_release(&statistics.signals[signal].account);
	}
	buffer_release(&statistics.body);
	store_close(statistics.store);
	return result;
}
