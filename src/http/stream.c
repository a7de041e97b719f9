/*
 * stream: an answer that goes on. Its writer and the connection's thread meet at a bounded queue of bytes.
 *
 * The connection sleeps while the queue is empty; a write wakes it. Both sides hold the struct, and the one
 * that lets go last frees it.
 */
#include <stdlib.h>

#include "http/insides.h"

/* How much the library takes at a time; it must fit a connection's memory. */
enum { PIECE_BYTES = 8 * 1024 };

struct http_stream {
	struct http_server *server;
	struct MHD_Connection *connection;
	pthread_mutex_t lock; /* of everything below */
	struct buffer waiting;
	size_t sent; /* of waiting */
	size_t limit_bytes;
	unsigned holders;
	bool asleep, closed, gone;
};

/* The lock is held, and released here. */
static void let_go(struct http_stream *stream)
{
	bool last = --stream->holders == 0;

	pthread_mutex_unlock(&stream->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&stream->lock);
	buffer_release(&stream->waiting);
	free(stream);
}

static ssize_t take_waiting(struct http_stream *stream, char *out, size_t room)
{
	size_t size = stream->waiting.size - stream->sent;

	if (size > room)
		size = room;
	memcpy(out, stream->waiting.data + stream->sent, size);
	stream->sent += size;
	if (stream->sent == stream->waiting.size) {
		stream->sent = 0;
		buffer_clear(&stream->waiting);
	}
	return (ssize_t)size;
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t room)
{
	struct http_stream *stream = context;
	ssize_t result = 0;

	(void)position;
	pthread_mutex_lock(&stream->lock);
	if (stream->waiting.size > stream->sent) {
		result = take_waiting(stream, out, room);
	} else if (stream->closed) {
		result = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		MHD_suspend_connection(stream->connection);
		stream->asleep = true;
	}
	pthread_mutex_unlock(&stream->lock);
	return result;
}

/* The library's side is over: sent to the end, or the reader has gone. */
static void forget_stream(void *context)
{
	struct http_stream *stream = context;

	pthread_mutex_lock(&stream->lock);
	stream->gone = true;
	let_go(stream);
}

struct http_stream *http_reply_stream(struct http_request *request, unsigned status_code,
				      const char *content_type, size_t limit_bytes)
{
	struct http_stream *stream = calloc(1, sizeof(*stream));
	struct MHD_Response *response = NULL;

	if (stream) {
		stream->server = request->server;
		stream->connection = request->connection;
		stream->limit_bytes = limit_bytes;
		stream->holders = 2;
		pthread_mutex_init(&stream->lock, NULL);
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES, read_stream,
							     stream, forget_stream);
	}
	if (!response) {
		free(stream);
		request_answer(request, status_code, NULL);
		return NULL;
	}
	atomic_fetch_add(&request->server->asleep, 1);
	reply_add_headers(request, response, content_type);
	request_answer(request, status_code, response);
	return stream;
}

/* Wakes the connection where it sleeps. The lock is not held; only one caller saw asleep. */
static void wake(struct http_stream *stream, bool asleep)
{
	if (asleep)
		MHD_resume_connection(stream->connection);
}

enum status http_stream_write(struct http_stream *stream, struct str bytes)
{
	enum status status = STATUS_OK;
	bool asleep = false;

	pthread_mutex_lock(&stream->lock);
	if (stream->gone) {
		status = STATUS_CANCELLED;
	} else if (bytes.size > stream->limit_bytes - (stream->waiting.size - stream->sent)) {
		status = STATUS_BUSY;
	} else {
		buffer_append_str(&stream->waiting, bytes);
		if (buffer_failed(&stream->waiting))
			status = STATUS_NO_MEMORY;
		asleep = stream->asleep;
		stream->asleep = false;
	}
	pthread_mutex_unlock(&stream->lock);
	wake(stream, asleep);
	return status;
}

void http_stream_close(struct http_stream *stream)
{
	struct http_server *server = stream->server;
	bool asleep;

	pthread_mutex_lock(&stream->lock);
	stream->closed = true;
	asleep = stream->asleep;
	stream->asleep = false;
	pthread_mutex_unlock(&stream->lock);
	wake(stream, asleep);
	pthread_mutex_lock(&stream->lock);
	let_go(stream);
	atomic_fetch_sub(&server->asleep, 1);
}
