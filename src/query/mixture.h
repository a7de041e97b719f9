/*
 * mixture: counts of values in buckets, added up from histograms of any shape, and its percentiles.
 *
 * Buckets with the same bounds are added: no count is lost or moved, so merging is exact. Inside a bucket
 * values are taken to lie evenly. So a percentile lies in the bucket that the true one lies in: it is off by
 * less than that bucket's width, which for an exponential histogram is less than (base - 1) of its value.
 *
 * Ownership  the mixture owns its buckets; zero-initialise it, release it.
 * Threads    one thread at a time.
 * Units      values are in the metric's own unit.
 */
#ifndef ROHAS_QUERY_MIXTURE_H
#define ROHAS_QUERY_MIXTURE_H

#include "model/metric_point.h"

/* Values in (lower, upper]. The outermost ones may be infinite. Both the same: values of exactly that. */
struct bucket {
	double lower, upper;
	uint64_t count;
};

/* Past this many different buckets the shapes have too little in common. */
enum { MIXTURE_BUCKETS_MOST = 8192 };

struct mixture {
	struct bucket *buckets; /* sorted by lower, then upper */
	size_t count, capacity;
};

void mixture_release(struct mixture *mixture);

/* Adds buckets that are sorted alike. False when memory ran out or MIXTURE_BUCKETS_MOST is passed. */
bool mixture_add(struct mixture *mixture, const struct bucket *buckets, size_t count);

/* The value that quantile (0 to 1) of all values do not exceed. least and most are the smallest and the
 * largest value, as far as they are known: they close the infinite buckets. NaN where the mixture is
 * empty. */
double mixture_quantile(const struct mixture *mixture, double quantile, double least, double most);

/* Where the value at that quantile lies for certain, however the values lie in their buckets; least and most are as
 * above, infinite where they are not known. NaN where the mixture is empty. */
struct value_bounds {
	double lower, upper;
};
struct value_bounds mixture_quantile_bounds(const struct mixture *mixture, double quantile, double least,
					    double most);

/* How wide the bounds are, as a share of the one that is nearer to 0; infinite where they reach 0 or past it. */
double value_bounds_width(struct value_bounds bounds);

/*
 * The filled buckets of a histogram or exponential histogram point, sorted. buckets_out has room for
 * point_bucket_limit(point). Returns how many there are.
 */
size_t point_bucket_limit(const struct metric_point *point);
size_t point_buckets(const struct metric_point *point, struct bucket *buckets_out);

#endif
