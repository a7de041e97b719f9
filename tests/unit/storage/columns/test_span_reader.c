#include "unit/test.h"

#include <stdlib.h>

#include "blocks.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/columns/builder_internal.h"
#include "storage/columns/span_reader.h"
#include "storage/columns/span_schema.h"

enum { ROWS = 200 };

struct fixture {
	struct batch batch;
	struct made_block block;
	struct arena arena;
	struct span_reader reader;
};

static void open_fixture(struct fixture *fixture, struct random *random)
{
	batch_init(&fixture->batch, 0);
	add_random_spans(&fixture->batch, random, ROWS);
	block_make(&fixture->block, SIGNAL_TRACES, &fixture->batch, CODEC_ZSTD);
	arena_init(&fixture->arena, 0);
	assert_int_equal(
		span_reader_open(&fixture->reader, buffer_str(&fixture->block.body), &fixture->arena, NULL),
		STATUS_OK);
}

static void close_fixture(struct fixture *fixture)
{
	arena_release(&fixture->arena);
	block_release(&fixture->block);
	batch_release(&fixture->batch);
}

static void reopen(struct fixture *fixture)
{
	arena_clear(&fixture->arena);
	assert_int_equal(
		span_reader_open(&fixture->reader, buffer_str(&fixture->block.body), &fixture->arena, NULL),
		STATUS_OK);
}

static void assert_same_row(const struct span *actual, const struct span *expected)
{
	struct buffer a = BUFFER_EMPTY, b = BUFFER_EMPTY;

	dump_span(actual, &a);
	dump_span(expected, &b);
	assert_true(str_equal(buffer_str(&a), buffer_str(&b)));
	buffer_release(&a);
	buffer_release(&b);
}

static void gives_rows_by_trace_and_start(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture;
	struct span spans[ROWS];

	(void)state;
	open_fixture(&fixture, &random);
	assert_int_equal(span_reader_read(&fixture.reader, 0, ROWS, spans, NULL), STATUS_OK);
	for (size_t i = 0; i < ROWS; i++) {
		assert_memory_equal(span_reader_trace_id(&fixture.reader, i), spans[i].trace_id,
				    TRACE_ID_SIZE);
		assert_true(fixture.reader.start_ns[i] == spans[i].start_ns);
	}
	for (size_t i = 1; i < ROWS; i++) {
		int order = memcmp(spans[i - 1].trace_id, spans[i].trace_id, TRACE_ID_SIZE);

		assert_true(order < 0 || (order == 0 && spans[i - 1].start_ns <= spans[i].start_ns));
	}
	close_fixture(&fixture);
}

static void reads_any_part_of_a_block(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture;
	struct span all[ROWS], part[ROWS];
	struct arena arena;
	struct span_reader whole_reader;

	(void)state;
	open_fixture(&fixture, &random);
	arena_init(&arena, 0);
	assert_int_equal(span_reader_open(&whole_reader, buffer_str(&fixture.block.body), &arena, NULL),
			 STATUS_OK);
	assert_int_equal(span_reader_read(&whole_reader, 0, ROWS, all, NULL), STATUS_OK);
	for (size_t first = 0; first < ROWS; first++) {
		size_t count = first % 3 == 0 ? ROWS - first : 1 + first % 7;

		count = count > ROWS - first ? ROWS - first : count;
		if (first % 5 == 0)
			reopen(&fixture);
		assert_int_equal(span_reader_read(&fixture.reader, first, count, part, NULL), STATUS_OK);
		for (size_t i = 0; i < count; i++)
			assert_same_row(&part[i], &all[first + i]);
	}
	assert_int_equal(span_reader_read(&fixture.reader, ROWS, 0, part, NULL), STATUS_OK);
	arena_release(&arena);
	close_fixture(&fixture);
}

static void finds_each_trace_and_no_other(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture;
	size_t first, count, found = 0;

	(void)state;
	open_fixture(&fixture, &random);
	for (uint64_t trace = 0; trace < 60; trace++) {
		uint8_t id[TRACE_ID_SIZE];
		size_t expected = 0;

		trace_id_of(trace, id);
		for (size_t i = 0; i < ROWS; i++)
			expected += memcmp(fixture.batch.spans[i].trace_id, id, TRACE_ID_SIZE) == 0;
		assert_int_equal(span_reader_find(&fixture.reader, id, &first, &count, NULL), STATUS_OK);
		assert_int_equal(count, expected);
		for (size_t i = 0; i < count; i++)
			assert_memory_equal(span_reader_trace_id(&fixture.reader, first + i), id,
					    TRACE_ID_SIZE);
		found += count;
	}
	assert_int_equal(found, ROWS);
	close_fixture(&fixture);
}

static void matches_exactly_what_the_filter_means(void **state)
{
	struct random random = {test_seed()};
	struct fixture fixture;
	struct span spans[ROWS];
	struct span_reader rows_reader;
	struct arena arena;
	size_t matched = 0;

	(void)state;
	open_fixture(&fixture, &random);
	arena_init(&arena, 0);
	assert_int_equal(span_reader_open(&rows_reader, buffer_str(&fixture.block.body), &arena, NULL),
			 STATUS_OK);
	assert_int_equal(span_reader_read(&rows_reader, 0, ROWS, spans, NULL), STATUS_OK);
	for (size_t asked = 0; asked < 1500; asked++) {
		struct span_filter filter = random_span_filter(&random, &fixture.batch.arena);
		size_t first = asked % 4 ? random_below(&random, ROWS) : 0;
		size_t count = asked % 4 ? random_below(&random, ROWS - first + 1) : ROWS;
		uint8_t matches[ROWS];

		if (asked % 10 == 0)
			reopen(&fixture);
		assert_int_equal(span_reader_match(&fixture.reader, &filter, first, count, matches, NULL),
				 STATUS_OK);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(matches[i], span_filter_match(&filter, &spans[first + i]));
			matched += matches[i];
		}
	}
	assert_true(matched > 0);
	arena_release(&arena);
	close_fixture(&fixture);
}

/* A row's own tag hides its resource's, and that its scope's, even where the value differs. */
static void looks_for_a_tag_in_the_nearest_place_alone(void **state)
{
	struct attribute near[] = {text("k", "near")}, mid[] = {text("k", "mid")}, far[] = {text("k", "far")};
	struct resource resource = {.attributes = {mid, 1, 0}};
	struct scope scope = {.attributes = {far, 1, 0}};
	static const char *const wanted[] = {"near", "mid", "far", ""};
	struct made_block block;
	struct batch batch;
	struct arena arena;

	(void)state;
	batch_init(&batch, 0);
	for (uint64_t i = 0; i < 8; i++) {
		struct span *span = add_span(&batch, i, i, i, 0, "x");

		span->attributes = (struct attributes){near, i & 1, 0};
		span->resource = i & 2 ? &resource : &resource_empty;
		span->scope = i & 4 ? &scope : &scope_empty;
	}
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_NONE);
	arena_init(&arena, 0);
	for (size_t w = 0; w < 4; w++) {
		struct tag_filter tag = {{"k", 1}, str_from(wanted[w])};
		struct span_filter filter = SPAN_FILTER_ANY;
		struct span_reader reader;
		struct span spans[8];
		uint8_t matches[8];

		filter.tags = &tag;
		filter.tag_count = 1;
		assert_int_equal(span_reader_open(&reader, buffer_str(&block.body), &arena, NULL), STATUS_OK);
		assert_int_equal(span_reader_match(&reader, &filter, 0, 8, matches, NULL), STATUS_OK);
		assert_int_equal(span_reader_read(&reader, 0, 8, spans, NULL), STATUS_OK);
		for (size_t i = 0; i < 8; i++)
			assert_int_equal(matches[i], span_filter_match(&filter, &spans[i]));
	}
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

/* A search by handler must not unpack the attributes. */
static void unpacks_no_attributes_for_a_search_by_handler(void **state)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	char *large = calloc(1, 200000);
	struct attribute item = {{"k", 1}, {.data = large, .size = 200000, .type = VALUE_STRING}};
	struct span_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;
	uint8_t matches[1];

	(void)state;
	assert_non_null(large);
	batch_init(&batch, 0);
	add_span(&batch, 1, 1, 1, 1, "x")->attributes = (struct attributes){&item, 1, 0};
	block_make(&block, SIGNAL_TRACES, &batch, CODEC_ZSTD);
	arena_init(&arena, 0);
	filter.handler = str_from("CreateUser");
	assert_int_equal(span_reader_open(&reader, buffer_str(&block.body), &arena, NULL), STATUS_OK);
	assert_int_equal(span_reader_match(&reader, &filter, 0, 1, matches, NULL), STATUS_OK);
	assert_int_equal(matches[0], 0);
	assert_true(arena.used_bytes < 100000);
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
	free(large);
}

static void refuses_a_block_of_another_signal(void **state)
{
	struct span_reader reader;
	struct made_block block;
	struct batch batch;
	struct arena arena;
	struct error error;

	(void)state;
	batch_init(&batch, 0);
	add_log(&batch, 1, "x");
	block_make(&block, SIGNAL_LOGS, &batch, CODEC_NONE);
	arena_init(&arena, 0);
	assert_int_equal(span_reader_open(&reader, buffer_str(&block.body), &arena, &error), STATUS_CORRUPT);
	assert_string_equal(error.message, "a block of logs stands among the traces");
	arena_release(&arena);
	block_release(&block);
	batch_release(&batch);
}

/* Four spans of two traces, written field by field: run lengths and counts as the test gives them. */
struct counts {
	uint64_t trace_count, runs[2], events[4], links[4], parents[4], outer;
};

static enum status read_counts(const struct counts *counts)
{
	struct table_writer table = {0};
	struct block_writer writer;
	struct span_reader reader;
	struct span spans[4];
	struct buffer body;
	struct arena arena;
	enum status status;
	char ids[64] = {0};

	table_put_number(&table, SPAN_TRACE_COUNT, counts->trace_count);
	for (size_t i = 0; i < 2; i++)
		table_put_number(&table, SPAN_RUN_LENGTH, counts->runs[i]);
	for (size_t i = 0; i < 4; i++) {
		table_put_number(&table, SPAN_EVENT_COUNT, counts->events[i]);
		table_put_number(&table, SPAN_LINK_COUNT, counts->links[i]);
		table_put_number(&table, SPAN_PARENT, counts->parents[i]);
	}
	table_put_number(&table, SPAN_OUTER_COUNT, counts->outer);
	table_put_random(&table, SPAN_TRACE_ID, ids, 32);
	table_put_random(&table, SPAN_ID, ids, 32);
	table_put_random(&table, SPAN_OUTER_PARENT, ids, 8);
	block_begin(&writer, CODEC_NONE);
	table_writer_encode_random(&table, &writer, TABLE_SPANS);
	table_writer_encode(&table, &writer, TABLE_SPANS);
	block_end(&writer, SIGNAL_TRACES, 4, &body);
	table_writer_release(&table);
	arena_init(&arena, 1 << 20);
	status = span_reader_open(&reader, buffer_str(&body), &arena, NULL);
	if (status == STATUS_OK)
		status = span_reader_read(&reader, 0, 4, spans, NULL);
	for (size_t row = 1; status == STATUS_OK && row < 4; row++)
		status = span_reader_read(&reader, row, 1, spans, NULL);
	arena_release(&arena);
	buffer_release(&body);
	return status;
}

static void refuses_counts_that_lead_outside(void **state)
{
	const struct counts good = {.trace_count = 2, .runs = {1, 3}, .parents = {1, 0, 2, 4}, .outer = 1};
	struct counts bad[] = {
		good, good, good, good, good, good, good, good, good, good, good,
	};

	(void)state;
	assert_int_equal(read_counts(&good), STATUS_OK);
	bad[0].runs[1] = 2;
	bad[1].runs[1] = 4;
	bad[2].runs[0] = 6, bad[2].runs[1] = UINT64_MAX - 1; /* 4, the long way round */
	bad[3].trace_count = 5;
	bad[4].trace_count = 1;
	bad[5].events[0] = UINT64_MAX, bad[5].events[1] = 1; /* none, the long way round */
	bad[6].links[0] = UINT64_MAX, bad[6].links[1] = 1;
	bad[7].parents[3] = 5;
	bad[8].parents[3] = 1; /* a second outer parent */
	bad[9].outer = 2;
	bad[10].links[2] = 1; /* a link that has no ids */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_counts(&bad[i]) != STATUS_CORRUPT)
			fail_msg("counts %zu were believed", i);
}

/* A block of many pieces, read in parts by readers that have read nothing else, against one that reads it whole. */
static void reads_and_matches_any_part_of_a_large_block(void **state)
{
	enum { LARGE = 18000, ROUNDS = 40 };
	struct random random = {test_seed()};
	struct span *all = calloc(LARGE, sizeof(*all)), *part = calloc(LARGE, sizeof(*part));
	uint8_t *matches = malloc(LARGE);
	struct fixture fixture;
	struct arena arena, filters;
	struct span_reader whole_reader;

	(void)state;
	assert_non_null(all);
	assert_non_null(part);
	assert_non_null(matches);
	batch_init(&fixture.batch, 0);
	add_random_spans(&fixture.batch, &random, LARGE);
	block_make(&fixture.block, SIGNAL_TRACES, &fixture.batch, CODEC_ZSTD);
	arena_init(&fixture.arena, 0);
	arena_init(&arena, 0);
	arena_init(&filters, 0);
	assert_int_equal(span_reader_open(&whole_reader, buffer_str(&fixture.block.body), &arena, NULL),
			 STATUS_OK);
	assert_int_equal(span_reader_read(&whole_reader, 0, LARGE, all, NULL), STATUS_OK);
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t first = random_below(&random, LARGE), count = 1 + random_below(&random, 40);
		struct span_filter filter = random_span_filter(&random, &filters);
		bool may_match = false, does_match = false;

		count = count < LARGE - first ? count : LARGE - first;
		reopen(&fixture);
		assert_int_equal(span_reader_read(&fixture.reader, first, count, part, NULL), STATUS_OK);
		for (size_t i = 0; i < count; i++)
			assert_same_row(&part[i], &all[first + i]);
		reopen(&fixture);
		assert_int_equal(span_reader_match(&fixture.reader, &filter, first, count, matches, NULL),
				 STATUS_OK);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(matches[i], span_filter_match(&filter, &all[first + i]));
		reopen(&fixture);
		assert_int_equal(span_reader_may_match(&fixture.reader, &filter, &may_match, NULL),
				 STATUS_OK);
		assert_int_equal(span_reader_match(&fixture.reader, &filter, 0, LARGE, matches, NULL),
				 STATUS_OK);
		for (size_t i = 0; i < LARGE; i++) {
			assert_int_equal(matches[i], span_filter_match(&filter, &all[i]));
			does_match |= matches[i];
		}
		assert_true(may_match || !does_match);
	}
	arena_release(&filters);
	arena_release(&arena);
	close_fixture(&fixture);
	free(all);
	free(part);
	free(matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_rows_by_trace_and_start),
		cmocka_unit_test(reads_any_part_of_a_block),
		cmocka_unit_test(reads_and_matches_any_part_of_a_large_block),
		cmocka_unit_test(finds_each_trace_and_no_other),
		cmocka_unit_test(matches_exactly_what_the_filter_means),
		cmocka_unit_test(looks_for_a_tag_in_the_nearest_place_alone),
		cmocka_unit_test(unpacks_no_attributes_for_a_search_by_handler),
		cmocka_unit_test(refuses_a_block_of_another_signal),
		cmocka_unit_test(refuses_counts_that_lead_outside),
	};

	return test_run("storage/columns/span_reader", tests);
}
