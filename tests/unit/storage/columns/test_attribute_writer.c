#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/attribute_columns.h"

enum { TABLE = 5 };

/* Writes what the writer holds as a block and reads every row back into rows_out. */
static void read_back(struct attribute_writer *writer, size_t count, struct arena *arena, struct buffer *body,
		      struct attribute_reader *reader, struct block *block, struct attributes *rows_out)
{
	struct block_writer block_writer;

	assert_false(attribute_writer_failed(writer));
	block_begin(&block_writer, CODEC_NONE);
	attribute_writer_encode(writer, &block_writer, TABLE);
	block_end(&block_writer, SIGNAL_TRACES, count, body);
	assert_int_equal(block_open(buffer_str(body), arena, block, NULL), STATUS_OK);
	assert_int_equal(attribute_reader_open(block, TABLE, count, reader, NULL), STATUS_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(attribute_reader_next(reader, &rows_out[i], NULL), STATUS_OK);
}

static void assert_kept(struct attribute_writer *writer, const struct attributes *rows, size_t count)
{
	struct attributes *read = calloc(count + 1, sizeof(*read));
	struct attribute_reader reader;
	struct buffer body;
	struct block block;
	struct arena arena;

	assert_non_null(read);
	arena_init(&arena, 0);
	read_back(writer, count, &arena, &body, &reader, &block, read);
	for (size_t i = 0; i < count; i++)
		assert_true(attributes_equal(&read[i], &rows[i]));
	arena_release(&arena);
	buffer_release(&body);
	free(read);
}

static struct attribute of_type(const char *key, enum value_type type, const char *bytes, uint32_t size)
{
	return (struct attribute){str_from(key), {.data = bytes, .size = size, .type = (uint8_t)type}};
}

static const struct attribute nothing = {.key = {"nothing", 7}};

static void keeps_values_of_every_type(void **state)
{
	struct attribute items[] = {
		text("s", ""),
		of_type("s", VALUE_STRING, "\0nul", 4),
		truth("b", true),
		truth("c", false),
		whole("i", INT64_MIN),
		whole("j", INT64_MAX),
		real("d", -0.0),
		real("e", 1e308),
		nothing,
		of_type("raw", VALUE_BYTES, "\xff\0\x80", 3),
		of_type("list", VALUE_ARRAY, "\x0a\x02\x18\x07", 4),
		of_type("map", VALUE_MAP, "", 0),
		text("", "a key of nothing"),
	};
	struct attributes rows[] = {{items, 13, 0}, {items + 3, 5, 0}, {NULL, 0, 0}, {items, 13, UINT32_MAX}};
	struct attribute_writer writer = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++)
		attribute_writer_push(&writer, &rows[i], SHAPE_UNKNOWN);
	assert_kept(&writer, rows, 4);
	attribute_writer_release(&writer);
}

static void keeps_order_and_keys_that_occur_twice(void **state)
{
	struct attribute ab[] = {whole("a", 1), text("b", "x")}, ba[] = {text("b", "y"), whole("a", 2)};
	struct attribute twice[] = {whole("a", 3), text("a", "z"), whole("a", 4), whole("a", 4)};
	struct attributes rows[] = {{ab, 2, 0}, {ba, 2, 0}, {twice, 4, 0}, {twice, 3, 0}, {ab, 2, 7}};
	struct attribute_writer writer = {0};
	uint32_t shapes[5];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		shapes[i] = attribute_writer_push(&writer, &rows[i], SHAPE_UNKNOWN);
	assert_int_equal(shapes[0], shapes[4]);
	assert_int_not_equal(shapes[0], shapes[1]);
	assert_int_not_equal(shapes[2], shapes[3]);
	assert_kept(&writer, rows, 5);
	attribute_writer_release(&writer);
}

/* A hint may be right, right only at the beginning, wrong altogether, or of a shape that does not exist. */
static void believes_a_hint_only_as_far_as_it_is_right(void **state)
{
	struct attribute abc[] = {whole("a", 1), text("b", "x"), truth("c", true)};
	struct attribute abd[] = {whole("a", 2), text("b", "y"), truth("d", true)};
	struct attribute other_type[] = {whole("a", 3), whole("b", 9), truth("c", false)};
	struct attribute longer[] = {whole("a", 5), text("b", "w"), truth("c", true), text("e", "v")};
	const struct attributes rows[] = {{abc, 3, 0}, {abd, 3, 0},  {other_type, 3, 0}, {longer, 4, 0},
					  {abc, 2, 0}, {NULL, 0, 0}, {abc, 3, 0}};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };

	(void)state;
	for (uint32_t hint = 0; hint <= COUNT + 1; hint++) {
		struct attribute_writer hinted = {0}, plain = {0};

		for (size_t i = 0; i < COUNT; i++)
			assert_int_equal(
				attribute_writer_push(&hinted, &rows[i], hint > COUNT ? SHAPE_UNKNOWN : hint),
				attribute_writer_push(&plain, &rows[i], SHAPE_UNKNOWN));
		assert_kept(&hinted, rows, COUNT);
		attribute_writer_release(&hinted);
		attribute_writer_release(&plain);
	}
}

static void keeps_rows_without_attributes(void **state)
{
	const struct attributes rows[3] = {{NULL, 0, 0}, {NULL, 0, 5}, {NULL, 0, 0}};
	struct attribute_writer writer = {0};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(attribute_writer_push(&writer, &rows[i], SHAPE_UNKNOWN), 0);
	assert_kept(&writer, rows, 3);
	attribute_writer_release(&writer);
}

/* Columns stay between blocks: their keys must not show in a block that has none of their values. */
static void forgets_rows_but_not_columns_when_cleared(void **state)
{
	struct attribute first[] = {whole("a", 1), text("b", "x")},
			 second[] = {text("c", "y"), whole("a", 7)};
	struct attributes rows[] = {{first, 2, 1}, {second, 2, 0}};
	struct attribute_writer writer = {0};
	struct attribute_reader reader;
	struct attributes read[1];
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	attribute_writer_push(&writer, &rows[0], SHAPE_UNKNOWN);
	assert_kept(&writer, &rows[0], 1);
	attribute_writer_clear(&writer);
	attribute_writer_push(&writer, &rows[1], 0);
	arena_init(&arena, 0);
	read_back(&writer, 1, &arena, &body, &reader, &block, read);
	assert_true(attributes_equal(&read[0], &rows[1]));
	assert_int_equal(reader.value_count, 2);
	arena_release(&arena);
	buffer_release(&body);
	attribute_writer_release(&writer);
}

/* Rows of count keys that nobody else has. */
static void push_many_keys(struct attribute_writer *writer, size_t row_count, size_t count, char (*names)[16],
			   struct attribute *items, struct attributes *rows)
{
	for (size_t i = 0; i < row_count * count; i++) {
		snprintf(names[i], sizeof(names[i]), "key %zu", i);
		items[i] = i % 2 ? whole(names[i], (int64_t)i) : nothing;
		items[i].key = str_from(names[i]);
	}
	for (size_t i = 0; i < row_count; i++) {
		rows[i] = (struct attributes){items + i * count, (uint32_t)count, 0};
		attribute_writer_push(writer, &rows[i], SHAPE_UNKNOWN);
	}
}

static void keeps_as_many_keys_as_a_reader_takes_and_no_more(void **state)
{
	enum { ROWS = 128, KEYS = BLOCK_MOST_COLUMNS / ROWS };
	char(*names)[16] = malloc((ROWS + 1) * KEYS * sizeof(*names));
	struct attribute *items = malloc((ROWS + 1) * KEYS * sizeof(*items));
	struct attributes rows[ROWS + 1];
	struct attribute_writer writer = {0};
	struct block_writer block;
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	assert_non_null(names);
	assert_non_null(items);
	push_many_keys(&writer, ROWS, KEYS, names, items, rows);
	assert_kept(&writer, rows, ROWS);
	attribute_writer_clear(&writer);
	push_many_keys(&writer, ROWS + 1, KEYS, names, items, rows);
	block_begin(&block, CODEC_NONE);
	attribute_writer_encode(&writer, &block, TABLE);
	assert_int_equal(block_writer_seal(&block, SIGNAL_TRACES, ROWS + 1, &body, NULL), STATUS_TOO_LARGE);
	attribute_writer_clear(&writer);
	assert_int_equal(writer.column_count, 0);
	block_writer_release(&block);
	buffer_release(&body);
	attribute_writer_release(&writer);
	free(names);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_values_of_every_type),
		cmocka_unit_test(keeps_order_and_keys_that_occur_twice),
		cmocka_unit_test(believes_a_hint_only_as_far_as_it_is_right),
		cmocka_unit_test(keeps_rows_without_attributes),
		cmocka_unit_test(forgets_rows_but_not_columns_when_cleared),
		cmocka_unit_test(keeps_as_many_keys_as_a_reader_takes_and_no_more),
	};

	return test_run("storage/columns/attribute_writer", tests);
}
