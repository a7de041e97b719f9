/*
 * drain: the thread that takes what was recorded out of the threads' pools and makes requests of it.
 *
 * It goes round every flush interval, when half of a pool was used, and when a flush is asked for. What ended becomes
 * rows; executions that have been running for long are told of; every few seconds and at the end, metrics.
 *
 * Ownership  settings, figures and outbox are borrowed and outlive the drain.
 * Threads    start, stop and the rest run one at a time; drain_wake from any thread, without waiting.
 * Errors     what finds no room in the outbox is counted.
 */
#ifndef ROHAS_SDK_DRAIN_H
#define ROHAS_SDK_DRAIN_H

#include "sdk/encoder.h"
#include "sdk/figures.h"
#include "sdk/outbox.h"

struct drain {
	const struct settings *settings;
	struct figures *figures;
	struct outbox *outbox;
	struct encoder encoder;
	struct ticks_calibration clock;
	uint64_t metrics_since_ns, metrics_due_ns; /* Unix; monotonic */
	uint64_t told_losses[LOSS_COUNT][SIGNALS];
	pthread_t thread;
	bool has_thread;
	_Atomic bool is_stopping;
};

/* Without a thread yet. */
enum status drain_init(struct drain *drain, const struct settings *settings, struct figures *figures,
		       struct outbox *outbox, struct error *error);
enum status drain_start(struct drain *drain, struct error *error);

/* Goes round once more, with metrics, and ends the thread. */
void drain_stop(struct drain *drain);
void drain_release(struct drain *drain);

void drain_wake(void);

/* In the child, before it is started again: nothing is there, and nothing was told. */
void drain_after_fork(struct drain *drain);

#endif
