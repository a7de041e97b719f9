#include "storage/columns/span_classes.h"

#include "base/hash.h"
#include "storage/columns/span_schema.h"

enum { FIRST_SLOTS = 256, LARGEST_KEPT_SLOTS = 1 << 16 };

/* Names tell most classes apart; what follows from a name is compared and not hashed. */
static uint32_t class_hash(const struct span *span, uint32_t resource, uint32_t scope)
{
	uint64_t seed =
		hash_seed() ^ ((uint64_t)resource << 40 | (uint64_t)scope << 16 | (uint64_t)span->kind << 8 |
			       span->status_code << 4 | span->handler.outcome);

	return (uint32_t)hash_seeded(span->name.data, span->name.size, seed);
}

static bool same_handler(const struct handler *a, const struct handler *b)
{
	return a->role == b->role && a->type == b->type && a->outcome == b->outcome &&
	       a->messages == b->messages && str_equal(a->name, b->name) &&
	       str_equal(a->language, b->language) && str_equal(a->event, b->event);
}

static bool is_class(const struct span_class *class, const struct span *span, uint32_t resource,
		     uint32_t scope)
{
	const struct span *other = class->span;

	return class->resource == resource && class->scope == scope && other->kind == span->kind &&
	       other->status_code == span->status_code && other->flags == span->flags &&
	       str_equal(other->name, span->name) && same_handler(&other->handler, &span->handler);
}

static bool grow_slots(struct span_classes *classes)
{
	size_t count = classes->slot_count ? classes->slot_count * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots) {
		classes->failed = true;
		return false;
	}
	for (size_t i = 0; i < classes->entries.count; i++) {
		size_t slot = classes->entries.items[i].hash & (count - 1);

		while (slots[slot])
			slot = (slot + 1) & (count - 1);
		slots[slot] = (uint32_t)i + 1;
	}
	free(classes->slots);
	classes->slots = slots;
	classes->slot_count = count;
	return true;
}

uint32_t span_classes_code(struct span_classes *classes, const struct span *span, uint32_t resource,
			   uint32_t scope)
{
	uint32_t hash = class_hash(span, resource, scope);
	size_t slot;

	if (classes->entries.count * 2 >= classes->slot_count && !grow_slots(classes))
		return 0;
	slot = hash & (classes->slot_count - 1);
	for (; classes->slots[slot]; slot = (slot + 1) & (classes->slot_count - 1)) {
		const struct span_class *class = &classes->entries.items[classes->slots[slot] - 1];

		if (class->hash == hash && is_class(class, span, resource, scope))
			return classes->slots[slot] - 1;
	}
	vector_span_class_push(&classes->entries, (struct span_class){span, resource, scope, hash});
	if (classes->entries.failed) {
		classes->failed = true;
		return 0;
	}
	classes->slots[slot] = (uint32_t)classes->entries.count;
	return (uint32_t)classes->entries.count - 1;
}

static void put_class(const struct span_class *class, struct table_writer *table)
{
	const struct span *span = class->span;
	const struct handler *handler = &span->handler;

	table_put_number(table, CLASS_KIND, span->kind);
	table_put_number(table, CLASS_STATUS_CODE, span->status_code);
	table_put_number(table, CLASS_FLAGS, span->flags);
	table_put_number(table, CLASS_RESOURCE, class->resource);
	table_put_number(table, CLASS_SCOPE, class->scope);
	table_put_number(table, CLASS_HANDLER_ROLE, handler->role);
	table_put_number(table, CLASS_HANDLER_TYPE, handler->type);
	table_put_number(table, CLASS_OUTCOME, handler->outcome);
	table_put_number(table, CLASS_MESSAGES, handler->messages);
	table_put_string(table, CLASS_NAME, span->name);
	table_put_string(table, CLASS_HANDLER_NAME, handler->name);
	table_put_string(table, CLASS_LANGUAGE, handler->language);
	table_put_string(table, CLASS_EVENT_HANDLED, handler->event);
}

void span_classes_put(const struct span_classes *classes, struct table_writer *table)
{
	for (size_t i = 0; i < classes->entries.count; i++)
		put_class(&classes->entries.items[i], table);
}

void span_classes_clear(struct span_classes *classes)
{
	if (classes->slot_count > LARGEST_KEPT_SLOTS) {
		span_classes_release(classes);
		return;
	}
	if (classes->entries.count)
		memset(classes->slots, 0, classes->slot_count * sizeof(*classes->slots));
	vector_span_class_clear(&classes->entries);
	classes->failed = false;
}

void span_classes_release(struct span_classes *classes)
{
	vector_span_class_release(&classes->entries);
	free(classes->slots);
	*classes = (struct span_classes){0};
}
