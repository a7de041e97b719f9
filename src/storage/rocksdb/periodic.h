/*
 * periodic: a thread that does one thing again and again, and can be told to end.
 *
 * Ownership  context is borrowed until periodic_free.
 * Threads    the work runs on the thread; new and free are called by one other.
 * Errors     STATUS_NO_MEMORY, STATUS_BUSY where there is no thread left.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_PERIODIC_H
#define ROHAS_STORAGE_ROCKSDB_PERIODIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct periodic;
typedef void periodic_work(void *context);

/* name is the thread's, at most 15 bytes. The work is done at once, and then so long after it was done. */
enum status periodic_new(const char *name, uint64_t interval_ms, periodic_work *work, void *context,
			 struct periodic **periodic_out, struct error *error);

/* Waits for work that is under way. NULL is allowed. */
void periodic_free(struct periodic *periodic);

/* Whether periodic_free was called: long work looks now and then. */
bool periodic_is_ending(struct periodic *periodic);

#endif
