#include "unit/test.h"

#include "contract/rows.h"
#include "storage/columns/numbers.h"

enum { MANY = 300 };

static void assert_kept(const uint64_t *values, size_t count)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct numbers numbers;
	struct str rest;
	uint64_t read[MANY], sum = 0;

	numbers_encode(values, count, &bytes);
	rest = buffer_str(&bytes);
	assert_int_equal(numbers_open(&rest, count, &numbers, NULL), STATUS_OK);
	assert_int_equal(rest.size, 0);
	numbers_read(&numbers, 0, count, read);
	for (size_t i = 0; i < count; i++) {
		assert_true(numbers_get(&numbers, i) == values[i]);
		assert_true(read[i] == values[i]);
		assert_true(numbers_sum(&numbers, 0, i) == sum);
		sum += values[i];
	}
	buffer_release(&bytes);
}

static void keeps_values_of_every_width(void **state)
{
	struct random random = {7};
	uint64_t values[MANY];

	(void)state;
	for (unsigned bits = 0; bits <= 64; bits++) {
		uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
		uint64_t least = random_next(&random) & ~mask;

		for (size_t i = 0; i < MANY; i++)
			values[i] = least + (random_next(&random) & mask);
		values[1] = least;
		values[MANY - 1] = least + mask;
		assert_kept(values, MANY);
	}
}

static void takes_no_more_planes_than_the_range_needs(void **state)
{
	static const struct {
		uint64_t range;
		size_t width;
	} cases[] = {{1, 1},         {255, 1}, {256, 2}, {65535, 2}, {65536, 3}, {UINT64_MAX / 256, 7},
		     {UINT64_MAX, 8}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t values[2] = {0, cases[i].range};
		struct buffer bytes = BUFFER_EMPTY;

		numbers_encode(values, 2, &bytes);
		assert_int_equal(bytes.size, 3 + 2 * cases[i].width);
		buffer_release(&bytes);
	}
}

static void keeps_one_value_for_rows_that_are_alike(void **state)
{
	uint64_t values[MANY];
	struct buffer bytes = BUFFER_EMPTY;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		values[i] = 7;
	assert_kept(values, MANY);
	numbers_encode(values, MANY, &bytes);
	assert_int_equal(bytes.size, 2);
	values[0] = values[1] = UINT64_MAX;
	assert_kept(values, 2);
	buffer_release(&bytes);
}

static void keeps_a_column_of_nothing(void **state)
{
	(void)state;
	assert_kept(NULL, 0);
}

static void keeps_small_numbers_alike(void **state)
{
	static const uint32_t columns[][3] = {{0, 0, 0},          {5, 5, 5},
					      {0, 1, 255},        {9, 256, 65536},
					      {UINT32_MAX, 0, 1}, {UINT32_MAX, UINT32_MAX, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct buffer bytes = BUFFER_EMPTY;
		struct numbers numbers;
		struct str rest;

		numbers_encode_u32(columns[i], 3, &bytes);
		rest = buffer_str(&bytes);
		assert_int_equal(numbers_open(&rest, 3, &numbers, NULL), STATUS_OK);
		for (size_t j = 0; j < 3; j++)
			assert_int_equal(numbers_get(&numbers, j), columns[i][j]);
		buffer_release(&bytes);
	}
}

static void reads_and_sums_any_part(void **state)
{
	struct random random = {11};
	uint64_t values[MANY], read[MANY];
	struct buffer bytes = BUFFER_EMPTY;
	struct numbers numbers;
	struct str rest;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		values[i] = random_next(&random);
	numbers_encode(values, MANY, &bytes);
	rest = buffer_str(&bytes);
	assert_int_equal(numbers_open(&rest, MANY, &numbers, NULL), STATUS_OK);
	for (size_t first = 0; first < MANY; first += 7)
		for (size_t count = 0; first + count <= MANY; count += 31) {
			uint64_t sum = 0;

			numbers_read(&numbers, first, count, read);
			for (size_t i = 0; i < count; i++) {
				assert_true(read[i] == values[first + i]);
				sum += values[first + i];
			}
			assert_true(numbers_sum(&numbers, first, first + count) == sum);
		}
	buffer_release(&bytes);
}

static void opens_columns_that_stand_in_a_row(void **state)
{
	uint64_t first[] = {1, 2, 1000}, second[] = {4, 4, 4};
	struct buffer bytes = BUFFER_EMPTY;
	struct numbers numbers;
	struct str rest;

	(void)state;
	numbers_encode(first, 3, &bytes);
	numbers_encode(second, 3, &bytes);
	rest = buffer_str(&bytes);
	assert_int_equal(numbers_open(&rest, 3, &numbers, NULL), STATUS_OK);
	assert_int_equal(numbers_get(&numbers, 2), 1000);
	assert_int_equal(numbers_open(&rest, 3, &numbers, NULL), STATUS_OK);
	assert_int_equal(numbers_get(&numbers, 2), 4);
	assert_int_equal(rest.size, 0);
	buffer_release(&bytes);
}

static void writes_signed_numbers_small_either_way(void **state)
{
	static const int64_t values[] = {0, -1, 1, -2, INT64_MAX, INT64_MIN};
	static const uint64_t codes[] = {0, 1, 2, 3, UINT64_MAX - 1, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_true(zigzag_encode(values[i]) == codes[i]);
		assert_true(zigzag_decode(codes[i]) == values[i]);
	}
}

static void refuses_a_column_that_is_cut_anywhere(void **state)
{
	uint64_t values[] = {300, 1, 70000, 2, 9};
	struct buffer bytes = BUFFER_EMPTY;

	(void)state;
	numbers_encode(values, 5, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		struct str cut = str_make(bytes.data, size);
		struct numbers numbers;
		struct error error;

		assert_int_equal(numbers_open(&cut, 5, &numbers, &error), STATUS_CORRUPT);
		assert_non_null(strstr(error.message, "5 numbers"));
		assert_int_equal(cut.size, size);
	}
	buffer_release(&bytes);
}

static void refuses_codings_and_widths_that_do_not_exist(void **state)
{
	static const char *const streams[] = {"\0\1\1\1\1\1\1\1\1\1\1\1", "\3\1\1\1\1\1\1\1\1\1\1\1",
					      "\2\0\1\1\1\1\1\1\1\1\1\1", "\2\11\1\1\1\1\1\1\1\1\1\1"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct str bytes = str_make(streams[i], 12);
		struct numbers numbers;

		assert_int_equal(numbers_open(&bytes, 1, &numbers, NULL), STATUS_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_values_of_every_width),
		cmocka_unit_test(takes_no_more_planes_than_the_range_needs),
		cmocka_unit_test(keeps_one_value_for_rows_that_are_alike),
		cmocka_unit_test(keeps_a_column_of_nothing),
		cmocka_unit_test(keeps_small_numbers_alike),
		cmocka_unit_test(reads_and_sums_any_part),
		cmocka_unit_test(opens_columns_that_stand_in_a_row),
		cmocka_unit_test(writes_signed_numbers_small_either_way),
		cmocka_unit_test(refuses_a_column_that_is_cut_anywhere),
		cmocka_unit_test(refuses_codings_and_widths_that_do_not_exist),
	};

	return test_run("storage/columns/numbers", tests);
}
