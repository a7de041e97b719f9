#include "app/query/source.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "storage/rocksdb/rocksdb_store.h"

/* One question is asked: nothing will be asked for twice. */
enum { CACHED_TRACES = 0, CONNECT_SECONDS = 10, ANSWER_LIMIT_BYTES = 512 << 20 };

struct source {
	struct source_options options;
	/* the folder */
	struct store *store;
	struct query *query;
	/* the program */
	CURL *curl;
	struct curl_slist *headers;
	char reason[CURL_ERROR_SIZE];
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
		[SOURCE_TRACES] = ask_traces, [SOURCE_LOGS] = ask_logs, [SOURCE_METRICS] = ask_metrics};

	if (subject == SOURCE_TRACE)
		return ask_trace(source->query, str_from(trace_id), body_out, problem);
	return lists[subject](source->query, parameters, body_out, problem);
}

/* ---- a running program ---- */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct buffer *body = context;

	buffer_append(body, bytes, size * count);
	return buffer_failed(body) ? 0 : size * count;
}

static enum status open_program(struct source *source, struct error *error)
{
	struct buffer header = BUFFER_EMPTY;

	source->curl = curl_easy_init();
	if (!source->curl)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	if (source->options.api_key && source->options.api_key[0]) {
		buffer_printf(&header, "Authorization: Bearer %s", source->options.api_key);
		buffer_append_byte(&header, '\0');
		if (!buffer_failed(&header))
			source->headers = curl_slist_append(NULL, header.data);
		buffer_release(&header);
		if (!source->headers)
			return error_set(error, STATUS_NO_MEMORY, "out of memory");
	}
	curl_easy_setopt(source->curl, CURLOPT_HTTPHEADER, source->headers);
	curl_easy_setopt(source->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(source->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(source->curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(source->curl, CURLOPT_ERRORBUFFER, source->reason);
	curl_easy_setopt(source->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	return STATUS_OK;
}

static void append_escaped(struct source *source, struct buffer *out, struct str text)
{
	char *escaped = text.size ? curl_easy_escape(source->curl, text.data, (int)text.size) : NULL;

	if (escaped)
		buffer_append_c(out, escaped);
	else if (text.size)
		out->failed = true;
	curl_free(escaped);
}

/* A C string in url_out. */
static void make_url(struct source *source, enum source_subject subject, const char *trace_id,
		     const struct parameters *parameters, struct buffer *url_out)
{
	static const char *const paths[] = {[SOURCE_TRACES] = "/telemetry/traces",
					    [SOURCE_TRACE] = "/telemetry/traces/",
					    [SOURCE_LOGS] = "/telemetry/logs",
					    [SOURCE_METRICS] = "/telemetry/metrics"};
	struct str base = str_from(source->options.url);

	while (base.size && base.data[base.size - 1] == '/')
		base.size--;
	buffer_append_str(url_out, base);
	buffer_append_c(url_out, paths[subject]);
	if (subject == SOURCE_TRACE)
		append_escaped(source, url_out, str_from(trace_id));
	for (size_t i = 0; i < parameters->count; i++) {
		buffer_append_byte(url_out, i ? '&' : '?');
		append_escaped(source, url_out, parameters->items[i].name);
		buffer_append_byte(url_out, '=');
		append_escaped(source, url_out, parameters->items[i].value);
	}
	buffer_append_byte(url_out, '\0');
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

static bool is_json(CURL *curl)
{
	char *type = NULL;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	return type && str_starts_with(str_from(type), "application/json");
}

static bool ask_program(struct source *source, enum source_subject subject, const char *trace_id,
			const struct parameters *parameters, struct buffer *body_out, struct problem *problem)
{
	struct buffer url = BUFFER_EMPTY;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	long http_code = 0;
	bool is_answered;

	body_out->limit = ANSWER_LIMIT_BYTES;
	make_url(source, subject, trace_id, parameters, &url);
	if (!buffer_failed(&url)) {
		curl_easy_setopt(source->curl, CURLOPT_URL, url.data);
		curl_easy_setopt(source->curl, CURLOPT_WRITEDATA, body_out);
		code = curl_easy_perform(source->curl);
		curl_easy_getinfo(source->curl, CURLINFO_RESPONSE_CODE, &http_code);
	}
	buffer_release(&url);
	if (code == CURLE_OK && http_code == 200 && is_json(source->curl))
		return true;
	is_answered = code == CURLE_OK;
	if (is_answered)
		read_refusal(source, http_code, body_out, problem);
	else
		problem_set(problem, 503, NULL, NULL, "%s cannot be asked: %s", source->options.url,
			    source->reason[0] ? source->reason : curl_easy_strerror(code));
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
	status = options->url ? open_program(source, error) : open_folder(source, error);
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
	curl_slist_free_all(source->headers);
	curl_easy_cleanup(source->curl);
	free(source);
}

bool source_ask(struct source *source, enum source_subject subject, const char *trace_id,
		const struct parameters *parameters, struct buffer *body_out, struct problem *problem)
{
	if (source->options.url)
		return ask_program(source, subject, trace_id, parameters, body_out, problem);
	return ask_folder(source, subject, trace_id, parameters, body_out, problem);
}
