/*
 * distribution: the buckets of exponential histograms and the quantiles of summaries as bytes of a string column,
 * point by point: their shape may change with each. Varints: bucket counts are small and mostly 0. (The buckets of
 * a histogram are runs of samples.)
 */
#ifndef ROHAS_STORAGE_COLUMNS_DISTRIBUTION_H
#define ROHAS_STORAGE_COLUMNS_DISTRIBUTION_H

#include "base/arena.h"
#include "base/buffer.h"
#include "model/metric_point.h"

/* buckets_out and bounds_out are appended to. */
void distribution_encode(const struct metric_point *point, struct buffer *buckets_out,
			 struct buffer *bounds_out);

/* Fills the point's exponential histogram or summary, as point->metric->type says. */
enum status distribution_decode(struct str buckets, struct str bounds, struct arena *arena,
				struct metric_point *point, struct error *error);

#endif
