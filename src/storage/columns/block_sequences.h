/*
 * block_sequences: which commit each row of a merged block came with.
 *
 * A block of one commit has no such column: its rows share the block's own sequence. In a merged block it
 * lets a query that goes on page by page leave out what arrived after its first page, and keeps the order of
 * rows that have the same time. One column, numbers, of a table of its own: sequence less the header's
 * first_sequence.
 *
 * Ownership  what is read lies in the block's arena.
 * Threads    one thread at a time.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_BLOCK_SEQUENCES_H
#define ROHAS_STORAGE_COLUMNS_BLOCK_SEQUENCES_H

#include "storage/columns/block.h"
#include "storage/columns/header.h"

/* The table's number, the same in every signal. */
enum { TABLE_SEQUENCES = 3 };

/* offsets: of each row, to the header's first_sequence. */
void block_sequences_encode(const uint64_t *offsets, size_t count, struct block_writer *writer);

/* The sequence of each row of the block, an array of row_count. */
enum status block_sequences_read(struct block *block, const struct block_header *header,
				 const uint64_t **sequences_out, struct error *error);

/* Clears the matches, one a row, of rows that arrived after snapshot. Reads nothing where none can have. */
enum status block_sequences_mask(struct block *block, const struct block_header *header, uint64_t snapshot,
				 uint8_t *matches, struct error *error);

#endif
