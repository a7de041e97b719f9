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

struct processor;

struct processor_options {
	const struct clock *clock; /* borrowed */
	const char *host;          /* the label host of system metrics; copied */
	size_t series_limit;       /* per metric; past it the rest is counted under __other__. 0: 2,000 */
};

enum status processor_new(const struct processor_options *options, struct processor **processor_out,
			  struct error *error);

/* Fills in span.handler of every span of the batch, and log_record.handler where the record names its handler
 * itself. Changes nothing else; counts nothing. */
enum status processor_recognise(struct processor *processor, struct batch *batch, struct error *error);

/* Counts the batch's executions and events, those of unsampled spans too. Called once its rows are durable, before
 * tail sampling. */
void processor_count(struct processor *processor, const struct batch *batch);

/* Adds what was counted since the last call, as metric points with delta temporality stamped now, and the
 * system's gauges. A batch_out that could not take all leaves the rest for the next call. */
enum status processor_collect(struct processor *processor, struct batch *batch_out, struct error *error);

void processor_free(struct processor *processor);

#endif
