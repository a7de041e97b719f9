/*
 * series_key: sixteen bytes that tell series apart across blocks, and a set of them.
 *
 * Metrics, resources and scopes of a block are hashed once, however many series share them. Keys are drawn with
 * this process's seed, so nobody can aim.
 *
 * Ownership  a keyer remembers addresses: series_keyer_forget before the memory behind them is used again.
 * Threads    one thread at a time.
 * Errors     false where memory ran out.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_SERIES_KEY_H
#define ROHAS_STORAGE_ROCKSDB_SERIES_KEY_H

#include "base/buffer.h"
#include "model/metric_point.h"

struct series_key {
	uint64_t low, high;
};

enum { SERIES_KEYER_SLOTS = 1024 };

struct series_keyer {
	struct remembered {
		const void *address;
		struct series_key key;
	} slots[SERIES_KEYER_SLOTS];
	struct buffer scratch;
};

void series_keyer_release(struct series_keyer *keyer);
void series_keyer_forget(struct series_keyer *keyer);

bool series_keyer_make(struct series_keyer *keyer, const struct metric *metric,
		       const struct resource *resource, const struct scope *scope,
		       const struct attributes *attributes, struct series_key *key_out);

static inline int series_key_compare(const struct series_key *a, const struct series_key *b)
{
	if (a->high != b->high)
		return a->high > b->high ? 1 : -1;
	return (a->low > b->low) - (a->low < b->low);
}

/* Starts as all zeros. */
struct series_set {
	struct series_key *slots;
	size_t count, slot_count;
};

/* Begins to bring the key's place near: for one that is added soon, after others. */
void series_set_expect(const struct series_set *set, struct series_key key);

/* Adds the key; *is_new_out says whether it was not there. */
bool series_set_add(struct series_set *set, struct series_key key, bool *is_new_out);
void series_set_release(struct series_set *set);

#endif
