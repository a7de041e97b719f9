#include "receiver/otlp_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "test.h"

#define IDS "\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"2122232425262728\""

/* A request around the fields of one span. */
static struct decoded decode_span(const char *fields)
{
	struct buffer text = BUFFER_EMPTY;
	struct decoded decoded;

	buffer_printf(&text, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{%s}]}]}]}%c", fields, '\0');
	decoded = decode_json(SIGNAL_TRACES, text.data);
	buffer_release(&text);
	return decoded;
}

static void keeps_everything_of_a_span(void **state)
{
	struct decoded decoded = decode_json(
		SIGNAL_TRACES,
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
		"\"stringValue\":\"shop-api\"}}],\"droppedAttributesCount\":9},\"schemaUrl\":\"https://"
		"resource\","
		"\"scopeSpans\":[{\"scope\":{\"name\":\"my.library\",\"version\":\"1.2\",\"attributes\":[{"
		"\"key\":\"k\","
		"\"value\":{\"intValue\":\"5\"}}],\"droppedAttributesCount\":8},\"schemaUrl\":\"https://"
		"scope\",\"spans\":["
		"{" IDS
		",\"parentSpanId\":\"706172656e743132\",\"traceState\":\"vendor=1\",\"name\":\"POST /users\","
		"\"kind\":2,\"startTimeUnixNano\":\"1767225600000000001\",\"endTimeUnixNano\":"
		"1767225600000000002,"
		"\"attributes\":[{\"key\":\"http.method\",\"value\":{\"stringValue\":\"POST\"}}],"
		"\"droppedAttributesCount\":3,\"events\":[{\"timeUnixNano\":\"1500\",\"name\":\"exception\","
		"\"attributes\":[{\"key\":\"message\",\"value\":{\"stringValue\":\"no such user\"}}],"
		"\"droppedAttributesCount\":7}],\"droppedEventsCount\":5,\"links\":[{" IDS
		",\"traceState\":\"linked=1\","
		"\"attributes\":[{\"key\":\"why\",\"value\":{\"stringValue\":\"published\"}}],"
		"\"droppedAttributesCount\":2,\"flags\":769}],\"droppedLinksCount\":4,"
		"\"status\":{\"message\":\"it broke\",\"code\":2},\"flags\":257}]}]}]}");
	const struct span *span = decoded.batch.spans;

	(void)state;
	assert_string_equal(decoded.error.message, "");
	assert_int_equal(decoded.status, STATUS_OK);
	assert_int_equal(decoded.batch.span_count, 1);
	assert_str(resource_service(span->resource), "shop-api");
	assert_int_equal(span->resource->attributes.dropped_count, 9);
	assert_str(span->resource->schema_url, "https://resource");
	assert_str(span->scope->name, "my.library");
	assert_str(span->scope->version, "1.2");
	assert_int_equal(attributes_find(&span->scope->attributes, "k")->integer, 5);
	assert_int_equal(span->scope->attributes.dropped_count, 8);
	assert_str(span->scope->schema_url, "https://scope");
	assert_memory_equal(span->trace_id, TEST_TRACE_ID, 16);
	assert_memory_equal(span->span_id, TEST_SPAN_ID, 8);
	assert_memory_equal(span->parent_span_id, "parent12", 8);
	assert_str(span->trace_state, "vendor=1");
	assert_str(span->name, "POST /users");
	assert_int_equal(span->kind, SPAN_SERVER);
	assert_int_equal(span->start_ns, 1767225600000000001);
	assert_int_equal(span->end_ns, 1767225600000000002);
	assert_str(attributes_find_str(&span->attributes, "http.method"), "POST");
	assert_int_equal(span->attributes.dropped_count, 3);
	assert_int_equal(span->event_count, 1);
	assert_int_equal(span->events[0].time_ns, 1500);
	assert_str(span->events[0].name, "exception");
	assert_str(attributes_find_str(&span->events[0].attributes, "message"), "no such user");
	assert_int_equal(span->events[0].attributes.dropped_count, 7);
	assert_int_equal(span->dropped_event_count, 5);
	assert_int_equal(span->link_count, 1);
	assert_memory_equal(span->links[0].trace_id, TEST_TRACE_ID, 16);
	assert_str(span->links[0].trace_state, "linked=1");
	assert_str(attributes_find_str(&span->links[0].attributes, "why"), "published");
	assert_int_equal(span->links[0].flags, 769);
	assert_int_equal(span->dropped_link_count, 4);
	assert_str(span->status_message, "it broke");
	assert_int_equal(span->status_code, SPAN_STATUS_ERROR);
	assert_int_equal(span->flags, 257);
	decoded_release(&decoded);
}

static void understands_the_other_forms(void **state)
{
	static const char *const forms[] = {
		IDS ",\"kind\":\"SPAN_KIND_SERVER\",\"startTimeUnixNano\":5,\"status\":{\"code\":\"STATUS_"
		    "CODE_ERROR\"}",
		"\"trace_id\":\"0102030405060708090A0B0C0D0E0F10\",\"span_id\":\"2122232425262728\",\"kind\":"
		"2,"
		"\"start_time_unix_nano\":\"5\",\"status\":{\"code\":2},\"name\":null,\"attributes\":null",
		IDS ",\"kind\":2.0,\"startTimeUnixNano\":5e0,\"status\":{\"code\":2,\"later\":1},\"later\":{"
		    "\"a\":[{}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct decoded decoded = decode_span(forms[i]);

		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.span_count, 1);
		assert_memory_equal(decoded.batch.spans[0].trace_id, TEST_TRACE_ID, 16);
		assert_int_equal(decoded.batch.spans[0].kind, SPAN_SERVER);
		assert_int_equal(decoded.batch.spans[0].start_ns, 5);
		assert_int_equal(decoded.batch.spans[0].status_code, SPAN_STATUS_ERROR);
		decoded_release(&decoded);
	}
}

static void expect_kept(const char *json, const char *text, enum value_type type)
{
	struct buffer fields = BUFFER_EMPTY, shown = BUFFER_EMPTY;
	struct decoded decoded;

	buffer_printf(&fields, IDS ",\"attributes\":[{\"key\":\"k\",\"value\":%s}]%c", json, '\0');
	decoded = decode_span(fields.data);
	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(decoded.batch.spans[0].attributes.items[0].value.type, type);
	value_to_text(&decoded.batch.spans[0].attributes.items[0].value, &shown);
	assert_str(buffer_str(&shown), text);
	decoded_release(&decoded);
	buffer_release(&fields);
	buffer_release(&shown);
}

static void keeps_values_of_every_type(void **state)
{
	static const struct {
		const char *json, *text;
		enum value_type type;
	} cases[] = {
		{"{\"stringValue\":\"caf\\u00e9 \\ud83d\\ude00\"}", "caf\xc3\xa9 \xf0\x9f\x98\x80",
		 VALUE_STRING},
		{"{\"stringValue\":\"\"}", "", VALUE_STRING},
		{"{\"boolValue\":true}", "true", VALUE_BOOL},
		{"{\"boolValue\":false}", "false", VALUE_BOOL},
		{"{\"intValue\":\"-9223372036854775808\"}", "-9223372036854775808", VALUE_INT},
		{"{\"intValue\":9223372036854775807}", "9223372036854775807", VALUE_INT},
		{"{\"intValue\":3.0}", "3", VALUE_INT},
		{"{\"doubleValue\":1.5}", "1.5", VALUE_DOUBLE},
		{"{\"doubleValue\":2}", "2", VALUE_DOUBLE},
		{"{\"doubleValue\":\"2.25\"}", "2.25", VALUE_DOUBLE},
		{"{\"doubleValue\":\"NaN\"}", "NaN", VALUE_DOUBLE},
		{"{\"doubleValue\":\"Infinity\"}", "Infinity", VALUE_DOUBLE},
		{"{\"doubleValue\":\"-Infinity\"}", "-Infinity", VALUE_DOUBLE},
		{"{\"bytesValue\":\"/wD+\"}", "/wD+", VALUE_BYTES},
		{"{\"bytesValue\":\"_wD-\"}", "/wD+", VALUE_BYTES},
		{"{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},{\"intValue\":1},{},null,"
		 "{\"arrayValue\":{\"values\":[{\"boolValue\":true}]}}]}}",
		 "[\"a\",1,null,null,[true]]", VALUE_ARRAY},
		{"{\"arrayValue\":{}}", "[]", VALUE_ARRAY},
		{"{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"doubleValue\":0.5}},{\"key\":"
		 "\"b\","
		 "\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"c\",\"value\":{\"bytesValue\":\"/"
		 "w==\"}}]}}}]}}",
		 "{\"a\":0.5,\"b\":{\"c\":\"/w==\"}}", VALUE_MAP},
		{"{\"string_value\":\"snake\"}", "snake", VALUE_STRING},
		{"{\"kvlist_value\":{\"values\":[]}}", "{}", VALUE_MAP},
		{"{}", "", VALUE_EMPTY},
		{"null", "", VALUE_EMPTY},
		{"{\"stringValue\":null}", "", VALUE_EMPTY},
		{"{\"valueFromTheFuture\":1}", "", VALUE_EMPTY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_kept(cases[i].json, cases[i].text, cases[i].type);
}

static void a_string_may_hold_a_nul(void **state)
{
	struct decoded decoded = decode_span(IDS ",\"name\":\"a\\u0000b\"");

	(void)state;
	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(decoded.batch.spans[0].name.size, 3);
	assert_memory_equal(decoded.batch.spans[0].name.data, "a\0b", 3);
	decoded_release(&decoded);
}

static void a_bad_span_costs_itself(void **state)
{
	static const char *const spans[] = {
		"",
		"\"traceId\":\"\",\"spanId\":\"2122232425262728\"",
		"\"traceId\":\"abcd\",\"spanId\":\"2122232425262728\"",
		"\"traceId\":\"0102030405060708090a0b0c0d0e0f1\",\"spanId\":\"2122232425262728\"",
		"\"traceId\":\"00000000000000000000000000000000\",\"spanId\":\"2122232425262728\"",
		"\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"\"",
		"\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"0000000000000000\"",
		IDS ",\"parentSpanId\":\"12\"",
		IDS ",\"links\":[{\"traceId\":\"12\"}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		struct buffer fields = BUFFER_EMPTY;
		struct decoded decoded;

		buffer_printf(&fields, "%s},{" IDS "%c", spans[i], '\0');
		decoded = decode_span(fields.data);
		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.span_count, 1);
		assert_int_equal(decoded.outcome.rejected, 1);
		assert_non_null(strstr(decoded.outcome.reason, "id"));
		decoded_release(&decoded);
		buffer_release(&fields);
	}
}

/* An attribute whose value nests so many arrays. */
static struct decoded decode_nested(int levels)
{
	struct buffer fields = BUFFER_EMPTY;
	struct decoded decoded;

	buffer_append_c(&fields, IDS ",\"attributes\":[{\"key\":\"deep\",\"value\":");
	for (int i = 0; i < levels; i++)
		buffer_append_c(&fields, "{\"arrayValue\":{\"values\":[");
	buffer_append_c(&fields, "{}");
	for (int i = 0; i < levels; i++)
		buffer_append_c(&fields, "]}}");
	buffer_printf(&fields, "}]%c", '\0');
	decoded = decode_span(fields.data);
	buffer_release(&fields);
	return decoded;
}

static void nesting_has_a_limit(void **state)
{
	struct decoded kept = decode_nested(VALUE_DEEPEST), rejected = decode_nested(VALUE_DEEPEST + 1);

	(void)state;
	assert_int_equal(kept.batch.span_count, 1);
	assert_int_equal(rejected.status, STATUS_OK);
	assert_int_equal(rejected.batch.span_count, 0);
	assert_non_null(strstr(rejected.outcome.reason, "deeper"));
	decoded_release(&kept);
	decoded_release(&rejected);
}

static void what_is_no_otlp_is_refused_whole(void **state)
{
	static const struct {
		const char *body, *sentence;
	} cases[] = {
		{"", "not valid JSON"},
		{"{\"resourceSpans\":[{", "not valid JSON"},
		{"[]", "not the object"},
		{"5", "not valid JSON"},
		{"{\"resourceSpans\":\"many\"}", "resourceSpans"},
		{"{\"resourceSpans\":{}}", "resourceSpans"},
		{"{\"resourceSpans\":[5]}", "resourceSpans"},
		{"{\"resourceSpans\":[null]}", "resourceSpans"},
		{"{\"resourceSpans\":[{\"resource\":5}]}", "resource"},
		{"{\"resourceSpans\":[{\"schemaUrl\":5}]}", "schemaUrl"},
		{"{\"resourceSpans\":[{\"scopeSpans\":[[]]}]}", "scopeSpans"},
		{"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\"x\"]}]}]}",
		 "a string where an OTLP object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoded decoded = decode_json(SIGNAL_TRACES, cases[i].body);

		assert_int_equal(decoded.status, STATUS_INVALID);
		if (!strstr(decoded.error.message, cases[i].sentence))
			fail_msg("\"%s\" does not say \"%s\"", decoded.error.message, cases[i].sentence);
		decoded_release(&decoded);
	}
}

static void a_field_of_the_wrong_type_is_named(void **state)
{
	static const struct {
		const char *fields, *name;
	} cases[] = {
		{"\"traceId\":\"xyz\"", "traceId"},
		{"\"spanId\":5", "spanId"},
		{"\"name\":5", "name"},
		{"\"kind\":true", "kind"},
		{"\"startTimeUnixNano\":\"yesterday\"", "startTimeUnixNano"},
		{"\"startTimeUnixNano\":-1", "startTimeUnixNano"},
		{"\"startTimeUnixNano\":1.5", "startTimeUnixNano"},
		{"\"endTimeUnixNano\":\"18446744073709551616\"", "endTimeUnixNano"},
		{"\"droppedLinksCount\":4294967296", "droppedLinksCount"},
		{"\"status\":5", "must be"},
		{"\"events\":{}", "events"},
		{"\"attributes\":{}", "attributes"},
		{"\"attributes\":[5]", "attributes"},
		{"\"attributes\":[{\"key\":5}]", "key"},
		{"\"attributes\":[{\"value\":5}]", "value"},
		{"\"attributes\":[{\"value\":{\"stringValue\":5}}]", "stringValue"},
		{"\"attributes\":[{\"value\":{\"intValue\":\"9223372036854775808\"}}]", "intValue"},
		{"\"attributes\":[{\"value\":{\"doubleValue\":\"1e999\"}}]", "doubleValue"},
		{"\"attributes\":[{\"value\":{\"doubleValue\":\"x\"}}]", "doubleValue"},
		{"\"attributes\":[{\"value\":{\"boolValue\":1}}]", "boolValue"},
		{"\"attributes\":[{\"value\":{\"bytesValue\":\"*\"}}]", "bytesValue"},
		{"\"attributes\":[{\"value\":{\"arrayValue\":5}}]", "arrayValue"},
		{"\"attributes\":[{\"value\":{\"kvlistValue\":{\"values\":[5]}}}]", "kvlistValue"},
		{"\"attributes\":[{\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"x\"}]}}}]",
		 "intValue"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoded decoded = decode_span(cases[i].fields);

		assert_int_equal(decoded.status, STATUS_INVALID);
		if (!strstr(decoded.error.message, cases[i].name))
			fail_msg("\"%s\" does not say \"%s\"", decoded.error.message, cases[i].name);
		decoded_release(&decoded);
	}
}

static void keeps_log_records(void **state)
{
	struct decoded decoded = decode_json(
		SIGNAL_LOGS,
		"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"7\","
		"\"observedTimeUnixNano\":\"8\","
		"\"severityNumber\":\"SEVERITY_NUMBER_ERROR2\",\"severityText\":\"ERROR\",\"body\":{"
		"\"kvlistValue\":{"
		"\"values\":[{\"key\":\"a\",\"value\":{\"intValue\":1}}]}},\"attributes\":[],"
		"\"droppedAttributesCount\":1,"
		"\"flags\":1," IDS
		",\"eventName\":\"user.created\"},{\"severityNumber\":9,\"traceId\":\"ab\"}]}]}]}");
	const struct log_record *record = decoded.batch.logs;

	(void)state;
	assert_int_equal(decoded.status, STATUS_OK);
	assert_int_equal(decoded.batch.log_count, 2);
	assert_int_equal(record[0].time_ns, 7);
	assert_int_equal(record[0].observed_time_ns, 8);
	assert_int_equal(record[0].severity_number, 18);
	assert_str(record[0].severity_text, "ERROR");
	assert_int_equal(record[0].body.type, VALUE_MAP);
	assert_int_equal(record[0].attributes.dropped_count, 1);
	assert_int_equal(record[0].flags, 1);
	assert_memory_equal(record[0].trace_id, TEST_TRACE_ID, 16);
	assert_memory_equal(record[0].span_id, TEST_SPAN_ID, 8);
	assert_str(record[0].event_name, "user.created");
	/* No time: the arrival. An id that is none: no trace. */
	assert_int_equal(record[1].time_ns, TEST_NOW_NS);
	assert_int_equal(record[1].severity_number, 9);
	assert_memory_equal(record[1].trace_id, (char[16]){0}, 16);
	decoded_release(&decoded);
}

/* A request around the fields of one metric. */
static struct decoded decode_metric(const char *fields)
{
	struct buffer text = BUFFER_EMPTY;
	struct decoded decoded;

	buffer_printf(&text, "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{%s}]}]}]}%c", fields,
		      '\0');
	decoded = decode_json(SIGNAL_METRICS, text.data);
	buffer_release(&text);
	return decoded;
}

static void keeps_a_sum_with_its_metric(void **state)
{
	struct decoded decoded = decode_metric(
		"\"name\":\"requests\",\"description\":\"d\",\"unit\":\"1\",\"metadata\":[{\"key\":\"m\","
		"\"value\":{}}],"
		"\"sum\":{\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_CUMULATIVE\",\"isMonotonic\":"
		"true,"
		"\"dataPoints\":[{\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}],"
		"\"startTimeUnixNano\":\"1\",\"timeUnixNano\":\"2\",\"asInt\":\"-42\",\"exemplars\":[{"
		"\"timeUnixNano\":\"3\","
		"\"asDouble\":0.5," IDS
		",\"filteredAttributes\":[{\"key\":\"f\",\"value\":{\"boolValue\":true}}]}]}]}");
	const struct metric_point *point = decoded.batch.points;

	(void)state;
	assert_int_equal(decoded.batch.point_count, 1);
	assert_str(point->metric->name, "requests");
	assert_str(point->metric->description, "d");
	assert_str(point->metric->unit, "1");
	assert_int_equal(point->metric->metadata.count, 1);
	assert_int_equal(point->metric->type, METRIC_SUM);
	assert_int_equal(point->metric->temporality, TEMPORALITY_CUMULATIVE);
	assert_true(point->metric->monotonic);
	assert_int_equal(point->start_ns, 1);
	assert_int_equal(point->time_ns, 2);
	assert_int_equal(point->value.kind, NUMBER_INT);
	assert_int_equal(point->value.integer, -42);
	assert_int_equal(point->exemplar_count, 1);
	assert_true(point->exemplars[0].value.real == 0.5);
	assert_memory_equal(point->exemplars[0].trace_id, TEST_TRACE_ID, 16);
	assert_int_equal(point->exemplars[0].attributes.count, 1);
	decoded_release(&decoded);
}

static void keeps_distributions(void **state)
{
	struct decoded decoded = decode_metric("\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":1,"
					       "\"dataPoints\":[{\"count\":\"6\",\"sum\":1.5,"
					       "\"min\":0,\"max\":\"Infinity\",\"bucketCounts\":[\"1\",2,"
					       "\"3\"],\"explicitBounds\":[0.5,10]}]}},{"
					       "\"name\":\"e\",\"exponentialHistogram\":{"
					       "\"aggregationTemporality\":2,\"dataPoints\":[{\"count\":3,"
					       "\"scale\":-2,\"zeroCount\":\"4\",\"zeroThreshold\":0.25,"
					       "\"positive\":{\"offset\":-7,\"bucketCounts\":[\"1\",0]},"
					       "\"negative\":{\"bucketCounts\":[]}}]}},{"
					       "\"name\":\"s\",\"summary\":{\"dataPoints\":[{\"count\":2,"
					       "\"sum\":9,\"quantileValues\":[{\"quantile\":0.5,"
					       "\"value\":4}]}]}");
	const struct metric_point *points = decoded.batch.points;

	(void)state;
	assert_string_equal(decoded.outcome.reason, "");
	assert_int_equal(decoded.batch.point_count, 3);
	assert_int_equal(points[0].metric->temporality, TEMPORALITY_DELTA);
	assert_int_equal(points[0].count, 6);
	assert_int_equal(points[0].has, POINT_HAS_SUM | POINT_HAS_MIN | POINT_HAS_MAX);
	assert_true(points[0].sum == 1.5 && points[0].min == 0 && isinf(points[0].max));
	assert_int_equal(points[0].histogram.bucket_count, 3);
	assert_memory_equal(points[0].histogram.counts, ((uint64_t[]){1, 2, 3}), 24);
	assert_memory_equal(points[0].histogram.bounds, ((double[]){0.5, 10}), 16);
	assert_int_equal(points[1].exponential.scale, -2);
	assert_int_equal(points[1].exponential.zero_count, 4);
	assert_true(points[1].exponential.zero_threshold == 0.25);
	assert_int_equal(points[1].exponential.positive.offset, -7);
	assert_int_equal(points[1].exponential.positive.count, 2);
	assert_int_equal(points[1].exponential.positive.counts[0], 1);
	assert_int_equal(points[1].exponential.negative.count, 0);
	assert_int_equal(points[1].has, 0);
	assert_int_equal(points[2].summary.count, 1);
	assert_true(points[2].summary.quantiles[0].quantile == 0.5 &&
		    points[2].summary.quantiles[0].value == 4);
	decoded_release(&decoded);
}

static void bad_points_cost_themselves(void **state)
{
	static const struct {
		const char *fields;
		size_t rejected;
	} cases[] = {
		{"\"name\":\"g\",\"gauge\":{\"dataPoints\":[{}]}", 1},
		{"\"gauge\":{\"dataPoints\":[{\"asInt\":1},{\"asInt\":2}]}", 2},
		{"\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[1],\"explicitBounds\":[1]}"
		 "]}",
		 1},
		{"\"name\":\"h\",\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[1,1,1],\"explicitBounds\":"
		 "[2,1]}]}",
		 1},
		{"\"name\":\"nothing\"", 0},
		{"\"name\":\"nothing\",\"gauge\":{}", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoded decoded = decode_metric(cases[i].fields);

		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.point_count, 0);
		assert_int_equal(decoded.outcome.rejected, cases[i].rejected);
		decoded_release(&decoded);
	}
}

static void a_body_over_the_limit_is_refused(void **state)
{
	char *spaces = malloc(OTLP_JSON_BODY_BYTES + 2);
	struct decoded decoded;

	(void)state;
	memset(spaces, ' ', OTLP_JSON_BODY_BYTES + 1);
	spaces[OTLP_JSON_BODY_BYTES + 1] = '\0';
	decoded = decode_json(SIGNAL_TRACES, spaces);
	assert_int_equal(decoded.status, STATUS_TOO_LARGE);
	decoded_release(&decoded);
	free(spaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_everything_of_a_span),
		cmocka_unit_test(understands_the_other_forms),
		cmocka_unit_test(keeps_values_of_every_type),
		cmocka_unit_test(a_string_may_hold_a_nul),
		cmocka_unit_test(a_bad_span_costs_itself),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(what_is_no_otlp_is_refused_whole),
		cmocka_unit_test(a_field_of_the_wrong_type_is_named),
		cmocka_unit_test(keeps_log_records),
		cmocka_unit_test(keeps_a_sum_with_its_metric),
		cmocka_unit_test(keeps_distributions),
		cmocka_unit_test(bad_points_cost_themselves),
		cmocka_unit_test(a_body_over_the_limit_is_refused),
	};

	return test_run("receiver/otlp_json", tests);
}
