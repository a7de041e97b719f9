/*
 * collect: the counters behind the handlers' metrics, and how they become metric points.
 *
 * Ownership  counters own their series and a copy of host. Points and their labels live in the batch given.
 * Threads    one thread at a time: the processor holds its lock.
 * Units      durations in points are milliseconds.
 * Errors     false where memory ran out.
 */
#ifndef ROHAS_PROCESSOR_COLLECT_H
#define ROHAS_PROCESSOR_COLLECT_H

#include "model/batch.h"
#include "model/error_group.h"
#include "processor/series.h"
#include "processor/system.h"

/*
 * What one metric counts. Spans that ended more than a minute ago (an exporter that was cut off, history that is
 * filled in) are counted in the minute in which they ended, the others at the time of the next collection.
 */
struct tally_table {
	struct series_table current, late;
};

/* What one span adds: worked out before the lock is taken. */
struct tally {
	struct series_key execution, event;
	uint64_t execution_hash, event_hash;
	uint64_t messages, duration_ns, ended_ns;
	struct example example;
};

/* A run of a cron handler, which becomes a point of its own. */
struct cron_run {
	struct series_key key; /* texts: handler name, schedule; owned */
	uint64_t start_ns, duration_ns;
};
enum { CRON_RUNS_MOST = 16384 };

struct counters {
	struct tally_table executions; /* texts: handler name, language */
	struct tally_table handled;    /* texts: event, handler name, language */
	struct tally_table queued;     /* texts: event, handler name, language */
	struct tally_table published;  /* texts: event, language */
	struct tally_table publishers; /* texts: event, handler name, language */
	struct tally_table errors;     /* texts: exception type, handler name, language */
	struct cron_run *runs;
	size_t run_count, run_capacity;
	uint64_t lost_run_count; /* past CRON_RUNS_MOST between two collections, or without memory */
	struct system_meter meter;
	char *host;
};

bool counters_init(struct counters *counters, const char *host, size_t series_limit);
void counters_release(struct counters *counters);

static inline struct example example_of(const struct span *span)
{
	struct example example = {.time_ns = span->end_ns, .duration_ns = span_duration_ns(span)};

	memcpy(example.trace_id, span->trace_id, TRACE_ID_SIZE);
	memcpy(example.span_id, span->span_id, SPAN_ID_SIZE);
	return example;
}

/* What a span that published or was executed adds; views of the span. */
void tally_fill(struct tally *tally, const struct span *span);

/* Counts an execution, with the events that it handled. */
void counters_add(struct counters *counters, const struct tally *tally, uint64_t now_ns);

/* The key of an error, without the handler that it happened in. */
struct series_key error_key(const struct error_group *group, const struct handler *handler);
void counters_add_error(struct counters *counters, const struct series_key *key,
			const struct example *example, uint64_t now_ns);

/* An execution of a cron handler. */
void counters_add_run(struct counters *counters, const struct span *span);

/* Counts one span's part: count, and one duration unless that is NULL. ended_ns is when the span ended.
 * Returns the series, until the next call; NULL where memory ran out. */
struct series *tally_table_add(struct tally_table *table, const struct series_key *key, uint64_t hash,
			       uint64_t count, const uint64_t *duration_ns, uint64_t ended_ns,
			       uint64_t now_ns);

/* Adds a point for everything that was counted, empties what was added, and adds the gauges. False where the
 * batch is full: what did not fit stays counted. */
bool counters_collect(struct counters *counters, uint64_t now_ns, struct batch *batch_out);

#endif
