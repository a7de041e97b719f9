/*
 * string_column: how a column of strings is laid out, and how one is built.
 *
 * A column of few distinct strings is a dictionary and a code a row; one of many is the strings as they are.
 * The builder starts with a dictionary and gives it up when it does not pay. A stream:
 *
 *     u8 coding   STRINGS_DICTIONARY  varint n, list of n strings, numbers stream of count codes
 *                 STRINGS_PLAIN       list of count strings
 *     list        numbers stream of sizes, varint total, total bytes
 *
 * Ownership  a builder borrows the strings it is given until it is cleared; a view borrows the stream's
 *            bytes, its tables lie in the arena given to strings_open.
 * Threads    one thread at a time for a builder; a view may be read by several.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_STRING_COLUMN_H
#define ROHAS_STORAGE_COLUMNS_STRING_COLUMN_H

#include "base/arena.h"
#include "storage/columns/numbers.h"
#include "storage/columns/vector.h"

/* Gives equal strings the same code, 0, 1, 2, … in order of arrival. */
struct dictionary {
	struct vector_str entries;
	uint64_t *slots; /* hash, then code + 1, 0 where free; a power of two of them */
	size_t slot_count;
	uint32_t last; /* the code given last: the next string is often the same */
	bool failed;
};

uint32_t dictionary_code(struct dictionary *dictionary, struct str s);
void dictionary_clear(struct dictionary *dictionary);
void dictionary_release(struct dictionary *dictionary);

struct strings_builder {
	struct dictionary dictionary;
	struct vector_u32 codes;
	struct vector_str plain;
	bool is_plain;
};

void strings_push(struct strings_builder *builder, struct str s);
static inline size_t strings_builder_count(const struct strings_builder *builder)
{
	return builder->is_plain ? builder->plain.count : builder->codes.count;
}
bool strings_builder_failed(const struct strings_builder *builder);
void strings_encode(const struct strings_builder *builder, struct buffer *out);
void strings_clear(struct strings_builder *builder);
void strings_release(struct strings_builder *builder);

/* A list of strings that was opened: entry i starts at offsets[i]. */
struct string_list {
	const char *bytes;
	const uint32_t *offsets; /* count + 1 */
	size_t count;
};

struct strings {
	struct string_list list;
	struct numbers codes; /* of a dictionary */
	bool is_plain;
	size_t count;
};

enum status strings_open(struct str *bytes, size_t count, struct arena *arena, struct strings *strings_out,
			 struct error *error);

static inline struct str string_list_get(const struct string_list *list, size_t index)
{
	return str_make(list->bytes + list->offsets[index], list->offsets[index + 1] - list->offsets[index]);
}

/* A code past the dictionary, in a damaged block, reads as empty. */
static inline struct str strings_get(const struct strings *strings, size_t index)
{
	size_t entry = strings->is_plain ? index : (size_t)numbers_get(&strings->codes, index);

	return entry < strings->list.count ? string_list_get(&strings->list, entry) : str_make("", 0);
}

#endif
