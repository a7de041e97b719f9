/*
 * truth: what was really sent, counted, so that answers can be checked against it.
 *
 * A row is counted when the request that carries it has been acknowledged.
 *
 * Ownership  keeps its own copies of names.
 * Threads    one thread at a time.
 * Units      durations are nanoseconds here and milliseconds in the file.
 * Errors     truth_write: STATUS_IO.
 */
#ifndef ROHAS_APP_DEMO_TRUTH_H
#define ROHAS_APP_DEMO_TRUTH_H

#include <stdio.h>

#include "base/status.h"
#include "base/str.h"

enum { TRUTH_ROWS_MOST = 256, TRUTH_NAME_SIZE = 64, TRUTH_NONE = -1, TRUTH_MISSED_MOST = 4096 };

/* Executions of one handler with one outcome, or publications of one event (handler is empty then). */
struct truth_row {
	char handler[TRUTH_NAME_SIZE], event[TRUTH_NAME_SIZE];
	const char *type, *language;
	bool is_error;
	uint64_t count, messages, duration_ns, longest_ns;
};

/* A run of a job that did not take place. */
struct truth_missed {
	char handler[TRUTH_NAME_SIZE];
	uint64_t due_ns;
};

struct demo_truth {
	struct truth_row rows[TRUTH_ROWS_MOST];
	size_t row_count;
	uint64_t span_count, log_count, point_count, trace_count, rejected_count;
	uint64_t first_ns, last_ns; /* the earliest start and the latest end of a span */
	uint64_t order_count;       /* shop.orders.count as last exported */
	struct truth_missed missed[TRUTH_MISSED_MOST];
	size_t missed_count;
	FILE *spans; /* a JSON line for each span that was acknowledged; NULL: none. Borrowed */
};

/* The row with these names, made where there is none; TRUTH_NONE when the table is full. */
int truth_row(struct demo_truth *truth, const char *handler, const char *event, const char *type,
	      const char *language, bool is_error);

void truth_miss(struct demo_truth *truth, const char *handler, uint64_t due_ns);

enum status truth_write(const struct demo_truth *truth, uint64_t seed, const char *path, struct error *error);

#endif
