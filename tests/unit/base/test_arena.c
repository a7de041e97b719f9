#include "base/arena.h"

#include <string.h>

#include "test.h"

static void pieces_are_aligned_and_apart(void **state)
{
	struct arena arena;
	char *pieces[500];

	(void)state;
	arena_init(&arena, 0);
	for (size_t i = 0; i < 500; i++) {
		pieces[i] = arena_alloc(&arena, i);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		memset(pieces[i], (int)i, i);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t j = 0; j < i; j++)
			assert_int_equal((unsigned char)pieces[i][j], i & 0xff);
	arena_release(&arena);
}

static void keeps_its_ceiling(void **state)
{
	struct arena arena;
	size_t total = 0;

	(void)state;
	arena_init(&arena, 100 * 1024);
	while (arena_alloc(&arena, 1000))
		total += 1000;
	assert_true(total > 80 * 1024);
	assert_true(total <= 100 * 1024);
	assert_true(arena.used_bytes <= 100 * 1024);
	assert_null(arena_alloc(&arena, 50 * 1024));
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 8));
	arena_clear(&arena);
	assert_non_null(arena_alloc(&arena, 1000));
	arena_release(&arena);
}

static void gives_one_large_piece(void **state)
{
	struct arena arena;
	char *piece;

	(void)state;
	arena_init(&arena, 0);
	assert_non_null(arena_alloc(&arena, 1));
	piece = arena_alloc(&arena, 20 << 20);
	assert_non_null(piece);
	memset(piece, 1, 20 << 20);
	arena_release(&arena);
	assert_int_equal(arena.used_bytes, 0);
}

/* The largest chunk stays, so that the next use of the same size takes no new memory. */
static void clear_keeps_memory_warm(void **state)
{
	struct arena arena;
	size_t used;

	(void)state;
	arena_init(&arena, 0);
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&arena, 1000));
	arena_clear(&arena);
	used = arena.used_bytes;
	assert_true(used > 0);
	for (size_t i = 0; i < used / 1008; i++)
		assert_non_null(arena_alloc(&arena, 1000));
	assert_int_equal(arena.used_bytes, used);
	arena_release(&arena);
	arena_release(&arena);
}

static void zeroes_what_it_counts_out(void **state)
{
	struct arena arena;
	char *piece;

	(void)state;
	arena_init(&arena, 0);
	memset(arena_alloc(&arena, 4096), 0xff, 4096);
	arena_clear(&arena);
	piece = arena_calloc(&arena, 64, 64);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(piece[i], 0);
	assert_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
	assert_non_null(arena_calloc(&arena, 0, 8));
	arena_release(&arena);
}

static void copies_end_in_nul(void **state)
{
	struct arena arena;
	struct str copy;

	(void)state;
	arena_init(&arena, 0);
	copy = arena_copy(&arena, str_make("a\0bc", 3));
	assert_int_equal(copy.size, 3);
	assert_memory_equal(copy.data, "a\0b\0", 4);
	copy = arena_copy(&arena, str_make(NULL, 0));
	assert_non_null(copy.data);
	assert_int_equal(copy.size, 0);
	copy = arena_printf(&arena, "%s-%d", "x", 42);
	assert_string_equal(copy.data, "x-42");
	assert_int_equal(copy.size, 4);
	arena_release(&arena);
}

static void goes_back_to_what_it_was(void **state)
{
	struct arena arena, mark;
	char *kept;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t size = 0; size < 40000; size += 10000) {
		mark = arena;
		for (size_t i = 0; i < 20; i++)
			assert_non_null(arena_alloc(&arena, size + 16));
		arena_rewind(&arena, &mark);
		assert_memory_equal(&arena, &mark, sizeof(arena));
		kept = arena_alloc(&arena, 100);
		memset(kept, 'x', 100);
	}
	/* What it has left is what it had: no chunk of a try counts towards the ceiling. */
	assert_non_null(arena_alloc(&arena, 900000));
	arena_release(&arena);
}

static void copies_say_when_it_is_full(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 8);
	assert_null(arena_copy(&arena, str_from("longer than eight")).data);
	assert_null(arena_printf(&arena, "%050d", 1).data);
	arena_release(&arena);
}

static void arenas_share_a_budget(void **state)
{
	struct arena_budget budget = {.limit_bytes = 1 << 20};
	struct arena one, other;

	(void)state;
	arena_init_shared(&one, 0, &budget);
	arena_init_shared(&other, 0, &budget);
	assert_non_null(arena_alloc(&one, 700 << 10));
	assert_null(arena_alloc(&other, 700 << 10));
	assert_non_null(arena_alloc(&other, 300 << 10));
	assert_true(budget.used_bytes <= budget.limit_bytes);
	arena_clear(&one);
	assert_null(arena_alloc(&other, 700 << 10));
	arena_release(&one);
	assert_non_null(arena_alloc(&other, 700 << 10));
	arena_release(&other);
	assert_int_equal(budget.used_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_aligned_and_apart), cmocka_unit_test(keeps_its_ceiling),
		cmocka_unit_test(gives_one_large_piece),        cmocka_unit_test(clear_keeps_memory_warm),
		cmocka_unit_test(zeroes_what_it_counts_out),    cmocka_unit_test(copies_end_in_nul),
		cmocka_unit_test(copies_say_when_it_is_full),   cmocka_unit_test(arenas_share_a_budget),
		cmocka_unit_test(goes_back_to_what_it_was),
	};

	return test_run("base/arena", tests);
}
