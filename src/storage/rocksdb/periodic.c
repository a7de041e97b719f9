#include "storage/rocksdb/periodic.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct periodic {
	uint64_t interval_ms;
	periodic_work *work;
	void *context;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	bool is_ending;
};

bool periodic_is_ending(struct periodic *periodic)
{
	bool is_ending;

	pthread_mutex_lock(&periodic->lock);
	is_ending = periodic->is_ending;
	pthread_mutex_unlock(&periodic->lock);
	return is_ending;
}

/* False once it is ending. */
static bool wait_for_next(struct periodic *periodic)
{
	uint64_t until_ns = clock_monotonic_ns() + periodic->interval_ms * NS_PER_MS;
	struct timespec until = {(time_t)(until_ns / NS_PER_SECOND), (long)(until_ns % NS_PER_SECOND)};
	bool is_ending;

	pthread_mutex_lock(&periodic->lock);
	while (!periodic->is_ending &&
	       pthread_cond_timedwait(&periodic->changed, &periodic->lock, &until) != ETIMEDOUT)
		;
	is_ending = periodic->is_ending;
	pthread_mutex_unlock(&periodic->lock);
	return !is_ending;
}

static void *run(void *context)
{
	struct periodic *periodic = context;

	do
		periodic->work(periodic->context);
	while (wait_for_next(periodic));
	return NULL;
}

enum status periodic_new(const char *name, uint64_t interval_ms, periodic_work *work, void *context,
			 struct periodic **periodic_out, struct error *error)
{
	struct periodic *periodic = calloc(1, sizeof(*periodic));
	pthread_condattr_t attributes;

	if (!periodic)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the thread %s", name);
	periodic->interval_ms = interval_ms;
	periodic->work = work;
	periodic->context = context;
	pthread_mutex_init(&periodic->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&periodic->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	/* The work may ask whether it is to end as soon as the thread runs. */
	*periodic_out = periodic;
	periodic->has_thread = pthread_create(&periodic->thread, NULL, run, periodic) == 0;
	if (!periodic->has_thread) {
		*periodic_out = NULL;
		periodic_free(periodic);
		return error_set(error, STATUS_BUSY, "the system has no thread left for %s", name);
	}
	pthread_setname_np(periodic->thread, name);
	return STATUS_OK;
}

void periodic_free(struct periodic *periodic)
{
	if (!periodic)
		return;
	pthread_mutex_lock(&periodic->lock);
	periodic->is_ending = true;
	pthread_cond_signal(&periodic->changed);
	pthread_mutex_unlock(&periodic->lock);
	if (periodic->has_thread)
		pthread_join(periodic->thread, NULL);
	pthread_mutex_destroy(&periodic->lock);
	pthread_cond_destroy(&periodic->changed);
	free(periodic);
}
