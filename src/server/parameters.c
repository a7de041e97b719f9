#include "server/parameters.h"

#include <stdio.h>

#include "query/handlers.h"

#define COUNT_OF(items) (sizeof(items) / sizeof((items)[0]))

static const char times_allowed[] =
	"a time: RFC 3339 (2026-01-01T00:00:00Z), Unix nanoseconds, now, or relative such as -15m, -2h, -7d";
static const char durations_allowed[] = "a duration such as 100ms, 1.5s, 250us, 2m; a bare number is ms";

bool parameters_add(struct parameters *parameters, struct str name, struct str value, struct problem *problem)
{
	if (parameters->count == PARAMETER_LIMIT)
		return problem_set(problem, 400, NULL, NULL, "more than %d parameters", PARAMETER_LIMIT);
	parameters->items[parameters->count++] = (struct parameter){name, value};
	return true;
}

bool parameters_copy(struct parameters *parameters, struct arena *arena)
{
	for (size_t i = 0; i < parameters->count; i++) {
		struct parameter *item = &parameters->items[i];

		item->name = arena_copy(arena, item->name);
		item->value = arena_copy(arena, item->value);
		if (!item->name.data || !item->value.data)
			return false;
	}
	return true;
}

struct str parameters_find(const struct parameters *parameters, const char *name)
{
	for (size_t i = 0; i < parameters->count; i++)
		if (str_equal_c(parameters->items[i].name, name))
			return parameters->items[i].value;
	return str_make("", 0);
}

/* ---- names ---- */

static const struct parameter_rule *find_rule(const struct parameter_rule *rules, size_t count,
					      struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal_c(name, rules[i].name))
			return &rules[i];
	return NULL;
}

static bool refuse_unknown(const struct parameter_rule *rules, size_t count, struct str name,
			   struct problem *problem)
{
	const char *nearest = rules[0].name;
	char parameter[64], allowed[512];
	size_t size = 0;

	for (size_t i = 0; i < count; i++) {
		if (str_distance(name, str_from(rules[i].name)) < str_distance(name, str_from(nearest)))
			nearest = rules[i].name;
		if (size < sizeof(allowed))
			size += (size_t)snprintf(allowed + size, sizeof(allowed) - size, "%s%s",
						 i ? ", " : "", rules[i].name);
	}
	snprintf(parameter, sizeof(parameter), "%.*s", STR_ARG(name));
	return problem_set(problem, 400, parameter, allowed,
			   "there is no parameter \"%.*s\" here; the nearest one is \"%s\"",
			   name.size < 100 ? (int)name.size : 100, name.data, nearest);
}

static bool check_single(const struct parameters *parameters, const struct parameter_rule *rule, size_t index,
			 struct problem *problem)
{
	for (size_t i = 0; i < index; i++)
		if (!rule->repeatable && str_equal_c(parameters->items[i].name, rule->name))
			return problem_set(problem, 400, rule->name, "once",
					   "the parameter \"%s\" is given more than once", rule->name);
	return true;
}

bool parameters_check(const struct parameters *parameters, const struct parameter_rule *rules, size_t count,
		      struct problem *problem)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter_rule *rule = find_rule(rules, count, parameters->items[i].name);

		if (!rule)
			return refuse_unknown(rules, count, parameters->items[i].name, problem);
		if (!check_single(parameters, rule, i, problem))
			return false;
	}
	return true;
}

/* ---- values ---- */

static bool refuse_value(const char *name, struct str value, const char *allowed, struct problem *problem)
{
	return problem_set(problem, 400, name, allowed, "the parameter \"%s\" is \"%.*s\"; it must be %s",
			   name, value.size < 100 ? (int)value.size : 100, value.data, allowed);
}

static bool read_time(const struct parameters *parameters, const char *name, uint64_t *time_ns,
		      struct problem *problem)
{
	struct str value = parameters_find(parameters, name);

	return value.size == 0 || time_parse_query(value, parameters->now_ns, time_ns) ||
	       refuse_value(name, value, times_allowed, problem);
}

static bool read_range(const struct parameters *parameters, struct time_range *range, struct problem *problem)
{
	if (!read_time(parameters, "start", &range->start_ns, problem) ||
	    !read_time(parameters, "end", &range->end_ns, problem))
		return false;
	if (range->start_ns > range->end_ns)
		return problem_set(problem, 400, "end", "a time at or after start",
				   "the end lies before the start");
	return true;
}

static bool read_duration(const struct parameters *parameters, const char *name, uint64_t *duration_ns,
			  struct problem *problem)
{
	struct str value = parameters_find(parameters, name);

	return value.size == 0 || duration_parse(value, duration_ns) ||
	       refuse_value(name, value, durations_allowed, problem);
}

static bool read_step(const struct parameters *parameters, uint64_t *step_ns, struct problem *problem)
{
	struct str value = parameters_find(parameters, "step");

	if (!read_duration(parameters, "step", step_ns, problem))
		return false;
	return value.size == 0 || *step_ns >= NS_PER_MS ||
	       refuse_value("step", value, "a duration of at least 1ms, such as 10s", problem);
}

static bool read_count(const struct parameters *parameters, const char *name, size_t least, size_t most,
		       size_t *count, struct problem *problem)
{
	struct str value = parameters_find(parameters, name);
	uint64_t number;
	char allowed[48];

	if (value.size == 0)
		return true;
	if (str_parse_u64(value, &number) && number >= least && number <= most) {
		*count = (size_t)number;
		return true;
	}
	snprintf(allowed, sizeof(allowed), "a whole number from %zu to %zu", least, most);
	return refuse_value(name, value, allowed, problem);
}

static bool read_limit(const struct parameters *parameters, size_t most, size_t *limit,
		       struct problem *problem)
{
	return read_count(parameters, "limit", 1, most, limit, problem);
}

static bool read_id(const struct parameters *parameters, const char *name, uint8_t *id, size_t size,
		    const uint8_t **target, struct problem *problem)
{
	struct str value = parameters_find(parameters, name);
	char allowed[48];

	if (value.size == 0)
		return true;
	if (hex_decode(value, id, size)) {
		*target = id;
		return true;
	}
	snprintf(allowed, sizeof(allowed), "%zu hexadecimal digits", 2 * size);
	return refuse_value(name, value, allowed, problem);
}

/* ---- q ---- */

static bool refuse_expression(enum status status, const struct expression_error *error,
			      struct problem *problem)
{
	if (status == STATUS_NO_MEMORY)
		return problem_set(problem, 503, NULL, NULL, "%s", error->message);
	problem_set(problem, 400, "q", error->allowed, "q is wrong at column %zu: %s", error->column,
		    error->message);
	problem->column = error->column;
	return false;
}

static bool parse_expression(const struct parameters *parameters, enum signal signal,
			     struct expression *expression, struct problem *problem)
{
	struct expression_error error;
	enum status status = expression_parse(parameters_find(parameters, "q"), signal, parameters->now_ns,
					      expression, &error);

	return status == STATUS_OK || refuse_expression(status, &error, problem);
}

/* After the other parameters of the filter: q narrows what they left. */
static bool read_trace_expression(const struct parameters *parameters, struct trace_question *question,
				  struct problem *problem)
{
	struct error error;
	enum status status;

	if (!parse_expression(parameters, SIGNAL_TRACES, &question->expression, problem))
		return false;
	status = expression_narrow_spans(&question->expression, &question->query.filter, &error);
	if (status != STATUS_OK)
		problem_from_error(problem, status, &error, NULL);
	return status == STATUS_OK;
}

static bool read_log_expression(const struct parameters *parameters, struct log_question *question,
				struct problem *problem)
{
	struct error error;
	enum status status;

	if (!parse_expression(parameters, SIGNAL_LOGS, &question->expression, problem))
		return false;
	status = expression_narrow_logs(&question->expression, &question->query.filter,
					&question->query.handled, &error);
	if (status != STATUS_OK)
		problem_from_error(problem, status, &error, NULL);
	return status == STATUS_OK;
}

void trace_question_release(struct trace_question *question)
{
	expression_release(&question->expression);
}

void log_question_release(struct log_question *question)
{
	expression_release(&question->expression);
}

/* ---- traces ---- */

static bool read_handler_type(const struct parameters *parameters, uint8_t *type, struct problem *problem)
{
	struct str value = parameters_find(parameters, "handler_type");

	return value.size == 0 || (handler_type_parse(value, type) && *type != HANDLER_NONE) ||
	       refuse_value("handler_type", value, "api, event, cron or websocket", problem);
}

static bool read_status(const struct parameters *parameters, uint8_t *outcome, struct problem *problem)
{
	struct str value = parameters_find(parameters, "status");

	if (str_equal_c(value, "success"))
		*outcome = OUTCOME_SUCCESS;
	else if (str_equal_c(value, "error"))
		*outcome = OUTCOME_ERROR;
	else if (str_equal_c(value, "running"))
		*outcome = OUTCOME_RUNNING;
	else if (str_equal_c(value, "lost"))
		*outcome = OUTCOME_LOST;
	else if (value.size)
		return refuse_value("status", value, "success, error, running or lost", problem);
	return true;
}

static bool read_tags(const struct parameters *parameters, struct tag_filter *tags, size_t *count,
		      struct problem *problem)
{
	for (size_t i = 0; i < parameters->count; i++) {
		struct parameter item = parameters->items[i];
		struct tag_filter *tag = &tags[*count];

		if (!str_equal_c(item.name, "tag") || item.value.size == 0)
			continue;
		if (!str_split(item.value, '=', &tag->key, &tag->value) || tag->key.size == 0)
			return refuse_value("tag", item.value, "key=value", problem);
		*count += 1;
	}
	return true;
}

static bool read_trace_filter(const struct parameters *parameters, struct trace_question *question,
			      struct problem *problem)
{
	struct span_filter *filter = &question->query.filter;

	*filter = SPAN_FILTER_ANY;
	filter->handler = parameters_find(parameters, "handler");
	filter->language = parameters_find(parameters, "language");
	filter->service = parameters_find(parameters, "service");
	filter->operation = parameters_find(parameters, "operation");
	filter->tags = question->tags;
	if (!read_handler_type(parameters, &filter->handler_type, problem) ||
	    !read_status(parameters, &filter->outcome, problem) ||
	    !read_duration(parameters, "min_duration", &filter->min_duration_ns, problem) ||
	    !read_duration(parameters, "max_duration", &filter->max_duration_ns, problem) ||
	    !read_tags(parameters, question->tags, &filter->tag_count, problem))
		return false;
	if (filter->min_duration_ns > filter->max_duration_ns)
		return problem_set(problem, 400, "max_duration", "a duration of at least min_duration",
				   "max_duration is shorter than min_duration");
	return true;
}

/* What the trace list and the live stream of traces share stands first. */
static const struct parameter_rule trace_rules[] = {
	{"handler", false},      {"handler_type", false},
	{"language", false},     {"service", false},
	{"operation", false},    {"status", false},
	{"min_duration", false}, {"max_duration", false},
	{"tag", true},           {"q", false},
	{"start", false},        {"end", false},
	{"limit", false},        {"cursor", false},
};

bool parameters_trace_question(const struct parameters *parameters, struct trace_question *question_out,
			       struct problem *problem)
{
	memset(question_out, 0, sizeof(*question_out));
	question_out->query.limit = 50;
	question_out->query.cursor = parameters_find(parameters, "cursor");
	return parameters_check(parameters, trace_rules, COUNT_OF(trace_rules), problem) &&
	       read_trace_filter(parameters, question_out, problem) &&
	       read_range(parameters, &question_out->query.filter.range, problem) &&
	       read_trace_expression(parameters, question_out, problem) &&
	       read_limit(parameters, TRACE_LIST_MOST, &question_out->query.limit, problem);
}

/* ---- what is running ---- */

static const struct parameter_rule running_rules[] = {
	{"handler", false}, {"handler_type", false}, {"language", false},
	{"service", false}, {"status", false},       {"limit", false},
};

bool parameters_running_question(const struct parameters *parameters, struct running_question *question_out,
				 struct problem *problem)
{
	struct span_filter *filter = &question_out->filter;

	*question_out = (struct running_question){SPAN_FILTER_ANY, 100};
	filter->handler = parameters_find(parameters, "handler");
	filter->language = parameters_find(parameters, "language");
	filter->service = parameters_find(parameters, "service");
	return parameters_check(parameters, running_rules, COUNT_OF(running_rules), problem) &&
	       read_handler_type(parameters, &filter->handler_type, problem) &&
	       read_status(parameters, &filter->outcome, problem) &&
	       read_limit(parameters, TRACE_LIST_MOST, &question_out->limit, problem);
}

/* ---- logs ---- */

static bool read_level(const struct parameters *parameters, enum log_record_level *level,
		       struct problem *problem)
{
	struct str value = parameters_find(parameters, "level");

	return value.size == 0 || level_parse(value, level) ||
	       refuse_value("level", value, "TRACE, DEBUG, INFO, WARN or ERROR", problem);
}

static bool read_log_filter(const struct parameters *parameters, struct log_question *question,
			    struct problem *problem)
{
	struct log_filter *filter = &question->query.filter;

	*filter = LOG_FILTER_ANY;
	filter->handler = parameters_find(parameters, "handler");
	filter->service = parameters_find(parameters, "service");
	return read_level(parameters, &filter->lowest_level, problem) &&
	       read_id(parameters, "trace_id", question->trace_id, TRACE_ID_SIZE, &filter->trace_id,
		       problem) &&
	       read_id(parameters, "span_id", question->span_id, SPAN_ID_SIZE, &filter->span_id, problem);
}

/* What narrows every question about logs. */
#define LOG_FILTER_RULES                                                                                     \
	{"level", false}, {"handler", false}, {"service", false}, {"trace_id", false}, {"span_id", false},   \
		{"q", false}, {"start", false},                                                              \
	{                                                                                                    \
		"end", false                                                                                 \
	}

static const struct parameter_rule log_rules[] = {LOG_FILTER_RULES, {"limit", false}, {"cursor", false}};

bool parameters_log_question(const struct parameters *parameters, struct log_question *question_out,
			     struct problem *problem)
{
	memset(question_out, 0, sizeof(*question_out));
	question_out->query.limit = 100;
	question_out->query.cursor = parameters_find(parameters, "cursor");
	return parameters_check(parameters, log_rules, COUNT_OF(log_rules), problem) &&
	       read_log_filter(parameters, question_out, problem) &&
	       read_range(parameters, &question_out->query.filter.range, problem) &&
	       read_log_expression(parameters, question_out, problem) &&
	       read_limit(parameters, LOG_LIST_MOST, &question_out->query.limit, problem);
}

/* Reads the filters of a list, of a question that knows these parameters. */
static bool read_log_analysis(const struct parameters *parameters, const struct parameter_rule *rules,
			      size_t count, struct log_analysis_question *question, struct problem *problem)
{
	struct log_question *logs = &question->logs;

	memset(question, 0, sizeof(*question));
	return parameters_check(parameters, rules, count, problem) &&
	       read_log_filter(parameters, logs, problem) &&
	       read_range(parameters, &logs->query.filter.range, problem) &&
	       read_log_expression(parameters, logs, problem);
}

static bool refuse_missing(const char *name, const char *allowed, struct problem *problem)
{
	return problem_set(problem, 400, name, allowed, "the parameter \"%s\" is missing; it must be %s",
			   name, allowed);
}

bool parameters_log_counts(const struct parameters *parameters, struct log_analysis_question *question_out,
			   struct problem *problem)
{
	static const struct parameter_rule rules[] = {LOG_FILTER_RULES, {"step", false}};

	if (!read_log_analysis(parameters, rules, COUNT_OF(rules), question_out, problem) ||
	    !read_step(parameters, &question_out->step_ns, problem))
		return false;
	return question_out->step_ns ||
	       refuse_missing("step", "a duration of at least 1ms, such as 10s", problem);
}

/* A field's key behind a prefix; empty where the text has none. */
static struct str key_behind(struct str text, const char *prefix)
{
	size_t size = strlen(prefix);

	return str_starts_with(text, prefix) ? str_make(text.data + size, text.size - size) : str_make("", 0);
}

static bool read_field(const struct parameters *parameters, struct log_analysis_question *question,
		       struct problem *problem)
{
	static const char allowed[] = "level, service, handler, tag.KEY or attribute.KEY";
	struct str value = parameters_find(parameters, "field");
	struct str tag = key_behind(value, "tag."), attribute = key_behind(value, "attribute.");

	if (value.size == 0)
		return refuse_missing("field", allowed, problem);
	question->by_level = str_equal_c(value, "level");
	if (str_equal_c(value, "service"))
		question->field.kind = LOG_FIELD_SERVICE;
	else if (str_equal_c(value, "handler"))
		question->field.kind = LOG_FIELD_HANDLER;
	else if (tag.size)
		question->field = (struct log_field){LOG_FIELD_TAG, tag};
	else if (attribute.size)
		question->field = (struct log_field){LOG_FIELD_ATTRIBUTE, attribute};
	else if (!question->by_level)
		return refuse_value("field", value, allowed, problem);
	return true;
}

bool parameters_log_top(const struct parameters *parameters, struct log_analysis_question *question_out,
			struct problem *problem)
{
	static const struct parameter_rule rules[] = {LOG_FILTER_RULES, {"field", false}, {"limit", false}};

	if (!read_log_analysis(parameters, rules, COUNT_OF(rules), question_out, problem))
		return false;
	question_out->limit = 10;
	return read_field(parameters, question_out, problem) &&
	       read_limit(parameters, LOG_TOP_LIMIT_MOST, &question_out->limit, problem);
}

bool parameters_log_patterns(const struct parameters *parameters, struct log_analysis_question *question_out,
			     struct problem *problem)
{
	static const struct parameter_rule rules[] = {LOG_FILTER_RULES, {"sample", false}, {"limit", false}};

	if (!read_log_analysis(parameters, rules, COUNT_OF(rules), question_out, problem))
		return false;
	question_out->limit = 50;
	question_out->sample = LOG_SAMPLE_STANDARD;
	return read_count(parameters, "sample", 1, LOG_SAMPLE_MOST, &question_out->sample, problem) &&
	       read_limit(parameters, LOG_PATTERNS_LIMIT_MOST, &question_out->limit, problem);
}

bool parameters_log_context(const struct parameters *parameters, struct log_context_question *question_out,
			    struct problem *problem)
{
	static const struct parameter_rule rules[] = {{"id", false}, {"before", false}, {"after", false}};
	static const char allowed[] = "the id of a log record: 32 hexadecimal digits";
	struct str id = parameters_find(parameters, "id");

	*question_out = (struct log_context_question){.before = 20, .after = 20};
	if (!parameters_check(parameters, rules, COUNT_OF(rules), problem))
		return false;
	if (id.size == 0)
		return refuse_missing("id", allowed, problem);
	if (!log_id_parse(id, &question_out->id))
		return refuse_value("id", id, allowed, problem);
	return read_count(parameters, "before", 0, LOG_CONTEXT_MOST, &question_out->before, problem) &&
	       read_count(parameters, "after", 0, LOG_CONTEXT_MOST, &question_out->after, problem);
}

/* ---- the live stream ---- */

static const struct parameter_rule live_rules[] = {
	{"signal", false},       {"handler", false},   {"service", false}, {"handler_type", false},
	{"language", false},     {"operation", false}, {"status", false},  {"min_duration", false},
	{"max_duration", false}, {"tag", true},        {"level", false},   {"trace_id", false},
	{"span_id", false},      {"q", false},         {"api_key", false},
};

static bool read_signals(const struct parameters *parameters, struct live_question *question,
			 struct problem *problem)
{
	struct str value = parameters_find(parameters, "signal"), left = value, signal;
	bool more = true;

	if (value.size == 0)
		question->traces = question->logs = true;
	while (value.size && more) {
		more = str_split(left, ',', &signal, &left);
		if (str_equal_c(signal, "traces"))
			question->traces = true;
		else if (str_equal_c(signal, "logs"))
			question->logs = true;
		else
			return refuse_value("signal", value, "traces, logs or traces,logs", problem);
	}
	return true;
}

bool parameters_live_question(const struct parameters *parameters, struct live_question *question_out,
			      struct problem *problem)
{
	memset(question_out, 0, sizeof(*question_out));
	return parameters_check(parameters, live_rules, COUNT_OF(live_rules), problem) &&
	       read_signals(parameters, question_out, problem) &&
	       read_trace_filter(parameters, &question_out->trace, problem) &&
	       read_log_filter(parameters, &question_out->log, problem) &&
	       (!question_out->traces || read_trace_expression(parameters, &question_out->trace, problem)) &&
	       (!question_out->logs || read_log_expression(parameters, &question_out->log, problem));
}

void live_question_release(struct live_question *question)
{
	trace_question_release(&question->trace);
	log_question_release(&question->log);
}

/* ---- metrics ---- */

static const struct parameter_rule metric_list_rules[] = {{"name", false}, {"start", false}, {"end", false}};
static const struct parameter_rule metric_range_rules[] = {
	{"name", false}, {"start", false}, {"end", false},  {"step", false},
	{"agg", false},  {"by", true},     {"match", true}, {"exemplars", false},
};

#define METRIC_STANDARD_RANGE_NS (3600 * NS_PER_SECOND)

static bool read_agg(const struct parameters *parameters, struct metric_agg *agg, struct problem *problem)
{
	struct str value = parameters_find(parameters, "agg");

	return value.size == 0 || metric_agg_parse(value, agg) ||
	       refuse_value(
		       "agg", value,
		       "rate, sum, avg, min, max, count, or a percentile such as p50, p90, p95, p99, p99.9",
		       problem);
}

static bool read_exemplars(const struct parameters *parameters, bool *wanted, struct problem *problem)
{
	struct str value = parameters_find(parameters, "exemplars");

	*wanted = str_equal_c(value, "true");
	return *wanted || value.size == 0 || str_equal_c(value, "false") ||
	       refuse_value("exemplars", value, "true or false", problem);
}

static bool read_by(const struct parameters *parameters, struct metric_question *question,
		    struct problem *problem)
{
	struct metric_query *query = &question->query;

	query->by = question->by;
	for (size_t i = 0; i < parameters->count; i++) {
		struct str left = parameters->items[i].value, name;
		bool more = str_equal_c(parameters->items[i].name, "by");

		while (more) {
			more = str_split(left, ',', &name, &left);
			name = str_trim(name);
			if (str_equal_c(name, "*"))
				query->by_all = true;
			else if (name.size && query->by_count == METRIC_BY_LIMIT)
				return problem_set(problem, 400, "by", "up to 16 labels, or *",
						   "by names more than %d labels", METRIC_BY_LIMIT);
			else if (name.size)
				question->by[query->by_count++] = name;
		}
	}
	return true;
}

/* Every other parameter is a label; label.x is x, for labels that are called like a parameter. */
static bool read_labels(const struct parameters *parameters, struct metric_question *question,
			struct problem *problem)
{
	struct metric_query *query = &question->query;

	query->labels = question->labels;
	for (size_t i = 0; i < parameters->count; i++) {
		struct parameter item = parameters->items[i];

		if (str_equal_c(item.name, "match")) {
			if (!label_filter_parse(item.value, &question->labels[query->label_count++]))
				return refuse_value("match", item.value,
						    "a label, one of = != =~ !~, and a value, such as "
						    "route=~/users/.*",
						    problem);
			continue;
		}
		if (find_rule(metric_range_rules, COUNT_OF(metric_range_rules), item.name))
			continue;
		if (str_starts_with(item.name, "label."))
			item.name = str_make(item.name.data + 6, item.name.size - 6);
		question->labels[query->label_count++] =
			(struct label_filter){.key = item.name, .value = item.value};
	}
	return true;
}

static bool check_metric_parameters(const struct parameters *parameters, struct problem *problem)
{
	for (size_t i = 0; i < parameters->count; i++) {
		const struct parameter_rule *rule = find_rule(
			metric_range_rules, COUNT_OF(metric_range_rules), parameters->items[i].name);

		if (rule && !check_single(parameters, rule, i, problem))
			return false;
	}
	return true;
}

static bool read_metric_range(const struct parameters *parameters, struct metric_question *question,
			      struct problem *problem)
{
	struct metric_query *query = &question->query;

	query->range.end_ns = parameters->now_ns;
	if (!read_time(parameters, "end", &query->range.end_ns, problem))
		return false;
	query->range.start_ns = query->range.end_ns > METRIC_STANDARD_RANGE_NS
					? query->range.end_ns - METRIC_STANDARD_RANGE_NS
					: 0;
	return check_metric_parameters(parameters, problem) &&
	       read_range(parameters, &query->range, problem) &&
	       read_step(parameters, &query->step_ns, problem) &&
	       read_agg(parameters, &query->agg, problem) &&
	       read_exemplars(parameters, &query->with_exemplars, problem) &&
	       read_by(parameters, question, problem) && read_labels(parameters, question, problem);
}

bool parameters_metric_question(const struct parameters *parameters, struct metric_question *question_out,
				struct problem *problem)
{
	struct metric_query *query = &question_out->query;

	memset(question_out, 0, sizeof(*question_out));
	query->name = parameters_find(parameters, "name");
	question_out->is_list = query->name.size == 0;
	if (!question_out->is_list)
		return read_metric_range(parameters, question_out, problem);
	query->range = TIME_RANGE_ALL;
	return parameters_check(parameters, metric_list_rules, COUNT_OF(metric_list_rules), problem) &&
	       read_range(parameters, &query->range, problem);
}

/* ---- what was counted ---- */

enum { VIEW_STEPS = 60 };

/* Each view knows the first so many. */
static const struct parameter_rule view_rules[] = {
	{"start", false}, {"end", false},   {"handler_type", false}, {"language", false},
	{"step", false},  {"limit", false}, {"handler", false},      {"state", false},
};
static const size_t view_rule_counts[] = {[VIEW_HANDLERS] = 4, [VIEW_HANDLER] = 6, [VIEW_EVENTS] = 2,
					  [VIEW_GRAPH] = 2,    [VIEW_ERRORS] = 8,  [VIEW_CRONS] = 2};

static bool read_state(const struct parameters *parameters, struct view_question *question,
		       struct problem *problem)
{
	struct str value = parameters_find(parameters, "state");

	question->has_state = value.size > 0;
	return value.size == 0 || error_state_parse(value, &question->state) ||
	       refuse_value("state", value, "open, resolved or ignored", problem);
}

bool parameters_view_question(const struct parameters *parameters, enum view view,
			      struct view_question *question_out, struct problem *problem)
{
	struct view_question question = {.limit = view == VIEW_HANDLER ? 10 : 100};
	uint8_t type = HANDLER_NONE;

	question.range.end_ns = parameters->now_ns;
	if (!parameters_check(parameters, view_rules, view_rule_counts[view], problem) ||
	    !read_time(parameters, "end", &question.range.end_ns, problem))
		return false;
	question.range.start_ns = question.range.end_ns > METRIC_STANDARD_RANGE_NS
					  ? question.range.end_ns - METRIC_STANDARD_RANGE_NS
					  : 0;
	if (!read_range(parameters, &question.range, problem) ||
	    !read_handler_type(parameters, &type, problem) || !read_state(parameters, &question, problem) ||
	    !read_limit(parameters, view == VIEW_HANDLER ? SLOWEST_MOST : TRACE_LIST_MOST, &question.limit,
			problem))
		return false;
	question.step_ns = metric_standard_step((struct time_range){
		0, (question.range.end_ns - question.range.start_ns) * METRIC_STANDARD_STEPS / VIEW_STEPS});
	if (!read_step(parameters, &question.step_ns, problem))
		return false;
	question.handler = parameters_find(parameters, "handler");
	question.handler_type = str_from(handler_type_name(type));
	question.language = parameters_find(parameters, "language");
	*question_out = question;
	return true;
}
