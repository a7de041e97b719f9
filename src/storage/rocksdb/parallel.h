/*
 * parallel: runs independent tasks on the caller's thread and on the helpers that are idle.
 *
 * Tasks are begun in order of their index. A task that says stop lets no further one begin; those under way end as
 * they like.
 *
 * Ownership  context is borrowed until the call returns; nobody is at it behind it.
 * Threads    calls may run concurrently.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_PARALLEL_H
#define ROHAS_STORAGE_ROCKSDB_PARALLEL_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/rocksdb/helpers.h"

/* The caller and every helper. */
enum { PARALLEL_MOST_WORKERS = MOST_HELPERS + 1 };

/* worker, below PARALLEL_MOST_WORKERS, is one task's at a time: memory of a worker's own needs no lock. False: stop. */
typedef bool parallel_task(void *context, size_t index, size_t worker);

void parallel_run(struct helpers *helpers, size_t count, parallel_task *task, void *context);

#endif
