#include "sdk/random.h"

#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

static void seed_without_kernel(struct random *random)
{
	uint64_t sources[4] = {clock_monotonic_ns(), clock_now_ns(&clock_system), (uint64_t)getpid(),
			       (uint64_t)(uintptr_t)random};

	for (uint64_t i = 0; i < 4; i++)
		random->state[i] = hash_seeded(sources, sizeof(sources), hash_seed() + i) | 1;
}

void random_seed(struct random *random)
{
	ssize_t got;

	do
		got = getrandom(random->state, sizeof(random->state), GRND_NONBLOCK);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(random->state))
		seed_without_kernel(random);
}
