/*
 * What is merged into a file of its own, while others look at the folder, and where the disk fails in between. Calls that
 * RocksDB makes of the C library come here first, so that something can happen at that very moment.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kept.h"
#include "storage/rocksdb/bulk.h"

enum { COMMITS = 7, ROWS = 1100, ROW_BYTES = 4000 };

/* ---- what happens at that very moment ---- */

static struct kept *merging;   /* whose blocks are merged when the folder is listed; NULL: nobody's */
static _Atomic int pass_count; /* listings that go by before */
static bool links_fail;

static void merge_meanwhile(void)
{
	struct rocksdb_store *store = (struct rocksdb_store *)merging->store;
	struct kept *kept = merging;

	merging = NULL;
	/* Who holds this off waits for us, here. */
	if (pthread_mutex_trylock(&store->take_over_lock) != 0)
		return;
	pthread_mutex_unlock(&store->take_over_lock);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
}

__attribute__((visibility("default"))) DIR *opendir(const char *path)
{
	DIR *(*const next)(const char *) = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");

	if (merging && strcmp(path, merging->path) == 0 && pass_count-- == 0)
		merge_meanwhile();
	return next(path);
}

__attribute__((visibility("default"))) int link(const char *from, const char *to)
{
	int (*const next)(const char *, const char *) =
		(int (*)(const char *, const char *))dlsym(RTLD_NEXT, "link");

	if (links_fail) {
		errno = EIO;
		return -1;
	}
	return next(from, to);
}

/* ---- stores ---- */

/* Too few blocks for the store to merge them by itself, and enough bytes for a file. */
static struct kept *new_filled(void)
{
	struct kept *kept = kept_new(0);

	kept_open(kept);
	for (size_t i = 0; i < COMMITS; i++)
		append_logs(kept, 0, ROWS, ROW_BYTES);
	return kept;
}

static void has_all_rows(const char *path, bool is_read_only)
{
	struct kept other = {.options = {.path = path, .is_read_only = is_read_only}};

	kept_open(&other);
	assert_int_equal(logs_of(&other, 0), COMMITS * ROWS);
	assert_int_equal(kept_stats(&other).damaged_block_count, 0);
	kept_close(&other);
}

static void a_copy_has_the_bodies_that_are_taken_over_while_it_is_made(void **state)
{
	(void)state;
	for (int pass = 0; pass < 3; pass++) {
		struct kept *kept = new_filled();
		char copy[80], command[128];

		snprintf(copy, sizeof(copy), "%s.copy", kept->path);
		pass_count = pass;
		merging = kept;
		assert_ok(kept, rocksdb_store_backup(kept->store, copy, &kept->error));
		merging = NULL;
		has_all_rows(copy, false);
		snprintf(command, sizeof(command), "rm -rf '%s'", copy);
		assert_int_equal(system(command), 0);
		kept_free(kept);
	}
}

static void a_reader_has_the_bodies_that_are_taken_over_while_it_opens(void **state)
{
	(void)state;
	for (int pass = 0; pass < 3; pass++) {
		struct kept *kept = new_filled();

		pass_count = pass;
		merging = kept;
		has_all_rows(kept->path, true);
		merging = NULL;
		kept_free(kept);
	}
}

static void a_file_that_was_taken_over_is_not_written_again(void **state)
{
	struct kept *kept = kept_new(0);
	struct rocksdb_store *store;
	char path[80], second[80];
	struct bulk *bulk;
	struct stat about;
	int file;

	(void)state;
	kept_open(kept);
	store = (struct rocksdb_store *)kept->store;
	snprintf(path, sizeof(path), "%s/bulk", kept->path);
	snprintf(second, sizeof(second), "%s/taken", kept->path);
	file = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(file, "table", 5), 5);
	close(file);
	assert_int_equal(link(path, second), 0);
	assert_ok(kept, bulk_new(store, SIGNAL_LOGS, &bulk, &kept->error));
	bulk_free(bulk);
	assert_int_equal(stat(second, &about), 0);
	assert_int_equal(about.st_size, 5);
	kept_free(kept);
}

static void notes_of_bodies_that_are_not_taken_over_go_at_once(void **state)
{
	struct kept *kept = new_filled();
	struct rocksdb_store *store = (struct rocksdb_store *)kept->store;

	(void)state;
	links_fail = true;
	assert_int_equal(rocksdb_store_compact(kept->store, &kept->error), STATUS_IO);
	links_fail = false;
	assert_non_null(strstr(kept->error.message, "cannot be taken over"));
	assert_false(has_leftovers(store, SIGNAL_LOGS, 0, UINT32_MAX));
	assert_int_equal(logs_of(kept, 0), COMMITS * ROWS);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	assert_int_equal(kept_stats(kept).block_count, 1);
	assert_int_equal(logs_of(kept, 0), COMMITS * ROWS);
	kept_free(kept);
}

/* ---- turns ---- */

enum { DAYS = 300 };

static void *compact(void *context)
{
	struct kept *kept = context;
	struct error error = {0};

	rocksdb_store_compact(kept->store, &error);
	return NULL;
}

/* One merge a day. Whoever comes meanwhile waits for one of them, not for all. */
static void merges_let_others_have_their_turn(void **state)
{
	struct kept *kept = kept_new(DAYS);
	struct rocksdb_store *store;
	uint64_t blocks;
	pthread_t thread;

	(void)state;
	kept_open(kept);
	store = (struct rocksdb_store *)kept->store;
	for (size_t i = 0; i < 2 * DAYS; i++)
		append_logs(kept, i % DAYS, 1, 10);
	pthread_create(&thread, NULL, compact, kept);
	while (kept_stats(kept).block_count == 2 * DAYS)
		;
	assert_ok(kept, merger_hold(store->merger, &kept->error));
	blocks = kept_stats(kept).block_count;
	assert_ok(kept, merger_let_go(store->merger, &kept->error));
	pthread_join(thread, NULL);
	assert_true(blocks > DAYS);
	assert_int_equal(kept_stats(kept).block_count, DAYS);
	kept_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_has_the_bodies_that_are_taken_over_while_it_is_made),
		cmocka_unit_test(a_reader_has_the_bodies_that_are_taken_over_while_it_opens),
		cmocka_unit_test(a_file_that_was_taken_over_is_not_written_again),
		cmocka_unit_test(notes_of_bodies_that_are_not_taken_over_go_at_once),
		cmocka_unit_test(merges_let_others_have_their_turn),
	};

	return test_run("storage/rocksdb/bulk", tests);
}
