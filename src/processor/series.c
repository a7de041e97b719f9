#include "processor/series.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"

enum { FIRST_SLOT_COUNT = 64 };

void series_table_init(struct series_table *table, const char *name, size_t limit)
{
	*table = (struct series_table){.name = name, .limit = limit};
}

/* In one piece of memory, which begins at the first of them. */
bool series_key_copy(struct series_key *key)
{
	size_t size = 0;
	char *at;

	for (size_t i = 0; i < SERIES_TEXT_COUNT; i++)
		size += key->texts[i].size;
	at = malloc(size + 1);
	if (!at)
		return false;
	for (size_t i = 0; i < SERIES_TEXT_COUNT; i++) {
		if (key->texts[i].size)
			memcpy(at, key->texts[i].data, key->texts[i].size);
		key->texts[i].data = at;
		at += key->texts[i].size;
	}
	return true;
}

void series_key_release(struct series_key *key)
{
	free((void *)key->texts[0].data);
}

static void release_series(struct series *series)
{
	series_key_release(&series->key);
	distribution_release(&series->durations);
}

void series_table_release(struct series_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		release_series(&table->items[i]);
	free(table->items);
	free(table->slots);
	*table = (struct series_table){0};
}

uint64_t series_key_hash(const struct series_key *key)
{
	uint64_t hash = hash_seed() ^ (key->window << 16 | (uint64_t)key->type << 8 | key->outcome);

	hash += key->group * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < SERIES_TEXT_COUNT; i++)
		hash = hash_seeded(key->texts[i].data, key->texts[i].size, hash);
	return hash;
}

static bool same_key(const struct series_key *a, const struct series_key *b)
{
	for (size_t i = 0; i < SERIES_TEXT_COUNT; i++)
		if (!str_equal(a->texts[i], b->texts[i]))
			return false;
	return a->type == b->type && a->outcome == b->outcome && a->group == b->group &&
	       a->window == b->window;
}

static struct series *find(const struct series_table *table, const struct series_key *key, uint64_t hash)
{
	if (!table->slots)
		return NULL;
	for (size_t at = hash & table->slot_mask; table->slots[at]; at = (at + 1) & table->slot_mask) {
		struct series *series = &table->items[table->slots[at] - 1];

		if (series->hash == hash && same_key(&series->key, key))
			return series;
	}
	return NULL;
}

const struct series *series_table_find(const struct series_table *table, const struct series_key *key)
{
	return find(table, key, series_key_hash(key));
}

static void fill_slots(struct series_table *table)
{
	memset(table->slots, 0, (table->slot_mask + 1) * sizeof(*table->slots));
	for (size_t i = 0; i < table->count; i++) {
		size_t at = table->items[i].hash & table->slot_mask;

		while (table->slots[at])
			at = (at + 1) & table->slot_mask;
		table->slots[at] = (uint32_t)(i + 1);
	}
}

/* Room for one more series, with at least half of the slots free. */
static bool grow(struct series_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : FIRST_SLOT_COUNT / 2;
	struct series *items;
	uint32_t *slots;

	if (table->count < table->capacity)
		return true;
	items = realloc(table->items, capacity * sizeof(*items));
	if (!items)
		return false;
	table->items = items;
	slots = realloc(table->slots, 2 * capacity * sizeof(*slots));
	if (!slots)
		return false;
	table->slots = slots;
	table->capacity = capacity;
	table->slot_mask = 2 * capacity - 1;
	fill_slots(table);
	return true;
}

static struct series *insert(struct series_table *table, const struct series_key *key, uint64_t hash,
			     uint64_t now_ns)
{
	struct series *series;

	if (!grow(table))
		return NULL;
	series = &table->items[table->count];
	*series = (struct series){.key = *key, .hash = hash, .since_ns = now_ns};
	if (!series_key_copy(&series->key))
		return NULL;
	table->count++;
	for (size_t at = hash & table->slot_mask;; at = (at + 1) & table->slot_mask)
		if (!table->slots[at]) {
			table->slots[at] = (uint32_t)table->count;
			return series;
		}
}

/* What is left of a key past the ceiling: type and outcome have a few values each, texts have no bound. */
static struct series *find_other(struct series_table *table, const struct series_key *key, uint64_t now_ns)
{
	struct series_key other = {.type = key->type, .outcome = key->outcome};
	struct series *series;
	uint64_t hash;

	if (!table->warned)
		log_warn("processor", "%s has reached its ceiling of %zu series: new ones are counted as %s",
			 table->name, table->limit, SERIES_OTHER);
	table->warned = true;
	for (size_t i = 0; i < SERIES_TEXT_COUNT; i++)
		other.texts[i] = str_from(SERIES_OTHER);
	hash = series_key_hash(&other);
	series = find(table, &other, hash);
	return series ? series : insert(table, &other, hash, now_ns);
}

struct series *series_table_add(struct series_table *table, const struct series_key *key, uint64_t hash,
				uint64_t count, const uint64_t *duration_ns, uint64_t now_ns)
{
	struct series *series = find(table, key, hash);

	if (!series)
		series = table->count < table->limit ? insert(table, key, hash, now_ns)
						     : find_other(table, key, now_ns);
	if (!series || (duration_ns && !distribution_add(&series->durations, *duration_ns))) {
		table->lost_count += count;
		return NULL;
	}
	series->count += count;
	return series;
}

bool series_table_admit(struct series_table *table, const struct series_key *key, uint64_t hash,
			uint64_t now_ns)
{
	return find(table, key, hash) || (table->count < table->limit && insert(table, key, hash, now_ns));
}

void series_table_drop_idle(struct series_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->count; i++) {
		if (table->items[i].count)
			table->items[kept++] = table->items[i];
		else
			release_series(&table->items[i]);
	}
	table->count = kept;
	if (table->slots)
		fill_slots(table);
}
