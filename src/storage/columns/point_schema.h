/* point_schema: the tables of a block of metric points; docs/format.md says what each field holds. On disk. */
#ifndef ROHAS_STORAGE_COLUMNS_POINT_SCHEMA_H
#define ROHAS_STORAGE_COLUMNS_POINT_SCHEMA_H

enum point_field {
	/* one value a series */
	POINT_RUN_LENGTH = 0, /* points of the series */
	/* one value a point */
	POINT_TIME = 1,  /* the first of a series: the time; others: to the point before */
	POINT_START = 2, /* 0: none, else time less start, zigzag, with POINT_HAS_START */
	POINT_HAS_START = 3,
	POINT_FLAGS = 4,
	POINT_NUMBER_KIND = 5,
	POINT_HAS = 6, /* POINT_HAS_SUM and so on */
	POINT_EXEMPLAR_COUNT = 7,
	POINT_IS_DISTRIBUTION = 8, /* histogram, exponential histogram or summary */
	/* one value a point that has it */
	POINT_INT = 9,     /* zigzag */
	POINT_DOUBLE = 10, /* bits, as POINT_COUNT's neighbours below */
	/* one value a distribution */
	POINT_COUNT = 11,
	POINT_SUM = 12,
	POINT_MIN = 13,
	POINT_MAX = 14,
	POINT_SERIES_COUNT = 15,  /* a single value */
	POINT_METRIC_COUNT = 16,  /* a single value */
	POINT_EXEMPLARS_ALL = 17, /* a single value */
	POINT_BUCKETS = 64,       /* one a distribution: what docs/format.md calls a shape of buckets */
	POINT_BOUNDS = 65,        /* one a distribution: eight bytes a bound, little-endian */
};

/*
 * Types that metrics have on disk alone: of a gauge's and a sum's points that stand for several (see
 * model/downsample.h), which have the columns of distributions. The difference is the type that is read.
 */
enum { STORED_GAUGE_STEPS = 6, STORED_SUM_STEPS = 7, STORED_STEPS_LESS = 5 };

enum series_field { SERIES_METRIC = 0, SERIES_RESOURCE = 1, SERIES_SCOPE = 2 };

enum metric_field {
	METRIC_FIELD_TYPE = 0,
	METRIC_FIELD_TEMPORALITY = 1,
	METRIC_FIELD_MONOTONIC = 2,
	METRIC_FIELD_NAME = 64,
	METRIC_FIELD_DESCRIPTION = 65,
	METRIC_FIELD_UNIT = 66,
};

enum exemplar_field {
	EXEMPLAR_TIME = 0, /* zigzag: to the point's time */
	EXEMPLAR_KIND = 1,
	EXEMPLAR_VALUE = 2, /* int: zigzag; double: bits */
	EXEMPLAR_TRACE_ID = 64,
	EXEMPLAR_SPAN_ID = 65,
};

#endif
