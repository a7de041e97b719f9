/*
 * client: a plain HTTP/1.1 client for tests: bytes out, answers in, nothing hidden.
 *
 * Errors     a socket that fails, or an answer that does not come within ten seconds, fails the test.
 */
#ifndef ROHAS_TESTS_UNIT_HTTP_CLIENT_H
#define ROHAS_TESTS_UNIT_HTTP_CLIENT_H

#include "base/buffer.h"

struct answer {
	unsigned status;
	struct buffer head; /* NUL-terminated */
	struct buffer body;
};

int client_connect(uint16_t port);
void client_send(int fd, struct str bytes);
void client_send_c(int fd, const char *text);

/* Method, path, Content-Length, more header lines ("Name: value\r\n"), then the body. */
void client_request(int fd, const char *method, const char *path, const char *headers, struct str body);

/* Reads one answer; has_body is false after HEAD. */
void client_read(int fd, bool has_body, struct answer *answer_out);

/* Everything until the other side closes. */
void client_read_all(int fd, struct buffer *bytes_out);

void answer_release(struct answer *answer);
bool answer_has_header(const struct answer *answer, const char *line);

#endif
