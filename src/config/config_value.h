/*
 * config_value: one value on its way into the configuration: is it of the right type, in range, what to say
 * if not.
 *
 * Inside of the configuration: config.c reads the places that values come from, this judges and stores them.
 *
 * Ownership  what is kept lies in the config's arena.
 * Threads    one thread at a time.
 * Errors     a mistake becomes a config_problem, and the field keeps what it held.
 */
#ifndef ROHAS_CONFIG_CONFIG_VALUE_H
#define ROHAS_CONFIG_CONFIG_VALUE_H

#include "config/config.h"
#include "config/toml.h"

/* One place that values come from, while it is read. */
struct origin {
	struct config *config;
	enum config_origin origin;
	const char *place; /* "ROHAS_SERVER_PORT", "--set server.port"; the file's name */
};

/* A copy with a NUL behind it; "" where memory ran out. */
const char *config_keep(struct config *config, struct str text);

/* Adds a problem; its sentence begins with the place. at is all zero for what stands in no file. */
void origin_report(const struct origin *origin, bool is_error, struct toml_place at, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What stands there: the string "abc". key may be NULL; the text of a secret is left out. */
enum { FOUND_SIZE = 160 };
void value_describe(const struct origin *origin, const struct config_key *key, const struct toml_value *value,
		    char text_out[FOUND_SIZE]);

void value_set(const struct origin *origin, const struct config_key *key, const struct toml_value *value);

/* From where everything is text: one value, or a list of them with commas between. */
void value_set_text(const struct origin *origin, const struct config_key *key, struct str text);

#endif
