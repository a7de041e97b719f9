/*
 * parser: a text into a predicate, by recursive descent.
 *
 *     any      = all { "or" all }
 *     all      = one { [ "and" ] one }
 *     one      = "not" one | "(" any ")" | STRING | WORD | comparison
 */
#include <stdio.h>

#include "query/language/fields.h"

/* A part of an ALL or ANY while it grows. */
struct part {
	struct predicate node;
	struct part *next;
};

struct parser {
	struct expression *expression;
	struct expression_error *error;
	struct str text, rest; /* rest: behind the token at hand */
	struct token token;
	enum signal signal;
	uint64_t now_ns;
	size_t depth, term_count;
	enum status status;
};

static const char one_allowed[] =
	"a comparison such as handler = \"CreateUser\", a word or \"a phrase\" to search for, "
	"not, or (";

/* ---- saying what is wrong ---- */

/* Characters up to the byte that at points to, from 1. */
static size_t column_of(const struct parser *parser, const char *at)
{
	size_t column = 1;

	for (const char *byte = parser->text.data; byte < at; byte++)
		column += ((unsigned char)*byte & 0xc0) != 0x80;
	return column;
}

static bool fail_at(struct parser *parser, const char *at, const char *allowed, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static bool fail_at(struct parser *parser, const char *at, const char *allowed, const char *format, ...)
{
	struct expression_error *error = parser->error;
	va_list args;

	parser->status = STATUS_INVALID;
	error->column = column_of(parser, at);
	snprintf(error->allowed, sizeof(error->allowed), "%s", allowed);
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return false;
}

static bool fail_memory(struct parser *parser)
{
	snprintf(parser->error->message, sizeof(parser->error->message),
		 "there is no memory for this filter");
	parser->status = STATUS_NO_MEMORY;
	return false;
}

static const char *end_of(struct str text)
{
	return text.data + text.size;
}

/* The token at hand is not what may stand here. */
static bool fail_found(struct parser *parser, const char *allowed)
{
	const struct token *token = &parser->token;

	if (token->kind == TOKEN_BROKEN)
		return fail_at(parser, token->source.data, allowed, "%.*s", STR_ARG(token->text));
	if (token->kind == TOKEN_END)
		return fail_at(parser, end_of(str_trim(parser->text)), allowed,
			       "the filter ends where it needs %s", allowed);
	return fail_at(parser, token->source.data, allowed, "found %.*s where it needs %s",
		       STR_ARG(token_shown(token)), allowed);
}

/* ---- tokens ---- */

static void advance(struct parser *parser)
{
	parser->token = token_next(&parser->rest, &parser->expression->arena);
}

static bool is_keyword(const struct token *token, const char *keyword)
{
	return token->kind == TOKEN_WORD && str_equal_nocase(token->source, str_from(keyword));
}

static bool is_reserved(const struct token *token)
{
	static const char *const keywords[] = {"and", "or", "not", "in", "exists"};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (is_keyword(token, keywords[i]))
			return true;
	return false;
}

static bool count_term(struct parser *parser, const char *at)
{
	if (++parser->term_count <= EXPRESSION_MOST_TERMS)
		return true;
	return fail_at(parser, at, "fewer of them",
		       "the filter has more than %d comparisons, words and values", EXPRESSION_MOST_TERMS);
}

/* ---- leaves ---- */

static void init_leaf(struct predicate *leaf, enum row_field field, enum predicate_operator operator)
{
	*leaf = (struct predicate){
		.kind = PREDICATE_LEAF, .field = field, .fields = ROW_BIT(field), .operator= operator};
}

static bool parse_term(struct parser *parser, const struct token *token, struct predicate *leaf_out)
{
	struct operand *operand = arena_calloc(&parser->expression->arena, 1, sizeof(*operand));

	if (!count_term(parser, token->source.data))
		return false;
	if (token->text.size == 0)
		return fail_at(parser, token->source.data, "at least one letter",
			       "there is nothing between these quotes to search for");
	if (str_equal_c(token->source, "&&") || str_equal_c(token->source, "||"))
		return fail_at(parser, token->source.data, "and, or",
			       "found %.*s, which is written \"%s\" here", STR_ARG(token->source),
			       token->source.data[0] == '&' ? "and" : "or");
	init_leaf(leaf_out, ROW_ANYWHERE, OPERATOR_CONTAINS);
	leaf_out->is_prefix = token->is_prefix;
	leaf_out->operands = operand;
	leaf_out->operand_count = 1;
	if (operand)
		operand->text = arena_copy(&parser->expression->arena, token->text);
	return (operand && operand->text.data) || fail_memory(parser);
}

static bool is_value(const struct token *token)
{
	return token->kind == TOKEN_STRING || (token->kind == TOKEN_WORD && !is_reserved(token));
}

/* A value in a list or behind a sign; one that is a number may be written in two ways. */
static bool parse_operand(struct parser *parser, const struct field_rule *rule, bool has_order,
			  struct operand operands[2], size_t *count_out)
{
	struct arena *arena = &parser->expression->arena;
	struct token *token = &parser->token;
	struct buffer text = BUFFER_EMPTY;
	struct expression_error wrong;
	struct value number;
	char needs[96];

	snprintf(needs, sizeof(needs), "a value to compare %s with", rule->name);
	if (!is_value(token))
		return fail_found(parser, needs);
	if (token->is_prefix && token->kind == TOKEN_STRING)
		return fail_at(
			parser, token->source.data, "=~ and a regular expression",
			"an asterisk behind quotes belongs to a search for words, not to a comparison");
	if (token->is_prefix) /* of a bare word that is a value, a letter like others */
		token->text.size++;
	if (!count_term(parser, parser->token.source.data))
		return false;
	if (!operand_read(rule, token, has_order, parser->now_ns, arena, &operands[0], &wrong))
		return fail_at(parser, token->source.data, wrong.allowed, "%s", wrong.message);
	*count_out = 1;
	if (operands[0].type != OPERAND_TEXT) {
		number = operands[0].type == OPERAND_REAL ? value_from_double(operands[0].real)
							  : value_from_int(operands[0].integer);
		value_to_text(&number, &text);
		operands[1] = operands[0];
		operands[1].text = arena_copy(arena, buffer_str(&text));
		*count_out += !str_equal(operands[0].text, operands[1].text);
		buffer_release(&text);
	}
	advance(parser);
	return operands[*count_out - 1].text.data || fail_memory(parser);
}

static bool parse_list(struct parser *parser, const struct field_rule *rule, struct predicate *leaf)
{
	struct operand *operands =
		arena_calloc(&parser->expression->arena, 2 * EXPRESSION_MOST_TERMS, sizeof(*operands));
	size_t count;

	if (!operands)
		return fail_memory(parser);
	leaf->operands = operands;
	if (parser->token.kind != TOKEN_OPEN)
		return fail_found(parser, "( and a list of values");
	do {
		advance(parser);
		if (!parse_operand(parser, rule, false, operands + leaf->operand_count, &count))
			return false;
		leaf->operand_count += count;
	} while (parser->token.kind == TOKEN_COMMA);
	if (parser->token.kind != TOKEN_CLOSE)
		return fail_found(parser, "a comma or )");
	advance(parser);
	return true;
}

static bool parse_pattern(struct parser *parser, const struct field_rule *rule, struct predicate *leaf)
{
	struct expression *expression = parser->expression;
	struct operand *operand = arena_calloc(&expression->arena, 1, sizeof(*operand));
	struct token token = parser->token;
	struct error error;
	size_t offset = 0;
	enum status status;

	if (!operand)
		return fail_memory(parser);
	if (!field_has_patterns(rule))
		return fail_at(parser, token.source.data, "= != < <= > >= in exists",
			       "%s is not text that a regular expression could match", rule->name);
	if (!is_value(&token))
		return fail_found(parser, "a regular expression in quotes");
	if (expression->pattern_count == EXPRESSION_MOST_PATTERNS)
		return fail_at(parser, token.source.data, "fewer of them",
			       "the filter has more than %d regular expressions", EXPRESSION_MOST_PATTERNS);
	if (!count_term(parser, parser->token.source.data))
		return false;
	if (token.is_prefix)
		token.text = token.source;
	operand->text = arena_copy(&expression->arena, token.text);
	if (!operand->text.data)
		return fail_memory(parser);
	status =
		pattern_new(operand->text, &expression->patterns[expression->pattern_count], &offset, &error);
	if (status == STATUS_NO_MEMORY)
		return fail_memory(parser);
	/* Escapes in quotes would shift the place within them: then the whole is pointed at. */
	if (token.source.size != token.text.size + 2 || offset > token.text.size)
		offset = 0;
	else
		offset += 1;
	if (status != STATUS_OK)
		return fail_at(parser, token.source.data + offset, "a regular expression as PCRE2 has them",
			       "the regular expression is wrong here: %s", error.message);
	leaf->pattern = expression->patterns[expression->pattern_count++];
	leaf->operands = operand;
	leaf->operand_count = 1;
	advance(parser);
	return true;
}

static bool parse_comparison_with(struct parser *parser, const struct field_rule *rule,
				  struct predicate *leaf)
{
	struct operand *operands = arena_calloc(&parser->expression->arena, 2, sizeof(*operands));
	bool has_order = leaf->operator!= OPERATOR_EQUAL;

	if (!operands)
		return fail_memory(parser);
	if (has_order && !field_has_order(rule))
		return fail_at(parser, parser->token.source.data, "= != =~ !~ in exists",
			       "%s has no order to compare it by", rule->name);
	leaf->operands = operands;
	advance(parser);
	return parse_operand(parser, rule, has_order, operands, &leaf->operand_count);
}

/* What stands behind a field's name. */
static bool parse_operator(struct parser *parser, const struct field_rule *rule, struct predicate *leaf)
{
	static const uint8_t operators[] = {
		[TOKEN_EQUAL] = OPERATOR_EQUAL,     [TOKEN_NOT_EQUAL] = OPERATOR_EQUAL,
		[TOKEN_LESS] = OPERATOR_LESS,       [TOKEN_LESS_EQUAL] = OPERATOR_LESS_EQUAL,
		[TOKEN_GREATER] = OPERATOR_GREATER, [TOKEN_GREATER_EQUAL] = OPERATOR_GREATER_EQUAL,
		[TOKEN_MATCH] = OPERATOR_MATCHES,   [TOKEN_NOT_MATCH] = OPERATOR_MATCHES,
	};
	enum token_kind kind = parser->token.kind;

	if (is_keyword(&parser->token, "exists")) {
		leaf->operator= OPERATOR_EXISTS;
		advance(parser);
		return count_term(parser, parser->token.source.data);
	}
	if (is_keyword(&parser->token, "not")) {
		leaf->is_negated = true;
		advance(parser);
		if (!is_keyword(&parser->token, "in"))
			return fail_found(parser, "in, as in \"not in (a, b)\"");
	}
	if (is_keyword(&parser->token, "in")) {
		advance(parser);
		return parse_list(parser, rule, leaf);
	}
	leaf->operator=(enum predicate_operator) operators[kind];
	leaf->is_negated = kind == TOKEN_NOT_EQUAL || kind == TOKEN_NOT_MATCH;
	if (leaf->operator!= OPERATOR_MATCHES)
		return parse_comparison_with(parser, rule, leaf);
	advance(parser);
	return parse_pattern(parser, rule, leaf);
}

static bool fail_field(struct parser *parser, const struct token *name)
{
	char allowed[sizeof(parser->error->allowed)];

	field_list(parser->signal, allowed, sizeof(allowed));
	if (field_find_elsewhere(name->text))
		return fail_at(parser, name->source.data, allowed, "%s have no field %.*s",
			       parser->signal == SIGNAL_LOGS ? "logs" : "spans", STR_ARG(token_shown(name)));
	return fail_at(
		parser, name->source.data, allowed,
		"there is no field %.*s; the nearest one is %s (a text to search for stands in quotes, an "
		"attribute's name behind \"tag.\")",
		STR_ARG(token_shown(name)), field_nearest(name->text, parser->signal));
}

static bool parse_field(struct parser *parser, const struct token *name, struct predicate *leaf_out)
{
	struct str key;
	const struct field_rule *rule = field_find(name->text, parser->signal, &key);

	if (!rule)
		return fail_field(parser, name);
	init_leaf(leaf_out, rule->field, OPERATOR_EQUAL);
	leaf_out->key = arena_copy(&parser->expression->arena, key);
	if (!leaf_out->key.data)
		return fail_memory(parser);
	return parse_operator(parser, rule, leaf_out);
}

/* Whether the token makes the word before it a field. */
static bool is_operator(const struct token *token, struct str rest)
{
	struct str behind = str_trim(rest);

	if (is_keyword(token, "not"))
		return behind.size > 2 && str_equal_nocase(str_make(behind.data, 2), str_from("in")) &&
		       (behind.data[2] == ' ' || behind.data[2] == '(');
	return (token->kind >= TOKEN_EQUAL && token->kind <= TOKEN_NOT_MATCH) || is_keyword(token, "in") ||
	       is_keyword(token, "exists");
}

/* ---- trees ---- */

static void negate(struct predicate *predicate)
{
	if (predicate->kind == PREDICATE_LEAF) {
		predicate->is_negated = !predicate->is_negated;
		return;
	}
	predicate->kind = predicate->kind == PREDICATE_ALL ? PREDICATE_ANY : PREDICATE_ALL;
	/* The tree is still this parser's own. */
	for (size_t i = 0; i < predicate->part_count; i++)
		negate((struct predicate *)&predicate->parts[i]);
}

/* Lays the parts side by side; those of a part of the same kind among them. */
static bool join(struct parser *parser, enum predicate_kind kind, const struct part *first,
		 struct predicate *predicate_out)
{
	struct predicate joined = {.kind = kind}, *parts;
	size_t count = 0;

	if (!first->next) {
		*predicate_out = first->node;
		return true;
	}
	for (const struct part *part = first; part; part = part->next)
		count += part->node.kind == kind ? part->node.part_count : 1;
	parts = arena_alloc(&parser->expression->arena, count * sizeof(*parts));
	if (!parts)
		return fail_memory(parser);
	joined.parts = parts;
	for (const struct part *part = first; part; part = part->next) {
		joined.fields |= part->node.fields;
		if (part->node.kind != kind)
			parts[joined.part_count++] = part->node;
		for (size_t i = 0; part->node.kind == kind && i < part->node.part_count; i++)
			parts[joined.part_count++] = part->node.parts[i];
	}
	*predicate_out = joined;
	return true;
}

static bool parse_any(struct parser *parser, struct predicate *predicate_out);

static bool enter(struct parser *parser)
{
	if (++parser->depth <= EXPRESSION_MOST_DEPTH)
		return true;
	return fail_at(parser, parser->token.source.data, "fewer of them",
		       "parentheses and \"not\" stand more than %d deep in one another",
		       EXPRESSION_MOST_DEPTH);
}

static bool parse_one(struct parser *parser, struct predicate *predicate_out)
{
	struct token token = parser->token;
	bool is_not = is_keyword(&token, "not"), is_good;

	if (is_not || token.kind == TOKEN_OPEN) {
		if (!enter(parser))
			return false;
		advance(parser);
		is_good = is_not ? parse_one(parser, predicate_out) : parse_any(parser, predicate_out);
		parser->depth--;
		if (!is_good)
			return false;
		if (is_not)
			negate(predicate_out);
		else if (parser->token.kind != TOKEN_CLOSE)
			return fail_found(parser, "and, or, or )");
		else
			advance(parser);
		return true;
	}
	if (!is_value(&token))
		return fail_found(parser, one_allowed);
	advance(parser);
	if (!is_operator(&parser->token, parser->rest))
		return parse_term(parser, &token, predicate_out);
	if (token.kind == TOKEN_STRING)
		return fail_at(parser, token.source.data, "a name without quotes; tag.\"a key\"",
			       "a field's name stands without quotes");
	return parse_field(parser, &token, predicate_out);
}

/* Whether another part of a kind follows; moves behind the keyword. Of ALL the keyword may be left out. */
static bool goes_on(struct parser *parser, enum predicate_kind kind)
{
	if (is_keyword(&parser->token, kind == PREDICATE_ALL ? "and" : "or")) {
		advance(parser);
		return true;
	}
	return kind == PREDICATE_ALL && (parser->token.kind == TOKEN_OPEN ||
					 is_keyword(&parser->token, "not") || is_value(&parser->token));
}

static bool parse_parts(struct parser *parser, enum predicate_kind kind,
			bool (*parse)(struct parser *parser, struct predicate *predicate_out),
			struct predicate *predicate_out)
{
	struct part *first = NULL, **end = &first;

	do {
		*end = arena_calloc(&parser->expression->arena, 1, sizeof(**end));
		if (!*end)
			return fail_memory(parser);
		if (!parse(parser, &(*end)->node))
			return false;
		end = &(*end)->next;
	} while (goes_on(parser, kind));
	return join(parser, kind, first, predicate_out);
}

static bool parse_all(struct parser *parser, struct predicate *predicate_out)
{
	return parse_parts(parser, PREDICATE_ALL, parse_one, predicate_out);
}

static bool parse_any(struct parser *parser, struct predicate *predicate_out)
{
	return parse_parts(parser, PREDICATE_ANY, parse_all, predicate_out);
}

/* ---- the whole ---- */

enum { ARENA_LIMIT_BYTES = 4 << 20 };

static bool check_text(struct parser *parser)
{
	if (parser->text.size > EXPRESSION_MOST_BYTES)
		return fail_at(parser, parser->text.data, "a shorter one",
			       "the filter has %zu bytes, and the most is %d", parser->text.size,
			       EXPRESSION_MOST_BYTES);
	if (!str_is_utf8(parser->text))
		return fail_at(parser, parser->text.data, "UTF-8", "the filter is not UTF-8");
	return true;
}

static bool parse_text(struct parser *parser, struct predicate *root)
{
	advance(parser);
	return parse_any(parser, root) &&
	       (parser->token.kind == TOKEN_END || fail_found(parser, "and, or, or the end"));
}

enum status expression_parse(struct str text, enum signal signal, uint64_t now_ns,
			     struct expression *expression_out, struct expression_error *error)
{
	struct parser parser = {.expression = expression_out,
				.error = error,
				.text = text,
				.rest = text,
				.signal = signal,
				.now_ns = now_ns};
	struct predicate *root;

	*expression_out = (struct expression){.pattern_count = 0};
	*error = (struct expression_error){.column = 0};
	arena_init(&expression_out->arena, ARENA_LIMIT_BYTES);
	if (str_trim(text).size == 0)
		return STATUS_OK;
	root = arena_calloc(&expression_out->arena, 1, sizeof(*root));
	if (!root)
		fail_memory(&parser);
	else if (check_text(&parser) && parse_text(&parser, root))
		expression_out->root = root;
	return parser.status;
}

void expression_release(struct expression *expression)
{
	for (size_t i = 0; i < expression->pattern_count; i++)
		pattern_free(expression->patterns[i]);
	arena_release(&expression->arena);
	expression->pattern_count = 0;
	expression->root = NULL;
}
