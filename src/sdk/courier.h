/*
 * courier: the thread that delivers requests from the outbox, over a transport.
 *
 * What fails for the moment is tried again, after a pause that grows to five seconds, for as long as the library is open:
 * the outbox's limit says what is lost meanwhile. What is refused is counted, and not sent again.
 *
 * Ownership  outbox and figures are borrowed; the transport too.
 * Threads    start and stop run one at a time.
 * Units      times are of the monotonic clock, in nanoseconds.
 */
#ifndef ROHAS_SDK_COURIER_H
#define ROHAS_SDK_COURIER_H

#include "sdk/figures.h"
#include "sdk/transport.h"

struct courier {
	struct outbox *outbox;
	struct figures *figures;
	struct transport *transport;
	_Atomic uint64_t until_ns; /* when it gives up */
	pthread_mutex_t lock;      /* of the pause between two tries */
	pthread_cond_t moved;
	pthread_t thread;
	bool has_thread;
};

enum status courier_start(struct courier *courier, struct outbox *outbox, struct figures *figures,
			  struct transport *transport, struct error *error);

/* Delivers what is in the outbox, which is closed already, until then; what is left is counted as lost. */
void courier_stop(struct courier *courier, uint64_t until_ns);

#endif
