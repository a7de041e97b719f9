#include "archive/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/files.h"
#include "archive/line_reader.h"
#include "base/hash.h"
#include "receiver/otlp_json.h"

/* A group is what one append takes. */
enum { GROUP_ROWS = 32 * 1024, GROUP_BYTES = 128 * 1024 * 1024, HEAD_BYTES = 64 * 1024 };

struct import {
	const struct import_options *options;
	struct import_progress *progress;
	const char *path;
	uint64_t key, line, done; /* lines read, and those that the journal has */
	struct batch rows;
};

bool import_signal(struct str line, enum signal *signal_out)
{
	static const struct {
		const char *name;
		enum signal signal;
	} lists[] = {
		{"\"resourceSpans\"", SIGNAL_TRACES},    {"\"resourceLogs\"", SIGNAL_LOGS},
		{"\"resourceMetrics\"", SIGNAL_METRICS}, {"\"resource_spans\"", SIGNAL_TRACES},
		{"\"resource_logs\"", SIGNAL_LOGS},      {"\"resource_metrics\"", SIGNAL_METRICS},
	};
	const char *first = NULL;

	/* The one that stands first: the others may only occur in what it holds. */
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		size_t size = first ? (size_t)(first - line.data) : line.size;
		const char *found = memmem(line.data, size, lists[i].name, strlen(lists[i].name));

		if (found) {
			first = found;
			*signal_out = lists[i].signal;
		}
	}
	return first != NULL;
}

/* Which file it is, by its first bytes and its size, and where it goes: names may change. */
static enum status make_key(struct import *import, struct error *error)
{
	FILE *file = fopen(import->path, "re");
	char *head = malloc(HEAD_BYTES + strlen(import->options->target) + sizeof(uint64_t));
	size_t size = strlen(import->options->target);
	enum status status = STATUS_OK;

	if (file && head) {
		int64_t length;

		memcpy(head, import->options->target, size);
		size += fread(head + size, 1, HEAD_BYTES, file);
		fseek(file, 0, SEEK_END);
		length = ftell(file);
		memcpy(head + size, &length, sizeof(length));
		import->key = XXH3_64bits(head, size + sizeof(length));
	} else {
		status = error_set(error, STATUS_IO, "%s cannot be read: %s", import->path, strerror(errno));
	}
	if (file)
		fclose(file);
	free(head);
	return status;
}

/* A line of the journal: "key lines". The last one of a key counts. */
static enum status read_journal(struct import *import, struct error *error)
{
	struct buffer content = BUFFER_EMPTY;
	struct str rest, line;
	struct error reason = {0};
	enum status status;
	bool more = true;

	if (!import->options->journal || import->options->again)
		return STATUS_OK;
	status = file_read(import->options->journal, &content, &reason);
	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (status != STATUS_OK)
		return error_set(error, status, "%s", reason.message);
	for (rest = buffer_str(&content); more;) {
		struct str key, count;
		uint64_t lines;
		char wanted[17];

		more = str_split(rest, '\n', &line, &rest);
		snprintf(wanted, sizeof(wanted), "%016" PRIx64, import->key);
		if (str_split(line, ' ', &key, &count) && str_equal_c(key, wanted) &&
		    str_parse_u64(count, &lines))
			import->done = lines;
	}
	buffer_release(&content);
	return STATUS_OK;
}

static enum status note(const struct import *import, struct error *error)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "%016" PRIx64 " %" PRIu64 "\n", import->key, import->line);
	int journal;
	bool is_noted;

	if (!import->options->journal)
		return STATUS_OK;
	journal = open(import->options->journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	is_noted = journal >= 0 && write(journal, line, (size_t)size) == size && fdatasync(journal) == 0;
	if (journal >= 0)
		close(journal);
	if (!is_noted)
		return error_set(error, STATUS_IO, "%s cannot be written: %s", import->options->journal,
				 strerror(errno));
	return STATUS_OK;
}

static enum status give_group(struct import *import, struct error *error)
{
	size_t count = batch_row_count(&import->rows);
	enum status status = STATUS_OK;

	if (count)
		status = import->options->sink(import->options->context, &import->rows, error);
	if (status == STATUS_OK)
		status = note(import, error);
	if (status != STATUS_OK)
		return status;
	import->progress->row_count += count;
	batch_clear(&import->rows);
	if (import->options->watch && !import->options->watch(import->options->context, import->progress))
		return error_set(error, STATUS_CANCELLED, "the import was interrupted");
	return STATUS_OK;
}

static void complain(const struct import *import, const char *why)
{
	char sentence[PATH_SIZE + 600];

	snprintf(sentence, sizeof(sentence), "%s:%" PRIu64 ": %s", import->path, import->line, why);
	import->options->complain(import->options->context, sentence);
}

/* Rows of a line go behind those that are there, or the line leaves nothing. */
static void take_line(struct import *import, struct str line)
{
	struct batch *rows = &import->rows;
	size_t spans = rows->span_count, logs = rows->log_count, points = rows->point_count;
	struct otlp_outcome outcome = {0};
	struct error error = {0};
	enum signal signal;
	enum status status;

	if (import_signal(line, &signal))
		status = otlp_json_decode(signal, line, clock_now_ns(import->options->clock), rows, &outcome,
					  &error);
	else
		status = error_set(
			&error, STATUS_INVALID,
			"this is no OTLP request: it has no resourceSpans, resourceLogs or resourceMetrics");
	if (status != STATUS_OK) {
		rows->span_count = spans;
		rows->log_count = logs;
		rows->point_count = points;
		import->progress->bad_lines++;
		complain(import, error.message);
	} else if (outcome.rejected) {
		char why[400];

		import->progress->rejected_rows += outcome.rejected;
		snprintf(why, sizeof(why), "%" PRIu64 " of its records are left out: %s", outcome.rejected,
			 outcome.reason);
		complain(import, why);
	}
}

static bool is_blank(struct str line)
{
	return str_trim(line).size == 0;
}

static enum status take_lines(struct import *import, struct line_reader *reader, struct error *error)
{
	enum status status;
	struct str line;

	while ((status = line_reader_next(reader, &line, error)) == STATUS_OK) {
		import->line++;
		if (import->line <= import->done || is_blank(line))
			continue;
		import->progress->line_count++;
		import->progress->size_bytes += line.size;
		import->progress->part = line_reader_part(reader);
		take_line(import, line);
		if (batch_row_count(&import->rows) >= GROUP_ROWS ||
		    import->rows.arena.used_bytes >= GROUP_BYTES)
			status = give_group(import, error);
		if (status != STATUS_OK)
			return status;
	}
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* What came before damage is imported all the same. */
static enum status read_lines(struct import *import, struct line_reader *reader, struct error *error)
{
	struct error last = {0};
	enum status status = take_lines(import, reader, error), given = STATUS_OK;

	if (status == STATUS_CANCELLED || status == STATUS_BUSY)
		return status;
	if (import->done && import->line <= import->done && status == STATUS_OK)
		import->progress->known_files++;
	else if (batch_row_count(&import->rows) || status == STATUS_OK)
		given = give_group(import, status == STATUS_OK ? error : &last);
	return status == STATUS_OK ? given : status;
}

enum status import_file(const char *path, const struct import_options *options,
			struct import_progress *progress, struct error *error)
{
	struct import import = {.options = options, .progress = progress, .path = path};
	struct line_reader *reader = NULL;
	enum status status;

	batch_init(&import.rows, 0);
	status = make_key(&import, error);
	if (status == STATUS_OK)
		status = read_journal(&import, error);
	if (status == STATUS_OK)
		status = line_reader_open(path, &reader, error);
	if (status == STATUS_OK)
		status = read_lines(&import, reader, error);
	line_reader_close(reader);
	batch_release(&import.rows);
	return status;
}
