#include "storage/columns/radix.h"

#include <string.h>

enum { KEY_BYTES = 8, BUCKETS = 256, FEW = 32 };

static void insertion_sort(struct radix_item *items, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct radix_item item = items[i];
		size_t j = i;

		for (; j > 0 && items[j - 1].key > item.key; j--)
			items[j] = items[j - 1];
		items[j] = item;
	}
}

/* Moves every item to its bucket for one byte of the key; counts say how many each bucket gets. */
static void scatter(const struct radix_item *from, struct radix_item *to, size_t count, unsigned shift,
		    const uint32_t counts[BUCKETS])
{
	uint32_t places[BUCKETS], place = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		places[i] = place;
		place += counts[i];
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].key >> shift & 0xff]++] = from[i];
}

void radix_sort(struct radix_item *items, struct radix_item *scratch, size_t count)
{
	uint32_t counts[KEY_BYTES][BUCKETS];
	struct radix_item *from = items, *to = scratch;

	if (count <= FEW) {
		insertion_sort(items, count);
		return;
	}
	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i < count; i++)
		for (unsigned byte = 0; byte < KEY_BYTES; byte++)
			counts[byte][items[i].key >> (8 * byte) & 0xff]++;
	for (unsigned byte = 0; byte < KEY_BYTES; byte++) {
		struct radix_item *sorted = to;

		if (counts[byte][from[0].key >> (8 * byte) & 0xff] == count)
			continue;
		scatter(from, to, count, 8 * byte, counts[byte]);
		to = from;
		from = sorted;
	}
	if (from != items)
		memcpy(items, from, count * sizeof(*items));
}
