/*
 * What questions to logs and metrics take: `signal-queries --store PATH [--runs N]` opens a store that otlp-load filled
 * (nobody may hold it), asks each question N times (9) and prints one JSON object with the median of each, in
 * milliseconds of the wall clock, the CPU time of all cores together, and what the answer held:
 *
 *     rare_word       a word that occurs in one record, taken from the store's own oldest records
 *     absent_word     a word that occurs nowhere
 *     frequent_word   the newest 50 records with a word of many
 *     metric_range    the points of one metric in the last hour of the store's time
 *     metric_list     all metrics, with the count of their series
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { MOST_RUNS = 999, PAGE = 50 };

static const char rare_source[] = "order";

struct asked {
	struct store *store;
	struct log_filter logs;
	struct point_filter points;
	size_t found;
};

typedef enum status question(struct asked *asked, struct error *error);

static void must(enum status status, const struct error *error)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "signal-queries: %s\n", error->message);
	exit(1);
}

static enum status ask_logs(struct asked *asked, struct error *error)
{
	struct log_page page = {.limit = PAGE};
	struct batch batch;
	uint64_t snapshot;
	enum status status;

	batch_init(&batch, 0);
	status = store_find_logs(asked->store, &asked->logs, &page, &batch, &snapshot, error);
	asked->found = batch.log_count;
	batch_release(&batch);
	return status;
}

static enum status ask_points(struct asked *asked, struct error *error)
{
	struct batch batch;
	enum status status;

	batch_init(&batch, 0);
	status = store_read_points(asked->store, &asked->points, &batch, error);
	asked->found = batch.point_count;
	batch_release(&batch);
	return status;
}

static enum status ask_list(struct asked *asked, struct error *error)
{
	struct metric_summary *metrics;
	struct arena arena;
	size_t count;
	enum status status;

	arena_init(&arena, 0);
	status = store_list_metrics(asked->store, TIME_RANGE_ALL, &arena, &metrics, &count, error);
	asked->found = 0;
	for (size_t i = 0; status == STATUS_OK && i < count; i++)
		asked->found += metrics[i].series_count;
	arena_release(&arena);
	return status;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Of all threads. Blocks that the store merges meanwhile count too. */
static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static void measure(const char *name, const char *unit, question *ask, struct asked *asked, size_t runs)
{
	uint64_t times[MOST_RUNS], cpu_times[MOST_RUNS];
	struct error error;

	for (size_t i = 0; i < runs; i++) {
		uint64_t before = clock_monotonic_ns(), cpu_before = cpu_ns();

		must(ask(asked, &error), &error);
		times[i] = clock_monotonic_ns() - before;
		cpu_times[i] = cpu_ns() - cpu_before;
	}
	qsort(times, runs, sizeof(times[0]), compare_times);
	qsort(cpu_times, runs, sizeof(cpu_times[0]), compare_times);
	printf("\"%s\": {\"median_ms\": %.2f, \"least_ms\": %.2f, \"cpu_ms\": %.2f, \"%s\": %zu}", name,
	       (double)times[runs / 2] / 1e6, (double)times[0] / 1e6, (double)cpu_times[runs / 2] / 1e6, unit,
	       asked->found);
}

/* The word behind "order " in one of the oldest records that have it: an order's number, which few share. */
static struct str rare_word(struct store *store, struct arena *arena)
{
	const struct str term = str_from(rare_source);
	struct log_filter filter = LOG_FILTER_ANY;
	struct log_page page = {.limit = 1};
	struct str word = arena_copy(arena, str_from("nothing"));
	uint64_t low = 0, high = UINT64_MAX, snapshot;
	struct error error;
	struct batch batch;

	filter.terms = &term;
	filter.term_count = 1;
	batch_init(&batch, 0);
	/* Halves the time until few records are older. */
	while (high - low > NS_PER_SECOND) {
		uint64_t middle = low + (high - low) / 2;

		batch_clear(&batch);
		filter.range.end_ns = middle;
		must(store_find_logs(store, &filter, &page, &batch, &snapshot, &error), &error);
		if (batch.log_count) {
			struct str text = value_str(&batch.logs[0].body);
			const char *at = memmem(text.data, text.size, "order ", 6);

			high = middle;
			if (at && (size_t)(text.data + text.size - at) >= 6 + 8)
				word = arena_copy(arena, str_make(at + 6, 8));
		} else {
			low = middle;
		}
	}
	batch_release(&batch);
	return word;
}

/* The newest hour of one metric. */
static void choose_metric(struct asked *asked, struct arena *arena)
{
	struct metric_summary *metrics;
	struct error error;
	struct batch batch;
	size_t count, chosen = 0;

	must(store_list_metrics(asked->store, TIME_RANGE_ALL, arena, &metrics, &count, &error), &error);
	for (size_t i = 0; i < count; i++)
		if (str_equal_c(metrics[i].metric->name, "http.server.active_requests"))
			chosen = i;
	asked->points = POINT_FILTER_ANY;
	if (count)
		asked->points.metric = metrics[chosen].metric->name;
	batch_init(&batch, 0);
	must(store_read_points(asked->store, &asked->points, &batch, &error), &error);
	for (size_t i = 0; i < batch.point_count; i++)
		if (batch.points[i].time_ns > asked->points.range.start_ns)
			asked->points.range.start_ns = batch.points[i].time_ns;
	if (asked->points.range.start_ns > 3600 * NS_PER_SECOND)
		asked->points.range.start_ns -= 3600 * NS_PER_SECOND;
	batch_release(&batch);
}

static void ask_all(struct store *store, size_t runs)
{
	struct asked asked = {.store = store, .logs = LOG_FILTER_ANY};
	struct str word = str_from("error"), absent = str_from("zq7k1x0vanished");
	struct store_stats stats;
	struct error error;
	struct arena arena;
	struct str rare;

	arena_init(&arena, 0);
	must(store_stats(store, &stats, &error), &error);
	printf("{\"logs\": %llu, \"points\": %llu, \"blocks\": %llu, ", (unsigned long long)stats.log_count,
	       (unsigned long long)stats.point_count, (unsigned long long)stats.block_count);
	rare = rare_word(store, &arena);
	asked.logs.term_count = 1;
	asked.logs.terms = &rare;
	measure("rare_word", "records", ask_logs, &asked, runs);
	printf(", ");
	asked.logs.terms = &absent;
	measure("absent_word", "records", ask_logs, &asked, runs);
	printf(", ");
	word = str_from("order");
	asked.logs.terms = &word;
	measure("frequent_word", "records", ask_logs, &asked, runs);
	printf(", ");
	choose_metric(&asked, &arena);
	measure("metric_range", "points", ask_points, &asked, runs);
	printf(", ");
	measure("metric_list", "series", ask_list, &asked, runs);
	printf("}\n");
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"store", required_argument, NULL, 's'},
						{"runs", required_argument, NULL, 'r'},
						{NULL, 0, NULL, 0}};
	struct rocksdb_store_options where = {0};
	uint64_t runs = 9;
	struct store *store;
	struct error error;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			where.path = optarg;
		else if (option != 'r' || !str_parse_u64(str_from(optarg), &runs))
			runs = 0;
	}
	if (!where.path || optind != argc || runs < 1 || runs > MOST_RUNS) {
		fprintf(stderr, "usage: signal-queries --store PATH [--runs N]; N is from 1 to %d\n",
			MOST_RUNS);
		return 2;
	}
	must(rocksdb_store_open(&where, &store, &error), &error);
	ask_all(store, (size_t)runs);
	store_close(store);
	return 0;
}
