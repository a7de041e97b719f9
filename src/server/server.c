#include "server/server.h"

#include <stdlib.h>

#include "server/insides.h"

enum { STANDARD_WORKERS = 3, QUESTIONS_WAITING_MOST = 256 };

struct route {
	const char *path;
	void (*run)(struct server *server, struct http_request *request);
	bool is_prefix;        /* path is the beginning */
	bool is_guarded;       /* asks for the key */
	bool is_slow;          /* a question to the store: the workers answer it */
	bool is_action;        /* POST: it changes something; never from a page, */
	bool is_for_workbench; /* unless it is one that this server gave */
};

/* The first that fits counts. */
static const struct route routes[] = {
	{"/telemetry/traces", run_traces, .is_guarded = true, .is_slow = true},
	{"/telemetry/traces/", run_trace, .is_prefix = true, .is_guarded = true, .is_slow = true},
	{"/telemetry/flows/", run_flow, .is_prefix = true, .is_guarded = true, .is_slow = true},
	{"/telemetry/logs", run_logs, .is_guarded = true, .is_slow = true},
	{"/telemetry/logs/counts", run_log_counts, .is_guarded = true, .is_slow = true},
	{"/telemetry/logs/top", run_log_top, .is_guarded = true, .is_slow = true},
	{"/telemetry/logs/patterns", run_log_patterns, .is_guarded = true, .is_slow = true},
	{"/telemetry/logs/context", run_log_context, .is_guarded = true, .is_slow = true},
	{"/telemetry/metrics", run_metrics, .is_guarded = true, .is_slow = true},
	{"/telemetry/handlers", run_handlers, .is_guarded = true, .is_slow = true},
	{"/telemetry/handlers/", run_handler, .is_prefix = true, .is_guarded = true, .is_slow = true},
	{"/telemetry/events", run_events, .is_guarded = true, .is_slow = true},
	{"/telemetry/graph", run_graph, .is_guarded = true, .is_slow = true},
	{"/telemetry/errors", run_errors, .is_guarded = true, .is_slow = true},
	{"/telemetry/errors/", run_error_state, .is_prefix = true, .is_guarded = true, .is_slow = true,
	 .is_action = true, .is_for_workbench = true},
	{"/telemetry/crons", run_crons, .is_guarded = true, .is_slow = true},
	{"/telemetry/running", run_running, .is_guarded = true, .is_slow = true},
	{"/telemetry/live", run_live, .is_guarded = true},
	{"/telemetry/backup", run_backup, .is_guarded = true, .is_slow = true, .is_action = true},
	{"/telemetry/status", run_status, .is_guarded = true},
	{"/metrics", run_figures, .is_guarded = true},
	{"/healthz", run_health},
	{"/readyz", run_ready},
	{"/openapi.json", run_openapi},
	{"/workbench", run_workbench},
	{"/workbench/", run_workbench, .is_prefix = true},
	{"/", run_front},
};

static const struct route *find_route(struct str path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (routes[i].is_prefix ? str_starts_with(path, routes[i].path)
					: str_equal_c(path, routes[i].path))
			return &routes[i];
	return NULL;
}

static void refuse(struct server *server, struct http_request *request, unsigned status_code,
		   const char *sentence)
{
	struct problem problem;

	problem_set(&problem, status_code, NULL, NULL, "%s", sentence);
	answer_problem(server, request, &problem);
}

/* ---- access ---- */

static bool check_host(struct server *server, struct http_request *request)
{
	struct str host = http_request_header(request, "Host");
	struct problem problem;

	if (access_allows_host(&server->access, host))
		return true;
	problem_set(&problem, 421, NULL, NULL,
		    "this server answers on loopback, and not to the name \"%.*s\"; list http://%.*s in "
		    "workbench.allowed_origins where that name is meant",
		    host.size < 100 ? (int)host.size : 100, host.data, host.size < 100 ? (int)host.size : 100,
		    host.data);
	answer_problem(server, request, &problem);
	return false;
}

static struct str key_parameter(struct http_request *request)
{
	size_t count = http_request_parameter_count(request);

	for (size_t i = 0; i < count && i < PARAMETER_LIMIT; i++) {
		struct str name, value;

		http_request_parameter(request, i, &name, &value);
		if (str_equal_c(name, "api_key"))
			return value;
	}
	return str_make("", 0);
}

/*
 * The browser's EventSource cannot send a header: the live stream alone takes the key from its address. route is
 * NULL for telemetry that arrives here.
 */
static bool check_key(struct server *server, struct http_request *request, const struct route *route)
{
	struct str key = http_request_header(request, "X-API-Key");

	if (route && !route->is_guarded)
		return true;
	if (key.size == 0 && route && route->run == run_live)
		key = key_parameter(request);
	if (access_allows_key(&server->access, http_request_header(request, "Authorization"), key))
		return true;
	http_reply_header(request, "WWW-Authenticate", "Bearer realm=\"rohas-telemetry\"");
	server_reject(server, request, 401,
		      "the key is missing or wrong; send it as \"Authorization: Bearer KEY\" or \"X-API-Key: "
		      "KEY\"");
	return false;
}

/* Lets a page of another origin read the answer, where it may. */
static bool add_origin(struct server *server, struct http_request *request)
{
	struct str origin = http_request_header(request, "Origin");
	struct buffer text = BUFFER_EMPTY;
	bool allowed = access_allows_origin(&server->access, origin);

	if (server->access.enable_cors)
		http_reply_header(request, "Vary", "Origin");
	if (!allowed)
		return false;
	buffer_append_str(&text, origin);
	buffer_append_byte(&text, '\0');
	if (!buffer_failed(&text))
		http_reply_header(request, "Access-Control-Allow-Origin", text.data);
	buffer_release(&text);
	return true;
}

static void answer_options(struct server *server, struct http_request *request, const char *methods,
			   bool allowed)
{
	struct buffer body = BUFFER_EMPTY;

	http_reply_header(request, "Allow", methods);
	if (allowed) {
		http_reply_header(request, "Access-Control-Allow-Methods", methods);
		http_reply_header(request, "Access-Control-Allow-Headers",
				  "Authorization, Content-Encoding, Content-Type, X-API-Key");
		http_reply_header(request, "Access-Control-Max-Age", "600");
	}
	answer(server, request, 204, NULL, &body);
}

/* ---- requests ---- */

static void refuse_stopping(void *context, struct http_request *request)
{
	refuse(context, request, 503, "the program is stopping");
}

static void run_question(void *context, struct http_request *request)
{
	find_route(http_request_path(request))->run(context, request);
}

static void run(struct server *server, struct http_request *request, const struct route *route)
{
	if (!route->is_slow)
		route->run(server, request);
	else if (!workers_push(server->workers, run_question, request))
		refuse(server, request, 503, "too many questions wait for an answer; ask again in a second");
}

/* Whether the page that asks came from the host that it asks. */
static bool is_own_page(struct http_request *request, struct str origin)
{
	struct str host = http_request_header(request, "Host"), scheme, rest;

	return str_split(origin, ':', &scheme, &rest) && rest.size == host.size + 2 &&
	       str_starts_with(rest, "//") && str_equal(str_make(rest.data + 2, host.size), host);
}

/*
 * A browser names the origin of whatever page sends a POST, and a page has no business here. Where others than this
 * machine can ask, the key must say who does.
 */
static void handle_action(struct server *server, struct http_request *request, const struct route *route)
{
	struct str origin = http_request_header(request, "Origin");

	if (http_request_method(request) != HTTP_POST) {
		http_reply_header(request, "Allow", "POST");
		refuse(server, request, 405, "this address takes POST alone");
	} else if (origin.size && !(route->is_for_workbench && is_own_page(request, origin))) {
		refuse(server, request, 403, "this address is not for web pages");
	} else if (!server->access.is_loopback && !server->access.api_key.size) {
		refuse(server, request, 403,
		       "server.host is no loopback address: this needs workbench.api_key to be set");
	} else if (check_key(server, request, route)) {
		run(server, request, route);
	}
}

static void handle_api(struct server *server, struct http_request *request)
{
	const struct route *route = find_route(http_request_path(request));
	enum http_method method = http_request_method(request);
	bool allowed;

	http_reply_header(request, "X-Content-Type-Options", "nosniff");
	if (!check_host(server, request))
		return;
	allowed = add_origin(server, request);
	if (!route) {
		refuse(server, request, 404,
		       "there is nothing at this address; /openapi.json lists what there is");
	} else if (route->is_action) {
		handle_action(server, request, route);
	} else if (method == HTTP_OPTIONS) {
		answer_options(server, request, "GET, HEAD, OPTIONS", allowed);
	} else if (method != HTTP_GET && (method != HTTP_HEAD || route->run == run_live)) {
		http_reply_header(request, "Allow",
				  route->run == run_live ? "GET, OPTIONS" : "GET, HEAD, OPTIONS");
		refuse(server, request, 405, "this address takes GET alone");
	} else if (check_key(server, request, route)) {
		run(server, request, route);
	}
}

static void handle_receiver(struct server *server, struct http_request *request)
{
	bool allowed = add_origin(server, request);

	if (http_request_method(request) == HTTP_OPTIONS)
		answer_options(server, request, "POST, OPTIONS", allowed);
	else if (!server->options.receiver_handle)
		refuse(server, request, 404, "this port receives no telemetry");
	else if (check_key(server, request, NULL))
		server->options.receiver_handle(server->options.receiver_context, request);
}

static bool is_for_receiver(struct http_request *request)
{
	return str_starts_with(http_request_path(request), "/v1/");
}

void server_handle(void *context, struct http_request *request)
{
	struct server *server = context;

	if (atomic_load(&server->stopping))
		refuse_stopping(server, request);
	else if (is_for_receiver(request))
		handle_receiver(server, request);
	else
		handle_api(server, request);
}

void server_reject(void *context, struct http_request *request, unsigned status_code, const char *sentence)
{
	struct server *server = context;

	if (is_for_receiver(request) && server->options.receiver_reject)
		server->options.receiver_reject(server->options.receiver_context, request, status_code,
						sentence);
	else
		refuse(server, request, status_code, sentence);
}

/* ---- life ---- */

static bool copy_text(struct arena *arena, const char **text)
{
	*text = arena_copy(arena, str_from(*text ? *text : "")).data;
	return *text != NULL;
}

/* The server's own copy; what access keeps is left out. */
static bool copy_options(struct server *server, const struct server_options *from)
{
	struct server_options *to = &server->options;
	struct arena *arena = &server->arena;

	*to = *from;
	to->host = to->api_key = NULL;
	to->allowed_origins = NULL;
	return access_init(&server->access, from->host, from->enable_cors, from->allowed_origins,
			   from->allowed_origin_count, from->api_key) &&
	       copy_text(arena, &to->version) && copy_text(arena, &to->store_type) &&
	       copy_text(arena, &to->store_path) && copy_text(arena, &to->project_name) &&
	       copy_text(arena, &to->project_version) && copy_text(arena, &to->project_language);
}

static enum status start(struct server *server, struct error *error)
{
	const struct server_options *options = &server->options;
	struct query_options query_options = {
		.store = options->store,
		.cache_trace_limit = options->cache_trace_limit,
		.cache_limit_bytes = options->cache_limit_bytes,
		.clock = options->clock,
		.lost_after_ns = options->lost_after_ns,
	};
	enum status status = query_new(&query_options, &server->query, error);

	if (status == STATUS_OK)
		status = live_new(server->query, &server->live, error);
	if (status != STATUS_OK)
		return status;
	server->workers = workers_new(options->worker_count ? options->worker_count : STANDARD_WORKERS,
				      QUESTIONS_WAITING_MOST, server);
	if (!server->workers)
		return error_set(error, STATUS_NO_MEMORY, "the threads for queries cannot be started");
	return STATUS_OK;
}

enum status server_new(const struct server_options *options, struct server **server_out, struct error *error)
{
	struct server *server = calloc(1, sizeof(*server));
	enum status status;

	if (!server)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the server");
	arena_init(&server->arena, 0);
	if (copy_options(server, options))
		status = start(server, error);
	else
		status = error_set(error, STATUS_NO_MEMORY, "no memory for the server's options");
	if (status != STATUS_OK) {
		server_free(server);
		return status;
	}
	server->start_ns = clock_now_ns(options->clock);
	server->start_monotonic_ns = clock_monotonic_ns();
	*server_out = server;
	return STATUS_OK;
}

void server_note_batch(void *context, const struct batch *batch)
{
	struct server *server = context;

	/* First the cache forgets, so that the live stream reads what is new. */
	query_note_batch(server->query, batch);
	live_note_batch(server->live, batch);
}

void server_stop(struct server *server)
{
	if (atomic_exchange(&server->stopping, true))
		return;
	if (server->workers)
		workers_stop(server->workers, refuse_stopping);
	if (server->live)
		live_stop(server->live);
}

void server_free(struct server *server)
{
	if (!server)
		return;
	server_stop(server);
	workers_free(server->workers);
	live_free(server->live);
	query_free(server->query);
	access_release(&server->access);
	arena_release(&server->arena);
	free(server);
}
