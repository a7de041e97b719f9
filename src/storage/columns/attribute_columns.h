/*
 * attribute_columns: the attributes of a table's rows, a column for each key and type.
 *
 * Rows with the same keys in the same order share a shape; a row stores its shape's number, and its values go
 * to the ends of their columns. So a key is stored once a block, a filter on a key reads that key's column
 * alone, and order and duplicates survive. The fields of a table that holds attributes:
 *
 *     ATTRIBUTES_KEYS     varint n, then n times: u8 value type, varint count of values, varint size, key
 *     ATTRIBUTES_SHAPES   varint n, then n times: varint length, length varints: indexes into the keys
 *     ATTRIBUTES_ROWS     numbers: the shape of each row
 *     ATTRIBUTES_DROPPED  numbers: dropped_attributes_count of each row
 *     ATTRIBUTES_VALUES   index i: the values of key i, in order of the rows: strings for string, bytes,
 * array and map; numbers for bool, int (zigzag) and double (bits); nothing for empty
 *     ATTRIBUTES_MARKS    numbers: for each MARK_ROWS rows, the last of what is left, how many values of each key
 * they have; missing where there is one such stretch: a reader finds a row's values without counting from the start
 *     ATTRIBUTES_FILTERS  index i: a filter over the distinct values of key i, where it is a string and there
 * are many: a search for a value that the block has not reads the filter alone (value_filter.h)
 *
 * Ownership  a writer borrows the strings it is given until it is cleared; keys it copies. What a reader
 *            returns are views into the block's arena, arrays into the arena given to next.
 * Threads    one thread at a time.
 * Errors     a writer remembers (attribute_writer_failed); rows with more than BLOCK_MOST_COLUMNS keys and
 *            types between them do not fit into one block. A reader says STATUS_CORRUPT or
 *            STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_ATTRIBUTE_COLUMNS_H
#define ROHAS_STORAGE_COLUMNS_ATTRIBUTE_COLUMNS_H

#include "model/value.h"
#include "storage/columns/block.h"
#include "storage/columns/string_column.h"

/* Field numbers, the same in every table. */
enum {
	ATTRIBUTES_KEYS = 200,
	ATTRIBUTES_SHAPES = 201,
	ATTRIBUTES_ROWS = 202,
	ATTRIBUTES_DROPPED = 203,
	ATTRIBUTES_VALUES = 204,
	ATTRIBUTES_FILTERS = 205,
	ATTRIBUTES_MARKS = 206,
};

/* On disk: of so many rows at a time it is written down how much they have, so that none before is counted. */
enum { MARK_ROWS = 8192 };

static inline size_t mark_count(size_t row_count)
{
	return (row_count + MARK_ROWS - 1) / MARK_ROWS;
}

enum { SHAPE_UNKNOWN = UINT32_MAX };

struct attribute_column;

struct attribute_writer {
	struct attribute_column *columns;
	size_t column_count, column_capacity;
	uint32_t *column_slots; /* column + 1 */
	size_t column_slot_count;
	struct vector_u32 shape_starts; /* where each shape begins in shape_items */
	struct vector_u32 shape_items;
	struct vector_u32 shape_hashes;
	uint32_t *shape_slots; /* shape + 1 */
	size_t shape_slot_count;
	struct vector_u32 rows, dropped;
	struct vector_u32 scratch;
	bool failed;
};

/*
 * Adds the attributes of the next row. hint is the shape that they probably have (a row of the same name had
 * it) or SHAPE_UNKNOWN: a right hint saves looking every key up. Returns the shape, for the next hint.
 */
uint32_t attribute_writer_push(struct attribute_writer *writer, const struct attributes *attributes,
			       uint32_t hint);

/* Calls visit for the strings that are values of the rows: each once, or each time where they are many. */
typedef void visit_string(void *context, struct str s);
void attribute_writer_strings(const struct attribute_writer *writer, visit_string *visit, void *context);
bool attribute_writer_failed(const struct attribute_writer *writer);

/* Writes the fields of the table, but for the filters. */
void attribute_writer_encode(struct attribute_writer *writer, struct block_writer *block, uint8_t table);

/* Writes the filters, which no compressor shrinks. */
void attribute_writer_encode_filters(struct attribute_writer *writer, struct block_writer *block,
				     uint8_t table);

/* Forgets the rows; keeps columns for the next block, whose keys are mostly the same. */
void attribute_writer_clear(struct attribute_writer *writer);
void attribute_writer_release(struct attribute_writer *writer);

struct attribute_values {
	struct str key;
	uint8_t type;
	uint16_t index;
	bool is_open, is_whole; /* whole: unpacked from end to end */
	size_t count, next;
	struct numbers numbers;
	struct strings strings;
};

struct attribute_shape {
	const uint32_t *items;
	size_t count;
};

struct attribute_reader {
	struct block *block;
	uint8_t table;
	size_t row_count, row;
	bool wants_few; /* unpack values one by one, not columns */
	struct numbers rows, dropped;
	struct numbers marks; /* none: count from the first row */
	struct attribute_values *values;
	size_t value_count;
	struct attribute_shape *shapes;
	size_t shape_count;
};

/* A table without attributes reads as rows without attributes. */
enum status attribute_reader_open(struct block *block, uint8_t table, size_t row_count,
				  struct attribute_reader *reader_out, struct error *error);

/*
 * Whether few rows are wanted of many: then reading unpacks what they need alone. All rows are wanted at first.
 */
static inline void attribute_reader_want_few(struct attribute_reader *reader, bool wants_few)
{
	reader->wants_few = wants_few;
}

/* The row that next will read. */
enum status attribute_reader_seek(struct attribute_reader *reader, size_t row, struct error *error);

/* Reads a row's attributes and moves to the next row. */
enum status attribute_reader_next(struct attribute_reader *reader, struct attributes *attributes_out,
				  struct error *error);

/* Moves past a row without reading its values. */
enum status attribute_reader_skip(struct attribute_reader *reader, struct error *error);

/* Opens a value column, and makes values of it readable; reading does both by itself. */
enum status attribute_values_open(struct attribute_reader *reader, struct attribute_values *values,
				  struct error *error);
enum status attribute_values_need(struct attribute_values *values, size_t first, size_t count,
				  struct error *error);

/* Value index, below count, of a column that is open. */
struct value attribute_values_get(const struct attribute_values *values, size_t index);

/* On purpose the size of a byte: there is one a row. */
enum __attribute__((packed)) attribute_match {
	ATTRIBUTE_ABSENT = 0,
	ATTRIBUTE_EQUAL = 1,
	ATTRIBUTE_DIFFERENT = 2,
};

/*
 * Says of the rows from first on whether their attribute of that key (the last one, where there are several)
 * equals text, as value_to_text has it. Reads that key's columns alone. matches has room for count. Where next
 * goes on is open afterwards.
 */
enum status attribute_reader_match(struct attribute_reader *reader, struct str key, struct str text,
				   size_t first, size_t count, enum attribute_match *matches,
				   struct error *error);

/* Whether any row may have that key and text: false only where none has. Reads dictionaries and filters. */
enum status attribute_reader_may_hold(struct attribute_reader *reader, struct str key, struct str text,
				      bool *may_hold_out, struct error *error);

#endif
