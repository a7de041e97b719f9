#include "load/shop.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Resources */

const struct attribute shop_resource[] = {
	{"service.name", TEXT, "<1>"},
	{"service.version", TEXT, "<2>"},
	{"service.namespace", TEXT, "shop"},
	{"service.instance.id", TEXT, "<1>-<pod>"},
	{"deployment.environment.name", TEXT, "production"},
	{"telemetry.sdk.name", TEXT, "opentelemetry"},
	{"telemetry.sdk.language", TEXT, "<3>"},
	{"host.name", TEXT, "<host>"},
	{"host.arch", TEXT, "amd64"},
	{"os.type", TEXT, "linux"},
	{"k8s.namespace.name", TEXT, "shop"},
	{"k8s.pod.name", TEXT, "<1>-<pod>"},
	{"k8s.deployment.name", TEXT, "<1>"},
	{0},
};

static const struct attribute node_runtime[] = {
	{"process.pid", INTEGER, "1"},
	{"process.runtime.name", TEXT, "nodejs"},
	{"process.runtime.version", TEXT, "22.11.0"},
	{"process.command_args", LIST, "/usr/local/bin/node,--enable-source-maps,/app/dist/main.js"},
	{0},
};

static const struct attribute python_runtime[] = {
	{"process.pid", INTEGER, "7"},
	{"process.runtime.name", TEXT, "cpython"},
	{"process.runtime.version", TEXT, "3.12.7"},
	{0},
};

static const struct attribute rust_runtime[] = {
	{"process.pid", INTEGER, "1"},
	{"process.executable.name", TEXT, "service"},
	{0},
};

const struct service_facts shop_services[SERVICE_COUNT] = {
	[GATEWAY] = {"edge-gateway", "2.3.1", "rust", "0.27.1", rust_runtime},
	[SHOP_API] = {"shop-api", "5.18.0", "nodejs", "1.29.0", node_runtime},
	[CATALOG] = {"catalog", "3.4.2", "python", "1.29.0", python_runtime},
	[INVENTORY] = {"inventory", "1.9.7", "rust", "0.27.1", rust_runtime},
	[PAYMENTS] = {"payments", "4.0.5", "nodejs", "1.29.0", node_runtime},
	[MAILER] = {"mailer", "1.2.0", "python", "1.29.0", python_runtime},
	[SCHEDULER] = {"scheduler", "1.0.9", "python", "1.29.0", python_runtime},
	[REALTIME] = {"realtime", "2.1.4", "nodejs", "1.29.0", node_runtime},
};

/* Kinds of span. The words are a span's own; what they stand for is said above each list. */

/* method, route, path */
static const struct attribute http_server[] = {
	{"http.request.method", TEXT, "<1>"},
	{"http.route", TEXT, "<2>"},
	{"url.path", TEXT, "<3>"},
	{"url.scheme", TEXT, "https"},
	{"server.address", TEXT, "shop.example.com"},
	{"server.port", INTEGER, "443"},
	{"http.response.status_code", INTEGER, "<status>"},
	{"user_agent.original", TEXT, "<agent>"},
	{"client.address", TEXT, "<ip>"},
	{"network.peer.port", INTEGER, "1024..65000"},
	{"network.protocol.version", TEXT, "1.1"},
	{"http.response.body.size", INTEGER, "120..64000"},
	{"user.id", TEXT, "<user>"},
	{0},
};

/* method, host, path */
static const struct attribute http_client[] = {
	{"http.request.method", TEXT, "<1>"},
	{"url.full", TEXT, "http://<2><3>"},
	{"server.address", TEXT, "<2>"},
	{"server.port", INTEGER, "8080"},
	{"http.response.status_code", INTEGER, "<status>"},
	{"network.protocol.version", TEXT, "1.1"},
	{"network.peer.address", TEXT, "<ip>"},
	{"http.attempt", INTEGER, "1"},
	{"http.request.id", TEXT, "<session>"},
	{"thread.id", INTEGER, "1..16"},
	{"http.response.body.size", INTEGER, "40..9000"},
	{0},
};

/* operation, table, query */
static const struct attribute postgresql[] = {
	{"db.system.name", TEXT, "postgresql"},
	{"db.namespace", TEXT, "shop"},
	{"db.operation.name", TEXT, "<1>"},
	{"db.collection.name", TEXT, "<2>"},
	{"db.query.text", TEXT, "<3>"},
	{"db.response.returned_rows", INTEGER, "0..50"},
	{"db.user", TEXT, "shop"},
	{"server.address", TEXT, "pg-primary"},
	{"server.port", INTEGER, "5432"},
	{"network.transport", TEXT, "tcp"},
	{"network.peer.address", TEXT, "10.20.0.14"},
	{"thread.id", INTEGER, "1..16"},
	{0},
};

/* operation, command */
static const struct attribute redis[] = {
	{"db.system.name", TEXT, "redis"},   {"db.namespace", TEXT, "0"},
	{"db.operation.name", TEXT, "<1>"},  {"db.query.text", TEXT, "<2>"},
	{"server.address", TEXT, "redis-0"}, {"server.port", INTEGER, "6379"},
	{"network.transport", TEXT, "tcp"},  {"network.peer.address", TEXT, "10.20.0.31"},
	{"thread.id", INTEGER, "1..16"},     {"cache.hit", FLAG, "true"},
	{"cache.ttl", REAL, "30.5"},         {0},
};

/* destination */
static const struct attribute kafka_send[] = {
	{"messaging.system", TEXT, "kafka"},
	{"messaging.operation.type", TEXT, "send"},
	{"messaging.operation.name", TEXT, "send"},
	{"messaging.destination.name", TEXT, "<1>"},
	{"messaging.kafka.message.key", TEXT, "<order>"},
	{"messaging.client.id", TEXT, "producer-<pod>"},
	{"messaging.message.body.size", INTEGER, "200..4000"},
	{"server.address", TEXT, "kafka-0"},
	{"server.port", INTEGER, "9092"},
	{"network.transport", TEXT, "tcp"},
	{"shop.order.id", TEXT, "<order>"},
	{0},
};

/* destination, consumer group */
static const struct attribute kafka_process[] = {
	{"messaging.system", TEXT, "kafka"},
	{"messaging.operation.type", TEXT, "process"},
	{"messaging.operation.name", TEXT, "process"},
	{"messaging.destination.name", TEXT, "<1>"},
	{"messaging.destination.partition.id", TEXT, "7"},
	{"messaging.consumer.group.name", TEXT, "<2>"},
	{"messaging.kafka.message.key", TEXT, "<order>"},
	{"messaging.kafka.offset", INTEGER, "100000..90000000"},
	{"messaging.client.id", TEXT, "consumer-<pod>"},
	{"messaging.message.body.size", INTEGER, "200..4000"},
	{"server.address", TEXT, "kafka-0"},
	{"server.port", INTEGER, "9092"},
	{"shop.order.id", TEXT, "<order>"},
	{0},
};

/* service, method, host */
static const struct attribute rpc[] = {
	{"rpc.system", TEXT, "grpc"},
	{"rpc.service", TEXT, "<1>"},
	{"rpc.method", TEXT, "<2>"},
	{"rpc.grpc.status_code", INTEGER, "0"},
	{"server.address", TEXT, "<3>"},
	{"server.port", INTEGER, "50051"},
	{"network.peer.address", TEXT, "<ip>"},
	{"network.peer.port", INTEGER, "1024..65000"},
	{"network.type", TEXT, "ipv4"},
	{"thread.id", INTEGER, "1..16"},
	{"shop.product.id", TEXT, "P-<product>"},
	{"rpc.message.size", INTEGER, "20..6000"},
	{0},
};

/* function, file, route or topic */
static const struct attribute function[] = {
	{"code.function.name", TEXT, "<1>"},
	{"code.file.path", TEXT, "<2>"},
	{"code.line.number", INTEGER, "20..480"},
	{"thread.id", INTEGER, "1..16"},
	{"thread.name", TEXT, "worker"},
	{"shop.operation", TEXT, "<3>"},
	{"shop.tenant", TEXT, "<tenant>"},
	{"shop.cart.id", TEXT, "<cart>"},
	{"currency", TEXT, "EUR"},
	{"shop.tested", FLAG, "true"},
	{"shop.items", INTEGER, "1..12"},
	{"shop.total", REAL, "129.95"},
	{0},
};

/* job, schedule */
static const struct attribute cron[] = {
	{"faas.trigger", TEXT, "timer"},
	{"faas.name", TEXT, "<1>"},
	{"faas.cron", TEXT, "<2>"},
	{"faas.invocation_id", TEXT, "<request>"},
	{"code.function.name", TEXT, "jobs.<1>.run"},
	{"code.file.path", TEXT, "/app/jobs/<1>.py"},
	{"code.line.number", INTEGER, "42"},
	{"job.queue.name", TEXT, "maintenance"},
	{"job.attempt", INTEGER, "1"},
	{"job.rows.deleted", INTEGER, "0..5000"},
	{"thread.id", INTEGER, "1..16"},
	{"thread.name", TEXT, "APScheduler"},
	{0},
};

/* event, operation */
static const struct attribute websocket[] = {
	{"messaging.system", TEXT, "socket.io"},
	{"messaging.operation.type", TEXT, "<2>"},
	{"messaging.destination.name", TEXT, "/live"},
	{"messaging.socket.io.event_name", TEXT, "<1>"},
	{"messaging.socket.io.namespace", TEXT, "/live"},
	{"messaging.socket.io.rooms", LIST, "user:<user>,product:<product>"},
	{"messaging.message.body.size", INTEGER, "30..1500"},
	{"client.address", TEXT, "<ip>"},
	{"network.transport", TEXT, "tcp"},
	{"session.id", TEXT, "<session>"},
	{"user.id", TEXT, "<user>"},
	{"url.scheme", TEXT, "wss"},
	{0},
};

/* Instrumentation scopes */

#define NODE_HTTP    "@opentelemetry/instrumentation-http"
#define NODE_EXPRESS "@opentelemetry/instrumentation-express"
#define NODE_PG      "@opentelemetry/instrumentation-pg"
#define NODE_REDIS   "@opentelemetry/instrumentation-ioredis"
#define NODE_KAFKA   "@opentelemetry/instrumentation-kafkajs"
#define NODE_SOCKET  "@opentelemetry/instrumentation-socket.io"
#define NODE_GRPC    "@opentelemetry/instrumentation-grpc"
#define PY_FASTAPI   "opentelemetry.instrumentation.fastapi"
#define PY_SQL       "opentelemetry.instrumentation.sqlalchemy"
#define PY_KAFKA     "opentelemetry.instrumentation.confluent_kafka"
#define PY_HTTPX     "opentelemetry.instrumentation.httpx"
#define PY_JOBS      "apscheduler"
#define RUST_TRACING "tracing-opentelemetry"

/* Flows */

#define SELECT_PRODUCT "SELECT id, sku, name, price_cents FROM products WHERE id = $1"
#define INSERT_ORDER   "INSERT INTO orders (id, user_id, cart_id, total_cents) VALUES ($1, $2, $3, $4)"
#define SEARCH_PRODUCTS                                                                                      \
	"SELECT id, name, price_cents FROM products WHERE search @@ plainto_tsquery($1) LIMIT 40"

/* The formatter would give every field a line of its own. */
/* clang-format off */
static const struct step email_steps[] = {
	{NO_PARENT, MAILER, PY_KAFKA, CONSUMER, "order.paid process", 0, 100, kafka_process,
	 {"order.paid", "mailer"}, "message.received"},
	{0, MAILER, "mailer", INTERNAL, "SendReceipt", 2, 96, function,
	 {"mailer.receipts.SendReceipt", "/app/mailer/receipts.py", "send-receipt"}, NULL},
	{1, MAILER, PY_SQL, CLIENT, "SELECT orders", 5, 12, postgresql,
	 {"SELECT", "orders", "SELECT * FROM orders WHERE id = %(id)s"}, NULL},
	{1, MAILER, PY_SQL, CLIENT, "SELECT users", 18, 10, postgresql,
	 {"SELECT", "users", "SELECT email, locale FROM users WHERE id = %(id)s"}, NULL},
	{1, MAILER, "mailer", INTERNAL, "render receipt.html", 30, 15, function,
	 {"mailer.templates.render", "/app/mailer/templates.py", "render"}, NULL},
	{1, MAILER, "mailer", INTERNAL, "render invoice.pdf", 46, 14, function,
	 {"mailer.invoices.render", "/app/mailer/invoices.py", "render"}, NULL},
	{1, MAILER, PY_HTTPX, CLIENT, "POST", 62, 30, http_client,
	 {"POST", "smtp-relay.shop.svc", "/v3/messages"}, NULL},
	{1, MAILER, PY_SQL, CLIENT, "INSERT mails", 93, 5, postgresql,
	 {"INSERT", "mails", "INSERT INTO mails (id, order_id, kind, sent_at) VALUES (%s, %s, %s, now())"},
	 NULL},
};
static const struct flow email = {email_steps, COUNT(email_steps), 0, 180000, 0, NULL};

static const struct step payment_steps[] = {
	{NO_PARENT, PAYMENTS, NODE_KAFKA, CONSUMER, "order.placed process", 0, 100, kafka_process,
	 {"order.placed", "payments"}, "message.received"},
	{0, PAYMENTS, "payments", INTERNAL, "ChargeOrder", 2, 95, function,
	 {"ChargeOrder.handle", "/app/dist/charge-order.js", "charge"}, NULL},
	{1, PAYMENTS, NODE_REDIS, CLIENT, "SET", 4, 4, redis, {"SET", "SET lock:order:<order> 1 NX EX 30"},
	 NULL},
	{1, PAYMENTS, NODE_PG, CLIENT, "SELECT shop.orders", 9, 8, postgresql,
	 {"SELECT", "orders", "SELECT id, state, total_cents FROM orders WHERE id = $1 FOR UPDATE"}, NULL},
	{1, PAYMENTS, NODE_HTTP, CLIENT, "POST", 18, 55, http_client,
	 {"POST", "api.psp.example", "/v1/payment_intents/pi_<payment>/confirm"}, "retry"},
	{1, PAYMENTS, NODE_PG, CLIENT, "INSERT shop.payments", 75, 7, postgresql,
	 {"INSERT", "payments", "INSERT INTO payments (id, order_id, amount_cents) VALUES ($1, $2, $3)"},
	 NULL},
	{1, PAYMENTS, NODE_PG, CLIENT, "UPDATE shop.orders", 83, 6, postgresql,
	 {"UPDATE", "orders", "UPDATE orders SET state = $2, paid_at = now() WHERE id = $1"}, NULL},
	{1, PAYMENTS, NODE_KAFKA, PRODUCER, "order.paid send", 90, 4, kafka_send, {"order.paid"}, NULL},
	{1, PAYMENTS, NODE_REDIS, CLIENT, "DEL", 95, 2, redis, {"DEL", "DEL lock:order:<order>"}, NULL},
};
static const struct flow payment = {payment_steps, COUNT(payment_steps), 0, 320000, 7, &email};

static const struct step order_steps[] = {
	{NO_PARENT, GATEWAY, RUST_TRACING, SERVER, "POST /api/orders", 0, 100, http_server,
	 {"POST", "/api/orders", "/api/orders"}, NULL},
	{0, GATEWAY, RUST_TRACING, CLIENT, "POST", 2, 96, http_client,
	 {"POST", "shop-api.shop.svc", "/orders"}, NULL},
	{1, SHOP_API, NODE_HTTP, SERVER, "POST /orders", 4, 92, http_server, {"POST", "/orders", "/orders"},
	 NULL},
	{2, SHOP_API, NODE_EXPRESS, INTERNAL, "middleware - authenticate", 5, 6, function,
	 {"authenticate", "/app/dist/authenticate.js", "authenticate"}, NULL},
	{3, SHOP_API, NODE_REDIS, CLIENT, "GET", 6, 3, redis, {"GET", "GET session:<session>"}, NULL},
	{2, SHOP_API, NODE_EXPRESS, INTERNAL, "request handler - /orders", 12, 82, function,
	 {"CreateOrder.handle", "/app/dist/create-order.js", "create-order"}, "cart.validated"},
	{5, SHOP_API, NODE_PG, CLIENT, "SELECT shop.carts", 14, 6, postgresql,
	 {"SELECT", "carts", "SELECT * FROM carts JOIN cart_items USING (cart_id) WHERE cart_id = $1"}, NULL},
	{5, SHOP_API, NODE_GRPC, CLIENT, "grpc.shop.Inventory/Reserve", 22, 30, rpc,
	 {"shop.Inventory", "Reserve", "inventory.shop.svc"}, NULL},
	{7, INVENTORY, RUST_TRACING, SERVER, "shop.Inventory/Reserve", 24, 26, rpc,
	 {"shop.Inventory", "Reserve", "inventory.shop.svc"}, NULL},
	{8, INVENTORY, RUST_TRACING, INTERNAL, "reserve_stock", 26, 22, function,
	 {"inventory::stock::reserve_stock", "src/stock.rs", "reserve"}, NULL},
	{9, INVENTORY, RUST_TRACING, CLIENT, "UPDATE stock", 28, 18, postgresql,
	 {"UPDATE", "stock", "UPDATE stock SET reserved = reserved + $2 WHERE product_id = $1 AND free >= $2"},
	 NULL},
	{5, SHOP_API, NODE_PG, CLIENT, "INSERT shop.orders", 55, 12, postgresql,
	 {"INSERT", "orders", INSERT_ORDER}, NULL},
	{5, SHOP_API, NODE_KAFKA, PRODUCER, "order.placed send", 70, 8, kafka_send, {"order.placed"}, NULL},
	{5, SHOP_API, NODE_REDIS, CLIENT, "DEL", 80, 4, redis, {"DEL", "DEL cart:<cart>"}, NULL},
};
static const struct flow order = {order_steps, COUNT(order_steps), 12, 140000, 12, &payment};

static const struct step product_steps[] = {
	{NO_PARENT, GATEWAY, RUST_TRACING, SERVER, "GET /api/products/{id}", 0, 100, http_server,
	 {"GET", "/api/products/{id}", "/api/products/<product>"}, NULL},
	{0, GATEWAY, RUST_TRACING, CLIENT, "GET", 3, 94, http_client,
	 {"GET", "shop-api.shop.svc", "/products/<product>?user=<user>"}, NULL},
	{1, SHOP_API, NODE_HTTP, SERVER, "GET /products/:id", 6, 88, http_server,
	 {"GET", "/products/:id", "/products/<product>"}, NULL},
	{2, SHOP_API, NODE_EXPRESS, INTERNAL, "middleware - authenticate", 8, 8, function,
	 {"authenticate", "/app/dist/authenticate.js", "authenticate"}, NULL},
	{3, SHOP_API, NODE_REDIS, CLIENT, "GET", 9, 5, redis, {"GET", "GET session:<session>"}, NULL},
	{2, SHOP_API, NODE_EXPRESS, INTERNAL, "request handler - /products/:id", 18, 74, function,
	 {"ViewProduct.handle", "/app/dist/view-product.js", "view-product"}, NULL},
	{5, SHOP_API, NODE_REDIS, CLIENT, "GET", 20, 6, redis, {"GET", "GET product:<product>"},
	 "cache.miss"},
	{5, SHOP_API, NODE_GRPC, CLIENT, "grpc.shop.Catalog/GetProduct", 28, 50, rpc,
	 {"shop.Catalog", "GetProduct", "catalog.shop.svc"}, NULL},
	{7, CATALOG, "opentelemetry.instrumentation.grpc", SERVER, "/shop.Catalog/GetProduct", 32, 42, rpc,
	 {"shop.Catalog", "GetProduct", "catalog.shop.svc"}, NULL},
	{8, CATALOG, PY_SQL, CLIENT, "SELECT shop", 36, 30, postgresql,
	 {"SELECT", "products", SELECT_PRODUCT}, NULL},
	{5, SHOP_API, NODE_REDIS, CLIENT, "SETEX", 80, 6, redis, {"SETEX", "SETEX product:<product> 300 ?"},
	 NULL},
};
static const struct flow product = {product_steps, COUNT(product_steps), 40, 24000, 0, NULL};

static const struct step search_steps[] = {
	{NO_PARENT, GATEWAY, RUST_TRACING, SERVER, "GET /api/search", 0, 100, http_server,
	 {"GET", "/api/search", "/api/search"}, NULL},
	{0, GATEWAY, RUST_TRACING, CLIENT, "GET", 3, 94, http_client,
	 {"GET", "catalog.shop.svc", "/search?q=shoes+<product>&session=<session>"}, NULL},
	{1, CATALOG, PY_FASTAPI, SERVER, "GET /search", 6, 88, http_server, {"GET", "/search", "/search"},
	 NULL},
	{2, CATALOG, PY_FASTAPI, INTERNAL, "GET /search http receive", 7, 1, function,
	 {"search", "/app/catalog/routes/search.py", "receive"}, NULL},
	{2, CATALOG, "catalog", INTERNAL, "SearchProducts", 10, 80, function,
	 {"catalog.search.SearchProducts", "/app/catalog/search.py", "search"}, "query.rewritten"},
	{4, CATALOG, PY_SQL, CLIENT, "SELECT shop", 14, 50, postgresql,
	 {"SELECT", "products", SEARCH_PRODUCTS}, NULL},
	{4, CATALOG, PY_SQL, CLIENT, "SELECT shop", 65, 12, postgresql,
	 {"SELECT", "prices", "SELECT product_id, price_cents FROM prices WHERE product_id = ANY($1)"}, NULL},
	{4, CATALOG, "catalog", INTERNAL, "rank results", 78, 9, function,
	 {"catalog.ranking.rank", "/app/catalog/ranking.py", "rank"}, NULL},
	{2, CATALOG, PY_FASTAPI, INTERNAL, "GET /search http send", 91, 2, function,
	 {"search", "/app/catalog/routes/search.py", "send"}, NULL},
};
static const struct flow search = {search_steps, COUNT(search_steps), 15, 60000, 0, NULL};

static const struct step cleanup_steps[] = {
	{NO_PARENT, SCHEDULER, PY_JOBS, INTERNAL, "expire_carts", 0, 100, cron,
	 {"expire_carts", "*/5 * * * *"}, "job.started"},
	{0, SCHEDULER, PY_SQL, CLIENT, "SELECT shop", 2, 20, postgresql,
	 {"SELECT", "carts", "SELECT cart_id FROM carts WHERE updated_at < now() - interval '7 days' LIMIT 5000"},
	 NULL},
	{0, SCHEDULER, "scheduler", INTERNAL, "expire batch", 24, 35, function,
	 {"jobs.expire_carts.expire_batch", "/app/jobs/expire_carts.py", "expire"}, NULL},
	{2, SCHEDULER, PY_SQL, CLIENT, "DELETE shop", 26, 20, postgresql,
	 {"DELETE", "cart_items", "DELETE FROM cart_items WHERE cart_id = ANY($1)"}, NULL},
	{2, SCHEDULER, PY_SQL, CLIENT, "DELETE shop", 47, 10, postgresql,
	 {"DELETE", "carts", "DELETE FROM carts WHERE cart_id = ANY($1)"}, NULL},
	{0, SCHEDULER, "scheduler", INTERNAL, "expire batch", 60, 30, function,
	 {"jobs.expire_carts.expire_batch", "/app/jobs/expire_carts.py", "expire"}, NULL},
	{5, SCHEDULER, PY_SQL, CLIENT, "DELETE shop", 62, 16, postgresql,
	 {"DELETE", "cart_items", "DELETE FROM cart_items WHERE cart_id = ANY($1)"}, NULL},
	{5, SCHEDULER, PY_SQL, CLIENT, "DELETE shop", 79, 9, postgresql,
	 {"DELETE", "carts", "DELETE FROM carts WHERE cart_id = ANY($1)"}, NULL},
	{0, SCHEDULER, PY_HTTPX, CLIENT, "PUT", 92, 6, http_client,
	 {"PUT", "pushgateway.shop.svc", "/metrics/job/expire_carts"}, NULL},
};
static const struct flow cleanup = {cleanup_steps, COUNT(cleanup_steps), 4, 900000, 0, NULL};

static const struct step watch_steps[] = {
	{NO_PARENT, REALTIME, NODE_SOCKET, CONSUMER, "/live receive", 0, 100, websocket,
	 {"product:watch", "receive"}, NULL},
	{0, REALTIME, "realtime", INTERNAL, "WatchProduct", 4, 92, function,
	 {"WatchProduct.handle", "/app/dist/watch-product.js", "watch"}, NULL},
	{1, REALTIME, NODE_REDIS, CLIENT, "GET", 6, 14, redis, {"GET", "GET session:<session>"}, NULL},
	{1, REALTIME, NODE_REDIS, CLIENT, "SADD", 22, 12, redis,
	 {"SADD", "SADD watchers:<product> <session>"}, NULL},
	{1, REALTIME, NODE_HTTP, CLIENT, "GET", 36, 40, http_client,
	 {"GET", "shop-api.shop.svc", "/products/<product>"}, NULL},
	{1, REALTIME, NODE_SOCKET, PRODUCER, "/live send", 80, 8, websocket, {"product:state", "send"}, NULL},
};
static const struct flow watch = {watch_steps, COUNT(watch_steps), 17, 9000, 0, NULL};

/* clang-format on */

const struct flow *const shop_flows[] = {&order, &product, &search, &cleanup, &watch};
const uint32_t shop_flow_count = COUNT(shop_flows);

const struct failure shop_failures[] = {
	{"TimeoutError", "upstream did not answer within 5000 ms (request <request>)",
	 "at Timeout.onTimeout (/app/node_modules/undici/lib/util/timers.js:99:10)"},
	{"ConnectionRefusedError", "connect ECONNREFUSED <ip>:8080",
	 "at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1607:16)"},
	{"SerializationFailure", "could not serialize access due to concurrent update",
	 "File \"/usr/lib/python3/site-packages/sqlalchemy/engine/base.py\", line 1967, in "
	 "_exec_single_context"},
	{"PaymentDeclined", "the issuer declined payment pi_<payment> of order <order>",
	 "at PaymentClient.confirm (/app/dist/clients/psp.js:118:13)"},
	{"OutOfStock", "product <product> has 0 free pieces",
	 "3: inventory::stock::reserve_stock at src/stock.rs:214"},
};
const uint32_t shop_failure_count = COUNT(shop_failures);
