/*
 * ancestors: in which handler's execution something happened: the nearest execution above its span.
 *
 * A span ends before its parent does, and may arrive in an earlier request. So a published event and an exception
 * climb from parent to parent as these arrive, at most half a minute for each step; what finds no execution by
 * then is counted without a handler. Parents that arrived in an earlier request than the span below them are not
 * remembered.
 *
 * Ownership  borrows the counters; keeps copies of names of what waits from one batch to the next.
 * Threads    one thread at a time: the processor holds its lock.
 * Units      times are Unix nanoseconds.
 * Errors     where memory runs out a count is lost.
 */
#ifndef ROHAS_PROCESSOR_ANCESTORS_H
#define ROHAS_PROCESSOR_ANCESTORS_H

#include "processor/collect.h"
#include "processor/id_table.h"

/* An error that was counted for an execution of this batch. */
struct counted_error {
	size_t execution; /* index of the span */
	uint64_t group;
};
enum { COUNTED_ERRORS_MOST = 256 };

struct ancestors {
	struct counters *counters;
	struct id_table climbers; /* by the ids of the ancestor that they wait for */
	struct counted_error errors[COUNTED_ERRORS_MOST];
	size_t error_count;
	size_t moved_count; /* climbers of this batch that have moved up and not arrived */
	size_t added_count; /* entries of this batch */
	bool has_failures;  /* the batch has executions that failed */
};

void ancestors_init(struct ancestors *ancestors, struct counters *counters, size_t limit);
void ancestors_release(struct ancestors *ancestors);

/* A span that published and counts. Its batch is given to ancestors_climb before another one is noted. */
void ancestors_note_published(struct ancestors *ancestors, const struct span *span, uint64_t now_ns);

/* Any other span: its exceptions, its failure. */
void ancestors_note_errors(struct ancestors *ancestors, const struct span *span, uint64_t now_ns);

/* Once all of the batch is noted. */
void ancestors_climb(struct ancestors *ancestors, const struct batch *batch, uint64_t now_ns);

/* Decides what has waited long enough; ancestors_settle all that waits. */
void ancestors_expire(struct ancestors *ancestors, uint64_t now_ns);
void ancestors_settle(struct ancestors *ancestors);

#endif
