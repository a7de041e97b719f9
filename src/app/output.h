/*
 * output: how a command gives its answer: as a table, as JSON, or as a row a line.
 *
 * Threads    the main thread.
 * Errors     enum cli_exit; the sentence is told.
 */
#ifndef ROHAS_APP_OUTPUT_H
#define ROHAS_APP_OUTPUT_H

#include "base/buffer.h"

enum output_format { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_NDJSON };

/* What --format says of itself, and its default. */
#define OUTPUT_FORMAT_HELP     "table, json or ndjson (a row a line); default: table"
#define OUTPUT_FORMAT_STANDARD "table"

/* False, with the sentence told, where it is none. */
bool output_format_read(const char *name, enum output_format *format_out);

/* Writes to standard output. A reader that has seen enough is no mistake to speak of. */
int output_write(const struct buffer *out);

#endif
