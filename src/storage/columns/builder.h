/*
 * builder: makes blocks out of rows. One schema for each signal: spans, log records, metric points.
 *
 * Rows are sorted as their signal wants them (spans by trace and start, logs by time, points by series and
 * time), taken apart into columns, and sealed with a header that lets searches pass the block by.
 *
 * Ownership  rows are borrowed for the call. The header's arrays belong to the builder until its next block.
 * Threads    one thread at a time for a builder.
 * Errors     STATUS_NO_MEMORY, STATUS_TOO_LARGE where rows have more keys or bytes than a block holds; the builder is ready for the next block all the same.
 */
#ifndef ROHAS_STORAGE_COLUMNS_BUILDER_H
#define ROHAS_STORAGE_COLUMNS_BUILDER_H

#include "storage/columns/block.h"
#include "storage/columns/header.h"

struct block_builder;

struct block_builder *block_builder_new(enum block_codec codec, int level);
void block_builder_free(struct block_builder *builder);

/*
 * For the next block alone: which commit each row came with, so that a merged block can tell rows that
 * arrived after a query began. of is called for rows of the array given to block_build_…; none is smaller
 * than first.
 */
typedef uint64_t row_sequence(const void *context, const void *row);
void block_builder_set_sequences(struct block_builder *builder, row_sequence *of, const void *context,
				 uint64_t first);

/*
 * Appends part (below the header's word_parts) of the word filter of the block of logs that was built last:
 * word_filter.h.
 */
enum status block_builder_words(const struct block_builder *builder, const struct block_header *header,
				size_t part, struct buffer *out, struct error *error);

/*
 * Each makes one block of the rows given (at least one, at most BLOCK_MOST_ROWS) and appends it to body. The
 * array of pointers is sorted in place. header_out lacks only its sequence and level.
 */
enum status block_build_spans(struct block_builder *builder, const struct span **spans, size_t count,
			      struct buffer *body, struct block_header *header_out, struct error *error);
enum status block_build_logs(struct block_builder *builder, const struct log_record **logs, size_t count,
			     struct buffer *body, struct block_header *header_out, struct error *error);
enum status block_build_points(struct block_builder *builder, const struct metric_point **points,
			       size_t count, struct buffer *body, struct block_header *header_out,
			       struct error *error);

#endif
