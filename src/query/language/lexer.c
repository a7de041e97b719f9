#include "query/language/lexer.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
	return !is_space(c) && c != '\0' && !strchr("()\",=!<>~", c);
}

struct str token_shown(const struct token *token)
{
	enum { MOST = 60 };
	size_t size = token->source.size < MOST ? token->source.size : MOST;

	/* Not in the middle of a character. */
	while (size < token->source.size && size > 0 &&
	       ((unsigned char)token->source.data[size] & 0xc0) == 0x80)
		size--;
	return str_make(token->source.data, size);
}

static struct token broken(struct str source, const char *sentence)
{
	return (struct token){.kind = TOKEN_BROKEN, .source = source, .text = str_from(sentence)};
}

/* How many bytes the quoted part takes that text begins with; 0 where it is not closed. */
static size_t quoted_size(struct str text)
{
	for (size_t at = 1; at < text.size; at++) {
		if (text.data[at] == '"')
			return at + 1;
		if (text.data[at] == '\\' && at + 1 < text.size &&
		    (text.data[at + 1] == '"' || text.data[at + 1] == '\\'))
			at++;
	}
	return 0;
}

/* Appends what a quoted part says; its quotes are the first and the last byte. */
static void unquote(struct str quoted, char *to, size_t *size)
{
	for (size_t at = 1; at + 1 < quoted.size; at++) {
		bool is_escape = quoted.data[at] == '\\' && at + 2 < quoted.size &&
				 (quoted.data[at + 1] == '"' || quoted.data[at + 1] == '\\');

		at += is_escape;
		to[(*size)++] = quoted.data[at];
	}
}

/* A plain part of plain_size bytes with a quoted part behind it. */
static struct token take_quoted(struct str rest, size_t plain_size, struct arena *arena)
{
	struct str quoted = str_make(rest.data + plain_size, rest.size - plain_size);
	struct token token = {.kind = plain_size ? TOKEN_WORD : TOKEN_STRING};
	size_t size = plain_size;
	char *text;

	quoted.size = quoted_size(quoted);
	if (quoted.size == 0)
		return broken(str_make(rest.data + plain_size, 1),
			      "the text that begins here has no closing quote");
	text = arena_alloc(arena, plain_size + quoted.size);
	if (!text)
		return broken(rest, "there is no memory for this filter");
	memcpy(text, rest.data, plain_size);
	unquote(quoted, text, &size);
	token.text = str_make(text, size);
	token.source = str_make(rest.data, plain_size + quoted.size);
	if (token.kind == TOKEN_STRING && token.source.size < rest.size &&
	    rest.data[token.source.size] == '*') {
		token.is_prefix = true;
		token.source.size++;
	}
	return token;
}

static struct token take_word(struct str rest, struct arena *arena)
{
	struct token token = {.kind = TOKEN_WORD};
	size_t size = 0;

	while (size < rest.size && is_word(rest.data[size]))
		size++;
	if (size == 0)
		return broken(str_make(rest.data, 1), "this character stands in quotes or not at all");
	if (rest.data[size - 1] == '.' && size < rest.size && rest.data[size] == '"')
		return take_quoted(rest, size, arena);
	token.source = token.text = str_make(rest.data, size);
	token.is_prefix = size > 1 && rest.data[size - 1] == '*';
	token.text.size -= token.is_prefix;
	return token;
}

static struct token take_sign(struct str rest)
{
	static const struct {
		char sign[3];
		enum token_kind kind;
	} signs[] = {
		{"!=", TOKEN_NOT_EQUAL},  {"!~", TOKEN_NOT_MATCH},     {"=~", TOKEN_MATCH},
		{"<=", TOKEN_LESS_EQUAL}, {">=", TOKEN_GREATER_EQUAL}, {"=", TOKEN_EQUAL},
		{"<", TOKEN_LESS},        {">", TOKEN_GREATER},        {"(", TOKEN_OPEN},
		{")", TOKEN_CLOSE},       {",", TOKEN_COMMA},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (str_starts_with(rest, signs[i].sign))
			return (struct token){.kind = signs[i].kind,
					      .source = str_make(rest.data, strlen(signs[i].sign))};
	return (struct token){.kind = TOKEN_END};
}

struct token token_next(struct str *rest, struct arena *arena)
{
	struct token token;

	*rest = str_trim(*rest);
	if (rest->size == 0)
		return (struct token){.kind = TOKEN_END, .source = *rest};
	if (rest->data[0] == '"')
		token = take_quoted(*rest, 0, arena);
	else
		token = take_sign(*rest);
	if (token.kind == TOKEN_END)
		token = take_word(*rest, arena);
	*rest = str_make(rest->data + token.source.size, rest->size - token.source.size);
	return token;
}
