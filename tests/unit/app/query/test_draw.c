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

#define SPAN(id, parent, name, start, end, ms, more)                                                         \
	"{\"span_id\":\"" id "\",\"parent_span_id\":" parent ",\"operation_name\":\"" name                   \
	"\",\"start_time\":\"2026-01-01T11:00:00." start "Z\",\"end_time\":\"2026-01-01T11:00:00." end       \
	"Z\",\"duration_ms\":" ms "," more "\"resource\":{\"attributes\":{\"service.name\":\"shop\"}}}"
#define TRACE(more)                                                                                          \
	"{\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"start_time\":\"2026-01-01T11:00:00Z\",\"end_"  \
	"time\":"                                                                                            \
	"\"2026-01-01T11:00:00.1Z\",\"services\":[\"shop\"]," more "\"spans\":["

static void draws_a_trace_as_a_tree(void **state)
{
	(void)state;
	assert_drawn(
		draw_trace,
		TRACE("\"complete\":true,")
			SPAN(
				"01", "null", "POST /orders", "0", "1", "100",
				"\"status\":\"success\",\"handler\":{\"type\":\"api\",\"name\":"
				"\"POST /orders\"},") "," SPAN("02", "\"01\"", "check", "01", "02", "10",
							       "\"status\":\"success\",") "," SPAN("03",
												   "\"02\"",
												   "look",
												   "012",
												   "0121",
												   "0.1",
												   "\"status"
												   "\":"
												   "\"error\""
												   ",") "," SPAN("04",
														 "\"01\"",
														 "send",
														 "09",
														 "1",
														 "10",
														 "\"status\":\"success\",\"published_event\":\"placed\",") "]}",
		80, 4,
		"trace 4bf92f3577b34da6a3ce929d0e0e4736\n"
		"2026-01-01 12:00:00.000 +01:00, 100 ms, 4 spans, 1 failed; shop\n\n"
		"SPAN          HANDLER   SERVICE  STATUS  DURATION  TIMELINE\n"
		"POST /orders  api       shop               100 ms  ████████████████\n"
		"├─ check                shop              10.0 ms   ██\n"
		"│  └─ look              shop     error     100 µs   ▏\n"
		"└─ send       → placed  shop              10.0 ms                ██\n");
}

static void draws_spans_that_are_each_others_parents_and_strays(void **state)
{
	(void)state;
	assert_drawn(
		draw_trace,
		TRACE("\"complete\":false,") SPAN("01", "\"02\"", "a", "0", "1", "100", "") "," SPAN(
			"02", "\"01\"", "b", "0", "1", "100", "") "," SPAN("03", "\"09\"", "stray", "0", "1",
									   "100", "") "]}",
		80, 3,
		"trace 4bf92f3577b34da6a3ce929d0e0e4736\n"
		"2026-01-01 12:00:00.000 +01:00, 100 ms, 3 spans; shop; incomplete: the root, or the parent "
		"of a span, is not here\n\n"
		"SPAN   SERVICE  DURATION  TIMELINE\n"
		"stray  shop       100 ms  ████████████████\n"
		"a      shop       100 ms  ████████████████\n"
		"└─ b   shop       100 ms  ████████████████\n");
}

/* A chain of spans, each the child of the one before: no stack is deep enough to draw it by recursion. */
static void draws_a_chain_of_many_spans(void **state)
{
	enum { LINKS = 30000 };
	struct buffer body = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct frame frame = {&out, 80, false, now_ns};
	json_t *answer;

	(void)state;
	buffer_append_c(&body, TRACE("\"complete\":true,"));
	for (unsigned i = 1; i <= LINKS; i++)
		buffer_printf(
			&body,
			"%s{\"span_id\":\"%08x\",\"parent_span_id\":\"%08x\",\"operation_name\":\"s\","
			"\"start_time\":\"2026-01-01T11:00:00Z\",\"end_time\":\"2026-01-01T11:00:00.1Z\"}",
			i > 1 ? "," : "", i, i - 1);
	buffer_append_c(&body, "]}");
	answer = json_loadb(body.data, body.size, 0, NULL);
	assert_non_null(answer);
	assert_int_equal(draw_trace(&frame, answer), LINKS);
	assert_false(buffer_failed(&out));
	json_decref(answer);
	buffer_release(&body);
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
