#include "processor/id_table.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void id_table_init(struct id_table *table, const struct id_table_options *options)
{
	*table = (struct id_table){.options = *options};
}

void id_table_release(struct id_table *table)
{
	free(table->entries);
	free(table->slots);
	*table = (struct id_table){.options = table->options};
}

static struct id_entry *entry_at(const struct id_table *table, size_t place)
{
	return (struct id_entry *)(void *)(table->entries + place * table->options.entry_size);
}

struct id_entry *id_table_at(const struct id_table *table, uint64_t number)
{
	struct id_entry *entry = entry_at(table, number & (table->capacity - 1));

	return entry->live ? entry : NULL;
}

static size_t place_of(const struct id_table *table, const struct id_entry *entry)
{
	return (size_t)((const char *)entry - table->entries) / table->options.entry_size;
}

static void fill_slot(struct id_table *table, size_t place)
{
	size_t at = entry_at(table, place)->hash & table->slot_mask;

	while (table->slots[at])
		at = (at + 1) & table->slot_mask;
	table->slots[at] = (uint32_t)(place + 1);
}

/* Takes over the entries in their order; those that were removed leave no hole, and may be room enough. */
static bool grow(struct id_table *table)
{
	bool is_sparse = table->live_count < table->capacity / 2;
	size_t capacity = !table->capacity ? FIRST_CAPACITY
			  : is_sparse      ? table->capacity
					   : table->capacity * 2;
	size_t count = 0;
	struct id_table grown = *table;

	grown.entries = malloc(capacity * table->options.entry_size);
	grown.slots = calloc(2 * capacity, sizeof(*grown.slots));
	if (!grown.entries || !grown.slots) {
		free(grown.entries);
		free(grown.slots);
		return false;
	}
	grown.capacity = capacity;
	grown.slot_mask = 2 * capacity - 1;
	for (uint64_t number = table->first; number != table->next; number++) {
		const struct id_entry *entry = id_table_at(table, number);

		if (!entry)
			continue;
		memcpy(entry_at(&grown, count), entry, table->options.entry_size);
		fill_slot(&grown, count++);
	}
	free(table->entries);
	free(table->slots);
	grown.first = 0;
	grown.next = count;
	*table = grown;
	return true;
}

static size_t slot_of(const struct id_table *table, const struct id_entry *entry)
{
	size_t at = entry->hash & table->slot_mask, wanted = place_of(table, entry) + 1;

	while (table->slots[at] != wanted)
		at = (at + 1) & table->slot_mask;
	return at;
}

/* Closes the gap: what stands behind it and may stand in it moves up. */
static void empty_slot(struct id_table *table, size_t gap)
{
	for (size_t at = (gap + 1) & table->slot_mask; table->slots[at]; at = (at + 1) & table->slot_mask) {
		size_t home = entry_at(table, table->slots[at] - 1)->hash & table->slot_mask;

		if (((at - home) & table->slot_mask) < ((at - gap) & table->slot_mask))
			continue;
		table->slots[gap] = table->slots[at];
		gap = at;
	}
	table->slots[gap] = 0;
}

void id_table_remove(struct id_table *table, struct id_entry *entry)
{
	empty_slot(table, slot_of(table, entry));
	entry->live = false;
	table->live_count--;
	while (table->first != table->next && !id_table_at(table, table->first))
		table->first++;
}

static void drop_oldest(struct id_table *table)
{
	/* The owner may look things up, but adds nothing here. */
	struct id_entry *entry = id_table_at(table, table->first);

	if (table->options.drop)
		table->options.drop(table->options.context, entry);
	id_table_remove(table, entry);
}

void id_table_expire(struct id_table *table, uint64_t now_ns)
{
	while (table->live_count) {
		const struct id_entry *oldest = id_table_at(table, table->first);

		if (now_ns < oldest->since_ns || now_ns - oldest->since_ns < table->options.window_ns)
			return;
		drop_oldest(table);
	}
}

static struct id_entry *find_from(const struct id_table *table, size_t slot, const uint8_t *trace_id,
				  const uint8_t *span_id, uint32_t hash)
{
	for (size_t at = slot & table->slot_mask; table->slots[at]; at = (at + 1) & table->slot_mask) {
		struct id_entry *entry = entry_at(table, table->slots[at] - 1);

		if (entry->hash == hash && memcmp(entry->span_id, span_id, SPAN_ID_SIZE) == 0 &&
		    memcmp(entry->trace_id, trace_id, TRACE_ID_SIZE) == 0)
			return entry;
	}
	return NULL;
}

struct id_entry *id_table_find_slow(const struct id_table *table, const uint8_t *trace_id,
				    const uint8_t *span_id, uint32_t hash)
{
	return find_from(table, hash, trace_id, span_id, hash);
}

struct id_entry *id_table_find_next(const struct id_table *table, const struct id_entry *entry)
{
	return find_from(table, slot_of(table, entry) + 1, entry->trace_id, entry->span_id, entry->hash);
}

static bool has_too_many(const struct id_table *table, uint32_t hash)
{
	size_t same = 0;

	for (size_t at = hash & table->slot_mask; table->slots[at] && same < ID_TABLE_SAME_MOST;
	     at = (at + 1) & table->slot_mask)
		same += entry_at(table, table->slots[at] - 1)->hash == hash;
	return same == ID_TABLE_SAME_MOST;
}

struct id_entry *id_table_add(struct id_table *table, const uint8_t *trace_id, const uint8_t *span_id,
			      uint64_t now_ns)
{
	uint32_t hash = id_hash(trace_id, span_id);
	struct id_entry *entry;
	size_t place;

	if (table->live_count && has_too_many(table, hash)) {
		table->pushed_out_count++;
		return NULL;
	}
	if (table->live_count >= table->options.limit) {
		table->pushed_out_count++;
		drop_oldest(table);
	}
	if (table->next - table->first == table->capacity && !grow(table))
		return NULL;
	place = table->next++ & (table->capacity - 1);
	entry = entry_at(table, place);
	memset(entry, 0, table->options.entry_size);
	memcpy(entry->trace_id, trace_id, TRACE_ID_SIZE);
	memcpy(entry->span_id, span_id, SPAN_ID_SIZE);
	entry->hash = hash;
	entry->live = true;
	entry->since_ns = now_ns;
	table->live_count++;
	fill_slot(table, place);
	return entry;
}

struct id_entry *id_table_put(struct id_table *table, const uint8_t *trace_id, const uint8_t *span_id,
			      uint64_t now_ns)
{
	struct id_entry *entry = id_table_find(table, trace_id, span_id);

	return entry ? entry : id_table_add(table, trace_id, span_id, now_ns);
}
