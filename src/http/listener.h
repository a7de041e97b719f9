/*
 * listener: a listening TCP socket and the thread that accepts from it.
 *
 * Ownership  the listener owns the socket and the thread; an accepted socket goes to the callback, which
 *            takes it.
 * Threads    start, port and stop belong to one thread; the callback runs on the listener's own.
 * Errors     STATUS_BUSY where the port is taken, with its holder's name; STATUS_INVALID for an address
 *            that this machine does not have; STATUS_IO for the rest.
 */
#ifndef ROHAS_HTTP_LISTENER_H
#define ROHAS_HTTP_LISTENER_H

#include <pthread.h>
#include <sys/socket.h>

#include "base/status.h"
#include "base/str.h"

typedef void listener_accept(void *context, int socket, const struct sockaddr *address,
			     socklen_t address_size);

struct listener {
	int socket, wake; /* -1: closed */
	pthread_t thread;
	uint16_t port;
	bool is_short; /* of descriptors or memory, at the last try */
	listener_accept *accept;
	void *context;
};

enum status listener_open(struct listener *listener, const char *host, uint16_t port, struct error *error);
enum status listener_run(struct listener *listener, listener_accept *accept, void *context,
			 struct error *error);

/* Ends the thread, closes the socket. May be called again, and on a listener that was never run. */
void listener_close(struct listener *listener);

#endif
