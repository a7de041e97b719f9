/*
 * import: files of OTLP/JSON lines, back into rows.
 *
 * A line is a request of one signal. One that is none costs itself and is told, with file and line. Lines of a file are
 * gathered to groups; after each that was taken, the journal notes how far the file is, so that the same file, given
 * again, goes on behind it, or is not read again at all. A process that dies between the two gives that one group again.
 *
 * Ownership  everything is borrowed.
 * Threads    one thread at a time.
 * Errors     what the file, the journal or the sink says. What was taken stays.
 */
#ifndef ROHAS_ARCHIVE_IMPORT_H
#define ROHAS_ARCHIVE_IMPORT_H

#include "base/clock.h"
#include "model/batch.h"

/* Where rows go, once for each group; STATUS_OK once they are safe. */
typedef enum status import_sink(void *context, struct batch *rows, struct error *error);

/* A line, or records of it, that cannot be imported: "file:line: why". */
typedef void import_complaint(void *context, const char *sentence);

struct import_progress {
	uint64_t row_count, rejected_rows, bad_lines, line_count, size_bytes; /* size: of the lines */
	uint64_t known_files; /* whose every line had been imported */
	double part;          /* of the file at hand */
};

/* False ends the import; it can go on later. */
typedef bool import_watch(void *context, const struct import_progress *progress);

struct import_options {
	const char *journal;       /* a file; NULL: nothing is remembered */
	const char *target;        /* names what the sink is, in the journal */
	bool again;                /* also what the journal knows */
	const struct clock *clock; /* for rows without a time */
	import_sink *sink;
	import_complaint *complain;
	import_watch *watch; /* may be NULL */
	void *context;       /* of all three */
};

/* Imports one file; adds to progress. */
enum status import_file(const char *path, const struct import_options *options,
			struct import_progress *progress, struct error *error);

/* Which signal a request in JSON is of, by the list that it has; false where it has none. */
bool import_signal(struct str line, enum signal *signal_out);

#endif
