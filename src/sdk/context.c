#include "sdk/context.h"

#include <stdio.h>

enum {
	VERSION_AT = 0,
	TRACE_AT = 3,
	PARENT_AT = 36,
	FLAGS_AT = 53,
	TRACEPARENT_LENGTH = ROHAS_TRACEPARENT_SIZE - 1,
	TRACESTATE_MEMBERS_MOST = 32,
	BAGGAGE_MEMBERS_MOST = 64,
};

/* The value of each lower-case hexadecimal digit, plus 1: the specification knows no capitals. */
static const uint8_t digit_values[256] = {
	['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

/* size bytes from 2 * size digits. */
static bool read_digits(const char *text, void *bytes_out, size_t size)
{
	uint8_t *bytes = bytes_out;

	for (size_t i = 0; i < size; i++) {
		uint8_t high = digit_values[(unsigned char)text[2 * i]];
		uint8_t low = digit_values[(unsigned char)text[2 * i + 1]];

		if (!high || !low)
			return false;
		bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return true;
}

/* A version from the future may be longer, behind a hyphen. */
static bool length_is_fit(size_t length, const char *text, uint8_t version)
{
	return version != 0xff && length >= TRACEPARENT_LENGTH &&
	       (length == TRACEPARENT_LENGTH || (version > 0 && text[TRACEPARENT_LENGTH] == '-'));
}

bool trace_parent_read(const char *text, struct trace_parent *parent_out)
{
	struct trace_parent parent;
	size_t length = text ? strnlen(text, ROHAS_RECORD_MOST) : 0;
	uint8_t version;

	if (length < TRACEPARENT_LENGTH || text[TRACE_AT - 1] != '-' || text[PARENT_AT - 1] != '-' ||
	    text[FLAGS_AT - 1] != '-')
		return false;
	if (!read_digits(text + VERSION_AT, &version, 1) || !length_is_fit(length, text, version) ||
	    !read_digits(text + TRACE_AT, parent.trace_id, sizeof(parent.trace_id)) ||
	    !read_digits(text + PARENT_AT, &parent.span_id, sizeof(parent.span_id)) ||
	    !read_digits(text + FLAGS_AT, &parent.flags, 1))
		return false;
	if (!(parent.trace_id[0] | parent.trace_id[1]) || !parent.span_id)
		return false;
	*parent_out = parent;
	return true;
}

void trace_parent_write(const struct trace_parent *parent, char text_out[ROHAS_TRACEPARENT_SIZE])
{
	/* Flags that this version does not know are not handed on. */
	uint8_t flags = parent->flags & (TRACE_SAMPLED | TRACE_RANDOM);

	memcpy(text_out, "00-", TRACE_AT);
	hex_encode((const uint8_t *)parent->trace_id, sizeof(parent->trace_id), text_out + TRACE_AT);
	text_out[PARENT_AT - 1] = '-';
	hex_encode((const uint8_t *)&parent->span_id, sizeof(parent->span_id), text_out + PARENT_AT);
	text_out[FLAGS_AT - 1] = '-';
	hex_encode(&flags, 1, text_out + FLAGS_AT);
	text_out[TRACEPARENT_LENGTH] = '\0';
}

static bool is_printable(struct str text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((text.data[i] < 0x20 && text.data[i] != '\t') || text.data[i] == 0x7f ||
		    text.data[i] & 0x80)
			return false;
	return true;
}

static bool is_token(struct str text)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      memchr(others, c, sizeof(others) - 1)))
			return false;
	}
	return text.size > 0;
}

/* "key=value", the value perhaps with properties behind a semicolon. */
static bool split_member(struct str member, struct str *key_out, struct str *value_out)
{
	if (!str_split(member, '=', key_out, value_out))
		return false;
	*key_out = str_trim(*key_out);
	*value_out = str_trim(*value_out);
	return true;
}

/* Keys of a tracestate: lower-case letters, digits, _ - * / and one @. */
static bool is_state_key(struct str key)
{
	for (size_t i = 0; i < key.size; i++) {
		char c = key.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || memchr("_-*/@", c, 5)))
			return false;
	}
	return key.size > 0 && key.size <= 256;
}

static bool state_member_is_fit(struct str member)
{
	struct str key, value;

	return split_member(member, &key, &value) && is_state_key(key) && value.size <= 256 &&
	       !memchr(value.data, '=', value.size);
}

static bool baggage_member_is_fit(struct str member)
{
	struct str key, value;

	return split_member(member, &key, &value) && is_token(key);
}

/* Members as long as they fit into size bytes and most members; false where one of them is malformed. */
static bool read_list(const char *text, size_t size, size_t most, bool (*is_fit)(struct str),
		      struct str *list_out)
{
	struct str rest = str_make(text, text ? strnlen(text, ROHAS_RECORD_MOST) : 0), member;
	struct str list = str_make(text, 0);
	bool goes_on = rest.size > 0;

	if (!is_printable(rest))
		return false;
	for (size_t count = 0; goes_on;) {
		goes_on = str_split(rest, ',', &member, &rest);
		if (str_trim(member).size == 0)
			continue;
		if (!is_fit(member))
			return false;
		if (++count > most || (size_t)(member.data + member.size - text) > size)
			break;
		list.size = (size_t)(member.data + member.size - text);
	}
	*list_out = list;
	return true;
}

bool trace_state_read(const char *text, struct str *state_out)
{
	return read_list(text, ROHAS_TRACESTATE_SIZE - 1, TRACESTATE_MEMBERS_MOST, state_member_is_fit,
			 state_out);
}

bool baggage_read(const char *text, struct str *baggage_out)
{
	return read_list(text, ROHAS_BAGGAGE_SIZE - 1, BAGGAGE_MEMBERS_MOST, baggage_member_is_fit,
			 baggage_out);
}

/* The member of that key in a baggage, and its value without properties. */
static bool find_member(struct str rest, struct str key, struct str *member_out, struct str *value_out)
{
	bool goes_on = rest.size > 0;

	while (goes_on) {
		struct str member, found, value, properties;

		goes_on = str_split(rest, ',', &member, &rest);
		if (!split_member(member, &found, &value) || !str_equal(found, key))
			continue;
		str_split(value, ';', &value, &properties);
		*member_out = member;
		*value_out = str_trim(value);
		return true;
	}
	return false;
}

static bool percent_byte(struct str text, size_t at, uint8_t *byte_out)
{
	return text.data[at] == '%' && at + 2 < text.size &&
	       hex_decode(str_make(text.data + at + 1, 2), byte_out, 1);
}

bool rohas_baggage_get(const char *baggage, const char *key, char *value_out, size_t size)
{
	struct str list, member, value;
	size_t used = 0;

	if (!key || !size || !baggage_read(baggage, &list) ||
	    !find_member(list, str_from(key), &member, &value))
		return false;
	for (size_t i = 0; i < value.size && used + 1 < size; i++) {
		uint8_t byte = (uint8_t)value.data[i];

		if (percent_byte(value, i, &byte))
			i += 2;
		value_out[used++] = (char)byte;
	}
	value_out[used] = '\0';
	return true;
}

static size_t encode_value(const char *value, char *out, size_t size)
{
	static const char plain[] = "!#$&'()*+-./:<=>?@[]^_`{|}~";
	size_t used = 0;

	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
				memchr(plain, c, sizeof(plain) - 1);

		if (used + 4 > size)
			return 0;
		if (is_plain)
			out[used++] = (char)c;
		else
			used += (size_t)snprintf(out + used, size - used, "%%%02X", c);
	}
	out[used] = '\0';
	return used + 1;
}

static size_t count_members(struct str list)
{
	size_t count = list.size > 0;

	for (size_t i = 0; i < list.size; i++)
		count += list.data[i] == ',';
	return count;
}

bool rohas_baggage_put(char *baggage, size_t size, const char *key, const char *value)
{
	char encoded[ROHAS_BAGGAGE_SIZE], whole[ROHAS_BAGGAGE_SIZE];
	struct str list, member, old, before, behind = {0};
	int used;

	if (!key || !value || !is_token(str_from(key)) || !encode_value(value, encoded, sizeof(encoded)) ||
	    !baggage_read(baggage, &list))
		return false;
	before = list;
	if (find_member(list, str_from(key), &member, &old)) {
		const char *end = list.data + list.size, *member_end = member.data + member.size;

		before = str_make(list.data, (size_t)(member.data - list.data));
		if (before.size)
			before.size--; /* the comma */
		if (member_end < end)
			behind = str_make(member_end, (size_t)(end - member_end));
	}
	used = snprintf(whole, sizeof(whole), "%.*s%s%s=%s%.*s", STR_ARG(before), before.size ? "," : "", key,
			encoded, (int)behind.size, behind.size ? behind.data : "");
	if (used < 0 || (size_t)used >= sizeof(whole) || (size_t)used >= size ||
	    count_members(str_make(whole, (size_t)used)) > BAGGAGE_MEMBERS_MOST)
		return false;
	memcpy(baggage, whole, (size_t)used + 1);
	return true;
}
