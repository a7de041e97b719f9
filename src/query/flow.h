/*
 * flow: what became of a request: who published what, who handled it and published in turn, across traces.
 *
 * A flow begins with one trace and takes in the traces that its spans link to and those with spans that link to its
 * own, and so on, until there are no more or a limit is reached. Of all their spans only executions and publications
 * are shown; each stands under what brought it about: a handling under the publication that it is linked to, or else
 * under the nearest execution or publication up the line of its parents.
 *
 * Ownership  a flow holds references to its traces until flow_release; spans lie in those.
 * Threads    every call may run concurrently.
 * Units      times are Unix nanoseconds.
 * Errors     as query.h says; STATUS_NOT_FOUND where no span of the trace is here.
 */
#ifndef ROHAS_QUERY_FLOW_H
#define ROHAS_QUERY_FLOW_H

#include "query/trace.h"

enum { FLOW_TRACES_MOST = 200, FLOW_NODES_MOST = 10000, FLOW_NONE = -1 };

struct flow_node {
	const struct span *span; /* an execution, or a publication */
	int parent;              /* an index, or FLOW_NONE */
	int first_child, next_sibling;
	bool has_queue_time;
	uint64_t
		queue_ns; /* of a handling: its start less the end of the publication that it stands under; 0 where
			      clocks differ so that it would be less */
	uint32_t depth;
	uint32_t handling_count; /* of a publication: executions that are linked to it or stand under it */
};

struct flow {
	struct arena arena;
	const struct trace *traces[FLOW_TRACES_MOST]; /* the first is the one asked for */
	size_t trace_count;
	struct flow_node *nodes; /* in order of start */
	size_t node_count;
	int first_root;    /* roots are siblings */
	bool is_truncated; /* a limit was reached: there is more */
};

enum status flow_get(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE], struct flow *flow_out,
		     struct error *error);
void flow_release(struct flow *flow);

#endif
