#include "app/demo/metrics.h"

#include <stdio.h>

#include "app/demo/play.h"
#include "app/demo/wire.h"
#include "base/protobuf.h"

enum shape { SHAPE_SUM, SHAPE_HISTOGRAM, SHAPE_EXPONENTIAL, SHAPE_SUMMARY };
enum { DELTA = 1, CUMULATIVE = 2 };

static const double http_bounds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
				     0.5,   0.75, 1,     2.5,  5,     7.5, 10};
static const double cart_bounds[] = {5, 10, 20, 35, 50, 75, 100, 150, 250, 500, 1000};

#define BOUNDS(array) .bounds = array, .bound_count = sizeof(array) / sizeof((array)[0])

static const struct {
	enum demo_scope scope;
	enum shape shape;
	uint8_t temporality;
	const char *name, *unit, *description;
	const double *bounds;
	size_t bound_count;
} instruments[METER_COUNT] = {
	[METER_NODE_HTTP_DURATION] = {SCOPE_NODE_HTTP, SHAPE_HISTOGRAM, CUMULATIVE,
				      "http.server.request.duration", "s",
				      "Duration of HTTP server requests.", BOUNDS(http_bounds)},
	[METER_PYTHON_HTTP_DURATION] = {SCOPE_PYTHON_HTTP, SHAPE_HISTOGRAM, CUMULATIVE,
					"http.server.request.duration", "s",
					"Duration of HTTP server requests.", BOUNDS(http_bounds)},
	[METER_ORDERS] = {SCOPE_PYTHON_SHOP, SHAPE_SUM, CUMULATIVE, "shop.orders.count", "{order}",
			  "Orders placed."},
	[METER_CART_VALUE] = {SCOPE_NODE_SHOP, SHAPE_HISTOGRAM, CUMULATIVE, "shop.cart.value", "EUR",
			      "Value of a cart when something was added to it.", BOUNDS(cart_bounds)},
	[METER_CHECKOUT_DURATION] = {SCOPE_PYTHON_SHOP, SHAPE_EXPONENTIAL, CUMULATIVE,
				     "shop.checkout.duration", "ms",
				     "Time from the order to the end of its payment."},
	[METER_STOCK_MOVES] = {SCOPE_RUST_SHOP, SHAPE_SUM, DELTA, "shop.stock.moves", "{item}",
			       "Items taken from or put on the shelves."},
	[METER_PRICING_LATENCY] = {SCOPE_RUST_SHOP, SHAPE_SUMMARY, 0, "shop.pricing.latency", "ms",
				   "Time that a quote took."},
};

/* Exponential buckets of scale 3: eight to a power of two, from 2^0 on. */
enum { EXPONENTIAL_SCALE = 3 };

void metrics_init(struct demo_metrics *metrics, uint64_t start_ns)
{
	*metrics = (struct demo_metrics){.start_ns = start_ns};
	for (size_t i = 0; i < 3; i++)
		metrics->heap_bytes[i] = 90e6 + 40e6 * (double)i;
}

static bool has_labels(const struct meter_series *series, const struct meter_label *labels, size_t count)
{
	if (series->label_count != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(series->labels[i].key, labels[i].key) != 0 ||
		    strcmp(series->labels[i].value, labels[i].value) != 0)
			return false;
	return true;
}

static struct meter_series *series_of(struct demo_metrics *metrics, enum demo_instrument instrument,
				      const struct meter_label *labels, size_t count)
{
	struct meter_series *series;

	for (size_t i = 0; i < metrics->series_count; i++)
		if (metrics->series[i].instrument == instrument &&
		    has_labels(&metrics->series[i], labels, count))
			return &metrics->series[i];
	if (metrics->series_count == METER_SERIES_MOST)
		return NULL;
	series = &metrics->series[metrics->series_count++];
	*series = (struct meter_series){
		.instrument = instrument, .label_count = count, .start_ns = metrics->start_ns};
	memcpy(series->labels, labels, count * sizeof(*labels));
	return series;
}

static void count_bucket(struct meter_series *series, double value)
{
	size_t bucket = 0;

	while (bucket < instruments[series->instrument].bound_count &&
	       value > instruments[series->instrument].bounds[bucket])
		bucket++;
	series->buckets[bucket]++;
}

static void count_exponent(struct meter_series *series, double value)
{
	double index = ceil(log2(value) * (1 << EXPONENTIAL_SCALE)) - 1;

	index = index < 0 ? 0 : index >= METER_EXPONENTS ? METER_EXPONENTS - 1 : index;
	series->exponents[(size_t)index]++;
}

void metrics_record(struct demo_metrics *metrics, enum demo_instrument instrument, double value,
		    uint64_t time_ns, const struct mark *span, const struct meter_label *labels,
		    size_t label_count)
{
	struct meter_series *series = series_of(metrics, instrument, labels, label_count);

	if (!series)
		return;
	series->least = series->count && series->least < value ? series->least : value;
	series->most = series->count && series->most > value ? series->most : value;
	series->count++;
	series->sum += value;
	if (instruments[instrument].shape == SHAPE_HISTOGRAM)
		count_bucket(series, value);
	if (instruments[instrument].shape == SHAPE_EXPONENTIAL)
		count_exponent(series, value);
	if (!span)
		return;
	memcpy(series->trace_id, span->trace_id, sizeof(series->trace_id));
	memcpy(series->span_id, span->span_id, sizeof(series->span_id));
	series->seen_ns = time_ns;
	series->seen = value;
}

uint64_t metrics_order_count(const struct demo_metrics *metrics)
{
	double count = 0;

	for (size_t i = 0; i < metrics->series_count; i++)
		if (metrics->series[i].instrument == METER_ORDERS)
			count += metrics->series[i].sum;
	return (uint64_t)count;
}

static void write_exemplar(struct buffer *out, uint32_t field, struct meter_series *series)
{
	enum { TIME = 2, AS_DOUBLE = 3, SPAN = 4, TRACE = 5 };
	size_t mark;

	if (!series->seen_ns)
		return;
	mark = protobuf_begin(out, field);
	protobuf_put_fixed64(out, TIME, series->seen_ns);
	protobuf_put_double(out, AS_DOUBLE, series->seen);
	protobuf_put_bytes(out, SPAN, str_make(series->span_id, sizeof(series->span_id)));
	protobuf_put_bytes(out, TRACE, str_make(series->trace_id, sizeof(series->trace_id)));
	protobuf_end(out, mark);
	series->seen_ns = 0;
}

static void write_labels(struct buffer *out, uint32_t field, const struct meter_series *series)
{
	for (size_t i = 0; i < series->label_count; i++)
		wire_text(out, field, series->labels[i].key, series->labels[i].value);
}

enum { POINT_START = 2, POINT_TIME = 3, POINT_COUNT = 4, POINT_SUM = 5 };

static void write_times(struct buffer *out, const struct meter_series *series, uint64_t time_ns)
{
	protobuf_put_fixed64(out, POINT_START, series->start_ns);
	protobuf_put_fixed64(out, POINT_TIME, time_ns);
}

static void write_sum_point(struct buffer *out, struct meter_series *series, uint64_t time_ns)
{
	enum { AS_INT = 6, ATTRIBUTES = 7 };

	write_times(out, series, time_ns);
	protobuf_put_fixed64(out, AS_INT, (uint64_t)series->sum);
	write_labels(out, ATTRIBUTES, series);
}

static void write_histogram_point(struct buffer *out, struct meter_series *series, uint64_t time_ns)
{
	enum { BUCKETS = 6, LIMITS = 7, EXEMPLARS = 8, ATTRIBUTES = 9, MIN = 11, MAX = 12 };
	size_t bound_count = instruments[series->instrument].bound_count;

	write_times(out, series, time_ns);
	protobuf_put_fixed64(out, POINT_COUNT, series->count);
	protobuf_put_double(out, POINT_SUM, series->sum);
	wire_packed_fixed64(out, BUCKETS, series->buckets, bound_count + 1);
	wire_packed_doubles(out, LIMITS, instruments[series->instrument].bounds, bound_count);
	write_exemplar(out, EXEMPLARS, series);
	write_labels(out, ATTRIBUTES, series);
	protobuf_put_double(out, MIN, series->least);
	protobuf_put_double(out, MAX, series->most);
}

static void write_exponents(struct buffer *out, uint32_t field, const struct meter_series *series)
{
	enum { OFFSET = 1, COUNTS = 2 };
	size_t first = 0, last = METER_EXPONENTS - 1, mark = protobuf_begin(out, field);

	while (first < last && !series->exponents[first])
		first++;
	while (last > first && !series->exponents[last])
		last--;
	protobuf_put_sint(out, OFFSET, (int64_t)first);
	wire_packed_varints(out, COUNTS, series->exponents + first, last - first + 1);
	protobuf_end(out, mark);
}

static void write_exponential_point(struct buffer *out, struct meter_series *series, uint64_t time_ns)
{
	enum { ATTRIBUTES = 1, SCALE = 6, ZEROS = 7, POSITIVE = 8, EXEMPLARS = 11, MIN = 12, MAX = 13 };

	write_labels(out, ATTRIBUTES, series);
	write_times(out, series, time_ns);
	protobuf_put_fixed64(out, POINT_COUNT, series->count);
	protobuf_put_double(out, POINT_SUM, series->sum);
	protobuf_put_sint(out, SCALE, EXPONENTIAL_SCALE);
	protobuf_put_fixed64(out, ZEROS, 0);
	write_exponents(out, POSITIVE, series);
	write_exemplar(out, EXEMPLARS, series);
	protobuf_put_double(out, MIN, series->least);
	protobuf_put_double(out, MAX, series->most);
}

static void write_quantile(struct buffer *out, double quantile, double value)
{
	enum { QUANTILES = 6, QUANTILE = 1, VALUE = 2 };
	size_t mark = protobuf_begin(out, QUANTILES);

	protobuf_put_double(out, QUANTILE, quantile);
	protobuf_put_double(out, VALUE, value);
	protobuf_end(out, mark);
}

static void write_summary_point(struct buffer *out, struct meter_series *series, uint64_t time_ns)
{
	enum { ATTRIBUTES = 7 };
	double mean = series->count ? series->sum / (double)series->count : 0;

	write_times(out, series, time_ns);
	protobuf_put_fixed64(out, POINT_COUNT, series->count);
	protobuf_put_double(out, POINT_SUM, series->sum);
	write_quantile(out, 0, series->least);
	write_quantile(out, 0.5, (series->least + mean) / 2);
	write_quantile(out, 1, series->most);
	write_labels(out, ATTRIBUTES, series);
}

/* Fields of the Metric message, and of the messages inside it. */
enum { METRIC_NAME = 1, METRIC_DESCRIPTION = 2, METRIC_UNIT = 3, METRIC_GAUGE_DATA = 5, METRIC_SUM_DATA = 7 };
enum { METRIC_HISTOGRAM_DATA = 9, METRIC_EXPONENTIAL_DATA = 10, METRIC_SUMMARY_DATA = 11 };
enum { DATA_POINTS = 1, DATA_TEMPORALITY = 2, DATA_MONOTONIC = 3 };

typedef void write_point(struct buffer *out, struct meter_series *series, uint64_t time_ns);

static const struct {
	uint32_t field;
	write_point *write;
} shapes[] = {
	[SHAPE_SUM] = {METRIC_SUM_DATA, write_sum_point},
	[SHAPE_HISTOGRAM] = {METRIC_HISTOGRAM_DATA, write_histogram_point},
	[SHAPE_EXPONENTIAL] = {METRIC_EXPONENTIAL_DATA, write_exponential_point},
	[SHAPE_SUMMARY] = {METRIC_SUMMARY_DATA, write_summary_point},
};

static void write_head(struct buffer *out, const char *name, const char *unit, const char *description)
{
	wire_string(out, METRIC_NAME, name);
	wire_string(out, METRIC_DESCRIPTION, description);
	wire_string(out, METRIC_UNIT, unit);
}

static void start_anew(struct meter_series *series, uint64_t time_ns)
{
	series->start_ns = time_ns;
	series->count = 0;
	series->sum = series->least = series->most = 0;
	memset(series->buckets, 0, sizeof(series->buckets));
	memset(series->exponents, 0, sizeof(series->exponents));
}

static uint32_t write_points(struct buffer *out, struct demo_metrics *metrics,
			     enum demo_instrument instrument, uint64_t time_ns)
{
	uint32_t count = 0;

	for (size_t i = 0; i < metrics->series_count; i++) {
		struct meter_series *series = &metrics->series[i];
		size_t mark;

		if (series->instrument != instrument || time_ns <= series->start_ns)
			continue;
		mark = protobuf_begin(out, DATA_POINTS);
		shapes[instruments[instrument].shape].write(out, series, time_ns);
		protobuf_end(out, mark);
		count++;
		if (instruments[instrument].temporality == DELTA)
			start_anew(series, time_ns);
	}
	return count;
}

static void put_metric(struct play *play, enum demo_scope scope, const struct buffer *bytes, uint32_t points,
		       uint64_t time_ns)
{
	struct outbox_item item = {
		.due_ns = time_ns,
		.signal = SIGNAL_METRICS,
		.scope = (uint8_t)scope,
		.truth_row = TRUTH_NONE,
		.rows = points,
		.bytes = buffer_str(bytes),
	};

	if (points && !buffer_failed(bytes))
		outbox_put(&play->outbox, &item);
}

static void export_instrument(struct play *play, enum demo_instrument instrument, uint64_t time_ns)
{
	struct buffer bytes = BUFFER_EMPTY;
	uint32_t points;
	size_t mark;

	write_head(&bytes, instruments[instrument].name, instruments[instrument].unit,
		   instruments[instrument].description);
	mark = protobuf_begin(&bytes, shapes[instruments[instrument].shape].field);
	points = write_points(&bytes, &play->metrics, instrument, time_ns);
	if (instruments[instrument].temporality)
		protobuf_put_uint(&bytes, DATA_TEMPORALITY, instruments[instrument].temporality);
	if (instruments[instrument].shape == SHAPE_SUM)
		protobuf_put_uint(&bytes, DATA_MONOTONIC, 1);
	protobuf_end(&bytes, mark);
	put_metric(play, instruments[instrument].scope, &bytes, points, time_ns);
	buffer_release(&bytes);
}

/* A measurement of the moment; is_sum: one that goes up and down and adds up (UpDownCounter). */
struct reading {
	enum demo_scope scope;
	bool is_sum;
	const char *name, *unit, *description, *key, *label;
	double value;
};

static void write_reading_point(struct buffer *out, const struct reading *reading, uint64_t start_ns,
				uint64_t time_ns)
{
	enum { AS_DOUBLE = 4, AS_INT = 6, ATTRIBUTES = 7 };
	size_t mark = protobuf_begin(out, DATA_POINTS);

	protobuf_put_fixed64(out, POINT_START, start_ns);
	protobuf_put_fixed64(out, POINT_TIME, time_ns);
	if (reading->is_sum)
		protobuf_put_fixed64(out, AS_INT, (uint64_t)reading->value);
	else
		protobuf_put_double(out, AS_DOUBLE, reading->value);
	if (reading->key)
		wire_text(out, ATTRIBUTES, reading->key, reading->label);
	protobuf_end(out, mark);
}

static void export_reading(struct play *play, const struct reading *reading, uint64_t time_ns)
{
	struct buffer bytes = BUFFER_EMPTY;
	size_t mark;

	write_head(&bytes, reading->name, reading->unit, reading->description);
	mark = protobuf_begin(&bytes, reading->is_sum ? METRIC_SUM_DATA : METRIC_GAUGE_DATA);
	write_reading_point(&bytes, reading, play->metrics.start_ns, time_ns);
	if (reading->is_sum)
		protobuf_put_uint(&bytes, DATA_TEMPORALITY, CUMULATIVE);
	protobuf_end(&bytes, mark);
	put_metric(play, reading->scope, &bytes, 1, time_ns);
	buffer_release(&bytes);
}

static double drift(struct play *play, double value, double target, double noise)
{
	return value + (target - value) * 0.1 + (random_unit(&play->random) - 0.5) * noise;
}

static void export_readings(struct play *play, uint64_t time_ns)
{
	static const char *const topics[] = {"order.placed", "product.viewed", "image.uploaded"};
	static const enum demo_scope homes[] = {SCOPE_NODE_RUNTIME, SCOPE_PYTHON_SHOP, SCOPE_RUST_SHOP};
	struct demo_metrics *metrics = &play->metrics;

	for (size_t i = 0; i < 3; i++) {
		double target = play_is_incident(play, time_ns) ? 60 : 4;

		metrics->queue_depth[i] = fmax(0, drift(play, metrics->queue_depth[i], target, 6));
		metrics->heap_bytes[i] = drift(play, metrics->heap_bytes[i], 90e6 + 40e6 * (double)i, 12e6);
		export_reading(play,
			       &(struct reading){SCOPE_RUST_SHOP, false, "shop.queue.depth", "{message}",
						 "Messages that wait in the topic.", "topic", topics[i],
						 floor(metrics->queue_depth[i])},
			       time_ns);
		export_reading(play,
			       &(struct reading){homes[i], true, "process.memory.usage", "By",
						 "The amount of physical memory in use.", NULL, NULL,
						 metrics->heap_bytes[i]},
			       time_ns);
	}
	export_reading(play,
		       &(struct reading){SCOPE_NODE_RUNTIME, false, "nodejs.eventloop.utilization", "1",
					 "Event loop utilization.", NULL, NULL,
					 0.1 + 0.25 * random_unit(&play->random)},
		       time_ns);
}

void metrics_export(struct play *play, uint64_t time_ns)
{
	for (enum demo_instrument i = 0; i < METER_COUNT; i++)
		export_instrument(play, i, time_ns);
	export_readings(play, time_ns);
}
