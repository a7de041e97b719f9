#include "baseline/rows.h"

#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/render.h"

/* As src/storage/rocksdb/rocksdb_store.c has them, compression aside. */
enum {
	WRITE_BUFFER_BYTES = 64 << 20,
	WRITE_BUFFER_COUNT = 4,
	BLOCK_CACHE_BYTES = 128 << 20,
	LARGEST_LOG_BYTES = 512 << 20,
	BACKGROUND_JOBS = 2,
	CHECKSUM_XXH3 = 4,
	TABLE_BLOCK_BYTES = 32 << 10, /* of 4 KiB, the standard, two spans would compress each other alone */
};

enum { TRACE_KEY = 't', HANDLER_KEY = 'h', NAME_MOST = 200, SETTLE_MS = 100 };

struct rows {
	rocksdb_t *db;
	rocksdb_options_t *options;
	rocksdb_block_based_table_options_t *table_options;
	rocksdb_cache_t *cache;
	rocksdb_readoptions_t *read_options;
	rocksdb_writeoptions_t *write_options;
	struct buffer value;
	uint64_t json_bytes;
};

static void check(char *message)
{
	if (!message)
		return;
	fprintf(stderr, "row-baseline: %s\n", message);
	exit(1);
}

struct rows *rows_open(const char *path)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	char *message = NULL;

	rows->value = (struct buffer)BUFFER_EMPTY;
	rows->options = rocksdb_options_create();
	rows->table_options = rocksdb_block_based_options_create();
	rows->cache = rocksdb_cache_create_lru(BLOCK_CACHE_BYTES);
	rows->read_options = rocksdb_readoptions_create();
	rows->write_options = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(rows->write_options, 1);
	rocksdb_block_based_options_set_block_cache(rows->table_options, rows->cache);
	rocksdb_block_based_options_set_block_size(rows->table_options, TABLE_BLOCK_BYTES);
	rocksdb_block_based_options_set_checksum(rows->table_options, CHECKSUM_XXH3);
	rocksdb_options_set_block_based_table_factory(rows->options, rows->table_options);
	rocksdb_options_set_create_if_missing(rows->options, 1);
	rocksdb_options_set_compression(rows->options, rocksdb_zstd_compression);
	rocksdb_options_set_write_buffer_size(rows->options, WRITE_BUFFER_BYTES);
	rocksdb_options_set_max_write_buffer_number(rows->options, WRITE_BUFFER_COUNT);
	rocksdb_options_set_max_total_wal_size(rows->options, LARGEST_LOG_BYTES);
	rocksdb_options_set_max_background_jobs(rows->options, BACKGROUND_JOBS);
	rows->db = rocksdb_open(rows->options, path, &message);
	check(message);
	return rows;
}

void rows_close(struct rows *rows)
{
	rocksdb_close(rows->db);
	rocksdb_writeoptions_destroy(rows->write_options);
	rocksdb_readoptions_destroy(rows->read_options);
	rocksdb_cache_destroy(rows->cache);
	rocksdb_block_based_options_destroy(rows->table_options);
	rocksdb_options_destroy(rows->options);
	buffer_release(&rows->value);
	free(rows);
}

static size_t put(char *key, size_t at, const void *bytes, size_t size)
{
	memcpy(key + at, bytes, size);
	return at + size;
}

static size_t trace_prefix(char *key, const uint8_t trace_id[TRACE_ID_SIZE])
{
	key[0] = TRACE_KEY;
	return put(key, 1, trace_id, TRACE_ID_SIZE);
}

static size_t handler_prefix(char *key, struct str handler)
{
	size_t size = handler.size < NAME_MOST ? handler.size : NAME_MOST;

	key[0] = HANDLER_KEY;
	size = put(key, 1, handler.data, size);
	key[size] = '\0';
	return size + 1;
}

static void add_span(struct rows *rows, rocksdb_writebatch_t *writes, const struct span *span)
{
	char key[NAME_MOST + 64];
	size_t size = trace_prefix(key, span->trace_id);
	struct json json = json_to(&rows->value);
	uint64_t newest_first = __builtin_bswap64(~span->start_ns);

	size = put(key, size, span->span_id, SPAN_ID_SIZE);
	buffer_clear(&rows->value);
	render_span(&json, span);
	rocksdb_writebatch_put(writes, key, size, rows->value.data, rows->value.size);
	rows->json_bytes += rows->value.size;
	if (span->handler.role != ROLE_EXECUTION)
		return;
	size = handler_prefix(key, span->handler.name);
	size = put(key, size, &newest_first, sizeof(newest_first));
	size = put(key, size, span->trace_id, TRACE_ID_SIZE);
	rocksdb_writebatch_put(writes, key, size, "", 0);
}

void rows_append(struct rows *rows, const struct batch *batch)
{
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	char *message = NULL;

	for (size_t i = 0; i < batch->span_count; i++)
		add_span(rows, writes, &batch->spans[i]);
	rocksdb_write(rows->db, rows->write_options, writes, &message);
	check(message);
	rocksdb_writebatch_destroy(writes);
}

uint64_t rows_json_bytes(const struct rows *rows)
{
	return rows->json_bytes;
}

static uint64_t property(struct rows *rows, const char *name)
{
	uint64_t value = 0;

	return rocksdb_property_int(rows->db, name, &value) == 0 ? value : 0;
}

void rows_settle(struct rows *rows)
{
	rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
	char *message = NULL;

	rocksdb_flushoptions_set_wait(options, 1);
	rocksdb_flush(rows->db, options, &message);
	check(message);
	rocksdb_flushoptions_destroy(options);
	while (property(rows, "rocksdb.compaction-pending") ||
	       property(rows, "rocksdb.num-running-compactions"))
		usleep(SETTLE_MS * 1000);
}

static bool has_prefix(rocksdb_iterator_t *iterator, const char *prefix, size_t prefix_size)
{
	size_t size;
	const char *key = rocksdb_iter_key(iterator, &size);

	return size >= prefix_size && memcmp(key, prefix, prefix_size) == 0;
}

static size_t read_trace(rocksdb_iterator_t *iterator, const uint8_t trace_id[TRACE_ID_SIZE])
{
	char prefix[1 + TRACE_ID_SIZE];
	size_t prefix_size = trace_prefix(prefix, trace_id), total = 0, size;

	for (rocksdb_iter_seek(iterator, prefix, prefix_size);
	     rocksdb_iter_valid(iterator) && has_prefix(iterator, prefix, prefix_size);
	     rocksdb_iter_next(iterator)) {
		rocksdb_iter_value(iterator, &size);
		total += size;
	}
	return total;
}

size_t rows_read_trace(struct rows *rows, const uint8_t trace_id[TRACE_ID_SIZE])
{
	rocksdb_iterator_t *iterator = rocksdb_create_iterator(rows->db, rows->read_options);
	size_t total = read_trace(iterator, trace_id);

	rocksdb_iter_destroy(iterator);
	return total;
}

size_t rows_count_text(struct rows *rows, struct str text)
{
	rocksdb_iterator_t *iterator = rocksdb_create_iterator(rows->db, rows->read_options);
	const char prefix = TRACE_KEY;
	size_t count = 0, size;

	for (rocksdb_iter_seek(iterator, &prefix, 1);
	     rocksdb_iter_valid(iterator) && has_prefix(iterator, &prefix, 1); rocksdb_iter_next(iterator)) {
		const char *value = rocksdb_iter_value(iterator, &size);

		count += memmem(value, size, text.data, text.size) != NULL;
	}
	rocksdb_iter_destroy(iterator);
	return count;
}

size_t rows_newest(struct rows *rows, struct str handler, size_t limit)
{
	rocksdb_iterator_t *index = rocksdb_create_iterator(rows->db, rows->read_options);
	rocksdb_iterator_t *traces = rocksdb_create_iterator(rows->db, rows->read_options);
	char prefix[NAME_MOST + 64];
	size_t prefix_size = handler_prefix(prefix, handler), count = 0;

	for (rocksdb_iter_seek(index, prefix, prefix_size);
	     count < limit && rocksdb_iter_valid(index) && has_prefix(index, prefix, prefix_size);
	     rocksdb_iter_next(index)) {
		size_t size;
		const char *key = rocksdb_iter_key(index, &size);

		read_trace(traces, (const uint8_t *)key + size - TRACE_ID_SIZE);
		count++;
	}
	rocksdb_iter_destroy(traces);
	rocksdb_iter_destroy(index);
	return count;
}
