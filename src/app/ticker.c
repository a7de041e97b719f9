#include "app/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum { TICK_SECONDS = 5, BATCH_LIMIT_BYTES = 16 * 1024 * 1024, POINT_BYTES = 200 };

struct ticker {
	struct processor *processor;
	struct commit_queue *queue;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	bool stopping;
	bool is_waiting;  /* the queue has the batch */
	bool is_unstored; /* the batch holds points that were refused: they are tried again first */
	struct batch batch;
};

/* What cannot pass later is dropped, or nothing would be stored again. Said when it begins. The lock is held. */
static void note_outcome(struct ticker *ticker, enum status status, const struct error *error)
{
	bool was_unstored = ticker->is_unstored;

	ticker->is_unstored = status != STATUS_OK && status_is_transient(status);
	if (status != STATUS_OK && !was_unstored)
		log_warn("app", "handler metrics were not stored%s: %s", ticker->is_unstored ? " yet" : "",
			 error->message);
}

static void committed(void *context, struct batch *batch, enum status status, const struct error *error)
{
	struct ticker *ticker = context;

	(void)batch;
	pthread_mutex_lock(&ticker->lock);
	ticker->is_waiting = false;
	note_outcome(ticker, status, error);
	pthread_mutex_unlock(&ticker->lock);
}

static enum status collect(struct ticker *ticker, struct error *error)
{
	batch_clear(&ticker->batch);
	return processor_collect(ticker->processor, &ticker->batch, error);
}

/* The lock is held, and the queue does not have the batch. */
static void tick(struct ticker *ticker)
{
	struct error error = {0};
	enum status status = ticker->is_unstored ? STATUS_OK : collect(ticker, &error);
	size_t size_bytes = ticker->batch.point_count * POINT_BYTES;

	if (status == STATUS_OK && size_bytes)
		status = commit_queue_push(ticker->queue, &ticker->batch, size_bytes, committed, ticker,
					   &error);
	ticker->is_waiting = status == STATUS_OK && size_bytes;
	if (status != STATUS_OK)
		note_outcome(ticker, status, &error);
}

static void *run(void *context)
{
	struct ticker *ticker = context;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	pthread_mutex_lock(&ticker->lock);
	while (!ticker->stopping) {
		next.tv_sec += TICK_SECONDS;
		while (!ticker->stopping &&
		       pthread_cond_timedwait(&ticker->changed, &ticker->lock, &next) != ETIMEDOUT)
			;
		if (!ticker->stopping && !ticker->is_waiting)
			tick(ticker);
	}
	pthread_mutex_unlock(&ticker->lock);
	return NULL;
}

static void init_locks(struct ticker *ticker)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&ticker->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&ticker->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status ticker_new(struct processor *processor, struct commit_queue *queue, struct ticker **ticker_out,
		       struct error *error)
{
	struct ticker *ticker = calloc(1, sizeof(*ticker));

	if (!ticker)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the handler metrics");
	ticker->processor = processor;
	ticker->queue = queue;
	batch_init(&ticker->batch, BATCH_LIMIT_BYTES);
	init_locks(ticker);
	if (pthread_create(&ticker->thread, NULL, run, ticker) != 0) {
		ticker_flush(ticker, NULL);
		return error_set(error, STATUS_BUSY, "the system has no thread left for the handler metrics");
	}
	pthread_setname_np(ticker->thread, "ticker");
	ticker->has_thread = true;
	*ticker_out = ticker;
	return STATUS_OK;
}

void ticker_stop(struct ticker *ticker)
{
	if (!ticker || !ticker->has_thread)
		return;
	pthread_mutex_lock(&ticker->lock);
	ticker->stopping = true;
	pthread_cond_signal(&ticker->changed);
	pthread_mutex_unlock(&ticker->lock);
	pthread_join(ticker->thread, NULL);
	ticker->has_thread = false;
}

static void write_rest(struct ticker *ticker, struct store *store)
{
	struct batch *batch = &ticker->batch;
	struct error error = {0};
	enum status status = STATUS_OK;

	if (ticker->is_unstored)
		status = store_append(store, &batch, 1, &error);
	processor_settle(ticker->processor);
	if (status == STATUS_OK)
		status = collect(ticker, &error);
	if (status == STATUS_OK && batch->point_count)
		status = store_append(store, &batch, 1, &error);
	if (status != STATUS_OK)
		log_warn("app", "the last handler metrics were not stored: %s", error.message);
}

void ticker_flush(struct ticker *ticker, struct store *store)
{
	if (!ticker)
		return;
	ticker_stop(ticker);
	if (store)
		write_rest(ticker, store);
	batch_release(&ticker->batch);
	pthread_cond_destroy(&ticker->changed);
	pthread_mutex_destroy(&ticker->lock);
	free(ticker);
}
