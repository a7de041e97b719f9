#include "load/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static bool set_up(int fd, const struct addrinfo *address)
{
	/* Linux bounds connect by the send timeout too. */
	struct timeval timeout = {.tv_sec = 2};
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return connect(fd, address->ai_addr, address->ai_addrlen) == 0 &&
	       fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

bool connection_open(struct connection *connection, const struct addrinfo *address, int epoll_fd)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = connection,
	};
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return false;
	if (!set_up(fd, address) || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
		error = errno;
		close(fd);
		errno = error;
		return false;
	}
	connection->fd = fd;
	connection->body = NULL;
	return true;
}

void connection_close(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
	connection->body = NULL;
}

static enum connection_event lose(struct connection *connection)
{
	bool was_idle = !connection->body;
	int error = errno;

	/* The body stays known until the caller has taken it back. */
	close(connection->fd);
	connection->fd = -1;
	errno = error;
	return was_idle ? CONNECTION_CLOSED_IDLE : CONNECTION_LOST;
}

enum connection_event connection_start(struct connection *connection, struct body *body)
{
	connection->body = body;
	connection->sent_bytes = 0;
	response_init(&connection->response);
	return connection_write(connection);
}

enum connection_event connection_write(struct connection *connection)
{
	struct body *body = connection->body;

	while (body && connection->sent_bytes < body->bytes.size) {
		ssize_t size = send(connection->fd, body->bytes.data + connection->sent_bytes,
				    body->bytes.size - connection->sent_bytes, MSG_NOSIGNAL);

		if (size >= 0)
			connection->sent_bytes += (size_t)size;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			/* An early answer (413, 429) may be waiting to be read: reading finds out. */
			return errno == EPIPE || errno == ECONNRESET ? CONNECTION_WAITS : lose(connection);
	}
	return CONNECTION_WAITS;
}

static enum connection_event take_end(struct connection *connection)
{
	if (!connection->body)
		return lose(connection);
	response_feed_end(&connection->response);
	if (connection->response.state != RESPONSE_DONE) {
		errno = ECONNRESET;
		return lose(connection);
	}
	connection->response.keep_alive = false;
	return CONNECTION_ANSWERED;
}

static enum connection_event take_bytes(struct connection *connection, const char *bytes, size_t size)
{
	struct response *response = &connection->response;
	size_t taken = connection->body ? response_feed(response, bytes, size) : 0;

	if (!connection->body || response->state == RESPONSE_BROKEN) {
		errno = EPROTO;
		return lose(connection);
	}
	if (response->state != RESPONSE_DONE)
		return CONNECTION_WAITS;
	if (taken < size)
		response->keep_alive = false;
	return CONNECTION_ANSWERED;
}

enum connection_event connection_read(struct connection *connection)
{
	static _Thread_local char bytes[64 * 1024];
	enum connection_event event = CONNECTION_WAITS;

	while (event == CONNECTION_WAITS) {
		ssize_t size = recv(connection->fd, bytes, sizeof(bytes), 0);

		if (size > 0)
			event = take_bytes(connection, bytes, (size_t)size);
		else if (size == 0)
			event = take_end(connection);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			event = lose(connection);
	}
	return event;
}

void connection_finish(struct connection *connection)
{
	bool is_whole = connection->sent_bytes == connection->body->bytes.size;

	connection->body = NULL;
	/* Half a request cannot be followed by another. */
	if (!connection->response.keep_alive || !is_whole)
		connection_close(connection);
}
