/*
 * sdk_record: what recording with the C library takes of the caller's time.
 *
 *     sdk-record FOLDER    a project whose store is written meanwhile
 *
 * Each figure is the median over many short runs, each of fewer records than a thread's pool holds, with the pool drained
 * in between: what is measured is the caller's path and not how fast something can be thrown away. Beside it stands
 * what reading the clock costs here, twice: no recorder of begin and end can do without.
 */
#include <rohas/telemetry.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "sdk/ticks.h"

enum { RUNS = 101, RECORDS_A_RUN = 1000 };

static volatile uint64_t sink; /* so that the clock is read */

static void execution(int i)
{
	struct rohas_span span = rohas_handler_begin(ROHAS_API, "place_order", NULL);

	rohas_tag_string(span, "http.request.method", "POST");
	rohas_tag_int(span, "order.items", i);
	rohas_tag_string(span, "order.currency", "EUR");
	rohas_handler_end(span);
}

static void execution_without_tags(int i)
{
	(void)i;
	rohas_handler_end(rohas_handler_begin(ROHAS_API, "place_order", NULL));
}

static void publish(int i)
{
	struct rohas_context message;

	(void)i;
	rohas_event_publish("order.placed", &message);
}

static void log_line(int i)
{
	struct rohas_field field = rohas_int("order.items", i);

	rohas_log(ROHAS_INFO, "an order was placed", &field, 1);
}

static struct rohas_metric counter, histogram;

static void count(int i)
{
	(void)i;
	rohas_counter_add(counter, 1);
}

static void record(int i)
{
	rohas_histogram_record(histogram, i);
}

static void read_ticks(int i)
{
	(void)i;
	sink = ticks_now();
	sink = ticks_now();
}

static void read_clock(int i)
{
	(void)i;
	sink = clock_now_ns(&clock_system);
	sink = clock_now_ns(&clock_system);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_ns(void (*call)(int))
{
	static double results[RUNS];

	for (int run = 0; run < RUNS; run++) {
		uint64_t start_ns;

		rohas_flush(10000);
		start_ns = clock_monotonic_ns();
		for (int i = 0; i < RECORDS_A_RUN; i++)
			call(i);
		results[run] = (double)(clock_monotonic_ns() - start_ns) / RECORDS_A_RUN;
	}
	qsort(results, RUNS, sizeof(results[0]), compare);
	return results[RUNS / 2];
}

static const struct {
	const char *what;
	void (*call)(int);
} rows[] = {
	{"begin and end of an execution with three tags", execution},
	{"begin and end of an execution", execution_without_tags},
	{"publish an event, with its traceparent", publish},
	{"a log record with one field", log_line},
	{"add to a counter", count},
	{"record in a histogram", record},
	{"two readings of the library's clock", read_ticks},
	{"two readings of the system's clock", read_clock},
};

static bool measure(const char *folder)
{
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	struct rohas_report report;
	char reason[ROHAS_REASON_SIZE];

	options.project_root = folder;
	if (rohas_open(&options, reason) != ROHAS_OK) {
		fprintf(stderr, "sdk-record: %s\n", reason);
		return false;
	}
	counter = rohas_counter("bench.count", "1", NULL, 0);
	histogram = rohas_histogram("bench.duration", "ms", NULL, 0, NULL, 0);
	printf("clock: %s\n", ticks_are_counter ? "the processor's time-stamp counter" : "clock_gettime");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		printf("%-48s %7.1f ns\n", rows[i].what, median_ns(rows[i].call));
	rohas_close(10000, &report);
	printf("lost: %llu\n\n",
	       (unsigned long long)(report.spans_lost + report.logs_lost + report.points_lost));
	return report.spans_lost == 0;
}

int main(int argc, char **argv)
{
	bool has_counter, done;

	if (argc != 2) {
		fprintf(stderr, "usage: sdk-record FOLDER\n");
		return EXIT_FAILURE;
	}
	setenv("ROHAS_TELEMETRY_SYNC", "never", 1); /* the disk is not what is measured */
	done = measure(argv[1]);
	has_counter = ticks_are_counter;
	ticks_are_counter = false;
	if (done && has_counter)
		done = measure(argv[1]);
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
