/*
 * send: OTLP over HTTP, the sending side, as an SDK's exporter does it: one connection, protobuf,
 * retries.
 *
 * 429, 502, 503 and 504 are tried again after Retry-After, or after a growing pause. A connection that cannot
 * be made is final at first; once something was sent, it is tried again for half a minute.
 *
 * Ownership  sender_new's result is the caller's until sender_free.
 * Threads    one thread at a time; *stop may be set from a signal handler.
 * Errors     STATUS_IO where the other side cannot be reached or refuses, STATUS_CANCELLED once *stop is set.
 */
#ifndef ROHAS_APP_DEMO_SEND_H
#define ROHAS_APP_DEMO_SEND_H

#include <signal.h>

#include "base/status.h"
#include "base/str.h"
#include "model/batch.h"

struct demo_sender;

/* url is the endpoint's base ("http://127.0.0.1:4318"); wait_ns: how long it may take until it is there. api_key
 * goes along with every request; NULL or "": none. */
enum status sender_new(const char *url, const char *api_key, uint64_t wait_ns,
		       const volatile sig_atomic_t *stop, struct demo_sender **sender_out,
		       struct error *error);

/* Bodies are JSON from now on, not protobuf. */
enum status sender_speak_json(struct demo_sender *sender, struct error *error);

/* rejected_out: the rows that partial success refused. */
enum status sender_post(struct demo_sender *sender, enum signal signal, struct str body,
			uint64_t *rejected_out, struct error *error);

/* NULL is allowed. */
void sender_free(struct demo_sender *sender);

#endif
