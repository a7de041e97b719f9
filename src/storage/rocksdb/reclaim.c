/*
 * Giving the disk back what is garbage.
 *
 * A block that was merged or dropped is deleted at once, and stays in RocksDB's files until they are rewritten.
 * Left alone that may be long: files of old days are not touched any more. So each sweep compares, for each day
 * of each signal, what the files hold with what is alive, and rewrites the range where too much of it is
 * garbage. What is rewritten is at most twice what is won, so that it cannot go on for ever. A store at rest
 * gives back more, once.
 *
 * Where nothing is alive, nothing need be rewritten: whole files go, and a tombstone over the range ends the
 * rest of it. Both would end a block too that is just being committed, so appends wait for them (not for the
 * rewriting of the files at the range's ends).
 */
#include <stdlib.h>

#include "storage/rocksdb/reclaim.h"
#include "storage/rocksdb/rocksdb_internal.h"

/*
 * Garbage that a day may have: a part of what is alive and a little more. At work what is rewritten comes on top of
 * what arrives; at rest most of what was committed is garbage, so that there is little to write again.
 */
static const struct slack {
	uint64_t divisor, bytes;
} slacks[] = {
	[RECLAIM_AT_WORK] = {2, UINT64_C(64) << 20},
	[RECLAIM_FOR_ROOM] = {8, UINT64_C(1) << 20},
	[RECLAIM_AT_REST] = {20, UINT64_C(1) << 20},
};

/* Days of a signal, and the bytes of its blocks there. */
struct span_of_days {
	uint32_t first, end; /* end is not part of it */
	uint8_t signal;
	uint64_t live_bytes;
};

struct spans {
	struct span_of_days *items;
	size_t count, capacity;
};

static bool add_span_of_days(struct spans *spans, struct span_of_days span)
{
	if (span.first == span.end)
		return true;
	if (spans->count == spans->capacity) {
		size_t capacity = spans->capacity ? spans->capacity * 2 : 64;
		struct span_of_days *items = realloc(spans->items, capacity * sizeof(*items));

		if (!items)
			return false;
		spans->items = items;
		spans->capacity = capacity;
	}
	spans->items[spans->count++] = span;
	return true;
}

/* Every day that there may be, as days that hold blocks and stretches between them that hold none. */
static bool list_signal(const struct block_index *index, uint8_t signal, struct spans *spans)
{
	struct block_entry *const *entries = index->entries[signal];
	size_t count = index->counts[signal];
	uint32_t next = 0;

	for (size_t at = 0; at < count;) {
		struct span_of_days day = {entries[at]->partition, entries[at]->partition + 1, signal, 0};

		for (; at < count && entries[at]->partition == day.first; at++)
			day.live_bytes += entries[at]->header.body_size;
		if (!add_span_of_days(spans, (struct span_of_days){next, day.first, signal, 0}) ||
		    !add_span_of_days(spans, day))
			return false;
		next = day.end;
	}
	return add_span_of_days(spans, (struct span_of_days){next, UINT32_MAX, signal, 0});
}

static enum status list_spans(struct block_index *index, struct spans *spans, struct error *error)
{
	bool has_memory = true;

	pthread_rwlock_rdlock(&index->lock);
	for (uint8_t signal = 0; signal < SIGNAL_COUNT && has_memory; signal++)
		has_memory = list_signal(index, signal, spans);
	pthread_rwlock_unlock(&index->lock);
	return has_memory ? STATUS_OK : error_set(error, STATUS_NO_MEMORY, "no memory to look for garbage");
}

static bool has_blocks(struct block_index *index, const struct span_of_days *span)
{
	bool has = false;

	pthread_rwlock_rdlock(&index->lock);
	for (size_t i = 0; i < index->counts[span->signal] && !has; i++)
		has = index->entries[span->signal][i]->partition >= span->first &&
		      index->entries[span->signal][i]->partition < span->end;
	pthread_rwlock_unlock(&index->lock);
	return has;
}

struct range_keys {
	char first[4], end[4];
};

static struct range_keys keys_of(const struct span_of_days *span)
{
	struct range_keys keys;

	put_big_endian(keys.first, span->first, 4);
	put_big_endian(keys.end, span->end, 4);
	return keys;
}

static enum status file_bytes(struct rocksdb_store *store, const struct span_of_days *span,
			      uint64_t *bytes_out, struct error *error)
{
	struct range_keys keys = keys_of(span);
	const char *first = keys.first, *end = keys.end;
	size_t size = sizeof(keys.first);
	char *message = NULL;
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	rocksdb_approximate_sizes_cf(store->db, store->families[FAMILY_BODIES + span->signal], 1, &first,
				     &size, &end, &size, bytes_out, &message);
	if (message)
		status = rocksdb_failed(message, "the size of a day cannot be read", error);
	return end_read(store, status);
}

static void rewrite(struct rocksdb_store *store, size_t family, struct range_keys keys)
{
	rocksdb_compact_range_cf(store->db, store->families[family], keys.first, sizeof(keys.first), keys.end,
				 sizeof(keys.end));
}

/* No append is under way: what has neither a header nor a reader now will have none. */
static enum status remove_range(struct rocksdb_store *store, const struct span_of_days *span,
				bool *is_done_out, struct error *error)
{
	struct range_keys keys = keys_of(span);
	rocksdb_column_family_handle_t *family = store->families[FAMILY_BODIES + span->signal];
	rocksdb_writeoptions_t *options;
	rocksdb_writebatch_t *writes;
	char *message = NULL;
	enum status status = STATUS_OK;

	*is_done_out = !has_blocks(&store->index, span) &&
		       !has_leftovers(store, (enum signal)span->signal, span->first, span->end);
	if (!*is_done_out)
		return STATUS_OK;
	/* The tombstone first: were it missing, what the files' own tombstones hide would come back. It is on the disk before
	 * files go, and with it all that was written before: a log that lost its end would have headers back, without bodies. */
	options = rocksdb_writeoptions_create();
	rocksdb_writeoptions_set_sync(options, 1);
	writes = rocksdb_writebatch_create();
	rocksdb_writebatch_delete_range_cf(writes, family, keys.first, sizeof(keys.first), keys.end,
					   sizeof(keys.end));
	status = store_write(store, options, writes, error);
	rocksdb_writebatch_destroy(writes);
	rocksdb_writeoptions_destroy(options);
	if (status == STATUS_OK)
		rocksdb_delete_file_in_range_cf(store->db, family, keys.first, sizeof(keys.first), keys.end,
						sizeof(keys.end), &message);
	return message ? rocksdb_failed(message, "the files of a day cannot be removed", error) : status;
}

/* Appends wait, and their lock comes before the database's, as in an append itself. */
static enum status end_range(struct rocksdb_store *store, const struct span_of_days *span, bool *is_done_out,
			     struct error *error)
{
	enum status status;

	pthread_mutex_lock(&store->append_lock);
	status = begin_read(store, error);
	if (status == STATUS_OK)
		status = end_read(store, remove_range(store, span, is_done_out, error));
	pthread_mutex_unlock(&store->append_lock);
	return status;
}

static enum status reclaim_span(struct rocksdb_store *store, const struct span_of_days *span,
				enum reclaim_when when, struct error *error)
{
	uint64_t bytes = 0, live = span->live_bytes;
	uint64_t allowed = live + live / slacks[when].divisor + slacks[when].bytes;
	bool is_done = true;
	enum status status = file_bytes(store, span, &bytes, error);

	if (status != STATUS_OK || bytes <= (live ? allowed : 0))
		return status;
	if (live == 0)
		status = end_range(store, span, &is_done, error);
	if (status == STATUS_OK && is_done)
		status = begin_read(store, error);
	if (status == STATUS_OK && is_done) {
		rewrite(store, FAMILY_BODIES + (size_t)span->signal, keys_of(span));
		/* Headers of merged blocks are garbage too, and few: a day has all three signals' in one range. */
		if (when == RECLAIM_AT_REST && live)
			rewrite(store, FAMILY_HEADERS, keys_of(span));
		status = end_read(store, STATUS_OK);
	}
	return status;
}

enum status reclaim(struct rocksdb_store *store, enum reclaim_when when, struct error *error)
{
	struct spans spans = {0};
	enum status status;

	/* Where headers cannot be read, what looks like garbage may be what can still be rescued. */
	if (atomic_load(&store->has_lost_headers) || atomic_load(&store->has_unknown_blocks))
		return STATUS_OK;
	status = list_spans(&store->index, &spans, error);
	for (size_t i = 0; i < spans.count && status == STATUS_OK; i++)
		status = reclaim_span(store, &spans.items[i], when, error);
	free(spans.items);
	return status;
}

void reclaim_headers(struct rocksdb_store *store)
{
	struct span_of_days before = {0, UINT32_MAX, 0, 0};
	struct block_index *index = &store->index;

	pthread_rwlock_rdlock(&index->lock);
	for (size_t signal = 0; signal < SIGNAL_COUNT; signal++)
		if (index->counts[signal] && index->entries[signal][0]->partition < before.end)
			before.end = index->entries[signal][0]->partition;
	pthread_rwlock_unlock(&index->lock);
	if (before.end)
		rewrite(store, FAMILY_HEADERS, keys_of(&before));
}
