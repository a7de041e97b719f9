#include "model/filter.h"

#include <string.h>

#include "test.h"

static struct attribute text(const char *key, const char *value)
{
	return (struct attribute){str_from(key), value_from_str(str_from(value))};
}

static struct span a_span(void)
{
	return (struct span){.start_ns = 1000,
			     .end_ns = 1500,
			     .name = str_from("GET /users"),
			     .resource = &resource_empty,
			     .scope = &scope_empty,
			     .handler = {.role = ROLE_EXECUTION,
					 .type = HANDLER_API,
					 .outcome = OUTCOME_ERROR,
					 .name = str_from("ListUsers"),
					 .language = str_from("rust")}};
}

static void any_matches_every_span(void **state)
{
	struct span empty = {.resource = &resource_empty, .scope = &scope_empty}, span = a_span();

	(void)state;
	assert_true(span_filter_match(&SPAN_FILTER_ANY, &empty));
	assert_true(span_filter_match(&SPAN_FILTER_ANY, &span));
}

static void a_range_includes_its_start_and_not_its_end(void **state)
{
	struct span span = a_span();
	struct span_filter filter = SPAN_FILTER_ANY;

	(void)state;
	filter.range = (struct time_range){1000, 1001};
	assert_true(span_filter_match(&filter, &span));
	filter.range = (struct time_range){999, 1000};
	assert_false(span_filter_match(&filter, &span));
	filter.range = (struct time_range){1001, 2000};
	assert_false(span_filter_match(&filter, &span));
}

static void durations_are_both_included(void **state)
{
	struct span span = a_span();
	struct span_filter filter = SPAN_FILTER_ANY;

	(void)state;
	filter.min_duration_ns = filter.max_duration_ns = 500;
	assert_true(span_filter_match(&filter, &span));
	filter.min_duration_ns = 501;
	assert_false(span_filter_match(&filter, &span));
	filter.min_duration_ns = 0;
	filter.max_duration_ns = 499;
	assert_false(span_filter_match(&filter, &span));
	span.end_ns = 10; /* ends before it starts: takes no time */
	assert_true(span_filter_match(&filter, &span));
}

static void handlers_are_those_of_executions(void **state)
{
	struct span_filter by_name = SPAN_FILTER_ANY, by_type = SPAN_FILTER_ANY;
	struct span span = a_span();

	(void)state;
	by_name.handler = str_from("ListUsers");
	by_type.handler_type = HANDLER_API;
	assert_true(span_filter_match(&by_name, &span));
	assert_true(span_filter_match(&by_type, &span));
	span.handler.role = ROLE_RECEIVE;
	assert_false(span_filter_match(&by_name, &span));
	assert_false(span_filter_match(&by_type, &span));
	span.handler.role = ROLE_EXECUTION;
	span.handler.type = HANDLER_CRON;
	span.handler.name = str_from("listusers");
	assert_false(span_filter_match(&by_name, &span));
	assert_false(span_filter_match(&by_type, &span));
}

static void other_parts_must_each_be_met(void **state)
{
	struct attribute item = text("service.name", "shop");
	struct resource resource = {.attributes = {&item, 1, 0}};
	struct span span = a_span();
	struct span_filter filter = SPAN_FILTER_ANY;

	(void)state;
	span.resource = &resource;
	filter.outcome = OUTCOME_ERROR;
	filter.language = str_from("rust");
	filter.service = str_from("shop");
	filter.operation = str_from("GET /users");
	assert_true(span_filter_match(&filter, &span));
	filter.outcome = OUTCOME_SUCCESS;
	assert_false(span_filter_match(&filter, &span));
	filter.outcome = OUTCOME_ERROR;
	filter.language = str_from("python");
	assert_false(span_filter_match(&filter, &span));
	filter.language = str_from("rust");
	filter.service = str_from("sho");
	assert_false(span_filter_match(&filter, &span));
	filter.service = str_from("shop");
	filter.operation = str_from("GET /user");
	assert_false(span_filter_match(&filter, &span));
}

static bool has_tag(const struct span *span, const char *key, const char *value)
{
	const struct tag_filter tag = {str_from(key), str_from(value)};
	struct span_filter filter = SPAN_FILTER_ANY;

	filter.tags = &tag;
	filter.tag_count = 1;
	return span_filter_match(&filter, span);
}

static void tags_are_looked_for_in_row_resource_and_scope(void **state)
{
	const struct attribute row[] = {
		text("a", "old"), {str_from("n"), value_from_int(-7)}, text("a", "row")};
	struct attribute resource_items[] = {text("a", "resource"), text("b", "resource")};
	struct attribute scope_items[] = {text("b", "scope"), text("c", "scope")};
	struct resource resource = {.attributes = {resource_items, 2, 0}};
	struct scope scope = {.attributes = {scope_items, 2, 0}};
	struct span span = a_span();

	(void)state;
	span.attributes = (struct attributes){row, 3, 0};
	span.resource = &resource;
	span.scope = &scope;
	assert_true(has_tag(&span, "a", "row"));
	assert_false(has_tag(&span, "a", "old"));
	assert_false(has_tag(&span, "a", "resource"));
	assert_true(has_tag(&span, "b", "resource"));
	assert_false(has_tag(&span, "b", "scope"));
	assert_true(has_tag(&span, "c", "scope"));
	assert_true(has_tag(&span, "n", "-7"));
	assert_false(has_tag(&span, "d", ""));
}

static bool log_has(const char *body, const char *term)
{
	const struct str terms[] = {str_from(term)};
	struct log_record record = {
		.body = value_from_str(str_from(body)), .resource = &resource_empty, .scope = &scope_empty};
	struct log_filter filter = LOG_FILTER_ANY;

	filter.terms = terms;
	filter.term_count = 1;
	return log_filter_match(&filter, &record);
}

static void a_word_stands_alone(void **state)
{
	(void)state;
	assert_true(log_has("user created", "created"));
	assert_true(log_has("user CREATED.", "Created"));
	assert_true(log_has("created", "created"));
	assert_true(log_has("re-created", "created"));
	assert_true(log_has("user_created", "created"));
	assert_true(log_has("recreated, then created", "created"));
	assert_false(log_has("recreated", "created"));
	assert_false(log_has("created2", "created"));
	assert_false(log_has("createdö", "created"));
	assert_false(log_has("", "created"));
	assert_true(log_has("anything", ""));
}

static void a_phrase_occurs_anywhere(void **state)
{
	(void)state;
	assert_true(log_has("Payment timed out", "TIMED OUT"));
	assert_true(log_has("Payment timed outside", "ment timed out"));
	assert_false(log_has("timed  out", "timed out"));
}

static void looks_for_terms_in_body_and_text_attributes(void **state)
{
	const struct attribute items[] = {text("note", "by hand"), {str_from("count"), value_from_int(42)}};
	struct log_record record = {.body = value_from_int(17),
				    .attributes = {items, 2, 0},
				    .resource = &resource_empty,
				    .scope = &scope_empty};
	struct str terms[] = {str_from("17"), str_from("hand")};
	struct log_filter filter = LOG_FILTER_ANY;

	(void)state;
	filter.terms = terms;
	filter.term_count = 2;
	assert_true(log_filter_match(&filter, &record));
	terms[1] = str_from("42");
	assert_false(log_filter_match(&filter, &record));
	terms[1] = str_from("note");
	assert_false(log_filter_match(&filter, &record));
}

static void log_parts_must_each_be_met(void **state)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {1}, span_id[SPAN_ID_SIZE] = {2};
	struct attribute item = text("service.name", "shop");
	struct resource resource = {.attributes = {&item, 1, 0}};
	struct log_record record = {.time_ns = 50,
				    .trace_id = {1},
				    .span_id = {2},
				    .severity_number = 13,
				    .handler = str_from("H"),
				    .resource = &resource,
				    .scope = &scope_empty};
	const struct log_filter all = {.range = {50, 51},
				       .lowest_level = LEVEL_WARN,
				       .handler = str_from("H"),
				       .service = str_from("shop"),
				       .trace_id = trace_id,
				       .span_id = span_id};
	struct log_filter filter = all;

	(void)state;
	assert_true(log_filter_match(&filter, &record));
	filter.range.start_ns = 51;
	assert_false(log_filter_match(&filter, &record));
	filter = all;
	filter.lowest_level = LEVEL_ERROR;
	assert_false(log_filter_match(&filter, &record));
	filter = all;
	filter.handler = str_from("h");
	assert_false(log_filter_match(&filter, &record));
	filter = all;
	filter.service = str_from("other");
	assert_false(log_filter_match(&filter, &record));
	filter = all;
	record.trace_id[15] = 1;
	assert_false(log_filter_match(&filter, &record));
	record.trace_id[15] = 0;
	record.span_id[7] = 1;
	assert_false(log_filter_match(&filter, &record));
}

static void labels_are_of_the_point_then_its_resource(void **state)
{
	struct attribute own = text("queue", "mail"),
			 of_resource[] = {text("queue", "other"), text("zone", "a")};
	struct attribute of_scope = text("scoped", "x");
	struct resource resource = {.attributes = {of_resource, 2, 0}};
	struct scope scope = {.attributes = {&of_scope, 1, 0}};
	struct metric metric = {.name = str_from("jobs")};
	struct metric_point point = {.metric = &metric,
				     .resource = &resource,
				     .scope = &scope,
				     .attributes = {&own, 1, 0},
				     .time_ns = 5};
	struct label_filter labels[] = {{str_from("queue"), str_from("mail")},
					{str_from("zone"), str_from("a")}};
	struct point_filter filter = POINT_FILTER_ANY;

	(void)state;
	assert_true(point_filter_match(&filter, &point));
	filter.labels = labels;
	filter.label_count = 2;
	filter.metric = str_from("jobs");
	assert_true(point_filter_match(&filter, &point));
	labels[0].value = str_from("other");
	assert_false(point_filter_match(&filter, &point));
	labels[0] = (struct label_filter){str_from("scoped"), str_from("x")};
	assert_false(point_filter_match(&filter, &point));
	filter.label_count = 0;
	filter.metric = str_from("job");
	assert_false(point_filter_match(&filter, &point));
	filter.metric = str_from("");
	filter.range = (struct time_range){0, 5};
	assert_false(point_filter_match(&filter, &point));
}

static void labels_are_compared_with_operators(void **state)
{
	static const struct {
		const char *text;
		bool passes;
	} cases[] = {
		{"route=/users/7", true},   {"route!=/users/7", false}, {"route!=/carts", true},
		{"route=~/users/.*", true}, {"route=~/users", false},   {"route!~/users/.*", false},
		{"route!~/carts/.*", true}, {"shard=~3|4", true},       {"absent!=x", true},
		{"absent=~.*", true},       {"absent=~.+", false},      {"absent!~.+", true},
		{"absent=", false},
	};
	struct attribute own[] = {text("route", "/users/7"), {str_from("shard"), value_from_int(3)}};
	struct metric metric = {.name = str_from("hits")};
	struct metric_point point = {.metric = &metric,
				     .resource = &resource_empty,
				     .scope = &scope_empty,
				     .attributes = {own, 2, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct point_filter filter = POINT_FILTER_ANY;
		struct pattern *pattern = NULL;
		struct label_filter label;
		size_t offset;

		assert_true(label_filter_parse(str_from(cases[i].text), &label));
		if (label.comparison >= LABEL_MATCHES)
			assert_int_equal(pattern_new_whole(label.value, &pattern, &offset, NULL), STATUS_OK);
		label.pattern = pattern;
		filter.labels = &label;
		filter.label_count = 1;
		if (point_filter_match(&filter, &point) != cases[i].passes)
			fail_msg("%s", cases[i].text);
		pattern_free(pattern);
	}
}

static void each_series_belongs_to_one_share_whatever_the_order_of_its_attributes(void **state)
{
	enum { SHARES = 4, SERIES = 400 };
	struct attribute service = text("service.name", "shop");
	struct resource resource = {.attributes = {&service, 1, 0}};
	struct metric metric = {.name = str_from("hits")};
	size_t sizes[SHARES] = {0};

	(void)state;
	for (int i = 0; i < SERIES; i++) {
		struct attribute own[] = {{str_from("shard"), value_from_int(i)}, text("host", "a")};
		struct attribute turned[] = {own[1], own[0]};
		struct metric_point point = {.metric = &metric,
					     .resource = &resource,
					     .scope = &scope_empty,
					     .attributes = {own, 2, 0}};
		size_t found = 0;

		for (uint32_t share = 0; share < SHARES; share++) {
			const struct point_filter filter = {.range = TIME_RANGE_ALL,
							    .share = {share, SHARES}};
			bool passes;

			point.attributes.items = own;
			passes = point_filter_match(&filter, &point);
			point.attributes.items = turned;
			assert_int_equal(point_filter_match(&filter, &point), passes);
			sizes[share] += passes;
			found += passes;
		}
		assert_int_equal(found, 1);
	}
	for (int share = 0; share < SHARES; share++)
		assert_true(sizes[share] > SERIES / SHARES / 2);
}

static void a_matcher_has_a_name_and_an_operator(void **state)
{
	static const char *const none[] = {"", "route", "=x", "!=x", "route!", "route!x", "~x"};
	struct label_filter label;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_false(label_filter_parse(str_from(none[i]), &label));
	assert_true(label_filter_parse(str_from("a.b=~x=~y"), &label));
	assert_int_equal(label.comparison, LABEL_MATCHES);
	assert_true(str_equal_c(label.key, "a.b") && str_equal_c(label.value, "x=~y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_matches_every_span),
		cmocka_unit_test(a_range_includes_its_start_and_not_its_end),
		cmocka_unit_test(durations_are_both_included),
		cmocka_unit_test(handlers_are_those_of_executions),
		cmocka_unit_test(other_parts_must_each_be_met),
		cmocka_unit_test(tags_are_looked_for_in_row_resource_and_scope),
		cmocka_unit_test(a_word_stands_alone),
		cmocka_unit_test(a_phrase_occurs_anywhere),
		cmocka_unit_test(labels_are_compared_with_operators),
		cmocka_unit_test(each_series_belongs_to_one_share_whatever_the_order_of_its_attributes),
		cmocka_unit_test(a_matcher_has_a_name_and_an_operator),
		cmocka_unit_test(looks_for_terms_in_body_and_text_attributes),
		cmocka_unit_test(log_parts_must_each_be_met),
		cmocka_unit_test(labels_are_of_the_point_then_its_resource),
	};

	return test_run("model/filter", tests);
}
