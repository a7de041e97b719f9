/*
 * logs: pages of log records, each with the handler that it was written in.
 *
 * A record's handler is its own where the sender or the processor gave one. Otherwise it is found through the
 * trace: the nearest execution around the record's span. A record whose trace has not arrived has none yet.
 *
 * Ownership  a page owns its records.
 * Threads    every call may run concurrently.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_LOGS_H
#define ROHAS_QUERY_LOGS_H

#include "query/cursor.h"
#include "query/query.h"

enum { LOG_LIST_MOST = 1000 };

/*
 * A search by handler has to look at records and their traces one by one. A page is handed over short, with
 * its cursor, once it has looked at this many, or for so long.
 */
enum { LOG_LIST_EXAMINED_MOST = 50000, LOG_LIST_TRACES_MOST = 2000, LOG_LIST_MS = 2000 };

struct log_query {
	/* Its handler is the one that a record resolves to; empty: any. */
	struct log_filter filter;
	/* What is asked of a record once its handler is known, beyond the filter; NULL: nothing. */
	const struct predicate *handled;
	size_t limit;      /* 1 to LOG_LIST_MOST */
	struct str cursor; /* empty: the first page. A cursor brings its time range along */
};

struct log_list {
	struct batch batch;                 /* logs, newest first; handler filled in where it is known */
	char next_cursor[CURSOR_TEXT_SIZE]; /* "": there are no more. A page may be short and have one */
};

/* list_out is released by log_list_release. */
enum status log_list(struct query *query, const struct log_query *question, struct log_list *list_out,
		     struct error *error);
void log_list_release(struct log_list *list);

/*
 * What tells a record apart: its time and a hash of what it says, so that it is the same in every store that holds the
 * record. Records that say the same at the same nanosecond share it.
 */
struct log_id {
	uint64_t time_ns, hash;
};
enum { LOG_ID_TEXT_SIZE = 33 };
struct log_id log_id_of(const struct log_record *record);
void log_id_write(struct log_id id, char text_out[LOG_ID_TEXT_SIZE]); /* 32 hexadecimal digits and a NUL */
bool log_id_parse(struct str text, struct log_id *id_out);

/*
 * Gives the newest records that meet the filter to visit, newest first, with their handlers where the filter names
 * one or wants_handlers says so, until visit has had most of them, or, where handlers are looked up, what a page of a
 * list looks at was examined. What visit returns, unless STATUS_OK, ends it. *is_complete_out: there were no more.
 */
typedef enum status log_record_visit(void *context, const struct log_record *record, struct error *error);
enum status log_walk(struct query *query, const struct log_query *which, bool wants_handlers, size_t most,
		     log_record_visit *visit, void *context, size_t *examined_out, bool *is_complete_out,
		     struct error *error);

/*
 * The handler that the record was written in, empty where it is not known. The bytes are copied into arena.
 * STATUS_OK also where the record's trace is not here.
 */
enum status log_find_handler(struct query *query, const struct log_record *record, struct arena *arena,
			     struct str *handler_out, struct error *error);

#endif
