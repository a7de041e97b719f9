#include "query/running.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"

enum {
	PLACE_COUNT = 32768,     /* of the table: at most a third is used */
	ENDS_REMEMBERED = 65536, /* about: a newer one may take an older one's place */
	PROCESS_COUNT = 8192,    /* places of processes; at most half is used */
	FORGET_EVERY_STARTS = 256,
};

/* A span that has started. */
struct started {
	struct batch batch; /* the span alone */
	uint64_t process;
};

/* A sender of telemetry. */
struct process {
	uint64_t hash; /* 0: an empty place */
	uint64_t heard_ns;
};

struct running {
	const struct clock *clock;
	uint64_t lost_after_ns;
	pthread_mutex_t lock; /* of what follows */
	struct started *places[PLACE_COUNT];
	size_t count;
	uint64_t refused;
	unsigned starts_since_forgetting;
	bool has_starts; /* somebody reports them */
	uint64_t ends[ENDS_REMEMBERED];
	struct process processes[PROCESS_COUNT];
	size_t process_count;
};

struct running *running_new(const struct clock *clock, uint64_t lost_after_ns)
{
	struct running *running = calloc(1, sizeof(*running));

	if (!running)
		return NULL;
	running->clock = clock;
	running->lost_after_ns = lost_after_ns;
	pthread_mutex_init(&running->lock, NULL);
	return running;
}

static void free_started(struct started *started)
{
	batch_release(&started->batch);
	free(started);
}

void running_free(struct running *running)
{
	if (!running)
		return;
	for (size_t i = 0; i < PLACE_COUNT; i++)
		if (running->places[i])
			free_started(running->places[i]);
	pthread_mutex_destroy(&running->lock);
	free(running);
}

/* Ids are random, but foreign: nobody shall aim. */
static uint64_t hash_of_trace(const uint8_t trace_id[TRACE_ID_SIZE])
{
	return hash_seeded(trace_id, TRACE_ID_SIZE, hash_seed());
}

static uint64_t hash_of_end(const struct span *span)
{
	return hash_seeded(span->span_id, SPAN_ID_SIZE, hash_of_trace(span->trace_id));
}

static const struct span *span_of(const struct started *started)
{
	return &started->batch.spans[0];
}

static bool is_span(const struct started *started, const struct span *span)
{
	return memcmp(span_of(started)->span_id, span->span_id, SPAN_ID_SIZE) == 0 &&
	       memcmp(span_of(started)->trace_id, span->trace_id, TRACE_ID_SIZE) == 0;
}

/* The place of the span, or the empty one where it would stand. Spans of one trace stand near each other. */
static size_t place_of(const struct running *running, const struct span *span)
{
	size_t at = hash_of_trace(span->trace_id) % PLACE_COUNT;

	while (running->places[at] && !is_span(running->places[at], span))
		at = (at + 1) % PLACE_COUNT;
	return at;
}

/* Empties a place, and moves what stood behind it for want of it. */
static void take_out(struct running *running, size_t at)
{
	size_t hole = at;

	free_started(running->places[at]);
	running->places[at] = NULL;
	running->count--;
	for (size_t next = (at + 1) % PLACE_COUNT; running->places[next]; next = (next + 1) % PLACE_COUNT) {
		size_t wanted = hash_of_trace(span_of(running->places[next])->trace_id) % PLACE_COUNT;

		if ((next + PLACE_COUNT - wanted) % PLACE_COUNT < (next + PLACE_COUNT - hole) % PLACE_COUNT)
			continue;
		running->places[hole] = running->places[next];
		running->places[next] = NULL;
		hole = next;
	}
}

static uint64_t hash_text(const struct attributes *attributes, const char *key, uint64_t seed)
{
	const struct value *value = attributes_find(attributes, key);

	if (!value)
		return seed;
	if (value->type == VALUE_INT)
		return hash_seeded(&value->integer, sizeof(value->integer), seed);
	return hash_seeded(value_str(value).data, value_str(value).size, seed);
}

/* What tells one process from another, as far as it says so. */
static uint64_t process_of(const struct resource *resource)
{
	static const char *const keys[] = {"service.namespace", "service.name", "service.instance.id",
					   "host.name", "process.pid"};
	uint64_t hash = hash_seed();

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		hash = hash_text(&resource->attributes, keys[i], hash + i);
	return hash ? hash : 1;
}

static struct process *find_process(struct running *running, uint64_t hash)
{
	size_t at = hash % PROCESS_COUNT;

	while (running->processes[at].hash && running->processes[at].hash != hash)
		at = (at + 1) % PROCESS_COUNT;
	return &running->processes[at];
}

/* Drops the processes that nothing of is running. */
static void forget_processes(struct running *running)
{
	struct process *before = malloc(sizeof(running->processes));

	if (!before)
		return;
	memcpy(before, running->processes, sizeof(running->processes));
	memset(running->processes, 0, sizeof(running->processes));
	running->process_count = 0;
	for (size_t i = 0; i < PLACE_COUNT; i++) {
		struct process *process;
		size_t at;

		if (!running->places[i])
			continue;
		process = find_process(running, running->places[i]->process);
		if (process->hash)
			continue;
		at = running->places[i]->process % PROCESS_COUNT;
		while (before[at].hash && before[at].hash != running->places[i]->process)
			at = (at + 1) % PROCESS_COUNT;
		*process = (struct process){running->places[i]->process, before[at].heard_ns};
		running->process_count++;
	}
	free(before);
}

/* A process that has no place counts as heard of when its span started. */
static void admit_process(struct running *running, uint64_t hash, uint64_t now_ns)
{
	struct process *process = find_process(running, hash);

	if (!process->hash) {
		if (running->process_count >= PROCESS_COUNT / 2)
			forget_processes(running);
		if (running->process_count >= PROCESS_COUNT / 2)
			return;
		process = find_process(running, hash);
		process->hash = hash;
		running->process_count++;
	}
	process->heard_ns = now_ns;
}

/* Resources of rows that stand together are the same. */
static void hear(struct running *running, const struct resource *resource, const struct resource **last,
		 uint64_t now_ns)
{
	struct process *process;

	if (resource == *last)
		return;
	*last = resource;
	process = find_process(running, process_of(resource));
	if (process->hash)
		process->heard_ns = now_ns;
}

static void hear_batch(struct running *running, const struct batch *batch, uint64_t now_ns)
{
	const struct resource *last = NULL;

	for (size_t i = 0; i < batch->span_count + batch->unsampled_count; i++)
		hear(running, batch->spans[i].resource, &last, now_ns);
	for (size_t i = 0; i < batch->log_count; i++)
		hear(running, batch->logs[i].resource, &last, now_ns);
	for (size_t i = 0; i < batch->point_count; i++)
		hear(running, batch->points[i].resource, &last, now_ns);
}

static void note_end(struct running *running, const struct span *span)
{
	uint64_t hash;
	size_t at;

	if (!running->has_starts && span->handler.role != ROLE_EXECUTION)
		return;
	hash = hash_of_end(span);
	running->ends[hash % ENDS_REMEMBERED] = hash;
	if (!running->count)
		return;
	at = place_of(running, span);
	if (running->places[at])
		take_out(running, at);
}

static void forget_old(struct running *running, uint64_t now_ns)
{
	for (size_t i = 0; i < PLACE_COUNT; i++)
		/* Taking one out may move another into its place. */
		while (running->places[i] &&
		       span_of(running->places[i])->start_ns + RUNNING_FORGOTTEN_NS < now_ns)
			take_out(running, i);
	running->starts_since_forgetting = 0;
}

static struct started *copy_start(const struct span *span)
{
	struct started *started = calloc(1, sizeof(*started));

	if (!started)
		return NULL;
	batch_init(&started->batch, 0);
	if (!batch_copy_span(&started->batch, span)) {
		free_started(started);
		return NULL;
	}
	started->process = process_of(span->resource);
	return started;
}

static void note_start(struct running *running, const struct span *span, uint64_t now_ns)
{
	uint64_t hash = hash_of_end(span);
	struct started *started;
	size_t at;

	running->has_starts = true;
	if (running->ends[hash % ENDS_REMEMBERED] == hash || span->start_ns + RUNNING_FORGOTTEN_NS < now_ns)
		return;
	if (++running->starts_since_forgetting >= FORGET_EVERY_STARTS || running->count >= RUNNING_MOST)
		forget_old(running, now_ns);
	at = place_of(running, span);
	started = running->places[at] || running->count < RUNNING_MOST ? copy_start(span) : NULL;
	if (!started) {
		running->refused++;
		return;
	}
	if (running->places[at])
		free_started(running->places[at]);
	else
		running->count++;
	running->places[at] = started;
	admit_process(running, started->process, now_ns);
}

void running_note(struct running *running, const struct batch *batch)
{
	uint64_t now_ns = clock_now_ns(running->clock);

	pthread_mutex_lock(&running->lock);
	if (running->count)
		hear_batch(running, batch, now_ns);
	for (size_t i = 0; i < batch->span_count + batch->unsampled_count; i++)
		note_end(running, &batch->spans[i]);
	for (size_t i = 0; i < batch->start_count; i++)
		note_start(running, &batch->starts[i], now_ns);
	pthread_mutex_unlock(&running->lock);
}

/* The span as it is now. */
static struct span present(struct running *running, const struct started *started, uint64_t now_ns,
			   uint64_t *heard_out)
{
	struct span span = *span_of(started);
	const struct process *process = find_process(running, started->process);
	uint64_t heard_ns = process->hash ? process->heard_ns : span.start_ns;
	bool is_lost = heard_ns + running->lost_after_ns < now_ns;

	span.handler.outcome = is_lost ? OUTCOME_LOST : OUTCOME_RUNNING;
	span.end_ns = is_lost ? heard_ns : now_ns;
	if (span.end_ns < span.start_ns)
		span.end_ns = span.start_ns;
	*heard_out = heard_ns;
	return span;
}

static int newest_first(const void *a, const void *b)
{
	const struct span *x = span_of(*(const struct started *const *)a),
			  *y = span_of(*(const struct started *const *)b);

	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? 1 : -1;
	return memcmp(x->span_id, y->span_id, SPAN_ID_SIZE);
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory for a list of what is running");
}

/* The lock is held. */
static enum status list(struct running *running, const struct span_filter *filter, size_t limit,
			struct batch *batch_out, uint64_t *last_heard_out, struct error *error)
{
	const struct started **sorted = malloc((running->count + 1) * sizeof(*sorted));
	uint64_t now_ns = clock_now_ns(running->clock), heard_ns;
	size_t count = 0, added = 0;
	enum status status = STATUS_OK;

	if (!sorted)
		return no_memory(error);
	for (size_t i = 0; i < PLACE_COUNT; i++)
		if (running->places[i])
			sorted[count++] = running->places[i];
	qsort(sorted, count, sizeof(*sorted), newest_first);
	for (size_t i = 0; i < count && added < limit && status == STATUS_OK; i++) {
		struct span span = present(running, sorted[i], now_ns, &heard_ns);

		if (!span_filter_match(filter, &span))
			continue;
		if (!batch_copy_span(batch_out, &span))
			status = no_memory(error);
		else if (last_heard_out)
			last_heard_out[added] = heard_ns;
		added++;
	}
	free(sorted);
	return status;
}

enum status running_list(struct running *running, const struct span_filter *filter, size_t limit,
			 struct batch *batch_out, uint64_t *last_heard_out, struct error *error)
{
	enum status status;

	pthread_mutex_lock(&running->lock);
	status = list(running, filter, limit, batch_out, last_heard_out, error);
	pthread_mutex_unlock(&running->lock);
	return status;
}

enum status running_read_trace(struct running *running, const uint8_t trace_id[TRACE_ID_SIZE],
			       struct batch *batch_out, struct error *error)
{
	uint64_t now_ns = clock_now_ns(running->clock), heard_ns;
	enum status status = STATUS_OK;

	pthread_mutex_lock(&running->lock);
	for (size_t i = hash_of_trace(trace_id) % PLACE_COUNT; running->places[i] && status == STATUS_OK;
	     i = (i + 1) % PLACE_COUNT) {
		struct span span;

		if (memcmp(span_of(running->places[i])->trace_id, trace_id, TRACE_ID_SIZE) != 0)
			continue;
		span = present(running, running->places[i], now_ns, &heard_ns);
		if (!batch_copy_span(batch_out, &span))
			status = no_memory(error);
	}
	pthread_mutex_unlock(&running->lock);
	return status;
}

void running_read_stats(struct running *running, struct running_stats *stats_out)
{
	uint64_t now_ns = clock_now_ns(running->clock), heard_ns;
	struct running_stats stats = {0};

	pthread_mutex_lock(&running->lock);
	for (size_t i = 0; running->count && i < PLACE_COUNT; i++) {
		if (!running->places[i])
			continue;
		if (present(running, running->places[i], now_ns, &heard_ns).handler.outcome == OUTCOME_LOST)
			stats.lost++;
		else
			stats.running++;
	}
	stats.refused = running->refused;
	pthread_mutex_unlock(&running->lock);
	*stats_out = stats;
}
