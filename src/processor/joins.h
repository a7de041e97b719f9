/*
 * joins: what two spans tell together that arrive in different requests, told by trace id and span id.
 *
 *  - How long an event was in its queue: from its producer's end to its consumer's start. The producer waits
 *    ten minutes for its consumers, a consumer a minute for a producer that arrives later.
 *  - A receive span and the process span under it are one handling. A receive span waits a minute for its process
 *    span and is counted if none came.
 *  - A create span and the send span that carries its message are one event: whichever comes first counts.
 *
 * Past a table's limit the oldest entry goes before its time, and is counted in pushed_out.
 *
 * Ownership  borrows the counters; keeps copies of names.
 * Threads    one thread at a time: the processor holds its lock.
 * Units      times are Unix nanoseconds.
 * Errors     where memory runs out a join is lost.
 */
#ifndef ROHAS_PROCESSOR_JOINS_H
#define ROHAS_PROCESSOR_JOINS_H

#include "processor/collect.h"
#include "processor/id_table.h"

struct joins {
	struct counters *counters;
	struct id_table producers; /* publishing spans: their end, and whether they created or sent */
	struct id_table
		carried; /* create spans that are known of from their send span, or the other way round */
	struct id_table consumers; /* that wait for their producer */
	struct id_table receives;  /* that wait for a process span */
	struct id_table processed; /* parents of process spans */
	uint64_t
		skewed_count; /* consumers that started before their producer ended: their time counts as 0 */
};

void joins_init(struct joins *joins, struct counters *counters, size_t limit);
void joins_release(struct joins *joins);

/* A span that publishes. False: its event was counted with another span. */
bool joins_note_producer(struct joins *joins, const struct span *span, uint64_t now_ns);

/* An execution that handles events. False: it is not to be counted now. */
bool joins_note_consumer(struct joins *joins, const struct span *span, uint64_t now_ns);

/* Decides what has waited long enough; joins_settle all that waits. */
void joins_expire(struct joins *joins, uint64_t now_ns);
void joins_settle(struct joins *joins);

uint64_t joins_pushed_out(const struct joins *joins);

#endif
