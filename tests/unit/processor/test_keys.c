#include "processor/keys.h"
#include "spans.h"

static struct key_table table;

static void finds_every_key_and_nothing_near_it(void **state)
{
	(void)state;
	for (int key = KEY_NONE + 1; key < KEY_TEXT_COUNT; key++) {
		const struct key_entry *entry = &table.entries[key];
		struct key_values values;
		char changed[128];

		struct attribute item = {str_make(entry->text, entry->size), value_from_int(key)};
		struct attributes attributes = {&item, 1, 0};

		key_table_collect(&table, &attributes, &values);
		assert_int_equal(values.present, KEY_BIT(key));
		assert_ptr_equal(values.of[key], &item.value);
		memcpy(changed, entry->text, entry->size);
		for (size_t at = 0; at < entry->size; at++) {
			changed[at] ^= 1;
			item.key = str_make(changed, entry->size);
			key_table_collect(&table, &attributes, &values);
			assert_int_equal(values.present, 0);
			changed[at] ^= 1;
			item.key = str_make(changed, at);
			key_table_collect(&table, &attributes, &values);
			assert_int_equal(values.present & KEY_BIT(key), 0);
		}
	}
}

static void takes_keys_of_any_size(void **state)
{
	static const char longest[300] = "messaging.destination.name.";
	struct key_values values;

	(void)state;
	for (size_t size = 0; size < sizeof(longest); size++) {
		struct attribute item = {str_make(longest, size), value_from_int(1)};
		struct attributes attributes = {&item, 1, 0};
		uint64_t expected =
			size == strlen("messaging.destination.name") ? KEY_BIT(KEY_MESSAGING_DESTINATION_NAME)
			: size == strlen("messaging.destination")    ? KEY_BIT(KEY_MESSAGING_DESTINATION)
								     : 0;

		key_table_collect(&table, &attributes, &values);
		assert_int_equal(values.present, expected);
	}
}

static void reads_integers_also_from_text(void **state)
{
	const struct attribute items[] = {whole("http.status_code", 404),
					  text("http.response.status_code", "503"), text("http.route", "/x"),
					  truth("messaging.temp_destination", true)};
	struct attributes attributes = {items, 4, 0};
	struct key_values values;
	int64_t number = -1;

	(void)state;
	key_table_collect(&table, &attributes, &values);
	assert_true(key_integer(&values, KEY_HTTP_STATUS_CODE, &number));
	assert_int_equal(number, 404);
	assert_true(key_integer(&values, KEY_HTTP_RESPONSE_STATUS_CODE, &number));
	assert_int_equal(number, 503);
	assert_false(key_integer(&values, KEY_HTTP_ROUTE, &number));
	assert_false(key_integer(&values, KEY_FAAS_CRON, &number));
	assert_int_equal(number, 503);
	assert_true(key_is_true(&values, KEY_MESSAGING_TEMP_DESTINATION));
	assert_false(key_is_true(&values, KEY_HTTP_ROUTE));
	assert_false(key_is_true(&values, KEY_FAAS_CRON));
	assert_int_equal(key_str(&values, KEY_HTTP_STATUS_CODE).size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_key_and_nothing_near_it),
		cmocka_unit_test(takes_keys_of_any_size),
		cmocka_unit_test(reads_integers_also_from_text),
	};

	key_table_init(&table);
	return test_run("processor/keys", tests);
}
