/*
 * table: the fixed columns of one table of a block. A field's number says what it holds:
 *
 *     0 to 31     numbers
 *     40 to 47    magnitudes (magnitudes.h)
 *     64 to 79    strings
 *     128 to 135  ids and other random bytes of one width, as they are
 *     200 to 206  attributes (attribute_columns.h)
 *
 * A table's columns need not all have a value for every row: the schema that uses them says how many there
 * are.
 *
 * Ownership  as numbers.h and strings.h have it.
 * Threads    one thread at a time.
 * Errors     a writer remembers (table_writer_failed); a reader says STATUS_CORRUPT or STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_TABLE_H
#define ROHAS_STORAGE_COLUMNS_TABLE_H

#include "storage/columns/attribute_columns.h"
#include "storage/columns/magnitudes.h"

enum { FIRST_MAGNITUDES_FIELD = 40, FIRST_STRINGS_FIELD = 64, FIRST_RANDOM_FIELD = 128 };
enum {
	NUMBERS_FIELD_COUNT = 32,
	MAGNITUDES_FIELD_COUNT = 8,
	STRINGS_FIELD_COUNT = 16,
	RANDOM_FIELD_COUNT = 8
};

struct table_writer {
	struct vector_u64 numbers[NUMBERS_FIELD_COUNT];
	struct magnitudes_writer magnitudes[MAGNITUDES_FIELD_COUNT];
	struct strings_builder strings[STRINGS_FIELD_COUNT];
	struct buffer random[RANDOM_FIELD_COUNT];
	struct attribute_writer attributes;
};

static inline void table_put_number(struct table_writer *writer, uint8_t field, uint64_t value)
{
	vector_u64_push(&writer->numbers[field], value);
}

static inline void table_put_magnitude(struct table_writer *writer, uint8_t field, uint64_t value)
{
	vector_u64_push(&writer->magnitudes[field - FIRST_MAGNITUDES_FIELD].values, value);
}

static inline void table_put_string(struct table_writer *writer, uint8_t field, struct str s)
{
	strings_push(&writer->strings[field - FIRST_STRINGS_FIELD], s);
}

static inline void table_put_random(struct table_writer *writer, uint8_t field, const void *bytes,
				    size_t size)
{
	buffer_append(&writer->random[field - FIRST_RANDOM_FIELD], bytes, size);
}

/* Writes every column that has a value. */
void table_writer_encode(struct table_writer *writer, struct block_writer *block, uint8_t table);

/* The random columns and the bits of magnitudes, so that all tables' stand together; before encode, which leaves them out. */
void table_writer_encode_random(struct table_writer *writer, struct block_writer *block, uint8_t table);
bool table_writer_failed(const struct table_writer *writer);
void table_writer_clear(struct table_writer *writer);
void table_writer_release(struct table_writer *writer);

struct table_reader {
	struct block *block;
	uint8_t table;
	bool wants_few; /* who reads few rows needs them himself; else all are unpacked at once */
	uint32_t open_numbers;
	uint16_t open_strings;
	uint8_t open_magnitudes;
	struct numbers numbers[NUMBERS_FIELD_COUNT];
	struct magnitudes magnitudes[MAGNITUDES_FIELD_COUNT];
	struct strings strings[STRINGS_FIELD_COUNT];
};

static inline void table_reader_init(struct table_reader *reader, struct block *block, uint8_t table)
{
	*reader = (struct table_reader){.block = block, .table = table};
}

/* Opens a column of count values when first asked; a column that was not written reads as zeros or empty. */
enum status table_open_numbers(struct table_reader *reader, uint8_t field, size_t count, struct error *error);
enum status table_open_magnitudes(struct table_reader *reader, uint8_t field, size_t count,
				  struct error *error);
enum status table_open_strings(struct table_reader *reader, uint8_t field, size_t count, struct error *error);

/* The ids of a random column; checked to be count * width long, and yet to be needed. */
enum status table_open_ids(struct table_reader *reader, uint8_t field, size_t count, size_t width,
			   struct column *column_out, struct error *error);

/* The same, all of them readable. */
enum status table_open_random(struct table_reader *reader, uint8_t field, size_t count, size_t width,
			      const uint8_t **bytes_out, struct error *error);

/* Makes values of a column that is open readable. */
static inline enum status table_need_numbers(struct table_reader *reader, uint8_t field, size_t first,
					     size_t count, struct error *error)
{
	return numbers_need(&reader->numbers[field], first, count, error);
}

static inline enum status table_need_magnitudes(struct table_reader *reader, uint8_t field, size_t first,
						size_t count, struct error *error)
{
	return magnitudes_need(&reader->magnitudes[field - FIRST_MAGNITUDES_FIELD], first, count, error);
}

static inline enum status table_need_strings(struct table_reader *reader, uint8_t field, size_t first,
					     size_t count, struct error *error)
{
	return strings_need(&reader->strings[field - FIRST_STRINGS_FIELD], first, count, error);
}

/* Values of columns that are open. */
static inline uint64_t table_number(const struct table_reader *reader, uint8_t field, size_t row)
{
	return numbers_get(&reader->numbers[field], row);
}

static inline uint64_t table_magnitude(const struct table_reader *reader, uint8_t field, size_t row)
{
	return magnitudes_get(&reader->magnitudes[field - FIRST_MAGNITUDES_FIELD], row);
}

static inline struct str table_string(const struct table_reader *reader, uint8_t field, size_t row)
{
	return strings_get(&reader->strings[field - FIRST_STRINGS_FIELD], row);
}

#endif
