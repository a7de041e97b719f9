#include "storage/columns/span_reader.h"

#include "storage/columns/builder_internal.h"
#include "storage/columns/span_schema.h"

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

/* A start is the trace's first start and the deltas up to the row. */
static enum status open_starts(struct span_reader *reader, struct error *error)
{
	size_t row = 0;

	reader->start_ns =
		arena_alloc(reader->block.arena, reader->block.row_count * sizeof(*reader->start_ns));
	if (!reader->start_ns)
		return no_memory(reader->block.row_count, error);
	numbers_read(&reader->spans.numbers[SPAN_START_DELTA], 0, reader->block.row_count, reader->start_ns);
	for (size_t i = 0; i < reader->trace_count; i++) {
		uint64_t at = table_number(&reader->spans, SPAN_RUN_START, i);

		for (; row < reader->run_ends[i]; row++)
			reader->start_ns[row] = at += reader->start_ns[row];
	}
	return STATUS_OK;
}

enum status span_reader_open(struct span_reader *reader, struct str bytes, struct arena *arena,
			     struct error *error)
{
	enum status status;
	uint64_t count;

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
	status = table_open_numbers(&reader->spans, SPAN_TRACE_COUNT, 1, error);
	if (status != STATUS_OK)
		return status;
	count = table_number(&reader->spans, SPAN_TRACE_COUNT, 0);
	if (count > reader->block.row_count)
		return error_set(error, STATUS_CORRUPT, "a block of %zu spans claims more traces",
				 reader->block.row_count);
	reader->trace_count = (size_t)count;
	status = table_open_numbers(&reader->spans, SPAN_RUN_LENGTH, reader->trace_count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_RUN_START, reader->trace_count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_START_DELTA, reader->block.row_count, error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->spans, SPAN_TRACE_ID, reader->trace_count, TRACE_ID_SIZE,
					   &reader->trace_ids, error);
	if (status == STATUS_OK)
		status = open_runs(reader, error);
	return status == STATUS_OK ? open_starts(reader, error) : status;
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
	uint64_t count = status == STATUS_OK ? table_number(&reader->spans, SPAN_CLASS_COUNT, 0) : 0;

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

static enum status open_classes(struct span_reader *reader, struct error *error)
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

static enum status open_numbers_and_strings(struct span_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = STATUS_OK;

	for (uint8_t field = SPAN_DURATION; field <= SPAN_DROPPED_LINKS && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->spans, field, count, error);
	for (uint8_t field = SPAN_TRACE_STATE; field <= SPAN_STATUS_MESSAGE && status == STATUS_OK; field++)
		status = table_open_strings(&reader->spans, field, count, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->spans, SPAN_OUTER_COUNT, 1, error);
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
	status = table_open_random(&reader->spans, SPAN_ID, reader->block.row_count, SPAN_ID_SIZE,
				   &reader->span_ids, error);
	if (status == STATUS_OK)
		status = table_open_random(&reader->spans, SPAN_OUTER_PARENT, reader->outer_count,
					   SPAN_ID_SIZE, &reader->outer_parents, error);
	return status;
}

static enum status open_events(struct span_reader *reader, struct error *error)
{
	uint64_t count = numbers_sum(&reader->spans.numbers[SPAN_EVENT_COUNT], 0, reader->block.row_count);
	enum status status;

	if (count > BLOCK_MOST_BYTES)
		return error_set(error, STATUS_CORRUPT, "a block claims too many span events");
	reader->event_count = (size_t)count;
	status = table_open_numbers(&reader->events, EVENT_TIME, count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->events, EVENT_NAME, count, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_SPAN_EVENTS, count,
					       &reader->event_attributes, error);
	return status;
}

static enum status open_links(struct span_reader *reader, struct error *error)
{
	uint64_t count = numbers_sum(&reader->spans.numbers[SPAN_LINK_COUNT], 0, reader->block.row_count);
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
	status = open_classes(reader, error);
	if (status == STATUS_OK)
		status = open_numbers_and_strings(reader, error);
	if (status == STATUS_OK)
		status = open_ids(reader, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_SPANS, reader->block.row_count,
					       &reader->attributes, error);
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

	if (first > reader->event_count || span->event_count > reader->event_count - first)
		return error_set(error, STATUS_CORRUPT, "a span's events lie outside their table");
	events = arena_calloc(reader->block.arena, span->event_count, sizeof(*events));
	if (!events)
		return no_memory(reader->block.row_count, error);
	for (uint32_t i = 0; i < span->event_count; i++) {
		enum status status =
			attribute_reader_next(&reader->event_attributes, &events[i].attributes, error);

		if (status != STATUS_OK)
			return status;
		events[i].time_ns =
			span->start_ns +
			(uint64_t)zigzag_decode(table_number(&reader->events, EVENT_TIME, first + i));
		events[i].name = table_string(&reader->events, EVENT_NAME, first + i);
	}
	span->events = events;
	return STATUS_OK;
}

static enum status read_links(struct span_reader *reader, size_t first, struct span *span,
			      struct error *error)
{
	struct span_link *links;

	if (first > reader->link_count || span->link_count > reader->link_count - first)
		return error_set(error, STATUS_CORRUPT, "a span's links lie outside their table");
	links = arena_calloc(reader->block.arena, span->link_count, sizeof(*links));
	if (!links)
		return no_memory(reader->block.row_count, error);
	for (uint32_t i = 0; i < span->link_count; i++) {
		enum status status =
			attribute_reader_next(&reader->link_attributes, &links[i].attributes, error);

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
	memcpy(span->span_id, reader->span_ids + SPAN_ID_SIZE * row, SPAN_ID_SIZE);
	span->start_ns = reader->start_ns[row];
	span->end_ns = span->start_ns + (uint64_t)zigzag_decode(table_number(table, SPAN_DURATION, row));
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
	memcpy(span->parent_span_id, reader->span_ids + SPAN_ID_SIZE * (run_start + parent - 2),
	       SPAN_ID_SIZE);
	return STATUS_OK;
}

static size_t outer_parents_before(const struct span_reader *reader, size_t row)
{
	size_t outer = 0;

	for (size_t i = 0; i < row; i++)
		outer += table_number(&reader->spans, SPAN_PARENT, i) == 1;
	return outer;
}

/* Where the rows' attributes, events and links begin in their tables. */
static enum status seek(struct span_reader *reader, size_t row, size_t *event_out, size_t *link_out,
			struct error *error)
{
	enum status status;

	*event_out = (size_t)numbers_sum(&reader->spans.numbers[SPAN_EVENT_COUNT], 0, row);
	*link_out = (size_t)numbers_sum(&reader->spans.numbers[SPAN_LINK_COUNT], 0, row);
	status = attribute_reader_seek(&reader->attributes, row, error);
	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->event_attributes, *event_out, error);
	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->link_attributes, *link_out, error);
	return status;
}

enum status span_reader_read(struct span_reader *reader, size_t first, size_t count, struct span *spans_out,
			     struct error *error)
{
	size_t event, link, outer, run = run_of_row(reader, first);
	enum status status = open_rows(reader, error);

	if (status == STATUS_OK)
		status = seek(reader, first, &event, &link, error);
	if (status != STATUS_OK)
		return status;
	outer = outer_parents_before(reader, first);
	for (size_t row = first; row < first + count && status == STATUS_OK; row++) {
		struct span *span = &spans_out[row - first];

		while (run < reader->trace_count && reader->run_ends[run] <= row)
			run++;
		read_fixed(reader, row, span);
		memcpy(span->trace_id, reader->trace_ids + TRACE_ID_SIZE * run, TRACE_ID_SIZE);
		status = read_parent(reader, row, run, &outer, span, error);
		if (status == STATUS_OK)
			status = attribute_reader_next(&reader->attributes, &span->attributes, error);
		if (status == STATUS_OK)
			status = read_events(reader, event, span, error);
		if (status == STATUS_OK)
			status = read_links(reader, link, span, error);
		event += span->event_count;
		link += span->link_count;
	}
	return status;
}

/* Clears the matches whose class does not meet its part of the filter: that is asked once a class. */
static enum status match_class(struct span_reader *reader, const struct span_filter *filter, size_t first,
			       size_t count, uint8_t *matches, struct error *error)
{
	struct span_filter of_class = *filter;
	enum status status = open_classes(reader, error);
	bool is_any = false;
	uint8_t *wanted;

	if (status != STATUS_OK)
		return status;
	wanted = arena_alloc(reader->block.arena, reader->class_count + 1);
	if (!wanted)
		return no_memory(reader->block.row_count, error);
	of_class.range = TIME_RANGE_ALL;
	of_class.min_duration_ns = 0;
	of_class.max_duration_ns = UINT64_MAX;
	of_class.tag_count = 0;
	for (size_t i = 0; i <= reader->class_count; i++)
		is_any |= wanted[i] = span_filter_match(&of_class, &reader->class_spans[i]);
	if (!is_any)
		memset(matches, 0, count);
	for (size_t i = 0; is_any && i < count; i++)
		matches[i] &= wanted[class_of_row(reader, first + i)];
	return STATUS_OK;
}

static enum status match_duration(struct span_reader *reader, const struct span_filter *filter, size_t first,
				  size_t count, uint8_t *matches, struct error *error)
{
	enum status status =
		table_open_numbers(&reader->spans, SPAN_DURATION, reader->block.row_count, error);

	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		int64_t signed_ns = zigzag_decode(table_number(&reader->spans, SPAN_DURATION, first + i));
		uint64_t start_ns = reader->start_ns[first + i], end_ns = start_ns + (uint64_t)signed_ns;
		uint64_t duration_ns = end_ns > start_ns ? end_ns - start_ns : 0;

		matches[i] &=
			duration_ns >= filter->min_duration_ns && duration_ns <= filter->max_duration_ns;
	}
	return status;
}

/* Whether a row's resource, else its scope, has the tag: for rows that lack its key themselves. */
static enum status match_origin_tag(struct span_reader *reader, const struct tag_filter *tag, size_t first,
				    size_t count, const enum attribute_match *found, uint8_t *matches,
				    struct error *error)
{
	struct tag_filter alone = *tag;
	struct span_filter filter = SPAN_FILTER_ANY;
	enum status status = open_classes(reader, error);

	filter.tags = &alone;
	filter.tag_count = 1;
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		size_t row = first + i;

		if (matches[i] && found[row] == ATTRIBUTE_ABSENT)
			matches[i] =
				span_filter_match(&filter, &reader->class_spans[class_of_row(reader, row)]);
	}
	return status;
}

static enum status match_tag(struct span_reader *reader, const struct tag_filter *tag, size_t first,
			     size_t count, uint8_t *matches, struct error *error)
{
	size_t row_count = reader->block.row_count;
	enum attribute_match *found = arena_alloc(reader->block.arena, row_count);
	struct attribute_reader attributes;
	bool is_elsewhere = false;
	enum status status;

	if (!found)
		return no_memory(row_count, error);
	status = attribute_reader_open(&reader->block, TABLE_SPANS, row_count, &attributes, error);
	if (status == STATUS_OK)
		status = attribute_reader_match(&attributes, tag->key, tag->value, found, error);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		matches[i] &= found[first + i] != ATTRIBUTE_DIFFERENT;
		is_elsewhere |= matches[i] && found[first + i] == ATTRIBUTE_ABSENT;
	}
	if (status == STATUS_OK && is_elsewhere)
		status = match_origin_tag(reader, tag, first, count, found, matches, error);
	return status;
}

static bool asks_for_class(const struct span_filter *filter)
{
	return filter->handler.size || filter->handler_type != FILTER_ANY || filter->outcome != FILTER_ANY ||
	       filter->language.size || filter->operation.size || filter->service.size;
}

enum status span_reader_match(struct span_reader *reader, const struct span_filter *filter, size_t first,
			      size_t count, uint8_t *matches, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count; i++)
		matches[i] = time_range_contains(filter->range, reader->start_ns[first + i]);
	if (asks_for_class(filter))
		status = match_class(reader, filter, first, count, matches, error);
	if (status == STATUS_OK && (filter->min_duration_ns > 0 || filter->max_duration_ns < UINT64_MAX))
		status = match_duration(reader, filter, first, count, matches, error);
	for (size_t i = 0; i < filter->tag_count && status == STATUS_OK && memchr(matches, 1, count); i++)
		status = match_tag(reader, &filter->tags[i], first, count, matches, error);
	return status;
}
