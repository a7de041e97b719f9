/* spans: small helpers to say what a span has. Strings are literals. */
#ifndef ROHAS_TESTS_UNIT_PROCESSOR_SPANS_H
#define ROHAS_TESTS_UNIT_PROCESSOR_SPANS_H

#include "model/batch.h"
#include "test.h"

enum { ATTRIBUTES_MOST = 6 };

static inline struct attribute text(const char *key, const char *value)
{
	return (struct attribute){str_from(key), value_from_str(str_from(value))};
}

static inline struct attribute whole(const char *key, int64_t value)
{
	return (struct attribute){str_from(key), value_from_int(value)};
}

static inline struct attribute truth(const char *key, bool value)
{
	return (struct attribute){str_from(key), value_from_bool(value)};
}

/* Adds a span with the attributes up to the first without a key. */
static inline struct span *add_span(struct batch *batch, uint8_t kind, const char *name,
				    const struct attribute *attributes)
{
	struct span *span = batch_add_span(batch);
	struct attribute *items = arena_calloc(&batch->arena, ATTRIBUTES_MOST, sizeof(*items));
	uint32_t count = 0;

	for (; attributes && count < ATTRIBUTES_MOST && attributes[count].key.data; count++)
		items[count] = attributes[count];
	span->kind = kind;
	span->name = str_from(name);
	span->attributes = (struct attributes){items, count, 0};
	span->span_id[0] = (uint8_t)batch->span_count;
	return span;
}

#define WITH(...) ((const struct attribute[ATTRIBUTES_MOST + 1]){__VA_ARGS__})

#endif
