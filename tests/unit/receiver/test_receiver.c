/* The door over real HTTP, with the memory store behind it. */
#include "receiver/receiver.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "../http/client.h"
#include "build.h"
#include "storage/commit_queue.h"
#include "storage/memory/memory_store.h"
#include "test.h"

#define PROTOBUF "Content-Type: application/x-protobuf\r\n"
#define JSON     "Content-Type: application/json; charset=utf-8\r\n"

/* A store that does as it is told: it lets nobody pass while held, and fails with what it is given. */
struct gate {
	struct store base;
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool held;
	enum status failure;
};

static enum status gate_append(struct store *store, struct batch *const *batches, size_t count,
			       struct error *error)
{
	struct gate *gate = (struct gate *)store;
	enum status failure;

	(void)batches;
	(void)count;
	pthread_mutex_lock(&gate->lock);
	while (gate->held)
		pthread_cond_wait(&gate->opened, &gate->lock);
	failure = gate->failure;
	pthread_mutex_unlock(&gate->lock);
	return failure == STATUS_OK ? STATUS_OK : error_set(error, failure, "the gate says no");
}

static void gate_close(struct store *store)
{
	(void)store;
}

static const struct store_ops gate_ops = {.name = "gate",
					  .capabilities = STORE_TRACES | STORE_METRICS | STORE_LOGS,
					  .append = gate_append,
					  .close = gate_close};

static void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	gate->held = false;
	pthread_cond_broadcast(&gate->opened);
	pthread_mutex_unlock(&gate->lock);
}

struct door {
	struct store *store;
	struct gate gate;
	struct commit_queue *queue;
	struct receiver *receiver;
	struct http_server *server;
	size_t observed_rows;
	int fd;
};

static void observe(void *context, const struct batch *batch)
{
	struct door *door = context;

	door->observed_rows += batch_row_count(batch);
}

struct door_options {
	bool gated, traces_disabled;
	size_t queue_limit_bytes;
};

static struct door *open_door(struct door_options wanted)
{
	static const char *const origins[] = {"https://shop.example", "localhost"};
	struct door *door = calloc(1, sizeof(*door));
	struct error error;

	door->gate = (struct gate){
		.base = {&gate_ops}, .lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
	door->store = wanted.gated ? &door->gate.base : memory_store_open();
	assert_int_equal(commit_queue_new(door->store,
					  wanted.queue_limit_bytes ? wanted.queue_limit_bytes : 1 << 20,
					  &door->queue, &error),
			 STATUS_OK);
	struct receiver_options options = {.queue = door->queue,
					   .clock = &clock_system,
					   .enabled = {!wanted.traces_disabled, true, true},
					   .observe = observe,
					   .observe_context = door,
					   .allowed_origins = origins,
					   .allowed_origin_count = 2};

	assert_int_equal(receiver_new(&options, &door->receiver, &error), STATUS_OK);
	struct http_server_options http = {.host = "127.0.0.1",
					   .thread_count = 2,
					   .connection_limit = 50,
					   .connection_memory_bytes = 64 * 1024,
					   .body_limit_bytes = 1 << 20,
					   .idle_timeout_seconds = 30,
					   .handler = receiver_serve,
					   .reject = receiver_reject,
					   .context = door->receiver};

	assert_int_equal(http_server_start(&http, &door->server, &error), STATUS_OK);
	door->fd = client_connect(http_server_port(door->server));
	return door;
}

static void close_door(struct door *door)
{
	close(door->fd);
	http_server_quiesce(door->server);
	commit_queue_stop(door->queue);
	http_server_stop(door->server);
	receiver_free(door->receiver);
	store_close(door->store);
	free(door);
}

static int start(void **state)
{
	*state = open_door((struct door_options){.gated = false});
	return 0;
}

static int stop(void **state)
{
	close_door(*state);
	return 0;
}

static struct answer post(struct door *door, const char *path, const char *headers, struct str body)
{
	struct answer answer;

	client_request(door->fd, "POST", path, headers, body);
	client_read(door->fd, true, &answer);
	return answer;
}

static void expect(struct answer answer, unsigned status, const char *headers, const char *body_part)
{
	assert_int_equal(answer.status, status);
	if (headers && !answer_has_header(&answer, headers))
		fail_msg("no \"%s\" in %s", headers, answer.head.data);
	if (!body_part)
		assert_int_equal(answer.body.size, 0);
	else if (!memmem(answer.body.data, answer.body.size, body_part, strlen(body_part)))
		fail_msg("no \"%s\" in \"%.*s\"", body_part, (int)answer.body.size, answer.body.data);
	answer_release(&answer);
}

static struct build two_spans(void)
{
	struct build build = build_begin();

	build_span(&build, "first");
	build_span(&build, "second");
	build_end(&build);
	return build;
}

static void post_two_spans(struct door *door, unsigned status, const char *headers, const char *body_part)
{
	struct build build = two_spans();

	expect(post(door, "/v1/traces", PROTOBUF, buffer_str(&build.bytes)), status, headers, body_part);
	buffer_release(&build.bytes);
}

static struct receiver_signal_stats stats_of(struct door *door, enum signal signal)
{
	struct receiver_stats stats;

	receiver_stats(door->receiver, &stats);
	return stats.signals[signal];
}

static uint64_t request_count(struct door *door, enum signal signal, unsigned status_code)
{
	struct receiver_signal_stats stats = stats_of(door, signal);

	for (size_t i = 0; i < RECEIVER_STATUS_CODES; i++)
		if (receiver_status_codes[i] == status_code)
			return stats.requests[i];
	return UINT64_MAX;
}

static void what_was_acknowledged_is_in_the_store(void **state)
{
	struct door *door = *state;
	struct batch batch;
	struct error error;

	post_two_spans(door, 200, "Content-Type: application/x-protobuf", NULL);
	batch_init(&batch, 0);
	assert_int_equal(store_read_trace(door->store, (const uint8_t *)TEST_TRACE_ID, &batch, &error),
			 STATUS_OK);
	assert_int_equal(batch.span_count, 2);
	batch_release(&batch);
	assert_int_equal(door->observed_rows, 2);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 2);
	assert_true(stats_of(door, SIGNAL_TRACES).received_bytes > 0);
	assert_int_equal(request_count(door, SIGNAL_TRACES, 200), 1);
}

static void every_signal_has_its_path(void **state)
{
	struct door *door = *state;

	expect(post(door, "/v1/logs", JSON,
		    str_from("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{},{},{}]}]}]}")),
	       200, "Content-Type: application/json", "{}");
	expect(post(door, "/v1/metrics", JSON,
		    str_from("{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\","
			     "\"gauge\":{"
			     "\"dataPoints\":[{\"asInt\":1}]}}]}]}]}")),
	       200, "Content-Type: application/json", "{}");
	expect(post(door, "/v1/traces", JSON, str_from("{}")), 200, NULL, "{}");
	assert_int_equal(stats_of(door, SIGNAL_LOGS).received, 3);
	assert_int_equal(stats_of(door, SIGNAL_METRICS).received, 1);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 0);
}

static void partial_success_is_told_and_counted(void **state)
{
	struct door *door = *state;
	struct build build = build_begin();

	build_span(&build, "good");
	build_text(&build, 2, "");
	build_end(&build);
	expect(post(door, "/v1/traces", PROTOBUF, buffer_str(&build.bytes)), 200, NULL, "trace_id");
	buffer_release(&build.bytes);
	expect(post(door, "/v1/traces", JSON,
		    str_from("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{},{}]}]}]}")),
	       200, NULL, "\"rejectedSpans\":\"2\"");
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 1);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).rejected, 3);
}

static void refuses_in_the_format_of_the_request(void **state)
{
	struct door *door = *state;

	expect(post(door, "/v1/traces", PROTOBUF, str_from("\xff\xff")), 400,
	       "Content-Type: application/x-protobuf", "well-formed");
	expect(post(door, "/v1/traces", JSON, str_from("{")), 400, "Content-Type: application/json",
	       "{\"code\":3,");
	expect(post(door, "/v1/traces", "Content-Type: text/plain\r\n", str_from("hello")), 415,
	       "Content-Type: application/x-protobuf", "Content-Type must be");
	expect(post(door, "/v1/traces", "", str_from("hello")), 415, NULL, "Content-Type must be");
	expect(post(door, "/v1/logs", JSON "Content-Encoding: br\r\n", str_from("{}")), 415,
	       "Content-Type: application/json", "Content-Encoding");
	expect(post(door, "/v1/logs", JSON "Content-Encoding: gzip\r\n", str_from("{}")), 400,
	       "Content-Type: application/json", "gzip");
	expect(post(door, "/v1/profiles", JSON, str_from("{}")), 404, "Content-Type: application/json",
	       "\"code\":5");
	expect(post(door, "/v1/traces/", JSON, str_from("{}")), 404, NULL, "/v1/traces");
	assert_int_equal(request_count(door, SIGNAL_TRACES, 400), 2);
	assert_int_equal(request_count(door, SIGNAL_TRACES, 415), 2);
	assert_int_equal(request_count(door, SIGNAL_LOGS, 415), 1);
	assert_int_equal(request_count(door, SIGNAL_LOGS, 400), 1);
}

static void takes_nothing_but_post(void **state)
{
	static const char *const methods[] = {"GET", "PUT", "DELETE"};
	struct door *door = *state;

	for (size_t i = 0; i < 3; i++) {
		struct answer answer;

		client_request(door->fd, methods[i], "/v1/traces", "", str_make("", 0));
		client_read(door->fd, true, &answer);
		expect(answer, 405, "Allow: POST, OPTIONS", "POST");
	}
	assert_int_equal(request_count(door, SIGNAL_TRACES, 405), 3);
}

static struct answer preflight(struct door *door, const char *origin)
{
	struct buffer headers = BUFFER_EMPTY;
	struct answer answer;

	buffer_printf(&headers,
		      "Origin: %s\r\nAccess-Control-Request-Method: POST\r\n"
		      "Access-Control-Request-Headers: content-type, x-tenant\r\n%c",
		      origin, '\0');
	client_request(door->fd, "OPTIONS", "/v1/traces", headers.data, str_make("", 0));
	client_read(door->fd, true, &answer);
	buffer_release(&headers);
	return answer;
}

static void web_pages_that_are_allowed_may_send(void **state)
{
	struct door *door = *state;
	struct answer answer = preflight(door, "https://shop.example");

	assert_int_equal(answer.status, 204);
	assert_true(answer_has_header(&answer, "Access-Control-Allow-Origin: https://shop.example"));
	assert_true(answer_has_header(&answer, "Access-Control-Allow-Methods: POST"));
	assert_true(answer_has_header(&answer, "Access-Control-Allow-Headers: content-type, x-tenant"));
	answer_release(&answer);
	expect(post(door, "/v1/traces", JSON "Origin: https://shop.example\r\n", str_from("{}")), 200,
	       "Access-Control-Allow-Origin: https://shop.example", "{}");
	expect(post(door, "/v1/traces", JSON "Origin: https://shop.example\r\n", str_from("{")), 400,
	       "Access-Control-Allow-Origin: https://shop.example", "code");
}

/* A page that resolves its own name to this machine is of the same origin: its browser asks nothing before. */
static void what_a_foreign_page_sends_is_refused(void **state)
{
	struct door *door = *state;

	expect(post(door, "/v1/traces", JSON "Origin: http://evil.example:4318\r\n", str_from("{}")), 403,
	       "Content-Type: application/json", "\"code\":7");
	expect(post(door, "/v1/traces", JSON "Origin: null\r\n", str_from("{}")), 403, NULL,
	       "workbench.allowed_origins");
	expect(post(door, "/v1/traces", JSON "Origin: http://localhost:3000\r\n", str_from("{}")), 200, NULL,
	       "{}");
}

static void pages_of_this_machine_may_send_and_others_not(void **state)
{
	static const struct {
		const char *origin;
		bool allowed;
	} cases[] = {
		{"http://localhost:5173", true},
		{"https://LOCALHOST", true},
		{"http://127.0.0.1:8080", true},
		{"http://[::1]:3000", true},
		{"http://[::1]", true},
		{"https://elsewhere.example", false},
		{"http://shop.example", false},
		{"https://shop.example.evil", false},
		{"http://localhost.evil.example", false},
		{"http://127.evil.example", false},
		{"http://[::1].evil.example", false},
		{"null", false},
	};
	struct door *door = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct answer answer = preflight(door, cases[i].origin);

		assert_int_equal(answer.status, 204);
		assert_int_equal(answer_has_header(&answer, "Access-Control-Allow-Origin"), cases[i].allowed);
		answer_release(&answer);
	}
}

static void a_disabled_signal_is_dropped_with_success(void **state)
{
	struct door *door = open_door((struct door_options){.traces_disabled = true});
	struct store_stats stats;
	struct error error;

	(void)state;
	post_two_spans(door, 200, NULL, NULL);
	assert_int_equal(store_stats(door->store, &stats, &error), STATUS_OK);
	assert_int_equal(stats.span_count, 0);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).dropped, 2);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 0);
	assert_false(stats_of(door, SIGNAL_TRACES).enabled);
	assert_true(stats_of(door, SIGNAL_LOGS).enabled);
	assert_int_equal(door->observed_rows, 0);
	close_door(door);
}

static void nothing_is_answered_before_it_is_durable(void **state)
{
	struct door *door = open_door((struct door_options){.gated = true});
	struct build build = two_spans();
	struct answer answer;
	int other = client_connect(http_server_port(door->server));

	(void)state;
	door->gate.held = true;
	client_request(door->fd, "POST", "/v1/traces", PROTOBUF, buffer_str(&build.bytes));
	/* A request that needs no store is answered meanwhile, and the first one is not yet counted. */
	client_request(other, "POST", "/v1/traces", JSON, str_from("{}"));
	client_read(other, true, &answer);
	expect(answer, 200, NULL, "{}");
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 0);
	gate_open(&door->gate);
	client_read(door->fd, true, &answer);
	expect(answer, 200, NULL, NULL);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 2);
	buffer_release(&build.bytes);
	close(other);
	close_door(door);
}

static void a_full_queue_turns_senders_away(void **state)
{
	struct build build = two_spans();
	struct door *door = open_door((struct door_options){
		.gated = true, .queue_limit_bytes = build.bytes.size + build.bytes.size / 2});
	int first = client_connect(http_server_port(door->server));
	struct commit_queue_stats stats;
	struct answer answer;

	(void)state;
	door->gate.held = true;
	client_request(first, "POST", "/v1/traces", PROTOBUF, buffer_str(&build.bytes));
	do
		commit_queue_stats(door->queue, &stats);
	while (stats.waiting_bytes == 0);
	post_two_spans(door, 429, "Retry-After: 1", "\x08\x08\x12");
	gate_open(&door->gate);
	client_read(first, true, &answer);
	expect(answer, 200, NULL, NULL);
	post_two_spans(door, 200, NULL, NULL);
	assert_int_equal(request_count(door, SIGNAL_TRACES, 429), 1);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 4);
	buffer_release(&build.bytes);
	close(first);
	close_door(door);
}

static void a_store_that_fails_is_told_to_the_sender(void **state)
{
	static const struct {
		enum status failure;
		unsigned code;
		const char *header;
	} cases[] = {
		{STATUS_IO, 503, "Retry-After: 1"},
		{STATUS_NO_MEMORY, 503, "Retry-After: 1"},
		{STATUS_CORRUPT, 500, NULL},
	};
	struct door *door = open_door((struct door_options){.gated = true});

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		door->gate.failure = cases[i].failure;
		post_two_spans(door, cases[i].code, cases[i].header, "the gate says no");
	}
	door->gate.failure = STATUS_OK;
	post_two_spans(door, 200, NULL, NULL);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 2);
	assert_int_equal(door->observed_rows, 2);
	close_door(door);
}

static void a_sender_that_goes_is_no_loss_to_the_others(void **state)
{
	struct door *door = open_door((struct door_options){.gated = true});
	struct build build = two_spans();
	struct commit_queue_stats stats;

	(void)state;
	door->gate.held = true;
	for (int i = 0; i < 10; i++) {
		int fd = client_connect(http_server_port(door->server));

		client_request(fd, "POST", "/v1/traces", PROTOBUF, buffer_str(&build.bytes));
		do
			commit_queue_stats(door->queue, &stats);
		while (stats.waiting_bytes < (size_t)(i + 1) * build.bytes.size);
		close(fd);
	}
	gate_open(&door->gate);
	post_two_spans(door, 200, NULL, NULL);
	assert_int_equal(stats_of(door, SIGNAL_TRACES).received, 22);
	buffer_release(&build.bytes);
	close_door(door);
}

int main(void)
{
#define served(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		served(what_was_acknowledged_is_in_the_store),
		served(every_signal_has_its_path),
		served(partial_success_is_told_and_counted),
		served(refuses_in_the_format_of_the_request),
		served(takes_nothing_but_post),
		served(web_pages_that_are_allowed_may_send),
		served(pages_of_this_machine_may_send_and_others_not),
		served(what_a_foreign_page_sends_is_refused),
		cmocka_unit_test(a_disabled_signal_is_dropped_with_success),
		cmocka_unit_test(nothing_is_answered_before_it_is_durable),
		cmocka_unit_test(a_full_queue_turns_senders_away),
		cmocka_unit_test(a_store_that_fails_is_told_to_the_sender),
		cmocka_unit_test(a_sender_that_goes_is_no_loss_to_the_others),
	};

	return test_run("receiver/receiver", tests);
}
