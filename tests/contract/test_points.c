/* Metric points: searching, grouping into series, the list of metrics. */
#include <stdlib.h>

#include "contract/contract.h"
#include "contract/dump.h"
#include "contract/rows.h"

#define NAMED(text_) {text_, sizeof(text_) - 1}

static const struct metric memory_metric = {
	.name = NAMED("memory"), .unit = NAMED("By"), .type = METRIC_GAUGE};
static const struct metric jobs_sum = {
	.name = NAMED("jobs"), .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true};
static const struct metric jobs_gauge = {.name = NAMED("jobs"), .type = METRIC_GAUGE};

static struct resource resource_of(struct attribute *name, const char *service)
{
	*name = text("service.name", service);
	return (struct resource){.attributes = {name, 1, 0}};
}

static void expected_points(const struct batch *rows, const struct point_filter *filter, struct batch *out)
{
	for (size_t i = 0; i < rows->point_count; i++)
		if (point_filter_match(filter, &rows->points[i]))
			assert_non_null(batch_copy_point(out, &rows->points[i]));
}

#define STR(text_) {text_, sizeof(text_) - 1}
#define LABELS(key_, value_)                                                                                 \
	.labels = (const struct label_filter[]){{STR(key_), STR(value_)}}, .label_count = 1
#define LABEL_PASSES(key_, value_, operator_)                                                                \
	.labels = (const struct label_filter[]){{STR(key_), STR(value_), operator_, NULL}}, .label_count = 1
#define FILTER(...) {.range = TIME_RANGE_ALL, __VA_ARGS__}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *name;
	struct point_filter filter;
	bool finds_none;
} searches[] = {
	{"any", FILTER(.label_count = 0), false},
	{"a metric", FILTER(.metric = STR("jobs")), false},
	{"a metric's beginning", FILTER(.metric = STR("job")), true},
	{"a range", FILTER(.range = {NEW_YEAR_NS + 5, NEW_YEAR_NS + 7}), false},
	{"an empty range", FILTER(.range = {NEW_YEAR_NS + 5, NEW_YEAR_NS + 5}), true},
	{"a label", FILTER(LABELS("queue", "mail")), false},
	{"a label that is a number", FILTER(LABELS("shard", "3")), false},
	{"a label of the resource", FILTER(LABELS("service.name", "shop")), false},
	{"a label's other value", FILTER(LABELS("queue", "none")), true},
	{"a label that nobody has", FILTER(LABELS("nobody", "mail")), true},
	{"another label's value than one", FILTER(LABEL_PASSES("queue", "mail", LABEL_IS_NOT)), false},
	{"a label that nobody has, and is not", FILTER(LABEL_PASSES("nobody", "x", LABEL_IS_NOT)), false},
	{"a pattern", FILTER(LABEL_PASSES("queue", "ma.*", LABEL_MATCHES)), false},
	{"a part of a value", FILTER(LABEL_PASSES("queue", "ma", LABEL_MATCHES)), true},
	{"a pattern of a number", FILTER(LABEL_PASSES("shard", "[0-9]", LABEL_MATCHES)), false},
	{"a pattern that nothing meets", FILTER(LABEL_PASSES("queue", "[mail]*", LABEL_MATCHES_NOT)), true},
	{"all together",
	 FILTER(.metric = STR("memory"), .range = {NEW_YEAR_NS, NEW_YEAR_NS + 60}, LABELS("queue", "mail")),
	 false},
};

/* The filter of a search, its label with the pattern that it needs, which the caller frees. */
static struct point_filter filter_of(size_t search, struct label_filter *label_out,
				     struct pattern **pattern_out)
{
	struct point_filter filter = searches[search].filter;
	size_t offset;

	*pattern_out = NULL;
	if (!filter.label_count)
		return filter;
	*label_out = filter.labels[0];
	if (label_out->comparison >= LABEL_MATCHES)
		assert_int_equal(pattern_new_whole(label_out->value, pattern_out, &offset, NULL), STATUS_OK);
	label_out->pattern = *pattern_out;
	filter.labels = label_out;
	return filter;
}

static void finds_what_a_filter_means(void **state)
{
	struct fixture *fixture = *state;
	struct attribute name, queue = text("queue", "mail"), shard = whole("shard", 3);
	struct resource shop = resource_of(&name, "shop");
	struct batch rows, expected, found;

	batch_init(&rows, 0);
	batch_init(&expected, 0);
	batch_init(&found, 0);
	for (uint64_t i = 0; i < 120; i++) {
		struct metric_point *point = add_point(&rows, i % 3 ? &memory_metric : &jobs_sum,
						       NEW_YEAR_NS + (i * 7) % 60, (int64_t)i);

		point->resource = i % 2 ? &shop : &resource_empty;
		if (i % 4)
			point->attributes = (struct attributes){i % 4 == 1 ? &queue : &shard, 1, 0};
	}
	append(fixture, &rows);
	for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		struct label_filter label;
		struct pattern *pattern;
		struct point_filter filter = filter_of(i, &label, &pattern);

		batch_clear(&expected);
		batch_clear(&found);
		expected_points(&rows, &filter, &expected);
		read_all_points(fixture, &filter, &found);
		pattern_free(pattern);
		if (searches[i].finds_none != (expected.point_count == 0))
			fail_msg("the table is wrong about \"%s\"", searches[i].name);
		if (found.point_count != expected.point_count)
			fail_msg("\"%s\" finds %zu points, expected %zu", searches[i].name, found.point_count,
				 expected.point_count);
		assert_same_points(&found, &expected);
	}
	batch_release(&rows);
	batch_release(&expected);
	batch_release(&found);
}

/* Appended one by one, latest first, interleaved: assert_store_holds looks at their order. */
static void puts_a_series_together_from_many_appends(void **state)
{
	struct fixture *fixture = *state;
	struct attribute names[3];
	struct resource services[3] = {resource_of(&names[0], "a"), resource_of(&names[1], "b"),
				       resource_of(&names[2], "a")};
	struct batch all, one;

	batch_init(&all, 0);
	batch_init(&one, 0);
	for (uint64_t i = 0; i < 90; i++) {
		struct metric_point *point;

		batch_clear(&one);
		point = add_point(&one, i % 2 ? &jobs_sum : &jobs_gauge,
				  NEW_YEAR_NS + (90 - i) * 3600 * NS_PER_SECOND, (int64_t)i);
		point->resource = &services[i % 3];
		assert_non_null(batch_copy_point(&all, point));
		append(fixture, &one);
	}
	assert_store_holds(fixture, &all);
	batch_release(&all);
	batch_release(&one);
}

static size_t list(struct fixture *fixture, struct time_range range, struct arena *arena,
		   struct metric_summary **metrics_out)
{
	struct error error = {0};
	size_t count = 0;

	assert_ok(store_list_metrics(fixture->store, range, arena, metrics_out, &count, &error));
	return count;
}

static void lists_nothing_of_an_empty_store(void **state)
{
	struct metric_summary *metrics = NULL;
	struct arena arena;

	arena_init(&arena, 0);
	assert_int_equal(list(*state, TIME_RANGE_ALL, &arena, &metrics), 0);
	arena_release(&arena);
}

static void lists_one_entry_a_name_and_type(void **state)
{
	struct fixture *fixture = *state;
	struct metric_summary *metrics;
	struct batch rows;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&rows, 0);
	add_point(&rows, &memory_metric, NEW_YEAR_NS, 1);
	add_point(&rows, &jobs_sum, NEW_YEAR_NS, 1);
	append(fixture, &rows);
	batch_clear(&rows);
	add_point(&rows, &jobs_gauge, NEW_YEAR_NS, 1);
	add_point(&rows, &memory_metric, NEW_YEAR_NS + 1, 1);
	append(fixture, &rows);
	assert_int_equal(list(fixture, TIME_RANGE_ALL, &arena, &metrics), 3);
	assert_str(metrics[0].metric->name, "jobs");
	assert_int_equal(metrics[0].metric->type, METRIC_GAUGE);
	assert_str(metrics[1].metric->name, "jobs");
	assert_int_equal(metrics[1].metric->type, METRIC_SUM);
	assert_int_equal(metrics[1].metric->temporality, TEMPORALITY_DELTA);
	assert_true(metrics[1].metric->monotonic);
	assert_str(metrics[2].metric->name, "memory");
	assert_str(metrics[2].metric->unit, "By");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(metrics[i].series_count, 1);
	batch_release(&rows);
	arena_release(&arena);
}

static void lists_label_names_once_and_sorted(void **state)
{
	struct fixture *fixture = *state;
	struct attribute name;
	struct resource shop = resource_of(&name, "shop");
	struct metric_summary *metrics;
	struct batch rows;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&rows, 0);
	add_point(&rows, &memory_metric, NEW_YEAR_NS, 1)->attributes =
		ATTRIBUTES(text("z", "1"), text("b", "1"));
	add_point(&rows, &memory_metric, NEW_YEAR_NS, 1)->attributes =
		ATTRIBUTES(text("b", "2"), text("ä", "1"));
	append(fixture, &rows);
	batch_clear(&rows);
	add_point(&rows, &memory_metric, NEW_YEAR_NS + 1, 1)->attributes =
		ATTRIBUTES(text("z", "1"), text("b", "1"));
	rows.points[0].resource = &shop;
	add_point(&rows, &memory_metric, NEW_YEAR_NS + 2, 1)->attributes =
		ATTRIBUTES(text("z", "1"), text("b", "1"));
	append(fixture, &rows);
	assert_int_equal(list(fixture, TIME_RANGE_ALL, &arena, &metrics), 1);
	assert_int_equal(metrics[0].series_count, 3);
	assert_int_equal(metrics[0].label_name_count, 4);
	assert_str(metrics[0].label_names[0], "b");
	assert_str(metrics[0].label_names[1], "service.name");
	assert_str(metrics[0].label_names[2], "z");
	assert_str(metrics[0].label_names[3], "ä");
	batch_release(&rows);
	arena_release(&arena);
}

static void lists_only_metrics_with_points_in_range(void **state)
{
	struct fixture *fixture = *state;
	struct time_range range = {NEW_YEAR_NS + 10, NEW_YEAR_NS + 20};
	struct attribute item = text("old", "1");
	struct metric_summary *metrics;
	struct batch rows;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&rows, 0);
	add_point(&rows, &jobs_sum, NEW_YEAR_NS + 9, 1);
	add_point(&rows, &jobs_sum, NEW_YEAR_NS + 20, 1);
	add_point(&rows, &memory_metric, NEW_YEAR_NS, 1)->attributes = (struct attributes){&item, 1, 0};
	add_point(&rows, &memory_metric, NEW_YEAR_NS + 10, 1);
	append(fixture, &rows);
	assert_int_equal(list(fixture, range, &arena, &metrics), 1);
	assert_str(metrics[0].metric->name, "memory");
	assert_int_equal(metrics[0].series_count, 1);
	assert_int_equal(metrics[0].label_name_count, 0);
	batch_release(&rows);
	arena_release(&arena);
}

static const struct CMUnitTest tests[] = {
	contract_test(finds_what_a_filter_means),
	contract_test(puts_a_series_together_from_many_appends),
	contract_test(lists_nothing_of_an_empty_store),
	contract_test(lists_one_entry_a_name_and_type),
	contract_test(lists_label_names_once_and_sorted),
	contract_test(lists_only_metrics_with_points_in_range),
};
const struct test_list point_tests = TEST_LIST(tests);
