/* fixture: a memory store, a query over it, and short ways to fill it. Times are in seconds after BASE_NS. */
#ifndef ROHAS_TESTS_QUERY_FIXTURE_H
#define ROHAS_TESTS_QUERY_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "query/query.h"
#include "storage/memory/memory_store.h"
#include "test.h"

/* 2026-01-01T00:00:00Z: a multiple of every step. */
#define BASE_NS     UINT64_C(1767225600000000000)
#define AT(seconds) (BASE_NS + (uint64_t)(int64_t)((seconds) * 1e9))

struct fixture {
	struct store *store;
	struct query *query;
	struct batch batch; /* rows that are not in the store yet */
	struct error error;
};

static inline struct fixture *fixture_new(void)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct query_options options = {.cache_trace_limit = 100};

	fixture->store = memory_store_open();
	options.store = fixture->store;
	assert_int_equal(query_new(&options, &fixture->query, &fixture->error), STATUS_OK);
	batch_init(&fixture->batch, 0);
	return fixture;
}

static inline void fixture_free(struct fixture *fixture)
{
	batch_release(&fixture->batch);
	query_free(fixture->query);
	store_close(fixture->store);
	free(fixture);
}

/* Moves the rows into the store, as a commit does. */
static inline void fixture_commit(struct fixture *fixture)
{
	struct batch *batch = &fixture->batch;

	assert_int_equal(store_append(fixture->store, &batch, 1, &fixture->error), STATUS_OK);
	query_note_batch(fixture->query, batch);
	batch_clear(batch);
}

/* Ids are small numbers, in the last byte; parent 0 is none. */
static inline struct span *add_span(struct fixture *fixture, uint8_t trace, uint8_t id, uint8_t parent,
				    const char *name, double start, double end)
{
	struct span *span = batch_add_span(&fixture->batch);

	span->trace_id[TRACE_ID_SIZE - 1] = trace;
	span->span_id[SPAN_ID_SIZE - 1] = id;
	span->parent_span_id[SPAN_ID_SIZE - 1] = parent;
	span->name = str_from(name);
	span->start_ns = AT(start);
	span->end_ns = AT(end);
	return span;
}

static inline void set_execution(struct span *span, const char *handler, enum handler_type type)
{
	span->handler.role = ROLE_EXECUTION;
	span->handler.type = (uint8_t)type;
	span->handler.name = str_from(handler);
	span->handler.language = str_from("typescript");
}

/* count pairs of key and value, in the batch's arena. */
static inline struct attributes make_attributes(struct fixture *fixture, size_t count,
						const char *const *pairs)
{
	struct attribute *items = arena_alloc(&fixture->batch.arena, count * sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		items[i].key = str_from(pairs[2 * i]);
		items[i].value = value_from_str(str_from(pairs[2 * i + 1]));
	}
	return (struct attributes){items, (uint32_t)count, 0};
}

#define ATTRIBUTES(fixture, ...)                                                                             \
	make_attributes(fixture, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *) / 2,                 \
			(const char *[]){__VA_ARGS__})

static inline const struct resource *make_service(struct fixture *fixture, const char *service)
{
	struct resource *resource = arena_calloc(&fixture->batch.arena, 1, sizeof(*resource));

	resource->schema_url = str_make("", 0);
	resource->attributes = ATTRIBUTES(fixture, "service.name", service);
	return resource;
}

static inline struct log_record *add_log(struct fixture *fixture, double time, const char *message)
{
	struct log_record *record = batch_add_log(&fixture->batch);

	record->time_ns = AT(time);
	record->body = value_from_str(str_from(message));
	record->severity_number = 9;
	return record;
}

static inline struct metric_point *add_point(struct fixture *fixture, const struct metric *metric,
					     double start, double time)
{
	struct metric_point *point = batch_add_point(&fixture->batch);

	point->metric = metric;
	point->start_ns = AT(start);
	point->time_ns = AT(time);
	return point;
}

static inline struct metric_point *add_number(struct fixture *fixture, const struct metric *metric,
					      double start, double time, double value)
{
	struct metric_point *point = add_point(fixture, metric, start, time);

	point->value = (struct number){.real = value, .kind = NUMBER_DOUBLE};
	return point;
}

#endif
