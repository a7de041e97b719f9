/*
 * ticker: every few seconds, puts what the processor has counted into the store.
 *
 * The points go through the commit queue like everybody's, one batch at a time: while it waits there, the
 * processor counts on, and the next tick takes it all. Points that the store could not take for the moment are
 * tried again with the next tick, before anything newer.
 *
 * Ownership  processor, queue and store are borrowed and outlive the ticker.
 * Threads    new, stop and flush belong to one thread; the ticker has its own.
 * Errors     that ticks fail is told in the log when it begins.
 */
#ifndef ROHAS_APP_TICKER_H
#define ROHAS_APP_TICKER_H

#include "processor/processor.h"
#include "storage/commit_queue.h"

struct ticker;

enum status ticker_new(struct processor *processor, struct commit_queue *queue, struct ticker **ticker_out,
		       struct error *error);

/* Ends the thread. Before the queue is drained. */
void ticker_stop(struct ticker *ticker);

/* What was counted since the last tick, written at once; after the queue was drained. Frees the ticker. NULL
 * is allowed. */
void ticker_flush(struct ticker *ticker, struct store *store);

#endif
