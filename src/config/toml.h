/*
 * toml: a TOML 1.0 document, walked value by value with where each stands. The parser is toml++ (toml.cc).
 *
 * Ownership  everything given to visit lives for that one call.
 * Threads    every call may run concurrently.
 * Units      lines and columns count from 1.
 * Errors     STATUS_INVALID where the text is no TOML: the sentence says what is wrong, *place_out where.
 */
#ifndef ROHAS_CONFIG_TOML_H
#define ROHAS_CONFIG_TOML_H

#include "base/status.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

enum toml_kind {
	TOML_IS_TABLE,
	TOML_IS_ARRAY,
	TOML_IS_STRING,
	TOML_IS_INTEGER,
	TOML_IS_FLOAT,
	TOML_IS_BOOLEAN,
	TOML_IS_TIME
};

struct toml_place {
	unsigned line, column;
};

struct toml_value {
	enum toml_kind kind;
	struct toml_place place;
	struct str text; /* STRING: its bytes; every other kind but TABLE and ARRAY: as TOML writes it */
	int64_t integer; /* INTEGER */
	double real;     /* FLOAT */
	bool boolean;    /* BOOLEAN */
	const struct toml_value
		*items; /* ARRAY: its elements; those that are tables or arrays are not filled in */
	size_t item_count;
};

/*
 * key is the dotted path from the top, its parts quoted where TOML would have to ("a.b" is one part). Tables
 * come before what is in them; returning false from one leaves its contents out. The tables of an array, too, come after it:
 * "rules[0]", then "rules[0].name".
 */
typedef bool toml_visit(void *context, struct str key, struct toml_place key_place,
			const struct toml_value *value);

enum status toml_walk(struct str text, toml_visit *visit, void *context, struct toml_place *place_out,
		      struct error *error);

#ifdef __cplusplus
}
#endif

#endif
