/*
 * log_analysis: what many log records have in common: counts over time, the most frequent values of a field, patterns
 * of lines; and what stands around one line.
 *
 * A question that is about handlers (its filter names one, or its field is the handler) has to look at records and
 * their traces one by one, newest first, and looks at no more than the list does for a page (logs.h): examined says
 * at how many, is_complete whether those were all. Any other question is answered from the columns of all records.
 *
 * Of a struct log_query that says which records are meant, limit and cursor do not count.
 *
 * Ownership  an answer owns what it points to, and is released.
 * Threads    every call may run concurrently.
 * Errors     as query.h says.
 */
#ifndef ROHAS_QUERY_LOG_ANALYSIS_H
#define ROHAS_QUERY_LOG_ANALYSIS_H

#include "query/logs.h"

/* How far an answer reaches. */
struct log_reach {
	uint64_t line_count; /* that meet the filter, of those that were looked at */
	uint64_t examined;   /* 0: all, by their columns */
	bool is_complete;
};

/* ---- counts over time ---- */

enum { LOG_COUNTS_STEPS_MOST = 11000 };

struct log_step {
	uint64_t start_ns; /* a multiple of the step */
	uint64_t counts[LEVEL_COUNT];
};

struct log_counts {
	struct log_step *steps; /* in order of time; those without a line are left out */
	size_t step_count;
	struct log_reach reach;
};

/* STATUS_TOO_LARGE where more than LOG_COUNTS_STEPS_MOST steps have lines. step_ns is not 0. */
enum status log_counts(struct query *query, const struct log_query *which, uint64_t step_ns,
		       struct log_counts *counts_out, struct error *error);
void log_counts_release(struct log_counts *counts);

/* ---- the most frequent values of a field ---- */

/* Up to so many distinct values counts are exact; past that, the least frequent share places. */
enum { LOG_TOP_VALUES_MOST = 65536, LOG_TOP_LIMIT_MOST = 1000, LOG_TOP_SHOWN_BYTES = 1024 };

struct log_value {
	struct str text; /* at most LOG_TOP_SHOWN_BYTES of it */
	uint64_t count;
	uint64_t error_most; /* the true count is no more than that below count; 0: exact */
};

struct log_top {
	struct log_value *values; /* most frequent first */
	size_t value_count;
	uint64_t distinct_count; /* how many values there are; 0 where that is not known */
	uint64_t without_count;  /* lines without the field */
	uint64_t
		error_most; /* no value that is left out is more frequent than that beyond what is shown; 0: exact */
	struct log_reach reach;
	struct arena arena;
};

/* field NULL: the level. limit is 1 to LOG_TOP_LIMIT_MOST. */
enum status log_top(struct query *query, const struct log_query *which, const struct log_field *field,
		    size_t limit, struct log_top *top_out, struct error *error);
void log_top_release(struct log_top *top);

/* ---- patterns ---- */

enum { LOG_PATTERNS_LIMIT_MOST = 1000, LOG_SAMPLE_STANDARD = 50000, LOG_SAMPLE_MOST = 200000 };

struct log_pattern {
	struct str text;    /* its words; <num>, <id>, <str>, <ip>, <time> and <*> stand for what differs */
	struct str example; /* the newest line's message, cut */
	char example_id[LOG_ID_TEXT_SIZE];
	uint64_t count, counts[LEVEL_COUNT];
	uint64_t first_ns, last_ns;
};

struct log_patterns {
	struct log_pattern *patterns; /* most frequent first */
	size_t pattern_count;
	size_t distinct_count; /* how many there are */
	uint64_t other_count;  /* lines of patterns that found no place */
	struct log_reach reach;
	struct arena arena;
};

/* Of the newest sample lines (1 to LOG_SAMPLE_MOST) that meet the filter. limit is 1 to LOG_PATTERNS_LIMIT_MOST. */
enum status log_patterns(struct query *query, const struct log_query *which, size_t sample, size_t limit,
			 struct log_patterns *patterns_out, struct error *error);
void log_patterns_release(struct log_patterns *patterns);

/* ---- a line's surroundings ---- */

enum { LOG_CONTEXT_MOST = 500, LOG_CONTEXT_SAME_MOST = 10000 };

struct log_context {
	struct batch
		batch;   /* logs, oldest first, all of the same source; handler filled in where it is known */
	size_t position; /* of the line itself */
};

/* id as log_id gives it. STATUS_NOT_FOUND where no such line is among the first LOG_CONTEXT_SAME_MOST of its
 * nanosecond. */
enum status log_context(struct query *query, struct log_id id, size_t before, size_t after,
			struct log_context *context_out, struct error *error);
void log_context_release(struct log_context *context);

#endif
