/*
 * query: what people ask of a store: traces, logs and metrics, put together from its rows.
 *
 * This header has the object and what concerns all questions; trace.h, logs.h and metrics.h have the
 * questions. A query knows the store's contract alone, never an adapter.
 *
 * Ownership  the store is borrowed and outlives the query.
 * Threads    every call may run concurrently, except query_new and query_free.
 * Units      times are Unix nanoseconds (_ns), sizes are bytes (_bytes).
 * Errors     enum status; on failure every *_out is left untouched. STATUS_INVALID is the asker's mistake,
 * and its sentence says what is allowed; STATUS_TOO_LARGE is a question whose answer passes a bound.
 */
#ifndef ROHAS_QUERY_QUERY_H
#define ROHAS_QUERY_QUERY_H

#include "query/running.h"
#include "storage/store.h"

struct query;

/* A trace past this cannot be shown: STATUS_TOO_LARGE. */
#define TRACE_LIMIT_BYTES ((size_t)256 << 20)
/* What the records of one page of logs, or the points of one slice of a range, may take. */
#define PAGE_LIMIT_BYTES     ((size_t)128 << 20)
#define CACHE_STANDARD_BYTES ((size_t)128 << 20)

struct query_options {
	struct store *store;
	size_t cache_trace_limit;  /* assembled traces kept; 0 keeps none */
	size_t cache_limit_bytes;  /* what they take together; 0: CACHE_STANDARD_BYTES */
	const struct clock *clock; /* NULL: nothing is running, as where no batches are noted; borrowed */
	uint64_t lost_after_ns;    /* see running.h */
};

enum status query_new(const struct query_options *options, struct query **query_out, struct error *error);

/* NULL is allowed. Every trace taken from it has been dropped before. */
void query_free(struct query *query);

/*
 * Says that a batch has become visible: cached traces that got spans are forgotten, and it is known what is running. To be called after
 * store_append and before the sender is answered; then no answer is older than what was acknowledged before
 * it was asked for.
 */
void query_note_batch(struct query *query, const struct batch *batch);

enum status query_store_stats(struct query *query, struct store_stats *stats_out, struct error *error);

/* What is running, as running_list says; nothing where no batches are noted. */
enum status query_list_running(struct query *query, const struct span_filter *filter, size_t limit,
			       struct batch *batch_out, uint64_t *last_heard_out, struct error *error);
void query_running_stats(struct query *query, struct running_stats *stats_out);

struct trace_cache_stats {
	uint64_t hit_count, miss_count;
	uint64_t trace_count, size_bytes;
};
void query_cache_stats(struct query *query, struct trace_cache_stats *stats_out);

#endif
