/*
 * metrics: which metrics there are, and their values over time.
 *
 * A range is cut into windows of one step, each (t - step, t], t a multiple of the step since 1970, so that
 * windows stay where they are while time goes on. All series that meet the filters are put together, apart
 * from those that the labels of `by` tell apart; every window of every line then holds one figure, or none
 * (NaN).
 *
 * What the figure is depends on the metric. Levels are gauges, and cumulative sums that may fall; increases
 * are all other sums; values are those that histograms and summaries count:
 *
 *   agg    levels                          increases              values
 *   rate   -                               increase a second      values a second
 *   sum    sum of the series' last levels  increase               sum of the values
 *   avg    mean of the series' means       mean of the points     sum / count
 *   min    smallest                        smallest of a point    smallest
 *   max    largest                         largest of a point     largest
 *   count  points                          points                 values
 *   p99    -                               -                      percentile (mixture.h: its error)
 *
 * rate spreads an increase evenly over the time that it covers; the others give it to the window of its
 * point. A level holds until the next point, for METRIC_STALE_NS at most, or until its series ends. The least
 * and largest value of a cumulative histogram are known to its buckets' width alone. A summary has no minimum
 * and maximum, and percentiles only where one series stands alone and the sender worked that percentile out.
 *
 * Ownership  an answer owns what it holds.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds, values the metric's own unit, rates that a second.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_METRICS_H
#define ROHAS_QUERY_METRICS_H

#include "query/query.h"

#define METRIC_STALE_NS (300 * NS_PER_SECOND)
/* Without a step: the range in about this many. */
enum { METRIC_STANDARD_STEPS = 200 };
/* The bounds of an answer: steps, lines, values (steps times lines); and of a question: series and time. */
enum {
	METRIC_STEPS_MOST = 11000,
	METRIC_LINES_MOST = 1000,
	METRIC_VALUES_MOST = 500000,
	METRIC_SERIES_MOST = 1600000, /* about */
	METRIC_MS_MOST = 30000,
	METRIC_EXEMPLARS_MOST = 100, /* of an answer: the newest */
};
enum { METRIC_BY_LIMIT = 16 };

enum agg_kind { AGG_STANDARD, AGG_RATE, AGG_SUM, AGG_AVG, AGG_MIN, AGG_MAX, AGG_COUNT, AGG_PERCENTILE };

struct metric_agg {
	enum agg_kind kind;
	double quantile; /* PERCENTILE: 0 to 1 */
	char name[12];   /* as it was asked for: "p99.9" */
};

/* "rate", "sum", …; "p" and a number above 0 and below 100. */
bool metric_agg_parse(struct str text, struct metric_agg *agg_out);

struct metric_query {
	struct str name;
	struct time_range range;
	uint64_t step_ns;      /* 0: METRIC_STANDARD_STEPS decide */
	struct metric_agg agg; /* STANDARD: by type: avg, rate, p95; sum for a sum that may fall */
	const struct label_filter *labels; /* their patterns are the query's to make */
	size_t label_count;
	const struct str *by; /* labels that tell lines apart */
	size_t by_count;
	bool by_all; /* every series is a line of its own labels */
	bool with_exemplars;
};

struct metric_label {
	struct str name, value; /* value is empty where a series has no such label */
};

struct metric_line {
	const struct metric_label *labels;
	size_t label_count;
	const double *values; /* one a step; NaN: none */
};

/* A measurement that led to a point of a line, and the span in which it was taken. */
struct metric_exemplar {
	uint64_t time_ns;
	struct number value;
	uint8_t trace_id[TRACE_ID_SIZE]; /* never all zero */
	uint8_t span_id[SPAN_ID_SIZE];
	const struct metric_label *labels; /* the line's */
	size_t label_count;
};

struct metric_range {
	struct arena arena;
	struct metric metric;
	struct metric_agg agg; /* as it was done */
	uint64_t first_ns;     /* the first window's t */
	uint64_t step_ns;
	size_t step_count;
	struct metric_line *lines; /* sorted by their labels */
	size_t line_count;
	/* PERCENTILE of histograms: every figure is off by no more than this share of the true value (0.044: 4.4 %). NaN
	 * where no share is known: of other figures, and where a percentile may be 0 or in a bucket without end. */
	double error_bound;
	bool with_exemplars;               /* as it was asked for */
	struct metric_exemplar *exemplars; /* newest first */
	size_t exemplar_count;
};

/*
 * range_out is released by metric_range_release. STATUS_NOT_FOUND where the store has no metric of that name;
 * one without points in the range gives no lines. On failure *parameter_out (which may be NULL) names what to
 * change: "name", "step", "agg", "by", "match", or NULL where it is none of them. Where one name has metrics of
 * several types, that of the oldest point in range is shown.
 */
enum status metric_range(struct query *query, const struct metric_query *question,
			 struct metric_range *range_out, const char **parameter_out, struct error *error);
void metric_range_release(struct metric_range *range);

/* A step for a range: one of 1, 2, 5, 10, 15, 30 s and so on up to weeks. */
uint64_t metric_standard_step(struct time_range range);

struct metric_list {
	struct arena arena;
	struct metric_summary *metrics; /* by name */
	size_t count;
};

/* list_out is released by metric_list_release. */
enum status metric_list(struct query *query, struct time_range range, struct metric_list *list_out,
			struct error *error);
void metric_list_release(struct metric_list *list);

#endif
