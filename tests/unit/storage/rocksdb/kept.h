/* kept: a store in a folder of its own, a clock that stands still, and rows of days. Day 0 is DAY_ZERO. */
#ifndef ROHAS_TESTS_STORAGE_ROCKSDB_KEPT_H
#define ROHAS_TESTS_STORAGE_ROCKSDB_KEPT_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/rocksdb/rocksdb_store.h"
#include "unit/test.h"

/* 2026-01-01 */
#define DAY_ZERO UINT64_C(20454)
#define DAY_NS   (UINT64_C(86400) * NS_PER_SECOND)

struct kept {
	struct clock clock;      /* the first member */
	_Atomic uint64_t now_ns; /* the sweep's thread asks for it too */
	char path[64];
	struct rocksdb_store_options options;
	struct store *store;
	struct error error;
};

static inline uint64_t kept_now(const struct clock *clock)
{
	return ((const struct kept *)clock)->now_ns;
}

/* Noon of a day. */
static inline uint64_t noon(uint64_t day)
{
	return (DAY_ZERO + day) * DAY_NS + DAY_NS / 2;
}

#define assert_ok(kept, call)                                                                                \
	do {                                                                                                 \
		if ((call) != STATUS_OK)                                                                     \
			fail_msg("%s", (kept)->error.message);                                               \
	} while (0)

static inline struct kept *kept_new(uint64_t today)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	kept->clock.now_ns = kept_now;
	kept->now_ns = noon(today);
	strcpy(kept->path, "/tmp/rohas-kept-XXXXXX");
	assert_non_null(mkdtemp(kept->path));
	kept->options = (struct rocksdb_store_options){.path = kept->path, .clock = &kept->clock};
	return kept;
}

static inline void kept_open(struct kept *kept)
{
	assert_ok(kept, rocksdb_store_open(&kept->options, &kept->store, &kept->error));
}

static inline void kept_close(struct kept *kept)
{
	store_close(kept->store);
	kept->store = NULL;
}

static inline int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void kept_free(struct kept *kept)
{
	store_close(kept->store);
	nftw(kept->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(kept);
}

static inline void kept_append(struct kept *kept, struct batch *batch)
{
	assert_ok(kept, store_append(kept->store, &batch, 1, &kept->error));
	batch_clear(batch);
}

/* count log records of size_bytes that no compressor shrinks, from noon of the day on, a millisecond apart. */
static inline void append_logs(struct kept *kept, uint64_t day, size_t count, size_t size_bytes)
{
	static uint64_t random;
	struct batch batch;

	batch_init(&batch, 0);
	for (size_t i = 0; i < count; i++) {
		struct log_record *record = batch_add_log(&batch);
		char *text = arena_alloc(&batch.arena, size_bytes);

		for (size_t j = 0; j < size_bytes; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			text[j] = (char)(random >> 56);
		}
		record->time_ns = noon(day) + i * NS_PER_MS;
		record->body = value_from_str(str_make(text, size_bytes));
	}
	kept_append(kept, &batch);
	batch_release(&batch);
}

/* One span and one metric point at noon of the day. */
static inline void append_others(struct kept *kept, uint64_t day)
{
	static const struct metric gauge = {.name = {"load", 4}, .type = METRIC_GAUGE};
	struct batch batch;
	struct span *span;
	struct metric_point *point;

	batch_init(&batch, 0);
	span = batch_add_span(&batch);
	span->trace_id[0] = (uint8_t)(day + 1);
	span->span_id[0] = 1;
	span->start_ns = span->end_ns = noon(day);
	point = batch_add_point(&batch);
	point->metric = &gauge;
	point->time_ns = noon(day);
	point->value = (struct number){.real = (double)day, .kind = NUMBER_DOUBLE};
	kept_append(kept, &batch);
	batch_release(&batch);
}

static inline void kept_sweep(struct kept *kept)
{
	assert_ok(kept, rocksdb_store_sweep(kept->store, &kept->error));
}

static inline struct store_stats kept_stats(struct kept *kept)
{
	struct store_stats stats;

	assert_ok(kept, store_stats(kept->store, &stats, &kept->error));
	return stats;
}

/* How many log records of a day can be read. */
static inline size_t logs_of(struct kept *kept, uint64_t day)
{
	struct log_filter filter = LOG_FILTER_ANY;
	struct log_page page = {.limit = 1000000};
	struct batch batch;
	uint64_t snapshot;
	size_t count;

	filter.range = (struct time_range){(DAY_ZERO + day) * DAY_NS, (DAY_ZERO + day + 1) * DAY_NS};
	batch_init(&batch, 0);
	assert_ok(kept, store_find_logs(kept->store, &filter, &page, &batch, &snapshot, &kept->error));
	count = batch.log_count;
	batch_release(&batch);
	return count;
}

#endif
