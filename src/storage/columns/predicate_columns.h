/*
 * predicate_columns: what a predicate's leaf asks of a column: once a distinct value where there is a dictionary.
 *
 * Ownership  borrowed.
 * Threads    one thread at a time for a reader.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_PREDICATE_COLUMNS_H
#define ROHAS_STORAGE_COLUMNS_PREDICATE_COLUMNS_H

#include "model/predicate.h"
#include "storage/columns/attribute_columns.h"

/* predicate_test_text, or what takes its place. */
typedef bool text_test(const struct predicate *leaf, struct str text);

/* Clears the matches of the strings in [first, first + count) of a column that is open and that fail the test. */
enum status strings_test(struct strings *strings, const struct predicate *leaf, text_test *test, size_t first,
			 size_t count, struct arena *arena, uint8_t *matches, struct error *error);

/*
 * The same of attributes of that key, the last one of a row where there are several. A row without such an attribute
 * keeps its match, and found[row - first] says so: ATTRIBUTE_ABSENT; it is ATTRIBUTE_EQUAL where the value passes.
 */
enum status attributes_test(struct attribute_reader *reader, struct str key, const struct predicate *leaf,
			    size_t first, size_t count, uint8_t *matches, enum attribute_match *found,
			    struct error *error);

#endif
