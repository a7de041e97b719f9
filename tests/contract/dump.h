/*
 * dump: a row as text that names every field, bit for bit. Two rows are the same when their dumps are.
 *
 * Long strings are written as size and hash. The origin of a row (resource, scope, metric) is part of it.
 */
#ifndef ROHAS_TESTS_CONTRACT_DUMP_H
#define ROHAS_TESTS_CONTRACT_DUMP_H

#include "model/batch.h"

void dump_span(const struct span *span, struct buffer *out);
void dump_log(const struct log_record *record, struct buffer *out);
void dump_point(const struct metric_point *point, struct buffer *out);

/* What makes a point's series, without its value and time. */
void dump_series(const struct metric_point *point, struct buffer *out);

/* The same and all else that a store keeps once a series: two points that differ here lie in two runs. */
void dump_stored_series(const struct metric_point *point, struct buffer *out);

/* Fails the test at the first row that one has and the other has not; their order does not matter. */
void assert_same_spans(const struct batch *actual, const struct batch *expected);
void assert_same_logs(const struct batch *actual, const struct batch *expected);
void assert_same_points(const struct batch *actual, const struct batch *expected);

#endif
