#include "processor/processor.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "counting.h"

/* A batch that holds, in all, 6 executions of three handlers and 5 events published. */
static void fill(struct batch *batch)
{
	static struct attribute sdk;
	static struct resource resource;
	struct attribute name = text("rohas.handler.name", "CreateUser"),
			 count = whole("messaging.batch.message_count", 4);
	struct attribute topic = text("messaging.destination.name", "user.created");

	sdk = text("telemetry.sdk.language", "nodejs");
	resource.attributes = (struct attributes){&sdk, 1, 0};
	for (int i = 0; i < 4; i++)
		add_span(batch, SPAN_SERVER, "x", WITH(name))->status_code =
			i == 0 ? SPAN_STATUS_ERROR : SPAN_STATUS_UNSET;
	add_span(batch, SPAN_CONSUMER, "SendMail", WITH(topic, count));
	add_span(batch, SPAN_INTERNAL, "Sweep", WITH(text("faas.trigger", "timer")));
	add_span(batch, SPAN_PRODUCER, "publish", WITH(topic));
	add_span(batch, SPAN_PRODUCER, "publish", WITH(topic, count));
	add_span(batch, SPAN_CLIENT, "SELECT", NULL);
	for (size_t i = 0; i < batch->span_count; i++) {
		batch->spans[i].resource = &resource;
		batch->spans[i].start_ns = 1000;
		batch->spans[i].end_ns = 1000 + (i + 1) * NS_PER_MS;
	}
}

static void counts_executions_and_events_exactly(void **state)
{
	struct processor *processor = new_processor(0);
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	fill(&batch);
	for (int i = 0; i < 100; i++)
		recognise_and_count(processor, &batch);
	collect(processor, &points);
#define API "handler_name=CreateUser,handler_type=api,language=typescript"
	assert_int_equal(count_of(&points, "handler.execution.count", API ",status=success"), 300);
	assert_int_equal(count_of(&points, "handler.execution.count", API ",status=error"), 100);
	assert_int_equal(count_of(&points, "handler.execution.success", API), 300);
	assert_int_equal(count_of(&points, "handler.execution.errors", API), 100);
	assert_int_equal(
		count_of(&points, "handler.execution.count",
			 "handler_name=SendMail,handler_type=event,language=typescript,status=success"),
		100);
	assert_int_equal(count_of(&points, "handler.execution.count",
				  "handler_name=Sweep,handler_type=cron,language=typescript,status=success"),
			 100);
	assert_int_equal(
		count_of(&points, "event.published.count", "event_name=user.created,language=typescript"),
		500);
	assert_int_equal(
		count_of(&points, "event.handled.count",
			 "event_name=user.created,handler_name=SendMail,language=typescript,status=success"),
		400);
	assert_int_equal(count_of(&points, "system.active.handlers", "host=host-1"), 3);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

static void measures_durations_in_milliseconds(void **state)
{
	struct processor *processor = new_processor(0);
	const struct metric_point *point;
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	fill(&batch);
	recognise_and_count(processor, &batch);
	now_ns = 5000;
	collect(processor, &points);
	point = find_point(&points, "handler.execution.duration", API ",status=success");
	assert_non_null(point);
	assert_int_equal(point->metric->type, METRIC_EXPONENTIAL_HISTOGRAM);
	assert_int_equal(point->metric->temporality, TEMPORALITY_DELTA);
	assert_str(point->metric->unit, "ms");
	assert_int_equal(point->count, 3);
	assert_true(point->sum == 2 + 3 + 4);
	assert_true(point->min == 2 && point->max == 4);
	assert_int_equal(point->time_ns, 5000);
	point = find_point(
		&points, "event.handled.duration",
		"event_name=user.created,handler_name=SendMail,language=typescript,status=success");
	assert_non_null(point);
	assert_int_equal(point->count, 1);
	assert_true(point->sum == 5);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
	now_ns = 1000;
}

/* Intervals join: one ends where the next begins, whether something was counted in it or not. */
static void gives_every_count_once_in_joining_intervals(void **state)
{
	const char *labels = API ",status=error";
	struct processor *processor = new_processor(0);
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	fill(&batch);
	recognise_and_count(processor, &batch);
	now_ns = 2000;
	collect(processor, &points);
	assert_int_equal(find_point(&points, "handler.execution.count", labels)->start_ns, 1000);
	now_ns = 3000;
	collect(processor, &points);
	assert_null(find_point(&points, "handler.execution.count", labels));
	assert_int_equal(count_of(&points, "system.active.handlers", "host=host-1"), 0);
	recognise_and_count(processor, &batch);
	now_ns = 4000;
	collect(processor, &points);
	assert_int_equal(count_of(&points, "handler.execution.count", labels), 1);
	assert_int_equal(find_point(&points, "handler.execution.count", labels)->start_ns, 3000);
	assert_int_equal(find_point(&points, "handler.execution.count", labels)->time_ns, 4000);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
	now_ns = 1000;
}

static void add_named(struct batch *batch, int number)
{
	struct attribute name = {str_from("rohas.handler.name"),
				 value_from_str(arena_printf(&batch->arena, "handler-%d", number))};

	add_span(batch, SPAN_SERVER, "x", WITH(name));
}

static void counts_what_is_past_the_ceiling_as_other(void **state)
{
	enum { LIMIT = 10, HANDLERS = 50 };
	struct processor *processor = new_processor(LIMIT);
	int64_t total = 0, series = 0;
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	for (int i = 0; i < HANDLERS; i++)
		add_named(&batch, i);
	recognise_and_count(processor, &batch);
	collect(processor, &points);
	for (size_t i = 0; i < points.point_count; i++)
		if (str_equal_c(points.points[i].metric->name, "handler.execution.count")) {
			total += points.points[i].value.integer;
			series++;
		}
	assert_int_equal(total, HANDLERS);
	assert_int_equal(series, LIMIT + 1);
	assert_int_equal(
		count_of(&points, "handler.execution.count",
			 "handler_name=__other__,handler_type=api,language=__other__,status=success"),
		HANDLERS - LIMIT);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

/* Names of yesterday must not keep those of today out for ever. */
static void makes_room_at_the_ceiling_for_new_handlers(void **state)
{
	struct processor *processor = new_processor(2);
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	add_named(&batch, 1);
	add_named(&batch, 2);
	recognise_and_count(processor, &batch);
	collect(processor, &points);
	collect(processor, &points); /* nothing was counted since */
	batch_clear(&batch);
	add_named(&batch, 3);
	recognise_and_count(processor, &batch);
	collect(processor, &points);
	assert_int_equal(count_of(&points, "handler.execution.count",
				  "handler_name=handler-3,handler_type=api,status=success"),
			 1);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

static void leaves_what_does_not_fit_for_the_next_time(void **state)
{
	enum { HANDLERS = 300 };
	struct processor *processor = new_processor(1000);
	struct batch batch, points;
	struct error error;
	int64_t total = 0;
	int calls = 0;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 64 * 1024);
	for (int i = 0; i < HANDLERS; i++)
		add_named(&batch, i);
	recognise_and_count(processor, &batch);
	for (; total < HANDLERS && calls < 100; calls++) {
		batch_clear(&points);
		assert_int_equal(processor_collect(processor, &points, &error), STATUS_OK);
		for (size_t i = 0; i < points.point_count; i++)
			if (str_equal_c(points.points[i].metric->name, "handler.execution.count"))
				total += points.points[i].value.integer;
	}
	assert_int_equal(total, HANDLERS);
	assert_true(calls > 1);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

static void says_when_nothing_at_all_fits(void **state)
{
	struct processor *processor = new_processor(0);
	struct batch points;
	struct error error;

	(void)state;
	batch_init(&points, 8);
	assert_int_equal(processor_collect(processor, &points, &error), STATUS_NO_MEMORY);
	assert_int_equal(points.point_count, 0);
	batch_release(&points);
	processor_free(processor);
}

static void does_not_count_receive_spans_and_what_still_runs(void **state)
{
	struct processor *processor = new_processor(0);
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	for (int i = 0; i < 3; i++)
		add_span(&batch, SPAN_CONSUMER, "x", NULL)->handler = (struct handler){
			.role = ROLE_EXECUTION, .type = HANDLER_EVENT, .name = str_from("x"), .messages = 1};
	batch.spans[0].handler.role = ROLE_RECEIVE;
	batch.spans[1].handler.outcome = OUTCOME_RUNNING;
	batch.spans[2].handler.outcome = OUTCOME_LOST;
	processor_count(processor, &batch);
	collect(processor, &points);
	assert_int_equal(count_of(&points, "system.active.handlers", "host=host-1"), 0);
	for (size_t i = 0; i < points.point_count; i++)
		assert_true(str_starts_with(points.points[i].metric->name, "system."));
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

static void reports_the_machine_and_this_process(void **state)
{
	struct processor *processor = new_processor(0);
	struct batch points;

	(void)state;
	batch_init(&points, 0);
	collect(processor, &points);
	assert_true(count_of(&points, "system.memory.usage", "host=host-1") > 0);
	assert_true(count_of(&points, "system.memory.usage", "host=host-1,process=rohas-telemetry") > 0);
	batch_release(&points);
	processor_free(processor);
}

struct counting {
	struct processor *processor;
	struct batch *batch;
	pthread_t thread;
};

static void *count_often(void *argument)
{
	struct counting *counting = argument;

	for (int i = 0; i < 500; i++)
		processor_count(counting->processor, counting->batch);
	return NULL;
}

static void counts_from_several_threads_while_it_is_collected(void **state)
{
	struct processor *processor = new_processor(0);
	struct counting threads[4];
	struct batch batch, points;
	struct error error;
	int64_t total = 0;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	fill(&batch);
	assert_int_equal(processor_recognise(processor, &batch, &error), STATUS_OK);
	for (size_t i = 0; i < 4; i++) {
		threads[i] = (struct counting){processor, &batch, 0};
		assert_int_equal(pthread_create(&threads[i].thread, NULL, count_often, &threads[i]), 0);
	}
	for (int i = 0; i < 50; i++) {
		collect(processor, &points);
		total += count_of(&points, "handler.execution.count", API ",status=success");
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i].thread, NULL);
	collect(processor, &points);
	total += count_of(&points, "handler.execution.count", API ",status=success");
	assert_int_equal(total, 4 * 500 * 3);
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

/* Ten minutes of two executions each arrive at once: each minute has its own, and the present has none. */
static void counts_what_arrives_late_in_the_minute_in_which_it_ended(void **state)
{
	const uint64_t minute_ns = 60 * UINT64_C(1000000000), began_ns = 1000 * minute_ns;
	struct processor *processor = new_processor(0);
	struct batch batch, points;
	uint64_t before_ns = now_ns;
	size_t found = 0;

	(void)state;
	now_ns = began_ns + 100 * minute_ns;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	for (size_t i = 0; i < 20; i++) {
		struct span *span = batch_add_span(&batch);

		span->start_ns = began_ns + i * minute_ns / 2;
		span->end_ns = span->start_ns + 1;
		span->handler = (struct handler){
			.role = ROLE_EXECUTION, .type = HANDLER_API, .name = str_from("CreateUser")};
	}
	processor_count(processor, &batch);
	collect(processor, &points);
	for (size_t i = 0; i < points.point_count; i++) {
		const struct metric_point *point = &points.points[i];

		if (!str_equal_c(point->metric->name, "handler.execution.count"))
			continue;
		assert_int_equal(point->value.integer, 2);
		assert_int_equal(point->time_ns - point->start_ns, minute_ns);
		assert_in_range(point->start_ns, began_ns, began_ns + 9 * minute_ns);
		found++;
	}
	assert_int_equal(found, 10);
	collect(processor, &points);
	assert_int_equal(count_of(&points, "handler.execution.count",
				  "handler_name=CreateUser,handler_type=api,status=success"),
			 0);
	now_ns = before_ns;
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

/* One a series and interval: the slowest. */
static void names_the_slowest_execution_of_an_interval(void **state)
{
	struct processor *processor = new_processor(0);
	const struct metric_point *point;
	struct batch batch, points;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	fill(&batch);
	recognise_and_count(processor, &batch);
	for (int interval = 0; interval < 2; interval++) {
		collect(processor, &points);
		point = find_point(&points, "handler.execution.duration", API ",status=success");
		assert_non_null(point);
		assert_int_equal(point->exemplar_count, 1);
		assert_true(number_as_double(point->exemplars[0].value) == (interval ? 2 : 4));
		assert_memory_equal(point->exemplars[0].span_id, batch.spans[interval ? 1 : 3].span_id,
				    SPAN_ID_SIZE);
		assert_int_equal(point->exemplars[0].time_ns, batch.spans[interval ? 1 : 3].end_ns);
		batch.span_count = 2; /* what is slower does not come again */
		processor_count(processor, &batch);
	}
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

/* Each at its own time, however often they are collected. */
static void gives_every_run_of_a_job_a_point_of_its_own(void **state)
{
	struct processor *processor = new_processor(0);
	struct batch batch, points;
	size_t found = 0;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&points, 0);
	for (uint64_t i = 0; i < 100; i++) {
		struct span *span = add_span(
			&batch, SPAN_INTERNAL, "sweep",
			WITH(text("faas.cron", "* * * * *"), text("rohas.handler.language", "rust")));

		span->start_ns = (i + 1) * 1000;
		span->end_ns = span->start_ns + i * NS_PER_MS;
		span->status_code = i % 2 ? SPAN_STATUS_ERROR : SPAN_STATUS_UNSET;
	}
	recognise_and_count(processor, &batch);
	collect(processor, &points);
	for (size_t i = 0; i < points.point_count; i++) {
		const struct metric_point *point = &points.points[i];

		if (!str_equal_c(point->metric->name, "cron.run.duration"))
			continue;
		assert_int_equal(point->metric->type, METRIC_GAUGE);
		assert_int_equal(point->time_ns, (found + 1) * 1000);
		assert_true(point->value.real == (double)found);
		assert_true(str_equal_c(
			labels_of(&points, point),
			found % 2 ? "handler_name=sweep,status=error,schedule=* * * * *,language=rust"
				  : "handler_name=sweep,status=success,schedule=* * * * *,language=rust"));
		found++;
	}
	assert_int_equal(found, 100);
	collect(processor, &points);
	assert_null(find_point(&points, "cron.run.duration",
			       "handler_name=sweep,status=success,schedule=* * * * *,language=rust"));
	batch_release(&batch);
	batch_release(&points);
	processor_free(processor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_executions_and_events_exactly),
		cmocka_unit_test(measures_durations_in_milliseconds),
		cmocka_unit_test(gives_every_count_once_in_joining_intervals),
		cmocka_unit_test(counts_what_is_past_the_ceiling_as_other),
		cmocka_unit_test(makes_room_at_the_ceiling_for_new_handlers),
		cmocka_unit_test(leaves_what_does_not_fit_for_the_next_time),
		cmocka_unit_test(says_when_nothing_at_all_fits),
		cmocka_unit_test(does_not_count_receive_spans_and_what_still_runs),
		cmocka_unit_test(counts_what_arrives_late_in_the_minute_in_which_it_ended),
		cmocka_unit_test(names_the_slowest_execution_of_an_interval),
		cmocka_unit_test(gives_every_run_of_a_job_a_point_of_its_own),
		cmocka_unit_test(reports_the_machine_and_this_process),
		cmocka_unit_test(counts_from_several_threads_while_it_is_collected),
	};

	log_set_level(LOG_ERROR);
	return test_run("processor/processor", tests);
}
