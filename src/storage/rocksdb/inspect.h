/*
 * inspect: a store taken apart: which blocks it holds, what they take, and whether they are whole.
 *
 * For stores of rocksdb_store_open, usually opened read-only; on others every call is STATUS_UNSUPPORTED.
 *
 * Ownership  a stored_block and its arrays live until the visit returns.
 * Threads    beside each other, beside appends and reads, and beside the store's being opened anew after a failure;
 *            not beside a merge, which may take a block away between its visit and what is asked of it then. A visit
 *            holds no lock: it may read.
 * Errors     enum status. STATUS_CORRUPT concerns one block. STATUS_BUSY where there is no database to read at the
 *            moment.
 */
#ifndef ROHAS_STORAGE_ROCKSDB_INSPECT_H
#define ROHAS_STORAGE_ROCKSDB_INSPECT_H

#include "storage/columns/header.h"
#include "storage/store.h"

struct stored_block {
	uint32_t day; /* since 1970, UTC */
	uint8_t signal;
	uint64_t sequence;
	size_t header_bytes;
	bool is_header_damaged;     /* then what follows is not known */
	uint8_t level;              /* 0: as committed; 1: merged */
	struct block_header header; /* body_size is what the body takes */
};

/* STATUS_OK goes on to the next block; anything else ends the walk, which returns it. */
typedef enum status block_visit(void *context, const struct stored_block *block, struct error *error);

/*
 * Every block that there is at the beginning, by day, signal and sequence. is_whole_out (NULL is allowed) says whether these are all: where
 * headers are damaged, and bodies too that would say which headers there were, some may not be known.
 */
enum status inspect_blocks(struct store *store, block_visit *visit, void *context, bool *is_whole_out,
			   struct error *error);

/* Reads a block's body and appends it; RocksDB checks its checksum. */
enum status inspect_read_body(struct store *store, const struct stored_block *block, struct buffer *body_out,
			      struct error *error);

/* Bodies that no header names, and that no merge has left behind: rows that no query finds. */
enum status inspect_orphans(struct store *store, uint64_t *count_out, uint64_t *bytes_out,
			    struct error *error);

/*
 * Writes what the log holds into files, rewrites the files without what was deleted, and waits for that.
 * rocksdb_store_compact merges the blocks before it. STATUS_UNSUPPORTED where the store is read-only.
 */
enum status inspect_compact_files(struct store *store, struct error *error);

#endif
