#include "model/value.h"

#include <math.h>
#include <string.h>

#include "test.h"

enum { LIST_VALUES = 1 };

static struct value text_value(const char *text)
{
	return value_from_str(str_from(text));
}

static struct value bytes_value(const void *bytes, size_t size)
{
	return (struct value){.data = bytes, .size = (uint32_t)size, .type = VALUE_BYTES};
}

/* An array of the items; its bytes are in buffer. */
static struct value array_value(struct buffer *buffer, const struct value *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t mark = protobuf_begin(buffer, LIST_VALUES);

		value_encode(&items[i], buffer);
		protobuf_end(buffer, mark);
	}
	return (struct value){.data = buffer->data, .size = (uint32_t)buffer->size, .type = VALUE_ARRAY};
}

static struct value map_value(struct buffer *buffer, const struct attribute *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		attribute_encode(LIST_VALUES, &items[i], buffer);
	return (struct value){.data = buffer->data, .size = (uint32_t)buffer->size, .type = VALUE_MAP};
}

static void assert_text(struct value value, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;

	value_to_text(&value, &out);
	assert_str(buffer_str(&out), expected);
	buffer_release(&out);
}

static void writes_scalars_as_text(void **state)
{
	(void)state;
	assert_text((struct value){.type = VALUE_EMPTY}, "");
	assert_text(text_value("as \"it\" is\n"), "as \"it\" is\n");
	assert_text(value_from_bool(true), "true");
	assert_text(value_from_bool(false), "false");
	assert_text(value_from_int(0), "0");
	assert_text(value_from_int(INT64_MIN), "-9223372036854775808");
	assert_text(value_from_int(INT64_MAX), "9223372036854775807");
	assert_text(bytes_value("\0\xff", 2), "AP8=");
	assert_text(bytes_value("", 0), "");
}

static void writes_reals_in_the_shortest_form_that_reads_back(void **state)
{
	static const double reals[] = {
		0.1, 1.0 / 3, 1e300, 5e-324, 123456789.123456789, -2.5, 1e21, 0.30000000000000004};

	(void)state;
	assert_text(value_from_double(0.1), "0.1");
	assert_text(value_from_double(2), "2");
	assert_text(value_from_double(-2.5), "-2.5");
	assert_text(value_from_double(NAN), "NaN");
	assert_text(value_from_double(INFINITY), "Infinity");
	assert_text(value_from_double(-INFINITY), "-Infinity");
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		struct value value = value_from_double(reals[i]);
		struct buffer out = BUFFER_EMPTY;
		double back = 0;

		value_to_text(&value, &out);
		assert_true(str_parse_double(buffer_str(&out), &back));
		assert_true(back == reals[i]);
		buffer_release(&out);
	}
}

static void writes_nested_values_as_json(void **state)
{
	struct buffer inner = BUFFER_EMPTY, outer = BUFFER_EMPTY, none = BUFFER_EMPTY;
	const struct value items[] = {value_from_int(1),
				      text_value("a\"\\\n\x01ö"),
				      {.type = VALUE_EMPTY},
				      value_from_double(NAN),
				      bytes_value("\xff", 1)};
	struct attribute pairs[3] = {{str_from("k"), value_from_bool(true)},
				     {str_from("list"), {.type = VALUE_EMPTY}},
				     {str_from("k"), value_from_int(2)}};

	(void)state;
	pairs[1].value = array_value(&inner, items, 5);
	assert_text(pairs[1].value, "[1,\"a\\\"\\\\\\u000a\\u0001ö\",null,\"NaN\",\"/w==\"]");
	assert_text(map_value(&outer, pairs, 3),
		    "{\"k\":true,\"list\":[1,\"a\\\"\\\\\\u000a\\u0001ö\",null,\"NaN\",\"/w==\"],\"k\":2}");
	assert_text(array_value(&none, NULL, 0), "[]");
	assert_text(map_value(&none, NULL, 0), "{}");
	buffer_release(&inner);
	buffer_release(&outer);
	buffer_release(&none);
}

static void decodes_what_it_encoded(void **state)
{
	struct buffer nested = BUFFER_EMPTY;
	const struct value two[] = {value_from_int(1), text_value("x")};
	const struct value values[] = {
		{.type = VALUE_EMPTY},
		text_value(""),
		text_value("größe"),
		value_from_bool(true),
		value_from_bool(false),
		value_from_int(INT64_MIN),
		value_from_int(0),
		value_from_double(-0.0),
		value_from_double(NAN),
		bytes_value("\0\xff", 2),
		bytes_value("", 0),
		array_value(&nested, two, 2),
		{.data = "", .type = VALUE_ARRAY},
		{.data = "", .type = VALUE_MAP},
	};
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct attribute attribute = {str_from("key"), values[i]}, back;
		struct buffer out = BUFFER_EMPTY, pair = BUFFER_EMPTY;
		struct protobuf_reader reader;
		struct protobuf_field field;
		struct value value;

		value_encode(&values[i], &out);
		assert_int_equal(value_decode(buffer_str(&out), 0, &value, &error), STATUS_OK);
		assert_true(value_equal(&value, &values[i]));
		attribute_encode(4, &attribute, &pair);
		reader = protobuf_read(buffer_str(&pair));
		assert_true(protobuf_next(&reader, &field));
		assert_int_equal(field.number, 4);
		assert_int_equal(attribute_decode(field.bytes, 0, &back, &error), STATUS_OK);
		assert_str(back.key, "key");
		assert_true(value_equal(&back.value, &values[i]));
		buffer_release(&out);
		buffer_release(&pair);
	}
	buffer_release(&nested);
}

static void walks_arrays_and_maps_in_order(void **state)
{
	struct buffer list = BUFFER_EMPTY, map = BUFFER_EMPTY;
	const struct value items[] = {value_from_int(7), text_value("x")};
	const struct attribute pairs[] = {{str_from("a"), value_from_int(1)},
					  {str_from("b"), text_value("2")}};
	struct value array = array_value(&list, items, 2), dictionary = map_value(&map, pairs, 2), item;
	struct protobuf_reader reader = value_walk(&array);
	struct attribute pair;

	(void)state;
	assert_true(value_next_item(&reader, &item));
	assert_true(value_equal(&item, &items[0]));
	assert_true(value_next_item(&reader, &item));
	assert_true(value_equal(&item, &items[1]));
	assert_false(value_next_item(&reader, &item));
	reader = value_walk(&dictionary);
	assert_true(value_next_attribute(&reader, &pair));
	assert_str(pair.key, "a");
	assert_true(value_next_attribute(&reader, &pair));
	assert_str(pair.key, "b");
	assert_true(value_equal(&pair.value, &pairs[1].value));
	assert_false(value_next_attribute(&reader, &pair));
	buffer_release(&list);
	buffer_release(&map);
}

static void refuses_values_that_are_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *message;
	} rows[] = {
		{"\x0a\x05"
		 "abc",
		 5, "a value is not well-formed protobuf"},
		{"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11, "a value is not well-formed protobuf"},
		{"\x0a\x02\xc0\x80", 4, "a string value is not UTF-8"},
		{"\x2a\x04\x0a\x02\x0a\x05", 6, "a value is not well-formed protobuf"},
		{"\x2a\x02\x0a\x05", 4, "a nested value is not well-formed protobuf"},
		{"\x32\x06\x0a\x04\x0a\x02\xff\xff", 8, "an attribute's key is not UTF-8"},
	};
	struct value value = value_from_int(77);
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(value_decode(str_make(rows[i].bytes, rows[i].size), 0, &value, &error),
				 STATUS_INVALID);
		assert_string_equal(error.message, rows[i].message);
	}
	assert_int_equal(value.integer, 77);
}

static void takes_the_last_of_several_kinds(void **state)
{
	struct value value;
	struct error error;

	(void)state;
	assert_int_equal(value_decode(str_make("\x0a\x01x\x10\x01\x18\x07", 7), 0, &value, &error),
			 STATUS_OK);
	assert_int_equal(value.type, VALUE_INT);
	assert_int_equal(value.integer, 7);
	assert_int_equal(value_decode(str_make("\x4a\x01x", 3), 0, &value, &error), STATUS_OK);
	assert_int_equal(value.type, VALUE_EMPTY);
}

static enum status decode_nested(unsigned levels)
{
	struct buffer buffers[2] = {BUFFER_EMPTY, BUFFER_EMPTY};
	struct value value = value_from_int(1);
	struct error error;
	enum status status;

	for (unsigned i = 0; i < levels; i++) {
		struct value item = value;

		buffer_clear(&buffers[i % 2]);
		value = array_value(&buffers[i % 2], &item, 1);
	}
	buffer_clear(&buffers[levels % 2]);
	value_encode(&value, &buffers[levels % 2]);
	status = value_decode(buffer_str(&buffers[levels % 2]), 0, &value, &error);
	buffer_release(&buffers[0]);
	buffer_release(&buffers[1]);
	return status;
}

static void refuses_values_that_nest_too_deep(void **state)
{
	(void)state;
	assert_int_equal(decode_nested(VALUE_DEEPEST), STATUS_OK);
	assert_int_equal(decode_nested(VALUE_DEEPEST + 1), STATUS_INVALID);
	assert_int_equal(decode_nested(2000), STATUS_INVALID);
}

static void damaged_bytes_end_a_walk_early(void **state)
{
	const struct value damaged = {.data = "\x0a\x02\x18\x01\x0a\x7f", .size = 6, .type = VALUE_ARRAY};
	struct protobuf_reader reader = value_walk(&damaged);
	struct value item;

	(void)state;
	assert_true(value_next_item(&reader, &item));
	assert_int_equal(item.integer, 1);
	assert_false(value_next_item(&reader, &item));
}

static void tells_values_apart_by_type_and_content(void **state)
{
	const struct value values[] = {
		{.type = VALUE_EMPTY},   value_from_int(0),      value_from_int(1),
		value_from_bool(false),  value_from_bool(true),  value_from_double(0.0),
		value_from_double(-0.0), value_from_double(NAN), text_value(""),
		text_value("a"),         bytes_value("", 0),     bytes_value("a", 1)};
	size_t count = sizeof(values) / sizeof(values[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			assert_int_equal(value_equal(&values[i], &values[j]), i == j);
}

static void finds_the_last_attribute_of_a_key(void **state)
{
	const struct attribute items[] = {{str_from("a"), text_value("1")},
					  {str_from("b"), value_from_int(2)},
					  {str_from("a"), text_value("3")}};
	const struct attributes attributes = {items, 3, 0}, none = {0};

	(void)state;
	assert_ptr_equal(attributes_find(&attributes, "a"), &items[2].value);
	assert_null(attributes_find(&attributes, "c"));
	assert_null(attributes_find(&attributes, ""));
	assert_null(attributes_find(&none, "a"));
	assert_str(attributes_find_str(&attributes, "a"), "3");
	assert_int_equal(attributes_find_str(&attributes, "b").size, 0);
	assert_int_equal(attributes_find_str(&attributes, "c").size, 0);
}

static void compares_attributes_resources_and_scopes(void **state)
{
	const struct attribute items[] = {{str_from("a"), text_value("1")},
					  {str_from("b"), value_from_int(2)}};
	const struct attribute turned[] = {items[1], items[0]};
	const struct attributes same = {items, 2, 0}, shorter = {items, 1, 0}, dropped = {items, 2, 1},
				other_order = {turned, 2, 0};
	struct resource resource = {.attributes = same, .schema_url = str_from("u")}, copy = resource;
	struct scope scope = {.name = str_from("n"), .version = str_from("1"), .attributes = same},
		     twin = scope;

	(void)state;
	assert_true(attributes_equal(&same, &same));
	assert_false(attributes_equal(&same, &shorter));
	assert_false(attributes_equal(&same, &dropped));
	assert_false(attributes_equal(&same, &other_order));
	assert_true(resource_equal(&resource, &copy));
	copy.schema_url = str_from("v");
	assert_false(resource_equal(&resource, &copy));
	assert_false(resource_equal(&resource, &resource_empty));
	assert_true(scope_equal(&scope, &twin));
	twin.version = str_from("2");
	assert_false(scope_equal(&scope, &twin));
	assert_false(scope_equal(&scope, &scope_empty));
}

static void copies_share_no_bytes(void **state)
{
	char key[] = "service.name", value[] = "shop";
	struct attribute item = {str_from(key), text_value(value)};
	const struct resource resource = {.attributes = {&item, 1, 3}, .schema_url = str_from("url")};
	const struct scope scope = {.name = str_from(value), .attributes = {&item, 1, 0}};
	const struct resource *resource_twin;
	const struct scope *scope_twin;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	resource_twin = resource_copy(&arena, &resource);
	scope_twin = scope_copy(&arena, &scope);
	assert_true(resource_equal(&resource, resource_twin));
	assert_true(scope_equal(&scope, scope_twin));
	memset(key, 'x', sizeof(key) - 1);
	memset(value, 'x', sizeof(value) - 1);
	assert_str(resource_service(resource_twin), "shop");
	assert_str(scope_twin->name, "shop");
	arena_release(&arena);
}

static void copies_fail_when_the_arena_is_full(void **state)
{
	char long_text[4000] = {0};
	struct attribute item = {str_from("k"), value_from_str(str_make(long_text, sizeof(long_text)))};
	const struct resource resource = {.attributes = {&item, 1, 0}};
	const struct scope scope = {.attributes = {&item, 1, 0}};
	struct value copy;
	struct arena arena;

	(void)state;
	arena_init(&arena, 1024);
	assert_false(value_copy(&arena, &item.value, &copy));
	assert_null(resource_copy(&arena, &resource));
	assert_null(scope_copy(&arena, &scope));
	arena_release(&arena);
}

static void names_the_service_of_a_resource(void **state)
{
	struct attribute item = {str_from("service.name"), text_value("shop")};
	const struct resource resource = {.attributes = {&item, 1, 0}};

	(void)state;
	assert_str(resource_service(&resource), "shop");
	assert_int_equal(resource_service(&resource_empty).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_scalars_as_text),
		cmocka_unit_test(writes_reals_in_the_shortest_form_that_reads_back),
		cmocka_unit_test(writes_nested_values_as_json),
		cmocka_unit_test(decodes_what_it_encoded),
		cmocka_unit_test(walks_arrays_and_maps_in_order),
		cmocka_unit_test(refuses_values_that_are_malformed),
		cmocka_unit_test(takes_the_last_of_several_kinds),
		cmocka_unit_test(refuses_values_that_nest_too_deep),
		cmocka_unit_test(damaged_bytes_end_a_walk_early),
		cmocka_unit_test(tells_values_apart_by_type_and_content),
		cmocka_unit_test(finds_the_last_attribute_of_a_key),
		cmocka_unit_test(compares_attributes_resources_and_scopes),
		cmocka_unit_test(copies_share_no_bytes),
		cmocka_unit_test(copies_fail_when_the_arena_is_full),
		cmocka_unit_test(names_the_service_of_a_resource),
	};

	return test_run("model/value", tests);
}
