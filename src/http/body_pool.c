#include "http/body_pool.h"

#include <stdlib.h>

enum {
	/* Page-aligned: memcpy loses most of its speed where source and target lie 1 or 16 bytes apart modulo
	   a page. */
	PAGE_BYTES = 4096,
	SMALLEST_BYTES = 4 * PAGE_BYTES,
	LARGEST_KEPT_BYTES = 16 * 1024 * 1024,
	KEPT_BYTES = 64 * 1024 * 1024,
};

void body_pool_init(struct body_pool *pool)
{
	*pool = (struct body_pool){0};
	pthread_mutex_init(&pool->lock, NULL);
}

void body_pool_release(struct body_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		buffer_release(&pool->kept[i]);
	pool->count = 0;
	pthread_mutex_destroy(&pool->lock);
}

/* Takes the smallest kept buffer that is large enough. The lock is held. */
static struct buffer take_kept(struct body_pool *pool, size_t size)
{
	size_t best = pool->count;
	struct buffer buffer = BUFFER_EMPTY;

	for (size_t i = 0; i < pool->count; i++)
		if (pool->kept[i].capacity >= size &&
		    (best == pool->count || pool->kept[i].capacity < pool->kept[best].capacity))
			best = i;
	if (best == pool->count)
		return buffer;
	buffer = pool->kept[best];
	pool->kept[best] = pool->kept[--pool->count];
	pool->kept_bytes -= buffer.capacity;
	return buffer;
}

struct buffer body_pool_take(struct body_pool *pool, size_t size, size_t limit_bytes)
{
	struct buffer buffer;

	if (size < SMALLEST_BYTES)
		size = SMALLEST_BYTES;
	pthread_mutex_lock(&pool->lock);
	buffer = take_kept(pool, size);
	pthread_mutex_unlock(&pool->lock);
	if (!buffer.data) {
		size = (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
		buffer.data = aligned_alloc(PAGE_BYTES, size);
		buffer.capacity = buffer.data ? size : 0;
	}
	buffer.limit = limit_bytes;
	return buffer;
}

void body_pool_give(struct body_pool *pool, struct buffer *buffer)
{
	bool kept;

	buffer_clear(buffer);
	pthread_mutex_lock(&pool->lock);
	kept = buffer->data && buffer->capacity >= SMALLEST_BYTES && buffer->capacity <= LARGEST_KEPT_BYTES &&
	       pool->count < BODY_POOL_BUFFERS && pool->kept_bytes + buffer->capacity <= KEPT_BYTES;
	if (kept) {
		pool->kept_bytes += buffer->capacity;
		pool->kept[pool->count++] = *buffer;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!kept)
		buffer_release(buffer);
	*buffer = BUFFER_EMPTY;
}
