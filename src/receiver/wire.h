/*
 * wire: the protobuf reader of the hot path: a cursor over one message, all inline.
 *
 * It differs from base/protobuf.h in what it does not do: it never fills a struct field, and a caller
 * switches on the whole tag, so that a known field with an unexpected wire type is simply an unknown field.
 *
 *     struct wire wire = wire_open(bytes);
 *     while (wire_next(&wire))
 *             switch (wire.tag) {
 *             case WIRE_LEN(1): name = wire_bytes(&wire); break;
 *             default: wire_skip(&wire);
 *             }
 *     if (wire.failed) …
 *
 * Errors     a read that fails gives nothing, sets failed and ends the loop.
 */
#ifndef ROHAS_RECEIVER_WIRE_H
#define ROHAS_RECEIVER_WIRE_H

#include <endian.h>

#include "base/protobuf.h"

#define WIRE_VARINT(number) ((number) << 3 | PROTOBUF_VARINT)
#define WIRE_I64(number)    ((number) << 3 | PROTOBUF_I64)
#define WIRE_LEN(number)    ((number) << 3 | PROTOBUF_LEN)
#define WIRE_I32(number)    ((number) << 3 | PROTOBUF_I32)

struct wire {
	const uint8_t *at, *end;
	uint32_t tag;
	bool failed;
};

static inline struct wire wire_open(struct str bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.data;

	return (struct wire){at, at + bytes.size, 0, false};
}

static inline void wire_fail(struct wire *wire)
{
	wire->failed = true;
	wire->at = wire->end;
}

static inline uint64_t wire_varint(struct wire *wire)
{
	uint64_t value;

	if (__builtin_expect(wire->at < wire->end && *wire->at < 0x80, 1))
		return *wire->at++;
	if (protobuf_long_varint(&wire->at, wire->end, &value))
		return value;
	wire_fail(wire);
	return 0;
}

/* Reads the tag of the next field; false at the end of the message. */
static inline bool wire_next(struct wire *wire)
{
	uint64_t tag;

	if (wire->at >= wire->end)
		return false;
	tag = wire_varint(wire);
	if (__builtin_expect(tag < 8 || tag >> 32 != 0, 0)) {
		wire_fail(wire);
		return false;
	}
	wire->tag = (uint32_t)tag;
	return true;
}

static inline uint64_t wire_i64(struct wire *wire)
{
	uint64_t value;

	if (__builtin_expect(wire->end - wire->at < 8, 0)) {
		wire_fail(wire);
		return 0;
	}
	memcpy(&value, wire->at, 8);
	wire->at += 8;
	return le64toh(value);
}

static inline uint32_t wire_i32(struct wire *wire)
{
	uint32_t value;

	if (__builtin_expect(wire->end - wire->at < 4, 0)) {
		wire_fail(wire);
		return 0;
	}
	memcpy(&value, wire->at, 4);
	wire->at += 4;
	return le32toh(value);
}

static inline double wire_double(struct wire *wire)
{
	return protobuf_double(wire_i64(wire));
}

static inline struct str wire_bytes(struct wire *wire)
{
	uint64_t size = wire_varint(wire);
	const uint8_t *at = wire->at;

	if (__builtin_expect(size > (uint64_t)(wire->end - at), 0)) {
		wire_fail(wire);
		return str_make("", 0);
	}
	wire->at += size;
	return str_make(at, size);
}

/* Passes over the field whose tag was read. */
static inline void wire_skip(struct wire *wire)
{
	struct protobuf_reader reader = {wire->at, wire->end, false};
	struct protobuf_field field = {.number = wire->tag >> 3};

	if ((wire->tag & 7) == PROTOBUF_LEN) {
		wire_bytes(wire);
	} else if (protobuf_next_rare(&reader, &field, wire->tag)) {
		wire->at = reader.at;
	} else {
		wire_fail(wire);
	}
}

/* How many fields of this tag follow on each other, the one whose tag was read included. */
static inline size_t wire_count_run(struct wire wire)
{
	uint32_t tag = wire.tag;
	size_t count = 0;

	do {
		wire_bytes(&wire);
		count += !wire.failed;
	} while (wire_next(&wire) && wire.tag == tag);
	return count;
}

#endif
