#include "unit/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/rocksdb/parallel.h"

enum { TASKS = 1000 };

struct record {
	atomic_int runs[TASKS];
	atomic_bool worker_is_busy[PARALLEL_MOST_WORKERS];
	atomic_size_t begun;
	size_t stop_at; /* TASKS: never */
	atomic_int overlaps;
};

/* More than most machines have cores: who helps is more than the threads that run. */
static struct helpers *helpers;

static bool note(void *context, size_t index, size_t worker)
{
	struct record *record = context;

	if (worker >= PARALLEL_MOST_WORKERS)
		abort();
	if (atomic_exchange(&record->worker_is_busy[worker], true))
		atomic_fetch_add(&record->overlaps, 1);
	atomic_fetch_add(&record->runs[index], 1);
	atomic_fetch_add(&record->begun, 1);
	if (index % 64 == 0)
		usleep(100);
	atomic_store(&record->worker_is_busy[worker], false);
	return index != record->stop_at;
}

static void runs_every_task_once(void **state)
{
	static const size_t counts[] = {0, 1, 2, 3, TASKS};

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct record record = {.stop_at = TASKS};

		parallel_run(helpers, counts[c], note, &record);
		for (size_t i = 0; i < TASKS; i++)
			assert_int_equal(record.runs[i], i < counts[c]);
		assert_int_equal(record.overlaps, 0);
	}
}

/* All before the one that stops have run; behind it at most those that were under way. */
static void begins_no_task_behind_a_stop(void **state)
{
	(void)state;
	for (size_t stop_at = 0; stop_at < TASKS; stop_at += 37) {
		struct record record = {.stop_at = stop_at};

		parallel_run(helpers, TASKS, note, &record);
		for (size_t i = 0; i <= stop_at; i++)
			assert_int_equal(record.runs[i], 1);
		for (size_t i = 1; i < TASKS; i++)
			assert_true(record.runs[i] <= record.runs[i - 1]);
	}
}

static void *run_some(void *context)
{
	parallel_run(helpers, TASKS, note, context);
	return NULL;
}

static void calls_run_beside_each_other(void **state)
{
	enum { CALLS = 12 };
	static struct record records[CALLS];
	pthread_t threads[CALLS];

	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		records[i].stop_at = TASKS;
		assert_int_equal(pthread_create(&threads[i], NULL, run_some, &records[i]), 0);
	}
	for (size_t i = 0; i < CALLS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < CALLS; i++) {
		assert_int_equal(records[i].begun, TASKS);
		assert_int_equal(records[i].overlaps, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_every_task_once),
		cmocka_unit_test(begins_no_task_behind_a_stop),
		cmocka_unit_test(calls_run_beside_each_other),
	};

	int failures;

	if (helpers_new(MOST_HELPERS, &helpers, NULL) != STATUS_OK)
		return 1;
	failures = test_run("storage/rocksdb/parallel", tests);
	helpers_free(helpers);
	return failures;
}
