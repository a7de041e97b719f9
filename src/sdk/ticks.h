/*
 * ticks: the time on the caller's path, and what it was on the wall clock.
 *
 * Where the processor has a time-stamp counter that runs at one rate for ever (invariant), a tick is one of its own
 * and reading it takes some 20 cycles; elsewhere a tick is a nanosecond of the monotonic clock. Ticks become Unix
 * time when they are sent, from a calibration that grows better the longer the library is open: a duration is off
 * by less than the 100 ns of two readings of the clock.
 *
 * Threads    ticks_now and ticks_detect concurrently; a calibration belongs to one thread.
 * Units      Unix nanoseconds.
 */
#ifndef ROHAS_SDK_TICKS_H
#define ROHAS_SDK_TICKS_H

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "base/clock.h"

extern bool ticks_are_counter;

/* Looks at the processor; before the first ticks_now. */
void ticks_detect(void);

static inline uint64_t ticks_now(void)
{
#if defined(__x86_64__)
	if (__builtin_expect(ticks_are_counter, 1))
		return __rdtsc();
#endif
	return clock_monotonic_ns();
}

/* One moment on three clocks. */
struct ticks_moment {
	uint64_t ticks, monotonic_ns, real_ns;
};

struct ticks_calibration {
	struct ticks_moment from, middle, now; /* the rate is that between from and now */
	double ns_per_tick;
};

void ticks_calibration_init(struct ticks_calibration *calibration);

/* Takes the present as the new now; from moves along so that a rate that changes is forgotten within minutes. */
void ticks_calibrate(struct ticks_calibration *calibration);

/* What time it was. */
uint64_t ticks_to_unix_ns(const struct ticks_calibration *calibration, uint64_t ticks);

/* How many ticks so many nanoseconds are. */
uint64_t ticks_of_ns(const struct ticks_calibration *calibration, uint64_t duration_ns);

#endif
