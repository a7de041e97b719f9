#include "app/demo/calls.h"

#include <stdio.h>

const struct failure failure_type_error = {
	"TypeError", "Cannot read properties of undefined (reading 'price')",
	"TypeError: Cannot read properties of undefined (reading 'price')\n"
	"    at formatProduct (/app/dist/products/format.js:41:27)\n"
	"    at Array.map (<anonymous>)\n"
	"    at getProduct (/app/dist/products/handlers.js:88:19)\n"
	"    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)"};
const struct failure failure_room_full = {"RoomFullError", "room support-7 holds 50 visitors",
					  "RoomFullError: room support-7 holds 50 visitors\n"
					  "    at Room.join (/app/dist/chat/room.js:23:13)\n"
					  "    at Socket.<anonymous> (/app/dist/chat/index.js:57:22)\n"
					  "    at Socket.emit (node:events:518:28)"};
const struct failure failure_image = {
	"Error", "Input buffer contains unsupported image format",
	"Error: Input buffer contains unsupported image format\n"
	"    at Sharp.toBuffer (/var/task/node_modules/sharp/lib/output.js:163:17)\n"
	"    at Runtime.handler (/var/task/thumbnail.js:31:9)"};
const struct failure failure_disk_full = {"Error", "ENOSPC: no space left on device, write",
					  "Error: ENOSPC: no space left on device, write\n"
					  "    at async writeFile (node:internal/fs/promises:1242:14)\n"
					  "    at async writeReport (/app/dist/jobs/report.js:67:5)"};
const struct failure failure_timeout = {
	"httpx.ReadTimeout", "The read operation timed out",
	"Traceback (most recent call last):\n"
	"  File \"/app/shop/orders/payments.py\", line 88, in charge\n"
	"    response = client.post(\"/v1/charges\", json=body, timeout=2.0)\n"
	"  File \"/usr/lib/python3/site-packages/httpx/_client.py\", line 1144, in post\n"
	"    return self.request(\"POST\", url, **kwargs)\n"
	"httpx.ReadTimeout: The read operation timed out"};
const struct failure failure_declined = {
	"shop.orders.payments.CardDeclined", "card declined: insufficient_funds",
	"Traceback (most recent call last):\n"
	"  File \"/app/shop/orders/api.py\", line 131, in create_order\n"
	"    charge = payments.charge(order)\n"
	"  File \"/app/shop/orders/payments.py\", line 97, in charge\n"
	"    raise CardDeclined(answer[\"code\"])\n"
	"shop.orders.payments.CardDeclined: card declined: insufficient_funds"};
const struct failure failure_deadlock = {
	"psycopg.errors.DeadlockDetected", "deadlock detected",
	"Traceback (most recent call last):\n"
	"  File \"/app/shop/orders/store.py\", line 54, in insert_order\n"
	"    cursor.execute(INSERT_ORDER, order)\n"
	"psycopg.errors.DeadlockDetected: deadlock detected\n"
	"DETAIL:  Process 2211 waits for ShareLock on transaction 88123; blocked by process 2209."};
const struct failure failure_statement_timeout = {
	"psycopg.errors.QueryCanceled", "canceling statement due to statement timeout",
	"Traceback (most recent call last):\n"
	"  File \"/app/shop/jobs/carts.py\", line 22, in expire_carts\n"
	"    cursor.execute(DELETE_STALE)\n"
	"psycopg.errors.QueryCanceled: canceling statement due to statement timeout"};
const struct failure failure_mail = {"smtplib.SMTPServerDisconnected", "Connection unexpectedly closed",
				     "Traceback (most recent call last):\n"
				     "  File \"/app/shop/tasks/mail.py\", line 40, in send\n"
				     "    smtp.send_message(message)\n"
				     "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"};
const struct failure failure_out_of_stock = {"shop_fulfilment::stock::OutOfStock",
					     "sku MUG-042: 3 asked for, 1 left",
					     "   0: shop_fulfilment::stock::reserve\n"
					     "             at ./src/stock.rs:117:13\n"
					     "   1: shop_fulfilment::handlers::reserve_stock::{{closure}}\n"
					     "             at ./src/handlers.rs:64:22\n"
					     "   2: tokio::runtime::task::core::Core<T,S>::poll"};
const struct failure failure_carrier = {"shop_fulfilment::carrier::Unavailable",
					"carrier answered 503 three times",
					"   0: shop_fulfilment::carrier::book\n"
					"             at ./src/carrier.rs:71:9\n"
					"   1: shop_fulfilment::handlers::ship_order::{{closure}}\n"
					"             at ./src/handlers.rs:109:31"};

static enum demo_scope logs_of(enum demo_scope scope)
{
	static const enum demo_scope logs[] = {
		[SERVICE_GATEWAY] = SCOPE_NODE_LOGS,
		[SERVICE_ORDERS] = SCOPE_PYTHON_LOGS,
		[SERVICE_FULFILMENT] = SCOPE_RUST_LOGS,
	};

	return logs[scope_service(scope)];
}

void span_break(struct play *play, struct open_span *span, uint64_t time_ns, const struct failure *failure)
{
	struct open_line line;

	span_exception(span, time_ns, failure->type, failure->message, failure->stack_trace);
	span_text(span, "error.type", "%s", failure->type);
	span_fail(span, failure->message);
	line_open(play, &line, logs_of(span->scope), &span->mark, time_ns, SEVERITY_ERROR, "%s failed: %s",
		  span->name, failure->message);
	line_text(&line, "exception.type", "%s", failure->type);
	line_text(&line, "exception.message", "%s", failure->message);
	line_text(&line, "exception.stacktrace", "%s", failure->stack_trace);
	line_close(play, &line);
}

static void describe_caller(struct play *play, struct open_span *span)
{
	static const char *const agents[] = {
		"Mozilla/5.0 (X11; Linux x86_64; rv:137.0) Gecko/20100101 Firefox/137.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/135.0 Safari/537.36",
		"shop-app/7.2 (Android 15)",
	};

	span_text(span, "user_agent.original", "%s", agents[random_below(&play->random, 4)]);
	span_text(span, "client.address", "198.51.100.%zu", 1 + random_below(&play->random, 250));
}

/* Rust's instrumentation in this shop is a few years old, and sends the names of its time. */
static void describe_old_request(struct open_span *span, const char *method, const char *route,
				 const char *path)
{
	span_text(span, "http.method", "%s", method);
	span_text(span, "http.route", "%s", route);
	span_text(span, "http.target", "%s", path);
	span_text(span, "http.scheme", "http");
	span_text(span, "net.host.name", "fulfilment.shop.internal");
}

static void describe_request(struct play *play, struct open_span *span, const char *method, const char *route,
			     const char *path)
{
	span_text(span, "http.request.method", "%s", method);
	span_text(span, "http.route", "%s", route);
	span_text(span, "url.path", "%s", path);
	span_text(span, "url.scheme", "http");
	span_text(span, "network.protocol.version", "1.1");
	if (scope_service(span->scope) == SERVICE_GATEWAY) {
		span_text(span, "server.address", "shop.example.org");
		describe_caller(play, span);
	} else {
		span_text(span, "server.address", "orders.shop.internal");
		span_int(span, "server.port", 8000);
	}
}

void api_open(struct play *play, struct open_span *span, enum demo_scope scope, const struct mark *parent,
	      uint64_t start_ns, const char *method, const char *route, const char *path)
{
	span_open(play, span, scope, SPAN_SERVER, parent, start_ns, "%s %s", method, route);
	if (scope_service(scope) == SERVICE_FULFILMENT)
		describe_old_request(span, method, route, path);
	else
		describe_request(play, span, method, route, path);
	span_executes(span, "api", "%s %s", method, route);
}

static void measure_request(struct play *play, const struct open_span *span, uint64_t end_ns, int status)
{
	enum demo_instrument instrument = scope_service(span->scope) == SERVICE_GATEWAY
						  ? METER_NODE_HTTP_DURATION
						  : METER_PYTHON_HTTP_DURATION;
	struct meter_label labels[3] = {
		{"http.request.method", ""}, {"http.route", ""}, {"http.response.status_code", ""}};
	const char *space = strchr(span->name, ' ');

	if (!space || scope_service(span->scope) == SERVICE_FULFILMENT)
		return;
	snprintf(labels[0].value, sizeof(labels[0].value), "%.*s", (int)(space - span->name), span->name);
	snprintf(labels[1].value, sizeof(labels[1].value), "%s", space + 1);
	snprintf(labels[2].value, sizeof(labels[2].value), "%d", status);
	metrics_record(&play->metrics, instrument, (double)(end_ns - span->start_ns) / 1e9, end_ns,
		       &span->mark, labels, 3);
}

uint64_t api_close(struct play *play, struct open_span *span, uint64_t end_ns, int status)
{
	bool is_old = scope_service(span->scope) == SERVICE_FULFILMENT;

	span_int(span, is_old ? "http.status_code" : "http.response.status_code", status);
	if (status >= 500 && !span->has_failed) {
		span_text(span, "error.type", "%d", status);
		span_fail(span, "");
	}
	measure_request(play, span, end_ns, status);
	return span_close(play, span, end_ns);
}

void request_open(struct play *play, struct open_span *span, enum demo_scope scope, const struct mark *parent,
		  uint64_t start_ns, const char *method, const char *host, int port, const char *path)
{
	span_open(play, span, scope, SPAN_CLIENT, parent, start_ns, "%s", method);
	span_text(span, "http.request.method", "%s", method);
	span_text(span, "url.full", "http%s://%s%s", port == 443 ? "s" : "", host, path);
	span_text(span, "server.address", "%s", host);
	span_int(span, "server.port", port);
}

uint64_t request_close(struct play *play, struct open_span *span, uint64_t end_ns, int status)
{
	if (status)
		span_int(span, "http.response.status_code", status);
	if (status >= 400 && !span->has_failed) {
		span_text(span, "error.type", "%d", status);
		span_fail(span, "");
	}
	return span_close(play, span, end_ns);
}

uint64_t do_work(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		 double median_ms, const char *name)
{
	struct open_span span;

	span_open(play, &span, scope, SPAN_INTERNAL, parent, start_ns, "%s", name);
	span_text(&span, "thread.name", "worker-%zu", 1 + random_below(&play->random, 4));
	return span_close(play, &span, start_ns + play_takes(play, median_ms));
}

uint64_t call_redis(struct play *play, const struct mark *parent, uint64_t start_ns, const char *command,
		    const char *key)
{
	struct open_span span;

	span_open(play, &span, SCOPE_NODE_REDIS, SPAN_CLIENT, parent, start_ns, "redis-%s", command);
	span_text(&span, "db.system", "redis");
	span_text(&span, "db.statement", "%s %s", command, key);
	span_text(&span, "net.peer.name", "cache.shop.internal");
	span_int(&span, "net.peer.port", 6379);
	return span_close(play, &span, start_ns + play_takes(play, 0.6));
}

uint64_t call_postgres(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		       double median_ms, const char *operation, const char *table, const char *query)
{
	struct open_span span;

	span_open(play, &span, scope, SPAN_CLIENT, parent, start_ns, "%s %s", operation, table);
	span_text(&span, "db.system.name", "postgresql");
	span_text(&span, "db.namespace", "shop");
	span_text(&span, "db.operation.name", "%s", operation);
	span_text(&span, "db.collection.name", "%s", table);
	span_text(&span, "db.query.text", "%s", query);
	span_text(&span, "server.address", "db.shop.internal");
	span_int(&span, "server.port", 5432);
	return span_close(play, &span, start_ns + play_takes(play, median_ms));
}

/* The names of today from Node and Python, those of yesterday from Rust. */
static void describe_message(struct open_span *span, const char *event, const char *operation)
{
	bool is_old = scope_service(span->scope) == SERVICE_FULFILMENT;

	span_text(span, "messaging.system", "kafka");
	span_text(span, is_old ? "messaging.destination" : "messaging.destination.name", "%s", event);
	span_text(span, is_old ? "messaging.operation" : "messaging.operation.type", "%s", operation);
}

uint64_t publish(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		 const char *event, const char *key, struct mark *published_out)
{
	bool is_old = scope_service(scope) == SERVICE_FULFILMENT;
	struct open_span span;

	span_open(play, &span, scope, SPAN_PRODUCER, parent, start_ns, "%s %s", is_old ? event : "send",
		  is_old ? "publish" : event);
	describe_message(&span, event, is_old ? "publish" : "send");
	span_text(&span, "messaging.kafka.message.key", "%s", key);
	span_text(&span, "messaging.destination.partition.id", "%zu", random_below(&play->random, 6));
	span_text(&span, "server.address", "kafka.shop.internal");
	span_publishes(&span, event);
	*published_out = span.mark;
	return span_close(play, &span, start_ns + play_takes(play, 2.2));
}

void handling_open(struct play *play, struct open_span *span, enum demo_scope scope,
		   const struct mark *published, uint64_t start_ns, const char *event, const char *group,
		   const char *function)
{
	bool is_old = scope_service(scope) == SERVICE_FULFILMENT;

	span_open(play, span, scope, SPAN_CONSUMER, NULL, start_ns, "%s %s", is_old ? event : "process",
		  is_old ? "process" : event);
	describe_message(span, event, "process");
	span_text(span, is_old ? "messaging.kafka.consumer.group" : "messaging.consumer.group.name", "%s",
		  group);
	span_int(span, "messaging.kafka.offset", (int64_t)(start_ns / 40000000 % 1000000000));
	if (function)
		span_text(span, "code.function.name", "%s", function);
	span_link(span, published);
	if (function)
		span_executes(span, "event", "%s", function);
	else
		span_executes(span, "event", "%s %s", group, event);
	span_handles(span, event, 1);
}

uint64_t delivered_at(struct play *play, uint64_t published_ns)
{
	return published_ns + play_takes(play, play_is_incident(play, published_ns) ? 900 : 35);
}
