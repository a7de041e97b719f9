#include <stdio.h>

#include "app/demo/calls.h"
#include "app/demo/shop.h"

static void say(struct play *play, const struct open_span *span, uint64_t time_ns, uint8_t severity,
		const char *message, const char *key, const char *value)
{
	enum demo_scope logs =
		scope_service(span->scope) == SERVICE_GATEWAY ? SCOPE_NODE_LOGS : SCOPE_PYTHON_LOGS;
	struct open_line line;

	line_open(play, &line, logs, &span->mark, time_ns, severity, "%s", message);
	line_text(&line, key, "%s", value);
	line_close(play, &line);
}

void scene_browse(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span request;
	uint64_t at = start_ns + play_takes(play, 0.4);
	bool cached = random_chance(&play->random, 0.7);

	api_open(play, &request, SCOPE_NODE_HTTP, NULL, start_ns, "GET", "/products", "/products");
	span_text(&request, "url.query", "page=%zu&sort=popular", 1 + random_below(&play->random, 9));
	at = call_redis(play, &request.mark, at, "GET", "products:popular");
	if (!cached) {
		at = call_postgres(
			play, SCOPE_NODE_PG, &request.mark, at, 14, "SELECT", "products",
			"SELECT id, name, price FROM products ORDER BY sold DESC LIMIT $1 OFFSET $2");
		at = call_redis(play, &request.mark, at, "SET", "products:popular");
	}
	at = do_work(play, SCOPE_NODE_SHOP, &request.mark, at, 1.8, "render product list");
	say(play, &request, at, SEVERITY_DEBUG, "product page served", "cache", cached ? "hit" : "miss");
	api_close(play, &request, at + play_takes(play, 1.1), 200);
}

/* The search index takes views in batches: one receive span, the process span under it, a link to each view.
 */
static void index_views(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span receive, process;
	uint64_t taken_ns = start_ns + play_takes(play, 0.3);
	uint64_t end_ns = taken_ns + play_takes(play, 9);

	span_open(play, &receive, SCOPE_RUST_KAFKA, SPAN_CONSUMER, NULL, start_ns, "product.viewed receive");
	span_open(play, &process, SCOPE_RUST_SHOP, SPAN_CONSUMER, &receive.mark, taken_ns,
		  "product.viewed process");
	for (int i = 0; i < 2; i++) {
		struct open_span *span = i ? &process : &receive;

		span_text(span, "messaging.system", "kafka");
		span_text(span, "messaging.destination", "product.viewed");
		span_text(span, "messaging.operation", i ? "process" : "receive");
		span_text(span, "messaging.kafka.consumer.group", "search-index");
		span_int(span, "messaging.batch.message_count", VIEWS_A_BATCH);
		for (size_t view = 0; view < shop->view_count; view++)
			span_link(span, &shop->views[view]);
		/* Both in one request: only then can the program see that they are one handling. */
		span->due_ns = end_ns + NS_PER_MS;
	}
	span_text(&process, "code.namespace", "search_index");
	span_text(&process, "code.function", "index_views");
	span_executes(&process, "event", "search_index.index_views");
	span_handles(&process, "product.viewed", VIEWS_A_BATCH);
	span_close(play, &process, end_ns);
	span_close(play, &receive, end_ns + NS_PER_MS);
	shop->view_count = 0;
}

void scene_product(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span request;
	uint64_t at = start_ns + play_takes(play, 0.4);
	bool missing = random_chance(&play->random, 0.03), broken = random_chance(&play->random, 0.006);
	char path[32];

	snprintf(path, sizeof(path), "/products/%zu", 1 + random_below(&play->random, 400));
	api_open(play, &request, SCOPE_NODE_HTTP, NULL, start_ns, "GET", "/products/:id", path);
	at = call_postgres(play, SCOPE_NODE_PG, &request.mark, at, 2.5, "SELECT", "products",
			   "SELECT * FROM products WHERE id = $1");
	if (missing) {
		say(play, &request, at, SEVERITY_WARN, "product not found", "url.path", path);
		api_close(play, &request, at + play_takes(play, 0.3), 404);
		return;
	}
	if (broken) {
		span_break(play, &request, at, &failure_type_error);
		api_close(play, &request, at + play_takes(play, 0.5), 500);
		return;
	}
	at = publish(play, SCOPE_NODE_KAFKA, &request.mark, at, "product.viewed", path + strlen("/products/"),
		     &shop->views[shop->view_count++]);
	api_close(play, &request, at + play_takes(play, 0.8), 200);
	if (shop->view_count == VIEWS_A_BATCH)
		index_views(shop, delivered_at(play, at));
}

/* One attempt at a price, over gRPC to Rust. False where it fails. */
static bool ask_price(struct play *play, const struct mark *parent, uint64_t *at, bool fails)
{
	struct open_span client, server;
	uint64_t begun = *at + play_takes(play, 0.5), end = begun + play_takes(play, 3);
	struct meter_label label = {"tier", ""};
	struct open_line line;

	span_open(play, &client, SCOPE_NODE_SHOP, SPAN_CLIENT, parent, *at, "shop.Pricing/Quote");
	span_text(&client, "rpc.system", "grpc");
	span_text(&client, "rpc.service", "shop.Pricing");
	span_text(&client, "rpc.method", "Quote");
	span_open(play, &server, SCOPE_RUST_SHOP, SPAN_SERVER, &client.mark, begun, "shop.Pricing/Quote");
	span_text(&server, "rpc.system", "grpc");
	span_text(&server, "rpc.service", "shop.Pricing");
	span_text(&server, "rpc.method", "Quote");
	span_int(&server, "rpc.grpc.status_code", fails ? 14 : 0);
	span_int(&client, "rpc.grpc.status_code", fails ? 14 : 0);
	span_executes(&server, "api", "shop.Pricing/Quote");
	if (fails) {
		span_fail(&server, "price table is being reloaded");
		span_fail(&client, "14 UNAVAILABLE: price table is being reloaded");
	}
	snprintf(label.value, sizeof(label.value), "%s",
		 random_chance(&play->random, 0.2) ? "member" : "guest");
	line_open(play, &line, SCOPE_RUST_LOGS, &server.mark, end, SEVERITY_TRACE, "price table consulted");
	line_text(&line, "shop.tier", "%s", label.value);
	line_close(play, &line);
	metrics_record(&play->metrics, METER_PRICING_LATENCY, (double)(end - begun) / 1e6, end, NULL, &label,
		       1);
	span_close(play, &server, end);
	*at = span_close(play, &client, end + play_takes(play, 0.4));
	return !fails;
}

void scene_cart(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span request;
	struct meter_label currency = {"currency", "EUR"};
	uint64_t at = start_ns + play_takes(play, 0.5);
	double value = random_spread(&play->random, 42, 0.8);
	char text[32];

	api_open(play, &request, SCOPE_NODE_HTTP, NULL, start_ns, "POST", "/cart/items", "/cart/items");
	at = do_work(play, SCOPE_NODE_SHOP, &request.mark, at, 0.7, "authenticate");
	if (!ask_price(play, &request.mark, &at, random_chance(&play->random, 0.05))) {
		span_event(&request, at, "retry", "reason", "UNAVAILABLE");
		at += play_takes(play, 25);
		ask_price(play, &request.mark, &at, false);
	}
	at = call_redis(play, &request.mark, at, "HSET", "cart:items");
	span_real(&request, "shop.cart.value", value);
	span_int(&request, "shop.cart.items", 1 + (int64_t)random_below(&play->random, 6));
	snprintf(text, sizeof(text), "%.2f", value);
	say(play, &request, at, SEVERITY_INFO, "item added to cart", "cart.value", text);
	metrics_record(&play->metrics, METER_CART_VALUE, value, at, &request.mark, &currency, 1);
	api_close(play, &request, at + play_takes(play, 0.9), 201);
}

static void send_welcome(struct play *play, const struct mark *published, uint64_t start_ns)
{
	struct open_span task;
	uint64_t end = start_ns + play_takes(play, 80);

	handling_open(play, &task, SCOPE_PYTHON_CELERY, published, start_ns, "user.created", "celery",
		      "shop.tasks.mail.send_welcome");
	span_text(&task, "celery.action", "run");
	span_text(&task, "celery.task_name", "shop.tasks.mail.send_welcome");
	if (random_chance(&play->random, 0.03))
		span_break(play, &task, end, &failure_mail);
	span_close(play, &task, end);
}

/* This team names its handlers itself, with the program's own attributes. */
void scene_register(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span request;
	struct mark published, audit;
	uint64_t at = start_ns + play_takes(play, 0.6);
	char key[32];

	snprintf(key, sizeof(key), "user-%llu", (unsigned long long)play->next_user++);
	api_open(play, &request, SCOPE_NODE_HTTP, NULL, start_ns, "POST", "/users", "/users");
	span_text(&request, "rohas.handler.type", "api");
	span_text(&request, "rohas.handler.name", "CreateUser");
	span_executes(&request, "api", "CreateUser");
	at = do_work(play, SCOPE_NODE_SHOP, &request.mark, at, 48, "hash password");
	at = call_postgres(play, SCOPE_NODE_PG, &request.mark, at, 4, "INSERT", "users",
			   "INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id");
	at = publish(play, SCOPE_NODE_KAFKA, &request.mark, at, "user.created", key, &published);
	/* Nobody listens to this one. */
	at = publish(play, SCOPE_NODE_KAFKA, &request.mark, at, "audit.recorded", key, &audit);
	say(play, &request, at, SEVERITY_INFO, "user registered", "user.id", key);
	api_close(play, &request, at + play_takes(play, 1), 201);
	send_welcome(play, &published, delivered_at(play, at));
}

void scene_search(struct shop *shop, uint64_t start_ns)
{
	static const char *const fields[] = {"id", "name", "price", "stock"};
	struct play *play = &shop->play;
	struct open_span request;
	uint64_t at = start_ns + play_takes(play, 0.8);

	span_open(play, &request, SCOPE_NODE_SHOP, SPAN_SERVER, NULL, start_ns, "query SearchProducts");
	span_text(&request, "graphql.operation.type", "query");
	span_text(&request, "graphql.operation.name", "SearchProducts");
	span_texts(&request, "shop.search.fields", fields, 2 + random_below(&play->random, 3));
	span_flag(&request, "shop.search.fuzzy", random_chance(&play->random, 0.3));
	span_executes(&request, "api", "query SearchProducts");
	at = do_work(play, SCOPE_NODE_SHOP, &request.mark, at, 0.9, "graphql.parse");
	at = call_postgres(play, SCOPE_NODE_PG, &request.mark, at, 38, "SELECT", "products",
			   "SELECT id, name FROM products WHERE words @@ plainto_tsquery($1) LIMIT 20");
	span_close(play, &request, at + play_takes(play, 1.5));
}

/* Two functions as a service: one answers HTTP, the other is set off by the event. */
void scene_upload(struct shop *shop, uint64_t start_ns)
{
	struct play *play = &shop->play;
	struct open_span upload, thumbnail;
	struct mark published;
	uint64_t at = start_ns + play_takes(play, 60), end;

	span_open(play, &upload, SCOPE_NODE_LAMBDA, SPAN_SERVER, NULL, start_ns, "upload-image");
	span_text(&upload, "faas.trigger", "http");
	span_text(&upload, "faas.name", "upload-image");
	span_flag(&upload, "faas.coldstart", random_chance(&play->random, 0.1));
	span_executes(&upload, "api", "upload-image");
	at = publish(play, SCOPE_NODE_KAFKA, &upload.mark, at, "image.uploaded", "image", &published);
	span_close(play, &upload, at + play_takes(play, 3));

	at = delivered_at(play, at);
	end = at + play_takes(play, 240);
	span_open(play, &thumbnail, SCOPE_NODE_LAMBDA, SPAN_CONSUMER, NULL, at, "make-thumbnail");
	span_text(&thumbnail, "faas.trigger", "pubsub");
	span_text(&thumbnail, "faas.name", "make-thumbnail");
	span_text(&thumbnail, "messaging.system", "kafka");
	span_text(&thumbnail, "messaging.destination.name", "image.uploaded");
	span_text(&thumbnail, "messaging.operation.type", "process");
	span_link(&thumbnail, &published);
	span_executes(&thumbnail, "event", "make-thumbnail");
	span_handles(&thumbnail, "image.uploaded", 1);
	if (random_chance(&play->random, 0.06))
		span_break(play, &thumbnail, end, &failure_image);
	span_close(play, &thumbnail, end);
}
