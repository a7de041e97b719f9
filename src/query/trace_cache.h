/*
 * trace_cache: assembled traces, least recently used out first.
 *
 * A trace that was read from the store may only be kept when nothing of it arrived meanwhile. So a miss hands
 * out a ticket, and a note of newer spans makes the tickets for their traces worthless.
 *
 * limit_bytes counts what traces take, as their size_bytes says, and their places here. A trace of more than a
 * quarter of it is not kept. The table beside it is 16 bytes for each trace that may be kept, 256 KiB at least.
 *
 * Ownership  the cache holds a reference to each trace; trace_cache_find hands out one more.
 * Threads    every call may run concurrently.
 */
#ifndef ROHAS_QUERY_TRACE_CACHE_H
#define ROHAS_QUERY_TRACE_CACHE_H

#include "query/query.h"

struct trace;
struct trace_cache;

/* NULL where memory ran out. */
struct trace_cache *trace_cache_new(size_t trace_limit, size_t limit_bytes);
void trace_cache_free(struct trace_cache *cache);

/* NULL where it is not here; then ticket_out is for trace_cache_keep. */
const struct trace *trace_cache_find(struct trace_cache *cache, const uint8_t trace_id[TRACE_ID_SIZE],
				     uint32_t *ticket_out);

/* Keeps the trace, unless it changed since the ticket or is too large. */
void trace_cache_keep(struct trace_cache *cache, struct trace *trace, uint32_t ticket);

/* Forgets the traces that these spans belong to. */
void trace_cache_note_spans(struct trace_cache *cache, const struct span *spans, size_t count);

void trace_cache_stats(struct trace_cache *cache, struct trace_cache_stats *stats_out);

#endif
