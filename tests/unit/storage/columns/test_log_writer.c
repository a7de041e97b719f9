#include "unit/test.h"

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"

static void assert_kept(const struct batch *batch, enum block_codec codec)
{
	struct made_block block;
	struct batch read;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&read, 0);
	block_make(&block, SIGNAL_LOGS, batch, codec);
	block_read_logs(buffer_str(&block.body), &arena, &read);
	assert_same_logs(&read, batch);
	for (size_t i = 1; i < read.log_count; i++)
		assert_true(read.logs[i - 1].time_ns <= read.logs[i].time_ns);
	block_release(&block);
	batch_release(&read);
	arena_release(&arena);
}

static void keeps_random_logs_whole_and_in_order_of_time(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 127, 128, 300, 2000};
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (enum block_codec codec = CODEC_NONE; codec <= CODEC_LZ4; codec++) {
			struct batch batch;

			batch_init(&batch, 0);
			add_random_logs(&batch, &random, sizes[i]);
			assert_kept(&batch, codec);
			batch_release(&batch);
		}
}

static void keeps_bodies_of_every_type(void **state)
{
	const struct value bodies[] = {
		{.type = VALUE_EMPTY},
		{.data = "", .type = VALUE_STRING},
		{.data = "a\0b", .size = 3, .type = VALUE_STRING},
		{.boolean = true, .type = VALUE_BOOL},
		{.integer = INT64_MIN, .type = VALUE_INT},
		{.real = -0.0, .type = VALUE_DOUBLE},
		{.data = "\xff", .size = 1, .type = VALUE_BYTES},
		{.data = "\x0a\x02\x18\x07", .size = 4, .type = VALUE_ARRAY},
		{.data = "", .type = VALUE_MAP},
	};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
			add_log(&batch, round * 10 + i * 7 % 9, "")->body = bodies[i];
	assert_kept(&batch, CODEC_ZSTD);
	batch_release(&batch);
}

static void keeps_times_to_the_ends_of_the_range(void **state)
{
	static const uint64_t times[] = {0, 1, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 5; j++)
			add_log(&batch, times[i], "x")->observed_time_ns = times[j];
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

/* Either id may be there without the other. */
static void keeps_ids_that_stand_alone(void **state)
{
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 8; i++) {
		struct log_record *record = add_log(&batch, i, "x");

		if (i & 1)
			trace_id_of(i, record->trace_id);
		if (i & 2)
			span_id_of(i, record->span_id);
		record->flags = UINT32_MAX;
		record->severity_number = UINT8_MAX;
	}
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

static void says_in_the_header_what_the_rows_are(void **state)
{
	struct made_block block;
	struct batch batch;
	struct log_record *record;

	(void)state;
	batch_init(&batch, 0);
	add_log(&batch, 500, "x")->severity_number = 17;
	record = add_log(&batch, 400, "x");
	trace_id_of(1, record->trace_id);
	record->severity_number = 5;
	record->handler = str_from("Sweep");
	block_make(&block, SIGNAL_LOGS, &batch, CODEC_NONE);
	assert_int_equal(block.header.signal, SIGNAL_LOGS);
	assert_int_equal(block.header.row_count, 2);
	assert_int_equal(block.header.first_ns, 400);
	assert_int_equal(block.header.last_ns, 500);
	assert_int_equal(block.header.levels, 1 << LEVEL_ERROR | 1 << LEVEL_DEBUG);
	assert_int_equal(block.header.level_counts[LEVEL_ERROR] + block.header.level_counts[LEVEL_DEBUG],
			 block.header.row_count);
	assert_int_equal(block.header.trace_count, 1);
	assert_int_equal(block.header.term_count, 1);
	assert_int_equal(block.header.terms[0], header_term_hash(TERM_HANDLER, str_from("Sweep")));
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
		add_random_logs(&batch, &random, 1 + random_below(&random, 6));
		block_make(&block, SIGNAL_LOGS, &batch, CODEC_NONE);
		for (size_t asked = 0; asked < 50; asked++) {
			struct log_filter filter = random_log_filter(&random, &batch.arena);
			bool is_there = false;

			for (size_t i = 0; i < batch.log_count; i++)
				is_there |= log_filter_match(&filter, &batch.logs[i]);
			assert_true(!is_there || header_may_hold_logs(&block.header, &filter));
		}
		block_release(&block);
		batch_release(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_random_logs_whole_and_in_order_of_time),
		cmocka_unit_test(keeps_bodies_of_every_type),
		cmocka_unit_test(keeps_times_to_the_ends_of_the_range),
		cmocka_unit_test(keeps_ids_that_stand_alone),
		cmocka_unit_test(says_in_the_header_what_the_rows_are),
		cmocka_unit_test(never_excludes_a_row_that_meets_the_filter),
	};

	return test_run("storage/columns/log_writer", tests);
}
