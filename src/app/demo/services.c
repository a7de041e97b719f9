#include "app/demo/services.h"

#include "app/demo/wire.h"
#include "base/protobuf.h"

static const struct {
	const char *name, *version, *language, *instance, *host;
	const char *sdk_language, *sdk_version;
	const char *runtime, *runtime_version, *command;
	int64_t pid;
} services[SERVICE_COUNT] = {
	[SERVICE_GATEWAY] = {"shop-gateway", "4.12.0", "typescript", "6f1c2b5e-8a47-4f0e-9a3c-3d2f8c1b7e10",
			     "shop-web-1", "nodejs", "2.0.1", "nodejs", "22.15.0", "node dist/main.js", 4127},
	[SERVICE_ORDERS] = {"shop-orders", "2.8.3", "python", "b0a4e6d2-51c9-4c7d-8f25-7e9a60d1c3f4",
			    "shop-app-1", "python", "1.33.1", "cpython", "3.12.4", "uvicorn shop.main:app",
			    311},
	[SERVICE_FULFILMENT] = {"shop-fulfilment", "1.4.0", "rust", "e93d7c18-2b6f-4d9a-b1e5-0c4f5a6b7d82",
				"shop-app-2", "rust", "0.29.1", "rustc", "1.86.0",
				"/usr/local/bin/fulfilment", 1},
};

static const struct {
	enum demo_service service;
	const char *name, *version;
} scopes[SCOPE_COUNT] = {
	[SCOPE_NODE_HTTP] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-http", "0.202.0"},
	[SCOPE_NODE_PG] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-pg", "0.54.0"},
	[SCOPE_NODE_REDIS] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-redis", "0.49.0"},
	[SCOPE_NODE_KAFKA] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-kafkajs", "0.11.0"},
	[SCOPE_NODE_SOCKET] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-socket.io", "0.49.0"},
	[SCOPE_NODE_LAMBDA] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-aws-lambda", "0.53.0"},
	[SCOPE_NODE_SHOP] = {SERVICE_GATEWAY, "shop-gateway", "4.12.0"},
	[SCOPE_NODE_LOGS] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-pino", "0.49.0"},
	[SCOPE_NODE_RUNTIME] = {SERVICE_GATEWAY, "@opentelemetry/instrumentation-runtime-node", "0.16.0"},
	[SCOPE_PYTHON_HTTP] = {SERVICE_ORDERS, "opentelemetry.instrumentation.fastapi", "0.54b1"},
	[SCOPE_PYTHON_CLIENT] = {SERVICE_ORDERS, "opentelemetry.instrumentation.httpx", "0.54b1"},
	[SCOPE_PYTHON_PG] = {SERVICE_ORDERS, "opentelemetry.instrumentation.psycopg", "0.54b1"},
	[SCOPE_PYTHON_KAFKA] = {SERVICE_ORDERS, "opentelemetry.instrumentation.confluent_kafka", "0.54b1"},
	[SCOPE_PYTHON_CELERY] = {SERVICE_ORDERS, "opentelemetry.instrumentation.celery", "0.54b1"},
	[SCOPE_PYTHON_SCHEDULER] = {SERVICE_ORDERS, "shop.instrumentation.apscheduler", "2.8.3"},
	[SCOPE_PYTHON_SHOP] = {SERVICE_ORDERS, "shop.orders", "2.8.3"},
	[SCOPE_PYTHON_LOGS] = {SERVICE_ORDERS, "opentelemetry.sdk._logs._internal", "1.33.1"},
	[SCOPE_RUST_SHOP] = {SERVICE_FULFILMENT, "shop_fulfilment", "1.4.0"},
	[SCOPE_RUST_KAFKA] = {SERVICE_FULFILMENT, "shop_fulfilment::bus", "1.4.0"},
	[SCOPE_RUST_LOGS] = {SERVICE_FULFILMENT, "opentelemetry-appender-tracing", "0.29.1"},
};

enum demo_service scope_service(enum demo_scope scope)
{
	return scopes[scope].service;
}

const char *service_language(enum demo_service service)
{
	return services[service].language;
}

void service_write(struct buffer *out, enum demo_service service)
{
	enum { RESOURCE = 1, ATTRIBUTES = 1 };
	size_t mark = protobuf_begin(out, RESOURCE);

	wire_text(out, ATTRIBUTES, "service.name", services[service].name);
	wire_text(out, ATTRIBUTES, "service.namespace", "shop");
	wire_text(out, ATTRIBUTES, "service.version", services[service].version);
	wire_text(out, ATTRIBUTES, "service.instance.id", services[service].instance);
	wire_text(out, ATTRIBUTES, "deployment.environment.name", "demo");
	wire_text(out, ATTRIBUTES, "host.name", services[service].host);
	wire_text(out, ATTRIBUTES, "host.arch", "amd64");
	wire_text(out, ATTRIBUTES, "os.type", "linux");
	wire_int(out, ATTRIBUTES, "process.pid", services[service].pid);
	wire_text(out, ATTRIBUTES, "process.command", services[service].command);
	wire_text(out, ATTRIBUTES, "process.runtime.name", services[service].runtime);
	wire_text(out, ATTRIBUTES, "process.runtime.version", services[service].runtime_version);
	wire_text(out, ATTRIBUTES, "telemetry.sdk.language", services[service].sdk_language);
	wire_text(out, ATTRIBUTES, "telemetry.sdk.name", "opentelemetry");
	wire_text(out, ATTRIBUTES, "telemetry.sdk.version", services[service].sdk_version);
	protobuf_end(out, mark);
}

void scope_write(struct buffer *out, enum demo_scope scope)
{
	enum { SCOPE = 1, NAME = 1, VERSION = 2 };
	size_t mark = protobuf_begin(out, SCOPE);

	wire_string(out, NAME, scopes[scope].name);
	wire_string(out, VERSION, scopes[scope].version);
	protobuf_end(out, mark);
}
