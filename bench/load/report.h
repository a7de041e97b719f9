/*
 * report: a result for people, or one JSON object for programs.
 *
 * Threads    one at a time; writes to a FILE that the caller owns.
 */
#ifndef BENCH_LOAD_REPORT_H
#define BENCH_LOAD_REPORT_H

#include "load/sender.h"

void report_text(FILE *file, const struct sender_settings *settings, const struct workload *workload,
		 const struct sender_result *result);

/* Rates are a second, CPU is seconds a million items, times are milliseconds, sizes bytes. */
void report_json(FILE *file, const struct sender_settings *settings, const struct workload *workload,
		 const struct sender_result *result);

#endif
