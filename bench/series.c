/*
 * What many series of one metric take: `series-bench --store PATH [--series N] [--points N] [--runs N]` writes a new
 * store in PATH, which is made with N series (100,000) of a gauge, so many points each (3, a minute apart), merges its
 * blocks, asks each question N times (5) and prints one JSON object: samples a second as they were acknowledged, bytes
 * a sample on disk, the most memory, and of each question the median and the least in milliseconds, and what the answer
 * held; or why it was refused.
 *
 *     one_series   the values of one series, chosen by its label
 *     regex        the sum of the series (one in ten thousand) whose label a regular expression matches
 *     sum_by       the sum of all series by a label of ten values
 *     list         all metrics, with the count of their series
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "query/metrics.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { MOST_RUNS = 99, REQUEST_POINTS = 10000, REGIONS = 10, HOSTS = 1000, LABELS = 3 };

#define STEP_NS (60 * NS_PER_SECOND)

static const struct metric metric = {.name = {"bench.queue.length", 18}, .type = METRIC_GAUGE};

struct settings {
	const char *path;
	uint64_t series, points, runs;
};

struct bench {
	struct settings settings;
	struct store *store;
	struct query *query;
	uint64_t start_ns; /* of the first point */
	struct metric_query question;
	size_t found;
};

typedef enum status question(struct bench *bench, struct error *error);

static void must(enum status status, const struct error *error)
{
	if (status == STATUS_OK)
		return;
	fprintf(stderr, "series-bench: %s\n", error->message);
	exit(1);
}

static struct str pod_name(struct arena *arena, uint64_t series)
{
	return arena_printf(arena, "pod-%07llu", (unsigned long long)series);
}

static void add_point(struct batch *batch, const struct resource *resource, uint64_t series, uint64_t time_ns)
{
	struct metric_point *point = batch_add_point(batch);
	struct attribute *labels = arena_alloc(&batch->arena, LABELS * sizeof(*labels));

	if (!point || !labels) {
		fprintf(stderr, "series-bench: out of memory\n");
		exit(1);
	}
	labels[0].key = str_from("region");
	labels[0].value = value_from_str(
		arena_printf(&batch->arena, "region-%llu", (unsigned long long)(series % REGIONS)));
	labels[1].key = str_from("host");
	labels[1].value = value_from_str(
		arena_printf(&batch->arena, "host-%llu", (unsigned long long)(series / REGIONS % HOSTS)));
	labels[2].key = str_from("pod");
	labels[2].value = value_from_str(pod_name(&batch->arena, series));
	point->metric = &metric;
	point->resource = resource;
	point->time_ns = time_ns;
	point->attributes = (struct attributes){labels, LABELS, 0};
	point->value = (struct number){.integer = (int64_t)(series * 7919 % 1000 + time_ns / STEP_NS % 7),
				       .kind = NUMBER_INT};
}

static void append_request(struct bench *bench, struct batch *batch, uint64_t first, uint64_t time_ns)
{
	struct resource *resource = arena_calloc(&batch->arena, 1, sizeof(*resource));
	struct error error;

	if (resource)
		resource->schema_url = str_make("", 0);
	for (uint64_t i = first; i < first + REQUEST_POINTS && i < bench->settings.series; i++)
		add_point(batch, resource, i, time_ns);
	must(store_append(bench->store, &batch, 1, &error), &error);
	batch_clear(batch);
}

/* Seconds. */
static double fill(struct bench *bench)
{
	uint64_t before = clock_monotonic_ns();
	struct batch batch;

	batch_init(&batch, 0);
	for (uint64_t point = 0; point < bench->settings.points; point++)
		for (uint64_t first = 0; first < bench->settings.series; first += REQUEST_POINTS)
			append_request(bench, &batch, first, bench->start_ns + point * STEP_NS);
	batch_release(&batch);
	return (double)(clock_monotonic_ns() - before) / 1e9;
}

static enum status ask_range(struct bench *bench, struct error *error)
{
	struct metric_range range;
	enum status status = metric_range(bench->query, &bench->question, &range, NULL, error);

	if (status != STATUS_OK)
		return status;
	bench->found = range.line_count;
	metric_range_release(&range);
	return status;
}

static enum status ask_list(struct bench *bench, struct error *error)
{
	struct metric_list list;
	enum status status = metric_list(bench->query, TIME_RANGE_ALL, &list, error);

	if (status != STATUS_OK)
		return status;
	bench->found = list.count ? list.metrics[0].series_count : 0;
	metric_list_release(&list);
	return status;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure(struct bench *bench, const char *name, const char *unit, question *ask)
{
	uint64_t times[MOST_RUNS];
	size_t runs = (size_t)bench->settings.runs;
	struct error error;

	for (size_t i = 0; i < runs; i++) {
		uint64_t before = clock_monotonic_ns();

		if (ask(bench, &error) != STATUS_OK) {
			printf(", \"%s\": {\"refused\": \"%s\"}", name, error.message);
			return;
		}
		times[i] = clock_monotonic_ns() - before;
	}
	qsort(times, runs, sizeof(times[0]), compare_times);
	printf(", \"%s\": {\"median_ms\": %.2f, \"least_ms\": %.2f, \"%s\": %zu}", name,
	       (double)times[runs / 2] / 1e6, (double)times[0] / 1e6, unit, bench->found);
}

static void ask_all(struct bench *bench)
{
	struct metric_query all = {
		.name = metric.name,
		.range = {bench->start_ns - STEP_NS, bench->start_ns + bench->settings.points * STEP_NS},
		.step_ns = STEP_NS};
	struct label_filter label = {.key = str_from("pod")};
	struct str region = str_from("region");
	struct arena arena;

	arena_init(&arena, 0);
	bench->question = all;
	bench->question.labels = &label;
	bench->question.label_count = 1;
	label.value = pod_name(&arena, bench->settings.series / 2);
	measure(bench, "one_series", "lines", ask_range);
	label.comparison = LABEL_MATCHES;
	label.value = str_from("pod-[0-9]{3}4271");
	measure(bench, "regex", "lines", ask_range);
	bench->question = all;
	bench->question.by = &region;
	bench->question.by_count = 1;
	metric_agg_parse(str_from("sum"), &bench->question.agg);
	measure(bench, "sum_by", "lines", ask_range);
	measure(bench, "list", "series", ask_list);
	arena_release(&arena);
}

static uint64_t peak_bytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss * 1024;
}

static void run(struct bench *bench)
{
	struct query_options options = {.store = bench->store};
	uint64_t samples = bench->settings.series * bench->settings.points;
	struct store_stats stats;
	struct error error;
	double seconds = fill(bench);

	printf("{\"series\": %llu, \"samples\": %llu, \"samples_per_second\": %.0f, \"write_peak_bytes\": "
	       "%llu",
	       (unsigned long long)bench->settings.series, (unsigned long long)samples,
	       (double)samples / seconds, (unsigned long long)peak_bytes());
	must(rocksdb_store_compact(bench->store, &error), &error);
	must(store_stats(bench->store, &stats, &error), &error);
	must(query_new(&options, &bench->query, &error), &error);
	printf(", \"bytes_per_sample\": %.2f, \"blocks\": %llu", (double)stats.size_bytes / (double)samples,
	       (unsigned long long)stats.block_count);
	ask_all(bench);
	printf(", \"peak_bytes\": %llu}\n", (unsigned long long)peak_bytes());
	query_free(bench->query);
}

static bool read_settings(int argc, char **argv, struct settings *settings)
{
	static const struct option options[] = {{"store", required_argument, NULL, 's'},
						{"series", required_argument, NULL, 'n'},
						{"points", required_argument, NULL, 'p'},
						{"runs", required_argument, NULL, 'r'},
						{NULL, 0, NULL, 0}};
	bool is_good = true;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's': settings->path = optarg; break;
		case 'n': is_good &= str_parse_u64(str_from(optarg), &settings->series); break;
		case 'p': is_good &= str_parse_u64(str_from(optarg), &settings->points); break;
		case 'r': is_good &= str_parse_u64(str_from(optarg), &settings->runs); break;
		default: is_good = false;
		}
	return is_good && settings->path && optind == argc && settings->series >= 1 &&
	       settings->series <= 10000000 && settings->points >= 1 && settings->points <= 1000 &&
	       settings->runs >= 1 && settings->runs <= MOST_RUNS;
}

int main(int argc, char **argv)
{
	struct bench bench = {.settings = {.series = 100000, .points = 3, .runs = 5}};
	struct rocksdb_store_options where = {.sync = true};
	uint64_t now_ns = clock_now_ns(&clock_system);
	struct error error;

	if (!read_settings(argc, argv, &bench.settings)) {
		fprintf(stderr,
			"usage: series-bench --store PATH [--series N] [--points N] [--runs N]; N is at "
			"least 1, and at "
			"most 10000000, 1000 and %d\n",
			MOST_RUNS);
		return 2;
	}
	bench.start_ns = now_ns - now_ns % STEP_NS - (bench.settings.points + 10) * STEP_NS;
	where.path = bench.settings.path;
	must(rocksdb_store_open(&where, &bench.store, &error), &error);
	run(&bench);
	store_close(bench.store);
	return 0;
}
