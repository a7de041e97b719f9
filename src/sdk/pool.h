/*
 * pool: the memory into which a thread records, in chunks of one size, and how what is finished reaches the drain.
 *
 * A span or a log record is a chain of chunks: its first is the record, with what is known from the start; the bytes
 * that follow in it and in the others are fields of the OTLP message, written as they will be sent. A chunk comes
 * from the pool of the thread that needs it, and goes back there whoever held it last:
 *
 *     free ──take──▶ in use ──finish──▶ finished ──drain──▶ returned ──take──▶ …
 *     (owner's list)          (any thread) (a stack, emptied whole)  (a stack, emptied whole)
 *
 * Both stacks are pushed onto with compare-and-swap and emptied by an exchange: nothing is ever taken from the middle,
 * so that no address can come back unnoticed. Only the drain gives chunks back: while it looks at a record that has
 * not ended, that cannot become another one.
 *
 * A pool outlives its thread: the next new thread takes it over, with what is in use of it.
 *
 * Ownership  the registry owns pools. A record is the caller's between begin and finish.
 * Threads    what the owner's comment says is one thread's; everything else is atomic or the drain's.
 * Units      sizes are bytes, times ticks.
 * Errors     NULL where the pool is empty: the owner counts it.
 */
#ifndef ROHAS_SDK_POOL_H
#define ROHAS_SDK_POOL_H

#include <stdatomic.h>

#include "rohas/telemetry.h"
#include "sdk/random.h"
#include "sdk/series.h"

enum { CHUNK_SIZE = 512, CHUNK_PREFETCHED = 320 };

struct pool;

struct chunk {
	struct chunk *next; /* in a list or stack */
	struct chunk *more; /* the record's next chunk */
	struct pool *pool;
	char bytes[CHUNK_SIZE - 3 * sizeof(void *)];
};

enum record_sort { RECORD_SPAN, RECORD_LOG };

struct record {
	struct chunk *next, *more; /* as in a chunk */
	struct pool *pool;

	_Atomic uint64_t handle; /* the span's id until it ends, then 0: who holds an old handle finds out */
	uint64_t span_id;        /* of a log record: of the span that it belongs to, or 0 */
	uint64_t trace_id[2];
	uint64_t parent_id;
	uint64_t start, end;
	struct rohas_span outer; /* was current when this began */

	struct chunk *tail;    /* the last of the chain; the record itself at first */
	char *at;              /* where the tail goes on */
	uint32_t room;         /* bytes of the tail behind at */
	_Atomic uint32_t size; /* of all fields that are written whole, behind the name */
	struct chunk *carried; /* a chain of its own: tracestate, then baggage */

	uint16_t name_size;
	uint16_t tracestate_size, baggage_size;
	uint16_t dropped_attributes, dropped_events, dropped_links;
	uint8_t sort;    /* enum record_sort */
	uint8_t kind;    /* of a span: enum rohas_span_kind; of a log record: the severity number */
	uint8_t handler; /* enum rohas_handler_type, or 0 */
	uint8_t flags;   /* of trace context */
	bool has_failed;
	char bytes[];
};

enum { RECORD_BYTES = CHUNK_SIZE - offsetof(struct record, bytes) };

/* As enum signal: what is counted by signal needs no more of the model. */
enum { SIGNALS = 3 };

struct pool {
	/* The owner's. */
	struct chunk *free;
	uint32_t until_wake; /* chunks to be taken before the drain is woken */
	uint32_t chunk_count;
	_Atomic uint32_t used_count; /* chunks that were ever taken: the others' memory was never touched */
	struct random random;
	struct rohas_span current;
	_Atomic uint64_t lost[SIGNALS]; /* written by the owner alone; in the order of enum signal */
	_Atomic uint64_t invalid_contexts;
	struct cell cells[ROHAS_SERIES_MOST]; /* the owner's to write */

	/* Anybody's. */
	_Alignas(64) _Atomic(struct chunk *) finished;
	_Alignas(64) _Atomic(struct chunk *) returned;

	/* The registry's. */
	_Alignas(64) struct pool *next;
	_Atomic uint32_t generation; /* of the library's opening for which it records */
	bool is_owned;               /* a thread has it */
	bool is_listed;              /* the opening knows it; else it is its thread's to give back */
	size_t size;

	/* The drain's. */
	struct cell reported[ROHAS_SERIES_MOST];
	uint64_t reported_lost[SIGNALS], reported_invalid;
	bool *is_told; /* for each chunk: that the span in it runs was reported */

	_Atomic uint64_t
		*begun; /* for each chunk: the start of the span in it that has not been drained, or 0 */
	struct chunk *chunks;
};

/* How large a pool with about so many bytes of chunks is, and how many those are. */
size_t pool_size(size_t bytes, uint32_t *chunk_count_out);

/* Makes a pool in memory of pool_size bytes, aligned to 64. */
struct pool *pool_init(void *memory, size_t size, uint32_t chunk_count);

/* Forgets all that is in it; nobody else looks at it. */
void pool_reset(struct pool *pool);

/* When the owner's list is empty: what was returned, or a chunk that was never used. NULL where there is none. */
struct chunk *pool_take_slow(struct pool *pool);

/* Told when half of the chunks were taken: never waits. */
void pool_wake_drain(struct pool *pool);

static inline struct chunk *pool_take(struct pool *pool)
{
	struct chunk *chunk = pool->free;

	if (__builtin_expect(!chunk, 0)) {
		chunk = pool_take_slow(pool);
		if (!chunk)
			return NULL;
	}
	pool->free = chunk->next;
	/* The next one will be written soon, and the drain had it last. */
	for (size_t at = 0; at < CHUNK_PREFETCHED; at += 64)
		__builtin_prefetch((char *)pool->free + at, 1);
	if (__builtin_expect(--pool->until_wake == 0, 0))
		pool_wake_drain(pool);
	return chunk;
}

static inline uint32_t pool_index(const struct pool *pool, const void *chunk)
{
	return (uint32_t)((const struct chunk *)chunk - pool->chunks);
}

/* A record that is whole; the caller may not touch it again. */
static inline void pool_finish(struct record *record)
{
	struct pool *pool = record->pool;
	struct chunk *above = atomic_load_explicit(&pool->finished, memory_order_relaxed);

	do
		record->next = above;
	while (!atomic_compare_exchange_weak_explicit(&pool->finished, &above, (struct chunk *)record,
						      memory_order_release, memory_order_relaxed));
}

/* The drain's: everything that was finished, the oldest first. */
struct record *pool_finished(struct pool *pool);

/* The drain's: the chunks of a record, back to where each came from. */
void pool_give_back(struct record *record);

/* Whether spans of it have begun and were not drained. The drain's, or nobody's. */
uint64_t pool_count_begun(const struct pool *pool);

/* Adds to a counter of the owner's. */
static inline void pool_count(_Atomic uint64_t *counter, uint64_t count)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + count,
			      memory_order_relaxed);
}

#endif
