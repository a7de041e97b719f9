/* figures: what the program tells of itself, for people and for Prometheus (text format 0.0.4). */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/insides.h"

/* Everything that there is to tell, read at one time. */
struct picture {
	struct server_figures figures;
	struct store_stats store;
	struct trace_cache_stats cache;
	struct live_stats live;
};

static enum status read_picture(struct server *server, struct picture *picture_out, struct error *error)
{
	memset(picture_out, 0, sizeof(*picture_out));
	if (server->options.figures_read)
		server->options.figures_read(server->options.figures_context, &picture_out->figures);
	query_cache_stats(server->query, &picture_out->cache);
	live_stats_read(server->live, &picture_out->live);
	return query_store_stats(server->query, &picture_out->store, error);
}

/* ---- /telemetry/status ---- */

static void render_signals(struct json *json, const struct server_figures *figures)
{
	json_key(json, str_from("signals"));
	json_begin_object(json);
	for (int i = 0; i < SIGNAL_COUNT; i++) {
		const struct server_signal_figures *signal = &figures->signals[i];

		json_key(json, str_from(signal_name((enum signal)i)));
		json_begin_object(json);
		json_member_bool(json, "enabled", signal->enabled);
		json_member_u64(json, "received", signal->received);
		json_member_u64(json, "dropped", signal->dropped);
		json_member_u64(json, "rejected", signal->rejected);
		json_end_object(json);
	}
	json_end_object(json);
}

static void render_sampling(struct json *json, const struct server_figures *figures)
{
	if (!figures->is_sampling)
		return;
	json_key(json, str_from("sampling"));
	json_begin_array(json);
	for (size_t i = 0; i < figures->sampling_count; i++) {
		const struct server_sampling_figure *figure = &figures->sampling[i];

		json_begin_object(json);
		json_member_c(json, "decision", figure->is_kept ? "kept" : "dropped");
		json_member_c(json, "reason", figure->reason);
		json_member_u64(json, "traces", figure->traces);
		json_member_u64(json, "spans", figure->spans);
		json_end_object(json);
	}
	json_end_array(json);
}

static void render_senders(struct json *json, const struct server_figures *figures)
{
	json_key(json, str_from("senders"));
	json_begin_object(json);
	json_member_u64(json, "unknown_paths", figures->unknown_paths);
	json_member_nullable(json, "last_unknown_path", str_from(figures->last_unknown_path));
	json_member_u64(json, "future_rows", figures->future_rows);
	json_member_u64(json, "most_ahead_seconds", figures->most_ahead_ns / NS_PER_SECOND);
	json_member_u64(json, "expired_rows", figures->expired_rows);
	json_end_object(json);
}

static void render_store(struct json *json, const struct server_options *options,
			 const struct store_stats *stats)
{
	json_key(json, str_from("store"));
	json_begin_object(json);
	json_member_c(json, "type", options->store_type);
	json_member_c(json, "path", options->store_path);
	json_member_u64(json, "size_bytes", stats->size_bytes);
	json_member_u64(json, "spans", stats->span_count);
	json_member_u64(json, "logs", stats->log_count);
	json_member_u64(json, "points", stats->point_count);
	json_member_u64(json, "blocks", stats->block_count);
	json_member_u64(json, "damaged_blocks", stats->damaged_block_count);
	json_end_object(json);
}

static void render_cache(struct json *json, const struct trace_cache_stats *cache)
{
	json_key(json, str_from("trace_cache"));
	json_begin_object(json);
	json_member_u64(json, "traces", cache->trace_count);
	json_member_u64(json, "size_bytes", cache->size_bytes);
	json_member_u64(json, "hits", cache->hit_count);
	json_member_u64(json, "misses", cache->miss_count);
	json_end_object(json);
}

static void render_project(struct json *json, const struct server_options *options)
{
	json_key(json, str_from("project"));
	json_begin_object(json);
	json_member_c(json, "name", options->project_name);
	json_member_c(json, "version", options->project_version);
	json_member_c(json, "language", options->project_language);
	json_end_object(json);
}

static void answer_error(struct server *server, struct http_request *request, enum status status,
			 const struct error *error)
{
	struct problem problem;

	problem_from_error(&problem, status, error, NULL);
	answer_problem(server, request, &problem);
}

void run_status(struct server *server, struct http_request *request)
{
	struct buffer body = BUFFER_EMPTY;
	struct json json = json_to(&body);
	struct picture picture;
	struct error error;
	enum status status = read_picture(server, &picture, &error);

	if (status != STATUS_OK) {
		answer_error(server, request, status, &error);
		return;
	}
	json_begin_object(&json);
	json_member_c(&json, "version", server->options.version);
	json_key(&json, str_from("uptime_seconds"));
	json_double(&json, (double)((clock_monotonic_ns() - server->start_monotonic_ns) / NS_PER_MS) / 1000);
	render_store(&json, &server->options, &picture.store);
	render_cache(&json, &picture.cache);
	render_signals(&json, &picture.figures);
	render_senders(&json, &picture.figures);
	render_sampling(&json, &picture.figures);
	render_project(&json, &server->options);
	json_end_object(&json);
	answer_json(server, request, &body);
}

/* ---- /metrics ---- */

static void family(struct buffer *out, const char *name, const char *type, const char *help)
{
	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void plain(struct buffer *out, const char *name, const char *type, const char *help, uint64_t value)
{
	family(out, name, type, help);
	buffer_printf(out, "%s %" PRIu64 "\n", name, value);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void label_value(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			buffer_append_byte(out, '\\');
		if (*text == '\n')
			buffer_append_c(out, "\\n");
		else
			buffer_append_byte(out, (uint8_t)*text);
	}
}

static void write_build(struct buffer *out, const struct server_options *options)
{
	family(out, "rohas_telemetry_build_info", "gauge", "The program's version, as a label.");
	buffer_append_c(out, "rohas_telemetry_build_info{version=\"");
	label_value(out, options->version);
	buffer_append_c(out, "\"} 1\n");
}

static void write_rows(struct buffer *out, const struct server_figures *figures)
{
	static const char *const rows[SIGNAL_COUNT] = {"spans", "points", "logs"};
	static const struct {
		const char *verb, *help;
		size_t offset;
	} counts[] = {
		{"received", "accepted over OTLP", offsetof(struct server_signal_figures, received)},
		{"rejected", "refused by partial success", offsetof(struct server_signal_figures, rejected)},
		{"dropped", "accepted and not kept, for their signal is disabled",
		 offsetof(struct server_signal_figures, dropped)},
	};
	char name[64], help[128];

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
			const char *base = (const char *)&figures->signals[signal];
			uint64_t value;

			memcpy(&value, base + counts[i].offset, sizeof(value));
			snprintf(name, sizeof(name), "rohas_telemetry_%s_%s_total", counts[i].verb,
				 rows[signal]);
			snprintf(help, sizeof(help), "%s %s.",
				 signal == SIGNAL_TRACES    ? "Spans"
				 : signal == SIGNAL_METRICS ? "Metric points"
							    : "Log records",
				 counts[i].help);
			plain(out, name, "counter", help, value);
		}
}

static void write_requests(struct buffer *out, const struct server_figures *figures)
{
	family(out, "rohas_telemetry_requests_total", "counter",
	       "OTLP requests answered, by signal and HTTP status code.");
	for (size_t i = 0; i < figures->request_count && i < SERVER_REQUEST_FIGURES; i++)
		buffer_printf(out, "rohas_telemetry_requests_total{signal=\"%s\",code=\"%u\"} %" PRIu64 "\n",
			      signal_name((enum signal)figures->requests[i].signal),
			      figures->requests[i].status_code, figures->requests[i].count);
	plain(out, "rohas_telemetry_received_bytes_total", "counter",
	      "Bytes of OTLP request bodies after decoding.", figures->received_bytes);
}

static void write_senders(struct buffer *out, const struct server_figures *figures)
{
	plain(out, "rohas_telemetry_unknown_paths_total", "counter",
	      "OTLP requests to paths that do not exist.", figures->unknown_paths);
	plain(out, "rohas_telemetry_future_rows_total", "counter",
	      "Rows whose times lay more than a minute ahead when they arrived.", figures->future_rows);
	plain(out, "rohas_telemetry_expired_rows_total", "counter",
	      "Rows that were older than their retention when they arrived.", figures->expired_rows);
}

static void write_answers(struct buffer *out, struct server *server)
{
	family(out, "rohas_telemetry_api_answers_total", "counter",
	       "Answers of the API and the Workbench, by HTTP status code.");
	for (size_t i = 0; i <= COUNTED_CODES; i++) {
		uint64_t count = atomic_load(&server->answers[i]);

		if (count == 0)
			continue;
		if (i < COUNTED_CODES)
			buffer_printf(out, "rohas_telemetry_api_answers_total{code=\"%u\"} %" PRIu64 "\n",
				      counted_codes[i], count);
		else
			buffer_printf(out, "rohas_telemetry_api_answers_total{code=\"other\"} %" PRIu64 "\n",
				      count);
	}
}

static void write_commits(struct buffer *out, const struct server_figures *figures)
{
	plain(out, "rohas_telemetry_commit_batches_total", "counter", "Batches committed to the store.",
	      figures->commit_batches);
	plain(out, "rohas_telemetry_commit_groups_total", "counter",
	      "Commits to the store; each holds the batches that waited for it.", figures->commit_groups);
	plain(out, "rohas_telemetry_commit_failures_total", "counter", "Batches that the store did not take.",
	      figures->commit_failures);
	plain(out, "rohas_telemetry_commit_refusals_total", "counter",
	      "Batches refused because the queue was full.", figures->commit_refusals);
	plain(out, "rohas_telemetry_queue_bytes", "gauge", "Bytes that wait to be committed.",
	      figures->queue_bytes);
	plain(out, "rohas_telemetry_queue_limit_bytes", "gauge",
	      "Bytes that may wait before senders are asked to retry.", figures->queue_limit_bytes);
}

static void write_sampling_family(struct buffer *out, const struct server_figures *figures, const char *name,
				  const char *help, size_t offset)
{
	family(out, name, "counter", help);
	for (size_t i = 0; i < figures->sampling_count; i++) {
		const struct server_sampling_figure *figure = &figures->sampling[i];
		uint64_t value;

		memcpy(&value, (const char *)figure + offset, sizeof(value));
		buffer_printf(out, "%s{decision=\"%s\",reason=\"%s\"} %" PRIu64 "\n", name,
			      figure->is_kept ? "kept" : "dropped", figure->reason, value);
	}
}

static void write_sampling(struct buffer *out, const struct server_figures *figures)
{
	if (!figures->is_sampling)
		return;
	write_sampling_family(
		out, figures, "rohas_telemetry_sampling_traces_total",
		"Traces that were decided on, by their root spans; those left out on arrival are not "
		"told apart.",
		offsetof(struct server_sampling_figure, traces));
	write_sampling_family(out, figures, "rohas_telemetry_sampling_spans_total",
			      "Spans of traces that were decided on.",
			      offsetof(struct server_sampling_figure, spans));
	plain(out, "rohas_telemetry_sampling_known_traces", "gauge",
	      "Traces of which sampling knows something that may keep them.", figures->sampling_known_traces);
}

static void write_joins(struct buffer *out, const struct server_figures *figures)
{
	plain(out, "rohas_telemetry_joins_dropped_total", "counter",
	      "What waited for another span, decided early because its table was full.",
	      figures->joins_dropped);
	plain(out, "rohas_telemetry_joins_skewed_total", "counter",
	      "Events whose handler started before they were published: their time in queue counts as 0.",
	      figures->joins_skewed);
	plain(out, "rohas_telemetry_cron_runs_dropped_total", "counter",
	      "Runs of cron handlers without a point of their own, because there were too many at once.",
	      figures->cron_runs_dropped);
}

static void write_store(struct buffer *out, const struct picture *picture)
{
	plain(out, "rohas_telemetry_store_size_bytes", "gauge", "The store's size on disk.",
	      picture->store.size_bytes);
	plain(out, "rohas_telemetry_store_writable", "gauge",
	      "1, or 0 while every request is refused because the store cannot be written.",
	      picture->store.writing.status == STATUS_OK);
	plain(out, "rohas_telemetry_store_memory_bytes", "gauge",
	      "Memory of the store's indexes and caches, about.", picture->store.memory_bytes);
	plain(out, "rohas_telemetry_store_blocks", "gauge", "Blocks in the store.",
	      picture->store.block_count);
	plain(out, "rohas_telemetry_store_damaged_blocks", "gauge",
	      "Blocks found damaged since the start: their rows are left out of answers.",
	      picture->store.damaged_block_count);
	plain(out, "rohas_telemetry_store_spans", "gauge", "Spans in the store.", picture->store.span_count);
	plain(out, "rohas_telemetry_store_points", "gauge", "Metric points in the store.",
	      picture->store.point_count);
	plain(out, "rohas_telemetry_store_logs", "gauge", "Log records in the store.",
	      picture->store.log_count);
	plain(out, "rohas_telemetry_trace_cache_hits_total", "counter", "Traces found in the cache.",
	      picture->cache.hit_count);
	plain(out, "rohas_telemetry_trace_cache_misses_total", "counter",
	      "Traces read from the store because the cache had them not.", picture->cache.miss_count);
	plain(out, "rohas_telemetry_trace_cache_traces", "gauge", "Traces in the cache.",
	      picture->cache.trace_count);
	plain(out, "rohas_telemetry_trace_cache_bytes", "gauge", "Memory of the traces in the cache, about.",
	      picture->cache.size_bytes);
}

/* What the store dropped, by signal and reason. */
static void write_dropped(struct buffer *out, const struct store_stats *stats)
{
	static const char *const reasons[DROP_REASON_COUNT] = {
		[DROPPED_BY_AGE] = "age", [DROPPED_BY_SIZE] = "size"};
	static const struct {
		const char *name, *help;
		size_t offset;
	} families[] = {
		{"rohas_telemetry_store_dropped_rows_total",
		 "Rows dropped because of their age or the store's size, since the start.",
		 offsetof(struct store_dropped, rows)},
		{"rohas_telemetry_store_dropped_bytes_total",
		 "Bytes that the dropped rows took as they were stored.",
		 offsetof(struct store_dropped, bytes)},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		family(out, families[i].name, "counter", families[i].help);
		for (int signal = 0; signal < SIGNAL_COUNT; signal++)
			for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
				const char *dropped = (const char *)&stats->dropped[signal][reason];
				uint64_t value;

				memcpy(&value, dropped + families[i].offset, sizeof(value));
				buffer_printf(out, "%s{signal=\"%s\",reason=\"%s\"} %" PRIu64 "\n",
					      families[i].name, signal_name((enum signal)signal),
					      reasons[reason], value);
			}
	}
	plain(out, "rohas_telemetry_store_downsampled_points_total", "counter",
	      "Metric points that downsampling put into others.", stats->downsampled_points);
}

static void write_effort(struct buffer *out, const struct store_stats *stats)
{
	plain(out, "rohas_telemetry_store_committed_bytes_total", "counter",
	      "Bytes of the blocks that were committed.", stats->committed_bytes);
	plain(out, "rohas_telemetry_store_rewritten_bytes_total", "counter",
	      "Bytes of the blocks that merging and downsampling wrote.", stats->rewritten_bytes);
	plain(out, "rohas_telemetry_store_log_written_bytes_total", "counter",
	      "Bytes that RocksDB wrote to its log.", stats->log_written_bytes);
	plain(out, "rohas_telemetry_store_file_written_bytes_total", "counter",
	      "Bytes that RocksDB wrote to its table files: when memory was full, and to rewrite them.",
	      stats->file_written_bytes);
	plain(out, "rohas_telemetry_store_unmerged_blocks", "gauge",
	      "Small blocks that share their day with others: they wait to be merged.",
	      stats->unmerged_blocks);
	plain(out, "rohas_telemetry_store_unmerged_rows", "gauge",
	      "Rows of the blocks that wait to be merged.", stats->unmerged_rows);
}

static void write_live(struct buffer *out, const struct live_stats *live)
{
	plain(out, "rohas_telemetry_live_readers", "gauge", "Readers of the live stream.",
	      live->reader_count);
	plain(out, "rohas_telemetry_live_dropped_readers_total", "counter",
	      "Readers of the live stream dropped because they did not keep up.", live->dropped_reader_count);
	plain(out, "rohas_telemetry_live_dropped_traces_total", "counter",
	      "Changes of traces left out of the live stream because too many came.",
	      live->dropped_trace_count);
	plain(out, "rohas_telemetry_live_dropped_logs_total", "counter",
	      "Logs left out of the live stream because too many came.", live->dropped_log_count);
}

static uint64_t resident_bytes(void)
{
	unsigned long long size_pages = 0, resident_pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &size_pages, &resident_pages) != 2)
		resident_pages = 0;
	fclose(file);
	return resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void write_process(struct buffer *out, const struct server *server)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	family(out, "process_cpu_seconds_total", "counter", "User and system CPU time of the process.");
	buffer_printf(out, "process_cpu_seconds_total %.6f\n",
		      (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
	plain(out, "process_resident_memory_bytes", "gauge", "Resident memory of the process.",
	      resident_bytes());
	family(out, "process_start_time_seconds", "gauge", "When the process started, in Unix seconds.");
	buffer_printf(out, "process_start_time_seconds %.3f\n", (double)server->start_ns / 1e9);
}

void run_figures(struct server *server, struct http_request *request)
{
	struct buffer body = BUFFER_EMPTY;
	struct picture picture;
	struct error error;
	enum status status = read_picture(server, &picture, &error);

	if (status != STATUS_OK) {
		answer_error(server, request, status, &error);
		return;
	}
	write_build(&body, &server->options);
	write_rows(&body, &picture.figures);
	write_requests(&body, &picture.figures);
	write_senders(&body, &picture.figures);
	write_commits(&body, &picture.figures);
	write_sampling(&body, &picture.figures);
	write_joins(&body, &picture.figures);
	write_store(&body, &picture);
	write_dropped(&body, &picture.store);
	write_effort(&body, &picture.store);
	write_answers(&body, server);
	write_live(&body, &picture.live);
	write_process(&body, server);
	http_reply_header(request, "Cache-Control", "no-store");
	answer(server, request, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

/* ---- probes ---- */

void run_health(struct server *server, struct http_request *request)
{
	answer_text(server, request, 200, "ok\n");
}

/* It answers questions, and takes no telemetry. */
static void refuse_ready(struct server *server, struct http_request *request, const struct error *error)
{
	struct problem problem;

	problem_set(&problem, 503, NULL, NULL, "%s", error->message);
	answer_problem(server, request, &problem);
}

void run_ready(struct server *server, struct http_request *request)
{
	struct store_stats stats;
	struct error error;
	enum status status = query_store_stats(server->query, &stats, &error);

	if (status != STATUS_OK)
		answer_error(server, request, status, &error);
	else if (stats.writing.status != STATUS_OK)
		refuse_ready(server, request, &stats.writing);
	else
		answer_text(server, request, 200, "ok\n");
}
