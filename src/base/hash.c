#include "base/hash.h"

#include <sys/random.h>

#include "base/clock.h"

uint64_t hash_process_seed;

__attribute__((constructor)) static void draw_seed(void)
{
	if (getrandom(&hash_process_seed, sizeof(hash_process_seed), 0) != (ssize_t)sizeof(hash_process_seed))
		hash_process_seed = clock_monotonic_ns() * UINT64_C(0x9e3779b97f4a7c15);
}
