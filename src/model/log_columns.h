/*
 * log_columns: some log records as columns: what a question that counts them wants of each, and no more.
 *
 * Ownership  views into whatever holds the records.
 * Threads    plain values.
 * Units      times are Unix nanoseconds.
 */
#ifndef ROHAS_MODEL_LOG_COLUMNS_H
#define ROHAS_MODEL_LOG_COLUMNS_H

#include "model/filter.h"

/* What may be asked for. */
enum log_column { LOG_COLUMN_TIME = 1 << 0, LOG_COLUMN_LEVEL = 1 << 1, LOG_COLUMN_FIELD = 1 << 2 };

enum { LOG_NO_VALUE = UINT32_MAX };

/*
 * What was not asked for is NULL. An entry stands for weights[i] records that do not differ in what was asked; for one
 * where weights is NULL. The text of an entry's field is values[codes[i]]; LOG_NO_VALUE: it has none.
 */
struct log_columns {
	size_t count;
	const uint32_t *weights;
	const uint64_t *time_ns;
	const uint8_t *levels; /* enum log_record_level */
	const uint32_t *codes;
	const struct str *values; /* two may be equal; some may be of no entry */
	size_t value_count;
};

#endif
