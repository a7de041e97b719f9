#include "server/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* The largest integer below which every one is a double. */
#define SAFE_INTEGER (INT64_C(1) << 53)

static void value_due(struct json *json)
{
	if (json->comma)
		buffer_append_byte(json->out, ',');
	json->comma = true;
}

static void begin(struct json *json, char bracket)
{
	value_due(json);
	buffer_append_byte(json->out, (uint8_t)bracket);
	json->comma = false;
}

static void end(struct json *json, char bracket)
{
	buffer_append_byte(json->out, (uint8_t)bracket);
	json->comma = true;
}

void json_begin_object(struct json *json)
{
	begin(json, '{');
}

void json_end_object(struct json *json)
{
	end(json, '}');
}

void json_begin_array(struct json *json)
{
	begin(json, '[');
}

void json_end_array(struct json *json)
{
	end(json, ']');
}

static void escape(struct buffer *out, unsigned char c)
{
	switch (c) {
	case '"': buffer_append_c(out, "\\\""); break;
	case '\\': buffer_append_c(out, "\\\\"); break;
	case '\n': buffer_append_c(out, "\\n"); break;
	case '\t': buffer_append_c(out, "\\t"); break;
	default: buffer_printf(out, "\\u%04x", c); break;
	}
}

/* Text that is known to be UTF-8. */
static void append_clean(struct buffer *out, struct str text)
{
	size_t begun = 0;

	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		buffer_append(out, text.data + begun, i - begun);
		escape(out, c);
		begun = i + 1;
	}
	if (text.size > begun)
		buffer_append(out, text.data + begun, text.size - begun);
}

/* Sequence by sequence: those that are no UTF-8 lose their first byte to U+FFFD, and the rest is tried again.
 */
static void append_repaired(struct buffer *out, struct str text)
{
	while (text.size) {
		size_t size = 1;

		while (size <= 4 && size <= text.size && !str_is_utf8(str_make(text.data, size)))
			size++;
		if (size <= 4 && size <= text.size) {
			append_clean(out, str_make(text.data, size));
		} else {
			buffer_append_c(out, "\xef\xbf\xbd");
			size = 1;
		}
		text = str_make(text.data + size, text.size - size);
	}
}

static void append_string(struct buffer *out, struct str text)
{
	buffer_append_byte(out, '"');
	if (str_is_utf8(text))
		append_clean(out, text);
	else
		append_repaired(out, text);
	buffer_append_byte(out, '"');
}

void json_key(struct json *json, struct str key)
{
	value_due(json);
	append_string(json->out, key);
	buffer_append_byte(json->out, ':');
	json->comma = false;
}

void json_nothing(struct json *json)
{
	value_due(json);
	buffer_append_c(json->out, "null");
}

void json_bool(struct json *json, bool boolean)
{
	value_due(json);
	buffer_append_c(json->out, boolean ? "true" : "false");
}

void json_text(struct json *json, struct str text)
{
	value_due(json);
	append_string(json->out, text);
}

void json_i64(struct json *json, int64_t integer)
{
	bool is_safe = integer >= -SAFE_INTEGER && integer <= SAFE_INTEGER;

	value_due(json);
	buffer_printf(json->out, is_safe ? "%" PRId64 : "\"%" PRId64 "\"", integer);
}

void json_u64(struct json *json, uint64_t integer)
{
	value_due(json);
	buffer_printf(json->out, integer <= SAFE_INTEGER ? "%" PRIu64 : "\"%" PRIu64 "\"", integer);
}

void json_double(struct json *json, double real)
{
	char text[32];

	value_due(json);
	if (isnan(real)) {
		buffer_append_c(json->out, "\"NaN\"");
		return;
	}
	if (isinf(real)) {
		buffer_append_c(json->out, real < 0 ? "\"-Infinity\"" : "\"Infinity\"");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	buffer_append_c(json->out, text);
}

void json_time(struct json *json, uint64_t time_ns)
{
	char text[TIME_TEXT_SIZE];

	value_due(json);
	time_format(time_ns, text);
	buffer_append_byte(json->out, '"');
	buffer_append_c(json->out, text);
	buffer_append_byte(json->out, '"');
}

void json_milliseconds(struct json *json, uint64_t ns)
{
	char text[32];
	int size = snprintf(text, sizeof(text), "%" PRIu64 ".%06u", ns / 1000000, (unsigned)(ns % 1000000));

	while (text[size - 1] == '0')
		size--;
	if (text[size - 1] == '.')
		size--;
	value_due(json);
	buffer_append(json->out, text, (size_t)size);
}

void json_hex(struct json *json, const uint8_t *bytes, size_t size)
{
	char *at;

	value_due(json);
	at = buffer_reserve(json->out, 2 * size + 2);
	if (!at)
		return;
	at[0] = at[2 * size + 1] = '"';
	hex_encode(bytes, size, at + 1);
	json->out->size += 2 * size + 2;
}

void json_base64(struct json *json, struct str bytes)
{
	size_t size = base64_encoded_size(bytes.size);
	char *at;

	value_due(json);
	at = buffer_reserve(json->out, size + 2);
	if (!at)
		return;
	at[0] = at[size + 1] = '"';
	base64_encode((const uint8_t *)bytes.data, bytes.size, at + 1);
	json->out->size += size + 2;
}

void json_member_string(struct json *json, const char *key, struct str text)
{
	json_key(json, str_from(key));
	json_text(json, text);
}

void json_member_c(struct json *json, const char *key, const char *text)
{
	json_member_string(json, key, str_from(text));
}

void json_member_u64(struct json *json, const char *key, uint64_t integer)
{
	json_key(json, str_from(key));
	json_u64(json, integer);
}

void json_member_bool(struct json *json, const char *key, bool boolean)
{
	json_key(json, str_from(key));
	json_bool(json, boolean);
}

void json_member_nullable(struct json *json, const char *key, struct str text)
{
	json_key(json, str_from(key));
	if (text.size)
		json_text(json, text);
	else
		json_nothing(json);
}
