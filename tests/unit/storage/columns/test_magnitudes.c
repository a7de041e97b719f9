#include "unit/test.h"

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/magnitudes.h"

enum { TABLE = 16, FIELD = 40, MANY = 3 * NUMBERS_PAGE + 5 };

struct fixture {
	struct magnitudes_writer writer;
	struct block_writer block_writer;
	struct buffer body;
	struct arena arena;
	struct block block;
	struct magnitudes magnitudes;
};

static void init(struct fixture *fixture)
{
	*fixture = (struct fixture){0};
	block_writer_init(&fixture->block_writer, CODEC_ZSTD, 1);
	arena_init(&fixture->arena, 0);
}

static void release(struct fixture *fixture)
{
	magnitudes_release(&fixture->writer);
	block_writer_release(&fixture->block_writer);
	buffer_release(&fixture->body);
	arena_release(&fixture->arena);
}

/* Seals two columns, as they are given, and opens what they hold. */
static enum status open_columns(struct fixture *fixture, struct str lengths, struct str bits, size_t count,
				struct error *error)
{
	enum status status;

	buffer_append_str(block_writer_random_column(&fixture->block_writer, TABLE, FIELD, 1), bits);
	buffer_append_str(block_writer_column(&fixture->block_writer, TABLE, FIELD, 0), lengths);
	status = block_writer_seal(&fixture->block_writer, SIGNAL_TRACES, 1, &fixture->body, error);
	assert_int_equal(status, STATUS_OK);
	assert_int_equal(block_open(buffer_str(&fixture->body), &fixture->arena, &fixture->block, error),
			 STATUS_OK);
	return magnitudes_open(&fixture->block, TABLE, FIELD, count, &fixture->magnitudes, error);
}

/* Writes the values and opens them; returns the size of the two columns. */
static size_t keep(struct fixture *fixture, const uint64_t *values, size_t count)
{
	struct buffer lengths = BUFFER_EMPTY, bits = BUFFER_EMPTY;
	size_t size;

	init(fixture);
	for (size_t i = 0; i < count; i++)
		vector_u64_push(&fixture->writer.values, values[i]);
	magnitudes_encode_bits(&fixture->writer, &bits);
	magnitudes_encode(&fixture->writer, &lengths);
	assert_false(magnitudes_failed(&fixture->writer));
	size = lengths.size + bits.size;
	assert_int_equal(open_columns(fixture, buffer_str(&lengths), buffer_str(&bits), count, NULL),
			 STATUS_OK);
	buffer_release(&lengths);
	buffer_release(&bits);
	return size;
}

static void assert_kept(const uint64_t *values, size_t count)
{
	struct fixture fixture;

	keep(&fixture, values, count);
	assert_int_equal(magnitudes_need(&fixture.magnitudes, 0, count, NULL), STATUS_OK);
	for (size_t i = 0; i < count; i++)
		assert_true(magnitudes_get(&fixture.magnitudes, i) == values[i]);
	release(&fixture);
}

static void keeps_values_of_every_length(void **state)
{
	struct random random = {test_seed()};
	static uint64_t values[MANY];
	static const size_t counts[] = {1, NUMBERS_PAGE, NUMBERS_PAGE + 1, MANY};

	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++) {
		for (size_t i = 0; i < MANY; i++)
			values[i] = bits ? random_next(&random) >> (64 - bits) : 0;
		values[MANY - 1] = bits ? UINT64_MAX >> (64 - bits) : 0;
		assert_kept(values, counts[bits % 4]);
	}
	for (size_t i = 0; i < MANY; i++)
		values[i] = random_next(&random) >> random_below(&random, 64);
	values[7] = 0;
	assert_kept(values, MANY);
}

static void takes_the_unit_of_its_clock(void **state)
{
	static uint64_t fine[MANY], coarse[MANY];
	struct random random = {test_seed()};
	struct fixture fixture;
	size_t fine_size, coarse_size;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		fine[i] = random_next(&random) >> 40;
		coarse[i] = fine[i] * 1000;
	}
	fine_size = keep(&fixture, fine, MANY);
	release(&fixture);
	coarse_size = keep(&fixture, coarse, MANY);
	assert_int_equal(magnitudes_need(&fixture.magnitudes, 0, MANY, NULL), STATUS_OK);
	for (size_t i = 0; i < MANY; i++)
		assert_true(magnitudes_get(&fixture.magnitudes, i) == coarse[i]);
	release(&fixture);
	assert_true(coarse_size <= fine_size + 2);
}

static void reads_any_part_alone(void **state)
{
	static uint64_t values[MANY];
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		values[i] = random_next(&random) >> random_below(&random, 64);
	for (size_t round = 0; round < 50; round++) {
		size_t first = random_below(&random, MANY), count = 1 + random_below(&random, 40);
		size_t end = first + count < MANY ? first + count : MANY;
		struct fixture fixture;

		keep(&fixture, values, MANY);
		assert_int_equal(magnitudes_need(&fixture.magnitudes, first, count, NULL), STATUS_OK);
		for (size_t i = first; i < end; i++)
			assert_true(magnitudes_get(&fixture.magnitudes, i) == values[i]);
		release(&fixture);
	}
}

static void reads_columns_that_are_not_there_as_zeros(void **state)
{
	struct fixture fixture;

	(void)state;
	init(&fixture);
	assert_int_equal(open_columns(&fixture, str_make("", 0), str_make("", 0), MANY, NULL), STATUS_OK);
	assert_int_equal(magnitudes_need(&fixture.magnitudes, 0, MANY, NULL), STATUS_OK);
	for (size_t i = 0; i < MANY; i++)
		assert_true(magnitudes_get(&fixture.magnitudes, i) == 0);
	release(&fixture);
}

/* Lengths are given as unit 1 and a constant or one plane. */
static void refuses_lengths_and_bits_that_do_not_fit(void **state)
{
	static const struct {
		const char *lengths;
		size_t length_size, bit_size, count;
		enum status status;
	} cases[] = {
		{"\1\1\x09", 3, 1, 1, STATUS_OK},          /* one value of nine bits: eight are stored */
		{"\1\1\x09", 3, 2, 2, STATUS_OK},          /* two */
		{"\1\1\x09", 3, 0, 1, STATUS_CORRUPT},     /* none of the bits */
		{"\1\1\x09", 3, 2, 1, STATUS_CORRUPT},     /* bits of another value */
		{"\1\1\x0a", 3, 1, 1, STATUS_CORRUPT},     /* nine bits in a byte */
		{"\1\1\x41", 3, 8, 1, STATUS_CORRUPT},     /* a length of 65 */
		{"\1\2\1\0\x09", 5, 1, 1, STATUS_OK},      /* as a plane */
		{"\1\2\1\0\x09", 5, 1, 2, STATUS_CORRUPT}, /* a plane that is cut */
		{"\x80", 1, 1, 1, STATUS_CORRUPT},         /* a unit that is cut */
		{"\1", 1, 1, 1, STATUS_CORRUPT},           /* no lengths */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fixture;
		enum status status;

		init(&fixture);
		status = open_columns(&fixture, str_make(cases[i].lengths, cases[i].length_size),
				      str_make("abcdefgh", cases[i].bit_size), cases[i].count, NULL);
		if (status == STATUS_OK)
			status = magnitudes_need(&fixture.magnitudes, 0, cases[i].count, NULL);
		if (status != cases[i].status)
			fail_msg("case %zu: status %d", i, status);
		release(&fixture);
	}
}

static void refuses_pages_that_begin_outside(void **state)
{
	/* 1,025 values of length 1, which store nothing; the second page begins at byte 9, at byte 0 */
	static const struct {
		const char *lengths;
		enum status status;
	} cases[] = {{"\1\1\x09\1\1", STATUS_CORRUPT}, {"\1\1\x00\1\1", STATUS_OK}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fixture;

		init(&fixture);
		assert_int_equal(open_columns(&fixture, str_make(cases[i].lengths, 5), str_make("", 0),
					      NUMBERS_PAGE + 1, NULL),
				 STATUS_OK);
		assert_int_equal(magnitudes_need(&fixture.magnitudes, 0, NUMBERS_PAGE + 1, NULL),
				 cases[i].status);
		release(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_values_of_every_length),
		cmocka_unit_test(takes_the_unit_of_its_clock),
		cmocka_unit_test(reads_any_part_alone),
		cmocka_unit_test(reads_columns_that_are_not_there_as_zeros),
		cmocka_unit_test(refuses_lengths_and_bits_that_do_not_fit),
		cmocka_unit_test(refuses_pages_that_begin_outside),
	};

	return test_run("storage/columns/magnitudes", tests);
}
