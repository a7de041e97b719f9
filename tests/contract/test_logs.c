/* Logs: searching and paging. */
#include <stdlib.h>

#include "base/hash.h"
#include "contract/contract.h"
#include "contract/dump.h"
#include "contract/rows.h"

static uint8_t a_trace[TRACE_ID_SIZE], a_span[SPAN_ID_SIZE];
static struct resource shop;

static void fill_corpus(struct batch *rows)
{
	static const char *const bodies[] = {"user created",
					     "Payment TIMED OUT after 30s",
					     "timed_out",
					     "created_user",
					     "größe",
					     "x-created-y",
					     "",
					     "recreated"};
	static struct attribute shop_name, noted, counted;

	shop_name = text("service.name", "shop");
	noted = text("note", "created by hand");
	counted = whole("count", 42);
	shop.attributes = (struct attributes){&shop_name, 1, 0};
	trace_id_of(1, a_trace);
	span_id_of(1, a_span);
	for (uint64_t i = 0; i < 160; i++) {
		struct log_record *record = add_log(rows, NEW_YEAR_NS + i % 50, bodies[i % 8]);

		record->severity_number = (uint8_t)(i % 25);
		record->severity_text = str_from(i % 3 ? "" : "error");
		record->handler = str_from(i % 4 ? "" : "CreateUser");
		record->resource = i % 5 ? &resource_empty : &shop;
		if (i % 6 == 0)
			trace_id_of(i % 12 == 0, record->trace_id);
		if (i % 6 == 0)
			span_id_of(i % 18 == 0, record->span_id);
		if (i % 11 == 0)
			record->attributes = (struct attributes){&noted, 1, 0};
		if (i % 13 == 0)
			record->body = value_from_int((int64_t)i);
		if (i % 17 == 0)
			record->attributes = (struct attributes){&counted, 1, 0};
	}
}

/* ---- folds ---- */

/* What a fold gave, row by row: a fingerprint of each, so that order does not matter. */
struct folded {
	uint64_t *rows;
	size_t count;
	unsigned columns;
	uint64_t step_ns;
};

static uint64_t fingerprint(const struct folded *folded, uint64_t time_ns, unsigned level, struct str text)
{
	uint64_t hash = hash_bytes(text.data, text.size);

	if (folded->columns & LOG_COLUMN_TIME)
		hash = hash * 31 + (folded->step_ns ? time_ns / folded->step_ns : time_ns);
	return hash * 31 + (folded->columns & LOG_COLUMN_LEVEL ? level : 0);
}

static enum status keep_folded(void *context, const struct log_columns *rows, struct error *error)
{
	struct folded *folded = context;

	(void)error;
	assert_true(!!rows->time_ns == !!(folded->columns & LOG_COLUMN_TIME));
	assert_true(!!rows->levels == !!(folded->columns & LOG_COLUMN_LEVEL));
	for (size_t i = 0; i < rows->count; i++) {
		uint32_t code = rows->codes ? rows->codes[i] : LOG_NO_VALUE;
		struct str text = code == LOG_NO_VALUE ? str_make("", 0) : rows->values[code];

		assert_true(code == LOG_NO_VALUE || (code < rows->value_count && text.size));
		for (uint32_t left = rows->weights ? rows->weights[i] : 1; left > 0; left--) {
			assert_true(folded->count < MOST_LOGS);
			folded->rows[folded->count++] =
				fingerprint(folded, rows->time_ns ? rows->time_ns[i] : 0,
					    rows->levels ? rows->levels[i] : 0, text);
		}
	}
	return STATUS_OK;
}

static int compare_fingerprints(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void assert_folds(struct fixture *fixture, const struct log_fold *fold, const struct batch *rows)
{
	struct folded expected = {
		.rows = malloc(MOST_LOGS * 8), .columns = fold->columns, .step_ns = fold->step_ns};
	struct folded actual = expected;
	struct buffer scratch = BUFFER_EMPTY;
	struct error error = {0};

	actual.rows = malloc(MOST_LOGS * 8);
	for (size_t i = 0; i < rows->log_count; i++) {
		const struct log_record *record = &rows->logs[i];
		struct str text = fold->columns & LOG_COLUMN_FIELD
					  ? log_field_text(&fold->field, record, &scratch)
					  : str_make("", 0);

		if (log_filter_match(&fold->filter, record))
			expected.rows[expected.count++] =
				fingerprint(&expected, record->time_ns, log_record_level(record), text);
	}
	assert_ok(store_fold_logs(fixture->store, fold, keep_folded, &actual, &error));
	assert_int_equal(actual.count, expected.count);
	qsort(expected.rows, expected.count, 8, compare_fingerprints);
	qsort(actual.rows, actual.count, 8, compare_fingerprints);
	if (expected.count)
		assert_memory_equal(actual.rows, expected.rows, expected.count * 8);
	buffer_release(&scratch);
	free(expected.rows);
	free(actual.rows);
}

#define STR(text_) {text_, sizeof(text_) - 1}
#define TERMS(...)                                                                                           \
	.terms = (const struct str[]){__VA_ARGS__},                                                          \
	.term_count = sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str)
#define FILTER(...) {.range = TIME_RANGE_ALL, __VA_ARGS__}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct {
	const char *name;
	struct log_filter filter;
	bool finds_none;
} searches[] = {
	{"any", FILTER(.term_count = 0), false},
	{"a range", FILTER(.range = {NEW_YEAR_NS + 3, NEW_YEAR_NS + 9}), false},
	{"an empty range", FILTER(.range = {NEW_YEAR_NS + 3, NEW_YEAR_NS + 3}), true},
	{"another day", FILTER(.range = {NEW_YEAR_NS + 86400 * NS_PER_SECOND, UINT64_MAX}), true},
	{"debug and above", FILTER(.lowest_level = LEVEL_DEBUG), false},
	{"warn and above", FILTER(.lowest_level = LEVEL_WARN), false},
	{"errors", FILTER(.lowest_level = LEVEL_ERROR), false},
	{"handler", FILTER(.handler = STR("CreateUser")), false},
	{"another handler", FILTER(.handler = STR("Create")), true},
	{"service", FILTER(.service = STR("shop")), false},
	{"source", FILTER(.source = &shop), false},
	{"a source without a name", FILTER(.source = &resource_empty), false},
	{"trace", FILTER(.trace_id = a_trace), false},
	{"span", FILTER(.span_id = a_span), false},
	{"trace and span", FILTER(.trace_id = a_trace, .span_id = a_span), false},
	{"a word", FILTER(TERMS(STR("created"))), false},
	{"a word in capitals", FILTER(TERMS(STR("CREATED"))), false},
	{"a word that is there only inside others", FILTER(TERMS(STR("create"))), true},
	{"a phrase", FILTER(TERMS(STR("timed out"))), false},
	{"a phrase that ends inside a word", FILTER(TERMS(STR("payment tim"))), false},
	{"words that must both be there", FILTER(TERMS(STR("payment"), STR("30s"))), false},
	{"words that are never together", FILTER(TERMS(STR("payment"), STR("größe"))), true},
	{"a word of other letters", FILTER(TERMS(STR("größe"))), false},
	{"a word with signs in it", FILTER(TERMS(STR("x-created-y"))), false},
	{"a word of an attribute", FILTER(TERMS(STR("hand"))), false},
	{"a number in the body", FILTER(TERMS(STR("13"))), false},
	{"a number in an attribute, which is no text", FILTER(TERMS(STR("42"))), true},
	{"all together",
	 FILTER(.range = {NEW_YEAR_NS, NEW_YEAR_NS + 50}, .lowest_level = LEVEL_INFO,
		.handler = STR("CreateUser"), TERMS(STR("user"))),
	 false},
};

static void expected_logs(const struct batch *rows, const struct log_filter *filter,
			  struct batch *expected_out)
{
	for (size_t i = 0; i < rows->log_count; i++)
		if (log_filter_match(filter, &rows->logs[i]))
			assert_non_null(batch_copy_log(expected_out, &rows->logs[i]));
}

static void finds_what_a_filter_means(void **state)
{
	struct fixture *fixture = *state;
	struct batch rows, expected, found;

	batch_init(&rows, 0);
	batch_init(&expected, 0);
	batch_init(&found, 0);
	fill_corpus(&rows);
	append(fixture, &rows);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
			batch_clear(&expected);
			batch_clear(&found);
			expected_logs(&rows, &searches[i].filter, &expected);
			find_all_logs(fixture, &searches[i].filter, &found);
			if (searches[i].finds_none != (expected.log_count == 0))
				fail_msg("the table is wrong about \"%s\"", searches[i].name);
			if (found.log_count != expected.log_count)
				fail_msg("\"%s\" finds %zu records, expected %zu", searches[i].name,
					 found.log_count, expected.log_count);
			assert_same_logs(&found, &expected);
		}
		fixture_reopen(fixture);
	}
	batch_release(&rows);
	batch_release(&expected);
	batch_release(&found);
}

static const struct log_fold folds[] = {
	{.columns = LOG_COLUMN_TIME | LOG_COLUMN_LEVEL},
	{.columns = LOG_COLUMN_TIME | LOG_COLUMN_LEVEL, .step_ns = 7},
	{.columns = LOG_COLUMN_TIME | LOG_COLUMN_LEVEL, .step_ns = 3600 * NS_PER_SECOND},
	{.columns = LOG_COLUMN_LEVEL},
	{.columns = LOG_COLUMN_FIELD, .field = {.kind = LOG_FIELD_HANDLER}},
	{.columns = LOG_COLUMN_FIELD | LOG_COLUMN_LEVEL, .field = {.kind = LOG_FIELD_SERVICE}},
	{.columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_ATTRIBUTE, STR("note")}},
	{.columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_ATTRIBUTE, STR("count")}},
	{.columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_TAG, STR("service.name")}},
	{.columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_ATTRIBUTE, STR("service.name")}},
	{.columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_TAG, STR("nowhere")}},
};

static void folds_what_a_filter_means(void **state)
{
	struct fixture *fixture = *state;
	struct batch rows;

	batch_init(&rows, 0);
	fill_corpus(&rows);
	append(fixture, &rows);
	for (int round = 0; round < 2; round++) {
		for (size_t f = 0; f < sizeof(folds) / sizeof(folds[0]); f++)
			for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
				struct log_fold fold = folds[f];

				fold.filter = searches[i].filter;
				assert_folds(fixture, &fold, &rows);
			}
		fixture_reopen(fixture);
	}
	batch_release(&rows);
}

/* A key with values of many types, several times in a row, and of a resource where the row lacks it. */
static void folds_the_last_attribute_of_a_key(void **state)
{
	struct fixture *fixture = *state;
	struct attribute first[] = {text("k", "one"), whole("k", 2)},
			 second[] = {whole("k", 3), text("k", "four")};
	struct attribute empty[] = {text("k", "")}, other[] = {text("x", "y")},
			 origin[] = {text("k", "origin")};
	const struct resource resource = {.attributes = {origin, 1, 0}};
	const struct attributes shapes[] = {{first, 2, 0}, {second, 2, 0}, {empty, 1, 0}, {other, 1, 0}};
	struct log_fold fold = {
		.filter = LOG_FILTER_ANY, .columns = LOG_COLUMN_FIELD, .field = {LOG_FIELD_TAG, STR("k")}};
	struct batch rows;

	batch_init(&rows, 0);
	for (uint64_t i = 0; i < 64; i++) {
		struct log_record *record = add_log(&rows, NEW_YEAR_NS + i, "x");

		record->attributes = shapes[i % 4];
		record->resource = i % 3 ? &resource : &resource_empty;
	}
	append(fixture, &rows);
	assert_folds(fixture, &fold, &rows);
	fold.field.kind = LOG_FIELD_ATTRIBUTE;
	assert_folds(fixture, &fold, &rows);
	batch_release(&rows);
}

static enum status give_up(void *context, const struct log_columns *rows, struct error *error)
{
	(void)rows;
	++*(size_t *)context;
	return error_set(error, STATUS_CANCELLED, "enough");
}

static void a_fold_ends_when_the_visitor_gives_up(void **state)
{
	const struct log_fold fold = {.filter = LOG_FILTER_ANY, .columns = LOG_COLUMN_TIME};
	struct fixture *fixture = *state;
	struct error error = {0};
	size_t calls = 0;

	for (uint64_t i = 0; i < 3; i++) {
		struct batch rows;

		batch_init(&rows, 0);
		add_log(&rows, NEW_YEAR_NS + i, "x");
		append(fixture, &rows);
		batch_release(&rows);
	}
	assert_int_equal(store_fold_logs(fixture->store, &fold, give_up, &calls, &error), STATUS_CANCELLED);
	assert_string_equal(error.message, "enough");
	assert_int_equal(calls, 1);
}

/* The page after the rows that were found so far. */
static struct log_page next_page(const struct batch *found, size_t limit, uint64_t snapshot)
{
	struct log_page page = {.limit = limit, .snapshot = snapshot};

	if (found->log_count == 0)
		return page;
	page.has_before = true;
	page.before_ns = found->logs[found->log_count - 1].time_ns;
	for (size_t i = found->log_count; i > 0 && found->logs[i - 1].time_ns == page.before_ns; i--)
		page.skip++;
	return page;
}

/* The pages of the one order are those of the other from behind, also where many records have the same time. */
static void oldest_first_is_newest_first_from_behind(void **state)
{
	static const size_t limits[] = {1, 7, 64, 1000};
	struct fixture *fixture = *state;
	struct error error = {0};
	struct batch rows, newest, oldest;

	batch_init(&rows, 0);
	batch_init(&newest, 0);
	batch_init(&oldest, 0);
	for (uint64_t i = 0; i < 200; i++)
		add_log(&rows, NEW_YEAR_NS + (i * 7) % 13, "x")->body = value_from_int((int64_t)i);
	append(fixture, &rows);
	append(fixture, &rows);
	find_all_logs(fixture, &LOG_FILTER_ANY, &newest);
	assert_int_equal(newest.log_count, 400);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		uint64_t snapshot = 0;
		size_t before;

		batch_clear(&oldest);
		do {
			struct log_page page = next_page(&oldest, limits[i], snapshot);

			page.oldest_first = true;
			before = oldest.log_count;
			assert_ok(store_find_logs(fixture->store, &LOG_FILTER_ANY, &page, &oldest, &snapshot,
						  &error));
		} while (oldest.log_count - before == limits[i]);
		assert_int_equal(oldest.log_count, newest.log_count);
		for (size_t at = 0; at < oldest.log_count; at++) {
			const struct log_record *mirrored = &newest.logs[newest.log_count - 1 - at];

			assert_int_equal(oldest.logs[at].time_ns, mirrored->time_ns);
			assert_int_equal(oldest.logs[at].body.integer, mirrored->body.integer);
		}
	}
	batch_release(&rows);
	batch_release(&newest);
	batch_release(&oldest);
}

/* between is called after every page. */
static void find_in_pages(struct fixture *fixture, const struct log_filter *filter, size_t limit,
			  void (*between)(struct fixture *fixture), struct batch *found_out)
{
	struct error error = {0};
	uint64_t snapshot = 0;
	size_t before;

	do {
		struct log_page page = next_page(found_out, limit, snapshot);

		before = found_out->log_count;
		assert_ok(store_find_logs(fixture->store, filter, &page, found_out, &snapshot, &error));
		assert_true(found_out->log_count - before <= limit);
		if (between)
			between(fixture);
	} while (found_out->log_count - before == limit);
	for (size_t i = 1; i < found_out->log_count; i++)
		assert_true(found_out->logs[i - 1].time_ns >= found_out->logs[i].time_ns);
}

static void append_logs(struct fixture *fixture, size_t count, uint64_t time_ns, uint64_t distinct_times)
{
	static uint64_t number;
	struct batch rows;

	batch_init(&rows, 0);
	for (uint64_t i = 0; i < count; i++)
		add_log(&rows, time_ns + i % distinct_times, "x")->body = value_from_int((int64_t)number++);
	append(fixture, &rows);
	batch_release(&rows);
}

static void pages_give_every_record_once(void **state)
{
	static const size_t limits[] = {1, 3, 10, 64, 1000};
	struct fixture *fixture = *state;
	struct batch all, paged;

	append_logs(fixture, 100, NEW_YEAR_NS, 4);
	append_logs(fixture, 100, NEW_YEAR_NS, 3);
	append_logs(fixture, 50, NEW_YEAR_NS + 86400 * NS_PER_SECOND, 1);
	batch_init(&all, 0);
	batch_init(&paged, 0);
	find_all_logs(fixture, &LOG_FILTER_ANY, &all);
	assert_int_equal(all.log_count, 250);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		batch_clear(&paged);
		find_in_pages(fixture, &LOG_FILTER_ANY, limits[i], NULL, &paged);
		assert_same_logs(&paged, &all);
	}
	batch_release(&all);
	batch_release(&paged);
}

static void pages_of_a_filter_skip_only_what_meets_it(void **state)
{
	struct fixture *fixture = *state;
	struct log_filter filter = LOG_FILTER_ANY;
	struct batch rows, expected, found;

	batch_init(&rows, 0);
	batch_init(&expected, 0);
	batch_init(&found, 0);
	for (uint64_t i = 0; i < 90; i++) {
		struct log_record *record = add_log(&rows, NEW_YEAR_NS + i / 45, "x");

		record->severity_number = i % 3 ? 5 : 17;
		record->body = value_from_int((int64_t)i);
	}
	append(fixture, &rows);
	filter.lowest_level = LEVEL_ERROR;
	expected_logs(&rows, &filter, &expected);
	assert_int_equal(expected.log_count, 30);
	find_in_pages(fixture, &filter, 4, NULL, &found);
	assert_same_logs(&found, &expected);
	batch_release(&rows);
	batch_release(&expected);
	batch_release(&found);
}

static void append_between(struct fixture *fixture)
{
	append_logs(fixture, 7, NEW_YEAR_NS, 3);
	append_logs(fixture, 7, NEW_YEAR_NS + 1000, 3);
}

static void pages_are_stable_while_data_arrives(void **state)
{
	struct fixture *fixture = *state;
	struct batch all, paged;

	append_logs(fixture, 40, NEW_YEAR_NS, 3);
	append_logs(fixture, 40, NEW_YEAR_NS, 2);
	batch_init(&all, 0);
	batch_init(&paged, 0);
	find_all_logs(fixture, &LOG_FILTER_ANY, &all);
	find_in_pages(fixture, &LOG_FILTER_ANY, 9, append_between, &paged);
	assert_same_logs(&paged, &all);
	batch_clear(&all);
	find_all_logs(fixture, &LOG_FILTER_ANY, &all);
	assert_int_equal(all.log_count, 80 + 14 * (80 / 9 + 1));
	batch_release(&all);
	batch_release(&paged);
}

static void finds_nothing_in_an_empty_store(void **state)
{
	struct fixture *fixture = *state;
	struct batch found;

	batch_init(&found, 0);
	find_all_logs(fixture, &LOG_FILTER_ANY, &found);
	assert_int_equal(found.log_count, 0);
	batch_release(&found);
}

static void leaves_a_batch_that_is_too_small_as_it_was(void **state)
{
	enum { ARENA_BYTES = 64 * 1024 };
	struct fixture *fixture = *state;
	struct log_page page = {.limit = 100000};
	struct batch rows, found;
	struct error error = {0};
	uint64_t snapshot = 12345;

	batch_init(&rows, 0);
	batch_init(&found, ARENA_BYTES);
	for (uint64_t i = 0; i < 3000; i++)
		add_log(&rows, NEW_YEAR_NS + i, "")->body = value_from_str(arena_printf(
			&rows.arena, "line %llu of a log that has more lines than fit into a small arena",
			(unsigned long long)i));
	append(fixture, &rows);
	assert_non_null(batch_copy_log(&found, &rows.logs[0]));
	assert_int_equal(store_find_logs(fixture->store, &LOG_FILTER_ANY, &page, &found, &snapshot, &error),
			 STATUS_NO_MEMORY);
	assert_int_equal(found.log_count, 1);
	assert_int_equal(snapshot, 12345);
	batch_release(&rows);
	batch_release(&found);
}

/* A forged cursor may skip any number: sizes made of it must not wrap. */
static void finds_nothing_behind_more_records_than_there_are(void **state)
{
	const size_t skips[] = {1001, SIZE_MAX / 48, SIZE_MAX / 24 + 2, SIZE_MAX - 50, SIZE_MAX};
	struct fixture *fixture = *state;
	struct error error = {0};
	struct batch found;
	uint64_t snapshot;

	append_logs(fixture, 1000, NEW_YEAR_NS, 1);
	batch_init(&found, 0);
	for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++) {
		struct log_page page = {
			.limit = 100, .has_before = true, .before_ns = NEW_YEAR_NS, .skip = skips[i]};

		assert_ok(store_find_logs(fixture->store, &LOG_FILTER_ANY, &page, &found, &snapshot, &error));
		assert_int_equal(found.log_count, 0);
	}
	batch_release(&found);
}

static const struct CMUnitTest tests[] = {
	contract_test(finds_nothing_in_an_empty_store),
	contract_test(finds_nothing_behind_more_records_than_there_are),
	contract_test(finds_what_a_filter_means),
	contract_test(folds_what_a_filter_means),
	contract_test(folds_the_last_attribute_of_a_key),
	contract_test(a_fold_ends_when_the_visitor_gives_up),
	contract_test(pages_give_every_record_once),
	contract_test(oldest_first_is_newest_first_from_behind),
	contract_test(pages_of_a_filter_skip_only_what_meets_it),
	contract_test(pages_are_stable_while_data_arrives),
	contract_test(leaves_a_batch_that_is_too_small_as_it_was),
};
const struct test_list log_tests = TEST_LIST(tests);
