/*
 * Sifting: blocks of spans whose traces sampling has decided on are read, a group of one day at a time, and written again
 * as one block without the spans that go. They are the blocks as they were committed: the merge thread leaves blocks
 * alone that hold a commit after store->sifted.
 *
 * A sift is over when its end is on the disk. The blocks that it makes have sequences of their own after the one with
 * which it began, so it takes none twice; one that begins anew may, and asks again about what was kept.
 */
#include <stdlib.h>

#include "base/log.h"
#include "storage/rocksdb/rocksdb_internal.h"

enum { GROUP_BLOCKS = 256 };

static const char sifted_key[] = "sifted";
enum { SIFTED_KEY_SIZE = sizeof(sifted_key) - 1, SEQUENCE_SIZE = 8 };

/* A sift that is under way. */
struct sifting {
	const struct store_sift *sift;
	uint64_t after;         /* the commits that the one before has done */
	uint64_t next_sequence; /* of the first block that this one makes */
};

static bool is_to_sift(const struct block_header *header, const void *filter)
{
	const struct sifting *sifting = filter;

	return header->last_sequence > sifting->after && header->first_sequence <= sifting->sift->up_to &&
	       header->sequence < sifting->next_sequence;
}

static bool is_undecided(const struct sifting *sifting, uint64_t sequence)
{
	return sequence > sifting->after && sequence <= sifting->sift->up_to;
}

static bool is_same_trace(const void *a, const void *b)
{
	return memcmp(((const struct span *)a)->trace_id, ((const struct span *)b)->trace_id,
		      TRACE_ID_SIZE) == 0;
}

/* Spans of a trace stand together in a block. */
static size_t filter_spans(void *context, const void **rows, const uint64_t *sequences, size_t count)
{
	const struct sifting *sifting = context;
	size_t kept = 0;

	for (size_t first = 0, end; first < count; first = end) {
		bool is_open = is_undecided(sifting, sequences[first]);

		for (end = first + 1; end < count; end++)
			if (is_undecided(sifting, sequences[end]) != is_open ||
			    !is_same_trace(rows[first], rows[end]))
				break;
		if (is_open && !sifting->sift->keep(sifting->sift->context,
						    (const struct span *const *)rows + first, end - first))
			continue;
		memmove(rows + kept, rows + first, (end - first) * sizeof(*rows));
		kept += end - first;
	}
	return kept;
}

/* The oldest blocks of one day, as many as one block can hold. */
static size_t choose_group(const struct block_list *list, uint64_t most_rows,
			   struct block_entry *group_out[GROUP_BLOCKS])
{
	uint64_t rows = 0;
	size_t count = 0;

	for (size_t i = list->count; i-- > 0 && count < GROUP_BLOCKS;) {
		struct block_entry *entry = list->items[i];

		if (atomic_load(&entry->is_unmergeable))
			continue;
		if (count && (entry->partition != group_out[0]->partition ||
			      rows + entry->header.row_count > most_rows))
			break;
		group_out[count++] = entry;
		rows += entry->header.row_count;
	}
	return count;
}

/* Merges are held off. */
static enum status sift_group(struct rocksdb_store *store, struct sifting *sifting, size_t *count_out,
			      struct error *error)
{
	const struct merge_filter filter = {filter_spans, sifting};
	struct block_entry *group[GROUP_BLOCKS];
	struct block_list list;
	enum status status = store_check_writable(store, error);

	if (status == STATUS_OK)
		status = block_index_list(&store->index, SIGNAL_TRACES, UINT64_MAX, is_to_sift, sifting,
					  &list, error);
	if (status != STATUS_OK)
		return status;
	*count_out = choose_group(&list, block_rows_of(SIGNAL_TRACES, store->block_rows), group);
	if (*count_out)
		status = merger_rewrite(store->merger, group, *count_out, &filter, error);
	block_list_release(&list);
	return status;
}

static enum status note_end(struct rocksdb_store *store, uint64_t sequence, struct error *error)
{
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();
	char value[SEQUENCE_SIZE];
	enum status status;

	put_big_endian(value, sequence, sizeof(value));
	rocksdb_writebatch_put_cf(writes, store->families[FAMILY_DEFAULT], sifted_key, SIFTED_KEY_SIZE, value,
				  sizeof(value));
	status = store_write(store, store->write_options, writes, error);
	rocksdb_writebatch_destroy(writes);
	if (status == STATUS_OK)
		atomic_store(&store->sifted, sequence);
	return status;
}

enum status rocksdb_sift(struct store *base, const struct store_sift *sift, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	struct sifting sifting = {sift, atomic_load(&store->sifted), atomic_load(&store->next_sequence)};
	enum status status = STATUS_OK;
	size_t count = 1;

	if (store->is_read_only)
		return refuse_change(store, error);
	if (sifting.after == UINT64_MAX)
		return error_set(error, STATUS_UNSUPPORTED, "the store was not opened to be sifted");
	if (sift->up_to <= sifting.after)
		return STATUS_OK;
	while (status == STATUS_OK && count > 0) {
		status = merger_hold(store->merger, error);
		if (status != STATUS_OK)
			return status;
		status = sift_group(store, &sifting, &count, error);
		/* The damaged block is marked, and left out the next time. */
		if (status == STATUS_CORRUPT || status == STATUS_TOO_LARGE) {
			log_warn("storage", "spans of a block are not sifted: %s", error->message);
			status = STATUS_OK;
		}
		if (status == STATUS_OK && count == 0)
			status = note_end(store, sift->up_to, error);
		merger_let_go(store->merger, status == STATUS_OK ? error : NULL);
	}
	return status;
}

static enum status read_end(struct rocksdb_store *store, bool *is_there_out, uint64_t *sequence_out,
			    struct error *error)
{
	char *message = NULL, *value;
	size_t size = 0;

	value = rocksdb_get_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT], sifted_key,
			       SIFTED_KEY_SIZE, &size, &message);
	if (message)
		return rocksdb_failed(message, "it cannot be read up to where spans were sifted", error);
	*is_there_out = value && size == SEQUENCE_SIZE;
	if (*is_there_out)
		*sequence_out = get_big_endian(value, SEQUENCE_SIZE);
	rocksdb_free(value);
	return STATUS_OK;
}

enum status sift_begin(struct rocksdb_store *store, bool sifts, struct error *error)
{
	uint64_t sequence = block_index_last_sequence(&store->index);
	bool is_there = false;
	char *message = NULL;
	enum status status = read_end(store, &is_there, &sequence, error);

	if (status != STATUS_OK)
		return status;
	if (sifts)
		return note_end(store, sequence, error);
	if (is_there)
		rocksdb_delete_cf(store->db, store->write_options, store->families[FAMILY_DEFAULT],
				  sifted_key, SIFTED_KEY_SIZE, &message);
	return message ? rocksdb_failed(message, "the note about sifting cannot be removed", error)
		       : STATUS_OK;
}
