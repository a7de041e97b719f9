#include "app/ticker.h"

#include <string.h>

#include "storage/memory/memory_store.h"
#include "test.h"

static struct processor *processor_with_an_execution(void)
{
	struct processor_options options = {.clock = &clock_system, .host = "here"};
	struct processor *processor;
	struct batch batch;
	struct span *span;

	assert_int_equal(processor_new(&options, &processor, NULL), STATUS_OK);
	batch_init(&batch, 0);
	span = batch_add_span(&batch);
	span->kind = SPAN_SERVER;
	span->name = str_from("GET /things");
	span->start_ns = 1000;
	span->end_ns = 2000;
	assert_int_equal(processor_recognise(processor, &batch, NULL), STATUS_OK);
	processor_count(processor, &batch);
	batch_release(&batch);
	return processor;
}

static double executions_in(struct store *store)
{
	struct point_filter filter = {.metric = str_from("handler.execution.count"), .range = TIME_RANGE_ALL};
	struct batch batch;
	double sum = 0;

	batch_init(&batch, 0);
	assert_int_equal(store_read_points(store, &filter, &batch, NULL), STATUS_OK);
	for (size_t i = 0; i < batch.point_count; i++)
		sum += number_as_double(batch.points[i].value);
	batch_release(&batch);
	return sum;
}

static void flush_writes_what_was_counted_since_the_last_tick(void **state)
{
	struct store *store = memory_store_open();
	struct processor *processor = processor_with_an_execution();
	struct commit_queue *queue;
	struct ticker *ticker;

	(void)state;
	assert_int_equal(commit_queue_new(store, 1 << 20, &queue, NULL), STATUS_OK);
	assert_int_equal(ticker_new(processor, queue, &ticker, NULL), STATUS_OK);
	assert_true(executions_in(store) == 0);
	ticker_stop(ticker);
	commit_queue_drain(queue);
	ticker_flush(ticker, store);
	assert_true(executions_in(store) == 1);
	commit_queue_stop(queue);
	processor_free(processor);
	store_close(store);
}

static void stops_without_waiting_for_the_next_tick(void **state)
{
	struct store *store = memory_store_open();
	struct processor *processor = processor_with_an_execution();
	struct commit_queue *queue;
	struct ticker *ticker;

	(void)state;
	assert_int_equal(commit_queue_new(store, 1 << 20, &queue, NULL), STATUS_OK);
	for (int round = 0; round < 100; round++) {
		assert_int_equal(ticker_new(processor, queue, &ticker, NULL), STATUS_OK);
		ticker_flush(ticker, NULL);
	}
	commit_queue_stop(queue);
	processor_free(processor);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flush_writes_what_was_counted_since_the_last_tick),
		cmocka_unit_test(stops_without_waiting_for_the_next_tick),
	};

	return test_run("app/ticker", tests);
}
