#include <stdlib.h>

#include "base/hash.h"
#include "storage/columns/builder_internal.h"
#include "storage/columns/radix.h"
#include "storage/columns/span_schema.h"
#include "storage/columns/value_filter.h"

enum { SPANS = 0, EVENTS = 1, LINKS = 2, CLASSES = 3, TABLE_COUNT = 4 };
/* Up to here looking through the trace is quicker than a table of its ids. */
enum { SHORT_TRACE = 32 };

/* Spans that stand together in the input and share a trace. */
struct run {
	uint64_t high, low; /* the trace id, as big-endian numbers */
	size_t first, count;
};

static uint64_t load_big_endian(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return __builtin_bswap64(value);
}

static size_t find_runs(const struct span **spans, size_t count, struct run *runs)
{
	size_t run_count = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t high = load_big_endian(spans[i]->trace_id);
		uint64_t low = load_big_endian(spans[i]->trace_id + 8);
		struct run *last = run_count ? &runs[run_count - 1] : NULL;

		if (last && last->high == high && last->low == low)
			last->count++;
		else
			runs[run_count++] = (struct run){high, low, i, 1};
	}
	return run_count;
}

/* qsort may change the order of equals; the address decides, so that a block does not depend on it. */
static int compare_starts(const void *a, const void *b)
{
	const struct span *x = *(const struct span *const *)a, *y = *(const struct span *const *)b;

	if (x->start_ns != y->start_ns)
		return x->start_ns > y->start_ns ? 1 : -1;
	return (x > y) - (x < y);
}

static void sort_by_start(const struct span **spans, size_t count)
{
	if (count > SHORT_TRACE) {
		qsort(spans, count, sizeof(*spans), compare_starts);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		const struct span *span = spans[i];
		size_t j = i;

		for (; j > 0 && spans[j - 1]->start_ns > span->start_ns; j--)
			spans[j] = spans[j - 1];
		spans[j] = span;
	}
}

/* Runs of ids whose first halves are equal: by their second halves. */
static void sort_by_low(const struct run *runs, struct radix_item *order, struct radix_item *scratch,
			size_t count)
{
	for (size_t first = 0, end; first < count; first = end) {
		for (end = first + 1; end < count && order[end].key == order[first].key; end++)
			;
		if (end - first == 1)
			continue;
		for (size_t i = first; i < end; i++)
			order[i].key = runs[order[i].value].low;
		radix_sort(order + first, scratch, end - first);
	}
}

/*
 * Sorts by trace; put_trace sorts by start. Spans of a trace mostly arrive together, so runs are sorted, not
 * spans, and mostly the first half of an id tells them apart.
 */
static bool sort_spans(struct block_builder *builder, const struct span **spans, size_t count)
{
	struct run *runs = arena_alloc(&builder->scratch, count * sizeof(*runs));
	const struct span **sorted = arena_alloc(&builder->scratch, count * sizeof(*sorted));
	size_t run_count = runs ? find_runs(spans, count, runs) : 0, at = 0;
	struct radix_item *order = arena_alloc(&builder->scratch, run_count * 2 * sizeof(*order));

	if (!runs || !sorted || !order)
		return false;
	for (size_t i = 0; i < run_count; i++)
		order[i] = (struct radix_item){runs[i].high, i};
	radix_sort(order, order + run_count, run_count);
	sort_by_low(runs, order, order + run_count, run_count);
	for (size_t i = 0; i < run_count; i++) {
		const struct run *run = &runs[order[i].value];

		memcpy(sorted + at, spans + run->first, run->count * sizeof(*sorted));
		at += run->count;
	}
	memcpy(spans, sorted, count * sizeof(*spans));
	return true;
}

static void put_events(struct block_builder *builder, const struct span *span)
{
	struct table_writer *table = &builder->tables[EVENTS];
	uint32_t hint = SHAPE_UNKNOWN;

	for (uint32_t i = 0; i < span->event_count; i++) {
		const struct span_event *event = &span->events[i];

		table_put_magnitude(table, EVENT_TIME,
				    zigzag_encode((int64_t)(event->time_ns - span->start_ns)));
		table_put_string(table, EVENT_NAME, event->name);
		hint = attribute_writer_push(&table->attributes, &event->attributes, hint);
	}
}

static void put_links(struct block_builder *builder, const struct span *span)
{
	struct table_writer *table = &builder->tables[LINKS];
	uint32_t hint = SHAPE_UNKNOWN;

	for (uint32_t i = 0; i < span->link_count; i++) {
		const struct span_link *link = &span->links[i];

		table_put_number(table, LINK_FLAGS, link->flags);
		table_put_string(table, LINK_TRACE_STATE, link->trace_state);
		table_put_random(table, LINK_TRACE_ID, link->trace_id, TRACE_ID_SIZE);
		table_put_random(table, LINK_SPAN_ID, link->span_id, SPAN_ID_SIZE);
		hint = attribute_writer_push(&table->attributes, &link->attributes, hint);
	}
}

/* The attributes' keys follow from the span's class more often than from anything else. */
static void put_class_and_attributes(struct block_builder *builder, const struct span *span)
{
	struct table_writer *table = &builder->tables[SPANS];
	uint32_t resource = origin_resource_code(&builder->origin, span->resource);
	uint32_t scope = origin_scope_code(&builder->origin, span->scope);
	uint32_t class = span_classes_code(&builder->classes, span, resource, scope);
	uint32_t hint = builder_hint(builder, class), shape;

	table_put_number(table, SPAN_CLASS, class);
	shape = attribute_writer_push(&table->attributes, &span->attributes, hint);
	if (shape != hint)
		builder_set_hint(builder, class, shape);
}

static void put_span(struct block_builder *builder, const struct span *span)
{
	struct table_writer *table = &builder->tables[SPANS];

	table_put_random(table, SPAN_ID, span->span_id, SPAN_ID_SIZE);
	table_put_magnitude(table, SPAN_DURATION, zigzag_encode((int64_t)(span->end_ns - span->start_ns)));
	table_put_number(table, SPAN_EVENT_COUNT, span->event_count);
	table_put_number(table, SPAN_LINK_COUNT, span->link_count);
	table_put_number(table, SPAN_DROPPED_EVENTS, span->dropped_event_count);
	table_put_number(table, SPAN_DROPPED_LINKS, span->dropped_link_count);
	table_put_string(table, SPAN_TRACE_STATE, span->trace_state);
	table_put_string(table, SPAN_STATUS_MESSAGE, span->status_message);
	put_class_and_attributes(builder, span);
	put_events(builder, span);
	put_links(builder, span);
}

/* A trace's span ids by hash, for traces too long to look through. Slots hold index + 1. */
struct id_table {
	uint32_t *slots;
	size_t mask;
};

static size_t id_slot(const struct id_table *ids, const uint8_t *id)
{
	return hash_seeded(id, SPAN_ID_SIZE, hash_seed()) & ids->mask;
}

static bool id_table_fill(struct id_table *ids, struct arena *arena, const struct span **trace, size_t count)
{
	size_t slot_count = 64;

	while (slot_count < count * 2)
		slot_count *= 2;
	ids->mask = slot_count - 1;
	ids->slots = arena_calloc(arena, slot_count, sizeof(*ids->slots));
	if (!ids->slots)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t slot = id_slot(ids, trace[i]->span_id);

		while (ids->slots[slot] &&
		       memcmp(trace[ids->slots[slot] - 1]->span_id, trace[i]->span_id, SPAN_ID_SIZE) != 0)
			slot = (slot + 1) & ids->mask;
		ids->slots[slot] = (uint32_t)i + 1;
	}
	return true;
}

static size_t id_table_find(const struct id_table *ids, const struct span **trace, size_t count,
			    const uint8_t *id)
{
	size_t slot = id_slot(ids, id);

	for (; ids->slots[slot]; slot = (slot + 1) & ids->mask)
		if (memcmp(trace[ids->slots[slot] - 1]->span_id, id, SPAN_ID_SIZE) == 0)
			return ids->slots[slot] - 1;
	return count;
}

static size_t find_in_trace(const struct span **trace, size_t count, const uint8_t *id)
{
	uint64_t wanted = load_big_endian(id);

	for (size_t i = 0; i < count; i++)
		if (load_big_endian(trace[i]->span_id) == wanted)
			return i;
	return count;
}

static void put_parents(struct block_builder *builder, const struct span **trace, size_t count)
{
	struct table_writer *table = &builder->tables[SPANS];
	struct id_table ids = {0};

	if (count > SHORT_TRACE && !id_table_fill(&ids, &builder->scratch, trace, count)) {
		builder->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const uint8_t *parent = trace[i]->parent_span_id;
		size_t at;

		if (span_is_root(trace[i])) {
			table_put_number(table, SPAN_PARENT, 0);
			continue;
		}
		at = ids.slots ? id_table_find(&ids, trace, count, parent)
			       : find_in_trace(trace, count, parent);
		table_put_number(table, SPAN_PARENT, at < count ? at + 2 : 1);
		if (at == count)
			table_put_random(table, SPAN_OUTER_PARENT, parent, SPAN_ID_SIZE);
	}
}

static void put_trace(struct block_builder *builder, const struct span **trace, size_t count)
{
	struct table_writer *table = &builder->tables[SPANS];
	uint64_t before_ns;

	sort_by_start(trace, count);
	table_put_random(table, SPAN_TRACE_ID, trace[0]->trace_id, TRACE_ID_SIZE);
	table_put_number(table, SPAN_RUN_LENGTH, count);
	table_put_number(table, SPAN_RUN_START, trace[0]->start_ns);
	vector_u32_push(&builder->traces, header_trace_hash(trace[0]->trace_id));
	before_ns = trace[0]->start_ns;
	for (size_t i = 0; i < count; i++) {
		table_put_magnitude(table, SPAN_START_DELTA, trace[i]->start_ns - before_ns);
		before_ns = trace[i]->start_ns;
		put_span(builder, trace[i]);
		builder_note_row(builder, trace[i]);
	}
	put_parents(builder, trace, count);
}

/* So that a reader knows where a span's events, links and outer parent lie without counting from the first. */
static void put_marks(struct table_writer *table, size_t count)
{
	const uint64_t *events = table->numbers[SPAN_EVENT_COUNT].items;
	const uint64_t *links = table->numbers[SPAN_LINK_COUNT].items;
	const uint64_t *parents = table->numbers[SPAN_PARENT].items;

	for (size_t first = 0, end; first < count; first = end) {
		uint64_t event_count = 0, link_count = 0, outer_count = 0;

		end = first + MARK_ROWS < count ? first + MARK_ROWS : count;
		for (size_t i = first; i < end; i++) {
			event_count += events[i];
			link_count += links[i];
			outer_count += parents[i] == 1;
		}
		table_put_number(table, SPAN_EVENT_MARKS, event_count);
		table_put_number(table, SPAN_LINK_MARKS, link_count);
		table_put_number(table, SPAN_OUTER_MARKS, outer_count);
	}
}

/* So that a block says without its links being read which traces it has no link to. */
static void put_link_filter(struct table_writer *table)
{
	const struct buffer *ids = &table->random[LINK_TRACE_ID - FIRST_RANDOM_FIELD];
	struct buffer *out = &table->random[LINK_TRACE_FILTER - FIRST_RANDOM_FIELD];
	size_t count = ids->size / TRACE_ID_SIZE, size = value_filter_size(count);
	char *filter;

	if (count < LINKS_FILTERED)
		return;
	filter = buffer_reserve(out, size);
	if (!filter)
		return;
	memset(filter, 0, size);
	for (size_t i = 0; i < count; i++)
		value_filter_add(filter, size, str_make(ids->data + i * TRACE_ID_SIZE, TRACE_ID_SIZE));
	out->size += size;
}

static void note_span(struct block_header *header, const struct span *span)
{
	uint64_t duration_ns = span_duration_ns(span);

	header->first_ns = span->start_ns < header->first_ns ? span->start_ns : header->first_ns;
	header->last_ns = span->start_ns > header->last_ns ? span->start_ns : header->last_ns;
	header->min_duration_ns =
		duration_ns < header->min_duration_ns ? duration_ns : header->min_duration_ns;
	header->max_duration_ns =
		duration_ns > header->max_duration_ns ? duration_ns : header->max_duration_ns;
}

static void note_class(struct block_header *header, const struct handler *handler)
{
	header->outcomes |= (uint32_t)1 << (handler->outcome & 31);
	if (handler->role == ROLE_EXECUTION)
		header->handler_types |= (uint32_t)1 << (handler->type & 31);
}

static void add_span_terms(struct block_builder *builder, struct block_header *header)
{
	const struct strings_builder *strings = builder->tables[CLASSES].strings;

	builder_add_services(builder, header);
	builder_add_terms(builder, TERM_HANDLER, &strings[CLASS_HANDLER_NAME - FIRST_STRINGS_FIELD], header);
	builder_add_terms(builder, TERM_LANGUAGE, &strings[CLASS_LANGUAGE - FIRST_STRINGS_FIELD], header);
	builder_add_terms(builder, TERM_OPERATION, &strings[CLASS_NAME - FIRST_STRINGS_FIELD], header);
}

enum status block_build_spans(struct block_builder *builder, const struct span **spans, size_t count,
			      struct buffer *body, struct block_header *header_out, struct error *error)
{
	static const uint8_t ids[TABLE_COUNT] = {TABLE_SPANS, TABLE_SPAN_EVENTS, TABLE_SPAN_LINKS,
						 TABLE_SPAN_CLASSES};
	struct table_writer *table = &builder->tables[SPANS];
	struct block_header header = {.signal = SIGNAL_TRACES,
				      .row_count = count,
				      .has_all_terms = true,
				      .first_ns = UINT64_MAX,
				      .min_duration_ns = UINT64_MAX};
	size_t trace_count = 0, end;

	builder->failed = !sort_spans(builder, spans, count);
	for (size_t first = 0; first < count && !builder->failed; first = end, trace_count++) {
		for (end = first + 1; end < count; end++)
			if (memcmp(spans[end]->trace_id, spans[first]->trace_id, TRACE_ID_SIZE) != 0)
				break;
		put_trace(builder, spans + first, end - first);
	}
	for (size_t i = 0; i < count; i++)
		note_span(&header, spans[i]);
	for (size_t i = 0; i < builder->classes.entries.count; i++)
		note_class(&header, &builder->classes.entries.items[i].span->handler);
	span_classes_put(&builder->classes, &builder->tables[CLASSES]);
	if (!builder->failed && !table_writer_failed(table))
		put_marks(table, count);
	put_link_filter(&builder->tables[LINKS]);
	table_put_number(table, SPAN_CLASS_COUNT, builder->classes.entries.count);
	table_put_number(table, SPAN_TRACE_COUNT, trace_count);
	table_put_number(table, SPAN_OUTER_COUNT,
			 table->random[SPAN_OUTER_PARENT - FIRST_RANDOM_FIELD].size / SPAN_ID_SIZE);
	add_span_terms(builder, &header);
	*header_out = header;
	return builder_seal(builder, ids, TABLE_COUNT, body, header_out, error);
}
