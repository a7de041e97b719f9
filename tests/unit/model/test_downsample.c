/* Rules, and what a series keeps. That questions get the same answers is in query/test_downsampled.c. */
#include "model/downsample.h"

#include "base/clock.h"
#include "test.h"

static void reads_ages_and_steps(void **state)
{
	static const char *const wrong[] = {"",         "7d",     "7d:",   ":1m",      "7:1m",
					    "12h:1m",   "36h:1m", "7d:7m", "7d:0s",    "7d:2d",
					    "7d:100ms", "7d:-1m", "x:1m",  "40000d:1m"};
	struct downsample_rule rule;

	(void)state;
	assert_true(downsample_rule_parse(str_from("7d:1m"), &rule));
	assert_int_equal(rule.age_days, 7);
	assert_true(rule.step_ns == 60 * NS_PER_SECOND);
	assert_true(downsample_rule_parse(str_from(" 2w : 1h "), &rule));
	assert_int_equal(rule.age_days, 14);
	assert_true(downsample_rule_parse(str_from("1d:1d"), &rule));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (downsample_rule_parse(str_from(wrong[i]), &rule))
			fail_msg("\"%s\" was taken", wrong[i]);
}

static const struct metric counter = {
	.name = {"hits", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE, .monotonic = true};

static size_t keep(struct metric_point *points, size_t count, struct arena *arena)
{
	assert_true(downsample_series(points, &count, 60 * NS_PER_SECOND, arena));
	return count;
}

static struct metric_point counted(uint64_t second, int64_t value)
{
	return (struct metric_point){.metric = &counter,
				     .time_ns = second * NS_PER_SECOND,
				     .value = {.integer = value, .kind = NUMBER_INT}};
}

static void keeps_both_sides_of_a_new_beginning(void **state)
{
	struct metric_point points[] = {counted(61, 100), counted(70, 110), counted(80, 130),
					counted(90, 5),   counted(100, 9),  counted(110, 200)};
	static const int64_t expected[] = {100, 130, 5, 200};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(keep(points, 6, &arena), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(points[i].value.integer, expected[i]);
	assert_int_equal(points[1].count, 2);
	assert_true(points[1].min == 10 && points[1].max == 20);
	assert_int_equal(points[3].count, 2);
	assert_true(points[3].min == 4 && points[3].max == 191);
	arena_release(&arena);
}

static void leaves_a_point_alone_in_its_step_as_it_was(void **state)
{
	struct metric_point points[] = {counted(61, 1), counted(150, 2), counted(220, 3)};
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_int_equal(keep(points, 3, &arena), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(points[i].count, 0);
	arena_release(&arena);
}

static void keeps_few_exemplars(void **state)
{
	struct exemplar exemplars[3] = {{.time_ns = 1}, {.time_ns = 2}, {.time_ns = 3}};
	struct metric_point points[4];
	struct arena arena;

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		points[i] = counted(61 + i, (int64_t)i);
		points[i].exemplars = exemplars;
		points[i].exemplar_count = 3;
	}
	arena_init(&arena, 0);
	assert_int_equal(keep(points, 4, &arena), 2);
	assert_int_equal(points[1].exemplar_count, DOWNSAMPLE_MOST_EXEMPLARS);
	assert_int_equal(points[1].exemplars[0].time_ns, 3);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_ages_and_steps),
		cmocka_unit_test(keeps_both_sides_of_a_new_beginning),
		cmocka_unit_test(leaves_a_point_alone_in_its_step_as_it_was),
		cmocka_unit_test(keeps_few_exemplars),
	};

	return test_run("model/downsample", tests);
}
