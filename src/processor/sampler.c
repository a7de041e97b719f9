#include "processor/sampler.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "model/probability.h"
#include "processor/pace.h"
#include "processor/sampled_traces.h"

enum {
	TRACE_LIMIT = 1000000,
	HANDLER_LIMIT = 10000,
	REMEMBERED_SECONDS = 60, /* after the window */
};

/* What was seen of a trace, and what was decided. */
enum {
	MARK_ERROR = 1 << 0,
	MARK_SLOW = 1 << 1,
	MARK_MINIMUM = 1 << 2,
	MARK_SLOWEST = 1 << 3,
	MARK_RATIO = 1 << 4,         /* the general ratio keeps it */
	MARK_HANDLER_KEEPS = 1 << 5, /* a handler's own ratio does */
	MARK_HANDLER_DROPS = 1 << 6, /* it does not */
	MARK_PASSED = 1 << 7,        /* the limit of traces a second let it through, or did not */
	MARK_DENIED = 1 << 8,
	MARKS_FORCED = MARK_ERROR | MARK_SLOW | MARK_MINIMUM,
};

struct sampler {
	struct sampling_options options;
	uint64_t head_threshold, tail_threshold;
	bool has_tail;
	bool keeps_unmarked; /* a trace of which nothing is known: the ratio keeps all, and nobody counts */
	struct handler_ratio *handler_ratios; /* names in one piece of memory behind them */
	pthread_mutex_t lock;                 /* of what follows */
	struct sampled_traces traces;
	struct pace pace;
	double tokens; /* traces that may pass at the moment */
	uint64_t refilled_ns;
	bool is_overfull;
	uint32_t overfull_until; /* seconds */
	struct sampler_stats stats;
};

const char *sampling_reason_name(enum sampling_reason reason)
{
	static const char *const names[SAMPLING_REASON_COUNT] = {
		[SAMPLED_ERROR] = "error",       [SAMPLED_SLOW] = "slow",       [SAMPLED_MINIMUM] = "minimum",
		[SAMPLED_LINK] = "link",         [SAMPLED_SLOWEST] = "slowest", [SAMPLED_RATIO] = "ratio",
		[SAMPLED_OVERFLOW] = "overflow", [DROPPED_RATIO] = "ratio",     [DROPPED_RATE] = "rate",
		[DROPPED_HEAD] = "head",
	};

	return names[reason];
}

bool sampling_has_head(const struct sampling_options *options)
{
	return options->head_ratio < 1;
}

bool sampling_has_tail(const struct sampling_options *options)
{
	bool has = options->tail_ratio < 1 || options->traces_per_second;

	for (size_t i = 0; i < options->handler_ratio_count; i++)
		has |= options->handler_ratios[i].ratio < 1;
	return has;
}

static bool copy_ratios(struct sampler *sampler)
{
	const struct sampling_options *options = &sampler->options;
	size_t size = options->handler_ratio_count * sizeof(struct handler_ratio);
	char *at;

	for (size_t i = 0; i < options->handler_ratio_count; i++)
		size += options->handler_ratios[i].handler.size;
	sampler->handler_ratios = malloc(size + 1);
	if (!sampler->handler_ratios)
		return false;
	at = (char *)(sampler->handler_ratios + options->handler_ratio_count);
	for (size_t i = 0; i < options->handler_ratio_count; i++) {
		struct str handler = options->handler_ratios[i].handler;

		if (handler.size)
			memcpy(at, handler.data, handler.size);
		sampler->handler_ratios[i] =
			(struct handler_ratio){{at, handler.size}, options->handler_ratios[i].ratio};
		at += handler.size;
	}
	sampler->options.handler_ratios = sampler->handler_ratios;
	return true;
}

enum status sampler_new(const struct sampling_options *options, struct sampler **sampler_out,
			struct error *error)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));

	if (sampler)
		sampler->options = *options;
	if (!sampler || !copy_ratios(sampler)) {
		free(sampler);
		return error_set(error, STATUS_NO_MEMORY, "no memory for sampling");
	}
	sampler->head_threshold = ratio_threshold(options->head_ratio);
	sampler->tail_threshold = ratio_threshold(options->tail_ratio);
	sampler->has_tail = sampling_has_tail(options);
	sampler->keeps_unmarked = !sampler->tail_threshold && !options->traces_per_second;
	sampled_traces_init(&sampler->traces, options->trace_limit ? options->trace_limit : TRACE_LIMIT);
	pace_init(&sampler->pace, HANDLER_LIMIT);
	sampler->tokens = options->traces_per_second;
	sampler->refilled_ns = clock_now_ns(options->clock);
	pthread_mutex_init(&sampler->lock, NULL);
	*sampler_out = sampler;
	return STATUS_OK;
}

void sampler_free(struct sampler *sampler)
{
	if (!sampler)
		return;
	sampled_traces_release(&sampler->traces);
	pace_release(&sampler->pace);
	pthread_mutex_destroy(&sampler->lock);
	free(sampler->handler_ratios);
	free(sampler);
}

void sampler_head(struct sampler *sampler, struct batch *batch)
{
	size_t i = 0;

	if (!sampler->head_threshold)
		return;
	while (i < batch->span_count) {
		struct span *span = &batch->spans[i], moved;

		if (trace_randomness(span->trace_id, span->trace_state) >= sampler->head_threshold) {
			i++;
			continue;
		}
		moved = batch->spans[--batch->span_count];
		batch->spans[batch->span_count] = *span;
		*span = moved;
		batch->unsampled_count++;
	}
}

/* Seconds, never 0. */
static uint32_t seconds_of(uint64_t time_ns)
{
	return (uint32_t)(time_ns / NS_PER_SECOND) + 1;
}

static uint32_t remembered_seconds(const struct sampler *sampler)
{
	return (uint32_t)(sampler->options.window_ns / NS_PER_SECOND) + REMEMBERED_SECONDS;
}

/* What cannot be known is kept, until what was known by now is forgotten. */
static void overfill(struct sampler *sampler, uint32_t now)
{
	if (!sampler->is_overfull)
		log_warn("processor",
			 "sampling knows %zu traces, its limit: every trace is kept until older ones are "
			 "decided on",
			 sampler->traces.count);
	sampler->is_overfull = true;
	sampler->overfull_until = now + remembered_seconds(sampler);
}

static bool is_past_limit(struct sampler *sampler, uint32_t now)
{
	if (sampler->is_overfull && now >= sampler->overfull_until)
		sampler->is_overfull = false;
	return sampler->is_overfull;
}

static void refill(struct sampler *sampler)
{
	uint64_t now_ns = clock_now_ns(sampler->options.clock);
	double most = sampler->options.traces_per_second;

	if (now_ns > sampler->refilled_ns)
		sampler->tokens += most * (double)(now_ns - sampler->refilled_ns) / (double)NS_PER_SECOND;
	sampler->refilled_ns = now_ns;
	if (sampler->tokens > most)
		sampler->tokens = most;
}

/* Whether the limit of traces a second lets it through; asked once a trace. */
static bool passes(struct sampler *sampler, struct sampled_trace *trace)
{
	if (!sampler->options.traces_per_second)
		return true;
	if (!(trace->marks & (MARK_PASSED | MARK_DENIED))) {
		refill(sampler);
		trace->marks |= sampler->tokens >= 1 ? MARK_PASSED : MARK_DENIED;
		sampler->tokens -= sampler->tokens >= 1;
	}
	return trace->marks & MARK_PASSED;
}

static bool has_ratio(const struct sampler *sampler, const struct sampled_trace *trace)
{
	bool has_general = trace->marks & MARK_RATIO || sampler->keeps_unmarked;

	return trace->marks & MARK_HANDLER_KEEPS || (has_general && !(trace->marks & MARK_HANDLER_DROPS));
}

static enum sampling_reason decide(struct sampler *sampler, struct sampled_trace *trace)
{
	if (trace->marks & MARK_ERROR)
		return SAMPLED_ERROR;
	if (trace->marks & MARK_SLOW)
		return SAMPLED_SLOW;
	if (trace->marks & MARK_MINIMUM)
		return SAMPLED_MINIMUM;
	if (sampled_traces_group_is_kept(&sampler->traces, trace))
		return SAMPLED_LINK;
	if (!(trace->marks & MARK_SLOWEST) && !has_ratio(sampler, trace))
		return DROPPED_RATIO;
	if (!passes(sampler, trace))
		return DROPPED_RATE;
	return trace->marks & MARK_SLOWEST ? SAMPLED_SLOWEST : SAMPLED_RATIO;
}

static void keep_group(struct sampler *sampler, struct sampled_trace *trace)
{
	if (trace->group && sampling_reason_keeps(decide(sampler, trace)))
		sampled_traces_keep_group(&sampler->traces, trace);
}

static uint16_t marks_of_execution(struct sampler *sampler, const struct span *span, uint64_t now_ns)
{
	const struct sampling_options *options = &sampler->options;
	struct handler_pace *handler = pace_of(&sampler->pace, span->handler.name, now_ns);
	uint16_t marks = 0;

	if (!handler)
		return 0;
	if (options->keep_slowest && pace_is_slow(handler, span_duration_ns(span)))
		marks |= MARK_SLOWEST;
	if (handler->kept < options->handler_minimum) {
		handler->kept++;
		marks |= MARK_MINIMUM;
	}
	for (size_t i = 0; i < options->handler_ratio_count; i++)
		if (str_equal(options->handler_ratios[i].handler, span->handler.name))
			marks |= trace_randomness(span->trace_id, span->trace_state) >=
						 ratio_threshold(options->handler_ratios[i].ratio)
					 ? MARK_HANDLER_KEEPS
					 : MARK_HANDLER_DROPS;
	return marks;
}

static uint16_t marks_of(struct sampler *sampler, const struct span *span, uint64_t now_ns)
{
	const struct sampling_options *options = &sampler->options;
	uint16_t marks = 0;

	if (options->keep_errors && span->handler.outcome == OUTCOME_ERROR)
		marks |= MARK_ERROR;
	if (options->slower_than_ns && span_duration_ns(span) > options->slower_than_ns)
		marks |= MARK_SLOW;
	if (span->handler.role == ROLE_EXECUTION)
		marks |= marks_of_execution(sampler, span, now_ns);
	if (!sampler->keeps_unmarked &&
	    trace_randomness(span->trace_id, span->trace_state) >= sampler->tail_threshold)
		marks |= MARK_RATIO;
	return marks;
}

static void note_span(struct sampler *sampler, const struct span *span, uint64_t now_ns)
{
	uint16_t marks = marks_of(sampler, span, now_ns);
	uint32_t now = seconds_of(now_ns);
	struct sampled_trace *trace;

	if (marks) {
		trace = sampled_traces_mark(&sampler->traces, span->trace_id, marks, now);
		if (trace)
			keep_group(sampler, trace);
		else
			overfill(sampler, now);
	}
	for (uint32_t i = 0; i < span->link_count; i++) {
		const uint8_t *other = span->links[i].trace_id;

		if (memcmp(other, span->trace_id, TRACE_ID_SIZE) == 0)
			continue;
		/* What one of the two is kept for keeps both. */
		if (!sampled_traces_join(&sampler->traces, span->trace_id, other, now)) {
			overfill(sampler, now);
			continue;
		}
		keep_group(sampler, sampled_traces_find(&sampler->traces, span->trace_id));
		keep_group(sampler, sampled_traces_find(&sampler->traces, other));
	}
}

void sampler_note(struct sampler *sampler, const struct batch *batch)
{
	uint64_t now_ns = clock_now_ns(sampler->options.clock);

	pthread_mutex_lock(&sampler->lock);
	sampler->stats.spans[DROPPED_HEAD] += batch->unsampled_count;
	for (size_t i = 0; sampler->has_tail && i < batch->span_count; i++)
		note_span(sampler, &batch->spans[i], now_ns);
	pthread_mutex_unlock(&sampler->lock);
}

static bool has_root(const struct span *const *spans, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_is_root(spans[i]))
			return true;
	return false;
}

bool sampler_keep(void *context, const struct span *const *spans, size_t count)
{
	struct sampler *sampler = context;
	enum sampling_reason reason = sampler->keeps_unmarked ? SAMPLED_RATIO : DROPPED_RATIO;
	struct sampled_trace *trace;

	pthread_mutex_lock(&sampler->lock);
	trace = sampled_traces_find(&sampler->traces, spans[0]->trace_id);
	if (trace)
		reason = decide(sampler, trace);
	if (!sampling_reason_keeps(reason) &&
	    is_past_limit(sampler, seconds_of(clock_now_ns(sampler->options.clock))))
		reason = SAMPLED_OVERFLOW;
	sampler->stats.spans[reason] += count;
	sampler->stats.traces[reason] += has_root(spans, count);
	pthread_mutex_unlock(&sampler->lock);
	return sampling_reason_keeps(reason);
}

void sampler_forget(struct sampler *sampler)
{
	uint32_t now = seconds_of(clock_now_ns(sampler->options.clock));
	uint32_t remembered = remembered_seconds(sampler);

	pthread_mutex_lock(&sampler->lock);
	/* Where memory is short they are known a little longer. */
	if (now > remembered)
		sampled_traces_forget(&sampler->traces, now - remembered);
	pthread_mutex_unlock(&sampler->lock);
}

void sampler_stats(struct sampler *sampler, struct sampler_stats *stats_out)
{
	pthread_mutex_lock(&sampler->lock);
	*stats_out = sampler->stats;
	stats_out->known_traces = sampler->traces.count;
	pthread_mutex_unlock(&sampler->lock);
}
