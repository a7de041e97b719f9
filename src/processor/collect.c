#include "processor/collect.h"

#include <stdlib.h>

#include "base/clock.h"
#include "processor/naming.h"

#define NAMED(text) {text, sizeof(text) - 1}
#define COUNTER(name_, about, unit_)                                                                         \
	{.name = NAMED(name_),                                                                               \
	 .description = NAMED(about),                                                                        \
	 .unit = NAMED(unit_),                                                                               \
	 .type = METRIC_SUM,                                                                                 \
	 .temporality = TEMPORALITY_DELTA,                                                                   \
	 .monotonic = true}
#define DURATION(name_, about)                                                                               \
	{.name = NAMED(name_),                                                                               \
	 .description = NAMED(about),                                                                        \
	 .unit = NAMED("ms"),                                                                                \
	 .type = METRIC_EXPONENTIAL_HISTOGRAM,                                                               \
	 .temporality = TEMPORALITY_DELTA}
#define GAUGE(name_, about, unit_)                                                                           \
	{.name = NAMED(name_), .description = NAMED(about), .unit = NAMED(unit_), .type = METRIC_GAUGE}

static const struct metric execution_count =
	COUNTER("handler.execution.count", "Executions of a handler", "{execution}");
static const struct metric execution_duration =
	DURATION("handler.execution.duration", "How long executions of a handler took");
static const struct metric execution_errors =
	COUNTER("handler.execution.errors", "Executions of a handler that failed", "{execution}");
static const struct metric execution_success =
	COUNTER("handler.execution.success", "Executions of a handler that did not fail", "{execution}");
static const struct metric published_count =
	COUNTER("event.published.count", "Events that were published", "{event}");
static const struct metric handled_count =
	COUNTER("event.handled.count", "Events that a handler took", "{event}");
static const struct metric handled_duration =
	DURATION("event.handled.duration", "How long handlers took for an event or a group of events");
static const struct metric queue_duration =
	DURATION("event.queue.duration", "How long an event waited between its producer and its handler");
static const struct metric publisher_count =
	COUNTER("event.publisher.count", "Events by the handler that published them", "{event}");
static const struct metric error_count = COUNTER("error.count", "Errors by their group", "{error}");
static const struct metric run_duration =
	GAUGE("cron.run.duration", "How long one run of a cron handler took, at its start", "ms");
static const struct metric memory_usage = GAUGE("system.memory.usage", "Memory in use", "By");
static const struct metric cpu_usage =
	GAUGE("system.cpu.usage", "Share of all processors that was busy since the point before", "1");
static const struct metric active_handlers =
	GAUGE("system.active.handlers", "Handlers that executed since the point before", "{handler}");

/* Minutes are few for a sender that was away, and many when a day is filled in at once; past these, what is late
 * counts as current. */
enum { LATE_SERIES_LIMIT = 1 << 16 };
#define MINUTE_NS (60 * NS_PER_SECOND)

static void tally_table_init(struct tally_table *table, const char *name, size_t series_limit)
{
	series_table_init(&table->current, name, series_limit);
	series_table_init(&table->late, name, LATE_SERIES_LIMIT);
}

static void tally_table_release(struct tally_table *table)
{
	series_table_release(&table->current);
	series_table_release(&table->late);
}

struct series *tally_table_add(struct tally_table *table, const struct series_key *key, uint64_t hash,
			       uint64_t count, const uint64_t *duration_ns, uint64_t ended_ns,
			       uint64_t now_ns)
{
	bool is_late = ended_ns >= MINUTE_NS && ended_ns < now_ns && now_ns - ended_ns > MINUTE_NS;
	struct series_key late = *key;

	/* The ceiling is one of names: a name has its place among the current ones before it may be late. */
	if (!is_late || table->late.count >= table->late.limit ||
	    !series_table_admit(&table->current, key, hash, now_ns))
		return series_table_add(&table->current, key, hash, count, duration_ns, now_ns);
	late.window = ended_ns / MINUTE_NS;
	return series_table_add(&table->late, &late, series_key_hash(&late), count, duration_ns,
				late.window * MINUTE_NS);
}

void tally_fill(struct tally *tally, const struct span *span)
{
	const struct handler *handler = &span->handler;

	if (handler->role == ROLE_PUBLISH) {
		tally->event = (struct series_key){.texts = {handler->event, handler->language}};
	} else {
		tally->execution = (struct series_key){.texts = {handler->name, handler->language},
						       .type = handler->type,
						       .outcome = handler->outcome};
		tally->execution_hash = series_key_hash(&tally->execution);
		tally->event =
			(struct series_key){.texts = {handler->event, handler->name, handler->language},
					    .outcome = handler->outcome};
	}
	tally->messages = handler->messages;
	tally->duration_ns = span_duration_ns(span);
	tally->ended_ns = span->end_ns;
	tally->example = example_of(span);
	tally->event_hash = handler->messages ? series_key_hash(&tally->event) : 0;
}

void counters_add(struct counters *counters, const struct tally *tally, uint64_t now_ns)
{
	struct series *series =
		tally_table_add(&counters->executions, &tally->execution, tally->execution_hash, 1,
				&tally->duration_ns, tally->ended_ns, now_ns);

	if (series)
		series_note_example(series, &tally->example);
	if (tally->messages)
		tally_table_add(&counters->handled, &tally->event, tally->event_hash, tally->messages,
				&tally->duration_ns, tally->ended_ns, now_ns);
}

struct series_key error_key(const struct error_group *group, const struct handler *handler)
{
	return (struct series_key){.texts = {name_cut(group->type), {NULL, 0}, handler->language},
				   .group = group->id};
}

void counters_add_error(struct counters *counters, const struct series_key *key,
			const struct example *example, uint64_t now_ns)
{
	struct series *series = tally_table_add(&counters->errors, key, series_key_hash(key), 1, NULL,
						example->time_ns, now_ns);

	if (series)
		series_note_example(series, example);
}

/* The schedule, as those who have one say it. */
static struct str schedule_of(const struct span *span)
{
	static const char *const keys[] = {"faas.cron", "cron.schedule", "cron.expression",
					   "deno.cron.schedule", "job.schedule"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct str schedule = attributes_find_str(&span->attributes, keys[i]);

		if (schedule.size)
			return name_cut(schedule);
	}
	return str_make("", 0);
}

static bool grow_runs(struct counters *counters)
{
	size_t capacity = counters->run_capacity ? counters->run_capacity * 2 : 64;
	struct cron_run *runs;

	if (counters->run_count < counters->run_capacity)
		return true;
	if (counters->run_count == CRON_RUNS_MOST)
		return false;
	runs = realloc(counters->runs, capacity * sizeof(*runs));
	if (!runs)
		return false;
	counters->runs = runs;
	counters->run_capacity = capacity;
	return true;
}

void counters_add_run(struct counters *counters, const struct span *span)
{
	struct cron_run run = {
		.key = {.texts = {span->handler.name, schedule_of(span), span->handler.language},
			.outcome = span->handler.outcome},
		.start_ns = span->start_ns,
		.duration_ns = span_duration_ns(span),
	};

	if (!grow_runs(counters) || !series_key_copy(&run.key)) {
		counters->lost_run_count++;
		return;
	}
	counters->runs[counters->run_count++] = run;
}

bool counters_init(struct counters *counters, const char *host, size_t series_limit)
{
	*counters = (struct counters){.host = strdup(host ? host : "")};
	tally_table_init(&counters->executions, "handler.execution.count", series_limit);
	tally_table_init(&counters->handled, "event.handled.count", series_limit);
	tally_table_init(&counters->queued, "event.queue.duration", series_limit);
	tally_table_init(&counters->published, "event.published.count", series_limit);
	tally_table_init(&counters->publishers, "event.publisher.count", series_limit);
	tally_table_init(&counters->errors, "error.count", series_limit);
	system_meter_init(&counters->meter);
	return counters->host != NULL;
}

void counters_release(struct counters *counters)
{
	tally_table_release(&counters->executions);
	tally_table_release(&counters->handled);
	tally_table_release(&counters->queued);
	tally_table_release(&counters->published);
	tally_table_release(&counters->publishers);
	tally_table_release(&counters->errors);
	for (size_t i = 0; i < counters->run_count; i++)
		series_key_release(&counters->runs[i].key);
	free(counters->runs);
	free(counters->host);
}

struct label {
	const char *key;
	struct str value;
};

/* Labels without a value are left out: an empty label and no label are one thing to a reader. */
static bool make_labels(struct arena *arena, const struct label *labels, size_t count,
			struct attributes *attributes_out)
{
	struct attribute *items = arena_alloc(arena, count * sizeof(*items));
	uint32_t kept = 0;

	if (!items)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct str value;

		if (labels[i].value.size == 0)
			continue;
		value = arena_copy(arena, labels[i].value);
		if (!value.data)
			return false;
		items[kept].key = str_from(labels[i].key);
		items[kept++].value = value_from_str(value);
	}
	*attributes_out = (struct attributes){.items = items, .count = kept};
	return true;
}

static struct number whole(uint64_t value)
{
	return (struct number){.integer = (int64_t)value, .kind = NUMBER_INT};
}

static struct number real(double value)
{
	return (struct number){.real = value, .kind = NUMBER_DOUBLE};
}

/* Where points go, and their time. */
struct sink {
	struct batch *batch;
	uint64_t now_ns;
};

static struct metric_point *add_point(struct sink *sink, const struct metric *metric,
				      const struct attributes *labels, uint64_t since_ns)
{
	struct metric_point *point = batch_add_point(sink->batch);

	if (!point)
		return NULL;
	point->metric = metric;
	point->attributes = *labels;
	point->start_ns = since_ns;
	point->time_ns = sink->now_ns;
	return point;
}

static struct metric_point *add_series_point(struct sink *sink, const struct metric *metric,
					     const struct attributes *labels, const struct series *series)
{
	struct metric_point *point = add_point(sink, metric, labels, series->since_ns);

	if (point && series->key.window)
		point->time_ns = (series->key.window + 1) * MINUTE_NS;
	return point;
}

/* The slowest span stands for the others, so that a figure leads to a trace. */
static bool add_exemplar(struct arena *arena, const struct series *series, struct number value,
			 struct metric_point *point)
{
	struct exemplar *exemplar = arena_calloc(arena, 1, sizeof(*exemplar));

	if (!exemplar)
		return false;
	exemplar->time_ns = series->slowest.time_ns;
	exemplar->value = value;
	memcpy(exemplar->trace_id, series->slowest.trace_id, TRACE_ID_SIZE);
	memcpy(exemplar->span_id, series->slowest.span_id, SPAN_ID_SIZE);
	point->exemplars = exemplar;
	point->exemplar_count = 1;
	return true;
}

static double milliseconds(uint64_t duration_ns)
{
	return (double)duration_ns / (double)NS_PER_MS;
}

static bool add_count(struct sink *sink, const struct metric *metric, const struct attributes *labels,
		      const struct series *series)
{
	struct metric_point *point = add_series_point(sink, metric, labels, series);

	if (!point)
		return false;
	point->value = (struct number){.integer = (int64_t)series->count, .kind = NUMBER_INT};
	return true;
}

static bool add_durations(struct sink *sink, const struct metric *metric, const struct attributes *labels,
			  const struct series *series)
{
	struct metric_point *point = add_series_point(sink, metric, labels, series);

	return point && distribution_to_point(&series->durations, &sink->batch->arena, point) &&
	       (!series->slowest.time_ns ||
		add_exemplar(&sink->batch->arena, series, real(milliseconds(series->slowest.duration_ns)),
			     point));
}

static bool add_execution(struct sink *sink, const struct series *series)
{
	const struct series_key *key = &series->key;
	const struct label labels[] = {
		{"handler_name", key->texts[0]},
		{"handler_type", str_from(handler_type_name(key->type))},
		{"language", key->texts[1]},
		{"status", str_from(outcome_name(key->outcome))},
	};
	const struct metric *by_outcome =
		key->outcome == OUTCOME_ERROR ? &execution_errors : &execution_success;
	struct attributes all, without_status;

	return make_labels(&sink->batch->arena, labels, 4, &all) &&
	       make_labels(&sink->batch->arena, labels, 3, &without_status) &&
	       add_count(sink, &execution_count, &all, series) &&
	       add_durations(sink, &execution_duration, &all, series) &&
	       add_count(sink, by_outcome, &without_status, series);
}

static bool add_handled(struct sink *sink, const struct series *series)
{
	const struct series_key *key = &series->key;
	const struct label labels[] = {
		{"event_name", key->texts[0]},
		{"handler_name", key->texts[1]},
		{"language", key->texts[2]},
		{"status", str_from(outcome_name(key->outcome))},
	};
	struct attributes all;

	return make_labels(&sink->batch->arena, labels, 4, &all) &&
	       add_count(sink, &handled_count, &all, series) &&
	       add_durations(sink, &handled_duration, &all, series);
}

static bool add_published(struct sink *sink, const struct series *series)
{
	const struct label labels[] = {
		{"event_name", series->key.texts[0]},
		{"language", series->key.texts[1]},
	};
	struct attributes all;

	return make_labels(&sink->batch->arena, labels, 2, &all) &&
	       add_count(sink, &published_count, &all, series);
}

static bool add_queued(struct sink *sink, const struct series *series)
{
	const struct label labels[] = {
		{"event_name", series->key.texts[0]},
		{"handler_name", series->key.texts[1]},
		{"language", series->key.texts[2]},
	};
	struct attributes all;

	return make_labels(&sink->batch->arena, labels, 3, &all) &&
	       add_durations(sink, &queue_duration, &all, series);
}

static bool add_publisher(struct sink *sink, const struct series *series)
{
	const struct label labels[] = {
		{"event_name", series->key.texts[0]},
		{"handler_name", series->key.texts[1]},
		{"language", series->key.texts[2]},
	};
	struct attributes all;

	return make_labels(&sink->batch->arena, labels, 3, &all) &&
	       add_count(sink, &publisher_count, &all, series);
}

static bool add_error(struct sink *sink, const struct series *series)
{
	const struct series_key *key = &series->key;
	bool is_other = !key->group && str_equal_c(key->texts[0], SERIES_OTHER);
	char group[ERROR_GROUP_TEXT_SIZE];
	const struct label labels[] = {
		{"error_group", is_other ? str_from(SERIES_OTHER) : str_make(group, sizeof(group))},
		{"exception_type", key->texts[0]},
		{"handler_name", key->texts[1]},
		{"handler_type", str_from(handler_type_name(key->type))},
		{"language", key->texts[2]},
	};
	struct attributes all;

	error_group_text(key->group, group);
	return make_labels(&sink->batch->arena, labels, 5, &all) &&
	       add_count(sink, &error_count, &all, series) &&
	       add_exemplar(&sink->batch->arena, series, whole(1),
			    &sink->batch->points[sink->batch->point_count - 1]);
}

static void begin_interval(struct series *series, uint64_t now_ns)
{
	series->count = 0;
	series->slowest.time_ns = 0;
	series->since_ns = now_ns;
	distribution_clear(&series->durations);
}

/* Moves what was counted into points, a series at a time; false where one did not fit. */
static bool collect_table(struct series_table *table, struct sink *sink,
			  bool (*add)(struct sink *sink, const struct series *series))
{
	/* Series are given up only at the ceiling, so that a quiet handler does not come and go. */
	if (table->count >= table->limit)
		series_table_drop_idle(table);
	for (size_t i = 0; i < table->count; i++) {
		struct series *series = &table->items[i];
		size_t before = sink->batch->point_count;

		if (series->count && !add(sink, series)) {
			sink->batch->point_count = before;
			return false;
		}
		begin_interval(series, sink->now_ns);
	}
	return true;
}

static bool collect_tallies(struct tally_table *table, struct sink *sink,
			    bool (*add)(struct sink *sink, const struct series *series))
{
	bool complete = collect_table(&table->current, sink, add) && collect_table(&table->late, sink, add);

	/* A minute that is over comes back seldom. */
	series_table_drop_idle(&table->late);
	return complete;
}

/* A handler with successes and errors is one handler: it is counted where its successes are. */
static size_t count_active_handlers(const struct series_table *executions)
{
	size_t active = 0;

	for (size_t i = 0; i < executions->count; i++) {
		const struct series *series = &executions->items[i], *success;
		struct series_key key = series->key;

		key.outcome = OUTCOME_SUCCESS;
		success = series_table_find(executions, &key);
		active += series->count && (success == series || !success || !success->count);
	}
	return active;
}

static bool add_gauge(struct sink *sink, const struct metric *metric, const struct label *labels,
		      struct number value)
{
	struct attributes attributes;
	struct metric_point *point;

	if (!make_labels(&sink->batch->arena, labels, 2, &attributes))
		return false;
	point = add_point(sink, metric, &attributes, 0);
	if (point)
		point->value = value;
	return point != NULL;
}

/* The machine has the label host alone, this process both. */
static bool collect_gauges(struct counters *counters, size_t active, struct sink *sink)
{
	const struct label machine[] = {{"host", str_from(counters->host)}, {"process", {NULL, 0}}};
	const struct label process[] = {machine[0], {"process", str_from("rohas-telemetry")}};
	struct system_usage usage;

	system_meter_read(&counters->meter, &usage);
	return add_gauge(sink, &active_handlers, machine, whole(active)) &&
	       (!usage.has_memory || add_gauge(sink, &memory_usage, machine, whole(usage.memory_bytes))) &&
	       (!usage.has_process_memory ||
		add_gauge(sink, &memory_usage, process, whole(usage.process_memory_bytes))) &&
	       (!usage.has_cpu || add_gauge(sink, &cpu_usage, machine, real(usage.cpu))) &&
	       (!usage.has_process_cpu || add_gauge(sink, &cpu_usage, process, real(usage.process_cpu)));
}

static bool add_run(struct sink *sink, const struct cron_run *run)
{
	const struct label labels[] = {
		{"handler_name", run->key.texts[0]},
		{"status", str_from(outcome_name(run->key.outcome))},
		{"schedule", run->key.texts[1]},
		{"language", run->key.texts[2]},
	};
	struct attributes attributes;
	struct metric_point *point;

	if (!make_labels(&sink->batch->arena, labels, 4, &attributes))
		return false;
	point = add_point(sink, &run_duration, &attributes, 0);
	if (!point)
		return false;
	point->time_ns = run->start_ns;
	point->value = real(milliseconds(run->duration_ns));
	return true;
}

static bool collect_runs(struct counters *counters, struct sink *sink)
{
	size_t count = 0;

	while (count < counters->run_count && add_run(sink, &counters->runs[count]))
		series_key_release(&counters->runs[count++].key);
	counters->run_count -= count;
	memmove(counters->runs, counters->runs + count, counters->run_count * sizeof(*counters->runs));
	return counters->run_count == 0;
}

bool counters_collect(struct counters *counters, uint64_t now_ns, struct batch *batch_out)
{
	struct sink sink = {batch_out, now_ns};
	size_t active = count_active_handlers(&counters->executions.current);

	return collect_gauges(counters, active, &sink) &&
	       collect_tallies(&counters->executions, &sink, add_execution) &&
	       collect_tallies(&counters->handled, &sink, add_handled) &&
	       collect_tallies(&counters->published, &sink, add_published) &&
	       collect_tallies(&counters->queued, &sink, add_queued) &&
	       collect_tallies(&counters->publishers, &sink, add_publisher) &&
	       collect_tallies(&counters->errors, &sink, add_error) && collect_runs(counters, &sink);
}
