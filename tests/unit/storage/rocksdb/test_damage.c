/* A damaged block costs its own rows: every search goes on with the rest, and says so. */
#include <fcntl.h>
#include <rocksdb/c.h>
#include <unistd.h>

#include "folder.h"
#include "recovery.h"
#include "storage/rocksdb/inspect.h"

enum { FAMILIES = 5, ROWS = 300 };

static const uint64_t noon_ns = UINT64_C(1767268800) * NS_PER_SECOND;
static const uint64_t day_ns = UINT64_C(86400) * NS_PER_SECOND;

/* Two days, each a block of every signal; traces 0 to ROWS - 1 are of the first, the others of the second. */
static void fill(const struct folder *folder)
{
	struct store *store = open_store(folder, false);
	struct metric metric = {.name = str_from("load"), .type = METRIC_GAUGE};

	for (uint64_t day = 0; day < 2; day++) {
		struct batch batch, *batches[] = {&batch};
		struct error error;

		batch_init(&batch, 0);
		for (uint64_t i = day * ROWS; i < (day + 1) * ROWS; i++) {
			struct log_record *log;

			add_span(&batch, i, i, noon_ns + day * day_ns + i, NS_PER_MS, "work");
			log = add_log(&batch, noon_ns + day * day_ns + i, "done");
			trace_id_of(i, log->trace_id);
			add_point(&batch, &metric, noon_ns + day * day_ns + i * NS_PER_SECOND, (int64_t)i);
		}
		assert_int_equal(store_append(store, batches, 1, &error), STATUS_OK);
		batch_release(&batch);
	}
	store_close(store);
}

/* Cuts the first body of each signal in half: RocksDB finds nothing wrong with that. */
static void cut_bodies(const struct folder *folder)
{
	static const char *const names[FAMILIES] = {"default", "headers", "traces", "metrics", "logs"};
	rocksdb_options_t *options = rocksdb_options_create();
	rocksdb_readoptions_t *reading = rocksdb_readoptions_create();
	rocksdb_writeoptions_t *writing = rocksdb_writeoptions_create();
	const rocksdb_options_t *all[FAMILIES] = {options, options, options, options, options};
	rocksdb_column_family_handle_t *families[FAMILIES];
	char *message = NULL;
	rocksdb_t *db =
		rocksdb_open_column_families(options, folder->path, FAMILIES, names, all, families, &message);

	assert_null(message);
	for (size_t i = 2; i < FAMILIES; i++) {
		rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(db, reading, families[i]);
		size_t key_size, size;
		const char *key, *value;

		rocksdb_iter_seek_to_first(iterator);
		key = rocksdb_iter_key(iterator, &key_size);
		value = rocksdb_iter_value(iterator, &size);
		rocksdb_put_cf(db, writing, families[i], key, key_size, value, size / 2, &message);
		assert_null(message);
		rocksdb_iter_destroy(iterator);
	}
	for (size_t i = 0; i < FAMILIES; i++)
		rocksdb_column_family_handle_destroy(families[i]);
	rocksdb_close(db);
	rocksdb_writeoptions_destroy(writing);
	rocksdb_readoptions_destroy(reading);
	rocksdb_options_destroy(options);
}

/* Turns a bit of the first place in the folder's table files that holds these bytes. */
static void flip(const struct folder *folder, const uint8_t *bytes, size_t size)
{
	char command[128], path[256] = "";
	struct buffer file = BUFFER_EMPTY;
	FILE *list;

	snprintf(command, sizeof(command), "ls '%s'/*.sst", folder->path);
	list = popen(command, "r");
	assert_non_null(list);
	while (fgets(path, sizeof(path), list)) {
		int descriptor;
		char *found;

		path[strcspn(path, "\n")] = '\0';
		descriptor = open(path, O_RDWR);
		assert_true(descriptor >= 0);
		buffer_clear(&file);
		assert_non_null(buffer_reserve(&file, 1 << 20));
		file.size = (size_t)read(descriptor, file.data, 1 << 20);
		found = memmem(file.data, file.size, bytes, size);
		if (found) {
			char turned = (char)(*found ^ 1);

			assert_int_equal(pwrite(descriptor, &turned, 1, found - file.data), 1);
			close(descriptor);
			pclose(list);
			buffer_release(&file);
			return;
		}
		close(descriptor);
	}
	fail_msg("no table file holds these bytes");
}

static size_t count_hits(struct store *store)
{
	const struct span_filter any = SPAN_FILTER_ANY;
	const struct trace_page page = {.limit = 2 * ROWS};
	struct trace_hit hits[2 * ROWS];
	struct error error = {0};
	uint64_t snapshot;
	size_t count = 0;

	if (store_find_traces(store, &any, &page, hits, &count, &snapshot, &error) != STATUS_OK)
		fail_msg("traces are not found: %s", error.message);
	return count;
}

static size_t count_logs(struct store *store)
{
	const struct log_filter any = LOG_FILTER_ANY;
	const struct log_page page = {.limit = 2 * ROWS};
	struct error error = {0};
	struct batch batch;
	uint64_t snapshot;
	size_t count;

	batch_init(&batch, 0);
	if (store_find_logs(store, &any, &page, &batch, &snapshot, &error) != STATUS_OK)
		fail_msg("logs are not found: %s", error.message);
	count = batch.log_count;
	batch_release(&batch);
	return count;
}

static size_t count_points(struct store *store)
{
	const struct point_filter any = POINT_FILTER_ANY;
	struct error error = {0};
	struct batch batch;
	size_t count;

	batch_init(&batch, 0);
	if (store_read_points(store, &any, &batch, &error) != STATUS_OK)
		fail_msg("points are not read: %s", error.message);
	count = batch.point_count;
	batch_release(&batch);
	return count;
}

static size_t count_metrics(struct store *store)
{
	struct metric_summary *metrics;
	struct error error = {0};
	struct arena arena;
	size_t count = 0;

	arena_init(&arena, 0);
	if (store_list_metrics(store, TIME_RANGE_ALL, &arena, &metrics, &count, &error) != STATUS_OK)
		fail_msg("metrics are not listed: %s", error.message);
	arena_release(&arena);
	return count;
}

static struct store_stats stats_of(struct store *store)
{
	struct store_stats stats;
	struct error error;

	assert_int_equal(store_stats(store, &stats, &error), STATUS_OK);
	return stats;
}

static void every_search_goes_on_around_a_block_that_is_cut(void **state)
{
	struct store *store;

	fill(*state);
	cut_bodies(*state);
	store = open_store(*state, true);
	assert_int_equal(stats_of(store).damaged_block_count, 0);
	assert_int_equal(count_hits(store), ROWS);
	assert_int_equal(count_logs(store), ROWS);
	assert_int_equal(count_points(store), ROWS);
	assert_int_equal(count_metrics(store), 1);
	assert_false(has_trace(store, 0));
	assert_true(has_trace(store, ROWS));
	assert_int_equal(stats_of(store).damaged_block_count, 3);
	assert_int_equal(stats_of(store).damaged_row_count, 3 * ROWS);
	/* And again, now that it is known. */
	assert_int_equal(count_hits(store), ROWS);
	assert_int_equal(count_points(store), ROWS);
	assert_int_equal(stats_of(store).damaged_block_count, 3);
	store_close(store);
}

static void every_search_goes_on_around_a_bit_that_the_disk_turned(void **state)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	struct store *store;

	fill(*state);
	trace_id_of(7, trace_id);
	flip(*state, trace_id, sizeof(trace_id));
	store = open_store(*state, true);
	assert_false(has_trace(store, 7));
	assert_true(has_trace(store, ROWS + 7));
	assert_int_equal(count_hits(store), ROWS);
	assert_int_equal(count_logs(store), 2 * ROWS);
	assert_int_equal(stats_of(store).damaged_block_count, 1);
	store_close(store);
}

static void a_store_for_writing_takes_rows_beside_the_damage(void **state)
{
	struct store *store;

	fill(*state);
	cut_bodies(*state);
	store = open_store(*state, false);
	append_span(store, 5 * ROWS, noon_ns + day_ns);
	assert_int_equal(count_hits(store), ROWS + 1);
	store_close(store);
}

static size_t memory_of_points(struct store *store)
{
	const struct point_filter any = POINT_FILTER_ANY;
	struct error error = {0};
	struct batch batch;
	size_t used;

	batch_init(&batch, 0);
	assert_int_equal(store_read_points(store, &any, &batch, &error), STATUS_OK);
	assert_int_equal(batch.point_count, ROWS);
	used = batch.arena.used_bytes;
	batch_release(&batch);
	return used;
}

static struct block_entry *first_entry(struct store *store, enum signal signal)
{
	return ((struct rocksdb_store *)store)->index.entries[signal][0];
}

static void a_search_that_began_anew_keeps_no_memory_of_its_first_try(void **state)
{
	struct store *store;
	size_t first;

	fill(*state);
	cut_bodies(*state);
	store = open_store(*state, true);
	/* The block that is cut is the older one, and read last. */
	first = memory_of_points(store);
	assert_int_equal(stats_of(store).damaged_block_count, 1);
	assert_int_equal(memory_of_points(store), first);
	store_close(store);
}

/* Another thread has found it, and has not counted it yet. */
static void a_search_begins_anew_where_another_found_the_damage_first(void **state)
{
	struct error error = {.status = STATUS_CORRUPT, .message = "cut"};
	struct rocksdb_store *inner;
	struct store *store;
	uint64_t notes;

	fill(*state);
	store = open_store(*state, true);
	inner = (struct rocksdb_store *)store;
	notes = atomic_load(&inner->damage_notes);
	assert_false(damage_goes_around(inner, STATUS_CORRUPT, &notes));
	atomic_store(&first_entry(store, SIGNAL_LOGS)->is_damaged, true);
	note_damage(inner, first_entry(store, SIGNAL_LOGS), STATUS_CORRUPT, &error);
	assert_true(damage_goes_around(inner, STATUS_CORRUPT, &notes));
	assert_false(damage_goes_around(inner, STATUS_CORRUPT, &notes));
	assert_int_equal(stats_of(store).damaged_block_count, 0);
	store_close(store);
}

static void the_rest_is_compacted(void **state)
{
	struct error error = {0};
	struct store *store;

	fill(*state);
	cut_bodies(*state);
	store = open_store(*state, false);
	for (uint64_t i = 0; i < 3; i++)
		append_span(store, 5 * ROWS + i, noon_ns + i % 2 * day_ns);
	assert_int_equal(rocksdb_store_compact(store, &error), STATUS_OK);
	assert_int_equal(count_hits(store), ROWS + 3);
	/* The damaged one of each signal stays; of the rest, one of each day and signal. */
	assert_int_equal(stats_of(store).block_count, 3 + 2 + 1 + 1);
	store_close(store);
}

static enum status count_block(void *context, const struct stored_block *block, struct error *error)
{
	size_t *counts = context;

	(void)error;
	counts[block->is_header_damaged]++;
	return STATUS_OK;
}

/* The hash of a trace stands in its header as it is. */
static void headers_that_cannot_be_read_cost_their_own_blocks(void **state)
{
	size_t counts[2] = {0};
	uint8_t trace_id[TRACE_ID_SIZE];
	struct error error = {0};
	struct store *store;
	bool is_whole = false;
	uint32_t hash;

	fill(*state);
	trace_id_of(7, trace_id);
	hash = header_trace_hash(trace_id);
	flip(*state, (const uint8_t *)&hash, sizeof(hash));
	store = open_store(*state, true);
	assert_int_equal(inspect_blocks(store, count_block, counts, &is_whole, &error), STATUS_OK);
	assert_true(is_whole);
	assert_int_equal(counts[0] + counts[1], 6);
	assert_true(counts[0] > 0 && counts[1] > 0);
	assert_int_equal(stats_of(store).damaged_block_count, counts[1]);
	assert_int_equal(stats_of(store).block_count, counts[0]);
	assert_int_equal(count_hits(store) + count_logs(store) + count_points(store), counts[0] * ROWS);
	store_close(store);
}

/* A number that a lost block has is not given to another. */
static void rows_go_on_beside_headers_that_cannot_be_read(void **state)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	struct store *store;
	uint64_t lost;
	uint32_t hash;

	fill(*state);
	trace_id_of(7, trace_id);
	hash = header_trace_hash(trace_id);
	flip(*state, (const uint8_t *)&hash, sizeof(hash));
	store = open_store(*state, false);
	lost = stats_of(store).damaged_block_count;
	append_span(store, 5 * ROWS, noon_ns);
	assert_true(has_trace(store, 5 * ROWS));
	store_close(store);
	store = open_store(*state, true);
	assert_true(has_trace(store, 5 * ROWS));
	assert_int_equal(stats_of(store).damaged_block_count, lost);
	store_close(store);
}

static void damage_is_counted_once_however_often_the_database_is_opened(void **state)
{
	struct store *store;
	struct store_stats before, after;

	fill(*state);
	cut_bodies(*state);
	store = open_store(*state, false);
	assert_int_equal(count_hits(store), ROWS);
	assert_int_equal(count_logs(store), ROWS);
	before = stats_of(store);
	assert_int_equal(before.damaged_block_count, 2);
	fail_write(store);
	wait_until_written_again(store);
	assert_int_equal(count_hits(store), ROWS);
	assert_int_equal(count_logs(store), ROWS);
	after = stats_of(store);
	assert_int_equal(after.damaged_block_count, before.damaged_block_count);
	assert_int_equal(after.damaged_row_count, before.damaged_row_count);
	/* What is found after it counts. */
	assert_int_equal(count_points(store), ROWS);
	assert_int_equal(stats_of(store).damaged_block_count, 3);
	store_close(store);
}

static void a_header_that_is_lost_is_counted_once_however_often_the_database_is_opened(void **state)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	struct store *store;
	uint64_t lost;
	uint32_t hash;

	fill(*state);
	trace_id_of(7, trace_id);
	hash = header_trace_hash(trace_id);
	flip(*state, (const uint8_t *)&hash, sizeof(hash));
	store = open_store(*state, false);
	lost = stats_of(store).damaged_block_count;
	assert_true(lost > 0);
	fail_write(store);
	wait_until_written_again(store);
	assert_int_equal(stats_of(store).damaged_block_count, lost);
	store_close(store);
}

struct readable {
	struct store *store;
	size_t bodies;
	bool is_whole;
};

static enum status read_block(void *context, const struct stored_block *block, struct error *error)
{
	struct readable *readable = context;
	struct buffer body = BUFFER_EMPTY;

	readable->bodies += inspect_read_body(readable->store, block, &body, error) == STATUS_OK;
	buffer_release(&body);
	return STATUS_OK;
}

static struct readable look_into(struct store *store)
{
	struct readable readable = {.store = store};
	struct error error = {0};

	assert_int_equal(inspect_blocks(store, read_block, &readable, &readable.is_whole, &error), STATUS_OK);
	return readable;
}

/* What can be read is served, and the bodies whose headers are lost are no garbage: they can be rescued. */
static void a_store_starts_whose_headers_and_bodies_cannot_be_read(void **state)
{
	uint8_t trace_id[TRACE_ID_SIZE];
	struct readable before, after;
	struct error error = {0};
	struct store *store;
	uint32_t hash;

	fill(*state);
	trace_id_of(7, trace_id);
	hash = header_trace_hash(trace_id);
	flip(*state, (const uint8_t *)&hash, sizeof(hash));
	flip(*state, trace_id, sizeof(trace_id));
	store = open_store(*state, true);
	before = look_into(store);
	store_close(store);
	assert_false(before.is_whole);
	assert_true(before.bodies > 0 && before.bodies < 6);
	store = open_store(*state, false);
	append_span(store, 5 * ROWS, noon_ns + day_ns);
	assert_true(has_trace(store, 5 * ROWS));
	assert_int_equal(rocksdb_store_sweep(store, &error), STATUS_OK);
	store_close(store);
	store = open_store(*state, true);
	after = look_into(store);
	assert_int_equal(after.bodies, before.bodies + 1);
	assert_true(has_trace(store, 5 * ROWS));
	store_close(store);
}

#define folder_test(function) cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		folder_test(every_search_goes_on_around_a_block_that_is_cut),
		folder_test(every_search_goes_on_around_a_bit_that_the_disk_turned),
		folder_test(a_store_for_writing_takes_rows_beside_the_damage),
		folder_test(a_search_that_began_anew_keeps_no_memory_of_its_first_try),
		folder_test(a_search_begins_anew_where_another_found_the_damage_first),
		folder_test(the_rest_is_compacted),
		folder_test(headers_that_cannot_be_read_cost_their_own_blocks),
		folder_test(rows_go_on_beside_headers_that_cannot_be_read),
		folder_test(damage_is_counted_once_however_often_the_database_is_opened),
		folder_test(a_header_that_is_lost_is_counted_once_however_often_the_database_is_opened),
		folder_test(a_store_starts_whose_headers_and_bodies_cannot_be_read),
	};

	return test_run("storage/rocksdb/damage", tests);
}
