#include "base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

static void compares_bytes(void **state)
{
	(void)state;
	assert_true(str_equal(str_from("a"), str_from("a")));
	assert_true(str_equal(str_make(NULL, 0), str_from("")));
	assert_false(str_equal(str_from("a"), str_from("ab")));
	assert_true(str_equal(str_make("a\0b", 3), str_make("a\0b", 3)));
	assert_false(str_equal(str_make("a\0b", 3), str_make("a\0c", 3)));
	assert_true(str_compare(str_from("a"), str_from("b")) < 0);
	assert_true(str_compare(str_from("a"), str_from("ab")) < 0);
	assert_true(str_compare(str_from("\xff"), str_from("a")) > 0);
	assert_int_equal(str_compare(str_make(NULL, 0), str_from("")), 0);
	assert_true(str_from(NULL).size == 0);
}

static void looks_at_beginnings_and_ends(void **state)
{
	(void)state;
	assert_true(str_starts_with(str_from("websocket.send"), "websocket."));
	assert_true(str_starts_with(str_from("x"), ""));
	assert_false(str_starts_with(str_from("web"), "websocket"));
	assert_true(str_ends_with(str_from("main.c"), ".c"));
	assert_false(str_ends_with(str_from("c"), ".c"));
	assert_true(str_ends_with(str_from(""), ""));
}

static void folds_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(str_equal_nocase(str_from("HTTP"), str_from("http")));
	assert_false(str_equal_nocase(str_from("@"), str_from("`")));
	assert_false(str_equal_nocase(str_from("Ö"), str_from("ö")));
	assert_true(str_contains_nocase(str_from("Payment TIMED out"), str_from("timed OUT")));
	assert_true(str_contains_nocase(str_from("aab"), str_from("AB")));
	assert_true(str_contains_nocase(str_from(""), str_from("")));
	assert_false(str_contains_nocase(str_from("ab"), str_from("abc")));
}

static void trims_white_space_at_both_ends(void **state)
{
	(void)state;
	assert_str(str_trim(str_from(" \t\r\n a b \v\f")), "a b");
	assert_str(str_trim(str_from("   ")), "");
	assert_str(str_trim(str_from("")), "");
}

static void splits_at_the_first_separator(void **state)
{
	struct str head, rest;

	(void)state;
	assert_true(str_split(str_from("key=a=b"), '=', &head, &rest));
	assert_str(head, "key");
	assert_str(rest, "a=b");
	assert_true(str_split(str_from("="), '=', &head, &rest));
	assert_str(head, "");
	assert_str(rest, "");
	assert_false(str_split(str_from("key"), '=', &head, &rest));
	assert_str(head, "key");
	assert_str(rest, "");
	assert_false(str_split(str_make(NULL, 0), '=', &head, &rest));
	assert_int_equal(head.size, 0);
}

static void parses_whole_numbers_to_the_last(void **state)
{
	static const char *const wrong_u64[] = {
		"", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616", "1.0", "99999999999999999999999"};
	static const char *const wrong_i64[] = {
		"", "-", "--1", "9223372036854775808", "-9223372036854775809", "1a"};
	uint64_t u = 7;
	int64_t i = 7;

	(void)state;
	for (size_t k = 0; k < sizeof(wrong_u64) / sizeof(wrong_u64[0]); k++)
		assert_false(str_parse_u64(str_from(wrong_u64[k]), &u));
	for (size_t k = 0; k < sizeof(wrong_i64) / sizeof(wrong_i64[0]); k++)
		assert_false(str_parse_i64(str_from(wrong_i64[k]), &i));
	assert_true(u == 7 && i == 7);
	assert_true(str_parse_u64(str_from("18446744073709551615"), &u));
	assert_true(u == UINT64_MAX);
	assert_true(str_parse_u64(str_from("007"), &u));
	assert_true(u == 7);
	assert_true(str_parse_i64(str_from("-9223372036854775808"), &i));
	assert_true(i == INT64_MIN);
	assert_true(str_parse_i64(str_from("9223372036854775807"), &i));
	assert_true(i == INT64_MAX);
}

static void parses_reals_as_a_whole(void **state)
{
	static const char *const wrong[] = {"", " 1", "1 ", "1,5", "one", "1.5s"};
	double real = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(str_parse_double(str_from(wrong[i]), &real));
	assert_false(str_parse_double(str_make("1\0", 2), &real));
	assert_true(real == 7);
	assert_true(str_parse_double(str_from("-1.5e3"), &real));
	assert_true(real == -1500);
	assert_true(str_parse_double(str_make("2.5rest", 3), &real));
	assert_true(real == 2.5);
	assert_true(str_parse_double(str_from("inf"), &real));
	assert_true(isinf(real));
	assert_true(str_parse_double(str_from("nan"), &real));
	assert_true(isnan(real));
}

/* Table 3-7 of Unicode: the first and the last of every row, and what lies just outside. */
static void parses_sizes_with_their_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {{"0", 0},
		    {"1048576", 1048576},
		    {"1B", 1},
		    {"2kB", 2000},
		    {"512 MiB", 536870912},
		    {"20gb", 20000000000},
		    {"1.5TiB", 1649267441664}};
	static const char *const wrong[] = {"", "MB", "-1", "1XB", "1 M B", "1e3", "9999999TB", "1.2.3"};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(str_parse_size(str_from(rows[i].text), &bytes));
		assert_true(bytes == rows[i].bytes);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (str_parse_size(str_from(wrong[i]), &bytes))
			fail_msg("\"%s\" was taken", wrong[i]);
}

static void knows_utf8_by_its_table(void **state)
{
	static const struct {
		const char *bytes;
		bool is_utf8;
	} rows[] = {
		{"", true},
		{"plain", true},
		{"\x7f", true},
		{"\x80", false},
		{"\xbf", false},
		{"\xc0\x80", false},
		{"\xc1\xbf", false},
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xc2", false},
		{"\xc2\x7f", false},
		{"\xc2\xc0", false},
		{"\xe0\x9f\x80", false},
		{"\xe0\xa0\x80", true},
		{"\xe0\xbf\xbf", true},
		{"\xe1\x80\x80", true},
		{"\xec\xbf\xbf", true},
		{"\xed\x80\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xed\xa0\x80", false},
		{"\xed\xbf\xbf", false},
		{"\xee\x80\x80", true},
		{"\xef\xbf\xbf", true},
		{"\xe1\x80", false},
		{"\xe1\x80\x7f", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xf0\x90\x80\x80", true},
		{"\xf0\xbf\xbf\xbf", true},
		{"\xf1\x80\x80\x80", true},
		{"\xf3\xbf\xbf\xbf", true},
		{"\xf4\x80\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
		{"\xf1\x80\x80", false},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].bytes);

		/* At every offset: whole words of ASCII in front and behind must make no difference. */
		for (size_t before = 0; before < 20; before++) {
			memset(text, 'a', sizeof(text));
			memcpy(text + before, rows[i].bytes, size);
			assert_int_equal(str_is_utf8(str_make(text, before + size + 9)), rows[i].is_utf8);
			assert_int_equal(str_is_utf8(str_make(text, before + size)), rows[i].is_utf8);
		}
	}
	assert_true(str_is_utf8(str_make("a\0b", 3)));
}

static void reads_and_writes_hexadecimal(void **state)
{
	uint8_t bytes[3] = {9, 9, 9};
	char text[6];

	(void)state;
	hex_encode((const uint8_t *)"\x00\xaf\xff", 3, text);
	assert_memory_equal(text, "00afff", 6);
	assert_false(hex_decode(str_from("00af"), bytes, 3));
	assert_false(hex_decode(str_from("00afff00"), bytes, 3));
	assert_false(hex_decode(str_from("00afgf"), bytes, 3));
	assert_int_equal(bytes[0], 9);
	assert_true(hex_decode(str_from("00AfFf"), bytes, 3));
	assert_memory_equal(bytes, "\x00\xaf\xff", 3);
	assert_true(hex_decode(str_from(""), bytes, 0));
}

static void writes_base64_with_padding(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
		    {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = strlen(rows[i].bytes), back_size = 0;
		uint8_t back[16];
		char text[16];

		assert_int_equal(base64_encoded_size(size), strlen(rows[i].text));
		base64_encode((const uint8_t *)rows[i].bytes, size, text);
		assert_memory_equal(text, rows[i].text, strlen(rows[i].text));
		assert_true(base64_decode(str_from(rows[i].text), back, &back_size));
		assert_int_equal(back_size, size);
		assert_memory_equal(back, rows[i].bytes, size);
	}
}

static void reads_base64_of_both_alphabets(void **state)
{
	uint8_t bytes[16];
	size_t size = 99;

	(void)state;
	assert_true(base64_decode(str_from("+/+/"), bytes, &size));
	assert_memory_equal(bytes, "\xfb\xff\xbf", 3);
	assert_true(base64_decode(str_from("-_-_"), bytes, &size));
	assert_memory_equal(bytes, "\xfb\xff\xbf", 3);
	assert_true(base64_decode(str_from("Zm8"), bytes, &size));
	assert_int_equal(size, 2);
	size = 99;
	assert_false(base64_decode(str_from("Z"), bytes, &size));
	assert_false(base64_decode(str_from("Zm9v!m8="), bytes, &size));
	assert_false(base64_decode(str_from("Zm=8"), bytes, &size));
	assert_false(base64_decode(str_from("Zm 8"), bytes, &size));
	assert_int_equal(size, 99);
}

static void measures_how_far_words_are_apart(void **state)
{
	(void)state;
	assert_int_equal(str_distance(str_from("port"), str_from("port")), 0);
	assert_int_equal(str_distance(str_from("prot"), str_from("port")), 2);
	assert_int_equal(str_distance(str_from("Port"), str_from("port")), 0);
	assert_int_equal(str_distance(str_from("ports"), str_from("port")), 1);
	assert_int_equal(str_distance(str_from(""), str_from("port")), 4);
	assert_int_equal(str_distance(str_from("kitten"), str_from("sitting")), 3);
	char longer[200];
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(str_distance(str_make(longer, 200), str_from("")), 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_bytes),
		cmocka_unit_test(looks_at_beginnings_and_ends),
		cmocka_unit_test(folds_ascii_letters_only),
		cmocka_unit_test(trims_white_space_at_both_ends),
		cmocka_unit_test(splits_at_the_first_separator),
		cmocka_unit_test(parses_whole_numbers_to_the_last),
		cmocka_unit_test(parses_reals_as_a_whole),
		cmocka_unit_test(parses_sizes_with_their_units),
		cmocka_unit_test(knows_utf8_by_its_table),
		cmocka_unit_test(reads_and_writes_hexadecimal),
		cmocka_unit_test(writes_base64_with_padding),
		cmocka_unit_test(reads_base64_of_both_alphabets),
		cmocka_unit_test(measures_how_far_words_are_apart),
	};

	return test_run("base/str", tests);
}
