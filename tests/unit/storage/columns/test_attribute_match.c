#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "model/filter.h"
#include "storage/columns/attribute_columns.h"

enum { TABLE = 5, MANY = 400 };

/* What filter.h says of one row: the last attribute of the key decides. */
static enum attribute_match expected_match(const struct attributes *row, struct str key, struct str wanted)
{
	struct tag_filter tag = {key, wanted};
	struct span_filter filter = SPAN_FILTER_ANY;
	struct span span = {.attributes = *row, .resource = &resource_empty, .scope = &scope_empty};
	bool is_there = false;

	for (uint32_t i = 0; i < row->count; i++)
		is_there |= str_equal(row->items[i].key, key);
	filter.tags = &tag;
	filter.tag_count = 1;
	if (!is_there)
		return ATTRIBUTE_ABSENT;
	return span_filter_match(&filter, &span) ? ATTRIBUTE_EQUAL : ATTRIBUTE_DIFFERENT;
}

/* Asks for every key with every text, and with one more that nothing has. */
static void assert_matches(const struct attributes *rows, size_t count, const struct str *keys,
			   size_t key_count, const struct str *texts, size_t text_count)
{
	struct attribute_writer writer = {0};
	enum attribute_match matches[MANY];
	struct attribute_reader reader;
	struct block_writer block_writer;
	struct buffer body;
	struct block block;
	struct arena arena;

	for (size_t i = 0; i < count; i++)
		attribute_writer_push(&writer, &rows[i], SHAPE_UNKNOWN);
	block_begin(&block_writer, CODEC_ZSTD);
	attribute_writer_encode(&writer, &block_writer, TABLE);
	block_end(&block_writer, SIGNAL_TRACES, count, &body);
	attribute_writer_release(&writer);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(attribute_reader_open(&block, TABLE, count, &reader, NULL), STATUS_OK);
	for (size_t k = 0; k < key_count; k++)
		for (size_t t = 0; t < text_count; t++) {
			assert_int_equal(
				attribute_reader_match(&reader, keys[k], texts[t], 0, count, matches, NULL),
				STATUS_OK);
			for (size_t i = 0; i < count; i++)
				if (matches[i] != expected_match(&rows[i], keys[k], texts[t]))
					fail_msg("row %zu: %.*s = %.*s is %d", i, STR_ARG(keys[k]),
						 STR_ARG(texts[t]), matches[i]);
		}
	arena_release(&arena);
	buffer_release(&body);
}

#define STR(text) {text, sizeof(text) - 1}

static const struct str texts[] = {STR(""),
				   STR("0"),
				   STR("-0"),
				   STR("7"),
				   STR("07"),
				   STR("+7"),
				   STR(" 7"),
				   STR("-7"),
				   STR("-07"),
				   STR("true"),
				   STR("1"),
				   STR("false"),
				   STR("True"),
				   STR("7.5"),
				   STR("NaN"),
				   STR("Infinity"),
				   STR("AP8="),
				   STR("[7]"),
				   STR("{}"),
				   STR("alpha"),
				   STR("9223372036854775807"),
				   STR("-9223372036854775808"),
				   STR("9223372036854775808"),
				   STR("1e+300"),
				   STR("nowhere")};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static void compares_every_type_as_text(void **state)
{
	static const struct str keys[] = {STR("k"), STR(""), STR("absent")};
	struct attribute items[] = {
		text("k", ""),
		text("k", "7"),
		text("k", "07"),
		text("k", "alpha"),
		truth("k", true),
		truth("k", false),
		whole("k", 0),
		whole("k", 7),
		whole("k", -7),
		whole("k", 1),
		whole("k", INT64_MAX),
		whole("k", INT64_MIN),
		real("k", 7),
		real("k", 7.5),
		real("k", -0.0),
		real("k", NAN),
		real("k", INFINITY),
		real("k", 1e300),
		{STR("k"), {.type = VALUE_EMPTY}},
		{STR("k"), {.data = "\0\xff", .size = 2, .type = VALUE_BYTES}},
		{STR("k"), {.data = "\x0a\x02\x18\x07", .size = 4, .type = VALUE_ARRAY}},
		{STR("k"), {.data = "", .size = 0, .type = VALUE_MAP}},
		text("", "7"),
	};
	struct attributes rows[sizeof(items) / sizeof(items[0]) + 1];
	size_t count = sizeof(items) / sizeof(items[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct attributes){&items[i], 1, 0};
	rows[count] = (struct attributes){NULL, 0, 0};
	assert_matches(rows, count + 1, keys, 3, texts, TEXTS);
}

static void lets_the_last_of_equal_keys_decide(void **state)
{
	static const struct str keys[] = {STR("k"), STR("l")};
	struct attribute items[] = {text("k", "7"), whole("k", 0),    text("l", "alpha"), text("k", "alpha"),
				    whole("k", 7),  truth("k", true), text("l", "7"),     real("k", 7.5)};
	struct attributes rows[36];
	size_t count = 0;

	(void)state;
	for (uint32_t first = 0; first < 8; first++)
		for (uint32_t end = first + 1; end <= 8; end++)
			rows[count++] = (struct attributes){items + first, end - first, 0};
	assert_matches(rows, count, keys, 2, texts, TEXTS);
}

/* So many strings that the column is no dictionary. */
static void compares_strings_that_have_no_dictionary(void **state)
{
	static const struct str keys[] = {STR("k")};
	struct attribute items[MANY];
	struct attributes rows[MANY];
	char names[MANY][8];
	struct str wanted[3];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		items[i] = text("k", names[i]);
		rows[i] = (struct attributes){&items[i], i % 5 != 0, 0};
	}
	wanted[0] = str_from("399");
	wanted[1] = str_from("5");
	wanted[2] = str_from("400");
	assert_matches(rows, MANY, keys, 1, wanted, 3);
}

static void agrees_with_the_filter_on_random_rows(void **state)
{
	static const struct str keys[] = {STR("user.id"), STR("http.route"), STR("retry"), STR(""),
					  STR("nested")};
	static const struct str words[] = {STR(""),         STR("alpha"), STR("a b\tc"), STR("0"),
					   STR("-1"),       STR("true"),  STR("NaN"),    STR("0.1"),
					   STR("AAH/IA=="), STR("[]"),    STR("{}"),     STR("[null]")};
	struct random random = {test_seed()};
	struct attributes rows[MANY];
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_random_spans(&batch, &random, MANY);
	for (size_t i = 0; i < MANY; i++)
		rows[i] = batch.spans[i].attributes;
	assert_matches(rows, MANY, keys, 5, words, sizeof(words) / sizeof(words[0]));
	batch_release(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_every_type_as_text),
		cmocka_unit_test(lets_the_last_of_equal_keys_decide),
		cmocka_unit_test(compares_strings_that_have_no_dictionary),
		cmocka_unit_test(agrees_with_the_filter_on_random_rows),
	};

	return test_run("storage/columns/attribute_match", tests);
}
