#include "processor/processor.h"

#include <pthread.h>
#include <stdlib.h>

#include "processor/ancestors.h"
#include "processor/collect.h"
#include "processor/joins.h"
#include "processor/naming.h"
#include "processor/recognise.h"

enum {
	SERIES_LIMIT_DEFAULT = 2000,
	JOIN_LIMIT = 1 << 20, /* producers that are remembered: 50 MB at most */
};

struct processor {
	const struct clock *clock;
	struct recogniser recogniser; /* not changed after processor_new */
	pthread_mutex_t lock;         /* of all below */
	struct counters counters;
	struct joins joins;
	struct ancestors ancestors;
};

enum status processor_new(const struct processor_options *options, struct processor **processor_out,
			  struct error *error)
{
	struct processor *processor = calloc(1, sizeof(*processor));
	size_t limit = options->series_limit ? options->series_limit : SERIES_LIMIT_DEFAULT;

	if (!processor || !counters_init(&processor->counters, options->host, limit)) {
		free(processor);
		return error_set(error, STATUS_NO_MEMORY, "no memory for the processor");
	}
	joins_init(&processor->joins, &processor->counters, JOIN_LIMIT);
	ancestors_init(&processor->ancestors, &processor->counters, JOIN_LIMIT);
	processor->clock = options->clock;
	recogniser_init(&processor->recogniser, rules_built_in, rules_built_in_count, options->rules,
			options->rule_count);
	pthread_mutex_init(&processor->lock, NULL);
	*processor_out = processor;
	return STATUS_OK;
}

void processor_free(struct processor *processor)
{
	if (!processor)
		return;
	joins_release(&processor->joins);
	ancestors_release(&processor->ancestors);
	counters_release(&processor->counters);
	pthread_mutex_destroy(&processor->lock);
	free(processor);
}

enum status processor_recognise(struct processor *processor, struct batch *batch, struct error *error)
{
	return recognise_batch(&processor->recogniser, batch, error);
}

enum { TALLIES_AT_ONCE = 64 };

/* A span and what it adds. */
struct counted {
	const struct span *span;
	struct tally tally;
};

static bool is_ended(const struct span *span)
{
	return span->handler.outcome == OUTCOME_SUCCESS || span->handler.outcome == OUTCOME_ERROR;
}

/* What may tell of an error: what recorded something, and executions that failed. */
static bool may_hold_error(const struct span *span)
{
	return is_ended(span) && (span->event_count || (span->handler.role == ROLE_EXECUTION &&
							span->handler.outcome == OUTCOME_ERROR));
}

static bool counts(const struct span *span)
{
	return span->handler.role == ROLE_PUBLISH || (span->handler.role == ROLE_EXECUTION && is_ended(span));
}

static void add_published(struct processor *processor, const struct counted *counted, uint64_t now_ns)
{
	const struct tally *tally = &counted->tally;

	if (!joins_note_producer(&processor->joins, counted->span, now_ns))
		return;
	tally_table_add(&processor->counters.published, &tally->event, tally->event_hash, tally->messages,
			NULL, tally->ended_ns, now_ns);
	ancestors_note_published(&processor->ancestors, counted->span, now_ns);
}

static void add_execution(struct processor *processor, const struct counted *counted, uint64_t now_ns)
{
	const struct handler *handler = &counted->span->handler;

	if (handler->messages && !joins_note_consumer(&processor->joins, counted->span, now_ns))
		return;
	counters_add(&processor->counters, &counted->tally, now_ns);
	if (handler->type == HANDLER_CRON)
		counters_add_run(&processor->counters, counted->span);
}

static void add_all(struct processor *processor, const struct counted *counted, size_t count, uint64_t now_ns)
{
	for (size_t i = 0; i < count; i++) {
		if (counted[i].span->handler.role == ROLE_PUBLISH)
			add_published(processor, &counted[i], now_ns);
		else
			add_execution(processor, &counted[i], now_ns);
	}
}

void processor_count(struct processor *processor, const struct batch *batch)
{
	uint64_t now_ns = clock_now_ns(processor->clock);
	struct counted counted[TALLIES_AT_ONCE];
	size_t count = 0;

	pthread_mutex_lock(&processor->lock);
	for (size_t i = 0; i < batch->span_count + batch->unsampled_count; i++) {
		const struct span *span = &batch->spans[i];

		if (may_hold_error(span))
			ancestors_note_errors(&processor->ancestors, span, now_ns);
		if (!counts(span))
			continue;
		counted[count].span = span;
		tally_fill(&counted[count++].tally, span);
		if (count == TALLIES_AT_ONCE) {
			add_all(processor, counted, count, now_ns);
			count = 0;
		}
	}
	add_all(processor, counted, count, now_ns);
	ancestors_climb(&processor->ancestors, batch, now_ns);
	pthread_mutex_unlock(&processor->lock);
}

enum status processor_collect(struct processor *processor, struct batch *batch_out, struct error *error)
{
	uint64_t now_ns = clock_now_ns(processor->clock);
	size_t before = batch_out->point_count;
	bool complete;

	pthread_mutex_lock(&processor->lock);
	joins_expire(&processor->joins, now_ns);
	ancestors_expire(&processor->ancestors, now_ns);
	complete = counters_collect(&processor->counters, now_ns, batch_out);
	pthread_mutex_unlock(&processor->lock);
	if (!complete && batch_out->point_count == before)
		return error_set(error, STATUS_NO_MEMORY, "the batch has no memory left for metric points");
	return STATUS_OK;
}

void processor_settle(struct processor *processor)
{
	pthread_mutex_lock(&processor->lock);
	joins_settle(&processor->joins);
	ancestors_settle(&processor->ancestors);
	pthread_mutex_unlock(&processor->lock);
}

void processor_stats(struct processor *processor, struct processor_stats *stats_out)
{
	pthread_mutex_lock(&processor->lock);
	*stats_out = (struct processor_stats){
		.pushed_out_count =
			joins_pushed_out(&processor->joins) + processor->ancestors.climbers.pushed_out_count,
		.skewed_count = processor->joins.skewed_count,
		.lost_run_count = processor->counters.lost_run_count,
	};
	pthread_mutex_unlock(&processor->lock);
}
