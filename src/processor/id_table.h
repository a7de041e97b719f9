/*
 * id_table: what is remembered of spans for a while, by trace id and span id: the oldest goes first.
 *
 * An entry begins with struct id_entry; what follows is the owner's. Several entries may have the same ids, up to
 * ID_TABLE_SAME_MOST: they stand in one line, which must not get long.
 *
 * Ownership  the table owns its entries; what they point to is the owner's, which drop is told to give back.
 * Threads    one thread at a time: the processor holds its lock.
 * Units      times are Unix nanoseconds; an entry's place in line is when it was added, not the span's time.
 * Errors     NULL where memory ran out or too many have the same ids. Past limit the oldest entry is pushed out. Both
 *            are counted.
 */
#ifndef ROHAS_PROCESSOR_ID_TABLE_H
#define ROHAS_PROCESSOR_ID_TABLE_H

#include "base/hash.h"
#include "model/span.h"

enum { ID_TABLE_SAME_MOST = 256 };

struct id_entry {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
	uint32_t hash;
	bool live;
	uint64_t since_ns;
};

/* Called for an entry that goes because its time is over or its place is needed; not for one that is removed. */
typedef void id_table_drop(void *context, struct id_entry *entry);

struct id_table_options {
	size_t entry_size, limit;
	uint64_t window_ns;  /* how long an entry stays */
	id_table_drop *drop; /* NULL: nothing is to be done */
	void *context;
};

struct id_table {
	struct id_table_options options;
	char *entries; /* a ring: entry number n is at n modulo capacity */
	size_t capacity;
	uint64_t first, next; /* numbers of the oldest entry and of the one to come */
	uint32_t *slots;      /* place in the ring + 1 */
	size_t slot_mask;
	size_t live_count;
	uint64_t pushed_out_count;
};

void id_table_init(struct id_table *table, const struct id_table_options *options);
void id_table_release(struct id_table *table); /* drops nothing */

/* Ids are mostly random; where somebody chooses them, the process's seed keeps them apart all the same. */
static inline uint32_t id_hash(const uint8_t *trace_id, const uint8_t *span_id)
{
	uint64_t high, low, span, seed = hash_seed();

	memcpy(&high, trace_id, sizeof(high));
	memcpy(&low, trace_id + sizeof(high), sizeof(low));
	memcpy(&span, span_id, sizeof(span));
	high *= seed | 1;
	low *= seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	span *= seed * UINT64_C(0xbf58476d1ce4e5b9) | 1;
	return (uint32_t)((high + low + span) >> 32);
}

/* A new entry behind all others, zeroed but for the ids. Moves entries: what find gave before is void. */
struct id_entry *id_table_add(struct id_table *table, const uint8_t *trace_id, const uint8_t *span_id,
			      uint64_t now_ns);

struct id_entry *id_table_find_slow(const struct id_table *table, const uint8_t *trace_id,
				    const uint8_t *span_id, uint32_t hash);

/* One of the entries of these ids, or NULL. */
static inline struct id_entry *id_table_find(const struct id_table *table, const uint8_t *trace_id,
					     const uint8_t *span_id)
{
	uint32_t hash;

	if (!table->live_count)
		return NULL;
	hash = id_hash(trace_id, span_id);
	return table->slots[hash & table->slot_mask] ? id_table_find_slow(table, trace_id, span_id, hash)
						     : NULL;
}

/* Another one of the same ids, or NULL. */
struct id_entry *id_table_find_next(const struct id_table *table, const struct id_entry *entry);

/* The entry of these ids, a new one where there is none. */
struct id_entry *id_table_put(struct id_table *table, const uint8_t *trace_id, const uint8_t *span_id,
			      uint64_t now_ns);

/* The live entry of that number, or NULL: to walk over all from first to next. */
struct id_entry *id_table_at(const struct id_table *table, uint64_t number);

void id_table_remove(struct id_table *table, struct id_entry *entry);

/* Drops what is older than the window. */
void id_table_expire(struct id_table *table, uint64_t now_ns);

#endif
