/* Folders that cannot be opened: each is refused with a sentence that says what to do, and left as it is. */
#include "unit/test.h"

#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/rows.h"
#include "storage/rocksdb/rocksdb_store.h"

enum { FAMILY_COUNT = 5 };
static const char *const family_names[FAMILY_COUNT] = {"default", "headers", "traces", "metrics", "logs"};

/* Its name has "lock" in it, which says nothing about who holds it. */
static char folder[] = "/tmp/rohas-block-store-XXXXXX";

static enum status open_store(struct store **store_out, struct error *error)
{
	const struct rocksdb_store_options options = {.path = folder, .sync = false};

	return rocksdb_store_open(&options, store_out, error);
}

/* A store with one span in it. */
static int make_store(void **state)
{
	struct batch batch, *batches[] = {&batch};
	struct store *store;

	(void)state;
	snprintf(folder + sizeof(folder) - 7, 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	batch_init(&batch, 0);
	add_span(&batch, 1, 1, NEW_YEAR_NS, 1, "x");
	assert_int_equal(open_store(&store, NULL), STATUS_OK);
	assert_int_equal(store_append(store, batches, 1, NULL), STATUS_OK);
	store_close(store);
	batch_release(&batch);
	return 0;
}

static int remove_store(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

/* What another version could have done to the store, through RocksDB itself: value is the format's; a name makes a
 * family. */
static void change_store(const char *value, size_t size, const char *family)
{
	rocksdb_options_t *options = rocksdb_options_create();
	rocksdb_writeoptions_t *write_options = rocksdb_writeoptions_create();
	const rocksdb_options_t *all[FAMILY_COUNT] = {options, options, options, options, options};
	rocksdb_column_family_handle_t *families[FAMILY_COUNT], *added = NULL;
	char *message = NULL;
	rocksdb_t *db = rocksdb_open_column_families(options, folder, FAMILY_COUNT, family_names, all,
						     families, &message);

	assert_null(message);
	if (value)
		rocksdb_put(db, write_options, "format", strlen("format"), value, size, &message);
	if (family)
		added = rocksdb_create_column_family(db, options, family, &message);
	assert_null(message);
	if (added)
		rocksdb_column_family_handle_destroy(added);
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		rocksdb_column_family_handle_destroy(families[i]);
	rocksdb_close(db);
	rocksdb_writeoptions_destroy(write_options);
	rocksdb_options_destroy(options);
}

static void assert_refused(const char *what)
{
	struct error error = {0};
	struct store *store;

	assert_int_equal(open_store(&store, &error), STATUS_CORRUPT);
	if (!strstr(error.message, what) || !strstr(error.message, folder) ||
	    !strstr(error.message, "telemetry.path"))
		fail_msg("the sentence is \"%s\"", error.message);
}

static void assert_holds_its_span(void)
{
	struct store_stats stats;
	struct store *store;

	assert_int_equal(open_store(&store, NULL), STATUS_OK);
	assert_int_equal(store_stats(store, &stats, NULL), STATUS_OK);
	assert_int_equal(stats.span_count, 1);
	store_close(store);
}

static char own_format(void)
{
	rocksdb_options_t *options = rocksdb_options_create();
	rocksdb_readoptions_t *read_options = rocksdb_readoptions_create();
	const rocksdb_options_t *all[FAMILY_COUNT] = {options, options, options, options, options};
	rocksdb_column_family_handle_t *families[FAMILY_COUNT];
	char *message = NULL, *value, format;
	size_t size;
	rocksdb_t *db = rocksdb_open_for_read_only_column_families(options, folder, FAMILY_COUNT,
								   family_names, all, families, 0, &message);

	assert_null(message);
	value = rocksdb_get(db, read_options, "format", strlen("format"), &size, &message);
	assert_non_null(value);
	assert_int_equal(size, 1);
	format = value[0];
	rocksdb_free(value);
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		rocksdb_column_family_handle_destroy(families[i]);
	rocksdb_close(db);
	rocksdb_readoptions_destroy(read_options);
	rocksdb_options_destroy(options);
	return format;
}

static void refuses_a_format_that_is_older_newer_or_none_and_leaves_it_alone(void **state)
{
	char own = own_format();
	const struct {
		char value[2];
		size_t size;
		const char *what;
	} others[] = {{{0}, 1, "has format 0"},
		      {{(char)(own + 1)}, 1, "and this version reads format"},
		      {{(char)200}, 1, "has format 200"},
		      {{own, own}, 2, "has format 0"}};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		change_store(others[i].value, others[i].size, NULL);
		assert_refused(others[i].what);
	}
	change_store(&own, 1, NULL);
	assert_holds_its_span();
}

static void refuses_a_store_with_parts_that_it_does_not_know(void **state)
{
	(void)state;
	change_store(NULL, 0, "profiles");
	assert_refused("was written by a newer version");
}

static void says_that_another_holds_it(void **state)
{
	struct error error = {0};
	struct store *store, *second;

	(void)state;
	assert_int_equal(open_store(&store, NULL), STATUS_OK);
	assert_int_equal(open_store(&second, &error), STATUS_BUSY);
	assert_non_null(strstr(error.message, "held by another process"));
	store_close(store);
}

/* Not that another process holds it, for all that the path has a "lock" in it. */
static void says_that_it_is_damaged(void **state)
{
	struct error error = {0};
	struct store *store;
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm '%s'/MANIFEST-*", folder);
	assert_int_equal(system(command), 0);
	assert_int_not_equal(open_store(&store, &error), STATUS_OK);
	assert_non_null(strstr(error.message, "the store cannot be opened: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			refuses_a_format_that_is_older_newer_or_none_and_leaves_it_alone, make_store,
			remove_store),
		cmocka_unit_test_setup_teardown(refuses_a_store_with_parts_that_it_does_not_know, make_store,
						remove_store),
		cmocka_unit_test_setup_teardown(says_that_another_holds_it, make_store, remove_store),
		cmocka_unit_test_setup_teardown(says_that_it_is_damaged, make_store, remove_store),
	};

	return test_run("storage/rocksdb/rocksdb_store", tests);
}
