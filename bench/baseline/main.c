/*
 * row-baseline: what the spans of the load generator take when each is one JSON value in RocksDB (rows.h).
 *
 *     row-baseline --rows 1000000 --store FOLDER
 *
 * Spans are decoded and their handlers recognised by the program's own code; that and HTTP are not counted, which
 * is in this layout's favour. What is counted: making JSON, writing batches of 1,000 spans with the log forced to
 * the disk, and RocksDB's own threads, until they have nothing left to do. Prints one JSON object: CPU seconds a
 * million spans, spans a second while writing, bytes, query times in milliseconds.
 */
#include <fts.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "baseline/feed.h"
#include "baseline/rows.h"
#include "processor/processor.h"
#include "receiver/otlp_protobuf.h"

enum { SPANS_A_WRITE = 1000, TRACES_READ = 200, PAGES_READ = 40, SCANS = 3, PAGE = 50, HANDLER_MOST = 128 };
static const uint64_t spread_ns = 3600 * NS_PER_SECOND;

struct run {
	struct rows *rows;
	struct feed *feed;
	struct processor *processor;
	struct batch batch;
	uint64_t span_total, span_count, start_ns;
	double uncounted_seconds; /* CPU of this thread for generating and decoding */
	uint64_t writing_ns;
	uint8_t trace_ids[TRACES_READ][TRACE_ID_SIZE];
	size_t trace_count;
	char handler[HANDLER_MOST]; /* one that was seen */
};

static void fail(const char *sentence)
{
	fprintf(stderr, "row-baseline: %s\n", sentence);
	exit(1);
}

static double thread_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double process_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The next request's spans, as a store is given them. */
static void fill(struct run *run, uint64_t request, uint64_t request_count)
{
	uint64_t now_ns = run->start_ns - spread_ns + spread_ns / request_count * request;
	double before = thread_seconds();
	struct otlp_outcome outcome;
	struct error error;

	batch_clear(&run->batch);
	if (otlp_protobuf_decode(SIGNAL_TRACES, feed_next(run->feed, now_ns, request == request_count / 2),
				 now_ns, &run->batch, &outcome, &error) != STATUS_OK ||
	    processor_recognise(run->processor, &run->batch, &error) != STATUS_OK)
		fail(error.message);
	run->uncounted_seconds += thread_seconds() - before;
}

/* Traces from all over the run, and a handler, to be asked for later. */
static void remember(struct run *run, uint64_t request, uint64_t request_count)
{
	const struct span *spans = run->batch.spans;

	if (run->trace_count < TRACES_READ && request >= run->trace_count * request_count / TRACES_READ)
		memcpy(run->trace_ids[run->trace_count++], spans[0].trace_id, TRACE_ID_SIZE);
	for (size_t i = 0; i < run->batch.span_count && !run->handler[0]; i++)
		if (spans[i].handler.role == ROLE_EXECUTION)
			snprintf(run->handler, sizeof(run->handler), "%.*s", STR_ARG(spans[i].handler.name));
}

static void load(struct run *run)
{
	uint64_t request_count = (run->span_total + SPANS_A_WRITE - 1) / SPANS_A_WRITE;

	for (uint64_t request = 0; request < request_count; request++) {
		uint64_t before_ns;

		fill(run, request, request_count);
		before_ns = clock_monotonic_ns();
		rows_append(run->rows, &run->batch);
		run->writing_ns += clock_monotonic_ns() - before_ns;
		run->span_count += run->batch.span_count;
		remember(run, request, request_count);
	}
}

static uint64_t folder_bytes(const char *path)
{
	char *paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	uint64_t bytes = 0;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			bytes += (uint64_t)entry->fts_statp->st_blocks * 512;
	if (tree)
		fts_close(tree);
	return bytes;
}

static uint64_t written_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	char line[128];
	unsigned long long bytes = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "write_bytes: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_times(const char *name, double *times_ms, size_t count)
{
	qsort(times_ms, count, sizeof(*times_ms), compare_times);
	printf(",\"%s\":{\"p50\":%.4f,\"p99\":%.4f}", name, times_ms[count / 2],
	       times_ms[(count * 99) / 100]);
}

static double milliseconds_since(uint64_t before_ns)
{
	return (double)(clock_monotonic_ns() - before_ns) / 1e6;
}

static void ask(struct run *run)
{
	struct buffer text = BUFFER_EMPTY;
	double times_ms[TRACES_READ];

	for (size_t i = 0; i < run->trace_count; i++) {
		uint64_t before_ns = clock_monotonic_ns();

		if (rows_read_trace(run->rows, run->trace_ids[i]) == 0)
			fail("a trace that was written is not there");
		times_ms[i] = milliseconds_since(before_ns);
	}
	print_times("trace_by_id_ms", times_ms, run->trace_count);
	for (size_t i = 0; i < PAGES_READ; i++) {
		uint64_t before_ns = clock_monotonic_ns();

		if (rows_newest(run->rows, str_from(run->handler), PAGE) == 0)
			fail("a handler that was written is not there");
		times_ms[i] = milliseconds_since(before_ns);
	}
	print_times("newest_of_handler_ms", times_ms, PAGES_READ);
	buffer_printf(&text, "\"%s\":\"%s\"", feed_needle_key, feed_needle_value);
	for (size_t i = 0; i < SCANS; i++) {
		uint64_t before_ns = clock_monotonic_ns();

		if (rows_count_text(run->rows, buffer_str(&text)) != 1)
			fail("the needle is not there exactly once");
		times_ms[i] = milliseconds_since(before_ns);
	}
	print_times("rare_attribute_ms", times_ms, SCANS);
	buffer_release(&text);
}

static void measure(struct run *run, const char *path)
{
	double before = process_seconds(), cpu_seconds, spans;
	struct rusage usage;
	uint64_t bytes, written;

	load(run);
	rows_settle(run->rows);
	cpu_seconds = process_seconds() - before - run->uncounted_seconds;
	bytes = folder_bytes(path);
	written = written_bytes();
	getrusage(RUSAGE_SELF, &usage);
	spans = (double)run->span_count;
	printf("{\"spans\":%.0f,\"json_bytes_per_span\":%.1f,\"spans_per_second\":%.0f", spans,
	       (double)rows_json_bytes(run->rows) / spans, spans / ((double)run->writing_ns / 1e9));
	printf(",\"cpu_seconds_per_million\":%.3f,\"bytes_per_span\":%.1f,\"written_bytes_per_span\":%.1f",
	       cpu_seconds * 1e6 / spans, (double)bytes / spans, (double)written / spans);
	printf(",\"peak_memory_bytes\":%llu", 1024ULL * (unsigned long long)usage.ru_maxrss);
	ask(run);
	puts("}");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"rows", required_argument, NULL, 'r'}, {"store", required_argument, NULL, 's'}, {0}};
	static struct run run;
	struct processor_options processor_options = {.clock = &clock_system, .host = "localhost"};
	const char *path = NULL;
	struct error error;
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (code == 's')
			path = optarg;
		else if (code != 'r' || !str_parse_u64(str_from(optarg), &run.span_total))
			run.span_total = 0;
	if (!path || run.span_total == 0) {
		fprintf(stderr, "usage: row-baseline --rows TOTAL --store FOLDER\n");
		return 2;
	}
	run.start_ns = clock_now_ns(&clock_system);
	run.feed = feed_new(SPANS_A_WRITE);
	if (!run.feed || processor_new(&processor_options, &run.processor, &error) != STATUS_OK)
		fail("no memory for the spans");
	batch_init(&run.batch, 0);
	run.rows = rows_open(path);
	measure(&run, path);
	rows_close(run.rows);
	batch_release(&run.batch);
	processor_free(run.processor);
	feed_free(run.feed);
	return 0;
}
