/*
 * errors: the different errors of handlers, each with its count, its handlers and an example, and what people said of it.
 *
 * Counted before sampling (tally.h), grouped by exception type and normalised stack or message (docs/handlers.md). An
 * error is open until somebody calls it resolved or ignored. One that is resolved and comes back is open again; one that
 * is ignored stays so.
 *
 * Ownership  a list owns what it holds until error_list_release.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_ERRORS_H
#define ROHAS_QUERY_ERRORS_H

#include "query/tally.h"

enum error_state { ERROR_OPEN, ERROR_RESOLVED, ERROR_IGNORED };
const char *error_state_name(enum error_state state); /* "open", … */
bool error_state_parse(struct str name, enum error_state *state_out);

enum { ERROR_GROUP_SIZE = 16, ERROR_STEPS_MOST = 500 };

struct error_party {
	struct str handler_name, language;
	uint64_t count;
};

struct error_summary {
	struct str group; /* ERROR_GROUP_SIZE hexadecimal digits */
	struct str exception_type, message,
		stack_trace; /* the last two of the example; empty where it is not stored */
	uint64_t count;      /* in the range */
	uint64_t total_count, first_ns, last_ns; /* of all that is kept */
	const uint64_t *counts;                  /* in the range, one a step */
	struct error_party *parties;             /* handlers, the most frequent first, then by name */
	size_t party_count;
	uint8_t trace_id[TRACE_ID_SIZE], span_id[SPAN_ID_SIZE]; /* the example; all zero: none */
	bool is_stored;                                         /* the example can be shown */
	enum error_state state;
	bool was_reopened;   /* resolved once, and back since */
	uint64_t decided_ns; /* when somebody set the state; 0: nobody did */
};

struct error_list {
	struct arena arena;
	struct error_summary *errors; /* the most frequent in the range first */
	size_t count;
	uint64_t first_ns, step_ns; /* the first step is (first - step, first] */
	size_t step_count;
};

struct error_question {
	struct time_range range;
	uint64_t step_ns;
	struct str handler; /* of that one alone; empty: any */
	bool has_state;
	enum error_state state; /* those alone */
	size_t limit;
	bool with_examples; /* reads them: message and stack */
};

enum status error_list_read(struct query *query, const struct error_question *question,
			    struct error_list *list_out, struct error *error);
void error_list_release(struct error_list *list);

/* Says what an error is from now_ns on. STATUS_INVALID where group is none. */
enum status error_set_state(struct query *query, struct str group, enum error_state state, uint64_t now_ns,
			    struct error *error);

#endif
