#include "load/workload.h"

#include <stdlib.h>

static const struct signal_facts {
	const char *name, *items;
	void (*encode)(struct body *body, uint32_t item_count, uint64_t seed, uint32_t index);
} signals[] = {
	[SIGNAL_TRACES] = {"traces", "spans", traces_encode},
	[SIGNAL_LOGS] = {"logs", "log records", logs_encode},
	[SIGNAL_METRICS] = {"metrics", "data points", metrics_encode},
};

const char *signal_items(enum signal signal)
{
	return signals[signal].items;
}

const char *workload_name(enum signal signal)
{
	return signals[signal].name;
}

bool workload_init(struct workload *workload, enum signal signal, uint32_t body_count,
		   uint32_t items_per_request, uint64_t seed)
{
	*workload = (struct workload){.signal = signal, .items_per_request = items_per_request};
	workload->bodies = calloc(body_count, sizeof(*workload->bodies));
	if (!workload->bodies)
		return false;
	workload->body_count = body_count;
	for (uint32_t i = 0; i < body_count; i++) {
		struct body *body = &workload->bodies[i];

		signals[signal].encode(body, items_per_request, seed, i);
		if (body_failed(body)) {
			workload_release(workload);
			return false;
		}
		workload->payload_bytes += body->bytes.size;
		workload->attribute_count += body->attribute_count;
		workload->trace_count += body->trace_count;
		workload->item_count += body->item_count;
	}
	return true;
}

void workload_release(struct workload *workload)
{
	for (uint32_t i = 0; i < workload->body_count; i++)
		body_release(&workload->bodies[i]);
	free(workload->bodies);
	*workload = (struct workload){0};
}
