#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t system_now_ns(const struct clock *clock)
{
	(void)clock;
	return read_clock(CLOCK_REALTIME);
}

const struct clock clock_system = {.now_ns = system_now_ns};

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void time_format(uint64_t time_ns, char text_out[TIME_TEXT_SIZE])
{
	time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text_out, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
		 (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u, (unsigned)tm.tm_min % 100u,
		 (unsigned)tm.tm_sec % 100u, (unsigned)(time_ns % NS_PER_SECOND));
}

/* Takes exactly count digits and, unless it is NUL, the character that must follow them. */
static bool take_digits(struct str *s, size_t count, char after, int *value_out)
{
	int value = 0;

	if (s->size < count + (after != '\0'))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (s->data[i] < '0' || s->data[i] > '9')
			return false;
		value = value * 10 + (s->data[i] - '0');
	}
	if (after && s->data[count] != after)
		return false;
	*s = str_make(s->data + count + (after != '\0'), s->size - count - (after != '\0'));
	*value_out = value;
	return true;
}

static uint64_t take_fraction(struct str *s)
{
	uint64_t ns = 0, unit = NS_PER_SECOND / 10;

	while (s->size && s->data[0] >= '0' && s->data[0] <= '9') {
		ns += (uint64_t)(s->data[0] - '0') * unit;
		unit /= 10;
		*s = str_make(s->data + 1, s->size - 1);
	}
	return ns;
}

static bool take_offset(struct str s, int64_t *seconds_out)
{
	int hours, minutes, sign = s.size && s.data[0] == '-' ? -1 : 1;

	if (s.size == 1 && (s.data[0] == 'Z' || s.data[0] == 'z')) {
		*seconds_out = 0;
		return true;
	}
	if (s.size != 6 || (s.data[0] != '+' && s.data[0] != '-'))
		return false;
	s = str_make(s.data + 1, s.size - 1);
	if (!take_digits(&s, 2, ':', &hours) || !take_digits(&s, 2, '\0', &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	*seconds_out = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool take_date_and_time(struct str *s, struct tm *tm)
{
	if (!take_digits(s, 4, '-', &tm->tm_year) || !take_digits(s, 2, '-', &tm->tm_mon) ||
	    !take_digits(s, 2, '\0', &tm->tm_mday) || s->size == 0 ||
	    (s->data[0] != 'T' && s->data[0] != 't' && s->data[0] != ' '))
		return false;
	*s = str_make(s->data + 1, s->size - 1);
	return take_digits(s, 2, ':', &tm->tm_hour) && take_digits(s, 2, ':', &tm->tm_min) &&
	       take_digits(s, 2, '\0', &tm->tm_sec) && tm->tm_mon >= 1 && tm->tm_mon <= 12 &&
	       tm->tm_mday >= 1 && tm->tm_mday <= 31 && tm->tm_hour <= 23 && tm->tm_min <= 59 &&
	       tm->tm_sec <= 60;
}

bool time_parse(struct str text, uint64_t *time_ns_out)
{
	struct tm tm = {0};
	uint64_t fraction_ns = 0;
	int64_t seconds, offset;
	int day, month;

	if (!take_date_and_time(&text, &tm))
		return false;
	if (text.size && text.data[0] == '.') {
		text = str_make(text.data + 1, text.size - 1);
		fraction_ns = take_fraction(&text);
	}
	if (!take_offset(text, &offset))
		return false;
	day = tm.tm_mday;
	tm.tm_year -= 1900;
	month = tm.tm_mon -= 1;
	if (tm.tm_sec == 60)
		tm.tm_sec = 59; /* a leap second: Unix time has no room for it */
	seconds = timegm(&tm);
	if (tm.tm_mon != month || tm.tm_mday != day)
		return false; /* 30 February */
	seconds -= offset;
	if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / NS_PER_SECOND - 1)
		return false;
	*time_ns_out = (uint64_t)seconds * NS_PER_SECOND + fraction_ns;
	return true;
}

static const struct {
	const char *name;
	double ns;
} units[] = {
	{"ns", 1},  {"us", 1e3},     {"µs", 1e3},       {"ms", 1e6},        {"", 1e6},
	{"s", 1e9}, {"m", 60 * 1e9}, {"h", 3600 * 1e9}, {"d", 86400 * 1e9}, {"w", 7 * 86400 * 1e9},
};

bool duration_parse(struct str text, uint64_t *duration_ns_out)
{
	size_t digits = 0;
	double number;

	while (digits < text.size &&
	       ((text.data[digits] >= '0' && text.data[digits] <= '9') || text.data[digits] == '.'))
		digits++;
	if (!str_parse_double(str_make(text.data, digits), &number))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!str_equal_c(str_make(text.data + digits, text.size - digits), units[i].name))
			continue;
		if (number * units[i].ns >= 1.8e19)
			return false;
		*duration_ns_out = (uint64_t)(number * units[i].ns + 0.5);
		return true;
	}
	return false;
}

bool time_parse_query(struct str text, uint64_t now_ns, uint64_t *time_ns_out)
{
	uint64_t value;

	if (str_equal_c(text, "now")) {
		*time_ns_out = now_ns;
		return true;
	}
	if (text.size > 1 && text.data[0] == '-') {
		if (!duration_parse(str_make(text.data + 1, text.size - 1), &value))
			return false;
		*time_ns_out = value < now_ns ? now_ns - value : 0;
		return true;
	}
	return str_parse_u64(text, time_ns_out) || time_parse(text, time_ns_out);
}
