#include "base/protobuf.h"

enum { GROUP_START = PROTOBUF_GROUP, GROUP_END = 4, DEEPEST_GROUP = 32, LONGEST_VARINT = 10 };

bool protobuf_long_varint(const uint8_t **at, const uint8_t *end, uint64_t *value_out)
{
	uint64_t value = 0;
	const uint8_t *p = *at;

	for (unsigned shift = 0; shift < 7 * LONGEST_VARINT && p < end; shift += 7) {
		uint8_t byte = *p++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			if (shift == 63 && byte > 1)
				return false;
			*at = p;
			*value_out = value;
			return true;
		}
	}
	return false;
}

static uint64_t load_fixed(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

/* Skips to the group's end tag; groups inside groups are counted, not recursed into. */
static bool skip_group(struct protobuf_reader *reader, uint32_t number)
{
	uint32_t open[DEEPEST_GROUP];
	size_t depth = 1;
	uint64_t tag, value;

	open[0] = number;
	while (depth > 0) {
		if (!protobuf_varint(&reader->at, reader->end, &tag) || tag >> 3 == 0 || tag >> 32 != 0)
			return false;
		size_t left = (size_t)(reader->end - reader->at);

		switch (tag & 7) {
		case PROTOBUF_VARINT:
			if (!protobuf_varint(&reader->at, reader->end, &value))
				return false;
			break;
		case PROTOBUF_I64:
		case PROTOBUF_I32: {
			size_t size = (tag & 7) == PROTOBUF_I64 ? 8 : 4;

			if (left < size)
				return false;
			reader->at += size;
			break;
		}
		case PROTOBUF_LEN:
			if (!protobuf_varint(&reader->at, reader->end, &value) ||
			    value > (uint64_t)(reader->end - reader->at))
				return false;
			reader->at += value;
			break;
		case GROUP_START:
			if (depth == DEEPEST_GROUP)
				return false;
			open[depth++] = (uint32_t)(tag >> 3);
			break;
		case GROUP_END:
			if (open[--depth] != (uint32_t)(tag >> 3))
				return false;
			break;
		default: return false;
		}
	}
	return true;
}

bool protobuf_next_rare(struct protobuf_reader *reader, struct protobuf_field *field, uint64_t tag)
{
	size_t size = (tag & 7) == PROTOBUF_I64 ? 8 : 4;

	switch (tag & 7) {
	case PROTOBUF_VARINT:
		if (protobuf_varint(&reader->at, reader->end, &field->integer))
			return true;
		break;
	case PROTOBUF_I64:
	case PROTOBUF_I32:
		if ((size_t)(reader->end - reader->at) < size)
			break;
		field->integer = load_fixed(reader->at, size);
		reader->at += size;
		return true;
	case GROUP_START:
		if (skip_group(reader, field->number))
			return true;
		break;
	default: break;
	}
	reader->failed = true;
	return false;
}

double protobuf_double(uint64_t integer)
{
	double value;

	memcpy(&value, &integer, sizeof(value));
	return value;
}

float protobuf_float(uint64_t integer)
{
	uint32_t bits = (uint32_t)integer;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

void protobuf_put_varint(struct buffer *buffer, uint64_t value)
{
	char *at = buffer_reserve(buffer, LONGEST_VARINT);

	if (!at)
		return;
	while (value >= 0x80) {
		*at++ = (char)(value | 0x80);
		value >>= 7;
	}
	*at++ = (char)value;
	buffer->size = (size_t)(at - buffer->data);
}

static void put_tag(struct buffer *buffer, uint32_t number, enum protobuf_wire wire)
{
	protobuf_put_varint(buffer, (uint64_t)number << 3 | wire);
}

void protobuf_put_uint(struct buffer *buffer, uint32_t number, uint64_t value)
{
	put_tag(buffer, number, PROTOBUF_VARINT);
	protobuf_put_varint(buffer, value);
}

void protobuf_put_sint(struct buffer *buffer, uint32_t number, int64_t value)
{
	protobuf_put_uint(buffer, number, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_fixed(struct buffer *buffer, uint64_t value, size_t size)
{
	char *at = buffer_reserve(buffer, size);

	if (!at)
		return;
	for (size_t i = 0; i < size; i++)
		at[i] = (char)(value >> (8 * i));
	buffer->size += size;
}

void protobuf_put_fixed64(struct buffer *buffer, uint32_t number, uint64_t value)
{
	put_tag(buffer, number, PROTOBUF_I64);
	put_fixed(buffer, value, 8);
}

void protobuf_put_fixed32(struct buffer *buffer, uint32_t number, uint32_t value)
{
	put_tag(buffer, number, PROTOBUF_I32);
	put_fixed(buffer, value, 4);
}

void protobuf_put_double(struct buffer *buffer, uint32_t number, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	protobuf_put_fixed64(buffer, number, bits);
}

void protobuf_put_bytes(struct buffer *buffer, uint32_t number, struct str bytes)
{
	put_tag(buffer, number, PROTOBUF_LEN);
	protobuf_put_varint(buffer, bytes.size);
	buffer_append_str(buffer, bytes);
}

size_t protobuf_begin(struct buffer *buffer, uint32_t number)
{
	put_tag(buffer, number, PROTOBUF_LEN);
	return buffer->size;
}

void protobuf_end(struct buffer *buffer, size_t mark)
{
	size_t size = buffer->size - mark, digits = 1;

	if (buffer->failed)
		return;
	for (size_t rest = size; rest >= 0x80; rest >>= 7)
		digits++;
	if (!buffer_reserve(buffer, digits + LONGEST_VARINT))
		return;
	memmove(buffer->data + mark + digits, buffer->data + mark, size);
	buffer->size = mark;
	protobuf_put_varint(buffer, size);
	buffer->size += size;
}
