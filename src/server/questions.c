#include "server/questions.h"

#include "server/render.h"

/* What one answer may take. */
#define ANSWER_LIMIT_BYTES ((size_t)256 << 20)

bool question_refuse(struct problem *problem, enum status status, const struct error *error,
		     const char *parameter)
{
	problem_from_error(problem, status, error, parameter);
	return false;
}

struct json question_begin(struct buffer *body)
{
	body->limit = ANSWER_LIMIT_BYTES;
	return json_to(body);
}

bool question_finish(struct buffer *body, struct problem *problem)
{
	if (!buffer_failed(body))
		return true;
	buffer_release(body);
	*body = BUFFER_EMPTY;
	return problem_set(problem, 503, NULL, NULL, "this answer takes more memory than there is for one");
}

bool ask_traces(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		struct problem *problem)
{
	struct trace_question question;
	struct trace_list list;
	struct json json = question_begin(body_out);
	struct error error;
	enum status status;

	if (!parameters_trace_question(parameters, &question, problem)) {
		trace_question_release(&question);
		return false;
	}
	status = trace_list(query, &question.query, &list, &error);
	trace_question_release(&question);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, status == STATUS_INVALID ? "cursor" : NULL);
	render_trace_list(&json, &list);
	trace_list_release(&list);
	return question_finish(body_out, problem);
}

static bool read_trace_id(struct str text, uint8_t id_out[TRACE_ID_SIZE], struct problem *problem)
{
	return hex_decode(text, id_out, TRACE_ID_SIZE) ||
	       problem_set(problem, 400, "trace_id", "32 hexadecimal digits",
			   "\"%.*s\" is not a trace id; it must be 32 hexadecimal digits",
			   text.size < 100 ? (int)text.size : 100, text.data);
}

bool ask_trace(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem)
{
	uint8_t id[TRACE_ID_SIZE];
	const struct trace *trace;
	struct json json = question_begin(body_out);
	struct error error;
	enum status status;

	if (!read_trace_id(trace_id, id, problem))
		return false;
	status = trace_get(query, id, &trace, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_trace(&json, trace);
	trace_drop(trace);
	return question_finish(body_out, problem);
}

bool ask_flow(struct query *query, struct str trace_id, struct buffer *body_out, struct problem *problem)
{
	uint8_t id[TRACE_ID_SIZE];
	struct json json = question_begin(body_out);
	struct error error;
	struct flow flow;
	enum status status;

	if (!read_trace_id(trace_id, id, problem))
		return false;
	status = flow_get(query, id, &flow, &error);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_flow(&json, &flow);
	flow_release(&flow);
	return question_finish(body_out, problem);
}

bool ask_running(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		 struct problem *problem)
{
	struct running_question question;
	struct running_stats stats;
	struct json json = question_begin(body_out);
	struct batch spans;
	uint64_t *heard;
	struct error error;
	enum status status;

	if (!parameters_running_question(parameters, &question, problem))
		return false;
	batch_init(&spans, PAGE_LIMIT_BYTES);
	heard = arena_alloc(&spans.arena, question.limit * sizeof(*heard));
	status = heard ? query_list_running(query, &question.filter, question.limit, &spans, heard, &error)
		       : error_set(&error, STATUS_NO_MEMORY, "no memory for a list of what is running");
	query_running_stats(query, &stats);
	if (status == STATUS_OK)
		render_running(&json, &spans, heard, &stats);
	batch_release(&spans);
	return status == STATUS_OK ? question_finish(body_out, problem)
				   : question_refuse(problem, status, &error, NULL);
}

bool ask_logs(struct query *query, const struct parameters *parameters, struct buffer *body_out,
	      struct problem *problem)
{
	struct log_question question;
	struct log_list list;
	struct json json = question_begin(body_out);
	struct error error;
	enum status status;

	if (!parameters_log_question(parameters, &question, problem)) {
		log_question_release(&question);
		return false;
	}
	status = log_list(query, &question.query, &list, &error);
	log_question_release(&question);
	if (status != STATUS_OK)
		return question_refuse(problem, status, &error,
				       status == STATUS_INVALID     ? "cursor"
				       : status == STATUS_TOO_LARGE ? "limit"
								    : NULL);
	render_log_list(&json, &list);
	log_list_release(&list);
	return question_finish(body_out, problem);
}

/* Which parameter makes an answer that is too large smaller. */
static bool refuse_analysis(struct problem *problem, enum status status, const struct error *error,
			    const char *parameter)
{
	return question_refuse(problem, status, error, status == STATUS_TOO_LARGE ? parameter : NULL);
}

bool ask_log_counts(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		    struct problem *problem)
{
	struct log_analysis_question question;
	struct json json = question_begin(body_out);
	struct log_counts counts;
	struct error error;
	enum status status;

	if (!parameters_log_counts(parameters, &question, problem)) {
		log_question_release(&question.logs);
		return false;
	}
	status = log_counts(query, &question.logs.query, question.step_ns, &counts, &error);
	log_question_release(&question.logs);
	if (status != STATUS_OK)
		return refuse_analysis(problem, status, &error, "step");
	render_log_counts(&json, &counts, question.step_ns);
	log_counts_release(&counts);
	return question_finish(body_out, problem);
}

bool ask_log_top(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		 struct problem *problem)
{
	struct log_analysis_question question;
	struct json json = question_begin(body_out);
	struct log_top top;
	struct error error;
	enum status status;

	if (!parameters_log_top(parameters, &question, problem)) {
		log_question_release(&question.logs);
		return false;
	}
	status = log_top(query, &question.logs.query, question.by_level ? NULL : &question.field,
			 question.limit, &top, &error);
	log_question_release(&question.logs);
	if (status != STATUS_OK)
		return refuse_analysis(problem, status, &error, "limit");
	render_log_top(&json, &top, parameters_find(parameters, "field"));
	log_top_release(&top);
	return question_finish(body_out, problem);
}

bool ask_log_patterns(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		      struct problem *problem)
{
	struct log_analysis_question question;
	struct json json = question_begin(body_out);
	struct log_patterns patterns;
	struct error error;
	enum status status;

	if (!parameters_log_patterns(parameters, &question, problem)) {
		log_question_release(&question.logs);
		return false;
	}
	status =
		log_patterns(query, &question.logs.query, question.sample, question.limit, &patterns, &error);
	log_question_release(&question.logs);
	if (status != STATUS_OK)
		return refuse_analysis(problem, status, &error, "sample");
	render_log_patterns(&json, &patterns, question.sample);
	log_patterns_release(&patterns);
	return question_finish(body_out, problem);
}

bool ask_log_context(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		     struct problem *problem)
{
	struct log_context_question question;
	struct json json = question_begin(body_out);
	struct log_context context;
	struct error error;
	enum status status;

	if (!parameters_log_context(parameters, &question, problem))
		return false;
	status = log_context(query, question.id, question.before, question.after, &context, &error);
	if (status != STATUS_OK)
		return refuse_analysis(problem, status, &error, "before");
	render_log_context(&json, &context);
	log_context_release(&context);
	return question_finish(body_out, problem);
}

static bool ask_metric_list(struct query *query, struct time_range range, struct buffer *body_out,
			    struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct metric_list list;
	struct error error;
	enum status status = metric_list(query, range, &list, &error);

	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, NULL);
	render_metric_list(&json, &list);
	metric_list_release(&list);
	return question_finish(body_out, problem);
}

static bool ask_metric_range(struct query *query, const struct metric_query *question,
			     struct buffer *body_out, struct problem *problem)
{
	struct json json = question_begin(body_out);
	struct metric_range answer;
	const char *parameter = NULL;
	struct error error;
	enum status status = metric_range(query, question, &answer, &parameter, &error);

	if (status != STATUS_OK)
		return question_refuse(problem, status, &error, parameter);
	render_metric_range(&json, &answer, question->range);
	metric_range_release(&answer);
	return question_finish(body_out, problem);
}

bool ask_metrics(struct query *query, const struct parameters *parameters, struct buffer *body_out,
		 struct problem *problem)
{
	struct metric_question question;

	if (!parameters_metric_question(parameters, &question, problem))
		return false;
	if (question.is_list)
		return ask_metric_list(query, question.query.range, body_out, problem);
	return ask_metric_range(query, &question.query, body_out, problem);
}
