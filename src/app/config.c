#include "app/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/toml.h"
#include "base/buffer.h"

enum { FILE_LIMIT_BYTES = 1024 * 1024, FOUND_SIZE = 160 };

/* One place that values come from, while it is read. */
struct origin {
	struct config *config;
	enum config_origin origin;
	const char *place; /* "ROHAS_SERVER_PORT", "--set server.port"; the file's name */
};

static const char *keep(struct config *config, struct str text)
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
		(struct config_problem){is_error, at.line, at.column, keep(config, sentence)};
}

__attribute__((format(printf, 4, 5))) static void report(const struct origin *origin, bool is_error,
							 struct toml_place at, const char *format, ...)
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

/* What stands there, for the sentence; the text of a secret is left out. */
static void describe(const struct origin *origin, const struct config_key *key,
		     const struct toml_value *value, char text_out[FOUND_SIZE])
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

	describe(origin, key, value, found);
	report(origin, true, value->place, "%s %s %s; allowed is %s", key->name, verb, found,
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

static bool set_origins(const struct origin *origin, const struct config_key *key,
			const struct toml_value *value, struct config_list *list_out)
{
	const char **items = arena_calloc(&origin->config->arena, value->item_count, sizeof(*items));

	if (!items)
		return false;
	for (size_t i = 0; i < value->item_count; i++) {
		const struct toml_value *item = &value->items[i];

		if (item->kind != TOML_IS_STRING || !is_origin(item->text)) {
			refuse(origin, key, item, "holds");
			return false;
		}
		items[i] = keep(origin->config, item->text);
	}
	*list_out = (struct config_list){items, value->item_count};
	return true;
}

static enum toml_kind kind_wanted(enum config_type type)
{
	switch (type) {
	case CONFIG_INTEGER: return TOML_IS_INTEGER;
	case CONFIG_BOOLEAN: return TOML_IS_BOOLEAN;
	case CONFIG_ORIGINS: return TOML_IS_ARRAY;
	default: return TOML_IS_STRING;
	}
}

/* Whether the value of the right kind is in range; stores it then. */
static bool store_value(const struct origin *origin, const struct config_key *key,
			const struct toml_value *value)
{
	char *field = (char *)origin->config + key->offset;

	switch (key->type) {
	case CONFIG_INTEGER:
		if (value->integer < key->least || value->integer > key->most)
			break;
		*(int64_t *)field = value->integer;
		return true;
	case CONFIG_BOOLEAN: *(bool *)field = value->boolean; return true;
	case CONFIG_ORIGINS: return set_origins(origin, key, value, (struct config_list *)field);
	default:
		if (!string_is_allowed(key, value->text))
			break;
		*(const char **)field = keep(origin->config, value->text);
		return true;
	}
	refuse(origin, key, value, "is");
	return false;
}

static void set_value(const struct origin *origin, const struct config_key *key,
		      const struct toml_value *value)
{
	if (value->kind != kind_wanted(key->type)) {
		refuse(origin, key, value, "is");
		return;
	}
	if (store_value(origin, key, value))
		origin->config->sources[key - config_keys] =
			(struct config_source){origin->origin, value->place.line, value->place.column};
}

/* One value, or a list of them with commas between, from where everything is text. */
static void set_text(const struct origin *origin, const struct config_key *key, struct str text)
{
	struct toml_value value = {.kind = TOML_IS_STRING, .text = text}, items[64];
	bool more = text.size > 0;

	if (key->type == CONFIG_INTEGER && str_parse_i64(text, &value.integer))
		value.kind = TOML_IS_INTEGER;
	if (key->type == CONFIG_BOOLEAN && (str_equal_c(text, "true") || str_equal_c(text, "false"))) {
		value.kind = TOML_IS_BOOLEAN;
		value.boolean = str_equal_c(text, "true");
	}
	if (key->type == CONFIG_ORIGINS) {
		value.kind = TOML_IS_ARRAY;
		value.items = items;
	}
	while (value.kind == TOML_IS_ARRAY && more && value.item_count < 64) {
		struct str item;

		more = str_split(text, ',', &item, &text);
		items[value.item_count++] =
			(struct toml_value){.kind = TOML_IS_STRING, .text = str_trim(item)};
	}
	set_value(origin, key, &value);
}

static void load_defaults(struct config *config)
{
	struct origin origin = {config, CONFIG_FROM_DEFAULT, "default"};

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		struct str text = str_from(config_keys[i].standard);

		if (text.data[0] == '"' || text.data[0] == '[')
			text = str_make(text.data + 1, text.size - 2);
		/* The default may lie outside what may be set: no project name at all, for instance. */
		set_text(&origin, &config_keys[i], text);
	}
}

static bool visit_file(void *context, struct str name, struct toml_place place,
		       const struct toml_value *value)
{
	const struct origin *origin = context;
	const struct config_key *key = key_find(name);
	char found[FOUND_SIZE];

	if (key) {
		set_value(origin, key, value);
		return false;
	}
	if (is_section(name)) {
		if (value->kind == TOML_IS_TABLE)
			return true;
		describe(origin, NULL, value, found);
		report(origin, true, value->place, "%.*s is %s; allowed is a section: [%.*s]", STR_ARG(name),
		       found, STR_ARG(name));
	} else if (value->kind == TOML_IS_TABLE) {
		struct str nearest = section_nearest(name);

		report(origin, false, place,
		       "section [%.*s] is unknown and ignored; the nearest known one is [%.*s]",
		       STR_ARG(name), STR_ARG(nearest));
	} else {
		report(origin, false, place, "%.*s is unknown and ignored; the nearest known key is %s",
		       STR_ARG(name), key_nearest(name)->name);
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
		report(&origin, true, place, "cannot be read: %s", strerror(errno));
	else if (text.size > FILE_LIMIT_BYTES)
		report(&origin, true, place, "is larger than %d bytes", FILE_LIMIT_BYTES);
	else if (toml_walk(buffer_str(&text), visit_file, &origin, &place, &error) != STATUS_OK)
		report(&origin, true, place, "this is not TOML: %s", error.message);
	buffer_release(&text);
}

/* A variable that no key has but that looks much like one that a key has. Others are not ours to judge. */
static void check_variable(struct config *config, struct str name)
{
	struct origin origin = {config, CONFIG_FROM_ENVIRONMENT, keep(config, name)};
	char variable[CONFIG_VARIABLE_SIZE];

	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++) {
		config_variable(&config_keys[i], variable);
		if (str_distance(name, str_from(variable)) <= 2) {
			report(&origin, false, (struct toml_place){0},
			       "the variable is unknown and ignored; the nearest known one is %s", variable);
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
				set_text(&origin, &config_keys[i], text);
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
		report(&origin, true, (struct toml_place){0},
		       "\"%.80s\" has no =; allowed is section.key=value", setting);
		return;
	}
	snprintf(place, sizeof(place), "--set %.*s", name.size < 120 ? (int)name.size : 120, name.data);
	origin.place = place;
	key = key_find(name);
	if (key)
		set_text(&origin, key, text);
	else
		report(&origin, false, (struct toml_place){0},
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
		report(&origin, true, (struct toml_place){0}, "the folder %.400s cannot be opened: %s",
		       wanted ? wanted : ".", strerror(errno));
		config->project_root = ".";
		return false;
	}
	config->project_root = keep(config, str_from(path));
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
	config->file = keep(config, str_from(request->file || request->project_root ? name : usual));
	load_file(config, config->file);
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
			report(&origin, false, (struct toml_place){source->line, source->column},
			       "%s is ignored: it is for telemetry.type = \"%s\", and the type is \"%s\"",
			       key->name, key->only_for, config->telemetry.type);
	}
	if (config->receiver_http.enabled && config->server.port &&
	    config->server.port == config->receiver_http.port) {
		struct origin origin = {config, CONFIG_FROM_DEFAULT, "configuration"};

		report(&origin, true, (struct toml_place){0},
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
	check_together(config);
	if (!config->project.name[0])
		config->project.name = keep(config, folder_name(config->project_root));
	config->store_path = join(config, config->project_root, config->telemetry.path);
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
