#include "config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "config/config_rules.h"
#include "config/config_value.h"
#include "model/downsample.h"

enum { FILE_LIMIT_BYTES = 1024 * 1024 };

static const struct config_key *key_find(struct str name)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (str_equal_c(name, config_keys[i].name))
			return &config_keys[i];
	return NULL;
}

static struct str key_section(const struct config_key *key)
{
	return str_make(key->name, (size_t)(strrchr(key->name, '.') - key->name));
}

/* "telemetry.receiver" is a section too: one that holds only sections. */
static bool is_section(struct str path)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (strlen(config_keys[i].name) > path.size && config_keys[i].name[path.size] == '.' &&
		    memcmp(config_keys[i].name, path.data, path.size) == 0)
			return true;
	return false;
}

static const struct config_key *key_nearest(struct str name)
{
	const struct config_key *nearest = NULL;
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		size_t distance = str_distance(name, str_from(config_keys[i].name));

		if (distance < least) {
			least = distance;
			nearest = &config_keys[i];
		}
	}
	return nearest;
}

static struct str section_nearest(struct str path)
{
	struct str nearest = {0};
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		struct str section = key_section(&config_keys[i]);
		size_t distance = str_distance(path, section);

		if (distance < least) {
			least = distance;
			nearest = section;
		}
	}
	return nearest;
}

static void load_defaults(struct config *config)
{
	struct origin origin = {config, CONFIG_FROM_DEFAULT, "default"};

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		struct str text = str_from(config_keys[i].standard);

		if (text.data[0] == '"' || text.data[0] == '[')
			text = str_make(text.data + 1, text.size - 2);
		/* The default may lie outside what may be set: no project name at all, for instance. */
		value_set_text(&origin, &config_keys[i], text);
	}
}

static bool visit_file(void *context, struct str name, struct toml_place place,
		       const struct toml_value *value)
{
	const struct origin *origin = context;
	const struct config_key *key = key_find(name);
	char found[FOUND_SIZE];

	if (config_rules_own(name))
		return config_rules_visit(origin, name, place, value);
	if (key) {
		value_set(origin, key, value);
		return false;
	}
	if (is_section(name)) {
		if (value->kind == TOML_IS_TABLE)
			return true;
		value_describe(origin, NULL, value, found);
		origin_report(origin, true, value->place, "%.*s is %s; allowed is a section: [%.*s]",
			      STR_ARG(name), found, STR_ARG(name));
	} else if (value->kind == TOML_IS_TABLE) {
		struct str nearest = section_nearest(name);

		origin_report(origin, false, place,
			      "section [%.*s] is unknown and ignored; the nearest known one is [%.*s]",
			      STR_ARG(name), STR_ARG(nearest));
	} else {
		origin_report(origin, false, place,
			      "%.*s is unknown and ignored; the nearest known key is %s", STR_ARG(name),
			      key_nearest(name)->name);
	}
	return false;
}

static bool read_file(const char *path, struct buffer *text_out)
{
	FILE *file = fopen(path, "r");
	bool read = file != NULL;

	while (read && !feof(file) && text_out->size <= FILE_LIMIT_BYTES) {
		char *at = buffer_reserve(text_out, 65536);
		size_t got = at ? fread(at, 1, 65536, file) : 0;

		text_out->size += got;
		read = at && !ferror(file);
	}
	if (file)
		fclose(file);
	return read;
}

static void load_file(struct config *config, const char *path)
{
	struct origin origin = {config, CONFIG_FROM_FILE, config->file};
	struct buffer text = BUFFER_EMPTY;
	struct toml_place place = {0};
	struct error error;

	if (!read_file(path, &text))
		origin_report(&origin, true, place, "cannot be read: %s", strerror(errno));
	else if (text.size > FILE_LIMIT_BYTES)
		origin_report(&origin, true, place, "is larger than %d bytes", FILE_LIMIT_BYTES);
	else if (toml_walk(buffer_str(&text), visit_file, &origin, &place, &error) != STATUS_OK)
		origin_report(&origin, true, place, "this is not TOML: %s", error.message);
	config_rules_check(&origin);
	buffer_release(&text);
}

/* A variable that no key has but that looks much like one that a key has. Others are not ours to judge. */
static void check_variable(struct config *config, struct str name)
{
	struct origin origin = {config, CONFIG_FROM_ENVIRONMENT, config_keep(config, name)};
	char variable[CONFIG_VARIABLE_SIZE];

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		config_variable(&config_keys[i], variable);
		if (str_distance(name, str_from(variable)) <= 2) {
			origin_report(&origin, false, (struct toml_place){0},
				      "the variable is unknown and ignored; the nearest known one is %s",
				      variable);
			return;
		}
	}
}

static void load_variable(struct config *config, struct str name, struct str text)
{
	char variable[CONFIG_VARIABLE_SIZE];

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		config_variable(&config_keys[i], variable);
		if (str_equal_c(name, variable)) {
			struct origin origin = {config, CONFIG_FROM_ENVIRONMENT, variable};

			if (text.size)
				value_set_text(&origin, &config_keys[i], text);
			return;
		}
	}
	check_variable(config, name);
}

static void load_environment(struct config *config, const char *const *environment)
{
	for (; environment && *environment; environment++) {
		struct str name, text;

		if (str_split(str_from(*environment), '=', &name, &text) && str_starts_with(name, "ROHAS_"))
			load_variable(config, name, text);
	}
}

static void load_setting(struct config *config, const char *setting)
{
	struct origin origin = {config, CONFIG_FROM_COMMAND_LINE, "--set"};
	struct str name, text;
	const struct config_key *key;
	char place[160];

	if (!str_split(str_from(setting), '=', &name, &text)) {
		origin_report(&origin, true, (struct toml_place){0},
			      "\"%.80s\" has no =; allowed is section.key=value", setting);
		return;
	}
	snprintf(place, sizeof(place), "--set %.*s", name.size < 120 ? (int)name.size : 120, name.data);
	origin.place = place;
	key = key_find(name);
	if (key)
		value_set_text(&origin, key, text);
	else
		origin_report(&origin, false, (struct toml_place){0},
			      "the key is unknown and ignored; the nearest known one is %s",
			      key_nearest(name)->name);
}

static struct str folder_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_from(slash && slash[1] ? slash + 1 : "rohas");
}

static const char *join(struct config *config, const char *folder, const char *path)
{
	struct str joined = path[0] == '/' ? str_from(path)
					   : arena_printf(&config->arena, "%s/%s",
							  strcmp(folder, "/") ? folder : "", path);

	return joined.data ? joined.data : "";
}

static bool load_project_root(struct config *config, const char *wanted)
{
	struct origin origin = {config, CONFIG_FROM_COMMAND_LINE, "--project-root"};
	char *path = realpath(wanted ? wanted : ".", NULL);

	if (!path) {
		origin_report(&origin, true, (struct toml_place){0}, "the folder %.400s cannot be opened: %s",
			      wanted ? wanted : ".", strerror(errno));
		config->project_root = ".";
		return false;
	}
	config->project_root = config_keep(config, str_from(path));
	free(path);
	return true;
}

/* The file is named as the person would name it from where they are. */
static void find_file(struct config *config, const struct config_request *request)
{
	static const char usual[] = "config/rohas.toml";
	const char *name = request->file
				   ? request->file
				   : join(config, request->project_root ? request->project_root : ".", usual);

	if (!request->file && access(name, F_OK) != 0)
		return;
	config->file = config_keep(config, str_from(request->file || request->project_root ? name : usual));
	load_file(config, config->file);
}

/* A key that has a value of its own from nowhere takes that of another one. */
static void inherit(struct config *config)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		const struct config_key *from = key->inherits ? key_find(str_from(key->inherits)) : NULL;

		if (from && config->sources[i].origin == CONFIG_FROM_DEFAULT)
			memcpy((char *)config + key->offset, (char *)config + from->offset, sizeof(int64_t));
	}
}

static void warn(struct config *config, const char *sentence)
{
	struct origin origin = {config, CONFIG_FROM_DEFAULT, "configuration"};

	origin_report(&origin, false, (struct toml_place){0}, "%s", sentence);
}

/* Later rules are for older days and coarser: otherwise one would undo another, or never come to pass. */
static void check_downsample(struct config *config)
{
	const struct config_list *list = &config->telemetry.downsample;
	struct origin origin = {config, CONFIG_FROM_DEFAULT, "configuration"};
	struct downsample_rule before = {0}, rule;

	for (size_t i = 0; i < list->count; i++, before = rule) {
		downsample_rule_parse(str_from(list->items[i]), &rule);
		if (i && (rule.age_days <= before.age_days || rule.step_ns % before.step_ns != 0 ||
			  rule.step_ns == before.step_ns))
			origin_report(
				&origin, true, (struct toml_place){0},
				"telemetry.downsample has \"%s\" behind \"%s\"; allowed is an age that is "
				"greater than the one before, and a step that is a multiple of it",
				list->items[i], list->items[i - 1]);
		if (config->telemetry.retention_days_metrics &&
		    rule.age_days >= config->telemetry.retention_days_metrics)
			origin_report(
				&origin, false, (struct toml_place){0},
				"telemetry.downsample has \"%s\" and metrics are dropped after %d days: "
				"it never comes to pass",
				list->items[i], (int)config->telemetry.retention_days_metrics);
	}
}

static bool is_set(const struct config *config, const char *name)
{
	return config->sources[key_find(str_from(name)) - config_keys].origin != CONFIG_FROM_DEFAULT;
}

static void check_tuning(struct config *config)
{
	if (config->telemetry.downsample.count > DOWNSAMPLE_MOST_RULES) {
		struct origin origin = {config, CONFIG_FROM_DEFAULT, "configuration"};

		origin_report(&origin, true, (struct toml_place){0},
			      "telemetry.downsample has %zu rules; allowed are %d",
			      config->telemetry.downsample.count, DOWNSAMPLE_MOST_RULES);
	}
	if (is_set(config, "telemetry.sync_interval_ms") && strcmp(config->telemetry.sync, "interval"))
		warn(config, "telemetry.sync_interval_ms is ignored: telemetry.sync is not \"interval\"");
	if (is_set(config, "telemetry.compression_level") && strcmp(config->telemetry.compression, "zstd"))
		warn(config, "telemetry.compression_level is ignored: telemetry.compression is not \"zstd\"");
}

/* What concerns more than one key. */
static void check_together(struct config *config)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		const struct config_key *key = &config_keys[i];
		const struct config_source *source = &config->sources[i];
		struct origin origin = {config, source->origin,
					config_source_text(config, key, &config->arena)};

		if (source->origin == CONFIG_FROM_FILE)
			origin.place = config->file;
		if (key->only_for && source->origin != CONFIG_FROM_DEFAULT &&
		    strcmp(key->only_for, config->telemetry.type))
			origin_report(
				&origin, false, (struct toml_place){source->line, source->column},
				"%s is ignored: it is for telemetry.type = \"%s\", and the type is \"%s\"",
				key->name, key->only_for, config->telemetry.type);
	}
	if (config->receiver_http.enabled && config->server.port &&
	    config->server.port == config->receiver_http.port) {
		struct origin origin = {config, CONFIG_FROM_DEFAULT, "configuration"};

		origin_report(
			&origin, true, (struct toml_place){0},
			"server.port and telemetry.receiver.http.port are both %d; allowed are two different "
			"ports, or "
			"telemetry.receiver.http.enabled = false (the server's port takes OTLP too)",
			(int)config->server.port);
	}
}

/* The file's problems in its own order, what belongs to no line behind them. */
static int compare_problems(const void *a, const void *b)
{
	const struct config_problem *x = a, *y = b;
	unsigned x_line = x->line ? x->line : UINT_MAX, y_line = y->line ? y->line : UINT_MAX;

	if (x_line != y_line)
		return x_line < y_line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->sentence, y->sentence);
}

enum status config_load(const struct config_request *request, struct config *config)
{
	bool failed = false;

	*config = (struct config){0};
	arena_init(&config->arena, 0);
	load_defaults(config);
	if (load_project_root(config, request->project_root))
		find_file(config, request);
	load_environment(config, request->environment);
	for (size_t i = 0; i < request->setting_count; i++)
		load_setting(config, request->settings[i]);
	inherit(config);
	check_together(config);
	check_downsample(config);
	check_tuning(config);
	if (!config->project.name[0])
		config->project.name = config_keep(config, folder_name(config->project_root));
	config->store_path = join(config, config->project_root, config->telemetry.path);
	config->backup_path = join(config, config->project_root, config->telemetry.backup_path);
	if (config->telemetry.archive_path[0])
		config->archive_path = join(config, config->project_root, config->telemetry.archive_path);
	if (config->problem_count)
		qsort(config->problems, config->problem_count, sizeof(*config->problems), compare_problems);
	for (size_t i = 0; i < config->problem_count; i++)
		failed = failed || config->problems[i].is_error;
	return failed ? STATUS_INVALID : STATUS_OK;
}

void config_release(struct config *config)
{
	free(config->problems);
	arena_release(&config->arena);
	*config = (struct config){0};
}

bool host_is_loopback(const char *host)
{
	return !strncmp(host, "127.", 4) || !strcmp(host, "::1") || !strcmp(host, "localhost");
}
