/*
 * handle: from a caller's handle to its record, and what is counted where there is none.
 *
 * A handle is good while its span has not ended: the record's own id says so. A record is never given back while the
 * library is open but to its pool, so that an old handle reads memory that is there.
 */
#ifndef ROHAS_SDK_HANDLE_H
#define ROHAS_SDK_HANDLE_H

#include "base/str.h"
#include "sdk/registry.h"

/* The span's record while it has not ended; NULL for zeros. The library must be open (registry_pool says). */
static inline struct record *handle_record(struct rohas_span span)
{
	struct record *record = span.record;

	if (__builtin_expect(record && atomic_load_explicit(&record->handle, memory_order_relaxed) == span.id,
			     1))
		return record;
	return NULL;
}

/* The record of the thread's current span; NULL where there is none, or it ended on another thread. */
static inline struct record *handle_current(struct pool *pool)
{
	struct record *record = pool->current.record ? handle_record(pool->current) : NULL;

	if (__builtin_expect(!record && pool->current.record, 0))
		pool->current = (struct rohas_span){0};
	return record;
}

/* The bytes of a name that are kept: no more than ROHAS_NAME_MOST, cut between two characters. */
struct str handle_name(const char *name);

/* Counts a row that had no room. */
static inline void handle_count_lost(struct pool *pool, int signal)
{
	if (pool)
		pool_count(&pool->lost[signal], 1);
	else
		registry_count_lost(signal);
}

#endif
