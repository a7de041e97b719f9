/*
 * config_rules: [[telemetry.rules]], the only part of the configuration that is no list of keys.
 *
 * Inside of the configuration, beside config_value. The file alone has rules.
 *
 * Ownership  rules lie in the config's arena.
 * Threads    one thread at a time.
 * Errors     a mistake becomes a config_problem, which names the rule's place.
 */
#ifndef ROHAS_CONFIG_CONFIG_RULES_H
#define ROHAS_CONFIG_CONFIG_RULES_H

#include "config/config_value.h"

/* Whether the name is that of the rules or of something in them. */
bool config_rules_own(struct str name);

/* Takes it; as toml_visit says, whether to go into it. */
bool config_rules_visit(const struct origin *origin, struct str name, struct toml_place place,
			const struct toml_value *value);

/* Once the file is read: whether each rule asks for something and gives something. */
void config_rules_check(const struct origin *origin);

#endif
