/* Traces: reading one, searching, paging. */
#include <stdio.h>
#include <stdlib.h>

#include "contract/contract.h"
#include "contract/dump.h"
#include "contract/rows.h"

static void finds_no_trace_in_an_empty_store(void **state)
{
	struct fixture *fixture = *state;
	uint8_t id[TRACE_ID_SIZE];
	struct trace_hit hit;
	struct error error;
	struct batch found;

	batch_init(&found, 0);
	trace_id_of(1, id);
	assert_int_equal(store_read_trace(fixture->store, id, &found, &error), STATUS_NOT_FOUND);
	assert_int_equal(found.span_count, 0);
	assert_int_equal(find_all_traces(fixture, &SPAN_FILTER_ANY, &hit, 1), 0);
	batch_release(&found);
}

static void tells_near_trace_ids_apart(void **state)
{
	struct fixture *fixture = *state;
	uint8_t id[TRACE_ID_SIZE];
	struct error error;
	struct batch rows, found;

	batch_init(&rows, 0);
	batch_init(&found, 0);
	for (size_t i = 0; i < TRACE_ID_SIZE; i++)
		add_span(&rows, 9, i, NEW_YEAR_NS, 1, "x")->trace_id[i] ^= 1;
	append(fixture, &rows);
	trace_id_of(9, id);
	assert_int_equal(store_read_trace(fixture->store, id, &found, &error), STATUS_NOT_FOUND);
	assert_store_holds(fixture, &rows);
	batch_release(&rows);
	batch_release(&found);
}

static void puts_a_trace_together_from_many_appends(void **state)
{
	struct fixture *fixture = *state;
	struct batch all, one;

	batch_init(&all, 0);
	batch_init(&one, 0);
	for (uint64_t i = 0; i < 120; i++) {
		struct span *span;

		batch_clear(&one);
		/* The newest comes first, and over the ends of days. */
		span = add_span(&one, i % 3, i, NEW_YEAR_NS + (120 - i) * 3600 * NS_PER_SECOND, i, "part");
		assert_non_null(batch_copy_span(&all, span));
		append(fixture, &one);
	}
	assert_store_holds(fixture, &all);
	batch_release(&all);
	batch_release(&one);
}

static void adds_to_what_the_batch_holds(void **state)
{
	struct fixture *fixture = *state;
	struct batch rows, found;
	struct error error = {0};

	batch_init(&rows, 0);
	batch_init(&found, 0);
	add_span(&rows, 1, 1, NEW_YEAR_NS, 1, "stored");
	append(fixture, &rows);
	add_span(&found, 2, 2, NEW_YEAR_NS, 1, "was here");
	assert_ok(store_read_trace(fixture->store, rows.spans[0].trace_id, &found, &error));
	assert_int_equal(found.span_count, 2);
	assert_str(found.spans[0].name, "was here");
	assert_str(found.spans[1].name, "stored");
	batch_release(&rows);
	batch_release(&found);
}

static void leaves_a_batch_that_is_too_small_as_it_was(void **state)
{
	enum { ARENA_BYTES = 64 * 1024, SPAN_COUNT = 2000 };
	struct fixture *fixture = *state;
	struct batch rows, found;
	struct error error = {0};

	batch_init(&rows, 0);
	batch_init(&found, ARENA_BYTES);
	for (uint64_t i = 0; i < SPAN_COUNT; i++)
		add_span(&rows, 1, i, NEW_YEAR_NS + i, 1, "x")->status_message =
			arena_printf(&rows.arena, "a message of some length, number %llu, unlike the others",
				     (unsigned long long)i);
	append(fixture, &rows);
	assert_non_null(batch_copy_span(&found, &rows.spans[0]));
	assert_int_equal(store_read_trace(fixture->store, rows.spans[0].trace_id, &found, &error),
			 STATUS_NO_MEMORY);
	assert_int_equal(found.span_count, 1);
	batch_release(&rows);
	batch_release(&found);
}

/* Spans that differ in everything that a filter looks at. */
static void fill_corpus(struct batch *rows)
{
	static struct attribute shop_name, billing_name;
	static struct resource shop, billing;
	static struct scope scope;
	static struct attribute scope_tag, sets[6];

	shop_name = text("service.name", "shop");
	billing_name = text("service.name", "billing");
	scope_tag = text("place", "scope");
	shop.attributes = (struct attributes){&shop_name, 1, 0};
	billing.attributes = (struct attributes){&billing_name, 1, 0};
	scope.attributes = (struct attributes){&scope_tag, 1, 0};
	sets[0] = text("user", "ann");
	sets[1] = whole("user", 7);
	sets[2] = real("ratio", 0.5);
	sets[3] = truth("ok", true);
	sets[4] = text("place", "row");
	sets[5] = text("service.name", "said by the span");
	for (uint64_t i = 0; i < 120; i++) {
		struct span *span = add_span(rows, i / 3, i, NEW_YEAR_NS + i % 40 * 1000, i % 5 * NS_PER_MS,
					     i % 4 ? "GET /users" : "charge");

		span->resource = i % 3 == 0 ? &shop : i % 3 == 1 ? &billing : &resource_empty;
		span->scope = i % 7 ? &scope_empty : &scope;
		span->attributes = (struct attributes){&sets[i % 6], i % 6 == 5 ? 1 : 1 + i % 2, 0};
		span->handler.outcome = i % 10 == 0 ? OUTCOME_ERROR : OUTCOME_SUCCESS;
		if (i % 3 == 2)
			continue;
		span->handler.role = i % 6 == 1 ? ROLE_RECEIVE : ROLE_EXECUTION;
		span->handler.type = (uint8_t)(1 + i % 4);
		span->handler.name = str_from(i % 2 ? "CreateUser" : "ChargeCard");
		span->handler.language = str_from(i % 8 ? "rust" : "python");
	}
}

#define TAG(key_, value_)                                                                                    \
	(const struct tag_filter[])                                                                          \
	{                                                                                                    \
		{                                                                                            \
			{key_, sizeof(key_) - 1}, {value_, sizeof(value_) - 1}                               \
		}                                                                                            \
	}
#define STR(text_) {text_, sizeof(text_) - 1}
#define FILTER(...)                                                                                          \
	{.range = TIME_RANGE_ALL,                                                                            \
	 .handler_type = FILTER_ANY,                                                                         \
	 .outcome = FILTER_ANY,                                                                              \
	 .max_duration_ns = UINT64_MAX,                                                                      \
	 __VA_ARGS__}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *name;
	struct span_filter filter;
	bool finds_none;
} searches[] = {
	{"any", FILTER(.tag_count = 0), false},
	{"a range", FILTER(.range = {NEW_YEAR_NS + 5000, NEW_YEAR_NS + 9000}), false},
	{"the start of a range is included, its end not", FILTER(.range = {NEW_YEAR_NS, NEW_YEAR_NS + 1}),
	 false},
	{"a range between two times", FILTER(.range = {NEW_YEAR_NS + 1, NEW_YEAR_NS + 999}), true},
	{"an empty range", FILTER(.range = {NEW_YEAR_NS, NEW_YEAR_NS}), true},
	{"a range the wrong way round", FILTER(.range = {NEW_YEAR_NS + 9000, NEW_YEAR_NS}), true},
	{"handler", FILTER(.handler = STR("CreateUser")), false},
	{"a handler's beginning", FILTER(.handler = STR("Create")), true},
	{"handler_type", FILTER(.handler_type = HANDLER_CRON), false},
	{"success", FILTER(.outcome = OUTCOME_SUCCESS), false},
	{"error", FILTER(.outcome = OUTCOME_ERROR), false},
	{"running", FILTER(.outcome = OUTCOME_RUNNING), true},
	{"language", FILTER(.language = STR("python")), false},
	{"service", FILTER(.service = STR("billing")), false},
	{"a service that only a span's attribute names", FILTER(.service = STR("said by the span")), true},
	{"operation", FILTER(.operation = STR("charge")), false},
	{"an operation in other letters", FILTER(.operation = STR("Charge")), true},
	{"min_duration", FILTER(.min_duration_ns = 3 * NS_PER_MS), false},
	{"min_duration just above", FILTER(.min_duration_ns = 4 * NS_PER_MS + 1), true},
	{"max_duration", FILTER(.max_duration_ns = NS_PER_MS), false},
	{"both durations", FILTER(.min_duration_ns = NS_PER_MS, .max_duration_ns = NS_PER_MS), false},
	{"a tag that is a string", FILTER(.tags = TAG("user", "ann"), .tag_count = 1), false},
	{"a tag that is a number", FILTER(.tags = TAG("user", "7"), .tag_count = 1), false},
	{"a tag that is a real", FILTER(.tags = TAG("ratio", "0.5"), .tag_count = 1), false},
	{"a tag that is a boolean", FILTER(.tags = TAG("ok", "true"), .tag_count = 1), false},
	{"a tag of the resource", FILTER(.tags = TAG("service.name", "shop"), .tag_count = 1), false},
	{"a tag of the scope, which the row's goes before",
	 FILTER(.tags = TAG("place", "scope"), .tag_count = 1), false},
	{"a tag's value in part", FILTER(.tags = TAG("user", "an"), .tag_count = 1), true},
	{"a tag that nobody has", FILTER(.tags = TAG("nobody", "ann"), .tag_count = 1), true},
	{"a tag with an empty value", FILTER(.tags = TAG("user", ""), .tag_count = 1), true},
	{"all together",
	 FILTER(.range = {NEW_YEAR_NS, NEW_YEAR_NS + 39000}, .handler = STR("ChargeCard"),
		.handler_type = HANDLER_CRON, .outcome = OUTCOME_ERROR, .language = STR("rust"),
		.service = STR("shop"), .min_duration_ns = 0, .max_duration_ns = 5 * NS_PER_MS),
	 false},
};

static void finds_what_a_filter_means(void **state)
{
	struct fixture *fixture = *state;
	struct trace_hit actual[200], expected[200];
	struct batch rows;

	batch_init(&rows, 0);
	fill_corpus(&rows);
	append(fixture, &rows);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
			size_t expected_count = expected_hits(&rows, &searches[i].filter, expected);
			size_t count = find_all_traces(fixture, &searches[i].filter, actual, 200);

			if (searches[i].finds_none != (expected_count == 0))
				fail_msg("the table is wrong about \"%s\"", searches[i].name);
			if (count != expected_count)
				fail_msg("\"%s\" finds %zu traces, expected %zu", searches[i].name, count,
					 expected_count);
			assert_same_hits(actual, count, expected, expected_count);
		}
		fixture_reopen(fixture);
	}
	batch_release(&rows);
}

/* A filter is met by one span, not by several of a trace that share the work. */
static void wants_one_span_to_meet_all_parts(void **state)
{
	struct fixture *fixture = *state;
	struct span_filter filter = SPAN_FILTER_ANY;
	struct trace_hit hit;
	struct batch rows;

	batch_init(&rows, 0);
	add_span(&rows, 1, 1, NEW_YEAR_NS, 10, "slow");
	add_span(&rows, 1, 2, NEW_YEAR_NS, 1, "failed")->handler.outcome = OUTCOME_ERROR;
	append(fixture, &rows);
	filter.min_duration_ns = 5;
	filter.outcome = OUTCOME_ERROR;
	assert_int_equal(find_all_traces(fixture, &filter, &hit, 1), 0);
	filter.min_duration_ns = 1;
	assert_int_equal(find_all_traces(fixture, &filter, &hit, 1), 1);
	batch_release(&rows);
}

static void places_a_trace_by_its_newest_matching_span(void **state)
{
	struct fixture *fixture = *state;
	struct span_filter filter = SPAN_FILTER_ANY;
	struct trace_hit hits[3];
	struct batch rows;

	batch_init(&rows, 0);
	add_span(&rows, 1, 1, NEW_YEAR_NS + 100, 1, "match");
	append(fixture, &rows);
	batch_clear(&rows);
	add_span(&rows, 1, 2, NEW_YEAR_NS + 300, 1, "match");
	add_span(&rows, 2, 3, NEW_YEAR_NS + 200, 1, "match");
	add_span(&rows, 1, 4, NEW_YEAR_NS + 900, 1, "other");
	append(fixture, &rows);
	batch_clear(&rows);
	add_span(&rows, 1, 5, NEW_YEAR_NS + 50, 1, "match");
	append(fixture, &rows);
	filter.operation = str_from("match");
	assert_int_equal(find_all_traces(fixture, &filter, hits, 3), 2);
	assert_int_equal(hits[0].position_ns, NEW_YEAR_NS + 300);
	assert_int_equal(hits[1].position_ns, NEW_YEAR_NS + 200);
	batch_release(&rows);
}

/* All pages of a size, one after the other. */
static size_t find_in_pages(struct fixture *fixture, const struct span_filter *filter, size_t limit,
			    struct trace_hit *hits_out)
{
	struct trace_page page = {.limit = limit};
	struct error error = {0};
	size_t total = 0, count;

	do {
		uint64_t snapshot = 0;

		count = 0;
		assert_ok(store_find_traces(fixture->store, filter, &page, hits_out + total, &count,
					    &snapshot, &error));
		assert_true(count <= limit);
		total += count;
		if (count) {
			page.has_after = true;
			page.after = hits_out[total - 1];
		}
		page.snapshot = snapshot;
	} while (count == limit);
	return total;
}

static void pages_give_every_trace_once(void **state)
{
	static const size_t limits[] = {1, 2, 3, 7, 40, 1000};
	struct fixture *fixture = *state;
	struct trace_hit *expected = calloc(2000, sizeof(*expected)), *actual = calloc(2000, sizeof(*actual));
	struct batch rows;
	size_t count;

	batch_init(&rows, 0);
	/* Thirty traces at each of ten times: cursors land between equals. */
	for (uint64_t i = 0; i < 300; i++) {
		add_span(&rows, i, i, NEW_YEAR_NS + i % 10, 1, "x");
		add_span(&rows, i, i + 1000, NEW_YEAR_NS + i % 7, 1, "x");
	}
	append(fixture, &rows);
	count = expected_hits(&rows, &SPAN_FILTER_ANY, expected);
	assert_int_equal(count, 300);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		assert_same_hits(actual, find_in_pages(fixture, &SPAN_FILTER_ANY, limits[i], actual),
				 expected, count);
	free(expected);
	free(actual);
	batch_release(&rows);
}

static void pages_cross_appends_and_days(void **state)
{
	struct fixture *fixture = *state;
	struct trace_hit expected[400], actual[400];
	struct random random = {99};
	struct batch all, one;
	size_t count;

	batch_init(&all, 0);
	batch_init(&one, 0);
	for (uint64_t i = 0; i < 60; i++) {
		batch_clear(&one);
		for (uint64_t j = 0; j < 5; j++)
			assert_non_null(batch_copy_span(
				&all,
				add_span(&one, random_below(&random, 100), i * 5 + j,
					 NEW_YEAR_NS + random_below(&random, 5) * 86400 * NS_PER_SECOND +
						 random_below(&random, 3),
					 1, "x")));
		append(fixture, &one);
	}
	count = expected_hits(&all, &SPAN_FILTER_ANY, expected);
	for (size_t limit = 1; limit < 30; limit += 7)
		assert_same_hits(actual, find_in_pages(fixture, &SPAN_FILTER_ANY, limit, actual), expected,
				 count);
	batch_release(&all);
	batch_release(&one);
}

static void append_traces(struct fixture *fixture, uint64_t first, uint64_t count, uint64_t start_ns)
{
	struct batch rows;

	batch_init(&rows, 0);
	for (uint64_t i = 0; i < count; i++)
		add_span(&rows, first + i, first + i, start_ns + i, 1, "x");
	append(fixture, &rows);
	batch_release(&rows);
}

/* Between two pages come newer traces, older ones, and newer and older spans of traces that were and were not
 * shown yet. The pages show none of it; a search that begins afterwards shows all. */
static void pages_are_stable_while_data_arrives(void **state)
{
	struct fixture *fixture = *state;
	struct trace_page page = {.limit = 10};
	struct trace_hit before[100], actual[200];
	struct error error = {0};
	size_t before_count, total = 0, count = 0;

	append_traces(fixture, 0, 20, NEW_YEAR_NS + 1000);
	append_traces(fixture, 20, 20, NEW_YEAR_NS + 1010);
	before_count = find_all_traces(fixture, &SPAN_FILTER_ANY, before, 100);
	assert_int_equal(before_count, 40);
	for (uint64_t i = 0; total == 0 || count == page.limit; i++) {
		uint64_t snapshot = 0;

		count = 0;
		assert_ok(store_find_traces(fixture->store, &SPAN_FILTER_ANY, &page, actual + total, &count,
					    &snapshot, &error));
		total += count;
		page.has_after = true;
		page.after = actual[total - 1];
		page.snapshot = snapshot;
		append_traces(fixture, 100 + i * 5, 5, NEW_YEAR_NS + 5000);
		append_traces(fixture, 200 + i * 5, 5, NEW_YEAR_NS + 1);
		append_traces(fixture, 0, 40, NEW_YEAR_NS + 3000 + i);
		append_traces(fixture, 0, 40, NEW_YEAR_NS + 3 + i);
	}
	assert_same_hits(actual, total, before, before_count);
	assert_true(find_all_traces(fixture, &SPAN_FILTER_ANY, actual, 200) > 70);
	assert_true(actual[0].position_ns >= NEW_YEAR_NS + 5000);
}

static void a_limit_of_nothing_finds_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct trace_hit hit;

	append_traces(fixture, 0, 3, NEW_YEAR_NS);
	assert_int_equal(find_all_traces(fixture, &SPAN_FILTER_ANY, &hit, 0), 0);
}

/* Of many appends one span has the value; no adapter may pass it by, whatever it asks first. */
static void finds_a_value_that_one_span_of_many_has(void **state)
{
	enum { APPENDS = 12, SPANS = 1500 };
	struct fixture *fixture = *state;
	struct random random = {7};
	struct batch rows;

	batch_init(&rows, 0);
	for (uint64_t i = 0; i < APPENDS; i++) {
		batch_clear(&rows);
		for (uint64_t j = 0; j < SPANS; j++) {
			uint64_t number = i * SPANS + j;
			struct span *span = add_span(&rows, number / 3, number, NEW_YEAR_NS + number, 1, "x");
			struct attribute *item = arena_alloc(&rows.arena, sizeof(*item));

			assert_non_null(item);
			*item = (struct attribute){
				str_from("request.id"),
				value_from_str(arena_printf(&rows.arena, "request %d", (int)number))};
			span->attributes = (struct attributes){item, 1, 0};
		}
		append(fixture, &rows);
	}
	for (size_t round = 0; round < 60; round++) {
		uint64_t number = random_below(&random, APPENDS * SPANS * 5 / 4);
		struct span_filter filter = SPAN_FILTER_ANY;
		uint8_t expected[TRACE_ID_SIZE];
		struct tag_filter tag;
		struct trace_hit hit;
		char text[32];
		bool is_there = number < (uint64_t)APPENDS * SPANS;

		snprintf(text, sizeof(text), "request %d", (int)number);
		tag = (struct tag_filter){str_from("request.id"), str_from(text)};
		filter.tags = &tag;
		filter.tag_count = 1;
		assert_int_equal(find_all_traces(fixture, &filter, &hit, 1), is_there);
		trace_id_of(number / 3, expected);
		if (is_there)
			assert_memory_equal(hit.trace_id, expected, TRACE_ID_SIZE);
	}
	batch_release(&rows);
}

static const struct CMUnitTest tests[] = {
	contract_test(finds_no_trace_in_an_empty_store),
	contract_test(tells_near_trace_ids_apart),
	contract_test(puts_a_trace_together_from_many_appends),
	contract_test(adds_to_what_the_batch_holds),
	contract_test(leaves_a_batch_that_is_too_small_as_it_was),
	contract_test(finds_a_value_that_one_span_of_many_has),
	contract_test(finds_what_a_filter_means),
	contract_test(wants_one_span_to_meet_all_parts),
	contract_test(places_a_trace_by_its_newest_matching_span),
	contract_test(pages_give_every_trace_once),
	contract_test(pages_cross_appends_and_days),
	contract_test(pages_are_stable_while_data_arrives),
	contract_test(a_limit_of_nothing_finds_nothing),
};
const struct test_list trace_tests = TEST_LIST(tests);
