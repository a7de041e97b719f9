/* The word filters of blocks of logs: parts, each under a key of its own behind the body's. */
#include "storage/columns/word_filter.h"
#include "storage/rocksdb/rocksdb_internal.h"

/* Words and seams of a filter's terms that are looked up; more would prune no better. */
enum { MOST_NEEDS = 32 };

enum status words_each(uint32_t partition, const struct block_header *header,
		       const struct block_builder *builder, words_take *take, void *context,
		       struct error *error)
{
	struct buffer part = BUFFER_EMPTY;
	char key[WORDS_KEY_SIZE];
	enum status status = STATUS_OK;

	for (uint32_t i = 0; i < header->word_parts && status == STATUS_OK; i++) {
		buffer_clear(&part);
		status = block_builder_words(builder, header, i, &part, error);
		words_key(partition, header, i, key);
		if (status == STATUS_OK)
			status = take(context, str_make(key, sizeof(key)), buffer_str(&part), error);
	}
	buffer_release(&part);
	return status;
}

struct words_target {
	rocksdb_writebatch_t *writes;
	rocksdb_column_family_handle_t *family;
};

static enum status put_part(void *context, struct str key, struct str part, struct error *error)
{
	const struct words_target *target = context;

	(void)error;
	rocksdb_writebatch_put_cf(target->writes, target->family, key.data, key.size, part.data, part.size);
	return STATUS_OK;
}

enum status words_put(struct rocksdb_store *store, rocksdb_writebatch_t *writes, uint32_t partition,
		      const struct block_header *header, const struct block_builder *builder,
		      struct error *error)
{
	struct words_target target = {writes, store->families[FAMILY_BODIES + header->signal]};

	return words_each(partition, header, builder, put_part, &target, error);
}

void words_delete(struct rocksdb_store *store, rocksdb_writebatch_t *writes, enum signal signal,
		  const char body_key[BODY_KEY_SIZE], uint32_t part_count)
{
	char key[WORDS_KEY_SIZE];

	memcpy(key, body_key, BODY_KEY_SIZE);
	for (uint32_t i = 0; i < part_count && i < HEADER_MOST_WORD_PARTS; i++) {
		key[BODY_KEY_SIZE] = (char)i;
		rocksdb_writebatch_singledelete_cf(writes, store->families[FAMILY_BODIES + signal], key,
						   sizeof(key));
	}
}

static enum status look_up(struct rocksdb_store *store, const struct block_entry *entry,
			   struct word_need need, bool *may_out, struct error *error)
{
	rocksdb_pinnableslice_t *slice;
	char key[WORDS_KEY_SIZE], *message = NULL;
	struct str bytes;

	words_key(entry->partition, &entry->header, (uint32_t)word_part(need.hash, entry->header.word_parts),
		  key);
	slice = rocksdb_get_pinned_cf(store->db, store->read_options,
				      store->families[FAMILY_BODIES + SIGNAL_LOGS], key, sizeof(key),
				      &message);
	*may_out = true;
	/* A part that is damaged says nothing, and the block itself may be whole. */
	if (message && strncmp(message, "Corruption", 10) == 0) {
		rocksdb_free(message);
		return STATUS_OK;
	}
	if (message)
		return rocksdb_failed(message, "a block's words cannot be read", error);
	if (!slice)
		return STATUS_OK;
	bytes.data = rocksdb_pinnableslice_value(slice, &bytes.size);
	*may_out = word_filter_may_hold(bytes, need);
	rocksdb_pinnableslice_destroy(slice);
	return STATUS_OK;
}

enum status words_may_hold(struct rocksdb_store *store, const struct block_entry *entry,
			   const struct log_filter *filter, bool *may_out, struct error *error)
{
	struct word_need needs[MOST_NEEDS];
	size_t count = 0;
	enum status status = STATUS_OK;

	*may_out = true;
	if (!entry->header.word_parts)
		return STATUS_OK;
	for (size_t i = 0; i < filter->term_count && count < MOST_NEEDS; i++)
		count += word_needs_of_term(filter->terms[i], needs + count, MOST_NEEDS - count);
	for (size_t i = 0; i < count && status == STATUS_OK && *may_out; i++)
		status = look_up(store, entry, needs[i], may_out, error);
	return status;
}
