/* What retention asks for before it drops a day, and exports that are refused. */
#include "archive/export.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive/files.h"
#include "archive/import.h"
#include "contract/dump.h"
#include "contract/rows.h"
#include "storage/memory/memory_store.h"
#include "unit/test.h"

struct fixture {
	char folder[64];
	struct store *store;
	struct batch rows, found;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/rohas-export-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->store = memory_store_open();
	batch_init(&fixture->rows, 0);
	batch_init(&fixture->found, 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	struct error error;

	assert_int_equal(folder_remove(fixture->folder, &error), STATUS_OK);
	store_close(fixture->store);
	batch_release(&fixture->rows);
	batch_release(&fixture->found);
	free(fixture);
	return 0;
}

static void append(struct fixture *fixture)
{
	struct batch *batch = &fixture->rows;
	struct error error = {0};

	assert_int_equal(store_append(fixture->store, &batch, 1, &error), STATUS_OK);
}

static enum status keep(void *context, struct batch *rows, struct error *error)
{
	struct fixture *fixture = context;

	(void)error;
	for (size_t i = 0; i < rows->log_count; i++)
		batch_copy_log(&fixture->found, &rows->logs[i]);
	return STATUS_OK;
}

static void complain(void *context, const char *sentence)
{
	(void)context;
	fail_msg("%s", sentence);
}

/* Every file of the folder but the manifest. */
static void import_folder(struct fixture *fixture, const char *name)
{
	const struct import_options options = {
		.target = "", .clock = &clock_system, .sink = keep, .complain = complain, .context = fixture};
	struct import_progress progress = {0};
	struct error error = {0};
	char folder[PATH_SIZE], path[PATH_SIZE];
	struct dirent *entry;
	DIR *files;

	assert_int_equal(path_join(fixture->folder, name, folder, &error), STATUS_OK);
	files = opendir(folder);
	assert_non_null(files);
	while ((entry = readdir(files))) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "manifest.json") == 0)
			continue;
		assert_int_equal(path_join(folder, entry->d_name, path, &error), STATUS_OK);
		if (import_file(path, &options, &progress, &error) != STATUS_OK)
			fail_msg("%s", error.message);
	}
	closedir(files);
}

static enum status export_new_year(struct fixture *fixture)
{
	struct error error = {0};
	enum status status = export_day(fixture->store, fixture->folder, SIGNAL_LOGS,
					(struct time_range){NEW_YEAR_NS, NEW_YEAR_NS + STORE_DAY_NS}, &error);

	if (status != STATUS_OK)
		print_message("# %s\n", error.message);
	return status;
}

static void a_day_gets_a_folder_of_its_own(void **state)
{
	struct fixture *fixture = *state;

	add_log(&fixture->rows, NEW_YEAR_NS, "first");
	add_log(&fixture->rows, NEW_YEAR_NS + STORE_DAY_NS - 1, "last");
	append(fixture);
	assert_int_equal(export_new_year(fixture), STATUS_OK);
	import_folder(fixture, "logs-2026-01-01");
	assert_same_logs(&fixture->found, &fixture->rows);
}

static void leaves_the_days_around_it_out(void **state)
{
	struct fixture *fixture = *state;

	add_log(&fixture->rows, NEW_YEAR_NS - 1, "the day before");
	add_log(&fixture->rows, NEW_YEAR_NS + STORE_DAY_NS, "the day after");
	append(fixture);
	batch_clear(&fixture->rows);
	add_log(&fixture->rows, NEW_YEAR_NS + 5, "the day");
	append(fixture);
	assert_int_equal(export_new_year(fixture), STATUS_OK);
	import_folder(fixture, "logs-2026-01-01");
	assert_same_logs(&fixture->found, &fixture->rows);
}

/* Rows of a day may come after it was dropped: nothing that was archived is written over. */
static void a_day_that_comes_again_gets_another_folder(void **state)
{
	struct fixture *fixture = *state;

	add_log(&fixture->rows, NEW_YEAR_NS, "one");
	append(fixture);
	assert_int_equal(export_new_year(fixture), STATUS_OK);
	assert_int_equal(export_new_year(fixture), STATUS_OK);
	import_folder(fixture, "logs-2026-01-01.2");
	assert_same_logs(&fixture->found, &fixture->rows);
}

static void what_was_left_unfinished_is_done_anew(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};
	char path[PATH_SIZE];

	assert_int_equal(path_join(fixture->folder, "logs-2026-01-01.partial", path, &error), STATUS_OK);
	assert_int_equal(folder_make(path, &error), STATUS_OK);
	strcat(path, "/manifest.json");
	assert_int_equal(file_replace(path, str_from("{"), &error), STATUS_OK);
	add_log(&fixture->rows, NEW_YEAR_NS, "one");
	append(fixture);
	assert_int_equal(export_new_year(fixture), STATUS_OK);
	import_folder(fixture, "logs-2026-01-01");
	assert_same_logs(&fixture->found, &fixture->rows);
}

static void fails_where_the_folder_cannot_be_made(void **state)
{
	struct fixture *fixture = *state;
	struct error error = {0};

	add_log(&fixture->rows, NEW_YEAR_NS, "one");
	append(fixture);
	assert_int_equal(export_day(fixture->store, "/dev/null/archive", SIGNAL_LOGS, TIME_RANGE_ALL, &error),
			 STATUS_IO);
}

static bool interrupt(void *context, const struct export_progress *progress)
{
	return progress->row_count < *(uint64_t *)context;
}

/* Wherever it is interrupted, and whatever arrives meanwhile. */
static void an_export_goes_on_to_the_same_rows(void **state)
{
	struct fixture *fixture = *state;
	uint64_t most = 40;
	char folder[PATH_SIZE];
	struct export_options options = {.folder = folder,
					 .range = TIME_RANGE_ALL,
					 .signals = STORE_LOGS,
					 .file_size_bytes = 1000,
					 .watch = interrupt,
					 .watch_context = &most};
	struct export_progress progress;
	struct error error = {0};
	enum status status;
	struct random random = {3};
	struct batch late, *batch = &late;
	int interruptions = 0;

	batch_init(&late, 0);
	add_random_logs(&late, &random, 7);
	add_random_logs(&fixture->rows, &random, 300);
	for (size_t i = 0; i < fixture->rows.log_count; i++)
		fixture->rows.logs[i].handler = (struct str){0};
	append(fixture);
	assert_int_equal(path_join(fixture->folder, "x", folder, &error), STATUS_OK);
	while ((status = export_run(fixture->store, &options, &progress, &error)) == STATUS_CANCELLED) {
		interruptions++;
		most += 40;
		options.resume = true;
		assert_int_equal(store_append(fixture->store, &batch, 1, &error), STATUS_OK);
	}
	if (status != STATUS_OK)
		fail_msg("%s", error.message);
	assert_true(interruptions > 3);
	assert_int_equal(progress.row_count, 300);
	import_folder(fixture, "x");
	assert_same_logs(&fixture->found, &fixture->rows);
	batch_release(&late);
}

#define export_test(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		export_test(a_day_gets_a_folder_of_its_own),
		export_test(leaves_the_days_around_it_out),
		export_test(a_day_that_comes_again_gets_another_folder),
		export_test(what_was_left_unfinished_is_done_anew),
		export_test(fails_where_the_folder_cannot_be_made),
		export_test(an_export_goes_on_to_the_same_rows),
	};

	return test_run("archive/export", tests);
}
