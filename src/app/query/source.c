#include "app/query/source.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/http_client.h"
#include "storage/rocksdb/rocksdb_store.h"

/* One question is asked: nothing will be asked for twice. */
enum { CACHED_TRACES = 0, ANSWER_LIMIT_BYTES = 512 << 20 };

struct source {
	struct source_options options;
	/* the folder */
	struct store *store;
	struct query *query;
	/* the program */
	struct http_client *client;
};

/* ---- the folder ---- */

static enum status open_folder(struct source *source, struct error *error)
{
	const struct rocksdb_store_options store = {.path = source->options.folder, .is_read_only = true};
	struct query_options query = {.cache_trace_limit = CACHED_TRACES};
	enum status status = rocksdb_store_open(&store, &source->store, error);

	if (status != STATUS_OK)
		return status;
	query.store = source->store;
	return query_new(&query, &source->query, error);
}

static bool ask_folder(struct source *source, enum source_subject subject, const char *trace_id,
		       const struct parameters *parameters, struct buffer *body_out, struct problem *problem)
{
	static ask_question *const lists[] = {
		[SOURCE_TRACES] = ask_traces,
		[SOURCE_LOGS] = ask_logs,
		[SOURCE_LOG_COUNTS] = ask_log_counts,
		[SOURCE_LOG_TOP] = ask_log_top,
		[SOURCE_LOG_PATTERNS] = ask_log_patterns,
		[SOURCE_LOG_CONTEXT] = ask_log_context,
		[SOURCE_METRICS] = ask_metrics,
	};

	if (subject == SOURCE_TRACE)
		return ask_trace(source->query, str_from(trace_id), body_out, problem);
	return lists[subject](source->query, parameters, body_out, problem);
}

/* ---- a running program ---- */

/* A path and its parameters. */
static void make_target(struct source *source, enum source_subject subject, const char *trace_id,
			const struct parameters *parameters, struct buffer *target_out)
{
	static const char *const paths[] = {[SOURCE_TRACES] = "/telemetry/traces",
					    [SOURCE_TRACE] = "/telemetry/traces/",
					    [SOURCE_LOGS] = "/telemetry/logs",
					    [SOURCE_LOG_COUNTS] = "/telemetry/logs/counts",
					    [SOURCE_LOG_TOP] = "/telemetry/logs/top",
					    [SOURCE_LOG_PATTERNS] = "/telemetry/logs/patterns",
					    [SOURCE_LOG_CONTEXT] = "/telemetry/logs/context",
					    [SOURCE_METRICS] = "/telemetry/metrics"};

	buffer_append_c(target_out, paths[subject]);
	if (subject == SOURCE_TRACE)
		http_client_escape(source->client, str_from(trace_id), target_out);
	for (size_t i = 0; i < parameters->count; i++) {
		buffer_append_byte(target_out, i ? '&' : '?');
		http_client_escape(source->client, parameters->items[i].name, target_out);
		buffer_append_byte(target_out, '=');
		http_client_escape(source->client, parameters->items[i].value, target_out);
	}
}

/* What the program answered instead: its problem document says why. */
static bool read_refusal(const struct source *source, long code, const struct buffer *body,
			 struct problem *problem)
{
	json_t *document = json_loadb(body->data ? body->data : "", body->size, 0, NULL);
	const char *detail = json_string_value(json_object_get(document, "detail"));
	const char *parameter = json_string_value(json_object_get(document, "parameter"));
	json_int_t column = json_integer_value(json_object_get(document, "column"));

	if (code == 401)
		problem_set(problem, 401, NULL, NULL,
			    "%s asks for its key: set ROHAS_WORKBENCH_API_KEY, or give --api-key",
			    source->options.url);
	else if (detail)
		problem_set(problem, (unsigned)code, parameter, NULL, "%s", detail);
	else
		problem_set(problem, (unsigned)code, NULL, NULL,
			    "%s answered %ld, and not as this program does: name its server.port with --url",
			    source->options.url, code);
	/* A place far behind what can be given is not one. */
	if (detail && column > 0 && column <= EXPRESSION_MOST_BYTES + 1)
		problem->column = (size_t)column;
	json_decref(document);
	return false;
}

static bool ask_program(struct source *source, enum source_subject subject, const char *trace_id,
			const struct parameters *parameters, struct buffer *body_out, struct problem *problem)
{
	struct buffer target = BUFFER_EMPTY;
	struct error error = {0};
	bool is_json = false;
	long code = 0;
	enum status status;

	body_out->limit = ANSWER_LIMIT_BYTES;
	make_target(source, subject, trace_id, parameters, &target);
	status = buffer_failed(&target) ? error_set(&error, STATUS_NO_MEMORY, "out of memory")
					: http_client_get(source->client, buffer_str(&target), body_out,
							  &code, &is_json, &error);
	buffer_release(&target);
	if (status == STATUS_OK && code == 200 && is_json)
		return true;
	if (status == STATUS_OK)
		read_refusal(source, code, body_out, problem);
	else
		problem_set(problem, 503, NULL, NULL, "%s", error.message);
	buffer_release(body_out);
	*body_out = BUFFER_EMPTY;
	return false;
}

/* ---- both ---- */

enum status source_open(const struct source_options *options, struct source **source_out, struct error *error)
{
	struct source *source = calloc(1, sizeof(*source));
	enum status status;

	if (!source)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	source->options = *options;
	status = options->url ? http_client_new(options->url, options->api_key, &source->client, error)
			      : open_folder(source, error);
	if (status != STATUS_OK) {
		source_close(source);
		return status;
	}
	*source_out = source;
	return STATUS_OK;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	query_free(source->query);
	store_close(source->store);
	http_client_free(source->client);
	free(source);
}

bool source_ask(struct source *source, enum source_subject subject, const char *trace_id,
		const struct parameters *parameters, struct buffer *body_out, struct problem *problem)
{
	if (source->options.url)
		return ask_program(source, subject, trace_id, parameters, body_out, problem);
	return ask_folder(source, subject, trace_id, parameters, body_out, problem);
}
