#include "processor/pairs.h"

#include "base/hash.h"

bool pairs_init(struct pairs *pairs, struct batch *batch)
{
	*pairs = (struct pairs){.batch = batch};
	pairs->operations = arena_calloc(&batch->arena, batch->span_count, 1);
	return pairs->operations != NULL;
}

static size_t slot_of(const struct pairs *pairs, const uint8_t *trace_id, const uint8_t *span_id)
{
	uint8_t both[TRACE_ID_SIZE + SPAN_ID_SIZE];

	memcpy(both, trace_id, TRACE_ID_SIZE);
	memcpy(both + TRACE_ID_SIZE, span_id, SPAN_ID_SIZE);
	return (size_t)hash_seeded(both, sizeof(both), hash_seed()) & pairs->slot_mask;
}

/* The index of the noted span with these ids, or span_count. */
static size_t find(const struct pairs *pairs, const uint8_t *trace_id, const uint8_t *span_id)
{
	for (size_t at = slot_of(pairs, trace_id, span_id); pairs->slots[at];
	     at = (at + 1) & pairs->slot_mask) {
		const struct span *span = &pairs->batch->spans[pairs->slots[at] - 1];

		if (memcmp(span->span_id, span_id, SPAN_ID_SIZE) == 0 &&
		    memcmp(span->trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return pairs->slots[at] - 1;
	}
	return pairs->batch->span_count;
}

static bool has_operation(const struct pairs *pairs, size_t index, enum operation operation)
{
	return index < pairs->batch->span_count && pairs->operations[index] == operation;
}

static bool build_table(struct pairs *pairs)
{
	size_t count = pairs->counts[OPERATION_RECEIVE] + pairs->counts[OPERATION_CREATE] +
		       pairs->counts[OPERATION_SEND];
	size_t slot_count = 8;

	while (slot_count < 2 * count)
		slot_count *= 2;
	pairs->slots = arena_calloc(&pairs->batch->arena, slot_count, sizeof(*pairs->slots));
	if (!pairs->slots)
		return false;
	pairs->slot_mask = slot_count - 1;
	for (size_t i = 0; i < pairs->batch->span_count; i++) {
		const struct span *span = &pairs->batch->spans[i];
		size_t at;

		if (pairs->operations[i] == OPERATION_NONE || pairs->operations[i] == OPERATION_PROCESS)
			continue;
		at = slot_of(pairs, span->trace_id, span->span_id);
		while (pairs->slots[at])
			at = (at + 1) & pairs->slot_mask;
		pairs->slots[at] = (uint32_t)(i + 1);
	}
	return true;
}

static size_t find_parent(const struct pairs *pairs, size_t index)
{
	const struct span *span = &pairs->batch->spans[index];

	return find(pairs, span->trace_id, span->parent_span_id);
}

static void drop_send(struct pairs *pairs, size_t index)
{
	struct handler *handler = &pairs->batch->spans[index].handler;

	if (handler->role == ROLE_PUBLISH)
		*handler = (struct handler){.outcome = handler->outcome};
}

static void drop_receive(struct pairs *pairs, size_t index)
{
	struct handler *handler = &pairs->batch->spans[index].handler;

	if (handler->role == ROLE_EXECUTION)
		handler->role = ROLE_RECEIVE;
}

static bool carries_created(const struct pairs *pairs, size_t index)
{
	const struct span *span = &pairs->batch->spans[index];

	if (span->kind == SPAN_CLIENT && span->link_count)
		return true;
	for (uint32_t i = 0; i < span->link_count; i++)
		if (has_operation(pairs, find(pairs, span->links[i].trace_id, span->links[i].span_id),
				  OPERATION_CREATE))
			return true;
	return has_operation(pairs, find_parent(pairs, index), OPERATION_CREATE);
}

static void resolve_span(struct pairs *pairs, size_t index)
{
	size_t parent;

	switch (pairs->operations[index]) {
	case OPERATION_PROCESS:
		parent = find_parent(pairs, index);
		if (has_operation(pairs, parent, OPERATION_RECEIVE))
			drop_receive(pairs, parent);
		break;
	case OPERATION_CREATE:
		parent = find_parent(pairs, index);
		if (has_operation(pairs, parent, OPERATION_SEND))
			drop_send(pairs, parent);
		break;
	case OPERATION_SEND:
		if (carries_created(pairs, index))
			drop_send(pairs, index);
		break;
	default: break;
	}
}

bool pairs_resolve(struct pairs *pairs)
{
	bool handled = pairs->counts[OPERATION_RECEIVE] && pairs->counts[OPERATION_PROCESS];

	if (!handled && !pairs->counts[OPERATION_SEND])
		return true;
	if (!build_table(pairs))
		return false;
	for (size_t i = 0; i < pairs->batch->span_count; i++)
		resolve_span(pairs, i);
	return true;
}
