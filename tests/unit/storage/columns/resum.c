#include "resum.h"

#include "base/hash.h"
#include "base/protobuf.h"

enum { CHECKSUM_BYTES = 4, FIXED_BYTES = 2, MOST_PIECES = 4096 };

struct walk {
	uint8_t *bytes;
	size_t size, at;
	bool failed;
};

static uint64_t take(struct walk *walk)
{
	const uint8_t *at = walk->bytes + walk->at, *end = walk->bytes + walk->size;
	uint64_t value = 0;

	walk->failed |= !protobuf_varint(&at, end, &value);
	walk->at = (size_t)(at - walk->bytes);
	return walk->failed ? 0 : value;
}

static size_t skip(struct walk *walk, size_t size)
{
	size_t at = walk->at;

	walk->failed |= size > walk->size - walk->at;
	walk->at += walk->failed ? 0 : size;
	return at;
}

static void put(struct walk *walk, size_t at, size_t first, size_t size)
{
	uint32_t checksum = (uint32_t)hash_bytes(walk->bytes + first, size);

	memcpy(walk->bytes + at, &checksum, CHECKSUM_BYTES);
}

void block_resum(char *bytes, size_t size)
{
	static size_t places[MOST_PIECES], sizes[MOST_PIECES];
	struct walk walk = {(uint8_t *)bytes, size, 0, false};
	size_t count = 0, groups, end;

	skip(&walk, FIXED_BYTES);
	take(&walk);
	groups = take(&walk);
	for (size_t i = 0; i < groups && !walk.failed; i++) {
		uint64_t raw, head, piece, pieces;

		skip(&walk, 1);
		raw = take(&walk);
		head = take(&walk);
		piece = take(&walk);
		if (head == 0 || piece == 0)
			return;
		pieces = raw <= head ? raw > 0 : 1 + (raw - head + piece - 1) / piece;
		for (uint64_t p = 0; p < pieces && !walk.failed; p++) {
			if (count == MOST_PIECES)
				return;
			sizes[count] = take(&walk);
			places[count++] = skip(&walk, CHECKSUM_BYTES);
		}
	}
	for (uint64_t columns = take(&walk); columns > 0 && !walk.failed; columns--) {
		skip(&walk, 2);
		for (size_t i = 0; i < 3; i++)
			take(&walk);
	}
	end = skip(&walk, CHECKSUM_BYTES);
	for (size_t i = 0; i < count && !walk.failed; i++) {
		size_t first = skip(&walk, sizes[i]);

		if (!walk.failed)
			put(&walk, places[i], first, sizes[i]);
	}
	if (end + CHECKSUM_BYTES <= size)
		put(&walk, end, 0, end);
}
