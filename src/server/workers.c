#include "server/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct job {
	work_run *run;
	struct http_request *request;
};

struct workers {
	void *context;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	struct job *jobs; /* a ring */
	size_t first, count, limit;
	bool stopping;
	unsigned thread_count;
	pthread_t threads[];
};

static bool take(struct workers *workers, struct job *job_out)
{
	bool taken;

	pthread_mutex_lock(&workers->lock);
	while (workers->count == 0 && !workers->stopping)
		pthread_cond_wait(&workers->changed, &workers->lock);
	taken = !workers->stopping;
	if (taken) {
		*job_out = workers->jobs[workers->first];
		workers->first = (workers->first + 1) % workers->limit;
		workers->count--;
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
}

static void *work(void *argument)
{
	struct workers *workers = argument;
	struct job job;

	while (take(workers, &job))
		job.run(workers->context, job.request);
	return NULL;
}

static void join_threads(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stopping = true;
	pthread_cond_broadcast(&workers->changed);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i < workers->thread_count; i++)
		pthread_join(workers->threads[i], NULL);
	workers->thread_count = 0;
}

struct workers *workers_new(unsigned thread_count, size_t queue_limit, void *context)
{
	struct workers *workers = calloc(1, sizeof(*workers) + thread_count * sizeof(pthread_t));

	if (!workers)
		return NULL;
	workers->jobs = calloc(queue_limit, sizeof(*workers->jobs));
	workers->limit = queue_limit;
	workers->context = context;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->changed, NULL);
	while (workers->jobs && workers->thread_count < thread_count &&
	       pthread_create(&workers->threads[workers->thread_count], NULL, work, workers) == 0)
		workers->thread_count++;
	if (workers->thread_count < thread_count) {
		join_threads(workers);
		workers_free(workers);
		return NULL;
	}
	return workers;
}

bool workers_push(struct workers *workers, work_run *run, struct http_request *request)
{
	bool has_room;

	pthread_mutex_lock(&workers->lock);
	has_room = workers->count < workers->limit && !workers->stopping;
	if (has_room) {
		workers->jobs[(workers->first + workers->count++) % workers->limit] =
			(struct job){run, request};
		pthread_cond_signal(&workers->changed);
	}
	pthread_mutex_unlock(&workers->lock);
	return has_room;
}

void workers_stop(struct workers *workers, work_run *refuse)
{
	join_threads(workers);
	while (workers->count) {
		refuse(workers->context, workers->jobs[workers->first].request);
		workers->first = (workers->first + 1) % workers->limit;
		workers->count--;
	}
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	pthread_cond_destroy(&workers->changed);
	pthread_mutex_destroy(&workers->lock);
	free(workers->jobs);
	free(workers);
}
