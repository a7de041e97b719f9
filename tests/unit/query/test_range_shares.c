/* More series than are followed at once, in the store that is made for so many. */
#include <math.h>

#include "fixture.h"
#include "query/metrics.h"
#include "query/range_work.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { SERIES = SERIES_AT_ONCE + 1000, REQUEST_SERIES = 10000, LEVEL_OF_ODD = 3 };

static const struct metric open_calls = {
	.name = {"open", 4}, .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE};

static char folder[] = "/tmp/rohas-range-shares-XXXXXX";

static void add_series(struct batch *batch, int series)
{
	struct metric_point *point = batch_add_point(batch);
	struct attribute *items = arena_alloc(&batch->arena, 2 * sizeof(*items));

	items[0] = (struct attribute){str_from("host"), value_from_str(str_from(series % 2 ? "b" : "a"))};
	items[1] = (struct attribute){str_from("call"), value_from_int(series)};
	point->metric = &open_calls;
	point->time_ns = AT(15);
	point->attributes = (struct attributes){items, 2, 0};
	point->value = (struct number){.integer = series % 2 ? LEVEL_OF_ODD : 1, .kind = NUMBER_INT};
}

static int open_filled(void **state)
{
	const struct rocksdb_store_options options = {.path = folder};
	struct batch batch, *batches[] = {&batch};
	struct store *store;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(rocksdb_store_open(&options, &store, NULL), STATUS_OK);
	batch_init(&batch, 0);
	for (int series = 0; series < SERIES; series++) {
		add_series(&batch, series);
		if (batch.point_count < REQUEST_SERIES && series + 1 < SERIES)
			continue;
		assert_int_equal(store_append(store, batches, 1, NULL), STATUS_OK);
		batch_clear(&batch);
	}
	batch_release(&batch);
	*state = store;
	return 0;
}

static int remove_filled(void **state)
{
	char command[128];

	store_close(*state);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static void assert_sums(struct store *store, const char *agg, double even, double odd)
{
	const struct query_options options = {.store = store};
	const struct str by = str_from("host");
	struct metric_query question = {.name = str_from("open"),
					.range = {AT(0), AT(60)},
					.step_ns = 10 * NS_PER_SECOND,
					.by = &by,
					.by_count = 1};
	struct metric_range range;
	struct query *query;

	assert_true(metric_agg_parse(str_from(agg), &question.agg));
	assert_int_equal(query_new(&options, &query, NULL), STATUS_OK);
	assert_int_equal(metric_range(query, &question, &range, NULL, NULL), STATUS_OK);
	assert_int_equal(range.line_count, 2);
	assert_true(str_equal_c(range.lines[0].labels[0].value, "a"));
	assert_true(isnan(range.lines[0].values[0]));
	assert_true(range.lines[0].values[1] == even);
	assert_true(range.lines[1].values[1] == odd);
	metric_range_release(&range);
	query_free(query);
}

static void more_series_than_are_followed_at_once_are_put_together_exactly(void **state)
{
	assert_sums(*state, "sum", SERIES / 2, LEVEL_OF_ODD * (SERIES / 2));
	assert_sums(*state, "count", SERIES / 2, SERIES / 2);
	assert_sums(*state, "avg", 1, LEVEL_OF_ODD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_series_than_are_followed_at_once_are_put_together_exactly),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("query/range_shares", tests, open_filled, remove_filled);
}
