/*
 * numbers: how a column of unsigned 64-bit integers is laid out.
 *
 * A stream says by itself how it is coded:
 *
 *     u8 coding   NUMBERS_CONSTANT  varint value
 *                 NUMBERS_PLANES    u8 width (1-8), varint least, then pages of NUMBERS_PAGE values, the last
 *                                   of what is left: in each, width planes, one byte a value: plane p holds
 *                                   byte p of (value - least)
 *
 * Planes put bytes that resemble each other side by side, which is what zstd wants, and leave every value
 * readable by its index. Pages keep the bytes of neighbouring rows in neighbouring pieces of the block. A
 * signed number is written as zigzag; a double as its bits.
 *
 * Ownership  a struct numbers is a view into the stream's bytes.
 * Threads    plain values; needing is for one thread at a time.
 * Errors     numbers_open and numbers_need: STATUS_CORRUPT, STATUS_NO_MEMORY. What was opened from bytes, or
 *            needed, can be read without further checks.
 */
#ifndef ROHAS_STORAGE_COLUMNS_NUMBERS_H
#define ROHAS_STORAGE_COLUMNS_NUMBERS_H

#include "base/buffer.h"
#include "base/status.h"
#include "storage/columns/block.h"

/* On disk. A power of two: finding a value's page takes no division. */
enum { NUMBERS_PAGE = 1024 };

struct numbers {
	const uint8_t *planes;
	uint64_t least; /* the value itself where width is 0 */
	size_t count;
	unsigned width;
	struct column column; /* of the planes */
};

static inline uint64_t zigzag_encode(int64_t value)
{
	return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static inline int64_t zigzag_decode(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Appends the stream of count values. Returns the size of its head, that is what stands before the pages. */
size_t numbers_encode(const uint64_t *values, size_t count, struct buffer *out);
size_t numbers_encode_u32(const uint32_t *values, size_t count, struct buffer *out);

/* The two parts of a stream, for who puts something between them: the head says the width of the pages. */
unsigned numbers_encode_head(const uint32_t *values, size_t count, struct buffer *out);
void numbers_encode_pages(const uint32_t *values, size_t count, unsigned width, struct buffer *out);

/* Reads a stream of count values from the front of *bytes and moves *bytes behind it. */
enum status numbers_open(struct str *bytes, size_t count, struct numbers *numbers_out, struct error *error);

/* The same of a column that is not unpacked: values must be needed before they are read. */
enum status numbers_open_column(struct column *column, size_t count, struct numbers *numbers_out,
				struct error *error);

/* The two parts, alike. */
enum status numbers_open_head(struct column *column, size_t count, struct numbers *numbers_out,
			      struct error *error);
enum status numbers_open_pages(struct column *column, struct numbers *numbers, struct error *error);

/* Makes count values from first on readable; past the end there are none. */
static inline enum status numbers_need(const struct numbers *numbers, size_t first, size_t count,
				       struct error *error)
{
	size_t end = (first + count + NUMBERS_PAGE - 1) / NUMBERS_PAGE * NUMBERS_PAGE;

	if (numbers->width == 0 || !numbers->column.group || count == 0)
		return STATUS_OK;
	first = first / NUMBERS_PAGE * NUMBERS_PAGE;
	end = end < numbers->count ? end : numbers->count;
	return first < end ? column_need(&numbers->column, first * numbers->width,
					 (end - first) * numbers->width, error)
			   : STATUS_OK;
}

/* How many values the page has that begins with the value first. */
static inline size_t numbers_page_count(const struct numbers *numbers, size_t first)
{
	return numbers->count - first < NUMBERS_PAGE ? numbers->count - first : NUMBERS_PAGE;
}

static inline uint64_t numbers_get(const struct numbers *numbers, size_t index)
{
	size_t page = index / NUMBERS_PAGE * NUMBERS_PAGE, stride = numbers_page_count(numbers, page);
	const uint8_t *at;
	uint64_t value = 0;

	if (numbers->width == 0)
		return numbers->least;
	at = numbers->planes + page * numbers->width + (index - page);
	for (unsigned p = 0; p < numbers->width; p++)
		value |= (uint64_t)at[p * stride] << (8 * p);
	return numbers->least + value;
}

/* values_out has room for count. */
void numbers_read(const struct numbers *numbers, size_t first, size_t count, uint64_t *values_out);

/* The sum of the values in [first, end); wraps. */
uint64_t numbers_sum(const struct numbers *numbers, size_t first, size_t end);

/* Clears matches[i] where the value at first + i is not the wanted one. */
void numbers_match(const struct numbers *numbers, uint64_t wanted, size_t first, size_t count,
		   uint8_t *matches);

/* Whether the column's range has room for the value; false: it holds none such. */
static inline bool numbers_may_hold(const struct numbers *numbers, uint64_t value)
{
	return value >= numbers->least &&
	       (numbers->width == 8 || (value - numbers->least) >> (8 * numbers->width) == 0);
}

#endif
