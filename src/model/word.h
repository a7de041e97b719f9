/*
 * word: what a search for words takes for one: a run of letters, digits and bytes above 127, as long as it gets.
 * Letters of either case are alike (ASCII's alone).
 */
#ifndef ROHAS_MODEL_WORD_H
#define ROHAS_MODEL_WORD_H

#include <stdbool.h>

#include "base/str.h"

static inline bool is_word_byte(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* A term with white space in it is a phrase: it may begin and end within words. */
static inline bool term_is_phrase(struct str term)
{
	return memchr(term.data, ' ', term.size) || memchr(term.data, '\t', term.size);
}

/* The next word of *text, which moves behind it; false where there is none. */
static inline bool word_next(struct str *text, struct str *word_out)
{
	size_t first = 0, end;

	while (first < text->size && !is_word_byte((unsigned char)text->data[first]))
		first++;
	for (end = first; end < text->size && is_word_byte((unsigned char)text->data[end]); end++)
		;
	*word_out = str_make(text->data + first, end - first);
	*text = str_make(text->data + end, text->size - end);
	return word_out->size > 0;
}

#endif
