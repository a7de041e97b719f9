/*
 * workload: the pool of request bodies that are sent again and again, each time with new ids and times.
 *
 * Everything but ids and times follows from the seed: the same seed gives the same bytes on every machine.
 *
 * Ownership  workload_init allocates, workload_release frees.
 * Threads    one thread at a time.
 * Errors     workload_init returns false when memory ran out.
 */
#ifndef BENCH_LOAD_WORKLOAD_H
#define BENCH_LOAD_WORKLOAD_H

#include "load/body.h"

enum signal { SIGNAL_TRACES, SIGNAL_LOGS, SIGNAL_METRICS };

struct workload {
	enum signal signal;
	struct body *bodies;
	uint32_t body_count;
	uint32_t items_per_request;
	/* Of the whole pool, for the report. */
	uint64_t payload_bytes, attribute_count, trace_count, item_count;
};

bool workload_init(struct workload *workload, enum signal signal, uint32_t body_count,
		   uint32_t items_per_request, uint64_t seed);
void workload_release(struct workload *workload);

/* "spans", "log records", "data points". */
const char *signal_items(enum signal signal);

/* "traces", "logs", "metrics": as in OTLP's paths. */
const char *workload_name(enum signal signal);

/* Each fills an empty body with item_count items. index tells the bodies of a pool apart. */
void traces_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index);
void logs_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index);
void metrics_encode(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index);

#endif
