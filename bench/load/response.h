/*
 * response: HTTP/1.1 responses, read from whatever pieces the network hands over.
 *
 * Understands Content-Length, chunked bodies and bodies that end with the connection; skips 1xx responses.
 * The first bytes of the body are kept, enough for OTLP's partial success and for an error message.
 *
 * Ownership  plain values.
 * Threads    a response belongs to one thread at a time.
 * Errors     RESPONSE_BROKEN and never anything else after it.
 */
#ifndef BENCH_LOAD_RESPONSE_H
#define BENCH_LOAD_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESPONSE_LINE_MAX = 4096, RESPONSE_BODY_KEPT = 2048 };

enum response_state {
	RESPONSE_STATUS_LINE,
	RESPONSE_HEADER,
	RESPONSE_BODY,       /* body_left more bytes */
	RESPONSE_UNTIL_EOF,  /* everything up to the end of the connection */
	RESPONSE_CHUNK_SIZE, /* a line with the next chunk's size */
	RESPONSE_CHUNK,      /* body_left more bytes of the chunk */
	RESPONSE_CHUNK_END,  /* the empty line behind a chunk */
	RESPONSE_TRAILER,
	RESPONSE_DONE,
	RESPONSE_BROKEN,
};

struct response {
	enum response_state state;
	int status;
	bool keep_alive;
	bool is_protobuf; /* by Content-Type */
	bool is_chunked;
	bool has_length;
	uint64_t body_left;
	uint32_t retry_after_seconds; /* 0: not said */
	size_t body_size;             /* kept in body */
	size_t line_size;
	char line[RESPONSE_LINE_MAX];
	char body[RESPONSE_BODY_KEPT];
};

/* Ready for the next response. Always before the first. */
void response_init(struct response *response);

/* Reads bytes and returns how many it took: fewer than size only when done or broken. */
size_t response_feed(struct response *response, const char *bytes, size_t size);

/* The peer closed the connection. Ends a body without a length; anything else that is under way is broken. */
void response_feed_end(struct response *response);

/* How many items an OTLP partial success in the body says were rejected; 0 where there is none. */
uint64_t response_rejected_count(const struct response *response);

#endif
