#include "unit/test.h"

#include <stdlib.h>

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"

/* Builds, reads back and compares. */
static void assert_kept(const struct batch *batch, enum block_codec codec)
{
	struct made_block block;
	struct batch read;
	struct arena arena;

	arena_init(&arena, 0);
	batch_init(&read, 0);
	block_make(&block, SIGNAL_TRACES, batch, codec);
	block_read_spans(buffer_str(&block.body), &arena, &read);
	assert_same_spans(&read, batch);
	block_release(&block);
	batch_release(&read);
	arena_release(&arena);
}

static void keeps_random_spans_whole(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 31, 32, 33, 34, 300, 2000};
	struct random random = {test_seed()};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (enum block_codec codec = CODEC_NONE; codec <= CODEC_LZ4; codec++) {
			struct batch batch;

			batch_init(&batch, 0);
			add_random_spans(&batch, &random, sizes[i]);
			assert_kept(&batch, codec);
			batch_release(&batch);
		}
}

static void set_parent(struct span *span, const struct span *parent)
{
	memcpy(span->parent_span_id, parent->span_id, SPAN_ID_SIZE);
}

/* A root, a child before and behind its parent, a child of itself, of a span of another trace, of nobody
 * here. */
static void keeps_parents_wherever_they_are(void **state)
{
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 7; i++)
		add_span(&batch, i == 6 ? 2 : 1, i, 1000 + i, 5, "x");
	set_parent(&batch.spans[1], &batch.spans[0]);
	set_parent(&batch.spans[2], &batch.spans[5]);
	set_parent(&batch.spans[3], &batch.spans[3]);
	set_parent(&batch.spans[4], &batch.spans[6]);
	span_id_of(999, batch.spans[5].parent_span_id);
	span_id_of(998, batch.spans[6].parent_span_id);
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

/* Past 32 spans parents are looked up in a table; the trace must not show it. */
static void keeps_parents_of_traces_of_any_length(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (size_t length = 28; length < 600; length += length < 40 ? 1 : 97) {
		struct batch batch;

		batch_init(&batch, 0);
		for (uint64_t i = 0; i < length; i++) {
			struct span *span = add_span(&batch, 1, i, 1000 + random_below(&random, 50), 5, "x");

			if (random_chance(&random, 80))
				span_id_of(random_below(&random, length + 3), span->parent_span_id);
		}
		assert_kept(&batch, CODEC_ZSTD);
		batch_release(&batch);
	}
}

/* A broken sender gives two spans one id, even the id of nothing. */
static void keeps_spans_that_share_an_id(void **state)
{
	(void)state;
	for (size_t length = 4; length <= 64; length += 60) {
		struct batch batch;

		batch_init(&batch, 0);
		for (uint64_t i = 0; i < length; i++) {
			struct span *span = add_span(&batch, 1, i % 3, 1000 + i % 5, 5, "x");

			if (i % 3 == 2)
				memset(span->span_id, 0, SPAN_ID_SIZE);
			span_id_of(i % 2, span->parent_span_id);
		}
		assert_kept(&batch, CODEC_ZSTD);
		batch_release(&batch);
	}
}

static void keeps_times_to_the_ends_of_the_range(void **state)
{
	static const uint64_t times[] = {0, 1, NEW_YEAR_NS, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX};
	struct span_event events[6] = {0};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (size_t i = 0; i < 6; i++)
		events[i].time_ns = times[i];
	for (size_t start = 0; start < 6; start++)
		for (size_t end = 0; end < 6; end++) {
			struct span *span = add_span(&batch, end % 2, start * 6 + end, times[start], 0, "x");

			span->end_ns = times[end];
			span->events = events;
			span->event_count = 6;
		}
	assert_kept(&batch, CODEC_ZSTD);
	batch_release(&batch);
}

static void keeps_the_largest_numbers_of_every_field(void **state)
{
	struct span_link link = {.flags = UINT32_MAX, .trace_state = {"a=b", 3}};
	struct batch batch;
	struct span *span;

	(void)state;
	batch_init(&batch, 0);
	span = add_span(&batch, 1, 1, 5, 0, "");
	span->kind = span->status_code = UINT8_MAX;
	span->flags = span->dropped_event_count = span->dropped_link_count = UINT32_MAX;
	span->attributes.dropped_count = UINT32_MAX;
	span->handler = (struct handler){.role = UINT8_MAX,
					 .type = UINT8_MAX,
					 .outcome = UINT8_MAX,
					 .messages = UINT32_MAX,
					 .name = {"\0", 1},
					 .event = {"e", 1}};
	span->links = &link;
	span->link_count = 1;
	add_span(&batch, 1, 2, 6, 0, "");
	assert_kept(&batch, CODEC_NONE);
	batch_release(&batch);
}

static void sees_nothing_of_the_block_before(void **state)
{
	struct random random = {test_seed()};
	struct made_block again, fresh;
	struct batch first, second;

	(void)state;
	batch_init(&first, 0);
	batch_init(&second, 0);
	add_random_spans(&first, &random, 300);
	add_span(&second, 1, 1, 10, 5, "GET /users");
	block_make(&again, SIGNAL_TRACES, &first, CODEC_NONE);
	block_remake(&again, SIGNAL_TRACES, &second);
	block_make(&fresh, SIGNAL_TRACES, &second, CODEC_NONE);
	assert_int_equal(again.body.size, fresh.body.size);
	assert_memory_equal(again.body.data, fresh.body.data, fresh.body.size);
	assert_int_equal(again.header.term_count, fresh.header.term_count);
	assert_int_equal(again.header.trace_count, 1);
	block_release(&again);
	block_release(&fresh);
	batch_release(&first);
	batch_release(&second);
}

static void says_in_the_header_what_the_rows_are(void **state)
{
	struct made_block block;
	struct batch batch;
	struct span *span;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, 3, 1, 500, 30, "b");
	span = add_span(&batch, 4, 2, 400, 0, "a");
	span->end_ns = 300;
	span->handler =
		(struct handler){.role = ROLE_EXECUTION, .type = HANDLER_CRON, .outcome = OUTCOME_LOST};
	span = add_span(&batch, 3, 3, 600, 7, "c");
	span->handler =
		(struct handler){.role = ROLE_RECEIVE, .type = HANDLER_EVENT, .outcome = OUTCOME_ERROR};
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	assert_int_equal(block.header.signal, SIGNAL_TRACES);
	assert_int_equal(block.header.row_count, 3);
	assert_int_equal(block.header.body_size, block.body.size);
	assert_int_equal(block.header.first_ns, 400);
	assert_int_equal(block.header.last_ns, 600);
	assert_int_equal(block.header.min_duration_ns, 0);
	assert_int_equal(block.header.max_duration_ns, 30);
	assert_int_equal(block.header.outcomes,
			 1 << OUTCOME_SUCCESS | 1 << OUTCOME_ERROR | 1 << OUTCOME_LOST);
	assert_int_equal(block.header.handler_types, 1 << HANDLER_CRON);
	assert_int_equal(block.header.trace_count, 2);
	assert_int_equal(block.header.term_count, 3);
	assert_true(block.header.has_all_terms);
	block_release(&block);
	batch_release(&batch);
}

/* A header may only say no where no row says yes. */
static void never_excludes_a_row_that_meets_the_filter(void **state)
{
	struct random random = {test_seed()};

	(void)state;
	for (size_t round = 0; round < 200; round++) {
		struct made_block block;
		struct batch batch;

		batch_init(&batch, 0);
		add_random_spans(&batch, &random, 1 + random_below(&random, 6));
		block_make(&block, SIGNAL_TRACES, &batch, CODEC_NONE);
		for (size_t i = 0; i < batch.span_count; i++)
			assert_true(header_may_hold_trace(&block.header,
							  header_trace_hash(batch.spans[i].trace_id)));
		for (size_t asked = 0; asked < 50; asked++) {
			struct span_filter filter = random_span_filter(&random, &batch.arena);
			bool is_there = false;

			for (size_t i = 0; i < batch.span_count; i++)
				is_there |= span_filter_match(&filter, &batch.spans[i]);
			assert_true(!is_there || header_may_hold_spans(&block.header, &filter));
		}
		block_release(&block);
		batch_release(&batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_random_spans_whole),
		cmocka_unit_test(keeps_parents_wherever_they_are),
		cmocka_unit_test(keeps_parents_of_traces_of_any_length),
		cmocka_unit_test(keeps_spans_that_share_an_id),
		cmocka_unit_test(keeps_times_to_the_ends_of_the_range),
		cmocka_unit_test(keeps_the_largest_numbers_of_every_field),
		cmocka_unit_test(sees_nothing_of_the_block_before),
		cmocka_unit_test(says_in_the_header_what_the_rows_are),
		cmocka_unit_test(never_excludes_a_row_that_meets_the_filter),
	};

	return test_run("storage/columns/span_writer", tests);
}
