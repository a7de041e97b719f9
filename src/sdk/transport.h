/*
 * transport: where requests go: to a receiver over HTTP, or into the store in this process.
 *
 * Ownership  whoever made a transport frees it. Bodies are borrowed for the call.
 * Threads    one thread sends and ticks; interrupt from any other.
 * Units      times are of the monotonic clock, in nanoseconds.
 * Errors     a status that is transient (status_is_transient): the same body may be sent again.
 */
#ifndef ROHAS_SDK_TRANSPORT_H
#define ROHAS_SDK_TRANSPORT_H

#include <stdatomic.h>

#include "base/status.h"
#include "sdk/outbox.h"
#include "sdk/settings.h"

struct transport;

struct transport_ops {
	bool survives_fork; /* a child may go on with one of its own */

	/* rejected_out: rows of a body that was taken otherwise. Gives up at *until_ns, which may move, if it can. */
	enum status (*send)(struct transport *transport, const struct body *body,
			    const _Atomic uint64_t *until_ns, uint64_t *rejected_out, struct error *error);
	/* What is to be done from time to time, without a body. */
	void (*tick)(struct transport *transport);
	/* A send that waits looks at its time again: it was moved. */
	void (*interrupt)(struct transport *transport);
	void (*free)(struct transport *transport);
	/* Instead of free, in a child: gives back what can be without a lock of the parent's threads. */
	void (*abandon)(struct transport *transport);
};

struct transport {
	const struct transport_ops *ops;
};

enum status http_transport_new(const struct settings *settings, struct transport **transport_out,
			       struct error *error);
enum status store_transport_new(const struct settings *settings, struct transport **transport_out,
				struct error *error);

#endif
