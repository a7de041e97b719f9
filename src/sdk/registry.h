/*
 * registry: which thread has which pool.
 *
 * A thread's first call takes the pool of a thread that ended, or a new one as long as there are fewer than the limit.
 * When the thread ends its pool waits for the next one. A pool that outlives an opening of the library (its thread goes
 * on) is given back when the thread ends or records again.
 *
 * Threads    registry_pool from any thread; open, close and the rest one at a time, save where it says otherwise.
 * Errors     NULL: the library is closed, or there is no pool to have; the latter is counted.
 */
#ifndef ROHAS_SDK_REGISTRY_H
#define ROHAS_SDK_REGISTRY_H

#include "sdk/pool.h"

struct registry_options {
	struct rohas_allocator allocator;
	size_t thread_bytes;
	uint32_t thread_limit;
};

extern _Atomic uint32_t registry_generation; /* 0: closed */
extern __thread struct pool *registry_own __attribute__((tls_model("initial-exec")));

/* The slow way of registry_pool. */
struct pool *registry_attach(void);

/* This thread's pool. */
static inline struct pool *registry_pool(void)
{
	struct pool *pool = registry_own;

	if (__builtin_expect(pool && atomic_load_explicit(&pool->generation, memory_order_relaxed) ==
					     atomic_load_explicit(&registry_generation, memory_order_relaxed),
			     1))
		return pool;
	return registry_attach();
}

/* From here on threads get pools. False where the system has no thread-specific key left. revive runs in the first
 * thread that records after a fork, with no lock held. */
bool registry_open(const struct registry_options *options, void (*revive)(void));

/* From here on nobody records; what is in the pools can still be drained. */
void registry_stop(void);

/* Gives the pools back, but those of threads that live on and those with spans that never ended. */
void registry_close(void);

/* The drain's walk over the pools of this opening. */
struct pool *registry_first(void);
struct pool *registry_next(const struct pool *pool);

/* Counts a row that a thread without a pool could not record; and how many those were since the last time. */
void registry_count_lost(int signal);
uint64_t registry_take_lost(int signal);

/* Around fork. In the child every pool is as new, and the thread has none; is_inert: nothing is recorded there. */
void registry_lock(void);
void registry_unlock(void);
void registry_after_fork(bool is_inert);

#endif
