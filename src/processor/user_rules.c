#include "processor/user_rules.h"

#include "processor/naming.h"

bool user_rule_gives_parse(struct str name, struct user_rule *rule)
{
	rule->gives = true;
	rule->role = ROLE_EXECUTION;
	rule->type = HANDLER_NONE;
	if (handler_type_parse(name, &rule->type))
		return true;
	rule->role = str_equal_c(name, "published") ? ROLE_PUBLISH : ROLE_NONE;
	return rule->role == ROLE_PUBLISH || str_equal_c(name, "none");
}

/* A star takes as little as it can; where the rest does not match, the last star takes one more. */
static bool pattern_matches(const char *pattern, struct str text)
{
	const char *after_star = NULL;
	size_t at = 0, retry = 0;

	while (at < text.size) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = at;
		} else if (*pattern && *pattern == text.data[at]) {
			pattern++;
			at++;
		} else if (after_star) {
			pattern = after_star;
			at = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool value_matches(const struct value *value, const char *pattern)
{
	struct buffer text = BUFFER_EMPTY;
	bool matches;

	if (strcmp(pattern, "*") == 0)
		return true;
	if (value->type == VALUE_STRING)
		return pattern_matches(pattern, value_str(value));
	value_to_text(value, &text);
	matches = pattern_matches(pattern, buffer_str(&text));
	buffer_release(&text);
	return matches;
}

static bool all_match(const struct user_matches *matches, const struct attributes *attributes)
{
	for (size_t i = 0; i < matches->count; i++) {
		const struct value *value = attributes_find(attributes, matches->items[i].key);

		if (!value || !value_matches(value, matches->items[i].pattern))
			return false;
	}
	return true;
}

uint64_t user_rules_for(const struct user_rule *rules, size_t count, const struct resource *resource,
			const struct scope *scope)
{
	uint64_t candidates = 0;

	for (size_t i = 0; i < count; i++)
		if ((!rules[i].scope || pattern_matches(rules[i].scope, scope->name)) &&
		    all_match(&rules[i].resource, &resource->attributes))
			candidates |= UINT64_C(1) << i;
	return candidates;
}

static bool rule_matches(const struct user_rule *rule, const struct span *span)
{
	uint8_t kind = span->kind <= SPAN_CONSUMER ? span->kind : SPAN_UNSPECIFIED;

	return (!rule->kinds || rule->kinds & 1u << kind) &&
	       (!rule->span_name || pattern_matches(rule->span_name, span->name)) &&
	       all_match(&rule->attributes, &span->attributes);
}

const struct user_rule *user_rules_match(const struct user_rule *rules, uint64_t candidates,
					 const struct span *span)
{
	for (; candidates; candidates &= candidates - 1) {
		const struct user_rule *rule = &rules[__builtin_ctzll(candidates)];

		if (rule_matches(rule, span))
			return rule;
	}
	return NULL;
}

/* The next piece of a template: text up to a brace, or what stands between two. False at the end. */
static bool next_piece(struct str *rest, struct str *piece_out, bool *is_key_out)
{
	const char *end;

	if (rest->size == 0)
		return false;
	*is_key_out = rest->data[0] == '{';
	end = memchr(rest->data, *is_key_out ? '}' : '{', rest->size);
	if (!end)
		end = rest->data + rest->size;
	*piece_out = str_make(rest->data + *is_key_out, (size_t)(end - rest->data) - *is_key_out);
	if (*is_key_out && end < rest->data + rest->size)
		end++;
	*rest = str_make(end, rest->size - (size_t)(end - rest->data));
	return true;
}

bool user_template_is_valid(struct str template)
{
	struct str rest = template, piece;
	bool is_key;

	while (next_piece(&rest, &piece, &is_key)) {
		bool is_open = is_key && piece.data + piece.size == template.data + template.size;

		if (is_open || (is_key && !piece.size) || memchr(piece.data, is_key ? '{' : '}', piece.size))
			return false;
	}
	return template.size > 0;
}

static bool append_value(const struct span *span, struct str key, struct buffer *text)
{
	const struct attributes *places[] = {&span->attributes, &span->resource->attributes};
	size_t before = text->size;

	for (size_t i = 0; i < 2 && text->size == before; i++)
		for (uint32_t j = places[i]->count; j > 0 && text->size == before; j--)
			if (str_equal(places[i]->items[j - 1].key, key))
				value_to_text(&places[i]->items[j - 1].value, text);
	return text->size > before;
}

bool user_template_expand(const char *template, const struct span *span, struct arena *arena,
			  struct str *name_out)
{
	struct str rest = str_from(template), piece, name;
	struct buffer text = BUFFER_EMPTY;
	bool is_key, is_whole = true;

	while (is_whole && next_piece(&rest, &piece, &is_key)) {
		if (is_key)
			is_whole = append_value(span, piece, &text);
		else
			buffer_append(&text, piece.data, piece.size);
	}
	name = is_whole ? arena_copy(arena, name_cut(buffer_str(&text))) : *name_out;
	buffer_release(&text);
	if (!name.data && is_whole)
		return false;
	*name_out = name;
	return true;
}
