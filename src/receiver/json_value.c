/* json_value: AnyValue and KeyValue in JSON; numbers in all their forms. */
#include <math.h>

#include "receiver/json_fields.h"

/* The tags of ArrayValue.values and KeyValueList.values, and of AnyValue's nested kinds. */
enum { LIST_VALUES = 1, PAIR_KEY = 1, PAIR_VALUE = 2, ANY_ARRAY = 5, ANY_MAP = 6 };

static struct str text_of(const json_t *string)
{
	return str_make(json_string_value(string), json_string_length(string));
}

bool json_copy_text(struct json_decoder *json, const char *field, const json_t *string, struct str *text_out)
{
	struct str text;

	if (!json_is_string(string))
		return json_wrong(json, field, "a string");
	text = arena_copy(json->decoder.arena, text_of(string));
	if (!text.data)
		return decode_no_room(&json->decoder);
	*text_out = text;
	return true;
}

/* A whole number written with a point or an exponent is one all the same. */
static bool real_is_whole(const json_t *number, double low, double high)
{
	double real = json_real_value(number);

	return json_is_real(number) && real >= low && real < high && real == floor(real);
}

bool json_read_u64(const json_t *number, uint64_t *value_out)
{
	if (json_is_integer(number) && json_integer_value(number) >= 0) {
		*value_out = (uint64_t)json_integer_value(number);
		return true;
	}
	if (real_is_whole(number, 0, 0x1p64)) {
		*value_out = (uint64_t)json_real_value(number);
		return true;
	}
	return json_is_string(number) && str_parse_u64(text_of(number), value_out);
}

bool json_read_i64(const json_t *number, int64_t *value_out)
{
	if (json_is_integer(number)) {
		*value_out = json_integer_value(number);
		return true;
	}
	if (real_is_whole(number, -0x1p63, 0x1p63)) {
		*value_out = (int64_t)json_real_value(number);
		return true;
	}
	return json_is_string(number) && str_parse_i64(text_of(number), value_out);
}

bool json_read_real(const json_t *number, double *value_out)
{
	static const struct {
		const char *name;
		double value;
	} names[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

	if (json_is_number(number)) {
		*value_out = json_number_value(number);
		return true;
	}
	if (!json_is_string(number))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_equal_c(text_of(number), names[i].name)) {
			*value_out = names[i].value;
			return true;
		}
	return str_parse_double(text_of(number), value_out) && isfinite(*value_out);
}

static bool read_bytes(struct json_decoder *json, const json_t *string, struct value *value_out)
{
	struct str text = text_of(string);
	uint8_t *bytes;
	size_t size;

	if (!json_is_string(string))
		return json_wrong(json, "bytesValue", "a base64 string");
	bytes = arena_alloc(json->decoder.arena, text.size * 3 / 4 + 3);
	if (!bytes)
		return decode_no_room(&json->decoder);
	if (!base64_decode(text, bytes, &size))
		return json_wrong(json, "bytesValue", "a base64 string");
	*value_out = (struct value){.data = (const char *)bytes, .size = (uint32_t)size, .type = VALUE_BYTES};
	return true;
}

/* The kinds of AnyValue that are no lists. An object with none of them is an empty value. */
static bool read_leaf(struct json_decoder *json, const json_t *any, struct value *value_out)
{
	const json_t *found;
	struct str text = {NULL, 0};
	int64_t integer;
	double real;

	*value_out = (struct value){.type = VALUE_EMPTY};
	if ((found = json_find(any, "stringValue"))) {
		if (!json_copy_text(json, "stringValue", found, &text))
			return false;
		*value_out = value_from_str(text);
	} else if ((found = json_find(any, "intValue"))) {
		if (!json_read_i64(found, &integer))
			return json_wrong(json, "intValue", "a 64-bit integer, as a number or a string");
		*value_out = value_from_int(integer);
	} else if ((found = json_find(any, "doubleValue"))) {
		if (!json_read_real(found, &real))
			return json_wrong(json, "doubleValue", "a number");
		*value_out = value_from_double(real);
	} else if ((found = json_find(any, "boolValue"))) {
		if (!json_is_boolean(found))
			return json_wrong(json, "boolValue", "true or false");
		*value_out = value_from_bool(json_is_true(found));
	} else if ((found = json_find(any, "bytesValue"))) {
		return read_bytes(json, found, value_out);
	}
	return true;
}

/* The elements of an arrayValue or kvlistValue; NULL where any is neither. */
static const json_t *find_list(const json_t *any, enum value_type *type_out)
{
	const json_t *list = json_find(any, "arrayValue");

	*type_out = list ? VALUE_ARRAY : VALUE_MAP;
	return list ? list : json_find(any, "kvlistValue");
}

static bool write_list(struct json_decoder *json, const json_t *list, enum value_type type, unsigned depth);

/* Appends the fields of an AnyValue message to the scratch buffer. */
static bool write_any(struct json_decoder *json, const json_t *any, unsigned depth)
{
	enum value_type type;
	const json_t *list;
	struct value leaf;
	size_t mark;
	bool fine;

	if (!any || json_is_null(any))
		return true;
	if (!json_is_object(any))
		return json_wrong(json, "value", "an object");
	list = find_list(any, &type);
	if (!list) {
		if (!read_leaf(json, any, &leaf))
			return false;
		value_encode(&leaf, &json->scratch);
		return true;
	}
	mark = protobuf_begin(&json->scratch, type == VALUE_ARRAY ? ANY_ARRAY : ANY_MAP);
	fine = write_list(json, list, type, depth);
	protobuf_end(&json->scratch, mark);
	return fine;
}

static bool write_pair(struct json_decoder *json, const json_t *pair, unsigned depth)
{
	const json_t *key = json_find(pair, "key");
	size_t mark;
	bool fine;

	if (!json_is_object(pair) || (key && !json_is_string(key)))
		return json_wrong(json, "kvlistValue", "a list of keys and values");
	if (key)
		protobuf_put_bytes(&json->scratch, PAIR_KEY, text_of(key));
	mark = protobuf_begin(&json->scratch, PAIR_VALUE);
	fine = write_any(json, json_find(pair, "value"), depth);
	protobuf_end(&json->scratch, mark);
	return fine;
}

/* Appends the fields of an ArrayValue or KeyValueList message. */
static bool write_list(struct json_decoder *json, const json_t *list, enum value_type type, unsigned depth)
{
	const char *name = type == VALUE_ARRAY ? "arrayValue" : "kvlistValue";
	const json_t *values = json_find(list, "values");

	if (!json_is_object(list) || (values && !json_is_array(values)))
		return json_wrong(json, name, "an object with a list of values");
	if (depth >= VALUE_DEEPEST) {
		decode_fault(&json->decoder, "a value nests deeper than 32 levels");
		return true;
	}
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *item = json_array_get(values, i);
		size_t mark = protobuf_begin(&json->scratch, LIST_VALUES);
		bool fine = type == VALUE_ARRAY ? write_any(json, item, depth + 1)
						: write_pair(json, item, depth + 1);

		protobuf_end(&json->scratch, mark);
		if (!fine)
			return false;
	}
	return true;
}

static bool read_list(struct json_decoder *json, const json_t *list, enum value_type type,
		      struct value *value_out)
{
	struct str bytes;

	buffer_clear(&json->scratch);
	if (!write_list(json, list, type, 0))
		return false;
	bytes = arena_copy(json->decoder.arena, buffer_str(&json->scratch));
	if (buffer_failed(&json->scratch) || !bytes.data)
		return decode_no_room(&json->decoder);
	*value_out = (struct value){.data = bytes.data, .size = (uint32_t)bytes.size, .type = (uint8_t)type};
	return true;
}

bool json_read_any(struct json_decoder *json, const json_t *any, struct value *value_out)
{
	enum value_type type;
	const json_t *list;

	if (!json_is_object(any))
		return json_wrong(json, "value", "an object");
	list = find_list(any, &type);
	return list ? read_list(json, list, type, value_out) : read_leaf(json, any, value_out);
}

static bool read_attribute(struct json_decoder *json, const json_t *pair, struct attribute *attribute)
{
	const json_t *key = json_find(pair, "key"), *value = json_find(pair, "value");

	if (!json_is_object(pair))
		return json_wrong(json, "attributes", "a list of keys and values");
	*attribute = (struct attribute){.key = str_make("", 0)};
	if (key && !json_copy_text(json, "key", key, &attribute->key))
		return false;
	return !value || json_read_any(json, value, &attribute->value);
}

bool json_read_attributes(struct json_decoder *json, const char *field, const json_t *list,
			  struct attributes *attributes)
{
	size_t count = json_array_size(list);
	struct attribute *items;

	if (!json_is_array(list))
		return json_wrong(json, field, "a list of keys and values");
	if (count > OTLP_ATTRIBUTES_MAX) {
		decode_fault(&json->decoder, "a record has more than 16384 attributes");
		return true;
	}
	items = arena_alloc(json->decoder.arena, count * sizeof(*items));
	if (!items)
		return decode_no_room(&json->decoder);
	for (size_t i = 0; i < count; i++)
		if (!read_attribute(json, json_array_get(list, i), &items[i]))
			return false;
	attributes->items = items;
	attributes->count = (uint32_t)count;
	return true;
}
