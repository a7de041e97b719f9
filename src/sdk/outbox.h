/*
 * outbox: requests that are encoded and wait to be delivered, with a limit.
 *
 * Ownership  a body is the outbox's from push to take, then the taker's until outbox_handled.
 * Threads    every call may run concurrently, save init, release, open, end and the calls around fork.
 * Units      bytes are those of bodies.
 * Errors     no body where the limit is reached: the caller counts what it would have held.
 */
#ifndef ROHAS_SDK_OUTBOX_H
#define ROHAS_SDK_OUTBOX_H

#include <pthread.h>

#include "base/str.h"
#include "sdk/memory.h"

struct body {
	struct body *next;
	size_t size;
	uint32_t rows;
	uint8_t signal;
	char bytes[];
};

struct outbox {
	const struct rohas_allocator *allocator;
	size_t limit_bytes;
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	struct body *first, *last;
	size_t waiting_bytes;
	uint64_t pushed, handled;    /* bodies, ever */
	uint64_t asked, answered;    /* flushes: asked for, and seen by the drain */
	uint64_t answered_at_pushed; /* what was pushed when the last one was seen */
	bool is_closing;             /* nothing more is pushed */
	bool has_ended;              /* and nothing is taken: nobody waits for it */
};

/* False where the system has no lock. Then it is opened and closed any number of times. */
bool outbox_init(struct outbox *outbox);
void outbox_release(struct outbox *outbox);

/* Empty, with a limit. */
void outbox_open(struct outbox *outbox, const struct rohas_allocator *allocator, size_t limit_bytes);

/* A body to be filled in by the caller and pushed; NULL where the limit is reached or there is no memory. */
struct body *outbox_new_body(struct outbox *outbox, size_t size);
void outbox_push(struct outbox *outbox, struct body *body);

/* The oldest body, waiting for one until the monotonic time; NULL: none came, or the outbox is closing and empty. */
struct body *outbox_take(struct outbox *outbox, uint64_t until_ns);

/* The body that was taken is delivered or lost: takes it. */
void outbox_handled(struct outbox *outbox, struct body *body);

/* Nothing more is pushed: takers end when it is empty. */
void outbox_close(struct outbox *outbox);

/* Nobody takes any more: who waits goes on, and what is left is given back. */
void outbox_end(struct outbox *outbox);

/* Whether it is closing and empty. */
bool outbox_is_done(struct outbox *outbox);

/* A flush: ask, which gives a number; the drain notes what it has seen; and wait, for all that was pushed before. */
uint64_t outbox_ask(struct outbox *outbox);
uint64_t outbox_asked(struct outbox *outbox);
void outbox_answer(struct outbox *outbox, uint64_t number);
bool outbox_wait(struct outbox *outbox, uint64_t number, uint64_t until_ns);

void outbox_lock(struct outbox *outbox);
void outbox_unlock(struct outbox *outbox);

/* In the child: empty, with locks that are nobody's. Bodies are given back where the allocator is the system's: that
 * of an application may be locked for good. */
void outbox_after_fork(struct outbox *outbox);

#endif
