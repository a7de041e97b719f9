/* log_internal: what matching log records is divided into. Seen by this folder alone. */
#ifndef ROHAS_STORAGE_COLUMNS_LOG_INTERNAL_H
#define ROHAS_STORAGE_COLUMNS_LOG_INTERNAL_H

#include "storage/columns/log_reader.h"
#include "storage/columns/text_search.h"

/* Looks through bodies and string attributes (log_match.c). */
enum status log_reader_search(struct log_reader *reader, struct text_search *search, struct error *error);

/* Clears the matches that do not meet the predicate (log_predicate.c). */
enum status log_reader_match_predicate(struct log_reader *reader, const struct predicate *predicate,
				       uint8_t *matches, struct error *error);

#endif
