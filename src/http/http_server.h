/*
 * http_server: HTTP/1.1 in and out, over libmicrohttpd. Who is asked what is the router's matter, not ours.
 *
 * A request is given to the handler once its body is here, whole and decoded (gzip, deflate, zstd). The
 * handler answers with exactly one of the http_reply calls: at once, or later from any thread; the connection
 * sleeps until then and blocks nobody.
 *
 * Ownership  a request belongs to the server; it and every str read from it live until it was replied to.
 *            http_request_take_body hands the body over. A reply takes its buffer.
 * Threads    handlers run on the server's threads, several at once; http_reply may be called from any thread.
 * Units      sizes are bytes, timeouts seconds.
 * Errors     a body over the limit is answered 413, an unknown Content-Encoding 415, a broken one 400, before
 *            the handler is asked; reject (below) writes the body of that answer, so that each door
 *            speaks in its own form.
 */
#ifndef ROHAS_HTTP_HTTP_SERVER_H
#define ROHAS_HTTP_HTTP_SERVER_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/str.h"

struct http_server;
struct http_request;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

typedef void http_handler(void *context, struct http_request *request);

/* Answers a request that the server itself refuses, with the status and the sentence given. */
typedef void http_reject(void *context, struct http_request *request, unsigned status_code,
			 const char *sentence);

struct http_server_options {
	const char *host; /* an address of this machine: "127.0.0.1", "0.0.0.0", "::1" */
	uint16_t port;    /* 0: any free one; http_server_port tells */
	unsigned thread_count;
	unsigned connection_limit;      /* what comes on top is closed at once */
	size_t connection_memory_bytes; /* the read buffer of a connection: large bodies want 256 KB */
	size_t body_limit_bytes;        /* after decoding */
	size_t bodies_limit_bytes; /* of all requests under way; over it they are refused, 503. 0: 512 MB */
	unsigned idle_timeout_seconds;
	http_handler *handler;
	http_reject *reject;
	void *context;
};

/* STATUS_BUSY where the port is taken: the sentence names the process that holds it, where it can be seen. */
enum status http_server_start(const struct http_server_options *options, struct http_server **server_out,
			      struct error *error);
uint16_t http_server_port(const struct http_server *server);

/* Closes the door to new connections; those that are open go on. */
void http_server_quiesce(struct http_server *server);

/* Ends every connection and thread. Every request has been replied to before. NULL is allowed. */
void http_server_stop(struct http_server *server);

enum http_method http_request_method(const struct http_request *request);
const char *http_request_method_name(const struct http_request *request);
struct str http_request_path(const struct http_request *request);

/* The body after decoding. */
struct str http_request_body(const struct http_request *request);
void http_request_take_body(struct http_request *request, struct buffer *body_out);

/* Takes a body back, before the reply: its memory, which is warm, serves another request. Optional. */
void http_request_give_back(struct http_request *request, struct buffer *body);

/* Empty where there is none. Header names fold case. */
struct str http_request_header(const struct http_request *request, const char *name);

/* Query parameters in order, percent-decoded. Of more than HTTP_PARAMETERS_MOST the rest is not seen. */
enum { HTTP_PARAMETERS_MOST = 128 };
size_t http_request_parameter_count(const struct http_request *request);
void http_request_parameter(const struct http_request *request, size_t index, struct str *name_out,
			    struct str *value_out);

/* More headers for the reply to come; name and value are copied. Of a name given twice the last value counts.
 */
void http_reply_header(struct http_request *request, const char *name, const char *value);

/* Takes body (which is empty afterwards). HEAD sends the headers alone. */
void http_reply(struct http_request *request, unsigned status_code, const char *content_type,
		struct buffer *body);

/* Replies with bytes that outlive the server (assets). encoding is a Content-Encoding or NULL. */
void http_reply_static(struct http_request *request, unsigned status_code, const char *content_type,
		       const char *encoding, struct str body);

/*
 * A reply whose body goes on (server-sent events). The stream belongs to the caller until http_stream_close.
 * http_stream_write copies; it answers STATUS_BUSY, and writes nothing, when more than limit_bytes wait for a
 * slow reader, and STATUS_CANCELLED once the reader is gone. http_stream_close ends the reply in either case.
 */
struct http_stream;
struct http_stream *http_reply_stream(struct http_request *request, unsigned status_code,
				      const char *content_type, size_t limit_bytes);
enum status http_stream_write(struct http_stream *stream, struct str bytes);
void http_stream_close(struct http_stream *stream);

#endif
