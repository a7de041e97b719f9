/*
 * workers: a few threads that answer requests one after another, from a bounded queue.
 *
 * Ownership  a request that was pushed is the workers' to answer; context is borrowed.
 * Threads    workers_push may be called from any thread; workers_stop runs alone and once.
 */
#ifndef ROHAS_SERVER_WORKERS_H
#define ROHAS_SERVER_WORKERS_H

#include "http/http_server.h"

struct workers;

/* Answers the request. */
typedef void work_run(void *context, struct http_request *request);

struct workers *workers_new(unsigned thread_count, size_t queue_limit, void *context);

/* False where the queue is full or the workers are stopping: the request stays the caller's. */
bool workers_push(struct workers *workers, work_run *run, struct http_request *request);

/* Ends the threads once each has answered what it holds; refuse answers what still waits. */
void workers_stop(struct workers *workers, work_run *refuse);

/* After workers_stop. NULL is allowed. */
void workers_free(struct workers *workers);

#endif
