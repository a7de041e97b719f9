#include "counting.h"

#define SECOND UINT64_C(1000000000)

enum kind_of_span { HANDLER, FAILED_HANDLER, INNER, PUBLISHES, THROWS };

/* The trace: a handler, an inner span below it, and below that one that publishes or throws. */
struct planned {
	enum kind_of_span kind;
	uint8_t number, parent;
};

static void put(struct batch *batch, const struct planned *planned)
{
	static const struct attribute exception[] = {
		{{"exception.type", 14}, {.data = "TypeError", .size = 9, .type = VALUE_STRING}}};
	static const struct span_event event = {.name = {"exception", 9}, .attributes = {exception, 1, 0}};
	bool is_handler = planned->kind == HANDLER || planned->kind == FAILED_HANDLER;
	struct span *span =
		is_handler ? add_span(batch, SPAN_SERVER, "x", WITH(text("rohas.handler.name", "PlaceOrder")))
		: planned->kind == PUBLISHES ? add_span(batch, SPAN_PRODUCER, "x",
							WITH(text("messaging.destination.name", "placed")))
					     : add_span(batch, SPAN_INTERNAL, "x", NULL);

	span->span_id[0] = planned->number;
	span->parent_span_id[0] = planned->parent;
	span->start_ns = span->end_ns = now_ns;
	if (planned->kind == FAILED_HANDLER)
		span->status_code = SPAN_STATUS_ERROR;
	if (planned->kind == THROWS) {
		span->events = &event;
		span->event_count = 1;
	}
}

/* Counts the spans in that order; each cut of the order into requests gives what is wanted. */
static void play(const struct planned *plan, size_t count, struct processor *processor, size_t first_request)
{
	struct batch batch;

	batch_init(&batch, 0);
	for (size_t i = 0; i < count; i++) {
		put(&batch, &plan[i]);
		if (i + 1 != first_request && i + 1 != count)
			continue;
		recognise_and_count(processor, &batch);
		batch_clear(&batch);
	}
	batch_release(&batch);
}

static int64_t sum_of(const struct batch *points, const char *name)
{
	int64_t sum = 0;

	for (size_t i = 0; i < points->point_count; i++)
		if (str_equal_c(points->points[i].metric->name, name))
			sum += points->points[i].value.integer;
	return sum;
}

static void finds_the_handler_that_published_across_requests(void **state)
{
	static const struct planned plan[] = {
		{PUBLISHES, 3, 2}, {PUBLISHES, 4, 2}, {INNER, 2, 1}, {HANDLER, 1, 9}};

	(void)state;
	for (size_t first = 1; first <= 4; first++) {
		struct processor *processor = new_processor(0);
		struct batch points;

		batch_init(&points, 0);
		play(plan, 4, processor, first);
		collect(processor, &points);
		assert_int_equal(count_of(&points, "event.publisher.count",
					  "event_name=placed,handler_name=PlaceOrder"),
				 2);
		assert_int_equal(sum_of(&points, "event.publisher.count"), 2);
		batch_release(&points);
		processor_free(processor);
	}
}

static void finds_the_handler_in_any_order_within_a_request(void **state)
{
	static const struct planned plan[] = {
		{HANDLER, 1, 0}, {INNER, 2, 1}, {INNER, 5, 2}, {PUBLISHES, 3, 5}};
	struct processor *processor = new_processor(0);
	struct batch points;

	(void)state;
	batch_init(&points, 0);
	play(plan, 4, processor, 4);
	collect(processor, &points);
	assert_int_equal(
		count_of(&points, "event.publisher.count", "event_name=placed,handler_name=PlaceOrder"), 1);
	batch_release(&points);
	processor_free(processor);
}

/* What sampling keeps out of the store is still somebody's ancestor. */
static void looks_through_spans_that_are_not_stored(void **state)
{
	static const struct planned plan[] = {{PUBLISHES, 3, 2}, {THROWS, 2, 1}, {FAILED_HANDLER, 1, 0}};
	struct processor *processor = new_processor(0);
	struct batch batch, points;
	struct error error;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	for (size_t i = 0; i < 3; i++)
		put(&batch, &plan[i]);
	assert_int_equal(processor_recognise(processor, &batch, &error), STATUS_OK);
	batch.span_count = 1;
	batch.unsampled_count = 2;
	processor_count(processor, &batch);
	collect(processor, &points);
	assert_int_equal(
		count_of(&points, "event.publisher.count", "event_name=placed,handler_name=PlaceOrder"), 1);
	assert_int_equal(sum_of(&points, "error.count"), 1);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

static void counts_an_event_of_nobody_after_half_a_minute(void **state)
{
	static const struct planned plan[] = {{PUBLISHES, 3, 2}, {PUBLISHES, 4, 0}};
	struct processor *processor = new_processor(0);
	struct batch points;

	(void)state;
	batch_init(&points, 0);
	play(plan, 2, processor, 2);
	collect(processor, &points);
	assert_int_equal(count_of(&points, "event.publisher.count", "event_name=placed"), 1);
	now_ns += 30 * SECOND;
	collect(processor, &points);
	assert_int_equal(count_of(&points, "event.publisher.count", "event_name=placed"), 1);
	batch_release(&points);
	processor_free(processor);
	now_ns = 1000;
}

static void ends_where_parents_form_a_ring(void **state)
{
	static const struct planned plan[] = {{PUBLISHES, 3, 2}, {INNER, 2, 1}, {INNER, 1, 2}};
	struct processor *processor = new_processor(0);
	struct batch points;

	(void)state;
	batch_init(&points, 0);
	play(plan, 3, processor, 3);
	processor_settle(processor);
	collect(processor, &points);
	assert_int_equal(count_of(&points, "event.publisher.count", "event_name=placed"), 1);
	batch_release(&points);
	processor_free(processor);
}

static void counts_very_many_events_of_one_handler(void **state)
{
	enum { EVENTS = 5000 };
	const struct planned publishes = {PUBLISHES, 3, 1}, handler = {HANDLER, 1, 0};
	struct processor *processor = new_processor(0);
	struct batch points;

	(void)state;
	batch_init(&points, 0);
	for (int i = 0; i < EVENTS; i++)
		play(&publishes, 1, processor, 1);
	play(&handler, 1, processor, 1);
	collect(processor, &points);
	assert_int_equal(
		count_of(&points, "event.publisher.count", "event_name=placed,handler_name=PlaceOrder"),
		EVENTS);
	batch_release(&points);
	processor_free(processor);
}

/* The exception that an inner span recorded is the failure of the handler: one error, not two. */
static void counts_one_error_for_a_handler_that_failed(void **state)
{
	static const struct planned plans[][4] = {
		{{THROWS, 3, 2}, {THROWS, 2, 1}, {INNER, 7, 1}, {FAILED_HANDLER, 1, 0}},
		{{INNER, 3, 2}, {INNER, 2, 1}, {INNER, 7, 1}, {FAILED_HANDLER, 1, 0}},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t first = 1; first <= 4; first++) {
			struct processor *processor = new_processor(0);
			const struct metric_point *point = NULL;
			struct batch points;

			batch_init(&points, 0);
			play(plans[i], 4, processor, first);
			collect(processor, &points);
			assert_int_equal(sum_of(&points, "error.count"), 1);
			for (size_t j = 0; j < points.point_count; j++)
				if (str_equal_c(points.points[j].metric->name, "error.count"))
					point = &points.points[j];
			assert_true(str_equal_c(attributes_find_str(&point->attributes, "handler_name"),
						"PlaceOrder"));
			assert_true(str_equal_c(attributes_find_str(&point->attributes, "exception_type"),
						i == 0 ? "TypeError" : ""));
			assert_int_equal(attributes_find_str(&point->attributes, "error_group").size, 16);
			assert_int_equal(point->exemplar_count, 1);
			batch_release(&points);
			processor_free(processor);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_handler_that_published_across_requests),
		cmocka_unit_test(finds_the_handler_in_any_order_within_a_request),
		cmocka_unit_test(looks_through_spans_that_are_not_stored),
		cmocka_unit_test(counts_an_event_of_nobody_after_half_a_minute),
		cmocka_unit_test(ends_where_parents_form_a_ring),
		cmocka_unit_test(counts_very_many_events_of_one_handler),
		cmocka_unit_test(counts_one_error_for_a_handler_that_failed),
	};

	return test_run("processor/ancestors", tests);
}
