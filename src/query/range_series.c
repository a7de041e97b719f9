/* range_series: which points belong to one series. */
#include "query/range_work.h"

#include <stdlib.h>

static int by_key(const void *a, const void *b)
{
	return str_compare(((const struct attribute *)a)->key, ((const struct attribute *)b)->key);
}

/* Attributes in the order of their keys: a sender may change their order, and it is still the same series. */
static void key_attributes(struct buffer *key, const struct attributes *attributes)
{
	struct attribute *sorted = malloc((attributes->count + (size_t)1) * sizeof(*sorted));

	if (!sorted) {
		key->failed = true;
		return;
	}
	if (attributes->count)
		memcpy(sorted, attributes->items, attributes->count * sizeof(*sorted));
	qsort(sorted, attributes->count, sizeof(*sorted), by_key);
	for (uint32_t i = 0; i < attributes->count; i++) {
		key_part(key, sorted[i].key);
		buffer_append_byte(key, sorted[i].value.type);
		key_value(key, &sorted[i].value);
	}
	free(sorted);
}

static void key_series(struct buffer *key, const struct metric_point *point)
{
	buffer_clear(key);
	buffer_append_byte(key, point->metric->temporality);
	buffer_append_byte(key, point->metric->monotonic);
	key_part(key, point->scope->name);
	key_part(key, point->scope->version);
	buffer_append(key, &point->attributes.count, sizeof(point->attributes.count));
	key_attributes(key, &point->attributes);
	key_attributes(key, &point->resource->attributes);
}

static enum status add_followed(struct work *work, const struct metric_point *point, struct error *error)
{
	struct followed followed = {.level = {.window = -1}};
	size_t count = work->followed_count;
	enum status status;

	if (count == SERIES_AT_ONCE) {
		work->is_too_much = true;
		work->parameter = "name";
		return error_set(error, STATUS_TOO_LARGE,
				 "the metric has more than %d series in this range; filter by label or ask "
				 "for a shorter range",
				 METRIC_SERIES_MOST);
	}
	if (count == work->followed_capacity) {
		size_t capacity = count ? count * 2 : 64;
		struct followed *moved = realloc(work->followed, capacity * sizeof(*moved));

		if (!moved)
			return range_no_memory(error);
		work->followed = moved;
		work->followed_capacity = capacity;
	}
	status = take_line(work, point, &followed.line, error);
	if (status == STATUS_OK)
		work->followed[work->followed_count++] = followed;
	return status;
}

static bool same_series(const struct metric_point *a, const struct metric_point *b)
{
	return a->metric->temporality == b->metric->temporality &&
	       a->metric->monotonic == b->metric->monotonic &&
	       attributes_equal(&a->attributes, &b->attributes) && resource_equal(a->resource, b->resource) &&
	       scope_equal(a->scope, b->scope);
}

/* Points of one series stand together, so that the table is asked once a series and slice. */
enum status find_followed(struct work *work, const struct metric_point *point, struct followed **followed_out,
			  struct error *error)
{
	enum status status = STATUS_OK;
	size_t number;

	if (!work->last_point || !same_series(work->last_point, point)) {
		key_series(&work->key, point);
		if (buffer_failed(&work->key) ||
		    !numbering_take(&work->series_keys, buffer_str(&work->key), &number))
			return range_no_memory(error);
		if (number == work->followed_count)
			status = add_followed(work, point, error);
		work->last_series = number;
	}
	work->last_point = point;
	if (status == STATUS_OK)
		*followed_out = &work->followed[work->last_series];
	return status;
}
