/*
 * vector: growing arrays of plain elements, for the columns that are being built.
 *
 * Pushing never fails on the spot: a vector that could not grow says so once at the end (failed), as a buffer
 * does, and drops what follows. Clearing keeps the memory for the next block.
 */
#ifndef ROHAS_STORAGE_COLUMNS_VECTOR_H
#define ROHAS_STORAGE_COLUMNS_VECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/str.h"

#define VECTOR_DEFINE(name, type)                                                                            \
	struct name {                                                                                        \
		type *items;                                                                                 \
		size_t count, capacity;                                                                      \
		bool failed;                                                                                 \
	};                                                                                                   \
	__attribute__((noinline, unused)) static bool name##_grow(struct name *vector)                       \
	{                                                                                                    \
		size_t capacity = vector->capacity ? vector->capacity * 2 : 256;                             \
		type *items = realloc(vector->items, capacity * sizeof(type));                               \
                                                                                                             \
		if (!items) {                                                                                \
			vector->failed = true;                                                               \
			return false;                                                                        \
		}                                                                                            \
		vector->items = items;                                                                       \
		vector->capacity = capacity;                                                                 \
		return true;                                                                                 \
	}                                                                                                    \
	__attribute__((unused)) static inline void name##_push(struct name *vector, type item)               \
	{                                                                                                    \
		if (vector->count == vector->capacity && !name##_grow(vector))                               \
			return;                                                                              \
		vector->items[vector->count++] = item;                                                       \
	}                                                                                                    \
	__attribute__((unused)) static inline void name##_clear(struct name *vector)                         \
	{                                                                                                    \
		vector->count = 0;                                                                           \
		vector->failed = false;                                                                      \
	}                                                                                                    \
	__attribute__((unused)) static inline void name##_release(struct name *vector)                       \
	{                                                                                                    \
		free(vector->items);                                                                         \
		*vector = (struct name){0};                                                                  \
	}

VECTOR_DEFINE(vector_u32, uint32_t)
VECTOR_DEFINE(vector_u64, uint64_t)
VECTOR_DEFINE(vector_str, struct str)

#endif
