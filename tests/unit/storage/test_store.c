#include "storage/store.h"

#include "test.h"

/* An adapter that keeps logs, and counts what it is asked. */
struct half {
	struct store base;
	int appends, searches, closes;
};

static enum status half_append(struct store *store, struct batch *const *batches, size_t count,
			       struct error *error)
{
	(void)batches;
	(void)count;
	(void)error;
	((struct half *)store)->appends++;
	return STATUS_OK;
}

static enum status half_find_logs(struct store *store, const struct log_filter *filter,
				  const struct log_page *page, struct batch *batch_out,
				  uint64_t *snapshot_out, struct error *error)
{
	(void)filter;
	(void)page;
	(void)batch_out;
	(void)snapshot_out;
	(void)error;
	((struct half *)store)->searches++;
	return STATUS_OK;
}

static void half_close(struct store *store)
{
	((struct half *)store)->closes++;
}

static const struct store_ops half_ops = {.name = "half",
					  .capabilities = STORE_LOGS,
					  .append = half_append,
					  .find_logs = half_find_logs,
					  .close = half_close};

static void refuses_rows_that_the_adapter_cannot_keep(void **state)
{
	struct half half = {.base.ops = &half_ops};
	struct batch logs, mixed, *both[2] = {&logs, &mixed};
	struct error error;

	(void)state;
	batch_init(&logs, 0);
	batch_init(&mixed, 0);
	batch_add_log(&logs);
	batch_add_log(&mixed);
	batch_add_point(&mixed);
	assert_int_equal(store_append(&half.base, both, 1, &error), STATUS_OK);
	assert_int_equal(half.appends, 1);
	assert_int_equal(store_append(&half.base, both, 2, &error), STATUS_UNSUPPORTED);
	assert_string_equal(error.message, "the half store holds no metrics");
	assert_int_equal(half.appends, 1);
	batch_release(&logs);
	batch_release(&mixed);
}

static void an_append_of_nothing_succeeds_without_the_adapter(void **state)
{
	struct half half = {.base.ops = &half_ops};
	struct batch empty, *batches[1] = {&empty};
	struct error error;

	(void)state;
	batch_init(&empty, 0);
	assert_int_equal(store_append(&half.base, batches, 1, &error), STATUS_OK);
	assert_int_equal(store_append(&half.base, NULL, 0, &error), STATUS_OK);
	assert_int_equal(half.appends, 0);
	batch_release(&empty);
}

static void refuses_reads_that_the_adapter_cannot_do(void **state)
{
	struct half half = {.base.ops = &half_ops};
	struct metric_summary *metrics;
	struct trace_page page = {.limit = 1};
	struct log_page log_page = {.limit = 1};
	struct store_stats stats;
	struct trace_hit hit = {0};
	struct error error;
	uint64_t snapshot;
	size_t count;

	(void)state;
	assert_int_equal(store_read_trace(&half.base, hit.trace_id, NULL, &error), STATUS_UNSUPPORTED);
	assert_string_equal(error.message, "the half store holds no traces");
	assert_int_equal(
		store_find_traces(&half.base, &SPAN_FILTER_ANY, &page, &hit, &count, &snapshot, &error),
		STATUS_UNSUPPORTED);
	assert_int_equal(store_list_metrics(&half.base, TIME_RANGE_ALL, NULL, &metrics, &count, &error),
			 STATUS_UNSUPPORTED);
	assert_int_equal(store_read_points(&half.base, &POINT_FILTER_ANY, NULL, &error), STATUS_UNSUPPORTED);
	assert_int_equal(store_stats(&half.base, &stats, &error), STATUS_UNSUPPORTED);
	assert_int_equal(store_find_logs(&half.base, &LOG_FILTER_ANY, &log_page, NULL, &snapshot, NULL),
			 STATUS_OK);
	assert_int_equal(half.searches, 1);
}

static void says_what_a_store_can_do(void **state)
{
	struct half half = {.base.ops = &half_ops};

	(void)state;
	assert_true(store_can(&half.base, STORE_LOGS));
	assert_true(store_can(&half.base, 0));
	assert_false(store_can(&half.base, STORE_TRACES));
	assert_false(store_can(&half.base, STORE_LOGS | STORE_METRICS));
}

static void closes_a_store_and_nothing(void **state)
{
	struct half half = {.base.ops = &half_ops};

	(void)state;
	store_close(&half.base);
	store_close(NULL);
	assert_int_equal(half.closes, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_rows_that_the_adapter_cannot_keep),
		cmocka_unit_test(an_append_of_nothing_succeeds_without_the_adapter),
		cmocka_unit_test(refuses_reads_that_the_adapter_cannot_do),
		cmocka_unit_test(says_what_a_store_can_do),
		cmocka_unit_test(closes_a_store_and_nothing),
	};

	return test_run("storage/store", tests);
}
