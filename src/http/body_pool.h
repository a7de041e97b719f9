/*
 * body_pool: large buffers for request bodies, kept warm between requests.
 *
 * The first touch of a page costs microseconds, so a body's memory is worth more than its bytes. The pool
 * keeps a few buffers, and never more than a fixed sum.
 *
 * Ownership  a buffer taken is the caller's; giving it back empties the caller's struct. Freeing it is
 *            fine too.
 * Threads    every call may run concurrently, save init and release.
 * Units      sizes are bytes.
 * Errors     body_pool_take returns an empty buffer where memory ran out.
 */
#ifndef ROHAS_HTTP_BODY_POOL_H
#define ROHAS_HTTP_BODY_POOL_H

#include <pthread.h>

#include "base/buffer.h"

/* As many as there are requests at work at once on a busy machine. */
enum { BODY_POOL_BUFFERS = 32 };

struct body_pool {
	pthread_mutex_t lock;
	struct buffer kept[BODY_POOL_BUFFERS];
	size_t count, kept_bytes;
};

void body_pool_init(struct body_pool *pool);
void body_pool_release(struct body_pool *pool);

/* A buffer with room for size bytes or more, whose limit is limit_bytes. */
struct buffer body_pool_take(struct body_pool *pool, size_t size, size_t limit_bytes);

void body_pool_give(struct body_pool *pool, struct buffer *buffer);

#endif
