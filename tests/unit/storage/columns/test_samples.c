#include "unit/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/samples.h"

enum { MOST_RUN = 300 };

static uint64_t bits_of(double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

typedef void put_run(struct samples_writer *writer, const uint64_t *values, size_t count);

static struct str encode(struct samples_writer *writer, struct buffer *stream)
{
	assert_false(samples_failed(writer));
	buffer_clear(stream);
	samples_encode(writer, stream);
	samples_clear(writer);
	return buffer_str(stream);
}

/* Puts the run between two others, reads it back, and says how many bytes of residuals it took. */
static size_t check_run(put_run *put, const uint64_t *values, size_t count)
{
	static const uint64_t before[] = {7, 9, 1000}, after[] = {UINT64_MAX};
	struct samples_writer writer = {0};
	struct buffer stream = BUFFER_EMPTY;
	struct samples samples;
	struct arena arena;
	uint64_t *read = malloc(count * sizeof(*read));
	size_t size;

	assert_non_null(read);
	arena_init(&arena, 0);
	samples_put_integers(&writer, before, 3);
	put(&writer, values, count);
	samples_put_integers(&writer, after, 1);
	assert_int_equal(samples_open(encode(&writer, &stream), 3, &arena, &samples, NULL), STATUS_OK);
	assert_int_equal(samples_read(&samples, 1, count, read, NULL), STATUS_OK);
	for (size_t i = 0; i < count; i++)
		if (read[i] != values[i])
			fail_msg("value %zu of %zu is %016llx, was %016llx", i, count,
				 (unsigned long long)read[i], (unsigned long long)values[i]);
	assert_int_equal(samples_read(&samples, 2, 1, read, NULL), STATUS_OK);
	assert_true(read[0] == UINT64_MAX);
	size = samples.offsets[2] - samples.offsets[1];
	free(read);
	arena_release(&arena);
	buffer_release(&stream);
	samples_release(&writer);
	return size;
}

static void gives_back_doubles_of_any_bits(void **state)
{
	struct random random = {test_seed()};
	uint64_t values[MOST_RUN];

	(void)state;
	for (size_t round = 0; round < 2000; round++) {
		size_t count = 1 + random_below(&random, MOST_RUN);

		for (size_t i = 0; i < count; i++)
			values[i] = random_next(&random);
		check_run(samples_put_doubles, values, count);
		check_run(samples_put_integers, values, count);
	}
}

/* Among decimals, one that has no such form: the whole run must survive. */
static void gives_back_doubles_that_are_no_decimals(void **state)
{
	const uint64_t odd[] = {
		bits_of(-0.0),
		bits_of(INFINITY),
		bits_of(-INFINITY),
		bits_of(NAN),
		0x7ff0000000000001,
		0x7ff8000000000123,
		0xfff8dead0000beef,
		1 /* the least denormal */,
		bits_of(0x1p53),
		bits_of(1e300),
		bits_of(1e-300),
		bits_of(0.1 + 0.2),
		bits_of(1.0 / 3),
		bits_of(-1e22),
		bits_of(9007199254740993.0),
	};
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		for (size_t place = 0; place < 5; place++) {
			uint64_t values[5];

			for (size_t j = 0; j < 5; j++)
				values[j] = bits_of((double)random_below(&random, 100000) / 100);
			values[place] = odd[i];
			check_run(samples_put_doubles, values, 5);
			check_run(samples_put_doubles, &odd[i], 1);
		}
}

static void gives_back_decimals_of_every_number_of_places(void **state)
{
	struct random random = {test_seed()};
	uint64_t values[MOST_RUN];
	char text[64];

	(void)state;
	for (int places = 0; places <= 20; places++)
		for (size_t round = 0; round < 30; round++) {
			size_t count = 1 + random_below(&random, MOST_RUN);

			for (size_t i = 0; i < count; i++) {
				double real = ((double)random_below(&random, 2000001) - 1000000) /
					      pow(10, places / 2);

				snprintf(text, sizeof(text), "%.*f", places, real);
				values[i] = bits_of(strtod(text, NULL));
			}
			check_run(samples_put_doubles, values, count);
		}
}

static void gives_back_integers_at_the_ends(void **state)
{
	static const uint64_t ends[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, 1ULL << 32, 12345};
	struct random random = {test_seed()};
	uint64_t values[MOST_RUN];

	(void)state;
	for (size_t round = 0; round < 1000; round++) {
		size_t count = 1 + random_below(&random, 40);

		for (size_t i = 0; i < count; i++)
			values[i] = ends[random_below(&random, sizeof(ends) / sizeof(ends[0]))];
		check_run(samples_put_integers, values, count);
		check_run(samples_put_doubles, values, count);
	}
}

/* What makes the coding worth having: a constant and a straight line cost nothing a point, two decimals little. */
static void keeps_regular_runs_small(void **state)
{
	struct random random = {test_seed()};
	uint64_t values[MOST_RUN];
	int64_t cents = 5000;

	(void)state;
	for (size_t i = 0; i < MOST_RUN; i++)
		values[i] = bits_of(17.25);
	assert_int_equal(check_run(samples_put_doubles, values, MOST_RUN), 0);
	for (size_t i = 0; i < MOST_RUN; i++)
		values[i] = 1700000000000000000 + i * 15000000000;
	assert_int_equal(check_run(samples_put_integers, values, MOST_RUN), 0);
	for (size_t i = 0; i < MOST_RUN; i++) {
		cents += (int64_t)random_below(&random, 15) - 7;
		values[i] = bits_of((double)cents / 100);
	}
	assert_true(check_run(samples_put_doubles, values, MOST_RUN) < MOST_RUN * 5 / 8);
	/* A counter that rests, and once leaps. */
	for (size_t i = 0; i < MOST_RUN; i++)
		values[i] = i < 100 ? 4 : 1000000000000;
	assert_true(check_run(samples_put_integers, values, MOST_RUN) < MOST_RUN / 8 + 16);
}

/* Reads all runs of a stream that may be damaged. */
static void read_runs(struct str bytes, const size_t *counts, size_t run_count)
{
	uint64_t values[MOST_RUN];
	struct samples samples;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	if (samples_open(bytes, run_count, &arena, &samples, NULL) == STATUS_OK)
		for (size_t i = 0; i < run_count; i++)
			samples_read(&samples, i, counts[i], values, NULL);
	arena_release(&arena);
}

static void survives_damage_of_any_byte(void **state)
{
	struct random random = {test_seed()};
	static const size_t counts[] = {1, 20, 30, 40, 2};
	struct samples_writer writer = {0};
	struct buffer stream = BUFFER_EMPTY;
	uint64_t values[MOST_RUN];
	struct str good;
	char *bytes;

	(void)state;
	for (size_t run = 0; run < 5; run++) {
		for (size_t i = 0; i < counts[run]; i++)
			values[i] = run == 3 ? bits_of((double)random_below(&random, 1000) / 8)
					     : random_next(&random) >> random_below(&random, 64);
		(run == 3 ? samples_put_doubles : samples_put_integers)(&writer, values, counts[run]);
	}
	good = encode(&writer, &stream);
	for (size_t size = 0; size < good.size; size++) {
		bytes = malloc(size + !size);
		assert_non_null(bytes);
		memcpy(bytes, good.data, size);
		read_runs(str_make(bytes, size), counts, 5);
		free(bytes);
	}
	bytes = malloc(good.size);
	assert_non_null(bytes);
	for (size_t i = 0; i < good.size; i++)
		for (unsigned flip = 1; flip < 256; flip += 2) {
			memcpy(bytes, good.data, good.size);
			bytes[i] = (char)((uint8_t)bytes[i] ^ flip);
			read_runs(str_make(bytes, good.size), counts, 5);
		}
	free(bytes);
	buffer_release(&stream);
	samples_release(&writer);
}

static void refuses_a_run_that_ends_early(void **state)
{
	static const uint64_t values[] = {1, 200, 3, 77, 12, 90};
	struct samples_writer writer = {0};
	struct buffer stream = BUFFER_EMPTY;
	uint64_t read[MOST_RUN];
	struct samples samples;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	samples_put_integers(&writer, values, 6);
	assert_int_equal(samples_open(encode(&writer, &stream), 1, &arena, &samples, NULL), STATUS_OK);
	assert_int_equal(samples_read(&samples, 0, 6, read, NULL), STATUS_OK);
	assert_int_equal(samples_read(&samples, 0, MOST_RUN, read, NULL), STATUS_CORRUPT);
	arena_release(&arena);
	buffer_release(&stream);
	samples_release(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_doubles_of_any_bits),
		cmocka_unit_test(gives_back_doubles_that_are_no_decimals),
		cmocka_unit_test(gives_back_decimals_of_every_number_of_places),
		cmocka_unit_test(gives_back_integers_at_the_ends),
		cmocka_unit_test(keeps_regular_runs_small),
		cmocka_unit_test(survives_damage_of_any_byte),
		cmocka_unit_test(refuses_a_run_that_ends_early),
	};

	return test_run("storage/columns/samples", tests);
}
