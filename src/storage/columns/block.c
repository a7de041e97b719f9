#include "storage/columns/block.h"

#include <lz4.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/protobuf.h"

/*
 * A group takes columns up to this much, and a larger column alone: large enough for a compressor to learn,
 * small enough that reading one column does not unpack the rest.
 */
enum { GROUP_BYTES = 32 * 1024 };

struct block_group {
	enum block_codec codec;
	size_t raw_size, stored_size;
	const char *stored;
	const char *raw; /* NULL until it was asked for */
};

void block_writer_init(struct block_writer *writer, enum block_codec codec, int level)
{
	*writer = (struct block_writer){.codec = codec, .level = level};
}

void block_writer_release(struct block_writer *writer)
{
	buffer_release(&writer->raw);
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

struct buffer *block_writer_random_column(struct block_writer *writer, uint8_t table, uint8_t field)
{
	return add_column(writer, (struct column_id){table, field, 0}, true);
}

/* Compresses one group behind out; falls back to the bytes as they are where that is no larger. */
static enum status put_group(struct block_writer *writer, struct str raw, enum block_codec codec,
			     struct buffer *out, struct block_group *group_out, struct error *error)
{
	size_t bound =
		codec == CODEC_ZSTD ? ZSTD_compressBound(raw.size) : (size_t)LZ4_compressBound((int)raw.size);
	char *at = buffer_reserve(out, bound);
	size_t size = 0;

	if (!at)
		return error_set(error, STATUS_NO_MEMORY, "no memory to compress %zu bytes", raw.size);
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
	if (size == 0 || size >= raw.size) {
		codec = CODEC_NONE;
		size = raw.size;
		if (size)
			memcpy(at, raw.data, size);
	}
	out->size += size;
	*group_out = (struct block_group){.codec = codec, .raw_size = raw.size, .stored_size = size};
	return STATUS_OK;
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

static void put_directory(const struct block_writer *writer, const struct block_group *groups,
			  const uint32_t *column_groups, size_t group_count, struct buffer *out)
{
	protobuf_put_varint(out, group_count);
	for (size_t i = 0; i < group_count; i++) {
		buffer_append_byte(out, (uint8_t)groups[i].codec);
		protobuf_put_varint(out, groups[i].raw_size);
		protobuf_put_varint(out, groups[i].stored_size);
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
		status = put_group(writer, raw, last->is_random ? CODEC_NONE : writer->codec, stored,
				   &groups[count], error);
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
	size_t group_count = 0;
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
	buffer_append(out, stored.data, stored.size);
	if (buffer_failed(out))
		status = error_set(error, STATUS_NO_MEMORY, "no memory for a block of %zu rows", row_count);
done:
	buffer_release(&stored);
	free(groups);
	free(column_groups);
	buffer_clear(&writer->raw);
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

static void read_groups(struct directory *directory, struct block *block)
{
	for (size_t i = 0; i < block->group_count && !directory->failed; i++) {
		block->groups[i].codec = (enum block_codec)take_byte(directory);
		block->groups[i].raw_size = take(directory, BLOCK_MOST_BYTES);
		block->groups[i].stored_size = take(directory, BLOCK_MOST_BYTES);
	}
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
	const char *at = (const char *)directory->at;

	for (size_t i = 0; i < block->group_count; i++) {
		if (block->groups[i].stored_size > (size_t)((const char *)directory->end - at))
			return false;
		block->groups[i].stored = at;
		at += block->groups[i].stored_size;
	}
	return at == (const char *)directory->end;
}

static bool allocate(struct block *block)
{
	block->groups = arena_calloc(block->arena, block->group_count, sizeof(*block->groups));
	return block->groups != NULL;
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
	read_groups(&directory, &block);
	block.column_count = take(&directory, BLOCK_MOST_COLUMNS);
	block.columns = arena_calloc(arena, block.column_count, sizeof(*block.columns));
	block.column_groups = arena_calloc(arena, block.column_count, sizeof(*block.column_groups));
	if (!block.columns || !block.column_groups)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open a block");
	read_columns(&directory, &block);
	if (directory.failed || !locate_groups(&directory, &block))
		return error_set(error, STATUS_CORRUPT, "a block's directory is damaged");
	*block_out = block;
	return STATUS_OK;
}

/* Whether the group can be as large as it says: a damaged size is refused before memory is taken for it. */
static bool size_is_plausible(const struct block_group *group)
{
	enum { LZ4_MOST_RATIO = 255 };

	if (group->codec == CODEC_ZSTD)
		return ZSTD_getFrameContentSize(group->stored, group->stored_size) == group->raw_size;
	return group->codec == CODEC_LZ4 && group->raw_size / LZ4_MOST_RATIO <= group->stored_size;
}

static enum status unpack(struct block *block, struct block_group *group, struct error *error)
{
	char *raw = NULL;
	size_t size = SIZE_MAX;

	if (group->codec == CODEC_NONE && group->raw_size == group->stored_size) {
		group->raw = group->stored;
		return STATUS_OK;
	}
	if (size_is_plausible(group)) {
		raw = arena_alloc(block->arena, group->raw_size);
		if (!raw)
			return error_set(error, STATUS_NO_MEMORY, "no memory to unpack %zu bytes",
					 group->raw_size);
		size = group->codec == CODEC_ZSTD
			       ? ZSTD_decompress(raw, group->raw_size, group->stored, group->stored_size)
			       : (size_t)LZ4_decompress_safe(group->stored, raw, (int)group->stored_size,
							     (int)group->raw_size);
	}
	if (size != group->raw_size)
		return error_set(error, STATUS_CORRUPT, "a group of columns does not unpack to its %zu bytes",
				 group->raw_size);
	group->raw = raw;
	return STATUS_OK;
}

enum status block_column(struct block *block, uint8_t table, uint8_t field, uint16_t index,
			 struct str *bytes_out, struct error *error)
{
	/* Columns are asked for about in the order in which they were written. */
	for (size_t tried = 0; tried < block->column_count; tried++) {
		size_t i = (block->next_column + tried) % block->column_count;
		struct block_column *column = &block->columns[i];
		struct block_group *group;

		if (column->id.table != table || column->id.field != field || column->id.index != index)
			continue;
		block->next_column = i + 1;
		group = &block->groups[block->column_groups[i]];
		if (!group->raw) {
			enum status status = unpack(block, group, error);

			if (status != STATUS_OK)
				return status;
		}
		*bytes_out = str_make(group->raw + column->offset, column->size);
		return STATUS_OK;
	}
	*bytes_out = str_make("", 0);
	return STATUS_OK;
}

double block_column_stored(const struct block *block, size_t column)
{
	const struct block_group *group = &block->groups[block->column_groups[column]];

	return group->raw_size ? (double)block->columns[column].size * (double)group->stored_size /
					 (double)group->raw_size
			       : 0;
}
