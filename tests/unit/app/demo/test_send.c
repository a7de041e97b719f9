#include "app/demo/send.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/protobuf.h"
#include "http/http_server.h"
#include "test.h"

/* A real server that answers as the test says, one answer a request. */
struct other_side {
	struct http_server *server;
	char url[64];
	const struct answer *answers;
	size_t count;
	atomic_size_t asked;
	char path[64], content_type[64];
	size_t body_size;
};

struct answer {
	unsigned status_code;
	const char *retry_after;
	uint64_t rejected;   /* by partial success */
	const char *message; /* of a google.rpc.Status */
};

static void write_answer(struct buffer *body, const struct answer *answer)
{
	if (answer->rejected) {
		size_t mark = protobuf_begin(body, 1);

		protobuf_put_uint(body, 1, answer->rejected);
		protobuf_end(body, mark);
	}
	if (answer->message)
		protobuf_put_bytes(body, 2, str_from(answer->message));
}

static void handle(void *context, struct http_request *request)
{
	struct other_side *side = context;
	size_t asked = atomic_fetch_add(&side->asked, 1);
	const struct answer *answer = &side->answers[asked < side->count ? asked : side->count - 1];
	struct buffer body = BUFFER_EMPTY;

	snprintf(side->path, sizeof(side->path), "%.*s", STR_ARG(http_request_path(request)));
	snprintf(side->content_type, sizeof(side->content_type), "%.*s",
		 STR_ARG(http_request_header(request, "Content-Type")));
	side->body_size = http_request_body(request).size;
	if (answer->retry_after)
		http_reply_header(request, "Retry-After", answer->retry_after);
	write_answer(&body, answer);
	http_reply(request, answer->status_code, "application/x-protobuf", &body);
}

static void refuse(void *context, struct http_request *request, unsigned status_code, const char *sentence)
{
	struct buffer body = BUFFER_EMPTY;

	(void)context;
	(void)sentence;
	http_reply(request, status_code, "text/plain", &body);
}

static void open_side(struct other_side *side, const struct answer *answers, size_t count)
{
	struct http_server_options options = {
		.host = "127.0.0.1",
		.thread_count = 1,
		.connection_limit = 8,
		.connection_memory_bytes = 65536,
		.body_limit_bytes = 1 << 20,
		.idle_timeout_seconds = 10,
		.handler = handle,
		.reject = refuse,
		.context = side,
	};
	struct error error = {0};

	*side = (struct other_side){.answers = answers, .count = count};
	if (http_server_start(&options, &side->server, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	snprintf(side->url, sizeof(side->url), "http://127.0.0.1:%u/", http_server_port(side->server));
}

static volatile sig_atomic_t never, at_once = 1;

/* Sends one request of five bytes as traces and gives the outcome. */
static enum status post(const char *url, const volatile sig_atomic_t *stop, uint64_t *rejected,
			struct error *error)
{
	struct demo_sender *sender;
	enum status status = sender_new(url, NULL, 0, stop, &sender, error);

	assert_int_equal(status, STATUS_OK);
	status = sender_post(sender, SIGNAL_TRACES, str_from("bytes"), rejected, error);
	sender_free(sender);
	return status;
}

static void posts_protobuf_to_the_signals_path(void **state)
{
	static const struct answer answers[] = {{.status_code = 200}};
	struct other_side side;
	struct error error;
	uint64_t rejected = 0;

	(void)state;
	open_side(&side, answers, 1);
	assert_int_equal(post(side.url, &never, &rejected, &error), STATUS_OK);
	assert_string_equal(side.path, "/v1/traces");
	assert_string_equal(side.content_type, "application/x-protobuf");
	assert_int_equal(side.body_size, 5);
	assert_int_equal(rejected, 0);
	http_server_stop(side.server);
}

static void tries_again_when_told_to_come_later(void **state)
{
	static const struct answer answers[] = {
		{.status_code = 429, .retry_after = "1"}, {.status_code = 503}, {.status_code = 200}};
	struct other_side side;
	struct error error;
	uint64_t rejected = 0;

	(void)state;
	open_side(&side, answers, 3);
	assert_int_equal(post(side.url, &never, &rejected, &error), STATUS_OK);
	assert_int_equal(atomic_load(&side.asked), 3);
	http_server_stop(side.server);
}

static void gives_up_waiting_when_it_is_to_stop(void **state)
{
	static const struct answer answers[] = {{.status_code = 503, .retry_after = "60"}};
	struct other_side side;
	struct error error;
	uint64_t rejected = 0;

	(void)state;
	open_side(&side, answers, 1);
	assert_int_equal(post(side.url, &at_once, &rejected, &error), STATUS_CANCELLED);
	assert_int_equal(atomic_load(&side.asked), 1);
	http_server_stop(side.server);
}

static void counts_what_partial_success_refused(void **state)
{
	static const struct answer answers[] = {{.status_code = 200, .rejected = 3}};
	struct other_side side;
	struct error error;
	uint64_t rejected = 0;

	(void)state;
	open_side(&side, answers, 1);
	assert_int_equal(post(side.url, &never, &rejected, &error), STATUS_OK);
	assert_int_equal(rejected, 3);
	http_server_stop(side.server);
}

static void tells_why_a_request_was_refused(void **state)
{
	static const struct answer answers[] = {{.status_code = 400, .message = "span 7 has no trace id"}};
	struct other_side side;
	struct error error = {0};
	uint64_t rejected = 0;

	(void)state;
	open_side(&side, answers, 1);
	assert_int_equal(post(side.url, &never, &rejected, &error), STATUS_IO);
	assert_non_null(strstr(error.message, "/v1/traces answered 400: span 7 has no trace id"));
	http_server_stop(side.server);
}

static void says_that_nothing_listens(void **state)
{
	static const struct answer answers[] = {{.status_code = 200}};
	struct other_side side;
	struct error error = {0};
	uint64_t rejected = 0;

	(void)state;
	/* A port that was ours a moment ago is nobody's now. */
	open_side(&side, answers, 1);
	http_server_stop(side.server);
	assert_int_equal(post(side.url, &never, &rejected, &error), STATUS_IO);
	assert_non_null(strstr(error.message, "nothing listens at http://127.0.0.1:"));
	assert_non_null(strstr(error.message, "rohas-telemetry serve"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_protobuf_to_the_signals_path),
		cmocka_unit_test(tries_again_when_told_to_come_later),
		cmocka_unit_test(gives_up_waiting_when_it_is_to_stop),
		cmocka_unit_test(counts_what_partial_success_refused),
		cmocka_unit_test(tells_why_a_request_was_refused),
		cmocka_unit_test(says_that_nothing_listens),
	};

	return test_run("app/demo/send", tests);
}
