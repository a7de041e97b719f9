/*
 * arena: memory that is given back all at once, with a ceiling.
 *
 * Ownership  the arena owns every block; what it returned dies with clear or release.
 * Threads    one thread at a time.
 * Units      sizes are bytes. Every piece is aligned to 16.
 * Errors     NULL when the ceiling or the machine's memory is reached; the arena stays usable.
 */
#ifndef ROHAS_BASE_ARENA_H
#define ROHAS_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct arena_chunk;

/* A ceiling that several arenas share, beside their own; any threads' arenas. Zero-initialise used_bytes. */
struct arena_budget {
	size_t used_bytes; /* changed atomically */
	size_t limit_bytes;
};

struct arena {
	char *at, *end;             /* what is left of the newest chunk */
	struct arena_chunk *chunks; /* newest first */
	size_t used_bytes;          /* of all chunks */
	size_t limit_bytes;
	struct arena_budget *budget; /* borrowed; NULL: none is shared */
};

/* limit_bytes bounds what all chunks take together; 0 means no bound. Takes no memory until the first piece. */
void arena_init(struct arena *arena, size_t limit_bytes);

/* The same, and what it takes counts towards the budget, which outlives the arena. */
void arena_init_shared(struct arena *arena, size_t limit_bytes, struct arena_budget *budget);

/* Gives everything back. The arena may be used again. */
void arena_release(struct arena *arena);

/* Forgets all pieces but keeps the largest chunk for the next use. */
void arena_clear(struct arena *arena);

/* Gives back what was taken since mark was a copy of the arena; nothing was cleared or released in between. */
void arena_rewind(struct arena *arena, const struct arena *mark);

void *arena_grow(struct arena *arena, size_t size);

/* size 0 is allowed and gives a pointer that must not be read. Not zeroed. */
static inline void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + 15) & ~(size_t)15;

	/* One comparison: nothing to give and a size that overflowed are both past the end. */
	if (rounded - 1 < (size_t)(arena->end - arena->at)) {
		void *piece = arena->at;

		arena->at += rounded;
		return piece;
	}
	return arena_grow(arena, size);
}

/* count elements of size bytes, zeroed; NULL also where the product overflows. */
void *arena_calloc(struct arena *arena, size_t count, size_t size);

/* A copy of the bytes with a NUL behind them. data is NULL when memory ran out. */
struct str arena_copy(struct arena *arena, struct str s);

/* printf into the arena; data is NULL when memory ran out. */
struct str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
