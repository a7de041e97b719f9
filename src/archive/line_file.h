/*
 * line_file: a file of lines that is being written, as one zstd stream or as they are.
 *
 * It is called path.tmp until line_file_finish has forced it to the disk and given it its name.
 *
 * Ownership  made by line_file_create; finish and abandon free it.
 * Threads    one thread at a time.
 * Errors     STATUS_IO, STATUS_NO_MEMORY. After a failure only line_file_abandon may follow.
 */
#ifndef ROHAS_ARCHIVE_LINE_FILE_H
#define ROHAS_ARCHIVE_LINE_FILE_H

#include "base/status.h"
#include "base/str.h"

struct line_file;

enum status line_file_create(const char *path, bool compress, struct line_file **file_out,
			     struct error *error);

/* Appends the line and its end. */
enum status line_file_put(struct line_file *file, struct str line, struct error *error);

/* What was written, as far as it left the compressor. */
uint64_t line_file_size(const struct line_file *file);

/* Frees the file in every case; one that failed is removed. */
enum status line_file_finish(struct line_file *file, uint64_t *size_bytes_out, struct error *error);

/* Removes what was written. NULL is allowed. */
void line_file_abandon(struct line_file *file);

#endif
