/*
 * range_work: the work of one question for a metric over time, and its parts: lines (range_lines.c), series
 * (range_series.c), exemplars (range_exemplars.c), and the whole (metric_range.c).
 */
#ifndef ROHAS_QUERY_RANGE_WORK_H
#define ROHAS_QUERY_RANGE_WORK_H

#include "query/insides.h"
#include "query/metrics.h"
#include "query/numbering.h"
#include "query/windows.h"

/* Where there are more series than are followed at once, they are followed one share after another. */
enum { SERIES_SHARES = 16, SERIES_AT_ONCE = METRIC_SERIES_MOST / SERIES_SHARES };

struct followed {
	struct series series;
	struct level level;
	size_t line;
};

struct line {
	struct cell *cells;
	const struct metric_label *labels;
	size_t label_count, series_count;
};

/* The work of one question. */
struct work {
	struct query *query;
	const struct metric_query *question;
	struct metric_range *range; /* the answer to be; its arena holds keys and labels too */
	struct windows windows;
	uint64_t visible_from_ns;
	bool has_metric;
	struct numbering line_keys;
	struct series_share share; /* of the series that are followed */
	uint64_t tired_ns;         /* when the question has taken too long, by the monotonic clock */
	bool is_too_much;          /* the share does not fit into memory */
	struct arena series_arena; /* of the series' keys */
	struct numbering series_keys;
	struct followed *followed; /* by number of series */
	size_t followed_count, followed_capacity;
	struct line *lines; /* by number of line */
	size_t line_count, line_capacity;
	struct str *names; /* of the labels of the line that is looked for */
	size_t name_count, name_capacity;
	struct series_scratch scratch;
	struct label_filter *labels; /* the question's, with patterns of ours */
	size_t label_count;
	struct buffer key;
	const struct metric_point *last_point; /* in this slice */
	size_t last_series;                    /* its number */
	size_t mixture_bytes;
	double widest; /* of the buckets that percentiles lie in, as value_bounds_width has it */
	const char *parameter;
};

enum status range_no_memory(struct error *error);

/* A key of many parts: each with its size in front, so that no two lists run into the same bytes. A value
 * that is NULL is empty. */
void key_part(struct buffer *key, struct str s);
void key_value(struct buffer *key, const struct value *value);

/* The line that a series belongs to, made where it is new. Counts the series to it. */
enum status take_line(struct work *work, const struct metric_point *point, size_t *line_out,
		      struct error *error);

/* The series that a point belongs to, with its line. */
enum status find_followed(struct work *work, const struct metric_point *point, struct followed **followed_out,
			  struct error *error);

/* Keeps the exemplars of a point that lies in the range, if the question asks for them. */
enum status take_exemplars(struct work *work, const struct metric_point *point, const struct line *line,
			   struct error *error);

void work_release(struct work *work);

#endif
