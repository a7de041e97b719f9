#include "app/demo/wire.h"

#include "base/protobuf.h"

enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2 };
enum { ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4, ANY_ARRAY = 5 };
enum { ARRAY_VALUES = 1 };

struct pair {
	size_t whole, value;
};

static struct pair pair_begin(struct buffer *out, uint32_t field, const char *key)
{
	struct pair pair;

	pair.whole = protobuf_begin(out, field);
	wire_string(out, KEY_VALUE_KEY, key);
	pair.value = protobuf_begin(out, KEY_VALUE_VALUE);
	return pair;
}

static void pair_end(struct buffer *out, struct pair pair)
{
	protobuf_end(out, pair.value);
	protobuf_end(out, pair.whole);
}

void wire_string(struct buffer *out, uint32_t field, const char *value)
{
	protobuf_put_bytes(out, field, str_from(value));
}

void wire_text(struct buffer *out, uint32_t field, const char *key, const char *value)
{
	struct pair pair = pair_begin(out, field, key);

	wire_string(out, ANY_STRING, value);
	pair_end(out, pair);
}

void wire_int(struct buffer *out, uint32_t field, const char *key, int64_t value)
{
	struct pair pair = pair_begin(out, field, key);

	protobuf_put_uint(out, ANY_INT, (uint64_t)value);
	pair_end(out, pair);
}

void wire_real(struct buffer *out, uint32_t field, const char *key, double value)
{
	struct pair pair = pair_begin(out, field, key);

	protobuf_put_double(out, ANY_DOUBLE, value);
	pair_end(out, pair);
}

void wire_flag(struct buffer *out, uint32_t field, const char *key, bool value)
{
	struct pair pair = pair_begin(out, field, key);

	protobuf_put_uint(out, ANY_BOOL, value);
	pair_end(out, pair);
}

void wire_texts(struct buffer *out, uint32_t field, const char *key, const char *const *values, size_t count)
{
	struct pair pair = pair_begin(out, field, key);
	size_t array = protobuf_begin(out, ANY_ARRAY);

	for (size_t i = 0; i < count; i++)
		wire_any_text(out, ARRAY_VALUES, str_from(values[i]));
	protobuf_end(out, array);
	pair_end(out, pair);
}

void wire_any_text(struct buffer *out, uint32_t field, struct str value)
{
	size_t mark = protobuf_begin(out, field);

	protobuf_put_bytes(out, ANY_STRING, value);
	protobuf_end(out, mark);
}

void wire_packed_fixed64(struct buffer *out, uint32_t field, const uint64_t *values, size_t count)
{
	/* The wire's order of bytes is the machine's. */
	protobuf_put_bytes(out, field, str_make(values, count * sizeof(*values)));
}

void wire_packed_doubles(struct buffer *out, uint32_t field, const double *values, size_t count)
{
	protobuf_put_bytes(out, field, str_make(values, count * sizeof(*values)));
}

void wire_packed_varints(struct buffer *out, uint32_t field, const uint64_t *values, size_t count)
{
	size_t mark = protobuf_begin(out, field);

	for (size_t i = 0; i < count; i++)
		protobuf_put_varint(out, values[i]);
	protobuf_end(out, mark);
}
