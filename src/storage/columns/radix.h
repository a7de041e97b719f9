/*
 * radix: sorts by a 64-bit number, stable, without comparing.
 *
 * One pass a byte of the key, least first, and none for a byte that all keys have in common: what is sorted
 * here is thousands of ids, hashes and times, for which comparing costs several times as much. (Knuth, The Art
 * of Computer Programming 3, 5.2.5.)
 *
 * Ownership  scratch has room for count items and holds nothing afterwards; the sorted items are in items.
 * Threads    plain values.
 */
#ifndef ROHAS_STORAGE_COLUMNS_RADIX_H
#define ROHAS_STORAGE_COLUMNS_RADIX_H

#include <stddef.h>
#include <stdint.h>

struct radix_item {
	uint64_t key;
	uint64_t value; /* what the caller finds its row by */
};

void radix_sort(struct radix_item *items, struct radix_item *scratch, size_t count);

#endif
