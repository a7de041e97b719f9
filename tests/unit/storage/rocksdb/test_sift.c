/* What sampling does not keep leaves the store, once, and nothing else does. */
#include "folder.h"

static struct store *open_for_sifting(const struct folder *folder)
{
	const struct rocksdb_store_options options = {
		.path = folder->path, .sifts = true, .block_rows = 1024};
	struct store *store = NULL;
	struct error error = {0};

	if (rocksdb_store_open(&options, &store, &error) != STATUS_OK)
		fail_msg("the store does not open: %s", error.message);
	return store;
}

static struct store_stats stats_of(struct store *store)
{
	struct store_stats stats;
	struct error error = {0};

	assert_int_equal(store_stats(store, &stats, &error), STATUS_OK);
	return stats;
}

/* Keeps the traces that a test names; counts how often it was asked. */
struct wish {
	const uint64_t *numbers;
	size_t count, asked, spans;
};

static bool keep(void *context, const struct span *const *spans, size_t count)
{
	struct wish *wish = context;
	uint8_t trace_id[TRACE_ID_SIZE];
	bool is_kept = false;

	wish->asked++;
	wish->spans += count;
	for (size_t i = 0; i < wish->count; i++) {
		trace_id_of(wish->numbers[i], trace_id);
		is_kept |= memcmp(trace_id, spans[0]->trace_id, TRACE_ID_SIZE) == 0;
	}
	return is_kept;
}

static void sift(struct store *store, uint64_t up_to, struct wish *wish)
{
	const struct store_sift sift = {up_to, keep, wish};
	struct error error = {0};

	if (store_sift(store, &sift, &error) != STATUS_OK)
		fail_msg("the store is not sifted: %s", error.message);
}

static void spans_of_traces_that_are_not_kept_go(void **state)
{
	struct store *store = open_for_sifting(*state);
	const uint64_t kept[] = {2, 5};
	struct wish wish = {.numbers = kept, .count = 2};

	for (uint64_t number = 1; number <= 6; number++)
		append_span(store, number, NEW_YEAR_NS + number);
	sift(store, stats_of(store).snapshot, &wish);
	for (uint64_t number = 1; number <= 6; number++)
		assert_int_equal(has_trace(store, number), number == 2 || number == 5);
	assert_int_equal(count_spans(store), 2);
	assert_int_equal(wish.asked, 6);
	store_close(store);
}

static void what_arrived_after_the_snapshot_waits_for_the_next(void **state)
{
	struct store *store = open_for_sifting(*state);
	struct wish wish = {.count = 0};
	uint64_t snapshot;

	append_span(store, 1, NEW_YEAR_NS);
	snapshot = stats_of(store).snapshot;
	append_span(store, 2, NEW_YEAR_NS);
	sift(store, snapshot, &wish);
	assert_false(has_trace(store, 1));
	assert_true(has_trace(store, 2));
	assert_int_equal(stats_of(store).sifted, snapshot);
	sift(store, stats_of(store).snapshot, &wish);
	assert_false(has_trace(store, 2));
	assert_int_equal(count_spans(store), 0);
	store_close(store);
}

static void what_was_kept_is_not_asked_about_again(void **state)
{
	struct store *store = open_for_sifting(*state);
	const uint64_t kept[] = {1, 2};
	struct wish wish = {.numbers = kept, .count = 2}, none = {.count = 0};

	append_span(store, 1, NEW_YEAR_NS);
	append_span(store, 2, NEW_YEAR_NS);
	sift(store, stats_of(store).snapshot, &wish);
	append_span(store, 3, NEW_YEAR_NS);
	sift(store, stats_of(store).snapshot, &none);
	assert_int_equal(none.asked, 1);
	assert_true(has_trace(store, 1) && has_trace(store, 2));
	assert_false(has_trace(store, 3));
	store_close(store);
}

static void what_was_there_before_sifting_began_stays(void **state)
{
	struct store *store = open_store(*state, false);
	struct wish none = {.count = 0};

	append_span(store, 1, NEW_YEAR_NS);
	store_close(store);
	store = open_for_sifting(*state);
	append_span(store, 2, NEW_YEAR_NS);
	sift(store, stats_of(store).snapshot, &none);
	assert_true(has_trace(store, 1));
	assert_false(has_trace(store, 2));
	store_close(store);
}

static void what_a_process_left_undecided_is_sifted_by_the_next(void **state)
{
	struct store *store = open_for_sifting(*state);
	const uint64_t kept[] = {1};
	struct wish wish = {.numbers = kept, .count = 1};

	append_span(store, 1, NEW_YEAR_NS);
	append_span(store, 2, NEW_YEAR_NS);
	store_close(store);
	store = open_for_sifting(*state);
	assert_true(stats_of(store).sifted < stats_of(store).snapshot);
	sift(store, stats_of(store).snapshot, &wish);
	assert_true(has_trace(store, 1));
	assert_false(has_trace(store, 2));
	store_close(store);
}

static void without_sampling_what_was_undecided_stays(void **state)
{
	struct store *store = open_for_sifting(*state);
	struct wish none = {.count = 0};

	append_span(store, 1, NEW_YEAR_NS);
	store_close(store);
	store = open_store(*state, false);
	assert_int_equal(stats_of(store).sifted, UINT64_MAX);
	append_span(store, 2, NEW_YEAR_NS);
	store_close(store);
	store = open_for_sifting(*state);
	sift(store, stats_of(store).snapshot, &none);
	assert_true(has_trace(store, 1) && has_trace(store, 2));
	store_close(store);
}

static void undecided_blocks_are_not_merged(void **state)
{
	struct store *store = open_for_sifting(*state);
	const uint64_t kept[] = {1, 2};
	struct wish wish = {.numbers = kept, .count = 2};
	struct error error = {0};

	append_span(store, 1, NEW_YEAR_NS);
	append_span(store, 2, NEW_YEAR_NS);
	assert_int_equal(rocksdb_store_compact(store, &error), STATUS_OK);
	assert_int_equal(stats_of(store).block_count, 2);
	sift(store, stats_of(store).snapshot, &wish);
	assert_int_equal(stats_of(store).block_count, 1);
	assert_int_equal(count_spans(store), 2);
	store_close(store);
}

static void many_blocks_of_many_days_are_sifted_a_group_at_a_time(void **state)
{
	enum { APPENDS = 60, SPANS = 100, DAYS = 3 };
	struct store *store = open_for_sifting(*state);
	struct wish none = {.count = 0};
	struct error error = {0};

	for (uint64_t i = 0; i < APPENDS; i++) {
		struct batch batch, *batches[] = {&batch};

		batch_init(&batch, 0);
		for (uint64_t j = 0; j < SPANS; j++)
			add_span(&batch, i * SPANS + j + 1, j + 1,
				 NEW_YEAR_NS + (j % DAYS) * 86400 * NS_PER_SECOND, NS_PER_MS, "work");
		assert_int_equal(store_append(store, batches, 1, &error), STATUS_OK);
		batch_release(&batch);
	}
	sift(store, stats_of(store).snapshot, &none);
	assert_int_equal(none.spans, APPENDS * SPANS);
	assert_int_equal(count_spans(store), 0);
	assert_int_equal(stats_of(store).block_count, 0);
	store_close(store);
}

static void a_store_that_was_not_opened_for_it_refuses(void **state)
{
	struct store *store = open_store(*state, false);
	struct wish none = {.count = 0};
	const struct store_sift sift = {1, keep, &none};
	struct error error = {0};

	assert_int_equal(store_sift(store, &sift, &error), STATUS_UNSUPPORTED);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spans_of_traces_that_are_not_kept_go, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(what_arrived_after_the_snapshot_waits_for_the_next,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_was_kept_is_not_asked_about_again, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(what_was_there_before_sifting_began_stays, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(what_a_process_left_undecided_is_sifted_by_the_next,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(without_sampling_what_was_undecided_stays, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(undecided_blocks_are_not_merged, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(many_blocks_of_many_days_are_sifted_a_group_at_a_time,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_store_that_was_not_opened_for_it_refuses, make_folder,
						remove_folder),
	};

	return test_run("storage/rocksdb/sift", tests);
}
