#include "storage/columns/text_search.h"

#include "model/filter.h"
#include "model/word.h"

static enum status no_memory(size_t row_count, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to search a block of %zu rows", row_count);
}

static void make_small(const char *from, size_t size, char *to)
{
	for (size_t i = 0; i < size; i++)
		to[i] = (char)(from[i] + (from[i] >= 'A' && from[i] <= 'Z' ? 'a' - 'A' : 0));
}

/* Whether the term, which stands at place in text, stands alone there; of a prefix, whether a word begins there. */
static bool stands_alone(struct str text, size_t place, size_t size, bool is_prefix)
{
	return (place == 0 || !is_word_byte((unsigned char)text.data[place - 1])) &&
	       (is_prefix || place + size == text.size ||
		!is_word_byte((unsigned char)text.data[place + size]));
}

/* Whether the term begins at place of the entry that lies from start to end, and lies in it as it must. */
static bool is_hit(const struct text_search *search, const char *small, size_t start, size_t end,
		   size_t place)
{
	size_t size = search->small.size;

	return place + size <= end &&
	       (search->is_phrase ||
		stands_alone(str_make(small + start, end - start), place - start, size, search->is_prefix));
}

/* Sets hits[entry] where the list's entry contains the term; says whether one does. All entries are looked through as
 * one text: a term that is not there costs no look at each. */
static enum status search_list(struct string_list *list, const struct text_search *search,
			       struct arena *arena, uint8_t *hits, bool *any_out, struct error *error)
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
static enum status search_values(const struct attribute_values *values, const struct text_search *search,
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
		hits[i] = search->is_prefix ? text_contains_beginning(buffer_str(&text), search->term)
					    : text_contains_term(buffer_str(&text), search->term);
		*any_out |= hits[i] != 0;
	}
	buffer_release(&text);
	return failed ? no_memory(values->count, error) : STATUS_OK;
}

/* Hands the hits among a column's values to the rows that have them. */
static enum status spread_hits(const struct attribute_reader *attributes,
			       const struct attribute_values *values, const uint8_t *hits,
			       struct text_search *search, struct error *error)
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

enum status text_search_begin(struct text_search *search, struct str term, bool is_prefix, size_t row_count,
			      struct arena *arena, struct error *error)
{
	char *small = arena_alloc(arena, term.size);

	*search = (struct text_search){.term = term,
				       .is_phrase = term_is_phrase(term),
				       .is_prefix = is_prefix,
				       .arena = arena,
				       .found = arena_calloc(arena, row_count, 1)};
	if (!small || !search->found)
		return no_memory(row_count, error);
	make_small(term.data, term.size, small);
	search->small = str_make(small, term.size);
	return STATUS_OK;
}

enum status text_search_column(struct text_search *search, struct attribute_reader *attributes,
			       struct attribute_values *values, struct error *error)
{
	struct arena *arena = search->arena;
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
