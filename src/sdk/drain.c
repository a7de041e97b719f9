#include "sdk/drain.h"

#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "model/batch.h"
#include "sdk/registry.h"
#include "sdk/threads.h"

static const uint64_t metrics_every_ns = 5 * NS_PER_SECOND;

/* One for the process: a caller has no time to look for it. */
static sem_t wake;
static _Atomic bool is_woken;

void drain_wake(void)
{
	if (!atomic_exchange_explicit(&is_woken, true, memory_order_relaxed))
		sem_post(&wake);
}

void pool_wake_drain(struct pool *pool)
{
	pool->until_wake = pool->chunk_count / 2;
	drain_wake();
}

enum status drain_init(struct drain *drain, const struct settings *settings, struct figures *figures,
		       struct outbox *outbox, struct error *error)
{
	*drain = (struct drain){.settings = settings, .figures = figures, .outbox = outbox};
	if (!encoder_init(&drain->encoder, settings))
		return error_set(error, STATUS_NO_MEMORY, "no memory for requests");
	sem_init(&wake, 0, 0);
	atomic_store(&is_woken, false);
	ticks_calibration_init(&drain->clock);
	drain->metrics_since_ns = drain->clock.now.real_ns;
	drain->metrics_due_ns = clock_monotonic_ns() + metrics_every_ns;
	return STATUS_OK;
}

/* What gathered of a signal goes to the outbox. */
static void send_rows(struct drain *drain, int signal)
{
	struct encoder *encoder = &drain->encoder;
	uint32_t rows = encoder->counts[signal];
	struct body *body;

	if (!rows)
		return;
	body = outbox_new_body(drain->outbox, encoder_body_size(encoder, signal));
	if (body) {
		body->signal = (uint8_t)signal;
		body->rows = rows;
		encoder_write_body(encoder, signal, body->bytes);
		outbox_push(drain->outbox, body);
	} else {
		figures_add(&drain->figures->lost[LOST_QUEUE_FULL][signal], rows);
		figures_set_reason(drain->figures, "the queue to the receiver is full");
	}
	encoder_forget(encoder, signal);
}

static bool add_record(struct drain *drain, const struct record *record)
{
	return record->sort == RECORD_SPAN ? encoder_add_span(&drain->encoder, record, &drain->clock)
					   : encoder_add_log(&drain->encoder, record, &drain->clock);
}

static void take_finished(struct drain *drain, struct pool *pool)
{
	struct record *record = pool_finished(pool), *next;

	for (; record; record = next) {
		int signal = record->sort == RECORD_SPAN ? SIGNAL_TRACES : SIGNAL_LOGS;

		next = (struct record *)record->next;
		if (!add_record(drain, record)) {
			send_rows(drain, signal);
			add_record(drain, record);
		}
		pool_give_back(record);
	}
}

static void tell_running(struct drain *drain, struct pool *pool, uint32_t index)
{
	const struct record *record = (const struct record *)&pool->chunks[index];

	if (!record->handler)
		return;
	if (!encoder_add_running(&drain->encoder, record, &drain->clock)) {
		send_rows(drain, SIGNAL_LOGS);
		encoder_add_running(&drain->encoder, record, &drain->clock);
	}
}

/* Executions that began before and have not been told of. What ended meanwhile is told of too: it was not drained. */
static void take_running(struct drain *drain, struct pool *pool, uint64_t before)
{
	uint32_t used_count = atomic_load_explicit(&pool->used_count, memory_order_acquire);

	for (uint32_t i = 0; i < used_count; i++) {
		uint64_t begun = atomic_load_explicit(&pool->begun[i], memory_order_acquire);

		if (!begun || begun > before || pool->is_told[i])
			continue;
		pool->is_told[i] = true;
		tell_running(drain, pool, i);
	}
}

static uint64_t delta(const _Atomic uint64_t *figure, uint64_t *told)
{
	uint64_t now = atomic_load_explicit(figure, memory_order_relaxed), before = *told;

	*told = now;
	return now - before;
}

static void count_pool_full(struct figures *figures, int signal, uint64_t count)
{
	if (!count)
		return;
	figures_add(&figures->lost[LOST_POOL_FULL][signal], count);
	figures_set_reason(figures, "a thread recorded more than its pool holds, or had none");
}

static void take_losses(struct drain *drain, struct pool *pool)
{
	struct figures *figures = drain->figures;

	for (int signal = 0; signal < SIGNALS; signal++)
		count_pool_full(figures, signal, delta(&pool->lost[signal], &pool->reported_lost[signal]));
	figures_add(&figures->invalid_contexts, delta(&pool->invalid_contexts, &pool->reported_invalid));
}

/* What threads without a pool lost is counted by itself. */
static void take_losses_of_others(struct drain *drain)
{
	for (int signal = 0; signal < SIGNALS; signal++)
		count_pool_full(drain->figures, signal, registry_take_lost(signal));
}

static double as_double(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* What was added to a cell since it was looked at last. */
static double cell_delta(const struct cell *cell, struct cell *reported, uint64_t buckets[CELL_BUCKETS])
{
	uint64_t sum = atomic_load_explicit(&cell->sum, memory_order_relaxed);
	double added = as_double(sum) - as_double(atomic_load_explicit(&reported->sum, memory_order_relaxed));

	atomic_store_explicit(&reported->sum, sum, memory_order_relaxed);
	for (int i = 0; i < CELL_BUCKETS; i++) {
		uint64_t count = atomic_load_explicit(&cell->buckets[i], memory_order_relaxed);

		buckets[i] += count - atomic_load_explicit(&reported->buckets[i], memory_order_relaxed);
		atomic_store_explicit(&reported->buckets[i], count, memory_order_relaxed);
	}
	return added;
}

static void add_point(struct drain *drain, const struct series *series, double sum, const uint64_t *buckets)
{
	uint64_t start_ns = drain->metrics_since_ns, end_ns = drain->clock.now.real_ns;

	if (encoder_add_series(&drain->encoder, series, sum, buckets, start_ns, end_ns))
		return;
	send_rows(drain, SIGNAL_METRICS);
	encoder_add_series(&drain->encoder, series, sum, buckets, start_ns, end_ns);
}

static void take_gauge(struct drain *drain, struct series *series)
{
	if (atomic_exchange_explicit(&series->is_set, false, memory_order_acquire))
		add_point(drain, series,
			  as_double(atomic_load_explicit(&series->gauge, memory_order_relaxed)), NULL);
}

static void take_series(struct drain *drain, uint32_t index)
{
	struct series *series = series_at(index);
	uint64_t buckets[CELL_BUCKETS] = {0}, count = 0;
	double sum = 0;

	if (series->sort == SERIES_GAUGE) {
		take_gauge(drain, series);
		return;
	}
	for (struct pool *pool = registry_first(); pool; pool = registry_next(pool))
		sum += cell_delta(&pool->cells[index], &pool->reported[index], buckets);
	for (int i = 0; i < CELL_BUCKETS; i++)
		count += buckets[i];
	if (count)
		add_point(drain, series, sum, buckets);
}

static void add_losses(struct drain *drain)
{
	for (int loss = 0; loss < LOSS_COUNT; loss++)
		for (int signal = 0; signal < SIGNALS; signal++) {
			uint64_t lost =
				delta(&drain->figures->lost[loss][signal], &drain->told_losses[loss][signal]);

			if (lost)
				encoder_add_loss(&drain->encoder, signal_name((enum signal)signal),
						 loss_name((enum loss)loss), lost, drain->metrics_since_ns,
						 drain->clock.now.real_ns);
		}
}

static void take_metrics(struct drain *drain)
{
	uint32_t count = series_count();

	for (uint32_t i = 1; i <= count; i++)
		take_series(drain, i);
	add_losses(drain);
	drain->metrics_since_ns = drain->clock.now.real_ns;
	drain->metrics_due_ns = clock_monotonic_ns() + metrics_every_ns;
}

static void go_round(struct drain *drain, bool with_metrics)
{
	uint64_t number = outbox_asked(drain->outbox), patience, before;

	ticks_calibrate(&drain->clock);
	patience = ticks_of_ns(&drain->clock, drain->settings->running_after_ms * NS_PER_MS);
	before = drain->clock.now.ticks > patience ? drain->clock.now.ticks - patience : 0;
	for (struct pool *pool = registry_first(); pool; pool = registry_next(pool)) {
		take_finished(drain, pool);
		if (patience)
			take_running(drain, pool, before);
		take_losses(drain, pool);
	}
	take_losses_of_others(drain);
	if (with_metrics || number != drain->outbox->answered ||
	    clock_monotonic_ns() >= drain->metrics_due_ns)
		take_metrics(drain);
	for (int signal = 0; signal < SIGNALS; signal++)
		send_rows(drain, signal);
	outbox_answer(drain->outbox, number);
}

static void wait_for_work(const struct drain *drain)
{
	uint64_t until_ns = clock_monotonic_ns() + drain->settings->flush_interval_ms * NS_PER_MS;
	struct timespec until = {(time_t)(until_ns / NS_PER_SECOND), (long)(until_ns % NS_PER_SECOND)};

	while (sem_clockwait(&wake, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
		;
	atomic_store_explicit(&is_woken, false, memory_order_relaxed);
}

static void *run(void *context)
{
	struct drain *drain = context;

	while (!atomic_load(&drain->is_stopping)) {
		wait_for_work(drain);
		go_round(drain, false);
	}
	return NULL;
}

enum status drain_start(struct drain *drain, struct error *error)
{
	if (!thread_start(&drain->thread, "rohas drain", run, drain))
		return error_set(error, STATUS_NO_MEMORY, "the system has no thread left for the library");
	drain->has_thread = true;
	return STATUS_OK;
}

static void count_unfinished(struct drain *drain)
{
	for (struct pool *pool = registry_first(); pool; pool = registry_next(pool))
		figures_add(&drain->figures->unfinished, pool_count_begun(pool));
}

void drain_stop(struct drain *drain)
{
	if (!drain->has_thread)
		return;
	atomic_store(&drain->is_stopping, true);
	drain_wake();
	pthread_join(drain->thread, NULL);
	drain->has_thread = false;
	go_round(drain, true);
	count_unfinished(drain);
}

void drain_release(struct drain *drain)
{
	encoder_release(&drain->encoder);
}

void drain_after_fork(struct drain *drain)
{
	for (int signal = 0; signal < SIGNALS; signal++)
		encoder_forget(&drain->encoder, signal);
	memset(drain->told_losses, 0, sizeof(drain->told_losses));
	drain->has_thread = false;
	sem_init(&wake, 0, 0);
	atomic_store(&is_woken, false);
	ticks_calibration_init(&drain->clock);
	drain->metrics_since_ns = drain->clock.now.real_ns;
	drain->metrics_due_ns = clock_monotonic_ns() + metrics_every_ns;
}
