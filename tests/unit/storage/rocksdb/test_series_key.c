#include "unit/test.h"

#include "storage/rocksdb/series_key.h"

static struct attribute text(const char *key, const char *value)
{
	return (struct attribute){str_from(key), value_from_str(str_from(value))};
}

static struct series_key key_of(struct series_keyer *keyer, const struct metric *metric,
				const struct resource *resource, const struct attributes *attributes)
{
	struct series_key key;

	assert_true(series_keyer_make(keyer, metric, resource, &scope_empty, attributes, &key));
	return key;
}

static void tells_series_apart_by_what_makes_them(void **state)
{
	static struct series_keyer keyer;
	struct attribute items[] = {text("a", "1"), text("b", "2")};
	struct attribute turned[] = {text("b", "2"), text("a", "1")};
	struct attributes both = {items, 2, 0}, one = {items, 1, 0}, other_order = {turned, 2, 0};
	struct metric metric = {.name = str_from("m"), .type = METRIC_GAUGE};
	struct metric same = metric, sum = metric;
	struct resource resource = {.attributes = both};
	struct series_key key = key_of(&keyer, &metric, &resource_empty, &both);
	struct series_key again;

	(void)state;
	same.description = str_from("told otherwise");
	sum.type = METRIC_SUM;
	again = key_of(&keyer, &same, &resource_empty, &both);
	assert_int_equal(series_key_compare(&key, &again), 0);
	again = key_of(&keyer, &sum, &resource_empty, &both);
	assert_int_not_equal(series_key_compare(&key, &again), 0);
	again = key_of(&keyer, &metric, &resource_empty, &one);
	assert_int_not_equal(series_key_compare(&key, &again), 0);
	again = key_of(&keyer, &metric, &resource_empty, &other_order);
	assert_int_not_equal(series_key_compare(&key, &again), 0);
	again = key_of(&keyer, &metric, &resource, &both);
	assert_int_not_equal(series_key_compare(&key, &again), 0);
	series_keyer_release(&keyer);
}

static void forgets_what_lay_at_an_address(void **state)
{
	static struct series_keyer keyer;
	struct attributes none = {0};
	struct metric metric = {.name = str_from("m"), .type = METRIC_GAUGE};
	struct series_key before = key_of(&keyer, &metric, &resource_empty, &none), after;

	(void)state;
	metric.name = str_from("n");
	series_keyer_forget(&keyer);
	after = key_of(&keyer, &metric, &resource_empty, &none);
	assert_int_not_equal(series_key_compare(&before, &after), 0);
	series_keyer_release(&keyer);
}

static void counts_each_key_once(void **state)
{
	enum { KEYS = 100000 };
	struct series_set set = {0};
	bool is_new;

	(void)state;
	for (uint64_t round = 0; round < 2; round++)
		for (uint64_t i = 0; i < KEYS; i++) {
			struct series_key key = {i * 7919 % 1024, i + 1};

			/* Few low halves: keys that want the same place are kept apart. */
			key.low = i % 16 ? i * UINT64_C(0x9e3779b97f4a7c15) : 5;
			if (i % 16 == 0 && i > 4096)
				continue;
			assert_true(series_set_add(&set, key, &is_new));
			assert_int_equal(is_new, round == 0);
		}
	series_set_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_series_apart_by_what_makes_them),
		cmocka_unit_test(forgets_what_lay_at_an_address),
		cmocka_unit_test(counts_each_key_once),
	};

	return test_run("storage/rocksdb/series_key", tests);
}
