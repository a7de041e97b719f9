/* The server over real HTTP, with the memory store behind it. */
#include "server/server.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "http/content.h"
#include "query/logs.h"
#include "storage/memory/memory_store.h"
#include "test.h"

struct fixture {
	struct store *store;
	struct server *server;
	struct http_server *door;
	struct batch batch;
	char address[64];
};

struct reply {
	long code;
	struct buffer body, headers;
};

/* What the receiver would do with the requests that are handed on. */
static void receive(void *context, struct http_request *request)
{
	struct buffer body = BUFFER_EMPTY;

	(void)context;
	buffer_printf(&body, "received %s", http_request_method_name(request));
	http_reply(request, 200, "text/plain", &body);
}

static void read_figures(void *context, struct server_figures *figures)
{
	(void)context;
	figures->signals[SIGNAL_TRACES] = (struct server_signal_figures){true, 11, 22, 33};
	figures->requests[0] = (struct server_request_figure){200, SIGNAL_LOGS, 5};
	figures->request_count = 1;
	figures->queue_bytes = 44;
}

static struct server_options standard_options(void)
{
	return (struct server_options){
		.clock = &clock_system,
		.cache_trace_limit = 100,
		.worker_count = 2,
		.receiver_handle = receive,
		.figures_read = read_figures,
		.version = "1.2.3",
		.store_type = "memory",
		.store_path = "",
		.project_name = "a \"shop\"",
		.project_version = "",
		.project_language = "rust",
		.host = "127.0.0.1",
		.enable_cors = true,
	};
}

static struct fixture *fixture_new(struct server_options options)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error;
	struct http_server_options door = {
		.host = "127.0.0.1",
		.thread_count = 2,
		.connection_limit = 300,
		.connection_memory_bytes = 32 * 1024,
		.body_limit_bytes = 1000,
		.idle_timeout_seconds = 60,
		.handler = server_handle,
		.reject = server_reject,
	};

	fixture->store = options.store = memory_store_open();
	assert_int_equal(server_new(&options, &fixture->server, &error), STATUS_OK);
	door.context = fixture->server;
	if (http_server_start(&door, &fixture->door, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	snprintf(fixture->address, sizeof(fixture->address), "http://127.0.0.1:%u",
		 http_server_port(fixture->door));
	batch_init(&fixture->batch, 0);
	return fixture;
}

static void fixture_free(struct fixture *fixture)
{
	http_server_quiesce(fixture->door);
	server_stop(fixture->server);
	http_server_stop(fixture->door);
	server_free(fixture->server);
	store_close(fixture->store);
	batch_release(&fixture->batch);
	free(fixture);
}

static void fixture_commit(struct fixture *fixture)
{
	struct batch *batch = &fixture->batch;
	struct error error;

	assert_int_equal(store_append(fixture->store, &batch, 1, &error), STATUS_OK);
	server_note_batch(fixture->server, batch);
	batch_clear(batch);
}

static void add_span(struct fixture *fixture, uint8_t trace, uint8_t id, uint8_t parent, const char *name)
{
	struct span *span = batch_add_span(&fixture->batch);

	span->trace_id[15] = trace;
	span->span_id[7] = id;
	span->parent_span_id[7] = parent;
	span->name = str_from(name);
	span->start_ns = UINT64_C(1767225600000000000) + trace;
	span->end_ns = span->start_ns + 1000000;
	span->handler = (struct handler){.role = ROLE_EXECUTION,
					 .type = HANDLER_API,
					 .name = str_from("CreateUser"),
					 .language = str_from("rust")};
}

static void add_log(struct fixture *fixture, uint8_t trace, uint8_t span, const char *message)
{
	struct log_record *record = batch_add_log(&fixture->batch);

	record->time_ns = UINT64_C(1767225600000000000);
	record->trace_id[15] = trace;
	record->span_id[7] = span;
	record->body = value_from_str(str_from(message));
	record->severity_number = 9;
}

static size_t gather(char *bytes, size_t size, size_t count, void *buffer)
{
	buffer_append(buffer, bytes, size * count);
	return size * count;
}

/* headers: "Name: value", ends with NULL; may be NULL. */
static struct reply ask_with(struct fixture *fixture, const char *method, const char *path,
			     const char *const *headers)
{
	struct reply reply = {0};
	struct curl_slist *list = NULL;
	CURL *curl = curl_easy_init();
	char url[1024];
	CURLcode result;

	for (; headers && *headers; headers++)
		list = curl_slist_append(list, *headers);
	snprintf(url, sizeof(url), "%s%s", fixture->address, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, gather);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply.headers);
	curl_easy_setopt(curl, CURLOPT_NOBODY, strcmp(method, "HEAD") == 0);
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	result = curl_easy_perform(curl);
	if (result != CURLE_OK)
		fail_msg("%s %s: %s", method, url, curl_easy_strerror(result));
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.code);
	buffer_append_byte(&reply.body, '\0');
	buffer_append_byte(&reply.headers, '\0');
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	return reply;
}

static struct reply ask(struct fixture *fixture, const char *path)
{
	return ask_with(fixture, "GET", path, NULL);
}

static void forget(struct reply *reply)
{
	buffer_release(&reply->body);
	buffer_release(&reply->headers);
}

static json_t *take_json(struct reply *reply, long code)
{
	json_error_t error;
	json_t *root;

	if (reply->code != code)
		fail_msg("%ld: %s", reply->code, reply->body.data);
	root = json_loads(reply->body.data, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("%s: %s", error.text, reply->body.data);
	forget(reply);
	return root;
}

static const char *text_of(json_t *root, const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static bool has_header(const struct reply *reply, const char *line)
{
	return str_contains_nocase(str_from(reply->headers.data), str_from(line));
}

static void lists_and_shows_what_was_committed(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply;
	json_t *root, *first;

	(void)state;
	add_span(fixture, 1, 1, 0, "POST /users");
	add_span(fixture, 1, 2, 1, "query");
	add_span(fixture, 2, 1, 0, "GET /users");
	add_log(fixture, 1, 2, "made");
	fixture_commit(fixture);

	reply = ask(fixture, "/telemetry/traces?limit=1");
	assert_true(has_header(&reply, "Content-Type: application/json"));
	assert_true(has_header(&reply, "X-Content-Type-Options: nosniff"));
	root = take_json(&reply, 200);
	assert_int_equal(json_array_size(json_object_get(root, "traces")), 1);
	assert_true(json_is_string(json_object_get(root, "next_cursor")));
	json_decref(root);

	reply = ask(fixture, "/telemetry/traces/00000000000000000000000000000001");
	root = take_json(&reply, 200);
	assert_int_equal(json_array_size(json_object_get(root, "spans")), 2);
	json_decref(root);

	reply = ask(fixture, "/telemetry/logs?handler=CreateUser&q=made");
	root = take_json(&reply, 200);
	first = json_array_get(json_object_get(root, "logs"), 0);
	assert_string_equal(text_of(first, "message"), "made");
	assert_string_equal(text_of(first, "handler"), "CreateUser");
	json_decref(root);

	reply = ask(fixture, "/telemetry/metrics");
	root = take_json(&reply, 200);
	assert_int_equal(json_array_size(json_object_get(root, "metrics")), 0);
	json_decref(root);
	fixture_free(fixture);
}

static void late_spans_are_seen_at_once(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());

	(void)state;
	for (uint8_t spans = 1; spans <= 5; spans++) {
		struct reply reply;
		json_t *root;

		add_span(fixture, 1, spans, spans > 1 ? 1 : 0, "span");
		fixture_commit(fixture);
		reply = ask(fixture, "/telemetry/traces/00000000000000000000000000000001");
		root = take_json(&reply, 200);
		assert_int_equal(json_array_size(json_object_get(root, "spans")), spans);
		json_decref(root);
	}
	fixture_free(fixture);
}

static void refusals_are_problem_documents(void **state)
{
	static const struct {
		const char *path;
		long code;
		const char *parameter;
	} table[] = {
		{"/telemetry/traces?limit=zero", 400, "limit"},
		{"/telemetry/traces?handlr=x", 400, "handlr"},
		{"/telemetry/traces?cursor=abc", 400, "cursor"},
		{"/telemetry/traces/xyz", 400, "trace_id"},
		{"/telemetry/traces/", 400, "trace_id"},
		{"/telemetry/traces/000000000000000000000000000000ff", 404, NULL},
		{"/telemetry/logs?level=LOUD", 400, "level"},
		{"/telemetry/logs?cursor=abc", 400, "cursor"},
		{"/telemetry/metrics?name=none", 404, "name"},
		{"/telemetry/metrics?name=none&step=1ms&start=-7d", 400, "step"},
		{"/telemetry/live?signal=smoke", 400, "signal"},
		{"/telemetry", 404, NULL},
		{"/telemetry/tracesx", 404, NULL},
	};
	struct fixture *fixture = fixture_new(standard_options());

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct reply reply = ask(fixture, table[i].path);
		json_t *root;

		assert_true(has_header(&reply, "Content-Type: application/problem+json"));
		root = take_json(&reply, table[i].code);
		assert_int_equal(json_integer_value(json_object_get(root, "status")), table[i].code);
		assert_non_null(text_of(root, "title"));
		assert_non_null(text_of(root, "detail"));
		if (table[i].parameter)
			assert_string_equal(text_of(root, "parameter"), table[i].parameter);
		else
			assert_null(json_object_get(root, "parameter"));
		json_decref(root);
	}
	fixture_free(fixture);
}

static void only_get_and_head_are_taken(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE", "PATCH"};
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		reply = ask_with(fixture, methods[i], "/telemetry/traces", NULL);
		assert_int_equal(reply.code, 405);
		assert_true(has_header(&reply, "Allow: GET, HEAD, OPTIONS"));
		forget(&reply);
	}
	reply = ask_with(fixture, "HEAD", "/telemetry/traces", NULL);
	assert_int_equal(reply.code, 200);
	assert_int_equal(reply.body.size, 1);
	forget(&reply);
	reply = ask_with(fixture, "HEAD", "/telemetry/live", NULL);
	assert_int_equal(reply.code, 405);
	forget(&reply);
	fixture_free(fixture);
}

static void telemetry_goes_on_to_the_receiver(void **state)
{
	struct server_options options = standard_options();
	struct fixture *fixture = fixture_new(options);
	struct reply reply = ask_with(fixture, "POST", "/v1/traces", NULL);

	(void)state;
	assert_int_equal(reply.code, 200);
	assert_string_equal(reply.body.data, "received POST");
	forget(&reply);
	fixture_free(fixture);

	options.receiver_handle = NULL;
	fixture = fixture_new(options);
	reply = ask_with(fixture, "POST", "/v1/traces", NULL);
	assert_int_equal(reply.code, 404);
	forget(&reply);
	fixture_free(fixture);
}

static void the_key_guards_data_but_not_probes_and_pages(void **state)
{
	static const char *const guarded[] = {"/telemetry/traces",
					      "/telemetry/logs",
					      "/telemetry/metrics",
					      "/telemetry/status",
					      "/telemetry/live",
					      "/metrics",
					      "/telemetry/traces/00000000000000000000000000000001"};
	static const char *const open[] = {"/healthz", "/readyz", "/openapi.json", "/workbench"};
	static const char *const bearer[] = {"Authorization: Bearer secret", NULL};
	static const char *const header[] = {"X-API-Key: secret", NULL};
	struct server_options options = standard_options();
	struct fixture *fixture;
	struct reply reply;

	(void)state;
	options.api_key = "secret";
	fixture = fixture_new(options);
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		reply = ask(fixture, guarded[i]);
		assert_int_equal(reply.code, 401);
		assert_true(has_header(&reply, "WWW-Authenticate: Bearer"));
		forget(&reply);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		reply = ask(fixture, open[i]);
		assert_int_equal(reply.code, 200);
		forget(&reply);
	}
	reply = ask_with(fixture, "GET", "/telemetry/traces", bearer);
	assert_int_equal(reply.code, 200);
	forget(&reply);
	reply = ask_with(fixture, "GET", "/metrics", header);
	assert_int_equal(reply.code, 200);
	forget(&reply);
	/* This port may be open to the world where the receiver's own is not. */
	reply = ask_with(fixture, "POST", "/v1/traces", NULL);
	assert_int_equal(reply.code, 401);
	assert_true(has_header(&reply, "WWW-Authenticate: Bearer"));
	forget(&reply);
	reply = ask_with(fixture, "POST", "/v1/traces", header);
	assert_int_equal(reply.code, 200);
	forget(&reply);
	/* In an address the key is taken by the live stream alone; elsewhere it is not even a parameter. */
	reply = ask(fixture, "/telemetry/traces?api_key=secret");
	assert_int_equal(reply.code, 401);
	forget(&reply);
	reply = ask(fixture, "/telemetry/live?api_key=secret&signal=none");
	assert_int_equal(reply.code, 400);
	forget(&reply);
	fixture_free(fixture);
}

static void foreign_hosts_and_origins_are_kept_out(void **state)
{
	static const char *const evil[] = {"Host: evil.example", NULL};
	static const char *const forwarded[] = {"Host: evil.example", "X-Forwarded-Host: localhost", NULL};
	static const char *const local[] = {"Origin: http://localhost:5173", NULL};
	static const char *const foreign[] = {"Origin: https://evil.example", NULL};
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply;

	(void)state;
	reply = ask_with(fixture, "GET", "/telemetry/status", evil);
	assert_int_equal(reply.code, 421);
	forget(&reply);
	reply = ask_with(fixture, "GET", "/telemetry/status", forwarded);
	assert_int_equal(reply.code, 421);
	forget(&reply);
	reply = ask_with(fixture, "OPTIONS", "/telemetry/traces", local);
	assert_int_equal(reply.code, 204);
	assert_true(has_header(&reply, "Access-Control-Allow-Origin: http://localhost:5173"));
	assert_true(has_header(&reply, "X-API-Key"));
	forget(&reply);
	reply = ask_with(fixture, "POST", "/v1/traces", local);
	assert_true(has_header(&reply, "Access-Control-Allow-Origin: http://localhost:5173"));
	forget(&reply);
	reply = ask_with(fixture, "GET", "/telemetry/traces", foreign);
	assert_int_equal(reply.code, 200);
	assert_false(has_header(&reply, "Access-Control-Allow-Origin"));
	forget(&reply);
	fixture_free(fixture);
}

static void status_tells_of_the_program(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply;
	json_t *root, *traces;

	(void)state;
	add_span(fixture, 1, 1, 0, "root");
	fixture_commit(fixture);
	reply = ask(fixture, "/telemetry/status");
	root = take_json(&reply, 200);
	traces = json_object_get(json_object_get(root, "signals"), "traces");
	assert_string_equal(text_of(root, "version"), "1.2.3");
	assert_true(json_is_true(json_object_get(traces, "enabled")));
	assert_int_equal(json_integer_value(json_object_get(traces, "received")), 11);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "store"), "spans")), 1);
	assert_string_equal(text_of(json_object_get(root, "project"), "name"), "a \"shop\"");
	json_decref(root);
	fixture_free(fixture);
}

/* Every sample belongs to the family whose HELP and TYPE stand before it, and no family comes twice. */
static void figures_follow_the_rules_of_their_format(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply = ask(fixture, "/metrics");
	char family[128] = "", type[32] = "", help[128], seen[8192] = "";
	size_t sample_count = 0;

	(void)state;
	assert_int_equal(reply.code, 200);
	assert_true(has_header(&reply, "Content-Type: text/plain; version=0.0.4"));
	for (char *line = strtok(reply.body.data, "\n"); line; line = strtok(NULL, "\n")) {
		char name[128], rest[256];

		if (sscanf(line, "# HELP %127s", help) == 1)
			continue;
		if (sscanf(line, "# TYPE %127s %31s", family, type) == 2) {
			assert_string_equal(help, family);
			snprintf(name, sizeof(name), " %s ", family);
			assert_null(strstr(seen, name));
			strcat(seen, name);
			assert_int_equal(strcmp(type, "counter") == 0,
					 str_ends_with(str_from(family), "_total"));
			continue;
		}
		assert_int_equal(sscanf(line, "%127[a-z_]%255[^\n]", name, rest), 2);
		assert_string_equal(name, family);
		assert_true(rest[0] == ' ' || rest[0] == '{');
		sample_count++;
	}
	assert_true(sample_count > 30);
	assert_non_null(strstr(seen, " rohas_telemetry_received_spans_total "));
	assert_non_null(strstr(seen, " process_resident_memory_bytes "));
	forget(&reply);
	fixture_free(fixture);
}

static void the_document_and_the_workbench_are_inside(void **state)
{
	static const char *const gzip[] = {"Accept-Encoding: gzip", NULL};
	static const char *const no_gzip[] = {"Accept-Encoding: gzip;q=0", NULL};
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply, packed;
	char etag[64] = "", condition[96];
	const char *conditional[] = {condition, NULL};
	json_t *root;

	(void)state;
	reply = ask(fixture, "/openapi.json");
	root = take_json(&reply, 200);
	assert_string_equal(text_of(root, "openapi"), "3.1.0");
	assert_non_null(json_object_get(json_object_get(root, "paths"), "/telemetry/traces"));
	json_decref(root);

	reply = ask_with(fixture, "GET", "/workbench/traces/abc", no_gzip);
	assert_int_equal(reply.code, 200);
	assert_non_null(strstr(reply.body.data, "<!doctype html>"));
	assert_true(has_header(&reply, "Content-Security-Policy: default-src 'self'; script-src 'self'"));
	assert_true(has_header(&reply, "Cache-Control: no-cache"));
	assert_false(has_header(&reply, "Content-Encoding"));
	assert_int_equal(sscanf(strstr(reply.headers.data, "ETag: "), "ETag: %63s", etag), 1);
	packed = ask_with(fixture, "GET", "/workbench", gzip);
	assert_true(has_header(&packed, "Content-Encoding: gzip"));
	assert_true(packed.body.size < reply.body.size);
	forget(&packed);
	forget(&reply);

	snprintf(condition, sizeof(condition), "If-None-Match: %s", etag);
	reply = ask_with(fixture, "GET", "/workbench/", conditional);
	assert_int_equal(reply.code, 304);
	forget(&reply);
	reply = ask(fixture, "/workbench/assets/gone-123.js");
	assert_int_equal(reply.code, 404);
	forget(&reply);
	reply = ask(fixture, "/");
	assert_int_equal(reply.code, 302);
	assert_true(has_header(&reply, "Location: workbench"));
	forget(&reply);
	fixture_free(fixture);
}

static void large_answers_are_packed_for_those_who_take_it(void **state)
{
	static const char *const gzip[] = {"Accept-Encoding: gzip, br", NULL};
	struct fixture *fixture = fixture_new(standard_options());
	struct reply plain, packed;
	struct buffer unpacked = BUFFER_EMPTY;
	struct error error;

	(void)state;
	for (uint8_t i = 1; i <= 50; i++)
		add_span(fixture, i, i, 0, "root");
	fixture_commit(fixture);
	plain = ask(fixture, "/telemetry/traces");
	assert_true(has_header(&plain, "Vary: Accept-Encoding, Origin"));
	assert_false(has_header(&plain, "Content-Encoding"));
	packed = ask_with(fixture, "GET", "/telemetry/traces", gzip);
	assert_int_equal(packed.code, 200);
	assert_true(has_header(&packed, "Vary: Accept-Encoding, Origin"));
	assert_true(has_header(&packed, "Content-Encoding: gzip"));
	assert_int_equal(content_decode(CODING_GZIP, str_make(packed.body.data, packed.body.size - 1),
					1 << 20, &unpacked, &error),
			 STATUS_OK);
	assert_str(buffer_str(&unpacked), plain.body.data);
	forget(&packed);
	forget(&plain);
	buffer_release(&unpacked);

	packed = ask_with(fixture, "GET", "/telemetry/traces?limit=1", gzip);
	assert_false(has_header(&packed, "Content-Encoding"));
	forget(&packed);
	fixture_free(fixture);
}

static void a_body_over_the_limit_is_refused_in_our_form(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	CURL *curl = curl_easy_init();
	struct buffer body = BUFFER_EMPTY;
	char url[128], large[2000];
	long code = 0;

	(void)state;
	memset(large, 'x', sizeof(large));
	snprintf(url, sizeof(url), "%s/telemetry/traces", fixture->address);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, large);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)sizeof(large));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, gather);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	assert_int_equal(code, 413);
	assert_true(str_contains_nocase(buffer_str(&body), str_from("\"status\":413")));
	buffer_release(&body);
	curl_easy_cleanup(curl);
	fixture_free(fixture);
}

/* A reader of the live stream on a thread of its own. It reads until it has seen a text. */
struct reader {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buffer seen;
	char url[256];
	bool ended, leave;
};

static size_t read_live(char *bytes, size_t size, size_t count, void *context)
{
	struct reader *reader = context;
	bool leave;

	pthread_mutex_lock(&reader->lock);
	buffer_append(&reader->seen, bytes, size * count);
	pthread_cond_broadcast(&reader->changed);
	leave = reader->leave;
	pthread_mutex_unlock(&reader->lock);
	return leave ? 0 : size * count;
}

static int check_leave(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct reader *reader = context;
	int leave;

	(void)a, (void)b, (void)c, (void)d;
	pthread_mutex_lock(&reader->lock);
	leave = reader->leave;
	pthread_mutex_unlock(&reader->lock);
	return leave;
}

static void *run_reader(void *context)
{
	struct reader *reader = context;
	CURL *curl = curl_easy_init();

	curl_easy_setopt(curl, CURLOPT_URL, reader->url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, read_live);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, reader);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check_leave);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, reader);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_perform(curl);
	curl_easy_cleanup(curl);
	pthread_mutex_lock(&reader->lock);
	reader->ended = true;
	pthread_cond_broadcast(&reader->changed);
	pthread_mutex_unlock(&reader->lock);
	return NULL;
}

static void await(struct reader *reader, const char *text)
{
	pthread_mutex_lock(&reader->lock);
	while (!str_contains_nocase(buffer_str(&reader->seen), str_from(text)) && !reader->ended)
		pthread_cond_wait(&reader->changed, &reader->lock);
	if (!str_contains_nocase(buffer_str(&reader->seen), str_from(text)))
		fail_msg("the stream ended before \"%s\"", text);
	pthread_mutex_unlock(&reader->lock);
}

static struct reader *reader_new(struct fixture *fixture, const char *parameters)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	pthread_mutex_init(&reader->lock, NULL);
	pthread_cond_init(&reader->changed, NULL);
	snprintf(reader->url, sizeof(reader->url), "%s/telemetry/live?%s", fixture->address, parameters);
	assert_int_equal(pthread_create(&reader->thread, NULL, run_reader, reader), 0);
	await(reader, "retry: ");
	return reader;
}

static void reader_free(struct reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	reader->leave = true;
	pthread_mutex_unlock(&reader->lock);
	pthread_join(reader->thread, NULL);
	buffer_release(&reader->seen);
	pthread_cond_destroy(&reader->changed);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

static uint64_t live_readers(struct fixture *fixture)
{
	struct reply reply = ask(fixture, "/metrics");
	unsigned long long count = 0;

	sscanf(strstr(reply.body.data, "\nrohas_telemetry_live_readers "),
	       "\nrohas_telemetry_live_readers %llu", &count);
	forget(&reply);
	return count;
}

static void the_live_stream_tells_of_traces_and_logs(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reader *reader = reader_new(fixture, "signal=traces,logs");

	(void)state;
	while (live_readers(fixture) < 1)
		;
	add_span(fixture, 1, 1, 0, "first");
	add_log(fixture, 1, 1, "hello");
	fixture_commit(fixture);
	await(reader, "event: trace\ndata: {\"trace_id\":\"00000000000000000000000000000001\"");
	await(reader, "\"message\":\"hello\",\"handler\":\"CreateUser\"");
	await(reader, "\"span_count\":1,");
	/* And again, when it has changed. */
	add_span(fixture, 1, 2, 1, "second");
	fixture_commit(fixture);
	await(reader, "\"span_count\":2,");
	reader_free(reader);
	fixture_free(fixture);
}

static void the_live_stream_is_filtered(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reader *wanted = reader_new(fixture, "signal=logs&q=needle");
	struct reader *other = reader_new(fixture, "signal=traces&handler=Nobody");

	(void)state;
	while (live_readers(fixture) < 2)
		;
	add_log(fixture, 0, 0, "hay");
	add_log(fixture, 0, 0, "a needle");
	add_span(fixture, 1, 1, 0, "first");
	fixture_commit(fixture);
	await(wanted, "a needle");
	assert_false(str_contains_nocase(buffer_str(&wanted->seen), str_from("hay")));
	assert_false(str_contains_nocase(buffer_str(&wanted->seen), str_from("event: trace")));
	/* The end of the stream comes after everything that was sent: nothing was. */
	server_stop(fixture->server);
	pthread_mutex_lock(&other->lock);
	while (!other->ended)
		pthread_cond_wait(&other->changed, &other->lock);
	pthread_mutex_unlock(&other->lock);
	assert_false(str_contains_nocase(buffer_str(&other->seen), str_from("event:")));
	reader_free(wanted);
	reader_free(other);
	fixture_free(fixture);
}

static void a_stopped_server_says_so(void **state)
{
	struct fixture *fixture = fixture_new(standard_options());
	struct reply reply;

	(void)state;
	server_stop(fixture->server);
	reply = ask(fixture, "/telemetry/traces");
	assert_int_equal(reply.code, 503);
	assert_true(has_header(&reply, "Retry-After: 1"));
	forget(&reply);
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_and_shows_what_was_committed),
		cmocka_unit_test(late_spans_are_seen_at_once),
		cmocka_unit_test(refusals_are_problem_documents),
		cmocka_unit_test(only_get_and_head_are_taken),
		cmocka_unit_test(telemetry_goes_on_to_the_receiver),
		cmocka_unit_test(the_key_guards_data_but_not_probes_and_pages),
		cmocka_unit_test(foreign_hosts_and_origins_are_kept_out),
		cmocka_unit_test(status_tells_of_the_program),
		cmocka_unit_test(figures_follow_the_rules_of_their_format),
		cmocka_unit_test(the_document_and_the_workbench_are_inside),
		cmocka_unit_test(large_answers_are_packed_for_those_who_take_it),
		cmocka_unit_test(a_body_over_the_limit_is_refused_in_our_form),
		cmocka_unit_test(the_live_stream_tells_of_traces_and_logs),
		cmocka_unit_test(the_live_stream_is_filtered),
		cmocka_unit_test(a_stopped_server_says_so),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return test_run("server/server", tests);
}
