#include "base/clock.h"

#include <string.h>

#include "test.h"

/* 2026-01-01T00:00:00Z */
#define NEW_YEAR_NS UINT64_C(1767225600000000000)

static void writes_nine_decimals_always(void **state)
{
	static const struct {
		uint64_t time_ns;
		const char *text;
	} rows[] = {
		{0, "1970-01-01T00:00:00.000000000Z"},
		{1, "1970-01-01T00:00:00.000000001Z"},
		{NEW_YEAR_NS + 123456789, "2026-01-01T00:00:00.123456789Z"},
		{UINT64_C(1709251199999999999), "2024-02-29T23:59:59.999999999Z"},
		{UINT64_MAX, "2554-07-21T23:34:33.709551615Z"},
	};
	char text[TIME_TEXT_SIZE];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		time_format(rows[i].time_ns, text);
		assert_string_equal(text, rows[i].text);
		if (rows[i].time_ns == UINT64_MAX)
			continue; /* the last second of the range is not read */
		assert_true(time_parse(str_from(text), &back));
		assert_true(back == rows[i].time_ns);
	}
}

static void reads_rfc_3339(void **state)
{
	static const struct {
		const char *text;
		uint64_t time_ns;
	} rows[] = {
		{"2026-01-01T00:00:00Z", NEW_YEAR_NS},
		{"2026-01-01t00:00:00z", NEW_YEAR_NS},
		{"2026-01-01 00:00:00Z", NEW_YEAR_NS},
		{"2026-01-01T00:00:00.5Z", NEW_YEAR_NS + 500000000},
		{"2026-01-01T00:00:00.1234567891Z", NEW_YEAR_NS + 123456789},
		{"2026-01-01T02:00:00+02:00", NEW_YEAR_NS},
		{"2025-12-31T18:30:00-05:30", NEW_YEAR_NS},
		{"2025-12-31T23:59:60Z", NEW_YEAR_NS - NS_PER_SECOND},
		{"2024-02-29T00:00:00Z", UINT64_C(1709164800000000000)},
	};
	uint64_t time_ns;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(time_parse(str_from(rows[i].text), &time_ns));
		assert_true(time_ns == rows[i].time_ns);
	}
}

static void refuses_what_is_no_time(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-01-01",
		"2026-01-01T00:00:00",
		"2026-1-01T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-02-30T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2026-01-01T00:00:61Z",
		"2026-01-01T00:00:00+0200",
		"2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00Z ",
		"1969-12-31T23:59:59Z",
		"2600-01-01T00:00:00Z",
		"2026-01-01T00:00:00X",
		"2026-01-01T00:00:00.5",
		"-026-01-01T00:00:00Z",
	};
	uint64_t time_ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (time_parse(str_from(texts[i]), &time_ns))
			fail_msg("\"%s\" was taken for a time", texts[i]);
	assert_true(time_ns == 7);
}

static void reads_durations_with_their_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t duration_ns;
	} rows[] = {{"100ms", 100000000},
		    {"1.5s", 1500000000},
		    {"250us", 250000},
		    {"250µs", 250000},
		    {"10ns", 10},
		    {"2m", 120 * NS_PER_SECOND},
		    {"1h", 3600 * NS_PER_SECOND},
		    {"7d", 7 * 86400 * NS_PER_SECOND},
		    {"1w", 7 * 86400 * NS_PER_SECOND},
		    {"5", 5 * NS_PER_MS},
		    {"0", 0},
		    {"0.5", NS_PER_MS / 2},
		    {".5s", 500000000}};
	static const char *const wrong[] = {
		"", "ms", "-1s", "1 s", "1x", "1.2.3s", "s1", "1S", "9999999999999w", "nan", "inf"};
	uint64_t duration_ns = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (duration_parse(str_from(wrong[i]), &duration_ns))
			fail_msg("\"%s\" was taken for a duration", wrong[i]);
	assert_true(duration_ns == 7);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(duration_parse(str_from(rows[i].text), &duration_ns));
		assert_true(duration_ns == rows[i].duration_ns);
	}
}

static void reads_times_of_queries(void **state)
{
	uint64_t time_ns = 7;

	(void)state;
	assert_true(time_parse_query(str_from("now"), 1000, &time_ns));
	assert_true(time_ns == 1000);
	assert_true(time_parse_query(str_from("-15m"), NEW_YEAR_NS, &time_ns));
	assert_true(time_ns == NEW_YEAR_NS - 900 * NS_PER_SECOND);
	assert_true(time_parse_query(str_from("-7d"), 1000, &time_ns));
	assert_true(time_ns == 0);
	assert_true(time_parse_query(str_from("1767225600000000001"), 0, &time_ns));
	assert_true(time_ns == NEW_YEAR_NS + 1);
	assert_true(time_parse_query(str_from("2026-01-01T00:00:00Z"), 0, &time_ns));
	assert_true(time_ns == NEW_YEAR_NS);
	assert_false(time_parse_query(str_from(""), 0, &time_ns));
	assert_false(time_parse_query(str_from("-"), 0, &time_ns));
	assert_false(time_parse_query(str_from("15m"), 0, &time_ns));
	assert_false(time_parse_query(str_from("yesterday"), 0, &time_ns));
	assert_true(time_ns == NEW_YEAR_NS);
}

static void never_goes_back(void **state)
{
	uint64_t before = clock_monotonic_ns();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_monotonic_ns();

		assert_true(now >= before);
		before = now;
	}
	assert_true(clock_now_ns(&clock_system) > UINT64_C(1600000000) * NS_PER_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_nine_decimals_always),
		cmocka_unit_test(reads_rfc_3339),
		cmocka_unit_test(refuses_what_is_no_time),
		cmocka_unit_test(reads_durations_with_their_units),
		cmocka_unit_test(reads_times_of_queries),
		cmocka_unit_test(never_goes_back),
	};

	return test_run("base/clock", tests);
}
