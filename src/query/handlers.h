/*
 * handlers: what ran, how often, how fast, and how often it failed: from what was counted before sampling.
 *
 * Ownership  a list owns what it holds until handler_list_release.
 * Threads    every call may run concurrently.
 * Units      durations are milliseconds, times Unix nanoseconds.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_HANDLERS_H
#define ROHAS_QUERY_HANDLERS_H

#include "query/tally.h"

/* What a handler did in a time. Percentiles are NaN where it did nothing; their error is that of a bucket, 4.43 %. */
struct handler_figures {
	uint64_t count, error_count;
	double mean_ms, p50_ms, p95_ms, p99_ms, most_ms;
};

struct handler_summary {
	struct str name, type, language;
	struct handler_figures now, before; /* in the range, and in the one of the same length before it */
	uint64_t
		last_run_ns; /* when it was last counted in either, to the interval of counting; 0: in neither */
	size_t running_count;
};

struct handler_list {
	struct arena arena;
	struct handler_summary *handlers; /* by name, then type and language */
	size_t count;
};

struct handler_question {
	struct time_range range;
	struct str name, type, language; /* of those alone; empty: any */
};

enum status handler_list_read(struct query *query, const struct handler_question *question,
			      struct handler_list *list_out, struct error *error);
void handler_list_release(struct handler_list *list);

/* How long executions took over time: one row of counts a step. */
struct heat_map {
	uint64_t first_ns, step_ns; /* the first step is (first - step, first] */
	size_t step_count, bucket_count;
	const double *
		bounds_ms; /* bucket_count + 1 of them, ascending: bucket i holds (bounds[i], bounds[i + 1]] */
	const uint64_t *counts; /* step after step */
};
enum { HEAT_STEPS_MOST = 500 };

/* In arena. No buckets where nothing ran. */
enum status handler_heat_map(struct query *query, const struct handler_question *question, uint64_t step_ns,
			     struct arena *arena, struct heat_map *map_out, struct error *error);

/* The slowest executions that are stored (what sampling left out is not), slowest first, copied into batch_out. They are
 * looked for among the newest of those above the handler's percentiles, from the highest down. */
enum { SLOWEST_MOST = 50 };
enum status handler_slowest(struct query *query, const struct handler_question *question, size_t limit,
			    struct batch *batch_out, struct error *error);

/* Whoever called it, among its newest stored executions: the execution that each lies in. Sorted by count. */
struct handler_caller {
	struct str name, type, language, service;
	size_t count;
};
enum { CALLERS_SAMPLED = 100, CALLERS_MOST = 50 };
struct handler_callers {
	struct handler_caller callers[CALLERS_MOST]; /* strings in the arena given */
	size_t caller_count;
	size_t sampled, without_caller;
};
enum status handler_callers_read(struct query *query, const struct handler_question *question,
				 struct arena *arena, struct handler_callers *callers_out,
				 struct error *error);

#endif
