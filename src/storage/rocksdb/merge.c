/*
 * Merging: small blocks of a day become large ones.
 *
 * Commits make blocks of whatever waited, often a few rows. Blocks are sorted into tiers by their rows; once
 * a tier of a day holds enough of them, they are read, built into one block and written in one atomic batch
 * that also removes their headers. A query sees either them or the new one. Their bodies stay until the last
 * query that still reads them is done; a note on the disk ("leftover") makes sure that they go even if the
 * program ends before.
 *
 * While appends take more than half of the time, large blocks wait, until there are very many of them: they are
 * good enough, and the processor is better used for what comes in. A block that cannot be read is left alone from
 * then on.
 *
 * Where there is much to merge in a day, several merges become visible together, and their bodies are a file of their
 * own from the start: see bulk.h. All else passes the log, so that a day has few files.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "storage/columns/block_sequences.h"
#include "storage/columns/log_reader.h"
#include "storage/columns/point_reader.h"
#include "storage/columns/span_reader.h"
#include "storage/rocksdb/bulk.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum {
	MERGE_MOST_BLOCKS = 256,
	BULK_MOST_BLOCKS = 256,
	PAUSE_MS = 1000,    /* between looks */
	WINDOW_MS = 250,    /* over which it is measured how busy appends are */
	RETRY_SECONDS = 30, /* after a failure */
};

/* Bodies to merge that are worth a file, and what a file has at most, but for the last block. */
#define BULK_LEAST_BYTES (UINT64_C(24) << 20)
#define BULK_MOST_BYTES  (UINT64_C(64) << 20)

/*
 * The tiers below half of the largest block, which is never merged again: which blocks belong to one, and how many are worth a merge. Steps of eight: a
 * row is rewritten once a step, and never a large block for the sake of a few small ones.
 */
static const struct tier {
	uint64_t below_rows;
	size_t enough;
	size_t enough_when_pressed;
} tiers[] = {{16, 16, 16},    {128, 16, 64},     {1024, 16, 256},
	     {4096, 8, 4096}, {32768, 8, 16384}, {UINT64_MAX, 4, 16384}};

enum { TIER_COUNT = sizeof(tiers) / sizeof(tiers[0]) };

struct merger {
	struct rocksdb_store *store;
	struct block_builder *builder;
	struct buffer body;
	rocksdb_writeoptions_t *write_options; /* a merge that is lost has lost nothing: no sync */
	pthread_t thread;
	bool has_thread;
	uint64_t window_ns, window_busy_ns; /* when the window began, and append_busy_ns at that time */
	bool is_pressed;                    /* in the window before */
	pthread_mutex_t lock;               /* of what follows */
	pthread_cond_t changed;
	bool stopping;
	pthread_cond_t turned;
	uint64_t next_turn, turn; /* one works at a time, in the order in which they came */
};

/* What a choice of blocks depends on. */
struct appetite {
	uint64_t most_rows; /* of a merged block */
	uint64_t sifted;    /* spans of later commits are still to be sifted: their blocks wait for that */
	bool is_pressed, is_eager;
	uint64_t *
		waiting_bytes; /* of all blocks like the chosen ones, in their day: set where there are some */
};

/* A block of half the rows is full: with another one of its size it would not fit. */
static size_t tier_of(const struct block_entry *entry, const struct appetite *appetite)
{
	uint64_t most_rows = appetite->most_rows;
	size_t tier = 0;

	if (atomic_load(&entry->is_unmergeable) || entry->is_merging ||
	    (entry->header.signal == SIGNAL_TRACES && entry->header.last_sequence > appetite->sifted) ||
	    entry->header.row_count >= block_rows_of((enum signal)entry->header.signal, most_rows) / 2)
		return TIER_COUNT;
	while (entry->header.row_count >= tiers[tier].below_rows)
		tier++;
	return tier;
}

static bool is_wanted(const struct block_entry *entry, size_t tier, const struct appetite *appetite)
{
	size_t its_tier = tier_of(entry, appetite);

	return its_tier == tier || (its_tier < tier && appetite->is_eager);
}

static uint64_t waiting_bytes(struct block_entry *const *partition, size_t count, size_t tier,
			      const struct appetite *appetite)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += is_wanted(partition[i], tier, appetite) ? partition[i]->header.body_size : 0;
	return bytes;
}

/* Takes the blocks of tiers up to the given one, in order of time, as far as one block can hold their rows. */
static size_t take_blocks(struct block_entry *const *partition, size_t count, size_t tier,
			  const struct appetite *appetite, struct block_entry **chosen_out, size_t most)
{
	size_t chosen = 0;
	uint64_t rows = 0,
		 most_rows = block_rows_of((enum signal)partition[0]->header.signal, appetite->most_rows);

	for (size_t i = 0; i < count && chosen < most; i++) {
		if (!is_wanted(partition[i], tier, appetite))
			continue;
		if (rows + partition[i]->header.row_count > most_rows)
			break;
		rows += partition[i]->header.row_count;
		chosen_out[chosen++] = partition[i];
	}
	*appetite->waiting_bytes = waiting_bytes(partition, count, tier, appetite);
	return chosen;
}

static size_t choose_blocks(struct block_entry *const *partition, size_t count, const void *context,
			    struct block_entry **chosen_out, size_t most)
{
	const struct appetite *appetite = context;
	size_t counts[TIER_COUNT + 1] = {0};
	size_t chosen;

	for (size_t i = 0; i < count; i++)
		counts[tier_of(partition[i], appetite)]++;
	for (size_t tier = 0; tier < TIER_COUNT && !appetite->is_eager; tier++)
		if (counts[tier] >=
		    (appetite->is_pressed ? tiers[tier].enough_when_pressed : tiers[tier].enough))
			return take_blocks(partition, count, tier, appetite, chosen_out, most);
	if (!appetite->is_eager)
		return 0;
	chosen = take_blocks(partition, count, TIER_COUNT - 1, appetite, chosen_out, most);
	return chosen > 1 ? chosen : 0;
}

/* Rows that stand side by side in memory; first is their place among all rows. */
struct range {
	const char *rows;
	size_t row_size, count, first;
};

/* Blocks that are being read: their bytes stay until the new block is built. */
struct sources {
	struct body bodies[MERGE_MOST_BLOCKS];
	size_t count;
	struct arena arena;
	struct batch points; /* of metrics: their reader adds to a batch */
	const void **rows;
	uint64_t *sequences;                    /* beside rows */
	size_t row_count, row_capacity;         /* capacity: what the headers promise */
	struct range ranges[MERGE_MOST_BLOCKS]; /* by address once all are read */
	size_t range_count;
	bool is_read; /* all of them, whole */
};

static enum status too_many_rows(struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "a block holds more rows than its header says");
}

/* Notes which commits the rows of a block came with, from place first on. */
static enum status note_sequences(struct sources *sources, struct block *block,
				  const struct block_header *header, size_t first, struct error *error)
{
	const uint64_t *sequences;
	enum status status = block_sequences_read(block, header, &sequences, error);

	if (status == STATUS_OK)
		memcpy(sources->sequences + first, sequences, block->row_count * sizeof(*sequences));
	return status;
}

static void add_rows(struct sources *sources, const void *rows, size_t row_size, size_t count)
{
	sources->ranges[sources->range_count++] = (struct range){rows, row_size, count, sources->row_count};
	for (size_t i = 0; i < count; i++)
		sources->rows[sources->row_count++] = (const char *)rows + i * row_size;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->rows > y->rows) - (x->rows < y->rows);
}

/* The commit that a row came with: finds the range that it lies in. */
static uint64_t sequence_of_row(const void *context, const void *row)
{
	const struct sources *sources = context;
	size_t low = 0, high = sources->range_count;
	const struct range *range;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (sources->ranges[middle].rows <= (const char *)row)
			low = middle;
		else
			high = middle;
	}
	range = &sources->ranges[low];
	return sources->sequences[range->first + (size_t)((const char *)row - range->rows) / range->row_size];
}

static enum status read_spans(struct sources *sources, const struct block_header *header, struct str bytes,
			      struct error *error)
{
	struct span_reader *reader = arena_alloc(&sources->arena, sizeof(*reader));
	enum status status;
	struct span *spans;

	if (!reader)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	status = span_reader_open(reader, bytes, &sources->arena, error);
	if (status != STATUS_OK)
		return status;
	if (reader->block.row_count > sources->row_capacity - sources->row_count)
		return too_many_rows(error);
	spans = arena_alloc(&sources->arena, reader->block.row_count * sizeof(*spans));
	if (!spans)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	status = span_reader_read(reader, 0, reader->block.row_count, spans, error);
	if (status == STATUS_OK)
		status = note_sequences(sources, &reader->block, header, sources->row_count, error);
	if (status == STATUS_OK)
		add_rows(sources, spans, sizeof(*spans), reader->block.row_count);
	return status;
}

static enum status read_logs(struct sources *sources, const struct block_header *header, struct str bytes,
			     struct error *error)
{
	struct log_reader *reader = arena_alloc(&sources->arena, sizeof(*reader));
	enum status status;
	struct log_record *logs;

	if (!reader)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	status = log_reader_open(reader, bytes, &sources->arena, error);
	if (status != STATUS_OK)
		return status;
	if (reader->block.row_count > sources->row_capacity - sources->row_count)
		return too_many_rows(error);
	logs = arena_alloc(&sources->arena, reader->block.row_count * sizeof(*logs));
	if (!logs)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	status = log_reader_read(reader, 0, reader->block.row_count, logs, error);
	if (status == STATUS_OK)
		status = note_sequences(sources, &reader->block, header, sources->row_count, error);
	if (status == STATUS_OK)
		add_rows(sources, logs, sizeof(*logs), reader->block.row_count);
	return status;
}

/* The batch may move its points while it grows: their addresses are taken once all blocks are read. */
static enum status read_points(struct sources *sources, const struct block_header *header, struct str bytes,
			       struct error *error)
{
	const struct point_filter filter = POINT_FILTER_ANY;
	struct point_reader *reader = arena_alloc(&sources->arena, sizeof(*reader));
	enum status status;

	if (!reader)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	status = point_reader_open(reader, bytes, &sources->arena, error);
	if (status == STATUS_OK &&
	    reader->block.row_count > sources->row_capacity - sources->points.point_count)
		return too_many_rows(error);
	if (status == STATUS_OK)
		status = note_sequences(sources, &reader->block, header, sources->points.point_count, error);
	return status == STATUS_OK ? point_reader_read(reader, &filter, &sources->points, error) : status;
}

static enum status read_source(struct merger *merger, struct sources *sources,
			       const struct block_entry *entry, struct error *error)
{
	struct body *body = &sources->bodies[sources->count];
	enum status status = body_read(merger->store, entry, body, error);

	if (status != STATUS_OK)
		return status;
	sources->count++;
	switch (entry->header.signal) {
	case SIGNAL_TRACES: return read_spans(sources, &entry->header, body->bytes, error);
	case SIGNAL_LOGS: return read_logs(sources, &entry->header, body->bytes, error);
	default: return read_points(sources, &entry->header, body->bytes, error);
	}
}

/* The same, and a block that is damaged, or not what its header says, is marked so that nobody tries again.
 */
static enum status read_checked(struct merger *merger, struct sources *sources, struct block_entry *entry,
				struct error *error)
{
	size_t before = sources->row_count + sources->points.point_count;
	enum status status = read_source(merger, sources, entry, error);
	size_t rows = sources->row_count + sources->points.point_count - before;

	if (status == STATUS_OK && rows != entry->header.row_count)
		status = error_set(error, STATUS_CORRUPT,
				   "block %llu holds %zu rows where its header says %llu",
				   (unsigned long long)entry->header.sequence, rows,
				   (unsigned long long)entry->header.row_count);
	if (status == STATUS_CORRUPT)
		atomic_store(&entry->is_unmergeable, true);
	return status;
}

static enum status read_sources(struct merger *merger, struct sources *sources,
				struct block_entry *const *entries, size_t count, uint64_t row_count,
				struct error *error)
{
	enum status status = STATUS_OK;

	sources->row_capacity = row_count;
	sources->rows = malloc(row_count * sizeof(*sources->rows));
	sources->sequences = malloc(row_count * sizeof(*sources->sequences));
	if (!sources->rows || !sources->sequences)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = read_checked(merger, sources, entries[i], error);
	if (status == STATUS_OK && sources->points.point_count)
		add_rows(sources, sources->points.points, sizeof(struct metric_point),
			 sources->points.point_count);
	qsort(sources->ranges, sources->range_count, sizeof(struct range), compare_ranges);
	sources->is_read = status == STATUS_OK;
	return status;
}

static void release_sources(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++)
		body_release(&sources->bodies[i]);
	arena_release(&sources->arena);
	batch_release(&sources->points);
	free(sources->rows);
	free(sources->sequences);
}

static enum status build_merged(struct merger *merger, enum signal signal, struct sources *sources,
				uint64_t first_sequence, struct block_header *header_out, struct error *error)
{
	const void **rows = sources->rows;

	buffer_clear(&merger->body);
	block_builder_set_sequences(merger->builder, sequence_of_row, sources, first_sequence);
	switch (signal) {
	case SIGNAL_TRACES:
		return block_build_spans(merger->builder, (const struct span **)rows, sources->row_count,
					 &merger->body, header_out, error);
	case SIGNAL_LOGS:
		return block_build_logs(merger->builder, (const struct log_record **)rows, sources->row_count,
					&merger->body, header_out, error);
	default:
		return block_build_points(merger->builder, (const struct metric_point **)rows,
					  sources->row_count, &merger->body, header_out, error);
	}
}

/* The new block's place in the order of commits is that of all its sources together. */
static void name_merged(uint64_t sequence, struct block_entry *const *entries, size_t count,
			struct block_header *header)
{
	bool is_new_step;

	header->sequence = sequence;
	header->level = 1;
	header->first_sequence = UINT64_MAX;
	header->last_sequence = 0;
	is_new_step = header->step_ns == 0;
	for (size_t i = 0; i < count; i++) {
		const struct block_header *source = &entries[i]->header;

		if (source->first_sequence < header->first_sequence)
			header->first_sequence = source->first_sequence;
		if (source->last_sequence > header->last_sequence)
			header->last_sequence = source->last_sequence;
		/* As fine as the finest of them: the next sweep makes it coarser again. */
		if (is_new_step && (i == 0 || source->step_ns < header->step_ns))
			header->step_ns = source->step_ns;
	}
}

static void leftover_of(const struct block_entry *entry, char key[LEFTOVER_KEY_SIZE])
{
	char body[BODY_KEY_SIZE];

	body_key(entry->partition, &entry->header, body);
	leftover_key(entry->header.signal, body, key);
}

static void put_header(struct rocksdb_store *store, rocksdb_writebatch_t *writes, uint32_t partition,
		       const struct block_header *header, const struct buffer *encoded)
{
	char key[HEADER_KEY_SIZE];

	header_key(partition, header, key);
	rocksdb_writebatch_put_cf(writes, store->families[FAMILY_HEADERS], key, sizeof(key), encoded->data,
				  encoded->size);
}

static enum status put_body(struct merger *merger, rocksdb_writebatch_t *writes, uint32_t partition,
			    const struct block_header *header, const struct buffer *body, struct error *error)
{
	struct rocksdb_store *store = merger->store;
	char key[BODY_KEY_SIZE];

	body_key(partition, header, key);
	rocksdb_writebatch_put_cf(writes, store->families[FAMILY_BODIES + header->signal], key, sizeof(key),
				  body->data, body->size);
	return words_put(store, writes, partition, header, merger->builder, error);
}

/* The old headers out, the old bodies noted as leftovers. */
static void take_out(struct rocksdb_store *store, rocksdb_writebatch_t *writes,
		     struct block_entry *const *entries, size_t count)
{
	char header[HEADER_KEY_SIZE], leftover[LEFTOVER_KEY_SIZE], parts;

	for (size_t i = 0; i < count; i++) {
		header_key(entries[i]->partition, &entries[i]->header, header);
		rocksdb_writebatch_singledelete_cf(writes, store->families[FAMILY_HEADERS], header,
						   sizeof(header));
		leftover_of(entries[i], leftover);
		parts = (char)entries[i]->header.word_parts;
		rocksdb_writebatch_put_cf(writes, store->families[FAMILY_DEFAULT], leftover, sizeof(leftover),
					  &parts, sizeof(parts));
	}
}

/* Gives the block that comes of the entries its name, and makes its entry; encoded_out is the caller's to release. */
static enum status make_entry(uint64_t sequence, struct block_entry *const *entries, size_t count,
			      struct block_header *header, struct buffer *encoded_out,
			      struct block_entry **entry_out, struct error *error)
{
	name_merged(sequence, entries, count, header);
	header_encode(header, encoded_out);
	if (buffer_failed(encoded_out))
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	*entry_out = block_entry_new(entries[0]->partition, buffer_str(encoded_out), error);
	return *entry_out ? STATUS_OK : STATUS_NO_MEMORY;
}

/* One batch: the new block in, the old ones out. */
enum status merger_replace(struct merger *merger, struct block_entry *const *entries, size_t count,
			   struct block_header *header, const struct buffer *body, struct error *error)
{
	struct rocksdb_store *store = merger->store;
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	struct buffer encoded = BUFFER_EMPTY;
	struct block_entry *entry = NULL;
	uint64_t sequence = atomic_fetch_add(&store->next_sequence, 1);
	enum status status = make_entry(sequence, entries, count, header, &encoded, &entry, error);

	if (status == STATUS_OK)
		status = block_index_reserve(&store->index, 1, error);
	if (status == STATUS_OK) {
		put_header(store, writes, entry->partition, header, &encoded);
		take_out(store, writes, entries, count);
		status = put_body(merger, writes, entry->partition, header, body, error);
	}
	if (status == STATUS_OK)
		status = store_write(store, merger->write_options, writes, error);
	if (status == STATUS_OK) {
		atomic_fetch_add(&store->rewritten_bytes, body->size);
		block_index_replace(&store->index, entries, count, entry);
	} else {
		block_entry_free(entry);
	}
	buffer_release(&encoded);
	rocksdb_writebatch_destroy(writes);
	return status;
}

enum status merger_remove(struct merger *merger, struct block_entry *const *entries, size_t count,
			  struct error *error)
{
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	enum status status;

	take_out(merger->store, writes, entries, count);
	sequence_put(merger->store, writes);
	status = store_write(merger->store, merger->write_options, writes, error);
	if (status == STATUS_OK)
		block_index_replace(&merger->store->index, entries, count, NULL);
	rocksdb_writebatch_destroy(writes);
	return status;
}

/*
 * Reads the entries' rows and builds the block that they become, in merger->body. Where the filter, if there is one,
 * leaves none, there is no block, and header_out->row_count is 0.
 */
static enum status build_of(struct merger *merger, struct block_entry *const *entries, size_t count,
			    const struct merge_filter *filter, struct block_header *header_out,
			    struct error *error)
{
	struct sources *sources = calloc(1, sizeof(*sources));
	uint64_t row_count = 0, first_sequence = UINT64_MAX;
	enum status status;
	bool is_empty;

	if (!sources)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	for (size_t i = 0; i < count; i++) {
		row_count += entries[i]->header.row_count;
		if (entries[i]->header.first_sequence < first_sequence)
			first_sequence = entries[i]->header.first_sequence;
	}
	arena_init(&sources->arena, 0);
	batch_init(&sources->points, 0);
	status = read_sources(merger, sources, entries, count, row_count, error);
	if (status == STATUS_OK && filter)
		sources->row_count = filter->filter(filter->context, sources->rows, sources->sequences,
						    sources->row_count);
	is_empty = sources->row_count == 0;
	if (status == STATUS_OK && !is_empty)
		status = build_merged(merger, (enum signal)entries[0]->header.signal, sources, first_sequence,
				      header_out, error);
	/* Rows too different from each other to share a block: these stay as they are. */
	for (size_t i = 0; i < count && sources->is_read && status == STATUS_TOO_LARGE; i++)
		atomic_store(&entries[i]->is_unmergeable, true);
	release_sources(sources);
	free(sources);
	if (status == STATUS_OK && is_empty)
		header_out->row_count = 0;
	return status;
}

enum status merger_rewrite(struct merger *merger, struct block_entry *const *entries, size_t count,
			   const struct merge_filter *filter, struct error *error)
{
	struct block_header header;
	enum status status = build_of(merger, entries, count, filter, &header, error);

	if (status != STATUS_OK)
		return status;
	return header.row_count ? merger_replace(merger, entries, count, &header, &merger->body, error)
				: merger_remove(merger, entries, count, error);
}

/* The blocks that one merge joins, with a reference to each, and what they become. */
struct merge {
	struct block_entry *sources[MERGE_MOST_BLOCKS];
	size_t source_count;
	struct block_entry *merged; /* NULL until it is built */
	struct merge *next;
};

static void release_merges(struct merge *merges)
{
	struct merge *next;

	for (; merges; merges = next) {
		next = merges->next;
		for (size_t i = 0; i < merges->source_count; i++)
			block_entry_free(merges->sources[i]);
		block_entry_free(merges->merged);
		free(merges);
	}
}

/* The next blocks that are to be merged; *merge_out is NULL where there are none. */
static enum status choose_merge(struct merger *merger, const struct appetite *appetite,
				struct merge **merge_out, struct error *error)
{
	struct merge *merge = calloc(1, sizeof(*merge));

	if (!merge)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	merge->source_count = block_index_choose(&merger->store->index, choose_blocks, appetite,
						 merge->sources, MERGE_MOST_BLOCKS);
	if (merge->source_count == 0) {
		free(merge);
		merge = NULL;
	}
	*merge_out = merge;
	return STATUS_OK;
}

static enum status merge_into(struct merger *merger, struct bulk *bulk, rocksdb_writebatch_t *writes,
			      uint64_t sequence, struct merge *merge, struct error *error)
{
	struct buffer encoded = BUFFER_EMPTY;
	struct block_header header;
	enum status status = build_of(merger, merge->sources, merge->source_count, NULL, &header, error);

	if (status != STATUS_OK)
		return status;
	status = make_entry(sequence, merge->sources, merge->source_count, &header, &encoded, &merge->merged,
			    error);
	if (status == STATUS_OK)
		status = bulk_add(bulk, merge->merged->partition, &header, buffer_str(&merger->body),
				  merger->builder, error);
	if (status == STATUS_OK) {
		put_header(merger->store, writes, merge->merged->partition, &header, &encoded);
		take_out(merger->store, writes, merge->sources, merge->source_count);
	}
	buffer_release(&encoded);
	return status;
}

static void mark_merging(const struct merge *merge, bool is_merging)
{
	for (size_t i = 0; i < merge->source_count; i++)
		merge->sources[i]->is_merging = is_merging;
}

/* Makes what was gathered visible. */
static enum status finish_bulk(struct merger *merger, struct bulk *bulk, rocksdb_writebatch_t *writes,
			       struct merge *merges, struct error *error)
{
	struct rocksdb_store *store = merger->store;
	enum status status = block_index_reserve(&store->index, 1, error);

	pthread_mutex_lock(&store->take_over_lock);
	if (status == STATUS_OK)
		status = bulk_take_over(bulk, writes, error);
	if (status == STATUS_OK)
		status = store_write(store, merger->write_options, writes, error);
	pthread_mutex_unlock(&store->take_over_lock);
	for (struct merge *merge = merges; merge; merge = merge->next) {
		mark_merging(merge, false);
		if (status != STATUS_OK)
			continue;
		atomic_fetch_add(&store->rewritten_bytes, merge->merged->header.body_size);
		block_index_replace(&store->index, merge->sources, merge->source_count, merge->merged);
		merge->merged = NULL;
	}
	return status;
}

static bool is_of_same_day(const struct block_entry *a, const struct block_entry *b)
{
	return a->header.signal == b->header.signal && a->partition == b->partition;
}

static bool is_stopping(struct merger *merger)
{
	bool stopping;

	pthread_mutex_lock(&merger->lock);
	stopping = merger->stopping;
	pthread_mutex_unlock(&merger->lock);
	return stopping;
}

/*
 * Gathers merges of the first one's day until there is a file of them, and takes all of them over. Takes first. Their
 * sequences are reserved together: no commit's key lies between those of the file, for RocksDB would first write its
 * memory into a file, and put this one above it.
 */
static enum status merge_in_bulk(struct merger *merger, struct merge *first, const struct appetite *appetite,
				 struct error *error)
{
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	struct merge *merges = NULL, *merge = first;
	struct error failure = {0};
	struct bulk *bulk;
	enum status status =
		bulk_new(merger->store, (enum signal)first->sources[0]->header.signal, &bulk, error);
	enum status finished = STATUS_OK;
	uint64_t sequence = atomic_fetch_add(&merger->store->next_sequence, BULK_MOST_BLOCKS);
	const uint64_t end = sequence + BULK_MOST_BLOCKS;

	if (status != STATUS_OK)
		bulk = NULL;
	while (merge && status == STATUS_OK &&
	       (!merges || is_of_same_day(merge->sources[0], merges->sources[0]))) {
		status = merge_into(merger, bulk, writes, sequence++, merge, error);
		if (status != STATUS_OK)
			break;
		mark_merging(merge, true);
		merge->next = merges;
		merges = merge;
		merge = NULL;
		if (bulk_size_bytes(bulk) < BULK_MOST_BYTES && sequence < end && !is_stopping(merger))
			status = choose_merge(merger, appetite, &merge, error);
	}
	/* What one merge fails for, damaged blocks mostly, the others need not. */
	if (merges)
		finished = finish_bulk(merger, bulk, writes, merges, &failure);
	if (status == STATUS_OK && finished != STATUS_OK) {
		status = finished;
		*error = failure;
	}
	release_merges(merges);
	release_merges(merge);
	bulk_free(bulk);
	rocksdb_writebatch_destroy(writes);
	return status;
}

/* Takes the merge. */
static enum status merge_alone(struct merger *merger, struct merge *merge, struct error *error)
{
	struct block_header header;
	enum status status = build_of(merger, merge->sources, merge->source_count, NULL, &header, error);

	if (status == STATUS_OK)
		status = merger_replace(merger, merge->sources, merge->source_count, &header, &merger->body,
					error);
	release_merges(merge);
	return status;
}

/* Removes the bodies of merged blocks that nobody reads any more. */
static enum status sweep(struct merger *merger, struct error *error)
{
	struct rocksdb_store *store = merger->store;
	struct block_entry *entry = block_index_take_graveyard(&store->index), *next;
	rocksdb_writebatch_t *writes;
	char key[LEFTOVER_KEY_SIZE];
	enum status status;

	if (!entry)
		return STATUS_OK;
	writes = rocksdb_writebatch_create();
	for (; entry; entry = next) {
		next = entry->next;
		leftover_of(entry, key);
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT], key, LEFTOVER_KEY_SIZE);
		body_key(entry->partition, &entry->header, key);
		rocksdb_writebatch_singledelete_cf(
			writes, store->families[FAMILY_BODIES + entry->header.signal], key, BODY_KEY_SIZE);
		words_delete(store, writes, (enum signal)entry->header.signal, key, entry->header.word_parts);
		atomic_fetch_add(&store->removed_bytes, entry->header.body_size);
		block_entry_bury(entry);
	}
	/* Where this fails, the notes stay, and the next start tries again. */
	status = store_write(store, merger->write_options, writes, error);
	rocksdb_writebatch_destroy(writes);
	return status;
}

bool has_leftovers(struct rocksdb_store *store, enum signal signal, uint32_t first, uint32_t end)
{
	rocksdb_iterator_t *iterator =
		rocksdb_create_iterator_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT]);
	char sought[LEFTOVER_PREFIX_SIZE + 1 + 4];
	bool has = false;

	memcpy(sought, leftover_prefix, LEFTOVER_PREFIX_SIZE);
	sought[LEFTOVER_PREFIX_SIZE] = (char)signal;
	put_big_endian(sought + LEFTOVER_PREFIX_SIZE + 1, first, 4);
	rocksdb_iter_seek(iterator, sought, sizeof(sought));
	if (rocksdb_iter_valid(iterator)) {
		size_t size;
		const char *key = rocksdb_iter_key(iterator, &size);

		has = size == LEFTOVER_KEY_SIZE && memcmp(key, sought, LEFTOVER_PREFIX_SIZE + 1) == 0 &&
		      partition_of_key(key + LEFTOVER_PREFIX_SIZE + 1) < end;
	}
	rocksdb_iter_destroy(iterator);
	return has;
}

enum status remove_leftovers(struct rocksdb_store *store, struct error *error)
{
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	rocksdb_iterator_t *iterator =
		rocksdb_create_iterator_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT]);
	char *message = NULL;

	rocksdb_iter_seek(iterator, leftover_prefix, LEFTOVER_PREFIX_SIZE);
	for (; rocksdb_iter_valid(iterator); rocksdb_iter_next(iterator)) {
		size_t size, value_size;
		const char *key = rocksdb_iter_key(iterator, &size);
		const char *value = rocksdb_iter_value(iterator, &value_size);
		uint64_t sequence;
		uint8_t signal;

		if (size != LEFTOVER_KEY_SIZE || memcmp(key, leftover_prefix, LEFTOVER_PREFIX_SIZE) != 0)
			break;
		signal = (uint8_t)key[LEFTOVER_PREFIX_SIZE];
		/* No header may have the number, and none gets it again. */
		sequence = sequence_of_body_key(key + LEFTOVER_PREFIX_SIZE + 1);
		if (sequence >= store->next_sequence)
			store->next_sequence = sequence + 1;
		if (signal < SIGNAL_COUNT) {
			rocksdb_writebatch_singledelete_cf(writes, store->families[FAMILY_BODIES + signal],
							   key + LEFTOVER_PREFIX_SIZE + 1, BODY_KEY_SIZE);
			words_delete(store, writes, (enum signal)signal, key + LEFTOVER_PREFIX_SIZE + 1,
				     value_size ? (uint8_t)value[0] : 0);
		}
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT], key, size);
	}
	rocksdb_iter_get_error(iterator, &message);
	rocksdb_iter_destroy(iterator);
	if (!message && rocksdb_writebatch_count(writes))
		rocksdb_write(store->db, store->write_options, writes, &message);
	rocksdb_writebatch_destroy(writes);
	return message ? rocksdb_failed(message, "merged blocks cannot be removed", error) : STATUS_OK;
}

/* Whether appends took more than half of the last window. It is the caller's turn. */
static bool is_pressed(struct merger *merger)
{
	uint64_t now_ns = clock_monotonic_ns(), busy_ns = atomic_load(&merger->store->append_busy_ns);

	if (now_ns - merger->window_ns >= WINDOW_MS * NS_PER_MS) {
		merger->is_pressed = (busy_ns - merger->window_busy_ns) * 2 > now_ns - merger->window_ns;
		merger->window_ns = now_ns;
		merger->window_busy_ns = busy_ns;
	}
	return merger->is_pressed;
}

/* One merge, or many at once; *is_done_out where there is none to make. */
static enum status merge_once(struct merger *merger, bool eager, bool *is_done_out, struct error *error)
{
	struct rocksdb_store *store = merger->store;
	uint64_t waiting = 0;
	struct appetite appetite = {.most_rows = store->block_rows,
				    .sifted = atomic_load(&store->sifted),
				    .is_pressed = is_pressed(merger),
				    .is_eager = eager,
				    .waiting_bytes = &waiting};
	struct merge *merge = NULL;
	enum status status;

	pthread_rwlock_rdlock(&store->db_lock);
	status = store_check_writable(store, error);
	if (status == STATUS_OK)
		status = choose_merge(merger, &appetite, &merge, error);
	*is_done_out = !merge;
	if (merge)
		status = waiting >= BULK_LEAST_BYTES ? merge_in_bulk(merger, merge, &appetite, error)
						     : merge_alone(merger, merge, error);
	if (status == STATUS_OK)
		status = sweep(merger, error);
	pthread_rwlock_unlock(&store->db_lock);
	return status;
}

/* A mutex would go to whoever just let go of it, and retention would wait for as long as there is something to merge. */
static void begin_turn(struct merger *merger)
{
	uint64_t turn;

	pthread_mutex_lock(&merger->lock);
	turn = merger->next_turn++;
	while (merger->turn != turn)
		pthread_cond_wait(&merger->turned, &merger->lock);
	pthread_mutex_unlock(&merger->lock);
}

static void end_turn(struct merger *merger)
{
	pthread_mutex_lock(&merger->lock);
	merger->turn++;
	pthread_cond_broadcast(&merger->turned);
	pthread_mutex_unlock(&merger->lock);
}

enum status merger_hold(struct merger *merger, struct error *error)
{
	enum status status;

	begin_turn(merger);
	status = begin_read(merger->store, error);
	if (status != STATUS_OK)
		end_turn(merger);
	return status;
}

enum status merger_let_go(struct merger *merger, struct error *error)
{
	enum status status = end_read(merger->store, sweep(merger, error));

	end_turn(merger);
	return status;
}

enum status merger_run(struct merger *merger, bool eager, struct error *error)
{
	enum status status = STATUS_OK;
	bool is_done = false;

	while (status == STATUS_OK && !is_done && !is_stopping(merger)) {
		begin_turn(merger);
		status = merge_once(merger, eager, &is_done, error);
		end_turn(merger);
	}
	return status;
}

/* Waits for the next look; false once the store is closing. */
static bool pause_ms(struct merger *merger, uint64_t wait_ms)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(wait_ms / 1000);
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&merger->lock);
	while (!merger->stopping &&
	       pthread_cond_timedwait(&merger->changed, &merger->lock, &until) != ETIMEDOUT)
		;
	stopping = merger->stopping;
	pthread_mutex_unlock(&merger->lock);
	return !stopping;
}

static void *run(void *context)
{
	struct merger *merger = context;
	uint64_t wait_ms = PAUSE_MS;

	while (pause_ms(merger, wait_ms)) {
		struct error error = {0};

		wait_ms = PAUSE_MS;
		if (store_recover(merger->store, &error) != STATUS_OK)
			continue;
		/* A failed write was said in the log, and is looked after with the next look. */
		if (merger_run(merger, false, &error) == STATUS_OK ||
		    store_check_writable(merger->store, NULL) != STATUS_OK)
			continue;
		log_warn("storage", "blocks were not merged, the next try is in %d seconds: %s",
			 RETRY_SECONDS, error.message);
		wait_ms = RETRY_SECONDS * 1000;
	}
	return NULL;
}

enum status merger_new(struct rocksdb_store *store, struct merger **merger_out, struct error *error)
{
	struct merger *merger = calloc(1, sizeof(*merger));
	pthread_condattr_t attributes;

	if (!merger)
		return error_set(error, STATUS_NO_MEMORY, "no memory to open the store");
	merger->store = store;
	merger->builder = block_builder_new(store->codec, store->compression_level);
	merger->write_options = rocksdb_writeoptions_create();
	pthread_mutex_init(&merger->lock, NULL);
	pthread_cond_init(&merger->turned, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&merger->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	merger->has_thread = merger->builder && pthread_create(&merger->thread, NULL, run, merger) == 0;
	if (!merger->has_thread) {
		merger_free(merger);
		return error_set(error, STATUS_BUSY,
				 "the system has no thread or memory left to merge blocks");
	}
	pthread_setname_np(merger->thread, "merge");
	*merger_out = merger;
	return STATUS_OK;
}

void merger_stop(struct merger *merger)
{
	if (!merger)
		return;
	pthread_mutex_lock(&merger->lock);
	merger->stopping = true;
	pthread_cond_signal(&merger->changed);
	pthread_mutex_unlock(&merger->lock);
}

void merger_free(struct merger *merger)
{
	struct error error;

	if (!merger)
		return;
	merger_stop(merger);
	if (merger->has_thread) {
		pthread_join(merger->thread, NULL);
		if (merger->store->db && sweep(merger, &error) != STATUS_OK)
			log_warn("storage", "%s", error.message);
	}
	block_builder_free(merger->builder);
	buffer_release(&merger->body);
	rocksdb_writeoptions_destroy(merger->write_options);
	pthread_cond_destroy(&merger->turned);
	pthread_mutex_destroy(&merger->lock);
	pthread_cond_destroy(&merger->changed);
	free(merger);
}
