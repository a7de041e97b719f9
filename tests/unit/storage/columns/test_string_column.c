#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/string_column.h"

enum { DICTIONARY = 1, PLAIN = 2, ADDRESSES_DICTIONARY = 3, ADDRESSES_PLAIN = 4 };

/* Encodes what the builder holds, reads it back and compares; returns the coding that was chosen. */
static uint8_t assert_kept(const struct strings_builder *builder, const struct str *strings, size_t count)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct strings column;
	struct arena arena;
	struct str rest;
	uint8_t coding;

	assert_int_equal(strings_builder_count(builder), count);
	assert_false(strings_builder_failed(builder));
	arena_init(&arena, 0);
	strings_encode(builder, &bytes);
	rest = buffer_str(&bytes);
	assert_int_equal(strings_open(&rest, count, &arena, &column, NULL), STATUS_OK);
	assert_int_equal(rest.size, 0);
	for (size_t i = 0; i < count; i++)
		assert_true(str_equal(strings_get(&column, i), strings[i]));
	coding = (uint8_t)bytes.data[0];
	arena_release(&arena);
	buffer_release(&bytes);
	return coding;
}

static uint8_t keep(const struct str *strings, size_t count)
{
	struct strings_builder builder = {0};
	uint8_t coding;

	for (size_t i = 0; i < count; i++)
		strings_push(&builder, strings[i]);
	coding = assert_kept(&builder, strings, count);
	strings_release(&builder);
	return coding;
}

/* Strings that tell apart what a careless comparison would not: by their size, their NULs, their last byte.
 */
static const struct str alike[] = {
	{"", 0},
	{"\0", 1},
	{"\0\0", 2},
	{"a", 1},
	{"a\0", 2},
	{"a\0b", 3},
	{"abcdefgh", 8},
	{"abcdefgi", 8},
	{"abcdefghi", 9},
	{"abcdefghj", 9},
	{"bbcdefghi", 9},
	{"abcdefghabcdefgh", 16},
	{"abcdefghabcdefgi", 16},
	{"abcdefg", 7},
	{"abcdefh", 7},
};
enum { ALIKE = sizeof(alike) / sizeof(alike[0]) };

static void tells_strings_apart_that_nearly_agree(void **state)
{
	struct str strings[ALIKE * 3];

	(void)state;
	for (size_t i = 0; i < ALIKE * 3; i++)
		strings[i] = alike[i % ALIKE];
	assert_int_equal(keep(strings, ALIKE * 3), DICTIONARY);
}

static void gives_codes_in_order_of_arrival(void **state)
{
	struct dictionary dictionary = {0};

	(void)state;
	for (size_t round = 0; round < 3; round++)
		for (uint32_t i = 0; i < ALIKE; i++)
			assert_int_equal(dictionary_code(&dictionary, alike[i]), i);
	assert_int_equal(dictionary.entries.count, ALIKE);
	dictionary_clear(&dictionary);
	assert_int_equal(dictionary_code(&dictionary, alike[3]), 0);
	dictionary_release(&dictionary);
}

/* So many entries that hashes of 32 bits share slots, and some of them all their bits. */
static void tells_very_many_strings_apart(void **state)
{
	enum { COUNT = 200000 };
	struct dictionary dictionary = {0};
	uint64_t *texts = malloc(COUNT * sizeof(*texts));

	(void)state;
	assert_non_null(texts);
	for (size_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < COUNT; i++) {
			texts[i] = i * UINT64_C(0x9e3779b97f4a7c15);
			assert_int_equal(dictionary_code(&dictionary, str_make(&texts[i], 8)), i);
		}
	assert_int_equal(dictionary.entries.count, COUNT);
	dictionary_clear(&dictionary);
	assert_int_equal(dictionary.slot_count, 0);
	dictionary_release(&dictionary);
	free(texts);
}

/* count strings of which distinct are different, in turn. */
static uint8_t keep_some(size_t count, size_t distinct)
{
	char(*texts)[8] = malloc(distinct * sizeof(*texts));
	struct str *strings = malloc(count * sizeof(*strings));
	uint8_t coding;

	assert_non_null(texts);
	assert_non_null(strings);
	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i % distinct], sizeof(*texts), "%zu", i % distinct);
		strings[i] = str_from(texts[i % distinct]);
	}
	coding = keep(strings, count);
	free(texts);
	free(strings);
	return coding;
}

static void gives_a_dictionary_up_that_does_not_pay(void **state)
{
	(void)state;
	assert_int_equal(keep_some(127, 127), DICTIONARY);
	assert_int_equal(keep_some(128, 128), PLAIN);
	assert_int_equal(keep_some(128, 96), DICTIONARY);
	assert_int_equal(keep_some(128, 97), PLAIN);
	assert_int_equal(keep_some(5000, 5000), PLAIN);
	assert_int_equal(keep_some(5000, 90), DICTIONARY);
	assert_int_equal(keep_some(5000, 300), PLAIN);
}

/* A string among them that is no address, and they are strings again. */
static void keeps_addresses_as_numbers(void **state)
{
	enum { MANY = 3000 };
	static struct str strings[MANY];
	static char texts[MANY][24];
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		strings[i] = str_make(texts[i], (size_t)snprintf(texts[i], sizeof(texts[i]), "%u.%u.%u.%u",
								 (unsigned)random_below(&random, 256),
								 (unsigned)random_below(&random, 256),
								 (unsigned)random_below(&random, 256),
								 (unsigned)random_below(&random, 256)));
	assert_int_equal(keep(strings, MANY), ADDRESSES_PLAIN);
	for (size_t i = 50; i < MANY; i++)
		strings[i] = strings[i % 50];
	assert_int_equal(keep(strings, MANY), ADDRESSES_DICTIONARY);
	strings[MANY - 1] = str_from("10.0.0.01");
	assert_int_equal(keep(strings, MANY), DICTIONARY);
}

/* One page of addresses: the coding, the size of the texts, the numbers' head and pages. */
static void refuses_addresses_that_do_not_add_up(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		enum status status;
	} cases[] = {
		{"\4\x07\1\0", 4, STATUS_OK},              /* 0.0.0.0 */
		{"\4\x08\1\0", 4, STATUS_CORRUPT},         /* too long by one */
		{"\4\x06\1\0", 4, STATUS_CORRUPT},         /* too short */
		{"\4\xff\x7f\1\0", 5, STATUS_CORRUPT},     /* longer than addresses are */
		{"\4\x07\2\4\0\1\0\0", 8, STATUS_CORRUPT}, /* a plane is missing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str bytes = str_make(cases[i].bytes, cases[i].size);
		struct strings column;
		struct arena arena;

		arena_init(&arena, 0);
		if (strings_open(&bytes, 1, &arena, &column, NULL) != cases[i].status)
			fail_msg("case %zu", i);
		arena_release(&arena);
	}
}

static void forgets_its_strings_when_cleared(void **state)
{
	struct strings_builder builder = {0};
	char texts[200][4];
	struct str strings[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%zu", i);
		strings[i] = str_from(texts[i]);
		strings_push(&builder, strings[i]);
	}
	assert_int_equal(assert_kept(&builder, strings, 200), PLAIN);
	strings_clear(&builder);
	assert_int_equal(strings_builder_count(&builder), 0);
	for (size_t i = 0; i < 3; i++)
		strings_push(&builder, strings[7]);
	strings[0] = strings[1] = strings[2] = strings[7];
	assert_int_equal(assert_kept(&builder, strings, 3), DICTIONARY);
	strings_release(&builder);
}

static void keeps_strings_that_are_large(void **state)
{
	enum { LARGE = 100000 };
	char *bytes = malloc(LARGE);
	struct str strings[3];

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)(i * 7);
	strings[0] = strings[2] = str_make(bytes, LARGE);
	strings[1] = str_make(bytes, LARGE - 1);
	keep(strings, 3);
	free(bytes);
}

static void keeps_a_column_of_nothing(void **state)
{
	(void)state;
	keep(NULL, 0);
}

static enum status open_bytes(struct str bytes, size_t count, size_t limit_bytes)
{
	struct strings column;
	struct arena arena;
	enum status status;

	arena_init(&arena, limit_bytes);
	status = strings_open(&bytes, count, &arena, &column, NULL);
	arena_release(&arena);
	return status;
}

/* Strings of several pages, plain and in a dictionary: each can be had alone, whatever was asked before. */
static void gives_any_string_of_a_column_of_many_pages(void **state)
{
	enum { COUNT = 5 * NUMBERS_PAGE + 77 };
	static char texts[COUNT][16];
	struct random random = {test_seed()};

	(void)state;
	for (size_t distinct = COUNT / 2; distinct <= COUNT; distinct += COUNT / 2) {
		struct strings_builder builder = {0};
		struct block_writer writer;
		struct buffer body;

		for (size_t i = 0; i < COUNT; i++) {
			snprintf(texts[i], sizeof(texts[i]), "%zu", i % distinct * 7919);
			strings_push(&builder, str_from(texts[i]));
		}
		block_begin(&writer, CODEC_ZSTD);
		block_writer_head(&writer, strings_encode(&builder, block_writer_column(&writer, 9, 64, 0)));
		block_end(&writer, SIGNAL_TRACES, 1, &body);
		for (size_t round = 0; round < 40; round++) {
			struct column bytes;
			struct strings column;
			struct block block;
			struct arena arena;

			arena_init(&arena, 0);
			assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
			assert_int_equal(block_column_open(&block, 9, 64, 0, &bytes, NULL), STATUS_OK);
			assert_int_equal(strings_open_column(&bytes, COUNT, &arena, &column, NULL),
					 STATUS_OK);
			for (size_t asked = 0; asked < 3; asked++) {
				size_t first = random_below(&random, COUNT);
				size_t count = 1 + random_below(&random, COUNT - first);

				count = asked ? 1 : count;
				assert_int_equal(strings_need(&column, first, count, NULL), STATUS_OK);
				for (size_t i = first; i < first + count; i++)
					assert_str(strings_get(&column, i), texts[i]);
			}
			arena_release(&arena);
		}
		strings_release(&builder);
		buffer_release(&body);
	}
}

static void refuses_a_column_that_is_cut_anywhere(void **state)
{
	(void)state;
	for (size_t distinct = 5; distinct <= 130; distinct += 125) {
		struct strings_builder builder = {0};
		struct buffer bytes = BUFFER_EMPTY;
		char texts[130][8];

		for (size_t i = 0; i < 130; i++) {
			snprintf(texts[i], sizeof(texts[i]), "s%zu", i % distinct);
			strings_push(&builder, str_from(texts[i]));
		}
		strings_encode(&builder, &bytes);
		for (size_t size = 0; size < bytes.size; size++)
			assert_int_equal(open_bytes(str_make(bytes.data, size), 130, 0), STATUS_CORRUPT);
		strings_release(&builder);
		buffer_release(&bytes);
	}
}

static void refuses_sizes_that_do_not_add_up(void **state)
{
	/* Plain; the total; sizes of a byte, the least 0; the sizes; the bytes. */
	static const char less[] = {PLAIN, 4, 2, 1, 0, 1, 2, 'a', 'b', 'c', 'd'};
	static const char more[] = {PLAIN, 2, 2, 1, 0, 1, 2, 'a', 'b', 'c', 'd'};
	/* The second size takes the sum round to where it was less one. */
	static const char round[] = {PLAIN,     2, 2,         8,   0,         3,  (char)255, 0, (char)255, 0,
				     (char)255, 0, (char)255, 0,   (char)255, 0,  (char)255, 0, (char)255, 0,
				     (char)255, 0, (char)255, 'a', 'b',       'c'};

	(void)state;
	assert_int_equal(open_bytes(str_make(less, sizeof(less)), 2, 0), STATUS_CORRUPT);
	assert_int_equal(open_bytes(str_make(more, sizeof(more)), 2, 0), STATUS_CORRUPT);
	assert_int_equal(open_bytes(str_make(round, sizeof(round)), 2, 0), STATUS_CORRUPT);
}

static void refuses_a_dictionary_larger_than_its_column(void **state)
{
	static const char bytes[] = {DICTIONARY, 3, 0, 1, 0, 1, 0};

	(void)state;
	assert_int_equal(open_bytes(str_make(bytes, sizeof(bytes)), 3, 0), STATUS_OK);
	assert_int_equal(open_bytes(str_make(bytes, sizeof(bytes)), 2, 0), STATUS_CORRUPT);
}

static void refuses_a_coding_that_does_not_exist(void **state)
{
	static const char bytes[] = {5, 1, 0, 0, 1, 0};

	(void)state;
	assert_int_equal(open_bytes(str_make(bytes, sizeof(bytes)), 1, 0), STATUS_CORRUPT);
	assert_int_equal(open_bytes(str_make("", 0), 1, 0), STATUS_CORRUPT);
}

static void says_when_memory_runs_out(void **state)
{
	static const char few[] = {PLAIN, 0, 1, 0}, many[] = {PLAIN, 1, 0, 0, 1, 0};

	(void)state;
	assert_int_equal(open_bytes(str_make(many, sizeof(many)), 1 << 20, 1024), STATUS_NO_MEMORY);
	assert_int_equal(open_bytes(str_make(few, sizeof(few)), 100, 0), STATUS_OK);
}

static void reads_a_code_past_the_dictionary_as_empty(void **state)
{
	static const char bytes[] = {DICTIONARY, 1, 1, 1, 1, 2, 1, 0, 'x', 0, 7};
	struct str rest = str_make(bytes, sizeof(bytes));
	struct strings column;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(strings_open(&rest, 2, &arena, &column, NULL), STATUS_OK);
	assert_str(strings_get(&column, 0), "x");
	assert_str(strings_get(&column, 1), "");
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_strings_apart_that_nearly_agree),
		cmocka_unit_test(gives_codes_in_order_of_arrival),
		cmocka_unit_test(tells_very_many_strings_apart),
		cmocka_unit_test(gives_a_dictionary_up_that_does_not_pay),
		cmocka_unit_test(keeps_addresses_as_numbers),
		cmocka_unit_test(refuses_addresses_that_do_not_add_up),
		cmocka_unit_test(forgets_its_strings_when_cleared),
		cmocka_unit_test(keeps_strings_that_are_large),
		cmocka_unit_test(keeps_a_column_of_nothing),
		cmocka_unit_test(gives_any_string_of_a_column_of_many_pages),
		cmocka_unit_test(refuses_a_column_that_is_cut_anywhere),
		cmocka_unit_test(refuses_sizes_that_do_not_add_up),
		cmocka_unit_test(refuses_a_dictionary_larger_than_its_column),
		cmocka_unit_test(refuses_a_coding_that_does_not_exist),
		cmocka_unit_test(says_when_memory_runs_out),
		cmocka_unit_test(reads_a_code_past_the_dictionary_as_empty),
	};

	return test_run("storage/columns/string_column", tests);
}
