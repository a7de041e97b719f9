#include "unit/test.h"

#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/attribute_columns.h"

enum { TABLE = 5, ROWS = 60 };

/* A block of the attributes of random spans. */
struct fixture {
	struct batch batch;
	struct buffer body;
	struct block block;
	struct arena arena;
	struct attribute_reader reader;
};

static void open_fixture(struct fixture *fixture)
{
	struct random random = {21};
	struct attribute_writer writer = {0};
	struct block_writer block;

	batch_init(&fixture->batch, 0);
	add_random_spans(&fixture->batch, &random, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		attribute_writer_push(&writer, &fixture->batch.spans[i].attributes, SHAPE_UNKNOWN);
	block_begin(&block, CODEC_ZSTD);
	attribute_writer_encode(&writer, &block, TABLE);
	block_end(&block, SIGNAL_TRACES, ROWS, &fixture->body);
	attribute_writer_release(&writer);
	arena_init(&fixture->arena, 0);
	assert_int_equal(block_open(buffer_str(&fixture->body), &fixture->arena, &fixture->block, NULL),
			 STATUS_OK);
	assert_int_equal(attribute_reader_open(&fixture->block, TABLE, ROWS, &fixture->reader, NULL),
			 STATUS_OK);
}

static void close_fixture(struct fixture *fixture)
{
	arena_release(&fixture->arena);
	buffer_release(&fixture->body);
	batch_release(&fixture->batch);
}

static void reads_on_from_any_row(void **state)
{
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture);
	for (size_t first = ROWS; first-- > 0;) {
		assert_int_equal(attribute_reader_seek(&fixture.reader, first, NULL), STATUS_OK);
		for (size_t row = first; row < ROWS; row++) {
			struct attributes read;

			assert_int_equal(attribute_reader_next(&fixture.reader, &read, NULL), STATUS_OK);
			assert_true(attributes_equal(&read, &fixture.batch.spans[row].attributes));
		}
	}
	close_fixture(&fixture);
}

/* Forward from where it stands, back, and past rows that nobody wants: the next row is always the right one. */
static void finds_its_row_however_it_gets_there(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture;
	size_t row = 0;

	(void)state;
	open_fixture(&fixture);
	for (size_t round = 0; round < 2000; round++) {
		struct attributes read;

		if (row < ROWS && random_chance(&random, 50)) {
			assert_int_equal(attribute_reader_skip(&fixture.reader, NULL), STATUS_OK);
			row++;
		} else if (random_chance(&random, 50)) {
			row = random_below(&random, ROWS);
			assert_int_equal(attribute_reader_seek(&fixture.reader, row, NULL), STATUS_OK);
		}
		if (row == ROWS) {
			assert_int_equal(attribute_reader_skip(&fixture.reader, NULL), STATUS_CORRUPT);
			continue;
		}
		assert_int_equal(attribute_reader_next(&fixture.reader, &read, NULL), STATUS_OK);
		assert_true(attributes_equal(&read, &fixture.batch.spans[row++].attributes));
	}
	close_fixture(&fixture);
}

static void refuses_to_read_past_the_last_row(void **state)
{
	struct fixture fixture;
	struct attributes read;

	(void)state;
	open_fixture(&fixture);
	assert_int_equal(attribute_reader_seek(&fixture.reader, ROWS, NULL), STATUS_OK);
	assert_int_equal(attribute_reader_next(&fixture.reader, &read, NULL), STATUS_CORRUPT);
	assert_int_equal(attribute_reader_seek(&fixture.reader, ROWS + 1, NULL), STATUS_CORRUPT);
	close_fixture(&fixture);
}

static void reads_a_table_without_attributes_as_rows_without(void **state)
{
	struct block_writer writer;
	struct attribute_reader reader;
	struct attributes read;
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	block_begin(&writer, CODEC_NONE);
	block_end(&writer, SIGNAL_TRACES, 2, &body);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(attribute_reader_open(&block, TABLE, 2, &reader, NULL), STATUS_OK);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(attribute_reader_next(&reader, &read, NULL), STATUS_OK);
		assert_int_equal(read.count, 0);
		assert_int_equal(read.dropped_count, 0);
	}
	arena_release(&arena);
	buffer_release(&body);
}

/* Three rows of a table that is written column by column; reads them all. */
static enum status read_table(struct str keys, struct str shapes, struct str rows, struct str values)
{
	const struct str columns[] = {keys, shapes, rows, str_make("\1\0", 2), values};
	struct block_writer writer;
	struct attribute_reader reader;
	struct attributes read;
	struct buffer body;
	struct block block;
	struct arena arena;
	enum status status;

	block_begin(&writer, CODEC_NONE);
	for (size_t i = 0; i < 5; i++)
		buffer_append_str(block_writer_column(&writer, TABLE, (uint8_t)(ATTRIBUTES_KEYS + i), 0),
				  columns[i]);
	block_end(&writer, SIGNAL_TRACES, 3, &body);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	status = attribute_reader_open(&block, TABLE, 3, &reader, NULL);
	for (size_t i = 0; i < 3 && status == STATUS_OK; i++)
		status = attribute_reader_next(&reader, &read, NULL);
	arena_release(&arena);
	buffer_release(&body);
	return status;
}
#define BYTES(text) str_make(text, sizeof(text) - 1)

static void refuses_keys_shapes_and_values_that_do_not_fit(void **state)
{
	/* one key "k" of three ints; one shape that has it; every row has that shape; each value is 0 */
	const struct str keys = BYTES("\1\3\3\1k"), shapes = BYTES("\1\1\0"), rows = BYTES("\1\0"),
			 values = BYTES("\1\0");

	(void)state;
	assert_int_equal(read_table(keys, shapes, rows, values), STATUS_OK);
	assert_int_equal(read_table(BYTES("\1\x08\3\1k"), shapes, rows, values), STATUS_CORRUPT); /* type */
	assert_int_equal(read_table(BYTES("\1\3\2\1k"), shapes, rows, values),
			 STATUS_CORRUPT); /* two values */
	assert_int_equal(read_table(BYTES("\1\3\3\2k"), shapes, rows, values),
			 STATUS_CORRUPT); /* key's size */
	assert_int_equal(read_table(BYTES("\2\3\3\1k"), shapes, rows, values), STATUS_CORRUPT); /* two keys */
	assert_int_equal(read_table(keys, BYTES("\1\1\1"), rows, values), STATUS_CORRUPT);   /* no such key */
	assert_int_equal(read_table(keys, BYTES("\1\2\0"), rows, values), STATUS_CORRUPT);   /* cut */
	assert_int_equal(read_table(keys, BYTES("\2\1\0"), rows, values), STATUS_CORRUPT);   /* two shapes */
	assert_int_equal(read_table(keys, BYTES("\1\2\0\0"), rows, values), STATUS_CORRUPT); /* four values */
	assert_int_equal(read_table(keys, shapes, BYTES("\1\1"), values), STATUS_CORRUPT); /* no such shape */
	assert_int_equal(read_table(keys, shapes, rows, BYTES("")), STATUS_CORRUPT);       /* no values */
	assert_int_equal(read_table(keys, shapes, rows, BYTES("\2\1\0\0")), STATUS_CORRUPT); /* cut */
}

static void says_when_memory_runs_out(void **state)
{
	struct fixture fixture;
	struct arena small;
	struct block block;
	struct attribute_reader reader;

	(void)state;
	open_fixture(&fixture);
	arena_init(&small, 16 << 10);
	assert_int_equal(block_open(buffer_str(&fixture.body), &small, &block, NULL), STATUS_OK);
	arena_alloc(&small, (size_t)(small.end - small.at));
	assert_int_equal(attribute_reader_open(&block, TABLE, ROWS, &reader, NULL), STATUS_NO_MEMORY);
	arena_release(&small);
	close_fixture(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_on_from_any_row),
		cmocka_unit_test(finds_its_row_however_it_gets_there),
		cmocka_unit_test(refuses_to_read_past_the_last_row),
		cmocka_unit_test(reads_a_table_without_attributes_as_rows_without),
		cmocka_unit_test(refuses_keys_shapes_and_values_that_do_not_fit),
		cmocka_unit_test(says_when_memory_runs_out),
	};

	return test_run("storage/columns/attribute_reader", tests);
}
