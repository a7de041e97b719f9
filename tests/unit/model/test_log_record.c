#include "model/log_record.h"

#include <string.h>

#include "test.h"

static void takes_the_level_from_the_severity_number(void **state)
{
	static const enum log_record_level levels[] = {LEVEL_TRACE, LEVEL_DEBUG, LEVEL_INFO,
						       LEVEL_WARN,  LEVEL_ERROR, LEVEL_ERROR};
	struct log_record record = {.severity_text = str_from("TRACE")};

	(void)state;
	record.severity_text = str_from("WARN"); /* the number goes before it */
	for (uint8_t number = 1; number <= 24; number++) {
		record.severity_number = number;
		assert_int_equal(log_record_level(&record), levels[(number - 1) / 4]);
	}
	record.severity_number = 255;
	assert_int_equal(log_record_level(&record), LEVEL_ERROR);
}

static void falls_back_on_the_text_then_on_info(void **state)
{
	static const struct {
		const char *text;
		enum log_record_level level;
	} rows[] = {{"", LEVEL_INFO},       {"warn", LEVEL_WARN},   {"Warning", LEVEL_WARN},
		    {"FATAL", LEVEL_ERROR}, {"error", LEVEL_ERROR}, {"trace", LEVEL_TRACE},
		    {"Debug", LEVEL_DEBUG}, {"shout", LEVEL_INFO},  {"critical", LEVEL_ERROR}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct log_record record = {.severity_text = str_from(rows[i].text)};

		assert_int_equal(log_record_level(&record), rows[i].level);
	}
}

static void names_of_levels_read_back(void **state)
{
	enum log_record_level level = LEVEL_WARN;

	(void)state;
	for (int i = 0; i < LEVEL_COUNT; i++) {
		assert_true(level_parse(str_from(level_name((enum log_record_level)i)), &level));
		assert_int_equal(level, i);
		assert_int_equal(level_lowest_severity(level), 1 + 4 * i);
	}
	assert_false(level_parse(str_from(""), &level));
	assert_false(level_parse(str_from("loud"), &level));
	assert_int_equal(level, LEVEL_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_level_from_the_severity_number),
		cmocka_unit_test(falls_back_on_the_text_then_on_info),
		cmocka_unit_test(names_of_levels_read_back),
	};

	return test_run("model/log_record", tests);
}
