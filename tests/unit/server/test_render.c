/* jansson reads what was written: it is the judge of whether it is JSON at all. */
#include "server/render.h"

#include <jansson.h>
#include <math.h>

#include "test.h"

static json_t *parsed(struct buffer *out)
{
	json_error_t error;
	json_t *root;

	assert_false(buffer_failed(out));
	root = json_loadb(out->data, out->size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			  &error);
	if (!root)
		fail_msg("%s: %.*s", error.text, (int)out->size, out->data);
	buffer_release(out);
	return root;
}

static void assert_json(json_t *actual, const char *expected)
{
	json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);

	assert_non_null(wanted);
	if (!json_equal(actual, wanted))
		fail_msg("%s is not %s", json_dumps(actual, JSON_ENCODE_ANY | JSON_SORT_KEYS), expected);
	json_decref(wanted);
}

/* A map or an array as the store has it: OTLP's encoding. */
static struct value encode_list(struct buffer *out, const struct attribute *items, size_t count, uint8_t type)
{
	for (size_t i = 0; i < count; i++) {
		if (type == VALUE_MAP) {
			attribute_encode(1, &items[i], out);
		} else {
			size_t mark = protobuf_begin(out, 1);

			value_encode(&items[i].value, out);
			protobuf_end(out, mark);
		}
	}
	return (struct value){.data = out->data, .size = (uint32_t)out->size, .type = type};
}

static void values_of_every_type(void **state)
{
	struct buffer map_bytes = BUFFER_EMPTY, array_bytes = BUFFER_EMPTY, out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	struct attribute items[] = {
		{{"s", 1}, value_from_str(str_from("x"))},
		{{"b", 1}, value_from_bool(true)},
		{{"i", 1}, value_from_int(-5)},
		{{"big", 3}, value_from_int(INT64_MAX)},
		{{"d", 1}, value_from_double(0.5)},
		{{"nan", 3}, value_from_double(NAN)},
		{{"raw", 3}, {.data = "\x00\xff", .size = 2, .type = VALUE_BYTES}},
		{{"none", 4}, {.type = VALUE_EMPTY}},
		{{"map", 3}, {.type = VALUE_EMPTY}},
		{{"array", 5}, {.type = VALUE_EMPTY}},
		{{"s", 1}, value_from_str(str_from("last"))},
	};
	struct attributes attributes = {items, sizeof(items) / sizeof(items[0]), 0};
	json_t *root;

	(void)state;
	items[8].value = encode_list(
		&map_bytes,
		(struct attribute[]){{{"k", 1}, value_from_int(1)}, {{"k", 1}, value_from_int(2)}}, 2,
		VALUE_MAP);
	items[9].value = encode_list(
		&array_bytes, (struct attribute[]){{{0}, value_from_int(1)}, {{0}, value_from_bool(0)}}, 2,
		VALUE_ARRAY);
	render_attributes(&json, &attributes);
	root = parsed(&out);
	assert_json(root, "{\"s\":\"last\",\"b\":true,\"i\":-5,\"big\":\"9223372036854775807\",\"d\":0.5,"
			  "\"nan\":\"NaN\",\"raw\":{\"$bytes\":\"AP8=\"},\"none\":null,\"map\":{\"k\":2},"
			  "\"array\":[1,false]}");
	json_decref(root);
	buffer_release(&map_bytes);
	buffer_release(&array_bytes);
}

static void many_attributes_with_repeated_keys(void **state)
{
	static struct attribute items[3000];
	static char keys[1000][8];
	struct attributes attributes = {items, 3000, 0};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	json_t *root;

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(keys[i % 1000], sizeof(keys[0]), "k%u", i % 1000);
		items[i] = (struct attribute){str_from(keys[i % 1000]), value_from_int(i)};
	}
	render_attributes(&json, &attributes);
	root = parsed(&out);
	assert_int_equal(json_object_size(root), 1000);
	assert_int_equal(json_integer_value(json_object_get(root, "k7")), 2007);
	json_decref(root);
}

static void a_span_with_everything(void **state)
{
	static const struct attribute tags[] = {
		{{"http.request.method", 19}, {.data = "POST", .size = 4, .type = VALUE_STRING}}};
	static const struct attribute service[] = {
		{{"service.name", 12}, {.data = "shop", .size = 4, .type = VALUE_STRING}}};
	static const struct span_event events[] = {{.time_ns = UINT64_C(1767225600000000001),
						    .name = {"validated", 9},
						    .attributes = {tags, 1, 2}}};
	static const struct span_link links[] = {
		{.trace_id = {[15] = 9}, .span_id = {[7] = 8}, .flags = 1, .trace_state = {"a=b", 3}}};
	static const struct resource resource = {.attributes = {service, 1, 0}, .schema_url = {"u", 1}};
	static const struct scope scope = {.name = {"http", 4}, .version = {"1.0", 3}};
	struct span span = {
		.trace_id = {[15] = 1},
		.span_id = {[7] = 2},
		.parent_span_id = {[7] = 3},
		.start_ns = UINT64_C(1767225600000000000),
		.end_ns = UINT64_C(1767225600001234567),
		.name = str_from("POST /users"),
		.trace_state = str_from("c=d"),
		.status_message = str_from("no"),
		.attributes = {tags, 1, 4},
		.events = events,
		.event_count = 1,
		.dropped_event_count = 5,
		.links = links,
		.link_count = 1,
		.dropped_link_count = 6,
		.resource = &resource,
		.scope = &scope,
		.flags = 257,
		.kind = SPAN_SERVER,
		.status_code = SPAN_STATUS_ERROR,
		.handler = {.role = ROLE_EXECUTION,
			    .type = HANDLER_API,
			    .outcome = OUTCOME_ERROR,
			    .name = str_from("CreateUser"),
			    .language = str_from("typescript")},
	};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	json_t *root;

	(void)state;
	render_span(&json, &span);
	root = parsed(&out);
	assert_json(
		root,
		"{\"trace_id\":\"00000000000000000000000000000001\",\"span_id\":\"0000000000000002\","
		"\"parent_span_id\":\"0000000000000003\",\"operation_name\":\"POST /users\","
		"\"kind\":\"server\",\"start_time\":\"2026-01-01T00:00:00.000000000Z\","
		"\"end_time\":\"2026-01-01T00:00:00.001234567Z\",\"duration_ms\":1.234567,"
		"\"status\":\"error\",\"status_code\":\"error\",\"status_message\":\"no\","
		"\"tags\":{\"http.request.method\":\"POST\"},"
		"\"logs\":[{\"time\":\"2026-01-01T00:00:00.000000001Z\",\"name\":\"validated\","
		"\"attributes\":{\"http.request.method\":\"POST\"},\"dropped_attributes_count\":2}],"
		"\"links\":[{\"trace_id\":\"00000000000000000000000000000009\","
		"\"span_id\":\"0000000000000008\",\"trace_state\":\"a=b\",\"attributes\":{},\"flags\":1}],"
		"\"resource\":{\"attributes\":{\"service.name\":\"shop\"},\"schema_url\":\"u\"},"
		"\"scope\":{\"name\":\"http\",\"version\":\"1.0\",\"attributes\":{},\"schema_url\":\"\"},"
		"\"trace_state\":\"c=d\",\"flags\":257,\"dropped_attributes_count\":4,"
		"\"dropped_events_count\":5,\"dropped_links_count\":6,"
		"\"handler\":{\"name\":\"CreateUser\",\"type\":\"api\",\"language\":\"typescript\","
		"\"status\":\"error\",\"event\":null},\"published_event\":null}");
	json_decref(root);

	/* One that publishes an event is no execution. */
	span.handler = (struct handler){.role = ROLE_PUBLISH, .event = str_from("order.placed")};
	memset(span.parent_span_id, 0, SPAN_ID_SIZE);
	json = json_to(&out);
	render_span(&json, &span);
	root = parsed(&out);
	assert_true(json_is_null(json_object_get(root, "handler")));
	assert_true(json_is_null(json_object_get(root, "parent_span_id")));
	assert_string_equal(json_string_value(json_object_get(root, "published_event")), "order.placed");
	assert_string_equal(json_string_value(json_object_get(root, "status")), "success");
	json_decref(root);
}

static void a_trace_summary(void **state)
{
	const struct str services[] = {str_from("a"), str_from("b")};
	struct trace_summary summary = {
		.trace_id = {[15] = 1},
		.name = str_from("root"),
		.outcome = OUTCOME_ERROR,
		.complete = true,
		.start_ns = UINT64_C(1767225600000000000),
		.end_ns = UINT64_C(1767225600012345000),
		.span_count = 3,
		.error_count = 1,
		.services = services,
		.service_count = 2,
	};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	json_t *root;

	(void)state;
	render_trace_summary(&json, &summary);
	root = parsed(&out);
	assert_json(root,
		    "{\"trace_id\":\"00000000000000000000000000000001\",\"name\":\"root\","
		    "\"handler_name\":null,\"handler_type\":null,\"language\":null,\"status\":\"error\","
		    "\"start_time\":\"2026-01-01T00:00:00.000000000Z\","
		    "\"end_time\":\"2026-01-01T00:00:00.012345000Z\",\"duration_ms\":12.345,"
		    "\"span_count\":3,\"error_count\":1,\"services\":[\"a\",\"b\"],\"complete\":true}");
	json_decref(root);
}

static json_t *rendered_log(const struct log_record *record)
{
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);

	render_log(&json, record);
	return parsed(&out);
}

static void a_log_and_its_level(void **state)
{
	static const struct attribute items[] = {
		{{"status", 6}, {.data = "ok", .size = 2, .type = VALUE_STRING}}};
	struct log_record record = {
		.time_ns = UINT64_C(1767225600000000000),
		.body = value_from_str(str_from("Handler executed")),
		.attributes = {items, 1, 0},
		.resource = &resource_empty,
		.scope = &scope_empty,
		.severity_number = 9,
		.severity_text = str_from("Info"),
		.handler = str_from("CreateUser"),
		.trace_id = {[15] = 1},
	};
	json_t *root = rendered_log(&record);

	(void)state;
	assert_json(root,
		    "{\"id\":\"18867251edfa000042c1df8a00908265\",\"timestamp\":\"2026-01-01T00:00:00."
		    "000000000Z\",\"level\":\"INFO\","
		    "\"message\":\"Handler executed\",\"handler\":\"CreateUser\",\"service\":\"\","
		    "\"trace_id\":\"00000000000000000000000000000001\",\"span_id\":null,\"event_name\":null,"
		    "\"metadata\":{\"status\":\"ok\"}}");
	json_decref(root);

	record.severity_number = 21;
	record.severity_text = str_from("FATAL");
	root = rendered_log(&record);
	assert_string_equal(json_string_value(json_object_get(root, "level")), "ERROR");
	assert_json(json_object_get(root, "metadata"),
		    "{\"status\":\"ok\",\"severity_number\":21,\"severity_text\":\"FATAL\"}");
	json_decref(root);
}

static void a_log_whose_body_is_no_string(void **state)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct attribute item = {{"code", 4}, value_from_int(7)};
	struct log_record record = {.time_ns = 1, .resource = &resource_empty, .scope = &scope_empty};
	json_t *root;

	(void)state;
	record.body = encode_list(&bytes, &item, 1, VALUE_MAP);
	root = rendered_log(&record);
	assert_string_equal(json_string_value(json_object_get(root, "message")), "{\"code\":7}");
	json_decref(root);
	buffer_release(&bytes);
	record.body = (struct value){.type = VALUE_EMPTY};
	root = rendered_log(&record);
	assert_string_equal(json_string_value(json_object_get(root, "message")), "");
	json_decref(root);
}

static void a_metric_over_time(void **state)
{
	const struct metric_label labels[] = {{str_from("host"), str_from("a")}};
	const double values[] = {1.5, NAN, INFINITY};
	struct metric_line line = {labels, 1, values};
	struct metric_range answer = {
		.metric = {.name = str_from("load"), .unit = str_from("1"), .type = METRIC_GAUGE},
		.agg = {.kind = AGG_AVG, .name = "avg"},
		.first_ns = UINT64_C(1767225610000000000),
		.step_ns = 10 * NS_PER_SECOND,
		.step_count = 3,
		.lines = &line,
		.line_count = 1,
		.error_bound = NAN,
	};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	json_t *root;

	(void)state;
	render_metric_range(
		&json, &answer,
		(struct time_range){UINT64_C(1767225600000000000), UINT64_C(1767225630000000000)});
	root = parsed(&out);
	assert_json(root,
		    "{\"name\":\"load\",\"type\":\"gauge\",\"unit\":\"1\","
		    "\"start\":\"2026-01-01T00:00:00.000000000Z\",\"end\":\"2026-01-01T00:00:30.000000000Z\","
		    "\"step_ms\":10000,\"agg\":\"avg\",\"error_bound\":null,\"timestamps\":[\"2026-01-01T00:"
		    "00:10.000000000Z\","
		    "\"2026-01-01T00:00:20.000000000Z\",\"2026-01-01T00:00:30.000000000Z\"],"
		    "\"series\":[{\"labels\":{\"host\":\"a\"},\"values\":[1.5,null,null]}]}");
	json_decref(root);
}

static void a_list_of_metrics(void **state)
{
	static const struct metric sum = {.name = {"hits", 4},
					  .unit = {"1", 1},
					  .type = METRIC_SUM,
					  .temporality = TEMPORALITY_DELTA,
					  .monotonic = true};
	static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE};
	static const struct str labels[] = {{"host", 4}};
	struct metric_summary summaries[] = {{&sum, labels, 1, 2}, {&gauge, NULL, 0, 1}};
	struct metric_list list = {.metrics = summaries, .count = 2};
	struct buffer out = BUFFER_EMPTY;
	struct json json = json_to(&out);
	json_t *root;

	(void)state;
	render_metric_list(&json, &list);
	root = parsed(&out);
	assert_json(root,
		    "{\"metrics\":[{\"name\":\"hits\",\"type\":\"sum\",\"unit\":\"1\",\"description\":\"\","
		    "\"temporality\":\"delta\",\"monotonic\":true,\"label_names\":[\"host\"],"
		    "\"series_count\":2},{\"name\":\"load\",\"type\":\"gauge\",\"unit\":\"\","
		    "\"description\":\"\",\"temporality\":null,\"monotonic\":null,\"label_names\":[],"
		    "\"series_count\":1}]}");
	json_decref(root);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_every_type),
		cmocka_unit_test(many_attributes_with_repeated_keys),
		cmocka_unit_test(a_span_with_everything),
		cmocka_unit_test(a_trace_summary),
		cmocka_unit_test(a_log_and_its_level),
		cmocka_unit_test(a_log_whose_body_is_no_string),
		cmocka_unit_test(a_metric_over_time),
		cmocka_unit_test(a_list_of_metrics),
	};

	return test_run("server/render", tests);
}
