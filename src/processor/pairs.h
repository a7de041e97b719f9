/*
 * pairs: spans of one batch that tell of the same message twice, of which one counts.
 *
 *  - A receive span with a process span under it: the process span counts, the receive span gets
 * ROLE_RECEIVE.
 *  - A create span and the send span that carries its message: the create span counts, the send span gets
 *    ROLE_NONE. A send span of kind CLIENT that has links carries messages that others created, whether they
 *    are in this batch or not.
 *
 * What arrived in another batch is not seen.
 *
 * Ownership  works in the batch's arena, changes its spans.
 * Threads    one thread at a time.
 * Errors     false where the arena is full.
 */
#ifndef ROHAS_PROCESSOR_PAIRS_H
#define ROHAS_PROCESSOR_PAIRS_H

#include "model/batch.h"

enum operation { OPERATION_NONE, OPERATION_RECEIVE, OPERATION_PROCESS, OPERATION_CREATE, OPERATION_SEND };
enum { OPERATION_COUNT = 5 };

struct pairs {
	struct batch *batch;
	uint8_t *operations; /* enum operation, a span */
	size_t counts[OPERATION_COUNT];
	uint32_t *slots; /* index + 1 of the receive, create and send spans, by hash of their ids */
	size_t slot_mask;
};

bool pairs_init(struct pairs *pairs, struct batch *batch);

/* The operation of the span at index, as it says itself. */
static inline void pairs_note(struct pairs *pairs, size_t index, enum operation operation)
{
	pairs->operations[index] = (uint8_t)operation;
	pairs->counts[operation]++;
}

/* Takes away the role of the spans that do not count. Once, after all were noted. */
bool pairs_resolve(struct pairs *pairs);

#endif
