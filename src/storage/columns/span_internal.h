/* span_internal: what matching spans is divided into. Seen by this folder alone. */
#ifndef ROHAS_STORAGE_COLUMNS_SPAN_INTERNAL_H
#define ROHAS_STORAGE_COLUMNS_SPAN_INTERNAL_H

#include "storage/columns/span_reader.h"
#include "storage/columns/span_schema.h"

/* Opens what classes give their spans, and the spans' attributes; each once (span_reader.c). */
enum status span_reader_open_classes(struct span_reader *reader, struct error *error);
enum status span_reader_open_attributes(struct span_reader *reader, struct error *error);

/* Opens and unpacks the durations, and starts, of those rows; then gives one's end (span_reader.c). */
enum status span_reader_need_durations(struct span_reader *reader, size_t first, size_t count,
				       struct error *error);
uint64_t span_reader_end_ns(const struct span_reader *reader, size_t row);

/* Whether any row may have the tag: false only where none has. */
enum status span_reader_may_have_tag(struct span_reader *reader, const struct tag_filter *tag,
				     bool *may_have_out, struct error *error);

/* Clears the matches of rows in [first, first + count) that do not meet the predicate (span_predicate.c). */
enum status span_reader_match_predicate(struct span_reader *reader, const struct predicate *predicate,
					size_t first, size_t count, uint8_t *matches, struct error *error);

/* Whether any row may meet the predicate: false only where none does. Reads dictionaries and filters of values. */
enum status span_reader_may_match_predicate(struct span_reader *reader, const struct predicate *predicate,
					    bool *may_match_out, struct error *error);

#endif
