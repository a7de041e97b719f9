/*
 * value: what an attribute or a log body holds (OTLP's AnyValue), and attributes, resources and scopes.
 *
 * A nested array or map stays in its OTLP protobuf encoding and is walked in place: it is rare, and nothing is
 * lost or copied. A decoder has checked it once (well formed, UTF-8, bounded depth), so that a walk of a value
 * that is in a batch cannot fail.
 *
 * Ownership  views; the bytes live as long as the batch that holds the row.
 * Threads    plain values.
 * Errors     none past the decoder; walking damaged bytes ends early.
 * Source     opentelemetry-proto common/v1/common.proto, resource/v1/resource.proto
 */
#ifndef ROHAS_MODEL_VALUE_H
#define ROHAS_MODEL_VALUE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/protobuf.h"
#include "base/status.h"
#include "base/str.h"

/* The numbers are on disk. */
enum value_type {
	VALUE_EMPTY = 0,
	VALUE_STRING = 1,
	VALUE_BOOL = 2,
	VALUE_INT = 3,
	VALUE_DOUBLE = 4,
	VALUE_BYTES = 5,
	VALUE_ARRAY = 6, /* bytes of an ArrayValue message */
	VALUE_MAP = 7,   /* bytes of a KeyValueList message */
};
enum { VALUE_TYPE_COUNT = 8 };

/* How deep arrays and maps may nest. Past it the record is rejected. */
enum { VALUE_DEEPEST = 32 };

struct value {
	union {
		const char *data; /* STRING, BYTES, ARRAY, MAP: size bytes */
		int64_t integer;
		double real;
		bool boolean;
	};
	uint32_t size;
	uint8_t type; /* enum value_type */
};

struct attribute {
	struct str key;
	struct value value;
};

/* In the order in which they arrived. A key should be there once; where it is not, the last one counts. */
struct attributes {
	const struct attribute *items;
	uint32_t count;
	uint32_t dropped_count; /* as the sender said */
};

struct resource {
	struct attributes attributes;
	struct str schema_url;
};

struct scope {
	struct str name, version, schema_url;
	struct attributes attributes;
};

static inline struct str value_str(const struct value *value)
{
	return str_make(value->data, value->size);
}

static inline struct value value_from_str(struct str s)
{
	return (struct value){.data = s.data, .size = (uint32_t)s.size, .type = VALUE_STRING};
}

static inline struct value value_from_int(int64_t integer)
{
	return (struct value){.integer = integer, .type = VALUE_INT};
}

static inline struct value value_from_double(double real)
{
	return (struct value){.real = real, .type = VALUE_DOUBLE};
}

static inline struct value value_from_bool(bool boolean)
{
	return (struct value){.boolean = boolean, .type = VALUE_BOOL};
}

bool value_equal(const struct value *a, const struct value *b);

/*
 * A value as a line of text: a string as it is, numbers and booleans in JSON's form, bytes as base64, arrays and
 * maps as JSON. This is what filters compare with and what becomes a metric label. Appends to out.
 */
void value_to_text(const struct value *value, struct buffer *out);

/* Walks an ARRAY: `struct protobuf_reader r = value_walk(v); while (value_next_item(&r, &item)) …` */
struct protobuf_reader value_walk(const struct value *value);
bool value_next_item(struct protobuf_reader *reader, struct value *item_out);

/* Walks a MAP. */
bool value_next_attribute(struct protobuf_reader *reader, struct attribute *attribute_out);

/*
 * Decodes the bytes of one AnyValue message and checks it to the bottom (UTF-8, form, depth from 0).
 * STATUS_INVALID names what is wrong.
 */
enum status value_decode(struct str bytes, unsigned depth, struct value *value_out, struct error *error);

/* Decodes the bytes of one KeyValue message, checking alike. */
enum status attribute_decode(struct str bytes, unsigned depth, struct attribute *attribute_out,
			     struct error *error);

/* Writes value as an AnyValue message into out (its fields, without a tag in front). */
void value_encode(const struct value *value, struct buffer *out);

/* Writes key and value as a KeyValue message that is field number of the message being written. */
void attribute_encode(uint32_t number, const struct attribute *attribute, struct buffer *out);

/* The last attribute of that key, or NULL. */
const struct value *attributes_find(const struct attributes *attributes, const char *key);

/* The string of that key, or an empty str where it is absent or no string. */
struct str attributes_find_str(const struct attributes *attributes, const char *key);

/* Content equality and hash: the same keys and values in the same order. */
bool attributes_equal(const struct attributes *a, const struct attributes *b);
bool resource_equal(const struct resource *a, const struct resource *b);
bool scope_equal(const struct scope *a, const struct scope *b);

/* Deep copies into the arena; false when memory ran out. */
bool value_copy(struct arena *arena, const struct value *from, struct value *to_out);
bool attributes_copy(struct arena *arena, const struct attributes *from, struct attributes *to_out);
const struct resource *resource_copy(struct arena *arena, const struct resource *from);
const struct scope *scope_copy(struct arena *arena, const struct scope *from);

/* What a row without a resource or scope points to. */
extern const struct resource resource_empty;
extern const struct scope scope_empty;

/* The resource's service.name; empty where it has none. */
struct str resource_service(const struct resource *resource);

/* Whether two resources are one program at one place: the same service.namespace, service.name, service.instance.id,
 * host.name, host.id, k8s.pod.name and container.id, or none of it in both. */
bool resource_is_same_source(const struct resource *a, const struct resource *b);

#endif
