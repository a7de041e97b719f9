#include "config/config_value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/downsample.h"

const char *config_keep(struct config *config, struct str text)
{
	struct str copy = arena_copy(&config->arena, text);

	return copy.data ? copy.data : "";
}

static void add_problem(struct config *config, bool is_error, struct toml_place at, struct str sentence)
{
	if (config->problem_count == config->problem_capacity) {
		size_t capacity = config->problem_capacity * 2 + 8;
		struct config_problem *problems = realloc(config->problems, capacity * sizeof(*problems));

		if (!problems)
			return;
		config->problems = problems;
		config->problem_capacity = capacity;
	}
	config->problems[config->problem_count++] =
		(struct config_problem){is_error, at.line, at.column, config_keep(config, sentence)};
}

void origin_report(const struct origin *origin, bool is_error, struct toml_place at, const char *format, ...)
{
	char text[1024];
	int used;
	va_list args;

	if (origin->origin == CONFIG_FROM_FILE && at.line)
		used = snprintf(text, sizeof(text), "%.400s:%u:%u: ", origin->place, at.line, at.column);
	else
		used = snprintf(text, sizeof(text), "%.400s: ", origin->place);
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - (size_t)used, format, args);
	va_end(args);
	add_problem(origin->config, is_error, at, str_from(text));
}

/* What stands there, for the sentence; the text of a secret is left out. */
void value_describe(const struct origin *origin, const struct config_key *key, const struct toml_value *value,
		    char text_out[FOUND_SIZE])
{
	static const char *const nouns[] = {
		[TOML_IS_TABLE] = "a section",   [TOML_IS_ARRAY] = "a list",
		[TOML_IS_STRING] = "the string", [TOML_IS_INTEGER] = "the integer",
		[TOML_IS_FLOAT] = "the number",  [TOML_IS_BOOLEAN] = "the boolean",
		[TOML_IS_TIME] = "the date",
	};
	int shown = value->text.size < 80 ? (int)value->text.size : 80;

	if (value->kind == TOML_IS_TABLE || value->kind == TOML_IS_ARRAY)
		snprintf(text_out, FOUND_SIZE, "%s", nouns[value->kind]);
	else if (key && key->secret)
		snprintf(text_out, FOUND_SIZE, "%s of %zu characters", nouns[value->kind] + strlen("the "),
			 value->text.size);
	else if (value->kind == TOML_IS_STRING)
		snprintf(text_out, FOUND_SIZE, "%s \"%.*s\"",
			 origin->origin == CONFIG_FROM_FILE ? nouns[value->kind] : "the text", shown,
			 value->text.data);
	else
		snprintf(text_out, FOUND_SIZE, "%s %.*s", nouns[value->kind], shown, value->text.data);
}

static void refuse(const struct origin *origin, const struct config_key *key, const struct toml_value *value,
		   const char *verb)
{
	char found[FOUND_SIZE];

	value_describe(origin, key, value, found);
	origin_report(origin, true, value->place, "%s %s %s; allowed is %s", key->name, verb, found,
		      config_allowed(key, &origin->config->arena));
}

static bool is_choice(const struct config_key *key, struct str text)
{
	for (const char *const *choice = key->choices; *choice; choice++)
		if (str_equal_c(text, *choice))
			return true;
	return false;
}

static bool is_address(struct str text)
{
	char host[INET6_ADDRSTRLEN], bytes[16];

	if (text.size >= sizeof(host))
		return false;
	memcpy(host, text.data, text.size);
	host[text.size] = '\0';
	return strlen(host) == text.size &&
	       (inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1 ||
		!strcmp(host, "localhost"));
}

/* "https://ops.example.org:8443": a scheme and a host, no path; or "*". */
static bool is_origin(struct str text)
{
	struct str scheme = text, rest;

	if (str_equal_c(text, "*"))
		return true;
	return str_split(text, ':', &scheme, &rest) &&
	       (str_equal_c(scheme, "http") || str_equal_c(scheme, "https")) && str_starts_with(rest, "//") &&
	       rest.size > 2 && !memchr(rest.data + 2, '/', rest.size - 2) &&
	       !memchr(rest.data, ' ', rest.size);
}

static bool string_is_allowed(const struct config_key *key, struct str text)
{
	if (memchr(text.data, '\0', text.size))
		return false;
	switch (key->type) {
	case CONFIG_CHOICE: return is_choice(key, text);
	case CONFIG_ADDRESS: return is_address(text);
	default: return text.size >= (size_t)key->least && text.size <= (size_t)key->most;
	}
}

static bool is_ratio(double ratio)
{
	return ratio >= 0 && ratio <= 1;
}

bool config_ratio_parse(struct str item, struct str *handler_out, double *ratio_out)
{
	const char *at = item.size ? memrchr(item.data, '=', item.size) : NULL;
	struct str handler, number;
	double ratio;

	if (!at)
		return false;
	handler = str_trim(str_make(item.data, (size_t)(at - item.data)));
	number = str_trim(str_make(at + 1, item.size - (size_t)(at + 1 - item.data)));
	if (!handler.size || !str_parse_double(number, &ratio) || !is_ratio(ratio))
		return false;
	*handler_out = handler;
	*ratio_out = ratio;
	return true;
}

static bool is_item(const struct config_key *key, struct str text)
{
	struct downsample_rule rule;
	struct str handler;
	double ratio;

	switch (key->type) {
	case CONFIG_ORIGINS: return is_origin(text);
	case CONFIG_RATIOS: return config_ratio_parse(text, &handler, &ratio);
	default: return downsample_rule_parse(text, &rule);
	}
}

static bool set_list(const struct origin *origin, const struct config_key *key,
		     const struct toml_value *value, struct config_list *list_out)
{
	const char **items = arena_calloc(&origin->config->arena, value->item_count, sizeof(*items));

	if (!items)
		return false;
	for (size_t i = 0; i < value->item_count; i++) {
		const struct toml_value *item = &value->items[i];

		if (item->kind != TOML_IS_STRING || !is_item(key, item->text)) {
			refuse(origin, key, item, "holds");
			return false;
		}
		items[i] = config_keep(origin->config, item->text);
	}
	*list_out = (struct config_list){items, value->item_count};
	return true;
}

static enum toml_kind kind_wanted(enum config_type type)
{
	switch (type) {
	case CONFIG_INTEGER: return TOML_IS_INTEGER;
	case CONFIG_BOOLEAN: return TOML_IS_BOOLEAN;
	case CONFIG_ORIGINS:
	case CONFIG_RATIOS:
	case CONFIG_STEPS: return TOML_IS_ARRAY;
	case CONFIG_RATIO: return TOML_IS_FLOAT;
	default: return TOML_IS_STRING;
	}
}

/* 0 stands for none, where the default does. */
static bool size_is_allowed(const struct config_key *key, const struct toml_value *value, uint64_t *bytes_out)
{
	if (value->kind == TOML_IS_INTEGER && value->integer >= 0)
		*bytes_out = (uint64_t)value->integer;
	else if (value->kind != TOML_IS_STRING || !str_parse_size(value->text, bytes_out))
		return false;
	if (*bytes_out == 0)
		return !strcmp(key->standard, "0");
	return *bytes_out >= (uint64_t)key->least && *bytes_out <= (uint64_t)key->most;
}

/* Whether the value of the right kind is in range; stores it then. */
static bool store_value(const struct origin *origin, const struct config_key *key,
			const struct toml_value *value)
{
	char *field = (char *)origin->config + key->offset;
	uint64_t size_bytes;

	switch (key->type) {
	case CONFIG_INTEGER:
		if (value->integer < key->least || value->integer > key->most)
			break;
		*(int64_t *)field = value->integer;
		return true;
	case CONFIG_BOOLEAN: *(bool *)field = value->boolean; return true;
	case CONFIG_SIZE:
		if (!size_is_allowed(key, value, &size_bytes))
			break;
		*(int64_t *)field = (int64_t)size_bytes;
		return true;
	case CONFIG_RATIO:
		if (!is_ratio(value->real))
			break;
		*(double *)field = value->real;
		return true;
	case CONFIG_ORIGINS:
	case CONFIG_RATIOS:
	case CONFIG_STEPS: return set_list(origin, key, value, (struct config_list *)field);
	default:
		if (!string_is_allowed(key, value->text))
			break;
		*(const char **)field = config_keep(origin->config, value->text);
		return true;
	}
	refuse(origin, key, value, "is");
	return false;
}

void value_set(const struct origin *origin, const struct config_key *key, const struct toml_value *value)
{
	struct toml_value ratio = *value;

	/* 0 and 1 are numbers too. */
	if (key->type == CONFIG_RATIO && value->kind == TOML_IS_INTEGER) {
		ratio.kind = TOML_IS_FLOAT;
		ratio.real = (double)value->integer;
		value = &ratio;
	}
	if (value->kind != kind_wanted(key->type) && key->type != CONFIG_SIZE) {
		refuse(origin, key, value, "is");
		return;
	}
	if (store_value(origin, key, value))
		origin->config->sources[key - config_keys] =
			(struct config_source){origin->origin, value->place.line, value->place.column};
}

/* One value, or a list of them with commas between, from where everything is text. */
void value_set_text(const struct origin *origin, const struct config_key *key, struct str text)
{
	struct toml_value value = {.kind = TOML_IS_STRING, .text = text}, items[64];
	bool more = text.size > 0;

	if (key->type == CONFIG_INTEGER && str_parse_i64(text, &value.integer))
		value.kind = TOML_IS_INTEGER;
	if (key->type == CONFIG_RATIO && str_parse_double(text, &value.real))
		value.kind = TOML_IS_FLOAT;
	if (key->type == CONFIG_BOOLEAN && (str_equal_c(text, "true") || str_equal_c(text, "false"))) {
		value.kind = TOML_IS_BOOLEAN;
		value.boolean = str_equal_c(text, "true");
	}
	if (kind_wanted(key->type) == TOML_IS_ARRAY) {
		value.kind = TOML_IS_ARRAY;
		value.items = items;
	}
	while (value.kind == TOML_IS_ARRAY && more && value.item_count < 64) {
		struct str item;

		more = str_split(text, ',', &item, &text);
		items[value.item_count++] =
			(struct toml_value){.kind = TOML_IS_STRING, .text = str_trim(item)};
	}
	value_set(origin, key, &value);
}
