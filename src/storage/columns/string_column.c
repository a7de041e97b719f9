#include "storage/columns/string_column.h"

#include "base/hash.h"
#include "base/protobuf.h"
#include "storage/columns/address.h"

enum { STRINGS_DICTIONARY = 1, STRINGS_PLAIN = 2, ADDRESSES_DICTIONARY = 3, ADDRESSES_PLAIN = 4 };
enum { FIRST_SLOTS = 64, LARGEST_KEPT_SLOTS = 1 << 16 };
/* After this many strings the dictionary must have shown that it pays: at least one in four repeats. */
enum { DICTIONARY_TRIAL = 128 };
enum { VARINT_MOST_BYTES = 10 };

/* A slot holds both hash and code: most probes touch nothing else. */
static inline uint64_t make_slot(uint32_t hash, size_t code)
{
	return (uint64_t)hash << 32 | (code + 1);
}

static inline uint32_t slot_code(uint64_t slot)
{
	return (uint32_t)slot - 1;
}

static inline bool is_entry(const struct dictionary *dictionary, uint32_t code, struct str s)
{
	return str_equal(dictionary->entries.items[code], s);
}

static bool grow_slots(struct dictionary *dictionary)
{
	size_t count = dictionary->slot_count ? dictionary->slot_count * 2 : FIRST_SLOTS;
	uint64_t *slots = calloc(count, sizeof(*slots));

	if (!slots) {
		dictionary->failed = true;
		return false;
	}
	for (size_t i = 0; i < dictionary->slot_count; i++) {
		size_t slot = (dictionary->slots[i] >> 32) & (count - 1);

		if (!dictionary->slots[i])
			continue;
		while (slots[slot])
			slot = (slot + 1) & (count - 1);
		slots[slot] = dictionary->slots[i];
	}
	free(dictionary->slots);
	dictionary->slots = slots;
	dictionary->slot_count = count;
	return true;
}

static uint32_t add_entry(struct dictionary *dictionary, struct str s, uint32_t hash, size_t slot)
{
	uint32_t code = (uint32_t)dictionary->entries.count;

	vector_str_push(&dictionary->entries, s);
	if (dictionary->entries.failed) {
		dictionary->failed = true;
		return 0;
	}
	dictionary->slots[slot] = make_slot(hash, code);
	return dictionary->last = code;
}

uint32_t dictionary_code(struct dictionary *dictionary, struct str s)
{
	uint32_t hash;
	size_t slot;

	if (dictionary->entries.count && is_entry(dictionary, dictionary->last, s))
		return dictionary->last;
	/* At most half full: a probe is short. */
	if (dictionary->entries.count * 2 >= dictionary->slot_count && !grow_slots(dictionary))
		return 0;
	hash = (uint32_t)hash_seeded(s.data, s.size, hash_seed());
	slot = hash & (dictionary->slot_count - 1);
	for (; dictionary->slots[slot]; slot = (slot + 1) & (dictionary->slot_count - 1)) {
		uint32_t code = slot_code(dictionary->slots[slot]);

		if (dictionary->slots[slot] >> 32 == hash && is_entry(dictionary, code, s))
			return dictionary->last = code;
	}
	return add_entry(dictionary, s, hash, slot);
}

void dictionary_clear(struct dictionary *dictionary)
{
	if (dictionary->slot_count > LARGEST_KEPT_SLOTS) {
		dictionary_release(dictionary);
		return;
	}
	if (dictionary->entries.count)
		memset(dictionary->slots, 0, dictionary->slot_count * sizeof(*dictionary->slots));
	vector_str_clear(&dictionary->entries);
	dictionary->last = 0;
	dictionary->failed = false;
}

void dictionary_release(struct dictionary *dictionary)
{
	vector_str_release(&dictionary->entries);
	free(dictionary->slots);
	*dictionary = (struct dictionary){0};
}

static void give_up_dictionary(struct strings_builder *builder)
{
	for (size_t i = 0; i < builder->codes.count; i++)
		vector_str_push(&builder->plain, builder->dictionary.entries.items[builder->codes.items[i]]);
	builder->is_plain = true;
}

void strings_push(struct strings_builder *builder, struct str s)
{
	if (builder->is_plain) {
		vector_str_push(&builder->plain, s);
		return;
	}
	vector_u32_push(&builder->codes, dictionary_code(&builder->dictionary, s));
	if (builder->codes.count % DICTIONARY_TRIAL == 0 &&
	    builder->dictionary.entries.count * 4 > builder->codes.count * 3)
		give_up_dictionary(builder);
}

bool strings_builder_failed(const struct strings_builder *builder)
{
	return builder->dictionary.failed || builder->codes.failed || builder->plain.failed;
}

/* The list's sizes, and where its pages begin; returns the size of all strings. */
static size_t measure(const struct vector_str *list, struct vector_u32 *sizes, struct vector_u32 *starts)
{
	size_t total = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (i && i % NUMBERS_PAGE == 0)
			vector_u32_push(starts, (uint32_t)total);
		vector_u32_push(sizes, (uint32_t)list->items[i].size);
		total += list->items[i].size;
	}
	return total;
}

/* The list as addresses, if all of it is. */
static bool read_addresses(const struct vector_str *list, struct vector_u32 *addresses)
{
	uint32_t address;

	for (size_t i = 0; i < list->count; i++) {
		if (!address_parse(list->items[i], &address))
			return false;
		vector_u32_push(addresses, address);
	}
	return list->count > 0;
}

static void put_bytes(const struct vector_str *list, size_t total, struct buffer *out)
{
	char *at = buffer_reserve(out, total);

	if (!at)
		return;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].size)
			memcpy(at, list->items[i].data, list->items[i].size);
		at += list->items[i].size;
	}
	out->size += total;
}

static uint8_t coding_of(bool is_plain, bool is_addresses)
{
	if (is_addresses)
		return is_plain ? ADDRESSES_PLAIN : ADDRESSES_DICTIONARY;
	return is_plain ? STRINGS_PLAIN : STRINGS_DICTIONARY;
}

size_t strings_encode(const struct strings_builder *builder, struct buffer *out)
{
	const struct vector_str *list = builder->is_plain ? &builder->plain : &builder->dictionary.entries;
	const struct vector_u32 *codes = &builder->codes;
	struct vector_u32 sizes = {0}, starts = {0}, addresses = {0};
	size_t before = out->size, head = 0, total = measure(list, &sizes, &starts);
	bool is_addresses = read_addresses(list, &addresses);
	const struct vector_u32 *entries = is_addresses ? &addresses : &sizes;
	unsigned width, codes_width = 0;

	out->failed |= sizes.failed || starts.failed || addresses.failed;
	if (!out->failed) {
		buffer_append_byte(out, coding_of(builder->is_plain, is_addresses));
		if (!builder->is_plain)
			protobuf_put_varint(out, list->count);
		if (starts.count)
			numbers_encode_u32(starts.items, starts.count, out);
		protobuf_put_varint(out, total);
		width = numbers_encode_head(entries->items, entries->count, out);
		if (!builder->is_plain)
			codes_width = numbers_encode_head(codes->items, codes->count, out);
		head = out->size - before;
		numbers_encode_pages(entries->items, entries->count, width, out);
		if (!is_addresses)
			put_bytes(list, total, out);
		if (!builder->is_plain)
			numbers_encode_pages(codes->items, codes->count, codes_width, out);
	}
	vector_u32_release(&sizes);
	vector_u32_release(&starts);
	vector_u32_release(&addresses);
	return out->failed ? 0 : head;
}

void strings_clear(struct strings_builder *builder)
{
	dictionary_clear(&builder->dictionary);
	vector_u32_clear(&builder->codes);
	vector_str_clear(&builder->plain);
	builder->is_plain = false;
}

void strings_release(struct strings_builder *builder)
{
	dictionary_release(&builder->dictionary);
	vector_u32_release(&builder->codes);
	vector_str_release(&builder->plain);
	*builder = (struct strings_builder){0};
}

static enum status take_varint(struct column *column, uint64_t *value_out, struct error *error)
{
	const uint8_t *at = (const uint8_t *)column->data, *end = at + column->size;
	size_t most = column->size < VARINT_MOST_BYTES ? column->size : VARINT_MOST_BYTES;
	enum status status = column_need(column, 0, most, error);

	if (status != STATUS_OK)
		return status;
	if (!protobuf_varint(&at, end, value_out))
		return error_set(error, STATUS_CORRUPT, "a column of strings is cut");
	*column = column_after(column, (size_t)(at - (const uint8_t *)column->data));
	return STATUS_OK;
}

static size_t page_count(const struct string_list *list)
{
	return (list->count + NUMBERS_PAGE - 1) / NUMBERS_PAGE;
}

/* Where a page begins in the bytes; of the one behind the last, where all ends. */
static uint64_t page_start(const struct string_list *list, size_t page)
{
	if (page == page_count(list))
		return list->total;
	return page ? numbers_get(&list->starts, page - 1) : 0;
}

/* Reads a list's part of the head. */
static enum status open_list_head(struct column *column, size_t count, struct string_list *list,
				  struct error *error)
{
	size_t pages;
	uint64_t total;
	enum status status = STATUS_OK;

	list->count = count;
	pages = page_count(list);
	if (pages > 1)
		status = numbers_open_column(column, pages - 1, &list->starts, error);
	if (status == STATUS_OK)
		status = numbers_need(&list->starts, 0, list->starts.count, error);
	if (status == STATUS_OK)
		status = take_varint(column, &total, error);
	if (status != STATUS_OK)
		return status;
	if (total > UINT32_MAX ||
	    (list->is_addresses ? total / ADDRESS_MOST_SIZE > count : total > column->size))
		return error_set(error, STATUS_CORRUPT, "a list of %zu strings is cut", count);
	list->total = (size_t)total;
	return numbers_open_head(column, count, &list->sizes, error);
}

/* Finds a list's part of the body. */
static enum status open_list_body(struct column *column, struct arena *arena, struct string_list *list,
				  struct error *error)
{
	enum status status = numbers_open_pages(column, &list->sizes, error);

	if (status != STATUS_OK)
		return status;
	if (!list->is_addresses && list->total > column->size)
		return error_set(error, STATUS_CORRUPT, "a list of %zu strings is cut", list->count);
	list->offsets = arena_alloc(arena, (list->count + 1) * sizeof(*list->offsets));
	list->has_page = arena_calloc(arena, page_count(list), sizeof(*list->has_page));
	if (!list->offsets || !list->has_page)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a list of %zu strings", list->count);
	list->offsets[0] = 0;
	if (list->is_addresses) {
		list->bytes = list->texts = arena_alloc(arena, list->total);
		return list->bytes ? STATUS_OK
				   : error_set(error, STATUS_NO_MEMORY, "no memory for %zu addresses",
					       list->count);
	}
	list->bytes = column->data;
	list->column = *column;
	*column = column_after(column, list->total);
	return STATUS_OK;
}

/* Finds where the strings of a page lie. */
static enum status need_page(struct string_list *list, size_t page, struct error *error)
{
	size_t first = page * NUMBERS_PAGE, count = numbers_page_count(&list->sizes, first), i = 0;
	uint64_t at = page_start(list, page), end = page_start(list, page + 1), sizes[NUMBERS_PAGE];
	enum status status = numbers_need(&list->sizes, first, count, error);

	if (status != STATUS_OK)
		return status;
	if (at > end || end > list->total)
		return error_set(error, STATUS_CORRUPT, "the sizes of %zu strings do not add up",
				 list->count);
	numbers_read(&list->sizes, first, count, sizes);
	for (; i < count; i++) {
		char text[ADDRESS_MOST_SIZE];
		uint32_t address = (uint32_t)sizes[i];

		list->offsets[first + i] = (uint32_t)at;
		if (list->is_addresses)
			sizes[i] = address_format(address, text);
		if (sizes[i] > end - at)
			break;
		if (list->is_addresses)
			memcpy(list->texts + at, text, sizes[i]);
		at += sizes[i];
	}
	if (i != count || at != end)
		return error_set(error, STATUS_CORRUPT, "the sizes of %zu strings do not add up",
				 list->count);
	list->offsets[first + count] = (uint32_t)end;
	list->has_page[page] = true;
	return STATUS_OK;
}

enum status string_list_need(struct string_list *list, size_t first, size_t count, struct error *error)
{
	size_t end = first + count < list->count ? first + count : list->count;
	enum status status = STATUS_OK;

	for (size_t page = first / NUMBERS_PAGE; page * NUMBERS_PAGE < end && status == STATUS_OK; page++)
		if (!list->has_page[page])
			status = need_page(list, page, error);
	if (status == STATUS_OK && first < end && !list->is_addresses)
		status = column_need(&list->column, list->offsets[first],
				     list->offsets[end] - list->offsets[first], error);
	return status;
}

enum status strings_open_column(struct column *column, size_t count, struct arena *arena,
				struct strings *strings_out, struct error *error)
{
	struct strings strings = {.count = count};
	uint64_t entry_count = count;
	enum status status = column_need(column, 0, column->size ? 1 : 0, error);
	uint8_t coding;

	if (status != STATUS_OK)
		return status;
	coding = column->size ? (uint8_t)column->data[0] : 0;
	strings.is_plain = coding == STRINGS_PLAIN || coding == ADDRESSES_PLAIN;
	strings.list.is_addresses = coding >= ADDRESSES_DICTIONARY;
	if (coding < STRINGS_DICTIONARY || coding > ADDRESSES_PLAIN)
		return error_set(error, STATUS_CORRUPT, "a column of %zu strings is damaged", count);
	*column = column_after(column, 1);
	if (!strings.is_plain)
		status = take_varint(column, &entry_count, error);
	if (status == STATUS_OK && entry_count > count)
		status = error_set(error, STATUS_CORRUPT, "a column of %zu strings is damaged", count);
	if (status == STATUS_OK)
		status = open_list_head(column, (size_t)entry_count, &strings.list, error);
	if (status == STATUS_OK && !strings.is_plain)
		status = numbers_open_head(column, count, &strings.codes, error);
	if (status == STATUS_OK)
		status = open_list_body(column, arena, &strings.list, error);
	if (status == STATUS_OK && !strings.is_plain)
		status = numbers_open_pages(column, &strings.codes, error);
	if (status == STATUS_OK)
		*strings_out = strings;
	return status;
}

enum status strings_open(struct str *bytes, size_t count, struct arena *arena, struct strings *strings_out,
			 struct error *error)
{
	struct column column = column_of(*bytes);
	struct strings strings;
	enum status status = strings_open_column(&column, count, arena, &strings, error);

	if (status == STATUS_OK)
		status = string_list_need(&strings.list, 0, strings.list.count, error);
	if (status != STATUS_OK)
		return status;
	*bytes = str_make(column.data, column.size);
	*strings_out = strings;
	return STATUS_OK;
}

enum status strings_need(struct strings *strings, size_t first, size_t count, struct error *error)
{
	size_t end = first + count < strings->count ? first + count : strings->count;
	enum status status;

	if (strings->is_plain)
		return string_list_need(&strings->list, first, count, error);
	status = numbers_need(&strings->codes, first, count, error);
	/* Many rows use most entries. */
	if (status == STATUS_OK && count >= strings->list.count)
		return string_list_need(&strings->list, 0, strings->list.count, error);
	for (size_t i = first; i < end && status == STATUS_OK; i++) {
		uint64_t code = numbers_get(&strings->codes, i);

		if (code < strings->list.count)
			status = string_list_need(&strings->list, (size_t)code, 1, error);
	}
	return status;
}

enum status strings_find_code(struct strings *strings, struct str s, size_t *code_out, bool *is_there_out,
			      struct error *error)
{
	size_t code = 0;
	enum status status = string_list_need(&strings->list, 0, strings->list.count, error);

	if (status != STATUS_OK)
		return status;
	while (code < strings->list.count && !str_equal(string_list_get(&strings->list, code), s))
		code++;
	*code_out = code;
	*is_there_out = code < strings->list.count;
	return STATUS_OK;
}
