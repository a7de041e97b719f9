#include "unit/test.h"

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/table.h"

enum { TABLE = 40 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

struct fixture {
	struct table_writer writer;
	struct buffer body;
	struct block block;
	struct arena arena;
	struct table_reader reader;
};

static void open_table(struct fixture *fixture)
{
	struct block_writer writer;

	assert_false(table_writer_failed(&fixture->writer));
	block_begin(&writer, CODEC_ZSTD);
	table_writer_encode_random(&fixture->writer, &writer, TABLE);
	table_writer_encode(&fixture->writer, &writer, TABLE);
	block_end(&writer, SIGNAL_TRACES, 1, &fixture->body);
	arena_init(&fixture->arena, 0);
	assert_int_equal(block_open(buffer_str(&fixture->body), &fixture->arena, &fixture->block, NULL),
			 STATUS_OK);
	table_reader_init(&fixture->reader, &fixture->block, TABLE);
}

static void close_table(struct fixture *fixture)
{
	arena_release(&fixture->arena);
	buffer_release(&fixture->body);
	table_writer_release(&fixture->writer);
}

/* Columns of one table need not be of one length. */
static void keeps_every_field(void **state)
{
	struct fixture fixture = {0};
	const uint8_t *bytes;

	(void)state;
	for (uint8_t i = 0; i < NUMBERS_FIELD_COUNT; i++)
		for (uint64_t row = 0; row <= i; row++)
			table_put_number(&fixture.writer, i, i * 1000 + row);
	for (uint8_t i = 0; i < STRINGS_FIELD_COUNT; i++)
		for (size_t row = 0; row <= i; row++)
			table_put_string(&fixture.writer, (uint8_t)(FIRST_STRINGS_FIELD + i),
					 str_make(&letters[row], i));
	for (uint8_t i = 0; i < RANDOM_FIELD_COUNT; i++)
		for (size_t row = 0; row <= i; row++)
			table_put_random(&fixture.writer, (uint8_t)(FIRST_RANDOM_FIELD + i), &i, 1);
	open_table(&fixture);
	for (uint8_t i = 0; i < NUMBERS_FIELD_COUNT; i++) {
		assert_int_equal(table_open_numbers(&fixture.reader, i, (size_t)i + 1, NULL), STATUS_OK);
		for (uint64_t row = 0; row <= i; row++)
			assert_int_equal(table_number(&fixture.reader, i, row), i * 1000 + row);
	}
	for (uint8_t i = 0; i < STRINGS_FIELD_COUNT; i++) {
		uint8_t field = (uint8_t)(FIRST_STRINGS_FIELD + i);

		assert_int_equal(table_open_strings(&fixture.reader, field, (size_t)i + 1, NULL), STATUS_OK);
		for (size_t row = 0; row <= i; row++)
			assert_true(str_equal(table_string(&fixture.reader, field, row),
					      str_make(&letters[row], i)));
	}
	for (uint8_t i = 0; i < RANDOM_FIELD_COUNT; i++) {
		assert_int_equal(table_open_random(&fixture.reader, (uint8_t)(FIRST_RANDOM_FIELD + i),
						   (size_t)i + 1, 1, &bytes, NULL),
				 STATUS_OK);
		assert_int_equal(bytes[i], i);
	}
	close_table(&fixture);
}

static void reads_columns_that_were_not_written_as_nothing(void **state)
{
	struct fixture fixture = {0};

	(void)state;
	table_put_number(&fixture.writer, 1, 5);
	open_table(&fixture);
	assert_int_equal(table_open_numbers(&fixture.reader, 0, 100, NULL), STATUS_OK);
	assert_int_equal(table_open_strings(&fixture.reader, FIRST_STRINGS_FIELD, 100, NULL), STATUS_OK);
	assert_int_equal(table_number(&fixture.reader, 0, 99), 0);
	assert_str(table_string(&fixture.reader, FIRST_STRINGS_FIELD, 99), "");
	close_table(&fixture);
}

static void holds_ids_to_their_number(void **state)
{
	struct fixture fixture = {0};
	const uint8_t *bytes = NULL;
	struct error error;

	(void)state;
	table_put_random(&fixture.writer, FIRST_RANDOM_FIELD, "abcdefgh", 8);
	open_table(&fixture);
	assert_int_equal(table_open_random(&fixture.reader, FIRST_RANDOM_FIELD, 2, 8, &bytes, &error),
			 STATUS_CORRUPT);
	assert_string_equal(error.message, "a column of 2 ids holds 8 bytes");
	assert_int_equal(table_open_random(&fixture.reader, FIRST_RANDOM_FIELD, 0, 8, &bytes, NULL),
			 STATUS_CORRUPT);
	assert_int_equal(table_open_random(&fixture.reader, FIRST_RANDOM_FIELD + 1, 1, 8, &bytes, NULL),
			 STATUS_CORRUPT);
	assert_null(bytes);
	assert_int_equal(table_open_random(&fixture.reader, FIRST_RANDOM_FIELD + 1, 0, 8, &bytes, NULL),
			 STATUS_OK);
	assert_int_equal(table_open_random(&fixture.reader, FIRST_RANDOM_FIELD, 1, 8, &bytes, NULL),
			 STATUS_OK);
	assert_memory_equal(bytes, "abcdefgh", 8);
	close_table(&fixture);
}

static void is_empty_again_when_cleared(void **state)
{
	struct fixture fixture = {0};
	struct attribute item = whole("a", 1);

	(void)state;
	table_put_number(&fixture.writer, 0, 5);
	table_put_string(&fixture.writer, FIRST_STRINGS_FIELD, str_from("x"));
	table_put_random(&fixture.writer, FIRST_RANDOM_FIELD, "x", 1);
	attribute_writer_push(&fixture.writer.attributes, &(struct attributes){&item, 1, 0}, SHAPE_UNKNOWN);
	table_writer_clear(&fixture.writer);
	open_table(&fixture);
	assert_int_equal(fixture.block.column_count, 0);
	close_table(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_every_field),
		cmocka_unit_test(reads_columns_that_were_not_written_as_nothing),
		cmocka_unit_test(holds_ids_to_their_number),
		cmocka_unit_test(is_empty_again_when_cleared),
	};

	return test_run("storage/columns/table", tests);
}
