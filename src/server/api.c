/* api: the questions of /telemetry, each from its parameters to its JSON. They run on the workers. */
#include <stdlib.h>

#include "server/insides.h"
#include "server/render.h"

/* What one answer may take. */
#define ANSWER_LIMIT_BYTES ((size_t)256 << 20)

static void answer_error(struct server *server, struct http_request *request, enum status status,
			 const struct error *error, const char *parameter)
{
	struct problem problem;

	problem_from_error(&problem, status, error, parameter);
	answer_problem(server, request, &problem);
}

void run_traces(struct server *server, struct http_request *request)
{
	struct parameters parameters;
	struct trace_question question;
	struct problem problem;
	struct trace_list list;
	struct buffer body = {.limit = ANSWER_LIMIT_BYTES};
	struct json json = json_to(&body);
	struct error error;
	enum status status;

	if (!take_parameters(server, request, &parameters))
		return;
	if (!parameters_trace_question(&parameters, &question, &problem)) {
		answer_problem(server, request, &problem);
		return;
	}
	status = trace_list(server->query, &question.query, &list, &error);
	if (status != STATUS_OK) {
		answer_error(server, request, status, &error, status == STATUS_INVALID ? "cursor" : NULL);
		return;
	}
	render_trace_list(&json, &list);
	trace_list_release(&list);
	answer_json(server, request, &body);
}

/* The last segment of the path. */
static bool read_trace_id(struct http_request *request, uint8_t trace_id[TRACE_ID_SIZE],
			  struct problem *problem)
{
	static const char prefix[] = "/telemetry/traces/";
	struct str path = http_request_path(request);
	struct str id = str_make(path.data + sizeof(prefix) - 1, path.size - (sizeof(prefix) - 1));

	if (hex_decode(id, trace_id, TRACE_ID_SIZE))
		return true;
	return problem_set(problem, 400, "trace_id", "32 hexadecimal digits",
			   "\"%.*s\" is not a trace id; it must be 32 hexadecimal digits",
			   id.size < 100 ? (int)id.size : 100, id.data);
}

void run_trace(struct server *server, struct http_request *request)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	const struct trace *trace;
	struct problem problem;
	struct buffer body = {.limit = ANSWER_LIMIT_BYTES};
	struct json json = json_to(&body);
	struct error error;
	enum status status;

	if (!read_trace_id(request, trace_id, &problem)) {
		answer_problem(server, request, &problem);
		return;
	}
	status = trace_get(server->query, trace_id, &trace, &error);
	if (status != STATUS_OK) {
		answer_error(server, request, status, &error, NULL);
		return;
	}
	render_trace(&json, trace);
	trace_drop(trace);
	answer_json(server, request, &body);
}

void run_logs(struct server *server, struct http_request *request)
{
	struct parameters parameters;
	struct log_question question;
	struct problem problem;
	struct log_list list;
	struct buffer body = {.limit = ANSWER_LIMIT_BYTES};
	struct json json = json_to(&body);
	struct error error;
	enum status status;

	if (!take_parameters(server, request, &parameters))
		return;
	if (!parameters_log_question(&parameters, &question, &problem)) {
		answer_problem(server, request, &problem);
		return;
	}
	status = log_list(server->query, &question.query, &list, &error);
	if (status != STATUS_OK) {
		answer_error(server, request, status, &error,
			     status == STATUS_INVALID     ? "cursor"
			     : status == STATUS_TOO_LARGE ? "limit"
							  : NULL);
		return;
	}
	render_log_list(&json, &list);
	log_list_release(&list);
	answer_json(server, request, &body);
}

static void answer_metric_list(struct server *server, struct http_request *request, struct time_range range)
{
	struct buffer body = {.limit = ANSWER_LIMIT_BYTES};
	struct json json = json_to(&body);
	struct metric_list list;
	struct error error;
	enum status status = metric_list(server->query, range, &list, &error);

	if (status != STATUS_OK) {
		answer_error(server, request, status, &error, NULL);
		return;
	}
	render_metric_list(&json, &list);
	metric_list_release(&list);
	answer_json(server, request, &body);
}

static void answer_metric_range(struct server *server, struct http_request *request,
				const struct metric_query *query)
{
	struct buffer body = {.limit = ANSWER_LIMIT_BYTES};
	struct json json = json_to(&body);
	struct metric_range answer;
	const char *parameter = NULL;
	struct error error;
	enum status status = metric_range(server->query, query, &answer, &parameter, &error);

	if (status != STATUS_OK) {
		answer_error(server, request, status, &error, parameter);
		return;
	}
	render_metric_range(&json, &answer, query->range);
	metric_range_release(&answer);
	answer_json(server, request, &body);
}

void run_metrics(struct server *server, struct http_request *request)
{
	struct parameters parameters;
	struct metric_question question;
	struct problem problem;

	if (!take_parameters(server, request, &parameters))
		return;
	if (!parameters_metric_question(&parameters, &question, &problem))
		answer_problem(server, request, &problem);
	else if (question.is_list)
		answer_metric_list(server, request, question.query.range);
	else
		answer_metric_range(server, request, &question.query);
}
