/*
 * batch: rows that travel together: from a request to the store, or from the store to a query.
 *
 * A row's strings are views into the batch's arena or into the request's own body, which the batch then owns
 * too (batch_own). A batch is cleared and used again rather than freed: its memory stays warm.
 *
 * Ownership  the batch owns its rows, its arena and the buffers given to it. A call that takes a batch says so.
 * Threads    one thread at a time.
 * Errors     NULL or false when the arena's ceiling or memory ran out; the batch stays usable.
 */
#ifndef ROHAS_MODEL_BATCH_H
#define ROHAS_MODEL_BATCH_H

#include "base/arena.h"
#include "base/buffer.h"
#include "model/log_record.h"
#include "model/metric_point.h"
#include "model/span.h"

enum signal { SIGNAL_TRACES = 0, SIGNAL_METRICS = 1, SIGNAL_LOGS = 2 };
enum { SIGNAL_COUNT = 3 };

struct batch {
	struct arena arena;
	struct span *spans;
	struct log_record *logs;
	struct metric_point *points;
	struct span *
		starts; /* of spans that have not ended: told by log records that are here too; never stored */
	size_t span_count, span_capacity;
	size_t unsampled_count; /* spans behind the others that are counted and not stored */
	size_t log_count, log_capacity;
	size_t point_count, point_capacity;
	size_t start_count, start_capacity;
	struct buffer bodies[2]; /* the bytes that views point into */
};

/* limit_bytes bounds the arena (0: none); row arrays come on top of it. */
void batch_init(struct batch *batch, size_t limit_bytes);
void batch_release(struct batch *batch);

/* Forgets the rows and the bodies, keeps the memory. */
void batch_clear(struct batch *batch);

/* A new row at the end, zeroed, with the empty resource and scope; NULL when memory ran out. Adding may move
 * the rows that are there. */
struct span *batch_add_span(struct batch *batch);
struct log_record *batch_add_log(struct batch *batch);
struct span *batch_add_start(struct batch *batch);
struct metric_point *batch_add_point(struct batch *batch);

/* Takes buffer (which is empty afterwards): its bytes live as long as the rows. At most two. */
void batch_own(struct batch *batch, struct buffer *buffer);

/* Deep copies a row into the batch; NULL when memory ran out. Resources and scopes are copied each time. */
struct span *batch_copy_span(struct batch *batch, const struct span *span);
struct log_record *batch_copy_log(struct batch *batch, const struct log_record *record);
struct metric_point *batch_copy_point(struct batch *batch, const struct metric_point *point);

/* Deep copies points; what one shares with the one before it is copied once. False when memory ran out. */
bool batch_copy_points(struct batch *batch, const struct metric_point *points, size_t count);

static inline size_t batch_row_count(const struct batch *batch)
{
	return batch->span_count + batch->log_count + batch->point_count;
}

const char *signal_name(enum signal signal); /* "traces", "metrics", "logs" */

#endif
