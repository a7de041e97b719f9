#include "query/schedule.h"

#include "base/clock.h"
#include "test.h"

static uint64_t at(const char *time)
{
	uint64_t time_ns = 0;

	if (!time_parse(str_from(time), &time_ns))
		fail_msg("%s is no time", time);
	return time_ns;
}

static void assert_next(const char *expression, const char *after, const char *expected)
{
	struct schedule schedule;
	char found[TIME_TEXT_SIZE];

	if (!schedule_parse(str_from(expression), &schedule))
		fail_msg("\"%s\" is not understood", expression);
	time_format(schedule_next(&schedule, at(after), 0), found);
	found[19] = 'Z';
	found[20] = '\0';
	if (strcmp(found, expected) != 0)
		fail_msg("\"%s\" after %s: %s, not %s", expression, after, found, expected);
}

static void says_when_it_is_next(void **state)
{
	(void)state;
	assert_next("* * * * *", "2026-11-24T10:00:00Z", "2026-11-24T10:01:00Z");
	assert_next("* * * * *", "2026-11-24T10:00:59.999Z", "2026-11-24T10:01:00Z");
	assert_next("*/15 * * * *", "2026-11-24T10:59:00Z", "2026-11-24T11:00:00Z");
	assert_next("5/15 * * * *", "2026-11-24T10:21:00Z", "2026-11-24T10:35:00Z");
	assert_next("0 */2 * * * *", "2026-11-24T10:00:00Z", "2026-11-24T10:02:00Z");
	assert_next("30 5 3 * * *", "2026-11-24T10:00:00Z", "2026-11-25T03:05:30Z");
	assert_next("0 0 1 1 *", "2026-11-24T10:00:00Z", "2027-01-01T00:00:00Z");
	assert_next("0 12 29 2 *", "2026-11-24T10:00:00Z", "2028-02-29T12:00:00Z");
	assert_next("0 9 * * MON-FRI", "2026-11-27T10:00:00Z", "2026-11-30T09:00:00Z");
	assert_next("0 9 * * 7", "2026-11-24T10:00:00Z", "2026-11-29T09:00:00Z");
	assert_next("0 0 13 * 5", "2026-11-24T10:00:00Z", "2026-11-27T00:00:00Z");
	assert_next("0 0 13 * ?", "2026-11-24T10:00:00Z", "2026-12-13T00:00:00Z");
	assert_next("15,45 8-10 * jan,dec *", "2026-11-24T10:00:00Z", "2026-12-01T08:15:00Z");
	assert_next("@hourly", "2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z");
	assert_next("@weekly", "2026-11-24T10:00:00Z", "2026-11-29T00:00:00Z");
	assert_next("cron(0 10 * * ? *)", "2026-11-24T10:00:00Z", "2026-11-25T10:00:00Z");
	assert_next("0 0 12 * * ? 2026", "2026-11-24T13:00:00Z", "2026-11-25T12:00:00Z");
	assert_next("  0   0  *  *  * ", "2024-02-28T10:00:00Z", "2024-02-29T00:00:00Z");
}

static void a_rate_is_an_interval(void **state)
{
	struct schedule schedule;

	(void)state;
	assert_true(schedule_parse(str_from("rate(5 minutes)"), &schedule));
	assert_int_equal(schedule.interval_ns, 300 * NS_PER_SECOND);
	assert_int_equal(schedule_next(&schedule, at("2026-11-24T10:00:00Z"), 0), 0);
	assert_true(schedule_parse(str_from("rate(1 day)"), &schedule));
	assert_int_equal(schedule.interval_ns, 86400 * NS_PER_SECOND);
}

static void an_offset_moves_it(void **state)
{
	struct schedule schedule;

	(void)state;
	assert_true(schedule_parse(str_from("0 3 * * *"), &schedule));
	assert_int_equal(
		schedule_next(&schedule, at("2026-11-24T10:00:00Z"), (int64_t)(2 * 3600 * NS_PER_SECOND)),
		at("2026-11-25T01:00:00Z"));
}

static void never_is_never(void **state)
{
	struct schedule schedule;

	(void)state;
	assert_true(schedule_parse(str_from("0 0 30 2 *"), &schedule));
	assert_int_equal(schedule_next(&schedule, at("2026-11-24T10:00:00Z"), 0), 0);
}

static void refuses_what_is_none(void **state)
{
	static const char *const wrong[] = {
		"",
		"* * * *",
		"60 * * * *",
		"* 24 * * *",
		"* * 0 * *",
		"* * * 13 *",
		"* * * * 8",
		"a * * * *",
		"1- * * * *",
		"5-1 * * * *",
		"*/0 * * * *",
		"1,,2 * * * *",
		"rate(0 minutes)",
		"rate(5 years)",
		"rate(5)",
		"cron(* * * * *)",
		"@reboot",
		"* * * * * * * *",
		"every five minutes",
	};
	struct schedule schedule;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (schedule_parse(str_from(wrong[i]), &schedule))
			fail_msg("\"%s\" was taken for a schedule", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_when_it_is_next), cmocka_unit_test(a_rate_is_an_interval),
		cmocka_unit_test(an_offset_moves_it),   cmocka_unit_test(never_is_never),
		cmocka_unit_test(refuses_what_is_none),
	};

	return test_run("query/schedule", tests);
}
