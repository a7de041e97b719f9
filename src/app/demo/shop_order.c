#include <stdio.h>

#include "app/demo/calls.h"
#include "app/demo/shop.h"

/* How the payment provider answered. */
enum charge { CHARGE_DONE, CHARGE_DECLINED, CHARGE_TIMED_OUT };

/* An order on its way through the shop. */
struct order {
	struct shop *shop;
	char id[24];
	double total;
	enum charge charge;
	struct mark placed, failed, reserved, shipped, low;
};

static void tell(struct order *order, enum demo_scope logs, const struct open_span *span, uint64_t time_ns,
		 uint8_t severity, const char *message)
{
	struct play *play = &order->shop->play;
	struct open_line line;

	line_open(play, &line, logs, &span->mark, time_ns, severity, "%s", message);
	line_text(&line, "order.id", "%s", order->id);
	line_int(&line, "order.total_cents", (int64_t)(order->total * 100));
	line_close(play, &line);
}

/* One attempt. In its bad moments the provider answers nothing for two seconds. */
static enum charge try_charge(struct order *order, const struct mark *parent, uint64_t *at, int resend)
{
	struct play *play = &order->shop->play;
	bool hangs = random_chance(&play->random, play_is_incident(play, *at) ? 0.55 : 0.015);
	bool declined = random_chance(&play->random, 0.05);
	struct open_span span;

	request_open(play, &span, SCOPE_PYTHON_CLIENT, parent, *at, "POST", "api.payments.example.com", 443,
		     "/v1/charges");
	if (resend)
		span_int(&span, "http.request.resend_count", resend);
	if (hangs) {
		*at += 2 * NS_PER_SECOND + play_takes(play, 1);
		span_exception(&span, *at, failure_timeout.type, failure_timeout.message,
			       failure_timeout.stack_trace);
		span_text(&span, "error.type", "%s", failure_timeout.type);
		span_fail(&span, failure_timeout.message);
		request_close(play, &span, *at, 0);
		return CHARGE_TIMED_OUT;
	}
	*at = request_close(play, &span, *at + play_takes(play, 110), declined ? 402 : 200);
	return declined ? CHARGE_DECLINED : CHARGE_DONE;
}

static void charge(struct order *order, struct open_span *handler, uint64_t *at)
{
	enum { ATTEMPTS = 3 };
	struct play *play = &order->shop->play;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		order->charge = try_charge(order, &handler->mark, at, attempt);
		if (order->charge != CHARGE_TIMED_OUT)
			return;
		tell(order, SCOPE_PYTHON_LOGS, handler, *at, SEVERITY_WARN,
		     "payment provider timed out, trying again");
		*at += (uint64_t)(100 << attempt) * NS_PER_MS + play_takes(play, 5);
	}
}

static uint64_t insert_order(struct order *order, struct open_span *handler, uint64_t at)
{
	static const char query[] = "INSERT INTO orders (id, customer, total) VALUES (%s, %s, %s)";
	struct play *play = &order->shop->play;
	struct open_span span;

	if (random_chance(&play->random, 0.01)) {
		span_open(play, &span, SCOPE_PYTHON_PG, SPAN_CLIENT, &handler->mark, at, "INSERT orders");
		span_text(&span, "db.system", "postgresql");
		span_text(&span, "db.statement", "%s", query);
		at += play_takes(play, 1000);
		span_break(play, &span, at, &failure_deadlock);
		span_close(play, &span, at);
		span_event(handler, at, "retry", "reason", "deadlock");
	}
	return call_postgres(play, SCOPE_PYTHON_PG, &handler->mark, at, 5, "INSERT", "orders", query);
}

static void count_order(struct order *order, const struct open_span *handler, uint64_t at)
{
	static const char *const methods[] = {"card", "card", "card", "paypal", "invoice"};
	struct play *play = &order->shop->play;
	struct meter_label method = {"payment.method", ""};

	snprintf(method.value, sizeof(method.value), "%s", methods[random_below(&play->random, 5)]);
	metrics_record(&play->metrics, METER_ORDERS, 1, at, NULL, &method, 1);
	metrics_record(&play->metrics, METER_CHECKOUT_DURATION, (double)(at - handler->start_ns) / 1e6, at,
		       &handler->mark, &method, 1);
}

/* What the orders service makes of it; returns its HTTP status. */
static int create_order(struct order *order, const struct mark *parent, uint64_t *at)
{
	static const int statuses[] = {
		[CHARGE_DONE] = 201, [CHARGE_DECLINED] = 402, [CHARGE_TIMED_OUT] = 503};
	struct play *play = &order->shop->play;
	struct open_span handler;

	api_open(play, &handler, SCOPE_PYTHON_HTTP, parent, *at, "POST", "/orders", "/orders");
	span_text(&handler, "code.function.name", "shop.orders.api.create_order");
	span_text(&handler, "shop.order.id", "%s", order->id);
	span_executes(&handler, "api", "shop.orders.api.create_order");
	*at = do_work(play, SCOPE_PYTHON_SHOP, &handler.mark, *at + play_takes(play, 1), 1.6,
		      "validate_order");
	*at = do_work(play, SCOPE_PYTHON_SHOP, &handler.mark, *at, 3, "calculate_totals");
	*at = insert_order(order, &handler, *at);
	charge(order, &handler, at);
	if (order->charge == CHARGE_DONE) {
		*at = publish(play, SCOPE_PYTHON_KAFKA, &handler.mark, *at, "order.placed", order->id,
			      &order->placed);
		count_order(order, &handler, *at);
		tell(order, SCOPE_PYTHON_LOGS, &handler, *at, SEVERITY_INFO, "order placed");
	} else {
		*at = publish(play, SCOPE_PYTHON_KAFKA, &handler.mark, *at, "payment.failed", order->id,
			      &order->failed);
		if (order->charge == CHARGE_TIMED_OUT)
			span_break(play, &handler, *at, &failure_timeout);
		else
			tell(order, SCOPE_PYTHON_LOGS, &handler, *at, SEVERITY_WARN,
			     failure_declined.message);
	}
	*at = api_close(play, &handler, *at + play_takes(play, 2), statuses[order->charge]);
	return statuses[order->charge];
}

/* The gateway takes the order and hands it on. */
static void take_order(struct order *order, uint64_t *at)
{
	struct play *play = &order->shop->play;
	struct open_span request, client;
	int status;

	api_open(play, &request, SCOPE_NODE_HTTP, NULL, *at, "POST", "/orders", "/orders");
	*at = do_work(play, SCOPE_NODE_SHOP, &request.mark, *at + play_takes(play, 0.4), 0.7, "authenticate");
	*at = call_redis(play, &request.mark, *at, "HGETALL", "cart:items");
	request_open(play, &client, SCOPE_NODE_HTTP, &request.mark, *at, "POST", "orders.shop.internal", 8000,
		     "/orders");
	*at += play_takes(play, 0.5);
	status = create_order(order, &client.mark, at);
	*at = request_close(play, &client, *at + play_takes(play, 0.5), status);
	span_real(&request, "shop.order.total", order->total);
	api_close(play, &request, *at + play_takes(play, 0.7), status);
}

/* Python: the confirmation's mail. */
static void send_confirmation(struct order *order, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct open_span task;
	uint64_t end;

	handling_open(play, &task, SCOPE_PYTHON_CELERY, &order->placed, at, "order.placed", "celery",
		      "shop.tasks.mail.send_confirmation");
	span_text(&task, "celery.action", "run");
	span_text(&task, "celery.task_name", "shop.tasks.mail.send_confirmation");
	end = do_work(play, SCOPE_PYTHON_SHOP, &task.mark, at + play_takes(play, 1), 12, "render_mail");
	end = do_work(play, SCOPE_PYTHON_SHOP, &task.mark, end, 110, "smtp.send");
	if (random_chance(&play->random, 0.02))
		span_break(play, &task, end, &failure_mail);
	else
		tell(order, SCOPE_PYTHON_LOGS, &task, end, SEVERITY_INFO, "confirmation sent");
	span_close(play, &task, end);
}

/* Node: tells the customer's browser. Its instrumentation knows no function. */
static void push_status(struct order *order, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct open_span handler;

	handling_open(play, &handler, SCOPE_NODE_KAFKA, &order->placed, at, "order.placed", "gateway-push",
		      NULL);
	at = call_redis(play, &handler.mark, at + play_takes(play, 0.3), "PUBLISH", "orders:status");
	span_close(play, &handler, at + play_takes(play, 0.4));
}

/*
 * The message is created in one span and carried by another, which has a link to it: one publication. Both
 * leave in one request, as a batching SDK would send them.
 */
static uint64_t publish_shipped(struct order *order, const struct mark *parent, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct open_span create, send;
	uint64_t end;

	span_open(play, &create, SCOPE_RUST_KAFKA, SPAN_PRODUCER, parent, at, "create order.shipped");
	span_text(&create, "messaging.system", "kafka");
	span_text(&create, "messaging.operation.type", "create");
	span_text(&create, "messaging.destination.name", "order.shipped");
	span_publishes(&create, "order.shipped");
	order->shipped = create.mark;
	span_open(play, &send, SCOPE_RUST_KAFKA, SPAN_CLIENT, parent, at + NS_PER_MS, "send order.shipped");
	span_text(&send, "messaging.system", "kafka");
	span_text(&send, "messaging.operation.type", "send");
	span_text(&send, "messaging.destination.name", "order.shipped");
	span_int(&send, "messaging.batch.message_count", 1);
	span_link(&send, &create.mark);
	end = at + NS_PER_MS + play_takes(play, 2.5);
	create.due_ns = send.due_ns = end;
	span_close(play, &create, at + NS_PER_MS / 5);
	return span_close(play, &send, end);
}

static void notify_customer(struct order *order, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct open_span handler;

	handling_open(play, &handler, SCOPE_PYTHON_KAFKA, &order->shipped, at, "order.shipped",
		      "notifications", NULL);
	at = call_postgres(play, SCOPE_PYTHON_PG, &handler.mark, at + play_takes(play, 1), 4, "UPDATE",
			   "orders", "UPDATE orders SET status = 'shipped' WHERE id = %s");
	tell(order, SCOPE_PYTHON_LOGS, &handler, at, SEVERITY_INFO, "customer told of shipping");
	span_close(play, &handler, at + play_takes(play, 2));
}

/* Rust: books a carrier, which now and then has none, and tries again by itself. */
static void ship_order(struct order *order, uint64_t at)
{
	struct play *play = &order->shop->play;
	bool fails = random_chance(&play->random, 0.02);
	struct open_span handler, booking;

	handling_open(play, &handler, SCOPE_RUST_KAFKA, &order->reserved, at, "stock.reserved", "shipping",
		      NULL);
	for (int attempt = 0; attempt < 3; attempt++) {
		bool refused = fails || (attempt == 0 && random_chance(&play->random, 0.08));

		request_open(play, &booking, SCOPE_RUST_SHOP, &handler.mark, at, "POST",
			     "carrier.example.net", 443, "/shipments");
		at = request_close(play, &booking, at + play_takes(play, 65), refused ? 503 : 201);
		if (!refused)
			break;
		at += (uint64_t)(50 << attempt) * NS_PER_MS;
	}
	if (fails)
		span_break(play, &handler, at, &failure_carrier);
	else
		at = publish_shipped(order, &handler.mark, at);
	span_close(play, &handler, at + play_takes(play, 1));
	if (!fails)
		notify_customer(order, delivered_at(play, at));
}

/* A CloudEvents webhook of the gateway: an event that comes over HTTP. */
static void warn_buyers(struct order *order, const char *event, const struct mark *published, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct open_span handler;

	span_open(play, &handler, SCOPE_NODE_HTTP, SPAN_SERVER, NULL, at, "POST /hooks/events");
	span_text(&handler, "http.request.method", "POST");
	span_text(&handler, "http.route", "/hooks/events");
	span_text(&handler, "url.path", "/hooks/events");
	span_text(&handler, "cloudevents.event_type", "%s", event);
	span_text(&handler, "cloudevents.event_source", "//shop/%s", order->id);
	span_int(&handler, "http.response.status_code", 204);
	span_link(&handler, published);
	span_executes(&handler, "event", "POST /hooks/events");
	span_handles(&handler, event, 1);
	tell(order, SCOPE_NODE_LOGS, &handler, at + NS_PER_MS, SEVERITY_WARN, event);
	span_close(play, &handler, at + play_takes(play, 6));
}

/* Rust: takes the goods off the shelf, where there are enough. */
static void reserve_stock(struct order *order, uint64_t at)
{
	struct play *play = &order->shop->play;
	struct meter_label direction = {"direction", "out"};
	bool sold_out = random_chance(&play->random, 0.04);
	struct open_span handler;

	handling_open(play, &handler, SCOPE_RUST_KAFKA, &order->placed, at, "order.placed", "stock",
		      "stock::reserve_stock");
	at = do_work(play, SCOPE_RUST_SHOP, &handler.mark, at + play_takes(play, 0.5), 6,
		     "stock::find_shelf");
	if (sold_out) {
		span_break(play, &handler, at, &failure_out_of_stock);
		at = publish(play, SCOPE_RUST_KAFKA, &handler.mark, at, "stock.low", "MUG-042", &order->low);
	} else {
		metrics_record(&play->metrics, METER_STOCK_MOVES, 1 + (double)random_below(&play->random, 4),
			       at, NULL, &direction, 1);
		at = publish(play, SCOPE_RUST_KAFKA, &handler.mark, at, "stock.reserved", order->id,
			     &order->reserved);
	}
	span_close(play, &handler, at + play_takes(play, 0.6));
	if (sold_out)
		warn_buyers(order, "stock.low", &order->low, delivered_at(play, at));
	else
		ship_order(order, delivered_at(play, at));
}

void scene_checkout(struct shop *shop, uint64_t start_ns)
{
	struct order order = {.shop = shop, .total = random_spread(&shop->play.random, 64, 0.7)};
	uint64_t at = start_ns;

	snprintf(order.id, sizeof(order.id), "order-%llu", (unsigned long long)shop->play.next_order++);
	take_order(&order, &at);
	if (order.charge != CHARGE_DONE) {
		warn_buyers(&order, "payment.failed", &order.failed, delivered_at(&shop->play, at));
		return;
	}
	push_status(&order, delivered_at(&shop->play, at));
	send_confirmation(&order, delivered_at(&shop->play, at));
	reserve_stock(&order, delivered_at(&shop->play, at));
}
