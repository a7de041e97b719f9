#include "storage/columns/block.h"

#include <lz4.h>
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/hash.h"
#include "base/protobuf.h"

/*
 * A group takes columns up to this much, and a larger column alone: large enough for a compressor to learn,
 * small enough that reading one column does not unpack the rest. A larger column is cut into pieces.
 */
enum { GROUP_BYTES = 16 * 1024, PIECE_BYTES = 8 * 1024 };

enum { CHECKSUM_BYTES = 4 };

/* Of what lies in memory; on the disk a size and a checksum. */
struct block_piece {
	size_t stored_size;
	uint32_t checksum;
	bool is_open; /* checked and unpacked */
	const char *stored;
};

struct block_group {
	enum block_codec codec;
	size_t raw_size;
	size_t head_size, piece_size; /* of the first piece, and of the others; the last may be smaller */
	size_t piece_count, open_count;
	struct block_piece *pieces;
	const char *stored; /* all pieces, one behind the other */
	char *unpacked;     /* NULL until it was asked for, and where the group is stored as it is */
};

/* The low half of XXH3: enough to tell bytes that the disk has changed, and half the directory. */
static uint32_t checksum_of(struct str bytes)
{
	return (uint32_t)hash_bytes(bytes.data, bytes.size);
}

static size_t count_pieces(const struct block_group *group)
{
	if (group->raw_size <= group->head_size)
		return group->raw_size > 0;
	return 1 + (group->raw_size - group->head_size + group->piece_size - 1) / group->piece_size;
}

static size_t piece_start(const struct block_group *group, size_t piece)
{
	return piece ? group->head_size + (piece - 1) * group->piece_size : 0;
}

static size_t raw_piece_size(const struct block_group *group, size_t piece)
{
	size_t left = group->raw_size - piece_start(group, piece);
	size_t most = piece ? group->piece_size : group->head_size;

	return left < most ? left : most;
}

/* The piece that a byte lies in. */
static size_t piece_of(const struct block_group *group, size_t at)
{
	return at < group->head_size ? 0 : 1 + (at - group->head_size) / group->piece_size;
}

void block_writer_init(struct block_writer *writer, enum block_codec codec, int level)
{
	*writer = (struct block_writer){.codec = codec, .level = level};
	arena_init(&writer->pieces, 0);
}

void block_writer_release(struct block_writer *writer)
{
	buffer_release(&writer->raw);
	arena_release(&writer->pieces);
	free(writer->columns);
	ZSTD_freeCCtx(writer->zstd);
	*writer = (struct block_writer){0};
}

/* The size of the column that was written last is known only now. */
static void close_column(struct block_writer *writer)
{
	struct block_column *last;

	if (writer->column_count == 0)
		return;
	last = &writer->columns[writer->column_count - 1];
	last->size = (uint32_t)(writer->raw.size - last->offset);
}

static struct buffer *add_column(struct block_writer *writer, struct column_id id, bool is_random)
{
	close_column(writer);
	if (writer->column_count == writer->column_capacity) {
		size_t capacity = writer->column_capacity ? writer->column_capacity * 2 : 64;
		struct block_column *columns = realloc(writer->columns, capacity * sizeof(*columns));

		if (!columns) {
			writer->raw.failed = true;
			return &writer->raw;
		}
		writer->columns = columns;
		writer->column_capacity = capacity;
	}
	writer->columns[writer->column_count++] =
		(struct block_column){.id = id, .is_random = is_random, .offset = writer->raw.size};
	return &writer->raw;
}

struct buffer *block_writer_column(struct block_writer *writer, uint8_t table, uint8_t field, uint16_t index)
{
	return add_column(writer, (struct column_id){table, field, index}, false);
}

struct buffer *block_writer_random_column(struct block_writer *writer, uint8_t table, uint8_t field,
					  uint16_t index)
{
	return add_column(writer, (struct column_id){table, field, index}, true);
}

void block_writer_head(struct block_writer *writer, size_t size)
{
	if (writer->column_count)
		writer->columns[writer->column_count - 1].head = (uint32_t)size;
}

/* Compresses one piece to at; 0 where that does not make it smaller. */
static size_t compress(struct block_writer *writer, struct str raw, enum block_codec codec, char *at,
		       size_t bound)
{
	size_t size = 0;

	if (codec == CODEC_ZSTD) {
		if (!writer->zstd)
			writer->zstd = ZSTD_createCCtx();
		size = writer->zstd
			       ? ZSTD_compressCCtx(writer->zstd, at, bound, raw.data, raw.size, writer->level)
			       : 0;
		if (ZSTD_isError(size))
			size = 0;
	} else if (codec == CODEC_LZ4) {
		size = (size_t)LZ4_compress_default(raw.data, at, (int)raw.size, (int)bound);
	}
	return size < raw.size ? size : 0;
}

/* Appends a piece to out: compressed, or as it is where that is no larger. */
static enum status put_piece(struct block_writer *writer, struct str raw, enum block_codec codec,
			     struct buffer *out, struct block_piece *piece_out, struct error *error)
{
	size_t bound =
		codec == CODEC_ZSTD ? ZSTD_compressBound(raw.size) : (size_t)LZ4_compressBound((int)raw.size);
	char *at = buffer_reserve(out, bound);
	size_t size;

	if (!at)
		return error_set(error, STATUS_NO_MEMORY, "no memory to compress %zu bytes", raw.size);
	size = compress(writer, raw, codec, at, bound);
	if (size == 0) {
		size = raw.size;
		memcpy(at, raw.data, size);
	}
	out->size += size;
	*piece_out = (struct block_piece){.stored_size = size, .checksum = checksum_of(str_make(at, size))};
	return STATUS_OK;
}

/* A group that is not large is one piece; of a larger one the head is a piece of its own. */
static enum status put_group(struct block_writer *writer, struct str raw, size_t head, enum block_codec codec,
			     struct buffer *out, struct block_group *group_out, struct error *error)
{
	struct block_group group = {.codec = codec, .raw_size = raw.size, .piece_size = PIECE_BYTES};
	enum status status = STATUS_OK;

	group.head_size = head && head < PIECE_BYTES ? head : PIECE_BYTES;
	if (raw.size <= GROUP_BYTES)
		group.head_size = GROUP_BYTES;
	group.piece_count = count_pieces(&group);
	group.pieces = arena_alloc(&writer->pieces, group.piece_count * sizeof(*group.pieces));
	if (!group.pieces)
		return error_set(error, STATUS_NO_MEMORY, "no memory to compress %zu bytes", raw.size);
	for (size_t i = 0; i < group.piece_count && status == STATUS_OK; i++)
		status = put_piece(writer,
				   str_make(raw.data + piece_start(&group, i), raw_piece_size(&group, i)),
				   codec, out, &group.pieces[i], error);
	*group_out = group;
	return status;
}

/* Where the columns of one group end: random ones among themselves, others until the group is full. */
static size_t group_end(const struct block_writer *writer, size_t first)
{
	bool is_random = writer->columns[first].is_random;
	size_t size = 0, end = first;

	while (end < writer->column_count && writer->columns[end].is_random == is_random &&
	       (end == first || size + writer->columns[end].size <= GROUP_BYTES))
		size += writer->columns[end++].size;
	return end;
}

static void put_checksum(struct buffer *out, uint32_t checksum)
{
	for (size_t i = 0; i < CHECKSUM_BYTES; i++)
		buffer_append_byte(out, (uint8_t)(checksum >> (8 * i)));
}

static void put_directory(const struct block_writer *writer, const struct block_group *groups,
			  const uint32_t *column_groups, size_t group_count, struct buffer *out)
{
	protobuf_put_varint(out, group_count);
	for (size_t i = 0; i < group_count; i++) {
		buffer_append_byte(out, (uint8_t)groups[i].codec);
		protobuf_put_varint(out, groups[i].raw_size);
		protobuf_put_varint(out, groups[i].head_size);
		protobuf_put_varint(out, groups[i].piece_size);
		for (size_t piece = 0; piece < groups[i].piece_count; piece++) {
			protobuf_put_varint(out, groups[i].pieces[piece].stored_size);
			put_checksum(out, groups[i].pieces[piece].checksum);
		}
	}
	protobuf_put_varint(out, writer->column_count);
	for (size_t i = 0; i < writer->column_count; i++) {
		buffer_append_byte(out, writer->columns[i].id.table);
		buffer_append_byte(out, writer->columns[i].id.field);
		protobuf_put_varint(out, writer->columns[i].id.index);
		protobuf_put_varint(out, column_groups[i]);
		protobuf_put_varint(out, writer->columns[i].size);
	}
}

static enum status compress_groups(struct block_writer *writer, struct block_group *groups,
				   uint32_t *column_groups, size_t *group_count_out, struct buffer *stored,
				   struct error *error)
{
	enum status status = STATUS_OK;
	size_t count = 0;

	for (size_t first = 0; first < writer->column_count && status == STATUS_OK; count++) {
		size_t end = group_end(writer, first);
		const struct block_column *last = &writer->columns[end - 1];
		struct str raw = str_make(writer->raw.data + writer->columns[first].offset,
					  last->offset + last->size - writer->columns[first].offset);

		for (size_t i = first; i < end; i++)
			column_groups[i] = (uint32_t)count;
		status = put_group(writer, raw, end - first == 1 ? last->head : 0,
				   last->is_random ? CODEC_NONE : writer->codec, stored, &groups[count],
				   error);
		first = end;
	}
	*group_count_out = count;
	return status;
}

enum status block_writer_seal(struct block_writer *writer, enum signal signal, size_t row_count,
			      struct buffer *out, struct error *error)
{
	struct buffer stored = BUFFER_EMPTY;
	struct block_group *groups = malloc((writer->column_count + 1) * sizeof(*groups));
	uint32_t *column_groups = malloc((writer->column_count + 1) * sizeof(*column_groups));
	size_t group_count = 0, before = out->size;
	enum status status;

	close_column(writer);
	if (!groups || !column_groups || buffer_failed(&writer->raw)) {
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a block of %zu rows", row_count);
		goto done;
	}
	if (writer->is_too_large || writer->raw.size > BLOCK_MOST_BYTES ||
	    writer->column_count > BLOCK_MOST_COLUMNS) {
		status =
			error_set(error, STATUS_TOO_LARGE,
				  "%zu rows take %zu bytes and have too many keys or bytes: a block holds %d "
				  "keys and %d bytes",
				  row_count, writer->raw.size, BLOCK_MOST_COLUMNS, BLOCK_MOST_BYTES);
		goto done;
	}
	status = compress_groups(writer, groups, column_groups, &group_count, &stored, error);
	if (status != STATUS_OK)
		goto done;
	buffer_append_byte(out, BLOCK_FORMAT);
	buffer_append_byte(out, (uint8_t)signal);
	protobuf_put_varint(out, row_count);
	put_directory(writer, groups, column_groups, group_count, out);
	put_checksum(out, checksum_of(str_make(out->data + before, out->size - before)));
	buffer_append(out, stored.data, stored.size);
	if (buffer_failed(out))
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a block of %zu rows", row_count);
done:
	buffer_release(&stored);
	free(groups);
	free(column_groups);
	buffer_clear(&writer->raw);
	arena_clear(&writer->pieces);
	writer->column_count = 0;
	writer->is_too_large = false;
	return status;
}

/* A cursor over the directory that remembers damage. */
struct directory {
	const uint8_t *at, *end;
	bool failed;
};

static uint64_t take(struct directory *directory, uint64_t most)
{
	uint64_t value = 0;

	if (!protobuf_varint(&directory->at, directory->end, &value) || value > most)
		directory->failed = true;
	return directory->failed ? 0 : value;
}

static uint8_t take_byte(struct directory *directory)
{
	if (directory->at >= directory->end) {
		directory->failed = true;
		return 0;
	}
	return *directory->at++;
}

static uint32_t take_checksum(struct directory *directory)
{
	uint32_t checksum = 0;

	for (size_t i = 0; i < CHECKSUM_BYTES; i++)
		checksum |= (uint32_t)take_byte(directory) << (8 * i);
	return checksum;
}

/* Each piece takes bytes of the directory: more pieces than those are damage, found before memory is taken. */
static bool read_pieces(struct directory *directory, struct arena *arena, struct block_group *group)
{
	if (directory->failed || group->piece_count > (size_t)(directory->end - directory->at)) {
		directory->failed = true;
		return true;
	}
	group->pieces = arena_alloc(arena, group->piece_count * sizeof(*group->pieces));
	if (!group->pieces)
		return false;
	for (size_t i = 0; i < group->piece_count && !directory->failed; i++) {
		group->pieces[i] = (struct block_piece){.stored_size = take(directory, BLOCK_MOST_BYTES)};
		group->pieces[i].checksum = take_checksum(directory);
	}
	return true;
}

static bool read_groups(struct directory *directory, struct block *block)
{
	bool has_memory = true;

	for (size_t i = 0; i < block->group_count && !directory->failed && has_memory; i++) {
		struct block_group *group = &block->groups[i];

		group->codec = (enum block_codec)take_byte(directory);
		group->raw_size = take(directory, BLOCK_MOST_BYTES);
		group->head_size = take(directory, BLOCK_MOST_PIECE_BYTES);
		group->piece_size = take(directory, BLOCK_MOST_PIECE_BYTES);
		directory->failed |=
			group->codec > CODEC_LZ4 || group->head_size == 0 || group->piece_size == 0;
		if (directory->failed)
			break;
		group->piece_count = count_pieces(group);
		has_memory = read_pieces(directory, block->arena, group);
	}
	return has_memory;
}

/* Columns stand in their groups in the order of the directory; each must lie inside its group. */
static void read_columns(struct directory *directory, struct block *block)
{
	size_t offset = 0;
	uint32_t current = UINT32_MAX;

	for (size_t i = 0; i < block->column_count && !directory->failed; i++) {
		struct block_column *column = &block->columns[i];
		uint32_t group;

		column->id.table = take_byte(directory);
		column->id.field = take_byte(directory);
		column->id.index = (uint16_t)take(directory, UINT16_MAX);
		group = (uint32_t)take(directory, UINT32_MAX);
		column->size = (uint32_t)take(directory, BLOCK_MOST_BYTES);
		if (group >= block->group_count) {
			directory->failed = true;
			return;
		}
		if (group != current)
			offset = 0;
		current = block->column_groups[i] = group;
		column->offset = offset;
		offset += column->size;
		if (offset > block->groups[group].raw_size)
			directory->failed = true;
	}
}

static bool locate_groups(const struct directory *directory, struct block *block)
{
	const char *at = (const char *)directory->at, *end = (const char *)directory->end;

	for (size_t i = 0; i < block->group_count; i++) {
		struct block_group *group = &block->groups[i];

		group->stored = at;
		for (size_t piece = 0; piece < group->piece_count; piece++) {
			size_t stored_size = group->pieces[piece].stored_size;

			if (stored_size > (size_t)(end - at) ||
			    (group->codec == CODEC_NONE && stored_size != raw_piece_size(group, piece)))
				return false;
			group->pieces[piece].stored = at;
			at += stored_size;
		}
	}
	return at == end;
}

static bool allocate(struct block *block)
{
	block->groups = arena_calloc(block->arena, block->group_count, sizeof(*block->groups));
	return block->groups != NULL;
}

/* Whether everything up to here is what was written. */
static bool checks_out(struct str bytes, struct directory *directory)
{
	size_t size = (size_t)((const char *)directory->at - bytes.data);

	return take_checksum(directory) == checksum_of(str_make(bytes.data, size)) && !directory->failed;
}

enum status block_open(struct str bytes, struct arena *arena, struct block *block_out, struct error *error)
{
	struct directory directory = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.size,
				      false};
	struct block block = {.arena = arena};
	uint8_t format = take_byte(&directory);

	if (!directory.failed && format != BLOCK_FORMAT)
		return error_set(error, STATUS_CORRUPT, "a block has format %u; this program reads %d",
				 format, BLOCK_FORMAT);
	block.signal = (enum signal)take_byte(&directory);
	block.row_count = take(&directory, BLOCK_MOST_ROWS);
	block.group_count = take(&directory, BLOCK_MOST_COLUMNS);
	if (directory.failed || (unsigned)block.signal >= SIGNAL_COUNT)
		return error_set(error, STATUS_CORRUPT, "a block's first bytes are damaged");
	if (!allocate(&block))
		return error_set(error, STATUS_NO_MEMORY, "no memory to open a block");
	if (!read_groups(&directory, &block))
		return error_set(error, STATUS_NO_MEMORY, "no memory to open a block");
	block.column_count = take(&directory, BLOCK_MOST_COLUMNS);
	block.columns = arena_calloc(arena, block.column_count, sizeof(*block.columns));
	block.column_groups = arena_calloc(arena, block.column_count, sizeof(*block.column_groups));
	if (!block.columns || !block.column_groups)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open a block");
	read_columns(&directory, &block);
	if (directory.failed || !checks_out(bytes, &directory) || !locate_groups(&directory, &block))
		return error_set(error, STATUS_CORRUPT, "a block's directory is damaged");
	*block_out = block;
	return STATUS_OK;
}

static void free_context(void *context)
{
	ZSTD_freeDCtx(context);
}

static pthread_key_t context_key;

static void make_context_key(void)
{
	pthread_key_create(&context_key, free_context);
}

/* A context is large and a piece is small: each thread keeps its own. NULL where memory ran out. */
static ZSTD_DCtx *unpacking_context(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	ZSTD_DCtx *context;

	pthread_once(&once, make_context_key);
	context = pthread_getspecific(context_key);
	if (!context) {
		context = ZSTD_createDCtx();
		pthread_setspecific(context_key, context);
	}
	return context;
}

/* Unpacks to raw; SIZE_MAX or an error of the library's where it fails. */
static size_t unpack(const struct block_group *group, const struct block_piece *piece, char *raw,
		     size_t raw_size)
{
	ZSTD_DCtx *context;

	if (piece->stored_size == raw_size) {
		memcpy(raw, piece->stored, raw_size);
		return raw_size;
	}
	if (group->codec == CODEC_LZ4)
		return (size_t)LZ4_decompress_safe(piece->stored, raw, (int)piece->stored_size,
						   (int)raw_size);
	context = unpacking_context();
	return context ? ZSTD_decompressDCtx(context, raw, raw_size, piece->stored, piece->stored_size)
		       : SIZE_MAX;
}

static enum status open_piece(struct block_group *group, size_t index, struct error *error)
{
	struct block_piece *piece = &group->pieces[index];
	size_t raw_size = raw_piece_size(group, index);

	if (checksum_of(str_make(piece->stored, piece->stored_size)) != piece->checksum)
		return error_set(error, STATUS_CORRUPT,
				 "the checksum of a piece of a block is wrong: the disk has changed it");
	if (group->codec != CODEC_NONE &&
	    unpack(group, piece, group->unpacked + piece_start(group, index), raw_size) != raw_size)
		return error_set(error, STATUS_CORRUPT, "a group of columns does not unpack to its %zu bytes",
				 group->raw_size);
	piece->is_open = true;
	group->open_count++;
	return STATUS_OK;
}

/*
 * Room for what the group unpacks to: as many pieces as the directory lists, none larger than a piece may be. What
 * is not unpacked is not touched, and so takes no memory.
 */
static enum status make_room(struct block *block, struct block_group *group, struct error *error)
{
	if (group->unpacked || group->codec == CODEC_NONE)
		return STATUS_OK;
	group->unpacked = arena_alloc(block->arena, group->raw_size);
	if (!group->unpacked)
		return error_set(error, STATUS_NO_MEMORY, "no memory to unpack %zu bytes", group->raw_size);
	return STATUS_OK;
}

enum status column_unpack(const struct column *column, size_t first, size_t size, struct error *error)
{
	struct block_group *group = column->group;
	size_t at = column->offset + first, end = at + size;
	enum status status = STATUS_OK;

	if (group->open_count == group->piece_count)
		return STATUS_OK;
	for (size_t i = piece_of(group, at), last = piece_of(group, end - 1);
	     i <= last && status == STATUS_OK; i++)
		if (!group->pieces[i].is_open)
			status = open_piece(group, i, error);
	return status;
}

enum status block_column_open(struct block *block, uint8_t table, uint8_t field, uint16_t index,
			      struct column *column_out, struct error *error)
{
	/* Columns are asked for about in the order in which they were written. */
	for (size_t tried = 0; tried < block->column_count; tried++) {
		size_t i = (block->next_column + tried) % block->column_count;
		struct block_column *column = &block->columns[i];
		struct block_group *group;
		enum status status;

		if (column->id.table != table || column->id.field != field || column->id.index != index)
			continue;
		block->next_column = i + 1;
		group = &block->groups[block->column_groups[i]];
		status = make_room(block, group, error);
		if (status == STATUS_OK)
			*column_out = (struct column){
				(group->codec == CODEC_NONE ? group->stored : group->unpacked) +
					column->offset,
				column->size, block, group, column->offset};
		return status;
	}
	*column_out = column_of(str_make("", 0));
	return STATUS_OK;
}

enum status block_column(struct block *block, uint8_t table, uint8_t field, uint16_t index,
			 struct str *bytes_out, struct error *error)
{
	struct column column;
	enum status status = block_column_open(block, table, field, index, &column, error);

	if (status == STATUS_OK)
		status = column_need(&column, 0, column.size, error);
	if (status == STATUS_OK)
		*bytes_out = str_make(column.data, column.size);
	return status;
}

double block_column_stored(const struct block *block, size_t column)
{
	const struct block_group *group = &block->groups[block->column_groups[column]];
	size_t stored_size = 0;

	for (size_t i = 0; i < group->piece_count; i++)
		stored_size += group->pieces[i].stored_size;
	return group->raw_size
		       ? (double)block->columns[column].size * (double)stored_size / (double)group->raw_size
		       : 0;
}
