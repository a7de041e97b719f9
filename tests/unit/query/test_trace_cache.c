#include "query/trace_cache.h"

#include "query/trace.h"
#include "test.h"

#include <stdlib.h>

static struct trace *make_trace(uint8_t id, size_t size_bytes)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	trace->summary.trace_id[0] = id;
	trace->size_bytes = size_bytes;
	trace->references = 1;
	return trace;
}

static bool holds(struct trace_cache *cache, uint8_t id)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {id};
	uint32_t ticket;
	const struct trace *trace = trace_cache_find(cache, trace_id, &ticket);

	trace_drop(trace);
	return trace != NULL;
}

static uint32_t miss(struct trace_cache *cache, uint8_t id)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {id};
	uint32_t ticket = 0;

	assert_null(trace_cache_find(cache, trace_id, &ticket));
	return ticket;
}

static void keep(struct trace_cache *cache, uint8_t id, size_t size_bytes)
{
	uint32_t ticket = miss(cache, id);
	struct trace *trace = make_trace(id, size_bytes);

	trace_cache_keep(cache, trace, ticket);
	trace_drop(trace);
}

static void note(struct trace_cache *cache, uint8_t id)
{
	struct span span = {.trace_id = {id}};

	trace_cache_note_spans(cache, &span, 1);
}

static void least_recently_used_goes_first(void **state)
{
	struct trace_cache *cache = trace_cache_new(3, 1000);

	(void)state;
	keep(cache, 1, 10);
	keep(cache, 2, 10);
	keep(cache, 3, 10);
	assert_true(holds(cache, 1));
	keep(cache, 4, 10);
	assert_false(holds(cache, 2));
	assert_true(holds(cache, 1) && holds(cache, 3) && holds(cache, 4));
	trace_cache_free(cache);
}

static void bytes_are_bounded_too(void **state)
{
	struct trace_cache *cache = trace_cache_new(100, 1000);
	struct trace_cache_stats stats;

	(void)state;
	for (uint8_t id = 1; id <= 9; id++)
		keep(cache, id, 200);
	trace_cache_stats(cache, &stats);
	assert_int_equal(stats.trace_count, 5);
	assert_int_equal(stats.size_bytes, 1000);
	assert_true(holds(cache, 9) && holds(cache, 5) && !holds(cache, 4));
	/* One that would push out most of the others is not kept. */
	keep(cache, 50, 251);
	assert_false(holds(cache, 50));
	trace_cache_free(cache);
}

static void newer_spans_make_it_forget(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);

	(void)state;
	keep(cache, 1, 10);
	keep(cache, 2, 10);
	note(cache, 1);
	assert_false(holds(cache, 1));
	assert_true(holds(cache, 2));
	trace_cache_free(cache);
}

static void what_was_read_before_newer_spans_is_not_kept(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);
	uint32_t ticket = miss(cache, 1);
	struct trace *trace = make_trace(1, 10);

	(void)state;
	note(cache, 1);
	trace_cache_keep(cache, trace, ticket);
	assert_false(holds(cache, 1));
	trace_cache_keep(cache, trace, miss(cache, 1));
	assert_true(holds(cache, 1));
	trace_drop(trace);
	trace_cache_free(cache);
}

static void a_trace_outlives_the_cache_for_who_holds_it(void **state)
{
	struct trace_cache *cache = trace_cache_new(10, 1000);
	uint8_t trace_id[TRACE_ID_SIZE] = {7};
	const struct trace *trace;
	uint32_t ticket;

	(void)state;
	keep(cache, 7, 10);
	trace = trace_cache_find(cache, trace_id, &ticket);
	note(cache, 7);
	trace_cache_free(cache);
	assert_int_equal(trace->summary.trace_id[0], 7);
	trace_drop(trace);
}

static void a_cache_of_none_keeps_none(void **state)
{
	struct trace_cache *cache = trace_cache_new(0, 1000);

	(void)state;
	keep(cache, 1, 10);
	assert_false(holds(cache, 1));
	trace_cache_free(cache);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(least_recently_used_goes_first),
		cmocka_unit_test(bytes_are_bounded_too),
		cmocka_unit_test(newer_spans_make_it_forget),
		cmocka_unit_test(what_was_read_before_newer_spans_is_not_kept),
		cmocka_unit_test(a_trace_outlives_the_cache_for_who_holds_it),
		cmocka_unit_test(a_cache_of_none_keeps_none),
	};

	return test_run("query/trace_cache", tests);
}
