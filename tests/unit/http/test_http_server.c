#include "http/http_server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "client.h"
#include "test.h"

enum { BODY_LIMIT = 1 << 20, CONNECTIONS = 100 };

/* Requests that wait for a thread of the test to answer them. */
struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct http_request *requests[64];
	size_t count;
};

static struct waiting waiting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {NULL}, 0};

static void wait_in_line(struct http_request *request)
{
	pthread_mutex_lock(&waiting.lock);
	waiting.requests[waiting.count++] = request;
	pthread_cond_signal(&waiting.filled);
	pthread_mutex_unlock(&waiting.lock);
}

static struct http_request *take_waiting(void)
{
	struct http_request *request;

	pthread_mutex_lock(&waiting.lock);
	while (waiting.count == 0)
		pthread_cond_wait(&waiting.filled, &waiting.lock);
	request = waiting.requests[--waiting.count];
	pthread_mutex_unlock(&waiting.lock);
	return request;
}

static void reply_text(struct http_request *request, const char *text)
{
	struct buffer body = BUFFER_EMPTY;

	buffer_append_c(&body, text);
	http_reply(request, 200, "text/plain", &body);
}

static void *reply_from_elsewhere(void *request)
{
	reply_text(request, "from elsewhere");
	return NULL;
}

/* Answers from another thread while this one is still inside the handler. */
static void reply_at_once_from_elsewhere(struct http_request *request, bool wait)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, reply_from_elsewhere, request), 0);
	if (wait)
		pthread_join(thread, NULL);
	else
		pthread_detach(thread);
}

static void describe(struct http_request *request)
{
	struct buffer body = BUFFER_EMPTY;

	buffer_printf(&body, "%d %s %.*s", http_request_method(request), http_request_method_name(request),
		      STR_ARG(http_request_path(request)));
	for (size_t i = 0; i < http_request_parameter_count(request); i++) {
		struct str name, value;

		http_request_parameter(request, i, &name, &value);
		buffer_printf(&body, " [%.*s=%.*s]", STR_ARG(name), STR_ARG(value));
	}
	buffer_printf(&body, " <%.*s>", STR_ARG(http_request_header(request, "x-extra")));
	http_reply_header(request, "X-Answer", "first");
	http_reply_header(request, "X-Answer", "second");
	http_reply(request, 201, "text/plain", &body);
}

static void echo(struct http_request *request)
{
	struct buffer body;

	http_request_take_body(request, &body);
	assert_int_equal(http_request_body(request).size, 0);
	http_reply(request, 200, "application/octet-stream", &body);
}

static void handle(void *context, struct http_request *request)
{
	struct str path = http_request_path(request);

	assert_ptr_equal(context, &waiting);
	if (str_equal_c(path, "/echo"))
		echo(request);
	else if (str_equal_c(path, "/wait"))
		wait_in_line(request);
	else if (str_equal_c(path, "/elsewhere"))
		reply_at_once_from_elsewhere(request, false);
	else if (str_equal_c(path, "/elsewhere-first"))
		reply_at_once_from_elsewhere(request, true);
	else if (str_equal_c(path, "/static"))
		http_reply_static(request, 200, "text/css", "gzip", str_from("bytes that stay"));
	else
		describe(request);
}

static void refuse(void *context, struct http_request *request, unsigned status_code, const char *sentence)
{
	struct buffer body = BUFFER_EMPTY;

	assert_ptr_equal(context, &waiting);
	buffer_printf(&body, "refused: %s", sentence);
	http_reply(request, status_code, "text/plain", &body);
}

static struct http_server *start_with(http_reject *reject, unsigned thread_count, size_t bodies_limit_bytes)
{
	struct http_server_options options = {
		.host = "127.0.0.1",
		.thread_count = thread_count,
		.connection_limit = CONNECTIONS,
		.connection_memory_bytes = 64 * 1024,
		.body_limit_bytes = BODY_LIMIT,
		.bodies_limit_bytes = bodies_limit_bytes,
		.idle_timeout_seconds = 30,
		.handler = handle,
		.reject = reject,
		.context = &waiting,
	};
	struct http_server *server = NULL;
	struct error error = {.message = ""};

	if (http_server_start(&options, &server, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	return server;
}

static int start(void **state)
{
	*state = start_with(refuse, 2, 0);
	return 0;
}

static int stop(void **state)
{
	http_server_stop(*state);
	return 0;
}

static struct answer ask(int fd, const char *method, const char *path, const char *headers, struct str body)
{
	struct answer answer;

	client_request(fd, method, path, headers, body);
	client_read(fd, strcmp(method, "HEAD") != 0, &answer);
	return answer;
}

static void expect(struct answer answer, unsigned status, const char *body)
{
	assert_int_equal(answer.status, status);
	if (body)
		assert_str(buffer_str(&answer.body), body);
	answer_release(&answer);
}

static int dial(void **state)
{
	return client_connect(http_server_port(*state));
}

static const struct str nothing = {"", 0};

static void tells_what_was_asked(void **state)
{
	int fd = dial(state);
	struct answer answer =
		ask(fd, "GET", "/a%20b/c?x=1&y=%26+z&x=2&empty=&bare", "X-Extra: yes\r\n", nothing);

	assert_true(answer_has_header(&answer, "X-Answer: second"));
	assert_false(answer_has_header(&answer, "X-Answer: first"));
	assert_true(answer_has_header(&answer, "Content-Type: text/plain"));
	expect(answer, 201, "0 GET /a b/c [x=1] [y=& z] [x=2] [empty=] [bare=] <yes>");
	close(fd);
}

/* They would fill the connection's memory, and the client would wait for an answer in vain. */
static void of_very_many_parameters_the_first_are_seen(void **state)
{
	struct buffer path = BUFFER_EMPTY, wanted = BUFFER_EMPTY;
	int fd = dial(state);

	buffer_append_c(&path, "/?");
	for (int i = 0; i < 5000; i++)
		buffer_printf(&path, "%sa=%d", i ? "&" : "", i);
	buffer_append_byte(&path, '\0');
	buffer_append_c(&wanted, "0 GET /");
	for (int i = 0; i < HTTP_PARAMETERS_MOST; i++)
		buffer_printf(&wanted, " [a=%d]", i);
	buffer_append_c(&wanted, " <here>");
	buffer_append_byte(&wanted, '\0');
	expect(ask(fd, "GET", path.data, "X-Extra: here\r\n", nothing), 201, wanted.data);
	buffer_release(&path);
	buffer_release(&wanted);
	close(fd);
}

static void knows_every_method(void **state)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {{"GET", HTTP_GET},       {"POST", HTTP_POST},       {"PUT", HTTP_PUT},
		       {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}, {"BREW", HTTP_OTHER}};
	int fd = dial(state);

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "%d %s / <>", methods[i].method, methods[i].name);
		expect(ask(fd, methods[i].name, "/", "", nothing), 201, wanted);
	}
	close(fd);
}

static void head_sends_the_headers_alone(void **state)
{
	int fd = dial(state);
	struct answer answer = ask(fd, "HEAD", "/", "", nothing);

	assert_true(answer_has_header(&answer, "Content-Length: "));
	expect(answer, 201, NULL);
	/* What follows on the connection is the next answer and nothing else. */
	expect(ask(fd, "GET", "/", "", nothing), 201, "0 GET / <>");
	close(fd);
}

static void gives_the_body_whole(void **state)
{
	static const size_t sizes[] = {0, 1, 5000, 65536, 700000, BODY_LIMIT};
	char *bytes = malloc(BODY_LIMIT);
	int fd = dial(state);

	for (size_t i = 0; i < BODY_LIMIT; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct answer answer = ask(fd, "POST", "/echo", "", str_make(bytes, sizes[i]));

		assert_true(str_equal(buffer_str(&answer.body), str_make(bytes, sizes[i])));
		expect(answer, 200, NULL);
	}
	free(bytes);
	close(fd);
}

static void gathers_a_body_in_chunks(void **state)
{
	int fd = dial(state);
	struct answer answer;

	client_send_c(fd,
		      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
	client_send_c(fd, "8\r\n, second\r\n0\r\n\r\n");
	client_read(fd, true, &answer);
	expect(answer, 200, "first, second");
	close(fd);
}

static void answers_what_was_sent_in_one_go(void **state)
{
	int fd = dial(state);

	for (int i = 0; i < 10; i++)
		client_request(fd, "POST", "/echo", "", str_from("again"));
	for (int i = 0; i < 10; i++) {
		struct answer answer;

		client_read(fd, true, &answer);
		expect(answer, 200, "again");
	}
	close(fd);
}

static void unpacks_the_body(void **state)
{
	int fd = dial(state);
	unsigned char packed[200];
	uLongf size = sizeof(packed);

	assert_int_equal(compress(packed, &size, (const Bytef *)"packed text", 11), Z_OK);
	expect(ask(fd, "POST", "/echo", "Content-Encoding: deflate\r\n", str_make(packed, size)), 200,
	       "packed text");
	expect(ask(fd, "POST", "/echo", "Content-Encoding: identity\r\n", str_from("plain")), 200, "plain");
	close(fd);
}

static void refuses_a_body_that_cannot_be_unpacked(void **state)
{
	int fd = dial(state);

	expect(ask(fd, "POST", "/echo", "Content-Encoding: gzip\r\n", str_from("no gzip")), 400,
	       "refused: the body is not whole, valid gzip");
	expect(ask(fd, "POST", "/echo", "Content-Encoding: br\r\n", str_from("any")), 415,
	       "refused: the Content-Encoding is none of gzip, deflate, zstd and identity");
	/* The connection is none the worse for it. */
	expect(ask(fd, "POST", "/echo", "", str_from("fine")), 200, "fine");
	close(fd);
}

static void refuses_what_unpacks_to_too_much(void **state)
{
	uLongf size = compressBound(2 * BODY_LIMIT);
	char *zeros = calloc(1, 2 * BODY_LIMIT), *packed = malloc(size);
	int fd = dial(state);

	assert_int_equal(compress((Bytef *)packed, &size, (const Bytef *)zeros, 2 * BODY_LIMIT), Z_OK);
	expect(ask(fd, "POST", "/echo", "Content-Encoding: deflate\r\n", str_make(packed, size)), 413,
	       "refused: the body unpacks to more than 1048576 bytes, which is the most that is allowed");
	free(zeros);
	free(packed);
	close(fd);
}

static void refuses_an_announcement_of_too_much_before_the_body(void **state)
{
	static const char *const lengths[] = {"1048577", "99999999999999999999999"};

	for (size_t i = 0; i < 2; i++) {
		int fd = dial(state);
		struct answer answer;
		struct buffer head = BUFFER_EMPTY;

		buffer_printf(&head, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n",
			      lengths[i]);
		client_send(fd, buffer_str(&head));
		client_read(fd, true, &answer);
		assert_true(answer.status == 413 || (i == 1 && answer.status == 400));
		answer_release(&answer);
		buffer_release(&head);
		close(fd);
	}
}

static void refuses_chunks_that_come_to_too_much(void **state)
{
	char *chunk = calloc(1, BODY_LIMIT / 2);
	int fd = dial(state);
	struct answer answer;

	client_send_c(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 3; i++) {
		client_send_c(fd, "80000\r\n");
		client_send(fd, str_make(chunk, BODY_LIMIT / 2));
		client_send_c(fd, "\r\n");
	}
	client_send_c(fd, "0\r\n\r\n");
	client_read(fd, true, &answer);
	expect(answer, 413,
	       "refused: the body is larger than 1048576 bytes, which is the most that is allowed");
	free(chunk);
	close(fd);
}

static void refuses_in_words_of_its_own_without_a_reject(void **state)
{
	struct http_server *server = start_with(NULL, 1, 0);
	int fd = client_connect(http_server_port(server));

	(void)state;
	expect(ask(fd, "POST", "/echo", "Content-Encoding: br\r\n", str_from("any")), 415,
	       "the Content-Encoding is none of gzip, deflate, zstd and identity\n");
	close(fd);
	http_server_stop(server);
}

static void waits_for_an_answer_from_another_thread(void **state)
{
	int fds[8];

	for (int i = 0; i < 8; i++) {
		fds[i] = dial(state);
		client_request(fds[i], "POST", "/wait", "", str_from("patience"));
	}
	/* Nobody is blocked meanwhile, though there are more of them than threads. */
	int other = dial(state);

	expect(ask(other, "POST", "/echo", "", str_from("not blocked")), 200, "not blocked");
	close(other);
	for (int i = 0; i < 8; i++) {
		struct http_request *request = take_waiting();

		assert_str(http_request_body(request), "patience");
		reply_text(request, "at last");
	}
	for (int i = 0; i < 8; i++) {
		struct answer answer;

		client_read(fds[i], true, &answer);
		expect(answer, 200, "at last");
		expect(ask(fds[i], "POST", "/echo", "", str_from("and on")), 200, "and on");
		close(fds[i]);
	}
}

static void all_bodies_together_have_a_limit(void **state)
{
	struct http_server *server = start_with(refuse, 2, 1000000);
	int first = client_connect(http_server_port(server)),
	    second = client_connect(http_server_port(server));
	struct str body = str_make(calloc(1, 600000), 600000);
	struct answer answer;

	(void)state;
	for (int round = 0; round < 2; round++) {
		client_request(first, "POST", "/wait", "", body);
		struct http_request *request = take_waiting();

		expect(ask(second, "POST", "/echo", "", body), 503,
		       "refused: requests of 1000000 bytes are under way, as many as are allowed; come "
		       "again");
		expect(ask(second, "POST", "/echo", "", str_make(body.data, 1000)), 200, NULL);
		reply_text(request, "done");
		client_read(first, true, &answer);
		expect(answer, 200, "done");
	}
	expect(ask(first, "POST", "/echo", "", body), 200, NULL);
	free((char *)(uintptr_t)body.data);
	close(first);
	close(second);
	http_server_stop(server);
}

/* The answer comes before, while and after the connection is laid down. */
static void an_answer_may_overtake_the_handler(void **state)
{
	int fd = dial(state);

	for (int i = 0; i < 300; i++)
		expect(ask(fd, "POST", i % 2 ? "/elsewhere" : "/elsewhere-first", "", str_from("x")), 200,
		       "from elsewhere");
	close(fd);
}

static void answering_somebody_who_has_gone_is_harmless(void **state)
{
	int fd = dial(state), other = dial(state);

	client_request(fd, "POST", "/wait", "", str_from("impatience"));
	struct http_request *request = take_waiting();

	close(fd);
	expect(ask(other, "POST", "/echo", "", str_from("still here")), 200, "still here");
	reply_text(request, "nobody reads this");
	expect(ask(other, "POST", "/echo", "", str_from("still here")), 200, "still here");
	close(other);
}

static void a_client_that_goes_in_the_middle_is_forgotten(void **state)
{
	int other = dial(state);

	for (int i = 0; i < 20; i++) {
		int fd = dial(state);

		client_send_c(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nnot all");
		close(fd);
	}
	expect(ask(other, "POST", "/echo", "", str_from("still here")), 200, "still here");
	close(other);
}

static void sends_assets_with_their_encoding(void **state)
{
	int fd = dial(state);
	struct answer answer = ask(fd, "GET", "/static", "", nothing);

	assert_true(answer_has_header(&answer, "Content-Encoding: gzip"));
	assert_true(answer_has_header(&answer, "Content-Type: text/css"));
	expect(answer, 200, "bytes that stay");
	close(fd);
}

static void quiet_takes_no_new_connections_but_serves_the_old(void **state)
{
	struct http_server *server = start_with(refuse, 2, 0);
	int fd = client_connect(http_server_port(server));

	(void)state;
	expect(ask(fd, "POST", "/echo", "", str_from("before")), 200, "before");
	uint16_t port = http_server_port(server);

	http_server_quiesce(server);
	/* The port is free: somebody else may have it. */
	struct http_server_options options = {.host = "127.0.0.1",
					      .port = port,
					      .thread_count = 1,
					      .connection_limit = 10,
					      .connection_memory_bytes = 32 * 1024,
					      .body_limit_bytes = BODY_LIMIT,
					      .handler = handle,
					      .context = &waiting};
	struct http_server *next = NULL;
	struct error error;

	assert_int_equal(http_server_start(&options, &next, &error), STATUS_OK);
	expect(ask(fd, "POST", "/echo", "", str_from("after")), 200, "after");
	http_server_stop(next);
	close(fd);
	http_server_stop(server);
}

/* They are turned away, and once some have gone the server is there for others. */
static void more_connections_than_the_limit_do_no_harm(void **state)
{
	static const char question[] = "GET / HTTP/1.0\r\n\r\n";
	struct http_server *server = start_with(refuse, 2, 0);
	int fds[5 * CONNECTIONS];
	bool served = false;
	char byte;

	(void)state;
	for (int i = 0; i < 5 * CONNECTIONS; i++)
		fds[i] = client_connect(http_server_port(server));
	for (int i = CONNECTIONS; i < 5 * CONNECTIONS; i++)
		assert_true(recv(fds[i], &byte, 1, 0) <= 0);
	for (int i = 0; i < CONNECTIONS; i++)
		expect(ask(fds[i], "GET", "/", "", nothing), 201, "0 GET / <>");
	for (int i = 0; i < 5 * CONNECTIONS; i++)
		close(fds[i]);
	/* It learns a little later that they have gone. */
	while (!served) {
		int fd = client_connect(http_server_port(server));

		send(fd, question, sizeof(question) - 1, MSG_NOSIGNAL);
		served = recv(fd, &byte, 1, 0) == 1;
		close(fd);
	}
	http_server_stop(server);
}

static void a_taken_port_is_said_in_one_sentence(void **state)
{
	struct http_server_options options = {.host = "127.0.0.1",
					      .port = http_server_port(*state),
					      .thread_count = 1,
					      .connection_limit = 10,
					      .connection_memory_bytes = 32 * 1024,
					      .handler = handle};
	struct http_server *server = NULL;
	struct error error;

	assert_int_equal(http_server_start(&options, &server, &error), STATUS_BUSY);
	assert_null(server);
	assert_non_null(strstr(error.message, "is taken by"));
}

struct crowd {
	uint16_t port;
	atomic_int answered;
};

static void *ask_often(void *argument)
{
	static const char *const paths[] = {"/echo", "/elsewhere", "/", "/elsewhere-first"};
	struct crowd *crowd = argument;

	for (int round = 0; round < 10; round++) {
		int fd = client_connect(crowd->port);

		for (int i = 0; i < 20; i++) {
			struct answer answer = ask(fd, "POST", paths[i % 4], "", str_from("body"));

			atomic_fetch_add(&crowd->answered, answer.status == 200 || answer.status == 201);
			answer_release(&answer);
		}
		close(fd);
	}
	return NULL;
}

static void serves_a_crowd(void **state)
{
	struct crowd crowd = {.port = http_server_port(*state)};
	pthread_t threads[8];

	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crowd), 0);
	for (size_t i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.answered, 8 * 10 * 20);
}

int main(void)
{
#define served(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		served(tells_what_was_asked),
		served(of_very_many_parameters_the_first_are_seen),
		served(knows_every_method),
		served(head_sends_the_headers_alone),
		served(gives_the_body_whole),
		served(gathers_a_body_in_chunks),
		served(answers_what_was_sent_in_one_go),
		served(unpacks_the_body),
		served(refuses_a_body_that_cannot_be_unpacked),
		served(refuses_what_unpacks_to_too_much),
		served(refuses_an_announcement_of_too_much_before_the_body),
		served(refuses_chunks_that_come_to_too_much),
		cmocka_unit_test(refuses_in_words_of_its_own_without_a_reject),
		served(waits_for_an_answer_from_another_thread),
		cmocka_unit_test(all_bodies_together_have_a_limit),
		served(an_answer_may_overtake_the_handler),
		served(answering_somebody_who_has_gone_is_harmless),
		served(a_client_that_goes_in_the_middle_is_forgotten),
		served(sends_assets_with_their_encoding),
		cmocka_unit_test(quiet_takes_no_new_connections_but_serves_the_old),
		cmocka_unit_test(more_connections_than_the_limit_do_no_harm),
		served(a_taken_port_is_said_in_one_sentence),
		cmocka_unit_test(more_connections_than_the_limit_do_no_harm),
		served(serves_a_crowd),
	};

	return test_run("http/http_server", tests);
}
