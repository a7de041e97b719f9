#include "storage/columns/numbers.h"

#include "base/protobuf.h"

enum { NUMBERS_CONSTANT = 1, NUMBERS_PLANES = 2 };

static unsigned width_of(uint64_t range)
{
	return range ? (71 - (unsigned)__builtin_clzll(range)) / 8 : 0;
}

/* A width of 0: all values are least. */
static void put_head(uint64_t least, unsigned width, struct buffer *out)
{
	buffer_append_byte(out, width ? NUMBERS_PLANES : NUMBERS_CONSTANT);
	if (width)
		buffer_append_byte(out, (uint8_t)width);
	protobuf_put_varint(out, least);
}

size_t numbers_encode(const uint64_t *values, size_t count, struct buffer *out)
{
	uint64_t least = count ? UINT64_MAX : 0, most = 0;
	size_t before = out->size, head;
	unsigned width;
	uint8_t *plane;

	for (size_t i = 0; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	width = width_of(most - least);
	put_head(least, width, out);
	head = out->size - before;
	plane = (uint8_t *)buffer_reserve(out, width * count);
	if (!plane)
		return head;
	for (size_t page = 0, rows; page < count && width; page += rows) {
		rows = count - page < NUMBERS_PAGE ? count - page : NUMBERS_PAGE;
		for (unsigned p = 0; p < width; p++, plane += rows)
			for (size_t i = 0; i < rows; i++)
				plane[i] = (uint8_t)((values[page + i] - least) >> (8 * p));
	}
	out->size += width * count;
	return head;
}

/* With half the bytes to touch: codes and counts are small. They start at 0 as they are. */
unsigned numbers_encode_head(const uint32_t *values, size_t count, struct buffer *out)
{
	uint32_t least = count ? UINT32_MAX : 0, most = 0;
	unsigned width;

	for (size_t i = 0; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	width = least == most ? 0 : width_of(most);
	put_head(width ? 0 : least, width, out);
	return width;
}

void numbers_encode_pages(const uint32_t *values, size_t count, unsigned width, struct buffer *out)
{
	uint8_t *plane = (uint8_t *)buffer_reserve(out, width * count);

	if (!plane)
		return;
	for (size_t page = 0, rows; page < count && width; page += rows) {
		rows = count - page < NUMBERS_PAGE ? count - page : NUMBERS_PAGE;
		for (unsigned p = 0; p < width; p++, plane += rows)
			for (size_t i = 0; i < rows; i++)
				plane[i] = (uint8_t)(values[page + i] >> (8 * p));
	}
	out->size += width * count;
}

size_t numbers_encode_u32(const uint32_t *values, size_t count, struct buffer *out)
{
	size_t before = out->size, head;
	unsigned width = numbers_encode_head(values, count, out);

	head = out->size - before;
	numbers_encode_pages(values, count, width, out);
	return head;
}

/* What stands before the planes takes at most so many bytes. */
enum { MOST_HEAD_BYTES = 12 };

static enum status damaged(size_t count, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "a column of %zu numbers is cut or damaged", count);
}

enum status numbers_open_head(struct column *column, size_t count, struct numbers *numbers_out,
			      struct error *error)
{
	size_t head = column->size < MOST_HEAD_BYTES ? column->size : MOST_HEAD_BYTES;
	const uint8_t *at = (const uint8_t *)column->data, *end = at + head;
	struct numbers numbers = {.count = count};
	enum status status = column_need(column, 0, head, error);
	uint8_t coding;

	if (status != STATUS_OK)
		return status;
	coding = at < end ? *at++ : 0;
	if (coding == NUMBERS_PLANES && at < end)
		numbers.width = *at++;
	if ((coding != NUMBERS_CONSTANT && (numbers.width < 1 || numbers.width > 8)) ||
	    !protobuf_varint(&at, end, &numbers.least) || count > SIZE_MAX / 8)
		return damaged(count, error);
	*column = column_after(column, (size_t)(at - (const uint8_t *)column->data));
	*numbers_out = numbers;
	return STATUS_OK;
}

enum status numbers_open_pages(struct column *column, struct numbers *numbers, struct error *error)
{
	size_t size = numbers->width * numbers->count;

	if (column->size < size)
		return damaged(numbers->count, error);
	numbers->planes = (const uint8_t *)column->data;
	numbers->column = *column;
	*column = column_after(column, size);
	return STATUS_OK;
}

enum status numbers_open_column(struct column *column, size_t count, struct numbers *numbers_out,
				struct error *error)
{
	struct numbers numbers;
	enum status status = numbers_open_head(column, count, &numbers, error);

	if (status == STATUS_OK)
		status = numbers_open_pages(column, &numbers, error);
	if (status == STATUS_OK)
		*numbers_out = numbers;
	return status;
}

enum status numbers_open(struct str *bytes, size_t count, struct numbers *numbers_out, struct error *error)
{
	struct column column = column_of(*bytes);
	enum status status = numbers_open_column(&column, count, numbers_out, error);

	if (status == STATUS_OK)
		*bytes = str_make(column.data, column.size);
	return status;
}

/* The part of a range of values that lies in one page. */
struct stretch {
	const uint8_t *plane; /* of the lowest byte, at the first value */
	size_t count, stride; /* to the next plane */
};

static struct stretch stretch_at(const struct numbers *numbers, size_t first, size_t end)
{
	size_t page = first / NUMBERS_PAGE * NUMBERS_PAGE, stride = numbers_page_count(numbers, page);
	size_t page_end = page + stride;

	return (struct stretch){numbers->planes + page * numbers->width + (first - page),
				(end < page_end ? end : page_end) - first, stride};
}

void numbers_read(const struct numbers *numbers, size_t first, size_t count, uint64_t *values_out)
{
	for (size_t i = 0; i < count; i++)
		values_out[i] = numbers->least;
	for (size_t done = 0; numbers->width && done < count;) {
		struct stretch stretch = stretch_at(numbers, first + done, first + count);

		for (unsigned p = 0; p < numbers->width; p++)
			for (size_t i = 0; i < stretch.count; i++)
				values_out[done + i] += (uint64_t)stretch.plane[p * stretch.stride + i]
							<< (8 * p);
		done += stretch.count;
	}
}

uint64_t numbers_sum(const struct numbers *numbers, size_t first, size_t end)
{
	uint64_t sum = numbers->least * (end - first);

	while (numbers->width && first < end) {
		struct stretch stretch = stretch_at(numbers, first, end);

		for (unsigned p = 0; p < numbers->width; p++) {
			uint64_t plane_sum = 0;

			for (size_t i = 0; i < stretch.count; i++)
				plane_sum += stretch.plane[p * stretch.stride + i];
			sum += plane_sum << (8 * p);
		}
		first += stretch.count;
	}
	return sum;
}

void numbers_match(const struct numbers *numbers, uint64_t wanted, size_t first, size_t count,
		   uint8_t *matches)
{
	if (!numbers_may_hold(numbers, wanted)) {
		memset(matches, 0, count);
		return;
	}
	wanted -= numbers->least;
	for (size_t done = 0; numbers->width && done < count;) {
		struct stretch stretch = stretch_at(numbers, first + done, first + count);

		for (unsigned p = 0; p < numbers->width; p++) {
			const uint8_t *plane = stretch.plane + p * stretch.stride;
			uint8_t byte = (uint8_t)(wanted >> (8 * p));

			for (size_t i = 0; i < stretch.count; i++)
				matches[done + i] &= plane[i] == byte;
		}
		done += stretch.count;
	}
}
