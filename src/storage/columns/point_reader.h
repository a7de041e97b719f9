/*
 * point_reader: the metric points of a block, by series and time.
 *
 * Only the series that a filter may want are read, and of those only the columns that their points have.
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
#include "storage/columns/point_schema.h"
#include "storage/columns/samples.h"

/* A series of the block: everything of its points that does not change. */
struct point_series {
	const struct metric *metric;
	const struct resource *resource;
	const struct scope *scope;
	struct attributes attributes;
	uint64_t shape; /* series of a block with one shape have the same keys of attributes */
};

struct point_reader {
	struct block block;
	struct table_reader points, series_table, metric_table, exemplars;
	struct origin_reader origin;
	struct attribute_reader exemplar_attributes;
	struct metric *metrics;
	size_t metric_count, series_count, exemplar_count, list_count;
	struct samples samples[SAMPLES_FIELD_COUNT];
	const uint64_t **lists; /* of times; NULL where nobody asked yet */
	uint64_t *scratch;      /* one number for each point of the longest series */
	bool has_rows;
};

/* Reads the metrics; series and points wait until they are asked for. */
enum status point_reader_open(struct point_reader *reader, struct str bytes, struct arena *arena,
			      struct error *error);

/* Whether a series may have the labels that the filter asks for: false only where none has. Reads dictionaries and
 * filters. */
enum status point_reader_may_hold(struct point_reader *reader, const struct point_filter *filter,
				  bool *may_hold_out, struct error *error);

/* Adds the points that meet the filter, series by series, each in order of time. */
enum status point_reader_read(struct point_reader *reader, const struct point_filter *filter,
			      struct batch *batch_out, struct error *error);

/* Calls visit for each series of which a point meets the filter; series is valid for the call. */
typedef enum status visit_series(void *context, const struct point_series *series, struct error *error);
enum status point_reader_visit(struct point_reader *reader, const struct point_filter *filter,
			       visit_series *visit, void *context, struct error *error);

/* Gives the metrics of downsampled gauges and sums the type that they were received with, in all points and series
 * that were read. Nothing is read afterwards. */
void point_reader_show_types(struct point_reader *reader);

#endif
