/*
 * line_reader: the lines of a file that an exporter wrote, whatever it is packed in.
 *
 * What the file begins with tells what it is: JSON lines as they are, zstd (of one frame or many), gzip, or what the
 * Collector's file exporter makes of "compression: zstd": messages of which each is a zstd frame of its own behind its
 * size, as four bytes, big-endian. There a message is a line.
 *
 * Ownership  made by line_reader_open, freed by line_reader_close; a line lives until the next call.
 * Threads    one thread at a time.
 * Errors     STATUS_IO; STATUS_CORRUPT where the file is damaged or ends in the middle; STATUS_TOO_LARGE where a line is
 *            longer than LINE_READER_MOST_BYTES; STATUS_UNSUPPORTED for what is none of these.
 */
#ifndef ROHAS_ARCHIVE_LINE_READER_H
#define ROHAS_ARCHIVE_LINE_READER_H

#include "base/status.h"
#include "base/str.h"

enum { LINE_READER_MOST_BYTES = 64 * 1024 * 1024 };

struct line_reader;

enum status line_reader_open(const char *path, struct line_reader **reader_out, struct error *error);
void line_reader_close(struct line_reader *reader); /* NULL is allowed */

/* The next line, without its end; STATUS_NOT_FOUND, without a sentence, where there is none. */
enum status line_reader_next(struct line_reader *reader, struct str *line_out, struct error *error);

/* How much of the file was read, 0 to 1. */
double line_reader_part(const struct line_reader *reader);

#endif
