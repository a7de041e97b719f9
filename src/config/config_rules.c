#include "config/config_rules.h"

static const char prefix[] = "telemetry.rules";

enum { TEXT_MOST_BYTES = 256 };

bool config_rules_own(struct str name)
{
	return str_starts_with(name, prefix) &&
	       (name.size == sizeof(prefix) - 1 || name.data[sizeof(prefix) - 1] == '[');
}

static void refuse(const struct origin *origin, struct str name, const struct toml_value *value,
		   const char *allowed)
{
	char found[FOUND_SIZE];

	value_describe(origin, NULL, value, found);
	origin_report(origin, true, value->place, "%.*s is %s; allowed is %s", STR_ARG(name), found, allowed);
}

/* ---- what stands in a rule ---- */

static bool is_text(const struct toml_value *value)
{
	return value->kind == TOML_IS_STRING && value->text.size && value->text.size <= TEXT_MOST_BYTES &&
	       !memchr(value->text.data, '\0', value->text.size);
}

static void set_pattern(const struct origin *origin, struct str name, const struct toml_value *value,
			const char **pattern_out)
{
	if (is_text(value))
		*pattern_out = config_keep(origin->config, value->text);
	else
		refuse(origin, name, value, "a pattern of 1 to 256 bytes, with * for any text");
}

static void set_template(const struct origin *origin, struct str name, const struct toml_value *value,
			 const char **template_out)
{
	if (is_text(value) && user_template_is_valid(value->text))
		*template_out = config_keep(origin->config, value->text);
	else
		refuse(origin, name, value,
		       "a text of 1 to 256 bytes with attributes in braces: "
		       "\"{messaging.destination.name}\"");
}

static bool add_kind(const struct toml_value *value, uint8_t *kinds)
{
	for (uint8_t kind = SPAN_UNSPECIFIED; kind <= SPAN_CONSUMER; kind++)
		if (value->kind == TOML_IS_STRING && str_equal_c(value->text, span_kind_name(kind))) {
			*kinds |= (uint8_t)(1u << kind);
			return true;
		}
	return false;
}

static void set_kinds(const struct origin *origin, struct str name, const struct toml_value *value,
		      uint8_t *kinds)
{
	static const char allowed[] = "\"internal\", \"server\", \"client\", \"producer\", \"consumer\" or "
				      "\"unspecified\", or a list of them";
	const struct toml_value *items = value->kind == TOML_IS_ARRAY ? value->items : value;
	size_t count = value->kind == TOML_IS_ARRAY ? value->item_count : 1;

	if (count == 0)
		refuse(origin, name, value, allowed);
	for (size_t i = 0; i < count; i++)
		if (!add_kind(&items[i], kinds))
			refuse(origin, name, &items[i], allowed);
}

static void set_gives(const struct origin *origin, struct str name, const struct toml_value *value,
		      struct user_rule *rule)
{
	if (value->kind != TOML_IS_STRING || !user_rule_gives_parse(value->text, rule))
		refuse(origin, name, value,
		       "\"api\", \"event\", \"cron\", \"websocket\", \"published\" or \"none\"");
}

/* A key with dots is written with quotes or without: both are one attribute. */
static const char *keep_key(const struct origin *origin, struct str key)
{
	char text[TEXT_MOST_BYTES + 1];
	size_t size = 0;

	for (size_t i = 0; i < key.size && size < TEXT_MOST_BYTES; i++)
		if (key.data[i] != '"')
			text[size++] = key.data[i];
	return config_keep(origin->config, str_make(text, size));
}

static bool add_match(const struct origin *origin, struct str name, struct str key,
		      const struct toml_value *value, struct user_matches *matches)
{
	bool is_plain = value->kind == TOML_IS_INTEGER || value->kind == TOML_IS_FLOAT ||
			value->kind == TOML_IS_BOOLEAN || is_text(value);

	if (value->kind == TOML_IS_TABLE)
		return true;
	if (!is_plain)
		refuse(origin, name, value, "a pattern, a number or a boolean");
	else if (matches->count == USER_RULE_MATCHES_MOST)
		origin_report(origin, true, value->place, "%.*s is one too many; allowed are %d",
			      STR_ARG(name), USER_RULE_MATCHES_MOST);
	else
		matches->items[matches->count++] =
			(struct user_match){keep_key(origin, key), config_keep(origin->config, value->text)};
	return false;
}

static bool visit_field(const struct origin *origin, struct str name, struct str field,
			struct toml_place place, const struct toml_value *value, struct user_rule *rule)
{
	struct str table, key;

	if (str_equal_c(field, "kind")) {
		set_kinds(origin, name, value, &rule->kinds);
	} else if (str_equal_c(field, "scope")) {
		set_pattern(origin, name, value, &rule->scope);
	} else if (str_equal_c(field, "span_name")) {
		set_pattern(origin, name, value, &rule->span_name);
	} else if (str_equal_c(field, "gives")) {
		set_gives(origin, name, value, rule);
	} else if (str_equal_c(field, "handler_name")) {
		set_template(origin, name, value, &rule->handler_name);
	} else if (str_equal_c(field, "event_name")) {
		set_template(origin, name, value, &rule->event_name);
	} else {
		bool below = str_split(field, '.', &table, &key),
		     attributes = str_equal_c(table, "attributes");

		if (!attributes && !str_equal_c(table, "resource"))
			origin_report(
				origin, true, place,
				"%.*s is unknown; allowed are kind, scope, span_name, attributes, resource, "
				"gives, handler_name and event_name",
				STR_ARG(name));
		else if (below)
			return add_match(origin, name, key, value,
					 attributes ? &rule->attributes : &rule->resource);
		else if (value->kind == TOML_IS_TABLE)
			return true;
		else
			refuse(origin, name, value, "a table of attributes and patterns");
	}
	return false;
}

/* ---- rules ---- */

static bool begin_rules(const struct origin *origin, struct str name, const struct toml_value *value)
{
	struct config *config = origin->config;

	for (size_t i = 0; i < value->item_count; i++)
		if (value->kind == TOML_IS_ARRAY && value->items[i].kind != TOML_IS_TABLE) {
			refuse(origin, name, &value->items[i], "tables: [[telemetry.rules]]");
			return false;
		}
	if (value->kind != TOML_IS_ARRAY) {
		refuse(origin, name, value, "a list of tables: [[telemetry.rules]]");
		return false;
	}
	if (value->item_count > USER_RULES_MOST) {
		origin_report(origin, true, value->items[USER_RULES_MOST].place,
			      "telemetry.rules has %zu rules; allowed are %d", value->item_count,
			      USER_RULES_MOST);
		return false;
	}
	config->rules = arena_calloc(&config->arena, value->item_count, sizeof(*config->rules));
	config->rule_places = arena_calloc(&config->arena, value->item_count, sizeof(*config->rule_places));
	return config->rules && config->rule_places;
}

bool config_rules_visit(const struct origin *origin, struct str name, struct toml_place place,
			const struct toml_value *value)
{
	struct config *config = origin->config;
	struct str rest = str_make(name.data + sizeof(prefix) - 1, name.size - (sizeof(prefix) - 1));
	struct str index, field;

	if (rest.size == 0)
		return begin_rules(origin, name, value);
	if (str_split(rest, '.', &index, &field))
		return visit_field(origin, name, field, place, value, &config->rules[config->rule_count - 1]);
	config->rule_places[config->rule_count++] =
		(struct config_place){value->place.line, value->place.column};
	return true;
}

void config_rules_check(const struct origin *origin)
{
	const struct config *config = origin->config;

	for (size_t i = 0; i < config->rule_count; i++) {
		const struct user_rule *rule = &config->rules[i];
		struct toml_place place = {config->rule_places[i].line, config->rule_places[i].column};

		if (!rule->kinds && !rule->scope && !rule->span_name && !rule->attributes.count &&
		    !rule->resource.count)
			origin_report(
				origin, true, place,
				"telemetry.rules[%zu] asks for nothing; allowed is at least one of kind, "
				"scope, span_name, attributes and resource",
				i);
		if (!rule->gives && !rule->handler_name && !rule->event_name)
			origin_report(origin, true, place,
				      "telemetry.rules[%zu] gives nothing; allowed is at least one of gives, "
				      "handler_name and event_name",
				      i);
	}
}
