#include "sdk/ticks.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { READINGS = 3 };
static const uint64_t renew_after_ns = 60 * NS_PER_SECOND;

bool ticks_are_counter;

void ticks_detect(void)
{
#if defined(__x86_64__)
	enum { POWER_LEAF = 0x80000007, INVARIANT_COUNTER = 1 << 8 };
	unsigned a, b, c, d;

	ticks_are_counter = __get_cpuid(POWER_LEAF, &a, &b, &c, &d) && (d & INVARIANT_COUNTER);
#endif
}

/* The reading that took the shortest: in the others something came between. */
static struct ticks_moment read_moment(void)
{
	struct ticks_moment best = {0};
	uint64_t shortest = UINT64_MAX;

	for (int i = 0; i < READINGS; i++) {
		uint64_t before = ticks_now(), after;
		struct ticks_moment moment = {.monotonic_ns = clock_monotonic_ns(),
					      .real_ns = clock_now_ns(&clock_system)};

		after = ticks_now();
		moment.ticks = before + (after - before) / 2;
		if (after - before < shortest) {
			shortest = after - before;
			best = moment;
		}
	}
	return best;
}

void ticks_calibration_init(struct ticks_calibration *calibration)
{
	calibration->from = calibration->middle = calibration->now = read_moment();
	calibration->ns_per_tick = 1;
}

void ticks_calibrate(struct ticks_calibration *calibration)
{
	const struct ticks_moment *from = &calibration->from;
	struct ticks_moment now = read_moment();

	calibration->now = now;
	if (now.ticks > from->ticks && now.monotonic_ns > from->monotonic_ns)
		calibration->ns_per_tick =
			(double)(now.monotonic_ns - from->monotonic_ns) / (double)(now.ticks - from->ticks);
	if (now.monotonic_ns - calibration->middle.monotonic_ns > renew_after_ns) {
		calibration->from = calibration->middle;
		calibration->middle = now;
	}
}

uint64_t ticks_to_unix_ns(const struct ticks_calibration *calibration, uint64_t ticks)
{
	double ago = (double)(int64_t)(calibration->now.ticks - ticks);

	return calibration->now.real_ns - (uint64_t)(int64_t)(ago * calibration->ns_per_tick);
}

uint64_t ticks_of_ns(const struct ticks_calibration *calibration, uint64_t duration_ns)
{
	return (uint64_t)((double)duration_ns / calibration->ns_per_tick);
}
