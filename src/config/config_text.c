#include "config/config.h"

#include <stdio.h>

#include "base/buffer.h"

static const char *arena_text(struct str text)
{
	return text.data ? text.data : "";
}

void config_variable(const struct config_key *key, char text_out[CONFIG_VARIABLE_SIZE])
{
	size_t size = (size_t)snprintf(text_out, CONFIG_VARIABLE_SIZE, "ROHAS_%s", key->name);

	for (size_t i = 0; i < size && i < CONFIG_VARIABLE_SIZE; i++) {
		if (text_out[i] >= 'a' && text_out[i] <= 'z')
			text_out[i] -= 'a' - 'A';
		else if (text_out[i] == '.')
			text_out[i] = '_';
	}
}

static const char *allowed_choices(const struct config_key *key, struct arena *arena)
{
	struct buffer text = BUFFER_EMPTY;
	const char *kept;

	for (const char *const *choice = key->choices; *choice; choice++) {
		const char *before = choice == key->choices ? "" : choice[1] ? ", " : " or ";

		buffer_printf(&text, "%s\"%s\"", before, *choice);
	}
	kept = arena_text(arena_copy(arena, buffer_str(&text)));
	buffer_release(&text);
	return kept;
}

const char *config_allowed(const struct config_key *key, struct arena *arena)
{
	switch (key->type) {
	case CONFIG_CHOICE: return allowed_choices(key, arena);
	case CONFIG_ADDRESS: return "an IP address (\"127.0.0.1\", \"0.0.0.0\", \"::1\") or \"localhost\"";
	case CONFIG_BOOLEAN: return "true or false";
	case CONFIG_ORIGINS:
		return "a list of origins, each a scheme and a host (\"https://ops.example.org\") or \"*\"";
	case CONFIG_STEPS:
		return "a list of ages and steps, each a whole number of days and what divides a day "
		       "(\"7d:1m\")";
	case CONFIG_RATIO: return "a number from 0 to 1";
	case CONFIG_RATIOS:
		return "a list of handlers and ratios, each a name, = and a number from 0 to 1 (\"GET "
		       "/health=0.01\")";
	case CONFIG_SIZE:
		return arena_text(arena_printf(arena,
					       "%sbytes, or a string with a unit (\"20GB\", \"512MiB\"), "
					       "from %lld to %lld",
					       strcmp(key->standard, "0") ? "" : "0, ", (long long)key->least,
					       (long long)key->most));
	case CONFIG_INTEGER:
		return arena_text(arena_printf(arena, "an integer from %lld to %lld", (long long)key->least,
					       (long long)key->most));
	case CONFIG_STRING: break;
	}
	return arena_text(arena_printf(arena, "a string of %lld to %lld bytes", (long long)key->least,
				       (long long)key->most));
}

static void append_quoted(struct buffer *text, const char *value)
{
	buffer_append_byte(text, '"');
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c == '"' || c == '\\')
			buffer_printf(text, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buffer_printf(text, "\\u%04x", c);
		else
			buffer_append_byte(text, c);
	}
	buffer_append_byte(text, '"');
}

static void append_list(struct buffer *text, const struct config_list *list)
{
	buffer_append_byte(text, '[');
	for (size_t i = 0; i < list->count; i++) {
		buffer_append_c(text, i ? ", " : "");
		append_quoted(text, list->items[i]);
	}
	buffer_append_byte(text, ']');
}

static void append_string(struct buffer *text, const struct config_key *key, const char *value)
{
	if (key->secret && value[0])
		buffer_append_c(text, "(hidden)");
	else
		append_quoted(text, value);
}

const char *config_value_text(const struct config *config, const struct config_key *key, struct arena *arena)
{
	const char *field = (const char *)config + key->offset, *kept;
	struct buffer text = BUFFER_EMPTY;

	switch (key->type) {
	case CONFIG_SIZE:
	case CONFIG_INTEGER: buffer_printf(&text, "%lld", (long long)*(const int64_t *)field); break;
	case CONFIG_BOOLEAN: buffer_append_c(&text, *(const bool *)field ? "true" : "false"); break;
	case CONFIG_RATIO: buffer_printf(&text, "%.12g", *(const double *)field); break;
	case CONFIG_ORIGINS:
	case CONFIG_RATIOS:
	case CONFIG_STEPS: append_list(&text, (const struct config_list *)field); break;
	default: append_string(&text, key, *(const char *const *)field);
	}
	kept = arena_text(arena_copy(arena, buffer_str(&text)));
	buffer_release(&text);
	return kept;
}

const char *config_source_text(const struct config *config, const struct config_key *key, struct arena *arena)
{
	const struct config_source *source = &config->sources[key - config_keys];
	char variable[CONFIG_VARIABLE_SIZE];

	switch (source->origin) {
	case CONFIG_FROM_FILE: return arena_text(arena_printf(arena, "%s:%u", config->file, source->line));
	case CONFIG_FROM_ENVIRONMENT:
		config_variable(key, variable);
		return arena_text(arena_copy(arena, str_from(variable)));
	case CONFIG_FROM_COMMAND_LINE: return "--set";
	case CONFIG_FROM_DEFAULT: break;
	}
	return "default";
}
