#include "storage/rocksdb/rocksdb_store.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* RocksDB's own buffers. Blocks are compressed by us, so its compression is off. */
enum {
	WRITE_BUFFER_BYTES = 64 << 20,
	WRITE_BUFFER_COUNT = 4,
	BLOCK_CACHE_BYTES = 128 << 20,
	LARGEST_LOG_BYTES = 512 << 20,
	BACKGROUND_JOBS = 2,
	FILTER_BITS = 10, /* a key: a read asks no file that lacks its block, whose blocks are large */
	CHECKSUM_XXH3 = 4,
	KEPT_INFO_LOGS = 2,
};

static const char *const family_names[FAMILY_COUNT] = {"default", "headers", "traces", "metrics", "logs"};
static const char format_key[] = "format";

enum status rocksdb_failed(char *message, const char *doing, struct error *error)
{
	enum status status = strncmp(message, "Corruption", 10) == 0 ? STATUS_CORRUPT : STATUS_IO;

	error_set(error, status, "%s: %s", doing, message);
	rocksdb_free(message);
	return status;
}

/* Makes the folder and those above it. */
static enum status make_folder(const char *path, struct error *error)
{
	char *partial = strdup(path);
	enum status status = STATUS_OK;

	if (!partial)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	for (char *at = partial + 1;; at++) {
		char kept = *at;

		if (kept != '/' && kept != '\0')
			continue;
		*at = '\0';
		if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
			status = error_set(error, STATUS_IO, "the store's folder %s cannot be made: %s",
					   partial, strerror(errno));
			break;
		}
		*at = kept;
		if (kept == '\0')
			break;
	}
	free(partial);
	return status;
}

static void make_options(struct rocksdb_store *store, bool sync)
{
	store->options = rocksdb_options_create();
	store->table_options = rocksdb_block_based_options_create();
	store->cache = rocksdb_cache_create_lru(BLOCK_CACHE_BYTES);
	store->read_options = rocksdb_readoptions_create();
	store->write_options = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(store->write_options, sync);
	rocksdb_block_based_options_set_block_cache(store->table_options, store->cache);
	rocksdb_block_based_options_set_filter_policy(store->table_options,
						      rocksdb_filterpolicy_create_bloom_full(FILTER_BITS));
	rocksdb_block_based_options_set_checksum(store->table_options, CHECKSUM_XXH3);
	rocksdb_options_set_block_based_table_factory(store->options, store->table_options);
	rocksdb_options_set_create_if_missing(store->options, 1);
	rocksdb_options_set_create_missing_column_families(store->options, 1);
	rocksdb_options_set_compression(store->options, rocksdb_no_compression);
	rocksdb_options_set_write_buffer_size(store->options, WRITE_BUFFER_BYTES);
	rocksdb_options_set_max_write_buffer_number(store->options, WRITE_BUFFER_COUNT);
	rocksdb_options_set_max_total_wal_size(store->options, LARGEST_LOG_BYTES);
	rocksdb_options_set_max_background_jobs(store->options, BACKGROUND_JOBS);
	rocksdb_options_set_keep_log_file_num(store->options, KEPT_INFO_LOGS);
	rocksdb_options_set_info_log_level(store->options, 3 /* errors */);
	rocksdb_options_set_wal_recovery_mode(store->options,
					      rocksdb_tolerate_corrupted_tail_records_recovery);
}

static enum status open_database(struct rocksdb_store *store, struct error *error)
{
	const rocksdb_options_t *options[FAMILY_COUNT];
	char *message = NULL;

	for (size_t i = 0; i < FAMILY_COUNT; i++)
		options[i] = store->options;
	store->db = rocksdb_open_column_families(store->options, store->path, FAMILY_COUNT, family_names,
						 options, store->families, &message);
	if (!message)
		return STATUS_OK;
	store->db = NULL;
	if (strstr(message, "lock")) {
		rocksdb_free(message);
		return error_set(
			error, STATUS_BUSY,
			"the store at %s is held by another process: stop it, or give this one another "
			"telemetry.path",
			store->path);
	}
	return rocksdb_failed(message, "the store cannot be opened", error);
}

/* A store says which format it has; a new one is told. */
static enum status check_format(struct rocksdb_store *store, struct error *error)
{
	char *message = NULL, *value;
	size_t size = 0;
	uint8_t format = STORE_FORMAT;

	value = rocksdb_get_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT], format_key,
			       strlen(format_key), &size, &message);
	if (!message && !value)
		rocksdb_put_cf(store->db, store->write_options, store->families[FAMILY_DEFAULT], format_key,
			       strlen(format_key), (const char *)&format, 1, &message);
	if (message)
		return rocksdb_failed(message, "the store's format cannot be read", error);
	if (value)
		format = size == 1 ? (uint8_t)value[0] : 0;
	rocksdb_free(value);
	if (format != STORE_FORMAT)
		return error_set(
			error, STATUS_CORRUPT,
			"the store at %s has format %u and this version reads format %d: use the version "
			"that wrote it, or give telemetry.path a new folder",
			store->path, format, STORE_FORMAT);
	return STATUS_OK;
}

static enum status load_header(struct rocksdb_store *store, struct str key, struct str value,
			       struct error *error)
{
	struct block_entry *entry;
	enum status status = block_index_reserve(&store->index, 1, error);

	if (status != STATUS_OK)
		return status;
	if (key.size != HEADER_KEY_SIZE)
		return error_set(error, STATUS_CORRUPT, "a block's key has %zu bytes, not %d", key.size,
				 HEADER_KEY_SIZE);
	entry = block_entry_new(partition_of_key(key.data), value, error);
	if (!entry)
		return error->status;
	if (entry->header.sequence >= store->next_sequence)
		store->next_sequence = entry->header.sequence + 1;
	block_index_add(&store->index, &entry, 1);
	return STATUS_OK;
}

static int count_skipped(enum status status, const struct error *error)
{
	if (status == STATUS_CORRUPT)
		log_error("storage", "%s; its rows are lost, the rest is kept", error->message);
	return status == STATUS_CORRUPT;
}

/* Brings every header into memory. A damaged one costs its own block, not the store. */
static enum status load_headers(struct rocksdb_store *store, struct error *error)
{
	rocksdb_iterator_t *iterator =
		rocksdb_create_iterator_cf(store->db, store->read_options, store->families[FAMILY_HEADERS]);
	enum status status = STATUS_OK;
	char *message = NULL;

	store->next_sequence = 1;
	for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator) && status == STATUS_OK;
	     rocksdb_iter_next(iterator)) {
		struct str key, value;
		struct error damage = {0};

		key.data = rocksdb_iter_key(iterator, &key.size);
		value.data = rocksdb_iter_value(iterator, &value.size);
		status = load_header(store, key, value, &damage);
		if (count_skipped(status, &damage))
			status = STATUS_OK;
		else if (status != STATUS_OK)
			error_set(error, status, "%s", damage.message);
	}
	rocksdb_iter_get_error(iterator, &message);
	rocksdb_iter_destroy(iterator);
	if (message && status == STATUS_OK)
		return rocksdb_failed(message, "the headers of the store cannot be read", error);
	rocksdb_free(message);
	return status;
}

/* What the files of the folder hold; what RocksDB set aside for its log beyond that comes and goes. */
static uint64_t folder_bytes(const char *path)
{
	char *paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	uint64_t bytes = 0;
	FTSENT *entry;

	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info == FTS_F)
			bytes += (uint64_t)entry->fts_statp->st_size;
	if (tree)
		fts_close(tree);
	return bytes;
}

static enum status rocksdb_stats(struct store *base, struct store_stats *stats_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	struct block_index *index = &store->index;

	(void)error;
	pthread_rwlock_rdlock(&index->lock);
	*stats_out = (struct store_stats){
		.span_count = index->row_counts[SIGNAL_TRACES],
		.log_count = index->row_counts[SIGNAL_LOGS],
		.point_count = index->row_counts[SIGNAL_METRICS],
		.block_count = index->counts[0] + index->counts[1] + index->counts[2],
		.memory_bytes = index->memory_bytes + rocksdb_cache_get_usage(store->cache),
	};
	pthread_rwlock_unlock(&index->lock);
	stats_out->size_bytes = folder_bytes(store->path);
	return STATUS_OK;
}

/* Writes what the log holds into files, so that the next start has nothing to replay. */
static void flush(struct rocksdb_store *store)
{
	rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		char *message = NULL;

		rocksdb_flush_cf(store->db, options, store->families[i], &message);
		if (message)
			log_warn("storage",
				 "the store could not be flushed, the next start replays its log: %s",
				 message);
		rocksdb_free(message);
	}
	rocksdb_flushoptions_destroy(options);
}

static void rocksdb_store_close(struct store *base)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;

	merger_free(store->merger);
	if (store->db)
		flush(store);
	for (size_t i = 0; i < FAMILY_COUNT && store->db; i++)
		rocksdb_column_family_handle_destroy(store->families[i]);
	if (store->db)
		rocksdb_close(store->db);
	if (store->options) {
		rocksdb_options_destroy(store->options);
		rocksdb_block_based_options_destroy(store->table_options);
		rocksdb_cache_destroy(store->cache);
		rocksdb_readoptions_destroy(store->read_options);
		rocksdb_writeoptions_destroy(store->write_options);
	}
	block_index_release(&store->index);
	block_builder_free(store->builder);
	buffer_release(&store->body);
	pthread_mutex_destroy(&store->append_lock);
	free(store->path);
	free(store);
}

static const struct store_ops rocksdb_ops = {
	.name = "rocksdb",
	.capabilities = STORE_TRACES | STORE_METRICS | STORE_LOGS,
	.append = rocksdb_append,
	.read_trace = rocksdb_read_trace,
	.find_traces = rocksdb_find_traces,
	.find_logs = rocksdb_find_logs,
	.list_metrics = rocksdb_list_metrics,
	.read_points = rocksdb_read_points,
	.stats = rocksdb_stats,
	.close = rocksdb_store_close,
};

enum status rocksdb_store_open(const struct rocksdb_store_options *options, struct store **store_out,
			       struct error *error)
{
	struct rocksdb_store *store = calloc(1, sizeof(*store));
	enum status status;

	if (!store)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	store->base.ops = &rocksdb_ops;
	pthread_mutex_init(&store->append_lock, NULL);
	block_index_init(&store->index);
	store->path = strdup(options->path);
	store->builder = block_builder_new(CODEC_ZSTD, COMPRESSION_LEVEL);
	if (!store->path || !store->builder)
		status = error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	else
		status = make_folder(store->path, error);
	if (status == STATUS_OK) {
		make_options(store, options->sync);
		status = open_database(store, error);
	}
	if (status == STATUS_OK)
		status = check_format(store, error);
	if (status == STATUS_OK)
		status = remove_leftovers(store, error);
	if (status == STATUS_OK)
		status = load_headers(store, error);
	if (status == STATUS_OK)
		status = merger_new(store, &store->merger, error);
	if (status != STATUS_OK) {
		rocksdb_store_close(&store->base);
		return status;
	}
	*store_out = &store->base;
	return STATUS_OK;
}

enum status rocksdb_store_compact(struct store *base, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;

	if (base->ops != &rocksdb_ops)
		return error_set(error, STATUS_UNSUPPORTED, "this store has no blocks to merge");
	return merger_run(store->merger, true, error);
}

enum status body_read(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		      struct error *error)
{
	rocksdb_pinnableslice_t *slice;
	char key[BODY_KEY_SIZE], *message = NULL;
	struct str bytes;

	body_key(entry->partition, &entry->header, key);
	slice = rocksdb_get_pinned_cf(store->db, store->read_options,
				      store->families[FAMILY_BODIES + entry->header.signal], key, sizeof(key),
				      &message);
	if (message)
		return rocksdb_failed(message, "a block cannot be read", error);
	if (!slice)
		return error_set(error, STATUS_CORRUPT, "block %llu has a header and no body",
				 (unsigned long long)entry->header.sequence);
	bytes.data = rocksdb_pinnableslice_value(slice, &bytes.size);
	*body_out = (struct body){slice, bytes};
	return STATUS_OK;
}

void body_release(struct body *body)
{
	rocksdb_pinnableslice_destroy(body->slice);
}
