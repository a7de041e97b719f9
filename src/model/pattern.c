#include "model/pattern.h"

#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { PARENTHESES_MOST = 50, DEPTH_MOST = 10000, HEAP_MOST_KB = 4096, MESSAGE_SIZE = 160 };

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static pcre2_code *compile(struct str text, uint32_t how, int *reason_out, size_t *offset_out)
{
	/* A stored text that is no UTF-8 is matched around its broken places. */
	const uint32_t options = how | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_code *code;

	*reason_out = PCRE2_ERROR_NOMEMORY;
	if (!context)
		return NULL;
	pcre2_set_parens_nest_limit(context, PARENTHESES_MOST);
	code = pcre2_compile((PCRE2_SPTR)(text.data ? text.data : ""), text.size, options, reason_out,
			     offset_out, context);
	pcre2_compile_context_free(context);
	return code;
}

static enum status make(struct str text, uint32_t how, struct pattern **pattern_out, size_t *offset_out,
			struct error *error)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	char message[MESSAGE_SIZE] = "";
	PCRE2_SIZE offset = 0;
	int reason = 0;

	if (!pattern)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a regular expression");
	pattern->code = compile(text, how, &reason, &offset);
	pattern->limits = pattern->code ? pcre2_match_context_create(NULL) : NULL;
	if (!pattern->limits) {
		pattern_free(pattern);
		if (reason < 0 || reason == 100)
			return error_set(error, STATUS_NO_MEMORY, "no memory for a regular expression");
		pcre2_get_error_message(reason, (PCRE2_UCHAR *)message, sizeof(message));
		*offset_out = offset;
		return error_set(error, STATUS_INVALID, "%s", message);
	}
	pcre2_set_match_limit(pattern->limits, PATTERN_STEPS_MOST);
	pcre2_set_depth_limit(pattern->limits, DEPTH_MOST);
	pcre2_set_heap_limit(pattern->limits, HEAP_MOST_KB);
	/* Where the machine allows no code of its own making, matching is slower, that is all. */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	*pattern_out = pattern;
	return STATUS_OK;
}

enum status pattern_new(struct str text, struct pattern **pattern_out, size_t *offset_out,
			struct error *error)
{
	return make(text, 0, pattern_out, offset_out, error);
}

enum status pattern_new_whole(struct str text, struct pattern **pattern_out, size_t *offset_out,
			      struct error *error)
{
	return make(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL, pattern_out, offset_out, error);
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->limits);
	pcre2_code_free(pattern->code);
	free(pattern);
}

bool pattern_matches(const struct pattern *pattern, struct str text)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int result;

	if (!data)
		return false;
	result = pcre2_match(pattern->code, (PCRE2_SPTR)(text.data ? text.data : ""), text.size, 0, 0, data,
			     pattern->limits);
	pcre2_match_data_free(data);
	return result >= 0;
}
