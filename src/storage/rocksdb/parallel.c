#include "storage/rocksdb/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* Threads that help, in the whole process. */
static atomic_int helper_count;

struct work {
	parallel_task *task;
	void *context;
	size_t count;
	atomic_size_t next_index, next_worker;
	atomic_bool is_stopped;
};

static void *work_on(void *argument)
{
	struct work *work = argument;
	size_t worker = atomic_fetch_add(&work->next_worker, 1);

	while (!atomic_load(&work->is_stopped)) {
		size_t index = atomic_fetch_add(&work->next_index, 1);

		if (index >= work->count)
			break;
		if (!work->task(work->context, index, worker))
			atomic_store(&work->is_stopped, true);
	}
	return NULL;
}

static bool take_helper(long cores)
{
	if (atomic_fetch_add(&helper_count, 1) < cores)
		return true;
	atomic_fetch_sub(&helper_count, 1);
	return false;
}

void parallel_run(size_t count, parallel_task *task, void *context)
{
	struct work work = {.task = task, .context = context, .count = count};
	pthread_t threads[PARALLEL_MOST_WORKERS];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t helpers = 0;

	while (helpers + 1 < count && helpers + 1 < PARALLEL_MOST_WORKERS && (long)helpers + 1 < cores &&
	       take_helper(cores)) {
		if (pthread_create(&threads[helpers], NULL, work_on, &work) != 0) {
			atomic_fetch_sub(&helper_count, 1);
			break;
		}
		helpers++;
	}
	work_on(&work);
	for (size_t i = 0; i < helpers; i++)
		pthread_join(threads[i], NULL);
	atomic_fetch_sub(&helper_count, (int)helpers);
}
