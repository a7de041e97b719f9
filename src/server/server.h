/*
 * server: the main port: the JSON API, the live stream, the program's own figures and the Workbench.
 *
 * server_handle is the http_handler of the main port. What lies under /v1/ goes on to the receiver, whose
 * handler the wiring names here. Queries run on the server's own few threads, never on those of the HTTP
 * server, so that a slow question delays no sender; when their queue is full the answer is 503 with
 * Retry-After.
 *
 * Order of the end: http_server_quiesce, server_stop, http_server_stop, server_free. server_stop answers
 * every request that still waits and closes every live stream.
 *
 * Ownership  store and clock are borrowed and outlive the server; strings of the options are copied.
 * Threads    server_handle and server_note_batch may be called from any thread, several at once;
 *            server_stop and server_free run alone.
 * Units      sizes are bytes, times nanoseconds where their names say so.
 * Errors     enum status. A failed query is answered with a problem document (RFC 9457).
 */
#ifndef ROHAS_SERVER_SERVER_H
#define ROHAS_SERVER_SERVER_H

#include "base/clock.h"
#include "base/status.h"
#include "http/http_server.h"
#include "model/batch.h"

struct server;
struct store;

struct server_signal_figures {
	bool enabled;
	uint64_t received; /* rows accepted at the door */
	uint64_t dropped;  /* rows answered with success and not kept: their signal is disabled */
	uint64_t rejected; /* rows refused by partial success */
};

struct server_request_figure {
	uint16_t status_code;
	uint8_t signal; /* enum signal */
	uint64_t count;
};
enum { SERVER_REQUEST_FIGURES = 64 };

/* Of sampling: what stays, or goes, for a reason. */
struct server_sampling_figure {
	bool is_kept;
	const char *reason;
	uint64_t traces, spans;
};
enum { SERVER_SAMPLING_FIGURES = 16 };

/* What the server shows of the parts that it does not know: the doors, the commit queue and sampling. */
struct server_figures {
	struct server_signal_figures signals[SIGNAL_COUNT];
	struct server_request_figure
		requests[SERVER_REQUEST_FIGURES]; /* OTLP requests by signal and status code */
	size_t request_count;
	uint64_t received_bytes; /* of OTLP bodies after decoding */
	uint64_t commit_batches, commit_groups, commit_failures, commit_refusals;
	uint64_t queue_bytes, queue_limit_bytes;
	bool is_sampling;
	struct server_sampling_figure sampling[SERVER_SAMPLING_FIGURES];
	size_t sampling_count;
	uint64_t sampling_known_traces;
	/* What senders got wrong. */
	uint64_t unknown_paths, future_rows, expired_rows, most_ahead_ns;
	char last_unknown_path[128];
	uint64_t joins_dropped, joins_skewed, cron_runs_dropped; /* processor.h: struct processor_stats */
};

/* Fills figures (zeroed before) with what is true now. Called from the server's threads. */
typedef void server_figures_read(void *context, struct server_figures *figures);

/*
 * Makes a copy of the store under that name, and tells where (path_out is of SERVER_BACKUP_PATH bytes). Called from the
 * server's threads, once at a time. STATUS_INVALID where the name is taken.
 */
enum { SERVER_BACKUP_PATH = 4096 };
typedef enum status server_backup(void *context, const char *name, char *path_out, struct error *error);

struct server_options {
	struct store *store;
	const struct clock *clock;
	size_t cache_trace_limit; /* max_cache_size: assembled traces kept; 0 keeps none */
	size_t cache_limit_bytes; /* what they take together; 0: the default of query.h */
	uint64_t
		lost_after_ns; /* what has started and not ended is lost when its process was silent so long */
	unsigned worker_count; /* threads for queries; 0: 3 */

	/* The door for /v1/… on this port, and its way to refuse. NULL answers 404, and as the server does.
	 */
	http_handler *receiver_handle;
	http_reject *receiver_reject;
	void *receiver_context;

	/* NULL leaves the figures zero. */
	server_figures_read *figures_read;
	void *figures_context;

	/* What POST /telemetry/backup runs; NULL answers 404. */
	server_backup *backup;
	void *backup_context;

	/* What /telemetry/status tells. */
	const char *version, *store_type, *store_path;
	const char *project_name, *project_version, *project_language;

	const char *host; /* as configured: a loopback address switches the check of the Host header on */
	bool enable_cors;
	const char *const *allowed_origins; /* "*" or "https://host[:port]" */
	size_t allowed_origin_count;
	const char *api_key; /* "" or NULL: nobody is asked for one. Never logged */
};

enum status server_new(const struct server_options *options, struct server **server_out, struct error *error);

/* The http_handler of the main port; context is the struct server. */
void server_handle(void *context, struct http_request *request);

/* The http_reject of the main port; context is the struct server. */
void server_reject(void *context, struct http_request *request, unsigned status_code, const char *sentence);

/*
 * Tells the server that a batch has become durable and visible. Call it before the sender is answered, so
 * that nobody who was answered sees an older state from a cache. Short; copies what it keeps. context is the
 * struct server.
 */
void server_note_batch(void *context, const struct batch *batch);

/* Answers what waits (503), closes the live streams, ends the server's threads. Requests after it are
 * answered 503. */
void server_stop(struct server *server);

/* After server_stop (called where it was not). NULL is allowed. */
void server_free(struct server *server);

#endif
