#include "http/body_pool.h"

#include "test.h"

static void gives_the_same_memory_again(void **state)
{
	struct body_pool pool;
	struct buffer first, second;
	char *data;

	(void)state;
	body_pool_init(&pool);
	first = body_pool_take(&pool, 100000, 1 << 20);
	assert_true(first.capacity >= 100000);
	assert_int_equal(first.limit, 1 << 20);
	data = first.data;
	buffer_append_c(&first, "something");
	body_pool_give(&pool, &first);
	assert_null(first.data);
	second = body_pool_take(&pool, 90000, 0);
	assert_ptr_equal(second.data, data);
	assert_int_equal(second.size, 0);
	assert_int_equal(second.limit, 0);
	body_pool_give(&pool, &second);
	body_pool_release(&pool);
}

static void picks_the_smallest_that_is_large_enough(void **state)
{
	static const size_t sizes[] = {1 << 20, 1 << 17, 1 << 19};
	struct body_pool pool;
	struct buffer buffers[3], found;

	(void)state;
	body_pool_init(&pool);
	for (size_t i = 0; i < 3; i++)
		buffers[i] = body_pool_take(&pool, sizes[i], 0);
	for (size_t i = 0; i < 3; i++)
		body_pool_give(&pool, &buffers[i]);
	found = body_pool_take(&pool, (1 << 17) + 1, 0);
	assert_int_equal(found.capacity, 1 << 19);
	buffer_release(&found);
	body_pool_release(&pool);
}

static void keeps_no_more_than_its_sum(void **state)
{
	struct body_pool pool;
	struct buffer buffers[BODY_POOL_BUFFERS + 1];
	size_t kept_bytes = 0;

	(void)state;
	body_pool_init(&pool);
	for (size_t i = 0; i <= BODY_POOL_BUFFERS; i++)
		buffers[i] = body_pool_take(&pool, 4 << 20, 0);
	for (size_t i = 0; i <= BODY_POOL_BUFFERS; i++)
		body_pool_give(&pool, &buffers[i]);
	for (size_t i = 0; i < pool.count; i++)
		kept_bytes += pool.kept[i].capacity;
	assert_true(pool.count > 0);
	assert_int_equal(kept_bytes, pool.kept_bytes);
	assert_true(kept_bytes <= 64 << 20);
	body_pool_release(&pool);
}

static void frees_what_is_too_large_to_keep_and_ignores_nothing(void **state)
{
	struct body_pool pool;
	struct buffer large, nothing = BUFFER_EMPTY;

	(void)state;
	body_pool_init(&pool);
	large = body_pool_take(&pool, 32 << 20, 0);
	body_pool_give(&pool, &large);
	body_pool_give(&pool, &nothing);
	assert_int_equal(pool.count, 0);
	body_pool_release(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_same_memory_again),
		cmocka_unit_test(picks_the_smallest_that_is_large_enough),
		cmocka_unit_test(keeps_no_more_than_its_sum),
		cmocka_unit_test(frees_what_is_too_large_to_keep_and_ignores_nothing),
	};

	return test_run("http/body_pool", tests);
}
