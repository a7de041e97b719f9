/*
 * point_reader: the metric points of a block, by series and time.
 *
 * Ownership  the reader borrows the block's bytes; what it unpacks, and everything that a point it returns
 *            points to, lives in the arena given to point_reader_open.
 * Threads    one thread at a time for a reader.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_POINT_READER_H
#define ROHAS_STORAGE_COLUMNS_POINT_READER_H

#include "model/filter.h"
#include "storage/columns/origin.h"

/* A series of the block: everything of its points that does not change. */
struct point_series {
	const struct metric *metric;
	const struct resource *resource;
	const struct scope *scope;
	struct attributes attributes;
};

struct point_reader {
	struct block block;
	struct table_reader points, series_table, metric_table, exemplars;
	struct origin_reader origin;
	struct attribute_reader exemplar_attributes;
	struct metric *metrics;
	struct point_series *series;
	size_t metric_count, series_count, exemplar_count;
	size_t int_count, double_count, distribution_count;
	bool has_rows;
};

/* Reads metrics and series; the points wait until they are asked for. */
enum status point_reader_open(struct point_reader *reader, struct str bytes, struct arena *arena,
			      struct error *error);

/* Adds the points that meet the filter, series by series, each in order of time. */
enum status point_reader_read(struct point_reader *reader, const struct point_filter *filter,
			      struct batch *batch_out, struct error *error);

/* Gives the metrics of downsampled gauges and sums the type that they were received with, in all points and series
 * that were read. Nothing is read afterwards. */
void point_reader_show_types(struct point_reader *reader);

#endif
