/*
 * store: where finished telemetry rests and is read back. The contract; adapters are in the folders beside
 * it.
 *
 * Promises of every adapter, checked by tests/contract:
 *  1. After store_append returned STATUS_OK, the rows survive the death of the process (kill -9).
 *  2. A read that starts after that sees them. A read never sees part of an append.
 *  3. Rows come back as they were given: every field, attributes in order, times to the nanosecond.
 *  4. After an append that failed, none of its rows is there (or comes later).
 *
 * Ownership  arguments are borrowed for the call. Rows that a call adds to a batch belong to that batch.
 *            A struct store is made by an adapter's open function and freed by store_close.
 * Threads    append and reads run concurrently; close runs alone.
 * Units      times are Unix nanoseconds (_ns), sizes are bytes (_bytes).
 * Errors     enum status; on failure every *_out is left untouched, and a batch_out holds what it held.
 *            STATUS_UNSUPPORTED where the adapter lacks the capability.
 */
#ifndef ROHAS_STORAGE_STORE_H
#define ROHAS_STORAGE_STORE_H

#include "base/clock.h"
#include "base/status.h"
#include "model/batch.h"
#include "model/filter.h"
#include "model/log_columns.h"

enum {
	STORE_TRACES = 1 << SIGNAL_TRACES,
	STORE_METRICS = 1 << SIGNAL_METRICS,
	STORE_LOGS = 1 << SIGNAL_LOGS,
};

/* A trace found by a search, at the place in the answer that it has. Of two at one position the smaller id
 * (as memcmp) comes first. */
struct trace_hit {
	uint64_t position_ns; /* the start of its newest span that meets the filter */
	uint8_t trace_id[TRACE_ID_SIZE];
};

/*
 * Where a page of a search goes on. Pages are newest first; after holds the last hit of the page before.
 * snapshot is what the adapter gave with the first page (0 there): rows that arrived later are left out, so
 * that pages are stable while data arrives.
 */
struct trace_page {
	size_t limit;
	bool has_after;
	struct trace_hit after;
	uint64_t snapshot;
};

/* Logs: newest first, or oldest first, which is exactly the other way round. Where a page goes on (has_before), skip is
 * how many records of exactly before_ns were already returned. */
struct log_page {
	size_t limit;
	bool oldest_first;
	bool has_before;
	uint64_t before_ns;
	size_t skip;
	uint64_t snapshot;
};

/* Days are counted from 1970, in UTC. */
#define STORE_DAY_NS (UINT64_C(86400) * NS_PER_SECOND)

/* A metric as the list shows it. The pointers live in the arena given to the call. A series is what has the
 * same metric (name, type, unit, temporality, monotonic), the same attributes in the same order, of the
 * resource and the scope too, and the scope's name and version. */
struct metric_summary {
	const struct metric *metric;
	const struct str *label_names; /* keys of its points' attributes and resources; sorted, distinct */
	size_t label_name_count;
	size_t series_count;
};

/* A day, by the rows' own time in UTC, of a signal. */
struct store_day {
	uint64_t start_ns;          /* of the day */
	uint64_t first_ns, last_ns; /* the least and the greatest time of a row; both included */
	uint64_t row_count;
};

/*
 * A walk over the rows of one signal whose time is in range. snapshot is what list_days gave, which leaves out what
 * arrived later; 0 is now. since leaves out what a snapshot already had.
 */
struct store_scan {
	enum signal signal;
	struct time_range range;
	uint64_t snapshot, since;
};

/* Takes some of the rows: of the scan's signal, good for the call alone. What it returns, unless STATUS_OK, ends the
 * scan and is what the scan returns. */
typedef enum status store_visit(void *context, const struct batch *rows, struct error *error);

/* Whether spans of one trace stay; sampling's answer. There may be more of the trace, in other calls. */
typedef bool store_keep(void *context, const struct span *const *spans, size_t count);

/*
 * Sifting leaves out spans that are stored already: of what arrived after the sift before and up to a snapshot, those
 * that keep says no to.
 */
struct store_sift {
	uint64_t up_to;
	store_keep *keep;
	void *context;
};

/*
 * Notes: a few small things that people told the program about what is in the store (that an error is resolved), kept
 * with it, by a key. Not for rows.
 */
enum { STORE_NOTE_KEY_MOST = 256, STORE_NOTE_VALUE_MOST = 65536 };

/* What it returns, unless STATUS_OK, ends the walk and is what the walk returns. The views are good for the call. */
typedef enum status store_note_visit(void *context, struct str key, struct str value, struct error *error);

/* A walk over the records that meet the filter. What is not asked for need not be read. */
struct log_fold {
	struct log_filter filter;
	unsigned columns;       /* LOG_COLUMN_… */
	struct log_field field; /* of LOG_COLUMN_FIELD */
	/* Where it is not 0, it matters only in which step a record's time lies: any time of the same step (they begin at
	 * multiples of it) may stand for it. */
	uint64_t step_ns;
};

/* Takes some of the records, good for the call alone. What it returns, unless STATUS_OK, ends the fold and is what the
 * fold returns. It is never called twice at once. */
typedef enum status log_visit(void *context, const struct log_columns *rows, struct error *error);

/* Why rows were dropped: older than their retention, or the store was larger than its limit. */
enum drop_reason { DROPPED_BY_AGE, DROPPED_BY_SIZE };
enum { DROP_REASON_COUNT = 2 };

struct store_stats {
	uint64_t span_count, log_count, point_count;
	uint64_t block_count;
	/* Blocks that were found damaged since the store was opened: their rows are left out of answers. */
	uint64_t damaged_block_count, damaged_row_count;
	uint64_t size_bytes;   /* on disk; 0 where the adapter cannot know */
	uint64_t memory_bytes; /* of indexes and caches, about */
	struct error writing;  /* STATUS_OK, or why every append is refused at the moment */

	/* Since the store was opened. */
	struct store_dropped {
		uint64_t rows, bytes; /* bytes as they were stored */
	} dropped[SIGNAL_COUNT][DROP_REASON_COUNT];
	uint64_t downsampled_points;                    /* how many fewer there are */
	uint64_t committed_bytes;                       /* of what was given to the store, as stored */
	uint64_t rewritten_bytes;                       /* of that, written again to merge it */
	uint64_t log_written_bytes, file_written_bytes; /* what all of it took to write */

	uint64_t unmerged_blocks, unmerged_rows; /* small, and not alone */

	uint64_t snapshot; /* of all rows that are there now */
	uint64_t sifted;   /* the snapshot up to which spans were sifted; UINT64_MAX where nobody sifts */
};

struct store;

struct store_ops {
	const char *name;
	unsigned capabilities; /* STORE_… */

	/* Several batches at once: all or none of them. */
	enum status (*append)(struct store *store, struct batch *const *batches, size_t count,
			      struct error *error);

	/* Adds all spans of the trace, sorted by start. STATUS_NOT_FOUND where it has none. */
	enum status (*read_trace)(struct store *store, const uint8_t trace_id[TRACE_ID_SIZE],
				  struct batch *batch_out, struct error *error);

	/*
	 * Fills hits_out (room for page->limit) with traces of which a span meets the filter, newest position
	 * first, each trace once over all pages. snapshot_out is for the pages that follow. Fewer than limit
	 * hits mean that there are no more.
	 */
	enum status (*find_traces)(struct store *store, const struct span_filter *filter,
				   const struct trace_page *page, struct trace_hit *hits_out,
				   size_t *hit_count_out, uint64_t *snapshot_out, struct error *error);

	/* Adds at most page->limit records that meet the filter, in the page's order. */
	enum status (*find_logs)(struct store *store, const struct log_filter *filter,
				 const struct log_page *page, struct batch *batch_out, uint64_t *snapshot_out,
				 struct error *error);

	/*
	 * Gives every record that meets the filter to visit, each once, in an order of the adapter's own and in pieces
	 * of a size that does not grow with the store. Reads the columns that were asked for alone, where it can.
	 */
	enum status (*fold_logs)(struct store *store, const struct log_fold *fold, log_visit *visit,
				 void *context, struct error *error);

	/* Lists the metrics with points in range, by name; one entry a name and type. Everything returned
	 * lives in arena. */
	enum status (*list_metrics)(struct store *store, struct time_range range, struct arena *arena,
				    struct metric_summary **metrics_out, size_t *count_out,
				    struct error *error);

	/* Adds the points that meet the filter; those of one series stand together, in order of time. */
	enum status (*read_points)(struct store *store, const struct point_filter *filter,
				   struct batch *batch_out, struct error *error);

	/* The days of which the signal has rows, oldest first, in arena; and the snapshot that they are of. */
	enum status (*list_days)(struct store *store, enum signal signal, struct arena *arena,
				 struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
				 struct error *error);

	/*
	 * Gives every row of the scan to visit, each once, in an order of the adapter's own and in pieces of a size
	 * that does not grow with the store. Rows that come or are merged meanwhile change nothing.
	 */
	enum status (*scan)(struct store *store, const struct store_scan *scan, store_visit *visit,
			    void *context, struct error *error);

	/*
	 * Sifts. After STATUS_OK every row up to the snapshot that is left stays for good. A sift that failed, or was cut
	 * off by the end of the process, has left out some: the next begins where it began.
	 */
	enum status (*sift)(struct store *store, const struct store_sift *sift, struct error *error);

	/* Durable when it returns. value.data NULL removes the note, if there is one. */
	enum status (*put_note)(struct store *store, struct str key, struct str value, struct error *error);

	/* The notes whose keys begin with prefix, in the order of their bytes. The visit must not put notes. */
	enum status (*each_note)(struct store *store, struct str prefix, store_note_visit *visit,
				 void *context, struct error *error);

	enum status (*stats)(struct store *store, struct store_stats *stats_out, struct error *error);

	void (*close)(struct store *store);
};

/* The base of every adapter's own struct: its first member. */
struct store {
	const struct store_ops *ops;
};

enum status store_append(struct store *store, struct batch *const *batches, size_t count,
			 struct error *error);
enum status store_read_trace(struct store *store, const uint8_t trace_id[TRACE_ID_SIZE],
			     struct batch *batch_out, struct error *error);
enum status store_find_traces(struct store *store, const struct span_filter *filter,
			      const struct trace_page *page, struct trace_hit *hits_out,
			      size_t *hit_count_out, uint64_t *snapshot_out, struct error *error);
enum status store_find_logs(struct store *store, const struct log_filter *filter, const struct log_page *page,
			    struct batch *batch_out, uint64_t *snapshot_out, struct error *error);
enum status store_fold_logs(struct store *store, const struct log_fold *fold, log_visit *visit, void *context,
			    struct error *error);
enum status store_list_metrics(struct store *store, struct time_range range, struct arena *arena,
			       struct metric_summary **metrics_out, size_t *count_out, struct error *error);
enum status store_read_points(struct store *store, const struct point_filter *filter, struct batch *batch_out,
			      struct error *error);
enum status store_list_days(struct store *store, enum signal signal, struct arena *arena,
			    struct store_day **days_out, size_t *count_out, uint64_t *snapshot_out,
			    struct error *error);
enum status store_scan(struct store *store, const struct store_scan *scan, store_visit *visit, void *context,
		       struct error *error);
enum status store_sift(struct store *store, const struct store_sift *sift, struct error *error);
/* STATUS_INVALID where key or value is empty (but NULL) or larger than a note may be. */
enum status store_put_note(struct store *store, struct str key, struct str value, struct error *error);
enum status store_each_note(struct store *store, struct str prefix, store_note_visit *visit, void *context,
			    struct error *error);
enum status store_stats(struct store *store, struct store_stats *stats_out, struct error *error);

/* NULL is allowed. */
void store_close(struct store *store);

/* Whether every signal of the mask STORE_… can be kept. */
static inline bool store_can(const struct store *store, unsigned capabilities)
{
	return (store->ops->capabilities & capabilities) == capabilities;
}

#endif
