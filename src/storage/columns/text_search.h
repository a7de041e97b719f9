/*
 * text_search: a word, the beginning of one, or a phrase, looked for in columns of attributes.
 *
 * A column's distinct values are looked through as one text, then the hits are handed to the rows that have them.
 *
 * Ownership  what a search holds lies in the arena; the term is borrowed.
 * Threads    one thread at a time.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_TEXT_SEARCH_H
#define ROHAS_STORAGE_COLUMNS_TEXT_SEARCH_H

#include "storage/columns/attribute_columns.h"

struct text_search {
	struct str term;           /* as model/filter.h has it */
	struct str small;          /* the same in small letters: what it is compared with is made small too */
	bool is_phrase, is_prefix; /* prefix: a word may go on behind the term */
	struct arena *arena;
	uint8_t *found; /* one a row, 0 at first */
};

enum status text_search_begin(struct text_search *search, struct str term, bool is_prefix, size_t row_count,
			      struct arena *arena, struct error *error);

/* Sets found[row] to 1 for the rows that have a value in that column which contains the term. */
enum status text_search_column(struct text_search *search, struct attribute_reader *attributes,
			       struct attribute_values *values, struct error *error);

#endif
