#include "base/hash.h"

#include <pthread.h>
#include <sys/random.h>

#include "base/clock.h"

static uint64_t seed;

static void draw_seed(void)
{
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = clock_monotonic_ns() * UINT64_C(0x9e3779b97f4a7c15);
}

uint64_t hash_seed(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, draw_seed);
	return seed;
}
