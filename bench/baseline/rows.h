/*
 * rows: the layout that suggests itself, and that the columnar one is measured against: one JSON value for each
 * span in RocksDB, found by its trace, and one empty entry for each execution, found by its handler and time.
 *
 *     t, trace id, span id                                   -> the span as JSON
 *     h, handler's name, NUL, ~start big-endian, trace id    -> nothing
 *
 * The JSON is that of the program's API, with resource and scope: it gives back all that was sent. RocksDB
 * compresses with zstd, in blocks of 32 KiB. Everything else is set as the program's own store sets it.
 *
 * Ownership  rows_open allocates, rows_close frees. Spans are borrowed for the call.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds, sizes bytes.
 * Errors     a sentence to standard error and the end of the program: it is a measurement.
 */
#ifndef BENCH_BASELINE_ROWS_H
#define BENCH_BASELINE_ROWS_H

#include "model/batch.h"

struct rows;

struct rows *rows_open(const char *path);
void rows_close(struct rows *rows);

/* All spans in one write, forced to the disk before it returns. */
void rows_append(struct rows *rows, const struct batch *batch);

/* Of all values that were written, before compression. */
uint64_t rows_json_bytes(const struct rows *rows);

/* Waits until what is in memory is in files and RocksDB has no compaction left to do. */
void rows_settle(struct rows *rows);

/* Bytes of JSON of the trace. */
size_t rows_read_trace(struct rows *rows, const uint8_t trace_id[TRACE_ID_SIZE]);

/* How many values hold the text: every one is looked at. */
size_t rows_count_text(struct rows *rows, struct str text);

/* Reads the newest traces of a handler; how many there were, limit at most. */
size_t rows_newest(struct rows *rows, struct str handler, size_t limit);

#endif
