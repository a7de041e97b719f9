#include "query/trace.h"

#include "fixture.h"

static const struct trace *get(struct fixture *fixture, uint8_t trace)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {[TRACE_ID_SIZE - 1] = trace};
	const struct trace *found = NULL;

	if (trace_get(fixture->query, trace_id, &found, &fixture->error) != STATUS_OK)
		return NULL;
	return found;
}

static void tells_of_the_whole_trace(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *trace;
	struct span *span;

	(void)state;
	span = add_span(fixture, 1, 2, 1, "query", 1.2, 1.4);
	span->resource = make_service(fixture, "db");
	span->handler.outcome = OUTCOME_ERROR;
	span = add_span(fixture, 1, 1, 0, "POST /users", 1, 2);
	span->resource = make_service(fixture, "shop");
	set_execution(span, "CreateUser", HANDLER_API);
	span = add_span(fixture, 1, 3, 1, "work", 1.5, 3.5);
	span->resource = make_service(fixture, "shop");
	set_execution(span, "OnUser", HANDLER_EVENT);
	add_span(fixture, 2, 9, 0, "another", 0, 9);
	fixture_commit(fixture);

	trace = get(fixture, 1);
	assert_non_null(trace);
	assert_int_equal(trace->summary.span_count, 3);
	assert_int_equal(trace->summary.error_count, 1);
	assert_int_equal(trace->summary.outcome, OUTCOME_ERROR);
	assert_str(trace->summary.name, "POST /users");
	assert_str(trace->summary.handler_name, "CreateUser");
	assert_int_equal(trace->summary.handler_type, HANDLER_API);
	assert_str(trace->summary.language, "typescript");
	assert_true(trace->summary.start_ns == AT(1) && trace->summary.end_ns == AT(3.5));
	assert_int_equal(trace->summary.service_count, 2);
	assert_str(trace->summary.services[0], "shop");
	assert_str(trace->summary.services[1], "db");
	assert_true(trace->summary.complete);
	assert_str(trace->batch.spans[0].name, "POST /users");
	assert_str(trace->batch.spans[2].name, "work");
	trace_drop(trace);
	fixture_free(fixture);
}

static void is_incomplete_without_a_root_or_a_parent(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *rootless, *parentless;

	(void)state;
	add_span(fixture, 1, 2, 1, "first", 1, 2);
	add_span(fixture, 1, 3, 2, "second", 2, 3);
	add_span(fixture, 2, 1, 0, "root", 1, 2);
	add_span(fixture, 2, 3, 2, "orphan", 1, 2);
	fixture_commit(fixture);
	rootless = get(fixture, 1);
	assert_false(rootless->summary.complete);
	assert_str(rootless->summary.name, "first");
	parentless = get(fixture, 2);
	assert_false(parentless->summary.complete);
	trace_drop(rootless);
	trace_drop(parentless);
	fixture_free(fixture);
}

static void shows_a_span_that_was_sent_twice_once(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *trace;

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_span(fixture, 1, 1, 0, "root", 1, 2);
		add_span(fixture, 1, 2, 1, "child", 1, 2);
		fixture_commit(fixture);
	}
	/* The two sides of a call may share an id: these are two spans. */
	add_span(fixture, 1, 2, 1, "child", 1, 2)->kind = SPAN_SERVER;
	fixture_commit(fixture);
	trace = get(fixture, 1);
	assert_int_equal(trace->summary.span_count, 3);
	assert_true(trace->summary.complete);
	assert_non_null(trace_find_span(trace, trace->batch.spans[1].span_id));
	trace_drop(trace);
	fixture_free(fixture);
}

static void says_when_there_is_no_such_trace(void **state)
{
	struct fixture *fixture = fixture_new();
	uint8_t trace_id[TRACE_ID_SIZE] = {0xab};
	const struct trace *trace;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(trace_get(fixture->query, trace_id, &trace, &fixture->error),
				 STATUS_NOT_FOUND);
	assert_non_null(strstr(fixture->error.message, "ab000000000000000000000000000000"));
	fixture_free(fixture);
}

static void sees_spans_that_arrive_late(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *before, *after;

	(void)state;
	assert_null(get(fixture, 1));
	add_span(fixture, 1, 2, 1, "child", 1, 2);
	fixture_commit(fixture);
	before = get(fixture, 1);
	assert_int_equal(before->summary.span_count, 1);
	add_span(fixture, 1, 1, 0, "root", 0, 3);
	fixture_commit(fixture);
	after = get(fixture, 1);
	assert_int_equal(after->summary.span_count, 2);
	/* What was handed out stays as it was. */
	assert_int_equal(before->summary.span_count, 1);
	assert_str(before->batch.spans[0].name, "child");
	trace_drop(before);
	trace_drop(after);
	fixture_free(fixture);
}

static void finds_the_execution_around_a_span(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *trace;
	uint8_t id[SPAN_ID_SIZE] = {0};

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "outer", 0, 9), "Outer", HANDLER_API);
	set_execution(add_span(fixture, 1, 2, 1, "inner", 1, 8), "Inner", HANDLER_EVENT);
	add_span(fixture, 1, 3, 2, "call", 2, 7);
	add_span(fixture, 1, 4, 3, "socket", 3, 6);
	add_span(fixture, 1, 5, 99, "orphan", 3, 6);
	add_span(fixture, 1, 6, 7, "round", 3, 6);
	add_span(fixture, 1, 7, 6, "and round", 3, 6);
	fixture_commit(fixture);
	trace = get(fixture, 1);
	static const struct {
		uint8_t span;
		const char *handler;
	} table[] = {{1, "Outer"}, {2, "Inner"}, {3, "Inner"}, {4, "Inner"},
		     {5, NULL},    {6, NULL},    {77, NULL}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct span *execution;

		id[SPAN_ID_SIZE - 1] = table[i].span;
		execution = trace_find_execution(trace, id);
		if (table[i].handler)
			assert_str(execution->handler.name, table[i].handler);
		else
			assert_null(execution);
	}
	trace_drop(trace);
	fixture_free(fixture);
}

static void matches_as_the_list_does(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct trace *trace;
	struct span_filter filter = SPAN_FILTER_ANY;

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "root", 1, 2), "CreateUser", HANDLER_API);
	add_span(fixture, 1, 2, 1, "call", 1, 2)->handler.outcome = OUTCOME_ERROR;
	fixture_commit(fixture);
	trace = get(fixture, 1);
	assert_true(trace_matches(trace, &filter, false));
	filter.range = (struct time_range){0, 1};
	assert_false(trace_matches(trace, &filter, false));
	assert_true(trace_matches(trace, &filter, true));
	/* One span has to meet all of it. */
	filter.handler = str_from("CreateUser");
	assert_true(trace_matches(trace, &filter, true));
	filter.outcome = OUTCOME_ERROR;
	assert_false(trace_matches(trace, &filter, true));
	/* Success is of the whole trace. */
	filter.outcome = OUTCOME_SUCCESS;
	assert_false(trace_matches(trace, &filter, true));
	trace_drop(trace);
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_the_whole_trace),
		cmocka_unit_test(is_incomplete_without_a_root_or_a_parent),
		cmocka_unit_test(shows_a_span_that_was_sent_twice_once),
		cmocka_unit_test(says_when_there_is_no_such_trace),
		cmocka_unit_test(sees_spans_that_arrive_late),
		cmocka_unit_test(finds_the_execution_around_a_span),
		cmocka_unit_test(matches_as_the_list_does),
	};

	return test_run("query/trace", tests);
}
