/*
 * connection: one keep-alive HTTP/1.1 connection with at most one request under way.
 *
 * The socket never blocks and is watched edge-triggered: after every event call connection_write while there
 * is something to write, and connection_read.
 *
 * Ownership  the body is borrowed from connection_start until the answer or the loss.
 * Threads    one thread at a time.
 * Errors     a connection that fails closes itself (fd -1) and says CONNECTION_LOST; what went wrong is in
 * errno.
 */
#ifndef BENCH_LOAD_CONNECTION_H
#define BENCH_LOAD_CONNECTION_H

#include <netdb.h>

#include "load/body.h"
#include "load/response.h"

struct connection {
	int fd;
	struct body *body; /* NULL: idle */
	size_t sent_bytes;
	uint64_t started_ns; /* when the request was due, by the monotonic clock */
	uint64_t expires_ns; /* when waiting for the answer ends */
	uint64_t resume_ns; /* not to be used before: a pause that the server asked for, or after a failure */
	struct stamp stamp;
	struct response response;
};

enum connection_event { CONNECTION_WAITS, CONNECTION_ANSWERED, CONNECTION_CLOSED_IDLE, CONNECTION_LOST };

/* Connects (waiting at most two seconds) and adds it to epoll_fd with data.ptr = connection. False: see
 * errno. */
bool connection_open(struct connection *connection, const struct addrinfo *address, int epoll_fd);

void connection_close(struct connection *connection);

/* Sends body as it is now. */
enum connection_event connection_start(struct connection *connection, struct body *body);

/* Sends what the socket takes. */
enum connection_event connection_write(struct connection *connection);

/* Reads what has come. After CONNECTION_ANSWERED look at response, then connection_finish. */
enum connection_event connection_read(struct connection *connection);

/* Makes it idle again; closes it where the answer leaves no other way. */
void connection_finish(struct connection *connection);

#endif
