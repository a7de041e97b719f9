#include "model/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const struct resource resource_empty;
const struct scope scope_empty;

/* AnyValue's field numbers. */
enum { ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4, ANY_ARRAY = 5, ANY_MAP = 6, ANY_BYTES = 7 };
/* KeyValue, ArrayValue and KeyValueList. */
enum { PAIR_KEY = 1, PAIR_VALUE = 2, LIST_VALUES = 1 };

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_EMPTY: return true;
	case VALUE_BOOL: return a->boolean == b->boolean;
	case VALUE_INT: return a->integer == b->integer;
	/* Bit by bit: a NaN equals itself here, and the two zeros differ. */
	case VALUE_DOUBLE: return memcmp(&a->real, &b->real, sizeof(a->real)) == 0;
	default: return str_equal(value_str(a), value_str(b));
	}
}

struct protobuf_reader value_walk(const struct value *value)
{
	return protobuf_read(value_str(value));
}

/* The next element of a list message; false at its end. */
static bool next_element(struct protobuf_reader *reader, struct str *bytes_out)
{
	struct protobuf_field field;

	while (protobuf_next(reader, &field)) {
		if (field.number != LIST_VALUES || field.wire != PROTOBUF_LEN)
			continue;
		*bytes_out = field.bytes;
		return true;
	}
	return false;
}

/* Reads AnyValue's fields without looking inside arrays and maps. The last field counts, as oneof has it. */
static bool read_any(struct str bytes, struct value *value_out)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	*value_out = (struct value){.type = VALUE_EMPTY};
	while (protobuf_next(&reader, &field)) {
		static const uint8_t types[] = {[ANY_STRING] = VALUE_STRING,
						[ANY_ARRAY] = VALUE_ARRAY,
						[ANY_MAP] = VALUE_MAP,
						[ANY_BYTES] = VALUE_BYTES};

		if (field.wire == PROTOBUF_LEN && field.number < sizeof(types) && types[field.number])
			*value_out = (struct value){.data = field.bytes.data,
						    .size = (uint32_t)field.bytes.size,
						    .type = types[field.number]};
		else if (field.wire == PROTOBUF_VARINT && field.number == ANY_BOOL)
			*value_out = value_from_bool(field.integer != 0);
		else if (field.wire == PROTOBUF_VARINT && field.number == ANY_INT)
			*value_out = value_from_int((int64_t)field.integer);
		else if (field.wire == PROTOBUF_I64 && field.number == ANY_DOUBLE)
			*value_out = value_from_double(protobuf_double(field.integer));
	}
	return !reader.failed;
}

static bool read_pair(struct str bytes, struct str *key_out, struct str *any_out)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	*key_out = *any_out = str_make("", 0);
	while (protobuf_next(&reader, &field)) {
		if (field.wire != PROTOBUF_LEN)
			continue;
		if (field.number == PAIR_KEY)
			*key_out = field.bytes;
		else if (field.number == PAIR_VALUE)
			*any_out = field.bytes;
	}
	return !reader.failed;
}

bool value_next_item(struct protobuf_reader *reader, struct value *item_out)
{
	struct str bytes;

	return next_element(reader, &bytes) && read_any(bytes, item_out);
}

bool value_next_attribute(struct protobuf_reader *reader, struct attribute *attribute_out)
{
	struct str bytes, any;

	return next_element(reader, &bytes) && read_pair(bytes, &attribute_out->key, &any) &&
	       read_any(any, &attribute_out->value);
}

static enum status check_nested(const struct value *value, unsigned depth, struct error *error)
{
	struct protobuf_reader reader = value_walk(value);
	struct attribute ignored;
	struct str bytes;
	enum status status = STATUS_OK;

	if (depth >= VALUE_DEEPEST)
		return error_set(error, STATUS_INVALID, "a value nests deeper than %d levels", VALUE_DEEPEST);
	while (status == STATUS_OK && next_element(&reader, &bytes))
		status = value->type == VALUE_ARRAY ? value_decode(bytes, depth + 1, &ignored.value, error)
						    : attribute_decode(bytes, depth + 1, &ignored, error);
	if (status == STATUS_OK && reader.failed)
		return error_set(error, STATUS_INVALID, "a nested value is not well-formed protobuf");
	return status;
}

enum status value_decode(struct str bytes, unsigned depth, struct value *value_out, struct error *error)
{
	struct value value;
	enum status status = STATUS_OK;

	if (!read_any(bytes, &value))
		return error_set(error, STATUS_INVALID, "a value is not well-formed protobuf");
	if (value.type == VALUE_STRING && !str_is_utf8(value_str(&value)))
		return error_set(error, STATUS_INVALID, "a string value is not UTF-8");
	if (value.type == VALUE_ARRAY || value.type == VALUE_MAP)
		status = check_nested(&value, depth, error);
	if (status == STATUS_OK)
		*value_out = value;
	return status;
}

enum status attribute_decode(struct str bytes, unsigned depth, struct attribute *attribute_out,
			     struct error *error)
{
	struct str key, any;
	enum status status;

	if (!read_pair(bytes, &key, &any))
		return error_set(error, STATUS_INVALID, "an attribute is not well-formed protobuf");
	if (!str_is_utf8(key))
		return error_set(error, STATUS_INVALID, "an attribute's key is not UTF-8");
	status = value_decode(any, depth, &attribute_out->value, error);
	if (status == STATUS_OK)
		attribute_out->key = key;
	return status;
}

void value_encode(const struct value *value, struct buffer *out)
{
	switch (value->type) {
	case VALUE_STRING: protobuf_put_bytes(out, ANY_STRING, value_str(value)); break;
	case VALUE_BOOL: protobuf_put_uint(out, ANY_BOOL, value->boolean); break;
	case VALUE_INT: protobuf_put_uint(out, ANY_INT, (uint64_t)value->integer); break;
	case VALUE_DOUBLE: protobuf_put_double(out, ANY_DOUBLE, value->real); break;
	case VALUE_BYTES: protobuf_put_bytes(out, ANY_BYTES, value_str(value)); break;
	case VALUE_ARRAY: protobuf_put_bytes(out, ANY_ARRAY, value_str(value)); break;
	case VALUE_MAP: protobuf_put_bytes(out, ANY_MAP, value_str(value)); break;
	default: break;
	}
}

void attribute_encode(uint32_t number, const struct attribute *attribute, struct buffer *out)
{
	size_t pair = protobuf_begin(out, number), any;

	protobuf_put_bytes(out, PAIR_KEY, attribute->key);
	any = protobuf_begin(out, PAIR_VALUE);
	value_encode(&attribute->value, out);
	protobuf_end(out, any);
	protobuf_end(out, pair);
}

static void json_string(struct str s, struct buffer *out)
{
	buffer_append_byte(out, '"');
	for (size_t i = 0; i < s.size; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c == '"' || c == '\\')
			buffer_printf(out, "\\%c", c);
		else if (c < 0x20)
			buffer_printf(out, "\\u%04x", c);
		else
			buffer_append_byte(out, c);
	}
	buffer_append_byte(out, '"');
}

static void bytes_as_base64(struct str bytes, struct buffer *out)
{
	size_t size = base64_encoded_size(bytes.size);
	char *at = buffer_reserve(out, size);

	if (!at)
		return;
	base64_encode((const uint8_t *)bytes.data, bytes.size, at);
	out->size += size;
}

/* The shortest form that reads back as the same double. */
static void double_as_text(double real, struct buffer *out)
{
	char text[32];

	if (isnan(real)) {
		buffer_append_c(out, "NaN");
		return;
	}
	if (isinf(real)) {
		buffer_append_c(out, real < 0 ? "-Infinity" : "Infinity");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	buffer_append_c(out, text);
}

static void nested_as_json(const struct value *value, unsigned depth, struct buffer *out);

static void array_as_json(const struct value *value, unsigned depth, struct buffer *out)
{
	struct protobuf_reader reader = value_walk(value);
	struct value item;
	const char *separator = "[";

	while (value_next_item(&reader, &item)) {
		buffer_append_c(out, separator);
		nested_as_json(&item, depth + 1, out);
		separator = ",";
	}
	buffer_append_c(out, *separator == '[' ? "[]" : "]");
}

static void map_as_json(const struct value *value, unsigned depth, struct buffer *out)
{
	struct protobuf_reader reader = value_walk(value);
	struct attribute item;
	const char *separator = "{";

	while (value_next_attribute(&reader, &item)) {
		buffer_append_c(out, separator);
		json_string(item.key, out);
		buffer_append_byte(out, ':');
		nested_as_json(&item.value, depth + 1, out);
		separator = ",";
	}
	buffer_append_c(out, *separator == '{' ? "{}" : "}");
}

/* Bytes that are damaged may nest for ever; what was decoded does not pass the bound. */
static void nested_as_json(const struct value *value, unsigned depth, struct buffer *out)
{
	switch (depth > VALUE_DEEPEST ? VALUE_EMPTY : value->type) {
	case VALUE_EMPTY: buffer_append_c(out, "null"); break;
	case VALUE_STRING: json_string(value_str(value), out); break;
	case VALUE_BYTES:
		buffer_append_byte(out, '"');
		bytes_as_base64(value_str(value), out);
		buffer_append_byte(out, '"');
		break;
	case VALUE_DOUBLE:
		if (isfinite(value->real)) {
			double_as_text(value->real, out);
		} else {
			buffer_append_byte(out, '"');
			double_as_text(value->real, out);
			buffer_append_byte(out, '"');
		}
		break;
	case VALUE_ARRAY: array_as_json(value, depth, out); break;
	case VALUE_MAP: map_as_json(value, depth, out); break;
	default: value_to_text(value, out); break;
	}
}

void value_to_text(const struct value *value, struct buffer *out)
{
	switch (value->type) {
	case VALUE_STRING: buffer_append_str(out, value_str(value)); break;
	case VALUE_BOOL: buffer_append_c(out, value->boolean ? "true" : "false"); break;
	case VALUE_INT: buffer_printf(out, "%" PRId64, value->integer); break;
	case VALUE_DOUBLE: double_as_text(value->real, out); break;
	case VALUE_BYTES: bytes_as_base64(value_str(value), out); break;
	case VALUE_ARRAY: array_as_json(value, 0, out); break;
	case VALUE_MAP: map_as_json(value, 0, out); break;
	default: break;
	}
}

const struct value *attributes_find(const struct attributes *attributes, const char *key)
{
	size_t size = strlen(key);

	for (uint32_t i = attributes->count; i-- > 0;) {
		const struct attribute *item = &attributes->items[i];

		if (item->key.size == size && memcmp(item->key.data, key, size) == 0)
			return &item->value;
	}
	return NULL;
}

struct str attributes_find_str(const struct attributes *attributes, const char *key)
{
	const struct value *value = attributes_find(attributes, key);

	return value && value->type == VALUE_STRING ? value_str(value) : str_make("", 0);
}

bool attributes_equal(const struct attributes *a, const struct attributes *b)
{
	if (a->count != b->count || a->dropped_count != b->dropped_count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!str_equal(a->items[i].key, b->items[i].key) ||
		    !value_equal(&a->items[i].value, &b->items[i].value))
			return false;
	return true;
}

bool resource_equal(const struct resource *a, const struct resource *b)
{
	return a == b ||
	       (str_equal(a->schema_url, b->schema_url) && attributes_equal(&a->attributes, &b->attributes));
}

bool scope_equal(const struct scope *a, const struct scope *b)
{
	return a == b ||
	       (str_equal(a->name, b->name) && str_equal(a->version, b->version) &&
		str_equal(a->schema_url, b->schema_url) && attributes_equal(&a->attributes, &b->attributes));
}

static bool copy_str(struct arena *arena, struct str from, struct str *to_out)
{
	*to_out = arena_copy(arena, from);
	return to_out->data != NULL;
}

bool value_copy(struct arena *arena, const struct value *from, struct value *to_out)
{
	struct str copy;

	*to_out = *from;
	if (from->type != VALUE_STRING && from->type < VALUE_BYTES)
		return true;
	if (!copy_str(arena, value_str(from), &copy))
		return false;
	to_out->data = copy.data;
	return true;
}

bool attributes_copy(struct arena *arena, const struct attributes *from, struct attributes *to_out)
{
	struct attribute *items = arena_alloc(arena, from->count * sizeof(*items));

	if (!items)
		return false;
	for (uint32_t i = 0; i < from->count; i++)
		if (!copy_str(arena, from->items[i].key, &items[i].key) ||
		    !value_copy(arena, &from->items[i].value, &items[i].value))
			return false;
	*to_out = (struct attributes){items, from->count, from->dropped_count};
	return true;
}

const struct resource *resource_copy(struct arena *arena, const struct resource *from)
{
	struct resource *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy || !copy_str(arena, from->schema_url, &copy->schema_url) ||
	    !attributes_copy(arena, &from->attributes, &copy->attributes))
		return NULL;
	return copy;
}

const struct scope *scope_copy(struct arena *arena, const struct scope *from)
{
	struct scope *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy || !copy_str(arena, from->name, &copy->name) ||
	    !copy_str(arena, from->version, &copy->version) ||
	    !copy_str(arena, from->schema_url, &copy->schema_url) ||
	    !attributes_copy(arena, &from->attributes, &copy->attributes))
		return NULL;
	return copy;
}

struct str resource_service(const struct resource *resource)
{
	return attributes_find_str(&resource->attributes, "service.name");
}

bool resource_is_same_source(const struct resource *a, const struct resource *b)
{
	static const char *const names[] = {"service.namespace", "service.name", "service.instance.id",
					    "host.name",         "host.id",      "k8s.pod.name",
					    "container.id"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct value *x = attributes_find(&a->attributes, names[i]);
		const struct value *y = attributes_find(&b->attributes, names[i]);

		if (!x != !y || (x && !value_equal(x, y)))
			return false;
	}
	return true;
}
