/*
 * block: the container of columns. docs/format.md describes every byte.
 *
 * A block is a list of columns, each known by table, field and index, laid into groups. Small columns share a
 * group, a large one has its own, ids that no compressor can shrink stand apart as they are. A group is cut
 * into pieces of one size, each compressed on its own and with a checksum of its own: who wants few rows of a
 * large column unpacks one piece, not the column.
 *
 * Ownership  block_writer owns what it writes until block_writer_seal. A struct block is a view of the
 *            caller's bytes; what it decompresses lies in the arena given to block_open.
 * Threads    one thread at a time for a writer, and for a struct block (it decompresses when first asked).
 * Units      sizes are bytes.
 * Errors     STATUS_CORRUPT for damaged bytes, STATUS_NO_MEMORY; a writer remembers (buffer_failed).
 *            STATUS_TOO_LARGE for columns that no block holds. Bytes are checked when they are first asked for:
 *            the directory by block_open, a piece when it is unpacked.
 */
#ifndef ROHAS_STORAGE_COLUMNS_BLOCK_H
#define ROHAS_STORAGE_COLUMNS_BLOCK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "model/batch.h"

/* The version of everything inside a block. */
enum { BLOCK_FORMAT = 3 };

/* Bounds that a block keeps to; a reader refuses more. */
enum {
	BLOCK_MOST_ROWS = 1 << 20,
	BLOCK_MOST_COLUMNS = 1 << 16,
	BLOCK_MOST_BYTES = 1 << 30,
	BLOCK_MOST_PIECE_BYTES = 1 << 16,
};

struct block_group;

/* On disk. */
enum block_codec { CODEC_NONE = 0, CODEC_ZSTD = 1, CODEC_LZ4 = 2 };

/* A column's name. table and field are numbers of the schema that writes it; index tells equals apart. */
struct column_id {
	uint8_t table, field;
	uint16_t index;
};

struct block_column {
	struct column_id id;
	uint32_t size;
	bool is_random; /* ids: never compressed */
	uint32_t head;  /* of the writer: the size of its first piece, if it has a group of its own */
	size_t offset;  /* in the writer's own buffer */
};

struct block_writer {
	struct buffer raw; /* all columns, one after the other */
	struct arena pieces;
	struct block_column *columns;
	size_t column_count, column_capacity;
	enum block_codec codec;
	int level;
	void *zstd;        /* a compression context, kept between blocks */
	bool is_too_large; /* its keys alone are more than a block holds */
};

void block_writer_init(struct block_writer *writer, enum block_codec codec, int level);
void block_writer_release(struct block_writer *writer);

/* Starts a column; append its bytes to what is returned, then start the next or seal. */
struct buffer *block_writer_column(struct block_writer *writer, uint8_t table, uint8_t field, uint16_t index);

/* Says of the column just written how many of its first bytes every reader wants: they become a piece. */
void block_writer_head(struct block_writer *writer, size_t size);

/* As block_writer_column, for ids and other bytes that do not compress. */
struct buffer *block_writer_random_column(struct block_writer *writer, uint8_t table, uint8_t field,
					  uint16_t index);

/* Appends the finished block to out and makes the writer empty. */
enum status block_writer_seal(struct block_writer *writer, enum signal signal, size_t row_count,
			      struct buffer *out, struct error *error);

struct block {
	enum signal signal;
	size_t row_count;
	struct arena *arena;
	struct block_column *columns;
	uint32_t *column_groups; /* beside columns: the group of each */
	size_t column_count;
	size_t next_column; /* where the next search begins */
	struct block_group *groups;
	size_t group_count;
};

/* Reads and checks the directory; columns are unpacked when they are asked for. */
enum status block_open(struct str bytes, struct arena *arena, struct block *block_out, struct error *error);

/* The bytes of a column; empty (and STATUS_OK) where the block has none of that name. */
enum status block_column(struct block *block, uint8_t table, uint8_t field, uint16_t index,
			 struct str *bytes_out, struct error *error);

/*
 * The bytes of a column that are yet to be unpacked: they may be read where column_need has said STATUS_OK,
 * and stay where they are. Bytes that were never in a block need nothing.
 */
struct column {
	const char *data;
	size_t size;
	struct block *block;
	struct block_group *group; /* NULL: all of data can be read */
	size_t offset;             /* of data in its group */
};

/* As block_column, but unpacks nothing. */
enum status block_column_open(struct block *block, uint8_t table, uint8_t field, uint16_t index,
			      struct column *column_out, struct error *error);

static inline struct column column_of(struct str bytes)
{
	return (struct column){.data = bytes.data, .size = bytes.size};
}

enum status column_unpack(const struct column *column, size_t first, size_t size, struct error *error);

/* Makes size bytes from first on readable; they lie in the column. */
static inline enum status column_need(const struct column *column, size_t first, size_t size,
				      struct error *error)
{
	return column->group && size ? column_unpack(column, first, size, error) : STATUS_OK;
}

/* The column without its first bytes. */
static inline struct column column_after(const struct column *column, size_t first)
{
	struct column rest = *column;

	rest.data += first;
	rest.size -= first;
	rest.offset += first;
	return rest;
}

/* How many stored bytes the column of that place in the directory takes: its share of its group. */
double block_column_stored(const struct block *block, size_t column);

#endif
