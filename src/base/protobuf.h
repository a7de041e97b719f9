/*
 * protobuf: the wire format of Protocol Buffers, read and written a field at a time.
 *
 * Reading is a loop in the caller:
 *
 *     struct protobuf_reader reader = protobuf_read(bytes);
 *     struct protobuf_field field;
 *     while (protobuf_next(&reader, &field))
 *             switch (field.number) { case 1: … field.bytes …; }
 *     if (reader.failed) …
 *
 * Nothing is copied: field.bytes points into the input. A field whose wire type is not the expected one is for
 * the caller to check (protobuf allows packed and unpacked repeated scalars alike). A group, long
 * deprecated, is one field that carries nothing: its contents are checked and skipped.
 *
 * Ownership  views into the caller's bytes.
 * Threads    plain values.
 * Errors     reader.failed: the bytes end early, or a tag, varint or length is malformed.
 * Source     protobuf.dev/programming-guides/encoding
 */
#ifndef ROHAS_BASE_PROTOBUF_H
#define ROHAS_BASE_PROTOBUF_H

#include "base/buffer.h"
#include "base/str.h"

enum protobuf_wire {
	PROTOBUF_VARINT = 0,
	PROTOBUF_I64 = 1,
	PROTOBUF_LEN = 2,
	PROTOBUF_GROUP = 3,
	PROTOBUF_I32 = 5
};

struct protobuf_reader {
	const uint8_t *at, *end;
	bool failed;
};

struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t integer; /* VARINT, I64, I32 */
	struct str bytes; /* LEN */
};

static inline struct protobuf_reader protobuf_read(struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data;

	return (struct protobuf_reader){at, at + bytes.size, false};
}

/* The many-byte case of a varint; at most ten bytes. Advances *at; false where it is cut or too long. */
bool protobuf_long_varint(const uint8_t **at, const uint8_t *end, uint64_t *value_out);

static inline bool protobuf_varint(const uint8_t **at, const uint8_t *end, uint64_t *value_out)
{
	if (*at < end && **at < 0x80) {
		*value_out = *(*at)++;
		return true;
	}
	return protobuf_long_varint(at, end, value_out);
}

/* The field kinds that are rare; part of protobuf_next. */
bool protobuf_next_rare(struct protobuf_reader *reader, struct protobuf_field *field, uint64_t tag);

/* Reads the next field; false at the end or where reader->failed. */
static inline bool protobuf_next(struct protobuf_reader *reader, struct protobuf_field *field)
{
	uint64_t tag, size;

	if (reader->at >= reader->end)
		return false;
	if (!protobuf_varint(&reader->at, reader->end, &tag) || tag >> 3 == 0 || tag >> 32 != 0) {
		reader->failed = true;
		return false;
	}
	field->number = (uint32_t)(tag >> 3);
	field->wire = (enum protobuf_wire)(tag & 7);
	if (field->wire != PROTOBUF_LEN)
		return protobuf_next_rare(reader, field, tag);
	if (!protobuf_varint(&reader->at, reader->end, &size) ||
	    size > (uint64_t)(reader->end - reader->at)) {
		reader->failed = true;
		return false;
	}
	field->bytes = str_make(reader->at, (size_t)size);
	reader->at += size;
	return true;
}

/* The double and float that an I64 or I32 field carries. */
double protobuf_double(uint64_t integer);
float protobuf_float(uint64_t integer);

/* sint32 and sint64. */
static inline int64_t protobuf_zigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* Writing. A field with the default value is written all the same: leave it out yourself. */
void protobuf_put_varint(struct buffer *buffer, uint64_t value);
void protobuf_put_uint(struct buffer *buffer, uint32_t number, uint64_t value);
void protobuf_put_sint(struct buffer *buffer, uint32_t number, int64_t value); /* zigzag */
void protobuf_put_fixed64(struct buffer *buffer, uint32_t number, uint64_t value);
void protobuf_put_fixed32(struct buffer *buffer, uint32_t number, uint32_t value);
void protobuf_put_double(struct buffer *buffer, uint32_t number, double value);
void protobuf_put_bytes(struct buffer *buffer, uint32_t number, struct str bytes);

/*
 * A message inside a message: begin returns a mark, end closes it by writing the length in front of what was
 * written between. Marks nest.
 */
size_t protobuf_begin(struct buffer *buffer, uint32_t number);
void protobuf_end(struct buffer *buffer, size_t mark);

#endif
