/*
 * crons: scheduled jobs: when each was to run, and when it did.
 *
 * Every run is counted before sampling, one point a run. When a job is to run is known from its schedule, a cron
 * expression that its telemetry carries, or learned from its runs where they are regular. Schedules are in UTC or in the
 * time zone, by half hours, that its runs fit best.
 *
 * A run belongs to the last time that it was expected at, unless it began a tenth of the interval before the next one (5
 * seconds at most). It is late where it began later than a tenth of the interval after, a minute at most. A time that no
 * run belongs to is missed, once the next one, or lateness, has passed. A run that began before the one before had ended
 * overlaps it.
 *
 * Ownership  a list owns what it holds until cron_list_release.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_CRONS_H
#define ROHAS_QUERY_CRONS_H

#include "query/query.h"

enum cron_source { CRON_UNKNOWN, CRON_SCHEDULED, CRON_LEARNED };

enum { CRON_TIMES_MOST = 100 };

struct cron_late {
	uint64_t expected_ns, started_ns;
};

struct cron_summary {
	struct str handler_name, language, schedule; /* schedule: empty where none is told */
	enum cron_source source;                     /* of what is expected */
	uint64_t interval_ns;                        /* the usual time between runs; 0: not known */
	int64_t offset_ns; /* of the time zone that its schedule is taken to be in */
	uint64_t run_count, error_count, expected_count, missed_count, late_count, overlap_count;
	uint64_t last_run_ns, last_duration_ns, next_run_ns; /* 0: none, not known */
	/* The newest of each. */
	uint64_t missed_ns[CRON_TIMES_MOST], overlapping_ns[CRON_TIMES_MOST];
	struct cron_late late[CRON_TIMES_MOST];
	size_t running_count;
};

struct cron_list {
	struct arena arena;
	struct cron_summary *crons; /* by name */
	size_t count;
};

/* now_ns: what is expected after it is not missed. */
enum status cron_list_read(struct query *query, struct time_range range, uint64_t now_ns,
			   struct cron_list *list_out, struct error *error);
void cron_list_release(struct cron_list *list);

static inline size_t cron_shown(uint64_t count)
{
	return count < CRON_TIMES_MOST ? (size_t)count : CRON_TIMES_MOST;
}

#endif
