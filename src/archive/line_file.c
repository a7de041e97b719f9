#include "archive/line_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "archive/files.h"

/* An archive is written once and kept: worth more effort than a commit. */
enum { LEVEL = 6, OUT_BYTES = 128 * 1024 };

struct line_file {
	char path[PATH_SIZE], partial[PATH_SIZE + 8];
	FILE *out;
	ZSTD_CCtx *zstd; /* NULL: lines as they are */
	uint64_t size_bytes;
	char piece[OUT_BYTES];
};

static enum status failed(const struct line_file *file, struct error *error)
{
	return error_set(error, STATUS_IO, "%s cannot be written: %s", file->partial, strerror(errno));
}

enum status line_file_create(const char *path, bool compress, struct line_file **file_out,
			     struct error *error)
{
	struct line_file *file = malloc(sizeof(*file));
	enum status status;

	if (!file)
		return error_set(error, STATUS_NO_MEMORY, "no memory to write %s", path);
	file->zstd = compress ? ZSTD_createCCtx() : NULL;
	file->size_bytes = 0;
	snprintf(file->path, sizeof(file->path), "%s", path);
	snprintf(file->partial, sizeof(file->partial), "%s.tmp", file->path);
	file->out = fopen(file->partial, "we");
	if (!file->out)
		status = failed(file, error);
	else if (compress && !file->zstd)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to compress %s", path);
	else
		status = STATUS_OK;
	if (status != STATUS_OK) {
		line_file_abandon(file);
		return status;
	}
	if (file->zstd) {
		ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(file->zstd, ZSTD_c_checksumFlag, 1);
	}
	*file_out = file;
	return STATUS_OK;
}

static enum status write_bytes(struct line_file *file, const void *bytes, size_t size, struct error *error)
{
	if (size && fwrite(bytes, 1, size, file->out) != size)
		return failed(file, error);
	file->size_bytes += size;
	return STATUS_OK;
}

static enum status compress(struct line_file *file, struct str bytes, ZSTD_EndDirective directive,
			    struct error *error)
{
	ZSTD_inBuffer in = {bytes.data, bytes.size, 0};
	enum status status = STATUS_OK;
	size_t left;

	do {
		ZSTD_outBuffer out = {file->piece, sizeof(file->piece), 0};

		left = ZSTD_compressStream2(file->zstd, &out, &in, directive);
		if (ZSTD_isError(left))
			return error_set(error, STATUS_NO_MEMORY, "%s cannot be compressed: %s",
					 file->partial, ZSTD_getErrorName(left));
		status = write_bytes(file, file->piece, out.pos, error);
	} while (status == STATUS_OK && (directive == ZSTD_e_end ? left != 0 : in.pos < in.size));
	return status;
}

static enum status put(struct line_file *file, struct str bytes, struct error *error)
{
	return file->zstd ? compress(file, bytes, ZSTD_e_continue, error)
			  : write_bytes(file, bytes.data, bytes.size, error);
}

enum status line_file_put(struct line_file *file, struct str line, struct error *error)
{
	enum status status = put(file, line, error);

	return status == STATUS_OK ? put(file, str_make("\n", 1), error) : status;
}

uint64_t line_file_size(const struct line_file *file)
{
	return file->size_bytes;
}

static void release(struct line_file *file)
{
	if (file->out)
		fclose(file->out);
	ZSTD_freeCCtx(file->zstd);
	free(file);
}

enum status line_file_finish(struct line_file *file, uint64_t *size_bytes_out, struct error *error)
{
	enum status status = file->zstd ? compress(file, str_make("", 0), ZSTD_e_end, error) : STATUS_OK;

	if (status == STATUS_OK && (fflush(file->out) != 0 || fsync(fileno(file->out)) != 0 ||
				    rename(file->partial, file->path) != 0))
		status = failed(file, error);
	if (status == STATUS_OK)
		status = folder_sync_above(file->path, error);
	if (status != STATUS_OK) {
		line_file_abandon(file);
		return status;
	}
	*size_bytes_out = file->size_bytes;
	release(file);
	return STATUS_OK;
}

void line_file_abandon(struct line_file *file)
{
	if (!file)
		return;
	unlink(file->partial);
	release(file);
}
