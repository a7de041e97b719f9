#include "server/live.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "server/render.h"
#include "server/waiting_traces.h"

enum {
	/* How often the thread looks for what is due, while something waits. */
	TICK_MS = 20,
	/* Put together between two rests. */
	TRACES_AT_ONCE = 25,
	/* How long the thread rests after work, as a multiple of what it took; and at most. */
	REST = 4,
	LONGEST_REST_MS = 400,
	/* Traces read between two rests to find the handlers of logs. */
	LOG_TRACES_AT_ONCE = 100,
};
#define LOGS_LIMIT_BYTES ((size_t)16 << 20)

struct live {
	struct query *query; /* borrowed */
	pthread_t thread;
	pthread_mutex_t lock; /* of everything up to the counts */
	pthread_cond_t changed;
	struct waiting_traces *traces;
	struct batch *logs; /* what arrived since the thread last looked */
	struct live_reader *joining;
	bool stopping;
	atomic_size_t reader_count, trace_reader_count, log_reader_count;
	_Atomic uint64_t dropped_readers, dropped_traces, dropped_logs, sent_traces, sent_logs;
	/* The thread's own. */
	struct live_reader *readers;
	struct batch batches[2];
	struct batch *taken_logs;
	uint8_t due[TRACES_AT_ONCE][TRACE_ID_SIZE];
	size_t due_count;
	uint64_t told_traces, told_logs;
	uint64_t heartbeat_ns; /* when the next one is due */
	uint64_t rested_ns;    /* when it may work again */
	struct buffer event;
};

struct live_reader *live_reader_new(void)
{
	struct live_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		arena_init(&reader->arena, 0);
	return reader;
}

void live_reader_free(struct live_reader *reader)
{
	if (!reader)
		return;
	live_question_release(&reader->question);
	arena_release(&reader->arena);
	free(reader);
}

/* ---- what the committing thread does ---- */

static void note_spans(struct live *live, const struct span *spans, size_t count)
{
	uint64_t now_ns = clock_monotonic_ns();
	const uint8_t *last = NULL;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *trace_id = spans[i].trace_id;

		if (last && memcmp(last, trace_id, TRACE_ID_SIZE) == 0)
			continue;
		last = trace_id;
		if (!waiting_traces_note(live->traces, trace_id, now_ns))
			atomic_fetch_add(&live->dropped_traces, 1);
	}
}

static void note_logs(struct live *live, const struct batch *batch)
{
	for (size_t i = 0; i < batch->log_count; i++)
		if (live->logs->log_count == LIVE_LOGS_WAITING_MOST ||
		    !batch_copy_log(live->logs, &batch->logs[i])) {
			atomic_fetch_add(&live->dropped_logs, batch->log_count - i);
			return;
		}
}

void live_note_batch(struct live *live, const struct batch *batch)
{
	bool wants_spans =
		(batch->span_count || batch->start_count) && atomic_load(&live->trace_reader_count);
	bool wants_logs = batch->log_count && atomic_load(&live->log_reader_count);

	if (!wants_spans && !wants_logs)
		return;
	pthread_mutex_lock(&live->lock);
	if (wants_spans) {
		note_spans(live, batch->spans, batch->span_count);
		note_spans(live, batch->starts, batch->start_count);
	}
	if (wants_logs)
		note_logs(live, batch);
	pthread_cond_signal(&live->changed);
	pthread_mutex_unlock(&live->lock);
}

/* ---- readers ---- */

bool live_add(struct live *live, struct live_reader *reader)
{
	bool added;

	pthread_mutex_lock(&live->lock);
	added = !live->stopping && atomic_load(&live->reader_count) < LIVE_READERS_MOST;
	if (added) {
		reader->next = live->joining;
		live->joining = reader;
		atomic_fetch_add(&live->reader_count, 1);
		atomic_fetch_add(&live->trace_reader_count, reader->question.traces);
		atomic_fetch_add(&live->log_reader_count, reader->question.logs);
		pthread_cond_signal(&live->changed);
	}
	pthread_mutex_unlock(&live->lock);
	return added;
}

static void drop_reader(struct live *live, struct live_reader **at)
{
	struct live_reader *reader = *at;

	*at = reader->next;
	atomic_fetch_sub(&live->reader_count, 1);
	atomic_fetch_sub(&live->trace_reader_count, reader->question.traces);
	atomic_fetch_sub(&live->log_reader_count, reader->question.logs);
	http_stream_close(reader->stream);
	live_reader_free(reader);
}

/* Decides whether a reader gets an event. */
typedef bool reader_wants(const struct live_reader *reader, const void *subject);

static bool wants_all(const struct live_reader *reader, const void *subject)
{
	(void)reader, (void)subject;
	return true;
}

static bool wants_trace(const struct live_reader *reader, const void *subject)
{
	return reader->question.traces && trace_matches(subject, &reader->question.trace.query.filter, true);
}

static bool wants_log(const struct live_reader *reader, const void *subject)
{
	const struct log_query *query = &reader->question.log.query;

	return reader->question.logs && log_filter_match(&query->filter, subject) &&
	       (!query->handled || predicate_match_log(query->handled, subject));
}

/* Writes live->event to those who want it. Who is gone, or too slow, is dropped. */
static void send_event(struct live *live, reader_wants *wants, const void *subject)
{
	struct live_reader **at = &live->readers;

	while (*at) {
		enum status status = STATUS_OK;

		if (wants(*at, subject))
			status = http_stream_write((*at)->stream, buffer_str(&live->event));
		if (status == STATUS_OK) {
			at = &(*at)->next;
			continue;
		}
		if (status != STATUS_CANCELLED)
			atomic_fetch_add(&live->dropped_readers, 1);
		drop_reader(live, at);
	}
	buffer_clear(&live->event);
}

static bool anybody_wants(const struct live *live, reader_wants *wants, const void *subject)
{
	for (const struct live_reader *reader = live->readers; reader; reader = reader->next)
		if (wants(reader, subject))
			return true;
	return false;
}

/* ---- what the thread does ---- */

static void send_trace(struct live *live, const uint8_t trace_id[TRACE_ID_SIZE])
{
	const struct trace *trace = NULL;
	struct json json = json_to(&live->event);
	struct error error;

	if (trace_get(live->query, trace_id, &trace, &error) != STATUS_OK)
		return;
	if (anybody_wants(live, wants_trace, trace)) {
		buffer_append_c(&live->event, "event: trace\ndata: ");
		render_trace_summary(&json, &trace->summary);
		buffer_append_c(&live->event, "\n\n");
		send_event(live, wants_trace, trace);
		atomic_fetch_add(&live->sent_traces, 1);
	}
	trace_drop(trace);
}

static void send_log(struct live *live, const struct log_record *record)
{
	struct json json = json_to(&live->event);

	if (!anybody_wants(live, wants_log, record))
		return;
	buffer_append_c(&live->event, "event: log\ndata: ");
	render_log(&json, record);
	buffer_append_c(&live->event, "\n\n");
	send_event(live, wants_log, record);
	atomic_fetch_add(&live->sent_logs, 1);
}

static void send_logs(struct live *live)
{
	struct batch *batch = live->taken_logs;
	const uint8_t *last_trace_id = NULL;
	size_t trace_count = 0;
	struct error error;

	for (size_t i = 0; i < batch->log_count; i++) {
		struct log_record *record = &batch->logs[i];

		trace_count += !last_trace_id || memcmp(last_trace_id, record->trace_id, TRACE_ID_SIZE) != 0;
		last_trace_id = record->trace_id;
		if (trace_count <= LOG_TRACES_AT_ONCE)
			log_find_handler(live->query, record, &batch->arena, &record->handler, &error);
		send_log(live, record);
	}
	batch_clear(batch);
}

static void send_losses(struct live *live)
{
	uint64_t traces = atomic_load(&live->dropped_traces), logs = atomic_load(&live->dropped_logs);
	struct json json = json_to(&live->event);

	if (traces == live->told_traces && logs == live->told_logs)
		return;
	buffer_append_c(&live->event, "event: dropped\ndata: ");
	json_begin_object(&json);
	json_member_u64(&json, "traces", traces - live->told_traces);
	json_member_u64(&json, "logs", logs - live->told_logs);
	json_end_object(&json);
	buffer_append_c(&live->event, "\n\n");
	send_event(live, wants_all, NULL);
	live->told_traces = traces;
	live->told_logs = logs;
}

static void send_heartbeat(struct live *live)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns < live->heartbeat_ns)
		return;
	live->heartbeat_ns = now_ns + LIVE_HEARTBEAT_MS * NS_PER_MS;
	buffer_append_c(&live->event, ": heartbeat\n\n");
	send_event(live, wants_all, NULL);
}

static bool take_readers(struct live *live)
{
	bool joined = live->joining != NULL;

	while (live->joining) {
		struct live_reader *reader = live->joining;

		live->joining = reader->next;
		reader->next = live->readers;
		live->readers = reader;
	}
	return joined;
}

/* Takes what is to be done, under the lock. False where there is nothing. */
static bool take_work(struct live *live)
{
	uint64_t now_ns = clock_monotonic_ns();
	bool joined = take_readers(live);
	struct batch *logs = live->logs;

	live->due_count = 0;
	if (now_ns >= live->rested_ns) {
		live->due_count = waiting_traces_take(live->traces, now_ns, live->due, TRACES_AT_ONCE);
		live->logs = live->taken_logs;
		live->taken_logs = logs;
	}
	return joined || live->due_count || live->taken_logs->log_count || now_ns >= live->heartbeat_ns;
}

/* While more arrives than people can look at, most of the processor is for those who send. */
static void rest(struct live *live, uint64_t begun_ns)
{
	uint64_t now_ns = clock_monotonic_ns(), rest_ns = REST * (now_ns - begun_ns);

	if (rest_ns > LONGEST_REST_MS * NS_PER_MS)
		rest_ns = LONGEST_REST_MS * NS_PER_MS;
	live->rested_ns = now_ns + rest_ns;
}

static void do_work(struct live *live)
{
	uint64_t begun_ns = clock_monotonic_ns();

	if (live->taken_logs->log_count)
		send_logs(live);
	for (size_t i = 0; i < live->due_count; i++)
		send_trace(live, live->due[i]);
	rest(live, begun_ns);
	send_losses(live);
	send_heartbeat(live);
}

static void wait_for_work(struct live *live)
{
	bool is_waiting = waiting_traces_count(live->traces) || live->logs->log_count;
	uint64_t until_ns = clock_monotonic_ns() + (is_waiting ? TICK_MS : LIVE_HEARTBEAT_MS) * NS_PER_MS;
	struct timespec until;

	if (live->readers && until_ns > live->heartbeat_ns)
		until_ns = live->heartbeat_ns;
	until.tv_sec = (time_t)(until_ns / NS_PER_SECOND);
	until.tv_nsec = (long)(until_ns % NS_PER_SECOND);
	pthread_cond_timedwait(&live->changed, &live->lock, &until);
}

static void *run(void *argument)
{
	struct live *live = argument;

	pthread_mutex_lock(&live->lock);
	while (!live->stopping) {
		if (!take_work(live)) {
			wait_for_work(live);
			continue;
		}
		pthread_mutex_unlock(&live->lock);
		do_work(live);
		pthread_mutex_lock(&live->lock);
	}
	take_work(live);
	pthread_mutex_unlock(&live->lock);
	while (live->readers)
		drop_reader(live, &live->readers);
	return NULL;
}

static void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status live_new(struct query *query, struct live **live_out, struct error *error)
{
	struct live *live = calloc(1, sizeof(*live));

	if (!live)
		return error_set(error, STATUS_NO_MEMORY, "no memory for the live stream");
	live->query = query;
	for (int i = 0; i < 2; i++)
		batch_init(&live->batches[i], LOGS_LIMIT_BYTES);
	live->logs = &live->batches[0];
	live->taken_logs = &live->batches[1];
	live->traces = waiting_traces_new(LIVE_TRACES_WAITING_MOST, LIVE_SETTLE_MS * NS_PER_MS,
					  LIVE_LATEST_MS * NS_PER_MS);
	pthread_mutex_init(&live->lock, NULL);
	condition_init(&live->changed);
	if (!live->traces || pthread_create(&live->thread, NULL, run, live) != 0) {
		live_free(live);
		return error_set(error, STATUS_NO_MEMORY, "the live stream's thread cannot be started");
	}
	*live_out = live;
	return STATUS_OK;
}

void live_stats_read(struct live *live, struct live_stats *stats_out)
{
	*stats_out = (struct live_stats){
		.reader_count = atomic_load(&live->reader_count),
		.dropped_reader_count = atomic_load(&live->dropped_readers),
		.trace_count = atomic_load(&live->sent_traces),
		.log_count = atomic_load(&live->sent_logs),
		.dropped_trace_count = atomic_load(&live->dropped_traces),
		.dropped_log_count = atomic_load(&live->dropped_logs),
	};
}

void live_stop(struct live *live)
{
	pthread_mutex_lock(&live->lock);
	live->stopping = true;
	pthread_cond_signal(&live->changed);
	pthread_mutex_unlock(&live->lock);
	pthread_join(live->thread, NULL);
}

void live_free(struct live *live)
{
	if (!live)
		return;
	for (int i = 0; i < 2; i++)
		batch_release(&live->batches[i]);
	waiting_traces_free(live->traces);
	buffer_release(&live->event);
	pthread_cond_destroy(&live->changed);
	pthread_mutex_destroy(&live->lock);
	free(live);
}
