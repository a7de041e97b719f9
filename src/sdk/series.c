#include "sdk/series.h"

#include <math.h>
#include <pthread.h>

#include "base/protobuf.h"
#include "sdk/registry.h"

enum { KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2, ANY_STRING = 1, ANY_BOOL = 2, ANY_INT = 3, ANY_DOUBLE = 4 };
enum { POINT_ATTRIBUTES = 7, HISTOGRAM_ATTRIBUTES = 9 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint32_t count;
static struct series table[ROHAS_SERIES_MOST]; /* row 0 is nobody's */

/* OpenTelemetry's own, for milliseconds. */
static const double usual_bounds[] = {0,   5,   10,   25,   50,   75,   100,  250,
				      500, 750, 1000, 2500, 5000, 7500, 10000};

uint32_t series_count(void)
{
	return atomic_load_explicit(&count, memory_order_acquire);
}

struct series *series_at(uint32_t index)
{
	return &table[index];
}

void series_lock(void)
{
	pthread_mutex_lock(&lock);
}

void series_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void write_label_value(struct buffer *out, const struct rohas_field *label)
{
	switch (label->type) {
	case ROHAS_STRING_FIELD: protobuf_put_bytes(out, ANY_STRING, str_from(label->value.string)); break;
	case ROHAS_INT_FIELD: protobuf_put_uint(out, ANY_INT, (uint64_t)label->value.integer); break;
	case ROHAS_DOUBLE_FIELD: protobuf_put_double(out, ANY_DOUBLE, label->value.real); break;
	case ROHAS_BOOL_FIELD: protobuf_put_uint(out, ANY_BOOL, label->value.boolean); break;
	}
}

static bool label_is_fit(const struct rohas_field *label)
{
	return label->key && str_is_utf8(str_from(label->key)) &&
	       (label->type != ROHAS_STRING_FIELD ||
		(label->value.string && str_is_utf8(str_from(label->value.string))));
}

/* Name, unit and labels into the row's text. */
static bool write_text(struct series *series, const char *name, const char *unit,
		       const struct rohas_field *labels, size_t label_count)
{
	uint32_t number = series->sort == SERIES_HISTOGRAM ? HISTOGRAM_ATTRIBUTES : POINT_ATTRIBUTES;
	struct buffer out = {series->text, 0, sizeof(series->text), sizeof(series->text), false};

	buffer_append_c(&out, name);
	series->name_size = (uint16_t)out.size;
	buffer_append_c(&out, unit);
	series->unit_size = (uint16_t)(out.size - series->name_size);
	for (size_t i = 0; i < label_count; i++) {
		size_t pair, value;

		if (!label_is_fit(&labels[i]))
			continue;
		pair = protobuf_begin(&out, number);
		protobuf_put_bytes(&out, KEY_VALUE_KEY, str_from(labels[i].key));
		value = protobuf_begin(&out, KEY_VALUE_VALUE);
		write_label_value(&out, &labels[i]);
		protobuf_end(&out, value);
		protobuf_end(&out, pair);
	}
	series->labels_size = (uint16_t)(out.size - series->name_size - series->unit_size);
	return !buffer_failed(&out);
}

static bool series_equal(const struct series *a, const struct series *b)
{
	return a->sort == b->sort && str_equal(series_name(a), series_name(b)) &&
	       str_equal(series_labels(a), series_labels(b));
}

/* The lock is held. */
static uint32_t find_or_add(const struct series *wanted)
{
	uint32_t last = atomic_load_explicit(&count, memory_order_relaxed);

	for (uint32_t i = 1; i <= last; i++)
		if (series_equal(&table[i], wanted))
			return i;
	if (last + 1 >= ROHAS_SERIES_MOST)
		return 0;
	table[last + 1] = *wanted;
	atomic_store_explicit(&count, last + 1, memory_order_release);
	return last + 1;
}

static struct rohas_metric make(struct series *series, const char *name, const char *unit,
				const struct rohas_field *labels, size_t label_count)
{
	struct rohas_metric metric = {0};

	if (!name || !*name || !str_is_utf8(str_from(name)) || !str_is_utf8(str_from(unit)) ||
	    !write_text(series, name, unit ? unit : "", labels, labels ? label_count : 0))
		return metric;
	series_lock();
	metric.index = find_or_add(series);
	series_unlock();
	return metric;
}

struct rohas_metric rohas_counter(const char *name, const char *unit, const struct rohas_field *labels,
				  size_t label_count)
{
	struct series series = {.sort = SERIES_COUNTER};

	return make(&series, name, unit, labels, label_count);
}

struct rohas_metric rohas_gauge(const char *name, const char *unit, const struct rohas_field *labels,
				size_t label_count)
{
	struct series series = {.sort = SERIES_GAUGE};

	return make(&series, name, unit, labels, label_count);
}

struct rohas_metric rohas_histogram(const char *name, const char *unit, const struct rohas_field *labels,
				    size_t label_count, const double *bounds, size_t bound_count)
{
	struct series series = {.sort = SERIES_HISTOGRAM};

	if (!bounds) {
		bounds = usual_bounds;
		bound_count = sizeof(usual_bounds) / sizeof(usual_bounds[0]);
	}
	if (bound_count > ROHAS_BOUNDS_MOST)
		return (struct rohas_metric){0};
	for (size_t i = 0; i < bound_count; i++) {
		if (!isfinite(bounds[i]) || (i && bounds[i] <= bounds[i - 1]))
			return (struct rohas_metric){0};
		series.bounds[i] = bounds[i];
	}
	series.bound_count = (uint8_t)bound_count;
	return make(&series, name, unit, labels, label_count);
}

/* The row of a handle of that sort, or NULL. */
static struct series *row_of(struct rohas_metric metric, enum series_sort sort)
{
	bool is_known = metric.index && metric.index <= series_count();

	return is_known && table[metric.index].sort == sort ? &table[metric.index] : NULL;
}

static void add_to_sum(struct cell *cell, double amount)
{
	uint64_t bits = atomic_load_explicit(&cell->sum, memory_order_relaxed);
	double sum;

	memcpy(&sum, &bits, sizeof(sum));
	sum += amount;
	memcpy(&bits, &sum, sizeof(bits));
	atomic_store_explicit(&cell->sum, bits, memory_order_relaxed);
}

/* This thread's cell; where the thread has no pool, what is lost is counted. */
static struct cell *cell_of(struct rohas_metric metric)
{
	enum { METRICS = 1 };
	struct pool *pool = registry_pool();

	if (!pool) {
		registry_count_lost(METRICS);
		return NULL;
	}
	return &pool->cells[metric.index];
}

void rohas_counter_add(struct rohas_metric counter, double amount)
{
	struct cell *cell =
		row_of(counter, SERIES_COUNTER) && amount >= 0 && isfinite(amount) ? cell_of(counter) : NULL;

	if (!cell)
		return;
	add_to_sum(cell, amount);
	pool_count(&cell->buckets[0], 1);
}

void rohas_gauge_set(struct rohas_metric gauge, double value)
{
	struct series *series = row_of(gauge, SERIES_GAUGE);
	uint64_t bits;

	if (!series)
		return;
	memcpy(&bits, &value, sizeof(bits));
	atomic_store_explicit(&series->gauge, bits, memory_order_relaxed);
	atomic_store_explicit(&series->is_set, true, memory_order_release);
}

void rohas_histogram_record(struct rohas_metric histogram, double value)
{
	const struct series *series = row_of(histogram, SERIES_HISTOGRAM);
	struct cell *cell = series && isfinite(value) ? cell_of(histogram) : NULL;
	unsigned bucket = 0;

	if (!cell)
		return;
	while (bucket < series->bound_count && value > series->bounds[bucket])
		bucket++;
	add_to_sum(cell, value);
	pool_count(&cell->buckets[bucket], 1);
}
