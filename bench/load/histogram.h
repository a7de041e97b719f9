/*
 * histogram: how long requests took, in buckets no wider than 1.6 % of their value.
 *
 * Threads    one thread at a time.
 * Units      nanoseconds.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include <stdint.h>

/* Every power of two is cut into this many equal buckets; below it each value has its own. */
enum { HISTOGRAM_PARTS = 64, HISTOGRAM_BUCKETS = HISTOGRAM_PARTS * 59 };

struct histogram {
	uint64_t count, max;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that share (0 … 1) of all values do not exceed, rounded up to its bucket's end; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
