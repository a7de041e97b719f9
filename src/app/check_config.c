#include <jansson.h>
#include <stdio.h>

#include "app/cli.h"
#include "config/config_page.h"

static void print_line(const char *name, const char *value, const char *source)
{
	printf("  %-32s %-24s %s%s%s\n", name, value, cli_dim(), source, cli_plain());
}

static bool starts_section(size_t index)
{
	const char *name = config_keys[index].name;
	size_t size = (size_t)(strrchr(name, '.') - name);

	if (index == 0)
		return true;
	return strrchr(config_keys[index - 1].name, '.') - config_keys[index - 1].name != (ptrdiff_t)size ||
	       strncmp(name, config_keys[index - 1].name, size) != 0;
}

static void print_table(struct config *config)
{
	printf("%sproject root%s  %s\n", cli_bold(), cli_plain(), config->project_root);
	printf("%sfile%s          %s\n", cli_bold(), cli_plain(),
	       config->file ? config->file : "none (the defaults serve)");
	printf("%sstore%s         %s\n", cli_bold(), cli_plain(), config->store_path);
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];

		/* What belongs to another type of store would only be noise. */
		if (key->only_for && strcmp(key->only_for, config->telemetry.type) != 0)
			continue;
		if (starts_section(i))
			printf("\n");
		print_line(key->name, config_value_text(config, key, &config->arena),
			   config_source_text(config, key, &config->arena));
	}
	if (config->rule_count)
		printf("\n  %zu of [[telemetry.rules]]\n", config->rule_count);
}

static json_t *value_json(const struct config *config, const struct config_key *key)
{
	const char *field = (const char *)config + key->offset;
	const struct config_list *list = (const struct config_list *)field;
	json_t *array;

	switch (key->type) {
	case CONFIG_SIZE:
	case CONFIG_INTEGER: return json_integer(*(const int64_t *)field);
	case CONFIG_BOOLEAN: return json_boolean(*(const bool *)field);
	case CONFIG_RATIO: return json_real(*(const double *)field);
	case CONFIG_ORIGINS:
	case CONFIG_RATIOS:
	case CONFIG_STEPS:
		array = json_array();
		for (size_t i = 0; i < list->count; i++)
			json_array_append_new(array, json_string(list->items[i]));
		return array;
	default: return key->secret ? json_null() : json_string(*(const char *const *)field);
	}
}

static json_t *key_json(struct config *config, const struct config_key *key)
{
	const struct config_source *source = &config->sources[key - config_keys];
	json_t *object = json_pack("{s:s, s:o, s:s, s:b}", "key", key->name, "value", value_json(config, key),
				   "source", config_source_text(config, key, &config->arena), "secret",
				   (int)key->secret);

	if (key->secret)
		json_object_set_new(object, "is_set",
				    json_boolean((*(char **)((char *)config + key->offset))[0]));
	if (source->line)
		json_object_set_new(object, "line", json_integer(source->line));
	if (source->line)
		json_object_set_new(object, "column", json_integer(source->column));
	return object;
}

static json_t *problems_json(const struct config *config, bool errors)
{
	json_t *array = json_array();

	for (size_t i = 0; i < config->problem_count; i++)
		if (config->problems[i].is_error == errors)
			json_array_append_new(array, json_string(config->problems[i].sentence));
	return array;
}

static void print_json(struct config *config)
{
	json_t *keys = json_array(), *top;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		json_array_append_new(keys, key_json(config, &config_keys[i]));
	top = json_pack("{s:s, s:s?, s:s, s:o, s:I, s:o, s:o}", "project_root", config->project_root, "file",
			config->file, "store_path", config->store_path, "keys", keys, "rules",
			(json_int_t)config->rule_count, "warnings", problems_json(config, false), "errors",
			problems_json(config, true));
	json_dumpf(top, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(top);
}

static int print_markdown(void)
{
	struct buffer page = BUFFER_EMPTY;

	config_page_write(&page);
	fwrite(page.data, 1, page.size, stdout);
	buffer_release(&page);
	return CLI_DONE;
}

static int check(struct config_request *request, bool as_json)
{
	struct config config;
	bool valid;

	valid = as_json ? config_load(request, &config) == STATUS_OK : cli_load_config(request, &config);
	if (as_json)
		print_json(&config);
	else if (valid)
		print_table(&config);
	config_release(&config);
	return valid ? CLI_DONE : CLI_WRONG;
}

static int run(int argc, char **argv)
{
	bool as_json = false, as_markdown = false;
	const struct option options[] = {
		{"json", NULL, "print as JSON, mistakes and warnings included", OPTION_FLAG, &as_json},
		{"markdown", NULL, "print the documentation page of all keys instead", OPTION_FLAG,
		 &as_markdown},
	};
	const struct command_line line = {
		&check_config_command,
		"Prints every key with its value and where that came from. Exit status 2 where the "
		"configuration has\n"
		"mistakes; all of them are told. Secrets are not shown.",
		options,
		sizeof(options) / sizeof(options[0]),
	};
	struct config_request request;
	int result;

	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	result = as_markdown ? print_markdown() : check(&request, as_json);
	cli_release_request(&request);
	return result;
}

const struct command check_config_command = {
	"check-config",
	"Check the configuration and show what is in effect",
	run,
};
