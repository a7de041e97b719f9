#include "contract/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "contract/dump.h"

static const struct adapter *adapter_under_test;

static void open_store(struct fixture *fixture)
{
	struct error error = {0};

	assert_ok(fixture->adapter->open(fixture->folder, &fixture->store, &error));
}

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fixture->adapter = adapter_under_test;
	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/rohas-contract-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	open_store(fixture);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	store_close(fixture->store);
	snprintf(command, sizeof(command), "rm -rf -- '%s'", fixture->folder);
	assert_int_equal(system(command), 0);
	free(fixture);
	return 0;
}

void fixture_reopen(struct fixture *fixture)
{
	if (!fixture->adapter->durable)
		return;
	store_close(fixture->store);
	fixture->store = NULL;
	open_store(fixture);
}

void append_several(struct fixture *fixture, struct batch *const *batches, size_t count)
{
	struct error error = {0};

	assert_ok(store_append(fixture->store, batches, count, &error));
}

void append(struct fixture *fixture, struct batch *batch)
{
	append_several(fixture, &batch, 1);
}

size_t find_all_traces(struct fixture *fixture, const struct span_filter *filter, struct trace_hit *hits_out,
		       size_t most)
{
	struct trace_page page = {.limit = most};
	struct error error = {0};
	uint64_t snapshot = 0;
	size_t count = 0;

	assert_ok(store_find_traces(fixture->store, filter, &page, hits_out, &count, &snapshot, &error));
	return count;
}

void find_all_logs(struct fixture *fixture, const struct log_filter *filter, struct batch *batch_out)
{
	struct log_page page = {.limit = MOST_LOGS};
	struct error error = {0};
	uint64_t snapshot = 0;

	assert_ok(store_find_logs(fixture->store, filter, &page, batch_out, &snapshot, &error));
}

void read_all_points(struct fixture *fixture, const struct point_filter *filter, struct batch *batch_out)
{
	struct error error = {0};

	assert_ok(store_read_points(fixture->store, filter, batch_out, &error));
}

static int compare_hits(const void *left, const void *right)
{
	const struct trace_hit *a = left, *b = right;

	if (a->position_ns != b->position_ns)
		return a->position_ns < b->position_ns ? 1 : -1;
	return memcmp(a->trace_id, b->trace_id, TRACE_ID_SIZE);
}

static int compare_hits_by_trace(const void *left, const void *right)
{
	const struct trace_hit *a = left, *b = right;
	int order = memcmp(a->trace_id, b->trace_id, TRACE_ID_SIZE);

	return order ? order : compare_hits(left, right);
}

size_t expected_hits(const struct batch *rows, const struct span_filter *filter, struct trace_hit *hits_out)
{
	size_t found = 0, kept = 0;

	for (size_t i = 0; i < rows->span_count; i++) {
		if (!span_filter_match(filter, &rows->spans[i]))
			continue;
		hits_out[found].position_ns = rows->spans[i].start_ns;
		memcpy(hits_out[found++].trace_id, rows->spans[i].trace_id, TRACE_ID_SIZE);
	}
	qsort(hits_out, found, sizeof(*hits_out), compare_hits_by_trace);
	for (size_t i = 0; i < found; i++)
		if (kept == 0 ||
		    memcmp(hits_out[kept - 1].trace_id, hits_out[i].trace_id, TRACE_ID_SIZE) != 0)
			hits_out[kept++] = hits_out[i];
	qsort(hits_out, kept, sizeof(*hits_out), compare_hits);
	return kept;
}

void assert_same_hits(const struct trace_hit *actual, size_t actual_count, const struct trace_hit *expected,
		      size_t expected_count)
{
	for (size_t i = 0; i < actual_count && i < expected_count; i++)
		if (compare_hits(&actual[i], &expected[i]) != 0)
			fail_msg("hit %zu of %zu (expected %zu) differs: position %llu id %02x%02x…, "
				 "expected %llu "
				 "id %02x%02x…",
				 i, actual_count, expected_count, (unsigned long long)actual[i].position_ns,
				 actual[i].trace_id[0], actual[i].trace_id[1],
				 (unsigned long long)expected[i].position_ns, expected[i].trace_id[0],
				 expected[i].trace_id[1]);
	assert_int_equal(actual_count, expected_count);
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, TRACE_ID_SIZE);
}

/* Every trace of rows, read one by one into batch_out. */
static void read_traces_of(struct fixture *fixture, const struct batch *rows, struct batch *batch_out)
{
	uint8_t(*ids)[TRACE_ID_SIZE] = calloc(rows->span_count + 1, TRACE_ID_SIZE);
	struct error error = {0};

	for (size_t i = 0; i < rows->span_count; i++)
		memcpy(ids[i], rows->spans[i].trace_id, TRACE_ID_SIZE);
	qsort(ids, rows->span_count, TRACE_ID_SIZE, compare_ids);
	for (size_t i = 0; i < rows->span_count; i++) {
		size_t before = batch_out->span_count;

		if (i && memcmp(ids[i], ids[i - 1], TRACE_ID_SIZE) == 0)
			continue;
		assert_ok(store_read_trace(fixture->store, ids[i], batch_out, &error));
		for (size_t j = before + 1; j < batch_out->span_count; j++)
			assert_true(batch_out->spans[j - 1].start_ns <= batch_out->spans[j].start_ns);
	}
	free(ids);
}

static void assert_newest_first(const struct batch *found)
{
	for (size_t i = 1; i < found->log_count; i++)
		assert_true(found->logs[i - 1].time_ns >= found->logs[i].time_ns);
}

/* A series as a number: what its dump hashes to. */
static uint64_t series_of(const struct metric_point *point)
{
	struct buffer dump = BUFFER_EMPTY;
	uint64_t hash;

	dump_series(point, &dump);
	hash = hash_bytes(dump.data, dump.size);
	buffer_release(&dump);
	return hash;
}

/* The points of one series stand together, in order of time. */
static void assert_in_series(const struct batch *found)
{
	uint64_t *seen = calloc(found->point_count + 1, sizeof(*seen));
	size_t seen_count = 0;

	for (size_t i = 0; i < found->point_count; i++) {
		uint64_t series = series_of(&found->points[i]);

		if (seen_count && seen[seen_count - 1] == series) {
			assert_true(found->points[i - 1].time_ns <= found->points[i].time_ns);
			continue;
		}
		for (size_t j = 0; j < seen_count; j++)
			if (seen[j] == series)
				fail_msg("the points of a series do not stand together: row %zu", i);
		seen[seen_count++] = series;
	}
	free(seen);
}

static void assert_holds_now(struct fixture *fixture, const struct batch *rows)
{
	struct error error = {0};
	struct store_stats stats;
	struct batch found;

	batch_init(&found, 0);
	read_traces_of(fixture, rows, &found);
	assert_same_spans(&found, rows);
	find_all_logs(fixture, &LOG_FILTER_ANY, &found);
	assert_newest_first(&found);
	assert_same_logs(&found, rows);
	read_all_points(fixture, &POINT_FILTER_ANY, &found);
	assert_in_series(&found);
	assert_same_points(&found, rows);
	batch_release(&found);
	assert_ok(store_stats(fixture->store, &stats, &error));
	assert_int_equal(stats.span_count, rows->span_count);
	assert_int_equal(stats.log_count, rows->log_count);
	assert_int_equal(stats.point_count, rows->point_count);
}

void assert_store_holds(struct fixture *fixture, const struct batch *rows)
{
	assert_holds_now(fixture, rows);
	if (!fixture->adapter->durable)
		return;
	fixture_reopen(fixture);
	assert_holds_now(fixture, rows);
}

int contract_run(const struct adapter *adapter)
{
	const struct test_list *const lists[] = {&field_tests,  &trace_tests,  &log_tests,  &point_tests,
						 &thread_tests, &random_tests, &scan_tests, &note_tests};
	enum { LIST_COUNT = sizeof(lists) / sizeof(lists[0]) };
	struct CMUnitTest tests[256];
	size_t count = 0;
	char name[64];

	adapter_under_test = adapter;
	log_set_level(LOG_ERROR);
	for (size_t i = 0; i < LIST_COUNT; i++)
		for (size_t j = 0; j < lists[i]->count; j++)
			tests[count++] = lists[i]->tests[j];
	snprintf(name, sizeof(name), "contract/%s", adapter->name);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}
