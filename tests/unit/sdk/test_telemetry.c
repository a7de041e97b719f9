#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shelf.h"
#include "test.h"

static const struct rohas_options usual = ROHAS_OPTIONS_INIT;

enum { PATIENCE_MS = 20000 };

static const struct value *tag(const struct span *span, const char *key)
{
	return attributes_find(&span->attributes, key);
}

static struct str text_tag(const struct span *span, const char *key)
{
	return attributes_find_str(&span->attributes, key);
}

static void an_execution_arrives_with_what_it_says(void **state)
{
	struct shelf *shelf = *state;
	struct rohas_begin begin = {.method = "GET", .route = "/orders/{id}", .language = "python"};
	struct rohas_field fields[] = {rohas_int("attempt", 2)};
	const struct span *span;
	struct batch rows;

	shelf_open_library(shelf, usual);
	{
		struct rohas_span execution = rohas_handler_begin(ROHAS_API, "get_order", &begin);

		rohas_tag_string(execution, "name", "caf\xc3\xa9");
		rohas_tag_string(execution, "broken", "caf\xc3");
		rohas_tag_int(execution, "small", -1);
		rohas_tag_int(execution, "large", INT64_MAX);
		rohas_tag_double(execution, "real", 2.5);
		rohas_tag_bool(execution, "yes", true);
		rohas_tag_string(execution, "absent", NULL);
		rohas_span_event(execution, "retry", fields, 1);
		rohas_error(execution, "TimeoutError", "took too long", "at main");
		rohas_handler_end(execution);
	}
	assert_true(rohas_flush(PATIENCE_MS));
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, 1);
	span = &rows.spans[0];
	assert_str(span->name, "get_order");
	assert_int_equal(span->kind, SPAN_SERVER);
	assert_true(span_is_root(span));
	assert_true(span->end_ns >= span->start_ns);
	assert_int_equal(span->status_code, SPAN_STATUS_ERROR);
	assert_str(span->status_message, "took too long");
	assert_str(text_tag(span, "rohas.handler.type"), "api");
	assert_str(text_tag(span, "rohas.handler.name"), "get_order");
	assert_str(text_tag(span, "rohas.handler.language"), "python");
	assert_str(text_tag(span, "http.request.method"), "GET");
	assert_str(text_tag(span, "http.route"), "/orders/{id}");
	assert_str(text_tag(span, "name"), "caf\xc3\xa9");
	assert_str(text_tag(span, "broken"), "caf?");
	assert_true(tag(span, "small")->integer == -1);
	assert_true(tag(span, "large")->integer == INT64_MAX);
	assert_true(tag(span, "real")->real == 2.5);
	assert_true(tag(span, "yes")->boolean);
	assert_null(tag(span, "absent"));
	assert_str(text_tag(span, "error.type"), "TimeoutError");
	assert_int_equal(span->event_count, 2);
	assert_str(span->events[0].name, "retry");
	assert_str(span->events[1].name, "exception");
	assert_str(attributes_find_str(&span->events[1].attributes, "exception.stacktrace"), "at main");
	assert_str(resource_service(span->resource), "unit");
	batch_release(&rows);
}

static void each_kind_says_what_it_is(void **state)
{
	static const struct {
		enum rohas_handler_type type;
		const char *name, *kind, *key, *value;
	} rows[] = {
		{ROHAS_API, "an api", "api", "http.route", "/a"},
		{ROHAS_EVENT, "an event", "event", "messaging.operation.type", "process"},
		{ROHAS_CRON, "a cron", "cron", "faas.cron", "* * * * *"},
		{ROHAS_WEBSOCKET, "a websocket", "websocket", "rohas.websocket.route", "/a"},
	};
	struct rohas_begin begin = {.route = "/a", .schedule = "* * * * *", .event = "order.placed"};
	struct shelf *shelf = *state;
	struct batch batch;

	shelf_open_library(shelf, usual);
	for (size_t i = 0; i < 4; i++)
		rohas_handler_end(rohas_handler_begin(rows[i].type, rows[i].name, &begin));
	assert_true(rohas_flush(PATIENCE_MS));
	shelf_read(shelf, &batch);
	for (size_t i = 0; i < 4; i++) {
		const struct span *span = shelf_span(&batch, rows[i].name);

		assert_non_null(span);
		assert_str(text_tag(span, "rohas.handler.type"), rows[i].kind);
		assert_str(text_tag(span, rows[i].key), rows[i].value);
	}
	assert_str(text_tag(shelf_span(&batch, "an event"), "rohas.event.name"), "order.placed");
	batch_release(&batch);
}

static void what_is_inside_an_execution_belongs_to_it(void **state)
{
	struct shelf *shelf = *state;
	const struct span *outer, *inner, *published;
	struct rohas_span execution, query;
	struct batch rows;

	shelf_open_library(shelf, usual);
	execution = rohas_handler_begin(ROHAS_API, "outer", NULL);
	query = rohas_span_begin("inner", ROHAS_CLIENT);
	rohas_log(ROHAS_WARN, "inside", NULL, 0);
	rohas_event_publish("published", NULL);
	rohas_span_end(query);
	assert_true(rohas_current().id == execution.id);
	rohas_handler_end(execution);
	assert_true(rohas_current().id == 0);
	rohas_logf(ROHAS_ERROR, "outside %d", 7);
	assert_true(rohas_flush(PATIENCE_MS));

	shelf_read(shelf, &rows);
	outer = shelf_span(&rows, "outer");
	inner = shelf_span(&rows, "inner");
	published = shelf_span(&rows, "published");
	assert_memory_equal(inner->trace_id, outer->trace_id, TRACE_ID_SIZE);
	assert_memory_equal(inner->parent_span_id, outer->span_id, SPAN_ID_SIZE);
	assert_memory_equal(published->parent_span_id, inner->span_id, SPAN_ID_SIZE);
	assert_int_equal(published->kind, SPAN_PRODUCER);
	assert_int_equal(rows.log_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct log_record *record = &rows.logs[i];

		if (record->severity_number == 13)
			assert_memory_equal(record->span_id, inner->span_id, SPAN_ID_SIZE);
		else
			assert_str(value_str(&record->body), "outside 7");
	}
	batch_release(&rows);
}

/* What a message carried from a publisher to a handler, in each relation. */
static void a_handler_is_linked_to_what_published_its_event(void **state)
{
	static const struct {
		enum rohas_relation relation;
		bool is_linked, is_child;
	} rows[] = {
		{ROHAS_USUAL, true, false},
		{ROHAS_LINK, true, false},
		{ROHAS_PARENT, false, true},
		{ROHAS_PARENT_AND_LINK, true, true},
	};
	struct shelf *shelf = *state;
	static const char *const names[] = {"usual", "link", "parent", "both"};
	const struct span *published;
	struct rohas_context message;
	struct batch batch;

	shelf_open_library(shelf, usual);
	rohas_event_publish("order.placed", &message);
	for (size_t i = 0; i < 4; i++) {
		struct rohas_carrier from = {message.traceparent, NULL, NULL};
		struct rohas_begin begin = {.from = &from, .from_count = 1, .relation = rows[i].relation};

		rohas_handler_end(rohas_handler_begin(ROHAS_EVENT, names[i], &begin));
	}
	assert_true(rohas_flush(PATIENCE_MS));
	shelf_read(shelf, &batch);
	published = shelf_span(&batch, "order.placed");
	for (size_t i = 0; i < 4; i++) {
		const struct span *span = shelf_span(&batch, names[i]);

		assert_int_equal(span->link_count, rows[i].is_linked);
		if (rows[i].is_linked)
			assert_memory_equal(span->links[0].span_id, published->span_id, SPAN_ID_SIZE);
		assert_int_equal(!memcmp(span->trace_id, published->trace_id, TRACE_ID_SIZE),
				 rows[i].is_child);
		assert_int_equal(!memcmp(span->parent_span_id, published->span_id, SPAN_ID_SIZE),
				 rows[i].is_child);
		assert_true(span->start_ns >= published->end_ns);
	}
	batch_release(&batch);
}

static void tracestate_and_baggage_are_handed_on(void **state)
{
	static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	struct rohas_carrier from = {parent, "ot=th:8,other=1", "tenant=7,tier=gold"};
	struct rohas_begin begin = {.from = &from, .from_count = 1};
	struct shelf *shelf = *state;
	struct rohas_context message;
	struct rohas_span execution;
	struct rohas_report report;

	shelf_open_library(shelf, usual);
	execution = rohas_handler_begin(ROHAS_API, "outer", &begin);
	rohas_event_publish("order.placed", &message);
	assert_memory_equal(message.traceparent, parent, 36);
	assert_string_equal(message.tracestate, "ot=th:8,other=1");
	assert_string_equal(message.baggage, "tenant=7,tier=gold");
	assert_true(rohas_context_of(execution, &message));
	assert_string_equal(message.tracestate, "ot=th:8,other=1");
	rohas_handler_end(execution);
	assert_false(rohas_context_of(execution, &message));
	assert_string_equal(message.traceparent, "");

	from.traceparent = "nonsense";
	execution = rohas_handler_begin(ROHAS_API, "alone", &begin);
	assert_true(rohas_context_of(execution, &message));
	assert_memory_not_equal(message.traceparent, parent, 36);
	assert_string_equal(message.tracestate, "");
	rohas_handler_end(execution);
	assert_true(rohas_flush(PATIENCE_MS));
	rohas_report_read(&report);
	assert_int_equal(report.contexts_invalid, 1);
}

static void an_old_handle_does_nothing(void **state)
{
	struct shelf *shelf = *state;
	struct rohas_span first, second;
	const struct span *span;
	struct batch rows;

	shelf_open_library(shelf, usual);
	first = rohas_handler_begin(ROHAS_API, "first", NULL);
	rohas_handler_end(first);
	assert_true(rohas_flush(PATIENCE_MS));
	second = rohas_handler_begin(ROHAS_API, "second", NULL);
	assert_ptr_equal(first.record, second.record); /* else this shows nothing */
	rohas_tag_int(first, "late", 1);
	rohas_handler_end(first);
	rohas_tag_int(second, "in time", 1);
	rohas_handler_end(second);
	rohas_handler_end(second);
	rohas_handler_end((struct rohas_span){0});
	assert_true(rohas_flush(PATIENCE_MS));
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, 2);
	span = shelf_span(&rows, "second");
	assert_null(tag(span, "late"));
	assert_non_null(tag(span, "in time"));
	batch_release(&rows);
}

static void a_full_pool_drops_and_counts(void **state)
{
	enum { BEGUN = 2000 };
	struct shelf *shelf = *state;
	struct rohas_options options = usual;
	struct rohas_report report;
	static struct rohas_span spans[BEGUN];
	unsigned begun = 0;
	struct batch rows;

	options.thread_bytes = ROHAS_THREAD_BYTES_LEAST;
	shelf_open_library(shelf, options);
	/* None of them ends meanwhile, so that nothing is given back. */
	for (int i = 0; i < BEGUN; i++) {
		spans[i] = rohas_span_begin("many", ROHAS_INTERNAL);
		begun += spans[i].id != 0;
	}
	assert_int_equal(begun, ROHAS_THREAD_BYTES_LEAST / 512);
	for (int i = BEGUN - 1; i >= 0; i--)
		rohas_span_end(spans[i]);
	assert_true(rohas_flush(PATIENCE_MS));
	assert_int_equal(rohas_close(PATIENCE_MS, &report), ROHAS_LOST);
	assert_int_equal(report.spans_delivered, begun);
	assert_int_equal(report.spans_lost, BEGUN - begun);
	assert_int_equal(report.lost_pool_full, BEGUN - begun);
	assert_int_equal(report.unfinished, 0);
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, begun);
	for (size_t i = 0; i < rows.point_count; i++)
		if (str_equal_c(rows.points[i].metric->name, "rohas.telemetry.lost")) {
			assert_int_equal(rows.points[i].value.integer, BEGUN - begun);
			begun = 0;
		}
	assert_int_equal(begun, 0);
	batch_release(&rows);
}

static void closing_tells_what_never_ended(void **state)
{
	struct shelf *shelf = *state;
	struct rohas_report report;

	shelf_open_library(shelf, usual);
	rohas_handler_begin(ROHAS_API, "for ever", NULL);
	assert_int_equal(rohas_close(PATIENCE_MS, &report), ROHAS_LOST);
	assert_int_equal(report.unfinished, 1);
	assert_int_equal(report.spans_lost, 0);
}

static void closing_keeps_its_deadline_where_nobody_listens(void **state)
{
	struct rohas_options options = usual;
	struct rohas_report report;
	char reason[ROHAS_REASON_SIZE];

	(void)state;
	options.project_root = "/";
	options.endpoint = "http://127.0.0.1:1"; /* no port of ours */
	assert_int_equal(rohas_open(&options, reason), ROHAS_OK);
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "lost", NULL));
	assert_int_equal(rohas_close(1, &report), ROHAS_LOST);
	assert_int_equal(report.spans_delivered, 0);
	assert_int_equal(report.spans_lost, 1);
	assert_int_equal(report.lost_at_close, report.spans_lost + report.points_lost);
	assert_true(report.reason[0]);
}

static void says_what_is_wrong_with_an_option(void **state)
{
	struct rohas_options options = usual;
	char reason[ROHAS_REASON_SIZE] = "";

	(void)state;
	options.project_root = "/";
	options.endpoint = "localhost:4318";
	assert_int_equal(rohas_open(&options, reason), ROHAS_INVALID);
	assert_non_null(strstr(reason, "\"localhost:4318\""));
	options.endpoint = "http://localhost:4318";
	options.thread_bytes = 1;
	assert_int_equal(rohas_open(&options, reason), ROHAS_INVALID);
	assert_non_null(strstr(reason, "thread_bytes is 1"));
	options.thread_bytes = 0;
	options.size = 100000;
	assert_int_equal(rohas_open(&options, reason), ROHAS_INVALID);
	assert_non_null(strstr(reason, "options.size is 100000"));
}

static void nothing_is_recorded_while_it_is_closed(void **state)
{
	struct rohas_context context;
	struct rohas_report report;

	(void)state;
	assert_int_equal(rohas_handler_begin(ROHAS_API, "x", NULL).id, 0);
	rohas_log(ROHAS_ERROR, "x", NULL, 0);
	rohas_event_publish("x", &context);
	assert_string_equal(context.traceparent, "");
	assert_false(rohas_thread_begin());
	assert_true(rohas_flush(0));
	assert_int_equal(rohas_close(0, &report), ROHAS_OK);
	assert_int_equal(report.spans_lost, 0);
}

static void it_opens_once_at_a_time_and_again(void **state)
{
	struct shelf *shelf = *state;
	char reason[ROHAS_REASON_SIZE];
	struct batch rows;

	shelf_open_library(shelf, usual);
	assert_int_equal(rohas_open(&usual, reason), ROHAS_BUSY);
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "one", NULL));
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	shelf_open_library(shelf, usual);
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "two", NULL));
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	shelf_read(shelf, &rows);
	assert_non_null(shelf_span(&rows, "one"));
	assert_non_null(shelf_span(&rows, "two"));
	batch_release(&rows);
}

static double sum_of(const struct batch *rows, const char *name, uint64_t *count_out)
{
	double sum = 0;

	*count_out = 0;
	for (size_t i = 0; i < rows->point_count; i++) {
		const struct metric_point *point = &rows->points[i];

		if (!str_equal_c(point->metric->name, name))
			continue;
		assert_int_equal(point->metric->temporality, point->metric->type == METRIC_GAUGE
								     ? TEMPORALITY_UNSPECIFIED
								     : TEMPORALITY_DELTA);
		sum += point->metric->type == METRIC_HISTOGRAM ? point->sum : number_as_double(point->value);
		*count_out += point->count;
	}
	return sum;
}

static void *count_up(void *context)
{
	struct rohas_metric *metrics = context;

	for (int i = 0; i < 1000; i++) {
		rohas_counter_add(metrics[0], 1);
		rohas_histogram_record(metrics[1], i);
	}
	return NULL;
}

static void metrics_of_all_threads_add_up(void **state)
{
	static const double bounds[] = {10, 100};
	struct rohas_field label = rohas_string("queue", "mail");
	struct rohas_metric metrics[2], gauge;
	struct shelf *shelf = *state;
	pthread_t threads[8];
	struct batch rows;
	uint64_t count;

	shelf_open_library(shelf, usual);
	metrics[0] = rohas_counter("jobs.count", "{job}", &label, 1);
	metrics[1] = rohas_histogram("jobs.duration", "ms", &label, 1, bounds, 2);
	gauge = rohas_gauge("jobs.waiting", "{job}", &label, 1);
	assert_int_equal(rohas_counter("jobs.count", "{job}", &label, 1).index, metrics[0].index);
	assert_int_not_equal(rohas_counter("jobs.count", "{job}", NULL, 0).index, metrics[0].index);
	rohas_gauge_set(gauge, 5);
	rohas_gauge_set(gauge, 3);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 8; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, count_up, metrics), 0);
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
		assert_true(rohas_flush(PATIENCE_MS));
	}
	rohas_counter_add(metrics[0], -1);
	rohas_counter_add((struct rohas_metric){0}, 1);
	rohas_counter_add(metrics[1], 1);
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	shelf_read(shelf, &rows);
	assert_true(sum_of(&rows, "jobs.count", &count) == 16000);
	assert_true(sum_of(&rows, "jobs.duration", &count) == 16.0 * 999 * 500);
	assert_int_equal(count, 16000);
	assert_true(sum_of(&rows, "jobs.waiting", &count) == 3);
	batch_release(&rows);
}

static void an_execution_that_runs_is_told_of(void **state)
{
	struct shelf *shelf = *state;
	struct rohas_span execution;
	struct batch rows;
	bool is_told = false;

	/* As soon as it has begun, in effect. */
	setenv("ROHAS_TELEMETRY_LIBRARY_RUNNING_AFTER_MS", "1", 1);
	shelf_open_library(shelf, usual);
	unsetenv("ROHAS_TELEMETRY_LIBRARY_RUNNING_AFTER_MS");
	execution = rohas_handler_begin(ROHAS_CRON, "nightly", NULL);
	rohas_tag_string(execution, "why", "because");
	rohas_span_event(execution, "an event", NULL, 0);
	rohas_tag_int(execution, "tenant", 7);
	while (!is_told) {
		assert_true(rohas_flush(PATIENCE_MS));
		shelf_read(shelf, &rows);
		is_told = rows.log_count > 0;
		if (!is_told)
			batch_release(&rows);
	}
	assert_int_equal(rows.span_count, 0);
	assert_int_equal(rows.log_count, 1);
	assert_str(rows.logs[0].event_name, "rohas.span.start");
	assert_memory_equal(rows.logs[0].span_id, &execution.id, SPAN_ID_SIZE);
	assert_str(attributes_find_str(&rows.logs[0].attributes, "rohas.span.name"), "nightly");
	assert_str(attributes_find_str(&rows.logs[0].attributes, "rohas.span.kind"), "internal");
	assert_str(attributes_find_str(&rows.logs[0].attributes, "rohas.handler.type"), "cron");
	assert_str(attributes_find_str(&rows.logs[0].attributes, "why"), "because");
	assert_int_equal(attributes_find(&rows.logs[0].attributes, "tenant")->integer, 7);
	batch_release(&rows);
	rohas_handler_end(execution);
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, 1);
	assert_int_equal(rows.log_count, 1);
	batch_release(&rows);
}

static void *end_elsewhere(void *context)
{
	struct rohas_span *execution = context;

	assert_int_equal(rohas_make_current(*execution).id, 0);
	rohas_log(ROHAS_INFO, "elsewhere", NULL, 0);
	rohas_tag_int(*execution, "moved", 1);
	rohas_handler_end(*execution);
	assert_int_equal(rohas_current().id, 0);
	return NULL;
}

static void an_execution_moves_to_another_thread(void **state)
{
	struct rohas_begin begin = {.is_apart = true};
	struct shelf *shelf = *state;
	struct rohas_span execution;
	pthread_t thread;
	struct batch rows;

	shelf_open_library(shelf, usual);
	execution = rohas_handler_begin(ROHAS_API, "moves", &begin);
	assert_int_equal(rohas_current().id, 0);
	assert_int_equal(pthread_create(&thread, NULL, end_elsewhere, &execution), 0);
	pthread_join(thread, NULL);
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, 1);
	assert_non_null(tag(&rows.spans[0], "moved"));
	assert_memory_equal(rows.logs[0].span_id, rows.spans[0].span_id, SPAN_ID_SIZE);
	batch_release(&rows);
}

static void *record_once(void *context)
{
	rohas_handler_end(rohas_handler_begin(ROHAS_API, context, NULL));
	return NULL;
}

/* More threads than there may be pools, one after the other: each takes that of the one before. */
static void threads_that_ended_make_room(void **state)
{
	struct rohas_options options = usual;
	struct shelf *shelf = *state;
	struct rohas_report report;

	options.thread_limit = 2;
	shelf_open_library(shelf, options);
	for (int i = 0; i < 100; i++) {
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, record_once, "short"), 0);
		pthread_join(thread, NULL);
	}
	assert_int_equal(rohas_close(PATIENCE_MS, &report), ROHAS_OK);
	assert_int_equal(report.spans_delivered, 100);
}

static void record_in_child(void)
{
	struct rohas_report report;
	bool is_alone = rohas_current().id == 0;

	rohas_handler_end(rohas_handler_begin(ROHAS_API, "child", NULL));
	rohas_close(PATIENCE_MS, &report);
	_exit(is_alone && report.spans_delivered == 1 && report.spans_lost == 0 ? 0 : 1);
}

static void a_child_starts_anew(void **state)
{
	struct shelf *shelf = *state;
	struct rohas_report report;
	struct rohas_span execution;
	const struct span *child;
	struct batch rows;
	int result = -1;
	pid_t process;

	shelf_open_library(shelf, usual);
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "before", NULL));
	execution = rohas_handler_begin(ROHAS_API, "parent", NULL);
	process = fork();
	if (process == 0)
		record_in_child();
	assert_true(process > 0);
	assert_int_equal(waitpid(process, &result, 0), process);
	assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
	rohas_handler_end(execution);
	assert_int_equal(rohas_close(PATIENCE_MS, &report), ROHAS_OK);
	assert_int_equal(report.spans_delivered, 2);
	shelf_read(shelf, &rows);
	assert_int_equal(rows.span_count, 3);
	child = shelf_span(&rows, "child");
	assert_true(span_is_root(child));
	assert_memory_not_equal(child->trace_id, shelf_span(&rows, "parent")->trace_id, TRACE_ID_SIZE);
	batch_release(&rows);
}

static void a_child_of_a_child_that_recorded_nothing_exits(void **state)
{
	struct shelf *shelf = *state;
	int result = -1;
	pid_t process;

	shelf_open_library(shelf, usual);
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "before", NULL));
	process = fork();
	if (process == 0) {
		pid_t grandchild = fork();

		if (grandchild == 0)
			_exit(rohas_close(PATIENCE_MS, NULL));
		waitpid(grandchild, &result, 0);
		_exit(rohas_close(PATIENCE_MS, NULL) == ROHAS_OK ? WEXITSTATUS(result) : 1);
	}
	assert_int_equal(waitpid(process, &result, 0), process);
	assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

/* Gives no memory from its nth call on, and knows what is out. */
struct stingy {
	_Atomic long left;
	_Atomic size_t out;
};

static void *stingy_allocate(void *context, size_t size)
{
	struct stingy *stingy = context;
	void *memory = stingy->left-- > 0 ? malloc(size) : NULL;

	if (memory)
		stingy->out += size;
	return memory;
}

static void stingy_release(void *context, void *memory, size_t size)
{
	struct stingy *stingy = context;

	stingy->out -= size;
	free(memory);
}

static void it_lives_with_no_memory_at_every_place(void **state)
{
	struct shelf *shelf = *state;
	unsigned delivered_whole = 0;

	for (long allowed = 0; allowed < 16; allowed++) {
		struct stingy stingy = {allowed, 0};
		struct rohas_allocator allocator = {stingy_allocate, stingy_release, &stingy};
		struct rohas_options options = usual;
		struct rohas_report report;
		char reason[ROHAS_REASON_SIZE] = "";
		enum rohas_status status;

		options.project_root = "/";
		options.allocator = &allocator;
		options.endpoint = shelf_url(shelf);
		status = rohas_open(&options, reason);
		if (status != ROHAS_OK) {
			assert_int_equal(status, ROHAS_NO_MEMORY);
			assert_true(reason[0]);
			assert_int_equal(stingy.out, 0);
			continue;
		}
		rohas_handler_end(rohas_handler_begin(ROHAS_API, "x", NULL));
		rohas_log(ROHAS_INFO, "y", NULL, 0);
		rohas_close(PATIENCE_MS, &report);
		assert_int_equal(report.spans_delivered + report.spans_lost, 1);
		assert_int_equal(report.logs_delivered + report.logs_lost, 1);
		assert_int_equal(stingy.out, 0);
		delivered_whole += report.spans_delivered && report.logs_delivered;
	}
	assert_true(delivered_whole > 0 && delivered_whole < 16);
}

static void an_allocator_gets_everything_back(void **state)
{
	struct stingy plenty = {1000, 0};
	struct rohas_allocator allocator = {stingy_allocate, stingy_release, &plenty};
	struct rohas_options options = usual;
	struct shelf *shelf = *state;
	pthread_t threads[4];

	options.allocator = &allocator;
	shelf_open_library(shelf, options);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, record_once, "x"), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	record_once("y");
	assert_true(plenty.out > 0);
	assert_int_equal(rohas_close(PATIENCE_MS, NULL), ROHAS_OK);
	assert_int_equal(plenty.out, 0);
}

static int put_up(void **state)
{
	*state = shelf_open();
	return 0;
}

static int take_down(void **state)
{
	rohas_close(0, NULL);
	shelf_close(*state);
	return 0;
}

#define over_shelf(test) cmocka_unit_test_setup_teardown(test, put_up, take_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		over_shelf(an_execution_arrives_with_what_it_says),
		over_shelf(each_kind_says_what_it_is),
		over_shelf(what_is_inside_an_execution_belongs_to_it),
		over_shelf(a_handler_is_linked_to_what_published_its_event),
		over_shelf(tracestate_and_baggage_are_handed_on),
		over_shelf(an_old_handle_does_nothing),
		over_shelf(a_full_pool_drops_and_counts),
		over_shelf(closing_tells_what_never_ended),
		cmocka_unit_test(closing_keeps_its_deadline_where_nobody_listens),
		cmocka_unit_test(says_what_is_wrong_with_an_option),
		cmocka_unit_test(nothing_is_recorded_while_it_is_closed),
		over_shelf(it_opens_once_at_a_time_and_again),
		over_shelf(metrics_of_all_threads_add_up),
		over_shelf(an_execution_that_runs_is_told_of),
		over_shelf(an_execution_moves_to_another_thread),
		over_shelf(threads_that_ended_make_room),
		over_shelf(a_child_starts_anew),
		over_shelf(a_child_of_a_child_that_recorded_nothing_exits),
		over_shelf(it_lives_with_no_memory_at_every_place),
		over_shelf(an_allocator_gets_everything_back),
	};

	return test_run("sdk/telemetry", tests);
}
