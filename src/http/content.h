/*
 * content: Content-Encoding undone: gzip, deflate (with zlib's header or without), zstd; and gzip for answers.
 *
 * Ownership  out is the caller's; it is appended to.
 * Threads    every call may run concurrently.
 * Units      sizes are bytes.
 * Errors     STATUS_TOO_LARGE where the result passes limit_bytes, STATUS_INVALID where the bytes are damaged
 * or cut, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_HTTP_CONTENT_H
#define ROHAS_HTTP_CONTENT_H

#include "base/buffer.h"
#include "base/status.h"

enum content_coding { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODING_ZSTD, CODING_UNKNOWN };

/* Of a Content-Encoding header; empty is identity. A list of several codings is unknown to us. */
enum content_coding content_coding_parse(struct str header);

/* coding is one of GZIP, DEFLATE, ZSTD. */
enum status content_decode(enum content_coding coding, struct str bytes, size_t limit_bytes,
			   struct buffer *out, struct error *error);

/* Whether an Accept-Encoding header takes gzip. */
bool content_accepts_gzip(struct str header);

/*
 * Appends bytes as gzip, packed quickly rather than tightly. False where that takes more than half the room, or there
 * is no memory: then out holds nothing of use, and the bytes are better sent as they are.
 */
bool content_gzip(struct str bytes, struct buffer *out);

#endif
