#include "archive/export.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "archive/files.h"
#include "archive/line_file.h"
#include "archive/manifest.h"
#include "archive/otlp_encoder.h"

enum {
	/* The Collector's file receiver takes lines of 1 MiB unless it is told otherwise. */
	LINE_BYTES = 512 * 1024,
	LINE_MOST_BYTES = 1024 * 1024 - 1,
	LINE_ROWS = 4096,
	/* Rows of a slice of time: many blocks' worth, for a block is read once for each slice that it lies in. */
	SLICE_ROWS = 500000,
	NAME_SIZE = 80,
};

struct export
{
	struct store *store;
	const struct export_options *options;
	struct manifest manifest;
	struct export_progress progress;
	uint64_t closed_bytes; /* of finished files */
	uint64_t file_size_bytes;
	struct export_filters filters;
	struct batch kept; /* rows that meet them */
	struct buffer line;
	size_t line_rows; /* how many made a line of about the right size lately */
	enum signal signal;
	struct line_file *file; /* NULL: none is open */
	struct manifest_file facts;
};

static enum status open_file(struct export *export, uint64_t start_ns, struct error *error)
{
	char time[TIME_TEXT_SIZE], name[NAME_SIZE], path[PATH_SIZE];
	enum status status;

	time_format(start_ns, time);
	/* Without colons, which some file systems do not take. */
	snprintf(name, sizeof(name), "%s-%.13s%.2s%.12s.jsonl%s", signal_name(export->signal), time,
		 time + 14, time + 17, export->manifest.is_compressed ? ".zst" : "");
	status = path_join(export->options->folder, name, path, error);
	if (status == STATUS_OK)
		status = line_file_create(path, export->manifest.is_compressed, &export->file, error);
	export->facts = (struct manifest_file){.signal = export->signal, .range = {start_ns, start_ns}};
	export->facts.name = arena_copy(&export->manifest.arena, str_from(name));
	return status;
}

/* A file without rows is none. */
static enum status close_file(struct export *export, uint64_t end_ns, struct error *error)
{
	struct line_file *file = export->file;
	enum status status;

	export->file = NULL;
	if (export->facts.row_count == 0) {
		line_file_abandon(file);
		return STATUS_OK;
	}
	export->facts.range.end_ns = end_ns;
	status = line_file_finish(file, &export->facts.size_bytes, error);
	if (status == STATUS_OK)
		status = manifest_add(&export->manifest, &export->facts, error);
	if (status != STATUS_OK)
		return status;
	export->closed_bytes += export->facts.size_bytes;
	export->progress.file_count++;
	export->progress.size_bytes = export->closed_bytes;
	return manifest_write(export->options->folder, &export->manifest, error);
}

static enum status put_line(struct export *export, size_t row_count, struct error *error)
{
	enum status status = line_file_put(export->file, buffer_str(&export->line), error);

	if (status != STATUS_OK)
		return status;
	export->facts.row_count += row_count;
	export->progress.row_count += row_count;
	export->progress.size_bytes = export->closed_bytes + line_file_size(export->file);
	if (export->options->watch &&
	    !export->options->watch(export->options->watch_context, &export->progress))
		return error_set(error, STATUS_CANCELLED, "the export was interrupted");
	return STATUS_OK;
}

/* So many that the next line is of about the size that is wanted. */
static void learn_line_rows(struct export *export, size_t row_count)
{
	size_t wanted = row_count * LINE_BYTES / (export->line.size + 1);

	export->line_rows = wanted < 1 ? 1 : wanted > LINE_ROWS ? LINE_ROWS : wanted;
}

static enum status write_rows(struct export *export, const struct batch *rows, struct error *error)
{
	size_t count = batch_row_count(rows);
	enum status status = STATUS_OK;

	for (size_t at = 0, taken; at < count && status == STATUS_OK; at += taken) {
		taken = count - at < export->line_rows ? count - at : export->line_rows;
		do {
			buffer_clear(&export->line);
			status = otlp_encode(export->signal, rows, at, taken, &export->line, error);
			learn_line_rows(export, taken);
		} while (status == STATUS_OK && export->line.size > LINE_MOST_BYTES && taken > 1 &&
			 (taken = taken / 2));
		if (status == STATUS_OK)
			status = put_line(export, taken, error);
	}
	return status;
}

/* A view of the rows that meet the filters. */
static bool keep_matching(struct export *export, const struct batch *rows)
{
	const struct manifest *manifest = &export->manifest;
	struct span *span;
	struct log_record *record;
	struct metric_point *point;

	batch_clear(&export->kept);
	for (size_t i = 0; i < rows->span_count; i++)
		if (span_filter_match(&export->filters.spans, &rows->spans[i])) {
			if (!(span = batch_add_span(&export->kept)))
				return false;
			*span = rows->spans[i];
		}
	for (size_t i = 0; i < rows->log_count; i++)
		if (log_filter_match(&export->filters.logs, &rows->logs[i])) {
			if (!(record = batch_add_log(&export->kept)))
				return false;
			*record = rows->logs[i];
		}
	for (size_t i = 0; i < rows->point_count; i++)
		if (str_equal(resource_service(rows->points[i].resource), manifest->service)) {
			if (!(point = batch_add_point(&export->kept)))
				return false;
			*point = rows->points[i];
		}
	return true;
}

static enum status take_rows(void *context, const struct batch *rows, struct error *error)
{
	struct export *export = context;

	if (!export->manifest.service.size && !export->manifest.handler.size && !export->manifest.q.size)
		return write_rows(export, rows, error);
	if (!keep_matching(export, rows))
		return error_set(error, STATUS_NO_MEMORY, "no memory for %zu rows", batch_row_count(rows));
	return write_rows(export, &export->kept, error);
}

static enum status export_slice(struct export *export, struct time_range slice, bool is_last,
				struct error *error)
{
	const struct store_scan scan = {export->signal, slice, export->manifest.snapshots[export->signal]};
	enum status status = export->file ? STATUS_OK : open_file(export, slice.start_ns, error);

	if (status == STATUS_OK)
		status = store_scan(export->store, &scan, take_rows, export, error);
	if (status == STATUS_OK && (is_last || line_file_size(export->file) >= export->file_size_bytes))
		status = close_file(export, slice.end_ns, error);
	if (status != STATUS_OK) {
		line_file_abandon(export->file);
		export->file = NULL;
	}
	return status;
}

/* The part of a day that is in range and not done yet; empty where there is none. */
static struct time_range part_of_day(const struct export *export, const struct store_day *day)
{
	uint64_t done = manifest_done_until(&export->manifest, export->signal);
	struct time_range part = {day->first_ns, day->start_ns + STORE_DAY_NS};

	if (part.start_ns < export->manifest.range.start_ns)
		part.start_ns = export->manifest.range.start_ns;
	if (part.start_ns < done)
		part.start_ns = done;
	if (part.end_ns > export->manifest.range.end_ns)
		part.end_ns = export->manifest.range.end_ns;
	return part;
}

static enum status write_day(struct export *export, const struct store_day *day, struct error *error)
{
	struct time_range part = part_of_day(export, day);
	/* A file of few bytes needs short slices. */
	uint64_t slice_rows =
		export->file_size_bytes / 64 < SLICE_ROWS ? export->file_size_bytes / 64 + 1 : SLICE_ROWS;
	uint64_t slices = day->row_count / slice_rows + 1;
	uint64_t width = (day->last_ns - day->first_ns) / slices + 1;
	enum status status = STATUS_OK;

	while (part.start_ns < part.end_ns && part.start_ns <= day->last_ns && status == STATUS_OK) {
		struct time_range slice = {part.start_ns, part.end_ns};
		bool is_last = part.end_ns - part.start_ns <= width || part.start_ns + width > day->last_ns;

		if (!is_last)
			slice.end_ns = part.start_ns + width;
		status = export_slice(export, slice, is_last, error);
		part.start_ns = slice.end_ns;
	}
	return status;
}

static void count_total(struct export *export, const struct store_day *days, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (days[i].last_ns >= export->manifest.range.start_ns &&
		    days[i].first_ns < export->manifest.range.end_ns)
			export->progress.total_rows += days[i].row_count;
}

struct days {
	struct store_day *items;
	size_t count;
};

static bool wants(const struct export *export, int signal)
{
	return export->manifest.signals & (1u << signal);
}

/* Every signal's snapshot is taken before the first row is written. */
static enum status list_days(struct export *export, struct days days[SIGNAL_COUNT], struct arena *arena,
			     struct error *error)
{
	enum status status = STATUS_OK;

	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++) {
		uint64_t snapshot = 0;

		if (!wants(export, signal))
			continue;
		status = store_list_days(export->store, (enum signal)signal, arena, &days[signal].items,
					 &days[signal].count, &snapshot, error);
		if (status != STATUS_OK)
			break;
		if (!export->manifest.snapshots[signal])
			export->manifest.snapshots[signal] = snapshot;
		count_total(export, days[signal].items, days[signal].count);
	}
	return status;
}

static enum status write_all(struct export *export, struct error *error)
{
	struct days days[SIGNAL_COUNT] = {{NULL, 0}};
	struct arena arena;
	enum status status;

	arena_init(&arena, 0);
	status = list_days(export, days, &arena, error);
	if (status == STATUS_OK)
		status = manifest_write(export->options->folder, &export->manifest, error);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		export->signal = (enum signal)signal;
		for (size_t i = 0; i < days[signal].count && status == STATUS_OK; i++)
			status = write_day(export, &days[signal].items[i], error);
	}
	if (status == STATUS_OK) {
		export->manifest.is_complete = true;
		status = manifest_write(export->options->folder, &export->manifest, error);
	}
	arena_release(&arena);
	return status;
}

static void begin_anew(struct export *export)
{
	const struct export_options *options = export->options;
	struct manifest *manifest = &export->manifest;

	manifest->range = options->range;
	manifest->signals = options->signals;
	manifest->service = options->service;
	manifest->handler = options->handler;
	manifest->q = options->q;
	manifest->q_now_ns = options->q_now_ns;
	manifest->is_compressed = !options->is_plain;
	if (options->handler.size || options->q.size)
		manifest->signals &= ~(unsigned)STORE_METRICS;
}

static void go_on(struct export *export)
{
	const struct manifest *manifest = &export->manifest;

	for (size_t i = 0; i < manifest->file_count; i++) {
		export->progress.row_count += manifest->files[i].row_count;
		export->closed_bytes += manifest->files[i].size_bytes;
	}
	export->progress.file_count = manifest->file_count;
	export->progress.size_bytes = export->closed_bytes;
}

static enum status make_filters(struct export *export, struct error *error)
{
	const struct export_options *options = export->options;
	const struct manifest *manifest = &export->manifest;
	struct export_filters *filters = &export->filters;

	*filters = (struct export_filters){SPAN_FILTER_ANY, LOG_FILTER_ANY};
	filters->spans.service = filters->logs.service = manifest->service;
	filters->spans.handler = filters->logs.handler = manifest->handler;
	if (manifest->q.size == 0)
		return STATUS_OK;
	if (!options->narrow)
		return error_set(error, STATUS_UNSUPPORTED,
				 "this export has a filter, which nobody here reads");
	return options->narrow(options->narrow_context, manifest->q, manifest->signals, manifest->q_now_ns,
			       filters, error);
}

static enum status prepare(struct export *export, struct error *error)
{
	const char *folder = export->options->folder;
	struct error reason = {0};
	enum status status = manifest_read(folder, &export->manifest, &reason);
	bool is_there = status == STATUS_OK;

	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return error_set(error, status, "%s", reason.message);
	if (is_there && export->manifest.is_complete)
		return error_set(error, STATUS_INVALID,
				 "%s holds an export that is complete: choose another folder", folder);
	if (is_there && !export->options->resume)
		return error_set(error, STATUS_INVALID,
				 "%s holds an export that was interrupted: --resume goes on with it", folder);
	if (!is_there && export->options->resume)
		return error_set(error, STATUS_INVALID, "%s holds no export that could go on", folder);
	if (is_there)
		go_on(export);
	else
		begin_anew(export);
	status = make_filters(export, error);
	return status == STATUS_OK ? folder_make(folder, error) : status;
}

enum status export_run(struct store *store, const struct export_options *options,
		       struct export_progress *progress_out, struct error *error)
{
	struct export export = {
		.store = store,
		.options = options,
		.line_rows = 256,
		.file_size_bytes = options->file_size_bytes ? options->file_size_bytes : EXPORT_FILE_BYTES,
	};
	enum status status;

	manifest_init(&export.manifest);
	batch_init(&export.kept, 0);
	status = prepare(&export, error);
	if (status == STATUS_OK)
		status = write_all(&export, error);
	*progress_out = export.progress;
	manifest_release(&export.manifest);
	batch_release(&export.kept);
	buffer_release(&export.line);
	return status;
}

/* The first name of the day that is free. */
static enum status name_day(const char *folder, enum signal signal, uint64_t start_ns,
			    char path_out[PATH_SIZE], struct error *error)
{
	char time[TIME_TEXT_SIZE], name[NAME_SIZE];
	enum status status = STATUS_OK;

	time_format(start_ns, time);
	for (unsigned number = 1; status == STATUS_OK; number++) {
		if (number == 1)
			snprintf(name, sizeof(name), "%s-%.10s", signal_name(signal), time);
		else
			snprintf(name, sizeof(name), "%s-%.10s.%u", signal_name(signal), time, number);
		status = path_join(folder, name, path_out, error);
		if (status == STATUS_OK && access(path_out, F_OK) != 0)
			break;
	}
	return status;
}

enum status export_day(struct store *store, const char *folder, enum signal signal, struct time_range range,
		       struct error *error)
{
	char path[PATH_SIZE], partial[PATH_SIZE + 16];
	struct export_options options = {.folder = partial, .range = range, .signals = 1u << signal};
	struct export_progress progress;
	enum status status = name_day(folder, signal, range.start_ns, path, error);

	if (status != STATUS_OK)
		return status;
	snprintf(partial, sizeof(partial), "%s.partial", path);
	status = folder_remove(partial, error);
	if (status == STATUS_OK)
		status = export_run(store, &options, &progress, error);
	if (status == STATUS_OK && rename(partial, path) != 0)
		status = error_set(error, STATUS_IO, "%s cannot be renamed: %s", partial, strerror(errno));
	return status == STATUS_OK ? folder_sync(folder, error) : status;
}
