#include "model/batch.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static void adds_rows_that_are_empty_but_have_an_origin(void **state)
{
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (int i = 0; i < 1000; i++) {
		struct span *span = batch_add_span(&batch);
		struct log_record *record = batch_add_log(&batch);
		struct metric_point *point = batch_add_point(&batch);

		assert_ptr_equal(span->resource, &resource_empty);
		assert_ptr_equal(span->scope, &scope_empty);
		assert_int_equal(span->start_ns, 0);
		assert_ptr_equal(record->resource, &resource_empty);
		assert_int_equal(record->body.type, VALUE_EMPTY);
		assert_non_null(point->metric);
		assert_int_equal(point->metric->name.size, 0);
		span->start_ns = record->time_ns = point->time_ns = (uint64_t)i + 1;
	}
	assert_int_equal(batch_row_count(&batch), 3000);
	for (uint64_t i = 0; i < 1000; i++) {
		assert_int_equal(batch.spans[i].start_ns, i + 1);
		assert_int_equal(batch.logs[i].time_ns, i + 1);
		assert_int_equal(batch.points[i].time_ns, i + 1);
	}
	batch_release(&batch);
}

static void is_empty_and_usable_after_clear(void **state)
{
	struct buffer body = BUFFER_EMPTY;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	buffer_append_c(&body, "body");
	batch_own(&batch, &body);
	batch_add_span(&batch)->start_ns = 7;
	batch_add_log(&batch);
	batch_add_point(&batch);
	batch_clear(&batch);
	assert_int_equal(batch_row_count(&batch), 0);
	assert_null(batch.bodies[0].data);
	assert_int_equal(batch_add_span(&batch)->start_ns, 0);
	batch_release(&batch);
	assert_int_equal(batch_row_count(&batch), 0);
}

static void owns_two_bodies(void **state)
{
	struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;
	const char *first_bytes, *second_bytes;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	buffer_append_c(&first, "compressed");
	buffer_append_c(&second, "plain");
	first_bytes = first.data;
	second_bytes = second.data;
	batch_own(&batch, &first);
	batch_own(&batch, &second);
	assert_null(first.data);
	assert_int_equal(second.size, 0);
	assert_ptr_equal(batch.bodies[0].data, first_bytes);
	assert_ptr_equal(batch.bodies[1].data, second_bytes);
	batch_release(&batch);
}

static void fill_span(struct span *span, char *text, struct attribute *item, struct span_event *event,
		      struct span_link *link)
{
	*item = (struct attribute){str_from(text), value_from_str(str_from(text))};
	*event = (struct span_event){.time_ns = 5, .name = str_from(text), .attributes = {item, 1, 2}};
	*link = (struct span_link){.flags = 3, .trace_state = str_from(text), .attributes = {item, 1, 0}};
	*span = (struct span){.start_ns = 1,
			      .end_ns = 2,
			      .name = str_from(text),
			      .trace_state = str_from(text),
			      .status_message = str_from(text),
			      .attributes = {item, 1, 4},
			      .events = event,
			      .event_count = 1,
			      .links = link,
			      .link_count = 1,
			      .handler = {.role = 1, .name = str_from(text), .event = str_from(text)}};
	memset(span->trace_id, 0xab, TRACE_ID_SIZE);
}

static void a_copied_span_stands_alone(void **state)
{
	char text[] = "text";
	struct resource resource = {.schema_url = str_from(text)};
	struct scope scope = {.name = str_from(text)};
	struct attribute item;
	struct span_event event;
	struct span_link link;
	struct span span, *copy;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	fill_span(&span, text, &item, &event, &link);
	span.resource = &resource;
	span.scope = &scope;
	copy = batch_copy_span(&batch, &span);
	memset(text, 'x', 4);
	item = (struct attribute){0};
	event = (struct span_event){0};
	link = (struct span_link){0};
	assert_str(copy->name, "text");
	assert_str(copy->trace_state, "text");
	assert_str(copy->status_message, "text");
	assert_str(copy->handler.name, "text");
	assert_str(copy->handler.event, "text");
	assert_str(copy->attributes.items[0].key, "text");
	assert_str(value_str(&copy->attributes.items[0].value), "text");
	assert_int_equal(copy->attributes.dropped_count, 4);
	assert_int_equal(copy->events[0].time_ns, 5);
	assert_str(copy->events[0].name, "text");
	assert_int_equal(copy->events[0].attributes.dropped_count, 2);
	assert_int_equal(copy->links[0].flags, 3);
	assert_str(copy->links[0].trace_state, "text");
	assert_str(copy->links[0].attributes.items[0].key, "text");
	assert_str(copy->resource->schema_url, "text");
	assert_str(copy->scope->name, "text");
	assert_int_equal(copy->trace_id[15], 0xab);
	batch_release(&batch);
}

static void a_copied_log_record_stands_alone(void **state)
{
	char text[] = "text";
	struct attribute item = {str_from(text), value_from_int(3)};
	struct log_record record = {.body = value_from_str(str_from(text)),
				    .severity_text = str_from(text),
				    .event_name = str_from(text),
				    .handler = str_from(text),
				    .attributes = {&item, 1, 0},
				    .resource = &resource_empty,
				    .scope = &scope_empty,
				    .severity_number = 9};
	struct log_record *copy;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	copy = batch_copy_log(&batch, &record);
	memset(text, 'x', 4);
	item.value = value_from_int(4);
	assert_str(value_str(&copy->body), "text");
	assert_str(copy->severity_text, "text");
	assert_str(copy->event_name, "text");
	assert_str(copy->handler, "text");
	assert_str(copy->attributes.items[0].key, "text");
	assert_int_equal(copy->attributes.items[0].value.integer, 3);
	assert_int_equal(copy->severity_number, 9);
	batch_release(&batch);
}

static void copied_points_stand_alone(void **state)
{
	uint64_t counts[] = {1, 2, 3};
	double bounds[] = {0.5, 1.5};
	struct quantile quantiles[] = {{0.5, 7}};
	struct exemplar exemplar = {.value = {.integer = 5, .kind = NUMBER_INT}};
	struct metric metric = {.name = str_from("m"), .unit = str_from("s")};
	struct metric_point point = {.metric = &metric,
				     .resource = &resource_empty,
				     .scope = &scope_empty,
				     .exemplars = &exemplar,
				     .exemplar_count = 1};
	const struct metric_point *copies[3];
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	metric.type = METRIC_HISTOGRAM;
	point.histogram = (struct histogram){counts, bounds, 3, 2};
	batch_copy_point(&batch, &point);
	metric.type = METRIC_EXPONENTIAL_HISTOGRAM;
	point.exponential =
		(struct exponential_histogram){.positive = {counts, 3, -1}, .negative = {counts, 1, 4}};
	batch_copy_point(&batch, &point);
	metric.type = METRIC_SUMMARY;
	point.summary = (struct summary){quantiles, 1};
	batch_copy_point(&batch, &point);
	memset(counts, 0xff, sizeof(counts));
	memset(bounds, 0, sizeof(bounds));
	quantiles[0].value = 0;
	exemplar.value.integer = 0;
	for (size_t i = 0; i < 3; i++)
		copies[i] = &batch.points[i];
	assert_int_equal(copies[0]->metric->type, METRIC_HISTOGRAM);
	assert_int_equal(copies[0]->histogram.counts[2], 3);
	assert_true(copies[0]->histogram.bounds[1] == 1.5);
	assert_int_equal(copies[1]->exponential.positive.counts[1], 2);
	assert_int_equal(copies[1]->exponential.negative.offset, 4);
	assert_true(copies[2]->summary.quantiles[0].value == 7);
	assert_int_equal(copies[2]->exemplars[0].value.integer, 5);
	assert_str(copies[2]->metric->unit, "s");
	batch_release(&batch);
}

static void a_copy_that_does_not_fit_adds_no_row(void **state)
{
	static char long_text[8000];
	struct span span = {.name = str_make(long_text, sizeof(long_text)),
			    .resource = &resource_empty,
			    .scope = &scope_empty};
	struct log_record record = {
		.body = value_from_str(span.name), .resource = &resource_empty, .scope = &scope_empty};
	struct metric metric = {.name = span.name};
	struct metric_point point = {.metric = &metric, .resource = &resource_empty, .scope = &scope_empty};
	struct batch batch;

	(void)state;
	batch_init(&batch, 4096);
	assert_null(batch_copy_span(&batch, &span));
	assert_null(batch_copy_log(&batch, &record));
	assert_null(batch_copy_point(&batch, &point));
	assert_int_equal(batch_row_count(&batch), 0);
	span.name = str_from("short");
	assert_non_null(batch_copy_span(&batch, &span));
	batch_release(&batch);
}

static void points_that_are_copied_together_share_what_they_shared(void **state)
{
	struct metric metric = {.name = str_from("load")};
	struct attribute host = {str_from("host"), value_from_str(str_from("a"))};
	struct resource resource = {.schema_url = str_from("url")};
	struct metric_point points[3] = {{.metric = &metric,
					  .resource = &resource,
					  .scope = &scope_empty,
					  .attributes = {&host, 1, 0}}};
	struct batch batch;

	(void)state;
	points[1] = points[0];
	points[1].time_ns = 7;
	points[2] = points[0];
	points[2].attributes = (struct attributes){0};
	batch_init(&batch, 0);
	assert_true(batch_copy_points(&batch, points, 3));
	assert_int_equal(batch.point_count, 3);
	assert_int_equal(batch.points[1].time_ns, 7);
	assert_true(batch.points[0].metric != &metric && batch.points[0].resource != &resource);
	assert_str(batch.points[0].metric->name, "load");
	assert_str(batch.points[0].resource->schema_url, "url");
	assert_ptr_equal(batch.points[1].attributes.items, batch.points[0].attributes.items);
	for (int i = 1; i < 3; i++) {
		assert_ptr_equal(batch.points[i].metric, batch.points[0].metric);
		assert_ptr_equal(batch.points[i].resource, batch.points[0].resource);
		assert_ptr_equal(batch.points[i].scope, batch.points[0].scope);
	}
	assert_true(batch.points[0].attributes.items != &host);
	assert_str(batch.points[1].attributes.items[0].key, "host");
	assert_int_equal(batch.points[2].attributes.count, 0);
	batch_release(&batch);
}

static void names_signals(void **state)
{
	(void)state;
	assert_string_equal(signal_name(SIGNAL_TRACES), "traces");
	assert_string_equal(signal_name(SIGNAL_METRICS), "metrics");
	assert_string_equal(signal_name(SIGNAL_LOGS), "logs");
	assert_string_equal(signal_name((enum signal)9), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_rows_that_are_empty_but_have_an_origin),
		cmocka_unit_test(is_empty_and_usable_after_clear),
		cmocka_unit_test(owns_two_bodies),
		cmocka_unit_test(a_copied_span_stands_alone),
		cmocka_unit_test(a_copied_log_record_stands_alone),
		cmocka_unit_test(copied_points_stand_alone),
		cmocka_unit_test(a_copy_that_does_not_fit_adds_no_row),
		cmocka_unit_test(points_that_are_copied_together_share_what_they_shared),
		cmocka_unit_test(names_signals),
	};

	return test_run("model/batch", tests);
}
