#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/protobuf.h"
#include "blocks.h"
#include "contract/rows.h"
#include "resum.h"

enum { TABLE = 9, LARGE = 100000 };

static const enum block_codec codecs[] = {CODEC_NONE, CODEC_ZSTD, CODEC_LZ4};

static struct str column(struct block *block, uint8_t field, uint16_t index)
{
	struct str bytes = {0};

	assert_int_equal(block_column(block, TABLE, field, index, &bytes, NULL), STATUS_OK);
	return bytes;
}

/* Text that compresses and bytes that do not, in columns of many sizes. */
static void write_columns(struct block_writer *writer)
{
	struct random random = {3};

	for (size_t i = 0; i < 4; i++) {
		uint64_t id = random_next(&random);

		buffer_append(block_writer_random_column(writer, TABLE, (uint8_t)(128 + i), 0), &id,
			      sizeof(id));
	}
	for (uint16_t i = 0; i < 300; i++)
		buffer_printf(block_writer_column(writer, TABLE, 1, i), "column %u column %u", i, i);
	block_writer_column(writer, TABLE, 2, 0);
	for (size_t i = 0; i < LARGE; i++)
		buffer_append_byte(i ? &writer->raw : block_writer_column(writer, TABLE, 3, 0),
				   (uint8_t)(i / 100));
	for (size_t i = 0; i < LARGE; i++)
		buffer_append_byte(i ? &writer->raw : block_writer_column(writer, TABLE, 4, 0),
				   (uint8_t)random_next(&random));
}

static struct buffer make(enum block_codec codec)
{
	struct block_writer writer;
	struct buffer body;

	block_begin(&writer, codec);
	write_columns(&writer);
	block_end(&writer, SIGNAL_LOGS, 12, &body);
	return body;
}

static void keeps_columns_of_every_size_in_every_codec(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		struct random random = {3};
		struct buffer body = make(codecs[c]);
		struct block block;
		struct arena arena;
		struct str bytes;
		char text[64];

		arena_init(&arena, 0);
		assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
		assert_int_equal(block.signal, SIGNAL_LOGS);
		assert_int_equal(block.row_count, 12);
		for (size_t i = 0; i < 4; i++) {
			uint64_t id = random_next(&random);

			bytes = column(&block, (uint8_t)(128 + i), 0);
			assert_int_equal(bytes.size, sizeof(id));
			assert_memory_equal(bytes.data, &id, sizeof(id));
		}
		for (uint16_t i = 300; i-- > 0;) {
			snprintf(text, sizeof(text), "column %u column %u", i, i);
			assert_str(column(&block, 1, i), text);
		}
		assert_int_equal(column(&block, 2, 0).size, 0);
		bytes = column(&block, 3, 0);
		assert_int_equal(bytes.size, LARGE);
		for (size_t i = 0; i < LARGE; i++)
			assert_true((uint8_t)bytes.data[i] == (uint8_t)(i / 100));
		bytes = column(&block, 4, 0);
		assert_int_equal(bytes.size, LARGE);
		for (size_t i = 0; i < LARGE; i++)
			assert_true((uint8_t)bytes.data[i] == (uint8_t)random_next(&random));
		arena_release(&arena);
		buffer_release(&body);
	}
}

static void answers_for_a_column_that_is_not_there_with_nothing(void **state)
{
	struct buffer body = make(CODEC_ZSTD);
	struct block block;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(column(&block, 1, 300).size, 0);
	assert_int_equal(column(&block, 5, 0).size, 0);
	assert_int_equal(column(&block, 1, 299).size, strlen("column 299 column 299"));
	arena_release(&arena);
	buffer_release(&body);
}

static void keeps_a_block_without_columns(void **state)
{
	struct block_writer writer;
	struct buffer body;
	struct block block;
	struct arena arena;

	(void)state;
	block_begin(&writer, CODEC_ZSTD);
	block_end(&writer, SIGNAL_TRACES, 1, &body);
	assert_int_equal(body.size, 9);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(column(&block, 0, 0).size, 0);
	arena_release(&arena);
	buffer_release(&body);
}

/* A reader that wants one column must not have to unpack the others. */
static void unpacks_no_group_but_the_one_asked_for(void **state)
{
	struct buffer body = make(CODEC_ZSTD);
	struct block block;
	struct arena arena;
	size_t before;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	before = arena.used_bytes;
	column(&block, 128, 0);
	assert_int_equal(arena.used_bytes, before);
	column(&block, 3, 0);
	assert_in_range(arena.used_bytes, before + LARGE, before + LARGE + 64 * 1024);
	arena_release(&arena);
	buffer_release(&body);
}

static enum status open_bytes(struct str bytes, struct error *error)
{
	struct block block;
	struct arena arena;
	enum status status;

	arena_init(&arena, 0);
	status = block_open(bytes, &arena, &block, error);
	arena_release(&arena);
	return status;
}

/* Of a large column no more is unpacked than the pieces that hold the bytes asked for, and its head. */
static void unpacks_no_piece_but_those_asked_for(void **state)
{
	enum { SIZE = 1 << 20, HEAD = 100 };
	struct random random = {test_seed()};
	struct block_writer writer;
	struct buffer body, *out;
	char *expected = malloc(SIZE);

	(void)state;
	assert_non_null(expected);
	for (size_t i = 0; i < SIZE; i++)
		expected[i] = (char)(random_next(&random) & 15);
	for (size_t c = 0; c < 3; c++) {
		block_begin(&writer, codecs[c]);
		out = block_writer_column(&writer, TABLE, 0, 0);
		buffer_append(out, expected, SIZE);
		block_writer_head(&writer, HEAD);
		block_end(&writer, SIGNAL_TRACES, 1, &body);
		for (size_t round = 0; round < 50; round++) {
			size_t first = random_below(&random, SIZE), size = 1 + random_below(&random, 9000);
			struct column part;
			struct block block;
			struct arena arena;

			size = size < SIZE - first ? size : SIZE - first;
			arena_init(&arena, 0);
			assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
			assert_int_equal(block_column_open(&block, TABLE, 0, 0, &part, NULL), STATUS_OK);
			assert_int_equal(part.size, SIZE);
			if (codecs[c] != CODEC_NONE)
				memset((char *)part.data, 0x55, SIZE);
			assert_int_equal(column_need(&part, first, size, NULL), STATUS_OK);
			assert_memory_equal(part.data + first, expected + first, size);
			for (size_t i = 0; i < SIZE && codecs[c] != CODEC_NONE; i++)
				if (i + 8192 < first || i > first + size + 8192)
					assert_int_equal(part.data[i], 0x55);
			arena_release(&arena);
		}
		buffer_release(&body);
	}
	free(expected);
}

/* Each byte is under the checksum of its piece: damage elsewhere does not keep from reading. */
static void finds_a_byte_that_the_disk_has_changed(void **state)
{
	struct buffer body = make(CODEC_ZSTD);
	struct error error = {0};
	struct block block;
	struct arena arena;
	struct str bytes;

	(void)state;
	body.data[body.size - 1] ^= 1;
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	assert_int_equal(block_column(&block, TABLE, 3, 0, &bytes, NULL), STATUS_OK);
	assert_int_equal(block_column(&block, TABLE, 4, 0, &bytes, &error), STATUS_CORRUPT);
	assert_string_equal(error.message,
			    "the checksum of a piece of a block is wrong: the disk has changed it");
	arena_release(&arena);
	body.data[10] ^= 1;
	assert_int_equal(open_bytes(buffer_str(&body), NULL), STATUS_CORRUPT);
	buffer_release(&body);
}

static void leaves_ids_as_they_are(void **state)
{
	struct block_writer writer;
	struct buffer body;
	struct block block;
	struct arena arena;
	char zeros[64] = {0};
	struct str bytes;

	(void)state;
	block_begin(&writer, CODEC_ZSTD);
	buffer_append(block_writer_random_column(&writer, TABLE, 128, 0), zeros, sizeof(zeros));
	block_end(&writer, SIGNAL_TRACES, 1, &body);
	arena_init(&arena, 0);
	assert_int_equal(block_open(buffer_str(&body), &arena, &block, NULL), STATUS_OK);
	bytes = column(&block, 128, 0);
	assert_int_equal(bytes.size, sizeof(zeros));
	assert_in_range((uintptr_t)bytes.data, (uintptr_t)body.data, (uintptr_t)body.data + body.size);
	arena_release(&arena);
	buffer_release(&body);
}

static void refuses_a_block_that_is_cut_or_has_more_anywhere(void **state)
{
	struct buffer body = make(CODEC_LZ4);
	char *copy = malloc(body.size + 1);

	(void)state;
	assert_non_null(copy);
	memcpy(copy, body.data, body.size);
	copy[body.size] = 0;
	for (size_t size = 0; size < body.size; size += size < 2000 ? 1 : 997)
		assert_int_equal(open_bytes(str_make(copy, size), NULL), STATUS_CORRUPT);
	assert_int_equal(open_bytes(str_make(copy, body.size), NULL), STATUS_OK);
	assert_int_equal(open_bytes(str_make(copy, body.size + 1), NULL), STATUS_CORRUPT);
	free(copy);
	buffer_release(&body);
}

static void names_the_format_that_it_cannot_read(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(open_bytes(str_make("\x01\0\1\0\0", 5), &error), STATUS_CORRUPT);
	assert_string_equal(error.message, "a block has format 1; this program reads 3");
}

/* A directory by hand: format, signal, rows, groups of (codec, raw size, head size, piece size, pieces of (stored
 * size, checksum)), columns of (table, field, index, group, size), a checksum, then the bytes of the groups. The
 * checksums are made right first. */
static enum status open_and_read(const char *directory, size_t size, struct error *error)
{
	char *copy = malloc(size);
	struct block block;
	struct arena arena;
	struct str bytes;
	enum status status;

	assert_non_null(copy);
	memcpy(copy, directory, size);
	block_resum(copy, size);
	arena_init(&arena, 64 << 10);
	status = block_open(str_make(copy, size), &arena, &block, error);
	if (status == STATUS_OK)
		status = block_column(&block, TABLE, 0, 0, &bytes, error);
	assert_true(arena.used_bytes <= 64 << 10);
	arena_release(&arena);
	free(copy);
	return status;
}
#define OPEN(...) open_and_read((const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__}), &error)
#define SUM       0, 0, 0, 0
/* One group of one piece, one column; then two bytes. */
#define SMALL(signal, codec, raw, head, stored, group, size)                                                 \
	OPEN(BLOCK_FORMAT, signal, 1, 1, codec, raw, head, 9, stored, SUM, 1, TABLE, 0, 0, group, size, SUM, \
	     'a', 'b')

static void refuses_directories_that_do_not_add_up(void **state)
{
	struct error error;

	(void)state;
	assert_int_equal(SMALL(0, 0, 2, 9, 2, 0, 2), STATUS_OK);
	assert_int_equal(SMALL(3, 0, 2, 9, 2, 0, 2), STATUS_CORRUPT); /* signal */
	assert_int_equal(SMALL(0, 0, 2, 9, 2, 0, 3), STATUS_CORRUPT); /* column */
	assert_int_equal(SMALL(0, 0, 2, 9, 2, 1, 2), STATUS_CORRUPT); /* no such group */
	assert_int_equal(SMALL(0, 0, 2, 9, 3, 0, 2), STATUS_CORRUPT); /* stored */
	assert_int_equal(SMALL(0, 0, 2, 9, 1, 0, 2), STATUS_CORRUPT); /* bytes behind */
	assert_int_equal(SMALL(0, 0, 3, 9, 2, 0, 2), STATUS_CORRUPT); /* raw */
	assert_int_equal(SMALL(0, 0, 2, 0, 2, 0, 2), STATUS_CORRUPT); /* head of nothing */
	assert_int_equal(SMALL(0, 0, 2, 1, 2, 0, 2), STATUS_CORRUPT); /* one piece missing */
	assert_int_equal(SMALL(0, 3, 2, 9, 2, 0, 2), STATUS_CORRUPT); /* codec */
	assert_int_equal(SMALL(0, 1, 3, 9, 2, 0, 2), STATUS_CORRUPT); /* no zstd */
	assert_int_equal(SMALL(0, 2, 3, 9, 2, 0, 2), STATUS_CORRUPT); /* no lz4 */
	/* two pieces of one byte, as they are whatever the codec; stored sizes that are each wrong together */
	assert_int_equal(
		OPEN(BLOCK_FORMAT, 0, 1, 1, 1, 2, 1, 1, 1, SUM, 1, SUM, 1, TABLE, 0, 0, 0, 2, SUM, 'a', 'b'),
		STATUS_OK);
	assert_int_equal(
		OPEN(BLOCK_FORMAT, 0, 1, 1, 0, 2, 1, 1, 2, SUM, 0, SUM, 1, TABLE, 0, 0, 0, 2, SUM, 'a', 'b'),
		STATUS_CORRUPT);
	assert_int_equal(
		OPEN(BLOCK_FORMAT, 0, 1, 1, 0, 2, 1, 0, 1, SUM, 1, SUM, 1, TABLE, 0, 0, 0, 2, SUM, 'a', 'b'),
		STATUS_CORRUPT);
}

static void refuses_more_rows_columns_and_bytes_than_a_block_may_have(void **state)
{
	struct error error;

	(void)state;
	/* 2^20 rows and one more */
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, (char)0x80, (char)0x80, 0x40, 0, 0, SUM), STATUS_OK);
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, (char)0x81, (char)0x80, 0x40, 0, 0, SUM), STATUS_CORRUPT);
	/* 2^16 columns and one more: neither is there */
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, 1, 0, (char)0x81, (char)0x80, 0x04, SUM), STATUS_CORRUPT);
	/* a group of 2^30 bytes and one more */
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, 1, 1, 0, (char)0x81, (char)0x80, (char)0x80, (char)0x80, 4, 9,
			      9, 0, 0, SUM),
			 STATUS_CORRUPT);
}

/* What claims to be large costs nothing until it has proved it. */
static void takes_no_memory_for_a_size_that_is_not_true(void **state)
{
	struct error error;
	char frame[64];
	size_t size = ZSTD_compress(frame, sizeof(frame), "ab", 2, 1);
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	buffer_append(&body, "\2\0\1\1\1", 5);
	protobuf_put_varint(&body, 1 << 30);
	protobuf_put_varint(&body, 1 << 30);
	protobuf_put_varint(&body, 1);
	protobuf_put_varint(&body, size);
	buffer_append(&body, "\0\0\0\0\1\x09\0\0\0\2\0\0\0\0", 14);
	buffer_append(&body, frame, size);
	assert_int_equal(open_and_read(body.data, body.size, &error), STATUS_CORRUPT);
	buffer_release(&body);
	/* lz4, and pieces that the directory cannot list */
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, 1, 1, 2, (char)0x80, (char)0x80, 0x40, (char)0x80, (char)0x80,
			      0x40, 1, 2, SUM, 1, TABLE, 0, 0, 0, 2, SUM, 'a', 'b'),
			 STATUS_CORRUPT);
	assert_int_equal(OPEN(BLOCK_FORMAT, 0, 1, 1, 0, (char)0x80, (char)0x80, (char)0x80, (char)0x80, 4, 1,
			      1, 2, SUM, 1, TABLE, 0, 0, 0, 2, SUM, 'a', 'b'),
			 STATUS_CORRUPT);
}

/* A bomb is stopped by the arena's ceiling. */
static void unpacks_no_more_than_the_arena_may_hold(void **state)
{
	enum { BOMB = 16 << 20 };
	struct block_writer writer;
	struct buffer body;
	struct error error;
	char *zeros = calloc(1, BOMB);

	(void)state;
	assert_non_null(zeros);
	block_begin(&writer, CODEC_ZSTD);
	buffer_append(block_writer_column(&writer, TABLE, 0, 0), zeros, BOMB);
	block_end(&writer, SIGNAL_TRACES, 1, &body);
	assert_true(body.size < BOMB / 128);
	assert_int_equal(open_and_read(body.data, body.size, &error), STATUS_NO_MEMORY);
	buffer_release(&body);
	free(zeros);
}

static void refuses_to_seal_more_columns_than_can_be_read(void **state)
{
	struct block_writer writer;
	struct buffer body = BUFFER_EMPTY;

	(void)state;
	block_begin(&writer, CODEC_NONE);
	for (size_t i = 0; i <= BLOCK_MOST_COLUMNS; i++)
		block_writer_column(&writer, TABLE, 0, (uint16_t)i);
	assert_int_equal(block_writer_seal(&writer, SIGNAL_TRACES, 1, &body, NULL), STATUS_TOO_LARGE);
	/* and is ready for the next block all the same */
	buffer_append_byte(block_writer_column(&writer, TABLE, 0, 0), 1);
	assert_int_equal(block_writer_seal(&writer, SIGNAL_TRACES, 1, &body, NULL), STATUS_OK);
	block_writer_release(&writer);
	buffer_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_columns_of_every_size_in_every_codec),
		cmocka_unit_test(answers_for_a_column_that_is_not_there_with_nothing),
		cmocka_unit_test(keeps_a_block_without_columns),
		cmocka_unit_test(unpacks_no_group_but_the_one_asked_for),
		cmocka_unit_test(unpacks_no_piece_but_those_asked_for),
		cmocka_unit_test(finds_a_byte_that_the_disk_has_changed),
		cmocka_unit_test(leaves_ids_as_they_are),
		cmocka_unit_test(refuses_a_block_that_is_cut_or_has_more_anywhere),
		cmocka_unit_test(names_the_format_that_it_cannot_read),
		cmocka_unit_test(refuses_directories_that_do_not_add_up),
		cmocka_unit_test(refuses_more_rows_columns_and_bytes_than_a_block_may_have),
		cmocka_unit_test(takes_no_memory_for_a_size_that_is_not_true),
		cmocka_unit_test(unpacks_no_more_than_the_arena_may_hold),
		cmocka_unit_test(refuses_to_seal_more_columns_than_can_be_read),
	};

	return test_run("storage/columns/block", tests);
}
