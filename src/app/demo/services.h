/*
 * services: the shop's three services, in three languages, and the instrumentation that speaks in them.
 *
 * Ownership  constant tables.
 */
#ifndef ROHAS_APP_DEMO_SERVICES_H
#define ROHAS_APP_DEMO_SERVICES_H

#include "base/buffer.h"

enum demo_service {
	SERVICE_GATEWAY,    /* Node: what customers call, and the chat */
	SERVICE_ORDERS,     /* Python: orders, payments, mail */
	SERVICE_FULFILMENT, /* Rust: stock, prices, shipping */
	SERVICE_COUNT,
};

/* Ordered by service. */
enum demo_scope {
	SCOPE_NODE_HTTP,
	SCOPE_NODE_PG,
	SCOPE_NODE_REDIS,
	SCOPE_NODE_KAFKA,
	SCOPE_NODE_SOCKET,
	SCOPE_NODE_LAMBDA,
	SCOPE_NODE_SHOP,
	SCOPE_NODE_LOGS,
	SCOPE_NODE_RUNTIME,
	SCOPE_PYTHON_HTTP,
	SCOPE_PYTHON_CLIENT,
	SCOPE_PYTHON_PG,
	SCOPE_PYTHON_KAFKA,
	SCOPE_PYTHON_CELERY,
	SCOPE_PYTHON_SCHEDULER,
	SCOPE_PYTHON_SHOP,
	SCOPE_PYTHON_LOGS,
	SCOPE_RUST_SHOP,
	SCOPE_RUST_KAFKA,
	SCOPE_RUST_LOGS,
	SCOPE_COUNT,
};

enum demo_service scope_service(enum demo_scope scope);

/* What a handler of the service is said to be written in: "typescript", "python", "rust". */
const char *service_language(enum demo_service service);

/* The Resource and the InstrumentationScope message, as field 1 of what is being written. */
void service_write(struct buffer *out, enum demo_service service);
void scope_write(struct buffer *out, enum demo_scope scope);

#endif
