/*
 * metrics: the shop's own measurements, kept as an SDK keeps them and exported at intervals: sums,
 * gauges, histograms of both kinds and a summary; cumulative from Node and Python, delta from Rust.
 *
 * Ownership  owns its series. play is borrowed for a call.
 * Threads    one thread at a time.
 * Units      as each instrument's own unit says.
 * Errors     none: a series past the ceiling is left out.
 */
#ifndef ROHAS_APP_DEMO_METRICS_H
#define ROHAS_APP_DEMO_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct play;
struct mark;

enum demo_instrument {
	METER_NODE_HTTP_DURATION,
	METER_PYTHON_HTTP_DURATION,
	METER_ORDERS,
	METER_CART_VALUE,
	METER_CHECKOUT_DURATION, /* exponential */
	METER_STOCK_MOVES,       /* delta */
	METER_PRICING_LATENCY,   /* summary */
	METER_COUNT,
};

enum {
	METER_SERIES_MOST = 128,
	METER_LABELS_MOST = 3,
	METER_LABEL_SIZE = 40,
	METER_BUCKETS = 16,
	METER_EXPONENTS = 160
};

struct meter_label {
	const char *key;
	char value[METER_LABEL_SIZE];
};

struct meter_series {
	enum demo_instrument instrument;
	struct meter_label labels[METER_LABELS_MOST];
	size_t label_count;
	uint64_t start_ns, count;
	double sum, least, most;
	uint64_t buckets[METER_BUCKETS];
	uint64_t exponents[METER_EXPONENTS];
	uint8_t trace_id[16], span_id[8]; /* of the newest measurement, for an exemplar */
	uint64_t seen_ns;                 /* 0: none since the last export */
	double seen;
};

struct demo_metrics {
	struct meter_series series[METER_SERIES_MOST];
	size_t series_count;
	uint64_t start_ns;
	double queue_depth[3], heap_bytes[3];
};

void metrics_init(struct demo_metrics *metrics, uint64_t start_ns);

/* labels: up to three pairs of key and value. span may be NULL. */
void metrics_record(struct demo_metrics *metrics, enum demo_instrument instrument, double value,
		    uint64_t time_ns, const struct mark *span, const struct meter_label *labels,
		    size_t label_count);

/* What shop.orders.count says over all its series. */
uint64_t metrics_order_count(const struct demo_metrics *metrics);

/* Puts every series, as it is at time_ns, into the outbox. */
void metrics_export(struct play *play, uint64_t time_ns);

#endif
