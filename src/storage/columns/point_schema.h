/* point_schema: the tables of a block of metric points; docs/format.md says what each field holds. On disk. */
#ifndef ROHAS_STORAGE_COLUMNS_POINT_SCHEMA_H
#define ROHAS_STORAGE_COLUMNS_POINT_SCHEMA_H

enum point_field {
	/* one value a series */
	POINT_RUN_LENGTH = 0, /* points of the series */
	/* one value a point */
	POINT_FLAGS = 4,
	POINT_HAS = 6, /* POINT_HAS_SUM and so on */
	POINT_EXEMPLAR_COUNT = 7,
	POINT_SERIES_COUNT = 15,  /* a single value */
	POINT_METRIC_COUNT = 16,  /* a single value */
	POINT_EXEMPLARS_ALL = 17, /* a single value */
	POINT_LIST_COUNT = 18,    /* a single value: how many lists of times there are */
	POINT_LIST_LENGTH = 19,   /* one value a list of times */
	POINT_BUCKETS = 64, /* one a point that is an exponential histogram or a summary: distribution.h */
	POINT_BOUNDS = 65,  /* the same */
};

/*
 * Types that metrics have on disk alone: of a gauge's and a sum's points that stand for several (see
 * model/downsample.h), which have the columns of distributions. The difference is the type that is read.
 */
enum { STORED_GAUGE_STEPS = 6, STORED_SUM_STEPS = 7, STORED_STEPS_LESS = 5 };

/* Runs of samples (samples.h), FIRST_SAMPLES_FIELD and up. */
enum point_samples {
	POINT_TIMES = 32,  /* a run a list of times */
	POINT_INT = 33,    /* a run a series of integers */
	POINT_DOUBLE = 34, /* a run a series of doubles */
	POINT_COUNT = 35, /* a run a series of distributions, as are the next three: count less the sum of the
			     * buckets */
	POINT_SUM = 36,
	POINT_MIN = 37,
	POINT_MAX = 38,
	POINT_COUNTS = 39, /* a run a bucket of a series of histograms */
};
enum { FIRST_SAMPLES_FIELD = POINT_TIMES, SAMPLES_FIELD_COUNT = POINT_COUNTS - POINT_TIMES + 1 };

enum series_field {
	SERIES_METRIC = 0,
	SERIES_RESOURCE = 1,
	SERIES_SCOPE = 2,
	SERIES_NUMBER_KIND = 3,
	SERIES_BUCKET_COUNT = 4, /* of a histogram; else 0 */
	SERIES_TIMES = 5,        /* which list of times its points have */
	SERIES_STARTS = 6,       /* which list their start times are */
	SERIES_BOUNDS = 64,      /* of a histogram: eight bytes a bound, little-endian; else empty */
};

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
