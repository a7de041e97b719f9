#include "query/language/fields.h"

#include <stdio.h>

#include "base/clock.h"

enum { SPANS = 1 << SIGNAL_TRACES, LOGS = 1 << SIGNAL_LOGS, BOTH = SPANS | LOGS };

/* Aliases stand behind the name that documents use. */
static const struct field_rule rules[] = {
	{"handler", ROW_HANDLER, BOTH, OPERANDS_TEXT, NULL},
	{"type", ROW_TYPE, SPANS, OPERANDS_CHOICE, "api, event, cron, websocket"},
	{"handler_type", ROW_TYPE, SPANS, OPERANDS_CHOICE, "api, event, cron, websocket"},
	{"status", ROW_STATUS, SPANS, OPERANDS_CHOICE, "success, error, running, lost"},
	{"language", ROW_LANGUAGE, SPANS, OPERANDS_TEXT, NULL},
	{"service", ROW_SERVICE, BOTH, OPERANDS_TEXT, NULL},
	{"operation", ROW_OPERATION, SPANS, OPERANDS_TEXT, NULL},
	{"name", ROW_OPERATION, SPANS, OPERANDS_TEXT, NULL},
	{"kind", ROW_KIND, SPANS, OPERANDS_CHOICE,
	 "server, client, producer, consumer, internal, unspecified"},
	{"duration", ROW_DURATION, SPANS, OPERANDS_DURATION, NULL},
	{"time", ROW_TIME, BOTH, OPERANDS_TIME, NULL},
	{"level", ROW_LEVEL, LOGS, OPERANDS_LEVEL, NULL},
	{"event", ROW_EVENT, BOTH, OPERANDS_TEXT, NULL},
	{"message", ROW_MESSAGE, SPANS, OPERANDS_TEXT, NULL},
	{"body", ROW_BODY, LOGS, OPERANDS_TEXT, NULL},
	{"message", ROW_BODY, LOGS, OPERANDS_TEXT, NULL},
	{"scope", ROW_SCOPE, BOTH, OPERANDS_TEXT, NULL},
	{"trace_id", ROW_TRACE_ID, BOTH, OPERANDS_TRACE_ID, NULL},
	{"span_id", ROW_SPAN_ID, BOTH, OPERANDS_SPAN_ID, NULL},
	{"parent", ROW_PARENT, SPANS, OPERANDS_SPAN_ID, NULL},
	{"parent_id", ROW_PARENT, SPANS, OPERANDS_SPAN_ID, NULL},
	{"root", ROW_ROOT, SPANS, OPERANDS_CHOICE, "true, false"},
	{"tag.", ROW_TAG, BOTH, OPERANDS_VALUE, NULL},
	{"attribute.", ROW_ATTRIBUTE, BOTH, OPERANDS_VALUE, NULL},
	{"resource.", ROW_RESOURCE, BOTH, OPERANDS_VALUE, NULL},
};
enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

static bool is_dotted(const struct field_rule *rule)
{
	return rule->name[strlen(rule->name) - 1] == '.';
}

static bool names(const struct field_rule *rule, struct str name)
{
	size_t size = strlen(rule->name);

	if (!is_dotted(rule))
		return str_equal_nocase(name, str_from(rule->name));
	return name.size > size && str_equal_nocase(str_make(name.data, size), str_from(rule->name));
}

static const struct field_rule *find(struct str name, unsigned signals)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if ((rules[i].signals & signals) && names(&rules[i], name))
			return &rules[i];
	return NULL;
}

const struct field_rule *field_find(struct str name, enum signal signal, struct str *key_out)
{
	const struct field_rule *rule = find(name, 1u << signal);
	size_t size = rule ? strlen(rule->name) : 0;

	*key_out = rule && is_dotted(rule) ? str_make(name.data + size, name.size - size) : str_make("", 0);
	return rule;
}

const struct field_rule *field_find_elsewhere(struct str name)
{
	return find(name, BOTH);
}

const char *field_nearest(struct str name, enum signal signal)
{
	const struct field_rule *nearest = &rules[0];

	for (size_t i = 0; i < RULE_COUNT; i++)
		if ((rules[i].signals >> signal & 1) &&
		    str_distance(name, str_from(rules[i].name)) < str_distance(name, str_from(nearest->name)))
			nearest = &rules[i];
	return nearest->name;
}

void field_list(enum signal signal, char *list_out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < RULE_COUNT && at < size; i++)
		if (rules[i].signals >> signal & 1)
			at += (size_t)snprintf(list_out + at, size - at, "%s%s%s", at ? ", " : "",
					       rules[i].name, is_dotted(&rules[i]) ? "KEY" : "");
}

bool field_has_order(const struct field_rule *rule)
{
	return rule->operands >= OPERANDS_DURATION;
}

bool field_has_patterns(const struct field_rule *rule)
{
	return rule->operands == OPERANDS_TEXT || rule->operands == OPERANDS_VALUE;
}

/* ---- operands ---- */

static bool refuse(struct expression_error *error, const struct field_rule *rule, const struct token *token,
		   const char *allowed)
{
	snprintf(error->message, sizeof(error->message), "%s is compared with %s, and this is %.*s",
		 rule->name, allowed, STR_ARG(token_shown(token)));
	snprintf(error->allowed, sizeof(error->allowed), "%s", allowed);
	return false;
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* A copy in lower case, which names and ids are kept in. */
static bool copy_small(struct str text, struct arena *arena, struct str *text_out)
{
	char *copy = arena_alloc(arena, text.size);

	for (size_t i = 0; copy && i < text.size; i++)
		copy[i] = small(text.data[i]);
	*text_out = str_make(copy, text.size);
	return copy != NULL;
}

static bool read_choice(const struct field_rule *rule, struct str text)
{
	struct str rest = str_from(rule->choices), name;
	bool more = true;

	while (more) {
		more = str_split(rest, ',', &name, &rest);
		if (str_equal_nocase(str_trim(name), text))
			return true;
	}
	return false;
}

static bool read_id(struct str text, size_t size)
{
	uint8_t id[TRACE_ID_SIZE];

	return hex_decode(text, id, size);
}

static bool looks_like_number(struct str text)
{
	bool has_digit = false;

	for (size_t i = 0; i < text.size; i++) {
		if (!strchr("0123456789+-.eE", text.data[i]) || text.data[i] == '\0')
			return false;
		has_digit |= text.data[i] >= '0' && text.data[i] <= '9';
	}
	return has_digit && text.data[0] != 'e' && text.data[0] != 'E';
}

/* A word that is a number, or a size such as 10MB; else it is text. */
static void read_number(struct str text, struct operand *operand)
{
	uint64_t bytes;

	if (looks_like_number(text) && str_parse_i64(text, &operand->integer)) {
		operand->type = OPERAND_INTEGER;
		operand->real = (double)operand->integer;
	} else if (looks_like_number(text) && str_parse_double(text, &operand->real)) {
		operand->type = OPERAND_REAL;
	} else if (text.size && (text.data[text.size - 1] == 'B' || text.data[text.size - 1] == 'b') &&
		   str_parse_size(text, &bytes)) {
		operand->type = OPERAND_INTEGER;
		operand->integer = (int64_t)bytes;
		operand->real = (double)bytes;
	}
}

static bool read_value(const struct field_rule *rule, const struct token *token, bool has_order,
		       struct operand *operand, struct expression_error *error)
{
	uint64_t duration_ns;

	if (token->kind == TOKEN_STRING)
		return true;
	read_number(token->text, operand);
	if (operand->type == OPERAND_TEXT && has_order && duration_parse(token->text, &duration_ns))
		return refuse(error, rule, token, "a number without a unit, or a text in quotes");
	return true;
}

static bool read_checked(const struct field_rule *rule, const struct token *token, bool has_order,
			 uint64_t now_ns, struct operand *operand, struct expression_error *error)
{
	enum log_record_level level = LEVEL_INFO;
	struct str text = token->text;

	switch (rule->operands) {
	case OPERANDS_TEXT: return true;
	case OPERANDS_CHOICE: return read_choice(rule, text) || refuse(error, rule, token, rule->choices);
	case OPERANDS_TRACE_ID:
		return read_id(text, TRACE_ID_SIZE) || refuse(error, rule, token, "32 hexadecimal digits");
	case OPERANDS_SPAN_ID:
		return read_id(text, SPAN_ID_SIZE) || refuse(error, rule, token, "16 hexadecimal digits");
	case OPERANDS_DURATION:
		return duration_parse(text, &operand->number) ||
		       refuse(error, rule, token,
			      "a duration such as 250us, 100ms, 1.5s (a bare number is ms)");
	case OPERANDS_TIME:
		return time_parse_query(text, now_ns, &operand->number) ||
		       refuse(error, rule, token,
			      "a time such as 2026-01-01T00:00:00Z, -15m, now, Unix nanoseconds");
	case OPERANDS_LEVEL:
		if (!level_parse(text, &level))
			return refuse(error, rule, token, "trace, debug, info, warn or error");
		operand->number = level;
		return true;
	default: return read_value(rule, token, has_order, operand, error);
	}
}

bool operand_read(const struct field_rule *rule, const struct token *token, bool has_order, uint64_t now_ns,
		  struct arena *arena, struct operand *operand_out, struct expression_error *error)
{
	bool is_name = rule->operands >= OPERANDS_CHOICE && rule->operands <= OPERANDS_SPAN_ID;

	*operand_out = (struct operand){.type = OPERAND_TEXT};
	if (!read_checked(rule, token, has_order, now_ns, operand_out, error))
		return false;
	if (is_name ? copy_small(token->text, arena, &operand_out->text)
		    : (operand_out->text = arena_copy(arena, token->text)).data != NULL)
		return true;
	snprintf(error->message, sizeof(error->message), "there is no memory for this filter");
	return false;
}
