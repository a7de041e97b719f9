/*
 * context: what goes along with a message: W3C Trace Context and Baggage, read and written.
 *
 * Foreign text: what is malformed is taken as absent, what is too long is cut between two members, as both
 * specifications say. Nothing here allocates.
 *
 * Ownership  views into the caller's strings.
 * Threads    every call may run concurrently.
 * Errors     false, and *_out untouched.
 * Source     www.w3.org/TR/trace-context-2, www.w3.org/TR/baggage
 */
#ifndef ROHAS_SDK_CONTEXT_H
#define ROHAS_SDK_CONTEXT_H

#include "base/str.h"
#include "rohas/telemetry.h"

enum { TRACE_SAMPLED = 1, TRACE_RANDOM = 2 };

struct trace_parent {
	uint64_t trace_id[2]; /* in the order of their bytes */
	uint64_t span_id;
	uint8_t flags;
};

bool trace_parent_read(const char *text, struct trace_parent *parent_out);
void trace_parent_write(const struct trace_parent *parent, char text_out[ROHAS_TRACEPARENT_SIZE]);

/* The members that can be carried on, from the front: a view of text. NULL is none. */
bool trace_state_read(const char *text, struct str *state_out);
bool baggage_read(const char *text, struct str *baggage_out);

#endif
