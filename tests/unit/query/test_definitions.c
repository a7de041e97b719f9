#include "query/definitions.h"

#include <stdio.h>

#include "test.h"

static void note(struct definitions *definitions, const char *name, uint8_t type)
{
	struct metric metric = {.name = str_from(name),
				.unit = str_from("ms"),
				.description = str_from("what"),
				.type = type};
	struct metric_summary summary = {.metric = &metric};

	definitions_note(definitions, &summary, 1);
}

/* The type, or 0 where it is not known. */
static uint8_t find(struct definitions *definitions, const char *name)
{
	struct metric metric = {0};
	struct arena arena;
	bool found;

	arena_init(&arena, 0);
	found = definitions_find(definitions, str_from(name), &arena, &metric);
	if (found) {
		assert_str(metric.name, name);
		assert_str(metric.unit, "ms");
		assert_str(metric.description, "what");
	}
	arena_release(&arena);
	return found ? metric.type : 0;
}

static void remembers_the_first_type_of_a_name(void **state)
{
	struct definitions *definitions = definitions_new(1 << 20);

	(void)state;
	assert_int_equal(find(definitions, "load"), 0);
	note(definitions, "load", METRIC_GAUGE);
	note(definitions, "hits", METRIC_SUM);
	note(definitions, "load", METRIC_HISTOGRAM);
	assert_int_equal(find(definitions, "load"), METRIC_GAUGE);
	assert_int_equal(find(definitions, "hits"), METRIC_SUM);
	assert_int_equal(find(definitions, "loa"), 0);
	definitions_free(definitions);
}

static void begins_anew_when_there_is_no_room(void **state)
{
	struct definitions *definitions = definitions_new(64 * 1024);
	char name[64], last[64] = "";

	(void)state;
	note(definitions, "first", METRIC_GAUGE);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "metric %d", i);
		note(definitions, name, METRIC_SUM);
		if (find(definitions, name))
			snprintf(last, sizeof(last), "%s", name);
	}
	assert_int_equal(find(definitions, "first"), 0);
	assert_string_not_equal(last, "");
	/* And there is room again. */
	note(definitions, "another", METRIC_SUMMARY);
	note(definitions, "another", METRIC_SUMMARY);
	assert_int_equal(find(definitions, "another"), METRIC_SUMMARY);
	definitions_free(definitions);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_the_first_type_of_a_name),
		cmocka_unit_test(begins_anew_when_there_is_no_room),
	};

	return test_run("query/definitions", tests);
}
