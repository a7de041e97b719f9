#include "model/predicate.h"

#include "model/filter.h"

/* ---- values ---- */

static bool in_order(enum predicate_operator operator, int order)
{
	switch (operator) {
	case OPERATOR_LESS: return order < 0;
	case OPERATOR_LESS_EQUAL: return order <= 0;
	case OPERATOR_GREATER: return order > 0;
	default: return order >= 0;
	}
}

/* What is not a number stands in no order. */
static bool in_order_of_reals(enum predicate_operator operator, double a, double b)
{
	return (a < b || a > b || a == b) && in_order(operator,(a > b) - (a < b));
}

static bool in_order_of_integers(const struct predicate *leaf, int64_t integer)
{
	const struct operand *operand = &leaf->operands[0];

	if (operand->type == OPERAND_REAL)
		return in_order_of_reals(leaf->operator,(double) integer, operand->real);
	return in_order(leaf->operator,(integer > operand->integer) - (integer < operand->integer));
}

static bool text_equals(const struct predicate *leaf, struct str text)
{
	for (size_t i = 0; i < leaf->operand_count; i++)
		if (str_equal(text, leaf->operands[i].text))
			return true;
	return false;
}

static bool has_order(const struct predicate *leaf)
{
	return leaf->operator>= OPERATOR_LESS && leaf->operator<= OPERATOR_GREATER_EQUAL;
}

/* Without negation. Numbers that are sent as text are ordered as numbers beside a number. */
static bool text_passes(const struct predicate *leaf, struct str text)
{
	int64_t integer;
	double real;

	if (leaf->operator== OPERATOR_EXISTS)
		return true;
	if (leaf->operator== OPERATOR_EQUAL)
		return text_equals(leaf, text);
	if (leaf->operator== OPERATOR_MATCHES)
		return pattern_matches(leaf->pattern, text);
	if (leaf->operands[0].type != OPERAND_TEXT && str_parse_i64(text, &integer))
		return in_order_of_integers(leaf, integer);
	if (leaf->operands[0].type != OPERAND_TEXT && str_parse_double(text, &real))
		return in_order_of_reals(leaf->operator, real, leaf->operands[0].real);
	return in_order(leaf->operator, str_compare(text, leaf->operands[0].text));
}

static bool value_passes(const struct predicate *leaf, const struct value *value)
{
	bool is_numeric = has_order(leaf) && leaf->operands[0].type != OPERAND_TEXT, passes;
	struct buffer text = BUFFER_EMPTY;

	if (leaf->operator== OPERATOR_EXISTS)
		return true;
	if (value->type == VALUE_STRING)
		return text_passes(leaf, value_str(value));
	if (value->type == VALUE_INT && is_numeric)
		return in_order_of_integers(leaf, value->integer);
	if (value->type == VALUE_DOUBLE && is_numeric)
		return in_order_of_reals(leaf->operator, value->real, leaf->operands[0].real);
	value_to_text(value, &text);
	passes = text_passes(leaf, buffer_str(&text));
	buffer_release(&text);
	return passes;
}

bool predicate_test_text(const struct predicate *leaf, struct str text)
{
	return (text.size > 0 && text_passes(leaf, text)) != leaf->is_negated;
}

bool predicate_test_value(const struct predicate *leaf, const struct value *value)
{
	/* An attribute may be empty; a body that is empty is none. */
	bool is_there = value && (value->type != VALUE_EMPTY || leaf->field != ROW_BODY);

	return (is_there && value_passes(leaf, value)) != leaf->is_negated;
}

bool predicate_test_number(const struct predicate *leaf, uint64_t number)
{
	bool passes = leaf->operator== OPERATOR_EXISTS;

	if (leaf->operator== OPERATOR_EQUAL)
		for (size_t i = 0; i < leaf->operand_count; i++)
			passes |= number == leaf->operands[i].number;
	else if (has_order(leaf))
		passes = in_order(leaf->operator,(number > leaf->operands[0].number) -
							 (number < leaf->operands[0].number));
	return passes != leaf->is_negated;
}

/* ---- words ---- */

bool predicate_contains(const struct predicate *leaf, struct str text)
{
	struct str term = leaf->operands[0].text;

	return leaf->is_prefix ? text_contains_beginning(text, term) : text_contains_term(text, term);
}

bool predicate_contains_class(const struct predicate *leaf, const struct span *span)
{
	return predicate_contains(leaf, span->name) || predicate_contains(leaf, span->handler.name) ||
	       predicate_contains(leaf, span->handler.event);
}

static bool strings_contain(const struct predicate *leaf, const struct attributes *attributes)
{
	for (uint32_t i = 0; i < attributes->count; i++)
		if (attributes->items[i].value.type == VALUE_STRING &&
		    predicate_contains(leaf, value_str(&attributes->items[i].value)))
			return true;
	return false;
}

static bool span_contains(const struct predicate *leaf, const struct span *span)
{
	return predicate_contains_class(leaf, span) || predicate_contains(leaf, span->status_message) ||
	       strings_contain(leaf, &span->attributes);
}

static bool log_contains(const struct predicate *leaf, const struct log_record *record)
{
	struct buffer text = BUFFER_EMPTY;
	bool found;

	if (record->body.type == VALUE_STRING) {
		found = predicate_contains(leaf, value_str(&record->body));
	} else {
		value_to_text(&record->body, &text);
		found = record->body.type != VALUE_EMPTY && predicate_contains(leaf, buffer_str(&text));
		buffer_release(&text);
	}
	return found || strings_contain(leaf, &record->attributes);
}

/* ---- rows ---- */

enum { ID_TEXT_SIZE = 2 * TRACE_ID_SIZE };

static struct str id_text(const uint8_t *id, size_t size, char text[ID_TEXT_SIZE])
{
	static const uint8_t none[TRACE_ID_SIZE];

	if (memcmp(id, none, size) == 0)
		return str_make("", 0);
	hex_encode(id, size, text);
	return str_make(text, 2 * size);
}

static struct str span_text(enum row_field field, const struct span *span, char id[ID_TEXT_SIZE])
{
	bool is_execution = span->handler.role == ROLE_EXECUTION;

	switch (field) {
	case ROW_HANDLER: return is_execution ? span->handler.name : str_make("", 0);
	case ROW_TYPE: return str_from(is_execution ? handler_type_name(span->handler.type) : "");
	case ROW_STATUS: return str_from(outcome_name(span->handler.outcome));
	case ROW_LANGUAGE: return span->handler.language;
	case ROW_SERVICE: return resource_service(span->resource);
	case ROW_OPERATION: return span->name;
	case ROW_KIND: return str_from(span_kind_name(span->kind));
	case ROW_EVENT: return span->handler.event;
	case ROW_SCOPE: return span->scope->name;
	case ROW_TRACE_ID: return id_text(span->trace_id, TRACE_ID_SIZE, id);
	case ROW_SPAN_ID: return id_text(span->span_id, SPAN_ID_SIZE, id);
	case ROW_PARENT: return id_text(span->parent_span_id, SPAN_ID_SIZE, id);
	case ROW_ROOT: return str_from(span_is_root(span) ? "true" : "false");
	case ROW_MESSAGE: return span->status_message;
	default: return str_make("", 0);
	}
}

static bool match_span_field(const struct predicate *leaf, const struct span *span)
{
	char id[ID_TEXT_SIZE];

	switch (leaf->field) {
	case ROW_DURATION: return predicate_test_number(leaf, span_duration_ns(span));
	case ROW_TIME: return predicate_test_number(leaf, span->start_ns);
	case ROW_TAG:
		return predicate_test_value(
			leaf, attribute_of_row(leaf->key, &span->attributes, span->resource, span->scope));
	case ROW_ATTRIBUTE:
		return predicate_test_value(leaf, attribute_of_row(leaf->key, &span->attributes, NULL, NULL));
	case ROW_RESOURCE:
		return predicate_test_value(leaf, attribute_of_row(leaf->key, NULL, span->resource, NULL));
	case ROW_ANYWHERE: return span_contains(leaf, span) != leaf->is_negated;
	default: return predicate_test_text(leaf, span_text(leaf->field, span, id));
	}
}

bool predicate_match_span(const struct predicate *predicate, const struct span *span)
{
	bool is_all = predicate->kind == PREDICATE_ALL;

	if (predicate->kind == PREDICATE_LEAF)
		return match_span_field(predicate, span);
	for (size_t i = 0; i < predicate->part_count; i++)
		if (predicate_match_span(&predicate->parts[i], span) != is_all)
			return !is_all;
	return is_all;
}

static struct str log_text(enum row_field field, const struct log_record *record, char id[ID_TEXT_SIZE])
{
	switch (field) {
	case ROW_HANDLER: return record->handler;
	case ROW_SERVICE: return resource_service(record->resource);
	case ROW_EVENT: return record->event_name;
	case ROW_SCOPE: return record->scope->name;
	case ROW_TRACE_ID: return id_text(record->trace_id, TRACE_ID_SIZE, id);
	case ROW_SPAN_ID: return id_text(record->span_id, SPAN_ID_SIZE, id);
	default: return str_make("", 0);
	}
}

static bool match_log_field(const struct predicate *leaf, const struct log_record *record)
{
	char id[ID_TEXT_SIZE];

	switch (leaf->field) {
	case ROW_TIME: return predicate_test_number(leaf, record->time_ns);
	case ROW_LEVEL: return predicate_test_number(leaf, (uint64_t)log_record_level(record));
	case ROW_BODY: return predicate_test_value(leaf, &record->body);
	case ROW_TAG:
		return predicate_test_value(leaf, attribute_of_row(leaf->key, &record->attributes,
								   record->resource, record->scope));
	case ROW_ATTRIBUTE:
		return predicate_test_value(leaf,
					    attribute_of_row(leaf->key, &record->attributes, NULL, NULL));
	case ROW_RESOURCE:
		return predicate_test_value(leaf, attribute_of_row(leaf->key, NULL, record->resource, NULL));
	case ROW_ANYWHERE: return log_contains(leaf, record) != leaf->is_negated;
	default: return predicate_test_text(leaf, log_text(leaf->field, record, id));
	}
}

bool predicate_match_log(const struct predicate *predicate, const struct log_record *record)
{
	bool is_all = predicate->kind == PREDICATE_ALL;

	if (predicate->kind == PREDICATE_LEAF)
		return match_log_field(predicate, record);
	for (size_t i = 0; i < predicate->part_count; i++)
		if (predicate_match_log(&predicate->parts[i], record) != is_all)
			return !is_all;
	return is_all;
}

static void describe_str(struct str s, struct buffer *out)
{
	buffer_append(out, &s.size, sizeof(s.size));
	buffer_append_str(out, s);
}

void predicate_describe(const struct predicate *predicate, struct buffer *out)
{
	if (!predicate)
		return;
	buffer_append_byte(out, (uint8_t)(1 + predicate->kind));
	if (predicate->kind != PREDICATE_LEAF) {
		buffer_append(out, &predicate->part_count, sizeof(predicate->part_count));
		for (size_t i = 0; i < predicate->part_count; i++)
			predicate_describe(&predicate->parts[i], out);
		return;
	}
	buffer_append_byte(out, (uint8_t)predicate->field);
	buffer_append_byte(out, (uint8_t)predicate->operator);
	buffer_append_byte(out, (uint8_t)(predicate->is_negated * 2 + predicate->is_prefix));
	describe_str(predicate->key, out);
	buffer_append(out, &predicate->operand_count, sizeof(predicate->operand_count));
	for (size_t i = 0; i < predicate->operand_count; i++) {
		buffer_append_byte(out, (uint8_t)predicate->operands[i].type);
		describe_str(predicate->operands[i].text, out);
	}
}
