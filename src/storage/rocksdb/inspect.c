#include "storage/rocksdb/inspect.h"

#include "storage/rocksdb/rocksdb_internal.h"

static enum status check_store(const struct store *store, struct error *error)
{
	if (is_rocksdb_store(store))
		return STATUS_OK;
	return error_set(error, STATUS_UNSUPPORTED, "the %s store has no blocks to look into",
			 store->ops->name);
}

/* The headers as they lie in the database, one behind the other: so that no visit is made while it is held open. */
struct gathered {
	char key[HEADER_KEY_SIZE];
	bool is_read;
	uint32_t value_size; /* of what follows */
};

static enum status gather_header(void *context, struct str key, struct str value, struct error *error)
{
	struct gathered gathered = {.is_read = value.data != NULL, .value_size = (uint32_t)value.size};
	struct buffer *headers = context;

	if (key.size != HEADER_KEY_SIZE || (uint8_t)key.data[4] >= SIGNAL_COUNT)
		return error_set(error, STATUS_CORRUPT,
				 "the headers hold a key of %zu bytes that is no block's", key.size);
	memcpy(gathered.key, key.data, HEADER_KEY_SIZE);
	buffer_append(headers, &gathered, sizeof(gathered));
	buffer_append_str(headers, value);
	return buffer_failed(headers) ? error_set(error, STATUS_NO_MEMORY, "no memory to list the blocks")
				      : STATUS_OK;
}

static enum status gather_headers(struct rocksdb_store *store, struct buffer *headers, struct error *error)
{
	enum status status = begin_read(store, error);

	if (status != STATUS_OK)
		return status;
	return end_read(store, each_header(store, gather_header, headers, error));
}

/* value.data is NULL where the header cannot be read. */
static enum status visit_header(block_visit *visit, void *context, const char key[HEADER_KEY_SIZE],
				struct str value, struct arena *arena, struct error *error)
{
	struct stored_block block = {.day = partition_of_key(key),
				     .signal = (uint8_t)key[4],
				     .sequence = sequence_of_key(key),
				     .header_bytes = value.size};
	enum status status = STATUS_CORRUPT;
	struct error damage;

	if (value.data)
		status = header_decode(value, arena, &block.header, &damage);
	if (status == STATUS_NO_MEMORY)
		return error_set(error, status, "%s", damage.message);
	block.level = block.header.level;
	block.is_header_damaged = status != STATUS_OK || block.header.signal != block.signal ||
				  block.header.sequence != block.sequence;
	return visit(context, &block, error);
}

static enum status visit_headers(struct str headers, block_visit *visit, void *context, struct error *error)
{
	struct arena arena;
	enum status status = STATUS_OK;

	arena_init(&arena, 0);
	for (size_t at = 0; at < headers.size && status == STATUS_OK;) {
		struct gathered gathered;
		struct str value;

		memcpy(&gathered, headers.data + at, sizeof(gathered));
		at += sizeof(gathered);
		value = str_make(gathered.is_read ? headers.data + at : NULL, gathered.value_size);
		at += value.size;
		arena_clear(&arena);
		status = visit_header(visit, context, gathered.key, value, &arena, error);
	}
	arena_release(&arena);
	return status;
}

enum status inspect_blocks(struct store *base, block_visit *visit, void *context, bool *is_whole_out,
			   struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	struct buffer headers = BUFFER_EMPTY;
	enum status status = check_store(base, error);

	if (status == STATUS_OK)
		status = gather_headers(store, &headers, error);
	if (status == STATUS_OK)
		status = visit_headers(buffer_str(&headers), visit, context, error);
	buffer_release(&headers);
	if (status == STATUS_OK && is_whole_out)
		*is_whole_out = !atomic_load(&store->has_unknown_blocks);
	return status;
}

enum status inspect_read_body(struct store *base, const struct stored_block *block, struct buffer *body_out,
			      struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	struct block_entry entry = {.partition = block->day,
				    .header = {.signal = block->signal, .sequence = block->sequence}};
	enum status status = check_store(base, error);
	struct body body;

	if (status == STATUS_OK)
		status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	status = body_fetch(store, &entry, &body, error);
	if (status == STATUS_OK) {
		buffer_append_str(body_out, body.bytes);
		body_release(&body);
		if (buffer_failed(body_out))
			status = error_set(error, STATUS_NO_MEMORY, "no memory to read a block");
	}
	return end_read(store, status);
}

static bool has_key(struct rocksdb_store *store, size_t family, const char *key, size_t size)
{
	char *message = NULL;
	rocksdb_pinnableslice_t *slice = rocksdb_get_pinned_cf(store->db, store->read_options,
							       store->families[family], key, size, &message);
	/* What cannot be read is told by others: here it counts as being there. */
	bool is_there = slice || message;

	rocksdb_free(message);
	rocksdb_pinnableslice_destroy(slice);
	return is_there;
}

static bool is_orphan(struct rocksdb_store *store, uint8_t signal, const char *key)
{
	char header[HEADER_KEY_SIZE], leftover[LEFTOVER_KEY_SIZE];

	memcpy(header, key, 4);
	header[4] = (char)signal;
	memcpy(header + 5, key + 4, BODY_KEY_SIZE - 4);
	leftover_key(signal, key, leftover);
	return !has_key(store, FAMILY_HEADERS, header, sizeof(header)) &&
	       !has_key(store, FAMILY_DEFAULT, leftover, sizeof(leftover));
}

enum status inspect_orphans(struct store *base, uint64_t *count_out, uint64_t *bytes_out, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = check_store(base, error);

	if (status != STATUS_OK)
		return status;
	status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	*count_out = *bytes_out = 0;
	for (uint8_t signal = 0; signal < SIGNAL_COUNT; signal++) {
		rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(
			store->db, store->read_options, store->families[FAMILY_BODIES + signal]);
		char *message = NULL;

		for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator);
		     rocksdb_iter_next(iterator)) {
			size_t key_size, size;
			const char *key = rocksdb_iter_key(iterator, &key_size);

			if (key_size != BODY_KEY_SIZE || !is_orphan(store, signal, key))
				continue;
			rocksdb_iter_value(iterator, &size);
			*count_out += 1;
			*bytes_out += size;
		}
		rocksdb_iter_get_error(iterator, &message);
		rocksdb_iter_destroy(iterator);
		/* A body that cannot be read has a header that says so. */
		rocksdb_free(message);
	}
	return end_read(store, STATUS_OK);
}

enum status inspect_compact_files(struct store *base, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	enum status status = check_store(base, error);
	uint64_t failures = 0;

	if (status != STATUS_OK)
		return status;
	if (store->is_read_only)
		return refuse_change(store, error);
	status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	store_flush(store);
	for (size_t i = 0; i < FAMILY_COUNT; i++)
		rocksdb_compact_range_cf(store->db, store->families[i], NULL, 0, NULL, 0);
	/* The call itself does not say whether it failed. */
	if (rocksdb_property_int(store->db, "rocksdb.background-errors", &failures) == 0 && failures)
		status = error_set(
			error, STATUS_CORRUPT,
			"the files of the store at %s cannot be rewritten: a part of them is damaged",
			store->path);
	else
		status = store_check_writable(store, error);
	return end_read(store, status);
}
