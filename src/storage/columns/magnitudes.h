/*
 * magnitudes: how a column of times and durations is laid out: numbers of which the upper end says something
 * and the lower is noise, however large they are.
 *
 * Of each number the length is kept, that is how many bits it has, and the bits below its highest one. Lengths
 * resemble each other and are what compresses; the bits are stored as they are, in the column that is not
 * compressed. Numbers are written in units of their greatest common divisor: a clock of microseconds takes no
 * more than it tells.
 *
 *     index 0    varint unit; where there is more than one page, numbers stream of where the bits of each page
 *                of NUMBERS_PAGE values but the first begin; numbers stream of the lengths, 0 to 64
 *     index 1    the bits: of each page from the lowest of its first byte on
 *
 * Ownership  a writer owns what it is given; what a reader has read lies in the block's arena.
 * Threads    one thread at a time.
 * Errors     a writer remembers (magnitudes_failed); a reader says STATUS_CORRUPT or STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_MAGNITUDES_H
#define ROHAS_STORAGE_COLUMNS_MAGNITUDES_H

#include "storage/columns/numbers.h"
#include "storage/columns/vector.h"

struct magnitudes_writer {
	struct vector_u64 values;
	struct vector_u32 lengths, starts; /* made of them by magnitudes_encode_bits */
	uint64_t unit;
};

/* The bits first, then the rest; returns the size of its head, that is what stands before the lengths' pages. */
void magnitudes_encode_bits(struct magnitudes_writer *writer, struct buffer *out);
size_t magnitudes_encode(const struct magnitudes_writer *writer, struct buffer *out);
bool magnitudes_failed(const struct magnitudes_writer *writer);
void magnitudes_clear(struct magnitudes_writer *writer);
void magnitudes_release(struct magnitudes_writer *writer);

struct magnitudes {
	uint64_t unit;
	struct numbers starts, lengths;
	struct column bits;
	uint64_t *values; /* those of the pages that were needed */
	bool *has_page;
};

/* Opens the columns of count values; columns that are not there read as zeros. */
enum status magnitudes_open(struct block *block, uint8_t table, uint8_t field, size_t count,
			    struct magnitudes *magnitudes_out, struct error *error);

/* Makes count values from first on readable; past the end there are none. */
enum status magnitudes_need(struct magnitudes *magnitudes, size_t first, size_t count, struct error *error);

/* A value that was needed. */
static inline uint64_t magnitudes_get(const struct magnitudes *magnitudes, size_t index)
{
	return magnitudes->values[index];
}

#endif
