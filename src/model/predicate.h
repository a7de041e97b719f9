/*
 * predicate: what a filter asks beyond its fixed parts, as a tree: all of, any of, and comparisons of one field.
 *
 * There is no "not": a comparison is negated by itself. What is compared and absent makes a comparison false, and a
 * negated one true. The match functions are the definition: an adapter may evaluate as it likes but must come to the
 * same.
 *
 * Ownership  borrowed: nodes, operands and patterns outlive the filter that carries the tree.
 * Threads    a tree is not changed while it is used.
 * Units      durations and times are nanoseconds.
 */
#ifndef ROHAS_MODEL_PREDICATE_H
#define ROHAS_MODEL_PREDICATE_H

#include "model/log_record.h"
#include "model/pattern.h"
#include "model/span.h"

enum predicate_kind {
	PREDICATE_ALL,  /* every part; none: true */
	PREDICATE_ANY,  /* at least one part */
	PREDICATE_LEAF, /* one field */
};

enum row_field {
	/* text; empty is absent */
	ROW_HANDLER,  /* of an execution; of a log, the one it was written in */
	ROW_TYPE,     /* handler_type_name of an execution */
	ROW_STATUS,   /* outcome_name */
	ROW_LANGUAGE, /* of the handler */
	ROW_SERVICE,
	ROW_OPERATION, /* the span's name */
	ROW_KIND,      /* span_kind_name */
	ROW_EVENT,     /* handled or published; a log's event name */
	ROW_SCOPE,     /* the scope's name */
	ROW_TRACE_ID,  /* lower-case hexadecimal; all zero is absent */
	ROW_SPAN_ID,
	ROW_PARENT,
	ROW_ROOT,    /* "true" or "false": whether the span has no parent */
	ROW_MESSAGE, /* of a span's status */
	/* numbers; never absent */
	ROW_DURATION,
	ROW_TIME,
	ROW_LEVEL,
	/* values */
	ROW_BODY,
	ROW_TAG,       /* of the row, then the resource, then the scope */
	ROW_ATTRIBUTE, /* of the row alone */
	ROW_RESOURCE,  /* of the resource alone */
	/* a word, phrase or beginning of one, anywhere in the row: predicate_contains_… */
	ROW_ANYWHERE,
};
#define ROW_BIT(field) (UINT32_C(1) << (field))

enum predicate_operator {
	OPERATOR_EQUAL, /* to one of the operands */
	OPERATOR_LESS,
	OPERATOR_LESS_EQUAL,
	OPERATOR_GREATER,
	OPERATOR_GREATER_EQUAL,
	OPERATOR_MATCHES,
	OPERATOR_EXISTS,
	OPERATOR_CONTAINS, /* ROW_ANYWHERE's alone */
};

struct operand {
	struct str text; /* as value_to_text has it; of a pattern, as it was written */
	enum { OPERAND_TEXT, OPERAND_INTEGER, OPERAND_REAL } type; /* what order it is compared in */
	int64_t integer;
	double real;     /* of OPERAND_INTEGER too, rounded */
	uint64_t number; /* of a duration, a time, a level */
};

struct predicate {
	enum predicate_kind kind;
	uint32_t fields; /* ROW_BIT of each that occurs in it */

	const struct predicate *parts; /* of ALL and ANY */
	size_t part_count;

	enum row_field field; /* of a LEAF */
	struct str key;       /* of an attribute */
	enum predicate_operator operator;
	bool is_negated, is_prefix; /* prefix: of OPERATOR_CONTAINS */
	const struct operand *operands;
	size_t operand_count;
	const struct pattern *pattern;
};

bool predicate_match_span(const struct predicate *predicate, const struct span *span);
bool predicate_match_log(const struct predicate *predicate, const struct log_record *record);

/* What a leaf says of its field's value, negation included. Text that is empty, and NULL, are absent. */
bool predicate_test_text(const struct predicate *leaf, struct str text);
bool predicate_test_number(const struct predicate *leaf, uint64_t number);
bool predicate_test_value(const struct predicate *leaf, const struct value *value);

/* Whether a text contains the term of an OPERATOR_CONTAINS; without negation. */
bool predicate_contains(const struct predicate *leaf, struct str text);

/* The same of what belongs to a span's class: its name, its handler's, its event's. */
bool predicate_contains_class(const struct predicate *leaf, const struct span *span);

/* Appends bytes that differ where the predicate asks something else. NULL is allowed. */
void predicate_describe(const struct predicate *predicate, struct buffer *out);

#endif
