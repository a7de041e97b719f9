/*
 * events: what was published, who handled it, how long it waited, and what nobody handled.
 *
 * Counted before sampling (tally.h). An event is unhandled where it was published in the range and no handler counted it
 * in it; who handles it seldom is seen in a longer range.
 *
 * Ownership  a list owns what it holds until event_list_release.
 * Threads    every call may run concurrently.
 * Units      times in queue and durations are milliseconds.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_EVENTS_H
#define ROHAS_QUERY_EVENTS_H

#include "query/tally.h"

/* NaN where nothing is known. */
struct event_times {
	uint64_t count;
	double mean_ms, p50_ms, p95_ms, p99_ms, most_ms;
};

/* One side of an event: who publishes it, or handles it. */
struct event_party {
	struct str handler_name,
		language;            /* handler_name is empty where a publisher is no handler's execution */
	uint64_t count, error_count; /* messages; errors of handlings */
	struct event_times queue;    /* of a handler */
};

struct event_summary {
	struct str name;
	uint64_t published_count, handled_count;
	struct event_times queue; /* of all its handlers */
	struct event_party *publishers, *handlers;
	size_t publisher_count, handler_count;
};

struct event_list {
	struct arena arena;
	struct event_summary *events; /* by name */
	size_t count;
};

enum status event_list_read(struct query *query, struct time_range range, struct event_list *list_out,
			    struct error *error);
void event_list_release(struct event_list *list);

#endif
