/*
 * insides: what the files of this folder share.
 *
 * A request passes through the states below. The thread that serves its connection runs the handler; where
 * that returns without an answer, the connection is suspended (LAID_DOWN) and whoever answers wakes it. The
 * exchange to ANSWERED says who came first, so that an answer given while the server lays the connection down
 * is neither lost nor given twice.
 */
#ifndef ROHAS_HTTP_INSIDES_H
#define ROHAS_HTTP_INSIDES_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/body_pool.h"
#include "http/content.h"
#include "http/http_server.h"
#include "http/listener.h"

struct http_server {
	struct http_server_options options;
	struct listener listener;
	struct MHD_Daemon *daemon;
	struct body_pool bodies;
	atomic_size_t open;       /* connections */
	bool is_full;             /* the last one was turned away; the listener's thread alone looks at it */
	atomic_size_t asleep;     /* suspended requests, and streams that their owner has not closed */
	atomic_size_t unsent;     /* answers on their way to the client */
	atomic_size_t held_bytes; /* of the bodies of all requests under way */
};

enum request_state {
	REQUEST_ARRIVING,  /* the body is not here yet */
	REQUEST_HANDED_ON, /* the handler has it */
	REQUEST_LAID_DOWN, /* and the connection is suspended until it answers */
	REQUEST_ANSWERED,
	REQUEST_QUEUED, /* the answer is the library's */
};

struct http_request {
	struct http_server *server;
	struct MHD_Connection *connection;
	const char *method_name;
	struct str path;
	enum http_method method;
	atomic_int state;       /* enum request_state */
	struct buffer body;     /* as sent; from the end of its arrival, decoded */
	size_t held_bytes;      /* what this request counts towards the server's held_bytes */
	size_t discarded_bytes; /* of a body over the limit */
	unsigned refusal;       /* the status code with which the server itself refuses; 0: it does not */
	char sentence[512];     /* why */
	struct buffer headers;  /* of the reply: name NUL value NUL … */
	struct MHD_Response *response;
	unsigned status_code;
};

/* The library's callbacks. */
enum MHD_Result request_access(void *server, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *version, const char *upload,
			       size_t *upload_size, void **request_slot);
void *request_address(void *server, const char *address, struct MHD_Connection *connection);
void request_completed(void *server, struct MHD_Connection *connection, void **request_slot,
		       enum MHD_RequestTerminationCode reason);

/* Gives the answer to the connection, now or when it is woken. response may be NULL: the connection is
 * closed. */
void request_answer(struct http_request *request, unsigned status_code, struct MHD_Response *response);

/* Adds the content type (which may be NULL) and what http_reply_header gathered. */
void reply_add_headers(const struct http_request *request, struct MHD_Response *response,
		       const char *content_type);

#endif
