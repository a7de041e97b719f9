#include "storage/rocksdb/bulk.h"

#include <errno.h>
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
	struct buffer parts;     /* a byte for each: parts of the word filter */
	bool has_failed;
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

/* A file that is there already may be a second name of one that RocksDB has taken over: it must not be written again. */
static enum status open_file(struct bulk *bulk, struct error *error)
{
	char *message = NULL;

	if (unlink(bulk->path) != 0 && errno != ENOENT)
		return error_set(error, STATUS_IO,
				 "merged blocks cannot be written: what is left of %s stays: %s", bulk->path,
				 strerror(errno));
	rocksdb_sstfilewriter_open(bulk->writer, bulk->path, &message);
	return message ? rocksdb_failed(message, "merged blocks cannot be written", error) : STATUS_OK;
}

enum status bulk_new(struct rocksdb_store *store, enum signal signal, struct bulk **bulk_out,
		     struct error *error)
{
	struct bulk *bulk = calloc(1, sizeof(*bulk));
	enum status status;

	if (!bulk)
		return error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	bulk->store = store;
	bulk->signal = signal;
	bulk->environment = rocksdb_envoptions_create();
	bulk->writer = rocksdb_sstfilewriter_create(bulk->environment, store->options);
	bulk->notes = rocksdb_writebatch_create();
	bulk->path = path_of(store);
	status = bulk->path ? open_file(bulk, error)
			    : error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	if (status != STATUS_OK) {
		bulk_free(bulk);
		return status;
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
	buffer_release(&bulk->parts);
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
	buffer_append(&bulk->parts, &parts, sizeof(parts));
	if (status == STATUS_OK && (buffer_failed(&bulk->note_keys) || buffer_failed(&bulk->parts)))
		status = error_set(error, STATUS_NO_MEMORY, "no memory to merge blocks");
	bulk->has_failed = status != STATUS_OK;
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

/*
 * The notes of bodies that were not taken over go at once: a day that has notes does not give its files back. Where nobody
 * can say whether RocksDB has the file, it refuses this too, and the notes are there when the database is opened anew.
 */
static void give_up(struct bulk *bulk)
{
	struct rocksdb_store *store = bulk->store;
	rocksdb_writeoptions_t *options = rocksdb_writeoptions_create();
	rocksdb_writebatch_t *writes = rocksdb_writebatch_create();

	for (size_t i = 0; i < bulk->parts.size; i++) {
		const char *note = bulk->note_keys.data + i * LEFTOVER_KEY_SIZE;
		const char *body = note + LEFTOVER_PREFIX_SIZE + 1;

		rocksdb_writebatch_singledelete_cf(writes, store->families[FAMILY_BODIES + bulk->signal],
						   body, BODY_KEY_SIZE);
		words_delete(store, writes, bulk->signal, body, (uint8_t)bulk->parts.data[i]);
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT], note,
					     LEFTOVER_KEY_SIZE);
	}
	store_write(store, options, writes, NULL);
	rocksdb_writebatch_destroy(writes);
	rocksdb_writeoptions_destroy(options);
}

/* The bulk that was taken over last: the signal, the first body's key and how many bodies there are; their sequences follow
 * each other. */
static const char last_key[] = "bulk";
enum { LAST_KEY_SIZE = sizeof(last_key) - 1 };

static void put_name(const struct bulk *bulk, rocksdb_writebatch_t *writes)
{
	char name[BULK_NAME_SIZE];

	memcpy(name, bulk->note_keys.data + LEFTOVER_PREFIX_SIZE, 1 + BODY_KEY_SIZE);
	put_big_endian(name + 1 + BODY_KEY_SIZE, bulk->parts.size, 4);
	rocksdb_writebatch_put_cf(writes, bulk->store->families[FAMILY_DEFAULT], last_key, LAST_KEY_SIZE,
				  name, sizeof(name));
}

static bool has_key(const struct rocksdb_store *store, size_t family, const char *key, size_t key_size)
{
	rocksdb_iterator_t *iterator =
		rocksdb_create_iterator_cf(store->db, store->body_options, store->families[family]);
	struct str found = {NULL, 0};
	bool has;

	rocksdb_iter_seek(iterator, key, key_size);
	if (rocksdb_iter_valid(iterator))
		found.data = rocksdb_iter_key(iterator, &found.size);
	has = found.data && str_equal(found, str_make(key, key_size));
	rocksdb_iter_destroy(iterator);
	return has;
}

static bool lacks_body(const struct rocksdb_store *store, uint8_t signal, uint32_t partition,
		       uint64_t sequence)
{
	const struct block_header names = {.signal = signal, .sequence = sequence};
	char header[HEADER_KEY_SIZE], body[BODY_KEY_SIZE];

	header_key(partition, &names, header);
	body_key(partition, &names, body);
	return has_key(store, FAMILY_HEADERS, header, sizeof(header)) &&
	       !has_key(store, FAMILY_BODIES + (size_t)signal, body, sizeof(body));
}

bool bulk_lacks_bodies(const struct rocksdb_store *store, char name_out[BULK_NAME_SIZE])
{
	char *message = NULL;
	size_t size = 0;
	char *name = rocksdb_get_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT], last_key,
				    LAST_KEY_SIZE, &size, &message);
	bool lacks = false;

	if (name && size == BULK_NAME_SIZE && (uint8_t)name[0] < SIGNAL_COUNT) {
		uint64_t sequence = sequence_of_body_key(name + 1);
		uint64_t count = get_big_endian(name + 1 + BODY_KEY_SIZE, 4);

		for (uint64_t i = 0; i < count && !lacks; i++)
			lacks = lacks_body(store, (uint8_t)name[0], partition_of_key(name + 1), sequence + i);
		memcpy(name_out, name, BULK_NAME_SIZE);
	}
	rocksdb_free(name);
	rocksdb_free(message);
	return lacks;
}

enum status bulk_take_over(struct bulk *bulk, rocksdb_writebatch_t *writes, struct error *error)
{
	struct rocksdb_store *store = bulk->store;
	uint64_t file_bytes = 0;
	char *message = NULL;
	enum status status;

	if (bulk->has_failed)
		return error_set(error, STATUS_IO, "merged blocks were not written whole");
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
	if (message) {
		give_up(bulk);
		return rocksdb_failed(message, "merged blocks cannot be taken over", error);
	}
	for (size_t at = 0; at < bulk->note_keys.size; at += LEFTOVER_KEY_SIZE)
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT],
					     bulk->note_keys.data + at, LEFTOVER_KEY_SIZE);
	put_name(bulk, writes);
	return STATUS_OK;
}
