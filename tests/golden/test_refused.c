/* Stores and blocks of a format that was never released are refused with a sentence that says what to do. */
#include "unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/columns/block.h"
#include "storage/rocksdb/rocksdb_store.h"

/* The golden folder; the store in it is opened as a copy. */
static const char *folder;

static void refuses_its_store_and_says_what_to_do(void **state)
{
	char copy[] = "/tmp/golden-store-XXXXXX", command[1200], expected[512];
	struct rocksdb_store_options options = {.path = copy};
	struct store *store = NULL;
	struct error error = {0};

	(void)state;
	assert_non_null(mkdtemp(copy));
	snprintf(command, sizeof(command), "cp -r '%s'/store/. '%s'", folder, copy);
	assert_int_equal(system(command), 0);
	assert_int_equal(rocksdb_store_open(&options, &store, &error), STATUS_CORRUPT);
	assert_null(store);
	snprintf(expected, sizeof(expected),
		 "the store at %s has format 1 and this version reads format 2: use the version that wrote "
		 "it, or give "
		 "telemetry.path a new folder",
		 copy);
	assert_string_equal(error.message, expected);
	snprintf(command, sizeof(command), "rm -r '%s'", copy);
	assert_int_equal(system(command), 0);
}

static void refuses_its_blocks(void **state)
{
	static const char *const names[] = {"traces", "metrics", "logs"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char path[1024], bytes[8192];
		struct error error = {0};
		struct arena arena;
		struct block block;
		FILE *file;
		size_t size;

		snprintf(path, sizeof(path), "%s/%s.block", folder, names[i]);
		file = fopen(path, "rb");
		assert_non_null(file);
		size = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		arena_init(&arena, 0);
		assert_int_equal(block_open(str_make(bytes, size), &arena, &block, &error), STATUS_CORRUPT);
		assert_string_equal(error.message, "a block has format 1; this program reads 2");
		arena_release(&arena);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_its_store_and_says_what_to_do),
		cmocka_unit_test(refuses_its_blocks),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_refused FOLDER\n");
		return 2;
	}
	folder = argv[1];
	return test_run("golden/refused", tests);
}
