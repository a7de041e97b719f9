/*
 * trace: one trace, put together from its spans, and lists of traces.
 *
 * Ownership  a struct trace is shared and never changes; trace_get hands out a reference, trace_drop gives
 *            it back. A trace list's strings live in the list.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_TRACE_H
#define ROHAS_QUERY_TRACE_H

#include "query/cursor.h"
#include "query/query.h"

/* How many services a summary names. */
enum { SUMMARY_SERVICE_LIMIT = 64 };

struct trace_summary {
	uint8_t trace_id[TRACE_ID_SIZE];
	struct str name;         /* the root's, else that of the earliest span whose parent is not here */
	struct str handler_name; /* of the first execution; empty where there is none */
	struct str language;     /* of the first execution */
	uint8_t handler_type;    /* enum handler_type, of the first execution */
	uint8_t outcome; /* OUTCOME_ERROR where any span failed, else LOST, else RUNNING, else SUCCESS */
	bool complete;   /* a root is here, and the parent of every span */
	uint64_t start_ns, end_ns; /* of the earliest and the latest */
	size_t span_count, error_count;
	const struct str *services; /* distinct, in order of appearance */
	size_t service_count;
};

struct trace {
	struct batch
		batch; /* its spans, sorted by start; a span that was sent twice is here once. One that has
				  started and not ended is RUNNING or LOST, and ends now */
	const uint32_t *by_id; /* indexes into batch.spans, sorted by span id */
	struct trace_summary summary;
	size_t size_bytes; /* what it takes in memory, about */
	bool is_open;      /* some of it is running or lost: it is another one in a moment */
	int references;    /* the insides' */
};

/* STATUS_NOT_FOUND where no span of it has arrived. */
enum status trace_get(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE],
		      const struct trace **trace_out, struct error *error);

/* NULL is allowed. */
void trace_drop(const struct trace *trace);

/* The span of that id, or NULL. Where two spans share an id, the earlier one. */
const struct span *trace_find_span(const struct trace *trace, const uint8_t span_id[SPAN_ID_SIZE]);

/* The execution that a span is or lies in: the nearest one up the line of parents. NULL where there is none
 * or the line breaks before it. */
const struct span *trace_find_execution(const struct trace *trace, const uint8_t span_id[SPAN_ID_SIZE]);

/* Whether a list with this filter shows the trace (leaving the time range aside, where ignore_range). */
bool trace_matches(const struct trace *trace, const struct span_filter *filter, bool ignore_range);

enum { TRACE_LIST_MOST = 1000 };
/*
 * A list by status SUCCESS has to look at traces whole and leaves some out. A page is handed over short, with
 * its cursor, once it has looked at so many, or for so long (after as many as it was asked for).
 */
enum { TRACE_LIST_EXAMINED_MOST = 5000, TRACE_LIST_MS = 1000 };

struct trace_query {
	/* Handler, type, language, service, operation, durations and tags are met by one span together.
	 * outcome ERROR: that span failed. outcome SUCCESS: no span of the trace failed. outcome RUNNING
	 * or LOST: the span has started and not ended; there is one page of them. */
	struct span_filter filter;
	size_t limit;      /* 1 to TRACE_LIST_MOST */
	struct str cursor; /* empty: the first page. A cursor brings its time range along */
};

struct trace_list {
	struct arena arena;
	struct trace_summary *summaries; /* newest first, by the start of the newest matching span */
	size_t count;
	char next_cursor[CURSOR_TEXT_SIZE]; /* "": there are no more. A page may be short and have one */
};

/* list_out is released by trace_list_release. A trace that cannot be put together for its size is in the list
 * with its id and time alone. */
enum status trace_list(struct query *query, const struct trace_query *question, struct trace_list *list_out,
		       struct error *error);
void trace_list_release(struct trace_list *list);

#endif
