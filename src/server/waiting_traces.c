#include "server/waiting_traces.h"

#include <stdlib.h>

#include "base/hash.h"

struct place {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint64_t first_ns, last_ns;
	struct place *next;            /* in its bucket, or of the free places */
	struct place *earlier, *later; /* in the order of arrival */
};

struct waiting_traces {
	uint64_t settle_ns, latest_ns;
	size_t count, bucket_mask;
	struct place *free, *earliest, *latest;
	struct place **buckets;
	struct place places[];
};

struct waiting_traces *waiting_traces_new(size_t limit, uint64_t settle_ns, uint64_t latest_ns)
{
	struct waiting_traces *waiting = calloc(1, sizeof(*waiting) + limit * sizeof(struct place));
	size_t bucket_count = 16;

	if (!waiting)
		return NULL;
	while (bucket_count < 2 * limit)
		bucket_count *= 2;
	waiting->buckets = calloc(bucket_count, sizeof(struct place *));
	if (!waiting->buckets) {
		free(waiting);
		return NULL;
	}
	waiting->bucket_mask = bucket_count - 1;
	waiting->settle_ns = settle_ns;
	waiting->latest_ns = latest_ns;
	for (size_t i = 0; i < limit; i++) {
		waiting->places[i].next = waiting->free;
		waiting->free = &waiting->places[i];
	}
	return waiting;
}

void waiting_traces_free(struct waiting_traces *waiting)
{
	if (!waiting)
		return;
	free(waiting->buckets);
	free(waiting);
}

static struct place **find(struct waiting_traces *waiting, const uint8_t trace_id[TRACE_ID_SIZE])
{
	struct place **at =
		&waiting->buckets[hash_seeded(trace_id, TRACE_ID_SIZE, hash_seed()) & waiting->bucket_mask];

	while (*at && memcmp((*at)->trace_id, trace_id, TRACE_ID_SIZE) != 0)
		at = &(*at)->next;
	return at;
}

bool waiting_traces_note(struct waiting_traces *waiting, const uint8_t trace_id[TRACE_ID_SIZE],
			 uint64_t now_ns)
{
	struct place **at = find(waiting, trace_id), *place = *at;

	if (place) {
		place->last_ns = now_ns;
		return true;
	}
	place = waiting->free;
	if (!place)
		return false;
	waiting->free = place->next;
	*place = (struct place){.first_ns = now_ns, .last_ns = now_ns, .earlier = waiting->latest};
	memcpy(place->trace_id, trace_id, TRACE_ID_SIZE);
	*at = place;
	*(waiting->latest ? &waiting->latest->later : &waiting->earliest) = place;
	waiting->latest = place;
	waiting->count++;
	return true;
}

static void take_out(struct waiting_traces *waiting, struct place *place)
{
	struct place **at = find(waiting, place->trace_id);

	*at = place->next;
	*(place->earlier ? &place->earlier->later : &waiting->earliest) = place->later;
	*(place->later ? &place->later->earlier : &waiting->latest) = place->earlier;
	place->next = waiting->free;
	waiting->free = place;
	waiting->count--;
}

size_t waiting_traces_take(struct waiting_traces *waiting, uint64_t now_ns,
			   uint8_t (*trace_ids_out)[TRACE_ID_SIZE], size_t limit)
{
	struct place *place = waiting->earliest, *later;
	size_t count = 0;

	for (; place && count < limit; place = later) {
		later = place->later;
		if (now_ns - place->last_ns < waiting->settle_ns &&
		    now_ns - place->first_ns < waiting->latest_ns)
			continue;
		memcpy(trace_ids_out[count++], place->trace_id, TRACE_ID_SIZE);
		take_out(waiting, place);
	}
	return count;
}

size_t waiting_traces_count(const struct waiting_traces *waiting)
{
	return waiting->count;
}
