#include <stdlib.h>

#include "model/word.h"
#include "storage/columns/builder_internal.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/log_schema.h"

static enum status no_memory(size_t row_count, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to search a block of %zu log records",
			 row_count);
}

static enum status match_ids(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			     struct error *error)
{
	const struct {
		uint8_t field;
		struct str id;
	} wanted[] = {
		{LOG_TRACE_ID, str_make(filter->trace_id, filter->trace_id ? TRACE_ID_SIZE : 0)},
		{LOG_SPAN_ID, str_make(filter->span_id, filter->span_id ? SPAN_ID_SIZE : 0)},
	};
	size_t count = reader->block.row_count;

	for (size_t w = 0; w < 2; w++) {
		enum status status;

		if (wanted[w].id.size == 0)
			continue;
		status = table_open_strings(&reader->logs, wanted[w].field, count, error);
		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < count; i++) {
			struct str id = table_string(&reader->logs, wanted[w].field, i);
			static const uint8_t none[TRACE_ID_SIZE];

			if (id.size != wanted[w].id.size)
				id = str_make(none, wanted[w].id.size);
			matches[i] &= str_equal(id, wanted[w].id);
		}
	}
	return STATUS_OK;
}

static enum status match_levels(struct log_reader *reader, enum log_record_level lowest, uint8_t *matches,
				struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (lowest == LEVEL_TRACE)
		return STATUS_OK;
	status = table_open_numbers(&reader->logs, LOG_SEVERITY, count, error);
	if (status == STATUS_OK)
		status = table_open_strings(&reader->logs, LOG_SEVERITY_TEXT, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct log_record probe = {.severity_number =
						   (uint8_t)table_number(&reader->logs, LOG_SEVERITY, i)};

		if (!matches[i])
			continue;
		if (!probe.severity_number)
			probe.severity_text = table_string(&reader->logs, LOG_SEVERITY_TEXT, i);
		matches[i] = log_record_level(&probe) >= lowest;
	}
	return status;
}

static enum status match_handler(struct log_reader *reader, struct str handler, uint8_t *matches,
				 struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (handler.size == 0)
		return STATUS_OK;
	status = table_open_strings(&reader->logs, LOG_HANDLER, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (matches[i])
			matches[i] = str_equal(table_string(&reader->logs, LOG_HANDLER, i), handler);
	return status;
}

static enum status match_service(struct log_reader *reader, struct str service, uint8_t *matches,
				 struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;
	uint8_t *is_wanted;

	if (service.size == 0)
		return STATUS_OK;
	status = origin_reader_open(&reader->block, &reader->origin, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->logs, LOG_RESOURCE, count, error);
	if (status != STATUS_OK)
		return status;
	is_wanted = arena_alloc(reader->block.arena, reader->origin.resource_count);
	if (!is_wanted)
		return no_memory(count, error);
	for (size_t i = 0; i < reader->origin.resource_count; i++)
		is_wanted[i] = str_equal(resource_service(origin_resource(&reader->origin, i)), service);
	for (size_t i = 0; i < count; i++) {
		uint64_t code = table_number(&reader->logs, LOG_RESOURCE, i);

		matches[i] &= code < reader->origin.resource_count && is_wanted[code];
	}
	return STATUS_OK;
}

/* A term that is looked for, and what it is compared with: small letters with small letters. */
struct search {
	struct str term;
	struct str small;
	bool is_phrase;
	uint8_t *found; /* one a row */
};

static void make_small(const char *from, size_t size, char *to)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (char)(from[i] + (from[i] >= 'A' && from[i] <= 'Z' ? 'a' - 'A' : 0));
}

/* Whether the term, which stands at place in text, stands alone there. */
static bool stands_alone(struct str text, size_t place, size_t size)
{
	return (place == 0 || !is_word_byte((unsigned char)text.data[place - 1])) &&
	       (place + size == text.size || !is_word_byte((unsigned char)text.data[place + size]));
}

/* Whether the term begins at place of the entry that lies from start to end, and lies in it as it must. */
static bool is_hit(const struct search *search, const char *small, size_t start, size_t end, size_t place)
{
	size_t size = search->small.size;

	return place + size <= end &&
	       (search->is_phrase || stands_alone(str_make(small + start, end - start), place - start, size));
}

/* Sets hits[entry] where the list's entry contains the term; says whether one does. All entries are looked through as
 * one text: a term that is not there costs no look at each. */
static enum status search_list(struct string_list *list, const struct search *search, struct arena *arena,
			       uint8_t *hits, bool *any_out, struct error *error)
{
	/* Entries that no row names too: a damaged block may have some. */
	enum status status = string_list_need(list, 0, list->count, error);
	size_t total = list->count ? list->total : 0, entry = 0, from = 0;
	char *small = arena_alloc(arena, total);

	*any_out = false;
	memset(hits, 0, list->count);
	if (status != STATUS_OK)
		return status;
	if (!small)
		return no_memory(list->count, error);
	make_small(list->bytes, total, small);
	while (total - from >= search->small.size) {
		const char *found =
			memmem(small + from, total - from, search->small.data, search->small.size);
		size_t place = found ? (size_t)(found - small) : total;

		if (!found)
			break;
		while (list->offsets[entry + 1] <= place)
			entry++;
		from = place + 1;
		if (is_hit(search, small, list->offsets[entry], list->offsets[entry + 1], place)) {
			hits[entry] = 1;
			*any_out = true;
			from = list->offsets[entry + 1];
		}
	}
	return STATUS_OK;
}

/* Of a column of another type, the values as text. */
static enum status search_values(const struct attribute_values *values, const struct search *search,
				 uint8_t *hits, bool *any_out, struct error *error)
{
	struct buffer text = BUFFER_EMPTY;
	bool failed = false;

	*any_out = false;
	for (size_t i = 0; i < values->count && !failed; i++) {
		struct value value = attribute_values_get(values, i);

		buffer_clear(&text);
		value_to_text(&value, &text);
		failed = buffer_failed(&text);
		hits[i] = text_contains_term(buffer_str(&text), search->term);
		*any_out |= hits[i] != 0;
	}
	buffer_release(&text);
	return failed ? no_memory(values->count, error) : STATUS_OK;
}

/* Hands the hits among a column's values to the rows that have them. */
static enum status spread_hits(const struct attribute_reader *attributes,
			       const struct attribute_values *values, const uint8_t *hits,
			       struct search *search, struct error *error)
{
	const struct strings *strings = &values->strings;
	bool by_code = values->type == VALUE_STRING && !strings->is_plain;
	uint32_t *uses = arena_calloc(attributes->block->arena, attributes->shape_count, sizeof(*uses));
	size_t next = 0;

	if (!uses)
		return no_memory(attributes->row_count, error);
	for (size_t shape = 0; shape < attributes->shape_count; shape++)
		for (size_t i = 0; i < attributes->shapes[shape].count; i++)
			uses[shape] += attributes->shapes[shape].items[i] == values->index;
	for (size_t row = 0; row < attributes->row_count; row++) {
		uint64_t shape = numbers_get(&attributes->rows, row);
		uint32_t used = shape < attributes->shape_count ? uses[shape] : 0;

		if (used > values->count - next)
			return error_set(error, STATUS_CORRUPT, "the values of table %u are damaged",
					 attributes->table);
		for (; used > 0; used--, next++) {
			uint64_t entry = by_code ? numbers_get(&strings->codes, next) : next;

			search->found[row] |= (!by_code || entry < strings->list.count) && hits[entry];
		}
	}
	return STATUS_OK;
}

static enum status search_column(struct attribute_reader *attributes, struct attribute_values *values,
				 struct search *search, struct error *error)
{
	struct arena *arena = attributes->block->arena;
	enum status status = attribute_values_open(attributes, values, error);
	bool is_string = values->type == VALUE_STRING, any;
	uint8_t *hits;

	if (status != STATUS_OK)
		return status;
	hits = arena_alloc(arena, is_string ? values->strings.list.count : values->count);
	if (!hits)
		return no_memory(attributes->row_count, error);
	status = is_string ? search_list(&values->strings.list, search, arena, hits, &any, error)
			   : search_values(values, search, hits, &any, error);
	return status == STATUS_OK && any ? spread_hits(attributes, values, hits, search, error) : status;
}

static enum status match_term(struct log_reader *reader, struct search *search, struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < reader->bodies.value_count && status == STATUS_OK; i++)
		if (reader->bodies.values[i].type != VALUE_EMPTY)
			status = search_column(&reader->bodies, &reader->bodies.values[i], search, error);
	for (size_t i = 0; i < reader->attributes.value_count && status == STATUS_OK; i++)
		if (reader->attributes.values[i].type == VALUE_STRING)
			status = search_column(&reader->attributes, &reader->attributes.values[i], search,
					       error);
	return status;
}

static enum status match_terms(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			       struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = STATUS_OK;

	for (size_t t = 0; t < filter->term_count && status == STATUS_OK && memchr(matches, 1, count); t++) {
		struct search search = {.term = filter->terms[t],
					.is_phrase = term_is_phrase(filter->terms[t]),
					.found = arena_calloc(reader->block.arena, count, 1)};
		char *small = arena_alloc(reader->block.arena, search.term.size);

		if (search.term.size == 0)
			continue;
		if (!small || !search.found)
			return no_memory(count, error);
		make_small(search.term.data, search.term.size, small);
		search.small = str_make(small, search.term.size);
		status = log_reader_open_attributes(reader, error);
		if (status == STATUS_OK)
			status = match_term(reader, &search, error);
		for (size_t i = 0; i < count; i++)
			matches[i] &= search.found[i];
	}
	return status;
}

/* What is cheap comes first: where no row is left, the rest is not read. */
enum status log_reader_match(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			     struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	for (size_t i = 0; i < count; i++)
		matches[i] = time_range_contains(filter->range, reader->time_ns[i]);
	status = match_ids(reader, filter, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_levels(reader, filter->lowest_level, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_service(reader, filter->service, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_handler(reader, filter->handler, matches, error);
	return status == STATUS_OK ? match_terms(reader, filter, matches, error) : status;
}
