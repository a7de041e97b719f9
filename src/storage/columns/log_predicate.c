/* What a predicate asks of a block's log records: each leaf of its own columns. */
#include "storage/columns/log_internal.h"
#include "storage/columns/log_schema.h"
#include "storage/columns/predicate_columns.h"

enum {
	/* The same for all records of a resource. */
	RESOURCE_FIELDS = ROW_BIT(ROW_SERVICE) | ROW_BIT(ROW_RESOURCE),
	QUICK_FIELDS = RESOURCE_FIELDS | ROW_BIT(ROW_TIME) | ROW_BIT(ROW_LEVEL) | ROW_BIT(ROW_HANDLER) |
		       ROW_BIT(ROW_EVENT) | ROW_BIT(ROW_SCOPE),
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to evaluate a filter");
}

static bool is_of_resource(const struct predicate *predicate)
{
	return (predicate->fields & ~(uint32_t)RESOURCE_FIELDS) == 0;
}

static enum status open_origin(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = origin_reader_open(&reader->block, &reader->origin, error);

	if (status == STATUS_OK)
		status = table_open_numbers(&reader->logs, LOG_RESOURCE, count, error);
	return status == STATUS_OK ? table_open_numbers(&reader->logs, LOG_SCOPE, count, error) : status;
}

/* A record that has nothing but what its codes of resource and scope say. */
static struct log_record probe_of(const struct log_reader *reader, uint64_t resource, uint64_t scope)
{
	return (struct log_record){.resource = origin_resource(&reader->origin, resource),
				   .scope = origin_scope(&reader->origin, scope)};
}

/* Codes past the end, in a damaged block, are those of the empty one, which stands behind the others. */
static enum status match_resource(struct log_reader *reader, const struct predicate *predicate,
				  uint8_t *matches, struct error *error)
{
	enum status status = open_origin(reader, error);
	size_t count = reader->origin.resource_count;
	uint8_t *passes;

	if (status != STATUS_OK)
		return status;
	passes = arena_alloc(reader->block.arena, count + 1);
	if (!passes)
		return no_memory(error);
	for (size_t i = 0; i <= count; i++) {
		const struct log_record probe = probe_of(reader, i, UINT64_MAX);

		passes[i] = predicate_match_log(predicate, &probe);
	}
	for (size_t row = 0; row < reader->block.row_count; row++) {
		uint64_t code = table_number(&reader->logs, LOG_RESOURCE, row);

		matches[row] &= passes[code < count ? code : count];
	}
	return STATUS_OK;
}

/* Where wanted is not NULL, of the rows alone for which it says ATTRIBUTE_ABSENT. Records of one origin mostly stand
 * together: what was found out of one is kept for the next. */
static enum status match_origin(struct log_reader *reader, const struct predicate *leaf,
				const enum attribute_match *wanted, uint8_t *matches, struct error *error)
{
	enum status status = open_origin(reader, error);
	uint64_t last_resource = 0, last_scope = 0;
	bool is_known = false, passes = false;

	for (size_t row = 0; row < reader->block.row_count && status == STATUS_OK; row++) {
		uint64_t resource, scope;
		struct log_record probe;

		if (!matches[row] || (wanted && wanted[row] != ATTRIBUTE_ABSENT))
			continue;
		resource = table_number(&reader->logs, LOG_RESOURCE, row);
		scope = table_number(&reader->logs, LOG_SCOPE, row);
		if (!is_known || resource != last_resource || scope != last_scope) {
			probe = probe_of(reader, resource, scope);
			passes = predicate_match_log(leaf, &probe);
		}
		is_known = true;
		last_resource = resource;
		last_scope = scope;
		matches[row] = passes;
	}
	return status;
}

static enum status match_strings(struct log_reader *reader, uint8_t field, const struct predicate *leaf,
				 text_test *test, uint8_t *matches, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = table_open_strings(&reader->logs, field, count, error);

	if (status != STATUS_OK)
		return status;
	return strings_test(&reader->logs.strings[field - FIRST_STRINGS_FIELD], leaf, test, 0, count,
			    reader->block.arena, matches, error);
}

/* An id as it is stored: of another size, in a damaged block, it is none. */
static bool test_trace_id(const struct predicate *leaf, struct str stored)
{
	struct log_record probe = {.resource = &resource_empty, .scope = &scope_empty};

	if (stored.size == TRACE_ID_SIZE)
		memcpy(probe.trace_id, stored.data, TRACE_ID_SIZE);
	return predicate_match_log(leaf, &probe);
}

static bool test_span_id(const struct predicate *leaf, struct str stored)
{
	struct log_record probe = {.resource = &resource_empty, .scope = &scope_empty};

	if (stored.size == SPAN_ID_SIZE)
		memcpy(probe.span_id, stored.data, SPAN_ID_SIZE);
	return predicate_match_log(leaf, &probe);
}

static enum status match_level(struct log_reader *reader, const struct predicate *leaf, uint8_t *matches,
			       struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = table_open_numbers(&reader->logs, LOG_SEVERITY, count, error);

	if (status == STATUS_OK)
		status = table_open_strings(&reader->logs, LOG_SEVERITY_TEXT, count, error);
	for (size_t row = 0; row < count && status == STATUS_OK; row++) {
		struct log_record probe = {.severity_number =
						   (uint8_t)table_number(&reader->logs, LOG_SEVERITY, row)};

		if (!matches[row])
			continue;
		if (!probe.severity_number)
			probe.severity_text = table_string(&reader->logs, LOG_SEVERITY_TEXT, row);
		matches[row] = predicate_test_number(leaf, (uint64_t)log_record_level(&probe));
	}
	return status;
}

static void match_time(const struct log_reader *reader, const struct predicate *leaf, uint8_t *matches)
{
	for (size_t row = 0; row < reader->block.row_count; row++)
		matches[row] = matches[row] && predicate_test_number(leaf, reader->time_ns[row]);
}

static enum status match_attribute(struct log_reader *reader, const struct predicate *leaf, uint8_t *matches,
				   struct error *error)
{
	enum attribute_match *found = arena_alloc(reader->block.arena, reader->block.row_count);
	enum status status = log_reader_open_attributes(reader, error);

	if (!found)
		return no_memory(error);
	if (status == STATUS_OK)
		status = attributes_test(&reader->attributes, leaf->key, leaf, 0, reader->block.row_count,
					 matches, found, error);
	return status == STATUS_OK ? match_origin(reader, leaf, found, matches, error) : status;
}

/* A record without a body, and one whose body is empty, have none. */
static enum status match_body(struct log_reader *reader, const struct predicate *leaf, uint8_t *matches,
			      struct error *error)
{
	enum attribute_match *found = arena_alloc(reader->block.arena, reader->block.row_count);
	enum status status = log_reader_open_attributes(reader, error);
	bool passes_without = predicate_test_value(leaf, NULL);

	if (!found)
		return no_memory(error);
	if (status == STATUS_OK)
		status = attributes_test(&reader->bodies, str_make("", 0), leaf, 0, reader->block.row_count,
					 matches, found, error);
	for (size_t row = 0; row < reader->block.row_count && status == STATUS_OK; row++)
		if (found[row] == ATTRIBUTE_ABSENT)
			matches[row] &= passes_without;
	return status;
}

static enum status match_anywhere(struct log_reader *reader, const struct predicate *leaf, uint8_t *matches,
				  struct error *error)
{
	size_t count = reader->block.row_count;
	struct text_search search;
	enum status status = text_search_begin(&search, leaf->operands[0].text, leaf->is_prefix, count,
					       reader->block.arena, error);

	if (status == STATUS_OK)
		status = log_reader_search(reader, &search, error);
	for (size_t row = 0; row < count && status == STATUS_OK; row++)
		matches[row] &= search.found[row] != leaf->is_negated;
	return status;
}

static enum status match_leaf(struct log_reader *reader, const struct predicate *leaf, uint8_t *matches,
			      struct error *error)
{
	switch (leaf->field) {
	case ROW_TIME: match_time(reader, leaf, matches); return STATUS_OK;
	case ROW_LEVEL: return match_level(reader, leaf, matches, error);
	case ROW_HANDLER:
		return match_strings(reader, LOG_HANDLER, leaf, predicate_test_text, matches, error);
	case ROW_EVENT:
		return match_strings(reader, LOG_EVENT_NAME, leaf, predicate_test_text, matches, error);
	case ROW_TRACE_ID: return match_strings(reader, LOG_TRACE_ID, leaf, test_trace_id, matches, error);
	case ROW_SPAN_ID: return match_strings(reader, LOG_SPAN_ID, leaf, test_span_id, matches, error);
	case ROW_BODY: return match_body(reader, leaf, matches, error);
	case ROW_TAG:
	case ROW_ATTRIBUTE: return match_attribute(reader, leaf, matches, error);
	case ROW_ANYWHERE: return match_anywhere(reader, leaf, matches, error);
	default: return match_origin(reader, leaf, NULL, matches, error);
	}
}

/* 0: what resources and small columns decide; 1: ids and attributes; 2: bodies. */
static int cost_of(const struct predicate *predicate)
{
	if ((predicate->fields & ~(uint32_t)QUICK_FIELDS) == 0)
		return 0;
	return predicate->fields & (ROW_BIT(ROW_BODY) | ROW_BIT(ROW_ANYWHERE)) ? 2 : 1;
}

/* What is cheap comes first: where no row is left, the rest is not read. */
static enum status match_all(struct log_reader *reader, const struct predicate *predicate, uint8_t *matches,
			     struct error *error)
{
	enum status status = STATUS_OK;

	for (int cost = 0; cost <= 2; cost++)
		for (size_t i = 0; i < predicate->part_count && status == STATUS_OK; i++)
			if (cost_of(&predicate->parts[i]) == cost &&
			    memchr(matches, 1, reader->block.row_count))
				status = log_reader_match_predicate(reader, &predicate->parts[i], matches,
								    error);
	return status;
}

/* Each part is asked of the rows that none before it took. */
static enum status match_any(struct log_reader *reader, const struct predicate *predicate, uint8_t *matches,
			     struct error *error)
{
	size_t count = reader->block.row_count;
	uint8_t *taken = arena_calloc(reader->block.arena, count, 1),
		*left = arena_alloc(reader->block.arena, count);
	enum status status = STATUS_OK;

	if (!taken || !left)
		return no_memory(error);
	for (size_t p = 0; p < predicate->part_count && status == STATUS_OK; p++) {
		for (size_t i = 0; i < count; i++)
			left[i] = matches[i] && !taken[i];
		if (!memchr(left, 1, count))
			break;
		status = log_reader_match_predicate(reader, &predicate->parts[p], left, error);
		for (size_t i = 0; i < count; i++)
			taken[i] |= left[i];
	}
	memcpy(matches, taken, count);
	return status;
}

enum status log_reader_match_predicate(struct log_reader *reader, const struct predicate *predicate,
				       uint8_t *matches, struct error *error)
{
	if (is_of_resource(predicate))
		return match_resource(reader, predicate, matches, error);
	if (predicate->kind == PREDICATE_ALL)
		return match_all(reader, predicate, matches, error);
	if (predicate->kind == PREDICATE_ANY)
		return match_any(reader, predicate, matches, error);
	return match_leaf(reader, predicate, matches, error);
}
