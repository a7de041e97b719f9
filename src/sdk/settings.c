#include "sdk/settings.h"

#include <stdio.h>
#include <unistd.h>

#include "sdk/memory.h"

enum { THREAD_LIMIT = 1024, EXIT_DEADLINE_MS = 2000, THREAD_BYTES_MOST = 1024 * 1024 * 1024 };

static const char *keep(struct settings *settings, const char *text)
{
	struct str copy = arena_copy(&settings->config.arena, str_from(text));

	return copy.data ? copy.data : "";
}

/* What the options say, or else what the configuration says. */
static const char *either(struct settings *settings, const char *wanted, const char *configured)
{
	return wanted ? keep(settings, wanted) : configured;
}

static const char *configured_language(const struct config *config)
{
	for (size_t i = 0; i < CONFIG_KEY_COUNT; i++)
		if (!strcmp(config_keys[i].name, "project.language"))
			return config->sources[i].origin == CONFIG_FROM_DEFAULT ? "c"
										: config->project.language;
	return "c";
}

static enum status first_mistake(const struct config *config, struct error *error)
{
	for (size_t i = 0; i < config->problem_count; i++)
		if (config->problems[i].is_error)
			return error_set(error, STATUS_INVALID, "%s", config->problems[i].sentence);
	return error_set(error, STATUS_INVALID, "the configuration cannot be read");
}

static void fill(struct settings *settings, const struct rohas_options *options)
{
	const struct config *config = &settings->config;
	const char *endpoint = either(settings, options->endpoint, config->library.endpoint);
	char process[32];

	snprintf(process, sizeof(process), "%ld", (long)getpid());
	settings->endpoint = *endpoint ? endpoint : NULL;
	settings->api_key = options->api_key ? keep(settings, options->api_key) : NULL;
	settings->service_name = either(settings, options->service_name, config->project.name);
	settings->service_version = either(settings, options->service_version, config->project.version);
	settings->service_instance =
		keep(settings, options->service_instance ? options->service_instance : process);
	settings->language = either(settings, options->language, configured_language(config));
	settings->allocator = options->allocator ? *options->allocator : memory_system;
	settings->thread_bytes =
		options->thread_bytes ? options->thread_bytes : (size_t)config->library.thread_bytes;
	settings->queue_bytes = (size_t)config->library.queue_bytes;
	settings->thread_limit = options->thread_limit ? options->thread_limit : THREAD_LIMIT;
	settings->flush_interval_ms = (uint32_t)config->library.flush_interval_ms;
	settings->running_after_ms = (uint32_t)config->library.running_after_ms;
	settings->exit_deadline_ms = options->exit_deadline_ms ? options->exit_deadline_ms : EXIT_DEADLINE_MS;
}

static enum status check(const struct settings *settings, struct error *error)
{
	if (settings->thread_bytes < ROHAS_THREAD_BYTES_LEAST || settings->thread_bytes > THREAD_BYTES_MOST)
		return error_set(error, STATUS_INVALID, "thread_bytes is %zu; allowed is %d to %d",
				 settings->thread_bytes, ROHAS_THREAD_BYTES_LEAST, THREAD_BYTES_MOST);
	if (strlen(settings->language) > ROHAS_NAME_MOST)
		return error_set(error, STATUS_INVALID, "the language has %zu bytes; allowed are %d",
				 strlen(settings->language), ROHAS_NAME_MOST);
	if (settings->endpoint && strncmp(settings->endpoint, "http://", 7) != 0 &&
	    strncmp(settings->endpoint, "https://", 8) != 0)
		return error_set(
			error, STATUS_INVALID,
			"the endpoint is \"%.200s\"; allowed is an address such as http://localhost:4318",
			settings->endpoint);
	if (!settings->endpoint && strcmp(settings->config.telemetry.type, "rocksdb") != 0)
		return error_set(
			error, STATUS_INVALID,
			"telemetry.type is \"%s\" and telemetry.library.endpoint is empty; allowed is "
			"\"rocksdb\", or an endpoint",
			settings->config.telemetry.type);
	return STATUS_OK;
}

enum status settings_load(const struct rohas_options *options, struct settings *settings_out,
			  struct error *error)
{
	struct rohas_options whole = ROHAS_OPTIONS_INIT;
	struct settings settings = {0};
	struct config_request request = {0};
	enum status status;

	if (options && (options->size < sizeof(size_t) || options->size > sizeof(whole)))
		return error_set(error, STATUS_INVALID,
				 "options.size is %zu; allowed is what ROHAS_OPTIONS_INIT gives, at most %zu",
				 options->size, sizeof(whole));
	if (options)
		memcpy(&whole, options, options->size);
	request.project_root = whole.project_root;
	request.file = whole.config_file;
	request.environment = (const char *const *)environ;
	status = config_load(&request, &settings.config);
	if (status != STATUS_OK) {
		first_mistake(&settings.config, error);
	} else {
		fill(&settings, &whole);
		status = check(&settings, error);
	}
	if (status != STATUS_OK) {
		settings_release(&settings);
		return status;
	}
	*settings_out = settings;
	return STATUS_OK;
}

void settings_release(struct settings *settings)
{
	config_release(&settings->config);
}
