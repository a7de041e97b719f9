/* api_errors: what somebody says of an error: that it is resolved, or to be ignored. */
#include "query/errors.h"
#include "server/insides.h"

static bool read_state(const struct parameters *parameters, enum error_state *state_out,
		       struct problem *problem)
{
	static const struct parameter_rule rules[] = {{"state", false}};
	struct str value = parameters_find(parameters, "state");

	return parameters_check(parameters, rules, 1, problem) &&
	       (error_state_parse(value, state_out) ||
		problem_set(problem, 400, "state", "open, resolved or ignored",
			    "the parameter \"state\" is \"%.*s\"; it must be open, resolved or ignored",
			    value.size < 100 ? (int)value.size : 100, value.data));
}

static bool set_state(struct server *server, struct str group, const struct parameters *parameters,
		      enum error_state *state_out, struct problem *problem)
{
	struct error error;
	enum status status;

	if (!read_state(parameters, state_out, problem))
		return false;
	status = error_set_state(server->query, group, *state_out, parameters->now_ns, &error);
	if (status == STATUS_OK)
		return true;
	problem_from_error(problem, status, &error, status == STATUS_INVALID ? "group" : NULL);
	return false;
}

void run_error_state(struct server *server, struct http_request *request)
{
	static const char prefix[] = "/telemetry/errors/";
	struct str path = http_request_path(request);
	struct str group = str_make(path.data + sizeof(prefix) - 1, path.size - (sizeof(prefix) - 1));
	struct buffer body = BUFFER_EMPTY;
	struct json json = json_to(&body);
	struct parameters parameters;
	struct problem problem;
	enum error_state state;

	if (!take_parameters(server, request, &parameters))
		return;
	if (!set_state(server, group, &parameters, &state, &problem)) {
		answer_problem(server, request, &problem);
		return;
	}
	json_begin_object(&json);
	json_member_string(&json, "group", group);
	json_member_c(&json, "state", error_state_name(state));
	json_end_object(&json);
	answer_json(server, request, &body);
}
