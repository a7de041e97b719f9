/*
 * figures: what became of what was recorded, by signal.
 *
 * Threads    every field is atomic; what a field says is of its own moment.
 */
#ifndef ROHAS_SDK_FIGURES_H
#define ROHAS_SDK_FIGURES_H

#include <pthread.h>
#include <stdatomic.h>

#include "sdk/pool.h"

enum loss { LOST_POOL_FULL, LOST_QUEUE_FULL, LOST_REFUSED, LOST_AT_CLOSE, LOSS_COUNT };

struct figures {
	_Atomic uint64_t delivered[SIGNALS];
	_Atomic uint64_t lost[LOSS_COUNT][SIGNALS]; /* POOL_FULL: as the drain saw it last */
	_Atomic uint64_t unfinished, invalid_contexts;
	pthread_mutex_t lock; /* of the reason */
	char reason[ROHAS_REASON_SIZE];
};

static inline void figures_add(_Atomic uint64_t *figure, uint64_t count)
{
	atomic_fetch_add_explicit(figure, count, memory_order_relaxed);
}

/* As metrics and logs name it: "pool_full", … */
const char *loss_name(enum loss loss);

void figures_init(struct figures *figures);
void figures_set_reason(struct figures *figures, const char *reason);
void figures_read(struct figures *figures, struct rohas_report *report_out);

#endif
