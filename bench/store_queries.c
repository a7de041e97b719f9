/*
 * How long a store takes to answer: `store-queries --store FOLDER [--only QUERY]` opens a store in this process, asks it for
 * traces that it has, and prints one JSON object: of each query the median and the 99th percentile in
 * milliseconds, and the processor time that one took on all cores together. Nobody else may hold the store.
 *
 *     trace_by_id    a trace that is there
 *     rare_value     over everything: a value that one trace has, of the string attribute with the most such values
 *     absent_value   the same for a value that no span has
 *     newest_50      the newest 50 traces of a handler
 *
 * What is asked for is drawn from the store itself, with a fixed seed. Small blocks are merged first, as the
 * program does by itself when nothing arrives. Each query is asked once before it counts: the store is warm.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { SAMPLES = 1000, KEYS = 256, VALUES = 20, HANDLERS = 20, REPEATS = 5, PAGE = 50 };

struct sample {
	struct store *store;
	struct trace_hit hits[SAMPLES];
	size_t hit_count;
	struct batch batch; /* the spans of the traces */
	struct str key, values[VALUES], handlers[HANDLERS];
	size_t value_count, handler_count;
};

struct timings {
	double wall_ms[SAMPLES * REPEATS], cpu_ms;
	size_t count;
};

static void stop(const char *message)
{
	fprintf(stderr, "store-queries: %s\n", message);
	exit(1);
}

static void check(enum status status, const struct error *error)
{
	if (status != STATUS_OK)
		stop(error->message);
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The same draws each time. */
static uint64_t draw(uint64_t *state)
{
	return hash_seeded(state, sizeof(*state), ++*state);
}

static size_t find(struct store *store, const struct span_filter *filter, size_t limit,
		   struct trace_hit *hits_out)
{
	struct trace_page page = {.limit = limit};
	struct error error;
	uint64_t snapshot;
	size_t count = 0;

	check(store_find_traces(store, filter, &page, hits_out, &count, &snapshot, &error), &error);
	return count;
}

static size_t find_before(struct store *store, uint64_t end_ns, size_t limit, struct trace_hit *hits_out)
{
	struct span_filter filter = SPAN_FILTER_ANY;

	filter.range.end_ns = end_ns;
	return find(store, &filter, limit, hits_out);
}

/* Traces from moments spread evenly over the time that the store has spans of. */
static void draw_traces(struct sample *sample)
{
	uint64_t seed = 1, age_ns = NS_PER_SECOND, last_ns;
	struct trace_hit newest;

	if (!find_before(sample->store, UINT64_MAX, 1, &newest))
		stop("the store holds no spans");
	last_ns = newest.position_ns;
	while (age_ns < last_ns && find_before(sample->store, last_ns - age_ns, 1, &newest))
		age_ns *= 2;
	for (size_t tries = 0; tries < 20 * SAMPLES && sample->hit_count + 4 <= SAMPLES; tries++)
		sample->hit_count += find_before(sample->store, last_ns - draw(&seed) % age_ns, 4,
						 &sample->hits[sample->hit_count]);
}

static bool holds(const struct str *list, size_t count, struct str s)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(list[i], s))
			return true;
	return false;
}

/*
 * Adds the values of the key, each once, up to most; returns how many there are. times_out counts in how many
 * traces each was met, all of them together: spans of a trace stand together in the batch.
 */
static size_t take_values(const struct batch *batch, struct str key, struct str *values, size_t most,
			  size_t *times_out)
{
	size_t count = 0, times = 0;
	struct str last = {0};
	const uint8_t *last_trace = NULL;

	for (size_t i = 0; i < batch->span_count && count < most; i++)
		for (uint32_t a = 0; a < batch->spans[i].attributes.count && count < most; a++) {
			const struct attribute *attribute = &batch->spans[i].attributes.items[a];
			struct str value = value_str(&attribute->value);

			if (attribute->value.type != VALUE_STRING || !str_equal(attribute->key, key))
				continue;
			times += !last_trace || !str_equal(last, value) ||
				 memcmp(last_trace, batch->spans[i].trace_id, TRACE_ID_SIZE) != 0;
			last = value;
			last_trace = batch->spans[i].trace_id;
			if (!holds(values, count, value))
				values[count++] = value;
		}
	*times_out = times;
	return count;
}

/* Of the string attributes whose values hardly ever return in another trace, the one with the most of them. */
static void choose_key(struct sample *sample)
{
	static struct str values[SAMPLES], keys[KEYS];
	const struct batch *batch = &sample->batch;
	size_t key_count = 0, most = 0, times;

	for (size_t i = 0; i < batch->span_count; i++)
		for (uint32_t a = 0; a < batch->spans[i].attributes.count; a++) {
			const struct attribute *attribute = &batch->spans[i].attributes.items[a];

			if (attribute->value.type == VALUE_STRING && key_count < KEYS &&
			    !holds(keys, key_count, attribute->key))
				keys[key_count++] = attribute->key;
		}
	for (size_t i = 0; i < key_count; i++) {
		size_t count = take_values(batch, keys[i], values, SAMPLES, &times);

		if (count > most && count * 100 >= times * 99) {
			most = count;
			sample->key = keys[i];
		}
	}
	sample->value_count = take_values(batch, sample->key, sample->values, VALUES, &times);
}

static void draw_sample(struct sample *sample)
{
	struct error error;

	batch_init(&sample->batch, 0);
	draw_traces(sample);
	for (size_t i = 0; i < sample->hit_count; i++)
		check(store_read_trace(sample->store, sample->hits[i].trace_id, &sample->batch, &error),
		      &error);
	choose_key(sample);
	for (size_t i = 0; i < sample->batch.span_count && sample->handler_count < HANDLERS; i++) {
		const struct handler *handler = &sample->batch.spans[i].handler;

		if (handler->role == ROLE_EXECUTION &&
		    !holds(sample->handlers, sample->handler_count, handler->name))
			sample->handlers[sample->handler_count++] = handler->name;
	}
}

/* One query of a kind; returns how many traces it found. */
typedef size_t ask(struct sample *sample, size_t index);

static size_t ask_trace(struct sample *sample, size_t index)
{
	struct batch batch;
	struct error error;

	batch_init(&batch, 0);
	check(store_read_trace(sample->store, sample->hits[index].trace_id, &batch, &error), &error);
	batch_release(&batch);
	return 1;
}

static size_t ask_value(struct sample *sample, struct str value)
{
	struct tag_filter tag = {sample->key, value};
	struct span_filter filter = SPAN_FILTER_ANY;
	struct trace_hit hits[PAGE];

	filter.tags = &tag;
	filter.tag_count = 1;
	return find(sample->store, &filter, PAGE, hits);
}

static size_t ask_rare(struct sample *sample, size_t index)
{
	return ask_value(sample, sample->values[index]);
}

static size_t ask_absent(struct sample *sample, size_t index)
{
	char text[32];

	snprintf(text, sizeof(text), "no such value %zu", index);
	return ask_value(sample, str_from(text));
}

static size_t ask_newest(struct sample *sample, size_t index)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct trace_hit hits[PAGE];

	filter.handler = sample->handlers[index];
	return find(sample->store, &filter, PAGE, hits);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t count_questions(const struct sample *sample, ask *ask_one)
{
	if (ask_one == ask_trace)
		return sample->hit_count;
	return ask_one == ask_newest ? sample->handler_count : sample->value_count;
}

static void report(struct sample *sample, const char *name, ask *ask_one)
{
	static struct timings timings;
	size_t found = 0, count = count_questions(sample, ask_one);

	timings.count = 0;
	for (size_t i = 0; i < count; i++)
		ask_one(sample, i);
	timings.cpu_ms = cpu_ms();
	for (size_t repeat = 0; repeat < REPEATS; repeat++)
		for (size_t i = 0; i < count; i++) {
			uint64_t before_ns = clock_monotonic_ns();

			found += ask_one(sample, i);
			timings.wall_ms[timings.count++] = (double)(clock_monotonic_ns() - before_ns) / 1e6;
		}
	timings.cpu_ms = cpu_ms() - timings.cpu_ms;
	if (!timings.count)
		return;
	qsort(timings.wall_ms, timings.count, sizeof(double), compare_doubles);
	printf(", \"%s_ms\": %.3f, \"%s_p99_ms\": %.3f, \"%s_cpu_ms\": %.3f, \"%s_found\": %.1f", name,
	       timings.wall_ms[timings.count / 2], name, timings.wall_ms[timings.count * 99 / 100], name,
	       timings.cpu_ms / (double)timings.count, name, (double)found / (double)timings.count);
}

int main(int argc, char **argv)
{
	static const struct query {
		const char *name;
		ask *ask;
	} queries[] = {{"trace_by_id", ask_trace},
		       {"rare_value", ask_rare},
		       {"absent_value", ask_absent},
		       {"newest_50", ask_newest}};
	static struct sample sample;
	struct rocksdb_store_options options = {.path = argc >= 3 ? argv[2] : NULL};
	const char *only = argc == 5 && strcmp(argv[3], "--only") == 0 ? argv[4] : NULL;
	struct store_stats stats;
	struct error error;

	if ((argc != 3 && !only) || strcmp(argv[1], "--store") != 0) {
		fprintf(stderr, "usage: store-queries --store FOLDER [--only QUERY]\n");
		return 2;
	}
	check(rocksdb_store_open(&options, &sample.store, &error), &error);
	check(rocksdb_store_compact(sample.store, &error), &error);
	check(store_stats(sample.store, &stats, &error), &error);
	draw_sample(&sample);
	printf("{\"spans\": %llu, \"blocks\": %llu, \"bytes\": %llu, \"key\": \"%.*s\"",
	       (unsigned long long)stats.span_count, (unsigned long long)stats.block_count,
	       (unsigned long long)stats.size_bytes, STR_ARG(sample.key));
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		if (!only || strcmp(only, queries[i].name) == 0)
			report(&sample, queries[i].name, queries[i].ask);
	printf("}\n");
	batch_release(&sample.batch);
	store_close(sample.store);
	return 0;
}
