#include "storage/rocksdb/inspect.h"

#include "storage/rocksdb/rocksdb_internal.h"

static enum status check_store(const struct store *store, struct error *error)
{
	if (is_rocksdb_store(store))
		return STATUS_OK;
	return error_set(error, STATUS_UNSUPPORTED, "the %s store has no blocks to look into",
			 store->ops->name);
}

static bool read_key(struct str key, struct stored_block *block_out)
{
	*block_out = (struct stored_block){0};
	if (key.size != HEADER_KEY_SIZE || (uint8_t)key.data[4] >= SIGNAL_COUNT)
		return false;
	block_out->day = partition_of_key(key.data);
	block_out->signal = (uint8_t)key.data[4];
	block_out->sequence = sequence_of_key(key.data);
	return true;
}

struct walk {
	block_visit *visit;
	void *context;
	struct arena arena;
};

static enum status visit_header(void *context, struct str key, struct str value, struct error *error)
{
	struct walk *walk = context;
	struct stored_block block;
	struct error damage;
	enum status status = STATUS_CORRUPT;

	if (!read_key(key, &block))
		return error_set(error, STATUS_CORRUPT,
				 "the headers hold a key of %zu bytes that is no block's", key.size);
	block.header_bytes = value.size;
	arena_clear(&walk->arena);
	if (value.data)
		status = header_decode(value, &walk->arena, &block.header, &damage);
	if (status == STATUS_NO_MEMORY)
		return error_set(error, status, "%s", damage.message);
	block.level = block.header.level;
	block.is_header_damaged = status != STATUS_OK || block.header.signal != block.signal ||
				  block.header.sequence != block.sequence;
	return walk->visit(walk->context, &block, error);
}

enum status inspect_blocks(struct store *base, block_visit *visit, void *context, bool *is_whole_out,
			   struct error *error)
{
	struct walk walk = {visit, context, {0}};
	enum status status = check_store(base, error);

	if (status != STATUS_OK)
		return status;
	arena_init(&walk.arena, 0);
	status = each_header((struct rocksdb_store *)base, visit_header, &walk, error);
	arena_release(&walk.arena);
	if (status == STATUS_OK && is_whole_out)
		*is_whole_out = !atomic_load(&((struct rocksdb_store *)base)->has_unknown_blocks);
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
		status = body_fetch(store, &entry, &body, error);
	if (status != STATUS_OK)
		return status;
	buffer_append_str(body_out, body.bytes);
	body_release(&body);
	return buffer_failed(body_out) ? error_set(error, STATUS_NO_MEMORY, "no memory to read a block")
				       : STATUS_OK;
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
