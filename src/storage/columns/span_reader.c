#include "storage/columns/span_reader.h"

#include "storage/columns/builder_internal.h"
#include "storage/columns/span_internal.h"
#include "storage/columns/value_filter.h"

static enum status no_memory(size_t row_count, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to read a block of %zu spans", row_count);
}

/* Where each trace ends, which a damaged block must not place outside. */
static enum status open_runs(struct span_reader *reader, struct error *error)
{
	uint64_t end = 0;
	bool is_damaged = false;

	reader->run_ends = arena_alloc(reader->block.arena, reader->trace_count * sizeof(*reader->run_ends));
	if (!reader->run_ends)
		return no_memory(reader->block.row_count, error);
	for (size_t i = 0; i < reader->trace_count; i++) {
		uint64_t length = table_number(&reader->spans, SPAN_RUN_LENGTH, i);

		is_damaged |= length > reader->block.row_count - end;
		end = is_damaged ? reader->block.row_count : end + length;
		reader->run_ends[i] = (uint32_t)end;
	}
	if (is_damaged || end != reader->block.row_count)
		return error_set(error, STATUS_CORRUPT,
				 "the traces of a block do not add up to its %zu spans",
				 reader->block.row_count);
	return STATUS_OK;
}

static size_t run_first(const struct span_reader *reader, size_t run)
{
	return run ? reader->run_ends[run - 1] : 0;
}

/* Room for the starts, which are worked out trace by trace as they are needed. */
static enum status open_starts(struct span_reader *reader, struct error *error)
{
	struct arena *arena = reader->block.arena;

	reader->start_ns = arena_alloc(arena, reader->block.row_count * sizeof(*reader->start_ns));
	reader->has_starts = arena_calloc(arena, reader->trace_count, sizeof(*reader->has_starts));
	if (!reader->start_ns || !reader->has_starts)
		return no_memory(reader->block.row_count, error);
	return STATUS_OK;
}

/* A start is the trace's first start and the deltas up to the row. */
static enum status read_starts(struct span_reader *reader, size_t run, struct error *error)
{
	struct table_reader *spans = &reader->spans;
	size_t first = run_first(reader, run), count = reader->run_ends[run] - first;
	enum status status = table_need_numbers(spans, SPAN_RUN_START, run, 1, error);
	uint64_t at;

	if (status == STATUS_OK)
		status = table_need_magnitudes(spans, SPAN_START_DELTA, first, count, error);
	if (status != STATUS_OK)
		return status;
	at = table_number(spans, SPAN_RUN_START, run);
	for (size_t row = first; row < first + count; row++)
		reader->start_ns[row] = at += table_magnitude(spans, SPAN_START_DELTA, row);
	reader->has_starts[run] = true;
	return STATUS_OK;
}

static size_t run_of_row(const struct span_reader *reader, size_t row)
{
	size_t low = 0, high = reader->trace_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (reader->run_ends[middle] <= row)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum status span_reader_need_starts(struct span_reader *reader, size_t first, size_t count,
				    struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t run = run_of_row(reader, first); run < reader->trace_count && status == STATUS_OK;
	     run++) {
		if (run_first(reader, run) >= first + count)
			break;
		if (!reader->has_starts[run])
			status = read_starts(reader, run, error);
	}
	return status;
}

/* How many traces there are, and where each lies. */
enum status span_reader_open_traces(struct span_reader *reader, struct error *error)
{
	enum status status = table_open_numbers(&reader->spans, SPAN_TRACE_COUNT, 1, error);
	uint64_t count;

	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_TRACE_COUNT, 0, 1, error);
	if (status != STATUS_OK)
		return status;
	count = table_number(&reader->spans, SPAN_TRACE_COUNT, 0);
	if (count > reader->block.row_count)
		return error_set(error, STATUS_CORRUPT, "a block of %zu spans claims more traces",
				 reader->block.row_count);
	reader->trace_count = (size_t)count;
	status = table_open_numbers(&reader->spans, SPAN_RUN_LENGTH, reader->trace_count, error);
	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_RUN_LENGTH, 0, reader->trace_count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_RUN_START, reader->trace_count, error);
	if (status == STATUS_OK)
		status = table_open_magnitudes(&reader->spans, SPAN_START_DELTA, reader->block.row_count,
					       error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->spans, SPAN_TRACE_ID, reader->trace_count, TRACE_ID_SIZE,
					   &reader->trace_ids, error);
	if (status == STATUS_OK)
		status = open_runs(reader, error);
	return status == STATUS_OK ? open_starts(reader, error) : status;
}

enum status span_reader_begin(struct span_reader *reader, struct str bytes, struct arena *arena,
			      struct error *error)
{
	enum status status;

	memset(reader, 0, sizeof(*reader));
	status = block_open(bytes, arena, &reader->block, error);
	if (status != STATUS_OK)
		return status;
	if (reader->block.signal != SIGNAL_TRACES)
		return error_set(error, STATUS_CORRUPT, "a block of %s stands among the traces",
				 signal_name(reader->block.signal));
	table_reader_init(&reader->spans, &reader->block, TABLE_SPANS);
	table_reader_init(&reader->events, &reader->block, TABLE_SPAN_EVENTS);
	table_reader_init(&reader->links, &reader->block, TABLE_SPAN_LINKS);
	table_reader_init(&reader->classes, &reader->block, TABLE_SPAN_CLASSES);
	reader->spans.wants_few = reader->events.wants_few = reader->links.wants_few = true;
	return STATUS_OK;
}

enum status span_reader_open(struct span_reader *reader, struct str bytes, struct arena *arena,
			     struct error *error)
{
	enum status status = span_reader_begin(reader, bytes, arena, error);

	return status == STATUS_OK ? span_reader_open_traces(reader, error) : status;
}

const uint8_t *span_reader_trace_id(const struct span_reader *reader, size_t row)
{
	return reader->trace_ids + TRACE_ID_SIZE * run_of_row(reader, row);
}

enum status span_reader_find(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			     size_t *first_out, size_t *count_out, struct error *error)
{
	size_t low = 0, high = reader->trace_count;

	(void)error;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(reader->trace_ids + TRACE_ID_SIZE * middle, trace_id, TRACE_ID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count_out = 0;
	*first_out = low > 0 && low <= reader->trace_count ? reader->run_ends[low - 1] : 0;
	if (low < reader->trace_count &&
	    memcmp(reader->trace_ids + TRACE_ID_SIZE * low, trace_id, TRACE_ID_SIZE) == 0)
		*count_out = reader->run_ends[low] - *first_out;
	return STATUS_OK;
}

static enum status open_class_columns(struct span_reader *reader, struct error *error)
{
	enum status status = table_open_numbers(&reader->spans, SPAN_CLASS_COUNT, 1, error);
	uint64_t count;

	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_CLASS_COUNT, 0, 1, error);
	count = status == STATUS_OK ? table_number(&reader->spans, SPAN_CLASS_COUNT, 0) : 0;
	if (count > reader->block.row_count)
		return error_set(error, STATUS_CORRUPT, "a block of %zu spans claims more classes",
				 reader->block.row_count);
	reader->class_count = (size_t)count;
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_CLASS, reader->block.row_count, error);
	for (uint8_t field = CLASS_KIND; field <= CLASS_MESSAGES && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->classes, field, reader->class_count, error);
	for (uint8_t field = CLASS_NAME; field <= CLASS_EVENT_HANDLED && status == STATUS_OK; field++)
		status = table_open_strings(&reader->classes, field, reader->class_count, error);
	return status;
}

static void read_handler(const struct table_reader *table, size_t row, struct handler *handler)
{
	handler->role = (uint8_t)table_number(table, CLASS_HANDLER_ROLE, row);
	handler->type = (uint8_t)table_number(table, CLASS_HANDLER_TYPE, row);
	handler->outcome = (uint8_t)table_number(table, CLASS_OUTCOME, row);
	handler->messages = (uint32_t)table_number(table, CLASS_MESSAGES, row);
	handler->name = table_string(table, CLASS_HANDLER_NAME, row);
	handler->language = table_string(table, CLASS_LANGUAGE, row);
	handler->event = table_string(table, CLASS_EVENT_HANDLED, row);
}

static void read_class(const struct span_reader *reader, size_t row, struct span *span)
{
	const struct table_reader *table = &reader->classes;

	span->kind = (uint8_t)table_number(table, CLASS_KIND, row);
	span->status_code = (uint8_t)table_number(table, CLASS_STATUS_CODE, row);
	span->flags = (uint32_t)table_number(table, CLASS_FLAGS, row);
	span->resource = origin_resource(&reader->origin, table_number(table, CLASS_RESOURCE, row));
	span->scope = origin_scope(&reader->origin, table_number(table, CLASS_SCOPE, row));
	span->name = table_string(table, CLASS_NAME, row);
	read_handler(table, row, &span->handler);
}

enum status span_reader_open_classes(struct span_reader *reader, struct error *error)
{
	enum status status;

	if (reader->has_classes)
		return STATUS_OK;
	status = origin_reader_open(&reader->block, &reader->origin, error);
	if (status == STATUS_OK)
		status = open_class_columns(reader, error);
	if (status != STATUS_OK)
		return status;
	reader->class_spans =
		arena_calloc(reader->block.arena, reader->class_count + 1, sizeof(*reader->class_spans));
	if (!reader->class_spans)
		return no_memory(reader->block.row_count, error);
	for (size_t i = 0; i < reader->class_count; i++)
		read_class(reader, i, &reader->class_spans[i]);
	reader->class_spans[reader->class_count].resource = origin_resource(&reader->origin, UINT64_MAX);
	reader->class_spans[reader->class_count].scope = origin_scope(&reader->origin, UINT64_MAX);
	reader->has_classes = true;
	return STATUS_OK;
}

/* A code past the end, in a damaged block, is that of the empty class. */
static size_t class_of_row(const struct span_reader *reader, size_t row)
{
	uint64_t class = table_number(&reader->spans, SPAN_CLASS, row);

	return class < reader->class_count ? (size_t)class : reader->class_count;
}

enum status span_reader_open_attributes(struct span_reader *reader, struct error *error)
{
	enum status status = STATUS_OK;

	if (!reader->has_attributes)
		status = attribute_reader_open(&reader->block, TABLE_SPANS, reader->block.row_count,
					       &reader->attributes, error);
	reader->has_attributes = status == STATUS_OK;
	return status;
}

static enum status open_numbers_and_strings(struct span_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = table_open_magnitudes(&reader->spans, SPAN_DURATION, count, error);

	for (uint8_t field = SPAN_PARENT; field <= SPAN_DROPPED_LINKS && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->spans, field, count, error);
	for (uint8_t field = SPAN_TRACE_STATE; field <= SPAN_STATUS_MESSAGE && status == STATUS_OK; field++)
		status = table_open_strings(&reader->spans, field, count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_OUTER_COUNT, 1, error);
	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_OUTER_COUNT, 0, 1, error);
	return status;
}

static enum status open_ids(struct span_reader *reader, struct error *error)
{
	uint64_t outer = table_number(&reader->spans, SPAN_OUTER_COUNT, 0);
	enum status status;

	if (outer > reader->block.row_count)
		return error_set(error, STATUS_CORRUPT, "a block of %zu spans claims more outer parents",
				 reader->block.row_count);
	reader->outer_count = (size_t)outer;
	status = table_open_ids(&reader->spans, SPAN_ID, reader->block.row_count, SPAN_ID_SIZE,
				&reader->span_ids, error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->spans, SPAN_OUTER_PARENT, reader->outer_count,
					   SPAN_ID_SIZE, &reader->outer_parents, error);
	return status;
}

/* How many of a kind the first so many stretches of spans have. */
static uint64_t marked(const struct span_reader *reader, enum span_field marks, size_t count)
{
	return numbers_sum(&reader->spans.numbers[marks], 0, count);
}

static enum status open_marks(struct span_reader *reader, struct error *error)
{
	size_t count = mark_count(reader->block.row_count);
	enum status status = STATUS_OK;

	for (uint8_t field = SPAN_EVENT_MARKS; field <= SPAN_OUTER_MARKS && status == STATUS_OK; field++) {
		status = table_open_numbers(&reader->spans, field, count, error);
		if (status == STATUS_OK)
			status = table_need_numbers(&reader->spans, field, 0, count, error);
	}
	return status;
}

static enum status open_events(struct span_reader *reader, struct error *error)
{
	uint64_t count = marked(reader, SPAN_EVENT_MARKS, mark_count(reader->block.row_count));
	enum status status;

	if (count > BLOCK_MOST_BYTES)
		return error_set(error, STATUS_CORRUPT, "a block claims too many span events");
	reader->event_count = (size_t)count;
	status = table_open_magnitudes(&reader->events, EVENT_TIME, count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->events, EVENT_NAME, count, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_SPAN_EVENTS, count,
					       &reader->event_attributes, error);
	return status;
}

static enum status open_links(struct span_reader *reader, struct error *error)
{
	uint64_t count = marked(reader, SPAN_LINK_MARKS, mark_count(reader->block.row_count));
	enum status status;

	if (count > BLOCK_MOST_BYTES)
		return error_set(error, STATUS_CORRUPT, "a block claims too many span links");
	reader->link_count = (size_t)count;
	status = table_open_numbers(&reader->links, LINK_FLAGS, count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->links, LINK_TRACE_STATE, count, error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->links, LINK_TRACE_ID, count, TRACE_ID_SIZE,
					   &reader->link_trace_ids, error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->links, LINK_SPAN_ID, count, SPAN_ID_SIZE,
					   &reader->link_span_ids, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_SPAN_LINKS, count,
					       &reader->link_attributes, error);
	return status;
}

/* Everything that a whole span needs. */
static enum status open_rows(struct span_reader *reader, struct error *error)
{
	enum status status = STATUS_OK;

	if (reader->has_rows)
		return STATUS_OK;
	status = span_reader_open_classes(reader, error);
	if (status == STATUS_OK)
		status = open_numbers_and_strings(reader, error);
	if (status == STATUS_OK)
		status = open_ids(reader, error);
	if (status == STATUS_OK)
		status = span_reader_open_attributes(reader, error);
	if (status == STATUS_OK)
		status = open_marks(reader, error);
	if (status == STATUS_OK)
		status = open_events(reader, error);
	if (status == STATUS_OK)
		status = open_links(reader, error);
	reader->has_rows = status == STATUS_OK;
	return status;
}

static enum status read_events(struct span_reader *reader, size_t first, struct span *span,
			       struct error *error)
{
	struct span_event *events;
	enum status status;

	if (first > reader->event_count || span->event_count > reader->event_count - first)
		return error_set(error, STATUS_CORRUPT, "a span's events lie outside their table");
	events = arena_calloc(reader->block.arena, span->event_count, sizeof(*events));
	if (!events)
		return no_memory(reader->block.row_count, error);
	status = table_need_magnitudes(&reader->events, EVENT_TIME, first, span->event_count, error);
	if (status == STATUS_OK)
		status = table_need_strings(&reader->events, EVENT_NAME, first, span->event_count, error);
	for (uint32_t i = 0; i < span->event_count; i++) {
		if (status == STATUS_OK)
			status = attribute_reader_next(&reader->event_attributes, &events[i].attributes,
						       error);

		if (status != STATUS_OK)
			return status;
		events[i].time_ns =
			span->start_ns +
			(uint64_t)zigzag_decode(table_magnitude(&reader->events, EVENT_TIME, first + i));
		events[i].name = table_string(&reader->events, EVENT_NAME, first + i);
	}
	span->events = events;
	return STATUS_OK;
}

static enum status read_links(struct span_reader *reader, size_t first, struct span *span,
			      struct error *error)
{
	struct span_link *links;
	enum status status;

	if (first > reader->link_count || span->link_count > reader->link_count - first)
		return error_set(error, STATUS_CORRUPT, "a span's links lie outside their table");
	links = arena_calloc(reader->block.arena, span->link_count, sizeof(*links));
	if (!links)
		return no_memory(reader->block.row_count, error);
	status = table_need_numbers(&reader->links, LINK_FLAGS, first, span->link_count, error);
	if (status == STATUS_OK)
		status = table_need_strings(&reader->links, LINK_TRACE_STATE, first, span->link_count, error);
	for (uint32_t i = 0; i < span->link_count; i++) {
		if (status == STATUS_OK)
			status = attribute_reader_next(&reader->link_attributes, &links[i].attributes, error);

		if (status != STATUS_OK)
			return status;
		memcpy(links[i].trace_id, reader->link_trace_ids + TRACE_ID_SIZE * (first + i),
		       TRACE_ID_SIZE);
		memcpy(links[i].span_id, reader->link_span_ids + SPAN_ID_SIZE * (first + i), SPAN_ID_SIZE);
		links[i].flags = (uint32_t)table_number(&reader->links, LINK_FLAGS, first + i);
		links[i].trace_state = table_string(&reader->links, LINK_TRACE_STATE, first + i);
	}
	span->links = links;
	return STATUS_OK;
}

static void read_fixed(const struct span_reader *reader, size_t row, struct span *span)
{
	const struct table_reader *table = &reader->spans;

	*span = reader->class_spans[class_of_row(reader, row)];
	memcpy(span->span_id, reader->span_ids.data + SPAN_ID_SIZE * row, SPAN_ID_SIZE);
	span->start_ns = reader->start_ns[row];
	span->end_ns = span->start_ns + (uint64_t)zigzag_decode(table_magnitude(table, SPAN_DURATION, row));
	span->event_count = (uint32_t)table_number(table, SPAN_EVENT_COUNT, row);
	span->link_count = (uint32_t)table_number(table, SPAN_LINK_COUNT, row);
	span->dropped_event_count = (uint32_t)table_number(table, SPAN_DROPPED_EVENTS, row);
	span->dropped_link_count = (uint32_t)table_number(table, SPAN_DROPPED_LINKS, row);
	span->trace_state = table_string(table, SPAN_TRACE_STATE, row);
	span->status_message = table_string(table, SPAN_STATUS_MESSAGE, row);
}

/* outer is how many outer parents stand before the row; it moves on with the row's own. */
static enum status read_parent(const struct span_reader *reader, size_t row, size_t run, size_t *outer,
			       struct span *span, struct error *error)
{
	size_t run_start = run ? reader->run_ends[run - 1] : 0;
	uint64_t parent = table_number(&reader->spans, SPAN_PARENT, row);

	if (parent == 0)
		return STATUS_OK;
	if (parent == 1 && *outer < reader->outer_count) {
		memcpy(span->parent_span_id, reader->outer_parents + SPAN_ID_SIZE * (*outer)++, SPAN_ID_SIZE);
		return STATUS_OK;
	}
	if (parent < 2 || parent - 2 >= reader->run_ends[run] - run_start)
		return error_set(error, STATUS_CORRUPT, "a span's parent lies outside its trace");
	memcpy(span->parent_span_id, reader->span_ids.data + SPAN_ID_SIZE * (run_start + parent - 2),
	       SPAN_ID_SIZE);
	return STATUS_OK;
}

/* How many events, links and outer parents the spans before a row have. */
struct before {
	size_t events, links, outer;
};

static enum status count_before(struct span_reader *reader, size_t row, struct before *before_out,
				struct error *error)
{
	size_t mark = row / MARK_ROWS, first = mark * MARK_ROWS;
	const struct numbers *numbers = reader->spans.numbers;
	struct before before = {.outer = (size_t)marked(reader, SPAN_OUTER_MARKS, mark)};
	enum status status = STATUS_OK;

	for (uint8_t field = SPAN_PARENT; field <= SPAN_LINK_COUNT && status == STATUS_OK; field++)
		status = table_need_numbers(&reader->spans, field, first, row - first, error);
	if (status != STATUS_OK)
		return status;
	before.events = (size_t)(marked(reader, SPAN_EVENT_MARKS, mark) +
				 numbers_sum(&numbers[SPAN_EVENT_COUNT], first, row));
	before.links = (size_t)(marked(reader, SPAN_LINK_MARKS, mark) +
				numbers_sum(&numbers[SPAN_LINK_COUNT], first, row));
	for (size_t i = first; i < row; i++)
		before.outer += table_number(&reader->spans, SPAN_PARENT, i) == 1;
	*before_out = before;
	return STATUS_OK;
}

/* Where the rows' attributes, events and links begin in their tables. */
static enum status seek(struct span_reader *reader, size_t row, struct before *before_out,
			struct error *error)
{
	enum status status = count_before(reader, row, before_out, error);

	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->attributes, row, error);
	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->event_attributes, before_out->events, error);
	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->link_attributes, before_out->links, error);
	return status;
}

/* Makes everything readable that read_fixed and read_parent ask for, of rows and of the whole traces around
 * them. */
static enum status need_rows(struct span_reader *reader, size_t first, size_t count, struct error *error)
{
	size_t run = run_of_row(reader, first), last = count ? run_of_row(reader, first + count - 1) : run;
	size_t ids = 0, ids_end = 0;
	enum status status = span_reader_need_starts(reader, first, count, error);

	if (run < reader->trace_count && last < reader->trace_count) {
		ids = run_first(reader, run);
		ids_end = reader->run_ends[last];
	}
	if (status == STATUS_OK)
		status = table_need_magnitudes(&reader->spans, SPAN_DURATION, first, count, error);
	for (uint8_t field = SPAN_PARENT; field <= SPAN_DROPPED_LINKS && status == STATUS_OK; field++)
		status = table_need_numbers(&reader->spans, field, first, count, error);
	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_CLASS, first, count, error);
	for (uint8_t field = SPAN_TRACE_STATE; field <= SPAN_STATUS_MESSAGE && status == STATUS_OK; field++)
		status = table_need_strings(&reader->spans, field, first, count, error);
	if (status == STATUS_OK)
		status = column_need(&reader->span_ids, ids * SPAN_ID_SIZE, (ids_end - ids) * SPAN_ID_SIZE,
				     error);
	return status;
}

/* Less than this part of a block is read value by value, more of it column by column. */
enum { FEW = 8 };

enum status span_reader_read(struct span_reader *reader, size_t first, size_t count, struct span *spans_out,
			     struct error *error)
{
	size_t run = run_of_row(reader, first);
	struct before before;
	bool wants_few = count < reader->block.row_count / FEW;
	enum status status = open_rows(reader, error);

	attribute_reader_want_few(&reader->attributes, wants_few);
	attribute_reader_want_few(&reader->event_attributes, wants_few);
	attribute_reader_want_few(&reader->link_attributes, wants_few);
	if (status == STATUS_OK)
		status = need_rows(reader, first, count, error);
	if (status == STATUS_OK)
		status = seek(reader, first, &before, error);
	if (status != STATUS_OK)
		return status;
	for (size_t row = first; row < first + count && status == STATUS_OK; row++) {
		struct span *span = &spans_out[row - first];

		while (run < reader->trace_count && reader->run_ends[run] <= row)
			run++;
		read_fixed(reader, row, span);
		memcpy(span->trace_id, reader->trace_ids + TRACE_ID_SIZE * run, TRACE_ID_SIZE);
		status = read_parent(reader, row, run, &before.outer, span, error);
		if (status == STATUS_OK)
			status = attribute_reader_next(&reader->attributes, &span->attributes, error);
		if (status == STATUS_OK)
			status = read_events(reader, before.events, span, error);
		if (status == STATUS_OK)
			status = read_links(reader, before.links, span, error);
		before.events += span->event_count;
		before.links += span->link_count;
	}
	return status;
}

/* Rows whose classes are unpacked at a time. */
enum { CLASSES_AT_ONCE = 1024 };

static bool asks_for_class(const struct span_filter *filter)
{
	return filter->handler.size || filter->handler_type != FILTER_ANY || filter->outcome != FILTER_ANY ||
	       filter->language.size || filter->operation.size || filter->service.size;
}

/* Says of each class whether it meets its part of the filter; the empty one stands behind them. */
static enum status choose_classes(struct span_reader *reader, const struct span_filter *filter,
				  uint8_t **wanted_out, bool *is_any_out, struct error *error)
{
	struct span_filter of_class = *filter;
	enum status status = span_reader_open_classes(reader, error);
	uint8_t *wanted;

	if (status != STATUS_OK)
		return status;
	wanted = arena_alloc(reader->block.arena, reader->class_count + 1);
	if (!wanted)
		return no_memory(reader->block.row_count, error);
	of_class.range = TIME_RANGE_ALL;
	of_class.min_duration_ns = 0;
	of_class.max_duration_ns = UINT64_MAX;
	of_class.trace_id = NULL;
	of_class.tag_count = 0;
	of_class.links_to = NULL;
	of_class.predicate = NULL;
	*is_any_out = false;
	for (size_t i = 0; i <= reader->class_count; i++)
		*is_any_out |= wanted[i] = span_filter_match(&of_class, &reader->class_spans[i]);
	*wanted_out = wanted;
	return STATUS_OK;
}

/* Clears the matches whose class does not meet its part of the filter: that is asked once a class. */
static enum status match_class(struct span_reader *reader, const struct span_filter *filter, size_t first,
			       size_t count, uint8_t *matches, struct error *error)
{
	uint64_t codes[CLASSES_AT_ONCE];
	uint8_t *wanted;
	bool is_any;
	enum status status = choose_classes(reader, filter, &wanted, &is_any, error);

	if (status == STATUS_OK && !is_any)
		memset(matches, 0, count);
	if (status == STATUS_OK && is_any)
		status = table_need_numbers(&reader->spans, SPAN_CLASS, first, count, error);
	for (size_t done = 0; status == STATUS_OK && is_any && done < count; done += CLASSES_AT_ONCE) {
		size_t some = count - done < CLASSES_AT_ONCE ? count - done : CLASSES_AT_ONCE;

		numbers_read(&reader->spans.numbers[SPAN_CLASS], first + done, some, codes);
		for (size_t i = 0; i < some; i++)
			matches[done + i] &=
				wanted[codes[i] < reader->class_count ? codes[i] : reader->class_count];
	}
	return status;
}

enum status span_reader_need_durations(struct span_reader *reader, size_t first, size_t count,
				       struct error *error)
{
	enum status status =
		table_open_magnitudes(&reader->spans, SPAN_DURATION, reader->block.row_count, error);

	if (status == STATUS_OK)
		status = table_need_magnitudes(&reader->spans, SPAN_DURATION, first, count, error);
	return status == STATUS_OK ? span_reader_need_starts(reader, first, count, error) : status;
}

uint64_t span_reader_end_ns(const struct span_reader *reader, size_t row)
{
	return reader->start_ns[row] +
	       (uint64_t)zigzag_decode(table_magnitude(&reader->spans, SPAN_DURATION, row));
}

static enum status match_duration(struct span_reader *reader, const struct span_filter *filter, size_t first,
				  size_t count, uint8_t *matches, struct error *error)
{
	enum status status = span_reader_need_durations(reader, first, count, error);

	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		uint64_t start_ns = reader->start_ns[first + i];
		uint64_t end_ns = span_reader_end_ns(reader, first + i);
		uint64_t duration_ns = end_ns > start_ns ? end_ns - start_ns : 0;

		matches[i] &=
			duration_ns >= filter->min_duration_ns && duration_ns <= filter->max_duration_ns;
	}
	return status;
}

/* Whether rows of that resource and scope have the tag where they lack its key themselves. */
static bool origin_has(const struct resource *resource, const struct scope *scope,
		       const struct tag_filter *tag)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct span probe = {.resource = resource, .scope = scope};

	filter.tags = tag;
	filter.tag_count = 1;
	return span_filter_match(&filter, &probe);
}

/* Whether any resource or scope of the block has the tag. */
static enum status may_be_of_origin(struct span_reader *reader, const struct tag_filter *tag,
				    bool *may_be_out, struct error *error)
{
	enum status status = span_reader_open_classes(reader, error);
	bool may_be = false;

	for (size_t i = 0; status == STATUS_OK && i < reader->origin.resource_count; i++)
		may_be |= origin_has(&reader->origin.resources[i], &scope_empty, tag);
	for (size_t i = 0; status == STATUS_OK && i < reader->origin.scope_count; i++)
		may_be |= origin_has(&resource_empty, &reader->origin.scopes[i], tag);
	if (status == STATUS_OK)
		*may_be_out = may_be;
	return status;
}

/* For rows that lack the tag's key: whether their resource, else their scope, has it. */
static enum status match_origin_tag(struct span_reader *reader, const struct tag_filter *tag, size_t first,
				    size_t count, const enum attribute_match *found, uint8_t *matches,
				    struct error *error)
{
	bool may_be = false;
	enum status status = may_be_of_origin(reader, tag, &may_be, error);

	if (status == STATUS_OK && may_be)
		status = table_need_numbers(&reader->spans, SPAN_CLASS, first, count, error);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		const struct span *class;

		if (!matches[i] || found[i] != ATTRIBUTE_ABSENT)
			continue;
		class = may_be ? &reader->class_spans[class_of_row(reader, first + i)] : NULL;
		matches[i] = class && origin_has(class->resource, class->scope, tag);
	}
	return status;
}

static enum status match_tag(struct span_reader *reader, const struct tag_filter *tag, size_t first,
			     size_t count, uint8_t *matches, struct error *error)
{
	enum attribute_match *found = arena_alloc(reader->block.arena, count);
	bool is_elsewhere = false;
	enum status status = span_reader_open_attributes(reader, error);

	if (!found)
		return no_memory(reader->block.row_count, error);
	if (status == STATUS_OK)
		status = attribute_reader_match(&reader->attributes, tag->key, tag->value, first, count,
						found, error);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		matches[i] &= found[i] != ATTRIBUTE_DIFFERENT;
		is_elsewhere |= matches[i] && found[i] == ATTRIBUTE_ABSENT;
	}
	if (status == STATUS_OK && is_elsewhere)
		status = match_origin_tag(reader, tag, first, count, found, matches, error);
	return status;
}

enum status span_reader_may_have_tag(struct span_reader *reader, const struct tag_filter *tag,
				     bool *may_have_out, struct error *error)
{
	enum status status = span_reader_open_attributes(reader, error);

	if (status == STATUS_OK)
		status = attribute_reader_may_hold(&reader->attributes, tag->key, tag->value, may_have_out,
						   error);
	if (status == STATUS_OK && !*may_have_out)
		status = may_be_of_origin(reader, tag, may_have_out, error);
	return status;
}

/* Of the filter one bucket is read. */
static enum status may_link_to(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			       bool *may_link_out, struct error *error)
{
	const struct str id = str_make(trace_id, TRACE_ID_SIZE);
	struct column filter;
	size_t place;
	enum status status =
		block_column_open(&reader->block, TABLE_SPAN_LINKS, LINK_TRACE_FILTER, 0, &filter, error);

	if (status != STATUS_OK || filter.size < VALUE_FILTER_BUCKET)
		return status;
	place = value_filter_place(filter.size, id);
	status = column_need(&filter, place, VALUE_FILTER_BUCKET, error);
	if (status == STATUS_OK)
		*may_link_out = value_filter_may_hold(str_make(filter.data, filter.size), id);
	return status;
}

enum status span_reader_may_match(struct span_reader *reader, const struct span_filter *filter,
				  bool *may_match_out, struct error *error)
{
	bool may_match = true;
	uint8_t *wanted;
	enum status status = STATUS_OK;

	if (asks_for_class(filter))
		status = choose_classes(reader, filter, &wanted, &may_match, error);
	for (size_t i = 0; i < filter->tag_count && status == STATUS_OK && may_match; i++)
		status = span_reader_may_have_tag(reader, &filter->tags[i], &may_match, error);
	if (filter->links_to && status == STATUS_OK && may_match)
		status = may_link_to(reader, filter->links_to, &may_match, error);
	if (filter->predicate && status == STATUS_OK && may_match)
		status = span_reader_may_match_predicate(reader, filter->predicate, &may_match, error);
	if (status == STATUS_OK)
		*may_match_out = may_match;
	return status;
}

static enum status match_times(struct span_reader *reader, struct time_range range, size_t first,
			       size_t count, uint8_t *matches, struct error *error)
{
	enum status status = STATUS_OK;

	memset(matches, 1, count);
	if (reader->is_in_range)
		return STATUS_OK;
	status = span_reader_need_starts(reader, first, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		matches[i] = time_range_contains(range, reader->start_ns[first + i]);
	return status;
}

static enum status match_trace(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			       size_t first, size_t count, uint8_t *matches, struct error *error)
{
	size_t run_first, run_count;
	enum status status = span_reader_find(reader, trace_id, &run_first, &run_count, error);

	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		matches[i] &= first + i >= run_first && first + i - run_first < run_count;
	return status;
}

static bool is_linked(const struct span_reader *reader, size_t first, size_t count,
		      const uint8_t trace_id[TRACE_ID_SIZE])
{
	for (size_t i = first; i < first + count; i++)
		if (memcmp(reader->link_trace_ids + TRACE_ID_SIZE * i, trace_id, TRACE_ID_SIZE) == 0)
			return true;
	return false;
}

static enum status match_links(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			       size_t first, size_t count, uint8_t *matches, struct error *error)
{
	struct before before;
	enum status status = open_rows(reader, error);

	if (status == STATUS_OK)
		status = count_before(reader, first, &before, error);
	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_LINK_COUNT, first, count, error);
	if (status != STATUS_OK)
		return status;
	if (before.links > reader->link_count)
		return error_set(error, STATUS_CORRUPT, "a span's links lie outside their table");
	for (size_t i = 0; i < count; i++) {
		uint64_t links = table_number(&reader->spans, SPAN_LINK_COUNT, first + i);

		if (links > reader->link_count - before.links)
			return error_set(error, STATUS_CORRUPT, "a span's links lie outside their table");
		matches[i] &= links && is_linked(reader, before.links, (size_t)links, trace_id);
		before.links += (size_t)links;
	}
	return STATUS_OK;
}

enum status span_reader_match(struct span_reader *reader, const struct span_filter *filter, size_t first,
			      size_t count, uint8_t *matches, struct error *error)
{
	enum status status = match_times(reader, filter->range, first, count, matches, error);

	if (status == STATUS_OK && filter->trace_id)
		status = match_trace(reader, filter->trace_id, first, count, matches, error);
	if (status == STATUS_OK && asks_for_class(filter))
		status = match_class(reader, filter, first, count, matches, error);
	if (status == STATUS_OK && (filter->min_duration_ns > 0 || filter->max_duration_ns < UINT64_MAX))
		status = match_duration(reader, filter, first, count, matches, error);
	for (size_t i = 0; i < filter->tag_count && status == STATUS_OK && memchr(matches, 1, count); i++)
		status = match_tag(reader, &filter->tags[i], first, count, matches, error);
	if (status == STATUS_OK && filter->links_to && memchr(matches, 1, count))
		status = match_links(reader, filter->links_to, first, count, matches, error);
	if (status == STATUS_OK && filter->predicate && memchr(matches, 1, count))
		status = span_reader_match_predicate(reader, filter->predicate, first, count, matches, error);
	return status;
}
