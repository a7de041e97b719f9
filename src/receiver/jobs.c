#include "receiver/jobs.h"

#include <stdlib.h>

/* A batch that one large request has blown up past this is not kept. */
enum { BATCH_KEPT_BYTES = 8 * 1024 * 1024 };

void job_pool_init(struct job_pool *pool, size_t batch_limit_bytes)
{
	*pool = (struct job_pool){.batch_limit_bytes = batch_limit_bytes};
	pthread_mutex_init(&pool->lock, NULL);
}

static void job_free(struct job *job)
{
	batch_release(&job->batch);
	free(job);
}

void job_pool_release(struct job_pool *pool)
{
	while (pool->count)
		job_free(pool->kept[--pool->count]);
	pthread_mutex_destroy(&pool->lock);
}

struct job *job_pool_take(struct job_pool *pool)
{
	struct job *job = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->count)
		job = pool->kept[--pool->count];
	pthread_mutex_unlock(&pool->lock);
	if (job)
		return job;
	job = calloc(1, sizeof(*job));
	if (job)
		batch_init(&job->batch, pool->batch_limit_bytes);
	return job;
}

static size_t batch_kept_bytes(const struct batch *batch)
{
	return batch->arena.used_bytes + batch->span_capacity * sizeof(*batch->spans) +
	       batch->log_capacity * sizeof(*batch->logs) + batch->point_capacity * sizeof(*batch->points);
}

void job_pool_give(struct job_pool *pool, struct job *job)
{
	batch_clear(&job->batch);
	pthread_mutex_lock(&pool->lock);
	if (pool->count < JOB_POOL_KEPT && batch_kept_bytes(&job->batch) <= BATCH_KEPT_BYTES) {
		pool->kept[pool->count++] = job;
		job = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	if (job)
		job_free(job);
}
