#include "client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

enum { PATIENCE_SECONDS = 10 };

int client_connect(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	/* Head and body are sent apart: nobody should wait for an acknowledgement between them. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void client_send(int fd, struct str bytes)
{
	while (bytes.size) {
		ssize_t sent = send(fd, bytes.data, bytes.size, MSG_NOSIGNAL);

		assert_true(sent > 0);
		bytes = str_make(bytes.data + sent, bytes.size - (size_t)sent);
	}
}

void client_send_c(int fd, const char *text)
{
	client_send(fd, str_from(text));
}

void client_request(int fd, const char *method, const char *path, const char *headers, struct str body)
{
	struct buffer head = BUFFER_EMPTY;

	buffer_printf(&head, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n%s\r\n", method,
		      path, body.size, headers);
	client_send(fd, buffer_str(&head));
	client_send(fd, body);
	buffer_release(&head);
}

/* One more byte, or more, into the buffer; false where the other side has closed. */
static bool read_more(int fd, struct buffer *buffer, size_t room)
{
	char *at = buffer_reserve(buffer, room);
	ssize_t size = recv(fd, at, room, 0);

	assert_true(size >= 0);
	buffer->size += (size_t)size;
	return size > 0;
}

static void read_exactly(int fd, struct buffer *buffer, size_t size)
{
	size_t end = buffer->size + size;

	while (buffer->size < end)
		assert_true(read_more(fd, buffer, end - buffer->size));
}

/* A line without its end; a byte at a time, so that nothing of what follows is taken. */
static struct str read_line(int fd, struct buffer *buffer)
{
	size_t start = buffer->size;

	do
		read_exactly(fd, buffer, 1);
	while (buffer->data[buffer->size - 1] != '\n');
	return str_trim(str_make(buffer->data + start, buffer->size - start));
}

static void read_chunks(int fd, struct buffer *body)
{
	for (;;) {
		struct buffer line = BUFFER_EMPTY;
		struct str text = read_line(fd, &line);
		size_t size = strtoul(text.data, NULL, 16);

		buffer_clear(&line);
		read_exactly(fd, body, size);
		read_line(fd, &line);
		buffer_release(&line);
		if (size == 0)
			return;
	}
}

bool answer_has_header(const struct answer *answer, const char *line)
{
	return strcasestr(answer->head.data, line) != NULL;
}

void client_read(int fd, bool has_body, struct answer *answer_out)
{
	const char *length;

	*answer_out = (struct answer){0};
	while (read_line(fd, &answer_out->head).size > 0)
		;
	buffer_append_byte(&answer_out->head, '\0');
	assert_int_equal(sscanf(answer_out->head.data, "HTTP/1.1 %u", &answer_out->status), 1);
	length = strcasestr(answer_out->head.data, "\r\nContent-Length:");
	if (!has_body || answer_out->status == 204)
		return;
	if (length)
		read_exactly(fd, &answer_out->body, strtoul(length + 17, NULL, 10));
	else if (answer_has_header(answer_out, "Transfer-Encoding: chunked"))
		read_chunks(fd, &answer_out->body);
}

void client_read_all(int fd, struct buffer *bytes_out)
{
	while (read_more(fd, bytes_out, 4096))
		;
}

void answer_release(struct answer *answer)
{
	buffer_release(&answer->head);
	buffer_release(&answer->body);
}
