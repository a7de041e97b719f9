/*
 * plan: an expression onto a filter. What all of an expression's parts must meet, and a filter has a part for, goes there,
 * where stores prune with it. The rest is the filter's predicate; a part that says only some of what was asked (the level
 * of `level = warn`) is set and the rest keeps the whole.
 */
#include "query/language/language.h"

#include "model/word.h"

/* The state of one narrowing: the conjuncts that are left over. */
struct plan {
	struct arena *arena;
	struct predicate *rest, *handled;
	size_t rest_count, handled_count;
};

/* ---- what a leaf asks ---- */

static bool is_equality(const struct predicate *leaf)
{
	return leaf->kind == PREDICATE_LEAF && leaf->operator== OPERATOR_EQUAL && !leaf->is_negated &&
					       leaf->operand_count == 1;
}

/* A text part of a filter: free, or asking the same already. Empty is "any" there, and cannot be asked for. */
static bool take_text(struct str *part, const struct predicate *leaf)
{
	struct str wanted = leaf->operands[0].text;

	if (wanted.size == 0 || (part->size && !str_equal(*part, wanted)))
		return false;
	*part = wanted;
	return true;
}

static bool take_number(uint8_t *part, uint8_t wanted)
{
	if (*part != FILTER_ANY && *part != wanted)
		return false;
	*part = wanted;
	return true;
}

/* Nothing has the id of zeros, and a filter would find what has none. */
static bool take_id(struct arena *arena, const uint8_t **part, size_t size, const struct predicate *leaf)
{
	static const uint8_t none[TRACE_ID_SIZE];
	uint8_t *id = arena_alloc(arena, size);

	if (*part || !id || !hex_decode(leaf->operands[0].text, id, size) || memcmp(id, none, size) == 0)
		return false;
	*part = id;
	return true;
}

/* The numbers that a leaf lets through, where they lie side by side: both included. */
static bool interval_of(const struct predicate *leaf, uint64_t *least_out, uint64_t *most_out)
{
	uint64_t number = leaf->operand_count == 1 ? leaf->operands[0].number : 0;
	bool is_empty = (leaf->operator== OPERATOR_LESS && number == 0) ||
			(leaf->operator== OPERATOR_GREATER && number == UINT64_MAX);

	if (leaf->kind != PREDICATE_LEAF || leaf->is_negated || leaf->operand_count != 1 || is_empty)
		return false;
	*least_out = 0;
	*most_out = UINT64_MAX;
	switch (leaf->operator) {
	case OPERATOR_LESS: *most_out = number - 1; return true;
	case OPERATOR_LESS_EQUAL: *most_out = number; return true;
	case OPERATOR_GREATER: *least_out = number + 1; return true;
	case OPERATOR_GREATER_EQUAL: *least_out = number; return true;
	case OPERATOR_EQUAL: *least_out = *most_out = number; return true;
	default: return false;
	}
}

static bool take_duration(struct span_filter *filter, const struct predicate *leaf)
{
	uint64_t least, most;

	if (!interval_of(leaf, &least, &most))
		return false;
	if (least > filter->min_duration_ns)
		filter->min_duration_ns = least;
	if (most < filter->max_duration_ns)
		filter->max_duration_ns = most;
	return true;
}

/* A range ends before its end: the last moment that there is has none. */
static bool take_time(struct time_range *range, const struct predicate *leaf)
{
	uint64_t least, most;

	if (!interval_of(leaf, &least, &most))
		return false;
	if (least > range->start_ns)
		range->start_ns = least;
	if (most < UINT64_MAX && most + 1 < range->end_ns)
		range->end_ns = most + 1;
	return true;
}

/* A filter has but a lowest level: true where that is all that the leaf asks. */
static bool take_level(struct log_filter *filter, const struct predicate *leaf)
{
	uint64_t least = LEVEL_ERROR, most;
	bool is_interval = interval_of(leaf, &least, &most);

	if (!is_interval && (leaf->operator!= OPERATOR_EQUAL || leaf->is_negated))
		return false;
	for (size_t i = 0; !is_interval && i < leaf->operand_count; i++)
		if (leaf->operands[i].number < least)
			least = leaf->operands[i].number;
	if (least > LEVEL_ERROR)
		return false;
	if (least > (uint64_t)filter->lowest_level)
		filter->lowest_level = (enum log_record_level)least;
	return is_interval && most == UINT64_MAX;
}

/* ---- spans ---- */

static bool append_tag(struct arena *arena, struct span_filter *filter, const struct predicate *leaf)
{
	struct tag_filter *tags = arena_alloc(arena, (filter->tag_count + 1) * sizeof(*tags));

	if (!tags)
		return false;
	if (filter->tag_count)
		memcpy(tags, filter->tags, filter->tag_count * sizeof(*tags));
	tags[filter->tag_count++] = (struct tag_filter){leaf->key, leaf->operands[0].text};
	filter->tags = tags;
	return true;
}

/* A filter by success is asked of whole traces by a list: a span's own stays with the predicate. */
static bool take_outcome(struct span_filter *filter, const struct predicate *leaf)
{
	uint8_t outcome = OUTCOME_SUCCESS;

	return outcome_parse(leaf->operands[0].text, &outcome) && outcome != OUTCOME_SUCCESS &&
	       take_number(&filter->outcome, outcome);
}

static bool take_type(struct span_filter *filter, const struct predicate *leaf)
{
	uint8_t type;

	return handler_type_parse(leaf->operands[0].text, &type) && take_number(&filter->handler_type, type);
}

/* Whether the filter now asks all that the part does. */
static bool take_of_span(struct arena *arena, struct span_filter *filter, const struct predicate *part)
{
	if (part->kind != PREDICATE_LEAF)
		return false;
	if (part->field == ROW_DURATION)
		return take_duration(filter, part);
	if (part->field == ROW_TIME)
		return take_time(&filter->range, part);
	if (!is_equality(part))
		return false;
	switch (part->field) {
	case ROW_HANDLER: return take_text(&filter->handler, part);
	case ROW_TYPE: return take_type(filter, part);
	case ROW_STATUS: return take_outcome(filter, part);
	case ROW_LANGUAGE: return take_text(&filter->language, part);
	case ROW_SERVICE: return take_text(&filter->service, part);
	case ROW_OPERATION: return take_text(&filter->operation, part);
	case ROW_TRACE_ID: return take_id(arena, &filter->trace_id, TRACE_ID_SIZE, part);
	case ROW_TAG: return append_tag(arena, filter, part);
	default: return false;
	}
}

/* ---- logs ---- */

static bool take_term(struct arena *arena, struct log_filter *filter, const struct predicate *leaf)
{
	struct str term = leaf->operands[0].text, *terms;

	if (leaf->is_negated || (leaf->is_prefix && !term_is_phrase(term)))
		return false;
	terms = arena_alloc(arena, (filter->term_count + 1) * sizeof(*terms));
	if (!terms)
		return false;
	if (filter->term_count)
		memcpy(terms, filter->terms, filter->term_count * sizeof(*terms));
	terms[filter->term_count++] = term;
	filter->terms = terms;
	return true;
}

static bool take_of_log(struct arena *arena, struct log_filter *filter, const struct predicate *part)
{
	if (part->kind != PREDICATE_LEAF)
		return false;
	if (part->field == ROW_TIME)
		return take_time(&filter->range, part);
	if (part->field == ROW_LEVEL)
		return take_level(filter, part);
	if (part->field == ROW_ANYWHERE)
		return take_term(arena, filter, part);
	if (!is_equality(part))
		return false;
	switch (part->field) {
	case ROW_HANDLER: return take_text(&filter->handler, part);
	case ROW_SERVICE: return take_text(&filter->service, part);
	case ROW_TRACE_ID: return take_id(arena, &filter->trace_id, TRACE_ID_SIZE, part);
	case ROW_SPAN_ID: return take_id(arena, &filter->span_id, SPAN_ID_SIZE, part);
	default: return false;
	}
}

/* ---- the rest ---- */

/* All that an expression's row must meet, one by one. */
static const struct predicate *conjuncts(const struct predicate *root, size_t *count_out)
{
	bool is_all = root && root->kind == PREDICATE_ALL;

	*count_out = !root ? 0 : is_all ? root->part_count : 1;
	return is_all ? root->parts : root;
}

static bool plan_begin(struct plan *plan, struct arena *arena, size_t count)
{
	*plan = (struct plan){.arena = arena,
			      .rest = arena_calloc(arena, count, sizeof(struct predicate)),
			      .handled = arena_calloc(arena, count, sizeof(struct predicate))};
	return plan->rest && plan->handled;
}

/* One predicate of several parts; NULL of none, or where memory ran out. */
static const struct predicate *all_of(struct arena *arena, const struct predicate *parts, size_t count)
{
	struct predicate *all;

	if (count <= 1)
		return count ? parts : NULL;
	all = arena_calloc(arena, 1, sizeof(*all));
	if (!all)
		return NULL;
	*all = (struct predicate){.kind = PREDICATE_ALL, .parts = parts, .part_count = count};
	for (size_t i = 0; i < count; i++)
		all->fields |= parts[i].fields;
	return all;
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "there is no memory for this filter");
}

enum status expression_narrow_spans(struct expression *expression, struct span_filter *filter,
				    struct error *error)
{
	struct span_filter narrowed = *filter;
	struct plan plan;
	size_t count;
	const struct predicate *parts = conjuncts(expression->root, &count);

	if (!plan_begin(&plan, &expression->arena, count + 1))
		return no_memory(error);
	if (filter->predicate)
		plan.rest[plan.rest_count++] = *filter->predicate;
	for (size_t i = 0; i < count; i++)
		if (!take_of_span(plan.arena, &narrowed, &parts[i]))
			plan.rest[plan.rest_count++] = parts[i];
	narrowed.predicate = all_of(plan.arena, plan.rest, plan.rest_count);
	if (plan.rest_count && !narrowed.predicate)
		return no_memory(error);
	*filter = narrowed;
	return STATUS_OK;
}

enum status expression_narrow_logs(struct expression *expression, struct log_filter *filter,
				   const struct predicate **handled_out, struct error *error)
{
	struct log_filter narrowed = *filter;
	const struct predicate *handled;
	struct plan plan;
	size_t count;
	const struct predicate *parts = conjuncts(expression->root, &count);

	if (!plan_begin(&plan, &expression->arena, count + 1))
		return no_memory(error);
	if (filter->predicate)
		plan.rest[plan.rest_count++] = *filter->predicate;
	for (size_t i = 0; i < count; i++) {
		if (take_of_log(plan.arena, &narrowed, &parts[i]))
			continue;
		if (handled_out && (parts[i].fields & ROW_BIT(ROW_HANDLER)))
			plan.handled[plan.handled_count++] = parts[i];
		else
			plan.rest[plan.rest_count++] = parts[i];
	}
	narrowed.predicate = all_of(plan.arena, plan.rest, plan.rest_count);
	handled = all_of(plan.arena, plan.handled, plan.handled_count);
	if ((plan.rest_count && !narrowed.predicate) || (plan.handled_count && !handled))
		return no_memory(error);
	*filter = narrowed;
	if (handled_out)
		*handled_out = handled;
	return STATUS_OK;
}
