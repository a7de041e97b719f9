/*
 * clock: what time it is, and how times and durations are written.
 *
 * Time is injected: whoever needs it takes a struct clock, so that a test may hold it still.
 *
 * Ownership  a clock is borrowed by whoever was given it and outlives them.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds (_ns) from 1970 to 2554, durations nanoseconds.
 * Errors     parsers return false and leave *_out untouched.
 */
#ifndef ROHAS_BASE_CLOCK_H
#define ROHAS_BASE_CLOCK_H

#include "base/str.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define NS_PER_MS     UINT64_C(1000000)

struct clock {
	uint64_t (*now_ns)(const struct clock *clock);
};

extern const struct clock clock_system;

static inline uint64_t clock_now_ns(const struct clock *clock)
{
	return clock->now_ns(clock);
}

/* Nanoseconds since some fixed point, never going back: for measuring how long something took. */
uint64_t clock_monotonic_ns(void);

/* "2026-01-01T00:00:00.123456789Z", always nine decimals, NUL-terminated. */
enum { TIME_TEXT_SIZE = 31 };
void time_format(uint64_t time_ns, char text_out[TIME_TEXT_SIZE]);

/* RFC 3339 with any number of decimals (past nine they are cut) and Z or an offset. */
bool time_parse(struct str text, uint64_t *time_ns_out);

/* RFC 3339, Unix nanoseconds, "now", or "-15m" (relative to now_ns; units as duration_parse plus d and w). */
bool time_parse_query(struct str text, uint64_t now_ns, uint64_t *time_ns_out);

/* "100ms", "1.5s", "250us", "10ns", "2m", "1h", "7d", "1w"; a bare number is milliseconds. Not negative. */
bool duration_parse(struct str text, uint64_t *duration_ns_out);

#endif
