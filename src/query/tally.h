/*
 * tally: what the program counted of handlers and events, added up by labels over a time.
 *
 * The processor counts every execution and event before any sampling and writes what it counted every few seconds as
 * points with delta temporality. A tally adds such points up: counts, sums, least and largest values, and the
 * distribution of values, of which percentiles are worked out (mixture.h: their error). Points of other temporality, an
 * application's own, are left out: their increase is not theirs alone to tell.
 *
 * A point counts to the time that it was written at: the edges of a range are exact to the interval in which the
 * processor writes.
 *
 * Ownership  a tally owns its rows until tally_release.
 * Threads    plain values.
 * Units      times are Unix nanoseconds; values the metric's own unit.
 * Errors     as query.h says; a metric that is not there has no rows.
 */
#ifndef ROHAS_QUERY_TALLY_H
#define ROHAS_QUERY_TALLY_H

#include "query/mixture.h"
#include "query/query.h"

enum { TALLY_LABELS_MOST = 4, TALLY_ROWS_MOST = 50000 };

struct tally_question {
	const char *metric;
	struct time_range range;
	const char *labels[TALLY_LABELS_MOST]; /* that tell rows apart; up to the first NULL */
	const char *only_label;                /* rows of this value alone; NULL: all */
	struct str only_value;
	uint64_t
		step_ns; /* rows are told apart by window too, (t - step, t], t a multiple of it; 0: they are not */
};

struct tally_row {
	struct str labels[TALLY_LABELS_MOST]; /* empty where a point has no such label */
	uint64_t window_ns;                   /* its t; 0 without a step */
	uint64_t count;                       /* of values; of a sum the sum, which is whole */
	double sum, least, most;              /* of the values; 0 where there are none */
	uint64_t first_ns, last_ns;           /* of the points */
	struct mixture mixture;               /* of a histogram */
	const struct exemplar *exemplar;      /* the newest with a trace id; NULL: none */
};

struct tally {
	struct arena arena;
	struct tally_row *rows; /* in the order in which they were met */
	size_t count, capacity;
};

enum status tally_read(struct query *query, const struct tally_question *question, struct tally *tally_out,
		       struct error *error);
void tally_release(struct tally *tally);

/* Adds what one row counts to another; the exemplar stays where it is. False where memory ran out. */
bool tally_row_add(struct tally_row *to, const struct tally_row *from);
void tally_row_release(struct tally_row *row);

/* NaN where it has no values. */
double tally_row_quantile(const struct tally_row *row, double quantile);

#endif
