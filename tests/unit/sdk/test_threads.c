/*
 * Built with ThreadSanitizer, the library's own code with it: many threads record, hand executions to each other, read
 * figures and end, while the library is flushed, and closed under them.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "shelf.h"
#include "test.h"

/* The receiver's side is Debian's library, which is not built with the sanitizer: it sees half of what that one does. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);

const char *__tsan_default_suppressions(void)
{
	return "race:libmicrohttpd.so\nmutex:libmicrohttpd.so\n";
}

enum { THREADS = 8, EXECUTIONS = 300, PATIENCE_MS = 60000 };

static struct rohas_metric counter, histogram, gauge;
static _Atomic bool is_over;

static void *finish_elsewhere(void *context)
{
	struct rohas_span *span = context;

	rohas_tag_int(*span, "elsewhere", 1);
	rohas_log_in(*span, ROHAS_INFO, "handed over", NULL, 0);
	rohas_handler_end(*span);
	return NULL;
}

static void hand_over(void)
{
	struct rohas_begin begin = {.is_apart = true};
	struct rohas_span span = rohas_handler_begin(ROHAS_EVENT, "handed over", &begin);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, finish_elsewhere, &span), 0);
	pthread_join(thread, NULL);
}

static void execute(int i)
{
	struct rohas_span span = rohas_handler_begin(ROHAS_API, "execute", NULL), inner;
	struct rohas_context message;
	struct rohas_carrier from;
	struct rohas_begin begin = {.from = &from, .from_count = 1};

	rohas_tag_int(span, "i", i);
	rohas_event_publish("made", &message);
	rohas_log(ROHAS_INFO, "a line", NULL, 0);
	rohas_counter_add(counter, 1);
	rohas_histogram_record(histogram, i);
	rohas_gauge_set(gauge, i);
	from = (struct rohas_carrier){message.traceparent, message.tracestate, message.baggage};
	inner = rohas_handler_begin(ROHAS_EVENT, "handle", &begin);
	rohas_error(inner, "Error", "it failed", NULL);
	rohas_handler_end(inner);
	rohas_handler_end(span);
}

static void *work(void *context)
{
	for (int i = 0; i < EXECUTIONS; i++) {
		execute(i);
		if (i % 50 == 0)
			hand_over();
	}
	return context;
}

static void *work_until_it_is_over(void *context)
{
	for (int i = 0; !atomic_load(&is_over); i++)
		execute(i);
	return context;
}

static void many_threads_record_at_once(void **state)
{
	struct shelf *shelf = *state;
	pthread_t threads[THREADS];
	struct rohas_report report;

	shelf_open_library(shelf, (struct rohas_options)ROHAS_OPTIONS_INIT);
	counter = rohas_counter("threads.count", "1", NULL, 0);
	histogram = rohas_histogram("threads.duration", "ms", NULL, 0, NULL, 0);
	gauge = rohas_gauge("threads.level", "1", NULL, 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < 10; i++) {
		rohas_flush(PATIENCE_MS);
		rohas_report_read(&report);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	rohas_close(PATIENCE_MS, &report);
	assert_int_equal(report.spans_delivered + report.spans_lost,
			 THREADS * (EXECUTIONS * 3 + EXECUTIONS / 50));
	assert_int_equal(report.unfinished, 0);
}

static void it_closes_and_opens_under_threads_that_record(void **state)
{
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	struct shelf *shelf = *state;
	pthread_t threads[THREADS];

	atomic_store(&is_over, false);
	options.thread_bytes = ROHAS_THREAD_BYTES_LEAST;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work_until_it_is_over, NULL), 0);
	for (int i = 0; i < 5; i++) {
		shelf_open_library(shelf, options);
		rohas_flush(PATIENCE_MS);
		rohas_close(PATIENCE_MS, NULL);
	}
	atomic_store(&is_over, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static int put_up(void **state)
{
	*state = shelf_open();
	return 0;
}

static int take_down(void **state)
{
	shelf_close(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_threads_record_at_once, put_up, take_down),
		cmocka_unit_test_setup_teardown(it_closes_and_opens_under_threads_that_record, put_up,
						take_down),
	};

	return test_run("sdk/threads", tests);
}
