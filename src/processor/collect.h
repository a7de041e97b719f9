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
#include "processor/series.h"
#include "processor/system.h"

/*
 * What one metric counts. Spans that ended more than a minute ago (an exporter that was cut off, history that is
 * filled in) are counted in the minute in which they ended, the others at the time of the next collection.
 */
struct tally_table {
	struct series_table current, late;
};

struct counters {
	struct tally_table executions; /* texts: handler name, language */
	struct tally_table handled;    /* texts: event, handler name, language */
	struct tally_table published;  /* texts: event, language */
	struct system_meter meter;
	char *host;
};

bool counters_init(struct counters *counters, const char *host, size_t series_limit);
void counters_release(struct counters *counters);

/* Counts one span's part: count, and one duration unless that is NULL. ended_ns is when the span ended. */
void tally_table_add(struct tally_table *table, const struct series_key *key, uint64_t hash, uint64_t count,
		     const uint64_t *duration_ns, uint64_t ended_ns, uint64_t now_ns);

/* Adds a point for everything that was counted, empties what was added, and adds the gauges. False where the
 * batch is full: what did not fit stays counted. */
bool counters_collect(struct counters *counters, uint64_t now_ns, struct batch *batch_out);

#endif
