/*
 * rules: which span is a handler's execution, as a table that is read from top to bottom.
 *
 * Ownership  a rule_set borrows its rules.
 * Threads    a rule_set is not changed after rule_set_init.
 * Errors     none.
 */
#ifndef ROHAS_PROCESSOR_RULES_H
#define ROHAS_PROCESSOR_RULES_H

#include "model/span.h"
#include "processor/keys.h"

enum { RULE_VALUES_MOST = 4 };

/* Matches a span of one of the kinds that has the key with one of the values. */
struct rule {
	uint8_t kinds; /* bits KIND_… */
	uint8_t key;   /* enum key; KEY_NONE: the kind alone decides */
	uint8_t role;  /* enum handler_role that a match gives */
	uint8_t type;  /* enum handler_type */
	/* Up to the first NULL; none: the key alone decides. "websocket.*" is a beginning. */
	const char *values[RULE_VALUES_MOST];
};

/* The table of docs/handlers.md. */
extern const struct rule rules_built_in[];
extern const size_t rules_built_in_count;

enum { SPAN_KIND_COUNT = 8 }; /* larger numbers, from the future, count as unspecified */

struct rule_set {
	const struct rule *rules;
	size_t count;
	/* Per kind: a span with none of these keys meets no rule, unless its kind alone decides. */
	uint64_t keys[SPAN_KIND_COUNT];
	bool kind_decides[SPAN_KIND_COUNT];
};

void rule_set_init(struct rule_set *set, const struct rule *rules, size_t count);

/* The first rule that the span meets, or NULL. */
const struct rule *rule_set_match_slow(const struct rule_set *set, uint8_t kind,
				       const struct key_values *values);

/* Most spans are internal or client spans without any such key: they are sent away at once. */
static inline const struct rule *rule_set_match(const struct rule_set *set, uint8_t kind,
						const struct key_values *values)
{
	if (kind >= SPAN_KIND_COUNT)
		kind = SPAN_UNSPECIFIED;
	if (!(values->present & set->keys[kind]) && !set->kind_decides[kind])
		return NULL;
	return rule_set_match_slow(set, kind, values);
}

#endif
