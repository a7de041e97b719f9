#include "http/http_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "test.h"

enum { STREAM_LIMIT = 100000 };

/* The stream of the one request of a test; handed over by the handler. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct http_stream *stream;
} opened = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL};

static void handle(void *context, struct http_request *request)
{
	(void)context;
	pthread_mutex_lock(&opened.lock);
	http_reply_header(request, "Cache-Control", "no-store");
	opened.stream = http_reply_stream(request, 200, "text/event-stream", STREAM_LIMIT);
	pthread_cond_signal(&opened.filled);
	pthread_mutex_unlock(&opened.lock);
}

static struct http_stream *take_stream(void)
{
	struct http_stream *stream;

	pthread_mutex_lock(&opened.lock);
	while (!opened.stream)
		pthread_cond_wait(&opened.filled, &opened.lock);
	stream = opened.stream;
	opened.stream = NULL;
	pthread_mutex_unlock(&opened.lock);
	return stream;
}

static int start(void **state)
{
	struct http_server_options options = {.host = "127.0.0.1",
					      .thread_count = 2,
					      .connection_limit = 100,
					      .connection_memory_bytes = 64 * 1024,
					      .body_limit_bytes = 1 << 20,
					      .idle_timeout_seconds = 30,
					      .handler = handle};
	struct error error;

	return http_server_start(&options, (struct http_server **)state, &error) == STATUS_OK ? 0 : -1;
}

static int stop(void **state)
{
	http_server_stop(*state);
	return 0;
}

static int open_stream(void **state, struct http_stream **stream_out)
{
	int fd = client_connect(http_server_port(*state));

	client_send_c(fd, "GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
	*stream_out = take_stream();
	return fd;
}

/* Reads until the bytes have come. */
static void read_until(int fd, struct buffer *bytes, const char *wanted)
{
	while (!bytes->data || !memmem(bytes->data, bytes->size, wanted, strlen(wanted))) {
		char *at = buffer_reserve(bytes, 4096);
		ssize_t size = read(fd, at, 4096);

		assert_true(size > 0);
		bytes->size += (size_t)size;
	}
}

static void what_is_written_arrives_while_the_stream_goes_on(void **state)
{
	struct buffer seen = BUFFER_EMPTY;
	struct http_stream *stream;
	int fd = open_stream(state, &stream);

	for (int i = 0; i < 50; i++) {
		char event[32];

		snprintf(event, sizeof(event), "data: event %d\n\n", i);
		assert_int_equal(http_stream_write(stream, str_from(event)), STATUS_OK);
		read_until(fd, &seen, event);
	}
	http_stream_close(stream);
	/* The end of a chunked body. */
	read_until(fd, &seen, "\r\n0\r\n\r\n");
	read_until(fd, &seen, "Cache-Control: no-store");
	buffer_release(&seen);
	close(fd);
}

static void what_was_written_before_the_end_is_sent(void **state)
{
	struct http_stream *stream;
	int fd = open_stream(state, &stream);
	struct answer answer;

	assert_int_equal(http_stream_write(stream, str_from("first,")), STATUS_OK);
	assert_int_equal(http_stream_write(stream, str_from("last")), STATUS_OK);
	http_stream_close(stream);
	client_read(fd, true, &answer);
	assert_int_equal(answer.status, 200);
	assert_str(buffer_str(&answer.body), "first,last");
	answer_release(&answer);
	close(fd);
}

static void a_slow_reader_is_never_waited_for(void **state)
{
	char *piece = malloc(20000);
	struct http_stream *stream;
	int fd = open_stream(state, &stream);
	enum status status = STATUS_OK;

	memset(piece, 'x', 20000);
	/* Sockets buffer some megabytes; nobody reads them. */
	for (int i = 0; i < 10000 && status == STATUS_OK; i++)
		status = http_stream_write(stream, str_make(piece, 20000));
	assert_int_equal(status, STATUS_BUSY);
	assert_int_equal(http_stream_write(stream, str_make(piece, 20000)), STATUS_BUSY);
	close(fd);
	http_stream_close(stream);
	free(piece);
}

static void a_write_over_the_limit_is_refused_whole(void **state)
{
	char *large = calloc(1, STREAM_LIMIT + 1);
	struct http_stream *stream;
	int fd = open_stream(state, &stream);
	struct answer answer;

	assert_int_equal(http_stream_write(stream, str_make(large, STREAM_LIMIT + 1)), STATUS_BUSY);
	assert_int_equal(http_stream_write(stream, str_from("small")), STATUS_OK);
	http_stream_close(stream);
	client_read(fd, true, &answer);
	assert_str(buffer_str(&answer.body), "small");
	answer_release(&answer);
	free(large);
	close(fd);
}

static void a_reader_that_has_gone_is_noticed(void **state)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	struct http_stream *stream;
	int fd = open_stream(state, &stream);
	enum status status = STATUS_OK;

	close(fd);
	for (int i = 0; i < 10000 && status != STATUS_CANCELLED; i++) {
		status = http_stream_write(stream, str_from(": still there?\n\n"));
		nanosleep(&pause, NULL);
	}
	assert_int_equal(status, STATUS_CANCELLED);
	http_stream_close(stream);
}

static void the_server_stops_with_readers_still_connected(void **state)
{
	struct http_stream *streams[10];
	int fds[10];

	for (int i = 0; i < 10; i++)
		fds[i] = open_stream(state, &streams[i]);
	for (int i = 0; i < 10; i++)
		assert_int_equal(http_stream_write(streams[i], str_from("bye")), STATUS_OK);
	for (int i = 0; i < 10; i++)
		http_stream_close(streams[i]);
	http_server_stop(*state);
	*state = NULL;
	for (int i = 0; i < 10; i++) {
		struct answer answer;

		client_read(fds[i], true, &answer);
		assert_str(buffer_str(&answer.body), "bye");
		answer_release(&answer);
		close(fds[i]);
	}
}

int main(void)
{
#define served(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		served(what_is_written_arrives_while_the_stream_goes_on),
		served(what_was_written_before_the_end_is_sent),
		served(a_slow_reader_is_never_waited_for),
		served(a_write_over_the_limit_is_refused_whole),
		served(a_reader_that_has_gone_is_noticed),
		served(the_server_stops_with_readers_still_connected),
	};

	return test_run("http/stream", tests);
}
