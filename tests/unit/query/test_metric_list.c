#include "query/metrics.h"

#include <math.h>

#include "fixture.h"

static void reads_what_may_be_worked_out(void **state)
{
	static const struct {
		const char *text;
		enum agg_kind kind;
		double quantile;
	} table[] = {
		{"rate", AGG_RATE, 0},
		{"sum", AGG_SUM, 0},
		{"avg", AGG_AVG, 0},
		{"min", AGG_MIN, 0},
		{"max", AGG_MAX, 0},
		{"count", AGG_COUNT, 0},
		{"p50", AGG_PERCENTILE, 0.5},
		{"p99.9", AGG_PERCENTILE, 0.999},
		{"p0.1", AGG_PERCENTILE, 0.001},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct metric_agg agg;

		assert_true(metric_agg_parse(str_from(table[i].text), &agg));
		assert_int_equal(agg.kind, table[i].kind);
		assert_true(fabs(agg.quantile - table[i].quantile) < 1e-12);
		assert_string_equal(agg.name, table[i].text);
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const texts[] = {"",       "p",      "p0",  "p100",          "p-5",
					    "pnan",   "p0x1",   "p9x", "Rate",          "rate ",
					    "median", "p99999", "p.5", "p1234567890123"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct metric_agg agg;

		if (metric_agg_parse(str_from(texts[i]), &agg))
			fail_msg("\"%s\" was taken", texts[i]);
	}
}

static void steps_are_round_and_about_two_hundred(void **state)
{
	static const struct {
		double range_s;
		uint64_t step_s;
	} table[] = {{0, 1},
		     {60, 1},
		     {900, 5},
		     {3600, 30},
		     {6 * 3600, 120},
		     {86400, 600},
		     {7 * 86400, 3600},
		     {30 * 86400, 21600},
		     {3650.0 * 86400, 2 * 604800 * 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct time_range range = {BASE_NS, AT(table[i].range_s)};

		assert_true(metric_standard_step(range) == table[i].step_s * NS_PER_SECOND);
	}
	assert_true(UINT64_MAX / metric_standard_step(TIME_RANGE_ALL) <= METRIC_STANDARD_STEPS);
}

static void lists_metrics_by_name(void **state)
{
	static const struct metric hits = {.name = {"hits", 4}, .type = METRIC_SUM};
	static const struct metric load = {.name = {"load", 4}, .type = METRIC_GAUGE};
	struct fixture *fixture = fixture_new();
	struct metric_list list;

	(void)state;
	add_number(fixture, &load, 0, 1, 1)->attributes = ATTRIBUTES(fixture, "host", "a");
	add_number(fixture, &load, 0, 1, 1)->attributes = ATTRIBUTES(fixture, "host", "b");
	add_number(fixture, &hits, 0, 2, 1);
	fixture_commit(fixture);
	assert_int_equal(metric_list(fixture->query, TIME_RANGE_ALL, &list, &fixture->error), STATUS_OK);
	assert_int_equal(list.count, 2);
	assert_str(list.metrics[0].metric->name, "hits");
	assert_int_equal(list.metrics[1].series_count, 2);
	metric_list_release(&list);
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_may_be_worked_out),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(steps_are_round_and_about_two_hundred),
		cmocka_unit_test(lists_metrics_by_name),
	};

	return test_run("query/metric_list", tests);
}
