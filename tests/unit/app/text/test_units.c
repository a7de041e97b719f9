#include "app/text/units.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "test.h"

static void durations_have_three_digits_or_two_units(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1.00 µs"},
		{9994, "9.99 µs"},
		{9996, "10.0 µs"},
		{99960, "100 µs"},
		{999499, "999 µs"},
		{999500, "1.00 ms"},
		{182 * NS_PER_MS, "182 ms"},
		{999600 * UINT64_C(1000), "1.00 s"},
		{18200 * NS_PER_MS, "18.2 s"},
		{59 * NS_PER_SECOND, "59.0 s"},
		{60 * NS_PER_SECOND, "1m 00s"},
		{125 * NS_PER_SECOND, "2m 05s"},
		{11520 * NS_PER_SECOND, "3h 12m"},
		{439200 * NS_PER_SECOND, "5d 02h"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		units_duration(&out, rows[i].ns);
		assert_str(buffer_str(&out), rows[i].text);
		buffer_release(&out);
	}
}

static void bytes_are_powers_of_a_thousand(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = {
		{0, "0 B"},          {999, "999 B"},        {1000, "1.00 kB"},       {999499, "999 kB"},
		{999500, "1.00 MB"}, {12345678, "12.3 MB"}, {UINT64_MAX, "18.4 EB"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		units_bytes(&out, rows[i].bytes);
		assert_str(buffer_str(&out), rows[i].text);
		buffer_release(&out);
	}
}

static void counts_are_grouped_by_three(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} rows[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {1234567, "1,234,567"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		units_count(&out, rows[i].count);
		assert_str(buffer_str(&out), rows[i].text);
		buffer_release(&out);
	}
}

static void values_have_about_four_digits(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},          {0.0125, "0.0125"}, {12.5, "12.5"},           {999.9, "999.9"},
		{999.97, "1,000"}, {1234.4, "1,234"},  {-1234567, "-1,234,567"}, {1.25e-7, "1.25e-07"},
		{-2, "-2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		units_value(&out, rows[i].value);
		assert_str(buffer_str(&out), rows[i].text);
		buffer_release(&out);
	}
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void times_are_local_and_zones_are_told(void **state)
{
	const uint64_t winter_ns = UINT64_C(1767225600123456789),
		       summer_ns = UINT64_C(1782864000) * NS_PER_SECOND;
	static const struct {
		const char *zone, *winter, *winter_zone, *summer_zone;
	} rows[] = {
		{"UTC0", "2026-01-01 00:00:00.123", "UTC", "UTC"},
		{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-01 01:00:00.123", "+01:00", "+02:00"},
		{"NST3:30", "2025-12-31 20:30:00.123", "-03:30", "-03:30"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buffer out = BUFFER_EMPTY;

		set_zone(rows[i].zone);
		units_time(&out, winter_ns, true);
		assert_str(buffer_str(&out), rows[i].winter);
		buffer_clear(&out);
		units_time(&out, winter_ns, false);
		assert_str(buffer_str(&out), rows[i].winter + 11);
		buffer_clear(&out);
		units_zone(&out, winter_ns);
		assert_str(buffer_str(&out), rows[i].winter_zone);
		buffer_clear(&out);
		units_zone(&out, summer_ns);
		assert_str(buffer_str(&out), rows[i].summer_zone);
		buffer_release(&out);
	}
	set_zone("NST3:30");
	assert_true(units_same_day(winter_ns, winter_ns - 3600 * NS_PER_SECOND));
	set_zone("UTC0");
	assert_false(units_same_day(winter_ns, winter_ns - 3600 * NS_PER_SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_have_three_digits_or_two_units),
		cmocka_unit_test(bytes_are_powers_of_a_thousand),
		cmocka_unit_test(counts_are_grouped_by_three),
		cmocka_unit_test(values_have_about_four_digits),
		cmocka_unit_test(times_are_local_and_zones_are_told),
	};

	return test_run("app/text/units", tests);
}
