#include "base/buffer.h"

#include <string.h>

#include "test.h"

static void grows_with_what_is_appended(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	for (int i = 0; i < 10000; i++)
		buffer_printf(&buffer, "%05d", i);
	assert_false(buffer_failed(&buffer));
	assert_int_equal(buffer.size, 50000);
	assert_memory_equal(buffer.data + 49995, "09999", 5);
	buffer_clear(&buffer);
	buffer_append_c(&buffer, "ab");
	buffer_append_str(&buffer, str_from("cd"));
	buffer_append(&buffer, "\0e", 2);
	buffer_append_byte(&buffer, 0xff);
	buffer_append(&buffer, NULL, 0);
	assert_int_equal(buffer.size, 7);
	assert_memory_equal(buffer.data, "abcd\0e\xff", 7);
	buffer_release(&buffer);
	assert_null(buffer.data);
}

static void remembers_that_it_could_not_grow(void **state)
{
	struct buffer buffer = {.limit = 100};
	char bytes[101] = {0};

	(void)state;
	buffer_append(&buffer, bytes, 60);
	buffer_append(&buffer, bytes, 41);
	assert_true(buffer_failed(&buffer));
	buffer_append_c(&buffer, "ignored");
	assert_int_equal(buffer.size, 60);
	assert_null(buffer_reserve(&buffer, 1));
	buffer_clear(&buffer);
	assert_false(buffer_failed(&buffer));
	buffer_append(&buffer, bytes, 100);
	assert_false(buffer_failed(&buffer));
	assert_int_equal(buffer.size, 100);
	assert_int_equal(buffer.limit, 100);
	buffer_append_byte(&buffer, 0);
	assert_true(buffer_failed(&buffer));
	buffer_release(&buffer);
	assert_int_equal(buffer.limit, 100);
}

static void refuses_sizes_that_overflow(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;

	(void)state;
	buffer_append_c(&buffer, "x");
	assert_null(buffer_reserve(&buffer, SIZE_MAX));
	assert_true(buffer_failed(&buffer));
	buffer_release(&buffer);
}

static void reserved_room_is_the_callers_to_fill(void **state)
{
	struct buffer buffer = BUFFER_EMPTY;
	char *room = buffer_reserve(&buffer, 1000);

	(void)state;
	assert_non_null(room);
	assert_int_equal(buffer.size, 0);
	memset(room, 'x', 1000);
	buffer.size += 1000;
	assert_int_equal(buffer_str(&buffer).size, 1000);
	assert_int_equal(buffer.data[999], 'x');
	assert_non_null(buffer_reserve(&buffer, 0));
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_with_what_is_appended),
		cmocka_unit_test(remembers_that_it_could_not_grow),
		cmocka_unit_test(refuses_sizes_that_overflow),
		cmocka_unit_test(reserved_room_is_the_callers_to_fill),
	};

	return test_run("base/buffer", tests);
}
