#include "storage/rocksdb/parallel.h"

#include <stdatomic.h>

struct work {
	parallel_task *task;
	void *context;
	size_t count;
	atomic_size_t next_index, next_worker;
	atomic_bool is_stopped;
};

static void work_on(void *context)
{
	struct work *work = context;
	size_t worker = atomic_fetch_add(&work->next_worker, 1);

	while (!atomic_load(&work->is_stopped)) {
		size_t index = atomic_fetch_add(&work->next_index, 1);

		if (index >= work->count)
			break;
		if (!work->task(work->context, index, worker))
			atomic_store(&work->is_stopped, true);
	}
}

void parallel_run(struct helpers *helpers, size_t count, parallel_task *task, void *context)
{
	struct work work = {.task = task, .context = context, .count = count};

	if (count > 1)
		helpers_run(helpers, work_on, &work);
	else
		work_on(&work);
}
