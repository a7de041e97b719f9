/*
 * hash: 64-bit hashes of bytes, for tables and filters. XXH3, from libxxhash's header.
 *
 * The plain hash is part of what is written to disk (filters): its value never changes. Tables that are filled
 * with foreign strings use the seeded one, so that nobody can aim collisions at them.
 */
#ifndef ROHAS_BASE_HASH_H
#define ROHAS_BASE_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/str.h"

static inline uint64_t hash_bytes(const void *bytes, size_t size)
{
	return XXH3_64bits(bytes, size);
}

static inline uint64_t hash_seeded(const void *bytes, size_t size, uint64_t seed)
{
	return XXH3_64bits_withSeed(bytes, size, seed);
}

/* Drawn before main; use hash_seed. */
extern uint64_t hash_process_seed;

/* Random, the same for the life of the process. */
static inline uint64_t hash_seed(void)
{
	return hash_process_seed;
}

#endif
