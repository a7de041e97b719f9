#include "storage/rocksdb/rocksdb_store.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "storage/rocksdb/bulk.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* RocksDB's own buffers. Blocks are compressed by us, so its compression is off. */
enum {
	STANDARD_WRITE_BUFFER_BYTES = 64 << 20,
	WRITE_BUFFER_COUNT = 4,
	STANDARD_BLOCK_CACHE_BYTES = 128 << 20,
	BACKGROUND_JOBS = 2,
	FILTER_BITS = 10, /* a key: a read asks no file that lacks its block, whose blocks are large */
	CHECKSUM_XXH3 = 4,
	KEPT_INFO_LOGS = 1,
	INFO_LOG_NOTHING = 5,
	DAMAGED_MOST = 1000, /* blocks that a compaction passes over */
};

static const char *const family_names[FAMILY_COUNT] = {"default", "headers", "traces", "metrics", "logs"};
static const char format_key[] = "format";
static const char sequence_key[] = "next_sequence";
enum { SEQUENCE_KEY_SIZE = sizeof(sequence_key) - 1, SEQUENCE_SIZE = 8 };

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

static uint64_t or_standard(uint64_t wanted, uint64_t standard)
{
	return wanted ? wanted : standard;
}

static void make_options(struct rocksdb_store *store, const struct rocksdb_store_options *wanted)
{
	uint64_t write_buffer_bytes = or_standard(wanted->write_buffer_bytes, STANDARD_WRITE_BUFFER_BYTES);

	store->options = rocksdb_options_create();
	store->table_options = rocksdb_block_based_options_create();
	store->cache =
		rocksdb_cache_create_lru(or_standard(wanted->block_cache_bytes, STANDARD_BLOCK_CACHE_BYTES));
	store->read_options = rocksdb_readoptions_create();
	store->write_options = rocksdb_writeoptions_create();
	/* Files are mapped: a body is read where it lies in the page cache, and of it only what is asked for. */
	rocksdb_options_set_allow_mmap_reads(store->options, 1);
	rocksdb_options_set_advise_random_on_open(store->options, 0);
	store->body_options = rocksdb_readoptions_create();
	rocksdb_readoptions_set_verify_checksums(store->body_options, 0);
	rocksdb_writeoptions_set_sync(store->write_options, wanted->sync);
	rocksdb_block_based_options_set_block_cache(store->table_options, store->cache);
	rocksdb_block_based_options_set_filter_policy(store->table_options,
						      rocksdb_filterpolicy_create_bloom_full(FILTER_BITS));
	rocksdb_block_based_options_set_checksum(store->table_options, CHECKSUM_XXH3);
	rocksdb_options_set_block_based_table_factory(store->options, store->table_options);
	rocksdb_options_set_create_if_missing(store->options, 1);
	rocksdb_options_set_create_missing_column_families(store->options, 1);
	rocksdb_options_set_compression(store->options, rocksdb_no_compression);
	rocksdb_options_set_write_buffer_size(store->options, write_buffer_bytes);
	rocksdb_options_enable_statistics(store->options);
	rocksdb_options_set_max_write_buffer_number(store->options, WRITE_BUFFER_COUNT);
	/* Little goes to the families of headers and notes: without this their buffers would keep old logs. */
	rocksdb_options_set_max_total_wal_size(store->options, WRITE_BUFFER_COUNT * write_buffer_bytes);
	rocksdb_options_set_max_background_jobs(store->options, BACKGROUND_JOBS);
	rocksdb_options_set_keep_log_file_num(store->options, KEPT_INFO_LOGS);
	/* None: RocksDB writes it beside the tables, and where the disk is full an assertion of its own file writer
	 * ends the program. What matters comes back as an error. */
	rocksdb_options_set_info_log_level(store->options, INFO_LOG_NOTHING);
	rocksdb_options_set_wal_recovery_mode(store->options,
					      rocksdb_tolerate_corrupted_tail_records_recovery);
}

/* By another process, or by this one. The word alone also stands in "block" and in paths. */
static bool is_locked(const char *message)
{
	return strstr(message, "While lock file: ") || strstr(message, "lock hold by current process");
}

enum status database_open(struct rocksdb_store *store, bool is_read_only, struct error *error)
{
	const rocksdb_options_t *options[FAMILY_COUNT];
	char *message = NULL;

	for (size_t i = 0; i < FAMILY_COUNT; i++)
		options[i] = store->options;
	if (is_read_only)
		store->db = rocksdb_open_for_read_only_column_families(store->options, store->path,
								       FAMILY_COUNT, family_names, options,
								       store->families, 0, &message);
	else
		store->db = rocksdb_open_column_families(store->options, store->path, FAMILY_COUNT,
							 family_names, options, store->families, &message);
	if (!message)
		return STATUS_OK;
	store->db = NULL;
	if (is_locked(message)) {
		rocksdb_free(message);
		return error_set(
			error, STATUS_BUSY,
			"the store at %s is held by another process: stop it, or give this one another "
			"telemetry.path",
			store->path);
	}
	if (strncmp(message, "Corruption", 10) == 0)
		return rocksdb_failed(message,
				      "the store cannot be opened; \"rohas-telemetry db rescue\" writes what "
				      "can be read of it into a new one",
				      error);
	if (strstr(message, "Column families not opened")) {
		rocksdb_free(message);
		return error_set(
			error, STATUS_CORRUPT,
			"the store at %s was written by a newer version, for it has parts that this one does "
			"not know: use that version, or give telemetry.path a new folder",
			store->path);
	}
	return rocksdb_failed(message, "the store cannot be opened", error);
}

void database_close(struct rocksdb_store *store)
{
	if (!store->db)
		return;
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		rocksdb_column_family_handle_destroy(store->families[i]);
	rocksdb_close(store->db);
	store->db = NULL;
}

/* A store says which format it has; a new one is told. */
static enum status check_format(struct rocksdb_store *store, struct error *error)
{
	char *message = NULL, *value;
	size_t size = 0;
	uint8_t format = STORE_FORMAT;

	value = rocksdb_get_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT], format_key,
			       strlen(format_key), &size, &message);
	if (!message && !value && !store->is_read_only)
		rocksdb_put_cf(store->db, store->write_options, store->families[FAMILY_DEFAULT], format_key,
			       strlen(format_key), (const char *)&format, 1, &message);
	if (message && store->is_read_only && strncmp(message, "Corruption", 10) == 0) {
		/* Each block says its own format: whoever only reads finds out there. */
		log_error("storage", "the store's format cannot be read, blocks are read all the same: %s",
			  message);
		rocksdb_free(message);
		return STATUS_OK;
	}
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

void sequence_put(struct rocksdb_store *store, rocksdb_writebatch_t *writes)
{
	char value[SEQUENCE_SIZE];

	put_big_endian(value, atomic_load(&store->next_sequence), sizeof(value));
	rocksdb_writebatch_put_cf(writes, store->families[FAMILY_DEFAULT], sequence_key, SEQUENCE_KEY_SIZE,
				  value, sizeof(value));
}

/* Blocks that are gone had smaller numbers than this; those that are there have their own. */
static enum status read_sequence(struct rocksdb_store *store, struct error *error)
{
	char *message = NULL, *value;
	size_t size = 0;

	value = rocksdb_get_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT], sequence_key,
			       SEQUENCE_KEY_SIZE, &size, &message);
	if (message)
		return rocksdb_failed(message, "the number of the next block cannot be read", error);
	if (value && size == SEQUENCE_SIZE)
		store->next_sequence = get_big_endian(value, SEQUENCE_SIZE);
	rocksdb_free(value);
	return STATUS_OK;
}

/* Reading every header into an index. */
struct loading {
	struct rocksdb_store *store;
	struct block_index *index;
	uint64_t acknowledged;
	rocksdb_writebatch_t *refused;
	uint64_t lost_count; /* of headers that cannot be read */
};

/* A block that was written and never acknowledged is taken out, header and body. */
static void refuse_block(const struct loading *loading, const struct block_entry *entry, struct str key)
{
	struct rocksdb_store *store = loading->store;
	char body[BODY_KEY_SIZE];

	body_key(entry->partition, &entry->header, body);
	rocksdb_writebatch_singledelete_cf(loading->refused, store->families[FAMILY_HEADERS], key.data,
					   key.size);
	rocksdb_writebatch_singledelete_cf(
		loading->refused, store->families[FAMILY_BODIES + entry->header.signal], body, BODY_KEY_SIZE);
	words_delete(store, loading->refused, (enum signal)entry->header.signal, body,
		     entry->header.word_parts);
}

static enum status add_header(const struct loading *loading, struct str key, struct str value,
			      struct error *error)
{
	struct block_entry *entry;
	enum status status = block_index_reserve(loading->index, 1, error);

	if (status != STATUS_OK)
		return status;
	if (key.size != HEADER_KEY_SIZE)
		return error_set(error, STATUS_CORRUPT, "a block's key has %zu bytes, not %d", key.size,
				 HEADER_KEY_SIZE);
	if (!value.data)
		return error_set(error, STATUS_CORRUPT, "the header of a block cannot be read");
	entry = block_entry_new(partition_of_key(key.data), value, error);
	if (!entry)
		return error->status;
	if (entry->header.last_sequence > loading->acknowledged) {
		refuse_block(loading, entry, key);
		block_entry_free(entry);
	} else {
		block_index_add(loading->index, &entry, 1);
	}
	return STATUS_OK;
}

/* A number is never used twice, that of a block which cannot be read neither. */
static void note_sequence(struct rocksdb_store *store, struct str key)
{
	uint64_t sequence = key.size == HEADER_KEY_SIZE ? sequence_of_key(key.data) : 0;

	if (sequence >= store->next_sequence)
		store->next_sequence = sequence + 1;
}

/* Brings a header into memory. A damaged one costs its own block, not the store. */
static enum status load_header(void *context, struct str key, struct str value, struct error *error)
{
	struct loading *loading = context;
	struct rocksdb_store *store = loading->store;
	enum status status = add_header(loading, key, value, error);

	note_sequence(store, key);
	if (status != STATUS_CORRUPT)
		return status;
	log_error("storage", "%s; its rows are lost, the rest is kept", error->message);
	loading->lost_count++;
	return STATUS_OK;
}

enum status load_headers(struct rocksdb_store *store, struct block_index *index, uint64_t acknowledged,
			 rocksdb_writebatch_t *refused, struct error *error)
{
	struct loading loading = {store, index, acknowledged, refused, 0};
	enum status status = each_header(store, load_header, &loading, error);

	/* Headers are read anew after a failed write: those that were lost before are counted already. */
	if (loading.lost_count > store->lost_header_count) {
		atomic_fetch_add(&store->damaged_block_count, loading.lost_count - store->lost_header_count);
		store->lost_header_count = loading.lost_count;
		atomic_store(&store->has_lost_headers, true);
	}
	return status;
}

/* What the files of the folder hold; what RocksDB set aside for its log beyond that comes and goes. */
uint64_t store_folder_bytes(const struct rocksdb_store *store)
{
	char *paths[] = {store->path, NULL};
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

/* A number of RocksDB's statistics: "rocksdb.wal.bytes COUNT : 123". */
static uint64_t read_statistic(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void read_written(struct rocksdb_store *store, struct store_stats *stats)
{
	char *text = rocksdb_options_statistics_get_string(store->options);

	stats->committed_bytes = atomic_load(&store->committed_bytes);
	stats->rewritten_bytes = atomic_load(&store->rewritten_bytes);
	if (!text)
		return;
	stats->log_written_bytes = read_statistic(text, "rocksdb.wal.bytes COUNT : ");
	stats->file_written_bytes = read_statistic(text, "rocksdb.flush.write.bytes COUNT : ") +
				    read_statistic(text, "rocksdb.compact.write.bytes COUNT : ") +
				    atomic_load(&store->bulk_bytes);
	rocksdb_free(text);
}

static bool is_small(const struct rocksdb_store *store, const struct block_entry *entry)
{
	uint64_t most = block_rows_of((enum signal)entry->header.signal, store->block_rows);

	return entry->header.row_count < most / 2 && !atomic_load(&entry->is_unmergeable);
}

/* Blocks that share their day and signal with another small one. */
static void count_unmerged(struct rocksdb_store *store, struct store_stats *stats)
{
	struct block_index *index = &store->index;

	pthread_rwlock_rdlock(&index->lock);
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct block_entry **entries = index->entries[signal];
		size_t count = index->counts[signal];

		for (size_t first = 0, end; first < count; first = end) {
			uint64_t blocks = 0, rows = 0;

			for (end = first; end < count && entries[end]->partition == entries[first]->partition;
			     end++)
				if (is_small(store, entries[end])) {
					blocks++;
					rows += entries[end]->header.row_count;
				}
			stats->unmerged_blocks += blocks > 1 ? blocks : 0;
			stats->unmerged_rows += blocks > 1 ? rows : 0;
		}
	}
	pthread_rwlock_unlock(&index->lock);
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
		.damaged_block_count = atomic_load(&store->damaged_block_count),
		.damaged_row_count = atomic_load(&store->damaged_row_count),
		.memory_bytes = index->memory_bytes + rocksdb_cache_get_usage(store->cache),
		.snapshot = index->last_sequence,
		.sifted = atomic_load(&store->sifted),
	};
	pthread_rwlock_unlock(&index->lock);
	stats_out->size_bytes = store_folder_bytes(store);
	stats_out->writing.status = store_check_writable(store, &stats_out->writing);
	read_written(store, stats_out);
	count_unmerged(store, stats_out);
	keeper_figures(store->keeper, stats_out);
	return STATUS_OK;
}

void store_flush(struct rocksdb_store *store)
{
	rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

	for (size_t i = 0; i < FAMILY_COUNT; i++) {
		char *message = NULL;

		rocksdb_flush_cf(store->db, options, store->families[i], &message);
		if (!message)
			continue;
		log_warn("storage", "the store could not be flushed, its log stays: %s", message);
		rocksdb_free(message);
		break;
	}
	rocksdb_flushoptions_destroy(options);
}

static void rocksdb_store_close(struct store *base)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;

	/* A sweep that rewrites files gives up. */
	if (begin_read(store, NULL) == STATUS_OK) {
		rocksdb_disable_manual_compaction(store->db);
		end_read(store, STATUS_OK);
	}
	merger_stop(store->merger); /* which the sweep would wait for */
	keeper_free(store->keeper);
	periodic_free(store->syncing);
	merger_free(store->merger);
	helpers_free(store->helpers);
	/* What was refused is taken out while it is known, where that can be done. */
	if (store->db && !store->is_read_only && store_recover(store, NULL) == STATUS_OK)
		store_flush(store);
	database_close(store);
	rocksdb_options_destroy(store->options);
	rocksdb_block_based_options_destroy(store->table_options);
	rocksdb_cache_destroy(store->cache);
	rocksdb_readoptions_destroy(store->read_options);
	rocksdb_readoptions_destroy(store->body_options);
	rocksdb_writeoptions_destroy(store->write_options);
	block_index_release(&store->index);
	recovery_release(&store->recovery);
	pthread_rwlock_destroy(&store->db_lock);
	block_builder_free(store->builder);
	buffer_release(&store->body);
	pthread_mutex_destroy(&store->append_lock);
	pthread_mutex_destroy(&store->take_over_lock);
	free(store->path);
	free(store);
}

enum status begin_read(struct rocksdb_store *store, struct error *error)
{
	pthread_rwlock_rdlock(&store->db_lock);
	if (store->db)
		return STATUS_OK;
	pthread_rwlock_unlock(&store->db_lock);
	return error_set(error, STATUS_BUSY, "the store cannot be opened at the moment; ask again later");
}

enum status end_read(struct rocksdb_store *store, enum status status)
{
	pthread_rwlock_unlock(&store->db_lock);
	return status;
}

static enum status read_trace(struct store *base, const uint8_t trace_id[TRACE_ID_SIZE],
			      struct batch *batch_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, around_read_trace(base, trace_id, batch_out, error));
}

static enum status find_traces(struct store *base, const struct span_filter *filter,
			       const struct trace_page *page, struct trace_hit *hits_out,
			       size_t *hit_count_out, uint64_t *snapshot_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store,
			around_find_traces(base, filter, page, hits_out, hit_count_out, snapshot_out, error));
}

static enum status find_logs(struct store *base, const struct log_filter *filter, const struct log_page *page,
			     struct batch *batch_out, uint64_t *snapshot_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, around_find_logs(base, filter, page, batch_out, snapshot_out, error));
}

static enum status fold_logs(struct store *base, const struct log_fold *fold, log_visit *visit, void *context,
			     struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, rocksdb_fold_logs(base, fold, visit, context, error));
}

static enum status list_metrics(struct store *base, struct time_range range, struct arena *arena,
				struct metric_summary **metrics_out, size_t *count_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, around_list_metrics(base, range, arena, metrics_out, count_out, error));
}

static enum status read_points(struct store *base, const struct point_filter *filter, struct batch *batch_out,
			       struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, around_read_points(base, filter, batch_out, error));
}

static const struct store_ops rocksdb_ops = {
	.name = "rocksdb",
	.capabilities = STORE_TRACES | STORE_METRICS | STORE_LOGS,
	.append = rocksdb_append,
	.read_trace = read_trace,
	.find_traces = find_traces,
	.find_logs = find_logs,
	.fold_logs = fold_logs,
	.list_metrics = list_metrics,
	.read_points = read_points,
	.list_days = rocksdb_list_days,
	.scan = rocksdb_scan,
	.sift = rocksdb_sift,
	.put_note = rocksdb_put_note,
	.each_note = rocksdb_each_note,
	.stats = rocksdb_stats,
	.close = rocksdb_store_close,
};

/* Forces to the disk what was answered since the last time. Where that fails, nobody knows what the log has. */
static void sync_log(void *context)
{
	struct rocksdb_store *store = context;
	char *message = NULL;

	if (begin_read(store, NULL) != STATUS_OK)
		return;
	if (store_check_writable(store, NULL) == STATUS_OK)
		rocksdb_flush_wal(store->db, 1, &message);
	if (message)
		store_note_failure(store, message);
	rocksdb_free(message);
	end_read(store, STATUS_OK);
}

/* What blocks will be like. */
static void set_block_options(struct rocksdb_store *store, const struct rocksdb_store_options *options)
{
	static const enum block_codec codecs[] = {
		[STORE_ZSTD] = CODEC_ZSTD, [STORE_LZ4] = CODEC_LZ4, [STORE_UNCOMPRESSED] = CODEC_NONE};

	store->codec = codecs[options->compression];
	store->compression_level =
		options->compression_level ? options->compression_level : STANDARD_COMPRESSION_LEVEL;
	store->block_rows = options->block_rows ? options->block_rows : STANDARD_BLOCK_ROWS;
}

/* Everything that a store for writing needs besides its database. */
static enum status prepare_writing(struct rocksdb_store *store, struct error *error)
{
	store->builder = block_builder_new(store->codec == CODEC_NONE ? CODEC_NONE : CODEC_LZ4, 0);
	if (!store->builder)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	return make_folder(store->path, error);
}

/* The threads of a store for writing. */
static enum status start_threads(struct rocksdb_store *store, const struct rocksdb_store_options *options,
				 struct error *error)
{
	enum status status = merger_new(store, &store->merger, error);

	if (status == STATUS_OK && options->sync_interval_ms && !options->sync)
		status = periodic_new("sync", options->sync_interval_ms, sync_log, store, &store->syncing,
				      error);
	return status == STATUS_OK ? keeper_new(store, options, &store->keeper, error) : status;
}

static enum status open_parts(struct rocksdb_store *store, const struct rocksdb_store_options *options,
			      struct error *error)
{
	bool writes = !store->is_read_only;
	enum status status = writes ? prepare_writing(store, error) : STATUS_OK;

	if (status == STATUS_OK)
		status = writes ? database_open(store, false, error)
				: open_read_only(store, family_names, error);
	if (status == STATUS_OK)
		status = check_format(store, error);
	if (status == STATUS_OK && writes)
		status = read_sequence(store, error);
	if (status == STATUS_OK && writes) {
		bulk_clean(store);
		status = remove_leftovers(store, error);
	}
	if (status == STATUS_OK)
		status = load_headers(store, &store->index, UINT64_MAX, NULL, error);
	if (status == STATUS_OK && writes)
		status = sift_begin(store, options->sifts, error);
	if (status == STATUS_OK)
		status = helpers_new(helpers_wanted(), &store->helpers, error);
	/* What is opened anew after a failure is this store: where it is gone, none is made in its place. */
	rocksdb_options_set_create_if_missing(store->options, 0);
	rocksdb_options_set_create_missing_column_families(store->options, 0);
	return status == STATUS_OK && writes ? start_threads(store, options, error) : status;
}

/* Recovery must not wait for ever behind reads that follow each other. */
static void init_db_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

enum status rocksdb_store_open(const struct rocksdb_store_options *options, struct store **store_out,
			       struct error *error)
{
	struct rocksdb_store *store = calloc(1, sizeof(*store));
	enum status status;

	if (!store)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	store->base.ops = &rocksdb_ops;
	store->is_read_only = options->is_read_only;
	pthread_mutex_init(&store->append_lock, NULL);
	pthread_mutex_init(&store->take_over_lock, NULL);
	init_db_lock(&store->db_lock);
	recovery_init(&store->recovery);
	block_index_init(&store->index);
	store->search_budget.limit_bytes = SEARCH_LIMIT_BYTES;
	store->next_sequence = 1;
	store->sifted = UINT64_MAX;
	make_options(store, options);
	store->path = strdup(options->path);
	set_block_options(store, options);
	status = store->path ? open_parts(store, options, error)
			     : error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	if (status != STATUS_OK) {
		rocksdb_store_close(&store->base);
		return status;
	}
	*store_out = &store->base;
	return STATUS_OK;
}

bool is_rocksdb_store(const struct store *store)
{
	return store->ops == &rocksdb_ops;
}

enum status refuse_change(const struct rocksdb_store *store, struct error *error)
{
	return error_set(error, STATUS_UNSUPPORTED, "the store at %s was opened for reading alone",
			 store->path);
}

enum status rocksdb_store_compact(struct store *base, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status;
	int damaged = 0;

	if (!is_rocksdb_store(base))
		return error_set(error, STATUS_UNSUPPORTED, "this store has no blocks to merge");
	if (store->is_read_only)
		return refuse_change(store, error);
	/* Each round that fails has left one damaged block out of the next. */
	do
		status = merger_run(store->merger, true, error);
	while (status == STATUS_CORRUPT && damaged++ < DAMAGED_MOST);
	return status;
}

/*
 * Through an iterator: what it stands on is not copied, where a get copies a value out of a mapped file. The
 * family's checksum is not asked for, as it is one over the whole body: a block has checksums of its own.
 */
enum status body_fetch(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		       struct error *error)
{
	struct body body = {rocksdb_create_iterator_cf(store->db, store->body_options,
						       store->families[FAMILY_BODIES + entry->header.signal]),
			    {0}};
	char key[BODY_KEY_SIZE], *message = NULL;
	struct str found;

	body_key(entry->partition, &entry->header, key);
	rocksdb_iter_seek(body.iterator, key, sizeof(key));
	if (rocksdb_iter_valid(body.iterator)) {
		found.data = rocksdb_iter_key(body.iterator, &found.size);
		if (str_equal(found, str_make(key, sizeof(key)))) {
			body.bytes.data = rocksdb_iter_value(body.iterator, &body.bytes.size);
			*body_out = body;
			return STATUS_OK;
		}
	}
	rocksdb_iter_get_error(body.iterator, &message);
	body_release(&body);
	if (message)
		return rocksdb_failed(message, "a block cannot be read", error);
	return error_set(error, STATUS_CORRUPT, "block %llu has a header and no body",
			 (unsigned long long)entry->header.sequence);
}

enum status rocksdb_store_sweep(struct store *base, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;

	if (!is_rocksdb_store(base))
		return error_set(error, STATUS_UNSUPPORTED, "this store has nothing to sweep");
	if (store->is_read_only)
		return refuse_change(store, error);
	return keeper_sweep(store->keeper, error);
}

enum status body_read(struct rocksdb_store *store, const struct block_entry *entry, struct body *body_out,
		      struct error *error)
{
	return note_damage(store, entry, body_fetch(store, entry, body_out, error), error);
}

void body_release(struct body *body)
{
	rocksdb_iter_destroy(body->iterator);
}
