/* What was counted of handlers, events, errors and jobs: from parameters to JSON. */
#include "server/questions.h"
#include "server/render_views.h"

bool ask_handlers(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		  struct problem *problem)
{
	struct view_question view;
	struct handler_question question = {.range = TIME_RANGE_ALL};
	struct json json = question_begin(body_out);
	struct handler_list list;
	struct error error;
	enum status status;

	if (!parameters_view_question(parameters, VIEW_HANDLERS, &view, problem))
		return false;
	question.range = view.range;
	question.type = view.handler_type;
	question.language = view.language;
	status = handler_list_read(query, &question, &list, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_handler_list(&json, &list, view.range);
	handler_list_release(&list);
	return question_finish(body_out, problem);
}

/* What a view of one handler is made of. */
struct parts {
	struct arena arena;
	struct batch slowest;
	struct handler_list summaries;
	struct heat_map heat_map;
	struct handler_callers callers;
	struct error_list errors;
	struct event_list events;
};

static enum status read_parts(struct query *query, const struct handler_question *question,
			      const struct view_question *view, struct parts *parts, struct error *error)
{
	const struct error_question errors = {.range = view->range,
					      .step_ns = view->step_ns,
					      .handler = question->name,
					      .limit = view->limit,
					      .with_examples = true};
	enum status status = handler_list_read(query, question, &parts->summaries, error);

	if (status == STATUS_OK)
		status = handler_heat_map(query, question, view->step_ns, &parts->arena, &parts->heat_map,
					  error);
	if (status == STATUS_OK)
		status = handler_slowest(query, question, view->limit, &parts->slowest, error);
	if (status == STATUS_OK)
		status = handler_callers_read(query, question, &parts->arena, &parts->callers, error);
	if (status == STATUS_OK)
		status = error_list_read(query, &errors, &parts->errors, error);
	return status == STATUS_OK ? event_list_read(query, view->range, &parts->events, error) : status;
}

static void release_parts(struct parts *parts)
{
	arena_release(&parts->arena);
	batch_release(&parts->slowest);
	handler_list_release(&parts->summaries);
	error_list_release(&parts->errors);
	event_list_release(&parts->events);
}

bool ask_handler(struct query *query, struct str name, const struct parameters *parameters,
		 struct buffer *body_out, struct problem *problem)
{
	struct view_question view;
	struct handler_question question = {.range = TIME_RANGE_ALL};
	struct json json = question_begin(body_out);
	struct parts parts = {.callers = {.caller_count = 0}};
	struct error error;
	enum status status;
	bool is_known;

	if (!parameters_view_question(parameters, VIEW_HANDLER, &view, problem))
		return false;
	question = (struct handler_question){view.range, name, view.handler_type, view.language};
	arena_init(&parts.arena, PAGE_LIMIT_BYTES);
	batch_init(&parts.slowest, PAGE_LIMIT_BYTES);
	status = read_parts(query, &question, &view, &parts, &error);
	is_known = parts.summaries.count || parts.slowest.span_count;
	if (status == STATUS_OK && is_known)
		render_handler_view(&json,
				    &(struct handler_view){view.range, &parts.summaries, &parts.heat_map,
							   &parts.slowest, &parts.callers, &parts.errors,
							   &parts.events, name});
	release_parts(&parts);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, status == STATUS_TOO_LARGE ? "step" : NULL);
	if (!is_known)
		return problem_set(problem, 404, NULL, NULL,
				   "no handler \"%.*s\" ran in this time or in the one before it",
				   name.size < 100 ? (int)name.size : 100, name.data);
	return question_finish(body_out, problem);
}

bool ask_events(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct view_question view;
	struct event_list list;
	struct error error;
	enum status status;

	if (!parameters_view_question(parameters, VIEW_EVENTS, &view, problem))
		return false;
	status = event_list_read(query, view.range, &list, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_event_list(&json, &list, view.range);
	event_list_release(&list);
	return question_finish(body_out, problem);
}

bool ask_graph(struct query *query, const struct parameters *parameters, struct buffer *body_out,
	       struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct view_question view;
	struct handler_question question = {.range = TIME_RANGE_ALL};
	struct handler_list handlers;
	struct event_list events;
	struct error error;
	enum status status;

	if (!parameters_view_question(parameters, VIEW_GRAPH, &view, problem))
		return false;
	question.range = view.range;
	status = handler_list_read(query, &question, &handlers, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	status = event_list_read(query, view.range, &events, &error);
	if (status == STATUS_OK) {
		render_graph(&json, &handlers, &events, view.range);
		event_list_release(&events);
	}
	handler_list_release(&handlers);
	return status == STATUS_OK ? question_finish(body_out, problem)
				   : question_refuse(problem, status, &error, NULL);
}

bool ask_errors(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct view_question view;
	struct error_question question = {.with_examples = true};
	struct error_list list;
	struct error error;
	enum status status;

	if (!parameters_view_question(parameters, VIEW_ERRORS, &view, problem))
		return false;
	question.range = view.range;
	question.step_ns = view.step_ns;
	question.handler = view.handler;
	question.has_state = view.has_state;
	question.state = view.state;
	question.limit = view.limit;
	status = error_list_read(query, &question, &list, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, status == STATUS_TOO_LARGE ? "step" : NULL);
	render_error_list(&json, &list, view.range);
	error_list_release(&list);
	return question_finish(body_out, problem);
}

bool ask_crons(struct query *query, const struct parameters *parameters, struct buffer *body_out,
	       struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct view_question view;
	struct cron_list list;
	struct error error;
	enum status status;

	if (!parameters_view_question(parameters, VIEW_CRONS, &view, problem))
		return false;
	status = cron_list_read(query, view.range, parameters->now_ns, &list, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_cron_list(&json, &list, view.range);
	cron_list_release(&list);
	return question_finish(body_out, problem);
}
