/*
 * A store of a format that this program reads opens, and holds the rows that the golden blocks beside it hold.
 * One of a format that it no longer reads is refused with a sentence that says what to do.
 *
 *     test_store FOLDER [refused]
 */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/dump.h"
#include "storage/columns/span_reader.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "unit/storage/columns/blocks.h"

/* The golden folder; the store in it is opened as a copy. */
static const char *folder;

struct fixture {
	char copy[64];
	struct store *store;
	struct batch expected; /* what the golden blocks hold */
	struct buffer bodies[SIGNAL_COUNT];
	struct arena arena;
};

static struct buffer read_file(enum signal signal)
{
	struct buffer bytes = BUFFER_EMPTY;
	char path[1024], *at;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.block", folder, signal_name(signal));
	file = fopen(path, "rb");
	if (!file)
		fail_msg("%s cannot be opened", path);
	at = buffer_reserve(&bytes, 1 << 16);
	assert_non_null(at);
	bytes.size = fread(at, 1, 1 << 16, file);
	fclose(file);
	return bytes;
}

static void copy_store(struct fixture *fixture)
{
	char command[1200];

	snprintf(fixture->copy, sizeof(fixture->copy), "/tmp/golden-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->copy));
	snprintf(command, sizeof(command), "cp -r '%s'/store/. '%s'", folder, fixture->copy);
	assert_int_equal(system(command), 0);
}

static void remove_store(struct fixture *fixture)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", fixture->copy);
	assert_int_equal(system(command), 0);
}

static int open_fixture(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct rocksdb_store_options options = {.path = fixture->copy};
	struct error error = {0};

	copy_store(fixture);
	if (rocksdb_store_open(&options, &fixture->store, &error) != STATUS_OK)
		fail_msg("the store does not open: %s", error.message);
	arena_init(&fixture->arena, 0);
	batch_init(&fixture->expected, 0);
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		fixture->bodies[signal] = read_file((enum signal)signal);
	block_read_spans(buffer_str(&fixture->bodies[SIGNAL_TRACES]), &fixture->arena, &fixture->expected);
	block_read_logs(buffer_str(&fixture->bodies[SIGNAL_LOGS]), &fixture->arena, &fixture->expected);
	block_read_points(buffer_str(&fixture->bodies[SIGNAL_METRICS]), &fixture->arena, &fixture->expected);
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	remove_store(fixture);
	batch_release(&fixture->expected);
	arena_release(&fixture->arena);
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		buffer_release(&fixture->bodies[i]);
	free(fixture);
	return 0;
}

static void counts_its_rows(void **state)
{
	struct fixture *fixture = *state;
	struct store_stats stats;

	assert_int_equal(store_stats(fixture->store, &stats, NULL), STATUS_OK);
	assert_int_equal(stats.span_count, fixture->expected.span_count);
	assert_int_equal(stats.log_count, fixture->expected.log_count);
	assert_int_equal(stats.point_count, fixture->expected.point_count);
}

/* Spans of one trace stand together in the golden block. */
static void finds_its_traces(void **state)
{
	struct fixture *fixture = *state;
	const struct batch *expected = &fixture->expected;
	struct batch read;

	batch_init(&read, 0);
	for (size_t i = 0; i < expected->span_count; i++)
		if (i == 0 ||
		    memcmp(expected->spans[i].trace_id, expected->spans[i - 1].trace_id, TRACE_ID_SIZE) != 0)
			assert_int_equal(
				store_read_trace(fixture->store, expected->spans[i].trace_id, &read, NULL),
				STATUS_OK);
	assert_same_spans(&read, expected);
	batch_release(&read);
}

static void finds_its_logs(void **state)
{
	struct fixture *fixture = *state;
	struct log_filter any = LOG_FILTER_ANY;
	struct log_page page = {.limit = 1000};
	uint64_t snapshot;
	struct batch read;

	batch_init(&read, 0);
	assert_int_equal(store_find_logs(fixture->store, &any, &page, &read, &snapshot, NULL), STATUS_OK);
	assert_same_logs(&read, &fixture->expected);
	batch_release(&read);
}

static void finds_its_points(void **state)
{
	struct fixture *fixture = *state;
	struct point_filter any = POINT_FILTER_ANY;
	struct batch read;

	batch_init(&read, 0);
	assert_int_equal(store_read_points(fixture->store, &any, &read, NULL), STATUS_OK);
	assert_same_points(&read, &fixture->expected);
	batch_release(&read);
}

static void is_refused_with_what_to_do(void **state)
{
	struct fixture fixture = {0};
	struct rocksdb_store_options options = {.path = fixture.copy};
	struct error error = {0};

	(void)state;
	copy_store(&fixture);
	assert_int_equal(rocksdb_store_open(&options, &fixture.store, &error), STATUS_CORRUPT);
	assert_non_null(strstr(error.message, "and this version reads format"));
	assert_non_null(strstr(error.message, "use the version that wrote it"));
	remove_store(&fixture);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_its_rows, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(finds_its_traces, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(finds_its_logs, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(finds_its_points, open_fixture, close_fixture),
	};
	const struct CMUnitTest refused[] = {cmocka_unit_test(is_refused_with_what_to_do)};

	if (argc < 2) {
		fprintf(stderr, "usage: test_store FOLDER [refused]\n");
		return 2;
	}
	folder = argv[1];
	return argc > 2 ? test_run("golden/store", refused) : test_run("golden/store", tests);
}
