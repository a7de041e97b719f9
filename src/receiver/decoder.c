#include "receiver/decoder.h"

#include <stdio.h>

/* KeyValue and AnyValue as they lie on the wire. */
enum {
	KEY_TAG = WIRE_LEN(1),
	VALUE_TAG = WIRE_LEN(2),
	STRING_TAG = WIRE_LEN(1),
	BOOL_TAG = WIRE_VARINT(2),
	INT_TAG = WIRE_VARINT(3),
	DOUBLE_TAG = WIRE_I64(4),
};

bool decode_over_limit(struct decoder *decoder, const char *what, size_t limit)
{
	decoder->failure =
		error_set(decoder->error, STATUS_TOO_LARGE,
			  "the request unfolds to more than %zu %s; send less at a time", limit, what);
	return false;
}

bool decode_no_room(struct decoder *decoder)
{
	return decode_over_limit(decoder, "bytes of rows", decoder->arena->limit_bytes);
}

bool decode_is_utf8_slow(const struct decoder *decoder, struct str text)
{
#ifdef __AVX2__
	while (text.size > 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text.data);

		if (_mm256_movemask_epi8(bytes) != 0)
			return str_is_utf8(text);
		text = str_make(text.data + 32, text.size - 32);
	}
	if (decoder->body_end - text.data >= 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text.data);

		if (_bzhi_u32((uint32_t)_mm256_movemask_epi8(bytes), (uint32_t)text.size) == 0)
			return true;
	}
#endif
	(void)decoder;
	return str_is_utf8(text);
}

/*
 * The value as nearly every client writes it: one field, of a length in one or two bytes, that fills the
 * message. False where it lies otherwise; nothing is said about whether it is valid then.
 */
static inline bool read_usual_value(const struct decoder *decoder, const uint8_t *at, const uint8_t *end,
				    struct value *value_out)
{
	struct str text;
	uint64_t bits;

	if (end - at < 2)
		return false;
	switch (*at++) {
	case STRING_TAG:
		if (*at < 0x80) {
			text = str_make(at + 1, *at);
		} else {
			if (end - at < 2 || at[1] == 0 || at[1] >= 0x80)
				return false;
			text = str_make(at + 2, (size_t)(at[0] & 0x7f) | (size_t)at[1] << 7);
		}
		if (text.data + text.size != (const char *)end || !decode_is_utf8(decoder, text))
			return false;
		*value_out = value_from_str(text);
		return true;
	case INT_TAG:
		if (!protobuf_varint(&at, end, &bits) || at != end)
			return false;
		*value_out = value_from_int((int64_t)bits);
		return true;
	case BOOL_TAG:
		if (at + 1 != end || *at > 1)
			return false;
		*value_out = value_from_bool(*at != 0);
		return true;
	case DOUBLE_TAG:
		if (end - at != 8)
			return false;
		memcpy(&bits, at, 8);
		*value_out = value_from_double(protobuf_double(le64toh(bits)));
		return true;
	default: return false;
	}
}

/* The key and then the value, as read_usual_value has it. */
static inline bool read_usual_attribute(const struct decoder *decoder, struct str bytes,
					struct attribute *attribute_out)
{
	const uint8_t *at = (const uint8_t *)bytes.data, *end = at + bytes.size;
	size_t value_size;
	struct str key;

	if (bytes.size < 4 || at[0] != KEY_TAG || at[1] >= 0x80 || (size_t)at[1] + 4 > bytes.size)
		return false;
	key = str_make(at + 2, at[1]);
	at += 2 + key.size;
	if (at[0] != VALUE_TAG)
		return false;
	value_size = at[1];
	at += 2;
	if (value_size >= 0x80) {
		if (at == end || *at >= 0x80)
			return false;
		value_size = (value_size & 0x7f) | (size_t)*at++ << 7;
	}
	if (value_size != (size_t)(end - at) || !decode_is_utf8(decoder, key))
		return false;
	attribute_out->key = key;
	return read_usual_value(decoder, at, end, &attribute_out->value);
}

/* An attribute in any form that protobuf allows. One that cannot be kept is left empty. */
static void read_any_attribute(struct decoder *decoder, struct str bytes, struct attribute *attribute_out)
{
	if (attribute_decode(bytes, 0, attribute_out, &decoder->value_error) == STATUS_OK)
		return;
	*attribute_out = (struct attribute){.key = str_make("", 0)};
	if (!decoder->bad)
		decoder->bad = decoder->value_error.message;
}

/* Attributes being appended at the arena's very end, so that their number need not be known. */
struct run {
	struct attribute *items;
	size_t count, room;
};

static size_t room_at_end(const struct arena *arena)
{
	return (size_t)(arena->end - arena->at) / sizeof(struct attribute);
}

/* Moves the run to where there is room for as many again. */
static bool run_grow(struct decoder *decoder, struct run *run)
{
	struct arena *arena = decoder->arena;
	size_t wanted = run->count * 2 + 16;
	struct attribute *items = arena_alloc(arena, wanted * sizeof(*items));

	if (!items)
		return decode_no_room(decoder);
	/* The run stays open: what it does not use is given back at once. */
	arena->at = (char *)items;
	if (run->count)
		memmove(items, run->items, run->count * sizeof(*items));
	run->items = items;
	run->room = room_at_end(arena);
	return true;
}

/* Opens a run that begins with what attributes holds already, which is nothing but in odd requests. */
static bool run_open(struct decoder *decoder, const struct attributes *attributes, struct run *run)
{
	*run = (struct run){(struct attribute *)(void *)decoder->arena->at, 0, room_at_end(decoder->arena)};
	if (attributes->count == 0)
		return true;
	run->items = (struct attribute *)(uintptr_t)attributes->items;
	run->count = attributes->count;
	return run_grow(decoder, run);
}

bool decode_attributes(struct decoder *decoder, struct wire *wire, struct attributes *attributes)
{
	uint8_t tag = (uint8_t)wire->tag;
	struct run run;

	if (!run_open(decoder, attributes, &run))
		return false;
	for (;;) {
		struct str bytes = wire_bytes(wire);

		if (wire->failed)
			return false;
		if (run.count == run.room && !run_grow(decoder, &run))
			return false;
		if (!read_usual_attribute(decoder, bytes, &run.items[run.count]))
			read_any_attribute(decoder, bytes, &run.items[run.count]);
		if (run.count < OTLP_ATTRIBUTES_MAX)
			run.count++;
		else
			decode_fault(decoder, "a record has more than 16384 attributes");
		if (wire->at == wire->end || *wire->at != tag)
			break;
		wire->at++;
	}
	decoder->arena->at = (char *)(run.items + run.count);
	attributes->items = run.items;
	attributes->count = (uint32_t)run.count;
	return true;
}

bool decode_parts(struct decoder *decoder, struct wire *wire, const void *items, uint32_t count,
		  size_t item_size, struct parts *parts_out)
{
	size_t run = wire_count_run(*wire);
	char *copy;

	if (run > OTLP_PARTS_MAX - count) {
		decode_fault(decoder, "a record has more than 65536 events, links, exemplars or quantiles");
		for (size_t i = 0; i < run; i++)
			decode_part(wire, i > 0);
		*parts_out = (struct parts){(void *)(uintptr_t)items, count, count};
		return true;
	}
	copy = arena_alloc(decoder->arena, (count + run) * item_size);
	if (!copy)
		return decode_no_room(decoder);
	if (count)
		memcpy(copy, items, count * item_size);
	memset(copy + count * item_size, 0, run * item_size);
	*parts_out = (struct parts){copy, count, count + (uint32_t)run};
	return true;
}

static bool decode_resource(struct decoder *decoder, struct str bytes, struct resource *resource)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(1):
			if (!decode_attributes(decoder, &wire, &resource->attributes))
				return false;
			break;
		case WIRE_VARINT(2): resource->attributes.dropped_count = (uint32_t)wire_varint(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

static bool decode_scope(struct decoder *decoder, struct str bytes, struct scope *scope)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(1):
			scope->name = decode_text(decoder, &wire, "a scope's name is not UTF-8");
			break;
		case WIRE_LEN(2):
			scope->version = decode_text(decoder, &wire, "a scope's version is not UTF-8");
			break;
		case WIRE_LEN(3):
			if (!decode_attributes(decoder, &wire, &scope->attributes))
				return false;
			break;
		case WIRE_VARINT(4): scope->attributes.dropped_count = (uint32_t)wire_varint(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

struct group_fault decode_group_begin(const struct decoder *decoder)
{
	struct group_fault fault;

	fault.text[0] = '\0';
	fault.first_row = *decoder->row_count;
	return fault;
}

void decode_group_note(struct decoder *decoder, struct group_fault *fault)
{
	if (!fault->text[0])
		snprintf(fault->text, sizeof(fault->text), "%s", decoder->bad);
	decoder->bad = NULL;
}

void decode_group_end(struct decoder *decoder, const struct group_fault *fault)
{
	if (!fault->text[0])
		return;
	otlp_reject(decoder->outcome, *decoder->row_count - fault->first_row, fault->text);
	*decoder->row_count = fault->first_row;
}

/* ScopeSpans, ScopeMetrics, ScopeLogs: they have the same numbers. */
static bool decode_scope_field(struct decoder *decoder, struct wire *wire, struct scope *scope)
{
	switch (wire->tag) {
	case WIRE_LEN(1): return decode_scope(decoder, wire_bytes(wire), scope);
	case WIRE_LEN(2): return decoder->record(decoder, wire_bytes(wire));
	case WIRE_LEN(3):
		scope->schema_url = decode_text(decoder, wire, "a scope's schema_url is not UTF-8");
		break;
	default: wire_skip(wire);
	}
	return true;
}

static bool decode_scope_records(struct decoder *decoder, struct str bytes)
{
	struct scope *scope = arena_calloc(decoder->arena, 1, sizeof(*scope));
	struct group_fault fault = decode_group_begin(decoder);
	struct wire wire = wire_open(bytes);
	bool fine = true;

	if (!scope)
		return decode_no_room(decoder);
	decoder->scope = scope;
	while (fine && wire_next(&wire)) {
		fine = decode_scope_field(decoder, &wire, scope);
		if (decoder->bad)
			decode_group_note(decoder, &fault);
	}
	decode_group_end(decoder, &fault);
	return fine && !wire.failed;
}

/* ResourceSpans, ResourceMetrics, ResourceLogs. */
static bool decode_resource_field(struct decoder *decoder, struct wire *wire, struct resource *resource)
{
	switch (wire->tag) {
	case WIRE_LEN(1): return decode_resource(decoder, wire_bytes(wire), resource);
	case WIRE_LEN(2): return decode_scope_records(decoder, wire_bytes(wire));
	case WIRE_LEN(3):
		resource->schema_url = decode_text(decoder, wire, "a resource's schema_url is not UTF-8");
		break;
	default: wire_skip(wire);
	}
	return true;
}

static bool decode_resource_records(struct decoder *decoder, struct str bytes)
{
	struct resource *resource = arena_calloc(decoder->arena, 1, sizeof(*resource));
	struct group_fault fault = decode_group_begin(decoder);
	struct wire wire = wire_open(bytes);
	bool fine = true;

	if (!resource)
		return decode_no_room(decoder);
	decoder->resource = resource;
	while (fine && wire_next(&wire)) {
		fine = decode_resource_field(decoder, &wire, resource);
		if (decoder->bad)
			decode_group_note(decoder, &fault);
	}
	decode_group_end(decoder, &fault);
	return fine && !wire.failed;
}

bool decode_request(struct decoder *decoder, struct str body)
{
	struct wire wire = wire_open(body);
	bool fine = true;

	while (fine && wire_next(&wire))
		if (wire.tag == WIRE_LEN(1))
			fine = decode_resource_records(decoder, wire_bytes(&wire));
		else
			wire_skip(&wire);
	return fine && !wire.failed;
}
