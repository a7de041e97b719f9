#include "sdk/record.h"

#include "base/protobuf.h"

enum { CHUNK_BYTES = sizeof(((struct chunk *)NULL)->bytes) };
enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2, ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4 };

struct record *record_new(struct pool *pool, enum record_sort sort)
{
	struct record *record = (struct record *)pool_take(pool);

	if (!record)
		return NULL;
	record->more = NULL;
	record->tail = (struct chunk *)record;
	record->at = record->bytes;
	record->room = RECORD_BYTES;
	atomic_store_explicit(&record->size, 0, memory_order_relaxed);
	record->carried = NULL;
	record->name_size = record->tracestate_size = record->baggage_size = 0;
	record->dropped_attributes = record->dropped_events = record->dropped_links = 0;
	record->sort = (uint8_t)sort;
	record->handler = 0;
	record->has_failed = false;
	return record;
}

void record_discard(struct pool *pool, struct record *record)
{
	struct chunk *chunk = (struct chunk *)record;

	while (chunk) {
		struct chunk *more = chunk->more;

		chunk->next = pool->free;
		pool->free = chunk;
		chunk = more;
	}
}

static void untake(struct pool *pool, struct chunk *chunk)
{
	record_discard(pool, (struct record *)chunk);
}

/* A chain of chunks with room for size bytes; NULL where the pool is empty before. */
static struct chunk *take_chain(struct pool *pool, size_t size)
{
	struct chunk *chain = NULL;

	for (size_t have = 0; have < size; have += CHUNK_BYTES) {
		struct chunk *chunk = pool_take(pool);

		if (!chunk) {
			untake(pool, chain);
			return NULL;
		}
		chunk->more = chain;
		chain = chunk;
	}
	return chain;
}

bool record_reserve(struct record *record, struct pool *pool, size_t size)
{
	uint32_t written = atomic_load_explicit(&record->size, memory_order_relaxed);
	struct chunk *chain;

	if (size > ROHAS_RECORD_MOST - (size_t)written)
		return false;
	if (size <= record->room)
		return true;
	chain = take_chain(pool, size - record->room);
	if (!chain)
		return false;
	/* Bytes go on where the tail is until it is full, then through the chain. */
	record->tail->more = chain;
	return true;
}

void record_write(struct record *record, const void *bytes, size_t size)
{
	const char *from = bytes;

	while (size > record->room) {
		memcpy(record->at, from, record->room);
		from += record->room;
		size -= record->room;
		record->tail = record->tail->more;
		record->at = record->tail->bytes;
		record->room = CHUNK_BYTES;
	}
	if (size)
		memcpy(record->at, from, size);
	record->at += size;
	record->room -= (uint32_t)size;
}

void record_write_text(struct record *record, struct str text)
{
	char piece[64];

	if (str_is_utf8(text)) {
		record_write(record, text.data, text.size);
		return;
	}
	for (size_t i = 0; i < text.size; i += sizeof(piece)) {
		size_t size = text.size - i < sizeof(piece) ? text.size - i : sizeof(piece);

		for (size_t k = 0; k < size; k++)
			piece[k] = (unsigned char)text.data[i + k] < 0x80 ? text.data[i + k] : '?';
		record_write(record, piece, size);
	}
}

void text_mend(char *text, size_t size)
{
	if (str_is_utf8(str_make(text, size)))
		return;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] >= 0x80)
			text[i] = '?';
}

void record_write_varint(struct record *record, uint64_t value)
{
	uint8_t bytes[10];
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[size++] = (uint8_t)(value | 0x80);
	bytes[size++] = (uint8_t)value;
	record_write(record, bytes, size);
}

void record_write_head(struct record *record, uint32_t number, size_t size)
{
	record_write_varint(record, number << 3 | PROTOBUF_LEN);
	record_write_varint(record, size);
}

void record_write_fixed64(struct record *record, uint32_t number, uint64_t value)
{
	record_write_varint(record, number << 3 | PROTOBUF_I64);
	record_write(record, &value, sizeof(value));
}

/* Of the AnyValue; 0 where the field is to be left out. */
static size_t value_size(const struct rohas_field *field)
{
	switch (field->type) {
	case ROHAS_STRING_FIELD: return field->value.string ? field_size(strlen(field->value.string)) : 0;
	case ROHAS_INT_FIELD: return 1 + varint_size((uint64_t)field->value.integer);
	case ROHAS_DOUBLE_FIELD: return 9;
	case ROHAS_BOOL_FIELD: return 2;
	}
	return 0;
}

/* Of the KeyValue. */
static size_t pair_size(const struct rohas_field *field)
{
	size_t value = field->key ? value_size(field) : 0;

	return value ? field_size(strlen(field->key)) + field_size(value) : 0;
}

size_t attribute_size(const struct rohas_field *field)
{
	size_t pair = pair_size(field);

	return pair ? field_size(pair) : 0;
}

static void write_value(struct record *record, const struct rohas_field *field)
{
	uint64_t bits;

	switch (field->type) {
	case ROHAS_STRING_FIELD:
		record_write_head(record, ANY_STRING, strlen(field->value.string));
		record_write_text(record, str_from(field->value.string));
		break;
	case ROHAS_INT_FIELD:
		record_write_varint(record, ANY_INT << 3 | PROTOBUF_VARINT);
		record_write_varint(record, (uint64_t)field->value.integer);
		break;
	case ROHAS_DOUBLE_FIELD:
		memcpy(&bits, &field->value.real, sizeof(bits));
		record_write_fixed64(record, ANY_DOUBLE, bits);
		break;
	case ROHAS_BOOL_FIELD:
		record_write_varint(record, ANY_BOOL << 3 | PROTOBUF_VARINT);
		record_write_varint(record, field->value.boolean);
		break;
	}
}

void record_write_attribute(struct record *record, uint32_t number, const struct rohas_field *field)
{
	size_t pair = pair_size(field);

	if (!pair)
		return;
	record_write_head(record, number, pair);
	record_write_head(record, KEY_VALUE_KEY, strlen(field->key));
	record_write_text(record, str_from(field->key));
	record_write_head(record, KEY_VALUE_VALUE, value_size(field));
	write_value(record, field);
}

bool record_attribute(struct record *record, struct pool *pool, uint32_t number,
		      const struct rohas_field *field)
{
	size_t size = attribute_size(field);

	if (!record_reserve(record, pool, size))
		return false;
	record_write_attribute(record, number, field);
	record_commit(record, size);
	return true;
}

static struct chunk *write_chain(struct chunk *chunk, size_t *used, struct str text)
{
	while (text.size) {
		size_t piece = CHUNK_BYTES - *used < text.size ? CHUNK_BYTES - *used : text.size;

		memcpy(chunk->bytes + *used, text.data, piece);
		text = str_make(text.data + piece, text.size - piece);
		*used += piece;
		if (*used == CHUNK_BYTES && chunk->more) {
			chunk = chunk->more;
			*used = 0;
		}
	}
	return chunk;
}

bool record_carry(struct record *record, struct pool *pool, struct str tracestate, struct str baggage)
{
	struct chunk *chain;
	size_t used = 0;

	if (tracestate.size + baggage.size == 0)
		return true;
	chain = take_chain(pool, tracestate.size + baggage.size);
	if (!chain)
		return false;
	record->carried = chain;
	record->tracestate_size = (uint16_t)tracestate.size;
	record->baggage_size = (uint16_t)baggage.size;
	chain = write_chain(chain, &used, tracestate);
	write_chain(chain, &used, baggage);
	return true;
}

static const struct chunk *read_chain(const struct chunk *chunk, size_t *used, char *out, size_t size)
{
	while (size) {
		size_t piece = CHUNK_BYTES - *used < size ? CHUNK_BYTES - *used : size;

		memcpy(out, chunk->bytes + *used, piece);
		out += piece;
		size -= piece;
		*used += piece;
		if (*used == CHUNK_BYTES && chunk->more) {
			chunk = chunk->more;
			*used = 0;
		}
	}
	*out = '\0';
	return chunk;
}

void record_carried(const struct record *record, char *tracestate_out, char *baggage_out)
{
	const struct chunk *chunk = record->carried;
	size_t used = 0;

	chunk = read_chain(chunk, &used, tracestate_out, record->tracestate_size);
	read_chain(chunk, &used, baggage_out, record->baggage_size);
}

void record_read(const struct record *record, uint32_t size, char *out)
{
	const struct chunk *chunk = (const struct chunk *)record;
	const char *from = record->bytes + record->name_size;
	size_t have = RECORD_BYTES - record->name_size;

	while (size > have) {
		memcpy(out, from, have);
		out += have;
		size -= (uint32_t)have;
		chunk = chunk->more;
		from = chunk->bytes;
		have = CHUNK_BYTES;
	}
	memcpy(out, from, size);
}
