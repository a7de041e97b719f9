#include "storage/columns/magnitudes.h"

#include "base/protobuf.h"

enum { INDEX_LENGTHS = 0, INDEX_BITS = 1 };
enum { MOST_LENGTH = 64, VARINT_MOST_BYTES = 10 };

/* The greatest that divides all values, mostly found at the first few; 1 where they are all 0. */
static uint64_t common_unit(const struct vector_u64 *values)
{
	uint64_t unit = 0;

	for (size_t i = 0; i < values->count && unit != 1; i++)
		for (uint64_t value = values->items[i]; value;) {
			uint64_t rest = unit % value;

			unit = value;
			value = rest;
		}
	return unit ? unit : 1;
}

static unsigned length_of(uint64_t value)
{
	return value ? MOST_LENGTH - (unsigned)__builtin_clzll(value) : 0;
}

/* How many bits stand below the highest one. */
static unsigned bits_of(unsigned length)
{
	return length ? length - 1 : 0;
}

/* Puts up to 63 bits at a time behind each other, least first; at has room for eight bytes more than they take. */
struct bit_writer {
	char *at;
	uint64_t word;
	unsigned used; /* bits of word */
};

static void put_bits(struct bit_writer *writer, uint64_t bits, unsigned count)
{
	unsigned room = 64 - writer->used;

	writer->word |= bits << writer->used;
	if (count < room) {
		writer->used += count;
		return;
	}
	memcpy(writer->at, &writer->word, sizeof(writer->word));
	writer->at += sizeof(writer->word);
	writer->word = bits >> room;
	writer->used = count - room;
}

/* The next bits begin with a byte of their own. */
static void end_page(struct bit_writer *writer)
{
	memcpy(writer->at, &writer->word, sizeof(writer->word));
	writer->at += (writer->used + 7) / 8;
	writer->word = 0;
	writer->used = 0;
}

static void put_page(struct magnitudes_writer *writer, size_t first, size_t end, struct bit_writer *bits)
{
	for (size_t i = first; i < end; i++) {
		uint64_t value = writer->values.items[i] / writer->unit;
		unsigned length = length_of(value), count = bits_of(length);

		vector_u32_push(&writer->lengths, length);
		put_bits(bits, value & ~(length ? UINT64_C(1) << count : 0), count);
	}
	end_page(bits);
}

void magnitudes_encode_bits(struct magnitudes_writer *writer, struct buffer *out)
{
	size_t count = writer->values.count;
	char *start = buffer_reserve(out, (count + 1) * sizeof(uint64_t));
	struct bit_writer bits = {.at = start};

	if (!start)
		return;
	vector_u32_clear(&writer->lengths);
	vector_u32_clear(&writer->starts);
	writer->unit = common_unit(&writer->values);
	for (size_t first = 0, end; first < count; first = end) {
		end = first + NUMBERS_PAGE < count ? first + NUMBERS_PAGE : count;
		if (first)
			vector_u32_push(&writer->starts, (uint32_t)(bits.at - start));
		put_page(writer, first, end, &bits);
	}
	out->size += (size_t)(bits.at - start);
}

size_t magnitudes_encode(const struct magnitudes_writer *writer, struct buffer *out)
{
	size_t before = out->size;

	protobuf_put_varint(out, writer->unit);
	if (writer->starts.count)
		numbers_encode_u32(writer->starts.items, writer->starts.count, out);
	return out->size - before + numbers_encode_u32(writer->lengths.items, writer->lengths.count, out);
}

bool magnitudes_failed(const struct magnitudes_writer *writer)
{
	return writer->values.failed || writer->lengths.failed || writer->starts.failed;
}

void magnitudes_clear(struct magnitudes_writer *writer)
{
	vector_u64_clear(&writer->values);
	vector_u32_clear(&writer->lengths);
	vector_u32_clear(&writer->starts);
}

void magnitudes_release(struct magnitudes_writer *writer)
{
	vector_u64_release(&writer->values);
	vector_u32_release(&writer->lengths);
	vector_u32_release(&writer->starts);
}

static enum status damaged(size_t count, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "a column of %zu magnitudes is cut or damaged", count);
}

static enum status take_unit(struct column *column, uint64_t *unit_out, struct error *error)
{
	const uint8_t *at = (const uint8_t *)column->data;
	size_t most = column->size < VARINT_MOST_BYTES ? column->size : VARINT_MOST_BYTES;
	enum status status = column_need(column, 0, most, error);

	if (status != STATUS_OK)
		return status;
	if (!protobuf_varint(&at, at + most, unit_out))
		return error_set(error, STATUS_CORRUPT, "a column of magnitudes is cut");
	*column = column_after(column, (size_t)(at - (const uint8_t *)column->data));
	return STATUS_OK;
}

static enum status open_lengths(struct column *column, size_t count, struct magnitudes *magnitudes,
				struct error *error)
{
	size_t pages = (count + NUMBERS_PAGE - 1) / NUMBERS_PAGE;
	enum status status = take_unit(column, &magnitudes->unit, error);

	if (status == STATUS_OK && pages > 1)
		status = numbers_open_column(column, pages - 1, &magnitudes->starts, error);
	if (status == STATUS_OK)
		status = numbers_need(&magnitudes->starts, 0, magnitudes->starts.count, error);
	return status == STATUS_OK ? numbers_open_column(column, count, &magnitudes->lengths, error) : status;
}

enum status magnitudes_open(struct block *block, uint8_t table, uint8_t field, size_t count,
			    struct magnitudes *magnitudes_out, struct error *error)
{
	struct magnitudes magnitudes = {.lengths = {.count = count}};
	size_t pages = (count + NUMBERS_PAGE - 1) / NUMBERS_PAGE;
	struct column lengths;
	enum status status = block_column_open(block, table, field, INDEX_BITS, &magnitudes.bits, error);

	if (status == STATUS_OK)
		status = block_column_open(block, table, field, INDEX_LENGTHS, &lengths, error);
	if (status == STATUS_OK && lengths.size)
		status = open_lengths(&lengths, count, &magnitudes, error);
	if (status != STATUS_OK)
		return status;
	if (count > SIZE_MAX / sizeof(*magnitudes.values))
		return damaged(count, error);
	magnitudes.values = arena_alloc(block->arena, count * sizeof(*magnitudes.values));
	magnitudes.has_page = arena_calloc(block->arena, pages, sizeof(*magnitudes.has_page));
	if (!magnitudes.values || !magnitudes.has_page)
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu magnitudes", count);
	*magnitudes_out = magnitudes;
	return STATUS_OK;
}

/* Eight bytes from at on; those at or past the end are 0. */
static uint64_t load(const uint8_t *at, const uint8_t *end)
{
	uint64_t word = 0;

	if (end - at >= (ptrdiff_t)sizeof(word))
		memcpy(&word, at, sizeof(word));
	else
		for (size_t i = 0; at + i < end; i++)
			word |= (uint64_t)at[i] << (8 * i);
	return word;
}

/* Up to 63 bits, the lowest of them at bit at of bytes. */
static uint64_t bits_at(const uint8_t *bytes, const uint8_t *end, size_t at, unsigned count)
{
	const uint8_t *first = bytes + at / 8;
	unsigned skipped = at % 8;
	uint64_t word = load(first, end) >> skipped;

	if (count + skipped > 64)
		word |= (uint64_t)first[8] << (64 - skipped);
	return word & ((UINT64_C(1) << count) - 1);
}

/* lengths are those of the page; returns false where they lead past the page's bits. */
static bool decode_page(const uint64_t *lengths, size_t count, struct str bits, uint64_t unit,
			uint64_t *values_out)
{
	const uint8_t *bytes = (const uint8_t *)bits.data, *end = bytes + bits.size;
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned stored;

		if (lengths[i] > MOST_LENGTH)
			return false;
		stored = bits_of((unsigned)lengths[i]);
		if (at + stored > bits.size * 8)
			return false;
		values_out[i] =
			lengths[i] ? unit * (UINT64_C(1) << stored | bits_at(bytes, end, at, stored)) : 0;
		at += stored;
	}
	return (at + 7) / 8 == bits.size;
}

static uint64_t page_start(const struct magnitudes *magnitudes, size_t page)
{
	if (page > magnitudes->starts.count)
		return magnitudes->bits.size;
	return page ? numbers_get(&magnitudes->starts, page - 1) : 0;
}

static enum status need_page(struct magnitudes *magnitudes, size_t page, struct error *error)
{
	size_t first = page * NUMBERS_PAGE, count = numbers_page_count(&magnitudes->lengths, first);
	uint64_t start = page_start(magnitudes, page), end = page_start(magnitudes, page + 1);
	uint64_t lengths[NUMBERS_PAGE];
	struct str bits;
	enum status status = numbers_need(&magnitudes->lengths, first, count, error);

	if (status == STATUS_OK && (start > end || end > magnitudes->bits.size))
		status = damaged(magnitudes->lengths.count, error);
	if (status == STATUS_OK)
		status = column_need(&magnitudes->bits, start, end - start, error);
	if (status != STATUS_OK)
		return status;
	bits = str_make(magnitudes->bits.data + start, end - start);
	numbers_read(&magnitudes->lengths, first, count, lengths);
	if (!decode_page(lengths, count, bits, magnitudes->unit, magnitudes->values + first))
		return damaged(magnitudes->lengths.count, error);
	magnitudes->has_page[page] = true;
	return STATUS_OK;
}

enum status magnitudes_need(struct magnitudes *magnitudes, size_t first, size_t count, struct error *error)
{
	size_t all = magnitudes->lengths.count, end = first + count < all ? first + count : all;
	enum status status = STATUS_OK;

	for (size_t page = first / NUMBERS_PAGE; page * NUMBERS_PAGE < end && status == STATUS_OK; page++)
		if (!magnitudes->has_page[page])
			status = need_page(magnitudes, page, error);
	return status;
}
