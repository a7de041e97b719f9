/*
 * metrics: regular series. Every body of the pool holds series of its own (other instances of the services),
 * and every time it is sent each of them gets its next point.
 */
#include <stdio.h>

#include "base/protobuf.h"
#include "load/parts.h"
#include "load/workload.h"

/* opentelemetry/proto/metrics/v1/metrics.proto */
enum { METRIC_NAME = 1, METRIC_DESCRIPTION = 2, METRIC_UNIT = 3 };
enum { DATA_POINTS = 1, TEMPORALITY = 2, IS_MONOTONIC = 3, CUMULATIVE = 2 };
enum { POINT_START = 2, POINT_TIME = 3, POINT_DOUBLE = 4, POINT_INT = 6, POINT_ATTRIBUTES = 7 };
enum { HISTOGRAM_BOUNDS = 7, HISTOGRAM_ATTRIBUTES = 9 };

/* As the field of Metric that holds the data. */
enum metric_type { GAUGE = 5, SUM = 7, HISTOGRAM = 9 };

static const struct metric {
	const char *name, *description, *unit;
	enum metric_type type;
	uint32_t level; /* about the gauge's value, the counter's growth a step, the mean of an observation */
} metrics[] = {
	{"http.server.request.duration", "Duration of HTTP server requests.", "ms", HISTOGRAM, 48},
	{"http.server.active_requests", "Number of active HTTP server requests.", "{request}", GAUGE, 17},
	{"http.server.requests", "Number of HTTP server requests.", "{request}", SUM, 340},
	{"db.client.operation.duration", "Duration of database client operations.", "ms", HISTOGRAM, 6},
	{"process.cpu.utilization", "Share of the CPU in use.", "1", GAUGE, 1},
	{"process.memory.usage", "Physical memory in use.", "By", GAUGE, 188743680},
	{"messaging.client.sent.messages", "Number of messages sent.", "{message}", SUM, 25},
	{"network.io.transmit", "Bytes transmitted.", "By", SUM, 1840300},
};

static const double bounds[] = {5, 10, 25, 50, 75, 100, 250, 500, 1000, 2500};

enum {
	METRIC_COUNT = sizeof(metrics) / sizeof(metrics[0]),
	BOUND_COUNT = sizeof(bounds) / sizeof(bounds[0])
};

/* The labels of the nth series of a metric: no two alike. */
static void put_labels(struct body *body, uint32_t number, uint32_t nth, const struct speaker *speaker)
{
	static const char *const routes[] = {"/orders",    "/products/:id", "/search", "/carts/:id",
					     "/users/:id", "/login",        "/prices", "/stock"};
	static const char *const methods[] = {"GET", "POST", "PUT"};
	static const char *const codes[] = {"200", "404", "500"};
	char shard[16];
	const struct attribute labels[] = {
		{"http.route", TEXT, routes[nth % 8]},
		{"http.request.method", TEXT, methods[nth / 8 % 3]},
		{"http.response.status_code", INTEGER, codes[nth / 24 % 3]},
		{"shop.shard", TEXT, shard},
		{0},
	};

	snprintf(shard, sizeof(shard), "s%u", nth / 72);
	attributes_put(body, number, labels, speaker);
}

static void put_bounds(struct body *body)
{
	protobuf_put_bytes(&body->bytes, HISTOGRAM_BOUNDS, str_make(bounds, sizeof(bounds)));
}

static void put_point(struct body *body, struct body *slots, const struct metric *metric, uint32_t nth,
		      const struct speaker *speaker)
{
	uint32_t slot = body_take_slots(slots, BOUND_COUNT + 1);
	struct body_mark mark = body_begin(body, DATA_POINTS);

	body_put_patched_field(body, POINT_START, PATCH_START_TIME, 0, 0);
	body_put_patched_field(body, POINT_TIME, PATCH_STEP_TIME, 0, 0);
	switch (metric->type) {
	case GAUGE:
		body_put_patched_field(body, POINT_DOUBLE, PATCH_GAUGE, slot, 100 * (int64_t)metric->level);
		break;
	case SUM: body_put_patched_field(body, POINT_INT, PATCH_COUNTER, slot, metric->level); break;
	case HISTOGRAM:
		body_put_histogram(body, BOUND_COUNT + 1, slot, 200, metric->level);
		put_bounds(body);
		break;
	}
	put_labels(body, metric->type == HISTOGRAM ? HISTOGRAM_ATTRIBUTES : POINT_ATTRIBUTES, nth, speaker);
	body_end(body, mark);
}

static void put_metric(struct body *body, struct body *slots, const struct metric *metric,
		       uint32_t point_count, const struct speaker *speaker)
{
	struct body_mark mark = body_begin(body, SCOPE_ITEMS), data;

	protobuf_put_bytes(&body->bytes, METRIC_NAME, str_from(metric->name));
	protobuf_put_bytes(&body->bytes, METRIC_DESCRIPTION, str_from(metric->description));
	protobuf_put_bytes(&body->bytes, METRIC_UNIT, str_from(metric->unit));
	data = body_begin(body, metric->type);
	for (uint32_t i = 0; i < point_count; i++)
		put_point(body, slots, metric, i, speaker);
	if (metric->type != GAUGE)
		protobuf_put_uint(&body->bytes, TEMPORALITY, CUMULATIVE);
	if (metric->type == SUM)
		protobuf_put_uint(&body->bytes, IS_MONOTONIC, 1);
	body_end(body, data);
	body_end(body, mark);
}

/* Share number i of total, when it is dealt to count places. */
static uint32_t deal(uint32_t total, uint32_t count, uint32_t i)
{
	return total / count + (i < total % count ? 1 : 0);
}

void metrics_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index)
{
	struct random random = {random_mix(seed)};
	struct parts parts;

	parts_init(&parts, &random);
	for (uint32_t i = 0; i < SERVICE_COUNT * METRIC_COUNT; i++) {
		enum service service = i / METRIC_COUNT;
		struct speaker speaker = {.random = &random};
		uint32_t point_count = deal(item_count, SERVICE_COUNT * METRIC_COUNT, i);

		parts.instances[service] = index * SERVICE_COUNT + service;
		if (point_count)
			put_metric(parts_of(&parts, service, "shop.metrics"), body,
				   &metrics[i % METRIC_COUNT], point_count, &speaker);
	}
	parts_join(&parts, body);
	parts_release(&parts);
	body->item_count = item_count;
}
