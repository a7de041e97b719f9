/*
 * units: numbers as people read them.
 *
 * Ownership  the text is appended to the caller's buffer.
 * Threads    every call may run concurrently.
 */
#ifndef ROHAS_APP_TEXT_UNITS_H
#define ROHAS_APP_TEXT_UNITS_H

#include "base/buffer.h"

/* "450 ns", "1.25 ms", "18.2 s", "2m 05s", "3h 12m", "5d 02h": three digits, or two units. */
void units_duration(struct buffer *out, uint64_t duration_ns);

/* "512 B", "1.25 MB": powers of 1000. */
void units_bytes(struct buffer *out, uint64_t size_bytes);

/* "1,234,567". */
void units_count(struct buffer *out, uint64_t count);

/* A measured value: about four digits, "0.0125", "12.5", "1,234"; "1.2e-07" where it is that small. */
void units_value(struct buffer *out, double value);

/*
 * "2026-01-01 10:00:00.123" on the clock of this machine's time zone (TZ); without is_dated, the time alone.
 */
void units_time(struct buffer *out, uint64_t time_ns, bool is_dated);

/* The zone's offset at that time: "UTC", "+01:00". */
void units_zone(struct buffer *out, uint64_t time_ns);

/* Whether two times are on one day of this machine's time zone. */
bool units_same_day(uint64_t a_ns, uint64_t b_ns);

#endif
