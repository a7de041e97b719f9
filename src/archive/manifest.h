/*
 * manifest: what an export is of and which of its files are there: manifest.json in its folder.
 *
 * It is written anew, whole, each time a file is finished: an export that was interrupted goes on behind the last file
 * that it names.
 *
 * Ownership  the manifest owns its strings and its files.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds; the end is not included.
 * Errors     STATUS_NOT_FOUND where the folder has none, STATUS_INVALID where it is none of ours, STATUS_IO.
 */
#ifndef ROHAS_ARCHIVE_MANIFEST_H
#define ROHAS_ARCHIVE_MANIFEST_H

#include "base/arena.h"
#include "base/status.h"
#include "model/batch.h"
#include "model/filter.h"

struct manifest_file {
	struct str name;
	enum signal signal;
	struct time_range range;
	uint64_t row_count, size_bytes;
};

struct manifest {
	struct arena arena;
	struct time_range range;
	unsigned signals; /* STORE_… */
	struct str service, handler;
	struct str q;      /* a filter's text; "": none */
	uint64_t q_now_ns; /* what a time such as -15m in it is relative to */
	bool is_compressed, is_complete;
	uint64_t snapshots[SIGNAL_COUNT]; /* of the store, when the export began; 0: not known yet */
	struct manifest_file *files;
	size_t file_count, file_capacity;
};

void manifest_init(struct manifest *manifest);
void manifest_release(struct manifest *manifest);

/* The manifest is one that was initialised. */
enum status manifest_read(const char *folder, struct manifest *manifest, struct error *error);
enum status manifest_write(const char *folder, const struct manifest *manifest, struct error *error);

/* Copies the file's name. */
enum status manifest_add(struct manifest *manifest, const struct manifest_file *file, struct error *error);

/* Where the export of that signal goes on: the end of its last file; 0 where it has none. */
uint64_t manifest_done_until(const struct manifest *manifest, enum signal signal);

#endif
