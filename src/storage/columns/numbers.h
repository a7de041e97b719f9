/*
 * numbers: how a column of unsigned 64-bit integers is laid out.
 *
 * A stream says by itself how it is coded:
 *
 *     u8 coding   NUMBERS_CONSTANT  varint value
 *                 NUMBERS_PLANES    u8 width (1-8), varint least, then width planes of count bytes:
 *                                   plane p holds byte p of (value - least) of every row
 *
 * Planes put bytes that resemble each other side by side, which is what zstd wants, and leave every value
 * readable by its index. A signed number is written as zigzag; a double as its bits.
 *
 * Ownership  a struct numbers is a view into the stream's bytes.
 * Threads    plain values.
 * Errors     numbers_open: STATUS_CORRUPT. What was opened can be read without further checks.
 */
#ifndef ROHAS_STORAGE_COLUMNS_NUMBERS_H
#define ROHAS_STORAGE_COLUMNS_NUMBERS_H

#include "base/buffer.h"
#include "base/status.h"

struct numbers {
	const uint8_t *planes;
	uint64_t least; /* the value itself where width is 0 */
	size_t count;
	unsigned width;
};

static inline uint64_t zigzag_encode(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t zigzag_decode(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Appends the stream of count values. */
void numbers_encode(const uint64_t *values, size_t count, struct buffer *out);
void numbers_encode_u32(const uint32_t *values, size_t count, struct buffer *out);

/* Reads a stream of count values from the front of *bytes and moves *bytes behind it. */
enum status numbers_open(struct str *bytes, size_t count, struct numbers *numbers_out, struct error *error);

static inline uint64_t numbers_get(const struct numbers *numbers, size_t index)
{
	uint64_t value = 0;

	for (unsigned p = 0; p < numbers->width; p++)
		value |= (uint64_t)numbers->planes[p * numbers->count + index] << (8 * p);
	return numbers->least + value;
}

/* values_out has room for count. */
void numbers_read(const struct numbers *numbers, size_t first, size_t count, uint64_t *values_out);

/* The sum of the values before index; wraps. */
uint64_t numbers_sum(const struct numbers *numbers, size_t first, size_t end);

#endif
