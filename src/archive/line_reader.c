#include "archive/line_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buffer.h"

enum { IN_BYTES = 256 * 1024, OUT_BYTES = 512 * 1024, AS_GZIP = 15 + 16, PREFIX_BYTES = 4 };
static const uint8_t zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd}, gzip_magic[] = {0x1f, 0x8b};

enum packing { PLAIN, ZSTD, GZIP, MESSAGES };

struct line_reader {
	const char *path;
	FILE *file;
	enum packing packing;
	ZSTD_DCtx *zstd;
	z_stream gzip;
	bool is_inflating, is_frame_open, has_ended;
	uint64_t size_bytes, read_bytes;
	size_t in_at, in_size;
	struct buffer lines; /* unpacked, from at on not yet given out */
	size_t at, searched;
	char in[IN_BYTES];
};

static enum status failed(const struct line_reader *reader, struct error *error)
{
	return error_set(error, STATUS_IO, "%s cannot be read: %s", reader->path, strerror(errno));
}

static enum status damaged(const struct line_reader *reader, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "%s is damaged, or ends in the middle: what follows is lost",
			 reader->path);
}

static enum status fill(struct line_reader *reader, struct error *error)
{
	if (reader->in_at < reader->in_size)
		return STATUS_OK;
	reader->in_at = 0;
	reader->in_size = fread(reader->in, 1, sizeof(reader->in), reader->file);
	reader->read_bytes += reader->in_size;
	return ferror(reader->file) ? failed(reader, error) : STATUS_OK;
}

static enum status recognise(struct line_reader *reader, struct error *error)
{
	enum status status = fill(reader, error);
	const char *in = reader->in;
	size_t size = reader->in_size, blank = 0;

	if (status != STATUS_OK)
		return status;
	while (blank < size && memchr(" \t\r\n", in[blank], 4))
		blank++;
	if (blank == size || in[blank] == '{')
		reader->packing = PLAIN;
	else if (size >= sizeof(zstd_magic) && memcmp(in, zstd_magic, sizeof(zstd_magic)) == 0)
		reader->packing = ZSTD;
	else if (size >= sizeof(gzip_magic) && memcmp(in, gzip_magic, sizeof(gzip_magic)) == 0)
		reader->packing = GZIP;
	else if (size >= PREFIX_BYTES + sizeof(zstd_magic) &&
		 memcmp(in + PREFIX_BYTES, zstd_magic, sizeof(zstd_magic)) == 0)
		reader->packing = MESSAGES;
	else
		return error_set(error, STATUS_UNSUPPORTED,
				 "%s is no file of OTLP/JSON lines, plain or packed with zstd or gzip",
				 reader->path);
	return STATUS_OK;
}

enum status line_reader_open(const char *path, struct line_reader **reader_out, struct error *error)
{
	struct line_reader *reader = calloc(1, sizeof(*reader));
	struct stat facts = {0};
	enum status status;

	if (!reader)
		return error_set(error, STATUS_NO_MEMORY, "no memory to read %s", path);
	reader->path = path;
	reader->file = fopen(path, "re");
	reader->zstd = ZSTD_createDCtx();
	if (!reader->file || fstat(fileno(reader->file), &facts) != 0)
		status = failed(reader, error);
	else if (!reader->zstd)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to read %s", path);
	else
		status = recognise(reader, error);
	reader->size_bytes = (uint64_t)facts.st_size;
	if (status == STATUS_OK && reader->packing == GZIP) {
		reader->is_inflating = inflateInit2(&reader->gzip, AS_GZIP) == Z_OK;
		if (!reader->is_inflating)
			status = error_set(error, STATUS_NO_MEMORY, "no memory to read %s", path);
	}
	if (status == STATUS_OK)
		*reader_out = reader;
	else
		line_reader_close(reader);
	return status;
}

void line_reader_close(struct line_reader *reader)
{
	if (!reader)
		return;
	if (reader->is_inflating)
		inflateEnd(&reader->gzip);
	ZSTD_freeDCtx(reader->zstd);
	if (reader->file)
		fclose(reader->file);
	buffer_release(&reader->lines);
	free(reader);
}

static enum status unpack_zstd(struct line_reader *reader, char *room, size_t *made_out, struct error *error)
{
	ZSTD_inBuffer in = {reader->in, reader->in_size, reader->in_at};
	ZSTD_outBuffer out = {room, OUT_BYTES, 0};
	size_t left = ZSTD_decompressStream(reader->zstd, &out, &in);

	if (ZSTD_isError(left))
		return damaged(reader, error);
	reader->is_frame_open = left != 0;
	reader->in_at = in.pos;
	*made_out = out.pos;
	return STATUS_OK;
}

static enum status unpack_gzip(struct line_reader *reader, char *room, size_t *made_out, struct error *error)
{
	z_stream *stream = &reader->gzip;
	int result;

	stream->next_in = (Bytef *)reader->in + reader->in_at;
	stream->avail_in = (uInt)(reader->in_size - reader->in_at);
	stream->next_out = (Bytef *)room;
	stream->avail_out = OUT_BYTES;
	result = inflate(stream, Z_NO_FLUSH);
	reader->in_at = reader->in_size - stream->avail_in;
	*made_out = OUT_BYTES - stream->avail_out;
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return damaged(reader, error);
	reader->is_frame_open = result != Z_STREAM_END;
	if (result == Z_STREAM_END)
		inflateReset(stream);
	return STATUS_OK;
}

/* Unpacks some more behind lines; has_ended where there is no more. */
static enum status unpack(struct line_reader *reader, struct error *error)
{
	enum status status = fill(reader, error);
	char *room = buffer_reserve(&reader->lines, OUT_BYTES);
	size_t made = 0;

	if (status != STATUS_OK)
		return status;
	if (!room)
		return error_set(error, STATUS_NO_MEMORY, "no memory to read %s", reader->path);
	if (reader->in_at == reader->in_size) {
		reader->has_ended = true;
		return reader->is_frame_open ? damaged(reader, error) : STATUS_OK;
	}
	if (reader->packing == ZSTD)
		status = unpack_zstd(reader, room, &made, error);
	else if (reader->packing == GZIP)
		status = unpack_gzip(reader, room, &made, error);
	else {
		made = reader->in_size - reader->in_at;
		memcpy(room, reader->in + reader->in_at, made);
		reader->in_at = reader->in_size;
	}
	reader->lines.size += made;
	return status;
}

/* Copies what the file has next; false where it has less. */
static enum status take(struct line_reader *reader, char *bytes, size_t size, size_t *taken_out,
			struct error *error)
{
	size_t taken = 0;

	while (taken < size) {
		enum status status = fill(reader, error);
		size_t piece = reader->in_size - reader->in_at;

		if (status != STATUS_OK)
			return status;
		if (piece == 0)
			break;
		if (piece > size - taken)
			piece = size - taken;
		memcpy(bytes + taken, reader->in + reader->in_at, piece);
		reader->in_at += piece;
		taken += piece;
	}
	*taken_out = taken;
	return STATUS_OK;
}

static enum status unpack_message(struct line_reader *reader, struct str packed, struct str *line_out,
				  struct error *error)
{
	unsigned long long size = ZSTD_getFrameContentSize(packed.data, packed.size);
	char *room;

	if (size == ZSTD_CONTENTSIZE_ERROR)
		return damaged(reader, error);
	if (size == ZSTD_CONTENTSIZE_UNKNOWN)
		size = LINE_READER_MOST_BYTES;
	if (size > LINE_READER_MOST_BYTES)
		return error_set(error, STATUS_TOO_LARGE, "%s has a message of %llu bytes; allowed are %d",
				 reader->path, size, LINE_READER_MOST_BYTES);
	buffer_clear(&reader->lines);
	room = buffer_reserve(&reader->lines, size);
	if (!room)
		return error_set(error, STATUS_NO_MEMORY, "no memory to read %s", reader->path);
	reader->lines.size = ZSTD_decompressDCtx(reader->zstd, room, size, packed.data, packed.size);
	if (ZSTD_isError(reader->lines.size)) {
		buffer_clear(&reader->lines);
		return damaged(reader, error);
	}
	*line_out = buffer_str(&reader->lines);
	return STATUS_OK;
}

static enum status next_message(struct line_reader *reader, struct str *line_out, struct error *error)
{
	uint8_t prefix[PREFIX_BYTES];
	size_t size, taken = 0;
	char *packed;
	enum status status = take(reader, (char *)prefix, sizeof(prefix), &taken, error);

	if (status != STATUS_OK)
		return status;
	if (taken == 0)
		return STATUS_NOT_FOUND;
	size = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 | (size_t)prefix[2] << 8 | prefix[3];
	if (taken < sizeof(prefix) || size > LINE_READER_MOST_BYTES)
		return damaged(reader, error);
	packed = malloc(size + 1);
	if (!packed)
		return error_set(error, STATUS_NO_MEMORY, "no memory to read %s", reader->path);
	status = take(reader, packed, size, &taken, error);
	if (status == STATUS_OK)
		status = taken < size ? damaged(reader, error)
				      : unpack_message(reader, str_make(packed, size), line_out, error);
	free(packed);
	return status;
}

/* Forgets the lines that were given out. */
static void forget(struct line_reader *reader)
{
	memmove(reader->lines.data, reader->lines.data + reader->at, reader->lines.size - reader->at);
	reader->lines.size -= reader->at;
	reader->searched -= reader->at;
	reader->at = 0;
}

static bool find_line(struct line_reader *reader, struct str *line_out)
{
	const char *from = reader->lines.data + reader->searched, *end;
	size_t left = reader->lines.size - reader->searched;

	end = left ? memchr(from, '\n', left) : NULL;
	reader->searched = reader->lines.size;
	if (!end && !(reader->has_ended && reader->at < reader->lines.size))
		return false;
	if (!end)
		end = reader->lines.data + reader->lines.size;
	*line_out =
		str_make(reader->lines.data + reader->at, (size_t)(end - reader->lines.data) - reader->at);
	reader->at += line_out->size + (end < reader->lines.data + reader->lines.size);
	reader->searched = reader->at;
	return true;
}

enum status line_reader_next(struct line_reader *reader, struct str *line_out, struct error *error)
{
	if (reader->packing == MESSAGES)
		return next_message(reader, line_out, error);
	while (!find_line(reader, line_out)) {
		enum status status;

		if (reader->has_ended)
			return STATUS_NOT_FOUND;
		if (reader->at)
			forget(reader);
		if (reader->lines.size > LINE_READER_MOST_BYTES)
			return error_set(error, STATUS_TOO_LARGE, "%s has a line of more than %d bytes",
					 reader->path, LINE_READER_MOST_BYTES);
		status = unpack(reader, error);
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

double line_reader_part(const struct line_reader *reader)
{
	return reader->size_bytes ? (double)reader->read_bytes / (double)reader->size_bytes : 1;
}
