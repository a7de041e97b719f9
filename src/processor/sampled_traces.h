/*
 * sampled_traces: what sampling knows of traces of which it knows something, and which of them belong together.
 *
 * A table of trace ids with marks, with a limit. Traces that a link joins are a group, whatever lies between them;
 * groups are a forest in which every trace knows a node.
 *
 * Ownership  a table owns its memory.
 * Threads    one thread at a time: the sampler holds its lock.
 * Units      seen is seconds of any clock, the same for all calls.
 * Errors     NULL or false where the limit is reached or memory ran out.
 */
#ifndef ROHAS_PROCESSOR_SAMPLED_TRACES_H
#define ROHAS_PROCESSOR_SAMPLED_TRACES_H

#include "model/span.h"

struct sampled_trace {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint32_t group; /* a node; 0: none */
	uint32_t seen;  /* when it was last looked up to be changed */
	uint16_t marks; /* the sampler's; 0 with no group: an empty place */
};

struct sampled_traces {
	struct sampled_trace *items; /* open addressing; at most half full */
	size_t mask, count, limit;
	uint32_t *parents; /* of nodes; a root is its own. Node 0 is not used */
	bool *is_kept;     /* of roots: a trace of the group is kept */
	size_t node_count, node_capacity;
};

void sampled_traces_init(struct sampled_traces *traces, size_t limit);
void sampled_traces_release(struct sampled_traces *traces);

/* Valid until the next call that adds. */
struct sampled_trace *sampled_traces_find(const struct sampled_traces *traces,
					  const uint8_t trace_id[TRACE_ID_SIZE]);

/* The trace with these marks more. */
struct sampled_trace *sampled_traces_mark(struct sampled_traces *traces,
					  const uint8_t trace_id[TRACE_ID_SIZE], uint16_t marks,
					  uint32_t seen);

/* Makes the groups of two traces one, which is kept if one of them was. */
bool sampled_traces_join(struct sampled_traces *traces, const uint8_t a[TRACE_ID_SIZE],
			 const uint8_t b[TRACE_ID_SIZE], uint32_t seen);

/* Whether the trace has a group that is kept; and keeps its group, if it has one. */
bool sampled_traces_group_is_kept(const struct sampled_traces *traces, const struct sampled_trace *trace);
void sampled_traces_keep_group(struct sampled_traces *traces, const struct sampled_trace *trace);

/* Forgets what was not seen since, and gives groups that nobody is in any more back. */
bool sampled_traces_forget(struct sampled_traces *traces, uint32_t since);

#endif
