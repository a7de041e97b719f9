/*
 * language: the filter language, docs/filter.md: `handler = "CreateUser" and duration > 100ms`.
 *
 * A text is parsed once, for one signal, into a predicate (model/predicate.h); "not" is moved inward on the way, to the
 * comparisons. Then a filter is narrowed by it: what stores prune with becomes parts of the filter, the rest its
 * predicate.
 *
 * Ownership  an expression owns everything that filters narrowed by it point to, but for what they pointed to before.
 *            It is released by expression_release, also where parsing failed. It may be moved.
 * Threads    an expression is not changed once it is parsed.
 * Errors     STATUS_INVALID, with the place and what is allowed there; STATUS_NO_MEMORY.
 */
#ifndef ROHAS_QUERY_LANGUAGE_LANGUAGE_H
#define ROHAS_QUERY_LANGUAGE_LANGUAGE_H

#include "model/batch.h"
#include "model/filter.h"

/* A text past one of these is refused. */
enum {
	EXPRESSION_MOST_BYTES = 4096,
	EXPRESSION_MOST_DEPTH = 32,    /* parentheses and "not" in one another */
	EXPRESSION_MOST_TERMS = 128,   /* comparisons, words, and the values of lists */
	EXPRESSION_MOST_PATTERNS = 16, /* regular expressions */
};

struct expression {
	struct arena arena;
	struct pattern *patterns[EXPRESSION_MOST_PATTERNS];
	size_t pattern_count;
	const struct predicate *root; /* NULL: the text is empty and asks nothing */
};

/* Where an expression is wrong. */
struct expression_error {
	size_t column; /* of the character at fault, from 1; 0: no place in particular */
	char message[320];
	char allowed[320]; /* what may stand there, or "" */
};

/* now_ns is what a time such as -15m is relative to. text is not kept. */
enum status expression_parse(struct str text, enum signal signal, uint64_t now_ns,
			     struct expression *expression_out, struct expression_error *error);
void expression_release(struct expression *expression);

/* Narrows a filter of spans. */
enum status expression_narrow_spans(struct expression *expression, struct span_filter *filter,
				    struct error *error);

/*
 * Narrows a filter of log records. What is asked of the handler, beyond the filter's own, is split off into
 * *handled_out (NULL: nothing is), for who finds a record's handler through its trace and can ask only then. Where
 * handled_out is NULL itself it stays with the rest, and is asked of the record's own.
 */
enum status expression_narrow_logs(struct expression *expression, struct log_filter *filter,
				   const struct predicate **handled_out, struct error *error);

#endif
