/*
 * distribution: durations counted into the buckets of an exponential histogram.
 *
 * At scale 4 a bucket's upper bound is 2^(1/16), 1.0443, times its lower one: whoever answers with the
 * geometric middle of a bucket is at most 2.2 % off. The smallest duration, a nanosecond, and the largest are
 * 1,024 buckets apart, so memory is bounded without ever changing the scale.
 *
 * Ownership  a distribution owns its buckets until distribution_release.
 * Threads    one thread at a time.
 * Units      durations go in as nanoseconds; buckets, sum, min and max are of milliseconds.
 * Errors     distribution_add returns false where memory ran out; nothing was counted then.
 */
#ifndef ROHAS_PROCESSOR_DISTRIBUTION_H
#define ROHAS_PROCESSOR_DISTRIBUTION_H

#include "model/metric_point.h"

enum { DISTRIBUTION_SCALE = 4 };

struct distribution {
	uint64_t *counts; /* bucket offset + i holds (2^((offset + i) / 16), 2^((offset + i + 1) / 16)] ms */
	uint32_t bucket_count, capacity;
	int32_t offset;
	uint64_t count, zero_count;
	uint64_t sum_ns, min_ns, max_ns;
};

/* The bucket of a duration above zero. */
int32_t distribution_bucket(uint64_t duration_ns);

bool distribution_add(struct distribution *distribution, uint64_t duration_ns);

/* Empties it and keeps the memory. */
void distribution_clear(struct distribution *distribution);
void distribution_release(struct distribution *distribution);

/* Fills in the point's count, sum, min, max and buckets, which go into arena; false where that is full. */
bool distribution_to_point(const struct distribution *distribution, struct arena *arena,
			   struct metric_point *point);

#endif
