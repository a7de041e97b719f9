/*
 * cursor: where the next page of a list begins, as an opaque text.
 *
 * A cursor belongs to its filters: it carries a hash of them, a check of itself, and the time range of the
 * first page, so that "-15m" means the same on every page.
 *
 * Threads    plain values.
 * Errors     STATUS_INVALID with a sentence for the asker.
 */
#ifndef ROHAS_QUERY_CURSOR_H
#define ROHAS_QUERY_CURSOR_H

#include "base/status.h"
#include "model/filter.h"

/* With its NUL. */
enum { CURSOR_TEXT_SIZE = 104 };

enum cursor_kind { CURSOR_TRACES = 1, CURSOR_LOGS = 2 };

struct cursor {
	struct time_range range;
	uint64_t filter_hash;
	uint64_t snapshot;
	uint64_t position_ns;
	uint64_t skip;                   /* logs */
	uint8_t trace_id[TRACE_ID_SIZE]; /* traces */
};

/* Base64 of the URL alphabet, NUL-terminated. */
void cursor_encode(enum cursor_kind kind, const struct cursor *cursor, char text_out[CURSOR_TEXT_SIZE]);

/* filter_hash is that of the question now asked. */
enum status cursor_decode(enum cursor_kind kind, struct str text, uint64_t filter_hash,
			  struct cursor *cursor_out, struct error *error);

/* Of everything but the time range. What is asked beside a filter (NULL: nothing) belongs to it. */
uint64_t span_filter_hash(const struct span_filter *filter);
uint64_t log_filter_hash(const struct log_filter *filter, const struct predicate *beside);

#endif
