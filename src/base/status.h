/*
 * status: how every function of the program says that it failed.
 *
 * A status tells the caller what to do; an error adds the sentence for the person. The lowest layer writes
 * the sentence with its context (what was found, where, what is allowed); a layer above may put its own
 * context in front of it, once.
 *
 * Ownership  struct error is the caller's, usually on its stack; it holds no pointer.
 * Threads    an error belongs to one thread at a time.
 * Errors     every function here succeeds; a sentence that is too long is cut.
 */
#ifndef ROHAS_BASE_STATUS_H
#define ROHAS_BASE_STATUS_H

#include <stdarg.h>

enum status {
	STATUS_OK = 0,
	STATUS_INVALID,     /* the input is wrong: reject it, never retry */
	STATUS_TOO_LARGE,   /* the input is over a limit: reject it */
	STATUS_NOT_FOUND,   /* what was asked for is not here */
	STATUS_UNSUPPORTED, /* this adapter or build cannot do it */
	STATUS_BUSY,        /* a queue is full or a resource is short: retry later */
	STATUS_IO,          /* the disk or the network failed: retry later */
	STATUS_CORRUPT,     /* stored bytes are not what was written */
	STATUS_NO_MEMORY,   /* memory or a byte cap ran out */
	STATUS_CANCELLED,   /* the caller gave up or the program is stopping */
};

struct error {
	enum status status;
	char message[512];
};

/* The status's name as it appears in logs: "ok", "invalid", … Never NULL. */
const char *status_name(enum status status);

/* Whether the same call may succeed later without a change by the caller (busy, io, cancelled). */
int status_is_transient(enum status status);

/* Fills error (which may be NULL) and returns status, so that `return error_set(…)` reads well. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "context: " in front of the message; error may be NULL. Returns error's status, or status where NULL. */
enum status error_wrap(struct error *error, enum status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
