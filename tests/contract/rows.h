/* rows: makes rows for tests, by hand and at random. Strings are literals or live in the batch's arena. */
#ifndef ROHAS_TESTS_CONTRACT_ROWS_H
#define ROHAS_TESTS_CONTRACT_ROWS_H

#include "base/clock.h"
#include "model/batch.h"

/* 2026-01-01T00:00:00Z */
#define NEW_YEAR_NS UINT64_C(1767225600000000000)

#define ATTRIBUTES(...)                                                                                      \
	((struct attributes){.items = (const struct attribute[]){__VA_ARGS__},                               \
			     .count = sizeof((const struct attribute[]){__VA_ARGS__}) /                      \
				      sizeof(struct attribute)})

static inline struct attribute text(const char *key, const char *value)
{
	return (struct attribute){str_from(key), value_from_str(str_from(value))};
}

static inline struct attribute whole(const char *key, int64_t value)
{
	return (struct attribute){str_from(key), value_from_int(value)};
}

static inline struct attribute real(const char *key, double value)
{
	return (struct attribute){str_from(key), value_from_double(value)};
}

static inline struct attribute truth(const char *key, bool value)
{
	return (struct attribute){str_from(key), value_from_bool(value)};
}

/* An array or a map made of the items, whose bytes live in the arena. */
struct value array_of(struct arena *arena, const struct value *items, size_t count);
struct value map_of(struct arena *arena, const struct attribute *items, size_t count);

/* A row with the fields that every row has; ids are made of the numbers. */
struct span *add_span(struct batch *batch, uint64_t trace, uint64_t span, uint64_t start_ns,
		      uint64_t duration_ns, const char *name);
struct log_record *add_log(struct batch *batch, uint64_t time_ns, const char *body);

/* The metric is borrowed. */
struct metric_point *add_point(struct batch *batch, const struct metric *metric, uint64_t time_ns,
			       int64_t value);

void trace_id_of(uint64_t number, uint8_t trace_id_out[TRACE_ID_SIZE]);
void span_id_of(uint64_t number, uint8_t span_id_out[SPAN_ID_SIZE]);

/* Numbers that follow from a seed. */
struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);
bool random_chance(struct random *random, unsigned percent);

/* Rows with every field drawn from small vocabularies, so that filters meet and times coincide. */
void add_random_spans(struct batch *batch, struct random *random, size_t count);
void add_random_logs(struct batch *batch, struct random *random, size_t count);
void add_random_points(struct batch *batch, struct random *random, size_t count);

/* Filters drawn from the same vocabularies. Tags and terms live in the arena. */
struct span_filter random_span_filter(struct random *random, struct arena *arena);
struct log_filter random_log_filter(struct random *random, struct arena *arena);
struct point_filter random_point_filter(struct random *random, struct arena *arena);

#endif
