/*
 * receiver: the door for telemetry: OTLP over HTTP, POST /v1/traces, /v1/metrics and /v1/logs.
 *
 * A request is decoded into a batch on the thread that read it, recognised by the processor, and pushed to
 * the commit queue. It is answered once its rows are durable: 200, with a partial success where records were
 * refused. Whatever goes wrong is answered in the request's own content type with a google.rpc.Status.
 *
 * One receiver serves any number of HTTP servers at once.
 *
 * Ownership  processor, queue and clock are borrowed and outlive the receiver; strings of the options are
 *            copied.
 * Threads    every call may run concurrently, save receiver_free, which runs once every request was
 *            answered: stop the commit queue and the HTTP servers first.
 * Units      sizes are bytes.
 * Errors     enum status; what a client did wrong is answered, not returned.
 */
#ifndef ROHAS_RECEIVER_RECEIVER_H
#define ROHAS_RECEIVER_RECEIVER_H

#include "base/clock.h"
#include "base/status.h"
#include "http/http_server.h"
#include "model/batch.h"

struct receiver;
struct processor;
struct sampler;
struct commit_queue;

/* Sees a batch that has become durable, before its sender is answered. Must be short and keep nothing of it.
 */
typedef void receiver_observe(void *context, const struct batch *batch);

struct receiver_options {
	struct processor *processor; /* NULL: nothing is recognised or counted */
	struct sampler *sampler;     /* NULL: everything is stored and stays; borrowed */
	struct commit_queue *queue;
	const struct clock *clock;           /* stamps log records that carry no time */
	uint64_t retention_ns[SIGNAL_COUNT]; /* what is older when it arrives is told of; 0: nothing is */
	bool enabled[SIGNAL_COUNT]; /* a disabled signal is answered with success, counted and dropped */
	size_t batch_limit_bytes;   /* of a batch's arena; 0: a default */
	receiver_observe *observe;  /* may be NULL */
	void *observe_context;
	const char *const *allowed_origins; /* web pages that may send: "https://host[:port]", "*" for any,
					       "localhost" for those of this machine */
	size_t allowed_origin_count;
};

/* What was answered, in the order of receiver_status_codes; the last place counts all others. */
enum { RECEIVER_STATUS_CODES = 12 };
extern const uint16_t receiver_status_codes[RECEIVER_STATUS_CODES];

struct receiver_signal_stats {
	bool enabled;
	uint64_t received;       /* rows accepted and durable, or left out by head sampling */
	uint64_t rejected;       /* rows refused for what they are */
	uint64_t dropped;        /* rows of a disabled signal */
	uint64_t received_bytes; /* of bodies, after decoding their content */
	uint64_t requests[RECEIVER_STATUS_CODES];
};

struct receiver_stats {
	struct receiver_signal_stats signals[SIGNAL_COUNT];
	/* What senders got wrong: see arrivals.h. */
	uint64_t unknown_paths, future_rows, expired_rows, most_ahead_ns;
	char last_unknown_path[128]; /* printable; empty: none */
};

enum status receiver_new(const struct receiver_options *options, struct receiver **receiver_out,
			 struct error *error);

/* Answers the request, now or later, where its path is one of the three; false, untouched, where it is not.
 */
bool receiver_handle(struct receiver *receiver, struct http_request *request);

/* An http_handler (context is the receiver): receiver_handle, and 404 for every other path. */
void receiver_serve(void *receiver, struct http_request *request);

/* An http_reject (context is the receiver): refuses in the request's own content type, and counts it. */
void receiver_reject(void *receiver, struct http_request *request, unsigned status_code,
		     const char *sentence);

void receiver_stats(struct receiver *receiver, struct receiver_stats *stats_out);

/* NULL is allowed. */
void receiver_free(struct receiver *receiver);

#endif
