#include "sdk/outbox.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"

static bool init_locks(struct outbox *outbox)
{
	pthread_condattr_t attributes;
	bool done;

	if (pthread_mutex_init(&outbox->lock, NULL) != 0)
		return false;
	if (pthread_condattr_init(&attributes) != 0) {
		pthread_mutex_destroy(&outbox->lock);
		return false;
	}
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	done = pthread_cond_init(&outbox->changed, &attributes) == 0;
	pthread_condattr_destroy(&attributes);
	if (!done)
		pthread_mutex_destroy(&outbox->lock);
	return done;
}

bool outbox_init(struct outbox *outbox)
{
	*outbox = (struct outbox){.has_ended = true};
	return init_locks(outbox);
}

void outbox_open(struct outbox *outbox, const struct rohas_allocator *allocator, size_t limit_bytes)
{
	outbox_lock(outbox);
	outbox->allocator = allocator;
	outbox->limit_bytes = limit_bytes;
	outbox->waiting_bytes = 0;
	outbox->pushed = outbox->handled = 0;
	outbox->asked = outbox->answered = outbox->answered_at_pushed = 0;
	outbox->is_closing = outbox->has_ended = false;
	outbox_unlock(outbox);
}

static void release_body(const struct outbox *outbox, struct body *body)
{
	memory_give(outbox->allocator, body, sizeof(*body) + body->size);
}

static void release_bodies(struct outbox *outbox)
{
	while (outbox->first) {
		struct body *body = outbox->first;

		outbox->first = body->next;
		release_body(outbox, body);
	}
	outbox->last = NULL;
	outbox->waiting_bytes = 0;
}

void outbox_release(struct outbox *outbox)
{
	pthread_cond_destroy(&outbox->changed);
	pthread_mutex_destroy(&outbox->lock);
}

struct body *outbox_new_body(struct outbox *outbox, size_t size)
{
	struct body *body = NULL;
	bool fits;

	outbox_lock(outbox);
	fits = size <= outbox->limit_bytes - outbox->waiting_bytes;
	if (fits)
		outbox->waiting_bytes += size;
	outbox_unlock(outbox);
	if (fits)
		body = memory_get(outbox->allocator, sizeof(*body) + size);
	if (body) {
		*body = (struct body){.size = size};
	} else if (fits) {
		outbox_lock(outbox);
		outbox->waiting_bytes -= size;
		outbox_unlock(outbox);
	}
	return body;
}

void outbox_handled(struct outbox *outbox, struct body *body)
{
	outbox_lock(outbox);
	outbox->waiting_bytes -= body->size;
	outbox->handled++;
	pthread_cond_broadcast(&outbox->changed);
	outbox_unlock(outbox);
	release_body(outbox, body);
}

void outbox_push(struct outbox *outbox, struct body *body)
{
	outbox_lock(outbox);
	if (outbox->last)
		outbox->last->next = body;
	else
		outbox->first = body;
	outbox->last = body;
	outbox->pushed++;
	pthread_cond_broadcast(&outbox->changed);
	outbox_unlock(outbox);
}

/* Waits for a change until then; false where the time came. The lock is held. */
static bool wait_until(struct outbox *outbox, uint64_t until_ns)
{
	struct timespec until = {(time_t)(until_ns / NS_PER_SECOND), (long)(until_ns % NS_PER_SECOND)};

	return pthread_cond_timedwait(&outbox->changed, &outbox->lock, &until) != ETIMEDOUT;
}

struct body *outbox_take(struct outbox *outbox, uint64_t until_ns)
{
	struct body *body;

	outbox_lock(outbox);
	while (!outbox->first && !outbox->is_closing && wait_until(outbox, until_ns))
		;
	body = outbox->first;
	if (body) {
		outbox->first = body->next;
		if (!outbox->first)
			outbox->last = NULL;
		body->next = NULL;
	}
	outbox_unlock(outbox);
	return body;
}

void outbox_close(struct outbox *outbox)
{
	outbox_lock(outbox);
	outbox->is_closing = true;
	pthread_cond_broadcast(&outbox->changed);
	outbox_unlock(outbox);
}

void outbox_end(struct outbox *outbox)
{
	outbox_lock(outbox);
	outbox->has_ended = true;
	release_bodies(outbox);
	pthread_cond_broadcast(&outbox->changed);
	outbox_unlock(outbox);
}

bool outbox_is_done(struct outbox *outbox)
{
	bool done;

	outbox_lock(outbox);
	done = outbox->is_closing && !outbox->first;
	outbox_unlock(outbox);
	return done;
}

uint64_t outbox_ask(struct outbox *outbox)
{
	uint64_t number;

	outbox_lock(outbox);
	number = ++outbox->asked;
	outbox_unlock(outbox);
	return number;
}

uint64_t outbox_asked(struct outbox *outbox)
{
	uint64_t number;

	outbox_lock(outbox);
	number = outbox->asked;
	outbox_unlock(outbox);
	return number;
}

void outbox_answer(struct outbox *outbox, uint64_t number)
{
	outbox_lock(outbox);
	if (number != outbox->answered) {
		outbox->answered = number;
		outbox->answered_at_pushed = outbox->pushed;
		pthread_cond_broadcast(&outbox->changed);
	}
	outbox_unlock(outbox);
}

bool outbox_wait(struct outbox *outbox, uint64_t number, uint64_t until_ns)
{
	bool done;

	outbox_lock(outbox);
	while (!(done = outbox->answered >= number && outbox->handled >= outbox->answered_at_pushed) &&
	       !outbox->has_ended && wait_until(outbox, until_ns))
		;
	outbox_unlock(outbox);
	return done;
}

void outbox_lock(struct outbox *outbox)
{
	pthread_mutex_lock(&outbox->lock);
}

void outbox_unlock(struct outbox *outbox)
{
	pthread_mutex_unlock(&outbox->lock);
}

void outbox_after_fork(struct outbox *outbox)
{
	init_locks(outbox);
	if (outbox->allocator && outbox->allocator->allocate == memory_system.allocate)
		release_bodies(outbox);
	outbox->first = outbox->last = NULL;
	outbox->waiting_bytes = 0;
	outbox->pushed = outbox->handled = 0;
	outbox->asked = outbox->answered = outbox->answered_at_pushed = 0;
}
