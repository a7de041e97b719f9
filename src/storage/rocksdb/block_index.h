/*
 * block_index: the headers of all blocks, in memory.
 *
 * Ownership  the index owns its entries; a block_list holds a reference to each of its entries until it is released,
 *            so that an entry may leave the index while a query still reads it.
 * Threads    every call may run concurrently.
 * Errors     STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_BLOCK_INDEX_H
#define ROHAS_STORAGE_ROCKSDB_BLOCK_INDEX_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/columns/header.h"

struct block_entry {
	struct block_header header; /* its arrays lie in arena */
	uint32_t partition;
	atomic_int references;
	struct arena arena;
};

struct block_index {
	pthread_rwlock_t lock;
	struct block_entry **entries[SIGNAL_COUNT]; /* by last_ns, ascending */
	size_t counts[SIGNAL_COUNT], capacities[SIGNAL_COUNT];
	uint64_t row_counts[SIGNAL_COUNT];
	uint64_t memory_bytes;
	uint64_t last_sequence; /* of all that is visible */
};

/* Entries newest last_ns first. */
struct block_list {
	struct block_entry **items;
	size_t count;
};

void block_index_init(struct block_index *index);
void block_index_release(struct block_index *index);

/* An entry made of an encoded header; NULL where memory ran out or the header is damaged. */
struct block_entry *block_entry_new(uint32_t partition, struct str header, struct error *error);
void block_entry_free(struct block_entry *entry); /* the last reference */

/* Makes room for count entries more of any signal, so that adding them cannot fail. */
enum status block_index_reserve(struct block_index *index, size_t count, struct error *error);

/* Makes entries visible, all at once; the index takes them. Room was reserved for them. */
void block_index_add(struct block_index *index, struct block_entry *const *entries, size_t count);

/* Whether a block may hold what a query asks for. */
typedef bool block_test(const struct block_header *header, const void *filter);

/* All blocks of the signal, up to sequence snapshot, that pass the test. */
enum status block_index_list(struct block_index *index, enum signal signal, uint64_t snapshot, block_test *test,
			     const void *filter, struct block_list *list_out, struct error *error);
void block_list_release(struct block_list *list);

uint64_t block_index_last_sequence(struct block_index *index);

#endif
