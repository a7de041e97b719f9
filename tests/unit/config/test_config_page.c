#include "config/config_page.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "test.h"

static void committed_page_is_the_tables(void **state)
{
	struct buffer page = BUFFER_EMPTY, committed = BUFFER_EMPTY;
	FILE *file = fopen(PROJECT_ROOT "/docs/configuration.md", "r");
	char *at;

	(void)state;
	assert_non_null(file);
	config_page_write(&page);
	at = buffer_reserve(&committed, 1 << 20);
	assert_non_null(at);
	committed.size = fread(at, 1, 1 << 20, file);
	fclose(file);
	if (!str_equal(buffer_str(&page), buffer_str(&committed)))
		fail_msg("docs/configuration.md is not what the table says: run "
			 "\"build/rohas-telemetry check-config --markdown > docs/configuration.md\"");
	buffer_release(&page);
	buffer_release(&committed);
}

static void page_names_every_key_and_its_variable(void **state)
{
	struct buffer page = BUFFER_EMPTY;

	(void)state;
	config_page_write(&page);
	buffer_append_byte(&page, '\0');
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		char variable[CONFIG_VARIABLE_SIZE];

		config_variable(&config_keys[i], variable);
		assert_non_null(strstr(page.data, config_keys[i].name));
		assert_non_null(strstr(page.data, config_keys[i].help));
		assert_non_null(strstr(page.data, variable));
	}
	buffer_release(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(committed_page_is_the_tables),
		cmocka_unit_test(page_names_every_key_and_its_variable),
	};

	return test_run("config/config_page", tests);
}
