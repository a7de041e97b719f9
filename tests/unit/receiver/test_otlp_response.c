#include "receiver/otlp_response.h"

#include "test.h"

static void knows_content_types(void **state)
{
	static const struct {
		const char *header;
		int format; /* -1: none */
	} cases[] = {
		{"application/x-protobuf", OTLP_PROTOBUF},
		{"application/json", OTLP_JSON},
		{"Application/JSON; charset=utf-8", OTLP_JSON},
		{" application/json ;x=y", OTLP_JSON},
		{"", -1},
		{"application/jsonp", -1},
		{"text/plain", -1},
		{"application/x-protobuf, application/json", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum otlp_format format = OTLP_PROTOBUF;

		assert_int_equal(otlp_format_parse(str_from(cases[i].header), &format), cases[i].format >= 0);
		if (cases[i].format >= 0)
			assert_int_equal(format, cases[i].format);
	}
}

static void expect_success(enum otlp_format format, enum signal signal, const struct otlp_outcome *outcome,
			   struct str wanted)
{
	struct buffer out = BUFFER_EMPTY;

	otlp_write_success(format, signal, outcome, &out);
	assert_int_equal(out.size, wanted.size);
	if (wanted.size)
		assert_memory_equal(out.data, wanted.data, wanted.size);
	buffer_release(&out);
}

static void full_success_says_nothing_more(void **state)
{
	const struct otlp_outcome outcome = {.rejected = 0};

	(void)state;
	expect_success(OTLP_PROTOBUF, SIGNAL_TRACES, &outcome, str_make("", 0));
	expect_success(OTLP_JSON, SIGNAL_TRACES, &outcome, str_from("{}"));
}

static void partial_success_counts_and_explains(void **state)
{
	const struct otlp_outcome outcome = {.rejected = 300, .reason = "say \"why\""};

	(void)state;
	expect_success(OTLP_PROTOBUF, SIGNAL_LOGS, &outcome,
		       str_from("\x0a\x0e\x08\xac\x02\x12\x09say \"why\""));
	expect_success(OTLP_JSON, SIGNAL_TRACES, &outcome,
		       str_from("{\"partialSuccess\":{\"rejectedSpans\":\"300\","
				"\"errorMessage\":\"say \\\"why\\\"\"}}"));
	expect_success(OTLP_JSON, SIGNAL_METRICS, &outcome,
		       str_from("{\"partialSuccess\":{\"rejectedDataPoints\":\"300\","
				"\"errorMessage\":\"say \\\"why\\\"\"}}"));
	expect_success(OTLP_JSON, SIGNAL_LOGS, &outcome,
		       str_from("{\"partialSuccess\":{\"rejectedLogRecords\":\"300\","
				"\"errorMessage\":\"say \\\"why\\\"\"}}"));
}

static void a_status_has_code_and_message(void **state)
{
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	otlp_write_status(OTLP_PROTOBUF, 400, "no", &out);
	assert_str(buffer_str(&out), "\x08\x03\x12\x02no");
	buffer_clear(&out);
	otlp_write_status(OTLP_JSON, 429, "later\n", &out);
	assert_str(buffer_str(&out), "{\"code\":8,\"message\":\"later\\n\"}");
	buffer_release(&out);
}

static void what_may_pass_by_itself_may_be_tried_again(void **state)
{
	static const struct {
		enum status status;
		unsigned code;
		bool may_retry;
	} cases[] = {
		{STATUS_INVALID, 400, false}, {STATUS_TOO_LARGE, 413, false}, {STATUS_BUSY, 429, true},
		{STATUS_IO, 503, true},       {STATUS_NO_MEMORY, 503, true},  {STATUS_CANCELLED, 503, true},
		{STATUS_CORRUPT, 500, false}, {STATUS_OK, 200, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(otlp_http_code(cases[i].status), cases[i].code);
		assert_int_equal(otlp_may_retry(cases[i].code), cases[i].may_retry);
		/* What the base calls transient must not be turned away for good. */
		if (status_is_transient(cases[i].status))
			assert_true(cases[i].may_retry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_content_types),
		cmocka_unit_test(full_success_says_nothing_more),
		cmocka_unit_test(partial_success_counts_and_explains),
		cmocka_unit_test(a_status_has_code_and_message),
		cmocka_unit_test(what_may_pass_by_itself_may_be_tried_again),
	};

	return test_run("receiver/otlp_response", tests);
}
