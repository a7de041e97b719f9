#include "query/trace_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "query/trace.h"

struct entry {
	struct entry *next;          /* in its bucket */
	struct entry *newer, *older; /* in the order of use */
	struct trace *trace;
	size_t bucket;
};

/* change counts the notes that concerned any trace of this bucket: it is what a ticket shows. Traces that share
 * a bucket make each other's tickets worthless, which costs a hit and never an answer. */
struct bucket {
	struct entry *first;
	uint32_t change;
};

struct trace_cache {
	pthread_mutex_t lock;
	struct bucket *buckets;
	size_t bucket_mask;
	struct entry *newest, *oldest;
	size_t trace_limit, limit_bytes;
	struct trace_cache_stats stats;
};

/* At 100,000 new traces a second, a bucket of so many is noted six times: a ticket lasts as long as a read. */
enum { LEAST_BUCKETS = 1 << 14, MOST_BUCKETS = 1 << 20 };

struct trace_cache *trace_cache_new(size_t trace_limit, size_t limit_bytes)
{
	struct trace_cache *cache = calloc(1, sizeof(*cache));
	size_t bucket_count = LEAST_BUCKETS;

	if (!cache)
		return NULL;
	while (bucket_count < trace_limit && bucket_count < MOST_BUCKETS)
		bucket_count *= 2;
	if (trace_limit == 0)
		bucket_count = 1;
	cache->buckets = calloc(bucket_count, sizeof(*cache->buckets));
	if (!cache->buckets) {
		free(cache);
		return NULL;
	}
	pthread_mutex_init(&cache->lock, NULL);
	cache->bucket_mask = bucket_count - 1;
	cache->trace_limit = trace_limit;
	cache->limit_bytes = limit_bytes;
	return cache;
}

/* Trace ids are random; those that are not, cost their owner only time. */
static size_t bucket_of(const struct trace_cache *cache, const uint8_t trace_id[TRACE_ID_SIZE])
{
	uint64_t halves[2];

	memcpy(halves, trace_id, sizeof(halves));
	return (size_t)((halves[0] ^ halves[1]) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & cache->bucket_mask;
}

static void order_remove(struct trace_cache *cache, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void order_add(struct trace_cache *cache, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = cache->newest;
	*(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
	cache->newest = entry;
}

static struct entry **find(struct trace_cache *cache, size_t bucket, const uint8_t trace_id[TRACE_ID_SIZE])
{
	struct entry **at = &cache->buckets[bucket].first;

	while (*at && memcmp((*at)->trace->summary.trace_id, trace_id, TRACE_ID_SIZE) != 0)
		at = &(*at)->next;
	return at;
}

/* What a trace takes here. Many small ones, or ids that are not there, are mostly places in the cache. */
static size_t cost_of(const struct trace *trace)
{
	return trace->size_bytes + sizeof(struct entry);
}

/* Takes *at out and puts it in front of dead. */
static void forget(struct trace_cache *cache, struct entry **at, struct entry **dead)
{
	struct entry *entry = *at;

	*at = entry->next;
	order_remove(cache, entry);
	cache->stats.trace_count--;
	cache->stats.size_bytes -= cost_of(entry->trace);
	entry->next = *dead;
	*dead = entry;
}

static void forget_oldest(struct trace_cache *cache, struct entry **dead)
{
	struct entry *oldest = cache->oldest;

	forget(cache, find(cache, oldest->bucket, oldest->trace->summary.trace_id), dead);
}

/* Without the lock: giving back a large trace takes long, and every sender's answer waits for a note. */
static void bury(struct entry *dead)
{
	while (dead) {
		struct entry *next = dead->next;

		trace_drop(dead->trace);
		free(dead);
		dead = next;
	}
}

void trace_cache_free(struct trace_cache *cache)
{
	struct entry *dead = NULL;

	if (!cache)
		return;
	while (cache->oldest)
		forget_oldest(cache, &dead);
	bury(dead);
	pthread_mutex_destroy(&cache->lock);
	free(cache->buckets);
	free(cache);
}

const struct trace *trace_cache_find(struct trace_cache *cache, const uint8_t trace_id[TRACE_ID_SIZE],
				     uint32_t *ticket_out)
{
	size_t bucket = bucket_of(cache, trace_id);
	struct trace *trace = NULL;
	struct entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = *find(cache, bucket, trace_id);
	if (entry) {
		order_remove(cache, entry);
		order_add(cache, entry);
		trace = entry->trace;
		__atomic_add_fetch(&trace->references, 1, __ATOMIC_RELAXED);
		cache->stats.hit_count++;
	} else {
		*ticket_out = cache->buckets[bucket].change;
		cache->stats.miss_count++;
	}
	pthread_mutex_unlock(&cache->lock);
	return trace;
}

static void add(struct trace_cache *cache, struct trace *trace, size_t bucket)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return;
	entry->trace = trace;
	entry->bucket = bucket;
	entry->next = cache->buckets[bucket].first;
	cache->buckets[bucket].first = entry;
	order_add(cache, entry);
	__atomic_add_fetch(&trace->references, 1, __ATOMIC_RELAXED);
	cache->stats.trace_count++;
	cache->stats.size_bytes += cost_of(trace);
}

void trace_cache_keep(struct trace_cache *cache, struct trace *trace, uint32_t ticket)
{
	const uint8_t *trace_id = trace->summary.trace_id;
	size_t bucket = bucket_of(cache, trace_id), cost = cost_of(trace);
	struct entry *dead = NULL;

	/* One giant would push out everything else. */
	if (cache->trace_limit == 0 || cost > cache->limit_bytes / 4)
		return;
	pthread_mutex_lock(&cache->lock);
	if (cache->buckets[bucket].change == ticket && !*find(cache, bucket, trace_id)) {
		while (cache->oldest && (cache->stats.trace_count >= cache->trace_limit ||
					 cache->stats.size_bytes + cost > cache->limit_bytes))
			forget_oldest(cache, &dead);
		add(cache, trace, bucket);
	}
	pthread_mutex_unlock(&cache->lock);
	bury(dead);
}

/* The trace of each run of spans, under the lock. */
static void note_runs(struct trace_cache *cache, const struct span *spans, size_t count, struct entry **dead)
{
	const uint8_t *last = NULL;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *trace_id = spans[i].trace_id;
		struct entry **at;
		size_t bucket;

		if (last && memcmp(last, trace_id, TRACE_ID_SIZE) == 0)
			continue;
		last = trace_id;
		bucket = bucket_of(cache, trace_id);
		cache->buckets[bucket].change++;
		at = find(cache, bucket, trace_id);
		if (*at)
			forget(cache, at, dead);
	}
}

void trace_cache_note_spans(struct trace_cache *cache, const struct span *spans, size_t count)
{
	struct entry *dead = NULL;

	if (cache->trace_limit == 0)
		return;
	pthread_mutex_lock(&cache->lock);
	note_runs(cache, spans, count, &dead);
	pthread_mutex_unlock(&cache->lock);
	bury(dead);
}

void trace_cache_stats(struct trace_cache *cache, struct trace_cache_stats *stats_out)
{
	pthread_mutex_lock(&cache->lock);
	*stats_out = cache->stats;
	pthread_mutex_unlock(&cache->lock);
}
