#include "storage/rocksdb/bulk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct bulk {
	struct rocksdb_store *store;
	enum signal signal;
	rocksdb_envoptions_t *environment;
	rocksdb_sstfilewriter_t *writer;
	rocksdb_writebatch_t *notes; /* that the bodies belong to nothing yet */
	char *path;
	uint64_t size_bytes;
	struct buffer note_keys; /* one behind the other */
};

/* RocksDB passes over files of names that are not its own. */
static char *path_of(const struct rocksdb_store *store)
{
	char *path;

	return asprintf(&path, "%s/bulk", store->path) < 0 ? NULL : path;
}

void bulk_clean(const struct rocksdb_store *store)
{
	char *path = path_of(store);

	if (path)
		unlink(path);
	free(path);
}

enum status bulk_new(struct rocksdb_store *store, enum signal signal, struct bulk **bulk_out,
		     struct error *error)
{
	struct bulk *bulk = calloc(1, sizeof(*bulk));
	char *message = NULL;

	if (!bulk)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	bulk->store = store;
	bulk->signal = signal;
	bulk->environment = rocksdb_envoptions_create();
	bulk->writer = rocksdb_sstfilewriter_create(bulk->environment, store->options);
	bulk->notes = rocksdb_writebatch_create();
	bulk->path = path_of(store);
	if (bulk->path)
		rocksdb_sstfilewriter_open(bulk->writer, bulk->path, &message);
	if (!bulk->path || message) {
		bool has_memory = bulk->path;

		bulk_free(bulk);
		return has_memory ? rocksdb_failed(message, "merged blocks cannot be written", error)
				  : error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	}
	*bulk_out = bulk;
	return STATUS_OK;
}

void bulk_free(struct bulk *bulk)
{
	if (!bulk)
		return;
	rocksdb_sstfilewriter_destroy(bulk->writer);
	rocksdb_envoptions_destroy(bulk->environment);
	rocksdb_writebatch_destroy(bulk->notes);
	if (bulk->path)
		unlink(bulk->path);
	free(bulk->path);
	buffer_release(&bulk->note_keys);
	free(bulk);
}

static enum status put(void *context, struct str key, struct str value, struct error *error)
{
	struct bulk *bulk = context;
	char *message = NULL;

	rocksdb_sstfilewriter_put(bulk->writer, key.data, key.size, value.data, value.size, &message);
	bulk->size_bytes += value.size;
	return message ? rocksdb_failed(message, "merged blocks cannot be written", error) : STATUS_OK;
}

enum status bulk_add(struct bulk *bulk, uint32_t partition, const struct block_header *header,
		     struct str body, const struct block_builder *builder, struct error *error)
{
	char key[BODY_KEY_SIZE], note[LEFTOVER_KEY_SIZE], parts = (char)header->word_parts;
	enum status status;

	body_key(partition, header, key);
	status = put(bulk, str_make(key, sizeof(key)), body, error);
	if (status == STATUS_OK)
		status = words_each(partition, header, builder, put, bulk, error);
	leftover_key((uint8_t)bulk->signal, key, note);
	rocksdb_writebatch_put_cf(bulk->notes, bulk->store->families[FAMILY_DEFAULT], note, sizeof(note),
				  &parts, sizeof(parts));
	buffer_append(&bulk->note_keys, note, sizeof(note));
	if (status == STATUS_OK && buffer_failed(&bulk->note_keys))
		status = error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	return status;
}

uint64_t bulk_size_bytes(const struct bulk *bulk)
{
	return bulk->size_bytes;
}

/* The notes come before the bodies, on the disk too: bodies that nobody knows of would stay for ever. */
static enum status write_notes(struct bulk *bulk, struct error *error)
{
	rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
	enum status status;

	rocksdb_writeoptions_set_sync(options, 1);
	status = store_write(bulk->store, options, bulk->notes, error);
	rocksdb_writeoptions_destroy(options);
	return status;
}

/* RocksDB's writer of such files drops them from the page cache, and what was merged is soon asked for. */
static void bring_into_memory(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return;
	posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
	close(file);
}

static char *ingest(struct bulk *bulk)
{
	rocksdb_ingestexternalfileoptions_t *options = rocksdb_ingestexternalfileoptions_create();
	const char *path = bulk->path;
	char *message = NULL;

	rocksdb_ingestexternalfileoptions_set_move_files(options, 1);
	rocksdb_ingest_external_file_cf(bulk->store->db,
					bulk->store->families[FAMILY_BODIES + (size_t)bulk->signal], &path, 1,
					options, &message);
	rocksdb_ingestexternalfileoptions_destroy(options);
	return message;
}

enum status bulk_take_over(struct bulk *bulk, rocksdb_writebatch_t *writes, struct error *error)
{
	struct rocksdb_store *store = bulk->store;
	uint64_t file_bytes = 0;
	char *message = NULL;
	enum status status;

	rocksdb_sstfilewriter_finish(bulk->writer, &message);
	if (message)
		return rocksdb_failed(message, "merged blocks cannot be written", error);
	rocksdb_sstfilewriter_file_size(bulk->writer, &file_bytes);
	atomic_fetch_add(&store->bulk_bytes, file_bytes);
	bring_into_memory(bulk->path);
	status = write_notes(bulk, error);
	if (status != STATUS_OK)
		return status;
	message = ingest(bulk);
	if (message)
		return rocksdb_failed(message, "merged blocks cannot be taken over", error);
	for (size_t at = 0; at < bulk->note_keys.size; at += LEFTOVER_KEY_SIZE)
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT],
					     bulk->note_keys.data + at, LEFTOVER_KEY_SIZE);
	return STATUS_OK;
}
