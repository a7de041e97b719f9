#include "processor/sampled_traces.h"

#include <stdlib.h>

#include "base/hash.h"

enum { FIRST_CAPACITY = 1024, FIRST_NODE_CAPACITY = 256 };

void sampled_traces_init(struct sampled_traces *traces, size_t limit)
{
	*traces = (struct sampled_traces){.limit = limit};
}

void sampled_traces_release(struct sampled_traces *traces)
{
	free(traces->items);
	free(traces->parents);
	free(traces->is_kept);
	*traces = (struct sampled_traces){0};
}

static bool is_empty(const struct sampled_trace *trace)
{
	return trace->marks == 0 && trace->group == 0;
}

/* The trace's place, or the empty one where it would stand. */
static struct sampled_trace *place_of(const struct sampled_traces *traces,
				      const uint8_t trace_id[TRACE_ID_SIZE])
{
	size_t at = hash_seeded(trace_id, TRACE_ID_SIZE, hash_seed()) & traces->mask;

	while (!is_empty(&traces->items[at]) &&
	       memcmp(traces->items[at].trace_id, trace_id, TRACE_ID_SIZE) != 0)
		at = (at + 1) & traces->mask;
	return &traces->items[at];
}

struct sampled_trace *sampled_traces_find(const struct sampled_traces *traces,
					  const uint8_t trace_id[TRACE_ID_SIZE])
{
	struct sampled_trace *place = traces->items ? place_of(traces, trace_id) : NULL;

	return place && !is_empty(place) ? place : NULL;
}

/* Moves the traces seen since then to a table of capacity places, and forgets the others. */
static bool move_to(struct sampled_traces *traces, size_t capacity, uint32_t since)
{
	struct sampled_traces to = *traces;

	to.items = calloc(capacity, sizeof(*to.items));
	if (!to.items)
		return false;
	to.mask = capacity - 1;
	to.count = 0;
	for (size_t i = 0; traces->items && i <= traces->mask; i++) {
		const struct sampled_trace *trace = &traces->items[i];

		if (is_empty(trace) || trace->seen < since)
			continue;
		*place_of(&to, trace->trace_id) = *trace;
		to.count++;
	}
	free(traces->items);
	*traces = to;
	return true;
}

static bool has_room(struct sampled_traces *traces)
{
	if (traces->count >= traces->limit)
		return false;
	if (traces->items && traces->count * 2 <= traces->mask)
		return true;
	return move_to(traces, traces->items ? (traces->mask + 1) * 2 : FIRST_CAPACITY, 0);
}

/* The trace's place, which the caller makes other than empty. */
static struct sampled_trace *admit(struct sampled_traces *traces, const uint8_t trace_id[TRACE_ID_SIZE],
				   uint32_t seen)
{
	struct sampled_trace *trace = sampled_traces_find(traces, trace_id);

	if (!trace) {
		if (!has_room(traces))
			return NULL;
		trace = place_of(traces, trace_id);
		memcpy(trace->trace_id, trace_id, TRACE_ID_SIZE);
		traces->count++;
	}
	trace->seen = seen;
	return trace;
}

struct sampled_trace *sampled_traces_mark(struct sampled_traces *traces,
					  const uint8_t trace_id[TRACE_ID_SIZE], uint16_t marks,
					  uint32_t seen)
{
	struct sampled_trace *trace = admit(traces, trace_id, seen);

	if (trace)
		trace->marks |= marks;
	return trace;
}

static uint32_t root_of(const struct sampled_traces *traces, uint32_t node)
{
	while (traces->parents[node] != node) {
		traces->parents[node] = traces->parents[traces->parents[node]];
		node = traces->parents[node];
	}
	return node;
}

static bool grow_nodes(struct sampled_traces *traces)
{
	size_t capacity = traces->node_capacity ? traces->node_capacity * 2 : FIRST_NODE_CAPACITY;
	uint32_t *parents;
	bool *is_kept;

	if (traces->node_count < traces->node_capacity)
		return true;
	parents = realloc(traces->parents, capacity * sizeof(*parents));
	if (!parents)
		return false;
	traces->parents = parents;
	is_kept = realloc(traces->is_kept, capacity * sizeof(*is_kept));
	if (!is_kept)
		return false;
	traces->is_kept = is_kept;
	traces->node_capacity = capacity;
	return true;
}

/* A group of its own. */
static bool give_group(struct sampled_traces *traces, struct sampled_trace *trace)
{
	uint32_t node;

	if (trace->group)
		return true;
	if (!grow_nodes(traces))
		return false;
	if (traces->node_count == 0)
		traces->node_count = 1;
	node = (uint32_t)traces->node_count++;
	traces->parents[node] = node;
	traces->is_kept[node] = false;
	trace->group = node;
	return true;
}

static uint32_t group_of(struct sampled_traces *traces, const uint8_t trace_id[TRACE_ID_SIZE], uint32_t seen)
{
	struct sampled_trace *trace = admit(traces, trace_id, seen);

	if (!trace)
		return 0;
	if (!give_group(traces, trace)) {
		traces->count -= is_empty(trace);
		return 0;
	}
	return root_of(traces, trace->group);
}

bool sampled_traces_join(struct sampled_traces *traces, const uint8_t a[TRACE_ID_SIZE],
			 const uint8_t b[TRACE_ID_SIZE], uint32_t seen)
{
	uint32_t x = group_of(traces, a, seen), y = x ? group_of(traces, b, seen) : 0;

	if (!x || !y)
		return false;
	traces->is_kept[x] |= traces->is_kept[y];
	traces->parents[y] = x;
	return true;
}

bool sampled_traces_group_is_kept(const struct sampled_traces *traces, const struct sampled_trace *trace)
{
	return trace->group && traces->is_kept[root_of(traces, trace->group)];
}

void sampled_traces_keep_group(struct sampled_traces *traces, const struct sampled_trace *trace)
{
	if (trace->group)
		traces->is_kept[root_of(traces, trace->group)] = true;
}

/* Numbers the groups that are left anew. */
static bool renumber_groups(struct sampled_traces *traces)
{
	uint32_t *numbers = calloc(traces->node_count, sizeof(*numbers));
	bool *is_kept = calloc(traces->node_count, sizeof(*is_kept));
	size_t count = 1;

	if (!numbers || !is_kept) {
		free(numbers);
		free(is_kept);
		return false;
	}
	for (size_t i = 0; traces->items && i <= traces->mask; i++) {
		struct sampled_trace *trace = &traces->items[i];
		uint32_t root = trace->group ? root_of(traces, trace->group) : 0;

		if (!root)
			continue;
		if (!numbers[root])
			numbers[root] = (uint32_t)count++;
		trace->group = numbers[root];
		is_kept[numbers[root]] = traces->is_kept[root];
	}
	for (size_t i = 0; i < count; i++) {
		traces->parents[i] = (uint32_t)i;
		traces->is_kept[i] = is_kept[i];
	}
	traces->node_count = count;
	free(numbers);
	free(is_kept);
	return true;
}

bool sampled_traces_forget(struct sampled_traces *traces, uint32_t since)
{
	size_t left = 0, capacity = FIRST_CAPACITY;

	for (size_t i = 0; traces->items && i <= traces->mask; i++)
		left += !is_empty(&traces->items[i]) && traces->items[i].seen >= since;
	while (capacity < left * 2 + 2)
		capacity *= 2;
	if (!move_to(traces, capacity, since))
		return false;
	return traces->node_count == 0 || renumber_groups(traces);
}
