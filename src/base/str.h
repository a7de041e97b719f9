/*
 * str: a view of bytes that somebody else owns, and the little that is done with text.
 *
 * Ownership  a str owns nothing; its bytes live as long as the arena, buffer or request they lie in.
 * Threads    plain values.
 * Units      sizes are bytes. A str need not end in NUL and may contain NUL.
 * Errors     parsers return false and leave *_out untouched.
 */
#ifndef ROHAS_BASE_STR_H
#define ROHAS_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *data;
	size_t size;
};

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).size, (s).data

static inline struct str str_make(const void *data, size_t size)
{
	return (struct str){(const char *)data, size};
}

static inline struct str str_from(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

/* memcmp == 0, inline: most strings here are short, and a call would cost more than the comparison. */
static inline bool bytes_equal(const char *a, const char *b, size_t size)
{
	uint64_t x, y;

	if (size < sizeof(x))
		return size == 0 || memcmp(a, b, size) == 0;
	for (size_t i = 0; i + sizeof(x) <= size; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		if (x != y)
			return false;
	}
	memcpy(&x, a + size - sizeof(x), sizeof(x));
	memcpy(&y, b + size - sizeof(y), sizeof(y));
	return x == y;
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.size == b.size && bytes_equal(a.data, b.data, a.size);
}

static inline bool str_equal_c(struct str a, const char *b)
{
	return str_equal(a, str_from(b));
}

bool str_starts_with(struct str s, const char *prefix);
bool str_ends_with(struct str s, const char *suffix);
bool str_equal_nocase(struct str a, struct str b); /* ASCII letters fold */
bool str_contains_nocase(struct str haystack, struct str needle);
int str_compare(struct str a, struct str b); /* as memcmp, the shorter first */
struct str str_trim(struct str s);           /* without ASCII white space at both ends */

/* Splits at the first separator; the rest is everything after it. False where there is none (head is all). */
bool str_split(struct str s, char separator, struct str *head_out, struct str *rest_out);

bool str_parse_u64(struct str s, uint64_t *value_out); /* decimal digits only, no sign, no overflow */
bool str_parse_i64(struct str s, int64_t *value_out);
bool str_parse_double(struct str s, double *value_out); /* the whole string, C locale, finite or not */

/* "1048576", "512MB", "20 GiB", "1.5TB": kB, MB, GB, TB are powers of 1,000, KiB, MiB, GiB, TiB of 1,024; case
 * folds. Below 2^63. */
bool str_parse_size(struct str s, uint64_t *bytes_out);

/* Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms). */
bool str_is_utf8(struct str s);

/* Lower-case hexadecimal, 2 * size characters, no NUL. */
void hex_encode(const uint8_t *bytes, size_t size, char *out);

/* Reads exactly 2 * size hexadecimal digits of either case. */
bool hex_decode(struct str text, uint8_t *bytes_out, size_t size);

/* Standard base64 with padding. out holds base64_encoded_size(size) characters, no NUL. */
size_t base64_encoded_size(size_t size);
void base64_encode(const uint8_t *bytes, size_t size, char *out);

/* Accepts the standard and the URL alphabet, padded or not. bytes_out holds text.size * 3 / 4 + 3 bytes. */
bool base64_decode(struct str text, uint8_t *bytes_out, size_t *size_out);

/* How many single-character edits lead from a to b: for "did you mean". At most 63 characters count. */
size_t str_distance(struct str a, struct str b);

#endif
