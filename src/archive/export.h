/*
 * export: rows of a store as files of OTLP/JSON lines in a folder, docs/archive.md says in which form.
 *
 * It goes through a signal day by day, in slices of time, and keeps no more than a block and a line in memory. A file is
 * finished where it has reached its size at the end of a slice, or where the day ends; then the manifest names it.
 * An export that was interrupted goes on behind the last file that the manifest names, with the rows that the store had
 * when the export began: it ends with the rows that it would have had without the interruption.
 *
 * Ownership  everything is borrowed.
 * Threads    any thread; not two on one folder.
 * Units      times are Unix nanoseconds, sizes bytes.
 * Errors     STATUS_INVALID where the folder holds another export; STATUS_CANCELLED where progress said so; what the
 *            store or the disk says.
 */
#ifndef ROHAS_ARCHIVE_EXPORT_H
#define ROHAS_ARCHIVE_EXPORT_H

#include "storage/store.h"

struct export_progress {
	uint64_t row_count, size_bytes; /* written, with what was written before an interruption */
	uint64_t total_rows;            /* of the days in range, about */
	size_t file_count;
};

/* What rows must meet. */
struct export_filters {
	struct span_filter spans;
	struct log_filter logs;
};

/* Narrows the filters of the signals (STORE_…) by a filter's text, now_ns being the time that the export began. What
 * they point to then lives until the export ends. */
typedef enum status export_narrow(void *context, struct str q, unsigned signals, uint64_t now_ns,
				  struct export_filters *filters, struct error *error);

/* Called after each line. False ends the export; it can go on later. */
typedef bool export_watch(void *context, const struct export_progress *progress);

struct export_options {
	const char *folder;
	struct time_range range;
	unsigned signals; /* STORE_…; others are left out */
	struct str service,
		handler;          /* empty: any. Metric points have no handler: with one they are left out. */
	struct str q;             /* a filter's text; empty: none. With one metric points are left out. */
	uint64_t q_now_ns;        /* what times in it are relative to */
	uint64_t file_size_bytes; /* 0: a default */
	bool is_plain;            /* not compressed */
	bool resume;           /* go on with what the folder's manifest says; the fields above are not read */
	export_narrow *narrow; /* may be NULL where no q is given, nor resumed with */
	void *narrow_context;
	export_watch *watch; /* may be NULL */
	void *watch_context;
};

enum { EXPORT_FILE_BYTES = 128 * 1024 * 1024 };

/* progress_out is of the end, or of where it stopped. */
enum status export_run(struct store *store, const struct export_options *options,
		       struct export_progress *progress_out, struct error *error);

/*
 * What retention does before it drops a day: the rows of the signal in range, into a folder of their own under folder:
 * "traces-2026-01-01", or with ".2", … behind where that is there, for rows of a day may come after it was dropped. The
 * folder appears whole or not at all.
 */
enum status export_day(struct store *store, const char *folder, enum signal signal, struct time_range range,
		       struct error *error);

#endif
