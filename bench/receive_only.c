/*
 * receive-only: reads HTTP requests and answers 200 without looking at what they carry.
 *
 * The wall that the load generator and the kernel allow on a machine: other servers' figures are read against
 * it. One thread, epoll, Content-Length bodies only.
 *
 *     receive-only PORT      listens on 127.0.0.1 until SIGTERM
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 8192, READ_SIZE = 256 * 1024, EVENTS_MAX = 64 };

static const char answer[] =
	"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";

struct client {
	int fd;
	uint64_t body_left;
	size_t head_size;
	char head[HEAD_MAX];
};

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static int fail(const char *what)
{
	fprintf(stderr, "receive-only: %s: %s\n", what, strerror(errno));
	return 1;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 128) != 0)
		return -1;
	return fd;
}

static void accept_client(int listener, int epoll_fd)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	struct client *client = fd >= 0 ? malloc(sizeof(*client)) : NULL;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

	if (!client) {
		close(fd);
		return;
	}
	client->fd = fd;
	client->body_left = client->head_size = 0;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static uint64_t content_length(const char *head)
{
	static const char name[] = "\r\ncontent-length:";
	const char *at = strcasestr(head, name);

	return at ? strtoull(at + sizeof(name) - 1, NULL, 10) : 0;
}

static bool send_answer(const struct client *client)
{
	return send(client->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(answer) - 1;
}

/* Takes part of a head; how many bytes belonged to it, or -1 where it is not one. */
static ssize_t take_head(struct client *client, const char *bytes, size_t size)
{
	size_t before = client->head_size, room = HEAD_MAX - 1 - before, taken = size < room ? size : room;
	char *end;

	memcpy(client->head + before, bytes, taken);
	client->head[before + taken] = '\0';
	client->head_size += taken;
	end = strstr(client->head, "\r\n\r\n");
	if (!end)
		return taken == size ? (ssize_t)size : -1;
	end[2] = '\0';
	client->body_left = content_length(client->head);
	client->head_size = 0;
	return end + 4 - client->head - (ssize_t)before;
}

static bool take_bytes(struct client *client, const char *bytes, size_t size)
{
	while (size) {
		uint64_t skipped = client->body_left < size ? client->body_left : size;

		client->body_left -= skipped;
		if (skipped == 0) {
			ssize_t taken = take_head(client, bytes, size);

			if (taken < 0)
				return false;
			skipped = (uint64_t)taken;
		}
		bytes += skipped;
		size -= skipped;
		if (client->body_left == 0 && client->head_size == 0 && !send_answer(client))
			return false;
	}
	return true;
}

static void serve(struct client *client)
{
	static char bytes[READ_SIZE];
	ssize_t size = recv(client->fd, bytes, sizeof(bytes), 0);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size > 0 && take_bytes(client, bytes, (size_t)size))
		return;
	close(client->fd);
	free(client);
}

static void run(int listener, int epoll_fd)
{
	struct epoll_event events[EVENTS_MAX];

	while (!stop) {
		int count = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);

		for (int i = 0; i < count; i++)
			if (events[i].data.ptr)
				serve(events[i].data.ptr);
			else
				accept_client(listener, epoll_fd);
	}
}

int main(int argc, char **argv)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct sigaction action = {.sa_handler = on_signal};
	unsigned long port = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	int listener, epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (port < 1 || port > 65535) {
		fputs("receive-only: say which port, from 1 to 65535, and nothing else\n", stderr);
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	listener = listen_on((uint16_t)port);
	if (listener < 0)
		return fail("cannot listen");
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) != 0)
		return fail("cannot wait for clients");
	run(listener, epoll_fd);
	return 0;
}
