#include "query/numbering.h"

#include <stdio.h>

#include "test.h"

static void numbers_keys_in_the_order_of_arrival(void **state)
{
	struct numbering numbering;
	struct arena arena;
	char key[16];

	(void)state;
	arena_init(&arena, 0);
	numbering_init(&numbering, &arena);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 5000; i++) {
			size_t number = SIZE_MAX;

			snprintf(key, sizeof(key), "key %zu", i);
			assert_true(numbering_take(&numbering, str_from(key), &number));
			assert_int_equal(number, i);
		}
	assert_int_equal(numbering.count, 5000);
	numbering_release(&numbering);
	arena_release(&arena);
}

static void tells_keys_with_zero_bytes_apart(void **state)
{
	struct numbering numbering;
	struct arena arena;
	size_t one, other, empty;

	(void)state;
	arena_init(&arena, 0);
	numbering_init(&numbering, &arena);
	assert_true(numbering_take(&numbering, str_make("a\0b", 3), &one));
	assert_true(numbering_take(&numbering, str_make("a\0c", 3), &other));
	assert_true(numbering_take(&numbering, str_make("", 0), &empty));
	assert_int_equal(one, 0);
	assert_int_equal(other, 1);
	assert_int_equal(empty, 2);
	numbering_release(&numbering);
	arena_release(&arena);
}

static void says_when_the_arena_is_full(void **state)
{
	struct numbering numbering;
	struct arena arena;
	char key[64] = {0};
	size_t number, taken = 0;

	(void)state;
	arena_init(&arena, 32 * 1024);
	numbering_init(&numbering, &arena);
	do
		snprintf(key, sizeof(key), "%zu", taken);
	while (numbering_take(&numbering, str_make(key, sizeof(key)), &number) && taken++ < 10000);
	assert_true(taken < 10000);
	assert_int_equal(numbering.count, taken);
	numbering_release(&numbering);
	arena_release(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_keys_in_the_order_of_arrival),
		cmocka_unit_test(tells_keys_with_zero_bytes_apart),
		cmocka_unit_test(says_when_the_arena_is_full),
	};

	return test_run("query/numbering", tests);
}
