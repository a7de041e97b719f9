#include "storage/commit_queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "storage/memory/memory_store.h"
#include "test.h"

/* A store that can be held up and told to fail, around a memory store. */
struct gate {
	struct store base;
	struct store *inner;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool closed;
	size_t waiting;
	size_t group_sizes[256], group_count;
	const struct batch *poison; /* an append with this batch fails */
	enum status poison_status;
};

static void enter(struct gate *gate, size_t count)
{
	pthread_mutex_lock(&gate->lock);
	gate->waiting++;
	gate->group_sizes[gate->group_count++ % 256] = count;
	pthread_cond_broadcast(&gate->changed);
	while (gate->closed)
		pthread_cond_wait(&gate->changed, &gate->lock);
	gate->waiting--;
	pthread_mutex_unlock(&gate->lock);
}

static enum status gate_append(struct store *store, struct batch *const *batches, size_t count,
			       struct error *error)
{
	struct gate *gate = (struct gate *)store;

	enter(gate, count);
	for (size_t i = 0; i < count; i++)
		if (batches[i] == gate->poison)
			return error_set(error, gate->poison_status, "a bad batch");
	return store_append(gate->inner, batches, count, error);
}

static const struct store_ops gate_ops = {
	.name = "gate", .capabilities = STORE_TRACES | STORE_METRICS | STORE_LOGS, .append = gate_append};

static void set_closed(struct gate *gate, bool closed)
{
	pthread_mutex_lock(&gate->lock);
	gate->closed = closed;
	pthread_cond_broadcast(&gate->changed);
	pthread_mutex_unlock(&gate->lock);
}

/* Returns once an append stands at the closed gate. */
static void wait_for_append(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (!gate->waiting)
		pthread_cond_wait(&gate->changed, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

struct outcome_of {
	struct batch batch;
	enum status status;
	char message[128];
	int calls;
};

struct bench {
	struct gate gate;
	struct commit_queue *queue;
};

static void done(void *context, struct batch *batch, enum status status, const struct error *error)
{
	struct outcome_of *outcome = context;

	assert_ptr_equal(batch, &outcome->batch);
	outcome->status = status;
	outcome->calls++;
	if (status != STATUS_OK)
		memcpy(outcome->message, error->message, sizeof(outcome->message));
}

static void bench_init(struct bench *bench, size_t limit_bytes)
{
	struct error error;

	*bench = (struct bench){.gate.base.ops = &gate_ops, .gate.inner = memory_store_open()};
	pthread_mutex_init(&bench->gate.lock, NULL);
	pthread_cond_init(&bench->gate.changed, NULL);
	assert_int_equal(commit_queue_new(&bench->gate.base, limit_bytes, &bench->queue, &error), STATUS_OK);
}

/* Lets all that waits through and ends the queue; outcomes may be looked at afterwards. */
static void bench_finish(struct bench *bench)
{
	set_closed(&bench->gate, false);
	commit_queue_stop(bench->queue);
}

static void bench_release(struct bench *bench)
{
	store_close(bench->gate.inner);
	pthread_cond_destroy(&bench->gate.changed);
	pthread_mutex_destroy(&bench->gate.lock);
}

static struct outcome_of *new_outcomes(size_t count)
{
	struct outcome_of *outcomes = calloc(count, sizeof(*outcomes));

	for (size_t i = 0; i < count; i++) {
		batch_init(&outcomes[i].batch, 0);
		batch_add_span(&outcomes[i].batch)->start_ns = i;
	}
	return outcomes;
}

static void free_outcomes(struct outcome_of *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		batch_release(&outcomes[i].batch);
	free(outcomes);
}

static enum status push(struct bench *bench, struct outcome_of *outcome, size_t size_bytes)
{
	struct error error;

	return commit_queue_push(bench->queue, &outcome->batch, size_bytes, done, outcome, &error);
}

static uint64_t stored_spans(struct bench *bench)
{
	struct store_stats stats;
	struct error error;

	assert_int_equal(store_stats(bench->gate.inner, &stats, &error), STATUS_OK);
	return stats.span_count;
}

static void completes_every_batch_once(void **state)
{
	struct outcome_of *outcomes = new_outcomes(500);
	struct bench bench;

	(void)state;
	bench_init(&bench, 1 << 30);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(push(&bench, &outcomes[i], 100), STATUS_OK);
	bench_finish(&bench);
	for (size_t i = 0; i < 500; i++) {
		assert_int_equal(outcomes[i].calls, 1);
		assert_int_equal(outcomes[i].status, STATUS_OK);
	}
	assert_int_equal(stored_spans(&bench), 500);
	bench_release(&bench);
	free_outcomes(outcomes, 500);
}

/* A window that no test lives to see the end of: only a whole group, or the end, closes it. */
static void waits_for_company_until_a_group_is_whole(void **state)
{
	enum { GROUP = 64, HOUR_MS = 3600000 };
	struct outcome_of *outcomes = new_outcomes(GROUP + 10);
	struct bench bench;

	(void)state;
	bench_init(&bench, 1 << 30);
	commit_queue_set_window(bench.queue, HOUR_MS);
	for (size_t i = 0; i < GROUP + 10; i++)
		assert_int_equal(push(&bench, &outcomes[i], 100), STATUS_OK);
	bench_finish(&bench);
	for (size_t i = 0; i < GROUP + 10; i++)
		assert_int_equal(outcomes[i].calls, 1);
	assert_int_equal(stored_spans(&bench), GROUP + 10);
	assert_int_equal(bench.gate.group_count, 2);
	assert_int_equal(bench.gate.group_sizes[0], GROUP);
	bench_release(&bench);
	free_outcomes(outcomes, GROUP + 10);
}

static void commits_together_what_waits(void **state)
{
	struct outcome_of *outcomes = new_outcomes(100);
	struct bench bench;

	(void)state;
	bench_init(&bench, 1 << 30);
	set_closed(&bench.gate, true);
	assert_int_equal(push(&bench, &outcomes[0], 100), STATUS_OK);
	wait_for_append(&bench.gate);
	for (size_t i = 1; i < 100; i++)
		assert_int_equal(push(&bench, &outcomes[i], 100), STATUS_OK);
	bench_finish(&bench);
	assert_int_equal(bench.gate.group_count, 3);
	assert_int_equal(bench.gate.group_sizes[0], 1);
	assert_int_equal(bench.gate.group_sizes[1], 64);
	assert_int_equal(bench.gate.group_sizes[2], 35);
	bench_release(&bench);
	free_outcomes(outcomes, 100);
}

static void bounds_a_group_by_bytes(void **state)
{
	enum { MB = 1 << 20 };
	struct outcome_of *outcomes = new_outcomes(6);
	struct bench bench;

	(void)state;
	bench_init(&bench, (size_t)1 << 40);
	set_closed(&bench.gate, true);
	assert_int_equal(push(&bench, &outcomes[0], 1), STATUS_OK);
	wait_for_append(&bench.gate);
	assert_int_equal(push(&bench, &outcomes[1], 10 * MB), STATUS_OK);
	assert_int_equal(push(&bench, &outcomes[2], 6 * MB), STATUS_OK);
	assert_int_equal(push(&bench, &outcomes[3], 6 * MB), STATUS_OK);
	assert_int_equal(push(&bench, &outcomes[4], 400 * (size_t)MB), STATUS_OK);
	assert_int_equal(push(&bench, &outcomes[5], 1), STATUS_OK);
	bench_finish(&bench);
	assert_int_equal(bench.gate.group_count, 5);
	assert_int_equal(bench.gate.group_sizes[1], 2);
	assert_int_equal(bench.gate.group_sizes[2], 1);
	assert_int_equal(bench.gate.group_sizes[3], 1);
	assert_int_equal(bench.gate.group_sizes[4], 1);
	bench_release(&bench);
	free_outcomes(outcomes, 6);
}

static void refuses_when_its_bytes_are_waiting(void **state)
{
	struct outcome_of *outcomes = new_outcomes(4);
	struct commit_queue_stats stats;
	struct bench bench;

	(void)state;
	bench_init(&bench, 1000);
	set_closed(&bench.gate, true);
	assert_int_equal(push(&bench, &outcomes[0], 600), STATUS_OK);
	wait_for_append(&bench.gate);
	assert_int_equal(push(&bench, &outcomes[1], 401), STATUS_BUSY);
	assert_int_equal(push(&bench, &outcomes[2], 400), STATUS_OK);
	assert_int_equal(push(&bench, &outcomes[3], 1), STATUS_BUSY);
	commit_queue_stats(bench.queue, &stats);
	assert_int_equal(stats.waiting_bytes, 1000);
	assert_int_equal(stats.refused_count, 2);
	bench_finish(&bench);
	assert_int_equal(outcomes[1].calls, 0);
	assert_int_equal(outcomes[2].calls, 1);
	assert_int_equal(outcomes[3].calls, 0);
	bench_release(&bench);
	free_outcomes(outcomes, 4);
}

static void lets_a_batch_above_the_limit_in_when_it_is_alone(void **state)
{
	struct outcome_of *outcomes = new_outcomes(1);
	struct bench bench;

	(void)state;
	bench_init(&bench, 1000);
	assert_int_equal(push(&bench, &outcomes[0], 5000), STATUS_OK);
	bench_finish(&bench);
	assert_int_equal(outcomes[0].status, STATUS_OK);
	bench_release(&bench);
	free_outcomes(outcomes, 1);
}

/* Pushes ten while the gate is closed, of which one is bad. */
static void push_one_bad(struct bench *bench, struct outcome_of *outcomes, enum status status)
{
	bench_init(bench, 1 << 30);
	set_closed(&bench->gate, true);
	bench->gate.poison = &outcomes[5].batch;
	bench->gate.poison_status = status;
	assert_int_equal(push(bench, &outcomes[0], 1), STATUS_OK);
	wait_for_append(&bench->gate);
	for (size_t i = 1; i < 10; i++)
		assert_int_equal(push(bench, &outcomes[i], 1), STATUS_OK);
	bench_finish(bench);
}

static void a_bad_batch_costs_only_itself(void **state)
{
	struct outcome_of *outcomes = new_outcomes(10);
	struct bench bench;

	(void)state;
	push_one_bad(&bench, outcomes, STATUS_TOO_LARGE);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(outcomes[i].status, i == 5 ? STATUS_TOO_LARGE : STATUS_OK);
	assert_string_equal(outcomes[5].message, "a bad batch");
	assert_int_equal(stored_spans(&bench), 9);
	bench_release(&bench);
	free_outcomes(outcomes, 10);
}

static void a_store_that_fails_is_not_asked_again_at_once(void **state)
{
	struct outcome_of *outcomes = new_outcomes(10);
	struct bench bench;

	(void)state;
	push_one_bad(&bench, outcomes, STATUS_IO);
	assert_int_equal(outcomes[0].status, STATUS_OK);
	for (size_t i = 1; i < 10; i++)
		assert_int_equal(outcomes[i].status, STATUS_IO);
	assert_int_equal(bench.gate.group_count, 2);
	assert_int_equal(stored_spans(&bench), 1);
	bench_release(&bench);
	free_outcomes(outcomes, 10);
}

static void refuses_once_it_was_drained(void **state)
{
	struct outcome_of *outcomes = new_outcomes(2);
	struct bench bench;

	(void)state;
	bench_init(&bench, 1 << 30);
	assert_int_equal(push(&bench, &outcomes[0], 1), STATUS_OK);
	commit_queue_drain(bench.queue);
	assert_int_equal(outcomes[0].calls, 1);
	assert_int_equal(push(&bench, &outcomes[1], 1), STATUS_CANCELLED);
	commit_queue_drain(bench.queue);
	bench_finish(&bench);
	assert_int_equal(outcomes[1].calls, 0);
	assert_int_equal(stored_spans(&bench), 1);
	bench_release(&bench);
	free_outcomes(outcomes, 2);
}

static void stop_of_nothing_is_allowed(void **state)
{
	(void)state;
	commit_queue_stop(NULL);
}

enum { PUSHERS = 4, PUSHES = 200 };

struct pusher {
	struct bench *bench;
	struct outcome_of *outcomes;
	pthread_t thread;
	int refused;
};

static void *push_many(void *argument)
{
	struct pusher *pusher = argument;

	for (size_t i = 0; i < PUSHES; i++)
		pusher->refused += push(pusher->bench, &pusher->outcomes[i], 10) != STATUS_OK;
	return NULL;
}

static void takes_batches_from_several_threads(void **state)
{
	struct pusher pushers[PUSHERS];
	struct bench bench;

	(void)state;
	bench_init(&bench, 1 << 30);
	for (size_t i = 0; i < PUSHERS; i++) {
		pushers[i] = (struct pusher){.bench = &bench, .outcomes = new_outcomes(PUSHES)};
		assert_int_equal(pthread_create(&pushers[i].thread, NULL, push_many, &pushers[i]), 0);
	}
	for (size_t i = 0; i < PUSHERS; i++)
		pthread_join(pushers[i].thread, NULL);
	bench_finish(&bench);
	assert_int_equal(stored_spans(&bench), PUSHERS * PUSHES);
	for (size_t i = 0; i < PUSHERS; i++) {
		assert_int_equal(pushers[i].refused, 0);
		for (size_t j = 0; j < PUSHES; j++)
			assert_int_equal(pushers[i].outcomes[j].calls, 1);
		free_outcomes(pushers[i].outcomes, PUSHES);
	}
	bench_release(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completes_every_batch_once),
		cmocka_unit_test(waits_for_company_until_a_group_is_whole),
		cmocka_unit_test(commits_together_what_waits),
		cmocka_unit_test(bounds_a_group_by_bytes),
		cmocka_unit_test(refuses_when_its_bytes_are_waiting),
		cmocka_unit_test(lets_a_batch_above_the_limit_in_when_it_is_alone),
		cmocka_unit_test(a_bad_batch_costs_only_itself),
		cmocka_unit_test(a_store_that_fails_is_not_asked_again_at_once),
		cmocka_unit_test(refuses_once_it_was_drained),
		cmocka_unit_test(stop_of_nothing_is_allowed),
		cmocka_unit_test(takes_batches_from_several_threads),
	};

	return test_run("storage/commit_queue", tests);
}
