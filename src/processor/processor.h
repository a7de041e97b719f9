/*
 * processor: what happens to a batch between the door and the store: recognise handlers, count them.
 *
 * Ownership  batches are borrowed and changed in place; strings that recognition makes go into the batch's
 *            arena.
 * Threads    processor_recognise and processor_count may be called from several threads at once, on
 *            different batches; processor_collect runs beside them, once at a time.
 * Units      times are Unix nanoseconds, durations in metrics milliseconds.
 * Errors     STATUS_NO_MEMORY where the batch's arena is full.
 */
#ifndef ROHAS_PROCESSOR_PROCESSOR_H
#define ROHAS_PROCESSOR_PROCESSOR_H

#include "base/clock.h"
#include "base/status.h"
#include "model/batch.h"
#include "processor/user_rules.h"

struct processor;

struct processor_options {
	const struct clock *clock;     /* borrowed */
	const char *host;              /* the label host of system metrics; copied */
	size_t series_limit;           /* per metric; past it the rest is counted under __other__. 0: 2,000 */
	const struct user_rule *rules; /* go before the table of docs/handlers.md; borrowed */
	size_t rule_count;             /* at most USER_RULES_MOST */
};

enum status processor_new(const struct processor_options *options, struct processor **processor_out,
			  struct error *error);

/* Fills in span.handler of every span of the batch, and log_record.handler where the record names its handler
 * itself. Changes nothing else; counts nothing. */
enum status processor_recognise(struct processor *processor, struct batch *batch, struct error *error);

/*
 * Counts the batch's executions, events, errors and what they have to do with each other. Called once its rows are
 * durable and before tail sampling, with every span that was received, unsampled ones too: without them counts,
 * times in queue and publishers are no longer exact.
 */
void processor_count(struct processor *processor, const struct batch *batch);

/* Adds what was counted since the last call, as metric points with delta temporality stamped now, and the
 * system's gauges. A batch_out that could not take all leaves the rest for the next call. */
enum status processor_collect(struct processor *processor, struct batch *batch_out, struct error *error);

/* Decides at once what waits for spans of later requests: before the last processor_collect. */
void processor_settle(struct processor *processor);

struct processor_stats {
	uint64_t pushed_out_count; /* of what waited for another span, gone early for want of a place */
	uint64_t skewed_count; /* events handled before they were published, by two clocks: their time is 0 */
	uint64_t lost_run_count; /* cron runs without a point: too many between two collections */
};

void processor_stats(struct processor *processor, struct processor_stats *stats_out);

void processor_free(struct processor *processor);

#endif
