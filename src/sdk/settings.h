/*
 * settings: what the library was told, by its options and by config/rohas.toml.
 *
 * Ownership  the settings own their strings.
 * Threads    read-only once loaded.
 * Errors     STATUS_INVALID with the first mistake of the configuration.
 */
#ifndef ROHAS_SDK_SETTINGS_H
#define ROHAS_SDK_SETTINGS_H

#include "config/config.h"
#include "rohas/telemetry.h"

struct settings {
	struct config config;
	struct rohas_allocator allocator;
	const char *endpoint;                                          /* NULL: the store, in this process */
	const char *api_key;                                           /* NULL: none */
	const char *service_name, *service_version, *service_instance; /* "": not sent */
	const char *language;
	size_t thread_bytes, queue_bytes;
	uint32_t thread_limit, flush_interval_ms, running_after_ms, exit_deadline_ms;
};

/* options as the application gave them: of its own size. Must be released where STATUS_OK. */
enum status settings_load(const struct rohas_options *options, struct settings *settings_out,
			  struct error *error);
void settings_release(struct settings *settings);

#endif
