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
	pthread_mutex_init(&index->graveyard_lock, NULL);
	pthread_rwlockattr_destroy(&attributes);
}

/* What was replaced and waits in the graveyard goes too: nobody is left who would take it from there. */
static void free_entries(struct block_index *index)
{
	struct block_entry *entry, *next;

	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++) {
		for (size_t i = 0; i < index->counts[signal]; i++)
			block_entry_free(index->entries[signal][i]);
		free(index->entries[signal]);
	}
	for (entry = block_index_take_graveyard(index); entry; entry = next) {
		next = entry->next;
		block_entry_bury(entry);
	}
}

void block_index_release(struct block_index *index)
{
	free_entries(index);
	pthread_rwlock_destroy(&index->lock);
	pthread_mutex_destroy(&index->graveyard_lock);
}

static size_t entry_bytes(const struct block_header *header)
{
	return sizeof(struct block_entry) + (header->trace_count + header->term_count) * sizeof(uint32_t);
}

static void copy_hashes(const uint32_t *from, size_t count, uint32_t *to)
{
	if (count)
		memcpy(to, from, count * sizeof(*to));
}

/* An entry of exactly the size that it needs: there are many. */
static struct block_entry *copy_header(const struct block_header *header)
{
	struct block_entry *entry = malloc(entry_bytes(header));

	if (!entry)
		return NULL;
	memset(entry, 0, sizeof(*entry));
	entry->header = *header;
	entry->header.traces = entry->hashes;
	entry->header.terms = entry->hashes + header->trace_count;
	copy_hashes(header->traces, header->trace_count, entry->hashes);
	copy_hashes(header->terms, header->term_count, entry->hashes + header->trace_count);
	return entry;
}

struct block_entry *block_entry_new(uint32_t partition, struct str header, struct error *error)
{
	struct block_entry *entry = NULL;
	struct block_header decoded;
	struct arena arena;

	arena_init(&arena, 0);
	if (header_decode(header, &arena, &decoded, error) == STATUS_OK) {
		entry = copy_header(&decoded);
		if (!entry)
			error_set(error, STATUS_NO_MEMORY, "no memory for a block's header");
	}
	arena_release(&arena);
	if (!entry)
		return NULL;
	entry->partition = partition;
	atomic_init(&entry->references, 1);
	return entry;
}

void block_entry_free(struct block_entry *entry)
{
	struct block_index *index;

	if (!entry || atomic_fetch_sub(&entry->references, 1) > 1)
		return;
	index = entry->graveyard;
	if (!index) {
		block_entry_bury(entry);
		return;
	}
	pthread_mutex_lock(&index->graveyard_lock);
	entry->next = index->graveyard;
	index->graveyard = entry;
	pthread_mutex_unlock(&index->graveyard_lock);
}

void block_entry_bury(struct block_entry *entry)
{
	free(entry);
}

struct block_entry *block_index_take_graveyard(struct block_index *index)
{
	struct block_entry *entries;

	pthread_mutex_lock(&index->graveyard_lock);
	entries = index->graveyard;
	index->graveyard = NULL;
	pthread_mutex_unlock(&index->graveyard_lock);
	return entries;
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
	index->memory_bytes += entry_bytes(&entry->header);
	index->body_bytes += entry->header.body_size;
	/* Of rows, not of blocks: a merge may take a number while a commit with a smaller one is under way. */
	if (entry->header.last_sequence > index->last_sequence)
		index->last_sequence = entry->header.last_sequence;
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

static void leave(struct block_index *index, struct block_entry *entry)
{
	index->row_counts[entry->header.signal] -= entry->header.row_count;
	index->memory_bytes -= entry_bytes(&entry->header);
	index->body_bytes -= entry->header.body_size;
	entry->graveyard = index;
}

void block_index_replace(struct block_index *index, struct block_entry *const *old, size_t count,
			 struct block_entry *entry)
{
	size_t signal = old[0]->header.signal, kept = 0;
	struct block_entry **entries;

	pthread_rwlock_wrlock(&index->lock);
	for (size_t i = 0; i < count; i++)
		leave(index, old[i]);
	entries = index->entries[signal];
	for (size_t i = 0; i < index->counts[signal]; i++)
		if (!entries[i]->graveyard)
			entries[kept++] = entries[i];
	index->counts[signal] = kept;
	if (entry)
		insert(index, entry);
	pthread_rwlock_unlock(&index->lock);
	for (size_t i = 0; i < count; i++)
		block_entry_free(old[i]);
}

/* Few are damaged: each is looked for. */
static void keep_damage(const struct block_entry *damaged, const struct block_index *to)
{
	size_t signal = damaged->header.signal;

	for (size_t i = 0; i < to->counts[signal]; i++) {
		struct block_entry *entry = to->entries[signal][i];

		if (entry->header.sequence != damaged->header.sequence)
			continue;
		atomic_store(&entry->is_damaged, true);
		atomic_store(&entry->is_unmergeable, true);
	}
}

void block_index_take(struct block_index *index, struct block_index *from)
{
	pthread_rwlock_wrlock(&index->lock);
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++)
		for (size_t i = 0; i < index->counts[signal]; i++)
			if (atomic_load(&index->entries[signal][i]->is_damaged))
				keep_damage(index->entries[signal][i], from);
	free_entries(index);
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++) {
		index->entries[signal] = from->entries[signal];
		index->counts[signal] = from->counts[signal];
		index->capacities[signal] = from->capacities[signal];
		index->row_counts[signal] = from->row_counts[signal];
		from->entries[signal] = NULL;
		from->counts[signal] = from->capacities[signal] = 0;
	}
	index->memory_bytes = from->memory_bytes;
	index->body_bytes = from->body_bytes;
	index->last_sequence = from->last_sequence;
	pthread_rwlock_unlock(&index->lock);
}

size_t block_index_choose(struct block_index *index, block_choice *choose, const void *context,
			  struct block_entry **chosen_out, size_t most)
{
	size_t chosen = 0;

	pthread_rwlock_rdlock(&index->lock);
	for (size_t signal = 0; signal < SIGNAL_COUNT && !chosen; signal++) {
		struct block_entry **entries = index->entries[signal];
		size_t count = index->counts[signal];

		/* Rows of a block share a day, so blocks in order of time are in order of partition too. */
		for (size_t first = 0, end; first < count && !chosen; first = end) {
			for (end = first + 1; end < count; end++)
				if (entries[end]->partition != entries[first]->partition)
					break;
			chosen = choose(entries + first, end - first, context, chosen_out, most);
		}
	}
	for (size_t i = 0; i < chosen; i++)
		atomic_fetch_add(&chosen_out[i]->references, 1);
	pthread_rwlock_unlock(&index->lock);
	return chosen;
}

static enum status list_blocks(struct block_index *index, enum signal signal, uint64_t snapshot,
			       bool with_damaged, block_test *test, const void *filter,
			       struct block_list *list_out, struct error *error)
{
	struct block_list list = {0};

	pthread_rwlock_rdlock(&index->lock);
	list.items = malloc((index->counts[signal] + 1) * sizeof(struct block_entry *));
	for (size_t i = index->counts[signal]; i-- > 0 && list.items;) {
		struct block_entry *entry = index->entries[signal][i];

		if (entry->header.first_sequence > snapshot ||
		    (!with_damaged && atomic_load(&entry->is_damaged)) || !test(&entry->header, filter))
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

enum status block_index_list(struct block_index *index, enum signal signal, uint64_t snapshot,
			     block_test *test, const void *filter, struct block_list *list_out,
			     struct error *error)
{
	return list_blocks(index, signal, snapshot, false, test, filter, list_out, error);
}

enum status block_index_list_all(struct block_index *index, enum signal signal, block_test *test,
				 const void *filter, struct block_list *list_out, struct error *error)
{
	return list_blocks(index, signal, UINT64_MAX, true, test, filter, list_out, error);
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

uint64_t block_index_body_bytes(struct block_index *index)
{
	uint64_t bytes;

	pthread_rwlock_rdlock(&index->lock);
	bytes = index->body_bytes;
	pthread_rwlock_unlock(&index->lock);
	return bytes;
}

uint64_t block_index_row_count(struct block_index *index, enum signal signal)
{
	uint64_t count;

	pthread_rwlock_rdlock(&index->lock);
	count = index->row_counts[signal];
	pthread_rwlock_unlock(&index->lock);
	return count;
}
