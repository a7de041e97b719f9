#include "unit/test.h"

#include "base/protobuf.h"
#include "contract/rows.h"
#include "storage/columns/header.h"

static void keeps_every_field(void **state)
{
	static const uint32_t traces[] = {1, 7, UINT32_MAX}, terms[] = {0, 5};
	struct block_header header = {.sequence = UINT64_MAX,
				      .first_sequence = 3,
				      .last_sequence = UINT64_MAX - 1,
				      .first_ns = 1,
				      .last_ns = UINT64_MAX - 1,
				      .min_duration_ns = 3,
				      .max_duration_ns = UINT64_MAX,
				      .row_count = 1 << 20,
				      .body_size = 1 << 30,
				      .outcomes = UINT32_MAX,
				      .handler_types = 5,
				      .levels = 17,
				      .level_counts = {(1 << 20) - 7, 0, 0, 0, 7},
				      .signal = SIGNAL_LOGS,
				      .level = 255,
				      .has_all_terms = true,
				      .word_parts = 8,
				      .traces = traces,
				      .trace_count = 3,
				      .terms = terms,
				      .term_count = 2};
	struct block_header read;
	struct buffer bytes = BUFFER_EMPTY;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	header_encode(&header, &bytes);
	assert_int_equal(header_decode(buffer_str(&bytes), &arena, &read, NULL), STATUS_OK);
	assert_int_equal(read.trace_count, 3);
	assert_int_equal(read.term_count, 2);
	assert_memory_equal(read.traces, traces, sizeof(traces));
	assert_memory_equal(read.terms, terms, sizeof(terms));
	read.traces = header.traces;
	read.terms = header.terms;
	assert_memory_equal(&read, &header, sizeof(header));
	arena_release(&arena);
	buffer_release(&bytes);
}

static void keeps_a_header_without_hashes(void **state)
{
	struct block_header header = {.row_count = 1, .signal = SIGNAL_METRICS}, read;
	struct buffer bytes = BUFFER_EMPTY;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	header_encode(&header, &bytes);
	assert_int_equal(header_decode(buffer_str(&bytes), &arena, &read, NULL), STATUS_OK);
	assert_int_equal(read.trace_count + read.term_count, 0);
	assert_false(header_may_hold_trace(&read, 0));
	arena_release(&arena);
	buffer_release(&bytes);
}

/* A damaged count must not become an answer. */
static void forgets_level_counts_that_do_not_add_up(void **state)
{
	struct block_header header = {.row_count = 9, .signal = SIGNAL_LOGS, .level_counts = {1, 2, 0, 0, 5}},
			    read;
	struct buffer bytes = BUFFER_EMPTY;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	header_encode(&header, &bytes);
	assert_int_equal(header_decode(buffer_str(&bytes), &arena, &read, NULL), STATUS_OK);
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		assert_int_equal(read.level_counts[i], 0);
	arena_release(&arena);
	buffer_release(&bytes);
}

/* A block that was not merged stands for its own commit alone, and need not say so. */
static void takes_its_own_sequence_where_none_is_given(void **state)
{
	struct block_header header = {.row_count = 1, .sequence = 9, .first_sequence = 9, .last_sequence = 9},
			    read;
	struct buffer own = BUFFER_EMPTY, merged = BUFFER_EMPTY;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	header_encode(&header, &own);
	assert_int_equal(header_decode(buffer_str(&own), &arena, &read, NULL), STATUS_OK);
	assert_int_equal(read.first_sequence, 9);
	assert_int_equal(read.last_sequence, 9);
	header.first_sequence = 2;
	header_encode(&header, &merged);
	assert_true(merged.size > own.size);
	assert_int_equal(header_decode(buffer_str(&merged), &arena, &read, NULL), STATUS_OK);
	assert_int_equal(read.first_sequence, 2);
	arena_release(&arena);
	buffer_release(&own);
	buffer_release(&merged);
}

/* A later version may add fields of any kind. */
static void passes_over_fields_that_it_does_not_know(void **state)
{
	struct block_header header = {.row_count = 9, .signal = SIGNAL_LOGS}, read;
	struct buffer bytes = BUFFER_EMPTY;
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	header_encode(&header, &bytes);
	protobuf_put_uint(&bytes, 99, 1);
	protobuf_put_bytes(&bytes, 100, str_from("seven b"));
	protobuf_put_fixed64(&bytes, 101, 1);
	assert_int_equal(header_decode(buffer_str(&bytes), &arena, &read, NULL), STATUS_OK);
	assert_int_equal(read.row_count, 9);
	arena_release(&arena);
	buffer_release(&bytes);
}

static enum status decode(struct str bytes)
{
	struct block_header header;
	struct arena arena;
	enum status status;

	arena_init(&arena, 0);
	status = header_decode(bytes, &arena, &header, NULL);
	arena_release(&arena);
	return status;
}

static void refuses_a_header_that_is_damaged(void **state)
{
	static const uint32_t traces[] = {1, 7};
	struct block_header good = {.row_count = 1, .traces = traces, .trace_count = 2}, bad;
	struct buffer bytes = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(decode(str_make("", 0)), STATUS_CORRUPT);
	bad = good;
	bad.row_count = 0;
	header_encode(&bad, &bytes);
	assert_int_equal(decode(buffer_str(&bytes)), STATUS_CORRUPT);
	buffer_clear(&bytes);
	bad = good;
	bad.signal = SIGNAL_COUNT;
	header_encode(&bad, &bytes);
	assert_int_equal(decode(buffer_str(&bytes)), STATUS_CORRUPT);
	buffer_clear(&bytes);
	header_encode(&good, &bytes);
	assert_int_equal(decode(buffer_str(&bytes)), STATUS_OK);
	assert_int_equal(decode(str_make(bytes.data, bytes.size - 1)), STATUS_CORRUPT);
	/* a hash of three bytes */
	protobuf_put_bytes(&bytes, 14, str_from("abc"));
	assert_int_equal(decode(buffer_str(&bytes)), STATUS_CORRUPT);
	buffer_release(&bytes);
}

static void sorts_hashes_and_keeps_each_once(void **state)
{
	uint32_t hashes[] = {5, UINT32_MAX, 0, 5, 5, 1, 0};

	(void)state;
	assert_int_equal(header_sort_hashes(hashes, 7), 4);
	assert_int_equal(hashes[0], 0);
	assert_int_equal(hashes[1], 1);
	assert_int_equal(hashes[2], 5);
	assert_int_equal(hashes[3], UINT32_MAX);
	assert_int_equal(header_sort_hashes(NULL, 0), 0);
}

static void finds_every_trace_that_it_holds_and_no_other(void **state)
{
	uint32_t traces[100];

	(void)state;
	for (uint32_t i = 0; i < 100; i++)
		traces[i] = 10 + i * 3;
	for (size_t count = 0; count <= 100; count++) {
		struct block_header header = {.traces = traces, .trace_count = count};

		for (uint32_t hash = 0; hash < 320; hash++) {
			bool is_there = hash >= 10 && (hash - 10) % 3 == 0 && (hash - 10) / 3 < count;

			assert_int_equal(header_may_hold_trace(&header, hash), is_there);
		}
	}
}

/* These values are on disk: they may never change. */
static void hashes_as_it_always_did(void **state)
{
	static const uint8_t id[TRACE_ID_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	(void)state;
	assert_int_equal(header_trace_hash(id), UINT32_C(843386730));
	assert_int_equal(header_term_hash(TERM_SERVICE, str_from("shop")), UINT32_C(448673507));
	assert_int_equal(header_term_hash(TERM_METRIC, str_from("shop")), UINT32_C(1279951993));
}

/* A header of spans: what it holds is written here, so that each question has a known answer. */
static struct block_header spans_header(uint32_t *terms)
{
	terms[0] = header_term_hash(TERM_SERVICE, str_from("shop"));
	terms[1] = header_term_hash(TERM_HANDLER, str_from("CreateUser"));
	terms[2] = header_term_hash(TERM_LANGUAGE, str_from("rust"));
	terms[3] = header_term_hash(TERM_OPERATION, str_from("charge"));
	return (struct block_header){.first_ns = 1000,
				     .last_ns = 2000,
				     .min_duration_ns = 10,
				     .max_duration_ns = 20,
				     .outcomes = 1 << OUTCOME_ERROR,
				     .handler_types = 1 << HANDLER_CRON | 1 << HANDLER_API,
				     .signal = SIGNAL_TRACES,
				     .has_all_terms = true,
				     .terms = terms,
				     .term_count = header_sort_hashes(terms, 4)};
}

/* What is 0 or NULL is not asked; outcomes are one more than they are. */
struct span_question {
	bool answer;
	uint64_t start_ns, end_ns, min_duration_ns, max_duration_ns;
	uint8_t outcome_and_one, handler_type;
	const char *service, *handler, *language, *operation;
};

static bool ask(const struct block_header *header, const struct span_question *question)
{
	struct span_filter filter = SPAN_FILTER_ANY;

	if (question->end_ns)
		filter.range = (struct time_range){question->start_ns, question->end_ns};
	if (question->max_duration_ns)
		filter.max_duration_ns = question->max_duration_ns;
	filter.min_duration_ns = question->min_duration_ns;
	if (question->outcome_and_one)
		filter.outcome = question->outcome_and_one - 1;
	if (question->handler_type)
		filter.handler_type = question->handler_type;
	filter.service = str_from(question->service);
	filter.handler = str_from(question->handler);
	filter.language = str_from(question->language);
	filter.operation = str_from(question->operation);
	return header_may_hold_spans(header, &filter);
}

static void passes_over_blocks_that_cannot_hold_a_span(void **state)
{
	static const struct span_question questions[] = {
		{true},
		{true, .start_ns = 2000, .end_ns = 2001},
		{false, .start_ns = 2001, .end_ns = 3000},
		{true, .start_ns = 0, .end_ns = 1001},
		{false, .start_ns = 0, .end_ns = 1000},
		{true, .min_duration_ns = 20},
		{false, .min_duration_ns = 21},
		{true, .max_duration_ns = 10},
		{false, .max_duration_ns = 9},
		{true, .outcome_and_one = OUTCOME_ERROR + 1},
		{false, .outcome_and_one = OUTCOME_SUCCESS + 1},
		{true, .handler_type = HANDLER_CRON},
		{false, .handler_type = HANDLER_EVENT},
		{true, .service = "shop"},
		{false, .service = "charge"},
		{true, .handler = "CreateUser"},
		{false, .handler = "shop"},
		{true, .language = "rust"},
		{false, .language = "c"},
		{true, .operation = "charge"},
		{false, .operation = "rust"},
		{false, .operation = "charge", .service = "nobody"},
	};
	uint32_t terms[4];
	struct block_header header = spans_header(terms);

	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		if (ask(&header, &questions[i]) != questions[i].answer)
			fail_msg("question %zu is answered wrongly", i);
	header.signal = SIGNAL_LOGS;
	assert_false(ask(&header, &questions[0]));
}

static void excludes_nothing_by_terms_that_it_did_not_keep(void **state)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	uint32_t terms[4];
	struct block_header header = spans_header(terms);

	(void)state;
	filter.service = str_from("nobody");
	assert_false(header_may_hold_spans(&header, &filter));
	header.term_count = 0;
	assert_false(header_may_hold_spans(&header, &filter));
	header.has_all_terms = false;
	assert_true(header_may_hold_spans(&header, &filter));
}

static void passes_over_blocks_that_cannot_hold_a_log_record(void **state)
{
	static const uint8_t id[TRACE_ID_SIZE] = {7}, other[TRACE_ID_SIZE] = {8};
	uint32_t trace = header_trace_hash(id),
		 terms[1] = {header_term_hash(TERM_HANDLER, str_from("Sweep"))};
	struct block_header header = {.first_ns = 1000,
				      .last_ns = 2000,
				      .levels = 1 << LEVEL_INFO,
				      .signal = SIGNAL_LOGS,
				      .has_all_terms = true,
				      .traces = &trace,
				      .trace_count = 1,
				      .terms = terms,
				      .term_count = 1};
	struct log_filter filter = LOG_FILTER_ANY;

	(void)state;
	assert_true(header_may_hold_logs(&header, &filter));
	filter.lowest_level = LEVEL_INFO;
	assert_true(header_may_hold_logs(&header, &filter));
	filter.lowest_level = LEVEL_WARN;
	assert_false(header_may_hold_logs(&header, &filter));
	filter = LOG_FILTER_ANY;
	filter.range = (struct time_range){2001, 3000};
	assert_false(header_may_hold_logs(&header, &filter));
	filter = LOG_FILTER_ANY;
	filter.trace_id = id;
	assert_true(header_may_hold_logs(&header, &filter));
	filter.trace_id = other;
	assert_false(header_may_hold_logs(&header, &filter));
	filter = LOG_FILTER_ANY;
	filter.handler = str_from("Sweep");
	assert_true(header_may_hold_logs(&header, &filter));
	filter.service = str_from("Sweep");
	assert_false(header_may_hold_logs(&header, &filter));
	header.signal = SIGNAL_TRACES;
	filter = LOG_FILTER_ANY;
	assert_false(header_may_hold_logs(&header, &filter));
}

static void passes_over_blocks_that_cannot_hold_a_point(void **state)
{
	uint32_t terms[1] = {header_term_hash(TERM_METRIC, str_from("memory"))};
	struct block_header header = {.first_ns = 1000,
				      .last_ns = 2000,
				      .signal = SIGNAL_METRICS,
				      .has_all_terms = true,
				      .terms = terms,
				      .term_count = 1};
	struct point_filter filter = POINT_FILTER_ANY;

	(void)state;
	assert_true(header_may_hold_points(&header, &filter));
	filter.metric = str_from("memory");
	assert_true(header_may_hold_points(&header, &filter));
	filter.range = (struct time_range){0, 1000};
	assert_false(header_may_hold_points(&header, &filter));
	filter = POINT_FILTER_ANY;
	filter.metric = str_from("jobs");
	assert_false(header_may_hold_points(&header, &filter));
	filter = POINT_FILTER_ANY;
	header.signal = SIGNAL_TRACES;
	assert_false(header_may_hold_points(&header, &filter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_every_field),
		cmocka_unit_test(keeps_a_header_without_hashes),
		cmocka_unit_test(forgets_level_counts_that_do_not_add_up),
		cmocka_unit_test(takes_its_own_sequence_where_none_is_given),
		cmocka_unit_test(passes_over_fields_that_it_does_not_know),
		cmocka_unit_test(refuses_a_header_that_is_damaged),
		cmocka_unit_test(sorts_hashes_and_keeps_each_once),
		cmocka_unit_test(finds_every_trace_that_it_holds_and_no_other),
		cmocka_unit_test(hashes_as_it_always_did),
		cmocka_unit_test(passes_over_blocks_that_cannot_hold_a_span),
		cmocka_unit_test(excludes_nothing_by_terms_that_it_did_not_keep),
		cmocka_unit_test(passes_over_blocks_that_cannot_hold_a_log_record),
		cmocka_unit_test(passes_over_blocks_that_cannot_hold_a_point),
	};

	return test_run("storage/columns/header", tests);
}
