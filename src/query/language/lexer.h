/*
 * lexer: the tokens of a filter text.
 *
 * A word is a run of anything but white space, parentheses, commas, quotes and the signs of comparisons; it may end in
 * a quoted part behind a dot, `tag."a key"`. In quotes \" and \\ stand for " and \, every other backslash for itself.
 *
 * Ownership  tokens are views into the text, or lie in the arena.
 * Threads    one thread at a time.
 * Errors     TOKEN_BROKEN, whose text is the sentence.
 */
#ifndef ROHAS_QUERY_LANGUAGE_LEXER_H
#define ROHAS_QUERY_LANGUAGE_LEXER_H

#include "base/arena.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER,
	TOKEN_GREATER_EQUAL,
	TOKEN_MATCH,
	TOKEN_NOT_MATCH,
	TOKEN_BROKEN,
};

struct token {
	enum token_kind kind;
	struct str source; /* as it stands in the text */
	struct str text;   /* of a word or a string, what it says */
	bool is_prefix;    /* an asterisk stands at its end; text is without it */
};

/* As it stands in the text, but no longer than a sentence has room for. */
struct str token_shown(const struct token *token);

/* Cuts the next token off the front of *rest. */
struct token token_next(struct str *rest, struct arena *arena);

#endif
