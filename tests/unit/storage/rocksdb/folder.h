/* folder: a store's folder for one test, and stores opened on it. */
#ifndef ROHAS_TESTS_UNIT_STORAGE_ROCKSDB_FOLDER_H
#define ROHAS_TESTS_UNIT_STORAGE_ROCKSDB_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

#include "contract/rows.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "unit/test.h"

struct folder {
	char path[64];
};

static inline int make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	snprintf(folder->path, sizeof(folder->path), "/tmp/rohas-store-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
	*state = folder;
	return 0;
}

static inline int remove_folder(void **state)
{
	struct folder *folder = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder->path);
	assert_int_equal(system(command), 0);
	free(folder);
	return 0;
}

/* A store that opens, or the test fails. */
static inline struct store *open_store(const struct folder *folder, bool is_read_only)
{
	const struct rocksdb_store_options options = {.path = folder->path, .is_read_only = is_read_only};
	struct store *store = NULL;
	struct error error = {0};

	if (rocksdb_store_open(&options, &store, &error) != STATUS_OK)
		fail_msg("the store does not open: %s", error.message);
	return store;
}

/* One span: the number names its trace and itself. */
static inline void append_span(struct store *store, uint64_t number, uint64_t start_ns)
{
	struct batch batch, *batches[] = {&batch};
	struct error error = {0};

	batch_init(&batch, 0);
	add_span(&batch, number, number, start_ns, NS_PER_MS, "work");
	if (store_append(store, batches, 1, &error) != STATUS_OK)
		fail_msg("a span is not appended: %s", error.message);
	batch_release(&batch);
}

static inline uint64_t count_spans(struct store *store)
{
	struct store_stats stats = {0};
	struct error error = {0};

	assert_int_equal(store_stats(store, &stats, &error), STATUS_OK);
	return stats.span_count;
}

static inline bool has_trace(struct store *store, uint64_t number)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	struct error error = {0};
	struct batch batch;
	enum status status;

	trace_id_of(number, trace_id);
	batch_init(&batch, 0);
	status = store_read_trace(store, trace_id, &batch, &error);
	batch_release(&batch);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		fail_msg("a trace is not read: %s", error.message);
	return status == STATUS_OK;
}

#endif
