/*
 * pace: how fast each handler's executions usually are, and how many a minute it had: what sampling compares with.
 *
 * A handler's durations are counted for a minute; the minute before stays with it, so that a comparison has one to
 * two minutes behind it.
 *
 * Ownership  a pace owns its handlers and copies their names.
 * Threads    one thread at a time: the sampler holds its lock.
 * Units      durations are nanoseconds.
 * Errors     NULL past the limit of handlers or where memory ran out.
 */
#ifndef ROHAS_PROCESSOR_PACE_H
#define ROHAS_PROCESSOR_PACE_H

#include "model/span.h"
#include "processor/distribution.h"

struct handler_pace {
	struct str name;
	uint64_t hash;
	struct distribution now, before; /* this minute, the one before */
	uint64_t minute;                 /* since 1970; of now */
	uint64_t slow_ns;                /* longer ones are slow; UINT64_MAX while too few are known */
	uint32_t uncounted;              /* executions since slow_ns was worked out */
	uint32_t kept;                   /* in this minute, by the minimum */
};

struct pace {
	struct handler_pace **handlers; /* open addressing */
	size_t mask, count, limit;
};

void pace_init(struct pace *pace, size_t limit);
void pace_release(struct pace *pace);

struct handler_pace *pace_of(struct pace *pace, struct str name, uint64_t now_ns);

/* Whether it took longer than 99 of 100 of the handler's executions, as far as they are known; then counts it. */
bool pace_is_slow(struct handler_pace *handler, uint64_t duration_ns);

#endif
