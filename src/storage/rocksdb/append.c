#include <stdlib.h>

#include "storage/rocksdb/rocksdb_internal.h"

/* How many rows of a signal one block takes at most when much is committed at once. */
enum { COMMIT_MOST_ROWS = 32768 };

/* A commit that is being put together: one write batch, and the entries that become visible after it. */
struct commit {
	struct rocksdb_store *store;
	rocksdb_writebatch_t *writes;
	struct block_entry **entries;
	size_t entry_count, entry_capacity;
};

static enum status add_entry(struct commit *commit, struct block_entry *entry, struct error *error)
{
	if (commit->entry_count == commit->entry_capacity) {
		size_t capacity = commit->entry_capacity ? commit->entry_capacity * 2 : 8;
		struct block_entry **entries =
			realloc(commit->entries, capacity * sizeof(struct block_entry *));

		if (!entries) {
			block_entry_free(entry);
			return error_set(error, STATUS_NO_MEMORY, "no memory to commit a block");
		}
		commit->entries = entries;
		commit->entry_capacity = capacity;
	}
	commit->entries[commit->entry_count++] = entry;
	return STATUS_OK;
}

/* Puts the block that was just built into the batch, with its header. */
static enum status put_block(struct commit *commit, uint32_t partition, struct block_header *header,
			     struct error *error)
{
	struct rocksdb_store *store = commit->store;
	struct buffer encoded = BUFFER_EMPTY;
	struct block_entry *entry = NULL;
	char key[HEADER_KEY_SIZE];

	header->sequence = atomic_fetch_add(&store->next_sequence, 1);
	header->first_sequence = header->last_sequence = header->sequence;
	header_encode(header, &encoded);
	if (buffer_failed(&encoded))
		error_set(error, STATUS_NO_MEMORY, "no memory to commit a block");
	else
		entry = block_entry_new(partition, buffer_str(&encoded), error);
	if (!entry) {
		buffer_release(&encoded);
		return STATUS_NO_MEMORY;
	}
	header_key(partition, header, key);
	rocksdb_writebatch_put_cf(commit->writes, store->families[FAMILY_HEADERS], key, HEADER_KEY_SIZE,
				  encoded.data, encoded.size);
	body_key(partition, header, key);
	rocksdb_writebatch_put_cf(commit->writes, store->families[FAMILY_BODIES + header->signal], key,
				  BODY_KEY_SIZE, store->body.data, store->body.size);
	atomic_fetch_add(&store->committed_bytes, store->body.size);
	buffer_release(&encoded);
	if (words_put(store, commit->writes, partition, header, store->builder, error) != STATUS_OK) {
		block_entry_free(entry);
		return STATUS_NO_MEMORY;
	}
	return add_entry(commit, entry, error);
}

static enum status build(struct block_builder *builder, enum signal signal, const void **rows, size_t count,
			 struct buffer *body, struct block_header *header_out, struct error *error)
{
	switch (signal) {
	case SIGNAL_TRACES:
		return block_build_spans(builder, (const struct span **)rows, count, body, header_out, error);
	case SIGNAL_LOGS:
		return block_build_logs(builder, (const struct log_record **)rows, count, body, header_out,
					error);
	default:
		return block_build_points(builder, (const struct metric_point **)rows, count, body,
					  header_out, error);
	}
}

/* Rows too different from each other to share a block (too many keys) are halved until they fit. */
static enum status put_rows(struct commit *commit, enum signal signal, uint32_t partition, const void **rows,
			    size_t count, struct error *error)
{
	struct block_header header;
	enum status status;

	buffer_clear(&commit->store->body);
	status = build(commit->store->builder, signal, rows, count, &commit->store->body, &header, error);
	if (status == STATUS_OK)
		return put_block(commit, partition, &header, error);
	if (count == 1)
		return status;
	status = put_rows(commit, signal, partition, rows, count / 2, error);
	if (status == STATUS_OK)
		status = put_rows(commit, signal, partition, rows + count / 2, count - count / 2, error);
	return status;
}

static uint64_t row_time_ns(enum signal signal, const void *row)
{
	switch (signal) {
	case SIGNAL_TRACES: return ((const struct span *)row)->start_ns;
	case SIGNAL_LOGS: return ((const struct log_record *)row)->time_ns;
	default: return ((const struct metric_point *)row)->time_ns;
	}
}

struct dated {
	const void *row;
	size_t order;
	uint32_t partition;
};

static int compare_dated(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->partition != y->partition)
		return x->partition > y->partition ? 1 : -1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Sorts rows of several days by day, keeping their order within one. */
static enum status sort_by_partition(enum signal signal, const void **rows, size_t count, struct error *error)
{
	uint32_t first = partition_of(row_time_ns(signal, rows[0]));
	struct dated *dated;
	bool is_one = true;

	for (size_t i = 1; i < count && is_one; i++)
		is_one = partition_of(row_time_ns(signal, rows[i])) == first;
	if (is_one)
		return STATUS_OK;
	dated = malloc(count * sizeof(*dated));
	if (!dated)
		return error_set(error, STATUS_NO_MEMORY, "no memory to sort %zu rows", count);
	for (size_t i = 0; i < count; i++)
		dated[i] = (struct dated){rows[i], i, partition_of(row_time_ns(signal, rows[i]))};
	qsort(dated, count, sizeof(*dated), compare_dated);
	for (size_t i = 0; i < count; i++)
		rows[i] = dated[i].row;
	free(dated);
	return STATUS_OK;
}

static enum status put_signal(struct commit *commit, enum signal signal, const void **rows, size_t count,
			      struct error *error)
{
	size_t most =
		commit->store->block_rows < COMMIT_MOST_ROWS ? commit->store->block_rows : COMMIT_MOST_ROWS;
	enum status status = sort_by_partition(signal, rows, count, error);

	for (size_t first = 0, end; first < count && status == STATUS_OK; first = end) {
		uint32_t partition = partition_of(row_time_ns(signal, rows[first]));

		for (end = first + 1; end < count && end - first < most; end++)
			if (partition_of(row_time_ns(signal, rows[end])) != partition)
				break;
		status = put_rows(commit, signal, partition, rows + first, end - first, error);
	}
	return status;
}

static size_t row_count(enum signal signal, const struct batch *batch)
{
	switch (signal) {
	case SIGNAL_TRACES: return batch->span_count;
	case SIGNAL_LOGS: return batch->log_count;
	default: return batch->point_count;
	}
}

static const void *row_at(enum signal signal, const struct batch *batch, size_t index)
{
	switch (signal) {
	case SIGNAL_TRACES: return &batch->spans[index];
	case SIGNAL_LOGS: return &batch->logs[index];
	default: return &batch->points[index];
	}
}

static enum status gather_signal(struct commit *commit, enum signal signal, struct batch *const *batches,
				 size_t count, struct error *error)
{
	size_t total = 0, at = 0;
	const void **rows;
	enum status status;

	for (size_t i = 0; i < count; i++)
		total += row_count(signal, batches[i]);
	if (total == 0)
		return STATUS_OK;
	rows = malloc(total * sizeof(*rows));
	if (!rows)
		return error_set(error, STATUS_NO_MEMORY, "no memory to commit %zu rows", total);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < row_count(signal, batches[i]); j++)
			rows[at++] = row_at(signal, batches[i], j);
	status = put_signal(commit, signal, rows, total, error);
	free(rows);
	return status;
}

static enum status write_commit(struct commit *commit, struct error *error)
{
	struct rocksdb_store *store = commit->store;
	enum status status = block_index_reserve(&store->index, commit->entry_count, error);

	if (status == STATUS_OK)
		status = store_write(store, store->write_options, commit->writes, error);
	if (status != STATUS_OK)
		return status;
	block_index_add(&store->index, commit->entries, commit->entry_count);
	commit->entry_count = 0;
	return STATUS_OK;
}

enum status rocksdb_append(struct store *base, struct batch *const *batches, size_t count,
			   struct error *error)
{
	struct commit commit = {.store = (struct rocksdb_store *)base};
	uint64_t start_ns = clock_monotonic_ns();
	enum status status = commit.store->is_read_only ? refuse_change(commit.store, error)
							: store_check_writable(commit.store, error);

	if (status != STATUS_OK)
		return status;
	pthread_mutex_lock(&commit.store->append_lock);
	pthread_rwlock_rdlock(&commit.store->db_lock);
	status = store_check_writable(commit.store, error); /* it may have been waited for */
	commit.writes = rocksdb_writebatch_create();
	for (int signal = 0; signal < SIGNAL_COUNT && status == STATUS_OK; signal++)
		status = gather_signal(&commit, (enum signal)signal, batches, count, error);
	if (status == STATUS_OK && commit.entry_count)
		status = write_commit(&commit, error);
	rocksdb_writebatch_destroy(commit.writes);
	pthread_rwlock_unlock(&commit.store->db_lock);
	pthread_mutex_unlock(&commit.store->append_lock);
	for (size_t i = 0; i < commit.entry_count; i++)
		block_entry_free(commit.entries[i]);
	free(commit.entries);
	atomic_fetch_add(&commit.store->append_busy_ns, clock_monotonic_ns() - start_ns);
	return status;
}
