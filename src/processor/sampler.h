/*
 * sampler: which traces stay.
 *
 * Head sampling decides when a span arrives, by its trace's randomness alone: what it leaves out is counted and never
 * stored. Tail sampling lets everything be stored and seen, watches it for the decision window, and then says of each
 * trace whether it stays: one with an error, a slow one, one of a share of the rest, and whatever they are linked with.
 * Handler metrics are counted of everything, before either (processor.h).
 *
 * What it knows of traces has a limit. Past it every trace stays, until older ones are forgotten: nothing that a rule
 * would keep is lost. A trace that gets spans after it was decided on is decided on anew by what is known then; one
 * that was kept is remembered for the window and a minute more.
 *
 * Ownership  the options are copied; batches are borrowed, and sampler_head moves their spans.
 * Threads    sampler_head may be called from several threads at once on different batches; the others too.
 * Units      ratios are shares from 0 to 1; durations nanoseconds.
 * Errors     STATUS_NO_MEMORY from sampler_new. Later lack of memory keeps traces that would go.
 * Source     model/probability.h
 */
#ifndef ROHAS_PROCESSOR_SAMPLER_H
#define ROHAS_PROCESSOR_SAMPLER_H

#include "base/clock.h"
#include "base/status.h"
#include "model/batch.h"

/* A share of a handler's own, in the place of the general one. */
struct handler_ratio {
	struct str handler;
	double ratio;
};

struct sampling_options {
	const struct clock *clock; /* borrowed */
	double head_ratio;         /* of all traces, on arrival; 1: all */
	double tail_ratio; /* of all traces, at the end of the window, where no rule keeps them; 1: all */
	const struct handler_ratio *handler_ratios;
	size_t handler_ratio_count;
	bool keep_errors;           /* a trace with a span whose outcome is error */
	uint64_t slower_than_ns;    /* a trace with a span that took longer; 0: no such rule */
	bool keep_slowest;          /* an execution slower than 99 of 100 of its handler's */
	uint32_t handler_minimum;   /* executions of each handler a minute whose traces stay */
	uint32_t traces_per_second; /* that a ratio or keep_slowest may keep; 0: no limit */
	uint64_t window_ns;         /* for which a trace is watched */
	size_t trace_limit;         /* traces that are known at once; 0: 1,000,000, of 64 bytes each */
};

/* Why a trace stays or goes; in the order in which they are asked. */
enum sampling_reason {
	SAMPLED_ERROR,
	SAMPLED_SLOW,
	SAMPLED_MINIMUM,
	SAMPLED_LINK,
	SAMPLED_SLOWEST,
	SAMPLED_RATIO,
	SAMPLED_OVERFLOW, /* more was to be known than the limit allows */
	DROPPED_RATIO,
	DROPPED_RATE,
	DROPPED_HEAD, /* counted by spans alone: nothing is known of their traces */
	SAMPLING_REASON_COUNT
};

/* "error", "slow", … */
const char *sampling_reason_name(enum sampling_reason reason);
static inline bool sampling_reason_keeps(enum sampling_reason reason)
{
	return reason < DROPPED_RATIO;
}

struct sampler_stats {
	/* Traces are counted by their root span: of one whose root never came, spans alone are. */
	uint64_t traces[SAMPLING_REASON_COUNT], spans[SAMPLING_REASON_COUNT];
	uint64_t known_traces; /* at the moment */
};

struct sampler;

/* Whether the options leave anything out at all, at the head and at the tail. */
bool sampling_has_head(const struct sampling_options *options);
bool sampling_has_tail(const struct sampling_options *options);

enum status sampler_new(const struct sampling_options *options, struct sampler **sampler_out,
			struct error *error);
void sampler_free(struct sampler *sampler); /* NULL is allowed */

/* Moves the spans that head sampling leaves out behind the others: they are the batch's unsampled ones. */
void sampler_head(struct sampler *sampler, struct batch *batch);

/* Looks at spans that are stored now, and counts the unsampled ones. Called once for every batch. */
void sampler_note(struct sampler *sampler, const struct batch *batch);

/* Decides: whether these spans of one trace, whose window is over, stay. context is the sampler: a store_keep. */
bool sampler_keep(void *context, const struct span *const *spans, size_t count);

/* Forgets traces that were decided on long ago. Called now and then. */
void sampler_forget(struct sampler *sampler);

void sampler_stats(struct sampler *sampler, struct sampler_stats *stats_out);

#endif
