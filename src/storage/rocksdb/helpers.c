#include "storage/rocksdb/helpers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* Work that is under way: on the stack of who asked. */
struct job {
	help *work;
	void *context;
	size_t helper_count; /* who have come and not yet gone */
	struct job *next;
};

struct helpers {
	pthread_mutex_t lock; /* of all that follows, and of the jobs */
	pthread_cond_t has_job, has_left;
	struct job *jobs; /* those that a helper may still come to */
	bool is_stopping;
	size_t count;
	pthread_t threads[MOST_HELPERS];
};

size_t helpers_wanted(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (cores < 2)
		return 0;
	return cores - 1 < MOST_HELPERS ? (size_t)cores - 1 : MOST_HELPERS;
}

static void remove_job(struct helpers *helpers, const struct job *job)
{
	for (struct job **at = &helpers->jobs; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			return;
		}
}

/* A helper returns from work when nothing is left to share: the job is then offered to nobody else. */
static void *run(void *context)
{
	struct helpers *helpers = context;
	struct job *job;

	pthread_mutex_lock(&helpers->lock);
	while (!helpers->is_stopping) {
		job = helpers->jobs;
		if (!job) {
			pthread_cond_wait(&helpers->has_job, &helpers->lock);
			continue;
		}
		job->helper_count++;
		pthread_mutex_unlock(&helpers->lock);
		job->work(job->context);
		pthread_mutex_lock(&helpers->lock);
		remove_job(helpers, job);
		job->helper_count--;
		pthread_cond_broadcast(&helpers->has_left);
	}
	pthread_mutex_unlock(&helpers->lock);
	return NULL;
}

enum status helpers_new(size_t count, struct helpers **helpers_out, struct error *error)
{
	struct helpers *helpers = calloc(1, sizeof(*helpers));

	if (!helpers)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	pthread_mutex_init(&helpers->lock, NULL);
	pthread_cond_init(&helpers->has_job, NULL);
	pthread_cond_init(&helpers->has_left, NULL);
	while (helpers->count < count && helpers->count < MOST_HELPERS) {
		if (pthread_create(&helpers->threads[helpers->count], NULL, run, helpers) != 0) {
			helpers_free(helpers);
			return error_set(error, STATUS_BUSY, "the system has no thread left to search with");
		}
		pthread_setname_np(helpers->threads[helpers->count++], "search");
	}
	*helpers_out = helpers;
	return STATUS_OK;
}

void helpers_free(struct helpers *helpers)
{
	if (!helpers)
		return;
	pthread_mutex_lock(&helpers->lock);
	helpers->is_stopping = true;
	pthread_cond_broadcast(&helpers->has_job);
	pthread_mutex_unlock(&helpers->lock);
	for (size_t i = 0; i < helpers->count; i++)
		pthread_join(helpers->threads[i], NULL);
	pthread_mutex_destroy(&helpers->lock);
	pthread_cond_destroy(&helpers->has_job);
	pthread_cond_destroy(&helpers->has_left);
	free(helpers);
}

void helpers_run(struct helpers *helpers, help *work, void *context)
{
	struct job job = {.work = work, .context = context};
	struct job **last = &helpers->jobs;

	pthread_mutex_lock(&helpers->lock);
	while (*last)
		last = &(*last)->next;
	*last = &job;
	pthread_cond_broadcast(&helpers->has_job);
	pthread_mutex_unlock(&helpers->lock);
	work(context);
	pthread_mutex_lock(&helpers->lock);
	remove_job(helpers, &job);
	while (job.helper_count)
		pthread_cond_wait(&helpers->has_left, &helpers->lock);
	pthread_mutex_unlock(&helpers->lock);
}
