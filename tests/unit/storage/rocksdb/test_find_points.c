/* Few series of many: what a search for them takes, and that they are whole. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "contract/rows.h"
#include "model/pattern.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { BLOCKS = 30, BLOCK_SERIES = 2000, SMALL_BYTES = 1 << 20 };

static char folder[] = "/tmp/rohas-find-points-XXXXXX";

static const struct metric gauge = {.name = {"load", 4}, .unit = {"1", 1}, .type = METRIC_GAUGE};

/* Each block has series of its own. */
static void append_block(struct store *store, uint64_t block)
{
	struct batch batch, *batches[] = {&batch};

	batch_init(&batch, 0);
	for (uint64_t i = 0; i < BLOCK_SERIES; i++) {
		struct metric_point *point = batch_add_point(&batch);
		struct attribute *pod = arena_alloc(&batch.arena, sizeof(*pod));

		pod->key = str_from("pod");
		pod->value = value_from_str(arena_printf(&batch.arena, "pod-%llu-%llu",
							 (unsigned long long)block, (unsigned long long)i));
		point->metric = &gauge;
		point->time_ns = NEW_YEAR_NS + block;
		point->attributes = (struct attributes){pod, 1, 0};
		point->value = (struct number){.integer = (int64_t)i, .kind = NUMBER_INT};
	}
	assert_int_equal(store_append(store, batches, 1, NULL), STATUS_OK);
	batch_release(&batch);
}

static int open_filled(void **state)
{
	const struct rocksdb_store_options options = {.path = folder};
	struct store *store;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(rocksdb_store_open(&options, &store, NULL), STATUS_OK);
	for (uint64_t block = 0; block < BLOCKS; block++)
		append_block(store, block);
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

static enum status read_labelled(struct store *store, const struct label_filter *label, struct batch *batch)
{
	const struct point_filter filter = {
		.range = TIME_RANGE_ALL, .labels = label, .label_count = label != NULL};

	batch_init(batch, SMALL_BYTES);
	return store_read_points(store, &filter, batch, NULL);
}

static void one_series_takes_little_memory(void **state)
{
	const struct label_filter label = {str_from("pod"), str_from("pod-17-1234"), LABEL_IS, NULL};
	struct batch batch;

	assert_int_equal(read_labelled(*state, NULL, &batch), STATUS_NO_MEMORY);
	batch_release(&batch);
	assert_int_equal(read_labelled(*state, &label, &batch), STATUS_OK);
	assert_int_equal(batch.point_count, 1);
	assert_true(str_equal_c(batch.points[0].metric->name, "load"));
	assert_true(str_equal_c(batch.points[0].metric->unit, "1"));
	assert_true(batch.points[0].time_ns == NEW_YEAR_NS + 17);
	assert_int_equal(batch.points[0].value.integer, 1234);
	batch_release(&batch);
}

static void a_series_of_each_block_takes_little_memory(void **state)
{
	struct label_filter label = {str_from("pod"), str_from("pod-[0-9]+-77"), LABEL_MATCHES, NULL};
	bool seen[BLOCKS] = {false};
	struct pattern *pattern;
	struct batch batch;
	size_t offset = 0;

	assert_int_equal(pattern_new_whole(label.value, &pattern, &offset, NULL), STATUS_OK);
	label.pattern = pattern;
	assert_int_equal(read_labelled(*state, &label, &batch), STATUS_OK);
	assert_int_equal(batch.point_count, BLOCKS);
	for (size_t i = 0; i < batch.point_count; i++) {
		uint64_t block = batch.points[i].time_ns - NEW_YEAR_NS;

		assert_true(block < BLOCKS && !seen[block]);
		seen[block] = true;
		assert_int_equal(batch.points[i].value.integer, 77);
		assert_int_equal(batch.points[i].attributes.count, 1);
	}
	batch_release(&batch);
	pattern_free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_series_takes_little_memory),
		cmocka_unit_test(a_series_of_each_block_takes_little_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("storage/rocksdb/find_points", tests, open_filled, remove_filled);
}
