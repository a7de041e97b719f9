#include "sdk/handle.h"
#include "sdk/record.h"

/*
 * An attribute whose lengths all fit into a byte, where the tail has room for it: written in place, in one go. Returns
 * where the value goes, or NULL: then the general way does it.
 */
static inline char *begin_short_attribute(struct record *record, const char *key, size_t key_size,
					  size_t any_size)
{
	enum { TAG = SPAN_ATTRIBUTES << 3 | 2, KEY = 1 << 3 | 2, VALUE = 2 << 3 | 2, LENGTH_MOST = 0x7f };
	size_t pair = key_size + any_size + 4;
	char *at = record->at;

	if (pair > LENGTH_MOST || pair + 2 > record->room ||
	    atomic_load_explicit(&record->size, memory_order_relaxed) > ROHAS_RECORD_MOST - 2 - LENGTH_MOST)
		return NULL;
	at[0] = TAG;
	at[1] = (char)pair;
	at[2] = KEY;
	at[3] = (char)key_size;
	if (!copy_ascii(at + 4, key, key_size))
		text_mend(at + 4, key_size);
	at += 4 + key_size;
	at[0] = VALUE;
	at[1] = (char)any_size;
	return at + 2;
}

static inline void end_short_attribute(struct record *record, const char *end)
{
	size_t size = (size_t)(end - record->at);

	record->at += size;
	record->room -= (uint32_t)size;
	record_commit(record, size);
}

/* The general way, over chunks and for every length: by keys and strings that end in NUL, as all that come here do. */
static void add_field(struct record *record, struct pool *pool, const struct rohas_field *field)
{
	if (!record_attribute(record, pool, SPAN_ATTRIBUTES, field))
		record->dropped_attributes++;
}

void rohas_tag_bytes(struct rohas_span span, const char *key, size_t key_size, const char *value,
		     size_t value_size)
{
	enum { STRING = 1 << 3 | 2 };
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;
	char *at;

	if (!record)
		return;
	at = begin_short_attribute(record, key, key_size, value_size + 2);
	if (!at) {
		struct rohas_field field = rohas_string(key, value);

		add_field(record, pool, &field);
		return;
	}
	at[0] = STRING;
	at[1] = (char)value_size;
	if (!copy_ascii(at + 2, value, value_size))
		text_mend(at + 2, value_size);
	end_short_attribute(record, at + 2 + value_size);
}

void rohas_tag_integer(struct rohas_span span, const char *key, size_t key_size, int64_t value)
{
	enum { INT = 3 << 3 };
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;
	uint64_t left = (uint64_t)value;
	char *at;

	if (!record)
		return;
	at = begin_short_attribute(record, key, key_size, 1 + varint_size(left));
	if (!at) {
		struct rohas_field field = rohas_int(key, value);

		add_field(record, pool, &field);
		return;
	}
	*at++ = INT;
	for (; left >= 0x80; left >>= 7)
		*at++ = (char)(left | 0x80);
	*at++ = (char)left;
	end_short_attribute(record, at);
}

void rohas_tag_real(struct rohas_span span, const char *key, size_t key_size, double value)
{
	enum { DOUBLE = 4 << 3 | 1, DOUBLE_SIZE = 1 + sizeof(value) };
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;
	char *at;

	if (!record)
		return;
	at = begin_short_attribute(record, key, key_size, DOUBLE_SIZE);
	if (!at) {
		struct rohas_field field = rohas_double(key, value);

		add_field(record, pool, &field);
		return;
	}
	*at = DOUBLE;
	memcpy(at + 1, &value, sizeof(value));
	end_short_attribute(record, at + DOUBLE_SIZE);
}

void rohas_tag_boolean(struct rohas_span span, const char *key, size_t key_size, bool value)
{
	enum { BOOL = 2 << 3 };
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;
	char *at;

	if (!record)
		return;
	at = begin_short_attribute(record, key, key_size, 2);
	if (!at) {
		struct rohas_field field = rohas_bool(key, value);

		add_field(record, pool, &field);
		return;
	}
	at[0] = BOOL;
	at[1] = value;
	end_short_attribute(record, at + 2);
}
