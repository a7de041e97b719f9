#include "storage/columns/string_column.h"

#include "base/hash.h"
#include "base/protobuf.h"

enum { STRINGS_DICTIONARY = 1, STRINGS_PLAIN = 2 };
enum { FIRST_SLOTS = 64, LARGEST_KEPT_SLOTS = 1 << 16 };
/* After this many strings the dictionary must have shown that it pays: at least one in four repeats. */
enum { DICTIONARY_TRIAL = 128 };

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

static void put_list(const struct vector_str *list, struct buffer *out)
{
	size_t total = 0;
	struct vector_u32 sizes = {0};
	char *at;

	for (size_t i = 0; i < list->count; i++) {
		vector_u32_push(&sizes, (uint32_t)list->items[i].size);
		total += list->items[i].size;
	}
	if (sizes.failed)
		out->failed = true;
	else
		numbers_encode_u32(sizes.items, sizes.count, out);
	vector_u32_release(&sizes);
	protobuf_put_varint(out, total);
	at = buffer_reserve(out, total);
	if (!at)
		return;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].size)
			memcpy(at, list->items[i].data, list->items[i].size);
		at += list->items[i].size;
	}
	out->size += total;
}

void strings_encode(const struct strings_builder *builder, struct buffer *out)
{
	if (builder->is_plain) {
		buffer_append_byte(out, STRINGS_PLAIN);
		put_list(&builder->plain, out);
		return;
	}
	buffer_append_byte(out, STRINGS_DICTIONARY);
	protobuf_put_varint(out, builder->dictionary.entries.count);
	put_list(&builder->dictionary.entries, out);
	numbers_encode_u32(builder->codes.items, builder->codes.count, out);
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

static bool take_varint(struct str *bytes, uint64_t *value_out)
{
	const uint8_t *at = (const uint8_t *)bytes->data, *end = at + bytes->size;

	if (!protobuf_varint(&at, end, value_out))
		return false;
	*bytes = str_make(at, (size_t)(end - at));
	return true;
}

static enum status open_list(struct str *bytes, size_t count, struct arena *arena,
			     struct string_list *list_out, struct error *error)
{
	struct numbers sizes;
	uint64_t total, sum = 0;
	size_t done = 0;
	uint32_t *offsets;
	enum status status = numbers_open(bytes, count, &sizes, error);

	if (status != STATUS_OK)
		return status;
	if (!take_varint(bytes, &total) || total > bytes->size || total > UINT32_MAX)
		return error_set(error, STATUS_CORRUPT, "a list of %zu strings is cut", count);
	offsets = arena_alloc(arena, (count + 1) * sizeof(*offsets));
	if (!offsets)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a list of %zu strings", count);
	for (size_t i = 0; i < count; i++) {
		uint64_t size = numbers_get(&sizes, i);

		offsets[i] = (uint32_t)sum;
		if (size > total - sum)
			break;
		sum += size;
		done++;
	}
	if (done != count || sum != total)
		return error_set(error, STATUS_CORRUPT, "the sizes of %zu strings do not add up", count);
	offsets[count] = (uint32_t)total;
	*list_out = (struct string_list){bytes->data, offsets, count};
	*bytes = str_make(bytes->data + total, bytes->size - total);
	return STATUS_OK;
}

enum status strings_open(struct str *bytes, size_t count, struct arena *arena, struct strings *strings_out,
			 struct error *error)
{
	struct strings strings = {.count = count};
	uint8_t coding = bytes->size ? (uint8_t)bytes->data[0] : 0;
	uint64_t entry_count = count;
	enum status status;

	if (bytes->size)
		*bytes = str_make(bytes->data + 1, bytes->size - 1);
	strings.is_plain = coding == STRINGS_PLAIN;
	if ((coding != STRINGS_PLAIN && coding != STRINGS_DICTIONARY) ||
	    (!strings.is_plain && (!take_varint(bytes, &entry_count) || entry_count > count)))
		return error_set(error, STATUS_CORRUPT, "a column of %zu strings is damaged", count);
	status = open_list(bytes, (size_t)entry_count, arena, &strings.list, error);
	if (status == STATUS_OK && !strings.is_plain)
		status = numbers_open(bytes, count, &strings.codes, error);
	if (status == STATUS_OK)
		*strings_out = strings;
	return status;
}
