#include "unit/test.h"

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/columns/builder_internal.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/point_schema.h"

static void reads_exactly_the_points_that_meet_the_filter(void **state)
{
	struct random random = {test_seed()};
	struct point_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;
	size_t found = 0;

	(void)state;
	batch_init(&batch, 0);
	add_random_points(&batch, &random, 200);
	block_make(&block, SIGNAL_METRICS, &batch, CODEC_ZSTD);
	arena_init(&arena, 0);
	for (size_t asked = 0; asked < 150; asked++) {
		struct point_filter filter = random_point_filter(&random, &batch.arena);
		struct batch read, expected;
		bool may_hold = false;

		if (asked % 10 == 0) {
			arena_clear(&arena);
			assert_int_equal(point_reader_open(&reader, buffer_str(&block.body), &arena, NULL),
					 STATUS_OK);
		}
		batch_init(&read, 0);
		batch_init(&expected, 0);
		for (size_t i = 0; i < batch.point_count; i++)
			if (point_filter_match(&filter, &batch.points[i]))
				*batch_add_point(&expected) = batch.points[i];
		assert_int_equal(point_reader_may_hold(&reader, &filter, &may_hold, NULL), STATUS_OK);
		assert_true(may_hold || expected.point_count == 0);
		assert_int_equal(point_reader_read(&reader, &filter, &read, NULL), STATUS_OK);
		assert_same_points(&read, &expected);
		found += read.point_count;
		batch_release(&read);
		batch_release(&expected);
	}
	assert_true(found > 0);
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

static void tells_labels_that_no_series_has(void **state)
{
	static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE};
	static const struct {
		const char *key, *value;
		enum label_comparison comparison;
		bool may_hold;
	} cases[] = {
		{"queue", "mail", LABEL_IS, true},      {"queue", "none", LABEL_IS, false},
		{"nobody", "mail", LABEL_IS, false},    {"service.name", "shop", LABEL_IS, true},
		{"service.name", "x", LABEL_IS, false}, {"queue", "none", LABEL_IS_NOT, true},
	};
	struct attribute service = {str_from("service.name"), value_from_str(str_from("shop"))};
	struct attribute queue = {str_from("queue"), value_from_str(str_from("mail"))};
	struct resource resource = {.schema_url = {"", 0}, .attributes = {&service, 1, 0}};
	struct point_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 3; i++) {
		struct metric_point *point = batch_add_point(&batch);

		point->metric = &gauge;
		point->time_ns = i + 1;
		point->resource = &resource;
		point->attributes = (struct attributes){&queue, i < 2, 0};
	}
	block_make(&block, SIGNAL_METRICS, &batch, CODEC_ZSTD);
	arena_init(&arena, 0);
	assert_int_equal(point_reader_open(&reader, buffer_str(&block.body), &arena, NULL), STATUS_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct label_filter label = {str_from(cases[i].key), str_from(cases[i].value),
						   cases[i].comparison, NULL};
		const struct point_filter filter = {
			.range = TIME_RANGE_ALL, .labels = &label, .label_count = 1};
		bool may_hold = !cases[i].may_hold;

		assert_int_equal(point_reader_may_hold(&reader, &filter, &may_hold, NULL), STATUS_OK);
		if (may_hold != cases[i].may_hold)
			fail_msg("case %zu: %d", i, may_hold);
	}
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

static void gives_each_series_in_order_of_time(void **state)
{
	struct random random = {test_seed()};
	struct point_filter any = POINT_FILTER_ANY;
	struct buffer last = BUFFER_EMPTY, series = BUFFER_EMPTY;
	struct point_reader reader;
	struct made_block block;
	struct batch batch, read;
	struct arena arena;
	size_t run_count = 0;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&read, 0);
	add_random_points(&batch, &random, 500);
	block_make(&block, SIGNAL_METRICS, &batch, CODEC_ZSTD);
	arena_init(&arena, 0);
	assert_int_equal(point_reader_open(&reader, buffer_str(&block.body), &arena, NULL), STATUS_OK);
	assert_int_equal(point_reader_read(&reader, &any, &read, NULL), STATUS_OK);
	for (size_t i = 0; i < read.point_count; i++) {
		buffer_clear(&series);
		dump_stored_series(&read.points[i], &series);
		if (i && str_equal(buffer_str(&series), buffer_str(&last)))
			assert_true(read.points[i - 1].time_ns <= read.points[i].time_ns);
		else
			run_count++;
		buffer_clear(&last);
		buffer_append_str(&last, buffer_str(&series));
	}
	assert_true(run_count <= reader.series_count);
	buffer_release(&last);
	buffer_release(&series);
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
	batch_release(&read);
}

static void refuses_a_block_of_another_signal(void **state)
{
	struct point_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;
	struct error error;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, 1, 1, 1, 1, "x");
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_NONE);
	arena_init(&arena, 0);
	assert_int_equal(point_reader_open(&reader, buffer_str(&block.body), &arena, &error), STATUS_CORRUPT);
	assert_string_equal(error.message, "a block of traces stands among the metrics");
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

/* Three points of two series of one metric, written field by field; their times are those of two lists. */
struct counts {
	uint64_t series, metrics, lists, metric_of[2], runs[2], kinds[2], list_of[2], list_lengths[2];
	uint64_t buckets[2], exemplars[3], exemplars_all;
	size_t int_lengths[2], int_runs;
};

static void put_samples(struct block_writer *writer, uint8_t field, const size_t *lengths, size_t count)
{
	static const uint64_t values[] = {100, 350, 500, 501};
	struct samples_writer samples = {0};

	for (size_t i = 0; i < count; i++)
		samples_put_integers(&samples, values, lengths[i]);
	if (count)
		samples_encode(&samples, block_writer_column(writer, TABLE_POINTS, field, 0));
	samples_release(&samples);
}

static enum status read_counts(const struct counts *counts)
{
	static const size_t time_lengths[] = {1, 2};
	struct table_writer points = {0}, series = {0};
	struct point_filter any = POINT_FILTER_ANY;
	struct point_reader reader;
	struct block_writer writer;
	struct buffer body;
	struct batch batch;
	struct arena arena;
	enum status status;

	table_put_number(&points, POINT_SERIES_COUNT, counts->series);
	table_put_number(&points, POINT_METRIC_COUNT, counts->metrics);
	table_put_number(&points, POINT_LIST_COUNT, counts->lists);
	table_put_number(&points, POINT_EXEMPLARS_ALL, counts->exemplars_all);
	for (size_t i = 0; i < 2; i++) {
		table_put_number(&points, POINT_RUN_LENGTH, counts->runs[i]);
		table_put_number(&points, POINT_LIST_LENGTH, counts->list_lengths[i]);
		table_put_number(&series, SERIES_METRIC, counts->metric_of[i]);
		table_put_number(&series, SERIES_NUMBER_KIND, counts->kinds[i]);
		table_put_number(&series, SERIES_TIMES, counts->list_of[i]);
		table_put_number(&series, SERIES_STARTS, counts->list_of[i]);
		table_put_number(&series, SERIES_BUCKET_COUNT, counts->buckets[i]);
	}
	for (size_t i = 0; i < 3; i++)
		table_put_number(&points, POINT_EXEMPLAR_COUNT, counts->exemplars[i]);
	block_begin(&writer, CODEC_NONE);
	table_writer_encode(&points, &writer, TABLE_POINTS);
	table_writer_encode(&series, &writer, TABLE_SERIES);
	put_samples(&writer, POINT_TIMES, time_lengths, 2);
	put_samples(&writer, POINT_INT, counts->int_lengths, counts->int_runs);
	block_end(&writer, SIGNAL_METRICS, 3, &body);
	table_writer_release(&points);
	table_writer_release(&series);
	arena_init(&arena, 1 << 20);
	batch_init(&batch, 0);
	status = point_reader_open(&reader, buffer_str(&body), &arena, NULL);
	if (status == STATUS_OK)
		status = point_reader_read(&reader, &any, &batch, NULL);
	batch_release(&batch);
	arena_release(&arena);
	buffer_release(&body);
	return status;
}

static void refuses_counts_that_lead_outside(void **state)
{
	const struct counts good = {.series = 2,
				    .metrics = 1,
				    .lists = 2,
				    .runs = {1, 2},
				    .kinds = {1, 1},
				    .list_of = {0, 1},
				    .list_lengths = {1, 2},
				    .int_lengths = {1, 2},
				    .int_runs = 2};
	struct counts bad[13];
	/* A kind that is an int only when it is cut to a byte has no value: it reads as none. */
	struct counts cut = good;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	assert_int_equal(read_counts(&good), STATUS_OK);
	cut.kinds[1] = 257;
	cut.int_runs = 1;
	assert_int_equal(read_counts(&cut), STATUS_OK);
	bad[0].runs[1] = 1;
	bad[1].runs[1] = 3;
	bad[2].runs[0] = 4, bad[2].runs[1] = UINT64_MAX;
	bad[3].metric_of[1] = 1;
	bad[4].series = 4;
	bad[5].int_runs = 1, bad[5].int_lengths[0] = 2; /* of two series of integers */
	bad[6].exemplars[0] = 1, bad[6].exemplars_all = 1, bad[6].exemplars[1] = 1;
	bad[7].exemplars[0] = UINT64_MAX - 1, bad[7].exemplars[1] = 3, bad[7].exemplars_all = 1;
	bad[8].list_of[1] = 2;
	bad[9].list_of[1] = 0; /* a list of another length */
	bad[10].lists = 5;
	bad[11].runs[0] = 0, bad[11].runs[1] = 3;
	bad[12].buckets[0] = UINT64_MAX;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_counts(&bad[i]) != STATUS_CORRUPT)
			fail_msg("counts %zu were believed", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_exactly_the_points_that_meet_the_filter),
		cmocka_unit_test(tells_labels_that_no_series_has),
		cmocka_unit_test(gives_each_series_in_order_of_time),
		cmocka_unit_test(refuses_a_block_of_another_signal),
		cmocka_unit_test(refuses_counts_that_lead_outside),
	};

	return test_run("storage/columns/point_reader", tests);
}
