#include "model/log_record.h"

static const char *const names[LEVEL_COUNT] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"};

/* What libraries write where they mean one of the five. */
static const struct {
	const char *name;
	enum log_record_level level;
} aliases[] = {
	{"warning", LEVEL_WARN},    {"err", LEVEL_ERROR},   {"fatal", LEVEL_ERROR},
	{"critical", LEVEL_ERROR},  {"notice", LEVEL_INFO}, {"information", LEVEL_INFO},
	{"verbose", LEVEL_DEBUG},   {"panic", LEVEL_ERROR}, {"alert", LEVEL_ERROR},
	{"emergency", LEVEL_ERROR},
};

enum log_record_level log_record_level(const struct log_record *record)
{
	enum log_record_level level = LEVEL_INFO;

	if (record->severity_number >= 17)
		return LEVEL_ERROR;
	if (record->severity_number > 0)
		return (enum log_record_level)((record->severity_number - 1) / 4);
	level_parse(record->severity_text, &level);
	return level;
}

const char *level_name(enum log_record_level level)
{
	return (size_t)level < LEVEL_COUNT ? names[level] : names[LEVEL_INFO];
}

bool level_parse(struct str name, enum log_record_level *level_out)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (str_equal_nocase(name, str_from(names[i]))) {
			*level_out = (enum log_record_level)i;
			return true;
		}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (str_equal_nocase(name, str_from(aliases[i].name))) {
			*level_out = aliases[i].level;
			return true;
		}
	return false;
}

uint8_t level_lowest_severity(enum log_record_level level)
{
	return (uint8_t)(1 + 4 * (unsigned)level);
}
