#include "storage/rocksdb/series_key.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/protobuf.h"

enum { FIRST_SLOTS = 1024, OUTLINED_ATTRIBUTES = 32 };

void series_keyer_release(struct series_keyer *keyer)
{
	buffer_release(&keyer->scratch);
}

void series_keyer_forget(struct series_keyer *keyer)
{
	memset(keyer->slots, 0, sizeof(keyer->slots));
}

static void describe(const struct attributes *attributes, struct buffer *out)
{
	protobuf_put_varint(out, attributes->count);
	for (uint32_t i = 0; i < attributes->count; i++)
		attribute_encode(1, &attributes->items[i], out);
}

static void describe_metric(const void *object, struct buffer *out)
{
	const struct metric *metric = object;

	protobuf_put_bytes(out, 1, metric->name);
	protobuf_put_bytes(out, 2, metric->unit);
	protobuf_put_uint(out, 3, metric->type);
	protobuf_put_uint(out, 4, metric->temporality);
	protobuf_put_uint(out, 5, metric->monotonic);
}

static void describe_resource(const void *object, struct buffer *out)
{
	describe(&((const struct resource *)object)->attributes, out);
}

static void describe_scope(const void *object, struct buffer *out)
{
	const struct scope *scope = object;

	protobuf_put_bytes(out, 1, scope->name);
	protobuf_put_bytes(out, 2, scope->version);
	describe(&scope->attributes, out);
}

static struct series_key hash_scratch(const struct buffer *scratch)
{
	XXH128_hash_t hash = XXH3_128bits_withSeed(scratch->data, scratch->size, hash_seed());

	return (struct series_key){hash.low64, hash.high64};
}

/* The key of a metric, resource or scope, by its address where it was seen lately. */
static bool part_key(struct series_keyer *keyer, const void *object,
		     void (*describe_object)(const void *object, struct buffer *out),
		     struct series_key *key_out)
{
	struct remembered *slot =
		&keyer->slots[((uintptr_t)object >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 54];

	if (slot->address != object) {
		buffer_clear(&keyer->scratch);
		describe_object(object, &keyer->scratch);
		if (buffer_failed(&keyer->scratch))
			return false;
		*slot = (struct remembered){object, hash_scratch(&keyer->scratch)};
	}
	*key_out = slot->key;
	return true;
}

/* An attribute in three numbers. */
struct outline {
	uint64_t key, type, value;
};

static struct outline outline_of(const struct attribute *attribute)
{
	const struct value *value = &attribute->value;
	struct outline outline = {
		.key = hash_seeded(attribute->key.data, attribute->key.size, hash_seed()),
		.type = value->type,
	};

	switch (value->type) {
	case VALUE_EMPTY: break;
	case VALUE_BOOL: outline.value = value->boolean; break;
	case VALUE_INT:
	case VALUE_DOUBLE: outline.value = (uint64_t)value->integer; break;
	default: outline.value = hash_seeded(value->data, value->size, hash_seed());
	}
	return outline;
}

/* Of few attributes the outlines are hashed, where they lie on the stack; of many, what describes them. */
static bool attributes_key(struct series_keyer *keyer, const struct attributes *attributes,
			   struct series_key *key_out)
{
	struct outline outlines[OUTLINED_ATTRIBUTES];
	XXH128_hash_t hash;

	if (attributes->count > OUTLINED_ATTRIBUTES) {
		buffer_clear(&keyer->scratch);
		describe(attributes, &keyer->scratch);
		*key_out = hash_scratch(&keyer->scratch);
		return !buffer_failed(&keyer->scratch);
	}
	for (uint32_t i = 0; i < attributes->count; i++)
		outlines[i] = outline_of(&attributes->items[i]);
	hash = XXH3_128bits_withSeed(outlines, attributes->count * sizeof(outlines[0]), hash_seed());
	*key_out = (struct series_key){hash.low64, hash.high64};
	return true;
}

bool series_keyer_make(struct series_keyer *keyer, const struct metric *metric,
		       const struct resource *resource, const struct scope *scope,
		       const struct attributes *attributes, struct series_key *key_out)
{
	struct series_key parts[4];
	XXH128_hash_t hash;

	if (!part_key(keyer, metric, describe_metric, &parts[0]) ||
	    !part_key(keyer, resource, describe_resource, &parts[1]) ||
	    !part_key(keyer, scope, describe_scope, &parts[2]) ||
	    !attributes_key(keyer, attributes, &parts[3]))
		return false;
	hash = XXH3_128bits_withSeed(parts, sizeof(parts), hash_seed());
	*key_out = (struct series_key){hash.low64, hash.high64};
	return true;
}

static struct series_key *find_slot(struct series_key *slots, size_t slot_count, struct series_key key)
{
	size_t slot = key.low & (slot_count - 1);

	/* No key is all zeros but by a chance that nobody meets; it would be counted again. */
	while ((slots[slot].low | slots[slot].high) && series_key_compare(&slots[slot], &key) != 0)
		slot = (slot + 1) & (slot_count - 1);
	return &slots[slot];
}

static bool grow(struct series_set *set)
{
	size_t slot_count = set->slot_count ? set->slot_count * 2 : FIRST_SLOTS;
	struct series_key *slots = calloc(slot_count, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i].low | set->slots[i].high)
			*find_slot(slots, slot_count, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = slots;
	set->slot_count = slot_count;
	return true;
}

void series_set_expect(const struct series_set *set, struct series_key key)
{
	if (set->slot_count)
		__builtin_prefetch(&set->slots[key.low & (set->slot_count - 1)], 1);
}

bool series_set_add(struct series_set *set, struct series_key key, bool *is_new_out)
{
	struct series_key *slot;

	if (set->count * 2 >= set->slot_count && !grow(set))
		return false;
	slot = find_slot(set->slots, set->slot_count, key);
	*is_new_out = !(slot->low | slot->high);
	if (*is_new_out) {
		*slot = key;
		set->count++;
	}
	return true;
}

void series_set_release(struct series_set *set)
{
	free(set->slots);
	*set = (struct series_set){0};
}
