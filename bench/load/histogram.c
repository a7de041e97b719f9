#include "load/histogram.h"

enum { PART_BITS = 6 };

static uint32_t bucket_of(uint64_t value)
{
	uint32_t shift;

	if (value < HISTOGRAM_PARTS)
		return (uint32_t)value;
	/* The highest bit chooses the power of two, the six bits under it the part. */
	shift = 63 - PART_BITS - (uint32_t)__builtin_clzll(value);
	return (shift + 1) * HISTOGRAM_PARTS + (uint32_t)((value >> shift) & (HISTOGRAM_PARTS - 1));
}

static uint64_t bucket_end(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < HISTOGRAM_PARTS)
		return bucket;
	shift = bucket / HISTOGRAM_PARTS - 1;
	return ((uint64_t)(HISTOGRAM_PARTS + bucket % HISTOGRAM_PARTS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
	histogram->buckets[bucket_of(value)]++;
	histogram->count++;
	if (value > histogram->max)
		histogram->max = value;
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)histogram->count + 0.5), seen = 0;

	if (wanted == 0)
		wanted = 1;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted) {
			uint64_t end = bucket_end(i);

			return end < histogram->max ? end : histogram->max;
		}
	}
	return histogram->max;
}
