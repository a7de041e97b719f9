/*
 * arrivals: what senders get wrong, counted and said once: wrong paths, clocks that are ahead, rows that are older than
 * what is kept.
 *
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     none.
 */
#ifndef ROHAS_RECEIVER_ARRIVALS_H
#define ROHAS_RECEIVER_ARRIVALS_H

#include <pthread.h>
#include <stdatomic.h>

#include "model/batch.h"

enum { ARRIVALS_PATH_SIZE = 128 };
/* Clocks differ by less. */
#define ARRIVALS_AHEAD_NS (UINT64_C(60) * 1000000000)

struct arrivals {
	uint64_t retention_ns[SIGNAL_COUNT]; /* 0: for ever */
	atomic_uint_fast64_t future_rows, most_ahead_ns, expired_rows, unknown_paths;
	pthread_mutex_t lock; /* of the path */
	char last_unknown_path[ARRIVALS_PATH_SIZE];
};

void arrivals_init(struct arrivals *arrivals, const uint64_t retention_ns[SIGNAL_COUNT]);
void arrivals_release(struct arrivals *arrivals);

/* Looks at the times of rows that have just arrived. */
void arrivals_note(struct arrivals *arrivals, const struct batch *batch, uint64_t now_ns);

/* A request for a path that does not exist. */
void arrivals_note_path(struct arrivals *arrivals, struct str path);

#endif
