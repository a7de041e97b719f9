/*
 * waiting_traces: the ids of traces that changed, each once, until they are due. A fixed number of places.
 *
 * Threads    one thread at a time.
 * Units      times are those of clock_monotonic_ns.
 */
#ifndef ROHAS_SERVER_WAITING_TRACES_H
#define ROHAS_SERVER_WAITING_TRACES_H

#include "model/span.h"

struct waiting_traces;

/* settle_ns: how long nothing must have come; latest_ns: when it is due all the same. NULL where memory ran
 * out. */
struct waiting_traces *waiting_traces_new(size_t limit, uint64_t settle_ns, uint64_t latest_ns);
void waiting_traces_free(struct waiting_traces *waiting);

/* Says that something of the trace came. False where there is no place left. */
bool waiting_traces_note(struct waiting_traces *waiting, const uint8_t trace_id[TRACE_ID_SIZE],
			 uint64_t now_ns);

/* Takes out at most limit traces that are due, oldest first; returns how many. */
size_t waiting_traces_take(struct waiting_traces *waiting, uint64_t now_ns,
			   uint8_t (*trace_ids_out)[TRACE_ID_SIZE], size_t limit);

size_t waiting_traces_count(const struct waiting_traces *waiting);

#endif
