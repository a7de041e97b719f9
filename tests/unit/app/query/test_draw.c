#include "app/query/draw.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "test.h"

typedef size_t drawing(const struct frame *frame, json_t *answer);

static const uint64_t now_ns = UINT64_C(1767268800) * NS_PER_SECOND; /* 2026-01-01 12:00 UTC */

static void assert_drawn(drawing *draw, const char *body, size_t width, size_t count, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;
	struct frame frame = {&out, width, false, now_ns};
	json_error_t error;
	json_t *answer = json_loads(body, JSON_ALLOW_NUL, &error);

	if (!answer)
		fail_msg("%s", error.text);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	assert_int_equal(draw(&frame, answer), count);
	assert_str(buffer_str(&out), expected);
	buffer_release(&out);
	json_decref(answer);
}

static const char traces[] =
	"{\"traces\":["
	"{\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"name\":\"POST "
	"/orders\",\"handler_name\":\"POST "
	"/orders\",\"handler_type\":\"api\",\"language\":\"rust\",\"status\":\"error\",\"start_time\":\"2026-"
	"01-01T"
	"11:59:00.5Z\",\"duration_ms\":1234.5,\"span_count\":1200,\"error_count\":2,\"services\":[\"a\","
	"\"b\"]},"
	"{\"trace_id\":\"00f92f3577b34da6a3ce929d0e0e4736\",\"name\":\"a name that is longer than a column "
	"may be\","
	"\"handler_name\":null,\"handler_type\":null,\"language\":null,\"status\":\"success\",\"start_time\":"
	"\"2026-01-01T11:58:00Z\",\"duration_ms\":0.0005,\"span_count\":1,\"error_count\":0,\"services\":[]}]"
	","
	"\"next_cursor\":null}";

static void draws_traces_whole_where_there_is_no_terminal(void **state)
{
	(void)state;
	assert_drawn(
		draw_traces, traces, 0, 2,
		"TIME +01:00              TRACE                             HANDLER                          "
		"           TYPE  LANGUAGE  STATUS  DURATION  SPANS  ERRORS  SERVICES\n"
		"2026-01-01 12:59:00.500  4bf92f3577b34da6a3ce929d0e0e4736  POST /orders                     "
		"           api   rust      error     1.23 s  1,200       2  a, b\n"
		"2026-01-01 12:58:00.000  00f92f3577b34da6a3ce929d0e0e4736  a name that is longer than a "
		"column may be                  ok        500 ns      1       0\n");
}

static void draws_traces_into_80_cells_with_their_whole_ids(void **state)
{
	(void)state;
	assert_drawn(draw_traces, traces, 80, 2,
		     "TIME +01:00   TRACE                             HANDLER         STATUS  DURATION\n"
		     "12:59:00.500  4bf92f3577b34da6a3ce929d0e0e4736  POST /orders    error     1.23 s\n"
		     "12:58:00.000  00f92f3577b34da6a3ce929d0e0e4736  a name that i…  ok        500 ns\n");
}

static void draws_nothing_of_nothing(void **state)
{
	(void)state;
	assert_drawn(draw_traces, "{\"traces\":[]}", 80, 0, "");
	assert_drawn(draw_logs, "{\"logs\":[]}", 80, 0, "");
	assert_drawn(draw_metrics, "{\"metrics\":[]}", 80, 0, "");
	assert_drawn(draw_values, "{\"series\":[]}", 80, 0, "");
}

static void draws_logs_on_one_line_each_whatever_they_hold(void **state)
{
	(void)state;
	assert_drawn(
		draw_logs,
		"{\"logs\":[{\"timestamp\":\"2026-07-01T10:00:00Z\",\"level\":\"ERROR\",\"message\":"
		"\"two\\nlines "
		"\\u001b[31m\",\"handler\":null,\"service\":\"api\"},{\"timestamp\":\"2026-01-01T10:00:00Z\","
		"\"level\":\"INFO\",\"message\":\"NUL \\u0000 in "
		"it\",\"handler\":null,\"service\":\"api\"}]}",
		80, 2,
		"TIME +02:00                     LEVEL  SERVICE  MESSAGE\n"
		"2026-07-01 12:00:00.000         ERROR  api      two lines �[31m\n"
		"2026-01-01 11:00:00.000 +01:00  INFO   api      NUL � in it\n");
}

static void draws_values_with_labels_as_columns_and_a_chart(void **state)
{
	(void)state;
	assert_drawn(
		draw_values,
		"{\"name\":\"handler.execution.duration\",\"unit\":\"ms\",\"agg\":\"p95\",\"step_ms\":60000,"
		"\"start\":\"2026-01-01T11:00:00Z\",\"end\":\"2026-01-01T11:04:00Z\",\"series\":["
		"{\"labels\":{\"handler_name\":\"a\"},\"values\":[0,null,4,8]},"
		"{\"labels\":{\"handler_name\":\"none\"},\"values\":[null,null,null,null]},"
		"{\"labels\":{\"handler_name\":\"b\"},\"values\":[1500,1500,1500,1500]}]}",
		100, 2,
		"handler.execution.duration (ms): p95 of each 1m, 2026-01-01 12:00:00.000 to 12:04:00.000 "
		"+01:00\n\n"
		"handler_name  LEAST   MEAN  GREATEST   LAST  OVER TIME\n"
		"a                 0      4         8      8  ▁ ▄█\n"
		"b             1,500  1,500     1,500  1,500  ████\n");
}

/* A trace of 100 ms from 11:00 UTC on; spans are added to it. */
static json_t *new_trace(bool is_complete)
{
	return json_pack("{s:s, s:s, s:s, s:[s], s:b, s:[]}", "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736",
			 "start_time", "2026-01-01T11:00:00Z", "end_time", "2026-01-01T11:00:00.1Z",
			 "services", "shop", "complete", (int)is_complete, "spans");
}

/* parent may be NULL. Returns the span, for more members. */
static json_t *add_span(json_t *trace, const char *id, const char *parent, const char *name, int start_us,
			int end_us)
{
	char start[40], end[40];
	json_t *span;

	snprintf(start, sizeof(start), "2026-01-01T11:00:00.%06dZ", start_us);
	snprintf(end, sizeof(end), "2026-01-01T11:00:00.%06dZ", end_us);
	span = json_pack("{s:s, s:s?, s:s, s:s, s:s, s:f, s:s, s:{s:{s:s}}}", "span_id", id, "parent_span_id",
			 parent, "operation_name", name, "start_time", start, "end_time", end, "duration_ms",
			 (end_us - start_us) / 1e3, "status", "success", "resource", "attributes",
			 "service.name", "shop");
	assert_non_null(span);
	assert_int_equal(json_array_append_new(json_object_get(trace, "spans"), span), 0);
	return span;
}

static void assert_tree(json_t *trace, size_t count, const char *expected)
{
	char *body = json_dumps(trace, 0);

	assert_drawn(draw_trace, body, 80, count, expected);
	json_decref(trace);
	free(body);
}

static void draws_a_trace_as_a_tree(void **state)
{
	json_t *trace = new_trace(true), *span;

	(void)state;
	span = add_span(trace, "01", NULL, "POST /orders", 0, 100000);
	json_object_set_new(span, "handler", json_pack("{s:s, s:s}", "type", "api", "name", "POST /orders"));
	add_span(trace, "02", "01", "check", 10000, 20000);
	span = add_span(trace, "03", "02", "look", 12000, 12100);
	json_object_set_new(span, "status", json_string("error"));
	span = add_span(trace, "04", "01", "send", 90000, 100000);
	json_object_set_new(span, "published_event", json_string("placed"));
	assert_tree(trace, 4,
		    "trace 4bf92f3577b34da6a3ce929d0e0e4736\n"
		    "2026-01-01 12:00:00.000 +01:00, 100 ms, 4 spans, 1 failed; shop\n\n"
		    "SPAN          HANDLER   SERVICE  DURATION  TIMELINE\n"
		    "POST /orders  api       shop       100 ms  ████████████████\n"
		    "├─ check                shop      10.0 ms   ██\n"
		    "│  └─ ✗ look            shop       100 µs   ▏\n"
		    "└─ send       → placed  shop      10.0 ms                ██\n");
}

static void draws_spans_that_are_each_others_parents_and_strays(void **state)
{
	json_t *trace = new_trace(false);

	(void)state;
	add_span(trace, "01", "02", "a", 0, 100000);
	add_span(trace, "02", "01", "b", 0, 100000);
	add_span(trace, "03", "09", "stray", 0, 100000);
	assert_tree(trace, 3,
		    "trace 4bf92f3577b34da6a3ce929d0e0e4736\n"
		    "2026-01-01 12:00:00.000 +01:00, 100 ms, 3 spans; shop; incomplete: the root, or the "
		    "parent of a span, is not here\n\n"
		    "SPAN   SERVICE  DURATION  TIMELINE\n"
		    "stray  shop       100 ms  ████████████████\n"
		    "a      shop       100 ms  ████████████████\n"
		    "└─ b   shop       100 ms  ████████████████\n");
}

/* A chain of spans, each the child of the one before: no stack is deep enough to draw it by recursion. */
static void draws_a_chain_of_many_spans(void **state)
{
	enum { LINKS = 100000 };
	struct buffer out = BUFFER_EMPTY;
	struct frame frame = {&out, 80, false, now_ns};
	json_t *trace = new_trace(true);

	(void)state;
	for (unsigned i = 1; i <= LINKS; i++) {
		char id[16], parent[16];

		snprintf(id, sizeof(id), "%08x", i);
		snprintf(parent, sizeof(parent), "%08x", i - 1);
		add_span(trace, id, parent, "s", 0, 100000);
	}
	assert_int_equal(draw_trace(&frame, trace), LINKS);
	assert_false(buffer_failed(&out));
	json_decref(trace);
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_traces_whole_where_there_is_no_terminal),
		cmocka_unit_test(draws_traces_into_80_cells_with_their_whole_ids),
		cmocka_unit_test(draws_nothing_of_nothing),
		cmocka_unit_test(draws_logs_on_one_line_each_whatever_they_hold),
		cmocka_unit_test(draws_values_with_labels_as_columns_and_a_chart),
		cmocka_unit_test(draws_a_trace_as_a_tree),
		cmocka_unit_test(draws_spans_that_are_each_others_parents_and_strays),
		cmocka_unit_test(draws_a_chain_of_many_spans),
	};

	return test_run("app/query/draw", tests);
}
