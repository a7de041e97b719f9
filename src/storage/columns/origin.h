/*
 * origin: where rows come from: the resources and scopes of a block, each stored once.
 *
 * A row keeps a code into each table; 0 is the first resource or scope that the block met. Equal content gets
 * one code, whichever request it came with.
 *
 * Ownership  a writer borrows resources and scopes until it is cleared; a reader's rows lie in the block's
 *            arena.
 * Threads    one thread at a time.
 * Errors     a writer remembers (origin_writer_failed); a reader says STATUS_CORRUPT or STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_ORIGIN_H
#define ROHAS_STORAGE_COLUMNS_ORIGIN_H

#include "storage/columns/table.h"

/* Table numbers, the same in every signal; the signals' own begin at 16. */
enum { TABLE_RESOURCES = 1, TABLE_SCOPES = 2 };

VECTOR_DEFINE(vector_pointer, const void *)

/* A collector's request has tens of scopes, a group of requests hundreds: fewer slots push each other out. */
enum { ORIGIN_CACHE_BITS = 10, ORIGIN_CACHE_SLOTS = 1 << ORIGIN_CACHE_BITS };

struct origin_cache {
	const void *pointer;
	uint32_t code;
};

/* One of the two tables. */
struct origin_table {
	struct origin_cache cache[ORIGIN_CACHE_SLOTS]; /* by address: most rows of a request share theirs */
	struct dictionary contents;                    /* by content, for what the cache does not know */
	struct vector_pointer entries;
	struct table_writer table;
};

struct origin_writer {
	struct arena arena;
	struct buffer scratch;
	struct origin_table resources, scopes;
};

uint32_t origin_resource_code(struct origin_writer *writer, const struct resource *resource);
uint32_t origin_scope_code(struct origin_writer *writer, const struct scope *scope);
void origin_writer_encode(struct origin_writer *writer, struct block_writer *block);
bool origin_writer_failed(const struct origin_writer *writer);
void origin_writer_clear(struct origin_writer *writer);
void origin_writer_release(struct origin_writer *writer);

struct origin_reader {
	const struct resource *resources;
	const struct scope *scopes;
	size_t resource_count, scope_count;
};

enum status origin_reader_open(struct block *block, struct origin_reader *reader_out, struct error *error);

/* A code past the end, in a damaged block, reads as the empty one. */
const struct resource *origin_resource(const struct origin_reader *reader, uint64_t code);
const struct scope *origin_scope(const struct origin_reader *reader, uint64_t code);

#endif
