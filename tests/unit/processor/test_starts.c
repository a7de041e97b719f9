#include "processor/starts.h"

#include "processor/processor.h"
#include "spans.h"

static const struct clock *const system_clock = &clock_system;

static struct log_record *add_start(struct batch *batch, const struct attribute *attributes, uint32_t count)
{
	struct log_record *record = batch_add_log(batch);

	record->event_name = str_from("rohas.span.start");
	record->time_ns = 5;
	record->trace_id[0] = 1;
	record->span_id[0] = 2;
	record->body = value_from_str(str_from("the body"));
	record->attributes = (struct attributes){attributes, count, 0};
	return record;
}

static void a_record_of_the_event_name_stands_for_a_span(void **state)
{
	const struct attribute attributes[] = {text("rohas.span.name", "nightly"),
					       text("rohas.span.kind", "server"),
					       text("rohas.span.parent_id", "00000000000000ff")};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_start(&batch, attributes, 3);
	batch_add_log(&batch)->event_name = str_from("device.app.lifecycle");
	assert_true(starts_take(&batch));
	assert_int_equal(batch.start_count, 1);
	assert_true(str_equal_c(batch.starts[0].name, "nightly"));
	assert_int_equal(batch.starts[0].kind, SPAN_SERVER);
	assert_int_equal(batch.starts[0].parent_span_id[7], 0xff);
	assert_int_equal(batch.starts[0].start_ns, 5);
	assert_int_equal(batch.starts[0].trace_id[0], 1);
	assert_int_equal(batch.starts[0].span_id[0], 2);
	assert_int_equal(batch.log_count, 2);
	batch_release(&batch);
}

static void what_is_missing_or_wrong_is_left_open(void **state)
{
	const struct attribute attributes[] = {text("rohas.span.kind", "odd"),
					       text("rohas.span.parent_id", "xyz")};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_start(&batch, attributes, 2);
	memset(add_start(&batch, NULL, 0)->span_id, 0, SPAN_ID_SIZE);
	assert_true(starts_take(&batch));
	assert_int_equal(batch.start_count, 1);
	assert_true(str_equal_c(batch.starts[0].name, "the body"));
	assert_int_equal(batch.starts[0].kind, SPAN_UNSPECIFIED);
	assert_true(span_is_root(&batch.starts[0]));
	batch_release(&batch);
}

static void is_recognised_as_its_span_will_be_and_runs(void **state)
{
	const struct attribute attributes[] = {text("rohas.handler.type", "cron"),
					       text("rohas.handler.name", "Clean")};
	const struct processor_options options = {.clock = system_clock, .host = "here"};
	struct processor *processor;
	struct batch batch;
	struct error error;

	(void)state;
	assert_int_equal(processor_new(&options, &processor, &error), STATUS_OK);
	batch_init(&batch, 0);
	add_start(&batch, attributes, 2);
	assert_int_equal(processor_recognise(processor, &batch, &error), STATUS_OK);
	assert_int_equal(batch.starts[0].handler.role, ROLE_EXECUTION);
	assert_int_equal(batch.starts[0].handler.type, HANDLER_CRON);
	assert_int_equal(batch.starts[0].handler.outcome, OUTCOME_RUNNING);
	assert_true(str_equal_c(batch.starts[0].handler.name, "Clean"));
	batch_release(&batch);
	processor_free(processor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_of_the_event_name_stands_for_a_span),
		cmocka_unit_test(what_is_missing_or_wrong_is_left_open),
		cmocka_unit_test(is_recognised_as_its_span_will_be_and_runs),
	};

	return test_run("processor/starts", tests);
}
