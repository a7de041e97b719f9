/*
 * fields: the vocabulary of the filter language: which fields there are, in which signal, and what they are compared
 * with.
 *
 * Ownership  rules are constants; what reading an operand makes lies in the arena.
 * Threads    every call may run concurrently.
 * Errors     operand_read: false, with the sentence and what is allowed.
 */
#ifndef ROHAS_QUERY_LANGUAGE_FIELDS_H
#define ROHAS_QUERY_LANGUAGE_FIELDS_H

#include "query/language/language.h"
#include "query/language/lexer.h"

enum operand_kind {
	OPERANDS_TEXT,
	OPERANDS_CHOICE, /* one of a few names */
	OPERANDS_TRACE_ID,
	OPERANDS_SPAN_ID,
	OPERANDS_DURATION,
	OPERANDS_TIME,
	OPERANDS_LEVEL,
	OPERANDS_VALUE, /* of an attribute: a number or text */
};

struct field_rule {
	const char *name; /* ends in a dot where a key follows */
	enum row_field field;
	unsigned signals; /* bit per enum signal */
	enum operand_kind operands;
	const char *choices; /* of OPERANDS_CHOICE: names with ", " between */
};

/* NULL where there is no such field. *key_out is what follows a dotted name, else empty. */
const struct field_rule *field_find(struct str name, enum signal signal, struct str *key_out);

/* A field of that name in another signal, or NULL. */
const struct field_rule *field_find_elsewhere(struct str name);

/* The name that is spelled most alike; and all names, with commas between. */
const char *field_nearest(struct str name, enum signal signal);
void field_list(enum signal signal, char *list_out, size_t size);

bool field_has_order(const struct field_rule *rule);
bool field_has_patterns(const struct field_rule *rule);

/* Reads a token as what the field is compared with. has_order: by an operator such as <. */
bool operand_read(const struct field_rule *rule, const struct token *token, bool has_order, uint64_t now_ns,
		  struct arena *arena, struct operand *operand_out, struct expression_error *error);

#endif
