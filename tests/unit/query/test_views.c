/* What was counted, added up: tallies, handlers, events and errors. */
#include <math.h>

#include "query/errors.h"
#include "query/events.h"
#include "query/handlers.h"

#include "fixture.h"

static const struct metric execution_duration = {.name = {"handler.execution.duration", 26},
						 .unit = {"ms", 2},
						 .type = METRIC_HISTOGRAM,
						 .temporality = TEMPORALITY_DELTA};
static const struct metric queue_duration = {.name = {"event.queue.duration", 20},
					     .unit = {"ms", 2},
					     .type = METRIC_HISTOGRAM,
					     .temporality = TEMPORALITY_DELTA};

#define COUNTER(text)                                                                                        \
	{.name = {text, sizeof(text) - 1},                                                                   \
	 .type = METRIC_SUM,                                                                                 \
	 .temporality = TEMPORALITY_DELTA,                                                                   \
	 .monotonic = true}
static const struct metric published = COUNTER("event.published.count"),
			   publishers = COUNTER("event.publisher.count"),
			   handled = COUNTER("event.handled.count"), errors = COUNTER("error.count");

/* count values in (lower, upper]. */
static struct metric_point *add_values(struct fixture *fixture, const struct metric *metric, double time,
				       uint64_t count, double lower, double upper)
{
	struct metric_point *point = add_point(fixture, metric, time - 5, time);
	double *bounds = arena_calloc(&fixture->batch.arena, 2, sizeof(*bounds));
	uint64_t *counts = arena_calloc(&fixture->batch.arena, 3, sizeof(*counts));

	bounds[0] = lower;
	bounds[1] = upper;
	counts[1] = count;
	point->count = count;
	point->sum = upper * (double)count;
	point->min = lower;
	point->max = upper;
	point->has = POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX;
	point->histogram = (struct histogram){counts, bounds, 3, 2};
	return point;
}

static void add_executions(struct fixture *fixture, const char *handler, const char *status, double time,
			   uint64_t count, double ms)
{
	add_values(fixture, &execution_duration, time, count, ms - 1, ms)->attributes =
		ATTRIBUTES(fixture, "handler_name", handler, "handler_type", "api", "language", "rust",
			   "status", status);
}

static void add_count(struct fixture *fixture, const struct metric *metric, double time, int64_t count,
		      struct attributes labels)
{
	struct metric_point *point = add_point(fixture, metric, time - 5, time);

	point->value = (struct number){.integer = count, .kind = NUMBER_INT};
	point->attributes = labels;
}

static struct time_range range(double start, double end)
{
	return (struct time_range){AT(start), AT(end)};
}

#define assert_ok(call)                                                                                      \
	do {                                                                                                 \
		if ((call) != STATUS_OK)                                                                     \
			fail_msg("%s", fixture->error.message);                                              \
	} while (0)

static void handlers_have_counts_errors_percentiles_and_the_time_before(void **state)
{
	struct fixture *fixture = fixture_new();
	struct handler_question question = {.range = range(100, 200)};
	struct handler_list list;

	(void)state;
	add_executions(fixture, "CreateUser", "success", 50, 7, 10);
	add_executions(fixture, "CreateUser", "success", 110, 90, 10);
	add_executions(fixture, "CreateUser", "error", 150, 10, 100);
	add_executions(fixture, "Other", "success", 160, 1, 5);
	fixture_commit(fixture);
	assert_ok(handler_list_read(fixture->query, &question, &list, &fixture->error));
	assert_int_equal(list.count, 2);
	assert_str(list.handlers[0].name, "CreateUser");
	assert_str(list.handlers[0].type, "api");
	assert_str(list.handlers[0].language, "rust");
	assert_int_equal(list.handlers[0].now.count, 100);
	assert_int_equal(list.handlers[0].now.error_count, 10);
	assert_true(list.handlers[0].now.p50_ms > 9 && list.handlers[0].now.p50_ms <= 10);
	assert_true(list.handlers[0].now.p95_ms > 99 && list.handlers[0].now.p95_ms <= 100);
	assert_true(list.handlers[0].now.most_ms == 100);
	assert_true(list.handlers[0].now.mean_ms == 19);
	assert_int_equal(list.handlers[0].before.count, 7);
	assert_int_equal(list.handlers[0].before.error_count, 0);
	assert_int_equal(list.handlers[0].last_run_ns, AT(150));
	assert_int_equal(list.handlers[1].before.count, 0);
	assert_true(isnan(list.handlers[1].before.p50_ms));
	handler_list_release(&list);
	question.type = str_from("cron");
	assert_ok(handler_list_read(fixture->query, &question, &list, &fixture->error));
	assert_int_equal(list.count, 0);
	handler_list_release(&list);
	fixture_free(fixture);
}

static void a_cumulative_counter_of_somebody_elses_is_left_out(void **state)
{
	struct fixture *fixture = fixture_new();
	struct metric cumulative = execution_duration;
	const struct handler_question question = {.range = range(0, 200)};
	struct handler_list list;

	(void)state;
	cumulative.temporality = TEMPORALITY_CUMULATIVE;
	add_values(fixture, &cumulative, 100, 5, 1, 2)->attributes =
		ATTRIBUTES(fixture, "handler_name", "Foreign", "status", "success");
	fixture_commit(fixture);
	assert_ok(handler_list_read(fixture->query, &question, &list, &fixture->error));
	assert_int_equal(list.count, 0);
	handler_list_release(&list);
	fixture_free(fixture);
}

static void a_heat_map_has_every_execution_in_its_step_and_bucket(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct handler_question question = {.range = range(0, 180), .name = str_from("CreateUser")};
	struct heat_map map;
	struct arena arena;
	uint64_t total = 0;

	(void)state;
	add_executions(fixture, "CreateUser", "success", 30, 3, 1.9);
	add_executions(fixture, "CreateUser", "error", 60, 4, 100);
	add_executions(fixture, "CreateUser", "success", 61, 5, 1.9);
	add_executions(fixture, "Other", "success", 61, 50, 1.9);
	fixture_commit(fixture);
	arena_init(&arena, 0);
	assert_ok(handler_heat_map(fixture->query, &question, 60 * NS_PER_SECOND, &arena, &map,
				   &fixture->error));
	assert_int_equal(map.step_count, 3);
	assert_int_equal(map.first_ns, AT(60));
	for (size_t i = 0; i < map.step_count * map.bucket_count; i++)
		total += map.counts[i];
	assert_int_equal(total, 12);
	assert_int_equal(map.counts[0], 3);
	assert_int_equal(map.counts[map.bucket_count - 1], 4);
	assert_int_equal(map.counts[map.bucket_count], 5);
	for (size_t i = 0; i < map.bucket_count; i++)
		assert_true(map.bounds_ms[i] < map.bounds_ms[i + 1]);
	assert_true(map.bounds_ms[map.bucket_count] >= 100);
	arena_release(&arena);
	fixture_free(fixture);
}

static void the_slowest_stored_executions_come_slowest_first(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct handler_question question = {.range = range(0, 1000), .name = str_from("CreateUser")};
	struct batch slowest;

	(void)state;
	for (uint8_t i = 1; i <= 30; i++)
		set_execution(add_span(fixture, i, 1, 0, "POST", i, i + (i * 7 % 31)), "CreateUser",
			      HANDLER_API);
	set_execution(add_span(fixture, 40, 1, 0, "POST", 1, 500), "Other", HANDLER_API);
	fixture_commit(fixture);
	batch_init(&slowest, 0);
	assert_ok(handler_slowest(fixture->query, &question, 5, &slowest, &fixture->error));
	assert_int_equal(slowest.span_count, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(span_duration_ns(&slowest.spans[i]) / NS_PER_SECOND, 30 - i);
	batch_release(&slowest);
	fixture_free(fixture);
}

static void callers_are_the_executions_that_it_lies_in(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct handler_question question = {.range = range(0, 1000), .name = str_from("Inner")};
	struct handler_callers callers;
	struct arena arena;

	(void)state;
	for (uint8_t i = 1; i <= 5; i++) {
		if (i < 4)
			set_execution(add_span(fixture, i, 1, 0, "GET /", i, i + 9), i == 3 ? "B" : "A",
				      HANDLER_API);
		add_span(fixture, i, 2, i < 4 ? 1 : 0, "call", i, i + 8);
		set_execution(add_span(fixture, i, 3, 2, "GET /inner", i, i + 7), "Inner", HANDLER_API);
	}
	fixture_commit(fixture);
	arena_init(&arena, 0);
	assert_ok(handler_callers_read(fixture->query, &question, &arena, &callers, &fixture->error));
	assert_int_equal(callers.sampled, 5);
	assert_int_equal(callers.without_caller, 2);
	assert_int_equal(callers.caller_count, 2);
	assert_str(callers.callers[0].name, "A");
	assert_int_equal(callers.callers[0].count, 2);
	assert_str(callers.callers[1].name, "B");
	arena_release(&arena);
	fixture_free(fixture);
}

static void events_have_publishers_handlers_and_times_in_queue(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct event_summary *event;
	struct event_list list;

	(void)state;
	add_count(fixture, &published, 10, 20,
		  ATTRIBUTES(fixture, "event_name", "order.placed", "language", "rust"));
	add_count(fixture, &published, 10, 3,
		  ATTRIBUTES(fixture, "event_name", "page.viewed", "language", "rust"));
	add_count(fixture, &publishers, 10, 20,
		  ATTRIBUTES(fixture, "event_name", "order.placed", "handler_name", "CreateOrder", "language",
			     "rust"));
	add_count(fixture, &handled, 12, 18,
		  ATTRIBUTES(fixture, "event_name", "order.placed", "handler_name", "Reserve", "language",
			     "rust", "status", "success"));
	add_count(fixture, &handled, 12, 2,
		  ATTRIBUTES(fixture, "event_name", "order.placed", "handler_name", "Reserve", "language",
			     "rust", "status", "error"));
	add_count(fixture, &handled, 12, 20,
		  ATTRIBUTES(fixture, "event_name", "order.placed", "handler_name", "Mail", "language",
			     "python", "status", "success"));
	add_values(fixture, &queue_duration, 12, 20, 30, 40)->attributes = ATTRIBUTES(
		fixture, "event_name", "order.placed", "handler_name", "Reserve", "language", "rust");
	fixture_commit(fixture);
	assert_ok(event_list_read(fixture->query, range(0, 100), &list, &fixture->error));
	assert_int_equal(list.count, 2);
	event = &list.events[0];
	assert_str(event->name, "order.placed");
	assert_int_equal(event->published_count, 20);
	assert_int_equal(event->handled_count, 40);
	assert_int_equal(event->publisher_count, 1);
	assert_str(event->publishers[0].handler_name, "CreateOrder");
	assert_int_equal(event->publishers[0].count, 20);
	assert_int_equal(event->handler_count, 2);
	assert_str(event->handlers[0].handler_name, "Mail");
	assert_int_equal(event->handlers[1].count, 20);
	assert_int_equal(event->handlers[1].error_count, 2);
	assert_true(event->handlers[1].queue.p50_ms > 30 && event->handlers[1].queue.p50_ms <= 40);
	assert_int_equal(event->queue.count, 20);
	assert_true(isnan(event->handlers[0].queue.p50_ms));
	assert_str(list.events[1].name, "page.viewed");
	assert_int_equal(list.events[1].handled_count, 0);
	assert_int_equal(list.events[1].handler_count, 0);
	event_list_release(&list);
	fixture_free(fixture);
}

static void add_error(struct fixture *fixture, const char *group, const char *handler, double time,
		      int64_t count)
{
	add_count(fixture, &errors, time, count,
		  ATTRIBUTES(fixture, "error_group", group, "exception_type", "TypeError", "handler_name",
			     handler, "language", "rust"));
}

static struct error_list read_errors(struct fixture *fixture, double start, double end)
{
	const struct error_question question = {.range = range(start, end),
						.step_ns = 60 * NS_PER_SECOND,
						.limit = 10,
						.with_examples = true};
	struct error_list list;

	assert_ok(error_list_read(fixture->query, &question, &list, &fixture->error));
	return list;
}

static void errors_have_counts_over_time_handlers_and_an_example(void **state)
{
	struct fixture *fixture = fixture_new();
	struct exemplar *exemplar;
	struct error_list list;
	struct span *span;

	(void)state;
	add_error(fixture, "00000000000000aa", "A", 30, 2);
	exemplar = arena_calloc(&fixture->batch.arena, 1, sizeof(*exemplar));
	exemplar->time_ns = AT(30);
	exemplar->trace_id[TRACE_ID_SIZE - 1] = 1;
	exemplar->span_id[SPAN_ID_SIZE - 1] = 1;
	fixture->batch.points[0].exemplars = exemplar;
	fixture->batch.points[0].exemplar_count = 1;
	add_error(fixture, "00000000000000aa", "B", 100, 5);
	add_error(fixture, "00000000000000bb", "A", 100, 1);
	add_error(fixture, "00000000000000aa", "A", 700, 1);
	span = add_span(fixture, 1, 1, 0, "POST", 29, 30);
	span->status_message = str_from("boom");
	fixture_commit(fixture);
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.count, 2);
	assert_str(list.errors[0].group, "00000000000000aa");
	assert_str(list.errors[0].exception_type, "TypeError");
	assert_int_equal(list.errors[0].count, 7);
	assert_int_equal(list.errors[0].total_count, 8);
	assert_int_equal(list.errors[0].first_ns, AT(30));
	assert_int_equal(list.errors[0].last_ns, AT(700));
	assert_int_equal(list.errors[0].counts[0], 2);
	assert_int_equal(list.errors[0].counts[1], 5);
	assert_int_equal(list.errors[0].party_count, 2);
	assert_str(list.errors[0].parties[0].handler_name, "B");
	assert_true(list.errors[0].is_stored);
	assert_str(list.errors[0].message, "boom");
	assert_false(list.errors[1].is_stored);
	error_list_release(&list);
	fixture_free(fixture);
}

static void handlers_of_an_error_that_are_as_frequent_stand_by_name(void **state)
{
	static const char *const handlers[] = {"D", "B", "C", "A"};
	struct fixture *fixture = fixture_new();
	struct error_list list;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add_error(fixture, "00000000000000aa", handlers[i], 10 + (double)i, 2);
	fixture_commit(fixture);
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.errors[0].party_count, 4);
	assert_str(list.errors[0].parties[0].handler_name, "A");
	assert_str(list.errors[0].parties[1].handler_name, "B");
	assert_str(list.errors[0].parties[2].handler_name, "C");
	assert_str(list.errors[0].parties[3].handler_name, "D");
	error_list_release(&list);
	fixture_free(fixture);
}

static void a_resolved_error_is_open_again_when_it_comes_back(void **state)
{
	struct fixture *fixture = fixture_new();
	const struct str group = {"00000000000000aa", 16};
	struct error_list list;

	(void)state;
	add_error(fixture, "00000000000000aa", "A", 30, 2);
	fixture_commit(fixture);
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.errors[0].state, ERROR_OPEN);
	assert_int_equal(list.errors[0].decided_ns, 0);
	error_list_release(&list);

	assert_ok(error_set_state(fixture->query, group, ERROR_RESOLVED, AT(60), &fixture->error));
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.errors[0].state, ERROR_RESOLVED);
	error_list_release(&list);

	add_error(fixture, "00000000000000aa", "A", 90, 1);
	fixture_commit(fixture);
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.errors[0].state, ERROR_OPEN);
	assert_true(list.errors[0].was_reopened);
	error_list_release(&list);

	assert_ok(error_set_state(fixture->query, group, ERROR_IGNORED, AT(60), &fixture->error));
	list = read_errors(fixture, 0, 600);
	assert_int_equal(list.errors[0].state, ERROR_IGNORED);
	error_list_release(&list);
	assert_int_equal(
		error_set_state(fixture->query, str_from("no group"), ERROR_OPEN, 1, &fixture->error),
		STATUS_INVALID);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_have_counts_errors_percentiles_and_the_time_before),
		cmocka_unit_test(a_cumulative_counter_of_somebody_elses_is_left_out),
		cmocka_unit_test(a_heat_map_has_every_execution_in_its_step_and_bucket),
		cmocka_unit_test(the_slowest_stored_executions_come_slowest_first),
		cmocka_unit_test(callers_are_the_executions_that_it_lies_in),
		cmocka_unit_test(events_have_publishers_handlers_and_times_in_queue),
		cmocka_unit_test(errors_have_counts_over_time_handlers_and_an_example),
		cmocka_unit_test(handlers_of_an_error_that_are_as_frequent_stand_by_name),
		cmocka_unit_test(a_resolved_error_is_open_again_when_it_comes_back),
	};

	return test_run("query/views", tests);
}
