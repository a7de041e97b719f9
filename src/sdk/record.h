/*
 * record: writes fields of an OTLP message into a record's chunks.
 *
 * A field is written whole or not at all: room for it is reserved before its first byte, and the record's size moves
 * behind its last one, which is what lets the drain read a span that has not ended.
 *
 * Threads    one thread at a time writes a record; chunks come from that thread's own pool.
 * Errors     false where the pool is empty or the record would be past ROHAS_RECORD_MOST; nothing was written.
 */
#ifndef ROHAS_SDK_RECORD_H
#define ROHAS_SDK_RECORD_H

#include "base/str.h"
#include "sdk/pool.h"

/* Numbers of OTLP's fields (opentelemetry-proto, trace/v1 and logs/v1) that callers write. */
enum {
	SPAN_ATTRIBUTES = 9,
	SPAN_EVENTS = 11,
	SPAN_LINKS = 13,
	SPAN_STATUS = 15,
	LOG_BODY = 5,
	LOG_ATTRIBUTES = 6,
	EVENT_ATTRIBUTES = 3,
	LINK_TRACE_STATE = 3
};

/* A record of nothing, from the pool; NULL where that is empty. */
struct record *record_new(struct pool *pool, enum record_sort sort);

/* The owner's, for a record that was never shown to anybody. */
void record_discard(struct pool *pool, struct record *record);

/* Room for size more bytes; then they are written, and committed. */
bool record_reserve(struct record *record, struct pool *pool, size_t size);
void record_write(struct record *record, const void *bytes, size_t size);
void record_write_text(struct record *record, struct str text); /* as UTF-8 whatever it is */
void record_write_varint(struct record *record, uint64_t value);
void record_write_head(struct record *record, uint32_t number, size_t size); /* a field of so many bytes */
void record_write_fixed64(struct record *record, uint32_t number, uint64_t value);

static inline void record_commit(struct record *record, size_t size)
{
	uint32_t before = atomic_load_explicit(&record->size, memory_order_relaxed);

	atomic_store_explicit(&record->size, before + (uint32_t)size, memory_order_release);
}

static inline size_t varint_size(uint64_t value)
{
	return value < 0x80 ? 1 : (size_t)(70 - __builtin_clzll(value)) / 7;
}

/* Of a field that carries size bytes. Numbers up to 15 alone: their tag is one byte. */
static inline size_t field_size(size_t size)
{
	return 1 + varint_size(size) + size;
}

/* Attributes: a field is left out (size 0, nothing written) where its key or string is NULL. */
size_t attribute_size(const struct rohas_field *field); /* with tag and length in front */
void record_write_attribute(struct record *record, uint32_t number, const struct rohas_field *field);

/* Reserves, writes and commits one attribute. */
bool record_attribute(struct record *record, struct pool *pool, uint32_t number,
		      const struct rohas_field *field);

/* Keeps what a message carried, to hand it on. False where there is no room: nothing is kept. */
bool record_carry(struct record *record, struct pool *pool, struct str tracestate, struct str baggage);

/* What a record carries, into arrays of ROHAS_TRACESTATE_SIZE and ROHAS_BAGGAGE_SIZE. */
void record_carried(const struct record *record, char *tracestate_out, char *baggage_out);

/* Copies size bytes of the record's fields, or fewer where a span is written at the moment, behind the name. */
void record_read(const struct record *record, uint32_t size, char *out);

/*
 * Copies text that is probably short and ASCII; whether it is ASCII. Two moves that overlap instead of a call: what
 * is copied here is mostly shorter than 32 bytes.
 */
static inline bool copy_ascii(char *to, const char *from, size_t size)
{
	uint64_t a, b, seen = 0;

	if (size >= 8) {
		size_t i = 0;

		for (; i + 8 <= size; i += 8) {
			memcpy(&a, from + i, 8);
			memcpy(to + i, &a, 8);
			seen |= a;
		}
		memcpy(&b, from + size - 8, 8);
		memcpy(to + size - 8, &b, 8);
		return ((seen | b) & UINT64_C(0x8080808080808080)) == 0;
	}
	if (size >= 4) {
		uint32_t x, y;

		memcpy(&x, from, 4);
		memcpy(&y, from + size - 4, 4);
		memcpy(to, &x, 4);
		memcpy(to + size - 4, &y, 4);
		return ((x | y) & UINT32_C(0x80808080)) == 0;
	}
	for (size_t i = 0; i < size; i++) {
		to[i] = from[i];
		seen |= (unsigned char)from[i];
	}
	return seen < 0x80;
}

/* Bytes that are no UTF-8 become ?, in place. */
void text_mend(char *text, size_t size);

#endif
