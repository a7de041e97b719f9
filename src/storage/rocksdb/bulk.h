/*
 * bulk: bodies of merged blocks as a table file of their own.
 *
 * Where much is merged at once, bodies need not pass RocksDB's log and memory, which write each of them twice: they
 * are written into a file that RocksDB takes over whole. A compaction may write them again.
 *
 * Ownership  the store is borrowed until bulk_free.
 * Threads    one at a time in a store; db_lock is held for reading from bulk_new to bulk_free.
 * Errors     STATUS_IO: nothing is visible of it, and what may be on the disk goes with the next start.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_BULK_H
#define ROHAS_STORAGE_ROCKSDB_BULK_H

#include "storage/rocksdb/rocksdb_internal.h"

struct bulk;

enum status bulk_new(struct rocksdb_store *store, enum signal signal, struct bulk **bulk_out,
		     struct error *error);
void bulk_free(struct bulk *bulk); /* NULL is allowed */

/*
 * The block that the builder made last, and its word filter. All blocks of a bulk are of one signal and day, and their sequences
 * ascend. After a failure the bulk is of no more use.
 */
enum status bulk_add(struct bulk *bulk, uint32_t partition, const struct block_header *header,
		     struct str body, const struct block_builder *builder, struct error *error);

/* Of the bodies added. */
uint64_t bulk_size_bytes(const struct bulk *bulk);

/*
 * Brings the bodies, at least one, into the database, durably, and adds to writes what makes them stay: until those are written, a
 * start removes them again.
 */
enum status bulk_take_over(struct bulk *bulk, rocksdb_writebatch_t *writes, struct error *error);

/*
 * Whether a header of the bulk that was taken over last has no body: so it is where RocksDB read its list of tables before
 * that and its log after it, as who opens the store beside its holder may find it. name_out tells one bulk from another.
 */
enum { BULK_NAME_SIZE = 1 + BODY_KEY_SIZE + 4 };
bool bulk_lacks_bodies(const struct rocksdb_store *store, char name_out[BULK_NAME_SIZE]);

/* Removes what a bulk left in the folder when the program ended. Before the first bulk_new. */
void bulk_clean(const struct rocksdb_store *store);

#endif
