#include "server/parameters.h"

#include <stdio.h>

#include "test.h"

/* 2026-01-01T00:00:00Z */
#define NOW_NS UINT64_C(1767225600000000000)

/* "name=value&name=value", without percent signs. */
static struct parameters given(const char *text)
{
	struct parameters parameters = {.now_ns = NOW_NS};
	struct str left = str_from(text), item, name, value;
	struct problem problem;
	bool more = left.size > 0;

	while (more) {
		more = str_split(left, '&', &item, &left);
		str_split(item, '=', &name, &value);
		assert_true(parameters_add(&parameters, name, value, &problem));
	}
	return parameters;
}

static void reads_every_filter_of_traces(void **state)
{
	struct parameters parameters =
		given("start=-15m&end=now&handler=CreateUser&handler_type=api&language=rust&service=shop&"
		      "operation=GET /&status=error&min_duration=1.5ms&max_duration=2s&tag=a=b&tag=c=d=e&"
		      "limit=7&cursor=xyz");
	struct trace_question question;
	struct problem problem;
	const struct span_filter *filter = &question.query.filter;

	(void)state;
	assert_true(parameters_trace_question(&parameters, &question, &problem));
	assert_true(filter->range.start_ns == NOW_NS - 900 * NS_PER_SECOND);
	assert_true(filter->range.end_ns == NOW_NS);
	assert_str(filter->handler, "CreateUser");
	assert_int_equal(filter->handler_type, HANDLER_API);
	assert_str(filter->language, "rust");
	assert_str(filter->service, "shop");
	assert_str(filter->operation, "GET /");
	assert_int_equal(filter->outcome, OUTCOME_ERROR);
	assert_int_equal(filter->min_duration_ns, 1500000);
	assert_int_equal(filter->max_duration_ns, 2 * NS_PER_SECOND);
	assert_int_equal(filter->tag_count, 2);
	assert_str(filter->tags[0].key, "a");
	assert_str(filter->tags[1].value, "d=e");
	assert_int_equal(question.query.limit, 7);
	assert_str(question.query.cursor, "xyz");
	trace_question_release(&question);
}

static void an_empty_value_is_none(void **state)
{
	struct parameters parameters = given("handler=&status=&limit=&start=&tag=&min_duration=&cursor=");
	struct trace_question question;
	struct problem problem;

	(void)state;
	assert_true(parameters_trace_question(&parameters, &question, &problem));
	assert_int_equal(question.query.limit, 50);
	assert_int_equal(question.query.filter.outcome, FILTER_ANY);
	assert_int_equal(question.query.filter.handler_type, FILTER_ANY);
	assert_int_equal(question.query.filter.tag_count, 0);
	assert_true(question.query.filter.range.end_ns == UINT64_MAX);
	trace_question_release(&question);
}

struct refusal {
	const char *text, *parameter, *in_detail;
};

static void assert_refusal(const struct refusal *refusal, bool taken, const struct problem *problem)
{
	if (taken)
		fail_msg("\"%s\" was taken", refusal->text);
	assert_int_equal(problem->status_code, 400);
	assert_string_equal(problem->parameter, refusal->parameter);
	if (!strstr(problem->detail, refusal->in_detail))
		fail_msg("\"%s\" does not say \"%s\"", problem->detail, refusal->in_detail);
	assert_true(problem->allowed[0] != '\0');
}

static void refuses_what_traces_do_not_know(void **state)
{
	static const struct refusal table[] = {
		{"hander=x", "hander", "\"handler\""},
		{"min_durations=1", "min_durations", "\"min_duration\""},
		{"level=INFO", "level", "no parameter"},
		{"limit=0", "limit", "1 to 1000"},
		{"limit=1001", "limit", "1 to 1000"},
		{"limit=-1", "limit", "1 to 1000"},
		{"limit=ten", "limit", "\"ten\""},
		{"start=yesterday", "start", "RFC 3339"},
		{"end=2026-13-01T00:00:00Z", "end", "RFC 3339"},
		{"start=now&end=-5m", "end", "before the start"},
		{"handler_type=lambda", "handler_type", "websocket"},
		{"status=failed", "status", "success, error, running or lost"},
		{"min_duration=-1s", "min_duration", "100ms"},
		{"max_duration=1 hour", "max_duration", "100ms"},
		{"min_duration=2s&max_duration=1s", "max_duration", "shorter"},
		{"tag=novalue", "tag", "key=value"},
		{"tag==x", "tag", "key=value"},
		{"limit=1&limit=2", "limit", "more than once"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct parameters parameters = given(table[i].text);
		struct trace_question question;
		struct problem problem;

		assert_refusal(&table[i], parameters_trace_question(&parameters, &question, &problem),
			       &problem);
		trace_question_release(&question);
	}
}

static void reads_every_filter_of_logs(void **state)
{
	struct parameters parameters =
		given("level=warn&handler=H&service=S&trace_id=0AF7651916cd43dd8448eb211c80319c&"
		      "span_id=b7ad6b7169203331&q=a \"b c\"&limit=1000&start=1767225500000000000");
	struct log_question question;
	struct problem problem;
	const struct log_filter *filter = &question.query.filter;

	(void)state;
	assert_true(parameters_log_question(&parameters, &question, &problem));
	assert_int_equal(filter->lowest_level, LEVEL_WARN);
	assert_str(filter->handler, "H");
	assert_str(filter->service, "S");
	assert_int_equal(filter->trace_id[0], 0x0a);
	assert_int_equal(filter->span_id[7], 0x31);
	assert_int_equal(filter->term_count, 2);
	assert_str(filter->terms[1], "b c");
	assert_int_equal(question.query.limit, 1000);
	assert_true(filter->range.start_ns == NOW_NS - 100 * NS_PER_SECOND);
	log_question_release(&question);
}

static void refuses_what_logs_do_not_know(void **state)
{
	static const struct refusal table[] = {
		{"level=LOUD", "level", "TRACE"},
		{"trace_id=12", "trace_id", "32 hexadecimal"},
		{"span_id=zz", "span_id", "16 hexadecimal"},
		{"query=x", "query", "nearest"},
		{"q=level >= loud", "q", "column 10"},
		{"q=\"open", "q", "closing quote"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct parameters parameters = given(table[i].text);
		struct log_question question;
		struct problem problem;

		assert_refusal(&table[i], parameters_log_question(&parameters, &question, &problem),
			       &problem);
		log_question_release(&question);
	}
}

static void reads_a_range_of_a_metric(void **state)
{
	struct parameters parameters = given("name=hits&start=-1h&end=-30m&step=10s&agg=p99.9&by=a, b,&by=c&"
					     "route=/x&label.name=y&label.step=");
	struct metric_question question;
	struct problem problem;

	(void)state;
	assert_true(parameters_metric_question(&parameters, &question, &problem));
	assert_false(question.is_list);
	assert_str(question.query.name, "hits");
	assert_true(question.query.range.start_ns == NOW_NS - 3600 * NS_PER_SECOND);
	assert_true(question.query.range.end_ns == NOW_NS - 1800 * NS_PER_SECOND);
	assert_true(question.query.step_ns == 10 * NS_PER_SECOND);
	assert_int_equal(question.query.agg.kind, AGG_PERCENTILE);
	assert_int_equal(question.query.by_count, 3);
	assert_str(question.query.by[1], "b");
	assert_str(question.query.by[2], "c");
	/* An empty label is a filter too: for series that have it empty. */
	assert_int_equal(question.query.label_count, 3);
	assert_str(question.query.labels[0].key, "route");
	assert_str(question.query.labels[1].key, "name");
	assert_str(question.query.labels[1].value, "y");
	assert_str(question.query.labels[2].key, "step");
}

static void matchers_are_labels_with_operators(void **state)
{
	struct parameters parameters =
				  given("name=hits&match=route=~/users/.*&match=status!=500&label.match=x"),
			  wrong = given("name=hits&match=route");
	struct metric_question question;
	struct problem problem;

	(void)state;
	assert_true(parameters_metric_question(&parameters, &question, &problem));
	assert_int_equal(question.query.label_count, 3);
	assert_str(question.query.labels[0].key, "route");
	assert_str(question.query.labels[0].value, "/users/.*");
	assert_int_equal(question.query.labels[0].comparison, LABEL_MATCHES);
	assert_int_equal(question.query.labels[1].comparison, LABEL_IS_NOT);
	assert_str(question.query.labels[2].key, "match");
	assert_int_equal(question.query.labels[2].comparison, LABEL_IS);
	assert_false(parameters_metric_question(&wrong, &question, &problem));
	assert_string_equal(problem.parameter, "match");
}

static void a_metric_has_standard_ranges(void **state)
{
	struct parameters list = given(""), range = given("name=hits"), until = given("name=hits&end=-1h");
	struct metric_question question;
	struct problem problem;

	(void)state;
	assert_true(parameters_metric_question(&list, &question, &problem));
	assert_true(question.is_list);
	assert_true(question.query.range.end_ns == UINT64_MAX);
	assert_true(parameters_metric_question(&range, &question, &problem));
	assert_true(question.query.range.start_ns == NOW_NS - 3600 * NS_PER_SECOND);
	assert_true(question.query.range.end_ns == NOW_NS);
	assert_true(parameters_metric_question(&until, &question, &problem));
	assert_true(question.query.range.start_ns == NOW_NS - 7200 * NS_PER_SECOND);
}

static void refuses_what_metrics_do_not_know(void **state)
{
	static const struct refusal table[] = {
		{"nam=x", "nam", "\"name\""},
		{"name=x&step=0", "step", "1ms"},
		{"name=x&step=soon", "step", "100ms"},
		{"name=x&agg=median", "agg", "p50"},
		{"name=x&name=y", "name", "more than once"},
		{"name=x&by=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", "by", "16"},
		{"name=x&start=now&end=-1m", "end", "before the start"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct parameters parameters = given(table[i].text);
		struct metric_question question;
		struct problem problem;

		assert_refusal(&table[i], parameters_metric_question(&parameters, &question, &problem),
			       &problem);
	}
}

static void the_live_stream_takes_the_filters_of_both(void **state)
{
	struct parameters parameters = given("signal=logs,traces&handler=H&status=error&level=ERROR&q=x");
	struct parameters logs = given("signal=logs"), all = given("");
	struct live_question question;
	struct problem problem;

	(void)state;
	assert_true(parameters_live_question(&parameters, &question, &problem));
	assert_true(question.traces && question.logs);
	assert_str(question.trace.query.filter.handler, "H");
	assert_str(question.log.query.filter.handler, "H");
	assert_int_equal(question.log.query.filter.lowest_level, LEVEL_ERROR);
	assert_int_equal(question.trace.query.filter.outcome, OUTCOME_ERROR);
	assert_non_null(question.trace.query.filter.predicate);
	assert_int_equal(question.log.query.filter.term_count, 1);
	live_question_release(&question);
	assert_true(parameters_live_question(&logs, &question, &problem));
	assert_true(question.logs && !question.traces);
	live_question_release(&question);
	assert_true(parameters_live_question(&all, &question, &problem));
	assert_true(question.logs && question.traces);
	live_question_release(&question);
}

static void refuses_what_the_live_stream_does_not_know(void **state)
{
	static const struct refusal table[] = {
		{"signal=metrics", "signal", "traces, logs"},
		{"signal=traces,", "signal", "traces, logs"},
		{"limit=5", "limit", "no parameter"},
		{"start=-5m", "start", "no parameter"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct parameters parameters = given(table[i].text);
		struct live_question question;
		struct problem problem;

		assert_refusal(&table[i], parameters_live_question(&parameters, &question, &problem),
			       &problem);
		live_question_release(&question);
	}
}

static void refuses_too_many(void **state)
{
	struct parameters parameters = {.now_ns = NOW_NS};
	struct problem problem;

	(void)state;
	for (int i = 0; i < PARAMETER_LIMIT; i++)
		assert_true(parameters_add(&parameters, str_from("tag"), str_from("a=b"), &problem));
	assert_false(parameters_add(&parameters, str_from("tag"), str_from("a=b"), &problem));
	assert_int_equal(problem.status_code, 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_filter_of_traces),
		cmocka_unit_test(an_empty_value_is_none),
		cmocka_unit_test(refuses_what_traces_do_not_know),
		cmocka_unit_test(reads_every_filter_of_logs),
		cmocka_unit_test(refuses_what_logs_do_not_know),
		cmocka_unit_test(reads_a_range_of_a_metric),
		cmocka_unit_test(matchers_are_labels_with_operators),
		cmocka_unit_test(a_metric_has_standard_ranges),
		cmocka_unit_test(refuses_what_metrics_do_not_know),
		cmocka_unit_test(the_live_stream_takes_the_filters_of_both),
		cmocka_unit_test(refuses_what_the_live_stream_does_not_know),
		cmocka_unit_test(refuses_too_many),
	};

	return test_run("server/parameters", tests);
}
