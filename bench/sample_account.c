/*
 * What a metric sample takes on disk: `sample-account [SERIES [POINTS]]` builds one block for each kind of series, of
 * so many series (2000) with so many points (128) each, one every 15 s as a collector sees them: all series of a
 * process at one time, which is off its beat by some milliseconds. It prints one JSON object: for each kind the
 * bytes a sample of the whole block, labels, times and directory with it; and of a block of all kinds in the shares
 * that a machine with a few services has ("mixed").
 *
 * Nothing here is noise for its own sake: a gauge moves by small steps, a counter by what arrives in 15 s.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "storage/columns/builder.h"

enum { SERIES_OF_PROCESS = 100, STEP_SECONDS = 15, LABEL_COUNT = 3 };

static uint64_t random_state = 1;

static uint64_t draw(void)
{
	uint64_t mixed = (random_state += UINT64_C(0x9e3779b97f4a7c15));

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return mixed ^ mixed >> 31;
}

static int64_t between(int64_t low, int64_t high)
{
	return low + (int64_t)(draw() % (uint64_t)(high - low + 1));
}

/* Arrivals in a step of a process that has so many a step on average. */
static int64_t arrivals(double mean)
{
	double limit = exp(-fmin(mean, 30)), product = 1;
	int64_t count = -1;

	if (mean > 30)
		return (int64_t)(mean + sqrt(mean) *
						((double)between(-300, 300) + (double)between(-300, 300)) /
						250);
	do {
		product *= (double)(draw() >> 11) * 0x1p-53;
		count++;
	} while (product > limit);
	return count;
}

/* Moves a series on by one point; rate is the series' own, from 0 to 1. */
typedef struct number next_value(struct number last, double rate);

static struct number integer(int64_t value)
{
	return (struct number){.integer = value, .kind = NUMBER_INT};
}

static struct number real(double value)
{
	return (struct number){.real = value, .kind = NUMBER_DOUBLE};
}

static struct number next_constant(struct number last, double rate)
{
	return last.kind ? last : real(floor(rate * 100000) / 10);
}

static struct number next_rare_counter(struct number last, double rate)
{
	return integer(last.integer + (rate < 0.5 ? 0 : arrivals(0.05)));
}

static struct number next_request_counter(struct number last, double rate)
{
	return integer(last.integer + arrivals(exp2(rate * 8) - 1));
}

static struct number next_byte_counter(struct number last, double rate)
{
	return integer(last.integer + arrivals(exp2(rate * 8) - 1) * between(400, 1400));
}

static struct number next_seconds_counter(struct number last, double rate)
{
	return real(round((last.real + 15 * rate * (double)between(90, 110) / 100) * 100) / 100);
}

static struct number next_queue(struct number last, double rate)
{
	int64_t value = last.integer + between(-1, 1) * between(0, (int64_t)(rate * 4));

	return integer(value < 0 ? 0 : value);
}

static struct number next_percent(struct number last, double rate)
{
	double step = (double)between(-100, 100) * rate / 100;

	return real(round(fmin(fmax((last.kind ? last.real : rate * 100) + step, 0), 100) * 100) / 100);
}

static struct number next_memory(struct number last, double rate)
{
	int64_t pages = last.kind ? last.integer / 4096 : (int64_t)(20000 + rate * 80000);

	return integer((pages + (draw() % 2 ? between(-20, 22) : 0)) * 4096);
}

static struct number next_quotient(struct number last, double rate)
{
	(void)last;
	return real(rate * (double)between(900, 1100) / 1117);
}

static const struct kind {
	const char *name;
	next_value *next;
	unsigned share; /* of a hundred series of the mixed block */
	uint8_t type;
} kinds[] = {
	{"constant", next_constant, 30, METRIC_GAUGE},
	{"rare_counter", next_rare_counter, 20, METRIC_SUM},
	{"request_counter", next_request_counter, 20, METRIC_SUM},
	{"byte_counter", next_byte_counter, 6, METRIC_SUM},
	{"seconds_counter", next_seconds_counter, 6, METRIC_SUM},
	{"queue_gauge", next_queue, 8, METRIC_GAUGE},
	{"percent_gauge", next_percent, 6, METRIC_GAUGE},
	{"memory_gauge", next_memory, 3, METRIC_GAUGE},
	{"quotient_gauge", next_quotient, 1, METRIC_GAUGE},
};
enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

struct content {
	struct arena arena;
	struct metric metrics[KIND_COUNT];
	struct resource *resources;
	struct scope scope;
	struct metric_point *points;
	const struct metric_point **rows;
	size_t count;
};

static struct attribute label(struct arena *arena, const char *key, const char *format, size_t number)
{
	struct str text = arena_printf(arena, format, number);

	return (struct attribute){
		.key = str_from(key),
		.value = {.type = VALUE_STRING, .data = text.data, .size = (uint32_t)text.size}};
}

static struct attributes labels(struct arena *arena, size_t number)
{
	struct attribute *items = arena_alloc(arena, LABEL_COUNT * sizeof(*items));

	if (!items)
		abort();
	items[0] = label(arena, "http.route", "/api/v1/resource-%zu", number % 23);
	items[1] = label(arena, "http.response.status_code", "%zu", 200 + number / 23 % 3 * 101);
	items[2] = label(arena, "shard", "s%zu", number / 69);
	return (struct attributes){items, LABEL_COUNT, 0};
}

static struct attributes process(struct arena *arena, size_t number)
{
	struct attribute *items = arena_alloc(arena, LABEL_COUNT * sizeof(*items));

	if (!items)
		abort();
	items[0] = label(arena, "service.name", "service-%zu", number % 12);
	items[1] =
		label(arena, "service.instance.id", "0f3a%08zx", number * UINT64_C(2654435761) & 0xffffffff);
	items[2] = label(arena, "host.name", "node-%zu.internal", number / 12);
	return (struct attributes){items, LABEL_COUNT, 0};
}

/* The kind of series number of a block: one, or all of them in their shares. */
static size_t kind_of(size_t number, size_t only)
{
	unsigned place = (unsigned)(number % 100);
	size_t kind = 0;

	if (only < KIND_COUNT)
		return only;
	while (place >= kinds[kind].share)
		place -= kinds[kind++].share;
	return kind;
}

static void fill_series(struct content *content, size_t number, size_t kind, size_t point_count)
{
	static const uint64_t first_ns = UINT64_C(1700000000) * NS_PER_SECOND;
	struct metric_point point = {.metric = &content->metrics[kind],
				     .resource = &content->resources[number / SERIES_OF_PROCESS],
				     .scope = &content->scope,
				     .attributes = labels(&content->arena, number % SERIES_OF_PROCESS),
				     .start_ns = kinds[kind].type == METRIC_SUM ? first_ns - 77 : 0};
	double rate = (double)(draw() >> 11) * 0x1p-53;
	uint64_t late = number / SERIES_OF_PROCESS * UINT64_C(7919);

	for (size_t i = 0; i < point_count; i++) {
		late = late * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		point.time_ns = first_ns + i * STEP_SECONDS * NS_PER_SECOND + (late >> 33) % (3 * NS_PER_MS);
		point.value = kinds[kind].next(point.value, rate);
		content->points[content->count] = point;
		content->rows[content->count] = &content->points[content->count];
		content->count++;
	}
}

static double bytes_of_sample(struct block_builder *builder, size_t only, size_t series_count,
			      size_t point_count)
{
	size_t count = series_count * point_count;
	struct content content = {
		.resources = calloc(series_count / SERIES_OF_PROCESS + 1, sizeof(struct resource)),
		.points = malloc(count * sizeof(struct metric_point)),
		.rows = malloc(count * sizeof(*content.rows))};
	struct buffer body = BUFFER_EMPTY;
	struct block_header header;
	struct error error;
	double bytes;

	if (!content.resources || !content.points || !content.rows)
		abort();
	arena_init(&content.arena, 0);
	content.scope.name = str_from("shop.metrics");
	for (size_t i = 0; i < KIND_COUNT; i++)
		content.metrics[i] = (struct metric){
			.name = str_from(kinds[i].name),
			.type = kinds[i].type,
			.temporality = kinds[i].type == METRIC_SUM ? TEMPORALITY_CUMULATIVE : 0,
			.monotonic = kinds[i].type == METRIC_SUM};
	for (size_t i = 0; i <= series_count / SERIES_OF_PROCESS; i++)
		content.resources[i].attributes = process(&content.arena, i);
	for (size_t i = 0; i < series_count; i++)
		fill_series(&content, i, kind_of(i, only), point_count);
	if (block_build_points(builder, content.rows, count, &body, &header, &error) != STATUS_OK) {
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	bytes = (double)body.size / (double)count;
	buffer_release(&body);
	arena_release(&content.arena);
	free(content.resources);
	free(content.points);
	free(content.rows);
	return bytes;
}

int main(int argc, char **argv)
{
	uint64_t series_count = 2000, point_count = 128;
	struct block_builder *builder = block_builder_new(CODEC_ZSTD, 1);

	if (!builder || argc > 3 || (argc > 1 && !str_parse_u64(str_from(argv[1]), &series_count)) ||
	    (argc > 2 && !str_parse_u64(str_from(argv[2]), &point_count)) || series_count == 0 ||
	    point_count == 0 || series_count > BLOCK_MOST_ROWS / point_count) {
		fprintf(stderr, "usage: sample-account [SERIES [POINTS]]; at most %d samples together\n",
			BLOCK_MOST_ROWS);
		return 2;
	}
	printf("{\"series\": %llu, \"points_a_series\": %llu, \"bytes_a_sample\": {",
	       (unsigned long long)series_count, (unsigned long long)point_count);
	for (size_t i = 0; i <= KIND_COUNT; i++)
		printf("%s\"%s\": %.3f", i ? ", " : "", i < KIND_COUNT ? kinds[i].name : "mixed",
		       bytes_of_sample(builder, i, series_count, point_count));
	printf("}}\n");
	block_builder_free(builder);
	return 0;
}
