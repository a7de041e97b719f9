/* api: the questions of /telemetry as requests. They run on the workers. */
#include "server/insides.h"
#include "server/questions.h"

static void run_question(struct server *server, struct http_request *request, ask_question *ask)
{
	struct buffer body = BUFFER_EMPTY;
	struct parameters parameters;
	struct problem problem;

	if (!take_parameters(server, request, &parameters))
		return;
	if (ask(server->query, &parameters, &body, &problem))
		answer_json(server, request, &body);
	else
		answer_problem(server, request, &problem);
}

/* What the path has behind its prefix. */
static struct str last_segment(const struct http_request *request, const char *prefix)
{
	struct str path = http_request_path(request);
	size_t size = strlen(prefix);

	return str_make(path.data + size, path.size - size);
}

void run_traces(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_traces);
}

void run_logs(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_logs);
}

void run_running(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_running);
}

void run_log_counts(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_log_counts);
}

void run_log_top(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_log_top);
}

void run_log_patterns(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_log_patterns);
}

void run_log_context(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_log_context);
}

void run_metrics(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_metrics);
}

typedef bool ask_about_trace(struct query *query, struct str trace_id, struct buffer *body_out,
			     struct problem *problem);

static void run_about_trace(struct server *server, struct http_request *request, const char *prefix,
			    ask_about_trace *ask)
{
	struct buffer body = BUFFER_EMPTY;
	struct problem problem;

	if (ask(server->query, last_segment(request, prefix), &body, &problem))
		answer_json(server, request, &body);
	else
		answer_problem(server, request, &problem);
}

void run_trace(struct server *server, struct http_request *request)
{
	run_about_trace(server, request, "/telemetry/traces/", ask_trace);
}

void run_flow(struct server *server, struct http_request *request)
{
	run_about_trace(server, request, "/telemetry/flows/", ask_flow);
}

void run_handlers(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_handlers);
}

void run_events(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_events);
}

void run_graph(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_graph);
}

void run_errors(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_errors);
}

void run_crons(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_crons);
}

/* A name may have slashes in it. */
void run_handler(struct server *server, struct http_request *request)
{
	struct str name = last_segment(request, "/telemetry/handlers/");
	struct buffer body = BUFFER_EMPTY;
	struct parameters parameters;
	struct problem problem;

	if (!take_parameters(server, request, &parameters))
		return;
	if (ask_handler(server->query, name, &parameters, &body, &problem))
		answer_json(server, request, &body);
	else
		answer_problem(server, request, &problem);
}
