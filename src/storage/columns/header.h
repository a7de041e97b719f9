/*
 * header: what the store knows of a block without reading it. Headers stay in memory; bodies rest.
 *
 * A search asks the header first: header_may_hold_… answers false only where no row of the block can meet the
 * filter.
 *
 * Ownership  a header borrows its arrays: from the writer that made it until the next block, or from the
 *            bytes and arena given to header_decode.
 * Threads    a header is not changed once it is made.
 * Units      times are Unix nanoseconds.
 * Errors     STATUS_CORRUPT, STATUS_NO_MEMORY.
 */
#ifndef ROHAS_STORAGE_COLUMNS_HEADER_H
#define ROHAS_STORAGE_COLUMNS_HEADER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "model/batch.h"
#include "model/filter.h"

/* What a term belongs to; part of its hash, and so on disk. */
enum term_kind { TERM_SERVICE = 1, TERM_HANDLER = 2, TERM_LANGUAGE = 3, TERM_OPERATION = 4, TERM_METRIC = 5 };

struct block_header {
	uint64_t sequence;                      /* names the block; never used twice */
	uint64_t first_sequence, last_sequence; /* of the blocks that it was merged from; else its own */
	uint64_t first_ns, last_ns; /* least and greatest time of a row (a span's start); both included */
	uint64_t min_duration_ns, max_duration_ns;
	uint64_t row_count, body_size;
	uint64_t step_ns; /* metrics: its series have at most one point a step of it, about; 0: as received */
	uint32_t outcomes;                  /* bit per enum outcome that occurs */
	uint32_t handler_types;             /* bit per enum handler_type of an execution */
	uint32_t levels;                    /* bit per enum log_record_level */
	uint32_t level_counts[LEVEL_COUNT]; /* logs: how many rows of each; all 0: not known */
	uint8_t signal;
	uint8_t level;          /* 0: as committed; 1: merged */
	uint8_t word_parts;     /* logs: how many parts the block's word filter has; 0: it has none */
	bool has_all_terms;     /* false: too many; terms say nothing */
	const uint32_t *traces; /* sorted hashes of the trace ids */
	size_t trace_count;
	const uint32_t *terms; /* sorted hashes of the terms */
	size_t term_count;
};

/* Past this many distinct terms a block keeps none. */
enum { HEADER_MOST_TERMS = 4096 };

/* Parts of a word filter are a power of two, up to this. */
enum { HEADER_MOST_WORD_PARTS = 64 };

uint32_t header_trace_hash(const uint8_t trace_id[TRACE_ID_SIZE]);
uint32_t header_term_hash(enum term_kind kind, struct str term);

/* Sorts and removes what is double; returns the new count. */
size_t header_sort_hashes(uint32_t *hashes, size_t count);

void header_encode(const struct block_header *header, struct buffer *out);

/* Arrays lie in arena. */
enum status header_decode(struct str bytes, struct arena *arena, struct block_header *header_out,
			  struct error *error);

bool header_may_hold_trace(const struct block_header *header, uint32_t trace_hash);
bool header_may_hold_spans(const struct block_header *header, const struct span_filter *filter);
bool header_may_hold_logs(const struct block_header *header, const struct log_filter *filter);
bool header_may_hold_points(const struct block_header *header, const struct point_filter *filter);

#endif
