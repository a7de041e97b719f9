#include "contract/rows.h"

#include <math.h>
#include <stdlib.h>

#include "contract/predicates.h"
#include "model/filter.h"
#include "unit/test.h"

enum { LIST_VALUES = 1 };

static struct value keep_bytes(struct arena *arena, struct buffer *bytes, enum value_type type)
{
	struct str copy = arena_copy(arena, buffer_str(bytes));

	assert_non_null(copy.data);
	buffer_release(bytes);
	return (struct value){.data = copy.data, .size = (uint32_t)copy.size, .type = (uint8_t)type};
}

struct value array_of(struct arena *arena, const struct value *items, size_t count)
{
	struct buffer bytes = BUFFER_EMPTY;

	for (size_t i = 0; i < count; i++) {
		size_t mark = protobuf_begin(&bytes, LIST_VALUES);

		value_encode(&items[i], &bytes);
		protobuf_end(&bytes, mark);
	}
	return keep_bytes(arena, &bytes, VALUE_ARRAY);
}

struct value map_of(struct arena *arena, const struct attribute *items, size_t count)
{
	struct buffer bytes = BUFFER_EMPTY;

	for (size_t i = 0; i < count; i++)
		attribute_encode(LIST_VALUES, &items[i], &bytes);
	return keep_bytes(arena, &bytes, VALUE_MAP);
}

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Half of it spreads over all values, half counts: near neighbours of an id exist too. */
void trace_id_of(uint64_t number, uint8_t trace_id_out[TRACE_ID_SIZE])
{
	uint64_t halves[2] = {mix(number / 4 + 1), number + 1};

	memcpy(trace_id_out, halves, TRACE_ID_SIZE);
}

void span_id_of(uint64_t number, uint8_t span_id_out[SPAN_ID_SIZE])
{
	uint64_t id = mix(number + 77);

	memcpy(span_id_out, &id, SPAN_ID_SIZE);
}

struct span *add_span(struct batch *batch, uint64_t trace, uint64_t span, uint64_t start_ns,
		      uint64_t duration_ns, const char *name)
{
	struct span *row = batch_add_span(batch);

	assert_non_null(row);
	trace_id_of(trace, row->trace_id);
	span_id_of(span, row->span_id);
	row->start_ns = start_ns;
	row->end_ns = start_ns + duration_ns;
	row->name = str_from(name);
	return row;
}

struct log_record *add_log(struct batch *batch, uint64_t time_ns, const char *body)
{
	struct log_record *row = batch_add_log(batch);

	assert_non_null(row);
	row->time_ns = time_ns;
	row->body = value_from_str(str_from(body));
	return row;
}

struct metric_point *add_point(struct batch *batch, const struct metric *metric, uint64_t time_ns,
			       int64_t value)
{
	struct metric_point *row = batch_add_point(batch);

	assert_non_null(row);
	row->metric = metric;
	row->time_ns = time_ns;
	row->value = (struct number){.integer = value, .kind = NUMBER_INT};
	return row;
}

uint64_t random_next(struct random *random)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix(random->state);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	return random_next(random) % bound;
}

bool random_chance(struct random *random, unsigned percent)
{
	return random_below(random, 100) < percent;
}

#define COUNT(items)        (sizeof(items) / sizeof((items)[0]))
#define PICK(random, items) ((items)[random_below(random, COUNT(items))])

static const char *const words[] = {"",      "alpha",  "beta",  "Gamma", "delta-epsilon",
				    "größe", "日本語", "a b\tc"};
static const char *const keys[] = {"user.id", "http.route", "retry", "", "größe", "nested", "user.id"};
static const char *const services[] = {"shop", "billing", "mail"};
static const char *const operations[] = {"GET /users", "charge", "send", ""};
static const char *const handlers[] = {"CreateUser", "ChargeCard", "Sweep"};
static const char *const languages[] = {"typescript", "python", "rust"};
static const char *const lines[] = {"user created",        "payment timed out", "ERROR 42: Timed-Out", "",
				    "größe überschritten", "retry created",     "timed  out"};

static struct str random_word(struct random *random)
{
	return str_from(PICK(random, words));
}

static double random_real(struct random *random)
{
	static const double special[] = {0.0, -0.0, 1.5, -1e300, 5e-324, INFINITY, -INFINITY, NAN, 0.1};

	return random_chance(random, 50) ? PICK(random, special)
					 : (double)random_below(random, 1000000) / 1000.0;
}

static int64_t random_whole(struct random *random)
{
	static const int64_t special[] = {0, 1, -1, 200, 500, INT64_MIN, INT64_MAX};

	return random_chance(random, 70) ? PICK(random, special) : (int64_t)random_next(random);
}

static struct value random_value(struct random *random, struct arena *arena, unsigned depth)
{
	struct value items[3];
	struct attribute pairs[2];

	switch (random_below(random, depth ? 6 : 8)) {
	case 0: return (struct value){.type = VALUE_EMPTY};
	case 1: return value_from_bool(random_chance(random, 50));
	case 2: return value_from_int(random_whole(random));
	case 3: return value_from_double(random_real(random));
	case 4: return (struct value){.data = "\0\1\xff bytes", .size = 4, .type = VALUE_BYTES};
	case 6:
		for (size_t i = 0; i < COUNT(items); i++)
			items[i] = random_value(random, arena, depth + 1);
		return array_of(arena, items, random_below(random, COUNT(items) + 1));
	case 7:
		for (size_t i = 0; i < COUNT(pairs); i++)
			pairs[i] = (struct attribute){random_word(random),
						      random_value(random, arena, depth + 1)};
		return map_of(arena, pairs, random_below(random, COUNT(pairs) + 1));
	default: return value_from_str(random_word(random));
	}
}

static struct attributes random_attributes(struct random *random, struct arena *arena, size_t most)
{
	size_t count = random_below(random, most + 1);
	struct attribute *items = arena_alloc(arena, count * sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = (struct attribute){str_from(PICK(random, keys)), random_value(random, arena, 0)};
	return (struct attributes){items, (uint32_t)count, (uint32_t)random_below(random, 3)};
}

/* Few times, so that rows share them; several days, so that stores that cut by day have to cross the cut. */
static uint64_t random_time(struct random *random)
{
	uint64_t day = random_below(random, 3) * 86400, second = random_below(random, 20);

	return NEW_YEAR_NS + (day + second) * NS_PER_SECOND + random_below(random, 3);
}

static const struct resource *random_resource(struct random *random, struct arena *arena)
{
	struct resource *resource = arena_calloc(arena, 1, sizeof(*resource));
	struct attribute *items = arena_alloc(arena, 3 * sizeof(*items));

	if (random_chance(random, 10))
		return &resource_empty;
	items[0] = text("service.name", PICK(random, services));
	items[1] = text("zone", PICK(random, words));
	items[2] = whole("pid", (int64_t)random_below(random, 2));
	resource->attributes = (struct attributes){items, 1 + (uint32_t)random_below(random, 3), 0};
	resource->schema_url = random_chance(random, 20) ? str_from("https://example.org/1") : str_from("");
	return resource;
}

static const struct scope *random_scope(struct random *random, struct arena *arena)
{
	struct scope *scope = arena_calloc(arena, 1, sizeof(*scope));

	if (random_chance(random, 30))
		return &scope_empty;
	scope->name = random_word(random);
	scope->version = str_from(random_chance(random, 50) ? "1.0" : "");
	scope->attributes = random_attributes(random, arena, 1);
	return scope;
}

static struct handler random_handler(struct random *random)
{
	struct handler handler = {.outcome = (uint8_t)random_below(random, 2)};

	if (random_chance(random, 60))
		return handler;
	handler.role = (uint8_t)(1 + random_below(random, 3));
	handler.language = str_from(PICK(random, languages));
	if (handler.role != ROLE_PUBLISH) {
		handler.type = (uint8_t)(1 + random_below(random, HANDLER_TYPE_COUNT - 1));
		handler.name = str_from(PICK(random, handlers));
	}
	if (handler.role == ROLE_PUBLISH || handler.type == HANDLER_EVENT) {
		handler.event = random_word(random);
		handler.messages = 1 + (uint32_t)random_below(random, 5);
	}
	return handler;
}

static void random_events(struct span *span, struct random *random, struct arena *arena)
{
	size_t count = random_chance(random, 70) ? 0 : random_below(random, 4);
	struct span_event *events = arena_calloc(arena, count, sizeof(*events));

	for (size_t i = 0; i < count; i++)
		events[i] = (struct span_event){random_time(random), random_word(random),
						random_attributes(random, arena, 2)};
	span->events = events;
	span->event_count = (uint32_t)count;
}

static void random_links(struct span *span, struct random *random, struct arena *arena)
{
	size_t count = random_chance(random, 70) ? 0 : random_below(random, 3);
	struct span_link *links = arena_calloc(arena, count, sizeof(*links));

	for (size_t i = 0; i < count; i++) {
		trace_id_of(random_below(random, 40), links[i].trace_id);
		span_id_of(random_next(random), links[i].span_id);
		links[i].flags = (uint32_t)random_below(random, 3);
		links[i].trace_state = random_word(random);
		links[i].attributes = random_attributes(random, arena, 1);
	}
	span->links = links;
	span->link_count = (uint32_t)count;
}

static void add_random_span(struct batch *batch, struct random *random)
{
	static const uint64_t durations[] = {0, 1, 999, 1000, 1500000, 2000000, 100000000, 86400000000000};
	struct arena *arena = &batch->arena;
	struct span *span = add_span(batch, random_below(random, 40), random_next(random),
				     random_time(random), PICK(random, durations), PICK(random, operations));

	if (random_chance(random, 3))
		span->end_ns = span->start_ns - random_below(random, 1000);
	if (random_chance(random, 70))
		span_id_of(random_below(random, 50), span->parent_span_id);
	span->kind = (uint8_t)random_below(random, 7);
	span->status_code = (uint8_t)random_below(random, 3);
	span->status_message = random_word(random);
	span->trace_state = random_word(random);
	span->flags = random_chance(random, 50) ? 0x101 : 0;
	span->dropped_event_count = (uint32_t)random_below(random, 2);
	span->dropped_link_count = (uint32_t)random_below(random, 2);
	span->handler = random_handler(random);
	span->attributes = random_attributes(random, arena, 6);
	random_events(span, random, arena);
	random_links(span, random, arena);
	span->resource = random_resource(random, arena);
	span->scope = random_scope(random, arena);
}

void add_random_spans(struct batch *batch, struct random *random, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_random_span(batch, random);
}

static void add_random_log(struct batch *batch, struct random *random)
{
	static const char *const texts[] = {"", "warn", "Fatal", "whatever"};
	struct arena *arena = &batch->arena;
	struct log_record *record = add_log(batch, random_time(random), PICK(random, lines));

	if (random_chance(random, 20))
		record->body = random_value(random, arena, 0);
	record->observed_time_ns = random_chance(random, 50) ? 0 : random_time(random);
	if (random_chance(random, 60)) {
		trace_id_of(random_below(random, 10), record->trace_id);
		span_id_of(random_below(random, 50), record->span_id);
	}
	record->severity_number = (uint8_t)random_below(random, 25);
	record->severity_text = str_from(PICK(random, texts));
	record->event_name = random_word(random);
	record->handler = str_from(random_chance(random, 50) ? "" : PICK(random, handlers));
	record->flags = (uint32_t)random_below(random, 2);
	record->attributes = random_attributes(random, arena, 4);
	record->resource = random_resource(random, arena);
	record->scope = random_scope(random, arena);
}

void add_random_logs(struct batch *batch, struct random *random, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_random_log(batch, random);
}

#define NAMED(text_) {text_, sizeof(text_) - 1}

/* "jobs" is there with two types; the types of a point decide which union member it fills. */
static const struct metric metrics[] = {
	{.name = NAMED("memory"), .unit = NAMED("By"), .type = METRIC_GAUGE},
	{.name = NAMED("jobs"), .type = METRIC_SUM, .temporality = TEMPORALITY_CUMULATIVE, .monotonic = true},
	{.name = NAMED("jobs"), .type = METRIC_GAUGE},
	{.name = NAMED("latency"),
	 .description = NAMED("how long"),
	 .unit = NAMED("ms"),
	 .type = METRIC_HISTOGRAM,
	 .temporality = TEMPORALITY_DELTA},
	{.name = NAMED("wait"), .type = METRIC_EXPONENTIAL_HISTOGRAM, .temporality = TEMPORALITY_CUMULATIVE},
	{.name = NAMED("quantiles"), .type = METRIC_SUMMARY},
};

static struct number random_number(struct random *random)
{
	if (random_chance(random, 50))
		return (struct number){.integer = random_whole(random), .kind = NUMBER_INT};
	return (struct number){.real = random_real(random), .kind = NUMBER_DOUBLE};
}

static const uint64_t *random_counts(struct random *random, struct arena *arena, size_t count)
{
	uint64_t *counts = arena_alloc(arena, count * sizeof(*counts));

	for (size_t i = 0; i < count; i++)
		counts[i] = random_chance(random, 5) ? UINT64_MAX : random_below(random, 100);
	return counts;
}

static struct histogram random_histogram(struct random *random, struct arena *arena)
{
	size_t count = random_below(random, 5);
	double *bounds = arena_alloc(arena, count * sizeof(*bounds));

	for (size_t i = 0; i < count; i++)
		bounds[i] = (double)(i * i) + 0.1;
	return (struct histogram){.counts = random_counts(random, arena, count ? count + 1 : 0),
				  .bounds = bounds,
				  .bucket_count = count ? (uint32_t)count + 1 : 0,
				  .bound_count = (uint32_t)count};
}

static struct exponential_buckets random_buckets(struct random *random, struct arena *arena)
{
	uint32_t count = (uint32_t)random_below(random, 10);

	return (struct exponential_buckets){random_counts(random, arena, count), count,
					    (int32_t)random_below(random, 200) - 100};
}

static struct summary random_summary(struct random *random, struct arena *arena)
{
	uint32_t count = (uint32_t)random_below(random, 4);
	struct quantile *quantiles = arena_alloc(arena, count * sizeof(*quantiles));

	for (uint32_t i = 0; i < count; i++)
		quantiles[i] = (struct quantile){(double)i / 4, random_real(random)};
	return (struct summary){quantiles, count};
}

static void random_distribution(struct metric_point *point, struct random *random, struct arena *arena)
{
	point->count = random_below(random, 1000);
	point->has = (uint8_t)random_below(random, 8);
	point->sum = point->has & POINT_HAS_SUM ? random_real(random) : 0;
	point->min = point->has & POINT_HAS_MIN ? random_real(random) : 0;
	point->max = point->has & POINT_HAS_MAX ? random_real(random) : 0;
	if (point->metric->type == METRIC_HISTOGRAM)
		point->histogram = random_histogram(random, arena);
	else if (point->metric->type == METRIC_SUMMARY)
		point->summary = random_summary(random, arena);
	else
		point->exponential = (struct exponential_histogram){
			.scale = (int32_t)random_below(random, 30) - 10,
			.zero_count = random_below(random, 3),
			.zero_threshold = random_chance(random, 50) ? 0.001 : 0,
			.positive = random_buckets(random, arena),
			.negative = random_buckets(random, arena),
		};
}

static void random_exemplars(struct metric_point *point, struct random *random, struct arena *arena)
{
	size_t count = random_chance(random, 80) ? 0 : random_below(random, 3);
	struct exemplar *exemplars = arena_calloc(arena, count, sizeof(*exemplars));

	for (size_t i = 0; i < count; i++) {
		exemplars[i].time_ns = random_time(random);
		exemplars[i].value = random_number(random);
		trace_id_of(random_below(random, 40), exemplars[i].trace_id);
		span_id_of(random_below(random, 40), exemplars[i].span_id);
		exemplars[i].attributes = random_attributes(random, arena, 2);
	}
	point->exemplars = exemplars;
	point->exemplar_count = (uint32_t)count;
}

static void add_random_point(struct batch *batch, struct random *random)
{
	struct arena *arena = &batch->arena;
	struct metric_point *point = add_point(batch, &PICK(random, metrics), random_time(random), 0);

	point->value = (struct number){0};
	if (point->metric->type == METRIC_GAUGE || point->metric->type == METRIC_SUM)
		point->value = random_number(random);
	else
		random_distribution(point, random, arena);
	random_exemplars(point, random, arena);
	point->start_ns = random_chance(random, 50) ? 0 : NEW_YEAR_NS;
	point->flags = random_chance(random, 5) ? POINT_NO_RECORDED_VALUE : 0;
	point->attributes = random_attributes(random, arena, 2);
	point->resource = random_resource(random, arena);
	point->scope = random_scope(random, arena);
}

void add_random_points(struct batch *batch, struct random *random, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_random_point(batch, random);
}

static struct time_range random_range(struct random *random)
{
	uint64_t a = random_time(random), b = random_time(random);

	if (random_chance(random, 60))
		return TIME_RANGE_ALL;
	return a < b ? (struct time_range){a, b} : (struct time_range){b, a};
}

static const struct tag_filter *random_tags(struct random *random, struct arena *arena, size_t *count_out)
{
	static const char *const places[] = {"user.id", "http.route", "retry",        "größe",
					     "nested",  "zone",       "service.name", "pid"};
	static const char *const values[] = {"alpha", "beta", "1", "-1", "true",
					     "NaN",   "shop", "",  "[]", "{}"};
	size_t count = random_chance(random, 60) ? 0 : 1 + random_below(random, 2);
	struct tag_filter *tags = arena_alloc(arena, count * sizeof(*tags));

	for (size_t i = 0; i < count; i++)
		tags[i] = (struct tag_filter){str_from(PICK(random, places)), str_from(PICK(random, values))};
	*count_out = count;
	return tags;
}

static const uint8_t *random_trace_id(struct random *random, struct arena *arena)
{
	uint8_t *id = arena_alloc(arena, TRACE_ID_SIZE);

	trace_id_of(random_below(random, 42), id);
	return id;
}

struct span_filter random_span_filter(struct random *random, struct arena *arena)
{
	struct span_filter filter = SPAN_FILTER_ANY;

	filter.range = random_range(random);
	if (random_chance(random, 20))
		filter.handler = str_from(PICK(random, handlers));
	if (random_chance(random, 20))
		filter.handler_type = (uint8_t)(1 + random_below(random, HANDLER_TYPE_COUNT - 1));
	if (random_chance(random, 20))
		filter.outcome = (uint8_t)random_below(random, 3);
	if (random_chance(random, 20))
		filter.language = str_from(PICK(random, languages));
	if (random_chance(random, 20))
		filter.service = str_from(PICK(random, services));
	if (random_chance(random, 20))
		filter.operation = str_from(PICK(random, operations));
	if (random_chance(random, 20))
		filter.min_duration_ns = random_below(random, 2) ? 1000 : 2000000;
	if (random_chance(random, 20))
		filter.max_duration_ns = random_below(random, 2) ? 999 : 2000000;
	filter.tags = random_tags(random, arena, &filter.tag_count);
	if (random_chance(random, 10))
		filter.trace_id = random_trace_id(random, arena);
	if (random_chance(random, 10))
		filter.links_to = random_trace_id(random, arena);
	if (random_chance(random, 50))
		filter.predicate = random_span_predicate(random, arena);
	return filter;
}

static const struct str *random_terms(struct random *random, struct arena *arena, size_t *count_out)
{
	static const char *const choices[] = {"created", "CREATED", "timed out", "Timed-Out", "out",   "42",
					      "größe",   "alpha",   "delta",     "user",      "absent"};
	size_t count = random_chance(random, 50) ? 0 : 1 + random_below(random, 2);
	struct str *terms = arena_alloc(arena, count * sizeof(*terms));

	for (size_t i = 0; i < count; i++)
		terms[i] = str_from(PICK(random, choices));
	*count_out = count;
	return terms;
}

struct log_filter random_log_filter(struct random *random, struct arena *arena)
{
	struct log_filter filter = LOG_FILTER_ANY;
	uint8_t *id = arena_alloc(arena, TRACE_ID_SIZE);

	filter.range = random_range(random);
	if (random_chance(random, 30))
		filter.lowest_level = (enum log_record_level)random_below(random, LEVEL_COUNT);
	if (random_chance(random, 20))
		filter.handler = str_from(PICK(random, handlers));
	if (random_chance(random, 20))
		filter.service = str_from(PICK(random, services));
	if (random_chance(random, 20)) {
		trace_id_of(random_below(random, 12), id);
		filter.trace_id = id;
	} else if (random_chance(random, 20)) {
		span_id_of(random_below(random, 50), id);
		filter.span_id = id;
	}
	filter.terms = random_terms(random, arena, &filter.term_count);
	if (random_chance(random, 50))
		filter.predicate = random_log_predicate(random, arena);
	return filter;
}

static const struct label_filter *random_labels(struct random *random, struct arena *arena, size_t *count_out)
{
	const struct tag_filter *tags = random_tags(random, arena, count_out);
	struct label_filter *labels = arena_calloc(arena, *count_out, sizeof(*labels));

	for (size_t i = 0; i < *count_out; i++)
		labels[i] = (struct label_filter){.key = tags[i].key,
						  .value = tags[i].value,
						  .comparison = random_chance(random, 40) ? LABEL_IS_NOT
											  : LABEL_IS};
	return labels;
}

struct point_filter random_point_filter(struct random *random, struct arena *arena)
{
	struct point_filter filter = POINT_FILTER_ANY;

	filter.range = random_range(random);
	if (random_chance(random, 50))
		filter.metric = PICK(random, metrics).name;
	filter.labels = random_labels(random, arena, &filter.label_count);
	if (random_below(random, 4) == 0)
		filter.share = (struct series_share){(uint32_t)random_below(random, 3), 3};
	return filter;
}
