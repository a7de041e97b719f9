#include "server/json.h"

#include <math.h>
#include <stdlib.h>

#include "test.h"

static char *written(struct buffer *out)
{
	buffer_append_byte(out, '\0');
	assert_false(buffer_failed(out));
	return out->data;
}

static void sets_commas_between_values_and_members(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);

	(void)state;
	json_begin_object(&json);
	json_member_c(&json, "a", "x");
	json_key(&json, str_from("b"));
	json_begin_array(&json);
	json_u64(&json, 1);
	json_nothing(&json);
	json_begin_object(&json);
	json_end_object(&json);
	json_begin_array(&json);
	json_end_array(&json);
	json_bool(&json, true);
	json_end_array(&json);
	json_member_bool(&json, "c", false);
	json_member_nullable(&json, "d", str_make("", 0));
	json_end_object(&json);
	assert_string_equal(written(&out), "{\"a\":\"x\",\"b\":[1,null,{},[],true],\"c\":false,\"d\":null}");
	buffer_release(&out);
}

static void makes_any_bytes_a_string(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *expected;
	} table[] = {
		{"plain", 5, "\"plain\""},
		{"a\"b\\c\n\t\x01", 8, "\"a\\\"b\\\\c\\n\\t\\u0001\""},
		{"a\0b", 3, "\"a\\u0000b\""},
		{"gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\""},
		{"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\""},
		{"\xff", 1, "\"\xef\xbf\xbd\""},
		{"a\xc3", 2, "\"a\xef\xbf\xbd\""},
		{"\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xc3\xbc\xffz", 4, "\"\xc3\xbc\xef\xbf\xbdz\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct buffer out = BUFFER_EMPTY;
		struct json json = json_to(&out);

		json_text(&json, str_make(table[i].text, table[i].size));
		assert_string_equal(written(&out), table[i].expected);
		buffer_release(&out);
	}
}

static void writes_doubles_that_read_back_the_same(void **state)
{
	static const double reals[] = {
		0,   1, -1.5, 0.1, 0.1 + 0.2, 1e300, 5e-324, 3.141592653589793, 1e21, 123456789.123456789,
		-0.0};

	(void)state;
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		struct buffer out = BUFFER_EMPTY;
		struct json json = json_to(&out);

		json_double(&json, reals[i]);
		assert_true(strtod(written(&out), NULL) == reals[i]);
		buffer_release(&out);
	}
}

static void writes_numbers_in_their_form(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);

	(void)state;
	json_begin_array(&json);
	json_double(&json, 0.1);
	json_double(&json, 12.345);
	json_double(&json, NAN);
	json_double(&json, INFINITY);
	json_double(&json, -INFINITY);
	json_i64(&json, INT64_C(9007199254740992));
	json_i64(&json, INT64_C(9007199254740993));
	json_i64(&json, INT64_MIN);
	json_u64(&json, UINT64_MAX);
	json_milliseconds(&json, 1234567);
	json_milliseconds(&json, 12000000);
	json_milliseconds(&json, 10);
	json_end_array(&json);
	assert_string_equal(written(&out),
			    "[0.1,12.345,\"NaN\",\"Infinity\",\"-Infinity\",9007199254740992,"
			    "\"9007199254740993\",\"-9223372036854775808\",\"18446744073709551615\","
			    "1.234567,12,0.00001]");
	buffer_release(&out);
}

static void writes_ids_times_and_bytes(void **state)
{
	static const uint8_t id[] = {0, 0xab, 0xff};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);

	(void)state;
	json_begin_array(&json);
	json_hex(&json, id, sizeof(id));
	json_base64(&json, str_make(id, sizeof(id)));
	json_base64(&json, str_make("", 0));
	json_time(&json, UINT64_C(1767225600123456789));
	json_end_array(&json);
	assert_string_equal(written(&out), "[\"00abff\",\"AKv/\",\"\",\"2026-01-01T00:00:00.123456789Z\"]");
	buffer_release(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_commas_between_values_and_members),
		cmocka_unit_test(makes_any_bytes_a_string),
		cmocka_unit_test(writes_doubles_that_read_back_the_same),
		cmocka_unit_test(writes_numbers_in_their_form),
		cmocka_unit_test(writes_ids_times_and_bytes),
	};

	return test_run("server/json", tests);
}
