/* What a predicate asks of a block's spans: each leaf of its own columns, what classes decide once a class. */
#include "storage/columns/predicate_columns.h"
#include "storage/columns/span_internal.h"
#include "storage/columns/text_search.h"

enum {
	/* The same for all spans of a class. */
	CLASS_FIELDS = ROW_BIT(ROW_HANDLER) | ROW_BIT(ROW_TYPE) | ROW_BIT(ROW_STATUS) |
		       ROW_BIT(ROW_LANGUAGE) | ROW_BIT(ROW_SERVICE) | ROW_BIT(ROW_OPERATION) |
		       ROW_BIT(ROW_KIND) | ROW_BIT(ROW_EVENT) | ROW_BIT(ROW_SCOPE) | ROW_BIT(ROW_RESOURCE),
	/* Read from columns of numbers and ids. */
	QUICK_FIELDS = CLASS_FIELDS | ROW_BIT(ROW_DURATION) | ROW_BIT(ROW_TIME) | ROW_BIT(ROW_TRACE_ID) |
		       ROW_BIT(ROW_ROOT),
	SLOW_FIELDS = ROW_BIT(ROW_ANYWHERE) | ROW_BIT(ROW_SPAN_ID) | ROW_BIT(ROW_PARENT),
	/* So few rows are read whole: columns cost more to look through. */
	FEW_ROWS = 64,
};

/* The rows that are asked about. */
struct rows {
	struct span_reader *reader;
	size_t first, count;
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to evaluate a filter");
}

static bool is_of_class(const struct predicate *predicate)
{
	return (predicate->fields & ~(uint32_t)CLASS_FIELDS) == 0;
}

/* ---- classes ---- */

typedef bool class_test(const struct predicate *predicate, const struct span *class);

/* What the test says of each class; the empty one stands behind them. */
static enum status test_classes(struct span_reader *reader, const struct predicate *predicate,
				class_test *test, uint8_t **passes_out, bool *any_out, struct error *error)
{
	enum status status = span_reader_open_classes(reader, error);
	uint8_t *passes;

	if (status != STATUS_OK)
		return status;
	passes = arena_alloc(reader->block.arena, reader->class_count + 1);
	if (!passes)
		return no_memory(error);
	*any_out = false;
	for (size_t i = 0; i <= reader->class_count; i++)
		*any_out |= passes[i] = test(predicate, &reader->class_spans[i]);
	*passes_out = passes;
	return STATUS_OK;
}

/* Calls of each row's class: sets results[i] where the class passes. */
static enum status spread_classes(const struct rows *rows, const uint8_t *passes, uint8_t *results,
				  struct error *error)
{
	struct span_reader *reader = rows->reader;
	enum status status = table_need_numbers(&reader->spans, SPAN_CLASS, rows->first, rows->count, error);

	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++) {
		uint64_t code = table_number(&reader->spans, SPAN_CLASS, rows->first + i);

		results[i] = passes[code < reader->class_count ? code : reader->class_count];
	}
	return status;
}

static enum status match_class(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			       struct error *error)
{
	uint8_t *passes, *results = arena_alloc(rows->reader->block.arena, rows->count);
	bool any = false;
	enum status status =
		test_classes(rows->reader, predicate, predicate_match_span, &passes, &any, error);

	if (!results)
		return no_memory(error);
	if (status == STATUS_OK && !any)
		memset(matches, 0, rows->count);
	if (status != STATUS_OK || !any)
		return status;
	status = spread_classes(rows, passes, results, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		matches[i] &= results[i];
	return status;
}

/* ---- numbers, ids, strings ---- */

static enum status match_duration(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
				  struct error *error)
{
	struct span_reader *reader = rows->reader;
	enum status status = span_reader_need_durations(reader, rows->first, rows->count, error);

	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++) {
		size_t row = rows->first + i;
		struct span probe = {.start_ns = reader->start_ns[row],
				     .end_ns = span_reader_end_ns(reader, row)};

		matches[i] = matches[i] && predicate_test_number(leaf, span_duration_ns(&probe));
	}
	return status;
}

static enum status match_time(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
			      struct error *error)
{
	enum status status = span_reader_need_starts(rows->reader, rows->first, rows->count, error);

	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		matches[i] =
			matches[i] && predicate_test_number(leaf, rows->reader->start_ns[rows->first + i]);
	return status;
}

static void match_trace_id(const struct rows *rows, const struct predicate *leaf, uint8_t *matches)
{
	const struct span_reader *reader = rows->reader;
	size_t row = rows->first, end = rows->first + rows->count;

	for (size_t run = 0; run < reader->trace_count && row < end; run++) {
		struct span probe = {.resource = &resource_empty, .scope = &scope_empty};
		bool passes;

		if (reader->run_ends[run] <= row)
			continue;
		memcpy(probe.trace_id, reader->trace_ids + TRACE_ID_SIZE * run, TRACE_ID_SIZE);
		passes = predicate_match_span(leaf, &probe);
		for (; row < end && row < reader->run_ends[run]; row++)
			matches[row - rows->first] &= passes;
	}
}

static enum status match_root(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
			      struct error *error)
{
	struct span_reader *reader = rows->reader;
	bool passes[2] = {predicate_test_text(leaf, str_from("false")),
			  predicate_test_text(leaf, str_from("true"))};
	enum status status = table_open_numbers(&reader->spans, SPAN_PARENT, reader->block.row_count, error);

	if (status == STATUS_OK)
		status = table_need_numbers(&reader->spans, SPAN_PARENT, rows->first, rows->count, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		matches[i] &= passes[table_number(&reader->spans, SPAN_PARENT, rows->first + i) == 0];
	return status;
}

static enum status test_messages(const struct rows *rows, const struct predicate *leaf, text_test *test,
				 uint8_t *matches, struct error *error)
{
	struct span_reader *reader = rows->reader;
	enum status status =
		table_open_strings(&reader->spans, SPAN_STATUS_MESSAGE, reader->block.row_count, error);

	if (status != STATUS_OK)
		return status;
	return strings_test(&reader->spans.strings[SPAN_STATUS_MESSAGE - FIRST_STRINGS_FIELD], leaf, test,
			    rows->first, rows->count, reader->block.arena, matches, error);
}

/* ---- attributes ---- */

/* Rows without an attribute of their own: what their resource and scope say, or nothing does. */
static enum status match_elsewhere(const struct rows *rows, const struct predicate *leaf,
				   const enum attribute_match *found, uint8_t *matches, struct error *error)
{
	uint8_t *results = arena_alloc(rows->reader->block.arena, rows->count);
	enum status status;

	if (!results)
		return no_memory(error);
	memset(results, 1, rows->count);
	status = match_class(rows, leaf, results, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		if (found[i] == ATTRIBUTE_ABSENT)
			matches[i] &= results[i];
	return status;
}

static enum status match_attribute(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
				   struct error *error)
{
	struct span_reader *reader = rows->reader;
	enum attribute_match *found = arena_alloc(reader->block.arena, rows->count);
	enum status status = span_reader_open_attributes(reader, error);

	if (!found)
		return no_memory(error);
	if (status == STATUS_OK)
		status = attributes_test(&reader->attributes, leaf->key, leaf, rows->first, rows->count,
					 matches, found, error);
	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < rows->count; i++)
		if (found[i] == ATTRIBUTE_ABSENT && matches[i])
			return match_elsewhere(rows, leaf, found, matches, error);
	return STATUS_OK;
}

/* ---- words ---- */

static bool lacks_text(const struct predicate *leaf, struct str text)
{
	return !predicate_contains(leaf, text);
}

/* Sets found where an attribute contains the term. Whole columns are looked through. */
static enum status search_attributes(struct span_reader *reader, struct text_search *search,
				     struct error *error)
{
	struct attribute_reader *attributes = &reader->attributes;
	enum status status = span_reader_open_attributes(reader, error);
	bool wants_few = attributes->wants_few;

	if (status == STATUS_OK)
		status = numbers_need(&attributes->rows, 0, reader->block.row_count, error);
	attribute_reader_want_few(attributes, false);
	for (size_t i = 0; i < attributes->value_count && status == STATUS_OK; i++)
		if (attributes->values[i].type == VALUE_STRING)
			status = text_search_column(search, attributes, &attributes->values[i], error);
	attribute_reader_want_few(attributes, wants_few);
	return status;
}

static enum status match_anywhere(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
				  struct error *error)
{
	struct span_reader *reader = rows->reader;
	uint8_t *passes, *found = arena_alloc(reader->block.arena, rows->count),
			 *lacks = arena_alloc(reader->block.arena, rows->count);
	struct text_search search;
	bool any;
	enum status status = test_classes(reader, leaf, predicate_contains_class, &passes, &any, error);

	if (!found || !lacks)
		return no_memory(error);
	if (status == STATUS_OK)
		status = spread_classes(rows, passes, found, error);
	memset(lacks, 1, rows->count);
	if (status == STATUS_OK)
		status = test_messages(rows, leaf, lacks_text, lacks, error);
	if (status == STATUS_OK)
		status = text_search_begin(&search, leaf->operands[0].text, leaf->is_prefix,
					   reader->block.row_count, reader->block.arena, error);
	if (status == STATUS_OK)
		status = search_attributes(reader, &search, error);
	for (size_t i = 0; i < rows->count && status == STATUS_OK; i++)
		matches[i] &= (found[i] || !lacks[i] || search.found[rows->first + i]) != leaf->is_negated;
	return status;
}

/* ---- rows ---- */

/* Reads rows whole, a piece at a time where any of it is still wanted. */
static enum status match_whole(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			       struct error *error)
{
	enum { PIECE = 1024 };
	struct span *spans = arena_alloc(rows->reader->block.arena, PIECE * sizeof(*spans));
	enum status status = STATUS_OK;

	if (!spans)
		return no_memory(error);
	for (size_t at = 0; at < rows->count && status == STATUS_OK; at += PIECE) {
		size_t some = rows->count - at < PIECE ? rows->count - at : PIECE;

		if (!memchr(matches + at, 1, some))
			continue;
		status = span_reader_read(rows->reader, rows->first + at, some, spans, error);
		for (size_t i = 0; i < some && status == STATUS_OK; i++)
			matches[at + i] = matches[at + i] && predicate_match_span(predicate, &spans[i]);
	}
	return status;
}

static enum status match_leaf(const struct rows *rows, const struct predicate *leaf, uint8_t *matches,
			      struct error *error)
{
	switch (leaf->field) {
	case ROW_DURATION: return match_duration(rows, leaf, matches, error);
	case ROW_TIME: return match_time(rows, leaf, matches, error);
	case ROW_TRACE_ID: match_trace_id(rows, leaf, matches); return STATUS_OK;
	case ROW_ROOT: return match_root(rows, leaf, matches, error);
	case ROW_MESSAGE: return test_messages(rows, leaf, predicate_test_text, matches, error);
	case ROW_TAG:
	case ROW_ATTRIBUTE: return match_attribute(rows, leaf, matches, error);
	case ROW_ANYWHERE: return match_anywhere(rows, leaf, matches, error);
	default: return match_whole(rows, leaf, matches, error);
	}
}

static enum status match(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			 struct error *error);

/* 0: classes alone; 1: numbers; 2: attributes and messages; 3: what reads most. */
static int cost_of(const struct predicate *predicate)
{
	if (is_of_class(predicate))
		return 0;
	if ((predicate->fields & ~(uint32_t)QUICK_FIELDS) == 0)
		return 1;
	return predicate->fields & SLOW_FIELDS ? 3 : 2;
}

/* What is cheap comes first: where no row is left, the rest is not read. */
static enum status match_all(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			     struct error *error)
{
	enum status status = STATUS_OK;

	for (int cost = 0; cost <= 3; cost++)
		for (size_t i = 0; i < predicate->part_count && status == STATUS_OK; i++)
			if (cost_of(&predicate->parts[i]) == cost && memchr(matches, 1, rows->count))
				status = match(rows, &predicate->parts[i], matches, error);
	return status;
}

/* Each part is asked of the rows that none before it took. */
static enum status match_any(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			     struct error *error)
{
	struct arena *arena = rows->reader->block.arena;
	uint8_t *taken = arena_calloc(arena, rows->count, 1), *left = arena_alloc(arena, rows->count);
	enum status status = STATUS_OK;

	if (!taken || !left)
		return no_memory(error);
	for (size_t p = 0; p < predicate->part_count && status == STATUS_OK; p++) {
		for (size_t i = 0; i < rows->count; i++)
			left[i] = matches[i] && !taken[i];
		if (!memchr(left, 1, rows->count))
			break;
		status = match(rows, &predicate->parts[p], left, error);
		for (size_t i = 0; i < rows->count; i++)
			taken[i] |= left[i];
	}
	memcpy(matches, taken, rows->count);
	return status;
}

static enum status match(const struct rows *rows, const struct predicate *predicate, uint8_t *matches,
			 struct error *error)
{
	if (is_of_class(predicate))
		return match_class(rows, predicate, matches, error);
	if (predicate->kind == PREDICATE_ALL)
		return match_all(rows, predicate, matches, error);
	if (predicate->kind == PREDICATE_ANY)
		return match_any(rows, predicate, matches, error);
	return match_leaf(rows, predicate, matches, error);
}

enum status span_reader_match_predicate(struct span_reader *reader, const struct predicate *predicate,
					size_t first, size_t count, uint8_t *matches, struct error *error)
{
	const struct rows rows = {reader, first, count};

	if (count <= FEW_ROWS && count < reader->block.row_count)
		return match_whole(&rows, predicate, matches, error);
	return match(&rows, predicate, matches, error);
}

/* ---- before any row is read ---- */

static enum status may_match_tag(struct span_reader *reader, const struct predicate *leaf,
				 bool *may_match_out, struct error *error)
{
	enum status status = STATUS_OK;

	*may_match_out = false;
	for (size_t i = 0; i < leaf->operand_count && status == STATUS_OK && !*may_match_out; i++) {
		const struct tag_filter tag = {leaf->key, leaf->operands[i].text};

		status = span_reader_may_have_tag(reader, &tag, may_match_out, error);
	}
	return status;
}

static enum status may_match_parts(struct span_reader *reader, const struct predicate *predicate,
				   bool *may_match_out, struct error *error)
{
	bool is_all = predicate->kind == PREDICATE_ALL, may_match = is_all;
	enum status status = STATUS_OK;

	for (size_t i = 0; i < predicate->part_count && status == STATUS_OK && may_match == is_all; i++)
		status = span_reader_may_match_predicate(reader, &predicate->parts[i], &may_match, error);
	*may_match_out = may_match;
	return status;
}

enum status span_reader_may_match_predicate(struct span_reader *reader, const struct predicate *predicate,
					    bool *may_match_out, struct error *error)
{
	uint8_t *passes;

	if (is_of_class(predicate))
		return test_classes(reader, predicate, predicate_match_span, &passes, may_match_out, error);
	if (predicate->kind != PREDICATE_LEAF)
		return may_match_parts(reader, predicate, may_match_out, error);
	if (predicate->field == ROW_TAG && predicate->operator== OPERATOR_EQUAL && !predicate->is_negated)
		return may_match_tag(reader, predicate, may_match_out, error);
	*may_match_out = true;
	return STATUS_OK;
}
