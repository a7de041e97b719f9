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

#include "server/parameters.h"

typedef bool ask_question(struct query *query, const struct parameters *parameters, struct buffer *body_out,
			  struct problem *problem);

ask_question ask_traces;  /* a list of traces */
ask_question ask_logs;    /* a list of log records */
ask_question ask_running; /* what has started and not ended */
ask_question ask_metrics; /* a list of metrics; with a name, the values of one over time */

/* trace_id as it was written by whoever asks. */
bool ask_trace(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem);
bool ask_flow(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem);

#endif
