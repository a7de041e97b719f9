#include "unit/test.h"

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/columns/log_reader.h"

enum { ROWS = 150 };

struct fixture {
	struct batch batch;
	struct made_block block;
	struct arena arena;
	struct log_reader reader;
};

static void open_fixture(struct fixture *fixture, struct random *random)
{
	batch_init(&fixture->batch, 0);
	add_random_logs(&fixture->batch, random, ROWS);
	block_make(&fixture->block, SIGNAL_LOGS, &fixture->batch, CODEC_LZ4);
	arena_init(&fixture->arena, 0);
	assert_int_equal(
		log_reader_open(&fixture->reader, buffer_str(&fixture->block.body), &fixture->arena, NULL),
		STATUS_OK);
}

static void close_fixture(struct fixture *fixture)
{
	arena_release(&fixture->arena);
	block_release(&fixture->block);
	batch_release(&fixture->batch);
}

static void assert_same_row(const struct log_record *actual, const struct log_record *expected)
{
	struct buffer a = BUFFER_EMPTY, b = BUFFER_EMPTY;

	dump_log(actual, &a);
	dump_log(expected, &b);
	assert_true(str_equal(buffer_str(&a), buffer_str(&b)));
	buffer_release(&a);
	buffer_release(&b);
}

static void reads_any_part_of_a_block(void **state)
{
	struct random random = {test_seed()};
	struct log_record all[ROWS], part[ROWS];
	struct fixture fixture;

	(void)state;
	open_fixture(&fixture, &random);
	assert_int_equal(log_reader_read(&fixture.reader, 0, ROWS, all, NULL), STATUS_OK);
	for (size_t first = 0; first < ROWS; first++) {
		size_t count = first % 4 ? 1 + first % 7 : ROWS - first;

		count = count > ROWS - first ? ROWS - first : count;
		assert_int_equal(log_reader_read(&fixture.reader, first, count, part, NULL), STATUS_OK);
		for (size_t i = 0; i < count; i++)
			assert_same_row(&part[i], &all[first + i]);
	}
	assert_int_equal(log_reader_read(&fixture.reader, ROWS, 0, part, NULL), STATUS_OK);
	close_fixture(&fixture);
}

static void matches_exactly_what_the_filter_means(void **state)
{
	struct random random = {test_seed()};
	struct log_record logs[ROWS];
	struct fixture fixture;
	size_t matched = 0;

	(void)state;
	open_fixture(&fixture, &random);
	assert_int_equal(log_reader_read(&fixture.reader, 0, ROWS, logs, NULL), STATUS_OK);
	for (size_t asked = 0; asked < 1000; asked++) {
		struct log_filter filter = random_log_filter(&random, &fixture.batch.arena);
		static const uint8_t none[TRACE_ID_SIZE];
		uint8_t matches[ROWS];

		if (asked % 50 == 0)
			filter.trace_id = none;
		assert_int_equal(log_reader_match(&fixture.reader, &filter, matches, NULL), STATUS_OK);
		for (size_t i = 0; i < ROWS; i++) {
			assert_int_equal(matches[i], log_filter_match(&filter, &logs[i]));
			matched += matches[i];
		}
	}
	assert_true(matched > 0);
	close_fixture(&fixture);
}

static void refuses_a_block_of_another_signal(void **state)
{
	struct log_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;
	struct error error;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, 1, 1, 1, 1, "x");
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_NONE);
	arena_init(&arena, 0);
	assert_int_equal(log_reader_open(&reader, buffer_str(&block.body), &arena, &error), STATUS_CORRUPT);
	assert_string_equal(error.message, "a block of traces stands among the logs");
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_any_part_of_a_block),
		cmocka_unit_test(matches_exactly_what_the_filter_means),
		cmocka_unit_test(refuses_a_block_of_another_signal),
	};

	return test_run("storage/columns/log_reader", tests);
}
