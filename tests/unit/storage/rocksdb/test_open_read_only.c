/* A store that is opened for reading, beside a holder that does what it likes. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_SECOND;

static void sees_what_the_holder_has_only_in_its_log(void **state)
{
	struct store *holder = open_store(*state, false), *reader;

	append_span(holder, 1, noon_ns);
	reader = open_store(*state, true);
	assert_true(has_trace(reader, 1));
	store_close(reader);
	append_span(holder, 2, noon_ns);
	reader = open_store(*state, true);
	assert_true(has_trace(reader, 2));
	store_close(reader);
	store_close(holder);
}

static void stays_what_it_was_when_it_was_opened(void **state)
{
	struct store *holder = open_store(*state, false), *reader;

	append_span(holder, 1, noon_ns);
	reader = open_store(*state, true);
	append_span(holder, 2, noon_ns);
	assert_int_equal(count_spans(reader), 1);
	assert_false(has_trace(reader, 2));
	store_close(reader);
	store_close(holder);
}

static void refuses_to_change_anything(void **state)
{
	struct store *holder = open_store(*state, false), *reader;
	struct error error = {0};
	struct batch batch, *batches[] = {&batch};

	reader = open_store(*state, true);
	batch_init(&batch, 0);
	add_span(&batch, 1, 1, noon_ns, 1, "work");
	assert_int_equal(store_append(reader, batches, 1, &error), STATUS_UNSUPPORTED);
	assert_int_equal(rocksdb_store_compact(reader, &error), STATUS_UNSUPPORTED);
	batch_release(&batch);
	store_close(reader);
	store_close(holder);
}

static void says_that_there_is_no_store(void **state)
{
	const struct folder *folder = *state;
	const struct rocksdb_store_options options = {.path = folder->path, .is_read_only = true};
	struct store *store = NULL;
	struct error error = {0};

	assert_int_equal(rocksdb_store_open(&options, &store, &error), STATUS_NOT_FOUND);
	assert_non_null(strstr(error.message, "there is no store at"));
	assert_null(store);
}

/* Names, sizes and times of change of all files, as one text. */
static void describe(const struct folder *folder, struct buffer *out)
{
	struct dirent **entries = NULL;
	int count = scandir(folder->path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		struct stat facts;
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", folder->path, entries[i]->d_name);
		assert_int_equal(stat(path, &facts), 0);
		if (entries[i]->d_name[0] != '.')
			buffer_printf(out, "%s %lld %lld.%ld\n", entries[i]->d_name, (long long)facts.st_size,
				      (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
		free(entries[i]);
	}
	free(entries);
}

/* A process that dies leaves rows in the log and notes of merged blocks: a reader touches neither. */
static void leaves_the_folder_as_it_was(void **state)
{
	struct buffer before = BUFFER_EMPTY, after = BUFFER_EMPTY;
	struct store *reader;
	pid_t child = fork();
	int ended;

	if (child == 0) {
		struct store *holder = open_store(*state, false);
		struct error error;

		for (uint64_t i = 0; i < 40; i++)
			append_span(holder, i, noon_ns);
		_exit(rocksdb_store_compact(holder, &error) == STATUS_OK ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_int_equal(ended, 0);
	describe(*state, &before);
	reader = open_store(*state, true);
	assert_int_equal(count_spans(reader), 40);
	store_close(reader);
	describe(*state, &after);
	assert_int_equal(before.size, after.size);
	assert_memory_equal(before.data, after.data, before.size);
	buffer_release(&before);
	buffer_release(&after);
}

static void reads_on_when_every_file_is_removed(void **state)
{
	struct store *holder = open_store(*state, false), *reader;
	const struct folder *folder = *state;
	char command[128];

	append_span(holder, 1, noon_ns);
	store_close(holder);
	reader = open_store(*state, true);
	snprintf(command, sizeof(command), "rm '%s'/*", folder->path);
	assert_int_equal(system(command), 0);
	assert_true(has_trace(reader, 1));
	store_close(reader);
}

/* A holder that starts, appends, compacts and stops, again and again: its logs and tables come and go. */
struct restless {
	const struct folder *folder;
	_Atomic uint64_t acknowledged;
	atomic_bool stop;
};

static void *come_and_go(void *context)
{
	struct restless *restless = context;

	while (!atomic_load(&restless->stop)) {
		struct store *holder = open_store(restless->folder, false);
		struct error error;

		for (int i = 0; i < 20; i++) {
			append_span(holder, atomic_load(&restless->acknowledged), noon_ns);
			atomic_fetch_add(&restless->acknowledged, 1);
		}
		assert_int_equal(rocksdb_store_compact(holder, &error), STATUS_OK);
		store_close(holder);
	}
	return NULL;
}

static void sees_all_that_was_acknowledged_while_the_holder_comes_and_goes(void **state)
{
	struct restless restless = {.folder = *state};
	pthread_t thread;

	store_close(open_store(*state, false));
	assert_int_equal(pthread_create(&thread, NULL, come_and_go, &restless), 0);
	for (int i = 0; i < 60; i++) {
		uint64_t acknowledged = atomic_load(&restless.acknowledged);
		struct store *reader = open_store(*state, true);

		assert_true(count_spans(reader) >= acknowledged);
		if (acknowledged)
			assert_true(has_trace(reader, acknowledged - 1));
		store_close(reader);
	}
	atomic_store(&restless.stop, true);
	pthread_join(thread, NULL);
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(sees_what_the_holder_has_only_in_its_log),
		folder_test(stays_what_it_was_when_it_was_opened),
		folder_test(refuses_to_change_anything),
		folder_test(says_that_there_is_no_store),
		folder_test(leaves_the_folder_as_it_was),
		folder_test(reads_on_when_every_file_is_removed),
		folder_test(sees_all_that_was_acknowledged_while_the_holder_comes_and_goes),
	};

	return test_run("storage/rocksdb/open_read_only", tests);
}
