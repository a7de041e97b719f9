/*
 * random: numbers that follow from a seed (splitmix64). Good enough for a workload, worthless for secrets.
 *
 * Threads    a generator belongs to one thread.
 */
#ifndef BENCH_LOAD_RANDOM_H
#define BENCH_LOAD_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

/* One value to one value, and neighbours look unrelated: different inputs never collide. */
static inline uint64_t random_mix(uint64_t value)
{
	value += UINT64_C(0x9e3779b97f4a7c15);
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

static inline uint64_t random_next(struct random *random)
{
	return random_mix(random->state++);
}

/* 0 … bound - 1; bound is not 0. */
static inline uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

/* Whether an event of this probability, in thousandths, happened. */
static inline int random_chance(struct random *random, uint32_t thousandths)
{
	return random_below(random, 1000) < thousandths;
}

/* 0 <= value < 1. */
static inline double random_unit(struct random *random)
{
	return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* Skewed as real durations are: median 1, sometimes 5, seldom 20. */
double random_skewed(struct random *random);

#endif
