#include "base/str.h"

#include <stdlib.h>

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool str_starts_with(struct str s, const char *prefix)
{
	size_t size = strlen(prefix);

	return s.size >= size && memcmp(s.data, prefix, size) == 0;
}

bool str_ends_with(struct str s, const char *suffix)
{
	size_t size = strlen(suffix);

	return s.size >= size && memcmp(s.data + s.size - size, suffix, size) == 0;
}

bool str_equal_nocase(struct str a, struct str b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (fold(a.data[i]) != fold(b.data[i]))
			return false;
	return true;
}

bool str_contains_nocase(struct str haystack, struct str needle)
{
	if (needle.size == 0)
		return true;
	for (size_t i = 0; i + needle.size <= haystack.size; i++)
		if (fold(haystack.data[i]) == fold(needle.data[0]) &&
		    str_equal_nocase(str_make(haystack.data + i, needle.size), needle))
			return true;
	return false;
}

int str_compare(struct str a, struct str b)
{
	size_t shared = a.size < b.size ? a.size : b.size;
	int order = shared ? memcmp(a.data, b.data, shared) : 0;

	if (order != 0)
		return order;
	return (a.size > b.size) - (a.size < b.size);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.size && is_space(s.data[0])) {
		s.data++;
		s.size--;
	}
	while (s.size && is_space(s.data[s.size - 1]))
		s.size--;
	return s;
}

bool str_split(struct str s, char separator, struct str *head_out, struct str *rest_out)
{
	const char *at = s.size ? memchr(s.data, separator, s.size) : NULL;

	if (!at) {
		*head_out = s;
		*rest_out = str_make(s.data + s.size, 0);
		return false;
	}
	*head_out = str_make(s.data, (size_t)(at - s.data));
	*rest_out = str_make(at + 1, s.size - (size_t)(at - s.data) - 1);
	return true;
}

bool str_parse_u64(struct str s, uint64_t *value_out)
{
	uint64_t value = 0;

	if (s.size == 0)
		return false;
	for (size_t i = 0; i < s.size; i++) {
		uint64_t digit = (uint64_t)(unsigned char)s.data[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*value_out = value;
	return true;
}

bool str_parse_i64(struct str s, int64_t *value_out)
{
	bool negative = s.size && s.data[0] == '-';
	uint64_t magnitude;

	if (negative) {
		s.data++;
		s.size--;
	}
	if (!str_parse_u64(s, &magnitude) || magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
		return false;
	*value_out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

bool str_parse_double(struct str s, double *value_out)
{
	char text[64], *end;
	double value;

	if (s.size == 0 || s.size >= sizeof(text) || is_space(s.data[0]))
		return false;
	memcpy(text, s.data, s.size);
	text[s.size] = '\0';
	value = strtod(text, &end);
	if (end != text + s.size)
		return false;
	*value_out = value;
	return true;
}

bool str_parse_size(struct str s, uint64_t *bytes_out)
{
	static const struct {
		const char *name;
		double bytes;
	} units[] = {
		{"", 1},      {"B", 1},        {"kB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
		{"TB", 1e12}, {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}, {"TiB", 0x1p40},
	};
	size_t digits = 0;
	struct str unit;
	double number;

	while (digits < s.size && ((s.data[digits] >= '0' && s.data[digits] <= '9') || s.data[digits] == '.'))
		digits++;
	if (!str_parse_double(str_make(s.data, digits), &number))
		return false;
	unit = str_trim(str_make(s.data + digits, s.size - digits));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!str_equal_nocase(unit, str_from(units[i].name)))
			continue;
		if (number * units[i].bytes >= 0x1p63)
			return false;
		*bytes_out = (uint64_t)(number * units[i].bytes);
		return true;
	}
	return false;
}

/* Reads one sequence of two to four bytes; 0 where it is not well formed. */
static size_t utf8_sequence_size(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t size;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		size = 2;
	else if ((p[0] & 0xf0) == 0xe0)
		size = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return size;
}

bool str_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.data;
	size_t left = s.size;

	while (left) {
		uint64_t word;

		/* Telemetry is nearly all ASCII: eight bytes at a time while it is. */
		while (left >= sizeof(word)) {
			memcpy(&word, p, sizeof(word));
			if (word & 0x8080808080808080u)
				break;
			p += sizeof(word);
			left -= sizeof(word);
		}
		while (left && p[0] < 0x80) {
			p++;
			left--;
		}
		if (left) {
			size_t size = utf8_sequence_size(p, left);

			if (size == 0)
				return false;
			p += size;
			left -= size;
		}
	}
	return true;
}

void hex_encode(const uint8_t *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = fold(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_decode(struct str text, uint8_t *bytes_out, size_t size)
{
	if (text.size != 2 * size)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (hex_value(text.data[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++)
		bytes_out[i] = (uint8_t)(hex_value(text.data[2 * i]) << 4 | hex_value(text.data[2 * i + 1]));
	return true;
}

size_t base64_encoded_size(size_t size)
{
	return (size + 2) / 3 * 4;
}

void base64_encode(const uint8_t *bytes, size_t size, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < size; i += 3, out += 4) {
		size_t left = size - i;
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (left > 2)
			group |= bytes[i + 2];
		out[0] = alphabet[group >> 18];
		out[1] = alphabet[group >> 12 & 63];
		out[2] = left > 1 ? alphabet[group >> 6 & 63] : '=';
		out[3] = left > 2 ? alphabet[group & 63] : '=';
	}
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct str text, uint8_t *bytes_out, size_t *size_out)
{
	uint32_t group = 0;
	size_t bits = 0, size = 0;

	while (text.size && text.data[text.size - 1] == '=')
		text.size--;
	if (text.size % 4 == 1)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		int value = base64_value(text.data[i]);

		if (value < 0)
			return false;
		group = group << 6 | (uint32_t)value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			bytes_out[size++] = (uint8_t)(group >> bits);
		}
	}
	*size_out = size;
	return true;
}

size_t str_distance(struct str a, struct str b)
{
	size_t row[64];

	a.size = a.size < 63 ? a.size : 63;
	b.size = b.size < 63 ? b.size : 63;
	for (size_t j = 0; j <= b.size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.size; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.size; j++) {
			size_t replace = diagonal + (fold(a.data[i - 1]) != fold(b.data[j - 1]));
			size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

			diagonal = row[j];
			row[j] = replace < best ? replace : best;
		}
	}
	return row[b.size];
}
