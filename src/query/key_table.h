/*
 * key_table: from bytes to a number, in the order of arrival: 0, 1, 2, …
 *
 * Ownership  keys are copied into the arena that the table was given.
 * Threads    one thread at a time.
 */
#ifndef ROHAS_QUERY_KEY_TABLE_H
#define ROHAS_QUERY_KEY_TABLE_H

#include "base/arena.h"
#include "base/str.h"

struct key_table {
	struct arena *arena; /* borrowed */
	struct str *keys;    /* by number */
	uint32_t *slots;     /* number + 1, or 0 */
	size_t count, capacity, slot_mask;
};

void key_table_init(struct key_table *table, struct arena *arena);
void key_table_release(struct key_table *table);

/* Finds or adds key. False when memory ran out. */
bool key_table_take(struct key_table *table, struct str key, size_t *number_out);

#endif
