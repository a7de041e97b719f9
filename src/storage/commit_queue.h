/*
 * commit_queue: group commit. Batches that arrive while a commit is under way are committed together, as one.
 *
 * One thread of its own takes all that waits (up to a group's size) and gives it to store_append, then calls
 * each batch's completion. So a busy store makes larger groups, and a quiet one answers at once; with a window
 * a group waits for company, though never longer than until it is full.
 *
 * Ownership  commit_queue_push takes the batch; the completion gets it back to clear and use again. store is
 *            borrowed and outlives the queue.
 * Threads    push may be called from any thread; completions run on the queue's thread and must be short.
 * Units      bytes are those of the request bodies behind the batches.
 * Errors     push answers STATUS_BUSY when limit_bytes are waiting (the door says 429 or 503), and
 *            STATUS_CANCELLED once commit_queue_drain has begun; the batch stays the caller's then.
 */
#ifndef ROHAS_STORAGE_COMMIT_QUEUE_H
#define ROHAS_STORAGE_COMMIT_QUEUE_H

#include "storage/store.h"

/* status is STATUS_OK once the rows are durable and visible; error is for a failure. */
typedef void commit_done(void *context, struct batch *batch, enum status status, const struct error *error);

struct commit_queue;

struct commit_queue_stats {
	uint64_t batch_count, group_count, failed_count, refused_count;
	uint64_t waiting_bytes;
};

enum status commit_queue_new(struct store *store, size_t limit_bytes, struct commit_queue **queue_out,
			     struct error *error);

/* size_bytes: what the batch counts towards the limit. */
enum status commit_queue_push(struct commit_queue *queue, struct batch *batch, size_t size_bytes,
			      commit_done *done, void *context, struct error *error);

/* From now on a commit waits so long for more to come, at most, before it begins; 0, as at first: it does not
 * wait. */
void commit_queue_set_window(struct commit_queue *queue, uint32_t window_ms);

void commit_queue_stats(struct commit_queue *queue, struct commit_queue_stats *stats_out);

/* Refuses new batches from now on, commits what waits, ends the thread. Pushing stays allowed: it is refused.
 */
void commit_queue_drain(struct commit_queue *queue);

/* Drains the queue where it was not, and frees it: nobody pushes any more. NULL is allowed. */
void commit_queue_stop(struct commit_queue *queue);

#endif
