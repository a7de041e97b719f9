/*
 * running: executions, and other spans, that have started and not ended.
 *
 * A span's start may be reported before its end (batch.starts). It is running until a span with its ids arrives; then
 * that takes its place. Where nothing has arrived from its process for a time that is configured, it is lost: the
 * process is taken to be gone. A lost one whose span arrives all the same, or whose process is heard of again, is not
 * lost any more. Whatever is older than a day is forgotten.
 *
 * The span may arrive before the report of its start, which is sent later: ends are remembered for a while.
 *
 * Limits: RUNNING_MOST spans. What starts beyond that is counted and not shown.
 *
 * Ownership  the table owns copies of the starts; what is read is copied into the caller's batch.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     enum status.
 */
#ifndef ROHAS_QUERY_RUNNING_H
#define ROHAS_QUERY_RUNNING_H

#include "base/clock.h"
#include "base/status.h"
#include "model/batch.h"
#include "model/filter.h"

enum { RUNNING_MOST = 10000 };
#define RUNNING_FORGOTTEN_NS (UINT64_C(86400) * NS_PER_SECOND)

struct running;

struct running_stats {
	uint64_t running, lost;
	uint64_t refused; /* starts beyond RUNNING_MOST, since the program's start */
};

/* NULL where memory ran out. clock is borrowed. */
struct running *running_new(const struct clock *clock, uint64_t lost_after_ns);
void running_free(struct running *running);

/* Takes a batch's starts in, and its spans as ends. */
void running_note(struct running *running, const struct batch *batch);

/*
 * Adds copies of the started spans that meet the filter, newest first, at most limit; of them all where there are
 * fewer. Their outcome is OUTCOME_RUNNING or OUTCOME_LOST, and their end is now, or of a lost one when its process was
 * last heard of. last_heard_out (NULL: not wanted) has room for limit times.
 */
enum status running_list(struct running *running, const struct span_filter *filter, size_t limit,
			 struct batch *batch_out, uint64_t *last_heard_out, struct error *error);

/* Adds those of one trace, whatever they are. */
enum status running_read_trace(struct running *running, const uint8_t trace_id[TRACE_ID_SIZE],
			       struct batch *batch_out, struct error *error);

void running_read_stats(struct running *running, struct running_stats *stats_out);

#endif
