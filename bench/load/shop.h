/*
 * shop: the imaginary application whose telemetry is sent. Data only: its services and what happens in them.
 *
 * A flow is one trace: a table of steps, each a span, its parent an earlier step. Times are hundredths of the
 * flow's duration, and a step lies inside its parent. A flow may be the answer to an event that another
 * published: its root then links to that span.
 *
 * Threads    constants.
 */
#ifndef BENCH_LOAD_SHOP_H
#define BENCH_LOAD_SHOP_H

#include "load/attributes.h"

enum service { GATEWAY, SHOP_API, CATALOG, INVENTORY, PAYMENTS, MAILER, SCHEDULER, REALTIME, SERVICE_COUNT };

enum { SHOP_INSTANCES = 3, NO_PARENT = 0xff };

/* opentelemetry/proto/trace/v1/trace.proto, SpanKind */
enum span_kind { INTERNAL = 1, SERVER, CLIENT, PRODUCER, CONSUMER };

struct service_facts {
	const char *name, *version, *language, *sdk_version;
	const struct attribute *runtime; /* resource attributes beside the common ones */
};

struct step {
	uint8_t parent; /* index of an earlier step, or NO_PARENT */
	enum service service;
	const char *scope;
	enum span_kind kind;
	const char *name;
	uint8_t at, length; /* hundredths of the flow */
	const struct attribute *attributes;
	const char *words[3];
	const char *event; /* the name of an event in the span, or NULL */
};

struct flow {
	const struct step *steps;
	uint8_t step_count;
	uint8_t weight;     /* how often it happens of itself; 0: only as an answer */
	uint32_t median_us; /* duration */
	uint8_t publisher;  /* the step that publishes the event, if answer is not NULL */
	const struct flow *answer;
};

extern const struct service_facts shop_services[SERVICE_COUNT];

/* Of every service's resource; word 1 is its name, 2 its version, 3 its language. */
extern const struct attribute shop_resource[];

extern const struct flow *const shop_flows[];
extern const uint32_t shop_flow_count;

/* What fails: exception type, message, the first line of the stack. */
struct failure {
	const char *type, *message, *stack;
};
extern const struct failure shop_failures[];
extern const uint32_t shop_failure_count;

#endif
