#include "query/numbering.h"

#include <stdlib.h>

#include "base/hash.h"

void numbering_init(struct numbering *table, struct arena *arena)
{
	*table = (struct numbering){.arena = arena};
}

void numbering_release(struct numbering *table)
{
	free(table->keys);
	free(table->slots);
	*table = (struct numbering){0};
}

/* The slot that holds key, or the empty one where it belongs. */
static uint32_t *find(const struct numbering *table, struct str key)
{
	size_t at = hash_seeded(key.data, key.size, hash_seed()) & table->slot_mask;

	while (table->slots[at] && !str_equal(table->keys[table->slots[at] - 1], key))
		at = (at + 1) & table->slot_mask;
	return &table->slots[at];
}

/* At most half of the slots are taken. */
static bool grow(struct numbering *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : 64;
	struct str *keys = realloc(table->keys, capacity * sizeof(*keys));
	uint32_t *slots = calloc(capacity * 2, sizeof(*slots));

	if (keys)
		table->keys = keys;
	if (!keys || !slots) {
		free(slots);
		return false;
	}
	free(table->slots);
	table->slots = slots;
	table->slot_mask = capacity * 2 - 1;
	table->capacity = capacity;
	for (size_t i = 0; i < table->count; i++)
		*find(table, table->keys[i]) = (uint32_t)i + 1;
	return true;
}

bool numbering_take(struct numbering *table, struct str key, size_t *number_out)
{
	uint32_t *slot;

	if (table->count == table->capacity && !grow(table))
		return false;
	slot = find(table, key);
	if (!*slot) {
		struct str copy = arena_copy(table->arena, key);

		if (!copy.data)
			return false;
		table->keys[table->count++] = copy;
		*slot = (uint32_t)table->count;
	}
	*number_out = *slot - 1;
	return true;
}
