#include "model/batch.h"

#include <stdlib.h>

void batch_init(struct batch *batch, size_t limit_bytes)
{
	memset(batch, 0, sizeof(*batch));
	arena_init(&batch->arena, limit_bytes);
}

void batch_release(struct batch *batch)
{
	free(batch->spans);
	free(batch->logs);
	free(batch->points);
	free(batch->starts);
	arena_release(&batch->arena);
	for (size_t i = 0; i < 2; i++)
		buffer_release(&batch->bodies[i]);
	memset(batch, 0, sizeof(*batch));
}

void batch_clear(struct batch *batch)
{
	batch->span_count = batch->log_count = batch->point_count = batch->unsampled_count =
		batch->start_count = 0;
	arena_clear(&batch->arena);
	for (size_t i = 0; i < 2; i++)
		buffer_release(&batch->bodies[i]);
}

void batch_own(struct batch *batch, struct buffer *buffer)
{
	struct buffer *place = batch->bodies[0].data ? &batch->bodies[1] : &batch->bodies[0];

	buffer_release(place);
	*place = *buffer;
	*buffer = BUFFER_EMPTY;
}

/* One more element of size bytes at the end of *items, zeroed. */
static void *add_row(void **items, size_t *count, size_t *capacity, size_t size)
{
	char *row;

	if (*count == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 64;
		void *moved = realloc(*items, more * size);

		if (!moved)
			return NULL;
		*items = moved;
		*capacity = more;
	}
	row = (char *)*items + *count * size;
	memset(row, 0, size);
	*count += 1;
	return row;
}

static struct span *add_span(struct span **spans, size_t *count, size_t *capacity)
{
	struct span *span = add_row((void **)spans, count, capacity, sizeof(*span));

	if (span) {
		span->resource = &resource_empty;
		span->scope = &scope_empty;
	}
	return span;
}

struct span *batch_add_span(struct batch *batch)
{
	return add_span(&batch->spans, &batch->span_count, &batch->span_capacity);
}

struct span *batch_add_start(struct batch *batch)
{
	return add_span(&batch->starts, &batch->start_count, &batch->start_capacity);
}

struct log_record *batch_add_log(struct batch *batch)
{
	struct log_record *record =
		add_row((void **)&batch->logs, &batch->log_count, &batch->log_capacity, sizeof(*record));

	if (record) {
		record->resource = &resource_empty;
		record->scope = &scope_empty;
	}
	return record;
}

struct metric_point *batch_add_point(struct batch *batch)
{
	static const struct metric metric_empty;
	struct metric_point *point =
		add_row((void **)&batch->points, &batch->point_count, &batch->point_capacity, sizeof(*point));

	if (point) {
		point->metric = &metric_empty;
		point->resource = &resource_empty;
		point->scope = &scope_empty;
	}
	return point;
}

static bool copy_str(struct arena *arena, struct str *s)
{
	*s = arena_copy(arena, *s);
	return s->data != NULL;
}

/* Replaces a pointer to count elements by a copy. */
static bool copy_array(struct arena *arena, const void **items, size_t count, size_t size)
{
	void *copy = arena_alloc(arena, count * size);

	if (!copy)
		return false;
	if (count)
		memcpy(copy, *items, count * size);
	*items = copy;
	return true;
}

static bool copy_origin(struct arena *arena, const struct resource **resource, const struct scope **scope)
{
	*resource = resource_copy(arena, *resource);
	*scope = *resource ? scope_copy(arena, *scope) : NULL;
	return *scope != NULL;
}

static bool copy_events(struct arena *arena, struct span *span)
{
	struct span_event *events = arena_alloc(arena, span->event_count * sizeof(*events));

	if (!events)
		return false;
	for (uint32_t i = 0; i < span->event_count; i++) {
		events[i] = span->events[i];
		if (!copy_str(arena, &events[i].name) ||
		    !attributes_copy(arena, &span->events[i].attributes, &events[i].attributes))
			return false;
	}
	span->events = events;
	return true;
}

static bool copy_links(struct arena *arena, struct span *span)
{
	struct span_link *links = arena_alloc(arena, span->link_count * sizeof(*links));

	if (!links)
		return false;
	for (uint32_t i = 0; i < span->link_count; i++) {
		links[i] = span->links[i];
		if (!copy_str(arena, &links[i].trace_state) ||
		    !attributes_copy(arena, &span->links[i].attributes, &links[i].attributes))
			return false;
	}
	span->links = links;
	return true;
}

struct span *batch_copy_span(struct batch *batch, const struct span *span)
{
	struct arena *arena = &batch->arena;
	struct span *copy = batch_add_span(batch);

	if (!copy)
		return NULL;
	*copy = *span;
	if (copy_str(arena, &copy->name) && copy_str(arena, &copy->trace_state) &&
	    copy_str(arena, &copy->status_message) && copy_str(arena, &copy->handler.name) &&
	    copy_str(arena, &copy->handler.language) && copy_str(arena, &copy->handler.event) &&
	    attributes_copy(arena, &span->attributes, &copy->attributes) && copy_events(arena, copy) &&
	    copy_links(arena, copy) && copy_origin(arena, &copy->resource, &copy->scope))
		return copy;
	batch->span_count--;
	return NULL;
}

struct log_record *batch_copy_log(struct batch *batch, const struct log_record *record)
{
	struct arena *arena = &batch->arena;
	struct log_record *copy = batch_add_log(batch);

	if (!copy)
		return NULL;
	*copy = *record;
	if (value_copy(arena, &record->body, &copy->body) && copy_str(arena, &copy->severity_text) &&
	    copy_str(arena, &copy->event_name) && copy_str(arena, &copy->handler) &&
	    attributes_copy(arena, &record->attributes, &copy->attributes) &&
	    copy_origin(arena, &copy->resource, &copy->scope))
		return copy;
	batch->log_count--;
	return NULL;
}

static bool copy_metric(struct arena *arena, struct metric_point *point)
{
	struct metric *metric = arena_alloc(arena, sizeof(*metric));

	if (!metric)
		return false;
	*metric = *point->metric;
	point->metric = metric;
	return copy_str(arena, &metric->name) && copy_str(arena, &metric->description) &&
	       copy_str(arena, &metric->unit) && attributes_copy(arena, &metric->metadata, &metric->metadata);
}

static bool copy_distribution(struct arena *arena, struct metric_point *point)
{
	struct histogram *histogram = &point->histogram;
	struct exponential_histogram *exponential = &point->exponential;

	switch (point->metric->type) {
	case METRIC_HISTOGRAM:
		return copy_array(arena, (const void **)&histogram->counts, histogram->bucket_count,
				  sizeof(uint64_t)) &&
		       copy_array(arena, (const void **)&histogram->bounds, histogram->bound_count,
				  sizeof(double));
	case METRIC_EXPONENTIAL_HISTOGRAM:
		return copy_array(arena, (const void **)&exponential->positive.counts,
				  exponential->positive.count, sizeof(uint64_t)) &&
		       copy_array(arena, (const void **)&exponential->negative.counts,
				  exponential->negative.count, sizeof(uint64_t));
	case METRIC_SUMMARY:
		return copy_array(arena, (const void **)&point->summary.quantiles, point->summary.count,
				  sizeof(struct quantile));
	default: return true;
	}
}

static bool copy_exemplars(struct arena *arena, struct metric_point *point)
{
	struct exemplar *exemplars = arena_alloc(arena, point->exemplar_count * sizeof(*exemplars));

	if (!exemplars)
		return false;
	for (uint32_t i = 0; i < point->exemplar_count; i++) {
		exemplars[i] = point->exemplars[i];
		if (!attributes_copy(arena, &point->exemplars[i].attributes, &exemplars[i].attributes))
			return false;
	}
	point->exemplars = exemplars;
	return true;
}

static bool share_attributes(struct arena *arena, struct metric_point *copy, const struct metric_point *from,
			     const struct metric_point *before)
{
	if (!before || before->attributes.items != from->attributes.items ||
	    before->attributes.count != from->attributes.count)
		return attributes_copy(arena, &from->attributes, &copy->attributes);
	copy->attributes = copy[-1].attributes;
	return true;
}

/* Replaces what the copy points to; before is the original that the copy before it was made of, or NULL. */
static bool copy_parts(struct arena *arena, struct metric_point *copy, const struct metric_point *from,
		       const struct metric_point *before)
{
	if (before && before->metric == from->metric)
		copy->metric = copy[-1].metric;
	else if (!copy_metric(arena, copy))
		return false;
	if (before && before->resource == from->resource && before->scope == from->scope) {
		copy->resource = copy[-1].resource;
		copy->scope = copy[-1].scope;
	} else if (!copy_origin(arena, &copy->resource, &copy->scope)) {
		return false;
	}
	return share_attributes(arena, copy, from, before) && copy_distribution(arena, copy) &&
	       copy_exemplars(arena, copy);
}

static struct metric_point *copy_point(struct batch *batch, const struct metric_point *point,
				       const struct metric_point *before)
{
	struct metric_point *copy = batch_add_point(batch);

	if (!copy)
		return NULL;
	*copy = *point;
	if (copy_parts(&batch->arena, copy, point, before))
		return copy;
	batch->point_count--;
	return NULL;
}

struct metric_point *batch_copy_point(struct batch *batch, const struct metric_point *point)
{
	return copy_point(batch, point, NULL);
}

bool batch_copy_points(struct batch *batch, const struct metric_point *points, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!copy_point(batch, &points[i], i ? &points[i - 1] : NULL))
			return false;
	return true;
}

const char *signal_name(enum signal signal)
{
	static const char *const names[SIGNAL_COUNT] = {"traces", "metrics", "logs"};

	return (size_t)signal < SIGNAL_COUNT ? names[signal] : "";
}
