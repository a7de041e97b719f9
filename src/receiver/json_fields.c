#include "receiver/json_fields.h"

#include <ctype.h>

enum { LONGEST_NAME = 64 };

/* "startTimeUnixNano" to "start_time_unix_nano". */
static void to_snake_case(const char *name, char snake_out[LONGEST_NAME])
{
	size_t size = 0;

	for (; *name && size + 2 < LONGEST_NAME; name++) {
		if (isupper((unsigned char)*name))
			snake_out[size++] = '_';
		snake_out[size++] = (char)tolower((unsigned char)*name);
	}
	snake_out[size] = '\0';
}

const json_t *json_find(const json_t *object, const char *name)
{
	const json_t *found = json_object_get(object, name);

	if (!found) {
		char snake[LONGEST_NAME];

		to_snake_case(name, snake);
		found = json_object_get(object, snake);
	}
	return json_is_null(found) ? NULL : found;
}

bool json_wrong(struct json_decoder *json, const char *field, const char *what)
{
	json->decoder.failure = error_set(json->decoder.error, STATUS_INVALID,
					  "the JSON field \"%s\" must be %s", field, what);
	return false;
}

static bool read_u64(struct json_decoder *json, const struct json_field *field, const json_t *found,
		     uint64_t most, uint64_t *value_out)
{
	if (!json_read_u64(found, value_out) || *value_out > most)
		return json_wrong(json, field->name, "an unsigned integer in range, as a number or a string");
	return true;
}

static bool read_i64(struct json_decoder *json, const struct json_field *field, const json_t *found,
		     int64_t *value_out)
{
	return json_read_i64(found, value_out) ||
	       json_wrong(json, field->name, "an integer in range, as a number or a string");
}

static bool read_real(struct json_decoder *json, const struct json_field *field, const json_t *found,
		      double *value_out)
{
	return json_read_real(found, value_out) || json_wrong(json, field->name, "a number");
}

static bool read_u32(struct json_decoder *json, const struct json_field *field, const json_t *found,
		     uint32_t *value_out)
{
	uint64_t wide;

	if (!read_u64(json, field, found, UINT32_MAX, &wide))
		return false;
	*value_out = (uint32_t)wide;
	return true;
}

static bool read_i32(struct json_decoder *json, const struct json_field *field, const json_t *found,
		     int32_t *value_out)
{
	int64_t wide;

	if (!read_i64(json, field, found, &wide))
		return false;
	if (wide < INT32_MIN || wide > INT32_MAX)
		return json_wrong(json, field->name, "a 32-bit integer");
	*value_out = (int32_t)wide;
	return true;
}

/* A number, or one of the names. A name from the future is unspecified. */
static bool read_enum(struct json_decoder *json, const struct json_field *field, const json_t *found,
		      uint8_t *value_out)
{
	int64_t number;

	*value_out = 0;
	if (json_is_string(found)) {
		for (uint8_t i = 0; field->names[i]; i++)
			if (strcmp(field->names[i], json_string_value(found)) == 0)
				*value_out = i;
		return true;
	}
	if (!json_read_i64(found, &number))
		return json_wrong(json, field->name, "the number or the name of an enum's value");
	*value_out = otlp_small_enum((uint64_t)number);
	return true;
}

/* Hexadecimal. Text that is not is malformed; an id of another size is the record's fault, or no id. */
static bool read_id(struct json_decoder *json, const struct json_field *field, const json_t *found,
		    size_t size, uint8_t *id_out)
{
	const char *text = json_string_value(found);

	if (!text || text[strspn(text, "0123456789abcdefABCDEF")] != '\0')
		return json_wrong(json, field->name, "a string of hexadecimal digits");
	memset(id_out, 0, size);
	if (!hex_decode(str_from(text), id_out, size) && *text && !field->flag)
		decode_fault(&json->decoder, size == TRACE_ID_SIZE
						     ? "a trace id is not 16 bytes, 32 hexadecimal digits"
						     : "a span id is not 8 bytes, 16 hexadecimal digits");
	return true;
}

static bool read_as_int(struct json_decoder *json, const struct json_field *field, const json_t *found,
			struct number *number_out)
{
	number_out->kind = NUMBER_INT;
	return read_i64(json, field, found, &number_out->integer);
}

static bool read_as_double(struct json_decoder *json, const struct json_field *field, const json_t *found,
			   struct number *number_out)
{
	number_out->kind = NUMBER_DOUBLE;
	return read_real(json, field, found, &number_out->real);
}

static bool read_measure(struct json_decoder *json, const struct json_field *field, const json_t *found,
			 double *value_out, struct metric_point *point)
{
	point->has |= field->flag;
	return read_real(json, field, found, value_out);
}

/* Room for the elements of a list: their number goes to *count_out, the array to *items_out. */
static void *take_room(struct json_decoder *json, const struct json_field *field, const json_t *found,
		       size_t item_size, void **items_out, uint32_t *count_out)
{
	size_t count = json_array_size(found);
	void *items;

	if (!json_is_array(found)) {
		json_wrong(json, field->name, "a list");
		return NULL;
	}
	if (count > OTLP_PARTS_MAX) {
		decode_fault(&json->decoder, "a record has more than 65536 parts of a kind");
		count = 0;
	}
	items = arena_calloc(json->decoder.arena, count, item_size);
	if (!items) {
		decode_no_room(&json->decoder);
		return NULL;
	}
	*items_out = items;
	*count_out = (uint32_t)count;
	return items;
}

static bool read_u64s(struct json_decoder *json, const struct json_field *field, const json_t *found,
		      void **items_out, uint32_t *count_out)
{
	uint64_t *items = take_room(json, field, found, sizeof(*items), items_out, count_out);

	for (size_t i = 0; items && i < *count_out; i++)
		if (!read_u64(json, field, json_array_get(found, i), UINT64_MAX, &items[i]))
			return false;
	return items != NULL;
}

static bool read_reals(struct json_decoder *json, const struct json_field *field, const json_t *found,
		       void **items_out, uint32_t *count_out)
{
	double *items = take_room(json, field, found, sizeof(*items), items_out, count_out);

	for (size_t i = 0; items && i < *count_out; i++)
		if (!read_real(json, field, json_array_get(found, i), &items[i]))
			return false;
	return items != NULL;
}

static bool read_parts(struct json_decoder *json, const struct json_field *field, const json_t *found,
		       void **items_out, uint32_t *count_out)
{
	const struct json_struct *parts = field->parts;
	char *items = take_room(json, field, found, parts->size, items_out, count_out);

	for (size_t i = 0; items && i < *count_out; i++)
		if (!json_read(json, json_array_get(found, i), parts, items + i * parts->size))
			return false;
	return items != NULL;
}

static bool read_field(struct json_decoder *json, const struct json_field *field, const json_t *found,
		       void *target)
{
	void *place = (char *)target + field->offset;
	uint32_t *count = (uint32_t *)(void *)((char *)target + field->count_offset);

	switch ((enum json_kind)field->kind) {
	case FIELD_TEXT: return json_copy_text(json, field->name, found, place);
	case FIELD_U64: return read_u64(json, field, found, UINT64_MAX, place);
	case FIELD_U32: return read_u32(json, field, found, place);
	case FIELD_I32: return read_i32(json, field, found, place);
	case FIELD_REAL: return read_real(json, field, found, place);
	case FIELD_FLAG:
		*(bool *)place = json_is_true(found);
		return json_is_boolean(found) || json_wrong(json, field->name, "true or false");
	case FIELD_ENUM: return read_enum(json, field, found, place);
	case FIELD_TRACE_ID: return read_id(json, field, found, TRACE_ID_SIZE, place);
	case FIELD_SPAN_ID: return read_id(json, field, found, SPAN_ID_SIZE, place);
	case FIELD_ANY: return json_read_any(json, found, place);
	case FIELD_ATTRIBUTES: return json_read_attributes(json, field->name, found, place);
	case FIELD_AS_INT: return read_as_int(json, field, found, place);
	case FIELD_AS_DOUBLE: return read_as_double(json, field, found, place);
	case FIELD_MEASURE: return read_measure(json, field, found, place, target);
	case FIELD_U64S: return read_u64s(json, field, found, place, count);
	case FIELD_REALS: return read_reals(json, field, found, place, count);
	case FIELD_PARTS: return read_parts(json, field, found, place, count);
	case FIELD_INSIDE: return json_read(json, found, field->parts, place);
	}
	return true;
}

static const char *json_name(const json_t *json)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",  [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number", [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",      [JSON_NULL] = "null",
	};

	return names[json_typeof(json)];
}

bool json_read(struct json_decoder *json, const json_t *object, const struct json_struct *type, void *target)
{
	if (!json_is_object(object)) {
		json->decoder.failure =
			error_set(json->decoder.error, STATUS_INVALID,
				  "the JSON has %s where an OTLP object must be", json_name(object));
		return false;
	}
	for (size_t i = 0; i < type->field_count; i++) {
		const json_t *found = json_find(object, type->fields[i].name);

		if (found && !read_field(json, &type->fields[i], found, target))
			return false;
	}
	return true;
}
