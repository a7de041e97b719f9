#include "storage/commit_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* A group is one write to the store: large enough to make the write cheap, small enough that nobody waits
 * long. */
enum { GROUP_BATCHES = 64, GROUP_BYTES = 16 * 1024 * 1024 };

struct entry {
	struct entry *next;
	struct batch *batch;
	size_t size_bytes;
	commit_done *done;
	void *context;
};

struct commit_queue {
	struct store *store;
	size_t limit_bytes;
	pthread_t thread;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t filled;
	struct entry *first, **last;
	size_t entry_count;
	uint32_t window_ms;
	bool stopping;
	struct commit_queue_stats stats;
};

struct group {
	struct entry *entries[GROUP_BATCHES];
	struct batch *batches[GROUP_BATCHES];
	size_t count;
};

/* Moves what fits from the head of the queue into the group: at least one entry. The lock is held. */
static void take_group(struct commit_queue *queue, struct group *group)
{
	size_t size_bytes = 0;

	group->count = 0;
	while (queue->first && group->count < GROUP_BATCHES) {
		struct entry *entry = queue->first;

		if (group->count && entry->size_bytes > GROUP_BYTES - size_bytes)
			break;
		size_bytes += entry->size_bytes < GROUP_BYTES - size_bytes ? entry->size_bytes
									   : GROUP_BYTES - size_bytes;
		group->entries[group->count] = entry;
		group->batches[group->count++] = entry->batch;
		queue->first = entry->next;
		queue->entry_count--;
	}
	if (!queue->first)
		queue->last = &queue->first;
}

static bool has_whole_group(const struct commit_queue *queue)
{
	return queue->entry_count >= GROUP_BATCHES || queue->stats.waiting_bytes >= GROUP_BYTES;
}

/* Until the window of the first that came is over. The lock is held. */
static void wait_for_company(struct commit_queue *queue)
{
	uint64_t until_ns = clock_monotonic_ns() + queue->window_ms * NS_PER_MS;
	struct timespec until = {(time_t)(until_ns / NS_PER_SECOND), (long)(until_ns % NS_PER_SECOND)};

	while (!queue->stopping && !has_whole_group(queue) &&
	       pthread_cond_timedwait(&queue->filled, &queue->lock, &until) != ETIMEDOUT)
		;
}

/* False once the queue is stopping and empty. */
static bool wait_for_group(struct commit_queue *queue, struct group *group)
{
	pthread_mutex_lock(&queue->lock);
	while (!queue->first && !queue->stopping)
		pthread_cond_wait(&queue->filled, &queue->lock);
	if (queue->window_ms)
		wait_for_company(queue);
	take_group(queue, group);
	pthread_mutex_unlock(&queue->lock);
	return group->count > 0;
}

static void finish(struct commit_queue *queue, struct entry *entry, enum status status,
		   const struct error *error)
{
	pthread_mutex_lock(&queue->lock);
	queue->stats.waiting_bytes -= entry->size_bytes;
	queue->stats.batch_count++;
	queue->stats.failed_count += status != STATUS_OK;
	pthread_mutex_unlock(&queue->lock);
	entry->done(entry->context, entry->batch, status, error);
	free(entry);
}

static enum status append(struct commit_queue *queue, struct batch *const *batches, size_t count,
			  struct error *error)
{
	enum status status = store_append(queue->store, batches, count, error);

	pthread_mutex_lock(&queue->lock);
	queue->stats.group_count++;
	pthread_mutex_unlock(&queue->lock);
	return status;
}

static void commit_group(struct commit_queue *queue, struct group *group)
{
	struct error error = {0};
	enum status status = append(queue, group->batches, group->count, &error);
	/* What is wrong with one batch must not cost its neighbours: they get their own try. What is wrong
	 * with the store would only fail again. */
	bool apart = status != STATUS_OK && !status_is_transient(status) && group->count > 1;

	for (size_t i = 0; i < group->count; i++) {
		if (apart) {
			error = (struct error){0};
			status = append(queue, &group->batches[i], 1, &error);
		}
		finish(queue, group->entries[i], status, &error);
	}
}

static void *run(void *argument)
{
	struct commit_queue *queue = argument;
	struct group group;

	while (wait_for_group(queue, &group))
		commit_group(queue, &group);
	return NULL;
}

enum status commit_queue_new(struct store *store, size_t limit_bytes, struct commit_queue **queue_out,
			     struct error *error)
{
	struct commit_queue *queue = calloc(1, sizeof(*queue));
	pthread_condattr_t attributes;

	if (!queue)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the commit queue");
	queue->store = store;
	queue->limit_bytes = limit_bytes;
	queue->last = &queue->first;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->filled, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&queue->thread, NULL, run, queue) != 0) {
		pthread_cond_destroy(&queue->filled);
		pthread_mutex_destroy(&queue->lock);
		free(queue);
		return error_set(error, STATUS_BUSY, "the system has no thread left for the commit queue");
	}
	pthread_setname_np(queue->thread, "commit");
	*queue_out = queue;
	return STATUS_OK;
}

/* A batch larger than the whole limit still gets in when it comes alone: it could never be sent otherwise. */
static bool is_full(const struct commit_queue *queue, size_t size_bytes)
{
	uint64_t waiting = queue->stats.waiting_bytes;

	return waiting && (waiting >= queue->limit_bytes || size_bytes > queue->limit_bytes - waiting);
}

static enum status admit(struct commit_queue *queue, struct entry *entry, struct error *error)
{
	if (queue->stopping)
		return error_set(error, STATUS_CANCELLED, "the program is stopping");
	if (is_full(queue, entry->size_bytes)) {
		queue->stats.refused_count++;
		return error_set(error, STATUS_BUSY,
				 "%llu bytes wait to be stored and the queue holds %zu: send again later",
				 (unsigned long long)queue->stats.waiting_bytes, queue->limit_bytes);
	}
	queue->stats.waiting_bytes += entry->size_bytes;
	*queue->last = entry;
	queue->last = &entry->next;
	queue->entry_count++;
	pthread_cond_signal(&queue->filled);
	return STATUS_OK;
}

enum status commit_queue_push(struct commit_queue *queue, struct batch *batch, size_t size_bytes,
			      commit_done *done, void *context, struct error *error)
{
	struct entry *entry = malloc(sizeof(*entry));
	enum status status;

	if (!entry)
		return error_set(error, STATUS_NO_MEMORY, "no memory to queue a batch");
	*entry = (struct entry){.batch = batch, .size_bytes = size_bytes, .done = done, .context = context};
	pthread_mutex_lock(&queue->lock);
	status = admit(queue, entry, error);
	pthread_mutex_unlock(&queue->lock);
	if (status != STATUS_OK)
		free(entry);
	return status;
}

void commit_queue_set_window(struct commit_queue *queue, uint32_t window_ms)
{
	pthread_mutex_lock(&queue->lock);
	queue->window_ms = window_ms;
	pthread_mutex_unlock(&queue->lock);
}

void commit_queue_stats(struct commit_queue *queue, struct commit_queue_stats *stats_out)
{
	pthread_mutex_lock(&queue->lock);
	*stats_out = queue->stats;
	pthread_mutex_unlock(&queue->lock);
}

void commit_queue_drain(struct commit_queue *queue)
{
	bool stopping;

	pthread_mutex_lock(&queue->lock);
	stopping = queue->stopping;
	queue->stopping = true;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
	if (!stopping)
		pthread_join(queue->thread, NULL);
}

void commit_queue_stop(struct commit_queue *queue)
{
	if (!queue)
		return;
	commit_queue_drain(queue);
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}
