#include "sdk/courier.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "sdk/threads.h"

static const uint64_t tick_ns = NS_PER_SECOND, pause_first_ns = 100 * NS_PER_MS,
		      pause_most_ns = 5 * NS_PER_SECOND;

static bool is_late(const struct courier *courier)
{
	return clock_monotonic_ns() >= atomic_load(&courier->until_ns);
}

/* Ends early when the time of giving up is moved. */
static void pause_for(struct courier *courier, uint64_t duration_ns)
{
	uint64_t was_ns = atomic_load(&courier->until_ns), until_ns = clock_monotonic_ns() + duration_ns;
	struct timespec until;

	if (until_ns > was_ns)
		until_ns = was_ns;
	until = (struct timespec){(time_t)(until_ns / NS_PER_SECOND), (long)(until_ns % NS_PER_SECOND)};
	pthread_mutex_lock(&courier->lock);
	while (atomic_load(&courier->until_ns) == was_ns &&
	       pthread_cond_timedwait(&courier->moved, &courier->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&courier->lock);
}

static void count(struct courier *courier, const struct body *body, enum status status, uint64_t rejected)
{
	struct figures *figures = courier->figures;

	if (status == STATUS_OK) {
		if (rejected > body->rows)
			rejected = body->rows;
		figures_add(&figures->delivered[body->signal], body->rows - rejected);
		figures_add(&figures->lost[LOST_REFUSED][body->signal], rejected);
	} else {
		enum loss loss = status_is_transient(status) ? LOST_AT_CLOSE : LOST_REFUSED;

		figures_add(&figures->lost[loss][body->signal], body->rows);
	}
}

/* A request that fails for the moment is tried until it is taken or refused, or it is late. */
static void deliver(struct courier *courier, const struct body *body)
{
	struct transport *transport = courier->transport;
	struct error error = {0};
	enum status status = error_set(&error, STATUS_CANCELLED, "the deadline of closing came first");
	uint64_t pause_ns = pause_first_ns, rejected = 0;

	while (!is_late(courier)) {
		status = transport->ops->send(transport, body, &courier->until_ns, &rejected, &error);
		if (status != STATUS_OK)
			figures_set_reason(courier->figures, error.message);
		if (status == STATUS_OK || !status_is_transient(status))
			break;
		pause_for(courier, pause_ns);
		pause_ns = pause_ns * 2 < pause_most_ns ? pause_ns * 2 : pause_most_ns;
	}
	if (status == STATUS_CANCELLED)
		figures_set_reason(courier->figures, error.message);
	if (rejected)
		figures_set_reason(courier->figures, "the receiver refused some of the rows");
	count(courier, body, status, rejected);
}

static void *run(void *context)
{
	struct courier *courier = context;

	while (!outbox_is_done(courier->outbox)) {
		struct body *body = outbox_take(courier->outbox, clock_monotonic_ns() + tick_ns);

		if (body) {
			deliver(courier, body);
			outbox_handled(courier->outbox, body);
		} else {
			courier->transport->ops->tick(courier->transport);
		}
	}
	return NULL;
}

static void init_locks(struct courier *courier)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&courier->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&courier->moved, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status courier_start(struct courier *courier, struct outbox *outbox, struct figures *figures,
			  struct transport *transport, struct error *error)
{
	*courier = (struct courier){.outbox = outbox, .figures = figures, .transport = transport};
	atomic_store(&courier->until_ns, UINT64_MAX);
	init_locks(courier);
	if (!thread_start(&courier->thread, "rohas courier", run, courier))
		return error_set(error, STATUS_NO_MEMORY, "the system has no thread left for the library");
	courier->has_thread = true;
	return STATUS_OK;
}

void courier_stop(struct courier *courier, uint64_t until_ns)
{
	if (!courier->has_thread)
		return;
	pthread_mutex_lock(&courier->lock);
	atomic_store(&courier->until_ns, until_ns);
	pthread_cond_broadcast(&courier->moved);
	pthread_mutex_unlock(&courier->lock);
	courier->transport->ops->interrupt(courier->transport);
	pthread_join(courier->thread, NULL);
	courier->has_thread = false;
	pthread_cond_destroy(&courier->moved);
	pthread_mutex_destroy(&courier->lock);
}
