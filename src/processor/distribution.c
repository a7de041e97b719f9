#include "processor/distribution.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

int32_t distribution_bucket(uint64_t duration_ns)
{
	double duration_ms = (double)duration_ns / (double)NS_PER_MS;

	/* Bounds are irrational but for powers of two, of which log2 is exact: no duration sits on the fence.
	 */
	return (int32_t)ceil(log2(duration_ms) * (1 << DISTRIBUTION_SCALE)) - 1;
}

/* Makes room for the bucket at index; existing counts keep their places. */
static bool cover(struct distribution *distribution, int32_t index)
{
	int32_t first = distribution->offset, end = first + (int32_t)distribution->bucket_count;
	uint32_t wanted, before;

	if (distribution->bucket_count == 0)
		first = end = index;
	before = index < first ? (uint32_t)(first - index) : 0;
	if (index >= end)
		end = index + 1;
	if (index < first)
		first = index;
	wanted = (uint32_t)(end - first);
	if (wanted > distribution->capacity) {
		uint32_t capacity = wanted + wanted / 2 + 16;
		uint64_t *counts = realloc(distribution->counts, capacity * sizeof(*counts));

		if (!counts)
			return false;
		distribution->counts = counts;
		distribution->capacity = capacity;
	}
	if (before)
		memmove(distribution->counts + before, distribution->counts,
			distribution->bucket_count * sizeof(uint64_t));
	memset(distribution->counts, 0, before * sizeof(uint64_t));
	if (wanted > before + distribution->bucket_count)
		memset(distribution->counts + before + distribution->bucket_count, 0,
		       (wanted - before - distribution->bucket_count) * sizeof(uint64_t));
	distribution->offset = first;
	distribution->bucket_count = wanted;
	return true;
}

bool distribution_add(struct distribution *distribution, uint64_t duration_ns)
{
	if (duration_ns == 0) {
		distribution->zero_count++;
	} else {
		int32_t index = distribution_bucket(duration_ns);
		uint32_t place = (uint32_t)(index - distribution->offset);

		if (place >= distribution->bucket_count) {
			if (!cover(distribution, index))
				return false;
			place = (uint32_t)(index - distribution->offset);
		}
		distribution->counts[place]++;
	}
	if (distribution->count == 0 || duration_ns < distribution->min_ns)
		distribution->min_ns = duration_ns;
	if (duration_ns > distribution->max_ns)
		distribution->max_ns = duration_ns;
	distribution->sum_ns += duration_ns;
	distribution->count++;
	return true;
}

void distribution_clear(struct distribution *distribution)
{
	*distribution =
		(struct distribution){.counts = distribution->counts, .capacity = distribution->capacity};
}

void distribution_release(struct distribution *distribution)
{
	free(distribution->counts);
	*distribution = (struct distribution){0};
}

static double ns_to_ms(uint64_t ns)
{
	return (double)ns / (double)NS_PER_MS;
}

bool distribution_to_point(const struct distribution *distribution, struct arena *arena,
			   struct metric_point *point)
{
	size_t size = distribution->bucket_count * sizeof(uint64_t);
	uint64_t *counts = arena_alloc(arena, size);

	if (!counts)
		return false;
	if (size)
		memcpy(counts, distribution->counts, size);
	point->count = distribution->count;
	point->sum = ns_to_ms(distribution->sum_ns);
	point->min = ns_to_ms(distribution->min_ns);
	point->max = ns_to_ms(distribution->max_ns);
	point->has = POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX;
	point->exponential = (struct exponential_histogram){
		.scale = DISTRIBUTION_SCALE,
		.zero_count = distribution->zero_count,
		.positive = {counts, distribution->bucket_count, distribution->offset},
	};
	return true;
}
