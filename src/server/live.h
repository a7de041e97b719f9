/*
 * live: new traces and logs, sent to readers as server-sent events while they arrive.
 *
 * Whoever commits a batch notes it here; that is short and never waits. A thread of its own does the rest: a
 * trace is put together and sent once it has been quiet for a moment, but within a second of its first span,
 * and again when it changes; a log is sent at once, with its handler where that is known by then. A reader
 * that does not keep up is dropped; it may come again. What arrives faster than can be shown is counted and
 * left out, and readers are told.
 *
 * Ownership  live owns its readers; query is borrowed.
 * Threads    live_note_batch and live_add may be called from any thread; live_stop runs alone.
 */
#ifndef ROHAS_SERVER_LIVE_H
#define ROHAS_SERVER_LIVE_H

#include "http/http_server.h"
#include "server/parameters.h"

struct live;

enum {
	LIVE_READERS_MOST = 100,
	LIVE_TRACES_WAITING_MOST = 512,
	LIVE_LOGS_WAITING_MOST = 2048,
	LIVE_WAITING_BYTES = 1 << 20, /* for one reader, before it is dropped */
	LIVE_SETTLE_MS = 250,
	LIVE_LATEST_MS = 700, /* after the first span of a trace that does not settle */
	LIVE_HEARTBEAT_MS = 15000,
};

struct live_stats {
	uint64_t reader_count, dropped_reader_count;
	uint64_t trace_count, log_count; /* sent, to each reader */
	uint64_t dropped_trace_count, dropped_log_count;
};

/* A reader before it is added: its question points into it. */
struct live_reader {
	struct live_reader *next;
	struct arena arena; /* the strings of the question */
	struct live_question question;
	struct http_stream *stream;
};

struct live_reader *live_reader_new(void);
void live_reader_free(struct live_reader *reader);

enum status live_new(struct query *query, struct live **live_out, struct error *error);

/* Takes a reader whose stream is open. False (and the reader stays the caller's) where there are too many. */
bool live_add(struct live *live, struct live_reader *reader);

void live_note_batch(struct live *live, const struct batch *batch);
void live_stats_read(struct live *live, struct live_stats *stats_out);

/* Closes every stream and ends the thread. */
void live_stop(struct live *live);

/* After live_stop. NULL is allowed. */
void live_free(struct live *live);

#endif
