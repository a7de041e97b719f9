/*
 * sender: sends a workload over N connections from one thread and counts what comes back.
 *
 * Time runs in three parts: a warm-up that is not counted, the measured time, and the wait for the answers
 * that are still under way then. A rate makes requests due at fixed times; latency counts from then, so a
 * server that stalls is charged for every request that had to wait.
 *
 * A lost connection is opened again, 100 ms later at most; 429 and 503 pause their connection for Retry-After
 * (at most 5 s) or 100 ms. Nothing is sent twice: what was not acknowledged is counted and gone.
 *
 * Ownership  settings and workload are borrowed for the call.
 * Threads    one call at a time; *stop may be set by a signal handler.
 * Errors     STATUS_IO when the endpoint cannot be reached at the start.
 */
#ifndef BENCH_LOAD_SENDER_H
#define BENCH_LOAD_SENDER_H

#include <signal.h>
#include <stdio.h>

#include "base/status.h"
#include "load/histogram.h"
#include "load/process.h"
#include "load/url.h"
#include "load/workload.h"

enum { HEADERS_MAX = 16 };

struct sender_settings {
	struct url url;
	const char *headers[HEADERS_MAX]; /* "Name: value" */
	uint32_t header_count;
	uint32_t connection_count;
	double duration_seconds; /* 0: until item_limit */
	double warmup_seconds;
	uint64_t item_limit; /* 0: until duration_seconds */
	double spread_seconds; /* with item_limit: how much of the past the rows lie in, evenly; 0: they are of now */
	bool has_needle;         /* with item_limit: the middle request holds tenant_needle once */
	double items_per_second; /* 0: as fast as possible */
	double step_seconds;     /* between two points of a series */
	double timeout_seconds;  /* of one request */
	uint64_t id_seed;
	pid_t server_pid;  /* 0: not known */
	FILE *trace_ids;   /* NULL: not wanted; acknowledged ones, hexadecimal, one a line */
	bool stop_on_loss; /* end with the first lost connection */
	volatile sig_atomic_t *stop;
};

struct sender_counts {
	uint64_t requests, items, bytes; /* acknowledged */
	uint64_t rejected_items;         /* by partial success; part of items */
	uint64_t refused_requests;       /* 429 and 503 */
	uint64_t failed_requests;        /* any other status but 2xx */
	uint64_t lost_requests;          /* the connection broke */
	uint64_t late_requests;          /* no answer in time */
};

struct sender_result {
	double seconds;              /* measured */
	struct sender_counts counts; /* measured */
	struct sender_counts totals; /* with warm-up and the last answers */
	struct histogram latency;    /* measured, acknowledged requests */
	struct process_usage own;    /* used in the measured time; memory: at its end */
	struct process_usage server; /* likewise */
	bool has_server;
	int first_bad_status;       /* 0: none */
	char first_bad_answer[256]; /* the beginning of its body */
};

enum status sender_run(const struct sender_settings *settings, struct workload *workload,
		       struct sender_result *result_out, struct error *error);

#endif
