/*
 * block_index: the headers of all blocks, in memory.
 *
 * Ownership  the index owns its entries; a block_list holds a reference to each of its entries until it is
 *            released, so that an entry may leave the index while a query still reads it.
 * Threads    every call may run concurrently.
 * Errors     STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_BLOCK_INDEX_H
#define ROHAS_STORAGE_ROCKSDB_BLOCK_INDEX_H

#include <pthread.h>
#include <stdatomic.h>

#include "storage/columns/header.h"

struct block_entry {
	struct block_header header; /* its arrays lie in hashes */
	uint32_t partition;
	atomic_int references;
	atomic_bool is_damaged; /* found so: no search is given it */
	atomic_bool
		is_unmergeable; /* damaged, or too large with any other: found so once, never tried again */
	bool is_merging; /* it was merged, and what it became is not visible yet; of the thread that merges */
	struct block_index
		*graveyard;       /* where it goes when the last reference is gone; NULL while it is in use */
	struct block_entry *next; /* in the graveyard */
	uint32_t hashes[];        /* the header's traces, then its terms */
};

struct block_index {
	pthread_rwlock_t lock;
	struct block_entry **entries[SIGNAL_COUNT]; /* by last_ns, ascending */
	size_t counts[SIGNAL_COUNT], capacities[SIGNAL_COUNT];
	uint64_t row_counts[SIGNAL_COUNT];
	uint64_t memory_bytes;
	uint64_t body_bytes;    /* of all blocks */
	uint64_t last_sequence; /* of the rows that are visible */
	pthread_mutex_t graveyard_lock;
	struct block_entry *graveyard; /* replaced, and read by nobody any more */
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

/* Makes room for count entries more of any signal, so that adding them cannot fail. The room stays: appends, which
 * alone add, run one at a time, and a replacement never takes more than it gives back. */
enum status block_index_reserve(struct block_index *index, size_t count, struct error *error);

/* Makes entries visible, all at once; the index takes them. Room was reserved for them. */
void block_index_add(struct block_index *index, struct block_entry *const *entries, size_t count);

/*
 * Puts one entry, or none (NULL), in the place of others of one signal, at once: a query sees either them or
 * it. The index takes the new one, and gives its references to the others up: they wait in the graveyard once
 * nobody reads them. Room for the new one was reserved.
 */
void block_index_replace(struct block_index *index, struct block_entry *const *old, size_t count,
			 struct block_entry *entry);

/*
 * Puts all entries of another index, which nobody else uses, in the place of this one's, and empties that. What
 * this one had, and what lies in its graveyard, is freed: nobody reads from it. A block of both that was found
 * damaged stays so.
 */
void block_index_take(struct block_index *index, struct block_index *from);

/* The entries that nobody reads any more, as a list by next; the caller gives each to block_entry_bury. */
struct block_entry *block_index_take_graveyard(struct block_index *index);
void block_entry_bury(struct block_entry *entry);

/* Whether a block may hold what a query asks for. */
typedef bool block_test(const struct block_header *header, const void *filter);

/* All blocks of the signal that hold rows up to sequence snapshot and pass the test, and are not known to be damaged. */
enum status block_index_list(struct block_index *index, enum signal signal, uint64_t snapshot,
			     block_test *test, const void *filter, struct block_list *list_out,
			     struct error *error);

/* The same with those that are: for who wants the blocks, and not what is in them. */
enum status block_index_list_all(struct block_index *index, enum signal signal, block_test *test,
				 const void *filter, struct block_list *list_out, struct error *error);
void block_list_release(struct block_list *list);

/* The entries of a partition of a signal that is ready to be merged: see merge.c for what that means. */
typedef size_t block_choice(struct block_entry *const *partition, size_t count, const void *context,
			    struct block_entry **chosen_out, size_t most);

/*
 * Offers each partition of each signal, oldest first, to choose, until it takes some; chosen_out has room for
 * most. Each that is chosen is referenced: the caller frees it. Returns how many.
 */
size_t block_index_choose(struct block_index *index, block_choice *choose, const void *context,
			  struct block_entry **chosen_out, size_t most);

uint64_t block_index_last_sequence(struct block_index *index);
uint64_t block_index_body_bytes(struct block_index *index);
uint64_t block_index_row_count(struct block_index *index, enum signal signal);

#endif
