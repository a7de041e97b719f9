#include "storage/columns/numbers.h"

#include "base/protobuf.h"

enum { NUMBERS_CONSTANT = 1, NUMBERS_PLANES = 2 };

static unsigned width_of(uint64_t range)
{
	return range ? (71 - (unsigned)__builtin_clzll(range)) / 8 : 0;
}

static uint8_t *begin_planes(uint64_t least, unsigned width, size_t count, struct buffer *out)
{
	buffer_append_byte(out, NUMBERS_PLANES);
	buffer_append_byte(out, (uint8_t)width);
	protobuf_put_varint(out, least);
	return (uint8_t *)buffer_reserve(out, width * count);
}

static void put_constant(uint64_t value, struct buffer *out)
{
	buffer_append_byte(out, NUMBERS_CONSTANT);
	protobuf_put_varint(out, value);
}

void numbers_encode(const uint64_t *values, size_t count, struct buffer *out)
{
	uint64_t least = count ? UINT64_MAX : 0, most = 0;
	unsigned width;
	uint8_t *plane;

	for (size_t i = 0; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	if (least == most) {
		put_constant(least, out);
		return;
	}
	width = width_of(most - least);
	plane = begin_planes(least, width, count, out);
	if (!plane)
		return;
	for (unsigned p = 0; p < width; p++, plane += count)
		for (size_t i = 0; i < count; i++)
			plane[i] = (uint8_t)((values[i] - least) >> (8 * p));
	out->size += width * count;
}

/* The same with half the bytes to touch: codes and counts are small. They start at 0 as they are. */
void numbers_encode_u32(const uint32_t *values, size_t count, struct buffer *out)
{
	uint32_t least = count ? UINT32_MAX : 0, most = 0;
	unsigned width;
	uint8_t *plane;

	for (size_t i = 0; i < count; i++) {
		least = values[i] < least ? values[i] : least;
		most = values[i] > most ? values[i] : most;
	}
	if (least == most) {
		put_constant(least, out);
		return;
	}
	width = width_of(most);
	plane = begin_planes(0, width, count, out);
	if (!plane)
		return;
	for (unsigned p = 0; p < width; p++, plane += count)
		for (size_t i = 0; i < count; i++)
			plane[i] = (uint8_t)(values[i] >> (8 * p));
	out->size += width * count;
}

enum status numbers_open(struct str *bytes, size_t count, struct numbers *numbers_out, struct error *error)
{
	const uint8_t *at = (const uint8_t *)bytes->data, *end = at + bytes->size;
	struct numbers numbers = {.count = count};
	uint8_t coding = at < end ? *at++ : 0;

	if (coding == NUMBERS_PLANES && at < end)
		numbers.width = *at++;
	if ((coding != NUMBERS_CONSTANT && (numbers.width < 1 || numbers.width > 8)) ||
	    !protobuf_varint(&at, end, &numbers.least) || count > SIZE_MAX / 8 ||
	    (size_t)(end - at) < numbers.width * count)
		return error_set(error, STATUS_CORRUPT, "a column of %zu numbers is cut or damaged", count);
	numbers.planes = at;
	at += numbers.width * count;
	*bytes = str_make(at, (size_t)(end - at));
	*numbers_out = numbers;
	return STATUS_OK;
}

void numbers_read(const struct numbers *numbers, size_t first, size_t count, uint64_t *values_out)
{
	for (size_t i = 0; i < count; i++)
		values_out[i] = numbers->least;
	for (unsigned p = 0; p < numbers->width; p++) {
		const uint8_t *plane = numbers->planes + p * numbers->count + first;

		for (size_t i = 0; i < count; i++)
			values_out[i] += (uint64_t)plane[i] << (8 * p);
	}
}

uint64_t numbers_sum(const struct numbers *numbers, size_t first, size_t end)
{
	uint64_t sum = numbers->least * (end - first);

	for (unsigned p = 0; p < numbers->width; p++) {
		const uint8_t *plane = numbers->planes + p * numbers->count;
		uint64_t plane_sum = 0;

		for (size_t i = first; i < end; i++)
			plane_sum += plane[i];
		sum += plane_sum << (8 * p);
	}
	return sum;
}
