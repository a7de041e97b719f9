#include "processor/pace.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"

enum {
	FIRST_CAPACITY = 64,
	FEWEST = 100,      /* executions that say what is slow */
	WORK_OUT_EACH = 64 /* executions */
};

void pace_init(struct pace *pace, size_t limit)
{
	*pace = (struct pace){.limit = limit};
}

static void free_handler(struct handler_pace *handler)
{
	distribution_release(&handler->now);
	distribution_release(&handler->before);
	free(handler);
}

void pace_release(struct pace *pace)
{
	for (size_t i = 0; pace->handlers && i <= pace->mask; i++)
		if (pace->handlers[i])
			free_handler(pace->handlers[i]);
	free(pace->handlers);
	*pace = (struct pace){0};
}

static struct handler_pace **place_of(const struct pace *pace, struct str name, uint64_t hash)
{
	size_t at = hash & pace->mask;

	while (pace->handlers[at] &&
	       !(pace->handlers[at]->hash == hash && str_equal(pace->handlers[at]->name, name)))
		at = (at + 1) & pace->mask;
	return &pace->handlers[at];
}

static bool has_room(struct pace *pace)
{
	size_t capacity = pace->handlers ? (pace->mask + 1) * 2 : FIRST_CAPACITY;
	struct pace to = *pace;

	if (pace->count >= pace->limit)
		return false;
	if (pace->handlers && pace->count * 2 <= pace->mask)
		return true;
	to.handlers = calloc(capacity, sizeof(*to.handlers));
	if (!to.handlers)
		return false;
	to.mask = capacity - 1;
	for (size_t i = 0; pace->handlers && i <= pace->mask; i++)
		if (pace->handlers[i])
			*place_of(&to, pace->handlers[i]->name, pace->handlers[i]->hash) = pace->handlers[i];
	free(pace->handlers);
	*pace = to;
	return true;
}

static struct handler_pace *add(struct pace *pace, struct str name, uint64_t hash)
{
	struct handler_pace *handler;

	if (!has_room(pace))
		return NULL;
	handler = calloc(1, sizeof(*handler) + name.size);
	if (!handler)
		return NULL;
	if (name.size)
		memcpy(handler + 1, name.data, name.size);
	handler->name = str_make(handler + 1, name.size);
	handler->hash = hash;
	handler->slow_ns = UINT64_MAX;
	*place_of(pace, name, hash) = handler;
	pace->count++;
	return handler;
}

static void begin_minute(struct handler_pace *handler, uint64_t minute)
{
	struct distribution empty = handler->before;

	distribution_clear(&empty);
	if (minute == handler->minute + 1) {
		handler->before = handler->now;
		handler->now = empty;
	} else {
		handler->before = empty;
		distribution_clear(&handler->now);
	}
	handler->minute = minute;
	handler->kept = 0;
}

struct handler_pace *pace_of(struct pace *pace, struct str name, uint64_t now_ns)
{
	uint64_t hash = hash_seeded(name.data, name.size, hash_seed()),
		 minute = now_ns / (60 * NS_PER_SECOND);
	struct handler_pace *handler = pace->handlers ? *place_of(pace, name, hash) : NULL;

	if (!handler)
		handler = add(pace, name, hash);
	if (handler && handler->minute < minute)
		begin_minute(handler, minute);
	return handler;
}

static uint64_t counted_in(const struct distribution *distribution, int32_t bucket)
{
	uint32_t place = (uint32_t)(bucket - distribution->offset);

	return place < distribution->bucket_count ? distribution->counts[place] : 0;
}

/* The upper bound of the bucket above which a hundredth lies. */
static uint64_t find_slow(const struct handler_pace *handler)
{
	const struct distribution *now = &handler->now, *before = &handler->before;
	uint64_t allowed = (now->count + before->count) / 100, above = 0;
	int32_t bucket = now->offset + (int32_t)now->bucket_count;

	if (now->count + before->count < FEWEST)
		return UINT64_MAX;
	if (before->bucket_count && before->offset + (int32_t)before->bucket_count > bucket)
		bucket = before->offset + (int32_t)before->bucket_count;
	/* There are more in all buckets than are allowed above: one of zero durations alone is met at once. */
	if (now->zero_count + before->zero_count + allowed >= now->count + before->count)
		return 0;
	while (above <= allowed) {
		bucket--;
		above += counted_in(now, bucket) + counted_in(before, bucket);
	}
	return (uint64_t)(exp2((bucket + 1) / (double)(1 << DISTRIBUTION_SCALE)) * (double)NS_PER_MS);
}

bool pace_is_slow(struct handler_pace *handler, uint64_t duration_ns)
{
	bool is_slow = duration_ns > handler->slow_ns;

	if (distribution_add(&handler->now, duration_ns) && ++handler->uncounted >= WORK_OUT_EACH) {
		handler->slow_ns = find_slow(handler);
		handler->uncounted = 0;
	}
	return is_slow;
}
