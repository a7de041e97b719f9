/* Options of the store, and what it tells of its work. */
#include "kept.h"

static void reads_what_was_written_with_other_options(void **state)
{
	static const enum store_compression compressions[] = {STORE_UNCOMPRESSED, STORE_LZ4, STORE_ZSTD};
	struct kept *kept = kept_new(1);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		kept->options.compression = compressions[i];
		kept->options.compression_level = i == 2 ? 9 : 0;
		kept->options.write_buffer_bytes = (uint64_t)1 << (20 + i);
		kept->options.block_cache_bytes = (uint64_t)1 << (20 + i);
		kept->options.sync_interval_ms = i == 1 ? 10 : 0;
		kept_open(kept);
		append_logs(kept, 1, 100, 50);
		assert_int_equal(logs_of(kept, 1), 100 * (i + 1));
		kept_close(kept);
	}
	kept_free(kept);
}

static void makes_blocks_as_large_as_it_is_told(void **state)
{
	struct kept *kept = kept_new(1);

	(void)state;
	kept->options.block_rows = 1024;
	kept_open(kept);
	append_logs(kept, 1, 4000, 10);
	assert_int_equal(kept_stats(kept).block_count, 4);
	for (int i = 0; i < 40; i++)
		append_logs(kept, 1, 100, 10);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	assert_true(kept_stats(kept).block_count <= 4 + 5);
	assert_true(kept_stats(kept).block_count >= 4 + 4);
	assert_int_equal(logs_of(kept, 1), 8000);
	kept_free(kept);
}

static void tells_what_it_wrote_and_what_waits_to_be_merged(void **state)
{
	struct kept *kept = kept_new(1);
	struct store_stats stats;

	(void)state;
	kept_open(kept);
	append_logs(kept, 1, 100, 1000);
	stats = kept_stats(kept);
	assert_int_equal(stats.unmerged_blocks, 0);
	append_logs(kept, 1, 100, 1000);
	append_logs(kept, 0, 100, 1000);
	stats = kept_stats(kept);
	assert_int_equal(stats.unmerged_blocks, 2);
	assert_int_equal(stats.unmerged_rows, 200);
	assert_true(stats.committed_bytes > 300000 && stats.committed_bytes < 330000);
	assert_true(stats.log_written_bytes > stats.committed_bytes);
	assert_int_equal(stats.rewritten_bytes, 0);
	assert_ok(kept, rocksdb_store_compact(kept->store, &kept->error));
	stats = kept_stats(kept);
	assert_int_equal(stats.unmerged_blocks, 0);
	assert_true(stats.rewritten_bytes > 200000 && stats.rewritten_bytes < 220000);
	kept_free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_was_written_with_other_options),
		cmocka_unit_test(makes_blocks_as_large_as_it_is_told),
		cmocka_unit_test(tells_what_it_wrote_and_what_waits_to_be_merged),
	};

	return test_run("storage/rocksdb/options", tests);
}
