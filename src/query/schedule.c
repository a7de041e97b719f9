#include "query/schedule.h"

#include "base/clock.h"

enum { FIELD_SIZE_MOST = 64, YEARS_SOUGHT = 4 };

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
					  "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct field {
	unsigned least, most;
	const char *const *names; /* of least and what follows; NULL: none */
	size_t name_count;
};

static bool parse_number(struct str text, const struct field *field, unsigned *number_out)
{
	uint64_t number;

	for (size_t i = 0; i < field->name_count; i++)
		if (str_equal_nocase(text, str_from(field->names[i]))) {
			*number_out = field->least + (unsigned)i;
			return true;
		}
	if (!str_parse_u64(text, &number) || number < field->least || number > field->most)
		return false;
	*number_out = (unsigned)number;
	return true;
}

/* "*", "5", "1-5", each with "/2" behind or not. */
static bool parse_item(struct str text, const struct field *field, uint64_t *bits)
{
	struct str body, step_text, first_text, last_text;
	unsigned first = field->least, last = field->most;
	bool has_step = str_split(text, '/', &body, &step_text);
	uint64_t step = 1;

	if (has_step && (!str_parse_u64(step_text, &step) || step == 0))
		return false;
	if (!str_equal_c(body, "*") && !str_equal_c(body, "?")) {
		bool is_range = str_split(body, '-', &first_text, &last_text);

		if (!parse_number(first_text, field, &first))
			return false;
		if (is_range && !parse_number(last_text, field, &last))
			return false;
		/* "5/15" goes on from 5; "5" is 5. */
		if (!is_range && !has_step)
			last = first;
	}
	if (first > last)
		return false;
	for (uint64_t i = first; i <= last; i += step)
		*bits |= UINT64_C(1) << i;
	return true;
}

static bool parse_field(struct str text, const struct field *field, uint64_t *bits_out)
{
	struct str item, rest = text;
	uint64_t bits = 0;
	bool more = text.size > 0 && text.size <= FIELD_SIZE_MOST;

	if (!more)
		return false;
	while (more) {
		more = str_split(rest, ',', &item, &rest);
		if (!parse_item(item, field, &bits))
			return false;
	}
	*bits_out = bits;
	return true;
}

static bool is_any(struct str text)
{
	return str_equal_c(text, "*") || str_equal_c(text, "?");
}

static bool parse_fields(const struct str fields[6], struct schedule *schedule)
{
	static const struct field kinds[6] = {{0, 59, NULL, 0},         {0, 59, NULL, 0},
					      {0, 23, NULL, 0},         {1, 31, NULL, 0},
					      {1, 12, month_names, 12}, {0, 7, weekday_names, 7}};
	uint64_t bits[6];

	for (size_t i = 0; i < 6; i++)
		if (!parse_field(fields[i], &kinds[i], &bits[i]))
			return false;
	*schedule = (struct schedule){
		.seconds = bits[0],
		.minutes = bits[1],
		.hours = (uint32_t)bits[2],
		.days = (uint32_t)bits[3],
		.months = (uint32_t)bits[4],
		/* 7 is Sunday too. */
		.weekdays = (uint8_t)((bits[5] | bits[5] >> 7) & 0x7f),
		.any_day = is_any(fields[3]),
		.any_weekday = is_any(fields[5]),
	};
	return true;
}

static size_t split_words(struct str text, struct str *words, size_t most)
{
	size_t count = 0;

	text = str_trim(text);
	while (text.size && count < most) {
		size_t size = 0;

		while (size < text.size && text.data[size] != ' ' && text.data[size] != '\t')
			size++;
		words[count++] = str_make(text.data, size);
		text = str_trim(str_make(text.data + size, text.size - size));
	}
	return text.size ? most + 1 : count;
}

static bool parse_rate(struct str text, struct schedule *schedule)
{
	static const struct {
		const char *unit;
		uint64_t seconds;
	} units[] = {{"minute", 60},  {"minutes", 60}, {"hour", 3600},
		     {"hours", 3600}, {"day", 86400},  {"days", 86400}};
	struct str words[2];
	uint64_t number;

	if (split_words(text, words, 2) != 2 || !str_parse_u64(words[0], &number) || number == 0 ||
	    number > 100000)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_equal_nocase(words[1], str_from(units[i].unit))) {
			*schedule =
				(struct schedule){.interval_ns = number * units[i].seconds * NS_PER_SECOND};
			return true;
		}
	return false;
}

static struct str within(struct str text, const char *name)
{
	size_t size = strlen(name);

	return str_make(text.data + size, text.size - size - 1);
}

static struct str nickname(struct str text)
{
	static const struct {
		const char *name, *fields;
	} nicknames[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
			 {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
			 {"@annually", "0 0 1 1 *"}};

	for (size_t i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++)
		if (str_equal_nocase(text, str_from(nicknames[i].name)))
			return str_from(nicknames[i].fields);
	return text;
}

bool schedule_parse(struct str text, struct schedule *schedule_out)
{
	struct str words[7], fields[6] = {{"0", 1}};
	bool is_aws;
	size_t count;

	text = nickname(str_trim(text));
	if (str_starts_with(text, "rate(") && str_ends_with(text, ")"))
		return parse_rate(within(text, "rate("), schedule_out);
	is_aws = str_starts_with(text, "cron(") && str_ends_with(text, ")");
	if (is_aws)
		text = within(text, "cron(");
	count = split_words(text, words, 7);
	/* AWS has the year behind, Quartz may have it behind six others. */
	if (is_aws ? count != 6 : count < 5 || count > 7)
		return false;
	if (is_aws || count == 5)
		memcpy(fields + 1, words, 5 * sizeof(words[0]));
	else
		memcpy(fields, words, 6 * sizeof(words[0]));
	return parse_fields(fields, schedule_out);
}

/* A day of the proleptic Gregorian calendar. */
struct date {
	int64_t year;
	unsigned month, day;
};

/* From days since 1970; Hinnant, chrono-Compatible Low-Level Date Algorithms. */
static struct date date_of(int64_t days)
{
	int64_t shifted = days + 719468, era = shifted / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	unsigned shifted_month = (5 * of_year + 2) / 153;
	struct date date = {(int64_t)year_of_era + era * 400,
			    shifted_month < 10 ? shifted_month + 3 : shifted_month - 9,
			    of_year - (153 * shifted_month + 2) / 5 + 1};

	date.year += date.month <= 2;
	return date;
}

static bool is_its_day(const struct schedule *schedule, int64_t days)
{
	struct date date = date_of(days);
	unsigned weekday = (unsigned)((days + 4) % 7);
	bool day = schedule->days >> date.day & 1, of_week = schedule->weekdays >> weekday & 1;

	if (!(schedule->months >> date.month & 1))
		return false;
	if (schedule->any_day || schedule->any_weekday)
		return day && of_week;
	return day || of_week;
}

/* The first set bit from at on, or -1. */
static int next_bit(uint64_t bits, unsigned at)
{
	return at < 64 && bits >> at ? (int)at + __builtin_ctzll(bits >> at) : -1;
}

/* The first second of a day that it meets, from a second on; -1 where there is none. */
static int64_t second_of_day(const struct schedule *schedule, int64_t from)
{
	unsigned hour = (unsigned)(from / 3600), minute = (unsigned)(from / 60 % 60),
		 second = (unsigned)(from % 60);

	for (int h = next_bit(schedule->hours, hour); h >= 0;
	     h = next_bit(schedule->hours, (unsigned)h + 1)) {
		unsigned first_minute = (unsigned)h == hour ? minute : 0;

		for (int m = next_bit(schedule->minutes, first_minute); m >= 0;
		     m = next_bit(schedule->minutes, (unsigned)m + 1)) {
			bool is_first = (unsigned)h == hour && (unsigned)m == minute;
			int s = next_bit(schedule->seconds, is_first ? second : 0);

			if (s >= 0)
				return h * 3600 + m * 60 + s;
		}
	}
	return -1;
}

uint64_t schedule_next(const struct schedule *schedule, uint64_t after_ns, int64_t offset_ns)
{
	int64_t at = ((int64_t)after_ns + offset_ns) / (int64_t)NS_PER_SECOND + 1;
	int64_t day = at / 86400, from = at % 86400;

	if (schedule->interval_ns)
		return 0;
	for (int64_t last = day + YEARS_SOUGHT * 366; day <= last; day++, from = 0) {
		int64_t second = is_its_day(schedule, day) ? second_of_day(schedule, from) : -1;

		if (second >= 0)
			return (uint64_t)((day * 86400 + second) * (int64_t)NS_PER_SECOND - offset_ns);
	}
	return 0;
}
