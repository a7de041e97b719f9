/* The schedule: each job every so often, in a thread. */
#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "shop.h"

static bool is_stopping;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t thread;

static struct timespec later(struct timespec time, unsigned ms)
{
	time.tv_sec += ms / 1000;
	time.tv_nsec += (long)(ms % 1000) * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

/* One job is all that this shop has. */
static void *run(void *context)
{
	const struct handler *job = &cron_jobs[0];
	struct input input = {.argument = "", .body = ""};
	struct timespec next;
	struct output output;

	clock_gettime(CLOCK_REALTIME, &next);
	pthread_mutex_lock(&lock);
	while (!is_stopping) {
		next = later(next, job->every_ms);
		while (!is_stopping && pthread_cond_timedwait(&changed, &lock, &next) != ETIMEDOUT)
			;
		if (!is_stopping)
			run_handler(ROHAS_CRON, job, NULL, &input, &output);
	}
	pthread_mutex_unlock(&lock);
	return context;
}

void cron_start(void)
{
	pthread_create(&thread, NULL, run, NULL);
}

void cron_stop(void)
{
	pthread_mutex_lock(&lock);
	is_stopping = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
