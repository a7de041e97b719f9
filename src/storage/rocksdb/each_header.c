/*
 * Walking over the headers of a store, around those that cannot be read.
 *
 * RocksDB's iterator ends at the first damage and cannot say where it would go on. Then the bodies say which
 * headers there must be, and each is asked for on its own: so damage costs the headers in one piece of a file, not
 * all that lie behind it. That reads every body, which takes its time; only damage asks for it.
 */
#include <stdlib.h>

#include "base/log.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* Keys of headers, one after the other. */
struct keys {
	struct buffer bytes;
	char last[HEADER_KEY_SIZE]; /* keys up to this one have been visited */
	bool has_last;
};

static void add_key(struct keys *keys, uint8_t signal, const char body[BODY_KEY_SIZE])
{
	char key[HEADER_KEY_SIZE];

	memcpy(key, body, 4);
	key[4] = (char)signal;
	memcpy(key + 5, body + 4, BODY_KEY_SIZE - 4);
	if (!keys->has_last || memcmp(key, keys->last, HEADER_KEY_SIZE) > 0)
		buffer_append(&keys->bytes, key, HEADER_KEY_SIZE);
}

/* From one end of a family to the other, or to the first damage; false where there is some. */
static bool list_bodies_from(struct rocksdb_store *store, uint8_t signal, bool from_end, struct keys *keys)
{
	rocksdb_iterator_t *iterator = rocksdb_create_iterator_cf(store->db, store->read_options,
								  store->families[FAMILY_BODIES + signal]);
	void (*const begin)(rocksdb_iterator_t *) =
		from_end ? rocksdb_iter_seek_to_last : rocksdb_iter_seek_to_first;
	void (*const go_on)(rocksdb_iterator_t *) = from_end ? rocksdb_iter_prev : rocksdb_iter_next;
	char *message = NULL;

	for (begin(iterator); rocksdb_iter_valid(iterator); go_on(iterator)) {
		size_t size;
		const char *key = rocksdb_iter_key(iterator, &size);

		if (size == BODY_KEY_SIZE)
			add_key(keys, signal, key);
	}
	rocksdb_iter_get_error(iterator, &message);
	rocksdb_iter_destroy(iterator);
	if (message && from_end)
		log_error("storage", "the blocks of %s are not all known, for bodies are damaged too: %s",
			  signal_name((enum signal)signal), message);
	rocksdb_free(message);
	return !message;
}

/* What lies between the first damage and the last stays unknown. */
static void list_bodies(struct rocksdb_store *store, uint8_t signal, struct keys *keys)
{
	if (!list_bodies_from(store, signal, false, keys) && !list_bodies_from(store, signal, true, keys))
		atomic_store(&store->has_unknown_blocks, true);
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, HEADER_KEY_SIZE);
}

/* A body without a header is what a merge has left behind: nothing to visit. */
static enum status visit_key(struct rocksdb_store *store, struct str key, header_visit *visit, void *context,
			     struct error *error)
{
	char *message = NULL;
	rocksdb_pinnableslice_t *slice =
		rocksdb_get_pinned_cf(store->db, store->read_options, store->families[FAMILY_HEADERS],
				      key.data, key.size, &message);
	struct str value = {NULL, 0};
	enum status status = STATUS_OK;

	if (slice)
		value.data = rocksdb_pinnableslice_value(slice, &value.size);
	if (slice || message)
		status = visit(context, key, value, error);
	rocksdb_pinnableslice_destroy(slice);
	rocksdb_free(message);
	return status;
}

static enum status visit_by_bodies(struct rocksdb_store *store, struct keys *keys, header_visit *visit,
				   void *context, struct error *error)
{
	enum status status = STATUS_OK;

	for (uint8_t signal = 0; signal < SIGNAL_COUNT; signal++)
		list_bodies(store, signal, keys);
	if (buffer_failed(&keys->bytes))
		return error_set(error, STATUS_NO_MEMORY, "no memory to look for headers");
	if (keys->bytes.size)
		qsort(keys->bytes.data, keys->bytes.size / HEADER_KEY_SIZE, HEADER_KEY_SIZE, compare_keys);
	for (size_t at = 0; at < keys->bytes.size && status == STATUS_OK; at += HEADER_KEY_SIZE)
		status = visit_key(store, str_make(keys->bytes.data + at, HEADER_KEY_SIZE), visit, context,
				   error);
	return status;
}

enum status each_header(struct rocksdb_store *store, header_visit *visit, void *context, struct error *error)
{
	rocksdb_iterator_t *iterator =
		rocksdb_create_iterator_cf(store->db, store->read_options, store->families[FAMILY_HEADERS]);
	struct keys keys = {.has_last = false};
	enum status status = STATUS_OK;
	char *message = NULL;

	for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator) && status == STATUS_OK;
	     rocksdb_iter_next(iterator)) {
		struct str key, value;

		key.data = rocksdb_iter_key(iterator, &key.size);
		value.data = rocksdb_iter_value(iterator, &value.size);
		status = visit(context, key, value, error);
		keys.has_last = key.size == HEADER_KEY_SIZE;
		if (keys.has_last)
			memcpy(keys.last, key.data, HEADER_KEY_SIZE);
	}
	rocksdb_iter_get_error(iterator, &message);
	rocksdb_iter_destroy(iterator);
	if (message && status == STATUS_OK) {
		if (strncmp(message, "Corruption", 10) != 0)
			return rocksdb_failed(message, "the headers of the store cannot be read", error);
		log_error("storage",
			  "a part of the headers is damaged, the others are looked for one by one: %s",
			  message);
		status = visit_by_bodies(store, &keys, visit, context, error);
	}
	buffer_release(&keys.bytes);
	rocksdb_free(message);
	return status;
}
