#include "http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "http/port_holder.h"

enum {
	BACKLOG = 1024,
	/* How long to leave connections waiting when there are no descriptors left. */
	SHORTAGE_PAUSE_MS = 100,
};

static enum status port_taken(uint16_t port, struct error *error)
{
	char name[PORT_HOLDER_NAME_SIZE];
	pid_t pid;

	if (port_holder_find(port, name, &pid))
		return error_set(error, STATUS_BUSY, "port %u is taken by %s (pid %d)", port, name, (int)pid);
	return error_set(error, STATUS_BUSY, "port %u is taken by a process that this user may not see",
			 port);
}

static enum status bind_failed(const char *host, uint16_t port, int reason, struct error *error)
{
	if (reason == EADDRINUSE)
		return port_taken(port, error);
	if (reason == EADDRNOTAVAIL)
		return error_set(error, STATUS_INVALID,
				 "cannot listen on %s: this machine has no such address", host);
	return error_set(error, STATUS_IO, "cannot listen on %s port %u: %s", host, port, strerror(reason));
}

static uint16_t bound_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);

	getsockname(fd, (struct sockaddr *)&address, &size);
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

static enum status open_socket(struct listener *listener, const struct addrinfo *address, const char *host,
			       uint16_t port, struct error *error)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, reason;

	if (fd < 0)
		return bind_failed(host, port, errno, error);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address->ai_addr, address->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		reason = errno;
		close(fd);
		return bind_failed(host, port, reason, error);
	}
	listener->socket = fd;
	listener->port = bound_port(fd);
	return STATUS_OK;
}

enum status listener_open(struct listener *listener, const char *host, uint16_t port, struct error *error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
	enum status status;
	char service[8];
	int failure;

	*listener = (struct listener){.socket = -1, .wake = -1};
	snprintf(service, sizeof(service), "%u", port);
	failure = getaddrinfo(host, service, &hints, &found);
	if (failure != 0)
		return error_set(error, STATUS_INVALID, "cannot listen on %s: %s", host,
				 gai_strerror(failure));
	status = open_socket(listener, found, host, port, error);
	freeaddrinfo(found);
	return status;
}

/* No descriptors or memory are left: connections wait in the kernel's queue meanwhile. One line each time it begins. */
static void pause_for_shortage(struct listener *listener, int reason)
{
	if (!listener->is_short)
		log_warn("http", "cannot accept connections on port %u: %s", listener->port,
			 strerror(reason));
	listener->is_short = true;
	poll(NULL, 0, SHORTAGE_PAUSE_MS);
}

static bool is_shortage(int reason)
{
	return reason == EMFILE || reason == ENFILE || reason == ENOBUFS || reason == ENOMEM;
}

static void accept_all(struct listener *listener)
{
	for (;;) {
		struct sockaddr_storage address;
		socklen_t size = sizeof(address);
		int one = 1, fd = accept4(listener->socket, (struct sockaddr *)&address, &size,
					  SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (is_shortage(errno))
				pause_for_shortage(listener, errno);
			return;
		}
		listener->is_short = false;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		listener->accept(listener->context, fd, (struct sockaddr *)&address, size);
	}
}

static void *run(void *argument)
{
	struct listener *listener = argument;
	struct pollfd waited[2] = {{.fd = listener->socket, .events = POLLIN},
				   {.fd = listener->wake, .events = POLLIN}};

	while (!(waited[1].revents & POLLIN))
		if (poll(waited, 2, -1) > 0 && waited[0].revents)
			accept_all(listener);
	return NULL;
}

enum status listener_run(struct listener *listener, listener_accept *accept, void *context,
			 struct error *error)
{
	listener->accept = accept;
	listener->context = context;
	listener->wake = eventfd(0, EFD_CLOEXEC);
	if (listener->wake >= 0 && pthread_create(&listener->thread, NULL, run, listener) == 0)
		return STATUS_OK;
	if (listener->wake >= 0)
		close(listener->wake);
	listener->wake = -1;
	return error_set(error, STATUS_IO, "cannot start the thread that accepts connections: %s",
			 strerror(errno));
}

void listener_close(struct listener *listener)
{
	if (listener->wake >= 0) {
		eventfd_write(listener->wake, 1);
		pthread_join(listener->thread, NULL);
		close(listener->wake);
	}
	if (listener->socket >= 0)
		close(listener->socket);
	listener->wake = listener->socket = -1;
}
