/* What stays true while a failed write is got over: the database is closed and opened anew under everybody's hands. */
#include <pthread.h>
#include <stdatomic.h>

#include "folder.h"
#include "recovery.h"
#include "storage/rocksdb/inspect.h"

enum { DAYS = 4, SPANS = 20 };

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_SECOND;
static const uint64_t day_ns = UINT64_C(86400) * NS_PER_SECOND;

/* Too few blocks for a merge. */
static struct store *open_filled(const struct folder *folder)
{
	struct store *store = open_store(folder, false);

	for (uint64_t i = 0; i < SPANS; i++)
		append_span(store, i, noon_ns + i % DAYS * day_ns + i);
	return store;
}

/* ---- scans ---- */

struct visitor {
	struct rocksdb_store *store;
	size_t rows;
	bool fails_write; /* with the first block */
};

/* Returns once the thread that opens the database anew waits for this reader to end. */
static void wait_for_recovery(struct rocksdb_store *store)
{
	while (pthread_rwlock_tryrdlock(&store->db_lock) == 0) {
		pthread_rwlock_unlock(&store->db_lock);
		usleep(1000);
	}
}

static enum status take_rows(void *context, const struct batch *rows, struct error *error)
{
	struct visitor *visitor = context;

	(void)error;
	visitor->rows += rows->span_count;
	if (visitor->fails_write) {
		fail_write(&visitor->store->base);
		wait_for_recovery(visitor->store);
	}
	visitor->fails_write = false;
	return STATUS_OK;
}

static enum status scan_all(struct visitor *visitor, struct error *error)
{
	const struct store_scan scan = {.signal = SIGNAL_TRACES, .range = TIME_RANGE_ALL};

	return store_scan(&visitor->store->base, &scan, take_rows, visitor, error);
}

/* What it has still to read may have been merged: an archive must not take that for all there is. */
static void a_scan_ends_where_the_database_was_opened_anew_and_is_whole_the_next_time(void **state)
{
	struct store *store = open_filled(*state);
	struct visitor first = {.store = (struct rocksdb_store *)store, .fails_write = true}, second = first;
	struct error error = {0};

	assert_int_equal(scan_all(&first, &error), STATUS_BUSY);
	assert_non_null(strstr(error.message, "opened anew"));
	assert_int_equal(first.rows, 1);
	second.fails_write = false;
	assert_int_equal(scan_all(&second, &error), STATUS_OK);
	assert_int_equal(second.rows, SPANS);
	store_close(store);
}

/* ---- inspections ---- */

struct looking {
	struct store *store;
	_Atomic bool is_over;
	_Atomic size_t blocks;
};

static enum status look(void *context, const struct stored_block *block, struct error *error)
{
	struct looking *looking = context;
	struct buffer body = BUFFER_EMPTY;
	enum status status = inspect_read_body(looking->store, block, &body, error);

	buffer_release(&body);
	atomic_fetch_add(&looking->blocks, 1);
	return status;
}

static void *look_again_and_again(void *context)
{
	struct looking *looking = context;
	struct error error = {0};

	while (!atomic_load(&looking->is_over))
		if (inspect_blocks(looking->store, look, looking, NULL, &error) != STATUS_OK) {
			fprintf(stderr, "%s\n", error.message);
			abort();
		}
	return NULL;
}

static void blocks_are_inspected_while_the_database_is_opened_anew(void **state)
{
	struct store *store = open_filled(*state);
	struct looking looking = {.store = store};
	pthread_t thread;

	pthread_create(&thread, NULL, look_again_and_again, &looking);
	for (int round = 0; round < 3; round++) {
		size_t before = atomic_load(&looking.blocks);

		while (atomic_load(&looking.blocks) < before + SPANS)
			usleep(1000);
		fail_write(store);
		wait_until_written_again(store);
	}
	atomic_store(&looking.is_over, true);
	pthread_join(thread, NULL);
	assert_int_equal(count_spans(store), SPANS);
	store_close(store);
}

/* ---- a store that is gone ---- */

static void makes_no_new_store_where_the_old_one_is_gone(void **state)
{
	const struct folder *folder = *state;
	struct store *store = open_filled(folder);
	struct batch batch, *batches[] = {&batch};
	uint8_t trace_id[TRACE_ID_SIZE];
	struct error error = {0};
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'/*", folder->path);
	assert_int_equal(system(command), 0);
	fail_write(store);
	trace_id_of(1, trace_id);
	batch_init(&batch, 0);
	while (store_read_trace(store, trace_id, &batch, &error) != STATUS_BUSY) {
		batch_clear(&batch);
		usleep(1000);
	}
	batch_clear(&batch);
	add_span(&batch, 1, 1, noon_ns, 1, "late");
	assert_int_equal(store_append(store, batches, 1, &error), STATUS_IO);
	assert_non_null(strstr(error.message, "cannot be written"));
	batch_release(&batch);
	store_close(store);
	snprintf(command, sizeof(command), "test ! -e '%s'/CURRENT", folder->path);
	assert_int_equal(system(command), 0);
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(a_scan_ends_where_the_database_was_opened_anew_and_is_whole_the_next_time),
		folder_test(blocks_are_inspected_while_the_database_is_opened_anew),
		folder_test(makes_no_new_store_where_the_old_one_is_gone),
	};

	return test_run("storage/rocksdb/recover", tests);
}
