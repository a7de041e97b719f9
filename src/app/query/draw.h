/*
 * draw: answers of the API as tables for people.
 *
 * Times are of this machine's time zone (TZ), which the column's title names; the day is left out where all
 * rows are of today and somebody sits before a terminal.
 *
 * Ownership  the answer is borrowed.
 * Threads    one thread at a time.
 * Errors     those of the frame's buffer.
 */
#ifndef ROHAS_APP_QUERY_DRAW_H
#define ROHAS_APP_QUERY_DRAW_H

#include <jansson.h>

#include "app/text/grid.h"

struct frame {
	struct buffer *out;
	size_t width; /* of the terminal; 0: there is none */
	bool has_color;
	uint64_t now_ns;
};

/* Each returns how many rows it has drawn; where there are none, it draws nothing. */
size_t draw_traces(const struct frame *frame, json_t *answer);
size_t draw_trace(const struct frame *frame, json_t *answer); /* tree.c */
size_t draw_logs(const struct frame *frame, json_t *answer);
size_t draw_log_counts(const struct frame *frame, json_t *answer);
size_t draw_log_top(const struct frame *frame, json_t *answer);
size_t draw_log_patterns(const struct frame *frame, json_t *answer);
size_t draw_metrics(const struct frame *frame, json_t *answer); /* the list */
size_t draw_values(const struct frame *frame, json_t *answer);  /* of one metric over time */

/* ---- what the files of this folder share ---- */

/* A member's text, empty where it is none. */
struct str member_text(json_t *object, const char *name);
uint64_t member_time(json_t *object, const char *name);     /* nanoseconds; 0 where it is none */
uint64_t member_duration(json_t *object, const char *name); /* a member in milliseconds as nanoseconds */
bool member_is(json_t *object, const char *name, const char *text);

#endif
