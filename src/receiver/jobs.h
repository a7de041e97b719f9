/*
 * jobs: requests under way, each with its batch. A few idle ones are kept, because their memory is warm.
 *
 * Ownership  a job taken is the caller's until job_pool_give.
 * Threads    take and give may run concurrently.
 * Units      sizes are bytes.
 * Errors     NULL where memory ran out.
 */
#ifndef ROHAS_RECEIVER_JOBS_H
#define ROHAS_RECEIVER_JOBS_H

#include <pthread.h>

#include "http/http_server.h"
#include "receiver/otlp_response.h"

struct receiver;

struct job {
	struct batch batch;
	struct otlp_outcome outcome;
	struct receiver *receiver;
	struct http_request *request;
	enum signal signal;
	enum otlp_format format;
};

/* As many as there are requests in one group commit of a busy program. */
enum { JOB_POOL_KEPT = 16 };

struct job_pool {
	pthread_mutex_t lock;
	struct job *kept[JOB_POOL_KEPT];
	size_t count;
	size_t batch_limit_bytes;
};

void job_pool_init(struct job_pool *pool, size_t batch_limit_bytes);
void job_pool_release(struct job_pool *pool);

/* A job with an empty batch. */
struct job *job_pool_take(struct job_pool *pool);
void job_pool_give(struct job_pool *pool, struct job *job);

#endif
