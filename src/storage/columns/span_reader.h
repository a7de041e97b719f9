/*
 * span_reader: the spans of a block, read by row, by trace, or through a filter.
 *
 * Columns are unpacked when they are first needed, and of large columns only what the rows asked for need: a
 * search that ends at the handler's name has read nothing else, a trace a few thousand rows' worth. Rows are numbered as they lie in the block: by trace id, then by start.
 *
 * Ownership  the reader borrows the block's bytes; what it unpacks, and every string of a span that it
 *            returns, lives in the arena given to span_reader_open.
 * Threads    one thread at a time for a reader.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_SPAN_READER_H
#define ROHAS_STORAGE_COLUMNS_SPAN_READER_H

#include "model/filter.h"
#include "storage/columns/origin.h"

struct span_reader {
	struct block block;
	struct table_reader spans, events, links, classes;
	struct origin_reader origin;
	struct attribute_reader attributes, event_attributes, link_attributes;
	const uint8_t *trace_ids, *outer_parents, *link_trace_ids, *link_span_ids;
	struct column span_ids;
	size_t trace_count, outer_count, event_count, link_count;
	uint32_t *run_ends; /* row behind the last of each trace */
	uint64_t *start_ns; /* of each row that was needed */
	bool *has_starts;   /* of each trace: whether the starts of its rows are there */
	bool is_in_range; /* set by who knows that every row lies in the filter's range: spares the starts */
	struct span *class_spans; /* what each class gives its spans; behind them the empty one */
	size_t class_count;
	bool has_classes, has_attributes, has_rows;
};

enum status span_reader_open(struct span_reader *reader, struct str bytes, struct arena *arena,
			     struct error *error);

/* The two halves of it: after the first nothing may be asked but span_reader_may_match. */
enum status span_reader_begin(struct span_reader *reader, struct str bytes, struct arena *arena,
			      struct error *error);
enum status span_reader_open_traces(struct span_reader *reader, struct error *error);

/* The rows of a trace; count_out is 0 where the block has none. */
enum status span_reader_find(struct span_reader *reader, const uint8_t trace_id[TRACE_ID_SIZE],
			     size_t *first_out, size_t *count_out, struct error *error);

/* Makes start_ns of the rows in [first, first + count) readable. */
enum status span_reader_need_starts(struct span_reader *reader, size_t first, size_t count,
				    struct error *error);

/*
 * Whether any row may meet the filter: false only where none does. Reads dictionaries and filters of values,
 * no rows.
 */
enum status span_reader_may_match(struct span_reader *reader, const struct span_filter *filter,
				  bool *may_match_out, struct error *error);

/* The trace id of a row, 16 bytes. */
const uint8_t *span_reader_trace_id(const struct span_reader *reader, size_t row);

/* Reads rows into an array of spans. */
enum status span_reader_read(struct span_reader *reader, size_t first, size_t count, struct span *spans_out,
			     struct error *error);

/* Sets matches[row] to 1 for the rows in [first, first + count) that meet the filter, else 0. */
enum status span_reader_match(struct span_reader *reader, const struct span_filter *filter, size_t first,
			      size_t count, uint8_t *matches, struct error *error);

#endif
