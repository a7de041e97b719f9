/* Notes: keys of the family "default" that begin with "note/". */
#include "storage/rocksdb/rocksdb_internal.h"

static const char prefix_of_notes[] = "note/";
enum { PREFIX_SIZE = sizeof(prefix_of_notes) - 1, NOTE_KEY_MOST = PREFIX_SIZE + STORE_NOTE_KEY_MOST };

/* Returns the size of the key in the database. */
static size_t note_key(struct str key, char key_out[NOTE_KEY_MOST])
{
	memcpy(key_out, prefix_of_notes, PREFIX_SIZE);
	if (key.size)
		memcpy(key_out + PREFIX_SIZE, key.data, key.size);
	return PREFIX_SIZE + key.size;
}

enum status rocksdb_put_note(struct store *base, struct str key, struct str value, struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	rocksdb_writebatch_t *writes;
	char stored[NOTE_KEY_MOST];
	size_t size = note_key(key, stored);
	enum status status;

	if (store->is_read_only)
		return refuse_change(store, error);
	status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	writes = rocksdb_writebatch_create();
	if (value.data)
		rocksdb_writebatch_put_cf(writes, store->families[FAMILY_DEFAULT], stored, size, value.data,
					  value.size);
	else
		rocksdb_writebatch_delete_cf(writes, store->families[FAMILY_DEFAULT], stored, size);
	status = store_write(store, store->write_options, writes, error);
	rocksdb_writebatch_destroy(writes);
	return end_read(store, status);
}

static enum status walk(rocksdb_iterator_t *iterator, struct str prefix, store_note_visit *visit,
			void *context, struct error *error)
{
	enum status status = STATUS_OK;
	char *message = NULL;

	for (; rocksdb_iter_valid(iterator) && status == STATUS_OK; rocksdb_iter_next(iterator)) {
		struct str key, value;

		key.data = rocksdb_iter_key(iterator, &key.size);
		value.data = rocksdb_iter_value(iterator, &value.size);
		if (key.size < prefix.size || !str_equal(str_make(key.data, prefix.size), prefix))
			break;
		status = visit(context, str_make(key.data + PREFIX_SIZE, key.size - PREFIX_SIZE), value,
			       error);
	}
	if (status == STATUS_OK)
		rocksdb_iter_get_error(iterator, &message);
	return message ? rocksdb_failed(message, "the notes cannot be read", error) : status;
}

enum status rocksdb_each_note(struct store *base, struct str prefix, store_note_visit *visit, void *context,
			      struct error *error)
{
	struct rocksdb_store *store = (struct rocksdb_store *)base;
	char stored[NOTE_KEY_MOST];
	rocksdb_iterator_t *iterator;
	size_t size;
	enum status status;

	if (prefix.size > STORE_NOTE_KEY_MOST)
		return STATUS_OK;
	size = note_key(prefix, stored);
	status = begin_read(store, error);
	if (status != STATUS_OK)
		return status;
	iterator =
		rocksdb_create_iterator_cf(store->db, store->read_options, store->families[FAMILY_DEFAULT]);
	rocksdb_iter_seek(iterator, stored, size);
	status = walk(iterator, str_make(stored, size), visit, context, error);
	rocksdb_iter_destroy(iterator);
	return end_read(store, status);
}
