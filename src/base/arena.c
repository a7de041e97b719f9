#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The first touch of a page is dear, so chunks grow and the largest one is kept between uses. */
enum { FIRST_CHUNK_BYTES = 16 * 1024, LARGEST_GROWTH_BYTES = 4 * 1024 * 1024 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	char bytes[] __attribute__((aligned(16)));
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
	*arena = (struct arena){.limit_bytes = limit_bytes ? limit_bytes : SIZE_MAX};
}

void arena_init_shared(struct arena *arena, size_t limit_bytes, struct arena_budget *budget)
{
	arena_init(arena, limit_bytes);
	arena->budget = budget;
}

static void give_back(struct arena *arena, size_t size)
{
	arena->used_bytes -= size;
	if (arena->budget)
		__atomic_sub_fetch(&arena->budget->used_bytes, size, __ATOMIC_RELAXED);
}

static bool take(struct arena *arena, size_t size)
{
	struct arena_budget *budget = arena->budget;

	arena->used_bytes += size;
	if (!budget || __atomic_add_fetch(&budget->used_bytes, size, __ATOMIC_RELAXED) <= budget->limit_bytes)
		return true;
	give_back(arena, size);
	return false;
}

void arena_release(struct arena *arena)
{
	give_back(arena, arena->used_bytes);
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	arena->at = arena->end = NULL;
}

void arena_clear(struct arena *arena)
{
	struct arena_chunk *largest = NULL, *chunk = arena->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		if (!largest || chunk->size > largest->size) {
			free(largest);
			largest = chunk;
		} else {
			free(chunk);
		}
	}
	arena->chunks = largest;
	give_back(arena, arena->used_bytes - (largest ? largest->size : 0));
	arena->at = largest ? largest->bytes : NULL;
	arena->end = largest ? largest->bytes + largest->size : NULL;
	if (largest)
		largest->next = NULL;
}

void arena_rewind(struct arena *arena, const struct arena *mark)
{
	while (arena->chunks != mark->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		give_back(arena, arena->chunks->size);
		free(arena->chunks);
		arena->chunks = next;
	}
	arena->at = mark->at;
	arena->end = mark->end;
}

void *arena_grow(struct arena *arena, size_t size)
{
	size_t left = arena->limit_bytes - arena->used_bytes;
	size_t wanted = arena->chunks ? arena->chunks->size * 2 : FIRST_CHUNK_BYTES;
	struct arena_chunk *chunk;

	if (size == 0 && arena->at)
		return arena->at;
	if (size > left || size > SIZE_MAX / 2)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (wanted > LARGEST_GROWTH_BYTES)
		wanted = LARGEST_GROWTH_BYTES;
	if (wanted > left)
		wanted = left & ~(size_t)15;
	if (wanted < size)
		wanted = size;
	if (!take(arena, wanted)) {
		wanted = size;
		if (!take(arena, wanted))
			return NULL;
	}
	chunk = malloc(sizeof(*chunk) + wanted);
	if (!chunk) {
		give_back(arena, wanted);
		return NULL;
	}
	chunk->next = arena->chunks;
	chunk->size = wanted;
	arena->chunks = chunk;
	arena->at = chunk->bytes + size;
	arena->end = chunk->bytes + wanted;
	return chunk->bytes;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t total;
	void *piece;

	if (__builtin_mul_overflow(count, size, &total))
		return NULL;
	piece = arena_alloc(arena, total);
	if (piece)
		memset(piece, 0, total);
	return piece;
}

struct str arena_copy(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.size + 1);

	if (!copy)
		return (struct str){NULL, 0};
	if (s.size)
		memcpy(copy, s.data, s.size);
	copy[s.size] = '\0';
	return str_make(copy, s.size);
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
	if (!text)
		return (struct str){NULL, 0};
	va_start(args, format);
	vsnprintf(text, (size_t)size + 1, format, args);
	va_end(args);
	return str_make(text, (size_t)size);
}
