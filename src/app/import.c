#include "archive/import.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/cli.h"
#include "app/demo/send.h"
#include "app/progress.h"
#include "archive/files.h"
#include "archive/otlp_encoder.h"
#include "processor/processor.h"
#include "storage/rocksdb/rocksdb_store.h"

enum {
	POST_ROWS = 2000,
	POST_BYTES = 8 * 1024 * 1024, /* half of what a receiver of JSON takes */
	COMPLAINTS_MOST = 20,
};

struct request {
	const char **words; /* files and folders */
	size_t word_count;
	const char *url;
	bool again;
};

struct importer {
	struct progress progress;
	struct import_progress done;
	struct import_options options;
	uint64_t complaint_count, refused_rows;
	/* one of the two */
	struct store *store;
	struct demo_sender *sender;
	struct processor *processor;
	struct buffer body;
};

static enum status store_rows(void *context, struct batch *rows, struct error *error)
{
	struct importer *importer = context;
	enum status status = processor_recognise(importer->processor, rows, error);

	return status == STATUS_OK ? store_append(importer->store, &rows, 1, error) : status;
}

static enum status post(struct importer *importer, enum signal signal, const struct batch *rows, size_t count,
			struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t at = 0, taken; at < count && status == STATUS_OK; at += taken) {
		uint64_t refused = 0;

		taken = count - at < POST_ROWS ? count - at : POST_ROWS;
		do {
			buffer_clear(&importer->body);
			status = otlp_encode(signal, rows, at, taken, &importer->body, error);
		} while (status == STATUS_OK && importer->body.size > POST_BYTES && taken > 1 &&
			 (taken /= 2));
		if (status == STATUS_OK)
			status = sender_post(importer->sender, signal, buffer_str(&importer->body), &refused,
					     error);
		importer->refused_rows += refused;
	}
	return status;
}

static enum status post_rows(void *context, struct batch *rows, struct error *error)
{
	enum status status = post(context, SIGNAL_TRACES, rows, rows->span_count, error);

	if (status == STATUS_OK)
		status = post(context, SIGNAL_LOGS, rows, rows->log_count, error);
	return status == STATUS_OK ? post(context, SIGNAL_METRICS, rows, rows->point_count, error) : status;
}

static void complain(void *context, const char *sentence)
{
	struct importer *importer = context;

	progress_wipe();
	if (++importer->complaint_count <= COMPLAINTS_MOST)
		cli_fail("%s", sentence);
	if (importer->complaint_count == COMPLAINTS_MOST)
		cli_fail("more lines of this kind are counted, not told");
}

static bool watch(void *context, const struct import_progress *done)
{
	struct importer *importer = context;

	progress_show(&importer->progress, "importing", done->row_count, done->size_bytes, done->part);
	return !progress_is_stopped();
}

static bool is_lines(struct str name)
{
	static const char *const endings[] = {".json", ".jsonl", ".zst", ".gz"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (str_ends_with(name, endings[i]))
			return !str_equal_c(name, "manifest.json");
	return false;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* One file; a damaged one costs itself, an interruption or a sink that fails ends it all. */
static enum status import_one(struct importer *importer, const char *path, bool *is_damaged_out,
			      struct error *error)
{
	enum status status = import_file(path, &importer->options, &importer->done, error);

	if (status != STATUS_CORRUPT && status != STATUS_UNSUPPORTED)
		return status;
	*is_damaged_out = true;
	complain(importer, error->message);
	return STATUS_OK;
}

/* Whatever is named, and what lies in folders that are named, in the order of names. */
static enum status import_all(struct importer *importer, const struct request *request, bool *is_damaged_out,
			      struct error *error)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < request->word_count && status == STATUS_OK; i++) {
		char *paths[] = {(char *)request->words[i], NULL};
		FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
		FTSENT *entry;

		while (tree && status == STATUS_OK && (entry = fts_read(tree))) {
			if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR ||
			    entry->fts_info == FTS_ERR)
				status = error_set(error, STATUS_IO, "%s cannot be read: %s", entry->fts_path,
						   strerror(entry->fts_errno));
			else if (entry->fts_info == FTS_F &&
				 (entry->fts_level == 0 || is_lines(str_from(entry->fts_name))))
				status = import_one(importer, entry->fts_path, is_damaged_out, error);
		}
		if (tree)
			fts_close(tree);
	}
	return status;
}

static void tell(const struct importer *importer, double seconds)
{
	const struct import_progress *done = &importer->done;

	printf("%llu rows of %llu lines in %.1f s", (unsigned long long)done->row_count,
	       (unsigned long long)done->line_count, seconds);
	if (done->known_files)
		printf("; %llu files had been imported before (--again imports them again)",
		       (unsigned long long)done->known_files);
	if (done->bad_lines)
		printf("; %llu lines were bad", (unsigned long long)done->bad_lines);
	if (done->rejected_rows + importer->refused_rows)
		printf("; %llu records were refused",
		       (unsigned long long)(done->rejected_rows + importer->refused_rows));
	putchar('\n');
}

static enum status open_target(struct importer *importer, const struct config *config,
			       const struct request *request, struct error *error)
{
	const struct rocksdb_store_options store_options = {.path = config->store_path, .sync = true};
	const struct processor_options processor_options = {.clock = &clock_system, .host = "localhost"};
	enum status status;

	if (request->url) {
		status = sender_new(request->url, config->workbench.api_key, 0, progress_stop_flag(),
				    &importer->sender, error);
		return status == STATUS_OK ? sender_speak_json(importer->sender, error) : status;
	}
	status = processor_new(&processor_options, &importer->processor, error);
	if (status == STATUS_OK)
		status = rocksdb_store_open(&store_options, &importer->store, error);
	if (status == STATUS_BUSY)
		return error_set(error, status,
				 "the store at %s is held by another process: import into that one with "
				 "--url, or stop "
				 "it first",
				 config->store_path);
	return status;
}

static void release(struct importer *importer)
{
	store_close(importer->store);
	processor_free(importer->processor);
	sender_free(importer->sender);
	buffer_release(&importer->body);
}

static int import(const struct config *config, const struct request *request)
{
	struct importer importer = {0};
	struct error error = {0};
	char journal[4200];
	bool is_damaged = false;
	enum status status;

	umask(077);
	progress_begin(&importer.progress);
	snprintf(journal, sizeof(journal), "%s.imported", config->store_path);
	status = open_target(&importer, config, request, &error);
	if (status == STATUS_OK)
		status = folder_make_above(journal, &error);
	importer.options = (struct import_options){
		.journal = journal,
		.target = request->url ? request->url : config->store_path,
		.again = request->again,
		.clock = &clock_system,
		.sink = request->url ? post_rows : store_rows,
		.complain = complain,
		.watch = watch,
		.context = &importer,
	};
	if (status == STATUS_OK) {
		status = import_all(&importer, request, &is_damaged, &error);
		tell(&importer, progress_end(&importer.progress));
	}
	release(&importer);
	if (status != STATUS_OK)
		cli_fail("%s", error.message);
	return status != STATUS_OK || is_damaged || importer.done.bad_lines ? CLI_FAILED : CLI_DONE;
}

static int run(int argc, char **argv)
{
	struct request request = {.words = calloc((size_t)argc, sizeof(*request.words))};
	const char *first = NULL;
	const struct option options[] = {
		{"url", "URL",
		 "into a running program, such as http://localhost:4318 (default: straight into the store)",
		 OPTION_TEXT, &request.url},
		{"again", NULL, "also files that were imported before: their rows are then there twice",
		 OPTION_FLAG, &request.again},
	};
	const struct command_line line = {
		&import_command,
		"Reads files of OTLP/JSON lines, those of export and those of the OpenTelemetry Collector's "
		"file exporter, plain or\n"
		"packed with zstd or gzip; of a FOLDER every .json, .jsonl, .zst and .gz. Straight into the "
		"store, which no program\n"
		"may hold then, or with --url into a running one. Handlers are recognised as on arrival.\n\n"
		"What was imported is noted beside the store, in telemetry.path.imported, by content: a file "
		"that is given again\n"
		"is passed over, and one that was interrupted goes on where it stopped. The note is by "
		"target (the store, or the\n"
		"URL): it knows nothing of what came another way.",
		options,
		sizeof(options) / sizeof(options[0]),
		"FILE|FOLDER...",
		&first,
		request.words,
		&request.word_count,
	};
	struct config_request config_request;
	struct config config;
	int result;

	if (!request.words)
		return cli_fail("out of memory");
	if (cli_parse(&line, argc, argv, &config_request, &result)) {
		result = cli_load_config(&config_request, &config) ? import(&config, &request) : CLI_WRONG;
		config_release(&config);
		cli_release_request(&config_request);
	}
	free(request.words);
	return result;
}

const struct command import_command = {
	"import",
	"Read files of OTLP/JSON lines into the store or a running program",
	run,
};
