#include "sdk/pool.h"

#include <assert.h>

static_assert(sizeof(struct chunk) == CHUNK_SIZE, "a chunk has its size");
static_assert(offsetof(struct record, next) == offsetof(struct chunk, next) &&
		      offsetof(struct record, more) == offsetof(struct chunk, more) &&
		      offsetof(struct record, pool) == offsetof(struct chunk, pool),
	      "a record begins as a chunk does");
static_assert(offsetof(struct record, bytes) + ROHAS_NAME_MOST <= CHUNK_SIZE,
	      "a name lies in the record itself");

static size_t round_up(size_t size)
{
	return (size + 63) & ~(size_t)63;
}

static size_t begun_offset(void)
{
	return round_up(sizeof(struct pool));
}

static size_t told_offset(uint32_t chunk_count)
{
	return begun_offset() + round_up(chunk_count * sizeof(_Atomic uint64_t));
}

static size_t chunks_offset(uint32_t chunk_count)
{
	return told_offset(chunk_count) + round_up(chunk_count * sizeof(bool));
}

size_t pool_size(size_t bytes, uint32_t *chunk_count_out)
{
	*chunk_count_out = (uint32_t)(bytes / CHUNK_SIZE);
	return chunks_offset(*chunk_count_out) + (size_t)*chunk_count_out * CHUNK_SIZE;
}

struct pool *pool_init(void *memory, size_t size, uint32_t chunk_count)
{
	struct pool *pool = memory;

	memset(pool, 0, sizeof(*pool));
	pool->size = size;
	pool->chunk_count = chunk_count;
	pool->begun = (void *)((char *)memory + begun_offset());
	pool->is_told = (void *)((char *)memory + told_offset(chunk_count));
	pool->chunks = (void *)((char *)memory + chunks_offset(chunk_count));
	pool_reset(pool);
	return pool;
}

void pool_reset(struct pool *pool)
{
	pool->free = NULL;
	atomic_store_explicit(&pool->used_count, 0, memory_order_relaxed);
	pool->until_wake = pool->chunk_count / 2;
	pool->current = (struct rohas_span){0};
	atomic_store_explicit(&pool->finished, NULL, memory_order_relaxed);
	atomic_store_explicit(&pool->returned, NULL, memory_order_relaxed);
	memset(pool->cells, 0, sizeof(pool->cells));
	memset(pool->reported, 0, sizeof(pool->reported));
	for (int i = 0; i < SIGNALS; i++)
		atomic_store_explicit(&pool->lost[i], 0, memory_order_relaxed);
	atomic_store_explicit(&pool->invalid_contexts, 0, memory_order_relaxed);
	memset(pool->reported_lost, 0, sizeof(pool->reported_lost));
	pool->reported_invalid = 0;
}

/* The first chunk that was never used. */
static struct chunk *take_fresh(struct pool *pool)
{
	uint32_t index = atomic_load_explicit(&pool->used_count, memory_order_relaxed);
	struct chunk *chunk = &pool->chunks[index];

	if (index == pool->chunk_count)
		return NULL;
	chunk->next = NULL;
	chunk->pool = pool;
	/* Where a record's handle is: no handle may fit what was never begun. */
	atomic_store_explicit(&((struct record *)chunk)->handle, 0, memory_order_relaxed);
	atomic_store_explicit(&pool->begun[index], 0, memory_order_relaxed);
	pool->is_told[index] = false;
	atomic_store_explicit(&pool->used_count, index + 1, memory_order_release);
	return chunk;
}

struct chunk *pool_take_slow(struct pool *pool)
{
	struct chunk *returned = atomic_exchange_explicit(&pool->returned, NULL, memory_order_acquire);

	return returned ? returned : take_fresh(pool);
}

struct record *pool_finished(struct pool *pool)
{
	struct chunk *newest = atomic_exchange_explicit(&pool->finished, NULL, memory_order_acquire);
	struct chunk *oldest = NULL;

	while (newest) {
		struct chunk *below = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = below;
	}
	return (struct record *)oldest;
}

static void push_returned(struct chunk *chunk)
{
	struct pool *pool = chunk->pool;
	struct chunk *above = atomic_load_explicit(&pool->returned, memory_order_relaxed);

	do
		chunk->next = above;
	while (!atomic_compare_exchange_weak_explicit(&pool->returned, &above, chunk, memory_order_release,
						      memory_order_relaxed));
}

static void give_chain(struct chunk *chunk)
{
	while (chunk) {
		struct chunk *more = chunk->more;

		push_returned(chunk);
		chunk = more;
	}
}

void pool_give_back(struct record *record)
{
	struct pool *pool = record->pool;
	uint32_t index = pool_index(pool, record);

	atomic_store_explicit(&pool->begun[index], 0, memory_order_relaxed);
	pool->is_told[index] = false;
	give_chain(record->carried);
	give_chain((struct chunk *)record);
}

uint64_t pool_count_begun(const struct pool *pool)
{
	uint64_t count = 0;
	uint32_t used_count = atomic_load_explicit(&pool->used_count, memory_order_acquire);

	for (uint32_t i = 0; i < used_count; i++)
		count += atomic_load_explicit(&pool->begun[i], memory_order_relaxed) != 0;
	return count;
}
