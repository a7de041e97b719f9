/*
 * lines: an answer of the API as NDJSON: one row a line, each as it stands in the answer.
 *
 * Ownership  arguments are borrowed.
 * Errors     those of the buffer.
 */
#ifndef ROHAS_APP_QUERY_LINES_H
#define ROHAS_APP_QUERY_LINES_H

#include "base/buffer.h"

/* The items of the array that is the member `name` of the object in body, as they stand. Returns how many. */
size_t lines_write(struct str body, const char *name, struct buffer *out);

/*
 * The values of a metric over time: one line for each value that is there, with its time and its labels:
 * {"time":"…","labels":{…},"value":1.5}. Returns how many.
 */
size_t lines_write_values(struct str body, struct buffer *out);

#endif
