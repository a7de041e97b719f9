#include <curl/curl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/protobuf.h"
#include "model/batch.h"
#include "sdk/transport.h"

enum {
	URL_SIZE = 4200,
	HEADER_SIZE = 5000,
	ANSWER_LIMIT_BYTES = 16 * 1024,
	TIMEOUT_MS = 30000,
	WAIT_MS = 1000
};

struct http_transport {
	struct transport base;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	char urls[SIGNAL_COUNT][URL_SIZE];
	char reason[CURL_ERROR_SIZE];
	struct buffer answer;
	_Atomic int socket; /* of the connection; -1: none */
};

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct buffer *answer = context;

	if (answer->size + size * count <= ANSWER_LIMIT_BYTES)
		buffer_append(answer, bytes, size * count);
	return size * count;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transport *http = context;
	curl_socket_t made = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

	(void)purpose;
	atomic_store(&http->socket, made);
	return made;
}

/* Forgotten before it is closed: its number is soon another file's. */
static int close_socket(void *context, curl_socket_t closed)
{
	struct http_transport *http = context;
	int held = (int)closed;

	atomic_compare_exchange_strong(&http->socket, &held, -1);
	return close(closed);
}

static bool set_headers(struct http_transport *http, const char *api_key)
{
	char key_header[HEADER_SIZE];
	const char *const lines[] = {"Content-Type: application/x-protobuf", "Expect:", key_header};
	size_t count = api_key && *api_key ? 3 : 2;

	snprintf(key_header, sizeof(key_header), "X-API-Key: %s", api_key ? api_key : "");
	for (size_t i = 0; i < count; i++) {
		struct curl_slist *longer = curl_slist_append(http->headers, lines[i]);

		if (!longer)
			return false;
		http->headers = longer;
	}
	return true;
}

static void set_options(struct http_transport *http)
{
	CURL *easy = http->easy;

	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->reason);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, &http->answer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
}

/* Until the transfer is over or its time is; the code of the transfer. */
static CURLcode run_transfer(struct http_transport *http, const _Atomic uint64_t *until)
{
	int running = 1, left;
	CURLMsg *message;

	while (running) {
		uint64_t until_ns = atomic_load(until), now_ns = clock_monotonic_ns();
		uint64_t wait_ms;

		if (curl_multi_perform(http->multi, &running) != CURLM_OK)
			return CURLE_FAILED_INIT;
		if (!running)
			break;
		if (now_ns >= until_ns)
			return CURLE_OPERATION_TIMEDOUT;
		wait_ms = (until_ns - now_ns) / NS_PER_MS + 1;
		curl_multi_poll(http->multi, NULL, 0, wait_ms < WAIT_MS ? (int)wait_ms : WAIT_MS, NULL);
	}
	message = curl_multi_info_read(http->multi, &left);
	return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_FAILED_INIT;
}

/* The rows that a partial success refused. */
static uint64_t read_rejected(struct str answer)
{
	enum { PARTIAL_SUCCESS = 1, REJECTED = 1 };
	struct protobuf_reader reader = protobuf_read(answer);
	struct protobuf_field field;
	uint64_t rejected = 0;

	while (answer.size && protobuf_next(&reader, &field)) {
		struct protobuf_reader inner = protobuf_read(field.bytes);

		if (field.number != PARTIAL_SUCCESS || field.wire != PROTOBUF_LEN)
			continue;
		while (protobuf_next(&inner, &field))
			if (field.number == REJECTED && field.wire == PROTOBUF_VARINT)
				rejected = field.integer;
	}
	return rejected;
}

static enum status judge(const struct http_transport *http, const char *url, struct error *error)
{
	long code = 0;

	curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &code);
	if (code >= 200 && code < 300)
		return STATUS_OK;
	return error_set(error,
			 code == 429 || code == 502 || code == 503 || code == 504 ? STATUS_BUSY
										  : STATUS_INVALID,
			 "%.200s answered with HTTP status %ld", url, code);
}

static enum status http_send(struct transport *transport, const struct body *body,
			     const _Atomic uint64_t *until_ns, uint64_t *rejected_out, struct error *error)
{
	struct http_transport *http = (struct http_transport *)transport;
	const char *url = http->urls[body->signal];
	enum status status;
	CURLcode code;

	http->reason[0] = '\0';
	buffer_clear(&http->answer);
	curl_easy_setopt(http->easy, CURLOPT_URL, url);
	curl_easy_setopt(http->easy, CURLOPT_POSTFIELDS, &body->bytes[0]);
	curl_easy_setopt(http->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->size);
	if (curl_multi_add_handle(http->multi, http->easy) != CURLM_OK)
		return error_set(error, STATUS_NO_MEMORY, "libcurl takes no request");
	code = run_transfer(http, until_ns);
	if (code != CURLE_OK)
		status = error_set(error, STATUS_IO, "%.200s cannot be reached: %.200s", url,
				   http->reason[0] ? http->reason : curl_easy_strerror(code));
	else
		status = judge(http, url, error);
	curl_multi_remove_handle(http->multi, http->easy);
	*rejected_out = status == STATUS_OK ? read_rejected(buffer_str(&http->answer)) : 0;
	return status;
}

static void http_tick(struct transport *transport)
{
	(void)transport;
}

static void http_interrupt(struct transport *transport)
{
	curl_multi_wakeup(((struct http_transport *)transport)->multi);
}

static void http_free(struct transport *transport)
{
	struct http_transport *http = (struct http_transport *)transport;

	curl_easy_cleanup(http->easy);
	curl_multi_cleanup(http->multi);
	curl_slist_free_all(http->headers);
	buffer_release(&http->answer);
	free(http);
}

/* What libcurl holds may be half changed; only the connection, which is the parent's, must not stay open here. */
static void http_abandon(struct transport *transport)
{
	int held = atomic_load(&((struct http_transport *)transport)->socket);

	if (held >= 0)
		close(held);
}

static const struct transport_ops http_ops = {
	.survives_fork = true,
	.send = http_send,
	.tick = http_tick,
	.interrupt = http_interrupt,
	.free = http_free,
	.abandon = http_abandon,
};

static bool set_urls(struct http_transport *http, const char *endpoint)
{
	size_t size = strlen(endpoint);

	while (size && endpoint[size - 1] == '/')
		size--;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if ((size_t)snprintf(http->urls[i], URL_SIZE, "%.*s/v1/%s", (int)size, endpoint,
				     signal_name((enum signal)i)) >= URL_SIZE)
			return false;
	return true;
}

enum status http_transport_new(const struct settings *settings, struct transport **transport_out,
			       struct error *error)
{
	struct http_transport *http = calloc(1, sizeof(*http));

	if (!http)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the connection");
	http->base.ops = &http_ops;
	atomic_store(&http->socket, -1);
	http->multi = curl_multi_init();
	http->easy = curl_easy_init();
	if (!http->multi || !http->easy || !set_headers(http, settings->api_key)) {
		http_free(&http->base);
		return error_set(error, STATUS_NO_MEMORY, "no memory for the connection");
	}
	if (!set_urls(http, settings->endpoint)) {
		http_free(&http->base);
		return error_set(error, STATUS_INVALID, "the endpoint has more than %d bytes", URL_SIZE - 16);
	}
	set_options(http);
	*transport_out = &http->base;
	return STATUS_OK;
}
