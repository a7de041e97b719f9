/*
 * numbering: from bytes to a number, in the order of arrival: 0, 1, 2, …
 *
 * Ownership  keys are copied into the arena that the table was given.
 * Threads    one thread at a time.
 */
#ifndef ROHAS_QUERY_NUMBERING_H
#define ROHAS_QUERY_NUMBERING_H

#include "base/arena.h"
#include "base/str.h"

struct numbering {
	struct arena *arena; /* borrowed */
	struct str *keys;    /* by number */
	uint32_t *slots;     /* number + 1, or 0 */
	size_t count, capacity, slot_mask;
};

void numbering_init(struct numbering *table, struct arena *arena);
void numbering_release(struct numbering *table);

/* Finds or adds key. False when memory ran out. */
bool numbering_take(struct numbering *table, struct str key, size_t *number_out);

#endif
