#include "model/filter.h"

#include "base/hash.h"
#include "model/word.h"

/* A part that is empty means any. */
static bool str_passes(struct str wanted, struct str actual)
{
	return wanted.size == 0 || str_equal(wanted, actual);
}

static bool value_is_text(const struct value *value, struct str text)
{
	struct buffer buffer = BUFFER_EMPTY;
	bool same;

	if (value->type == VALUE_STRING)
		return str_equal(value_str(value), text);
	value_to_text(value, &buffer);
	same = str_equal(buffer_str(&buffer), text);
	buffer_release(&buffer);
	return same;
}

static const struct value *find(const struct attributes *attributes, struct str key)
{
	for (uint32_t i = attributes->count; i-- > 0;)
		if (str_equal(attributes->items[i].key, key))
			return &attributes->items[i].value;
	return NULL;
}

const struct value *attribute_of_row(struct str key, const struct attributes *row,
				     const struct resource *resource, const struct scope *scope)
{
	const struct value *value = row ? find(row, key) : NULL;

	if (!value && resource)
		value = find(&resource->attributes, key);
	if (!value && scope)
		value = find(&scope->attributes, key);
	return value;
}

/* The first of the places that has the key decides. */
static bool tag_passes(const struct tag_filter *tag, const struct attributes *row,
		       const struct resource *resource, const struct scope *scope)
{
	const struct value *value = attribute_of_row(tag->key, row, resource, scope);

	return value && value_is_text(value, tag->value);
}

static bool links_to(const struct span *span, const uint8_t trace_id[TRACE_ID_SIZE])
{
	for (uint32_t i = 0; i < span->link_count; i++)
		if (memcmp(span->links[i].trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return true;
	return false;
}

bool span_filter_match(const struct span_filter *filter, const struct span *span)
{
	uint64_t duration_ns = span_duration_ns(span);
	bool wants_handler = filter->handler.size || filter->handler_type != FILTER_ANY;

	if (!time_range_contains(filter->range, span->start_ns) || duration_ns < filter->min_duration_ns ||
	    duration_ns > filter->max_duration_ns)
		return false;
	if (filter->trace_id && memcmp(filter->trace_id, span->trace_id, TRACE_ID_SIZE) != 0)
		return false;
	if (wants_handler && span->handler.role != ROLE_EXECUTION)
		return false;
	if (filter->handler_type != FILTER_ANY && filter->handler_type != span->handler.type)
		return false;
	if (filter->outcome != FILTER_ANY && filter->outcome != span->handler.outcome)
		return false;
	if (!str_passes(filter->handler, span->handler.name) ||
	    !str_passes(filter->language, span->handler.language) ||
	    !str_passes(filter->operation, span->name) ||
	    (filter->service.size && !str_equal(filter->service, resource_service(span->resource))))
		return false;
	for (size_t i = 0; i < filter->tag_count; i++)
		if (!tag_passes(&filter->tags[i], &span->attributes, span->resource, span->scope))
			return false;
	if (filter->links_to && !links_to(span, filter->links_to))
		return false;
	return !filter->predicate || predicate_match_span(filter->predicate, span);
}

static bool contains_word(struct str text, struct str word)
{
	for (size_t i = 0; i + word.size <= text.size; i++) {
		size_t after = i + word.size;

		if ((i > 0 && is_word_byte((unsigned char)text.data[i - 1])) ||
		    (after < text.size && is_word_byte((unsigned char)text.data[after])))
			continue;
		if (str_equal_nocase(str_make(text.data + i, word.size), word))
			return true;
	}
	return false;
}

bool text_contains_term(struct str text, struct str term)
{
	return term_is_phrase(term) ? str_contains_nocase(text, term) : contains_word(text, term);
}

bool text_contains_beginning(struct str text, struct str term)
{
	if (term_is_phrase(term))
		return str_contains_nocase(text, term);
	for (size_t i = 0; i + term.size <= text.size; i++)
		if ((i == 0 || !is_word_byte((unsigned char)text.data[i - 1])) &&
		    str_equal_nocase(str_make(text.data + i, term.size), term))
			return true;
	return false;
}

static bool value_contains_term(const struct value *value, struct str term)
{
	struct buffer text = BUFFER_EMPTY;
	bool found;

	if (value->type == VALUE_STRING)
		return text_contains_term(value_str(value), term);
	value_to_text(value, &text);
	found = text_contains_term(buffer_str(&text), term);
	buffer_release(&text);
	return found;
}

static bool log_contains_term(const struct log_record *record, struct str term)
{
	if (term.size == 0 || value_contains_term(&record->body, term))
		return true;
	for (uint32_t i = 0; i < record->attributes.count; i++)
		if (record->attributes.items[i].value.type == VALUE_STRING &&
		    text_contains_term(value_str(&record->attributes.items[i].value), term))
			return true;
	return false;
}

bool log_filter_match(const struct log_filter *filter, const struct log_record *record)
{
	if (!time_range_contains(filter->range, record->time_ns) ||
	    log_record_level(record) < filter->lowest_level)
		return false;
	if (filter->trace_id && memcmp(filter->trace_id, record->trace_id, TRACE_ID_SIZE) != 0)
		return false;
	if (filter->span_id && memcmp(filter->span_id, record->span_id, SPAN_ID_SIZE) != 0)
		return false;
	if (!str_passes(filter->handler, record->handler) ||
	    (filter->service.size && !str_equal(filter->service, resource_service(record->resource))))
		return false;
	if (filter->source && !resource_is_same_source(filter->source, record->resource))
		return false;
	for (size_t i = 0; i < filter->term_count; i++)
		if (!log_contains_term(record, filter->terms[i]))
			return false;
	return !filter->predicate || predicate_match_log(filter->predicate, record);
}

bool label_filter_parse(struct str text, struct label_filter *label_out)
{
	struct label_filter label = {.comparison = LABEL_IS};
	size_t at = 0;

	while (at < text.size && text.data[at] != '=' && text.data[at] != '!')
		at++;
	if (at == 0 || at == text.size)
		return false;
	label.key = str_make(text.data, at);
	if (text.data[at] == '=' && (at + 1 == text.size || text.data[at + 1] != '~')) {
		label.value = str_make(text.data + at + 1, text.size - at - 1);
		*label_out = label;
		return true;
	}
	if (at + 1 == text.size)
		return false;
	if (text.data[at] == '=')
		label.comparison = LABEL_MATCHES;
	else if (text.data[at + 1] == '=')
		label.comparison = LABEL_IS_NOT;
	else if (text.data[at + 1] == '~')
		label.comparison = LABEL_MATCHES_NOT;
	else
		return false;
	label.value = str_make(text.data + at + 2, text.size - at - 2);
	*label_out = label;
	return true;
}

static bool text_passes(const struct label_filter *label, struct str text)
{
	switch (label->comparison) {
	case LABEL_IS: return str_equal(text, label->value);
	case LABEL_IS_NOT: return !str_equal(text, label->value);
	case LABEL_MATCHES: return pattern_matches(label->pattern, text);
	default: return !pattern_matches(label->pattern, text);
	}
}

static bool label_passes(const struct label_filter *label, const struct metric_point *point)
{
	const struct value *value = find(&point->attributes, label->key);
	struct buffer text = BUFFER_EMPTY;
	bool passes;

	if (!value)
		value = find(&point->resource->attributes, label->key);
	if (!value)
		return label->comparison != LABEL_IS && text_passes(label, str_make("", 0));
	if (value->type == VALUE_STRING)
		return text_passes(label, value_str(value));
	value_to_text(value, &text);
	passes = text_passes(label, buffer_str(&text));
	buffer_release(&text);
	return passes;
}

struct str log_field_text(const struct log_field *field, const struct log_record *record,
			  struct buffer *scratch)
{
	const struct value *value;

	if (field->kind == LOG_FIELD_HANDLER)
		return record->handler;
	if (field->kind == LOG_FIELD_SERVICE)
		return resource_service(record->resource);
	value = field->kind == LOG_FIELD_TAG
			? attribute_of_row(field->key, &record->attributes, record->resource, record->scope)
			: attribute_of_row(field->key, &record->attributes, NULL, NULL);
	if (!value)
		return str_make("", 0);
	if (value->type == VALUE_STRING)
		return value_str(value);
	buffer_clear(scratch);
	value_to_text(value, scratch);
	return buffer_str(scratch);
}

static uint64_t attribute_hash(const struct attribute *attribute)
{
	const struct value *value = &attribute->value;
	uint64_t hash = hash_seeded(attribute->key.data, attribute->key.size, hash_seed() + value->type);

	switch (value->type) {
	case VALUE_EMPTY: return hash;
	case VALUE_BOOL: return hash + value->boolean;
	case VALUE_INT:
	case VALUE_DOUBLE: return hash_seeded(&value->integer, sizeof(value->integer), hash);
	default: return hash_seeded(value->data, value->size, hash);
	}
}

/* A sum, so that the order does not matter. */
static uint64_t attributes_hash(const struct attributes *attributes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < attributes->count; i++)
		sum += attribute_hash(&attributes->items[i]);
	return sum;
}

static bool share_has(struct series_share share, const struct metric_point *point)
{
	return share.count == 0 ||
	       (attributes_hash(&point->attributes) + attributes_hash(&point->resource->attributes)) %
			       share.count ==
		       share.index;
}

bool point_filter_match(const struct point_filter *filter, const struct metric_point *point)
{
	if (!time_range_contains(filter->range, point->time_ns) ||
	    !str_passes(filter->metric, point->metric->name))
		return false;
	for (size_t i = 0; i < filter->label_count; i++)
		if (!label_passes(&filter->labels[i], point))
			return false;
	return share_has(filter->share, point);
}
