#include "app/text/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* Three digits: "1.25", "12.5", "125". */
static void three_digits(struct buffer *out, double number, const char *unit)
{
	int decimals = number < 9.995 ? 2 : number < 99.95 ? 1 : 0;

	buffer_printf(out, "%.*f %s", decimals, number, unit);
}

/* Where three digits would round up to 1000, the next unit is the one. */
static const double turn = 999.5;

void units_duration(struct buffer *out, uint64_t duration_ns)
{
	uint64_t seconds = duration_ns / NS_PER_SECOND;
	double ns = (double)duration_ns;

	if (duration_ns < 1000)
		buffer_printf(out, "%llu ns", (unsigned long long)duration_ns);
	else if (ns < turn * 1e3)
		three_digits(out, ns / 1e3, "µs");
	else if (ns < turn * 1e6)
		three_digits(out, ns / 1e6, "ms");
	else if (seconds < 60)
		three_digits(out, ns / 1e9, "s");
	else if (seconds < 3600)
		buffer_printf(out, "%llum %02llus", (unsigned long long)seconds / 60,
			      (unsigned long long)seconds % 60);
	else if (seconds < 86400)
		buffer_printf(out, "%lluh %02llum", (unsigned long long)seconds / 3600,
			      (unsigned long long)seconds / 60 % 60);
	else
		buffer_printf(out, "%llud %02lluh", (unsigned long long)seconds / 86400,
			      (unsigned long long)seconds / 3600 % 24);
}

void units_bytes(struct buffer *out, uint64_t size_bytes)
{
	static const char *const names[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double number = (double)size_bytes / 1e3;
	size_t unit = 0;

	if (size_bytes < 1000) {
		buffer_printf(out, "%llu B", (unsigned long long)size_bytes);
		return;
	}
	for (; number >= turn; unit++)
		number /= 1e3;
	three_digits(out, number, names[unit]);
}

/* Puts a comma before each three digits but the first. */
static void grouped(struct buffer *out, const char *digits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			buffer_append_byte(out, ',');
		buffer_append_byte(out, (uint8_t)digits[i]);
	}
}

void units_count(struct buffer *out, uint64_t count)
{
	char digits[24];

	grouped(out, digits, (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count));
}

void units_value(struct buffer *out, double value)
{
	double size = fabs(value);
	char digits[64];

	if (size == 0)
		buffer_append_byte(out, '0');
	else if (size >= 1e15 || size < 1e-4)
		buffer_printf(out, "%.3g", value);
	else if (size >= 999.95) {
		int count = snprintf(digits, sizeof(digits), "%.0f", size);

		buffer_append_c(out, value < 0 ? "-" : "");
		grouped(out, digits, (size_t)count);
	} else
		buffer_printf(out, "%.4g", value);
}

static void local_time(uint64_t time_ns, struct tm *tm_out)
{
	time_t seconds = (time_t)(time_ns / NS_PER_SECOND);

	localtime_r(&seconds, tm_out);
}

void units_time(struct buffer *out, uint64_t time_ns, bool is_dated)
{
	struct tm tm;

	local_time(time_ns, &tm);
	if (is_dated)
		buffer_printf(out, "%04d-%02d-%02d ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	buffer_printf(out, "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
		      (unsigned)(time_ns % NS_PER_SECOND / NS_PER_MS));
}

void units_zone(struct buffer *out, uint64_t time_ns)
{
	struct tm tm;
	long minutes;

	local_time(time_ns, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	if (tm.tm_gmtoff == 0)
		buffer_append_c(out, "UTC");
	else
		buffer_printf(out, "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

bool units_same_day(uint64_t a_ns, uint64_t b_ns)
{
	struct tm a, b;

	local_time(a_ns, &a);
	local_time(b_ns, &b);
	return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}
