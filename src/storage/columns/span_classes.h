/*
 * span_classes: what spans of one kind of work share, kept once a block.
 *
 * Name, kind, status code, flags, resource, scope and what the processor recognised follow from the place in
 * the application that made the span: a block of thousands of spans has some hundred combinations of them. A
 * row stores the number of its class in their place: a dozen columns less to fill, to compress and to match.
 *
 * Ownership  the writer borrows spans until it is cleared.
 * Threads    one thread at a time.
 * Errors     a writer remembers (failed).
 */
#ifndef ROHAS_STORAGE_COLUMNS_SPAN_CLASSES_H
#define ROHAS_STORAGE_COLUMNS_SPAN_CLASSES_H

#include "model/span.h"
#include "storage/columns/table.h"

/* One combination: the first span that had it, and the codes of its origin. */
struct span_class {
	const struct span *span;
	uint32_t resource, scope;
	uint32_t hash;
};

VECTOR_DEFINE(vector_span_class, struct span_class)

struct span_classes {
	struct vector_span_class entries;
	uint32_t *slots; /* class + 1, 0 where free; a power of two of them, at most half full */
	size_t slot_count;
	bool failed;
};

/* The class of a span of that resource and scope: 0, 1, 2, … in order of arrival. */
uint32_t span_classes_code(struct span_classes *classes, const struct span *span, uint32_t resource,
			   uint32_t scope);

/* Puts a row for each class into the table of classes. */
void span_classes_put(const struct span_classes *classes, struct table_writer *table);

void span_classes_clear(struct span_classes *classes);
void span_classes_release(struct span_classes *classes);

#endif
