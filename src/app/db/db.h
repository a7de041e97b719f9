/*
 * db: what the subcommands of `db` share: each looks into a store's folder, for which no program need run.
 *
 * Ownership  a request's strings are borrowed.
 * Threads    the main thread.
 * Errors     enum cli_exit; the sentence is told.
 */
#ifndef ROHAS_APP_DB_DB_H
#define ROHAS_APP_DB_DB_H

#include "app/output.h"
#include "app/text/grid.h"
#include "server/json.h"
#include "storage/rocksdb/inspect.h"
#include "storage/rocksdb/rocksdb_store.h"

struct db_request {
	const char *folder;
	enum output_format format;
	int signal;  /* enum signal, or -1: all */
	int64_t day; /* since 1970, or -1: all */
	bool wants_columns;
	const char *to; /* rescue's new folder; NULL: none was named */
};

typedef int db_command_run(const struct db_request *request);

db_command_run db_stats, db_blocks, db_verify, db_compact, db_rescue;

/* The store, opened for reading; NULL where it cannot be, with the sentence told. */
struct store *db_open(const struct db_request *request);

static inline bool db_wants(const struct db_request *request, const struct stored_block *block)
{
	return (request->signal < 0 || request->signal == block->signal) &&
	       (request->day < 0 || request->day == block->day);
}

/* "2026-01-31" of a day since 1970. */
enum { DAY_TEXT_SIZE = 16 };
void db_day(uint32_t day, char text_out[DAY_TEXT_SIZE]);

/* "spans", "points", "log records": what the rows of a signal are called. */
const char *db_rows_name(int signal);

/* Writes a grid to standard output, as the terminal is. */
int db_show(const struct grid *grid);

/* Cells of a grid. A time is written with its day, of this machine's time zone. */
void db_put_count(struct grid *grid, uint64_t count);
void db_put_bytes(struct grid *grid, uint64_t size_bytes);
void db_put_ratio(struct grid *grid, double value); /* one decimal */
void db_put_time(struct grid *grid, uint64_t time_ns);

/* A member that is a time. */
void db_member_time(struct json *json, const char *name, uint64_t time_ns);

#endif
