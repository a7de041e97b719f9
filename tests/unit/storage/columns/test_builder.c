#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"

/* A block of count spans, each of its own name. */
static void make_names(struct made_block *block, size_t count)
{
	char(*names)[16] = malloc(count * sizeof(*names));
	struct batch batch;

	assert_non_null(names);
	batch_init(&batch, 0);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "span %zu", i);
		add_span(&batch, i, i, i, 1, names[i]);
	}
	block_make(block, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	batch_release(&batch);
	free(names);
}

static void keeps_terms_up_to_their_ceiling_and_none_past_it(void **state)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct made_block block;

	(void)state;
	filter.operation = str_from("nobody");
	make_names(&block, HEADER_MOST_TERMS);
	assert_true(block.header.has_all_terms);
	assert_in_range(block.header.term_count, HEADER_MOST_TERMS - 8, HEADER_MOST_TERMS);
	assert_false(header_may_hold_spans(&block.header, &filter));
	block_release(&block);
	make_names(&block, HEADER_MOST_TERMS + 1);
	assert_false(block.header.has_all_terms);
	assert_int_equal(block.header.term_count, 0);
	assert_true(header_may_hold_spans(&block.header, &filter));
	block_release(&block);
}

static void notes_each_service_once(void **state)
{
	struct attribute shop[] = {text("service.name", "shop")}, mail[] = {text("service.name", "mail")};
	struct attribute number[] = {whole("service.name", 1)};
	const struct resource resources[] = {{.attributes = {shop, 1, 0}},
					     {.attributes = {mail, 1, 0}},
					     {.attributes = {shop, 1, 1}},
					     {.attributes = {number, 1, 0}}};
	struct span_filter filter = SPAN_FILTER_ANY;
	struct made_block block;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 12; i++)
		add_span(&batch, i, i, i, 1, "")->resource = &resources[i % 4];
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	assert_int_equal(block.header.term_count, 2);
	filter.service = str_from("mail");
	assert_true(header_may_hold_spans(&block.header, &filter));
	filter.service = str_from("bank");
	assert_false(header_may_hold_spans(&block.header, &filter));
	block_release(&block);
	batch_release(&batch);
}

/* One builder makes blocks of all signals in turn, as a commit does. */
static void makes_blocks_of_all_signals_in_turn(void **state)
{
	struct random random = {test_seed()};
	struct made_block shared;
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_random_spans(&batch, &random, 50);
	add_random_logs(&batch, &random, 50);
	add_random_points(&batch, &random, 50);
	block_make(&shared, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	for (size_t round = 0; round < 9; round++) {
		enum signal signal = (enum signal)(round % SIGNAL_COUNT);
		struct batch read;
		struct arena arena;

		arena_init(&arena, 0);
		batch_init(&read, 0);
		block_remake(&shared, signal, &batch);
		if (signal == SIGNAL_TRACES) {
			block_read_spans(buffer_str(&shared.body), &arena, &read);
			assert_same_spans(&read, &batch);
		} else if (signal == SIGNAL_LOGS) {
			block_read_logs(buffer_str(&shared.body), &arena, &read);
			assert_same_logs(&read, &batch);
		} else {
			block_read_points(buffer_str(&shared.body), &arena, &read);
			assert_same_points(&read, &batch);
		}
		batch_release(&read);
		arena_release(&arena);
	}
	block_release(&shared);
	batch_release(&batch);
}

/* Rows that do not fit into one block fail it, and the builder goes on: the store then halves them. */
static void is_ready_for_the_next_block_after_a_failure(void **state)
{
	enum { KEYS = BLOCK_MOST_COLUMNS + 1 };
	char(*names)[16] = malloc(KEYS * sizeof(*names));
	struct attribute *items = calloc(KEYS, sizeof(*items));
	struct block_builder *builder = block_builder_new(CODEC_ZSTD, 1);
	struct buffer body = BUFFER_EMPTY;
	struct block_header header;
	struct span spans[2] = {0};
	const struct span *rows[2] = {&spans[0], &spans[1]};

	(void)state;
	assert_non_null(names);
	assert_non_null(items);
	for (size_t i = 0; i < KEYS; i++) {
		snprintf(names[i], sizeof(names[i]), "key %zu", i);
		items[i].key = str_from(names[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		spans[i].resource = &resource_empty;
		spans[i].scope = &scope_empty;
		spans[i].attributes = (struct attributes){items + i * KEYS / 2, KEYS / 2 + (i == 1), 0};
	}
	assert_int_equal(block_build_spans(builder, rows, 2, &body, &header, NULL), STATUS_TOO_LARGE);
	assert_int_equal(body.size, 0);
	assert_int_equal(block_build_spans(builder, rows, 1, &body, &header, NULL), STATUS_OK);
	assert_int_equal(header.row_count, 1);
	assert_int_equal(header.body_size, body.size);
	block_builder_free(builder);
	buffer_release(&body);
	free(names);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_terms_up_to_their_ceiling_and_none_past_it),
		cmocka_unit_test(notes_each_service_once),
		cmocka_unit_test(makes_blocks_of_all_signals_in_turn),
		cmocka_unit_test(is_ready_for_the_next_block_after_a_failure),
	};

	return test_run("storage/columns/builder", tests);
}
