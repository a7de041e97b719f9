#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/value_filter.h"

enum { VALUES = 20000 };

static struct str value_at(uint64_t seed, size_t index, char text[32])
{
	return str_make(text, (size_t)snprintf(text, 32, "%llx/%zu", (unsigned long long)seed, index));
}

/* Whatever the values and however many: what was added may be there. */
static void never_denies_what_was_added(void **state)
{
	static const size_t counts[] = {1, 2, 31, 1000, VALUES};
	uint64_t seed = test_seed();
	char text[32];

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		size_t size = value_filter_size(counts[c]);
		char *filter = calloc(1, size);

		assert_non_null(filter);
		for (size_t i = 0; i < counts[c]; i++)
			value_filter_add(filter, size, value_at(seed, i, text));
		for (size_t i = 0; i < counts[c]; i++)
			assert_true(value_filter_may_hold(str_make(filter, size), value_at(seed, i, text)));
		free(filter);
	}
}

static void denies_nearly_all_that_was_not(void **state)
{
	size_t size = value_filter_size(VALUES), taken = 0;
	char *filter = calloc(1, size), text[32];

	(void)state;
	assert_non_null(filter);
	for (size_t i = 0; i < VALUES; i++)
		value_filter_add(filter, size, value_at(1, i, text));
	for (size_t i = 0; i < VALUES; i++)
		taken += value_filter_may_hold(str_make(filter, size), value_at(2, i, text));
	assert_in_range(taken, VALUES / 20, VALUES / 8);
	assert_in_range(size, VALUES * 5 / 8, VALUES * 5 / 8 + VALUE_FILTER_BUCKET);
	free(filter);
}

/* The filters of stores that are there must be asked with the hash that they were made with. */
static void keeps_its_bits(void **state)
{
	static const uint8_t expected[VALUE_FILTER_BUCKET] = {
		[2] = 0x01,
		[4] = 0x08,
		[11] = 0x20,
		[13] = 0x10,
	};
	char filter[VALUE_FILTER_BUCKET] = {0};

	(void)state;
	value_filter_add(filter, sizeof(filter), str_from("alpha"));
	assert_memory_equal(filter, expected, sizeof(filter));
}

static void lets_all_through_where_it_is_no_filter(void **state)
{
	char bytes[VALUE_FILTER_BUCKET + 1] = {0};

	(void)state;
	assert_true(value_filter_may_hold(str_make("", 0), str_from("alpha")));
	assert_true(value_filter_may_hold(str_make(bytes, sizeof(bytes)), str_from("alpha")));
	assert_false(value_filter_may_hold(str_make(bytes, VALUE_FILTER_BUCKET), str_from("alpha")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_denies_what_was_added),
		cmocka_unit_test(denies_nearly_all_that_was_not),
		cmocka_unit_test(keeps_its_bits),
		cmocka_unit_test(lets_all_through_where_it_is_no_filter),
	};

	return test_run("storage/columns/value_filter", tests);
}
