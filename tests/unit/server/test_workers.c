#include "server/workers.h"

#include <pthread.h>
#include <stdint.h>

#include "test.h"

/* Requests are only passed on: any address stands for one. */
static struct http_request *request(uintptr_t number)
{
	return (struct http_request *)(number * 16);
}

struct log {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t begun_count, run_count, refused_count;
	bool gate_is_open;
};

static void log_init(struct log *log)
{
	*log = (struct log){0};
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->changed, NULL);
}

/* Waits at the gate. */
static void run(void *context, struct http_request *ignored)
{
	struct log *log = context;

	(void)ignored;
	pthread_mutex_lock(&log->lock);
	log->begun_count++;
	pthread_cond_broadcast(&log->changed);
	while (!log->gate_is_open)
		pthread_cond_wait(&log->changed, &log->lock);
	log->run_count++;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
}

static void refuse(void *context, struct http_request *ignored)
{
	struct log *log = context;

	(void)ignored;
	log->refused_count++;
}

static void await(struct log *log, const size_t *count, size_t wanted)
{
	pthread_mutex_lock(&log->lock);
	while (*count < wanted)
		pthread_cond_wait(&log->changed, &log->lock);
	pthread_mutex_unlock(&log->lock);
}

static void open_gate(struct log *log)
{
	pthread_mutex_lock(&log->lock);
	log->gate_is_open = true;
	pthread_cond_broadcast(&log->changed);
	pthread_mutex_unlock(&log->lock);
}

static void a_full_queue_takes_no_more(void **state)
{
	struct workers *workers;
	struct log log;

	(void)state;
	log_init(&log);
	workers = workers_new(2, 3, &log);
	assert_true(workers_push(workers, run, request(1)));
	assert_true(workers_push(workers, run, request(2)));
	await(&log, &log.begun_count, 2);
	for (uintptr_t i = 3; i < 6; i++)
		assert_true(workers_push(workers, run, request(i)));
	assert_false(workers_push(workers, run, request(6)));
	open_gate(&log);
	await(&log, &log.run_count, 5);
	assert_true(workers_push(workers, run, request(7)));
	await(&log, &log.run_count, 6);
	workers_stop(workers, refuse);
	workers_free(workers);
	assert_int_equal(log.refused_count, 0);
}

static void stopping_answers_everything(void **state)
{
	struct workers *workers;
	struct log log;

	(void)state;
	log_init(&log);
	workers = workers_new(1, 10, &log);
	for (uintptr_t i = 1; i < 8; i++)
		assert_true(workers_push(workers, run, request(i)));
	await(&log, &log.begun_count, 1);
	open_gate(&log);
	workers_stop(workers, refuse);
	assert_int_equal(log.run_count + log.refused_count, 7);
	assert_false(workers_push(workers, run, request(9)));
	workers_free(workers);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_takes_no_more),
		cmocka_unit_test(stopping_answers_everything),
	};

	return test_run("server/workers", tests);
}
