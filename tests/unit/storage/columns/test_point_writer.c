#include "unit/test.h"

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/columns/point_reader.h"

static void assert_kept(const struct batch *batch, enum block_codec codec)
{
	struct made_block block;
	struct batch read;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&read, 0);
	block_make(&block, SIGNAL_METRICS, batch, codec);
	block_read_points(buffer_str(&block.body), &arena, &read);
	assert_same_points(&read, batch);
	block_release(&block);
	batch_release(&read);
	arena_release(&arena);
}

static void keeps_random_points_whole(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 127, 128, 300, 2000};
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (enum block_codec codec = CODEC_NONE; codec <= CODEC_LZ4; codec++) {
			struct batch batch;

			batch_init(&batch, 0);
			add_random_points(&batch, &random, sizes[i]);
			assert_kept(&batch, codec);
			batch_release(&batch);
		}
}

static void keeps_points_without_a_value(void **state)
{
	static const struct metric metric = {.name = {"g", 1}, .type = METRIC_GAUGE};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 9; i++) {
		struct metric_point *point = add_point(&batch, &metric, 10 + i, -5);

		if (i % 3 == 1)
			point->value = (struct number){.real = 0.5, .kind = NUMBER_DOUBLE};
		if (i % 3 == 2) {
			point->value = (struct number){0};
			point->flags = POINT_NO_RECORDED_VALUE;
		}
	}
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

static void keeps_times_to_the_ends_of_the_range(void **state)
{
	static const struct metric metric = {.name = {"g", 1}, .type = METRIC_SUM};
	static const uint64_t times[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX - 1};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++)
			add_point(&batch, &metric, times[i], (int64_t)times[j])->start_ns = times[j];
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

/* Metrics that differ in one field only are different metrics; series in one field only, different series. */
static void tells_metrics_and_series_apart(void **state)
{
	static const struct attribute items[] = {{{"a", 1}, {.integer = 1, .type = VALUE_INT}}};
	static const struct metric metrics[] = {
		{.name = {"m", 1}, .type = METRIC_SUM},
		{.name = {"m", 1}, .type = METRIC_GAUGE},
		{.name = {"m", 1}, .type = METRIC_SUM, .unit = {"s", 1}},
		{.name = {"m", 1}, .type = METRIC_SUM, .description = {"s", 1}},
		{.name = {"m", 1}, .type = METRIC_SUM, .temporality = TEMPORALITY_DELTA},
		{.name = {"m", 1}, .type = METRIC_SUM, .monotonic = true},
		{.name = {"m", 1}, .type = METRIC_SUM, .metadata = {items, 1, 0}},
		{.name = {"m", 1}, .type = METRIC_SUM}, /* equal to the first, elsewhere */
	};
	struct scope scope = {.name = {"s", 1}};
	struct resource resource = {.schema_url = {"s", 1}};
	struct point_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 8; i++)
		add_point(&batch, &metrics[i], i, (int64_t)i);
	add_point(&batch, &metrics[0], 9, 9)->scope = &scope;
	add_point(&batch, &metrics[0], 9, 9)->resource = &resource;
	add_point(&batch, &metrics[0], 9, 9)->attributes = (struct attributes){items, 1, 0};
	add_point(&batch, &metrics[0], 9, 9)->attributes = (struct attributes){items, 0, 1};
	block_make(&block, SIGNAL_METRICS, &batch, CODEC_ZSTD);
	arena_init(&arena, 0);
	assert_int_equal(point_reader_open(&reader, buffer_str(&block.body), &arena, NULL), STATUS_OK);
	assert_int_equal(reader.metric_count, 7);
	assert_int_equal(reader.series_count, 11);
	assert_int_equal(block.header.term_count, 1);
	block_release(&block);
	arena_release(&arena);
	assert_kept(&batch, CODEC_ZSTD);
	batch_release(&batch);
}

static void says_in_the_header_what_the_rows_are(void **state)
{
	static const struct metric metric = {.name = {"g", 1}, .type = METRIC_GAUGE};
	struct made_block block;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_point(&batch, &metric, 30, 1);
	add_point(&batch, &metric, 10, 1);
	add_point(&batch, &metric, 20, 1);
	block_make(&block, SIGNAL_METRICS, &batch, CODEC_ZSTD);
	assert_int_equal(block.header.signal, SIGNAL_METRICS);
	assert_int_equal(block.header.row_count, 3);
	assert_int_equal(block.header.first_ns, 10);
	assert_int_equal(block.header.last_ns, 30);
	assert_int_equal(block.header.trace_count, 0);
	assert_int_equal(block.header.terms[0], header_term_hash(TERM_METRIC, str_from("g")));
	block_release(&block);
	batch_release(&batch);
}

static void never_excludes_a_row_that_meets_the_filter(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		struct made_block block;
		struct batch batch;

		batch_init(&batch, 0);
		add_random_points(&batch, &random, 1 + random_below(&random, 6));
		block_make(&block, SIGNAL_METRICS, &batch, CODEC_NONE);
		for (size_t asked = 0; asked < 50; asked++) {
			struct point_filter filter = random_point_filter(&random, &batch.arena);
			bool is_there = false;

			for (size_t i = 0; i < batch.point_count; i++)
				is_there |= point_filter_match(&filter, &batch.points[i]);
			assert_true(!is_there || header_may_hold_points(&block.header, &filter));
		}
		block_release(&block);
		batch_release(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_random_points_whole),
		cmocka_unit_test(keeps_points_without_a_value),
		cmocka_unit_test(keeps_times_to_the_ends_of_the_range),
		cmocka_unit_test(tells_metrics_and_series_apart),
		cmocka_unit_test(says_in_the_header_what_the_rows_are),
		cmocka_unit_test(never_excludes_a_row_that_meets_the_filter),
	};

	return test_run("storage/columns/point_writer", tests);
}
