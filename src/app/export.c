#include "archive/export.h"

#include <stdio.h>
#include <sys/stat.h>

#include "app/cli.h"
#include "app/progress.h"
#include "query/language/language.h"
#include "storage/rocksdb/rocksdb_store.h"

struct request {
	const char *folder, *start, *end, *signals, *service, *handler, *q, *compression;
	uint64_t file_size_mb;
	bool resume;
};

static bool read_time(const char *name, const char *text, uint64_t *time_ns)
{
	if (!text || time_parse_query(str_from(text), clock_now_ns(&clock_system), time_ns))
		return true;
	cli_fail("--%s is \"%s\"; allowed is a time such as 2026-01-31T12:00:00Z, Unix nanoseconds, now, or "
		 "-24h",
		 name, text);
	return false;
}

static bool read_signals(const char *text, unsigned *signals_out)
{
	struct str rest = str_from(text), name;
	bool more = true;

	*signals_out = 0;
	while (more) {
		unsigned found = 0;

		more = str_split(rest, ',', &name, &rest);
		for (int signal = 0; signal < SIGNAL_COUNT; signal++)
			if (str_equal_c(name, signal_name((enum signal)signal)))
				found = 1u << signal;
		if (!found) {
			cli_fail("--signals has \"%.*s\"; allowed are traces, metrics and logs, with commas "
				 "between",
				 STR_ARG(name));
			return false;
		}
		*signals_out |= found;
	}
	return true;
}

static bool read_options(const struct request *request, struct export_options *options)
{
	if (!read_time("start", request->start, &options->range.start_ns) ||
	    !read_time("end", request->end, &options->range.end_ns) ||
	    !read_signals(request->signals, &options->signals))
		return false;
	if (options->range.start_ns >= options->range.end_ns) {
		cli_fail("--start is not before --end");
		return false;
	}
	if (strcmp(request->compression, "zstd") != 0 && strcmp(request->compression, "none") != 0) {
		cli_fail("--compression is \"%s\"; allowed is zstd or none", request->compression);
		return false;
	}
	if (request->file_size_mb < 1 || request->file_size_mb > 100000) {
		cli_fail("--file-size is %llu; allowed is a whole number of megabytes from 1 to 100000",
			 (unsigned long long)request->file_size_mb);
		return false;
	}
	options->folder = request->folder;
	options->is_plain = !strcmp(request->compression, "none");
	options->file_size_bytes = request->file_size_mb * 1000 * 1000;
	options->service = str_from(request->service);
	options->handler = str_from(request->handler);
	options->q = str_trim(str_from(request->q));
	options->q_now_ns = clock_now_ns(&clock_system);
	options->resume = request->resume;
	return true;
}

static bool watch(void *context, const struct export_progress *progress)
{
	double part = progress->total_rows ? (double)progress->row_count / (double)progress->total_rows : 0;

	progress_show(context, "exporting", progress->row_count, progress->size_bytes, part);
	return !progress_is_stopped();
}

/* What an export's filter was parsed into, for as long as it runs. */
struct expressions {
	struct expression spans, logs;
};

static enum status parse(struct str q, enum signal signal, uint64_t now_ns, struct expression *expression,
			 struct error *error)
{
	struct expression_error wrong;
	enum status status = expression_parse(q, signal, now_ns, expression, &wrong);

	if (status != STATUS_OK)
		return error_set(error, status, "--q is wrong for %s at column %zu: %s", signal_name(signal),
				 wrong.column, wrong.message);
	return STATUS_OK;
}

static enum status narrow(void *context, struct str q, unsigned signals, uint64_t now_ns,
			  struct export_filters *filters, struct error *error)
{
	struct expressions *expressions = context;
	enum status status = STATUS_OK;

	if (signals & STORE_TRACES) {
		status = parse(q, SIGNAL_TRACES, now_ns, &expressions->spans, error);
		if (status == STATUS_OK)
			status = expression_narrow_spans(&expressions->spans, &filters->spans, error);
	}
	if (status == STATUS_OK && (signals & STORE_LOGS)) {
		status = parse(q, SIGNAL_LOGS, now_ns, &expressions->logs, error);
		if (status == STATUS_OK)
			status = expression_narrow_logs(&expressions->logs, &filters->logs, NULL, error);
	}
	return status;
}

static int tell(const struct request *request, enum status status, const struct export_progress *done,
		double seconds, const struct error *error)
{
	if (status == STATUS_OK) {
		printf("%llu rows in %zu files, %.1f MB, in %.1f s: %s\n",
		       (unsigned long long)done->row_count, done->file_count, (double)done->size_bytes / 1e6,
		       seconds, request->folder);
		return CLI_DONE;
	}
	cli_fail("%s", error->message);
	if (status != STATUS_INVALID && done->total_rows)
		fprintf(stderr, "rohas-telemetry: go on with: rohas-telemetry export %s --resume\n",
			request->folder);
	return status == STATUS_INVALID ? CLI_WRONG : CLI_FAILED;
}

static int export_store(const struct config *config, const struct request *request,
			struct export_options *options)
{
	const struct rocksdb_store_options store_options = {.path = config->store_path, .is_read_only = true};
	struct expressions expressions = {0};
	struct export_progress done = {0};
	struct progress progress;
	struct error error = {0};
	struct store *store;
	enum status status = rocksdb_store_open(&store_options, &store, &error);
	double seconds;

	if (status != STATUS_OK)
		return cli_fail("%s", error.message);
	umask(077);
	progress_begin(&progress);
	options->narrow = narrow;
	options->narrow_context = &expressions;
	options->watch = watch;
	options->watch_context = &progress;
	status = export_run(store, options, &done, &error);
	seconds = progress_end(&progress);
	store_close(store);
	expression_release(&expressions.spans);
	expression_release(&expressions.logs);
	return tell(request, status, &done, seconds, &error);
}

static int run(int argc, char **argv)
{
	struct request request = {
		.signals = "traces,metrics,logs",
		.service = "",
		.handler = "",
		.q = "",
		.compression = "zstd",
		.file_size_mb = EXPORT_FILE_BYTES / 1000 / 1000,
	};
	const struct option options[] = {
		{"start", "TIME",
		 "rows from this time on: RFC 3339, Unix nanoseconds, or -24h (default: all)", OPTION_TEXT,
		 &request.start},
		{"end", "TIME", "rows before this time (default: all)", OPTION_TEXT, &request.end},
		{"signals", "LIST", "of traces,metrics,logs (default: all three)", OPTION_TEXT,
		 &request.signals},
		{"service", "NAME", "rows of this service alone", OPTION_TEXT, &request.service},
		{"handler", "NAME", "spans and logs of this handler alone; leaves metrics out", OPTION_TEXT,
		 &request.handler},
		{"q", "FILTER", "spans and logs that meet it alone (docs/filter.md); leaves metrics out",
		 OPTION_TEXT, &request.q},
		{"compression", "HOW", "zstd, or none: what the Collector reads as it is (default: zstd)",
		 OPTION_TEXT, &request.compression},
		{"file-size", "MB", "begin another file after about so many megabytes (default: 134)",
		 OPTION_COUNT, &request.file_size_mb},
		{"resume", NULL, "go on with an export that was interrupted, as it was begun", OPTION_FLAG,
		 &request.resume},
	};
	const struct command_line line = {
		&export_command,
		"Writes rows of the store into FOLDER, as files of OTLP/JSON lines, by signal and day: what "
		"the OpenTelemetry\n"
		"Collector's file exporter writes and its otlpjsonfile receiver reads, and what import reads "
		"back. The store may\n"
		"be in use: rows that arrive after the export began are left out. Nothing is changed in it.",
		options,
		sizeof(options) / sizeof(options[0]),
		"FOLDER",
		&request.folder,
	};
	struct export_options export_options = {.range = TIME_RANGE_ALL};
	struct config_request config_request;
	struct config config;
	int result;

	if (!cli_parse(&line, argc, argv, &config_request, &result))
		return result;
	result = cli_load_config(&config_request, &config) && read_options(&request, &export_options)
			 ? export_store(&config, &request, &export_options)
			 : CLI_WRONG;
	config_release(&config);
	cli_release_request(&config_request);
	return result;
}

const struct command export_command = {
	"export",
	"Write rows of the store as files of OTLP/JSON lines",
	run,
};
