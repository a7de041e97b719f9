#include <stdio.h>

#include "app/demo/calls.h"
#include "app/demo/shop.h"

static void report(struct play *play, enum demo_scope logs, const struct open_span *span, uint64_t time_ns,
		   const char *message, const char *key, size_t count)
{
	struct open_line line;

	line_open(play, &line, logs, &span->mark, time_ns, SEVERITY_INFO, "%s", message);
	line_int(&line, key, (int64_t)count);
	line_close(play, &line);
}

/* Node: a function that a timer sets off. */
void job_restock(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct meter_label direction = {"direction", "in"};
	size_t count = 1 + random_below(&play->random, 40);
	struct open_span job;
	uint64_t at = start_ns + play_takes(play, 3);

	span_open(play, &job, SCOPE_NODE_LAMBDA, SPAN_SERVER, NULL, start_ns, "restock-shelves");
	span_text(&job, "faas.trigger", "timer");
	span_text(&job, "faas.cron", "* * * * *");
	span_text(&job, "faas.name", "restock-shelves");
	span_executes(&job, "cron", "restock-shelves");
	at = call_postgres(play, SCOPE_NODE_PG, &job.mark, at, 22, "UPDATE", "stock",
			   "UPDATE stock SET count = count + $1 WHERE count < $2");
	report(play, SCOPE_NODE_LOGS, &job, at, "shelves restocked", "items", count);
	metrics_record(&play->metrics, METER_STOCK_MOVES, (double)count, at, NULL, &direction, 1);
	span_close(play, &job, at + play_takes(play, 2));
}

/* Python: known as a job by the name of its instrumentation alone. */
void job_expire_carts(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span job;
	uint64_t at = start_ns + play_takes(play, 1.5);
	struct mark told;
	size_t expired;

	span_open(play, &job, SCOPE_PYTHON_SCHEDULER, SPAN_INTERNAL, NULL, start_ns, "expire_carts");
	span_text(&job, "code.function.name", "shop.jobs.carts.expire_carts");
	span_executes(&job, "cron", "shop.jobs.carts.expire_carts");
	if (random_chance(&play->random, 0.05)) {
		at += 5 * NS_PER_SECOND;
		span_break(play, &job, at, &failure_statement_timeout);
	} else {
		at = call_postgres(play, SCOPE_PYTHON_PG, &job.mark, at, 30, "DELETE", "carts",
				   "DELETE FROM carts WHERE touched < now() - interval '2 hours'");
		expired = random_below(&play->random, 12);
		report(play, SCOPE_PYTHON_LOGS, &job, at, "carts expired", "carts", expired);
		/* The campaign that was to handle it was never built. */
		if (expired > 8)
			at = publish(play, SCOPE_PYTHON_KAFKA, &job.mark, at, "cart.expired", "carts", &told);
	}
	span_close(play, &job, at + play_takes(play, 1));
}

/* Rust: says its schedule in an attribute. */
void job_sync_inventory(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span job, request;
	uint64_t at = start_ns + play_takes(play, 1);

	span_open(play, &job, SCOPE_RUST_SHOP, SPAN_INTERNAL, NULL, start_ns, "sync_inventory");
	span_text(&job, "cron.schedule", "0 */2 * * * *");
	span_text(&job, "code.namespace", "inventory");
	span_text(&job, "code.function", "sync");
	span_executes(&job, "cron", "inventory.sync");
	for (int page = 1; page <= 3; page++) {
		request_open(play, &request, SCOPE_RUST_SHOP, &job.mark, at, "GET", "warehouse.example.net",
			     443, "/stock");
		at = request_close(play, &request, at + play_takes(play, 180), 200);
	}
	report(play, SCOPE_RUST_LOGS, &job, at, "inventory synchronised", "skus",
	       300 + random_below(&play->random, 90));
	span_close(play, &job, at + play_takes(play, 20));
}

/* Node, with the program's own attributes. */
void job_daily_report(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span job;
	uint64_t at = start_ns + play_takes(play, 4);

	span_open(play, &job, SCOPE_NODE_SHOP, SPAN_INTERNAL, NULL, start_ns, "report");
	span_text(&job, "rohas.handler.type", "cron");
	span_text(&job, "rohas.handler.name", "DailyReport");
	span_executes(&job, "cron", "DailyReport");
	at = call_postgres(play, SCOPE_NODE_PG, &job.mark, at, 1400, "SELECT", "orders",
			   "SELECT date_trunc('hour', placed) AS hour, sum(total) FROM orders GROUP BY hour");
	if (random_chance(&play->random, 0.04)) {
		struct open_line line;

		span_break(play, &job, at, &failure_disk_full);
		line_open(play, &line, SCOPE_NODE_LOGS, &job.mark, at, SEVERITY_FATAL,
			  "the report cannot be written");
		line_text(&line, "disk.path", "/var/reports");
		line_close(play, &line);
	} else {
		report(play, SCOPE_NODE_LOGS, &job, at, "report written", "rows", 24);
	}
	span_close(play, &job, at + play_takes(play, 60));
}

/* One message that a visitor sends; each is a trace of its own. */
static uint64_t receive_message(struct shop *shop, uint64_t at, const char *event,
				const struct failure *failure)
{
	struct play *play = &shop->play;
	struct open_span message;
	uint64_t end;

	span_open(play, &message, SCOPE_NODE_SOCKET, SPAN_CONSUMER, NULL, at, "%s receive", event);
	span_text(&message, "messaging.system", "socket.io");
	span_text(&message, "messaging.destination.name", "/support");
	span_text(&message, "messaging.operation.type", "receive");
	span_text(&message, "messaging.socket.io.event_name", "%s", event);
	span_text(&message, "messaging.socket.io.namespace", "/support");
	span_executes(&message, "websocket", "%s", event);
	end = call_redis(play, &message.mark, at + play_takes(play, 0.3), "XADD", "chat:support");
	if (failure)
		span_break(play, &message, end, failure);
	return span_close(play, &message, end + play_takes(play, 0.5));
}

/* A conversation with the support: the visitor joins, writes, leaves. */
void scene_chat(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	bool full = random_chance(&play->random, 0.04);
	size_t count = 1 + random_below(&play->random, 5);
	uint64_t at = receive_message(shop, start_ns, "chat.join", full ? &failure_room_full : NULL);

	for (size_t i = 0; i < count && !full; i++) {
		at += play_takes(play, 2500);
		at = receive_message(shop, at, "chat.message", NULL);
	}
	if (!full)
		receive_message(shop, at + play_takes(play, 1500), "chat.leave", NULL);
}

/* Python: a socket on which a parcel's place is sent; its session is one server span, its messages are below.
 */
void scene_tracking(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span session, message;
	size_t count = 1 + random_below(&play->random, 4);
	uint64_t at = start_ns + play_takes(play, 3);

	span_open(play, &session, SCOPE_PYTHON_HTTP, SPAN_SERVER, NULL, start_ns, "/ws/tracking/{parcel}");
	span_text(&session, "url.scheme", "ws");
	span_text(&session, "http.route", "/ws/tracking/{parcel}");
	span_text(&session, "http.request.method", "GET");
	span_executes(&session, "websocket", "GET /ws/tracking/{parcel}");
	for (size_t i = 0; i < count; i++) {
		span_open(play, &message, SCOPE_PYTHON_HTTP, SPAN_INTERNAL, &session.mark, at,
			  "/ws/tracking/{parcel} websocket receive");
		span_text(&message, "asgi.event.type", "websocket.receive");
		span_executes(&message, "websocket", "/ws/tracking/{parcel} websocket receive");
		at = span_close(play, &message, at + play_takes(play, 4)) + play_takes(play, 1800);
	}
	report(play, SCOPE_PYTHON_LOGS, &session, at, "tracking closed", "messages", count);
	span_close(play, &session, at);
}
