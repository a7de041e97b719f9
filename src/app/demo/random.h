/*
 * random: numbers that only look random: the same seed gives the same shop.
 *
 * Ownership  a plain value.
 * Threads    one thread at a time.
 * Source     splitmix64 (Steele, Lea, Flood 2014)
 */
#ifndef ROHAS_APP_DEMO_RANDOM_H
#define ROHAS_APP_DEMO_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct demo_random {
	uint64_t state;
};

static inline uint64_t random_next(struct demo_random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* In [0, 1). */
static inline double random_unit(struct demo_random *random)
{
	return (double)(random_next(random) >> 11) * 0x1p-53;
}

static inline bool random_chance(struct demo_random *random, double probability)
{
	return random_unit(random) < probability;
}

/* In [0, count). */
static inline size_t random_below(struct demo_random *random, size_t count)
{
	return (size_t)(random_unit(random) * (double)count);
}

/* Exponentially distributed: the time between two arrivals that know nothing of each other. */
static inline double random_gap(struct demo_random *random, double mean)
{
	return -mean * log1p(-random_unit(random));
}

/* Log-normally distributed, as durations are: half are below median, few are far above. */
static inline double random_spread(struct demo_random *random, double median, double sigma)
{
	double radius = sqrt(-2 * log1p(-random_unit(random)));

	return median * exp(sigma * radius * cos(2 * 3.14159265358979323846 * random_unit(random)));
}

#endif
