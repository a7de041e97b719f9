/*
 * string_column: how a column of strings is laid out, and how one is built.
 *
 * A column of few distinct strings is a dictionary and a code a row; one of many is the strings as they are.
 * The builder starts with a dictionary and gives it up when it does not pay. Strings that are all IPv4 addresses
 * are numbers in place of sizes and bytes. A stream:
 *
 *     head        u8 coding: a dictionary or plain, strings or addresses; a dictionary: varint n, the count of its
 *                 entries (plain: n is the count of strings); where n is more than NUMBERS_PAGE, numbers
 *                 stream of where each page of so many strings but the first begins in the bytes; varint
 *                 total; the head of the numbers stream of the n sizes; a dictionary: that of the codes
 *     body        the pages of the sizes; total bytes, the strings; a dictionary: the pages of the codes
 *
 *                 Addresses: the pages of the numbers in place of those of the sizes, and no bytes
 *
 * The head is all that opening reads.
 *
 * Ownership  a builder borrows the strings it is given until it is cleared; a view borrows the stream's
 *            bytes, its tables lie in the arena given to strings_open.
 * Threads    one thread at a time for a builder, and for needing; a view may be read by several.
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
size_t strings_encode(const struct strings_builder *builder,
		      struct buffer *out); /* returns the head's size */
void strings_clear(struct strings_builder *builder);
void strings_release(struct strings_builder *builder);

/* A list of strings that was opened: entry i starts at offsets[i], once its page was needed. */
struct string_list {
	const char *bytes;
	char *texts;       /* of addresses: bytes, made page by page */
	uint32_t *offsets; /* count + 1 */
	size_t count, total;
	bool *has_page;
	bool is_addresses;
	struct numbers sizes, starts; /* sizes: of addresses, their numbers */
	struct column column;         /* of the bytes */
};

struct strings {
	struct string_list list;
	struct numbers codes; /* of a dictionary */
	bool is_plain;
	size_t count;
};

enum status strings_open(struct str *bytes, size_t count, struct arena *arena, struct strings *strings_out,
			 struct error *error);

/* The same of a column that is not unpacked: strings must be needed before they are read. */
enum status strings_open_column(struct column *column, size_t count, struct arena *arena,
				struct strings *strings_out, struct error *error);

/* Makes count strings from first on readable; past the end there are none. */
enum status strings_need(struct strings *strings, size_t first, size_t count, struct error *error);

/* Makes count entries of a list readable, alike. */
enum status string_list_need(struct string_list *list, size_t first, size_t count, struct error *error);

/* Looks a string up in a dictionary, unpacking its entries. */
enum status strings_find_code(struct strings *strings, struct str s, size_t *code_out, bool *is_there_out,
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
