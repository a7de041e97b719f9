#include "storage/columns/value_filter.h"

#include "base/hash.h"

enum { WORDS = VALUE_FILTER_BUCKET / 4, BITS_A_VALUE = 5 };

/* Odd, one a word: what makes the bits of a value independent of each other. On disk by what they do. */
static const uint32_t salts[WORDS] = {0x8fd5b2c3, 0x51e7a4b9, 0xc2b2ae35, 0x27d4eb2f};

/* The bit of a value in each word. */
static void make_masks(uint32_t hash, uint32_t masks[WORDS])
{
	for (size_t i = 0; i < WORDS; i++)
		masks[i] = (uint32_t)1 << (hash * salts[i] >> 27);
}

static size_t place_of(size_t size, uint64_t hash)
{
	return (size_t)((hash >> 32) * (size / VALUE_FILTER_BUCKET) >> 32) * VALUE_FILTER_BUCKET;
}

size_t value_filter_size(size_t count)
{
	enum { BUCKET_BITS = VALUE_FILTER_BUCKET * 8 };
	size_t buckets = (count * BITS_A_VALUE + BUCKET_BITS - 1) / BUCKET_BITS;

	return (buckets ? buckets : 1) * VALUE_FILTER_BUCKET;
}

size_t value_filter_place(size_t size, struct str value)
{
	return place_of(size, hash_bytes(value.data, value.size));
}

void value_filter_add(char *filter, size_t size, struct str value)
{
	uint64_t hash = hash_bytes(value.data, value.size);
	char *bucket = filter + place_of(size, hash);
	uint32_t words[WORDS], masks[WORDS];

	make_masks((uint32_t)hash, masks);
	memcpy(words, bucket, sizeof(words));
	for (size_t i = 0; i < WORDS; i++)
		words[i] |= masks[i];
	memcpy(bucket, words, sizeof(words));
}

bool value_filter_may_hold(struct str filter, struct str value)
{
	uint64_t hash = hash_bytes(value.data, value.size);
	uint32_t words[WORDS], masks[WORDS], missing = 0;

	if (filter.size == 0 || filter.size % VALUE_FILTER_BUCKET != 0)
		return true;
	make_masks((uint32_t)hash, masks);
	memcpy(words, filter.data + place_of(filter.size, hash), sizeof(words));
	for (size_t i = 0; i < WORDS; i++)
		missing |= masks[i] & ~words[i];
	return missing == 0;
}
