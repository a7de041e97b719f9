/*
 * log_reader: the log records of a block, in order of time, read by row or through a filter.
 *
 * Ownership  the reader borrows the block's bytes; what it unpacks, and every string of a record that it
 *            returns, lives in the arena given to log_reader_open.
 * Threads    one thread at a time for a reader.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_LOG_READER_H
#define ROHAS_STORAGE_COLUMNS_LOG_READER_H

#include "model/log_columns.h"
#include "storage/columns/origin.h"

struct log_reader {
	struct block block;
	struct table_reader logs;
	struct origin_reader origin;
	struct attribute_reader attributes, bodies;
	uint64_t *time_ns; /* of each row */
	uint8_t *levels;   /* of each row, once log_reader_levels has read them */
	bool has_rows, has_attributes;
};

enum status log_reader_open(struct log_reader *reader, struct str bytes, struct arena *arena,
			    struct error *error);
enum status log_reader_read(struct log_reader *reader, size_t first, size_t count,
			    struct log_record *logs_out, struct error *error);

/* Opens what log_reader_match (log_match.c) needs of attributes and bodies; reading does it by itself. */
enum status log_reader_open_attributes(struct log_reader *reader, struct error *error);

/* Sets matches[row], of every row of the block, to 1 where it meets the filter, else 0. */
enum status log_reader_match(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			     struct error *error);

/* Reads the level of each row, once, into reader->levels. */
enum status log_reader_levels(struct log_reader *reader, struct error *error);

/*
 * The columns (LOG_COLUMN_…) of the rows whose matches[row] is 1: see log_columns.c. What is returned lies in the
 * block's arena.
 */
enum status log_reader_columns(struct log_reader *reader, const uint8_t *matches, unsigned columns,
			       const struct log_field *field, struct log_columns *columns_out,
			       struct error *error);

#endif
