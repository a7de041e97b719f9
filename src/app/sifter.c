#include "app/sifter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum { TICK_SECONDS = 1, FORGET_TICKS = 10 };

/* What the store held at a time. */
struct mark {
	uint64_t time_ns, snapshot;
};

struct sifter {
	struct sampler *sampler;
	struct store *store;
	uint64_t window_ns;
	struct mark *marks; /* a ring of those whose window is not over */
	size_t mark_capacity, first_mark, mark_count;
	bool is_failing, has_looked;
	unsigned ticks;
	pthread_t thread;
	pthread_mutex_t lock; /* of stopping */
	pthread_cond_t changed;
	bool stopping;
};

static void note_outcome(struct sifter *sifter, enum status status, const struct error *error)
{
	bool was_failing = sifter->is_failing;

	sifter->is_failing = status != STATUS_OK;
	if (sifter->is_failing && !was_failing)
		log_warn("app", "traces that sampling does not keep stay for now: %s", error->message);
}

static enum status show(void *context, const struct batch *rows, struct error *error)
{
	const struct sifter *sifter = context;

	(void)error;
	sampler_note(sifter->sampler, rows);
	return STATUS_OK;
}

/* What the program before this one left. */
static enum status look_back(struct sifter *sifter, const struct store_stats *stats, struct error *error)
{
	const struct store_scan scan = {.signal = SIGNAL_TRACES,
					.range = TIME_RANGE_ALL,
					.since = stats->sifted,
					.snapshot = stats->snapshot};
	enum status status = STATUS_OK;

	if (!sifter->has_looked && stats->snapshot > stats->sifted)
		status = store_scan(sifter->store, &scan, show, sifter, error);
	sifter->has_looked = status == STATUS_OK;
	return status;
}

/* The snapshot that is as old as the window; 0 where there is none. */
static uint64_t advance(struct sifter *sifter, uint64_t snapshot)
{
	uint64_t now_ns = clock_monotonic_ns(), up_to = 0;

	if (sifter->mark_count < sifter->mark_capacity)
		sifter->marks[(sifter->first_mark + sifter->mark_count++) % sifter->mark_capacity] =
			(struct mark){now_ns, snapshot};
	while (sifter->mark_count &&
	       now_ns - sifter->marks[sifter->first_mark].time_ns >= sifter->window_ns) {
		up_to = sifter->marks[sifter->first_mark].snapshot;
		sifter->first_mark = (sifter->first_mark + 1) % sifter->mark_capacity;
		sifter->mark_count--;
	}
	return up_to;
}

static enum status tick(struct sifter *sifter, struct error *error)
{
	struct store_sift sift = {.keep = sampler_keep, .context = sifter->sampler};
	struct store_stats stats;
	enum status status = store_stats(sifter->store, &stats, error);

	if (status == STATUS_OK)
		status = look_back(sifter, &stats, error);
	if (status != STATUS_OK)
		return status;
	sift.up_to = advance(sifter, stats.snapshot);
	if (sift.up_to > stats.sifted)
		status = store_sift(sifter->store, &sift, error);
	if (++sifter->ticks % FORGET_TICKS == 0)
		sampler_forget(sifter->sampler);
	return status;
}

static void *run(void *context)
{
	struct sifter *sifter = context;
	struct error error = {0};
	struct timespec next;

	pthread_mutex_lock(&sifter->lock);
	while (!sifter->stopping) {
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_sec += TICK_SECONDS;
		pthread_mutex_unlock(&sifter->lock);
		note_outcome(sifter, tick(sifter, &error), &error);
		pthread_mutex_lock(&sifter->lock);
		while (!sifter->stopping &&
		       pthread_cond_timedwait(&sifter->changed, &sifter->lock, &next) != ETIMEDOUT)
			;
	}
	pthread_mutex_unlock(&sifter->lock);
	return NULL;
}

static void release(struct sifter *sifter)
{
	pthread_cond_destroy(&sifter->changed);
	pthread_mutex_destroy(&sifter->lock);
	free(sifter->marks);
	free(sifter);
}

static void init_locks(struct sifter *sifter)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&sifter->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sifter->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status sifter_new(struct sampler *sampler, struct store *store, uint64_t window_ns,
		       struct sifter **sifter_out, struct error *error)
{
	struct sifter *sifter = calloc(1, sizeof(*sifter));

	if (!sifter)
		return error_set(error, STATUS_NO_MEMORY, "no memory for sampling");
	*sifter = (struct sifter){.sampler = sampler, .store = store, .window_ns = window_ns};
	sifter->mark_capacity = (size_t)(window_ns / NS_PER_SECOND) / TICK_SECONDS + 2;
	sifter->marks = calloc(sifter->mark_capacity, sizeof(*sifter->marks));
	init_locks(sifter);
	if (!sifter->marks) {
		release(sifter);
		return error_set(error, STATUS_NO_MEMORY, "no memory for sampling");
	}
	if (pthread_create(&sifter->thread, NULL, run, sifter) != 0) {
		release(sifter);
		return error_set(error, STATUS_BUSY, "the system has no thread left for sampling");
	}
	pthread_setname_np(sifter->thread, "sifter");
	*sifter_out = sifter;
	return STATUS_OK;
}

void sifter_stop(struct sifter *sifter)
{
	if (!sifter)
		return;
	pthread_mutex_lock(&sifter->lock);
	sifter->stopping = true;
	pthread_cond_signal(&sifter->changed);
	pthread_mutex_unlock(&sifter->lock);
	pthread_join(sifter->thread, NULL);
	release(sifter);
}
