/*
 * user_rules: what whoever runs the program says about spans that the table of docs/handlers.md does not know, or
 * sees otherwise ([[telemetry.rules]]). The first rule that a span meets decides, before the table.
 *
 * Patterns are whole texts in which a star stands for any number of characters: "mail-*". A number or a boolean
 * is compared as text. Templates are texts with attribute keys in braces: "{messaging.destination.name} by mail".
 *
 * Ownership  rules borrow their texts.
 * Threads    rules are not changed once a processor has them.
 * Errors     false where the arena is full.
 */
#ifndef ROHAS_PROCESSOR_USER_RULES_H
#define ROHAS_PROCESSOR_USER_RULES_H

#include "model/span.h"

enum { USER_RULES_MOST = 64, USER_RULE_MATCHES_MOST = 8 };

struct user_match {
	const char *key, *pattern;
};

struct user_matches {
	struct user_match items[USER_RULE_MATCHES_MOST];
	size_t count;
};

/* A span meets a rule when it meets everything that the rule asks for. */
struct user_rule {
	uint8_t kinds;                         /* bits 1 << enum span_kind; 0: any */
	const char *scope, *span_name;         /* patterns; NULL: any */
	struct user_matches attributes;        /* of the span */
	struct user_matches resource;          /* of its resource */
	bool gives;                            /* role and type are this rule's; else the table's */
	uint8_t role, type;                    /* enum handler_role, handler_type */
	const char *handler_name, *event_name; /* templates; NULL: as the table says */
};

/* "api", "event", "cron", "websocket", "published", "none". */
bool user_rule_gives_parse(struct str name, struct user_rule *rule);

/* Whether every brace of the template is closed and holds a key. */
bool user_template_is_valid(struct str template);

/* The rules, as bits, that spans of this resource and scope may meet. */
uint64_t user_rules_for(const struct user_rule *rules, size_t count, const struct resource *resource,
			const struct scope *scope);

/* The first of those rules that the span meets, or NULL. */
const struct user_rule *user_rules_match(const struct user_rule *rules, uint64_t candidates,
					 const struct span *span);

/*
 * Replaces each key by its value in the span, or else in its resource. *name_out is left alone where one of them has
 * none, so that names have no holes.
 */
bool user_template_expand(const char *template, const struct span *span, struct arena *arena,
			  struct str *name_out);

#endif
