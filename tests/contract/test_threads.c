/* Promises 2 and 4 while several threads append and read. Asserts of cmocka belong to one thread: the others
 * count what they saw go wrong. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "contract/contract.h"
#include "contract/rows.h"

enum {
	WRITER_COUNT = 3,
	READER_COUNT = 3,
	APPENDS_A_WRITER = 60,
	SPANS_A_TRACE = 12,
	LOGS_AN_APPEND = 5,
};

struct contest {
	struct store *store;
	_Atomic uint64_t appended[WRITER_COUNT]; /* how many traces of the writer are there for certain */
	_Atomic bool over;
	_Atomic unsigned failed, unseen, partial, unordered, reads;
};

struct contestant {
	struct contest *contest;
	uint64_t number;
	pthread_t thread;
};

static uint64_t trace_number(uint64_t writer, uint64_t trace)
{
	return writer * 100000 + trace;
}

/* A trace in two batches of one append, and logs that carry its id. */
static void fill(struct batch *batches, uint64_t number)
{
	for (uint64_t i = 0; i < SPANS_A_TRACE; i++)
		add_span(&batches[i % 2], number, number * 100 + i, NEW_YEAR_NS + number * 1000 + i, i, "x");
	for (uint64_t i = 0; i < LOGS_AN_APPEND; i++)
		trace_id_of(number, add_log(&batches[i % 2], NEW_YEAR_NS + number, "x")->trace_id);
}

static size_t count_spans(struct contest *contest, uint64_t number)
{
	uint8_t id[TRACE_ID_SIZE];
	struct batch found;
	enum status status;
	size_t count;

	batch_init(&found, 0);
	trace_id_of(number, id);
	status = store_read_trace(contest->store, id, &found, NULL);
	contest->failed += status != STATUS_OK && status != STATUS_NOT_FOUND;
	for (size_t i = 1; i < found.span_count; i++)
		contest->unordered += found.spans[i - 1].start_ns > found.spans[i].start_ns;
	count = found.span_count;
	batch_release(&found);
	return count;
}

static size_t count_logs(struct contest *contest, uint64_t number)
{
	struct log_filter filter = LOG_FILTER_ANY;
	struct log_page page = {.limit = 1000};
	uint8_t id[TRACE_ID_SIZE];
	struct batch found;
	uint64_t snapshot;
	size_t count;

	batch_init(&found, 0);
	trace_id_of(number, id);
	filter.trace_id = id;
	contest->failed +=
		store_find_logs(contest->store, &filter, &page, &found, &snapshot, NULL) != STATUS_OK;
	count = found.log_count;
	batch_release(&found);
	return count;
}

static void *write_traces(void *argument)
{
	struct contestant *me = argument;
	struct contest *contest = me->contest;
	struct batch batches[2], *pointers[2] = {&batches[0], &batches[1]};

	batch_init(&batches[0], 0);
	batch_init(&batches[1], 0);
	for (uint64_t i = 0; i < APPENDS_A_WRITER; i++) {
		uint64_t number = trace_number(me->number, i);

		batch_clear(&batches[0]);
		batch_clear(&batches[1]);
		fill(batches, number);
		contest->failed += store_append(contest->store, pointers, 2, NULL) != STATUS_OK;
		contest->appended[me->number] = i + 1;
		contest->unseen += count_spans(contest, number) != SPANS_A_TRACE;
		contest->unseen += count_logs(contest, number) != LOGS_AN_APPEND;
	}
	batch_release(&batches[0]);
	batch_release(&batches[1]);
	return NULL;
}

/* Reads a trace that is there, one that may be on its way, and searches. */
static void read_once(struct contest *contest, struct random *random, struct trace_hit *hits)
{
	uint64_t writer = random_below(random, WRITER_COUNT), there = contest->appended[writer];
	struct trace_page page = {.limit = 50};
	uint64_t snapshot;
	size_t count;

	if (there)
		contest->unseen += count_spans(contest, trace_number(writer, random_below(random, there))) !=
				   SPANS_A_TRACE;
	count = count_spans(contest, trace_number(writer, there));
	contest->partial += count != 0 && count != SPANS_A_TRACE;
	count = count_logs(contest, trace_number(writer, there));
	contest->partial += count != 0 && count != LOGS_AN_APPEND;
	count = 0;
	contest->failed += store_find_traces(contest->store, &SPAN_FILTER_ANY, &page, hits, &count, &snapshot,
					     NULL) != STATUS_OK;
	for (size_t i = 1; i < count; i++)
		contest->unordered += hits[i - 1].position_ns < hits[i].position_ns;
	/* The newest span of a trace is its last: another position means that a part was seen. */
	for (size_t i = 0; i < count; i++)
		contest->partial += (hits[i].position_ns - NEW_YEAR_NS) % 1000 != SPANS_A_TRACE - 1;
	contest->reads++;
}

static void *read_traces(void *argument)
{
	struct contestant *me = argument;
	struct random random = {me->number};
	struct trace_hit hits[50];

	/* At least once, however quick the writers are. */
	do
		read_once(me->contest, &random, hits);
	while (!me->contest->over);
	return NULL;
}

static void start(struct contest *contest, struct contestant *group, size_t count, void *(*run)(void *))
{
	for (size_t i = 0; i < count; i++) {
		group[i].contest = contest;
		group[i].number = i;
		assert_int_equal(pthread_create(&group[i].thread, NULL, run, &group[i]), 0);
	}
}

static void join(struct contestant *group, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pthread_join(group[i].thread, NULL);
}

static void reads_see_whole_appends_and_all_that_are_done(void **state)
{
	struct fixture *fixture = *state;
	struct contestant writers[WRITER_COUNT] = {0}, readers[READER_COUNT] = {0};
	struct contest contest = {.store = fixture->store};
	struct store_stats stats;
	struct error error = {0};

	start(&contest, writers, WRITER_COUNT, write_traces);
	start(&contest, readers, READER_COUNT, read_traces);
	join(writers, WRITER_COUNT);
	contest.over = true;
	join(readers, READER_COUNT);
	assert_int_equal(contest.failed, 0);
	assert_int_equal(contest.unseen, 0);
	assert_int_equal(contest.partial, 0);
	assert_int_equal(contest.unordered, 0);
	assert_true(contest.reads > 0);
	assert_ok(store_stats(fixture->store, &stats, &error));
	assert_int_equal(stats.span_count, WRITER_COUNT * APPENDS_A_WRITER * SPANS_A_TRACE);
	assert_int_equal(stats.log_count, WRITER_COUNT * APPENDS_A_WRITER * LOGS_AN_APPEND);
}

static const struct CMUnitTest tests[] = {
	contract_test(reads_see_whole_appends_and_all_that_are_done),
};
const struct test_list thread_tests = TEST_LIST(tests);
