/*
 * Damage of every place: bytes of good blocks and headers are flipped, overwritten and cut, and all that
 * still opens is read. Under the sanitizers a read outside, an overflow or a block that wants the machine's
 * memory shows.
 */
#include "unit/test.h"

#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "read_all.h"
#include "resum.h"

enum { LIMIT_BYTES = 64 << 20, ROWS = 12 };

static void make_random(struct made_block *block, enum signal signal, enum block_codec codec,
			struct random *random)
{
	struct batch batch;

	batch_init(&batch, 0);
	add_random_spans(&batch, random, signal == SIGNAL_TRACES ? ROWS : 0);
	add_random_logs(&batch, random, signal == SIGNAL_LOGS ? ROWS : 0);
	add_random_points(&batch, random, signal == SIGNAL_METRICS ? ROWS : 0);
	block_make(block, signal, &batch, codec);
	batch_release(&batch);
}

/* Calls read for the bytes with each byte changed in several ways; each time in memory of just that size, so
 * that a read past the end is seen. */
static void change_every_byte(struct str good, enum status (*read)(struct str bytes, void *context),
			      void *context)
{
	static const uint8_t flips[] = {0x01, 0x80, 0xff};
	static const uint8_t values[] = {0x00, 0x7f, 0xff};
	char *bytes = malloc(good.size);

	assert_non_null(bytes);
	memcpy(bytes, good.data, good.size);
	for (size_t i = 0; i < good.size; i++) {
		for (size_t j = 0; j < 3; j++) {
			bytes[i] = (char)((uint8_t)good.data[i] ^ flips[j]);
			read(str_make(bytes, good.size), context);
			bytes[i] = (char)values[j];
			read(str_make(bytes, good.size), context);
		}
		bytes[i] = good.data[i];
	}
	free(bytes);
}

/* Calls read for the beginning of the bytes, of every length; none of them may be taken for whole. */
static void cut_everywhere(struct str good, enum status (*read)(struct str bytes, void *context),
			   void *context)
{
	for (size_t size = 0; size < good.size; size++) {
		char *bytes = malloc(size + !size);

		assert_non_null(bytes);
		memcpy(bytes, good.data, size);
		assert_int_not_equal(read(str_make(bytes, size), context), STATUS_OK);
		free(bytes);
	}
}

static enum status read_body(struct str bytes, void *context)
{
	return read_all(*(enum signal *)context, bytes, LIMIT_BYTES);
}

/* As if a program with a bug had written it: the checksums are right. */
static enum status read_resummed(struct str bytes, void *context)
{
	char *copy = malloc(bytes.size + !bytes.size);
	enum status status;

	assert_non_null(copy);
	memcpy(copy, bytes.data, bytes.size);
	block_resum(copy, bytes.size);
	status = read_body(str_make(copy, bytes.size), context);
	free(copy);
	return status;
}

/* No byte of a block is without a checksum. */
static enum status find_damage(struct str bytes, void *context)
{
	enum status status = read_body(bytes, context);

	assert_int_not_equal(status, STATUS_OK);
	return status;
}

static void survives_damage_of_any_byte_of_a_body(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		for (enum block_codec codec = CODEC_NONE; codec <= CODEC_LZ4; codec++) {
			struct made_block block;
			enum signal context = (enum signal)signal;

			make_random(&block, context, codec, &random);
			assert_int_equal(read_body(buffer_str(&block.body), &context), STATUS_OK);
			change_every_byte(buffer_str(&block.body), read_resummed, &context);
			block_release(&block);
		}
}

static void finds_damage_of_any_byte_of_a_body(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct made_block block;
		enum signal context = (enum signal)signal;

		make_random(&block, context, CODEC_ZSTD, &random);
		for (size_t i = 0; i < block.body.size; i++) {
			block.body.data[i] ^= 0x10;
			find_damage(buffer_str(&block.body), &context);
			block.body.data[i] ^= 0x10;
		}
		block_release(&block);
	}
}

static void refuses_a_body_that_is_cut_anywhere(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct made_block block;
		enum signal context = (enum signal)signal;

		make_random(&block, context, CODEC_ZSTD, &random);
		cut_everywhere(buffer_str(&block.body), read_body, &context);
		block_release(&block);
	}
}

/* A block of one signal read as another's. */
static void refuses_a_body_of_another_signal(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		for (int other = 0; other < SIGNAL_COUNT; other++) {
			struct made_block block;

			make_random(&block, (enum signal)signal, CODEC_NONE, &random);
			assert_int_equal(read_all((enum signal)other, buffer_str(&block.body), LIMIT_BYTES),
					 signal == other ? STATUS_OK : STATUS_CORRUPT);
			block_release(&block);
		}
}

/* Pieces of a block put in each other's place: each is well formed, together they are not. */
static void survives_bytes_in_the_wrong_place(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct made_block block;
		enum signal context = (enum signal)signal;
		char *bytes;

		make_random(&block, context, CODEC_NONE, &random);
		bytes = malloc(block.body.size);
		assert_non_null(bytes);
		for (size_t round = 0; round < 3000; round++) {
			size_t size = 1 + random_below(&random, 40);
			size_t from = random_below(&random, block.body.size - size);
			size_t to = random_below(&random, block.body.size - size);

			memcpy(bytes, block.body.data, block.body.size);
			memmove(bytes + to, bytes + from, size);
			read_resummed(str_make(bytes, block.body.size), &context);
		}
		free(bytes);
		block_release(&block);
	}
}

static enum status read_header_of(struct str bytes, void *context)
{
	(void)context;
	return read_header(bytes, LIMIT_BYTES);
}

static void survives_damage_of_any_byte_of_a_header(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct buffer header = BUFFER_EMPTY;
		struct made_block block;

		make_random(&block, (enum signal)signal, CODEC_NONE, &random);
		header_encode(&block.header, &header);
		assert_int_equal(read_header(buffer_str(&header), LIMIT_BYTES), STATUS_OK);
		change_every_byte(buffer_str(&header), read_header_of, NULL);
		for (size_t size = 0; size < header.size; size++)
			read_header(str_make(header.data, size), LIMIT_BYTES);
		buffer_release(&header);
		block_release(&block);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_damage_of_any_byte_of_a_body),
		cmocka_unit_test(finds_damage_of_any_byte_of_a_body),
		cmocka_unit_test(refuses_a_body_that_is_cut_anywhere),
		cmocka_unit_test(refuses_a_body_of_another_signal),
		cmocka_unit_test(survives_bytes_in_the_wrong_place),
		cmocka_unit_test(survives_damage_of_any_byte_of_a_header),
	};

	return test_run("storage/columns/damage", tests);
}
