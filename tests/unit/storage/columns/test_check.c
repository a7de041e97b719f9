#include "storage/columns/check.h"

#include "blocks.h"
#include "contract/rows.h"
#include "unit/test.h"

enum { ROWS = 500 };

struct fixture {
	struct made_block block;
	struct arena scratch;
	struct error error;
};

static void make(struct fixture *fixture, enum signal signal, struct random *random)
{
	struct batch batch;

	batch_init(&batch, 0);
	add_random_spans(&batch, random, signal == SIGNAL_TRACES ? ROWS : 0);
	add_random_logs(&batch, random, signal == SIGNAL_LOGS ? ROWS : 0);
	add_random_points(&batch, random, signal == SIGNAL_METRICS ? ROWS : 0);
	block_make(&fixture->block, signal, &batch, CODEC_ZSTD);
	batch_release(&batch);
	arena_init(&fixture->scratch, 0);
}

static void release(struct fixture *fixture)
{
	block_release(&fixture->block);
	arena_release(&fixture->scratch);
}

static enum status check(struct fixture *fixture, const struct block_header *header)
{
	arena_clear(&fixture->scratch);
	return block_check(buffer_str(&fixture->block.body), header, &fixture->scratch, &fixture->error);
}

static void finds_nothing_wrong_with_what_the_builder_makes(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct fixture fixture = {0};

		make(&fixture, (enum signal)signal, &random);
		if (check(&fixture, &fixture.block.header) != STATUS_OK)
			fail_msg("%s: %s", signal_name((enum signal)signal), fixture.error.message);
		release(&fixture);
	}
}

static void finds_a_header_that_lies_about_the_whole(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct fixture fixture = {0};
		struct block_header lie;

		make(&fixture, (enum signal)signal, &random);
		lie = fixture.block.header;
		lie.row_count++;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		lie = fixture.block.header;
		lie.body_size--;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		lie = fixture.block.header;
		lie.first_ns++;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		lie = fixture.block.header;
		lie.first_ns--;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		lie = fixture.block.header;
		lie.last_ns--;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		lie = fixture.block.header;
		assert_true(lie.has_all_terms && lie.term_count);
		lie.terms++;
		lie.term_count--;
		assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
		release(&fixture);
	}
}

static void finds_a_header_that_denies_a_span(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture = {0};
	struct block_header lie;

	(void)state;
	make(&fixture, SIGNAL_TRACES, &random);
	lie = fixture.block.header;
	lie.traces++;
	lie.trace_count--;
	assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
	lie = fixture.block.header;
	lie.max_duration_ns--;
	assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
	lie = fixture.block.header;
	lie.outcomes = 0;
	assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
	lie = fixture.block.header;
	lie.handler_types = 0;
	assert_int_equal(check(&fixture, &lie), STATUS_CORRUPT);
	release(&fixture);
}

static void finds_a_body_that_is_cut(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct fixture fixture = {0};
		struct block_header header;

		make(&fixture, (enum signal)signal, &random);
		header = fixture.block.header;
		header.body_size = fixture.block.body.size /= 2;
		assert_int_equal(check(&fixture, &header), STATUS_CORRUPT);
		release(&fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_wrong_with_what_the_builder_makes),
		cmocka_unit_test(finds_a_header_that_lies_about_the_whole),
		cmocka_unit_test(finds_a_header_that_denies_a_span),
		cmocka_unit_test(finds_a_body_that_is_cut),
	};

	return test_run("storage/columns/check", tests);
}
