/*
 * cors: whether a web page of another origin may send telemetry, and how it is told so.
 *
 * Ownership  the list is copied.
 * Threads    a list is not changed after cors_init.
 * Errors     cors_init returns false where memory ran out.
 * Source     fetch.spec.whatwg.org, "CORS protocol"
 */
#ifndef ROHAS_RECEIVER_CORS_H
#define ROHAS_RECEIVER_CORS_H

#include "http/http_server.h"

struct cors {
	char **origins; /* "https://host[:port]", "*" for any, "localhost" for any page of this machine */
	size_t count;
};

bool cors_init(struct cors *cors, const char *const *origins, size_t count);
void cors_release(struct cors *cors);

/* Adds the headers that an answer to the page's script needs; nothing where its origin is not allowed. */
bool cors_allow(const struct cors *cors, struct http_request *request);

/*
 * Whether a web page sent this that may not. Its script is not asked before where it resolved its own name to this
 * machine, but the browser tells the origin all the same. Programs send none.
 */
bool cors_is_foreign(const struct cors *cors, const struct http_request *request);

/* Answers an OPTIONS request: what may be sent, and whether this page may. Returns the status code. */
unsigned cors_reply_options(const struct cors *cors, struct http_request *request);

#endif
