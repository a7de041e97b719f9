#include "archive/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void json_next(struct buffer *out)
{
	char last = out->size ? out->data[out->size - 1] : '{';

	if (last != '{' && last != '[')
		buffer_append_byte(out, ',');
}

/* Names are ours: nothing in them wants escaping. */
void json_name(struct buffer *out, const char *name)
{
	size_t size = strlen(name);
	char *at;

	json_next(out);
	at = buffer_reserve(out, size + 3);
	if (!at)
		return;
	at[0] = '"';
	memcpy(at + 1, name, size);
	at[size + 1] = '"';
	at[size + 2] = ':';
	out->size += size + 3;
}

void json_open(struct buffer *out, const char *name, char bracket)
{
	json_name(out, name);
	buffer_append_byte(out, (uint8_t)bracket);
}

static bool is_plain(uint8_t byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* How many bytes from the front on need no escape: eight at a time, by the usual tricks with borrows. */
static size_t count_plain(struct str text)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), highs = UINT64_C(0x8080808080808080);
	size_t at = 0;

	for (; at + 8 <= text.size; at += 8) {
		uint64_t word, quote, backslash, low;

		memcpy(&word, text.data + at, 8);
		quote = word ^ (ones * '"');
		backslash = word ^ (ones * '\\');
		low = (word - ones * 0x20) & ~word;
		quote = (quote - ones) & ~quote;
		backslash = (backslash - ones) & ~backslash;
		if ((low | quote | backslash) & highs)
			break;
	}
	while (at < text.size && is_plain((uint8_t)text.data[at]))
		at++;
	return at;
}

static void put_escaped(struct buffer *out, uint8_t byte)
{
	switch (byte) {
	case '"': buffer_append_c(out, "\\\""); break;
	case '\\': buffer_append_c(out, "\\\\"); break;
	case '\n': buffer_append_c(out, "\\n"); break;
	case '\r': buffer_append_c(out, "\\r"); break;
	case '\t': buffer_append_c(out, "\\t"); break;
	default: buffer_printf(out, "\\u%04x", byte);
	}
}

void json_put_text(struct buffer *out, struct str text)
{
	buffer_append_byte(out, '"');
	while (text.size) {
		size_t plain = count_plain(text);

		buffer_append(out, text.data, plain);
		text = str_make(text.data + plain, text.size - plain);
		if (!text.size)
			break;
		put_escaped(out, (uint8_t)text.data[0]);
		text = str_make(text.data + 1, text.size - 1);
	}
	buffer_append_byte(out, '"');
}

void json_put_number(struct buffer *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buffer_append(out, digits + at, sizeof(digits) - at);
}

void json_put_u64(struct buffer *out, uint64_t number)
{
	buffer_append_byte(out, '"');
	json_put_number(out, number);
	buffer_append_byte(out, '"');
}

static void put_i64(struct buffer *out, int64_t number)
{
	buffer_append_byte(out, '"');
	if (number < 0)
		buffer_append_byte(out, '-');
	json_put_number(out, number < 0 ? -(uint64_t)number : (uint64_t)number);
	buffer_append_byte(out, '"');
}

static bool is_zero_double(double real)
{
	return real == 0 && !signbit(real);
}

void json_put_double(struct buffer *out, double real)
{
	char text[32];

	if (isnan(real) || isinf(real)) {
		buffer_append_c(out, isnan(real) ? "\"NaN\"" : real < 0 ? "\"-Infinity\"" : "\"Infinity\"");
		return;
	}
	/* A whole number has no point; -0 would lose its sign as an integer. */
	if (real >= 0 && real < 0x1p53 && real == floor(real) && !signbit(real)) {
		json_put_number(out, (uint64_t)real);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	buffer_append_c(out, real == 0 ? "-0.0" : text);
}

static void put_base64(struct buffer *out, struct str bytes)
{
	size_t size = base64_encoded_size(bytes.size);
	char *at = buffer_reserve(out, size + 2);

	if (!at)
		return;
	at[0] = at[size + 1] = '"';
	base64_encode((const uint8_t *)bytes.data, bytes.size, at + 1);
	out->size += size + 2;
}

static void put_pair(struct buffer *out, const struct attribute *attribute)
{
	json_next(out);
	buffer_append_c(out, "{\"key\":");
	json_put_text(out, attribute->key);
	buffer_append_c(out, ",\"value\":");
	json_put_any(out, &attribute->value);
	buffer_append_byte(out, '}');
}

/* A decoder has bounded the depth. */
static void put_list(struct buffer *out, const struct value *value)
{
	struct protobuf_reader reader = value_walk(value);
	struct attribute pair;
	struct value item;

	buffer_append_c(out, value->type == VALUE_ARRAY ? "\"arrayValue\":{\"values\":["
							: "\"kvlistValue\":{\"values\":[");
	if (value->type == VALUE_ARRAY)
		while (value_next_item(&reader, &item)) {
			json_next(out);
			json_put_any(out, &item);
		}
	else
		while (value_next_attribute(&reader, &pair))
			put_pair(out, &pair);
	buffer_append_c(out, "]}");
}

void json_put_any(struct buffer *out, const struct value *value)
{
	buffer_append_byte(out, '{');
	switch (value->type) {
	case VALUE_STRING:
		buffer_append_c(out, "\"stringValue\":");
		json_put_text(out, value_str(value));
		break;
	case VALUE_BOOL:
		buffer_append_c(out, value->boolean ? "\"boolValue\":true" : "\"boolValue\":false");
		break;
	case VALUE_INT:
		buffer_append_c(out, "\"intValue\":");
		put_i64(out, value->integer);
		break;
	case VALUE_DOUBLE:
		buffer_append_c(out, "\"doubleValue\":");
		json_put_double(out, value->real);
		break;
	case VALUE_BYTES:
		buffer_append_c(out, "\"bytesValue\":");
		put_base64(out, value_str(value));
		break;
	case VALUE_ARRAY:
	case VALUE_MAP: put_list(out, value); break;
	default: break;
	}
	buffer_append_byte(out, '}');
}

void json_text_member(struct buffer *out, const char *name, struct str text)
{
	if (!text.size)
		return;
	json_name(out, name);
	json_put_text(out, text);
}

void json_number_member(struct buffer *out, const char *name, uint64_t number)
{
	if (!number)
		return;
	json_name(out, name);
	json_put_number(out, number);
}

void json_u64_member(struct buffer *out, const char *name, uint64_t number)
{
	if (!number)
		return;
	json_name(out, name);
	json_put_u64(out, number);
}

void json_double_member(struct buffer *out, const char *name, double real)
{
	if (is_zero_double(real))
		return;
	json_name(out, name);
	json_put_double(out, real);
}

void json_id_member(struct buffer *out, const char *name, const uint8_t *id, size_t size)
{
	static const uint8_t none[16];
	char *at;

	if (memcmp(id, none, size) == 0)
		return;
	json_name(out, name);
	at = buffer_reserve(out, 2 * size + 2);
	if (!at)
		return;
	at[0] = at[2 * size + 1] = '"';
	hex_encode(id, size, at + 1);
	out->size += 2 * size + 2;
}

void json_attributes_member(struct buffer *out, const char *name, const struct attributes *attributes)
{
	if (!attributes->count)
		return;
	json_open(out, name, '[');
	for (uint32_t i = 0; i < attributes->count; i++)
		put_pair(out, &attributes->items[i]);
	buffer_append_byte(out, ']');
}

void json_attributes_members(struct buffer *out, const struct attributes *attributes)
{
	json_attributes_member(out, "attributes", attributes);
	json_number_member(out, "droppedAttributesCount", attributes->dropped_count);
}
