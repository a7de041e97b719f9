/*
 * metric_point: one data point of a metric, as OTLP has it.
 *
 * Ownership  views and pointers into the batch that holds the point.
 * Threads    plain values.
 * Units      times are Unix nanoseconds; values are in the metric's own unit (UCUM).
 * Source     opentelemetry-proto metrics/v1/metrics.proto
 */
#ifndef ROHAS_MODEL_METRIC_POINT_H
#define ROHAS_MODEL_METRIC_POINT_H

#include "model/span.h"

/* The numbers are on disk. */
enum metric_type {
	METRIC_GAUGE = 1,
	METRIC_SUM = 2,
	METRIC_HISTOGRAM = 3,
	METRIC_EXPONENTIAL_HISTOGRAM = 4,
	METRIC_SUMMARY = 5,
};
/* OTLP's numbers. */
enum temporality { TEMPORALITY_UNSPECIFIED = 0, TEMPORALITY_DELTA = 1, TEMPORALITY_CUMULATIVE = 2 };

struct metric {
	struct str name, description, unit;
	struct attributes metadata;
	uint8_t type;        /* enum metric_type */
	uint8_t temporality; /* enum temporality; UNSPECIFIED for gauge and summary */
	bool monotonic;      /* of a sum */
};

/* The numbers are on disk. */
enum number_kind { NUMBER_NONE = 0, NUMBER_INT = 1, NUMBER_DOUBLE = 2 };

struct number {
	union {
		int64_t integer;
		double real;
	};
	uint8_t kind; /* enum number_kind */
};

struct exemplar {
	uint64_t time_ns;
	struct number value;
	uint8_t trace_id[TRACE_ID_SIZE]; /* all zero: none */
	uint8_t span_id[SPAN_ID_SIZE];
	struct attributes attributes; /* the filtered ones */
};

/* bucket_count is bound_count + 1, or both are 0. Bucket i holds values in (bounds[i - 1], bounds[i]]. */
struct histogram {
	const uint64_t *counts;
	const double *bounds;
	uint32_t bucket_count, bound_count;
};

/* Bucket i of a side holds absolute values in (base^(offset + i), base^(offset + i + 1)], base = 2^(2^-scale). */
struct exponential_buckets {
	const uint64_t *counts;
	uint32_t count;
	int32_t offset;
};

struct exponential_histogram {
	int32_t scale;
	uint64_t zero_count;
	double zero_threshold;
	struct exponential_buckets positive, negative;
};

struct quantile {
	double quantile, value;
};

struct summary {
	const struct quantile *quantiles;
	uint32_t count;
};

enum { POINT_HAS_SUM = 1, POINT_HAS_MIN = 2, POINT_HAS_MAX = 4 };
enum { POINT_NO_RECORDED_VALUE = 1 }; /* OTLP's flag bit: the series ended here */

struct metric_point {
	const struct metric *metric;     /* never NULL */
	const struct resource *resource; /* never NULL */
	const struct scope *scope;       /* never NULL */
	struct attributes attributes;
	uint64_t start_ns, time_ns;
	uint32_t flags;
	struct number value; /* gauge and sum */
	/* histogram, exponential histogram, summary */
	uint64_t count;
	double sum, min, max;
	uint8_t has; /* POINT_HAS_… */
	union {
		struct histogram histogram;
		struct exponential_histogram exponential;
		struct summary summary;
	};
	const struct exemplar *exemplars;
	uint32_t exemplar_count;
};

/* "gauge", "sum", "histogram", "exponential_histogram", "summary". */
const char *metric_type_name(uint8_t type);

/* "delta", "cumulative"; "" for unspecified. */
const char *temporality_name(uint8_t temporality);

/* The number as a double; 0 where there is none. */
double number_as_double(struct number number);

#endif
