#include "test.h"

#include <string.h>

#include "load/response.h"

/* Feeds text in pieces of piece bytes; how much of it was taken. */
static size_t feed(struct response *response, const char *text, size_t size, size_t piece)
{
	size_t taken = 0;

	response_init(response);
	while (taken < size && response->state < RESPONSE_DONE) {
		size_t left = size - taken, part = piece < left ? piece : left;
		size_t step = response_feed(response, text + taken, part);

		taken += step;
		if (step < part)
			break;
	}
	return taken;
}

static const char with_length[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello";
static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			      "3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\nTrailer: x\r\n\r\n";
static const char continued[] =
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char bare_newlines[] = "HTTP/1.1 200 OK\ncontent-length:5\n\nhello";

static void reads_every_framing_in_pieces_of_any_size(void **state)
{
	static const char *const texts[] = {with_length, chunked, continued, bare_newlines};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t size = strlen(texts[i]);

		for (size_t piece = 1; piece <= size; piece++) {
			struct response response;

			assert_int_equal(feed(&response, texts[i], size, piece), size);
			assert_int_equal(response.state, RESPONSE_DONE);
			assert_int_equal(response.status, 200);
			assert_true(response.keep_alive);
			assert_int_equal(response.body_size, 5);
			assert_memory_equal(response.body, "hello", 5);
		}
	}
}

static void leaves_what_follows_a_response(void **state)
{
	static const char text[] = "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n";
	struct response response;

	(void)state;
	assert_int_equal(feed(&response, text, strlen(text), 1000),
			 strlen("HTTP/1.1 204 No Content\r\n\r\n"));
	assert_int_equal(response.state, RESPONSE_DONE);
	assert_int_equal(response.status, 204);
}

static void ends_a_body_without_length_with_the_connection(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nabc";
	struct response response;

	(void)state;
	feed(&response, text, strlen(text), 4);
	assert_int_equal(response.state, RESPONSE_UNTIL_EOF);
	response_feed_end(&response);
	assert_int_equal(response.state, RESPONSE_DONE);
	assert_false(response.keep_alive);
	assert_memory_equal(response.body, "abc", 3);
}

static void is_broken_when_the_connection_ends_early(void **state)
{
	(void)state;
	for (size_t size = 0; size < strlen(with_length); size++) {
		struct response response;

		feed(&response, with_length, size, 1000);
		response_feed_end(&response);
		assert_int_equal(response.state, RESPONSE_BROKEN);
	}
}

static void refuses_what_is_not_http(void **state)
{
	static const char *const texts[] = {
		"SSH-2.0-OpenSSH\r\n",
		"HTTP/2 200\r\n",
		"HTTP/1.1 20 OK\r\n",
		"HTTP/1.1 abc OK\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naTOO LONG\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct response response;

		feed(&response, texts[i], strlen(texts[i]), 3);
		assert_int_equal(response.state, RESPONSE_BROKEN);
	}
}

static void refuses_a_line_without_end(void **state)
{
	struct response response;
	char text[1000];

	(void)state;
	memset(text, 'a', sizeof(text));
	response_init(&response);
	for (int i = 0; i < 5; i++)
		response_feed(&response, text, sizeof(text));
	assert_int_equal(response.state, RESPONSE_BROKEN);
}

static void keeps_only_the_beginning_of_a_long_body(void **state)
{
	static const char head[] = "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 5000\r\n\r\n";
	struct response response;
	char body[5000];

	(void)state;
	memset(body, 'b', sizeof(body));
	feed(&response, head, strlen(head), 1000);
	assert_int_equal(response_feed(&response, body, sizeof(body)), sizeof(body));
	assert_int_equal(response.state, RESPONSE_DONE);
	assert_int_equal(response.body_size, RESPONSE_BODY_KEPT);
	assert_false(response.keep_alive);
}

static void reads_retry_after(void **state)
{
	static const char text[] =
		"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
	struct response response;

	(void)state;
	feed(&response, text, strlen(text), 5);
	assert_int_equal(response.status, 429);
	assert_int_equal(response.retry_after_seconds, 7);
}

static void reads_a_partial_success(void **state)
{
	/* partial_success { rejected_spans: 300, error_message: "no" } */
	static const char protobuf[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n"
		"\r\n\x0a\x07\x08\xac\x02\x12\x02no";
	static const char json[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	struct response response;

	(void)state;
	feed(&response, protobuf, sizeof(protobuf) - 1, 6);
	assert_int_equal(response_rejected_count(&response), 300);
	feed(&response, json, sizeof(json) - 1, 6);
	assert_int_equal(response_rejected_count(&response), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_framing_in_pieces_of_any_size),
		cmocka_unit_test(leaves_what_follows_a_response),
		cmocka_unit_test(ends_a_body_without_length_with_the_connection),
		cmocka_unit_test(is_broken_when_the_connection_ends_early),
		cmocka_unit_test(refuses_what_is_not_http),
		cmocka_unit_test(refuses_a_line_without_end),
		cmocka_unit_test(keeps_only_the_beginning_of_a_long_body),
		cmocka_unit_test(reads_retry_after),
		cmocka_unit_test(reads_a_partial_success),
	};

	return test_run("bench/response", tests);
}
