/*
 * The store against the memory store, at random: appends of all sizes, searches with all filters, pages,
 * reopening.
 *
 * The seed is printed; ROHAS_CONTRACT_SEED=… plays the same run again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/contract.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/memory/memory_store.h"

enum { STEP_COUNT = 150, TRACE_NUMBERS = 40 };

struct match {
	struct fixture *fixture;
	struct fixture reference; /* of a memory store */
	struct random random;
	struct batch scratch; /* what is appended, filters' memory */
	struct batch actual, expected;
	struct trace_hit *actual_hits, *expected_hits;
};

static void append_some(struct match *match)
{
	struct batch batches[3], *pointers[3];
	size_t count = 1 + random_below(&match->random, 3);

	for (size_t i = 0; i < count; i++) {
		size_t most = random_chance(&match->random, 10) ? 120 : 12;

		pointers[i] = &batches[i];
		batch_init(&batches[i], 0);
		add_random_spans(&batches[i], &match->random, random_below(&match->random, most));
		add_random_logs(&batches[i], &match->random, random_below(&match->random, most));
		add_random_points(&batches[i], &match->random, random_below(&match->random, most));
	}
	append_several(match->fixture, pointers, count);
	append_several(&match->reference, pointers, count);
	for (size_t i = 0; i < count; i++)
		batch_release(&batches[i]);
}

static void compare_trace(struct match *match)
{
	uint8_t id[TRACE_ID_SIZE];
	enum status actual, expected;
	struct error error;

	trace_id_of(random_below(&match->random, TRACE_NUMBERS + 2), id);
	actual = store_read_trace(match->fixture->store, id, &match->actual, &error);
	expected = store_read_trace(match->reference.store, id, &match->expected, &error);
	assert_int_equal(actual, expected);
	assert_same_spans(&match->actual, &match->expected);
}

static void compare_search(struct match *match)
{
	struct span_filter filter = random_span_filter(&match->random, &match->scratch.arena);
	size_t actual = find_all_traces(match->fixture, &filter, match->actual_hits, MOST_HITS);
	size_t expected = find_all_traces(&match->reference, &filter, match->expected_hits, MOST_HITS);

	assert_same_hits(match->actual_hits, actual, match->expected_hits, expected);
}

/* Pages of the store against the whole answer of the reference; something may arrive between two pages. */
static void compare_pages(struct match *match)
{
	struct span_filter filter = random_span_filter(&match->random, &match->scratch.arena);
	size_t expected = find_all_traces(&match->reference, &filter, match->expected_hits, MOST_HITS);
	struct trace_page page = {.limit = 1 + random_below(&match->random, 9)};
	struct error error = {0};
	size_t total = 0, count;

	do {
		uint64_t snapshot = 0;

		count = 0;
		assert_ok(store_find_traces(match->fixture->store, &filter, &page, match->actual_hits + total,
					    &count, &snapshot, &error));
		total += count;
		page.snapshot = snapshot;
		page.has_after = total > 0;
		if (total)
			page.after = match->actual_hits[total - 1];
		if (random_chance(&match->random, 20))
			append_some(match);
	} while (count == page.limit);
	assert_same_hits(match->actual_hits, total, match->expected_hits, expected);
}

static void compare_logs(struct match *match)
{
	struct log_filter filter = random_log_filter(&match->random, &match->scratch.arena);

	find_all_logs(match->fixture, &filter, &match->actual);
	find_all_logs(&match->reference, &filter, &match->expected);
	assert_same_logs(&match->actual, &match->expected);
	for (size_t i = 1; i < match->actual.log_count; i++)
		assert_true(match->actual.logs[i - 1].time_ns >= match->actual.logs[i].time_ns);
}

static void compare_log_pages(struct match *match)
{
	struct log_filter filter = random_log_filter(&match->random, &match->scratch.arena);
	struct log_page page = {.limit = 1 + random_below(&match->random, 20)};
	struct batch *found = &match->actual;
	struct error error = {0};
	size_t before;

	find_all_logs(&match->reference, &filter, &match->expected);
	do {
		before = found->log_count;
		assert_ok(store_find_logs(match->fixture->store, &filter, &page, found, &page.snapshot,
					  &error));
		page.has_before = found->log_count > 0;
		page.before_ns = found->log_count ? found->logs[found->log_count - 1].time_ns : 0;
		page.skip = 0;
		while (page.skip < found->log_count &&
		       found->logs[found->log_count - 1 - page.skip].time_ns == page.before_ns)
			page.skip++;
		if (random_chance(&match->random, 20))
			append_some(match);
	} while (found->log_count - before == page.limit);
	assert_same_logs(found, &match->expected);
}

static void compare_points(struct match *match)
{
	struct point_filter filter = random_point_filter(&match->random, &match->scratch.arena);

	read_all_points(match->fixture, &filter, &match->actual);
	read_all_points(&match->reference, &filter, &match->expected);
	assert_same_points(&match->actual, &match->expected);
}

static void assert_same_summary(const struct metric_summary *actual, const struct metric_summary *expected)
{
	assert_true(str_equal(actual->metric->name, expected->metric->name));
	assert_int_equal(actual->metric->type, expected->metric->type);
	assert_int_equal(actual->series_count, expected->series_count);
	assert_int_equal(actual->label_name_count, expected->label_name_count);
	for (size_t i = 0; i < actual->label_name_count; i++)
		assert_true(str_equal(actual->label_names[i], expected->label_names[i]));
}

static void compare_lists(struct match *match)
{
	struct point_filter filter = random_point_filter(&match->random, &match->scratch.arena);
	struct metric_summary *actual, *expected;
	size_t actual_count = 0, expected_count = 0;
	struct error error = {0};

	assert_ok(store_list_metrics(match->fixture->store, filter.range, &match->scratch.arena, &actual,
				     &actual_count, &error));
	assert_ok(store_list_metrics(match->reference.store, filter.range, &match->scratch.arena, &expected,
				     &expected_count, &error));
	assert_int_equal(actual_count, expected_count);
	for (size_t i = 0; i < actual_count; i++)
		assert_same_summary(&actual[i], &expected[i]);
}

static void compare_stats(struct match *match)
{
	struct store_stats actual, expected;
	struct error error = {0};

	assert_ok(store_stats(match->fixture->store, &actual, &error));
	assert_ok(store_stats(match->reference.store, &expected, &error));
	assert_int_equal(actual.span_count, expected.span_count);
	assert_int_equal(actual.log_count, expected.log_count);
	assert_int_equal(actual.point_count, expected.point_count);
	if (random_chance(&match->random, 30))
		fixture_reopen(match->fixture);
}

static uint64_t draw_seed(void)
{
	const char *given = getenv("ROHAS_CONTRACT_SEED");

	return given ? strtoull(given, NULL, 10) : clock_now_ns(&clock_system);
}

static void match_init(struct match *match, struct fixture *fixture)
{
	*match = (struct match){.fixture = fixture,
				.reference.store = memory_store_open(),
				.random = {draw_seed()},
				.actual_hits = calloc(MOST_HITS, sizeof(struct trace_hit)),
				.expected_hits = calloc(MOST_HITS, sizeof(struct trace_hit))};
	batch_init(&match->scratch, 0);
	batch_init(&match->actual, 0);
	batch_init(&match->expected, 0);
	assert_non_null(match->reference.store);
	printf("# seed: ROHAS_CONTRACT_SEED=%" PRIu64 "\n", match->random.state);
	fflush(stdout);
}

static void match_release(struct match *match)
{
	store_close(match->reference.store);
	free(match->actual_hits);
	free(match->expected_hits);
	batch_release(&match->scratch);
	batch_release(&match->actual);
	batch_release(&match->expected);
}

static void answers_as_the_memory_store_does(void **state)
{
	static void (*const steps[])(struct match *match) = {
		append_some,    append_some,   compare_trace, compare_search,
		compare_search, compare_pages, compare_logs,  compare_log_pages,
		compare_points, compare_lists, compare_stats,
	};
	struct match match;

	match_init(&match, *state);
	for (int i = 0; i < STEP_COUNT; i++) {
		batch_clear(&match.scratch);
		batch_clear(&match.actual);
		batch_clear(&match.expected);
		steps[random_below(&match.random, sizeof(steps) / sizeof(steps[0]))](&match);
	}
	match_release(&match);
}

/* Many appends of some size: an adapter that searches parts of its own side by side must answer as if it did not. */
static void finds_logs_of_many_appends_as_the_memory_store_does(void **state)
{
	enum { APPENDS = 80, LOGS = 24, SEARCHES = 80 };
	struct match match;

	match_init(&match, *state);
	for (int i = 0; i < APPENDS; i++) {
		struct batch batch, *pointer = &batch;

		batch_init(&batch, 0);
		add_random_logs(&batch, &match.random, LOGS);
		append_several(match.fixture, &pointer, 1);
		append_several(&match.reference, &pointer, 1);
		batch_release(&batch);
	}
	for (int i = 0; i < SEARCHES; i++) {
		batch_clear(&match.scratch);
		batch_clear(&match.actual);
		batch_clear(&match.expected);
		compare_logs(&match);
	}
	match_release(&match);
}

static const struct CMUnitTest tests[] = {
	contract_test(answers_as_the_memory_store_does),
	contract_test(finds_logs_of_many_appends_as_the_memory_store_does),
};
const struct test_list random_tests = TEST_LIST(tests);
