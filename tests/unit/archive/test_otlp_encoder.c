/* Rows as OTLP/JSON: against documents written by hand, and through our own decoder back to the same rows. */
#include "archive/otlp_encoder.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "receiver/otlp_json.h"
#include "unit/test.h"

static void encode(enum signal signal, const struct batch *rows, size_t count, struct buffer *out)
{
	struct error error = {0};

	buffer_clear(out);
	if (otlp_encode(signal, rows, 0, count, out, &error) != STATUS_OK)
		fail_msg("%s", error.message);
}

static void assert_document(enum signal signal, const struct batch *rows, const char *expected)
{
	struct buffer out = BUFFER_EMPTY;

	encode(signal, rows, batch_row_count(rows), &out);
	buffer_append_byte(&out, '\0');
	assert_string_equal(out.data, expected);
	buffer_release(&out);
}

static void writes_a_span_with_all_that_it_has(void **state)
{
	static const struct span_event event = {.time_ns = 3, .name = {"retry", 5}};
	static const struct span_link link = {
		.trace_id = {0xab}, .span_id = {0xcd}, .flags = 1, .trace_state = {"k=v", 3}};
	struct resource resource = {.schema_url = str_from("https://r"),
				    .attributes = ATTRIBUTES(text("service.name", "shop"))};
	struct scope scope = {
		.name = str_from("lib"), .version = str_from("1.2"), .schema_url = str_from("https://s")};
	struct batch rows;
	struct span *span;

	(void)state;
	batch_init(&rows, 0);
	span = batch_add_span(&rows);
	memcpy(span->trace_id, "\x5b\x8e\xff\xf7\x98\x03\x81\x03\xd2\x69\xb6\x33\x81\x3f\xc6\x0c", 16);
	memcpy(span->span_id, "\xee\xe1\x9b\x7e\xc3\xc1\xb1\x74", 8);
	memcpy(span->parent_span_id, "\xee\xe1\x9b\x7e\xc3\xc1\xb1\x73", 8);
	span->name = str_from("GET /\"x\"\n");
	span->trace_state = str_from("a=b");
	span->kind = SPAN_SERVER;
	span->start_ns = UINT64_C(1544712660000000000);
	span->end_ns = UINT64_MAX;
	span->flags = 257;
	span->attributes = ATTRIBUTES(whole("n", INT64_MIN), truth("b", false), real("d", 0.1));
	span->attributes.dropped_count = 4;
	span->events = &event;
	span->event_count = 1;
	span->dropped_event_count = 2;
	span->links = &link;
	span->link_count = 1;
	span->dropped_link_count = 3;
	span->status_code = SPAN_STATUS_ERROR;
	span->status_message = str_from("no");
	span->resource = &resource;
	span->scope = &scope;
	assert_document(
		SIGNAL_TRACES, &rows,
		"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
		"\"stringValue\":\"shop\"}}]},"
		"\"scopeSpans\":[{\"scope\":{\"name\":\"lib\",\"version\":\"1.2\"},\"spans\":[{"
		"\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\","
		"\"traceState\":\"a=b\","
		"\"parentSpanId\":\"eee19b7ec3c1b173\",\"flags\":257,\"name\":\"GET "
		"/\\\"x\\\"\\n\",\"kind\":2,"
		"\"startTimeUnixNano\":\"1544712660000000000\",\"endTimeUnixNano\":\"18446744073709551615\","
		"\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":\"-9223372036854775808\"}},"
		"{\"key\":\"b\",\"value\":{\"boolValue\":false}},{\"key\":\"d\",\"value\":{\"doubleValue\":0."
		"1}}],"
		"\"droppedAttributesCount\":4,\"events\":[{\"timeUnixNano\":\"3\",\"name\":\"retry\"}],"
		"\"droppedEventsCount\":2,"
		"\"links\":[{\"traceId\":\"ab000000000000000000000000000000\",\"spanId\":"
		"\"cd00000000000000\","
		"\"traceState\":\"k=v\",\"flags\":1}],\"droppedLinksCount\":3,\"status\":{\"message\":\"no\","
		"\"code\":2}}],"
		"\"schemaUrl\":\"https://s\"}],\"schemaUrl\":\"https://r\"}]}");
	batch_release(&rows);
}

static void writes_a_log_record_with_a_nested_body(void **state)
{
	const struct attribute inner[] = {text("k", "v")};
	struct log_record *record;
	struct value items[3];
	struct batch rows;

	(void)state;
	batch_init(&rows, 0);
	record = batch_add_log(&rows);
	items[0] = (struct value){.data = "\xff\x00", .size = 2, .type = VALUE_BYTES};
	items[1] = map_of(&rows.arena, inner, 1);
	items[2] = (struct value){.type = VALUE_EMPTY};
	record->time_ns = 7;
	record->severity_number = 9;
	record->severity_text = str_from("Info");
	record->event_name = str_from("it.happened");
	record->body = array_of(&rows.arena, items, 3);
	assert_document(SIGNAL_LOGS, &rows,
			"{\"resourceLogs\":[{\"resource\":{},\"scopeLogs\":[{\"scope\":{},\"logRecords\":[{"
			"\"timeUnixNano\":\"7\",\"severityNumber\":9,\"severityText\":\"Info\",\"body\":{"
			"\"arrayValue\":{\"values\":["
			"{\"bytesValue\":\"/"
			"wA=\"},{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"stringValue\":"
			"\"v\"}}]}},{}]}},"
			"\"eventName\":\"it.happened\"}]}]}]}");
	batch_release(&rows);
}

static void writes_points_of_one_metric_together(void **state)
{
	static const uint64_t counts[] = {1, 2};
	static const double bounds[] = {0.5};
	const struct metric sum = {.name = str_from("orders"),
				   .unit = str_from("1"),
				   .type = METRIC_SUM,
				   .temporality = TEMPORALITY_CUMULATIVE,
				   .monotonic = true};
	const struct metric histogram = {
		.name = str_from("took"), .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_DELTA};
	struct metric_point *point;
	struct batch rows;

	(void)state;
	batch_init(&rows, 0);
	add_point(&rows, &sum, 5, -1)->resource = &resource_empty;
	add_point(&rows, &sum, 6, 2)->resource = &resource_empty;
	assert_document(
		SIGNAL_METRICS, &rows,
		"{\"resourceMetrics\":[{\"resource\":{},\"scopeMetrics\":[{\"scope\":{},\"metrics\":[{"
		"\"name\":\"orders\","
		"\"unit\":\"1\",\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":["
		"{\"timeUnixNano\":\"5\",\"asInt\":\"-1\"},{\"timeUnixNano\":\"6\",\"asInt\":\"2\"}]}}]}]}]"
		"}");
	batch_clear(&rows);
	point = batch_add_point(&rows);
	point->metric = &histogram;
	point->time_ns = 8;
	point->count = 3;
	point->sum = -0.0;
	point->has = POINT_HAS_SUM;
	point->histogram = (struct histogram){counts, bounds, 2, 1};
	assert_document(SIGNAL_METRICS, &rows,
			"{\"resourceMetrics\":[{\"resource\":{},\"scopeMetrics\":[{\"scope\":{},\"metrics\":["
			"{\"name\":\"took\","
			"\"histogram\":{\"aggregationTemporality\":1,\"dataPoints\":[{\"timeUnixNano\":\"8\","
			"\"count\":\"3\","
			"\"sum\":-0.0,\"bucketCounts\":[\"1\",\"2\"],\"explicitBounds\":[0.5]}]}}]}]}]}");
	batch_release(&rows);
}

static void decode(enum signal signal, const struct buffer *document, struct batch *rows)
{
	struct otlp_outcome outcome;
	struct error error = {0};

	if (otlp_json_decode(signal, buffer_str(document), 1, rows, &outcome, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	if (outcome.rejected)
		fail_msg("%s", outcome.reason);
}

/* What OTLP has no field for: a reader recognises handlers anew, points and exemplars count nothing dropped,
 * summaries have neither least, greatest nor exemplars. */
static void forget_what_is_not_otlp(struct batch *rows)
{
	for (size_t i = 0; i < rows->point_count; i++) {
		struct metric_point *point = &rows->points[i];
		struct exemplar *exemplars = (struct exemplar *)(uintptr_t)point->exemplars;

		point->attributes.dropped_count = 0;
		if (point->metric->type == METRIC_SUMMARY) {
			point->has &= POINT_HAS_SUM;
			point->min = point->max = 0;
			point->exemplar_count = 0;
		}
		for (uint32_t j = 0; j < point->exemplar_count; j++)
			exemplars[j].attributes.dropped_count = 0;
	}
	for (size_t i = 0; i < rows->span_count; i++)
		rows->spans[i].handler = (struct handler){0};
	for (size_t i = 0; i < rows->log_count; i++)
		rows->logs[i].handler = (struct str){0};
}

static void a_decoder_reads_the_same_rows(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct batch rows, found;

	(void)state;
	batch_init(&rows, 0);
	batch_init(&found, 0);
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct random random = {seed};

		batch_clear(&rows);
		batch_clear(&found);
		add_random_spans(&rows, &random, 150);
		add_random_logs(&rows, &random, 150);
		add_random_points(&rows, &random, 150);
		forget_what_is_not_otlp(&rows);
		encode(SIGNAL_TRACES, &rows, rows.span_count, &out);
		decode(SIGNAL_TRACES, &out, &found);
		encode(SIGNAL_LOGS, &rows, rows.log_count, &out);
		decode(SIGNAL_LOGS, &out, &found);
		encode(SIGNAL_METRICS, &rows, rows.point_count, &out);
		decode(SIGNAL_METRICS, &out, &found);
		assert_same_spans(&found, &rows);
		assert_same_logs(&found, &rows);
		assert_same_points(&found, &rows);
	}
	batch_release(&rows);
	batch_release(&found);
	buffer_release(&out);
}

/* Every byte that text may hold, at every place of the eight that are looked at together. */
static void escapes_whatever_a_text_may_hold(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct batch rows, found;
	char text[24];

	(void)state;
	batch_init(&rows, 0);
	batch_init(&found, 0);
	for (unsigned byte = 0; byte < 0x80; byte++)
		for (size_t at = 0; at < sizeof(text); at++) {
			batch_clear(&rows);
			batch_clear(&found);
			memset(text, 'x', sizeof(text));
			text[at] = (char)byte;
			add_log(&rows, 1, "")->severity_text = str_make(text, sizeof(text));
			encode(SIGNAL_LOGS, &rows, 1, &out);
			assert_null(memchr(out.data, '\n', out.size));
			decode(SIGNAL_LOGS, &out, &found);
			assert_same_logs(&found, &rows);
		}
	batch_release(&rows);
	batch_release(&found);
	buffer_release(&out);
}

static void keeps_doubles_to_the_last_bit(void **state)
{
	static const double reals[] = {0.1,
				       1e300,
				       5e-324,
				       -1.5,
				       9007199254740993.0,
				       1e22,
				       123456789.123456789,
				       0x1p53,
				       0x1.fffffffffffffp1023,
				       -0.0};
	struct buffer out = BUFFER_EMPTY;
	struct batch rows, found;

	(void)state;
	batch_init(&rows, 0);
	batch_init(&found, 0);
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		add_log(&rows, 1, "")->body = value_from_double(reals[i]);
	encode(SIGNAL_LOGS, &rows, rows.log_count, &out);
	decode(SIGNAL_LOGS, &out, &found);
	for (size_t i = 0; i < rows.log_count; i++)
		assert_memory_equal(&found.logs[i].body.real, &reals[i], sizeof(double));
	batch_release(&rows);
	batch_release(&found);
	buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_a_span_with_all_that_it_has),
		cmocka_unit_test(writes_a_log_record_with_a_nested_body),
		cmocka_unit_test(writes_points_of_one_metric_together),
		cmocka_unit_test(a_decoder_reads_the_same_rows),
		cmocka_unit_test(escapes_whatever_a_text_may_hold),
		cmocka_unit_test(keeps_doubles_to_the_last_bit),
	};

	return test_run("archive/otlp_encoder", tests);
}
