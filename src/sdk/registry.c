#include "sdk/registry.h"

#include <assert.h>
#include <pthread.h>

#include "base/status.h"
#include "sdk/memory.h"

enum { ALIGNMENT = 64, CALLS_UNTIL_RETRY = 1024 };

_Atomic uint32_t registry_generation;
__thread struct pool *registry_own;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;
static uint32_t last_generation;
static struct registry_options options;
static void (*revive)(void);
static bool needs_revival; /* after a fork, until the first thread records */
static _Atomic(struct pool *) pools;
static uint32_t pool_total;
static struct pool *kept; /* of openings that have ended, with spans that never did */
static _Atomic uint64_t lost[SIGNALS];
/* How many calls this thread makes without a pool before it asks for one again, in the opening that had none. */
static __thread uint32_t calls_until_retry __attribute__((tls_model("initial-exec")));
static __thread uint32_t denied_generation __attribute__((tls_model("initial-exec")));

/* What pool_init was given lies at an aligned place in what the allocator gave. */
struct origin {
	struct rohas_allocator allocator;
	void *memory;
	size_t size;
};

static struct origin *origin_of(struct pool *pool)
{
	return (struct origin *)(void *)((char *)pool - ALIGNMENT);
}

static_assert(sizeof(struct origin) <= ALIGNMENT, "where a pool came from stands in front of it");

static struct pool *pool_new(void)
{
	uint32_t chunk_count;
	size_t size = pool_size(options.thread_bytes, &chunk_count);
	size_t whole = size + 2 * ALIGNMENT;
	char *memory = memory_get(&options.allocator, whole), *at;

	if (!memory)
		return NULL;
	at = memory + ALIGNMENT;
	at += ALIGNMENT - (uintptr_t)at % ALIGNMENT;
	*(struct origin *)(void *)(at - ALIGNMENT) = (struct origin){options.allocator, memory, whole};
	return pool_init(at, size, chunk_count);
}

static void pool_free(struct pool *pool)
{
	struct origin origin = *origin_of(pool);

	memory_give(&origin.allocator, origin.memory, origin.size);
}

/*
 * A pool that no opening knows any more. One with spans that never ended stays, because their handles may be used, for
 * the next thread that needs one like it.
 */
static void pool_forget(struct pool *pool)
{
	if (pool_count_begun(pool) == 0) {
		pool_free(pool);
		return;
	}
	pool->next = kept;
	kept = pool;
}

static bool is_alike(struct pool *pool, size_t size)
{
	const struct rohas_allocator *allocator = &origin_of(pool)->allocator;

	return pool->size == size && allocator->allocate == options.allocator.allocate &&
	       allocator->release == options.allocator.release &&
	       allocator->context == options.allocator.context;
}

/* A kept pool as new, or NULL. Old handles find another id in it, or none. */
static struct pool *take_kept(void)
{
	uint32_t chunk_count;
	size_t size = pool_size(options.thread_bytes, &chunk_count);

	for (struct pool **at = &kept; *at; at = &(*at)->next) {
		struct pool *pool = *at;

		if (!is_alike(pool, size))
			continue;
		*at = pool->next;
		pool_reset(pool);
		return pool;
	}
	return NULL;
}

static void thread_ends(void *context)
{
	struct pool *pool = context;

	pthread_mutex_lock(&lock);
	registry_own = NULL;
	pool->is_owned = false;
	if (!pool->is_listed)
		pool_forget(pool);
	pthread_mutex_unlock(&lock);
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, thread_ends) == 0;
}

/* One whose thread ended; after a fork, of the parent's too. */
static struct pool *find_free(uint32_t generation)
{
	for (struct pool *pool = atomic_load(&pools); pool; pool = pool->next) {
		if (pool->is_owned)
			continue;
		if (atomic_load_explicit(&pool->generation, memory_order_relaxed) != generation)
			pool_reset(pool);
		return pool;
	}
	return NULL;
}

static struct pool *add_pool(void)
{
	struct pool *pool = NULL;

	if (pool_total < options.thread_limit)
		pool = take_kept();
	if (!pool && pool_total < options.thread_limit)
		pool = pool_new();
	if (!pool)
		return NULL;
	pool->is_listed = true;
	pool->next = atomic_load_explicit(&pools, memory_order_relaxed);
	pool_total++;
	return pool;
}

/* The lock is held. */
static struct pool *take_pool(uint32_t generation)
{
	struct pool *pool = find_free(generation);
	bool is_new = !pool;

	if (is_new)
		pool = add_pool();
	if (!pool)
		return NULL;
	if (pthread_setspecific(key, pool) != 0) {
		if (is_new) {
			pool_total--;
			pool_forget(pool);
		}
		return NULL;
	}
	pool->is_owned = true;
	pool->current = (struct rohas_span){0};
	random_seed(&pool->random);
	atomic_store_explicit(&pool->generation, generation, memory_order_relaxed);
	if (is_new)
		atomic_store_explicit(&pools, pool, memory_order_release);
	return pool;
}

static struct pool *attach_locked(uint32_t generation)
{
	struct pool *old = registry_own;

	registry_own = NULL;
	if (old) {
		old->is_owned = false;
		pthread_setspecific(key, NULL);
		if (!old->is_listed)
			pool_forget(old);
	}
	registry_own = take_pool(generation);
	if (!registry_own) {
		calls_until_retry = CALLS_UNTIL_RETRY;
		denied_generation = generation;
	}
	return registry_own;
}

struct pool *registry_attach(void)
{
	struct pool *pool = NULL;
	uint32_t generation = atomic_load(&registry_generation);
	bool revives;

	if (generation == 0 || (generation == denied_generation && calls_until_retry && --calls_until_retry))
		return NULL;
	pthread_mutex_lock(&lock);
	generation = atomic_load(&registry_generation);
	revives = generation && needs_revival;
	needs_revival = false;
	if (generation)
		pool = attach_locked(generation);
	pthread_mutex_unlock(&lock);
	if (revives)
		revive();
	return pool;
}

bool registry_open(const struct registry_options *wanted, void (*revive_)(void))
{
	pthread_once(&key_once, make_key);
	if (!has_key)
		return false;
	pthread_mutex_lock(&lock);
	options = *wanted;
	revive = revive_;
	needs_revival = false;
	pool_total = 0;
	for (int i = 0; i < SIGNALS; i++)
		atomic_store(&lost[i], 0);
	atomic_store(&pools, NULL);
	last_generation++;
	atomic_store(&registry_generation, last_generation);
	pthread_mutex_unlock(&lock);
	return true;
}

void registry_stop(void)
{
	pthread_mutex_lock(&lock);
	atomic_store(&registry_generation, 0);
	pthread_mutex_unlock(&lock);
}

void registry_close(void)
{
	struct pool *pool, *next;

	pthread_mutex_lock(&lock);
	for (pool = atomic_load(&pools); pool; pool = next) {
		next = pool->next;
		pool->is_listed = false;
		if (pool == registry_own) {
			registry_own = NULL;
			pthread_setspecific(key, NULL);
			pool->is_owned = false;
		}
		if (!pool->is_owned)
			pool_forget(pool);
	}
	atomic_store(&pools, NULL);
	pthread_mutex_unlock(&lock);
}

static struct pool *of_this_opening(struct pool *pool)
{
	while (pool && atomic_load_explicit(&pool->generation, memory_order_relaxed) != last_generation)
		pool = pool->next;
	return pool;
}

struct pool *registry_first(void)
{
	return of_this_opening(atomic_load_explicit(&pools, memory_order_acquire));
}

struct pool *registry_next(const struct pool *pool)
{
	return of_this_opening(pool->next);
}

void registry_count_lost(int signal)
{
	if (atomic_load_explicit(&registry_generation, memory_order_relaxed))
		atomic_fetch_add_explicit(&lost[signal], 1, memory_order_relaxed);
}

uint64_t registry_take_lost(int signal)
{
	return atomic_exchange_explicit(&lost[signal], 0, memory_order_relaxed);
}

void registry_lock(void)
{
	pthread_mutex_lock(&lock);
}

void registry_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void registry_after_fork(bool is_inert)
{
	if (registry_own)
		pthread_setspecific(key, NULL);
	registry_own = NULL;
	for (struct pool *pool = atomic_load(&pools); pool; pool = pool->next) {
		pool->is_owned = false;
		atomic_store_explicit(&pool->generation, 0, memory_order_relaxed);
	}
	for (int i = 0; i < SIGNALS; i++)
		atomic_store(&lost[i], 0);
	if (atomic_load(&registry_generation)) {
		last_generation++;
		atomic_store(&registry_generation, is_inert ? 0 : last_generation);
		needs_revival = !is_inert;
	}
	pthread_mutex_unlock(&lock);
}
