#include "query/flow.h"

#include <stdlib.h>

#include "query/insides.h"

/* How many traces may link to one, of those that are looked for. */
enum { LINKING_TRACES_MOST = 100 };

static bool has_trace(const struct flow *flow, const uint8_t trace_id[TRACE_ID_SIZE])
{
	for (size_t i = 0; i < flow->trace_count; i++)
		if (memcmp(flow->traces[i]->summary.trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return true;
	return false;
}

/* A trace that is not here, or is too large to be shown, is none of the flow's. */
static enum status add_trace(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE], struct flow *flow,
			     struct error *error)
{
	enum status status;

	if (has_trace(flow, trace_id))
		return STATUS_OK;
	if (flow->trace_count == FLOW_TRACES_MOST) {
		flow->is_truncated = true;
		return STATUS_OK;
	}
	status = trace_get(query, trace_id, &flow->traces[flow->trace_count], error);
	if (status == STATUS_OK)
		flow->trace_count++;
	else if (status == STATUS_TOO_LARGE)
		flow->is_truncated = true;
	return status == STATUS_NOT_FOUND || status == STATUS_TOO_LARGE ? STATUS_OK : status;
}

static enum status add_linked(struct query *query, const struct trace *trace, struct flow *flow,
			      struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < trace->batch.span_count; i++) {
		const struct span *span = &trace->batch.spans[i];

		for (uint32_t j = 0; j < span->link_count && status == STATUS_OK; j++)
			status = add_trace(query, span->links[j].trace_id, flow, error);
	}
	return status;
}

static enum status add_linking(struct query *query, const struct trace *trace, struct flow *flow,
			       struct error *error)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct trace_page page = {.limit = LINKING_TRACES_MOST};
	struct trace_hit hits[LINKING_TRACES_MOST];
	uint64_t snapshot;
	size_t count = 0;
	enum status status;

	filter.links_to = trace->summary.trace_id;
	status = store_find_traces(query->store, &filter, &page, hits, &count, &snapshot, error);
	flow->is_truncated |= count == LINKING_TRACES_MOST;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = add_trace(query, hits[i].trace_id, flow, error);
	return status;
}

/* Every trace that is reached is asked in turn. */
static enum status gather(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE], struct flow *flow,
			  struct error *error)
{
	enum status status = trace_get(query, trace_id, &flow->traces[0], error);

	flow->trace_count = status == STATUS_OK;
	for (size_t i = 0; i < flow->trace_count && status == STATUS_OK; i++) {
		status = add_linked(query, flow->traces[i], flow, error);
		if (status == STATUS_OK)
			status = add_linking(query, flow->traces[i], flow, error);
	}
	return status;
}

static bool is_shown(const struct span *span)
{
	return span->handler.role == ROLE_EXECUTION || span->handler.role == ROLE_PUBLISH;
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = ((const struct flow_node *)a)->span, *y = ((const struct flow_node *)b)->span;

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return memcmp(x->span_id, y->span_id, SPAN_ID_SIZE);
}

static enum status make_nodes(struct flow *flow, struct error *error)
{
	size_t count = 0;

	for (size_t i = 0; i < flow->trace_count; i++)
		for (size_t j = 0; j < flow->traces[i]->batch.span_count; j++)
			count += is_shown(&flow->traces[i]->batch.spans[j]);
	if (count > FLOW_NODES_MOST) {
		count = FLOW_NODES_MOST;
		flow->is_truncated = true;
	}
	flow->nodes = arena_alloc(&flow->arena, (count + 1) * sizeof(*flow->nodes));
	if (!flow->nodes)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a flow of %zu nodes", count);
	for (size_t i = 0; i < flow->trace_count; i++) {
		const struct batch *batch = &flow->traces[i]->batch;

		for (size_t j = 0; j < batch->span_count && flow->node_count < count; j++)
			if (is_shown(&batch->spans[j]))
				flow->nodes[flow->node_count++] = (struct flow_node){
					&batch->spans[j], FLOW_NONE, FLOW_NONE, FLOW_NONE, false, 0, 0, 0};
	}
	qsort(flow->nodes, flow->node_count, sizeof(*flow->nodes), by_start);
	return STATUS_OK;
}

/* Places of nodes by the addresses of their spans. */
struct place {
	const struct span *span;
	int index;
};

static int by_address(const void *a, const void *b)
{
	const struct span *x = ((const struct place *)a)->span, *y = ((const struct place *)b)->span;

	return (x > y) - (x < y);
}

static int find_node(const struct place *places, size_t count, const struct span *span)
{
	const struct place wanted = {span, 0},
			   *found = bsearch(&wanted, places, count, sizeof(wanted), by_address);

	return found ? found->index : FLOW_NONE;
}

static const struct trace *find_trace(const struct flow *flow, const uint8_t trace_id[TRACE_ID_SIZE])
{
	for (size_t i = 0; i < flow->trace_count; i++)
		if (memcmp(flow->traces[i]->summary.trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return flow->traces[i];
	return NULL;
}

/* The nearest node that a span is or lies under. Foreign parents may go round in a circle. */
static int nearest(const struct flow *flow, const struct place *places, const struct trace *trace,
		   const struct span *span)
{
	for (size_t steps = trace->batch.span_count; span && steps; steps--) {
		int node = is_shown(span) ? find_node(places, flow->node_count, span) : FLOW_NONE;

		if (node != FLOW_NONE)
			return node;
		span = span_is_root(span) ? NULL : trace_find_span(trace, span->parent_span_id);
	}
	return FLOW_NONE;
}

static int linked_node(const struct flow *flow, const struct place *places, const struct span *span)
{
	for (uint32_t i = 0; i < span->link_count; i++) {
		const struct span_link *link = &span->links[i];
		const struct trace *trace = find_trace(flow, link->trace_id);
		const struct span *linked = trace ? trace_find_span(trace, link->span_id) : NULL;
		int node = linked ? nearest(flow, places, trace, linked) : FLOW_NONE;

		if (node != FLOW_NONE)
			return node;
	}
	return FLOW_NONE;
}

static bool is_above(const struct flow *flow, int node, int below)
{
	while (below != FLOW_NONE && below != node)
		below = flow->nodes[below].parent;
	return below == node;
}

static void set_parent(struct flow *flow, int node, int parent)
{
	struct flow_node *child = &flow->nodes[node];
	const struct span *span = child->span;

	/* What is said to have brought itself about stays where it is. */
	if (parent == FLOW_NONE || is_above(flow, node, parent))
		return;
	child->parent = parent;
	if (span->handler.role == ROLE_EXECUTION && flow->nodes[parent].span->handler.role == ROLE_PUBLISH) {
		uint64_t published_ns = flow->nodes[parent].span->end_ns;

		child->has_queue_time = true;
		child->queue_ns = span->start_ns > published_ns ? span->start_ns - published_ns : 0;
	}
}

/* A handling of many messages stands under one of their publications, and handles them all. */
static void count_handling(struct flow *flow, const struct place *places, int node)
{
	const struct span *span = flow->nodes[node].span;
	int parent = flow->nodes[node].parent;

	if (span->handler.role != ROLE_EXECUTION)
		return;
	for (uint32_t i = 0; i < span->link_count; i++) {
		const struct trace *trace = find_trace(flow, span->links[i].trace_id);
		const struct span *linked = trace ? trace_find_span(trace, span->links[i].span_id) : NULL;
		int published = linked ? nearest(flow, places, trace, linked) : FLOW_NONE;

		if (published == FLOW_NONE || flow->nodes[published].span->handler.role != ROLE_PUBLISH)
			continue;
		flow->nodes[published].handling_count++;
		if (published == parent)
			parent = FLOW_NONE;
	}
	if (parent != FLOW_NONE && flow->nodes[parent].span->handler.role == ROLE_PUBLISH)
		flow->nodes[parent].handling_count++;
}

static void find_parent(struct flow *flow, const struct place *places, int node)
{
	const struct span *span = flow->nodes[node].span;
	const struct trace *trace = find_trace(flow, span->trace_id);
	const struct span *above = span_is_root(span) ? NULL : trace_find_span(trace, span->parent_span_id);

	if (span->handler.role == ROLE_EXECUTION)
		set_parent(flow, node, linked_node(flow, places, span));
	if (flow->nodes[node].parent == FLOW_NONE && above)
		set_parent(flow, node, nearest(flow, places, trace, above));
}

/* From the last to the first, so that each list of siblings is in order of start. */
static void string_together(struct flow *flow)
{
	for (size_t i = flow->node_count; i-- > 0;) {
		struct flow_node *node = &flow->nodes[i];
		int *first = node->parent == FLOW_NONE ? &flow->first_root
						       : &flow->nodes[node->parent].first_child;

		node->next_sibling = *first;
		*first = (int)i;
	}
}

static void measure_depths(struct flow *flow)
{
	for (size_t i = 0; i < flow->node_count; i++)
		for (int above = flow->nodes[i].parent; above != FLOW_NONE; above = flow->nodes[above].parent)
			flow->nodes[i].depth++;
}

static enum status make_tree(struct flow *flow, struct error *error)
{
	struct place *places = arena_alloc(&flow->arena, (flow->node_count + 1) * sizeof(*places));

	if (!places)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a flow");
	for (size_t i = 0; i < flow->node_count; i++)
		places[i] = (struct place){flow->nodes[i].span, (int)i};
	qsort(places, flow->node_count, sizeof(*places), by_address);
	for (size_t i = 0; i < flow->node_count; i++)
		find_parent(flow, places, (int)i);
	for (size_t i = 0; i < flow->node_count; i++)
		count_handling(flow, places, (int)i);
	string_together(flow);
	measure_depths(flow);
	return STATUS_OK;
}

enum status flow_get(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE], struct flow *flow_out,
		     struct error *error)
{
	struct flow flow = {.first_root = FLOW_NONE};
	enum status status = gather(query, trace_id, &flow, error);

	arena_init(&flow.arena, 0);
	if (status == STATUS_OK)
		status = make_nodes(&flow, error);
	if (status == STATUS_OK)
		status = make_tree(&flow, error);
	if (status == STATUS_OK)
		*flow_out = flow;
	else
		flow_release(&flow);
	return status;
}

void flow_release(struct flow *flow)
{
	for (size_t i = 0; i < flow->trace_count; i++)
		trace_drop(flow->traces[i]);
	arena_release(&flow->arena);
	*flow = (struct flow){0};
}
