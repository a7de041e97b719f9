/*
 * questions: what /telemetry answers, each from its parameters to its JSON, whoever asks: the server for a
 * request, a command of the program for itself. So both say the same, byte for byte.
 *
 * Ownership  body_out is the caller's, empty before; on failure it is empty again.
 * Threads    every call may run concurrently.
 * Errors     false, with the problem filled in: 400 names the parameter at fault.
 */
#ifndef ROHAS_SERVER_QUESTIONS_H
#define ROHAS_SERVER_QUESTIONS_H

#include "server/json.h"
#include "server/parameters.h"

typedef bool ask_question(struct query *query, const struct parameters *parameters, struct buffer *body_out,
			  struct problem *problem);

ask_question ask_traces; /* a list of traces */
ask_question ask_logs;   /* a list of log records */
ask_question ask_log_counts, ask_log_top, ask_log_patterns, ask_log_context;
ask_question ask_running;  /* what has started and not ended */
ask_question ask_handlers; /* what ran, how often, how fast */
ask_question ask_events;   /* what was published, and who handled it */
ask_question ask_graph;    /* handlers and events, and what one does to the other */
ask_question ask_errors;   /* different errors, with their counts */
ask_question ask_crons;    /* jobs, and when they were to run */
ask_question ask_metrics;  /* a list of metrics; with a name, the values of one over time */

/* trace_id as it was written by whoever asks. */
bool ask_trace(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem);
bool ask_flow(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem);

/* Everything about one handler; name as it was written by whoever asks. */
bool ask_handler(struct query *query, struct str name, const struct parameters *parameters,
		 struct buffer *body_out, struct problem *problem);

/* ---- for the files of questions ---- */

/* The writer of an answer, which has a limit. */
struct json question_begin(struct buffer *body);
/* True, or the problem that the answer was too large for memory. */
bool question_finish(struct buffer *body, struct problem *problem);
/* False, with the problem made of an error. */
bool question_refuse(struct problem *problem, enum status status, const struct error *error,
		     const char *parameter);

#endif
