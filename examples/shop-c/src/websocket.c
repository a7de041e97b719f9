/*
 * WebSocket (RFC 6455), as much as the shop needs: one text frame of up to 125 bytes in, one out; a close frame and
 * everything else ends the connection.
 */
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shop.h"

enum { HEADER = 2, MASK = 4, SHORT_MOST = 125, FINAL_TEXT = 0x81, MASKED = 0x80, IDLE_MS = 60000 };

struct live {
	const struct handler *handler;
	MHD_socket socket;
	struct MHD_UpgradeResponseHandle *upgrade;
};

static bool wait_for(MHD_socket socket, short what)
{
	struct pollfd one = {.fd = socket, .events = what};
	int got;

	do
		got = poll(&one, 1, IDLE_MS);
	while (got < 0 && errno == EINTR);
	return got == 1;
}

static bool read_all(MHD_socket socket, void *out, size_t size)
{
	for (char *at = out; size;) {
		ssize_t got = wait_for(socket, POLLIN) ? read(socket, at, size) : -1;

		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (got > 0) {
			at += got;
			size -= (size_t)got;
		}
	}
	return true;
}

static bool write_all(MHD_socket socket, const void *bytes, size_t size)
{
	for (const char *at = bytes; size;) {
		ssize_t put = wait_for(socket, POLLOUT) ? write(socket, at, size) : -1;

		if (put < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (put > 0) {
			at += put;
			size -= (size_t)put;
		}
	}
	return true;
}

static bool read_text(MHD_socket socket, char text_out[SHORT_MOST + 1])
{
	unsigned char header[HEADER], mask[MASK];
	size_t size;

	if (!read_all(socket, header, sizeof(header)) || header[0] != FINAL_TEXT || !(header[1] & MASKED))
		return false;
	size = header[1] & ~MASKED;
	if (size > SHORT_MOST || !read_all(socket, mask, sizeof(mask)) || !read_all(socket, text_out, size))
		return false;
	for (size_t i = 0; i < size; i++)
		text_out[i] = (char)(text_out[i] ^ mask[i % MASK]);
	text_out[size] = '\0';
	return true;
}

static bool write_text(MHD_socket socket, const char *text)
{
	size_t size = strnlen(text, SHORT_MOST);
	unsigned char header[HEADER] = {FINAL_TEXT, (unsigned char)size};

	return write_all(socket, header, sizeof(header)) && write_all(socket, text, size);
}

/* Each message is an execution: a connection may last for days. */
static void *serve(void *context)
{
	struct live *live = context;
	char text[SHORT_MOST + 1];
	struct output output;

	while (read_text(live->socket, text)) {
		struct input input = {.argument = "", .body = text};

		run_handler(ROHAS_WEBSOCKET, live->handler, NULL, &input, &output);
		if (!write_text(live->socket, output.text))
			break;
	}
	MHD_upgrade_action(live->upgrade, MHD_UPGRADE_ACTION_CLOSE);
	free(live);
	return NULL;
}

static void upgraded(void *handler, struct MHD_Connection *connection, void *slot, const char *extra,
		     size_t extra_size, MHD_socket socket, struct MHD_UpgradeResponseHandle *upgrade)
{
	struct live *live = malloc(sizeof(*live));
	pthread_t thread;

	(void)connection;
	(void)slot;
	(void)extra;
	/* A client that sends before it was answered is turned away, as is one too many. */
	if (live && !extra_size) {
		*live = (struct live){handler, socket, upgrade};
		if (pthread_create(&thread, NULL, serve, live) == 0) {
			pthread_detach(thread);
			return;
		}
	}
	free(live);
	MHD_upgrade_action(upgrade, MHD_UPGRADE_ACTION_CLOSE);
}

static bool make_accept(const char *key, char out[64])
{
	char text[128];
	unsigned char digest[20];
	gnutls_datum_t bytes = {digest, sizeof(digest)}, encoded;

	snprintf(text, sizeof(text), "%.64s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
	if (gnutls_hash_fast(GNUTLS_DIG_SHA1, text, strlen(text), digest) < 0 ||
	    gnutls_base64_encode2(&bytes, &encoded) < 0)
		return false;
	snprintf(out, 64, "%.*s", (int)encoded.size, encoded.data);
	gnutls_free(encoded.data);
	return true;
}

bool websocket_upgrade(struct MHD_Connection *connection, const char *path, enum MHD_Result *result_out)
{
	const char *key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Sec-WebSocket-Key");
	const struct handler *handler = websocket_handlers;
	struct MHD_Response *response;
	char accept[64];

	while (handler->name && strcmp(handler->route, path) != 0)
		handler++;
	if (!key || !handler->name || !make_accept(key, accept))
		return false;
	response = MHD_create_response_for_upgrade(upgraded, (void *)(uintptr_t)handler);
	MHD_add_response_header(response, "Upgrade", "websocket");
	MHD_add_response_header(response, "Sec-WebSocket-Accept", accept);
	*result_out = MHD_queue_response(connection, MHD_HTTP_SWITCHING_PROTOCOLS, response);
	MHD_destroy_response(response);
	return true;
}
