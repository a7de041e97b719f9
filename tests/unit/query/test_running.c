#include "query/running.h"

#include <stdio.h>

#include "unit/test.h"

static uint64_t now_ns;

static uint64_t held_still(const struct clock *clock)
{
	(void)clock;
	return now_ns;
}

static const struct clock still = {.now_ns = held_still};

static struct running *begin(void)
{
	struct running *running;

	now_ns = 100000 * NS_PER_SECOND;
	running = running_new(&still, 60 * NS_PER_SECOND);
	assert_non_null(running);
	return running;
}

static const struct attribute service_a[] = {{{"service.name", 12}, {.type = VALUE_STRING}}};
static struct resource resource_a = {.attributes = {service_a, 1, 0}}, resource_b;

static void fill(struct span *span, uint32_t number)
{
	memcpy(span->trace_id, &number, sizeof(number));
	span->trace_id[15] = 1;
	memcpy(span->span_id, &number, sizeof(number));
	span->span_id[7] = 1;
	span->start_ns = now_ns;
	span->end_ns = now_ns + NS_PER_MS;
	span->resource = &resource_a;
	span->handler = (struct handler){.role = ROLE_EXECUTION, .type = HANDLER_API, .name = {"work", 4}};
}

static void note_start(struct running *running, uint32_t number)
{
	struct batch batch;

	batch_init(&batch, 0);
	fill(batch_add_start(&batch), number);
	running_note(running, &batch);
	batch_release(&batch);
}

static void note_end(struct running *running, uint32_t number)
{
	struct batch batch;

	batch_init(&batch, 0);
	fill(batch_add_span(&batch), number);
	running_note(running, &batch);
	batch_release(&batch);
}

static void note_life(struct running *running, const struct resource *resource)
{
	struct batch batch;

	batch_init(&batch, 0);
	batch_add_log(&batch)->resource = resource;
	running_note(running, &batch);
	batch_release(&batch);
}

static struct running_stats stats_of(struct running *running)
{
	struct running_stats stats;

	running_read_stats(running, &stats);
	return stats;
}

static void what_has_started_is_running_until_its_span_arrives(void **state)
{
	struct running *running = begin();

	(void)state;
	note_start(running, 1);
	note_start(running, 2);
	assert_int_equal(stats_of(running).running, 2);
	note_end(running, 1);
	assert_int_equal(stats_of(running).running, 1);
	note_end(running, 2);
	note_end(running, 2);
	assert_int_equal(stats_of(running).running, 0);
	running_free(running);
}

static void a_start_that_is_told_after_the_end_is_none(void **state)
{
	struct running *running = begin();

	(void)state;
	note_end(running, 1);
	note_start(running, 1);
	assert_int_equal(stats_of(running).running, 0);
	running_free(running);
}

static void a_start_that_is_told_twice_counts_once(void **state)
{
	struct running *running = begin();

	(void)state;
	note_start(running, 1);
	note_start(running, 1);
	assert_int_equal(stats_of(running).running, 1);
	running_free(running);
}

static void is_lost_when_its_process_is_silent_and_found_when_it_speaks(void **state)
{
	struct running *running = begin();

	(void)state;
	note_start(running, 1);
	now_ns += 50 * NS_PER_SECOND;
	note_life(running, &resource_a);
	now_ns += 60 * NS_PER_SECOND;
	assert_int_equal(stats_of(running).running, 1);
	note_life(running, &resource_b);
	now_ns += NS_PER_SECOND;
	assert_int_equal(stats_of(running).running, 0);
	assert_int_equal(stats_of(running).lost, 1);
	note_life(running, &resource_a);
	assert_int_equal(stats_of(running).running, 1);
	running_free(running);
}

static void a_lost_one_ends_where_its_process_was_last_heard_of(void **state)
{
	struct running *running = begin();
	const struct span_filter any = SPAN_FILTER_ANY;
	uint64_t heard_ns, started_ns = now_ns;
	struct batch batch;
	struct error error;

	(void)state;
	note_start(running, 1);
	now_ns += 10 * NS_PER_SECOND;
	note_life(running, &resource_a);
	now_ns += 90 * NS_PER_SECOND;
	batch_init(&batch, 0);
	assert_int_equal(running_list(running, &any, 10, &batch, &heard_ns, &error), STATUS_OK);
	assert_int_equal(batch.span_count, 1);
	assert_int_equal(batch.spans[0].handler.outcome, OUTCOME_LOST);
	assert_int_equal(batch.spans[0].end_ns, started_ns + 10 * NS_PER_SECOND);
	assert_int_equal(heard_ns, started_ns + 10 * NS_PER_SECOND);
	batch_release(&batch);
	running_free(running);
}

static void a_list_has_the_newest_first_and_what_meets_the_filter(void **state)
{
	struct running *running = begin();
	struct span_filter filter = SPAN_FILTER_ANY;
	struct batch batch;
	struct error error;

	(void)state;
	for (uint32_t number = 1; number <= 5; number++) {
		now_ns += NS_PER_SECOND;
		note_start(running, number);
	}
	batch_init(&batch, 0);
	assert_int_equal(running_list(running, &filter, 3, &batch, NULL, &error), STATUS_OK);
	assert_int_equal(batch.span_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(batch.spans[i].span_id[0], 5 - i);
	batch_clear(&batch);
	filter.handler = str_from("other");
	assert_int_equal(running_list(running, &filter, 3, &batch, NULL, &error), STATUS_OK);
	assert_int_equal(batch.span_count, 0);
	filter.handler = str_from("work");
	filter.outcome = OUTCOME_RUNNING;
	assert_int_equal(running_list(running, &filter, 10, &batch, NULL, &error), STATUS_OK);
	assert_int_equal(batch.span_count, 5);
	batch_release(&batch);
	running_free(running);
}

static void is_found_by_its_trace(void **state)
{
	struct running *running = begin();
	uint8_t trace_id[TRACE_ID_SIZE] = {3, [15] = 1};
	struct batch batch;
	struct error error;

	(void)state;
	for (uint32_t number = 1; number <= 1000; number++)
		note_start(running, number);
	batch_init(&batch, 0);
	assert_int_equal(running_read_trace(running, trace_id, &batch, &error), STATUS_OK);
	assert_int_equal(batch.span_count, 1);
	assert_int_equal(batch.spans[0].span_id[0], 3);
	batch_release(&batch);
	running_free(running);
}

static void forgets_after_a_day(void **state)
{
	struct running *running = begin();

	(void)state;
	note_start(running, 1);
	now_ns += RUNNING_FORGOTTEN_NS + 1;
	for (uint32_t number = 2; number < 300; number++)
		note_start(running, number);
	assert_int_equal(stats_of(running).running, 298);
	running_free(running);
}

/* Starts and ends at random, against a plain list; the table is full now and then. */
static void agrees_with_a_plain_list(void **state)
{
	enum { NUMBERS = 30000, STEPS = 120000 };
	static bool is_running[NUMBERS], has_ended[NUMBERS];
	struct running *running = begin();
	uint64_t random = 11, refused = 0;
	size_t count = 0;

	(void)state;
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t number;

		random = random * 6364136223846793005u + 1442695040888963407u;
		number = (uint32_t)((random >> 33) % NUMBERS);
		if (random >> 62) {
			if (is_running[number] || has_ended[number])
				continue;
			if (count == RUNNING_MOST) {
				refused++;
			} else {
				is_running[number] = true;
				count++;
			}
			note_start(running, number);
		} else {
			count -= is_running[number];
			is_running[number] = false;
			has_ended[number] = true;
			note_end(running, number);
		}
		if (step % 10000 == 0)
			assert_int_equal(stats_of(running).running, count);
	}
	assert_int_equal(stats_of(running).running, count);
	assert_int_equal(stats_of(running).refused, refused);
	for (uint32_t number = 0; number < NUMBERS; number++)
		if (is_running[number])
			note_end(running, number);
	assert_int_equal(stats_of(running).running, 0);
	running_free(running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_started_is_running_until_its_span_arrives),
		cmocka_unit_test(a_start_that_is_told_after_the_end_is_none),
		cmocka_unit_test(a_start_that_is_told_twice_counts_once),
		cmocka_unit_test(is_lost_when_its_process_is_silent_and_found_when_it_speaks),
		cmocka_unit_test(a_lost_one_ends_where_its_process_was_last_heard_of),
		cmocka_unit_test(a_list_has_the_newest_first_and_what_meets_the_filter),
		cmocka_unit_test(is_found_by_its_trace),
		cmocka_unit_test(forgets_after_a_day),
		cmocka_unit_test(agrees_with_a_plain_list),
	};

	return test_run("query/running", tests);
}
