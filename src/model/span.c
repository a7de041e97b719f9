#include "model/span.h"

static const char *const kinds[] = {"unspecified", "internal", "server", "client", "producer", "consumer"};
static const char *const statuses[] = {"unset", "ok", "error"};
static const char *const handler_types[HANDLER_TYPE_COUNT] = {"", "api", "event", "cron", "websocket"};
static const char *const outcomes[] = {"success", "error", "running", "lost"};

#define COUNT(names) (sizeof(names) / sizeof((names)[0]))

static const char *name_of(const char *const *names, size_t count, uint8_t index)
{
	return index < count ? names[index] : names[0];
}

static bool parse_name(const char *const *names, size_t count, struct str name, uint8_t *index_out)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] == '\0' || !str_equal_nocase(name, str_from(names[i])))
			continue;
		*index_out = (uint8_t)i;
		return true;
	}
	return false;
}

const char *span_kind_name(uint8_t kind)
{
	return name_of(kinds, COUNT(kinds), kind);
}

const char *span_status_name(uint8_t status_code)
{
	return name_of(statuses, COUNT(statuses), status_code);
}

const char *handler_type_name(uint8_t type)
{
	return name_of(handler_types, COUNT(handler_types), type);
}

const char *outcome_name(uint8_t outcome)
{
	return name_of(outcomes, COUNT(outcomes), outcome);
}

bool handler_type_parse(struct str name, uint8_t *type_out)
{
	return parse_name(handler_types, COUNT(handler_types), name, type_out);
}

bool outcome_parse(struct str name, uint8_t *outcome_out)
{
	return parse_name(outcomes, COUNT(outcomes), name, outcome_out);
}
