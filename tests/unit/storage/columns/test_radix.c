#include "unit/test.h"

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/radix.h"

enum { MOST = 3000 };

/* By key, and items of one key in the order in which they came: value is their place. */
static void assert_sorted(const struct radix_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (items[i - 1].key > items[i].key ||
		    (items[i - 1].key == items[i].key && items[i - 1].value >= items[i].value))
			fail_msg("items %zu and %zu are not in order", i - 1, i);
}

static void sorts_keys_of_any_spread_and_keeps_equals_in_order(void **state)
{
	static const size_t counts[] = {0, 1, 2, 31, 32, 33, 255, 1000, MOST};
	static struct radix_item items[MOST], scratch[MOST];
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (unsigned bits = 0; bits <= 64; bits += 4) {
			uint64_t sum = 0,
				 above = random_next(&random) & (bits < 64 ? ~UINT64_C(0) << bits : 0);

			for (size_t j = 0; j < counts[i]; j++) {
				uint64_t low = bits ? random_next(&random) >> (64 - bits) : 0;

				items[j] = (struct radix_item){above | low, j};
				sum += items[j].key;
			}
			radix_sort(items, scratch, counts[i]);
			assert_sorted(items, counts[i]);
			for (size_t j = 0; j < counts[i]; j++)
				sum -= items[j].key;
			assert_true(sum == 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_keys_of_any_spread_and_keeps_equals_in_order),
	};

	return test_run("storage/columns/radix", tests);
}
