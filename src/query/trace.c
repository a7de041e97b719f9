#include "query/trace.h"

#include <stdlib.h>

#include "query/insides.h"

static void trace_free(struct trace *trace)
{
	batch_release(&trace->batch);
	free(trace);
}

void trace_drop(const struct trace *trace)
{
	/* The references alone change; everything that others read stays as it is. */
	struct trace *owned = (struct trace *)trace;

	if (owned && __atomic_sub_fetch(&owned->references, 1, __ATOMIC_ACQ_REL) == 0)
		trace_free(owned);
}

static int by_span_id(const void *a, const void *b, void *spans)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = memcmp(((struct span *)spans)[left].span_id, ((struct span *)spans)[right].span_id,
			   SPAN_ID_SIZE);

	return order ? order : (left > right) - (left < right);
}

static uint32_t *index_make(struct batch *batch)
{
	uint32_t *index = arena_alloc(&batch->arena, batch->span_count * sizeof(*index));

	if (!index)
		return NULL;
	for (size_t i = 0; i < batch->span_count; i++)
		index[i] = (uint32_t)i;
	qsort_r(index, batch->span_count, sizeof(*index), by_span_id, batch->spans);
	return index;
}

static bool is_same(const struct span *a, const struct span *b)
{
	return a->start_ns == b->start_ns && a->end_ns == b->end_ns && a->kind == b->kind &&
	       str_equal(a->name, b->name);
}

enum { KIND_DROPPED = 0xff, REPETITIONS_SOUGHT = 8 };

/* Whether one of the spans before it, of those with its id, is the same. They stand side by side in index. */
static bool is_repeated(const struct span *spans, const uint32_t *index, size_t at)
{
	const struct span *span = &spans[index[at]];

	for (size_t back = 1; back <= at && back <= REPETITIONS_SOUGHT; back++) {
		const struct span *other = &spans[index[at - back]];

		if (memcmp(other->span_id, span->span_id, SPAN_ID_SIZE) != 0)
			return false;
		if (is_same(other, span))
			return true;
	}
	return false;
}

/* A sender that got no answer sends again, and the store keeps both. False where nothing is there twice. */
static bool drop_repetitions(struct batch *batch, const uint32_t *index)
{
	size_t kept = 0, before = batch->span_count;

	/* From the back: a span is compared with earlier ones, which must still be as they were. */
	for (size_t i = before; i-- > 1;)
		if (is_repeated(batch->spans, index, i))
			batch->spans[index[i]].kind = KIND_DROPPED;
	for (size_t i = 0; i < before; i++)
		if (batch->spans[i].kind != KIND_DROPPED)
			batch->spans[kept++] = batch->spans[i];
	batch->span_count = kept;
	return kept < before;
}

static size_t find_index(const struct trace *trace, const uint8_t span_id[SPAN_ID_SIZE])
{
	size_t low = 0, high = trace->batch.span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(trace->batch.spans[trace->by_id[middle]].span_id, span_id, SPAN_ID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct span *trace_find_span(const struct trace *trace, const uint8_t span_id[SPAN_ID_SIZE])
{
	size_t at = find_index(trace, span_id);
	const struct span *span;

	if (at == trace->batch.span_count)
		return NULL;
	span = &trace->batch.spans[trace->by_id[at]];
	return memcmp(span->span_id, span_id, SPAN_ID_SIZE) == 0 ? span : NULL;
}

const struct span *trace_find_execution(const struct trace *trace, const uint8_t span_id[SPAN_ID_SIZE])
{
	const struct span *span = trace_find_span(trace, span_id);

	/* Foreign parents may go round in a circle: no line is longer than the trace. */
	for (size_t steps = trace->batch.span_count; span && steps; steps--) {
		if (span->handler.role == ROLE_EXECUTION)
			return span;
		span = span_is_root(span) ? NULL : trace_find_span(trace, span->parent_span_id);
	}
	return NULL;
}

static void add_service(struct trace_summary *summary, struct str *services, const struct resource *resource)
{
	struct str service = resource_service(resource);

	if (service.size == 0 || summary->service_count == SUMMARY_SERVICE_LIMIT)
		return;
	for (size_t i = 0; i < summary->service_count; i++)
		if (str_equal(services[i], service))
			return;
	services[summary->service_count++] = service;
}

static void summarise_span(struct trace_summary *summary, const struct span *span, bool *has_root,
			   bool *has_execution)
{
	summary->start_ns = span->start_ns < summary->start_ns ? span->start_ns : summary->start_ns;
	summary->end_ns = span->end_ns > summary->end_ns ? span->end_ns : summary->end_ns;
	if (span->handler.outcome == OUTCOME_ERROR)
		summary->error_count++;
	/* Of two outcomes the one that is worse to hear of. */
	if (summary->outcome != OUTCOME_ERROR && span->handler.outcome != OUTCOME_SUCCESS &&
	    (span->handler.outcome == OUTCOME_ERROR || span->handler.outcome > summary->outcome))
		summary->outcome = span->handler.outcome;
	if (!*has_root && span_is_root(span)) {
		*has_root = true;
		summary->name = span->name;
	}
	if (!*has_execution && span->handler.role == ROLE_EXECUTION) {
		*has_execution = true;
		summary->handler_name = span->handler.name;
		summary->handler_type = span->handler.type;
		summary->language = span->handler.language;
	}
}

static bool summarise(struct trace *trace)
{
	struct trace_summary *summary = &trace->summary;
	const struct span *spans = trace->batch.spans;
	struct str *services = arena_alloc(&trace->batch.arena, SUMMARY_SERVICE_LIMIT * sizeof(*services));
	const struct span *orphan = NULL; /* the earliest whose parent is not here */
	bool has_root = false, has_execution = false;

	if (!services)
		return false;
	summary->services = services;
	summary->span_count = trace->batch.span_count;
	summary->start_ns = UINT64_MAX;
	for (size_t i = 0; i < summary->span_count; i++) {
		if (i == 0 || spans[i].resource != spans[i - 1].resource)
			add_service(summary, services, spans[i].resource);
		summarise_span(summary, &spans[i], &has_root, &has_execution);
		if (!orphan && !span_is_root(&spans[i]) && !trace_find_span(trace, spans[i].parent_span_id))
			orphan = &spans[i];
	}
	/* Clocks differ, so that a child may seem to start before its parent; one without the other is a
	 * circle. */
	if (!has_root)
		summary->name = orphan ? orphan->name : spans[0].name;
	if (summary->end_ns < summary->start_ns)
		summary->end_ns = summary->start_ns;
	summary->complete = has_root && !orphan;
	return true;
}

static bool assemble(struct trace *trace)
{
	uint32_t *index = index_make(&trace->batch);

	if (index && drop_repetitions(&trace->batch, index))
		index = index_make(&trace->batch);
	trace->by_id = index;
	return index && summarise(trace);
}

/* Most traces are small: a cache of them has no room for the places that a batch keeps ready. */
static void trim(struct batch *batch)
{
	struct span *moved =
		batch->span_count ? realloc(batch->spans, batch->span_count * sizeof(*moved)) : NULL;

	if (!moved)
		return;
	batch->spans = moved;
	batch->span_capacity = batch->span_count;
}

static bool has_span(const struct span *spans, size_t count, const uint8_t span_id[SPAN_ID_SIZE])
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(spans[i].span_id, span_id, SPAN_ID_SIZE) == 0)
			return true;
	return false;
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

/* What has started and not ended, unless its end has just arrived. */
static enum status add_running(struct running *running, struct trace *trace, struct error *error)
{
	struct batch *batch = &trace->batch;
	size_t ended = batch->span_count, kept = ended;
	enum status status = running_read_trace(running, trace->summary.trace_id, batch, error);

	for (size_t i = ended; i < batch->span_count; i++)
		if (!has_span(batch->spans, ended, batch->spans[i].span_id))
			batch->spans[kept++] = batch->spans[i];
	batch->span_count = kept;
	trace->is_open = kept > ended;
	if (trace->is_open)
		qsort(batch->spans, kept, sizeof(*batch->spans), by_start);
	return status;
}

/* A trace without spans stands for one that is not there: that too is worth keeping. */
static enum status trace_read(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE],
			      struct trace **trace_out, struct error *error)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	enum status status;

	if (!trace)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a trace");
	trace->references = 1;
	memcpy(trace->summary.trace_id, trace_id, TRACE_ID_SIZE);
	batch_init(&trace->batch, TRACE_LIMIT_BYTES);
	status = store_read_trace(query->store, trace_id, &trace->batch, error);
	if (query->running && (status == STATUS_OK || status == STATUS_NOT_FOUND))
		status = add_running(query->running, trace, error);
	if (status == STATUS_OK && trace->batch.span_count && !assemble(trace))
		status = STATUS_NO_MEMORY;
	if (status == STATUS_NO_MEMORY)
		status = error_set(error, STATUS_TOO_LARGE, "the trace takes more than %zu MB of memory",
				   TRACE_LIMIT_BYTES >> 20);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND) {
		trace_free(trace);
		return status;
	}
	trim(&trace->batch);
	trace->size_bytes = sizeof(*trace) + trace->batch.arena.used_bytes +
			    trace->batch.span_capacity * sizeof(struct span);
	*trace_out = trace;
	return STATUS_OK;
}

enum status trace_get(struct query *query, const uint8_t trace_id[TRACE_ID_SIZE],
		      const struct trace **trace_out, struct error *error)
{
	uint32_t ticket = 0;
	const struct trace *trace = trace_cache_find(query->cache, trace_id, &ticket);
	char hex[2 * TRACE_ID_SIZE];

	if (!trace) {
		struct trace *read = NULL;
		enum status status = trace_read(query, trace_id, &read, error);

		if (status != STATUS_OK)
			return status;
		if (!read->is_open)
			trace_cache_keep(query->cache, read, ticket);
		trace = read;
	}
	if (trace->batch.span_count) {
		*trace_out = trace;
		return STATUS_OK;
	}
	trace_drop(trace);
	hex_encode(trace_id, TRACE_ID_SIZE, hex);
	return error_set(error, STATUS_NOT_FOUND, "no span of the trace %.*s is here", (int)sizeof(hex), hex);
}

bool trace_matches(const struct trace *trace, const struct span_filter *filter, bool ignore_range)
{
	struct span_filter span_filter = *filter;

	if (filter->outcome == OUTCOME_SUCCESS) {
		if (trace->summary.outcome != OUTCOME_SUCCESS)
			return false;
		span_filter.outcome = FILTER_ANY;
	}
	if (ignore_range)
		span_filter.range = TIME_RANGE_ALL;
	for (size_t i = 0; i < trace->batch.span_count; i++)
		if (span_filter_match(&span_filter, &trace->batch.spans[i]))
			return true;
	return false;
}
