/* Promise 3: rows come back as they were given. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/contract.h"
#include "contract/rows.h"

struct fields {
	struct fixture *fixture;
	struct batch rows;
};

static struct fields fields_of(void **state)
{
	struct fields fields = {.fixture = *state};

	batch_init(&fields.rows, 0);
	return fields;
}

static void assert_comes_back(struct fields *fields)
{
	append(fields->fixture, &fields->rows);
	assert_store_holds(fields->fixture, &fields->rows);
	batch_release(&fields->rows);
}

static void keeps_every_field_of_a_span(void **state)
{
	struct fields fields = fields_of(state);
	struct span *span = add_span(&fields.rows, 1, 2, NEW_YEAR_NS + 1, 123456789, "POST /users");

	span_id_of(7, span->parent_span_id);
	span->trace_state = str_from("vendor=value,other=1");
	span->status_message = str_from("it failed");
	span->status_code = SPAN_STATUS_ERROR;
	span->kind = SPAN_SERVER;
	span->flags = 0x301;
	span->dropped_event_count = 3;
	span->dropped_link_count = 4;
	span->attributes = ATTRIBUTES(text("a", "b"), whole("c", 4));
	span->attributes.dropped_count = 5;
	span->handler = (struct handler){.role = ROLE_EXECUTION,
					 .type = HANDLER_EVENT,
					 .outcome = OUTCOME_ERROR,
					 .name = str_from("CreateUser"),
					 .language = str_from("rust"),
					 .event = str_from("user.created"),
					 .messages = 17};
	assert_comes_back(&fields);
}

static void keeps_numbers_from_the_future(void **state)
{
	struct fields fields = fields_of(state);
	struct span *span = add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x");

	span->kind = 200;
	span->status_code = 99;
	span->flags = UINT32_MAX;
	span->handler = (struct handler){.role = 9, .type = 250, .outcome = 77, .messages = UINT32_MAX};
	assert_comes_back(&fields);
}

static void keeps_resource_and_scope(void **state)
{
	struct fields fields = fields_of(state);
	struct resource resource = {.attributes = ATTRIBUTES(text("service.name", "shop"), truth("r", true)),
				    .schema_url = str_from("https://opentelemetry.io/schemas/1.30.0")};
	struct scope scope = {.name = str_from("lib"),
			      .version = str_from("1.2.3"),
			      .schema_url = str_from("https://example.org"),
			      .attributes = ATTRIBUTES(whole("s", 1), text("s", "again"))};
	static const struct metric metric = {.name = {"m", 1}, .type = METRIC_GAUGE};
	struct span *span = add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x");
	struct log_record *record = add_log(&fields.rows, NEW_YEAR_NS, "x");
	struct metric_point *point = add_point(&fields.rows, &metric, NEW_YEAR_NS, 1);

	resource.attributes.dropped_count = 8;
	scope.attributes.dropped_count = 9;
	span->resource = record->resource = point->resource = &resource;
	span->scope = record->scope = point->scope = &scope;
	add_span(&fields.rows, 1, 2, NEW_YEAR_NS, 1, "of no resource");
	assert_comes_back(&fields);
}

/* Equal content behind different pointers, and pointers that are shared: both are the receiver's right. */
static void keeps_many_resources_apart(void **state)
{
	struct fields fields = fields_of(state);
	struct resource resources[300];
	struct attribute names[300];
	char texts[300][16];

	for (int i = 0; i < 300; i++) {
		snprintf(texts[i], sizeof(texts[i]), "service-%d", i / 2);
		names[i] = text("service.name", texts[i]);
		resources[i] = (struct resource){.attributes = {&names[i], 1, 0}};
		add_span(&fields.rows, (uint64_t)i, (uint64_t)i, NEW_YEAR_NS, 1, "x")->resource =
			&resources[i];
		add_span(&fields.rows, (uint64_t)i, (uint64_t)i + 1000, NEW_YEAR_NS, 1, "y")->resource =
			&resources[i];
	}
	assert_comes_back(&fields);
}

static struct attributes every_type(struct arena *arena)
{
	struct attribute *items = arena_calloc(arena, 20, sizeof(*items));
	const struct value inner[] = {
		value_from_int(1), value_from_str(str_from("two")), {.type = VALUE_EMPTY}};
	const struct attribute pairs[] = {text("k", "v"), {str_from("list"), array_of(arena, inner, 3)}};
	uint32_t count = 0;

	items[count++] = text("string", "text");
	items[count++] = text("empty string", "");
	items[count++] = truth("true", true);
	items[count++] = truth("false", false);
	items[count++] = whole("zero", 0);
	items[count++] = whole("lowest", INT64_MIN);
	items[count++] = whole("highest", INT64_MAX);
	items[count++] = real("real", 0.1);
	items[count++] = real("nan", NAN);
	items[count++] = real("infinity", INFINITY);
	items[count++] = real("minus infinity", -INFINITY);
	items[count++] = real("minus zero", -0.0);
	items[count++] = (struct attribute){str_from("empty"), {.type = VALUE_EMPTY}};
	items[count++] =
		(struct attribute){str_from("bytes"), {.data = "\0\xff\n", .size = 3, .type = VALUE_BYTES}};
	items[count++] =
		(struct attribute){str_from("no bytes"), {.data = "", .size = 0, .type = VALUE_BYTES}};
	items[count++] = (struct attribute){str_from("array"), array_of(arena, inner, 3)};
	items[count++] = (struct attribute){str_from("empty array"), array_of(arena, inner, 0)};
	items[count++] = (struct attribute){str_from("map"), map_of(arena, pairs, 2)};
	items[count++] = (struct attribute){str_from("empty map"), map_of(arena, pairs, 0)};
	return (struct attributes){items, count, 0};
}

static void keeps_attributes_of_every_type(void **state)
{
	struct fields fields = fields_of(state);
	static const struct metric metric = {.name = {"m", 1}, .type = METRIC_SUM};
	struct attributes attributes = every_type(&fields.rows.arena);
	struct span *span = add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x");
	struct span_event event = {NEW_YEAR_NS, str_from("e"), attributes};
	struct span_link link = {.attributes = attributes};

	span->attributes = attributes;
	span->events = &event;
	span->event_count = 1;
	span->links = &link;
	span->link_count = 1;
	add_log(&fields.rows, NEW_YEAR_NS, "x")->attributes = attributes;
	add_point(&fields.rows, &metric, NEW_YEAR_NS, 1)->attributes = attributes;
	assert_comes_back(&fields);
}

/* A key whose values are of one type in most rows and of another in a few. */
static void keeps_a_key_whose_type_changes(void **state)
{
	struct fields fields = fields_of(state);
	struct attributes types = every_type(&fields.rows.arena);

	for (uint32_t i = 0; i < 400; i++) {
		struct attribute *item = arena_alloc(&fields.rows.arena, sizeof(*item));

		*item = i % 7 ? whole("key", i % 3)
			      : (struct attribute){str_from("key"), types.items[i % types.count].value};
		add_span(&fields.rows, i / 4, i, NEW_YEAR_NS + i, 1, "x")->attributes =
			(struct attributes){item, 1, 0};
	}
	assert_comes_back(&fields);
}

static void keeps_duplicate_keys_and_their_order(void **state)
{
	struct fields fields = fields_of(state);

	add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x")->attributes =
		ATTRIBUTES(text("b", "1"), text("a", "2"), whole("b", 3), text("a", "2"), text("b", "1"));
	add_span(&fields.rows, 1, 2, NEW_YEAR_NS, 1, "x")->attributes =
		ATTRIBUTES(text("a", "2"), text("b", "1"), text("a", "2"), text("b", "1"), whole("b", 3));
	add_span(&fields.rows, 1, 3, NEW_YEAR_NS, 1, "x")->attributes =
		ATTRIBUTES(text("", "empty key"), text("", ""));
	add_log(&fields.rows, NEW_YEAR_NS, "x")->attributes =
		ATTRIBUTES(text("b", "1"), text("b", "2"), text("a", ""));
	assert_comes_back(&fields);
}

static void keeps_a_thousand_attributes(void **state)
{
	struct fields fields = fields_of(state);
	struct arena *arena = &fields.rows.arena;
	struct attribute *items = arena_alloc(arena, 1000 * sizeof(*items));

	for (int i = 0; i < 1000; i++)
		items[i] = (struct attribute){arena_printf(arena, "key.%d", i), value_from_int(i * 7919)};
	add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x")->attributes = (struct attributes){items, 1000, 0};
	add_span(&fields.rows, 1, 2, NEW_YEAR_NS, 1, "x")->attributes =
		(struct attributes){items + 500, 500, 0};
	add_span(&fields.rows, 1, 3, NEW_YEAR_NS, 1, "without any");
	add_log(&fields.rows, NEW_YEAR_NS, "x")->attributes = (struct attributes){items, 1000, 0};
	assert_comes_back(&fields);
}

static void keeps_strings_of_a_megabyte(void **state)
{
	enum { SIZE = 1 << 20 };
	struct fields fields = fields_of(state);
	struct random random = {1};
	char *bytes = malloc(SIZE);
	struct span *span = add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "x");
	struct attribute item;

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)('a' + random_below(&random, 26));
	item = (struct attribute){str_from("long"), value_from_str(str_make(bytes, SIZE))};
	span->name = str_make(bytes, SIZE / 2);
	span->status_message = str_make(bytes + 1, SIZE - 1);
	span->attributes = (struct attributes){&item, 1, 0};
	add_log(&fields.rows, NEW_YEAR_NS, "")->body = item.value;
	add_span(&fields.rows, 2, 2, NEW_YEAR_NS, 1, "short");
	assert_comes_back(&fields);
	free(bytes);
}

static void keeps_text_of_any_script_and_none(void **state)
{
	struct fields fields = fields_of(state);
	struct span *span = add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "größe/日本語/🚀/\x01\x7f");

	span->attributes = ATTRIBUTES(text("ключ", "значение"), text("emoji", "👩‍👩‍👧"));
	add_span(&fields.rows, 1, 2, NEW_YEAR_NS, 1, "")->status_message = str_make("a\0b\0", 4);
	add_log(&fields.rows, NEW_YEAR_NS, "größe\nзначение\t🚀");
	assert_comes_back(&fields);
}

static void keeps_times_at_both_ends(void **state)
{
	static const uint64_t times[] = {0,
					 1,
					 NS_PER_SECOND - 1,
					 NEW_YEAR_NS,
					 (uint64_t)INT64_MAX,
					 (uint64_t)INT64_MAX + 1,
					 UINT64_MAX - 1,
					 UINT64_MAX};
	enum { TIME_COUNT = sizeof(times) / sizeof(times[0]) };
	static const struct metric metric = {.name = {"m", 1}, .type = METRIC_GAUGE};
	struct fields fields = fields_of(state);

	for (uint64_t i = 0; i < TIME_COUNT; i++) {
		for (uint64_t j = 0; j < TIME_COUNT; j++)
			add_span(&fields.rows, i % 3, i * 100 + j, times[i], 0, "x")->end_ns = times[j];
		if (times[i] == UINT64_MAX) /* no range contains it */
			continue;
		add_log(&fields.rows, times[i], "x")->observed_time_ns = times[TIME_COUNT - 1 - i];
		add_point(&fields.rows, &metric, times[i], 1)->start_ns = times[TIME_COUNT - 1 - i];
	}
	assert_comes_back(&fields);
}

static void keeps_a_span_that_ends_before_it_starts(void **state)
{
	struct fields fields = fields_of(state);

	add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 0, "x")->end_ns = NEW_YEAR_NS - 1;
	add_span(&fields.rows, 1, 2, NEW_YEAR_NS, 0, "x")->end_ns = 0;
	assert_comes_back(&fields);
}

static void keeps_events_in_their_order(void **state)
{
	struct fields fields = fields_of(state);
	struct attributes attributes = ATTRIBUTES(text("exception.type", "Error"), whole("i", 1));
	struct span_event events[50];

	for (uint64_t i = 0; i < 50; i++)
		events[i] = (struct span_event){NEW_YEAR_NS - i * 1000, str_from(i % 2 ? "exception" : ""),
						attributes};
	events[7].attributes.dropped_count = 4;
	events[8].time_ns = 0;
	events[9].time_ns = UINT64_MAX;
	for (uint64_t i = 0; i < 20; i++) {
		struct span *span = add_span(&fields.rows, i / 2, i, NEW_YEAR_NS - i, 1, "x");

		span->events = events + i;
		span->event_count = i % 4 ? (uint32_t)i : 0;
	}
	assert_comes_back(&fields);
}

static void keeps_links(void **state)
{
	struct fields fields = fields_of(state);
	struct attributes attributes = ATTRIBUTES(text("k", "v"));
	struct span_link links[30] = {0};

	for (uint64_t i = 0; i < 30; i++) {
		trace_id_of(i, links[i].trace_id);
		span_id_of(i, links[i].span_id);
		links[i].flags = i == 3 ? UINT32_MAX : 1;
		links[i].trace_state = str_from(i % 3 ? "a=b" : "");
		links[i].attributes = attributes;
	}
	memset(links[5].trace_id, 0, TRACE_ID_SIZE);
	for (uint64_t i = 0; i < 10; i++) {
		struct span *span = add_span(&fields.rows, i / 2, i, NEW_YEAR_NS - i, 1, "x");

		span->links = links + i;
		span->link_count = (uint32_t)(i * 2);
	}
	assert_comes_back(&fields);
}

static void keeps_spans_that_are_the_same_twice(void **state)
{
	struct fields fields = fields_of(state);

	for (int i = 0; i < 3; i++)
		add_span(&fields.rows, 1, 1, NEW_YEAR_NS, 1, "sent again");
	assert_comes_back(&fields);
}

static void keeps_every_field_of_a_log_record(void **state)
{
	struct fields fields = fields_of(state);
	struct log_record *record = add_log(&fields.rows, NEW_YEAR_NS + 5, "message");

	record->observed_time_ns = NEW_YEAR_NS + 7;
	trace_id_of(3, record->trace_id);
	span_id_of(4, record->span_id);
	record->severity_number = 21;
	record->severity_text = str_from("FATAL");
	record->event_name = str_from("user.created");
	record->handler = str_from("CreateUser");
	record->flags = 1;
	record->attributes = ATTRIBUTES(text("k", "v"));
	record->attributes.dropped_count = 2;
	assert_comes_back(&fields);
}

static void keeps_log_bodies_of_every_type(void **state)
{
	struct fields fields = fields_of(state);
	struct attributes types = every_type(&fields.rows.arena);

	for (uint32_t i = 0; i < 10 * types.count; i++)
		add_log(&fields.rows, NEW_YEAR_NS + i / 3, "")->body = types.items[i % types.count].value;
	assert_comes_back(&fields);
}

static void keeps_numbers_of_gauges_and_sums(void **state)
{
	static const struct metric kinds[] = {
		{.name = {"g", 1}, .type = METRIC_GAUGE},
		{.name = {"s", 1}, .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA, .monotonic = true},
		{.name = {"s", 1}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE},
	};
	static const double reals[] = {0.0, -0.0, 0.1, 1e308, 5e-324, INFINITY, -INFINITY, NAN};
	static const int64_t wholes[] = {0, -1, INT64_MIN, INT64_MAX, 1 << 30};
	struct fields fields = fields_of(state);
	uint64_t time_ns = NEW_YEAR_NS;

	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
			add_point(&fields.rows, &kinds[k], time_ns++, 0)->value =
				(struct number){.real = reals[i], .kind = NUMBER_DOUBLE};
		for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
			add_point(&fields.rows, &kinds[k], time_ns++, wholes[i]);
		add_point(&fields.rows, &kinds[k], time_ns++, 0)->value = (struct number){0};
		fields.rows.points[fields.rows.point_count - 1].flags = POINT_NO_RECORDED_VALUE;
	}
	assert_comes_back(&fields);
}

static void keeps_every_field_of_a_metric(void **state)
{
	struct fields fields = fields_of(state);
	struct metric metric = {.name = str_from("http.server.duration"),
				.description = str_from("How long it took"),
				.unit = str_from("ms"),
				.metadata = ATTRIBUTES(text("origin", "test"), whole("n", 1)),
				.type = METRIC_SUM,
				.temporality = TEMPORALITY_CUMULATIVE,
				.monotonic = true};
	struct metric same_name = metric;

	same_name.unit = str_from("s");
	same_name.monotonic = false;
	add_point(&fields.rows, &metric, NEW_YEAR_NS + 1, 3)->start_ns = NEW_YEAR_NS;
	add_point(&fields.rows, &same_name, NEW_YEAR_NS + 1, 4)->flags = UINT32_MAX;
	assert_comes_back(&fields);
}

static void keeps_histograms(void **state)
{
	static const struct metric metric = {
		.name = {"h", 1}, .type = METRIC_HISTOGRAM, .temporality = TEMPORALITY_DELTA};
	static const uint64_t counts[] = {1, 0, UINT64_MAX, 7};
	static const double bounds[] = {-1.5, 0, 1e300}, others[] = {1, 2, 3};
	struct fields fields = fields_of(state);

	for (uint64_t i = 0; i < 12; i++) {
		struct metric_point *point = add_point(&fields.rows, &metric, NEW_YEAR_NS + i, 0);

		point->value = (struct number){0};
		point->count = i == 5 ? UINT64_MAX : i;
		point->has = (uint8_t)(i % 8);
		point->sum = point->has & POINT_HAS_SUM ? NAN : 0;
		point->min = point->has & POINT_HAS_MIN ? -INFINITY : 0;
		point->max = point->has & POINT_HAS_MAX ? 1e308 : 0;
		if (i % 3)
			point->histogram = (struct histogram){counts, i % 2 ? bounds : others, 4, 3};
	}
	assert_comes_back(&fields);
}

static void keeps_exponential_histograms(void **state)
{
	static const struct metric metric = {.name = {"e", 1},
					     .type = METRIC_EXPONENTIAL_HISTOGRAM,
					     .temporality = TEMPORALITY_CUMULATIVE};
	static const uint64_t counts[] = {3, 0, 0, UINT64_MAX, 1};
	struct fields fields = fields_of(state);

	for (int32_t i = 0; i < 12; i++) {
		struct metric_point *point = add_point(&fields.rows, &metric, NEW_YEAR_NS + (uint64_t)i, 0);

		point->value = (struct number){0};
		point->count = 12;
		point->exponential = (struct exponential_histogram){
			.scale = i == 3 ? INT32_MIN : i - 5,
			.zero_count = (uint64_t)i * i,
			.zero_threshold = i % 2 ? 1e-9 : 0,
			.positive = {counts, (uint32_t)(i % 6), i == 4 ? INT32_MAX : -i},
			.negative = {counts, (uint32_t)(i % 3), i == 4 ? INT32_MIN : i},
		};
	}
	assert_comes_back(&fields);
}

static void keeps_summaries(void **state)
{
	static const struct metric metric = {.name = {"q", 1}, .type = METRIC_SUMMARY};
	static const struct quantile quantiles[] = {{0, -1}, {0.5, NAN}, {0.99, 12.5}, {1, INFINITY}};
	struct fields fields = fields_of(state);

	for (uint32_t i = 0; i < 5; i++) {
		struct metric_point *point = add_point(&fields.rows, &metric, NEW_YEAR_NS + i, 0);

		point->value = (struct number){0};
		point->count = i;
		point->has = POINT_HAS_SUM;
		point->sum = i * 0.1;
		point->summary = (struct summary){quantiles, i};
	}
	assert_comes_back(&fields);
}

static void keeps_exemplars(void **state)
{
	static const struct metric gauge = {.name = {"g", 1}, .type = METRIC_GAUGE};
	static const struct metric histogram = {.name = {"h", 1}, .type = METRIC_HISTOGRAM};
	struct fields fields = fields_of(state);
	struct exemplar exemplars[3] = {
		{.time_ns = NEW_YEAR_NS, .value = {.real = 0.5, .kind = NUMBER_DOUBLE}},
		{.time_ns = 0, .value = {.integer = INT64_MIN, .kind = NUMBER_INT}},
		{.time_ns = UINT64_MAX},
	};

	trace_id_of(4, exemplars[0].trace_id);
	span_id_of(5, exemplars[0].span_id);
	exemplars[0].attributes = ATTRIBUTES(text("filtered", "yes"), whole("n", 2));
	for (uint32_t i = 0; i < 8; i++) {
		struct metric_point *point =
			add_point(&fields.rows, i % 2 ? &gauge : &histogram, NEW_YEAR_NS + i, 0);

		point->exemplars = exemplars;
		point->exemplar_count = i % 4;
	}
	assert_comes_back(&fields);
}

static void keeps_twenty_thousand_rows_of_each_signal(void **state)
{
	static const struct metric metric = {.name = {"m", 1}, .type = METRIC_GAUGE};
	struct fields fields = fields_of(state);
	struct random random = {20000};

	add_random_spans(&fields.rows, &random, 20000);
	add_random_logs(&fields.rows, &random, 20000);
	for (uint64_t i = 0; i < 20000; i++) {
		struct attribute *item = arena_alloc(&fields.rows.arena, sizeof(*item));

		*item = whole("series", (int64_t)(i % 10));
		add_point(&fields.rows, &metric, NEW_YEAR_NS + i * 1000, (int64_t)(i * i))->attributes =
			(struct attributes){item, 1, 0};
	}
	assert_comes_back(&fields);
}

static void keeps_rows_of_many_days(void **state)
{
	struct fields fields = fields_of(state);

	for (uint64_t day = 0; day < 60; day++) {
		uint64_t time_ns = NEW_YEAR_NS + day * 86400 * NS_PER_SECOND;

		add_span(&fields.rows, day % 7, day, time_ns - 1, 2, "over midnight");
		add_span(&fields.rows, day % 7, day + 1000, time_ns, 0, "at midnight");
		add_log(&fields.rows, time_ns - 1, "before");
		add_log(&fields.rows, time_ns, "at");
	}
	assert_comes_back(&fields);
}

static void keeps_rows_at_random(void **state)
{
	struct fields fields = fields_of(state);
	struct random random = {4711};

	add_random_spans(&fields.rows, &random, 700);
	add_random_logs(&fields.rows, &random, 700);
	add_random_points(&fields.rows, &random, 700);
	assert_comes_back(&fields);
}

static void keeps_batches_that_are_appended_together(void **state)
{
	struct fixture *fixture = *state;
	struct batch batches[5], all;
	struct batch *pointers[5];
	struct random random = {5};

	batch_init(&all, 0);
	for (size_t i = 0; i < 5; i++) {
		batch_init(&batches[i], 0);
		pointers[i] = &batches[i];
		add_random_spans(&batches[i], &random, i * 10);
		add_random_logs(&batches[i], &random, (5 - i) * 7);
		add_random_points(&batches[i], &random, i == 2 ? 0 : 9);
		for (size_t j = 0; j < batches[i].span_count; j++)
			assert_non_null(batch_copy_span(&all, &batches[i].spans[j]));
		for (size_t j = 0; j < batches[i].log_count; j++)
			assert_non_null(batch_copy_log(&all, &batches[i].logs[j]));
		for (size_t j = 0; j < batches[i].point_count; j++)
			assert_non_null(batch_copy_point(&all, &batches[i].points[j]));
	}
	append_several(fixture, pointers, 5);
	/* What the store holds is its own: the batches may go. */
	for (size_t i = 0; i < 5; i++)
		batch_release(&batches[i]);
	assert_store_holds(fixture, &all);
	batch_release(&all);
}

static void takes_an_empty_batch(void **state)
{
	struct fields fields = fields_of(state);

	assert_comes_back(&fields);
}

static const struct CMUnitTest tests[] = {
	contract_test(keeps_every_field_of_a_span),
	contract_test(keeps_numbers_from_the_future),
	contract_test(keeps_resource_and_scope),
	contract_test(keeps_many_resources_apart),
	contract_test(keeps_attributes_of_every_type),
	contract_test(keeps_a_key_whose_type_changes),
	contract_test(keeps_duplicate_keys_and_their_order),
	contract_test(keeps_a_thousand_attributes),
	contract_test(keeps_strings_of_a_megabyte),
	contract_test(keeps_text_of_any_script_and_none),
	contract_test(keeps_times_at_both_ends),
	contract_test(keeps_a_span_that_ends_before_it_starts),
	contract_test(keeps_events_in_their_order),
	contract_test(keeps_links),
	contract_test(keeps_spans_that_are_the_same_twice),
	contract_test(keeps_every_field_of_a_log_record),
	contract_test(keeps_log_bodies_of_every_type),
	contract_test(keeps_numbers_of_gauges_and_sums),
	contract_test(keeps_every_field_of_a_metric),
	contract_test(keeps_histograms),
	contract_test(keeps_exponential_histograms),
	contract_test(keeps_summaries),
	contract_test(keeps_exemplars),
	contract_test(keeps_twenty_thousand_rows_of_each_signal),
	contract_test(keeps_rows_of_many_days),
	contract_test(keeps_rows_at_random),
	contract_test(keeps_batches_that_are_appended_together),
	contract_test(takes_an_empty_batch),
};
const struct test_list field_tests = TEST_LIST(tests);
