/*
 * series: one series of a metric, followed point by point, in order of time.
 *
 * Delta points say what they add. Cumulative points say what there is since a start: what one adds is its
 * difference to the one before; where the count began again (a later start, or a value that fell), all of it.
 * A first cumulative point adds nothing, unless its start shows that it began where we could have seen it.
 *
 * Ownership  a series owns what it remembers of the last point; points are borrowed for the call.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds, values the metric's own unit.
 */
#ifndef ROHAS_QUERY_SERIES_H
#define ROHAS_QUERY_SERIES_H

#include "query/mixture.h"

/* What the points of a metric mean to a question. */
enum series_mode {
	SERIES_LEVEL,        /* how much there is: gauges, and cumulative sums that may fall */
	SERIES_INCREASE,     /* how much was added: all other sums */
	SERIES_DISTRIBUTION, /* histograms of both kinds */
	SERIES_SUMMARY,
};

enum series_mode series_mode_of(const struct metric *metric);

struct series {
	bool has_last;
	struct metric_point last; /* its arrays lie in held */
	uint64_t *held;
	size_t held_capacity;
};

/* What one point adds. */
struct increase {
	uint64_t from_ns, to_ns; /* the time in which it was added: (from, to] */
	double value;            /* SERIES_LEVEL: the level; SERIES_INCREASE: how much */
	uint64_t count;          /* DISTRIBUTION and SUMMARY: how many values; else: points */
	double sum;              /* and their sum; NaN where it was not recorded */
	double least, most;      /* of them; DISTRIBUTION: between these; NaN where nothing is known */
	bool guesses_least; /* DISTRIBUTION: least stands in for an end that neither bucket nor point says */
	bool guesses_most;
	const struct bucket *buckets; /* DISTRIBUTION; they live until the next call with the same scratch */
	size_t bucket_count;
};

/* Memory that is used from call to call. Zero-initialise it. */
struct series_scratch {
	uint64_t *counts;
	size_t count_capacity;
	struct bucket *buckets;
	size_t bucket_capacity;
};
void series_scratch_release(struct series_scratch *scratch);

enum series_result { SERIES_ADDED, SERIES_NOTHING, SERIES_NO_MEMORY };

/* Takes the next point. visible_from_ns: a series that began after it is seen from its beginning. */
enum series_result series_take(struct series *series, const struct metric_point *point,
			       uint64_t visible_from_ns, struct series_scratch *scratch,
			       struct increase *increase_out);

void series_release(struct series *series);

#endif
