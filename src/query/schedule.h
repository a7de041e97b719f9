/*
 * schedule: when a job is to run, from a cron expression.
 *
 * Five fields (minute, hour, day of month, month, day of week) or six with seconds in front; lists, ranges, steps, names of
 * months and days, "?"; @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually; AWS's cron(…) with a year
 * behind, and rate(5 minutes), which says an interval alone. Where day of month and day of week are both restricted, a day
 * that meets either does. Times are in UTC, moved by an offset that the caller knows.
 *
 * Threads    plain values.
 * Units      times are Unix nanoseconds.
 * Errors     schedule_parse: false where it is none.
 * Source     POSIX crontab(5), Quartz, AWS EventBridge
 */
#ifndef ROHAS_QUERY_SCHEDULE_H
#define ROHAS_QUERY_SCHEDULE_H

#include "base/str.h"

struct schedule {
	uint64_t seconds, minutes; /* bits */
	uint32_t hours, days, months;
	uint8_t weekdays; /* bit 0: Sunday */
	bool any_day, any_weekday;
	uint64_t interval_ns; /* of a rate; 0: the fields decide */
};

bool schedule_parse(struct str text, struct schedule *schedule_out);

/* The first time after after_ns; 0 where there is none within four years, or for a rate. */
uint64_t schedule_next(const struct schedule *schedule, uint64_t after_ns, int64_t offset_ns);

#endif
