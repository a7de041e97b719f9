#include "storage/rocksdb/inspect.h"

#include <rocksdb/c.h>

#include "folder.h"
#include "storage/columns/check.h"
#include "storage/rocksdb/rocksdb_internal.h"

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_SECOND;
static const uint64_t day_ns = UINT64_C(86400) * NS_PER_SECOND;

struct walk {
	struct store *store;
	size_t count;
	uint64_t rows;
	struct stored_block last;
	struct arena scratch;
};

/* Holds every block against the promised order, and its header against its body. */
static enum status look(void *context, const struct stored_block *block, struct error *error)
{
	struct walk *walk = context;
	struct buffer body = BUFFER_EMPTY;
	enum status status;

	if (walk->count++) {
		assert_true(block->day >= walk->last.day);
		if (block->day == walk->last.day)
			assert_true(block->signal > walk->last.signal || block->level > walk->last.level ||
				    block->sequence > walk->last.sequence);
	}
	walk->last = *block;
	walk->rows += block->header.row_count;
	assert_false(block->is_header_damaged);
	assert_true(block->header_bytes > 0);
	status = inspect_read_body(walk->store, block, &body, error);
	assert_int_equal(status, STATUS_OK);
	arena_clear(&walk->scratch);
	status = block_check(buffer_str(&body), &block->header, &walk->scratch, error);
	buffer_release(&body);
	return status;
}

static void visits_every_block_by_day_and_finds_it_whole(void **state)
{
	struct store *store = open_store(*state, false);
	struct walk walk = {.store = store};
	struct error error = {0};
	struct random random = {1};
	struct batch batch, *batches[] = {&batch};

	append_span(store, 1, noon_ns + day_ns);
	append_span(store, 2, noon_ns);
	batch_init(&batch, 0);
	add_random_spans(&batch, &random, 200);
	add_random_logs(&batch, &random, 200);
	add_random_points(&batch, &random, 200);
	assert_int_equal(store_append(store, batches, 1, &error), STATUS_OK);
	batch_release(&batch);
	arena_init(&walk.scratch, 0);
	if (inspect_blocks(store, look, &walk, NULL, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	assert_int_equal(walk.rows, 602);
	arena_release(&walk.scratch);
	store_close(store);
}

static void merged_blocks_are_whole_too(void **state)
{
	struct store *store = open_store(*state, false);
	struct walk walk = {.store = store};
	struct error error = {0};

	for (uint64_t i = 0; i < 50; i++)
		append_span(store, i % 7, noon_ns + i);
	assert_int_equal(rocksdb_store_compact(store, &error), STATUS_OK);
	arena_init(&walk.scratch, 0);
	if (inspect_blocks(store, look, &walk, NULL, &error) != STATUS_OK)
		fail_msg("%s", error.message);
	assert_int_equal(walk.count, 1);
	assert_int_equal(walk.rows, 50);
	assert_int_equal(walk.last.level, 1);
	arena_release(&walk.scratch);
	store_close(store);
}

static enum status stop(void *context, const struct stored_block *block, struct error *error)
{
	(void)block;
	++*(size_t *)context;
	return error_set(error, STATUS_CANCELLED, "enough");
}

static void ends_where_the_visit_says(void **state)
{
	struct store *store = open_store(*state, false);
	struct error error = {0};
	size_t visits = 0;

	append_span(store, 1, noon_ns);
	append_span(store, 2, noon_ns);
	assert_int_equal(inspect_blocks(store, stop, &visits, NULL, &error), STATUS_CANCELLED);
	assert_int_equal(visits, 1);
	store_close(store);
}

/* Removes the only header, as no code of ours would. */
static void remove_header(const struct folder *folder)
{
	static const char *const names[] = {"default", "headers", "traces", "metrics", "logs"};
	rocksdb_options_t *options = rocksdb_options_create();
	rocksdb_writeoptions_t *writing = rocksdb_writeoptions_create();
	rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
	const rocksdb_options_t *all[] = {options, options, options, options, options};
	rocksdb_column_family_handle_t *families[5];
	char *message = NULL;
	rocksdb_t *db =
		rocksdb_open_column_families(options, folder->path, 5, names, all, families, &message);
	rocksdb_iterator_t *iterator;
	const char *key;
	size_t size;

	assert_null(message);
	iterator = rocksdb_create_iterator_cf(db, reading, families[1]);
	rocksdb_iter_seek_to_first(iterator);
	key = rocksdb_iter_key(iterator, &size);
	rocksdb_singledelete_cf(db, writing, families[1], key, size, &message);
	assert_null(message);
	rocksdb_iter_destroy(iterator);
	for (size_t i = 0; i < 5; i++)
		rocksdb_column_family_handle_destroy(families[i]);
	rocksdb_close(db);
	rocksdb_writeoptions_destroy(writing);
	rocksdb_readoptions_destroy(reading);
	rocksdb_options_destroy(options);
}

static void counts_bodies_without_a_header_but_not_what_a_merge_left(void **state)
{
	struct store *store = open_store(*state, false);
	uint64_t count = 1, bytes = 1;
	struct error error = {0};

	for (uint64_t i = 0; i < 20; i++)
		append_span(store, i, noon_ns);
	assert_int_equal(rocksdb_store_compact(store, &error), STATUS_OK);
	assert_int_equal(inspect_orphans(store, &count, &bytes, &error), STATUS_OK);
	assert_int_equal(count, 0);
	assert_int_equal(bytes, 0);
	store_close(store);
	remove_header(*state);
	store = open_store(*state, true);
	assert_int_equal(inspect_orphans(store, &count, &bytes, &error), STATUS_OK);
	assert_int_equal(count, 1);
	assert_true(bytes > 100);
	store_close(store);
}

static void compacting_files_needs_a_store_for_writing(void **state)
{
	struct store *store = open_store(*state, false);
	struct error error = {0};

	append_span(store, 1, noon_ns);
	assert_int_equal(inspect_compact_files(store, &error), STATUS_OK);
	assert_true(has_trace(store, 1));
	store_close(store);
	store = open_store(*state, true);
	assert_int_equal(inspect_compact_files(store, &error), STATUS_UNSUPPORTED);
	store_close(store);
}

/* Whoever opens the database anew waits for the lock, and none would be given for reading a second time then. */
static enum status try_to_open_anew(void *context, const struct stored_block *block, struct error *error)
{
	struct rocksdb_store *store = context;
	struct buffer body = BUFFER_EMPTY;

	assert_int_equal(pthread_rwlock_trywrlock(&store->db_lock), 0);
	pthread_rwlock_unlock(&store->db_lock);
	assert_int_equal(inspect_read_body(&store->base, block, &body, error), STATUS_OK);
	assert_true(body.size > 0);
	buffer_release(&body);
	return STATUS_OK;
}

static void holds_no_lock_while_a_visit_looks(void **state)
{
	struct store *store = open_store(*state, false);
	struct error error = {0};

	append_span(store, 1, noon_ns);
	store_close(store);
	store = open_store(*state, true);
	assert_int_equal(inspect_blocks(store, try_to_open_anew, store, NULL, &error), STATUS_OK);
	store_close(store);
}

static void is_busy_while_there_is_no_database(void **state)
{
	const struct stored_block block = {.day = partition_of(noon_ns), .sequence = 1};
	struct store *store = open_store(*state, false);
	struct rocksdb_store *inner;
	struct buffer body = BUFFER_EMPTY;
	struct error error = {0};
	size_t visits = 0;
	rocksdb_t *db;

	append_span(store, 1, noon_ns);
	store_close(store);
	/* As recovery leaves a store whose database cannot be opened; this one has no threads of its own. */
	store = open_store(*state, true);
	inner = (struct rocksdb_store *)store;
	db = inner->db;
	inner->db = NULL;
	assert_int_equal(inspect_blocks(store, stop, &visits, NULL, &error), STATUS_BUSY);
	assert_int_equal(inspect_read_body(store, &block, &body, &error), STATUS_BUSY);
	assert_int_equal(visits, 0);
	inner->db = db;
	assert_int_equal(inspect_read_body(store, &block, &body, &error), STATUS_OK);
	buffer_release(&body);
	store_close(store);
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(visits_every_block_by_day_and_finds_it_whole),
		folder_test(merged_blocks_are_whole_too),
		folder_test(ends_where_the_visit_says),
		folder_test(holds_no_lock_while_a_visit_looks),
		folder_test(is_busy_while_there_is_no_database),
		folder_test(counts_bodies_without_a_header_but_not_what_a_merge_left),
		folder_test(compacting_files_needs_a_store_for_writing),
	};

	return test_run("storage/rocksdb/inspect", tests);
}
