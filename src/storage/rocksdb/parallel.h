/*
 * parallel: runs independent tasks on the caller's thread and a few more.
 *
 * Tasks are begun in order of their index. A task that says stop lets no further one begin; those under way end as
 * they like. A call has no more workers than the machine has cores, and all calls of the process together no more
 * helpers than that; where none is left, or none can be made, the caller's thread runs the tasks alone.
 *
 * Ownership  context is borrowed until the call returns; nothing is left running behind it.
 * Threads    calls may run concurrently.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_PARALLEL_H
#define ROHAS_STORAGE_ROCKSDB_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

enum { PARALLEL_MOST_WORKERS = 16 };

/* worker, below PARALLEL_MOST_WORKERS, is one task's at a time: memory of a worker's own needs no lock. False: stop. */
typedef bool parallel_task(void *context, size_t index, size_t worker);

void parallel_run(size_t count, parallel_task *task, void *context);

#endif
