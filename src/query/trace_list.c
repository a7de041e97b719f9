#include <stdlib.h>

#include "query/insides.h"
#include "query/trace.h"

/* The state of one walk over the hits of a search. */
struct walk {
	struct query *query;
	const struct span_filter *filter; /* as the store is asked */
	uint64_t filter_hash;             /* of the question */
	bool without_errors;
	struct trace_page page;
	struct trace_list *list;
	size_t examined;
	uint64_t tired_ns; /* clock_monotonic_ns when it has looked long enough */
	bool ended;        /* the store has no more */
};

static bool copy_str(struct arena *arena, struct str *s)
{
	*s = arena_copy(arena, *s);
	return s->data != NULL;
}

/* The summary's strings lie in the trace, which may be gone before the list is. */
static bool add_summary(struct trace_list *list, const struct trace_summary *from)
{
	struct trace_summary *to = &list->summaries[list->count];
	struct arena *arena = &list->arena;
	struct str *services = arena_alloc(arena, from->service_count * sizeof(*services));

	*to = *from;
	if (!services || !copy_str(arena, &to->name) || !copy_str(arena, &to->handler_name) ||
	    !copy_str(arena, &to->language))
		return false;
	for (size_t i = 0; i < from->service_count; i++) {
		services[i] = from->services[i];
		if (!copy_str(arena, &services[i]))
			return false;
	}
	to->services = services;
	list->count++;
	return true;
}

static bool add_giant(struct trace_list *list, const struct trace_hit *hit)
{
	struct trace_summary summary = {
		.name = str_from("(too large to show)"),
		.start_ns = hit->position_ns,
		.end_ns = hit->position_ns,
	};

	memcpy(summary.trace_id, hit->trace_id, TRACE_ID_SIZE);
	return add_summary(list, &summary);
}

static enum status examine(struct walk *walk, const struct trace_hit *hit, struct error *error)
{
	const struct trace *trace;
	enum status status = trace_get(walk->query, hit->trace_id, &trace, error);
	bool added = true;

	walk->page.after = *hit;
	walk->page.has_after = true;
	walk->examined++;
	if (status == STATUS_NOT_FOUND) /* forgotten between the search and now */
		return STATUS_OK;
	if (status == STATUS_TOO_LARGE) {
		added = add_giant(walk->list, hit);
	} else if (status != STATUS_OK) {
		return status;
	} else {
		if (!walk->without_errors || trace->summary.outcome == OUTCOME_SUCCESS)
			added = add_summary(walk->list, &trace->summary);
		trace_drop(trace);
	}
	return added ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "no memory for a list of traces");
}

/* One more than is wanted is asked for, to know whether there is a page after this one. */
static enum status walk_on(struct walk *walk, struct trace_hit *hits, size_t wanted, struct error *error)
{
	uint64_t snapshot = walk->page.snapshot;
	size_t hit_count = 0;
	enum status status;

	walk->page.limit = wanted + 1;
	status = store_find_traces(walk->query->store, walk->filter, &walk->page, hits, &hit_count, &snapshot,
				   error);
	if (status != STATUS_OK)
		return status;
	walk->page.snapshot = snapshot;
	walk->ended = hit_count <= wanted;
	if (hit_count > wanted)
		hit_count = wanted;
	for (size_t i = 0; i < hit_count && status == STATUS_OK; i++)
		status = examine(walk, &hits[i], error);
	return status;
}

static enum status walk_start(struct walk *walk, struct span_filter *filter, struct str cursor_text,
			      struct error *error)
{
	struct cursor cursor;
	enum status status;

	if (cursor_text.size == 0)
		return STATUS_OK;
	status = cursor_decode(CURSOR_TRACES, cursor_text, walk->filter_hash, &cursor, error);
	if (status != STATUS_OK)
		return status;
	filter->range = cursor.range;
	walk->page.has_after = true;
	walk->page.after.position_ns = cursor.position_ns;
	memcpy(walk->page.after.trace_id, cursor.trace_id, TRACE_ID_SIZE);
	walk->page.snapshot = cursor.snapshot;
	return STATUS_OK;
}

static void write_cursor(const struct walk *walk)
{
	struct cursor cursor = {
		.range = walk->filter->range,
		.filter_hash = walk->filter_hash,
		.snapshot = walk->page.snapshot,
		.position_ns = walk->page.after.position_ns,
	};

	memcpy(cursor.trace_id, walk->page.after.trace_id, TRACE_ID_SIZE);
	cursor_encode(CURSOR_TRACES, &cursor, walk->list->next_cursor);
}

static bool goes_on(const struct walk *walk, size_t limit)
{
	return !walk->ended && walk->list->count < limit &&
	       (walk->examined == 0 ||
		(walk->examined < TRACE_LIST_EXAMINED_MOST && clock_monotonic_ns() < walk->tired_ns));
}

static enum status walk_all(struct walk *walk, size_t limit, struct error *error)
{
	struct trace_hit *hits = malloc((limit + 1) * sizeof(*hits));
	enum status status = STATUS_OK;

	walk->list->summaries = arena_alloc(&walk->list->arena, limit * sizeof(*walk->list->summaries));
	if (!hits || !walk->list->summaries)
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a list of %zu traces", limit);
	while (status == STATUS_OK && goes_on(walk, limit))
		status = walk_on(walk, hits, limit - walk->list->count, error);
	free(hits);
	return status;
}

static bool is_listed(const struct trace_list *list, const uint8_t trace_id[TRACE_ID_SIZE])
{
	for (size_t i = 0; i < list->count; i++)
		if (memcmp(list->summaries[i].trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return true;
	return false;
}

static enum status add_trace_of(struct query *query, const struct span *span, struct trace_list *list,
				struct error *error)
{
	const struct trace *trace;
	enum status status;
	bool added;

	if (is_listed(list, span->trace_id))
		return STATUS_OK;
	status = trace_get(query, span->trace_id, &trace, error);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND || status == STATUS_TOO_LARGE ? STATUS_OK : status;
	added = add_summary(list, &trace->summary);
	trace_drop(trace);
	return added ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "no memory for a list of traces");
}

/* The traces in which a span that meets the filter is running or lost. The store knows nothing of those. */
static enum status list_running(struct query *query, const struct trace_query *question,
				struct trace_list *list, struct error *error)
{
	enum status status = STATUS_OK;
	struct batch spans;

	list->summaries = arena_alloc(&list->arena, question->limit * sizeof(*list->summaries));
	if (!list->summaries)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a list of traces");
	batch_init(&spans, PAGE_LIMIT_BYTES);
	if (query->running)
		status = running_list(query->running, &question->filter, RUNNING_MOST, &spans, NULL, error);
	for (size_t i = 0; i < spans.span_count && list->count < question->limit && status == STATUS_OK; i++)
		status = add_trace_of(query, &spans.spans[i], list, error);
	batch_release(&spans);
	return status;
}

enum status trace_list(struct query *query, const struct trace_query *question, struct trace_list *list_out,
		       struct error *error)
{
	struct span_filter filter = question->filter;
	struct trace_list list = {0};
	struct walk walk = {.query = query,
			    .filter = &filter,
			    .filter_hash = span_filter_hash(&filter),
			    .without_errors = filter.outcome == OUTCOME_SUCCESS,
			    .list = &list,
			    .tired_ns = clock_monotonic_ns() + TRACE_LIST_MS * NS_PER_MS};
	enum status status = walk_start(&walk, &filter, question->cursor, error);

	if (status != STATUS_OK)
		return status;
	/* Nearly every span succeeded: the store would sift them all to no end. */
	if (walk.without_errors)
		filter.outcome = FILTER_ANY;
	arena_init(&list.arena, PAGE_LIMIT_BYTES);
	walk.ended = filter.outcome == OUTCOME_RUNNING || filter.outcome == OUTCOME_LOST;
	status = walk.ended ? list_running(query, question, &list, error)
			    : walk_all(&walk, question->limit, error);
	if (status != STATUS_OK) {
		trace_list_release(&list);
		return status;
	}
	if (!walk.ended)
		write_cursor(&walk);
	*list_out = list;
	return STATUS_OK;
}

void trace_list_release(struct trace_list *list)
{
	arena_release(&list->arena);
	memset(list, 0, sizeof(*list));
}
