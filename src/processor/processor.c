#include "processor/processor.h"

#include <pthread.h>
#include <stdlib.h>

#include "processor/collect.h"
#include "processor/naming.h"
#include "processor/recognise.h"

enum { SERIES_LIMIT_DEFAULT = 2000 };

struct processor {
	const struct clock *clock;
	struct recogniser recogniser; /* not changed after processor_new */
	pthread_mutex_t lock;         /* of counters */
	struct counters counters;
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
	processor->clock = options->clock;
	recogniser_init(&processor->recogniser, rules_built_in, rules_built_in_count);
	pthread_mutex_init(&processor->lock, NULL);
	*processor_out = processor;
	return STATUS_OK;
}

void processor_free(struct processor *processor)
{
	if (!processor)
		return;
	counters_release(&processor->counters);
	pthread_mutex_destroy(&processor->lock);
	free(processor);
}

enum status processor_recognise(struct processor *processor, struct batch *batch, struct error *error)
{
	return recognise_batch(&processor->recogniser, batch, error);
}

/* What one span adds, worked out before the lock is taken. */
struct tally {
	const struct span *span;
	uint64_t duration_ns;
	struct series_key execution, event;
	uint64_t execution_hash, event_hash;
};

enum { TALLIES_AT_ONCE = 64 };

static bool tally_span(const struct span *span, struct tally *tally)
{
	const struct handler *handler = &span->handler;
	bool ended = handler->outcome == OUTCOME_SUCCESS || handler->outcome == OUTCOME_ERROR;

	if (handler->role == ROLE_PUBLISH) {
		tally->event = (struct series_key){.texts = {handler->event, handler->language}};
	} else if (handler->role == ROLE_EXECUTION && ended) {
		tally->execution = (struct series_key){.texts = {handler->name, handler->language},
						       .type = handler->type,
						       .outcome = handler->outcome};
		tally->execution_hash = series_key_hash(&tally->execution);
		tally->event =
			(struct series_key){.texts = {handler->event, handler->name, handler->language},
					    .outcome = handler->outcome};
	} else {
		return false;
	}
	tally->span = span;
	tally->duration_ns = span_duration_ns(span);
	tally->event_hash = handler->messages ? series_key_hash(&tally->event) : 0;
	return true;
}

static void add_tally(struct counters *counters, const struct tally *tally, uint64_t now_ns)
{
	const struct handler *handler = &tally->span->handler;
	uint64_t ended_ns = tally->span->end_ns;

	if (handler->role == ROLE_PUBLISH) {
		tally_table_add(&counters->published, &tally->event, tally->event_hash, handler->messages,
				NULL, ended_ns, now_ns);
		return;
	}
	tally_table_add(&counters->executions, &tally->execution, tally->execution_hash, 1,
			&tally->duration_ns, ended_ns, now_ns);
	if (handler->messages)
		tally_table_add(&counters->handled, &tally->event, tally->event_hash, handler->messages,
				&tally->duration_ns, ended_ns, now_ns);
}

static void add_tallies(struct processor *processor, const struct tally *tallies, size_t count,
			uint64_t now_ns)
{
	pthread_mutex_lock(&processor->lock);
	for (size_t i = 0; i < count; i++)
		add_tally(&processor->counters, &tallies[i], now_ns);
	pthread_mutex_unlock(&processor->lock);
}

void processor_count(struct processor *processor, const struct batch *batch)
{
	uint64_t now_ns = clock_now_ns(processor->clock);
	struct tally tallies[TALLIES_AT_ONCE];
	size_t count = 0;

	for (size_t i = 0; i < batch->span_count + batch->unsampled_count; i++) {
		if (batch->spans[i].handler.role == ROLE_NONE ||
		    !tally_span(&batch->spans[i], &tallies[count]))
			continue;
		if (++count == TALLIES_AT_ONCE) {
			add_tallies(processor, tallies, count, now_ns);
			count = 0;
		}
	}
	if (count)
		add_tallies(processor, tallies, count, now_ns);
}

enum status processor_collect(struct processor *processor, struct batch *batch_out, struct error *error)
{
	size_t before = batch_out->point_count;
	bool complete;

	pthread_mutex_lock(&processor->lock);
	complete = counters_collect(&processor->counters, clock_now_ns(processor->clock), batch_out);
	pthread_mutex_unlock(&processor->lock);
	if (!complete && batch_out->point_count == before)
		return error_set(error, STATUS_NO_MEMORY, "the batch has no memory left for metric points");
	return STATUS_OK;
}
