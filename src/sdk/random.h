/*
 * random: ids from a generator of each thread, xoshiro256++ (Blackman, Vigna, 2019), seeded by the kernel.
 *
 * Not for secrets: ids are unique, and whoever sees some of them can tell the next.
 *
 * Threads    a generator belongs to one thread.
 */
#ifndef ROHAS_SDK_RANDOM_H
#define ROHAS_SDK_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state[4];
};

/* Anew, from the kernel; where that has nothing to give yet, from times and addresses. */
void random_seed(struct random *random);

static inline uint64_t random_rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

/* Never 0: that is no id. */
static inline uint64_t random_next(struct random *random)
{
	uint64_t *state = random->state;
	uint64_t result, shifted;

	do {
		result = random_rotate(state[0] + state[3], 23) + state[0];
		shifted = state[1] << 17;
		state[2] ^= state[0];
		state[3] ^= state[1];
		state[1] ^= state[2];
		state[0] ^= state[3];
		state[2] ^= shifted;
		state[3] = random_rotate(state[3], 45);
	} while (__builtin_expect(result == 0, 0));
	return result;
}

#endif
