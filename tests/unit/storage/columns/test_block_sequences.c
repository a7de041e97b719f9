#include "unit/test.h"

#include "blocks.h"
#include "contract/rows.h"
#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/span_reader.h"

enum { ROWS = 60, FIRST = 1000 };

/* Every row's commit follows from the row itself, so that it can be told after sorting. */
static uint64_t sequence_of_span(const void *context, const void *row)
{
	(void)context;
	return FIRST + ((const struct span *)row)->span_id[0];
}

static uint64_t sequence_of_log(const void *context, const void *row)
{
	(void)context;
	return FIRST + ((const struct log_record *)row)->severity_number;
}

static void open_block(struct made_block *block, struct arena *arena, struct block *opened)
{
	arena_init(arena, 0);
	assert_int_equal(block_open(buffer_str(&block->body), arena, opened, NULL), STATUS_OK);
	block->header.first_sequence = FIRST;
	block->header.last_sequence = FIRST + UINT8_MAX;
}

static void keeps_the_commit_of_each_span(void **state)
{
	struct random random = {test_seed()};
	const uint64_t *sequences;
	struct made_block block;
	struct batch batch, read;
	struct block opened;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&read, 0);
	add_random_spans(&batch, &random, ROWS);
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	block_builder_set_sequences(block.builder, sequence_of_span, NULL, FIRST);
	block_remake(&block, SIGNAL_TRACES, &batch);
	open_block(&block, &arena, &opened);
	block_read_spans(buffer_str(&block.body), &arena, &read);
	assert_int_equal(block_sequences_read(&opened, &block.header, &sequences, NULL), STATUS_OK);
	for (size_t i = 0; i < ROWS; i++)
		assert_int_equal(sequences[i], sequence_of_span(NULL, &read.spans[i]));
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
	batch_release(&read);
}

static void hides_rows_that_arrived_after_the_snapshot(void **state)
{
	struct random random = {test_seed()};
	struct made_block block;
	struct batch batch, read;
	struct block opened;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	batch_init(&read, 0);
	add_random_logs(&batch, &random, ROWS);
	block_make(&block, SIGNAL_LOGS, &batch, CODEC_ZSTD);
	block_builder_set_sequences(block.builder, sequence_of_log, NULL, FIRST);
	block_remake(&block, SIGNAL_LOGS, &batch);
	open_block(&block, &arena, &opened);
	block_read_logs(buffer_str(&block.body), &arena, &read);
	for (uint64_t snapshot = FIRST - 1; snapshot < FIRST + 30; snapshot++) {
		uint8_t matches[ROWS];

		for (size_t i = 0; i < ROWS; i++)
			matches[i] = i % 3 != 0;
		assert_int_equal(block_sequences_mask(&opened, &block.header, snapshot, matches, NULL),
				 STATUS_OK);
		for (size_t i = 0; i < ROWS; i++)
			assert_int_equal(matches[i],
					 i % 3 != 0 && sequence_of_log(NULL, &read.logs[i]) <= snapshot);
	}
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
	batch_release(&read);
}

static void takes_a_block_without_sequences_for_one_commit(void **state)
{
	struct made_block block;
	const uint64_t *sequences;
	struct block opened;
	struct batch batch;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	add_log(&batch, 1, "a");
	add_log(&batch, 2, "b");
	block_make(&block, SIGNAL_LOGS, &batch, CODEC_NONE);
	open_block(&block, &arena, &opened);
	assert_int_equal(block_sequences_read(&opened, &block.header, &sequences, NULL), STATUS_OK);
	assert_int_equal(sequences[0], FIRST);
	assert_int_equal(sequences[1], FIRST);
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

static void counts_commits_for_one_block_alone(void **state)
{
	struct made_block block;
	struct block opened;
	struct batch batch;
	struct arena arena;
	struct str bytes;

	(void)state;
	batch_init(&batch, 0);
	add_log(&batch, 1, "a")->severity_number = 3;
	block_make(&block, SIGNAL_LOGS, &batch, CODEC_NONE);
	block_builder_set_sequences(block.builder, sequence_of_log, NULL, FIRST);
	block_remake(&block, SIGNAL_LOGS, &batch);
	open_block(&block, &arena, &opened);
	assert_int_equal(block_column(&opened, TABLE_SEQUENCES, 0, 0, &bytes, NULL), STATUS_OK);
	assert_int_not_equal(bytes.size, 0);
	block_remake(&block, SIGNAL_LOGS, &batch);
	assert_int_equal(block_open(buffer_str(&block.body), &arena, &opened, NULL), STATUS_OK);
	assert_int_equal(block_column(&opened, TABLE_SEQUENCES, 0, 0, &bytes, NULL), STATUS_OK);
	assert_int_equal(bytes.size, 0);
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_commit_of_each_span),
		cmocka_unit_test(hides_rows_that_arrived_after_the_snapshot),
		cmocka_unit_test(takes_a_block_without_sequences_for_one_commit),
		cmocka_unit_test(counts_commits_for_one_block_alone),
	};

	return test_run("storage/columns/block_sequences", tests);
}
