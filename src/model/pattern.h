/*
 * pattern: a regular expression, as PCRE2 has them, over UTF-8.
 *
 * A pattern is found anywhere in a text; ^ and $ tie it to the ends. Letters differ by case unless it says (?i).
 *
 * Ownership  pattern_new makes what pattern_free frees; the text that it was made of is not kept.
 * Threads    a pattern is not changed once it is made: any number of threads may match with it.
 * Errors     STATUS_INVALID, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_MODEL_PATTERN_H
#define ROHAS_MODEL_PATTERN_H

#include "base/status.h"
#include "base/str.h"

struct pattern;

/* How many steps a pattern may take over one text. A text that takes more counts as one that does not match. */
enum { PATTERN_STEPS_MOST = 200000 };

/* On STATUS_INVALID the message says what is wrong, and *offset_out at which byte of text. */
enum status pattern_new(struct str text, struct pattern **pattern_out, size_t *offset_out,
			struct error *error);
/* The same, but a text matches only as a whole, and a dot is a line feed too: as Prometheus compares labels. */
enum status pattern_new_whole(struct str text, struct pattern **pattern_out, size_t *offset_out,
			      struct error *error);
void pattern_free(struct pattern *pattern); /* NULL is allowed */

bool pattern_matches(const struct pattern *pattern, struct str text);

#endif
