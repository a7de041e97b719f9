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

void run_metrics(struct server *server, struct http_request *request)
{
	run_question(server, request, ask_metrics);
}

/* The id is the last segment of the path. */
void run_trace(struct server *server, struct http_request *request)
{
	static const char prefix[] = "/telemetry/traces/";
	struct str path = http_request_path(request);
	struct str id = str_make(path.data + sizeof(prefix) - 1, path.size - (sizeof(prefix) - 1));
	struct buffer body = BUFFER_EMPTY;
	struct problem problem;

	if (ask_trace(server->query, id, &body, &problem))
		answer_json(server, request, &body);
	else
		answer_problem(server, request, &problem);
}
