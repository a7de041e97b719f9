/* Walks over all rows: each once, those of the range and the snapshot alone. */
#include "contract/contract.h"
#include "contract/dump.h"
#include "contract/rows.h"

static enum status keep_rows(void *context, const struct batch *rows, struct error *error)
{
	struct batch *kept = context;

	for (size_t i = 0; i < rows->span_count; i++)
		assert_non_null(batch_copy_span(kept, &rows->spans[i]));
	for (size_t i = 0; i < rows->point_count; i++)
		assert_non_null(batch_copy_point(kept, &rows->points[i]));
	for (size_t i = 0; i < rows->log_count; i++)
		assert_non_null(batch_copy_log(kept, &rows->logs[i]));
	(void)error;
	return STATUS_OK;
}

static void scan_into(struct fixture *fixture, enum signal signal, struct time_range range, uint64_t snapshot,
		      struct batch *found)
{
	const struct store_scan scan = {signal, range, snapshot};
	struct error error = {0};

	assert_ok(store_scan(fixture->store, &scan, keep_rows, found, &error));
}

static void scan_all(struct fixture *fixture, struct time_range range, const uint64_t snapshots[SIGNAL_COUNT],
		     struct batch *found)
{
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		scan_into(fixture, (enum signal)signal, range, snapshots[signal], found);
}

static void add_rows(struct batch *batch, struct random *random)
{
	add_random_spans(batch, random, 300);
	add_random_logs(batch, random, 300);
	add_random_points(batch, random, 300);
}

/* The rows of from whose time is in range. */
static void pick(const struct batch *from, struct time_range range, struct batch *picked)
{
	for (size_t i = 0; i < from->span_count; i++)
		if (time_range_contains(range, from->spans[i].start_ns))
			batch_copy_span(picked, &from->spans[i]);
	for (size_t i = 0; i < from->point_count; i++)
		if (time_range_contains(range, from->points[i].time_ns))
			batch_copy_point(picked, &from->points[i]);
	for (size_t i = 0; i < from->log_count; i++)
		if (time_range_contains(range, from->logs[i].time_ns))
			batch_copy_log(picked, &from->logs[i]);
}

static void assert_same_rows(const struct batch *actual, const struct batch *expected)
{
	assert_same_spans(actual, expected);
	assert_same_logs(actual, expected);
	assert_same_points(actual, expected);
}

static const uint64_t now[SIGNAL_COUNT];

static void scans_every_row_once(void **state)
{
	struct fixture *fixture = *state;
	struct random random = {7};
	struct batch rows, found;

	batch_init(&rows, 0);
	batch_init(&found, 0);
	add_rows(&rows, &random);
	append(fixture, &rows);
	scan_all(fixture, TIME_RANGE_ALL, now, &found);
	assert_same_rows(&found, &rows);
	batch_release(&rows);
	batch_release(&found);
}

/* Slices that touch hold every row once: what an archive's files are cut by. */
static void scans_the_rows_of_a_range_alone(void **state)
{
	struct fixture *fixture = *state;
	struct random random = {8};
	struct batch rows, found, expected;
	struct time_range range;

	batch_init(&rows, 0);
	batch_init(&found, 0);
	batch_init(&expected, 0);
	add_rows(&rows, &random);
	append(fixture, &rows);
	range = (struct time_range){rows.spans[7].start_ns, rows.spans[31].start_ns};
	if (range.start_ns > range.end_ns)
		range = (struct time_range){range.end_ns, range.start_ns};
	scan_all(fixture, range, now, &found);
	pick(&rows, range, &expected);
	assert_same_rows(&found, &expected);
	scan_all(fixture, (struct time_range){0, range.start_ns}, now, &found);
	scan_all(fixture, (struct time_range){range.end_ns, UINT64_MAX}, now, &found);
	assert_same_rows(&found, &rows);
	batch_release(&rows);
	batch_release(&found);
	batch_release(&expected);
}

static uint64_t list_days(struct fixture *fixture, enum signal signal, struct arena *arena,
			  struct store_day **days_out, size_t *count_out)
{
	struct error error = {0};
	uint64_t snapshot = 0;

	assert_ok(store_list_days(fixture->store, signal, arena, days_out, count_out, &snapshot, &error));
	assert_true(snapshot > 0);
	return snapshot;
}

static void leaves_out_what_arrived_after_the_days_were_listed(void **state)
{
	struct fixture *fixture = *state;
	struct random random = {9};
	struct batch rows, later, found;
	uint64_t snapshots[SIGNAL_COUNT];
	struct store_day *days;
	size_t count;

	batch_init(&rows, 0);
	batch_init(&later, 0);
	batch_init(&found, 0);
	add_rows(&rows, &random);
	append(fixture, &rows);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		snapshots[signal] = list_days(fixture, (enum signal)signal, &later.arena, &days, &count);
	for (int i = 0; i < 40; i++) {
		batch_clear(&later);
		add_rows(&later, &random);
		append(fixture, &later);
	}
	fixture_reopen(fixture);
	scan_all(fixture, TIME_RANGE_ALL, snapshots, &found);
	assert_same_rows(&found, &rows);
	batch_release(&rows);
	batch_release(&later);
	batch_release(&found);
}

static void lists_days_with_their_rows(void **state)
{
	struct fixture *fixture = *state;
	struct store_day *days;
	struct batch rows;
	size_t count;

	batch_init(&rows, 0);
	list_days(fixture, SIGNAL_LOGS, &rows.arena, &days, &count);
	assert_int_equal(count, 0);
	add_log(&rows, NEW_YEAR_NS + STORE_DAY_NS, "the second day begins");
	add_log(&rows, NEW_YEAR_NS + STORE_DAY_NS - 1, "the first day ends");
	add_log(&rows, NEW_YEAR_NS + STORE_DAY_NS + 5, "the second day goes on");
	append(fixture, &rows);
	list_days(fixture, SIGNAL_LOGS, &rows.arena, &days, &count);
	assert_int_equal(count, 2);
	assert_int_equal(days[0].start_ns, NEW_YEAR_NS);
	assert_int_equal(days[0].first_ns, NEW_YEAR_NS + STORE_DAY_NS - 1);
	assert_int_equal(days[0].last_ns, NEW_YEAR_NS + STORE_DAY_NS - 1);
	assert_int_equal(days[0].row_count, 1);
	assert_int_equal(days[1].start_ns, NEW_YEAR_NS + STORE_DAY_NS);
	assert_int_equal(days[1].first_ns, NEW_YEAR_NS + STORE_DAY_NS);
	assert_int_equal(days[1].last_ns, NEW_YEAR_NS + STORE_DAY_NS + 5);
	assert_int_equal(days[1].row_count, 2);
	list_days(fixture, SIGNAL_TRACES, &rows.arena, &days, &count);
	assert_int_equal(count, 0);
	batch_release(&rows);
}

static enum status give_up(void *context, const struct batch *rows, struct error *error)
{
	(void)rows;
	++*(size_t *)context;
	return error_set(error, STATUS_CANCELLED, "enough");
}

static void ends_when_the_visitor_gives_up(void **state)
{
	const struct store_scan scan = {SIGNAL_LOGS, TIME_RANGE_ALL, 0};
	struct fixture *fixture = *state;
	struct error error = {0};
	struct batch rows;
	size_t calls = 0;

	batch_init(&rows, 0);
	for (int i = 0; i < 3; i++) {
		batch_clear(&rows);
		add_log(&rows, NEW_YEAR_NS + (uint64_t)i, "again");
		append(fixture, &rows);
	}
	assert_int_equal(store_scan(fixture->store, &scan, give_up, &calls, &error), STATUS_CANCELLED);
	assert_string_equal(error.message, "enough");
	assert_int_equal(calls, 1);
	batch_release(&rows);
}

static const struct CMUnitTest tests[] = {
	contract_test(scans_every_row_once),
	contract_test(scans_the_rows_of_a_range_alone),
	contract_test(leaves_out_what_arrived_after_the_days_were_listed),
	contract_test(lists_days_with_their_rows),
	contract_test(ends_when_the_visitor_gives_up),
};
const struct test_list scan_tests = TEST_LIST(tests);
