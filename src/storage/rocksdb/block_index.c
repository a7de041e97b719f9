#include "storage/rocksdb/block_index.h"

#include <stdlib.h>

void block_index_init(struct block_index *index)
{
	pthread_rwlockattr_t attributes;

	memset(index, 0, sizeof(*index));
	/* Queries must not hold off commits for ever. */
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&index->lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

void block_index_release(struct block_index *index)
{
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++) {
		for (size_t i = 0; i < index->counts[signal]; i++)
			block_entry_free(index->entries[signal][i]);
		free(index->entries[signal]);
	}
	pthread_rwlock_destroy(&index->lock);
}

struct block_entry *block_entry_new(uint32_t partition, struct str header, struct error *error)
{
	struct block_entry *entry = calloc(1, sizeof(*entry));

	if (!entry) {
		error_set(error, STATUS_NO_MEMORY, "no memory for a block's header");
		return NULL;
	}
	arena_init(&entry->arena, 0);
	entry->partition = partition;
	atomic_init(&entry->references, 1);
	if (header_decode(header, &entry->arena, &entry->header, error) != STATUS_OK) {
		block_entry_free(entry);
		return NULL;
	}
	return entry;
}

void block_entry_free(struct block_entry *entry)
{
	if (!entry || atomic_fetch_sub(&entry->references, 1) > 1)
		return;
	arena_release(&entry->arena);
	free(entry);
}

static bool make_room(struct block_index *index, size_t signal, size_t extra)
{
	size_t capacity = index->capacities[signal] ? index->capacities[signal] : 256;
	struct block_entry **entries;

	while (capacity < index->counts[signal] + extra)
		capacity *= 2;
	if (capacity == index->capacities[signal])
		return true;
	entries = realloc(index->entries[signal], capacity * sizeof(*entries));
	if (!entries)
		return false;
	index->entries[signal] = entries;
	index->capacities[signal] = capacity;
	return true;
}

/* New blocks hold the newest rows, mostly: the place is near the end. */
static void insert(struct block_index *index, struct block_entry *entry)
{
	size_t signal = entry->header.signal, at = index->counts[signal]++;
	struct block_entry **entries = index->entries[signal];

	for (; at > 0 && entries[at - 1]->header.last_ns > entry->header.last_ns; at--)
		entries[at] = entries[at - 1];
	entries[at] = entry;
	index->row_counts[signal] += entry->header.row_count;
	index->memory_bytes += sizeof(*entry) + entry->arena.used_bytes;
	if (entry->header.sequence > index->last_sequence)
		index->last_sequence = entry->header.sequence;
}

enum status block_index_reserve(struct block_index *index, size_t count, struct error *error)
{
	bool has_room = true;

	pthread_rwlock_wrlock(&index->lock);
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++)
		has_room = has_room && make_room(index, signal, count);
	pthread_rwlock_unlock(&index->lock);
	if (!has_room)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the index of blocks");
	return STATUS_OK;
}

void block_index_add(struct block_index *index, struct block_entry *const *entries, size_t count)
{
	pthread_rwlock_wrlock(&index->lock);
	for (size_t i = 0; i < count; i++)
		insert(index, entries[i]);
	pthread_rwlock_unlock(&index->lock);
}

enum status block_index_list(struct block_index *index, enum signal signal, uint64_t snapshot, block_test *test,
			     const void *filter, struct block_list *list_out, struct error *error)
{
	struct block_list list = {0};

	pthread_rwlock_rdlock(&index->lock);
	list.items = malloc((index->counts[signal] + 1) * sizeof(struct block_entry *));
	for (size_t i = index->counts[signal]; i-- > 0 && list.items;) {
		struct block_entry *entry = index->entries[signal][i];

		if (entry->header.sequence > snapshot || !test(&entry->header, filter))
			continue;
		atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
		list.items[list.count++] = entry;
	}
	pthread_rwlock_unlock(&index->lock);
	if (!list.items)
		return error_set(error, STATUS_NO_MEMORY, "no memory for a list of blocks");
	*list_out = list;
	return STATUS_OK;
}

void block_list_release(struct block_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		block_entry_free(list->items[i]);
	free(list->items);
	*list = (struct block_list){0};
}

uint64_t block_index_last_sequence(struct block_index *index)
{
	uint64_t sequence;

	pthread_rwlock_rdlock(&index->lock);
	sequence = index->last_sequence;
	pthread_rwlock_unlock(&index->lock);
	return sequence;
}
