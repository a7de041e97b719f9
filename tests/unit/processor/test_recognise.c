#include "processor/recognise.h"
#include "spans.h"

#define T(key, value)                                                                                        \
	{                                                                                                    \
		{key, sizeof(key) - 1},                                                                      \
		{                                                                                            \
			.data = value, .size = sizeof(value) - 1, .type = VALUE_STRING                       \
		}                                                                                            \
	}
#define I(key, value)                                                                                        \
	{                                                                                                    \
		{key, sizeof(key) - 1},                                                                      \
		{                                                                                            \
			.integer = value, .type = VALUE_INT                                                  \
		}                                                                                            \
	}
#define B(key)                                                                                               \
	{                                                                                                    \
		{key, sizeof(key) - 1},                                                                      \
		{                                                                                            \
			.boolean = true, .type = VALUE_BOOL                                                  \
		}                                                                                            \
	}

struct recognition {
	const char *behaviour;
	uint8_t kind;
	const char *span_name;
	struct attribute attributes[ATTRIBUTES_MOST];
	const char *scope;
	enum handler_role role;
	enum handler_type type;
	const char *name;  /* NULL: not looked at */
	const char *event; /* NULL: not looked at */
};

static const struct recognition recognitions[] = {
	/* explicit */
	{"explicit api",
	 SPAN_INTERNAL,
	 "x",
	 {T("rohas.handler.type", "api"), T("rohas.handler.name", "CreateUser")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "CreateUser",
	 ""},
	{"explicit event",
	 SPAN_INTERNAL,
	 "x",
	 {T("rohas.handler.type", "event"), T("rohas.event.name", "user.created")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "user.created"},
	{"explicit cron",
	 SPAN_CLIENT,
	 "x",
	 {T("rohas.handler.type", "cron")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "x",
	 ""},
	{"explicit websocket",
	 SPAN_PRODUCER,
	 "x",
	 {T("rohas.handler.type", "websocket")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "x",
	 ""},
	{"explicit goes before all else",
	 SPAN_SERVER,
	 "x",
	 {T("faas.trigger", "timer"), T("rohas.handler.type", "api")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "x",
	 ""},
	{"an unknown explicit type says nothing",
	 SPAN_INTERNAL,
	 "x",
	 {T("rohas.handler.type", "other")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	/* cron */
	{"faas.trigger timer",
	 SPAN_INTERNAL,
	 "tick",
	 {T("faas.trigger", "timer")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"faas.cron",
	 SPAN_SERVER,
	 "tick",
	 {T("faas.cron", "0 * * * *")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"job.system",
	 SPAN_INTERNAL,
	 "tick",
	 {T("job.system", "quartz")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"any cron key",
	 SPAN_INTERNAL,
	 "tick",
	 {T("cron.expression", "* * * * *")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"a short cron key",
	 SPAN_INTERNAL,
	 "tick",
	 {T("cron.x", "1")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"any deno.cron key",
	 SPAN_INTERNAL,
	 "tick",
	 {T("deno.cron.name", "sweep")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"a scheduler's scope",
	 SPAN_INTERNAL,
	 "tick",
	 {{{0}}},
	 "@opentelemetry/instrumentation-cron",
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"quartz's scope",
	 SPAN_INTERNAL,
	 "tick",
	 {{{0}}},
	 "io.opentelemetry.quartz-2.0",
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"spring-scheduling's scope",
	 SPAN_INTERNAL,
	 "tick",
	 {{{0}}},
	 "io.opentelemetry.spring-scheduling-3.1",
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"apscheduler's scope",
	 SPAN_INTERNAL,
	 "tick",
	 {{{0}}},
	 "opentelemetry.instrumentation.APScheduler",
	 ROLE_EXECUTION,
	 HANDLER_CRON,
	 "tick",
	 ""},
	{"a scope that only contains the letters",
	 SPAN_INTERNAL,
	 "x",
	 {{{0}}},
	 "io.opentelemetry.micronaut-4.0",
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"a key that only begins like cron",
	 SPAN_INTERNAL,
	 "x",
	 {T("cronos.time", "1"), T("cron.", "1"), T("cron", "1")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"a call of somebody else's job",
	 SPAN_CLIENT,
	 "x",
	 {T("job.system", "quartz")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	/* websocket */
	{"socket.io",
	 SPAN_CONSUMER,
	 "chat receive",
	 {T("messaging.system", "socket.io"), T("messaging.socket.io.event_name", "chat")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "chat",
	 ""},
	{"socket.io that sends is a publisher",
	 SPAN_PRODUCER,
	 "/ send",
	 {T("messaging.system", "socket.io"), T("messaging.socket.io.event_name", "chat"),
	  T("messaging.destination", "/")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "chat"},
	{"asgi websocket",
	 SPAN_INTERNAL,
	 "ws",
	 {T("asgi.event.type", "websocket.receive")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "ws",
	 ""},
	{"asgi http",
	 SPAN_INTERNAL,
	 "x",
	 {T("asgi.event.type", "http.response.start")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"url.scheme ws",
	 SPAN_SERVER,
	 "chat",
	 {T("url.scheme", "ws")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "chat",
	 ""},
	{"http.scheme wss",
	 SPAN_SERVER,
	 "chat",
	 {T("http.scheme", "wss")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "chat",
	 ""},
	{"url.scheme of a client",
	 SPAN_CLIENT,
	 "chat",
	 {T("url.scheme", "wss")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"any rohas.websocket key",
	 SPAN_INTERNAL,
	 "chat",
	 {T("rohas.websocket.room", "1")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_WEBSOCKET,
	 "chat",
	 ""},
	/* event */
	{"a consumer",
	 SPAN_CONSUMER,
	 "orders process",
	 {T("messaging.destination.name", "orders")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "orders process",
	 "orders"},
	{"operation type process",
	 SPAN_INTERNAL,
	 "x",
	 {T("messaging.operation.type", "process"), T("messaging.destination.name", "orders")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "orders"},
	{"operation type receive of a client",
	 SPAN_CLIENT,
	 "x",
	 {T("messaging.operation.type", "receive")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "x"},
	{"the older operation",
	 SPAN_INTERNAL,
	 "x",
	 {T("messaging.operation", "deliver"), T("messaging.destination", "orders")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "orders"},
	{"an operation that handles nothing",
	 SPAN_CLIENT,
	 "x",
	 {T("messaging.operation.type", "settle")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"faas.trigger pubsub",
	 SPAN_SERVER,
	 "x",
	 {T("faas.trigger", "pubsub"), T("faas.name", "onOrder")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "onOrder",
	 "x"},
	{"faas.trigger datasource",
	 SPAN_SERVER,
	 "x",
	 {T("faas.trigger", "datasource"), T("faas.document.collection", "users")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "users"},
	{"a cloud event that arrives",
	 SPAN_SERVER,
	 "x",
	 {T("cloudevents.event_type", "order.placed"), T("http.request.method", "POST")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "order.placed"},
	{"a cloud event inside",
	 SPAN_INTERNAL,
	 "x",
	 {T("cloudevents.event_type", "order.placed")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	/* api */
	{"http",
	 SPAN_SERVER,
	 "POST /users",
	 {T("http.request.method", "POST"), T("http.route", "/users")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "POST /users",
	 ""},
	{"older http",
	 SPAN_SERVER,
	 "HTTP POST",
	 {T("http.method", "POST"), T("http.route", "/users")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "POST /users",
	 ""},
	{"rpc",
	 SPAN_SERVER,
	 "shop.Users/Create",
	 {T("rpc.system", "grpc")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "shop.Users/Create",
	 ""},
	{"rpc by its new name",
	 SPAN_SERVER,
	 "shop.Users/Create",
	 {T("rpc.system.name", "grpc")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "shop.Users/Create",
	 ""},
	{"graphql",
	 SPAN_SERVER,
	 "query users",
	 {T("graphql.operation.type", "query")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "query users",
	 ""},
	{"faas.trigger http",
	 SPAN_INTERNAL,
	 "x",
	 {T("faas.trigger", "http")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "x",
	 ""},
	{"any other server", SPAN_SERVER, "x", {{{0}}}, NULL, ROLE_EXECUTION, HANDLER_API, "x", ""},
	/* publish */
	{"a producer",
	 SPAN_PRODUCER,
	 "x",
	 {T("messaging.destination.name", "orders")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "orders"},
	{"operation type send",
	 SPAN_CLIENT,
	 "x",
	 {T("messaging.operation.type", "send")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "x"},
	{"the older operation publish",
	 SPAN_INTERNAL,
	 "x",
	 {T("messaging.operation", "publish")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "x"},
	/* none */
	{"an http client",
	 SPAN_CLIENT,
	 "GET",
	 {T("http.request.method", "GET")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"an internal span with a route",
	 SPAN_INTERNAL,
	 "x",
	 {T("http.route", "/users")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	{"a kind from the future",
	 77,
	 "x",
	 {T("http.request.method", "GET")},
	 NULL,
	 ROLE_NONE,
	 HANDLER_NONE,
	 "",
	 ""},
	/* names */
	{"code.function.name goes before the route",
	 SPAN_SERVER,
	 "x",
	 {T("http.request.method", "GET"), T("http.route", "/u"),
	  T("code.function.name", "shop.users.create")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "shop.users.create",
	 ""},
	{"the older function with its namespace",
	 SPAN_SERVER,
	 "x",
	 {T("code.function", "create"), T("code.namespace", "shop.users")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "shop.users.create",
	 ""},
	{"the older function alone",
	 SPAN_SERVER,
	 "x",
	 {T("code.function", "create")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "create",
	 ""},
	{"an unknown method is HTTP",
	 SPAN_SERVER,
	 "x",
	 {T("http.request.method", "BREW"), T("http.route", "/pot")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "HTTP /pot",
	 ""},
	{"a raw path is no name",
	 SPAN_SERVER,
	 "GET /users/8472",
	 {T("http.request.method", "GET"), T("url.path", "/users/8472")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "GET",
	 ""},
	{"a raw path alone is no name",
	 SPAN_SERVER,
	 "/users/8472",
	 {T("http.target", "/users/8472")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "HTTP",
	 ""},
	{"a span named for a route keeps its name",
	 SPAN_SERVER,
	 "GET /users/{id}",
	 {T("http.request.method", "GET")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "GET /users/{id}",
	 ""},
	{"a route in express's form too",
	 SPAN_SERVER,
	 "GET /users/:id",
	 {T("http.method", "GET")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "GET /users/:id",
	 ""},
	{"a group and its destination",
	 SPAN_CONSUMER,
	 "x",
	 {T("messaging.consumer.group.name", "mail"), T("messaging.destination.name", "orders")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "mail orders",
	 "orders"},
	{"an older group",
	 SPAN_CONSUMER,
	 "x",
	 {T("messaging.kafka.consumer.group", "mail"), T("messaging.destination", "orders")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "mail orders",
	 "orders"},
	{"a subscription and a template",
	 SPAN_CONSUMER,
	 "x",
	 {T("messaging.destination.subscription.name", "sub"),
	  T("messaging.destination.template", "orders.{id}"), T("messaging.destination.name", "orders.17")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "sub orders.{id}",
	 "orders.{id}"},
	{"a temporary destination has no name",
	 SPAN_CONSUMER,
	 "process amq.gen-8472",
	 {T("messaging.destination.name", "amq.gen-8472"), B("messaging.destination.temporary")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "(temporary)",
	 "(temporary)"},
	{"an anonymous destination has no name",
	 SPAN_PRODUCER,
	 "x",
	 {T("messaging.destination.name", "amq.gen-8472"), B("messaging.destination.anonymous")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "(anonymous)"},
	{"the last of two equal keys counts",
	 SPAN_SERVER,
	 "x",
	 {T("rohas.handler.name", "first"), T("rohas.handler.name", "last")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "last",
	 ""},
	{"the routing key of an exchange without a name",
	 SPAN_PRODUCER,
	 "publish <default>",
	 {T("messaging.destination", ""), T("messaging.rabbitmq.routing_key", "order.placed")},
	 NULL,
	 ROLE_PUBLISH,
	 HANDLER_NONE,
	 "",
	 "order.placed"},
	{"an exchange with a name goes before its routing key",
	 SPAN_CONSUMER,
	 "x",
	 {T("messaging.destination.name", "orders"),
	  T("messaging.rabbitmq.destination.routing_key", "order.placed")},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_EVENT,
	 "x",
	 "orders"},
	{"a name that is no string says nothing",
	 SPAN_SERVER,
	 "x",
	 {I("rohas.handler.name", 7)},
	 NULL,
	 ROLE_EXECUTION,
	 HANDLER_API,
	 "x",
	 ""},
};

static struct recogniser recogniser;

static void recognise(struct batch *batch)
{
	struct error error;

	assert_int_equal(recognise_batch(&recogniser, batch, &error), STATUS_OK);
}

static void follows_every_row_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recognitions) / sizeof(recognitions[0]); i++) {
		const struct recognition *row = &recognitions[i];
		const struct scope scope = {.name = str_from(row->scope ? row->scope : "")};
		const struct handler *handler;
		struct batch batch;

		batch_init(&batch, 0);
		add_span(&batch, row->kind, row->span_name, row->attributes)->scope = &scope;
		recognise(&batch);
		handler = &batch.spans[0].handler;
		if (handler->role != row->role || handler->type != row->type ||
		    !str_equal_c(handler->name, row->name) || !str_equal_c(handler->event, row->event))
			fail_msg("%s: role %u type %u name \"%.*s\" event \"%.*s\"", row->behaviour,
				 handler->role, handler->type, STR_ARG(handler->name),
				 STR_ARG(handler->event));
		assert_int_equal(handler->messages, handler->event.size ? 1 : 0);
		batch_release(&batch);
	}
}

static void tells_failure_by_status_error_type_and_http_status(void **state)
{
	static const struct {
		uint8_t kind, status_code;
		struct attribute attributes[ATTRIBUTES_MOST];
		enum outcome outcome;
	} rows[] = {
		{SPAN_SERVER, SPAN_STATUS_UNSET, {{{0}}}, OUTCOME_SUCCESS},
		{SPAN_SERVER, SPAN_STATUS_OK, {{{0}}}, OUTCOME_SUCCESS},
		{SPAN_SERVER, SPAN_STATUS_ERROR, {{{0}}}, OUTCOME_ERROR},
		{SPAN_INTERNAL, SPAN_STATUS_ERROR, {{{0}}}, OUTCOME_ERROR},
		{SPAN_INTERNAL, SPAN_STATUS_UNSET, {T("error.type", "Timeout")}, OUTCOME_ERROR},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {I("http.response.status_code", 500)}, OUTCOME_ERROR},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {I("http.status_code", 503)}, OUTCOME_ERROR},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {T("http.status_code", "502")}, OUTCOME_ERROR},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {I("http.response.status_code", 499)}, OUTCOME_SUCCESS},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {I("http.response.status_code", 404)}, OUTCOME_SUCCESS},
		{SPAN_CLIENT, SPAN_STATUS_UNSET, {I("http.response.status_code", 500)}, OUTCOME_SUCCESS},
		{SPAN_SERVER, SPAN_STATUS_UNSET, {T("http.status_code", "many")}, OUTCOME_SUCCESS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct batch batch;

		batch_init(&batch, 0);
		add_span(&batch, rows[i].kind, "x", rows[i].attributes)->status_code = rows[i].status_code;
		recognise(&batch);
		assert_int_equal(batch.spans[0].handler.outcome, rows[i].outcome);
		batch_release(&batch);
	}
}

static void takes_the_language_from_span_then_sdk(void **state)
{
	static const struct {
		const char *sdk, *language;
	} rows[] = {{"nodejs", "typescript"},
		    {"webjs", "typescript"},
		    {"python", "python"},
		    {"rust", "rust"},
		    {"go", "go"},
		    {"", ""}};
	struct attribute own = text("rohas.handler.language", "rust");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct attribute sdk = text("telemetry.sdk.language", rows[i].sdk);
		struct resource resource = {.attributes = {&sdk, 1, 0}};
		struct batch batch;

		batch_init(&batch, 0);
		add_span(&batch, SPAN_SERVER, "x", NULL)->resource = &resource;
		add_span(&batch, SPAN_SERVER, "x", WITH(own))->resource = &resource;
		add_span(&batch, SPAN_INTERNAL, "x", NULL)->resource = &resource;
		add_span(&batch, SPAN_SERVER, "of another resource", NULL);
		recognise(&batch);
		assert_str(batch.spans[0].handler.language, rows[i].language);
		assert_str(batch.spans[1].handler.language, "rust");
		assert_str(batch.spans[2].handler.language, "");
		assert_str(batch.spans[3].handler.language, "");
		batch_release(&batch);
	}
}

static void takes_a_function_name_from_the_resource(void **state)
{
	struct attribute name = text("faas.name", "resize");
	struct resource resource = {.attributes = {&name, 1, 0}};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, SPAN_SERVER, "x", NULL)->resource = &resource;
	recognise(&batch);
	assert_str(batch.spans[0].handler.name, "resize");
	batch_release(&batch);
}

static void counts_messages_by_their_number_then_by_links(void **state)
{
	static const struct span_link links[3];
	struct attribute three = whole("messaging.batch.message_count", 3);
	struct attribute none = whole("messaging.batch.message_count", 0);
	struct attribute many = whole("messaging.batch.message_count", INT64_MAX);
	struct batch batch;
	const uint32_t expected[] = {3, 3, 1, UINT32_MAX, 1, 3};

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, SPAN_CONSUMER, "by number", WITH(three));
	add_span(&batch, SPAN_CONSUMER, "by links", NULL);
	batch.spans[1].links = links;
	batch.spans[1].link_count = 3;
	add_span(&batch, SPAN_CONSUMER, "at least one", WITH(none));
	add_span(&batch, SPAN_CONSUMER, "at most what fits", WITH(many));
	add_span(&batch, SPAN_PRODUCER, "published", NULL);
	batch.spans[4].links = links;
	batch.spans[4].link_count = 3;
	add_span(&batch, SPAN_PRODUCER, "published by number", WITH(three));
	recognise(&batch);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(batch.spans[i].handler.messages, expected[i]);
	batch_release(&batch);
}

static void counts_the_process_span_inside_a_receive_span(void **state)
{
	struct attribute receive = text("messaging.operation.type", "receive");
	struct attribute process = text("messaging.operation.type", "process");
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, SPAN_CLIENT, "receive", WITH(receive));
	add_span(&batch, SPAN_CONSUMER, "process", WITH(process));
	add_span(&batch, SPAN_CLIENT, "receive without process", WITH(receive));
	add_span(&batch, SPAN_CONSUMER, "process of another trace", WITH(process));
	memcpy(batch.spans[1].parent_span_id, batch.spans[0].span_id, SPAN_ID_SIZE);
	memcpy(batch.spans[3].parent_span_id, batch.spans[2].span_id, SPAN_ID_SIZE);
	batch.spans[3].trace_id[5] = 9;
	recognise(&batch);
	assert_int_equal(batch.spans[0].handler.role, ROLE_RECEIVE);
	assert_int_equal(batch.spans[0].handler.type, HANDLER_EVENT);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(batch.spans[i].handler.role, ROLE_EXECUTION);
	batch_release(&batch);
}

static void counts_a_message_that_was_created_and_sent_once(void **state)
{
	struct attribute create = text("messaging.operation.type", "create");
	struct attribute send = text("messaging.operation.type", "send");
	struct span_link link = {.span_id = {1}}, elsewhere = {.span_id = {200}};
	struct batch batch;
	const enum handler_role expected[] = {ROLE_PUBLISH, ROLE_NONE, ROLE_NONE,    ROLE_PUBLISH,
					      ROLE_NONE,    ROLE_NONE, ROLE_PUBLISH, ROLE_PUBLISH};

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, SPAN_PRODUCER, "create", WITH(create));
	add_span(&batch, SPAN_PRODUCER, "send that links to it", WITH(send));
	add_span(&batch, SPAN_PRODUCER, "send around the next", WITH(send));
	add_span(&batch, SPAN_PRODUCER, "create inside a send", WITH(create));
	add_span(&batch, SPAN_PRODUCER, "send inside a create", WITH(send));
	add_span(&batch, SPAN_CLIENT, "send of what others created", WITH(send));
	add_span(&batch, SPAN_CLIENT, "send of a client that creates nothing", WITH(send));
	add_span(&batch, SPAN_PRODUCER, "send that links to something else", WITH(send));
	batch.spans[1].links = &link;
	batch.spans[5].links = batch.spans[7].links = &elsewhere;
	batch.spans[1].link_count = batch.spans[5].link_count = batch.spans[7].link_count = 1;
	memcpy(batch.spans[3].parent_span_id, batch.spans[2].span_id, SPAN_ID_SIZE);
	memcpy(batch.spans[4].parent_span_id, batch.spans[0].span_id, SPAN_ID_SIZE);
	recognise(&batch);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(batch.spans[i].handler.role, expected[i]);
		assert_int_equal(batch.spans[i].handler.messages, expected[i] == ROLE_PUBLISH);
	}
	batch_release(&batch);
}

static void cuts_long_names_between_characters(void **state)
{
	char name[400];
	struct batch batch;

	(void)state;
	for (size_t i = 0; i < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xb6", 2);
	name[0] = name[1] = 'a';
	name[1] = 'b';
	memmove(name + 1, name + 2,
		sizeof(name) - 2); /* two-byte letters at odd places: the limit falls inside one */
	batch_init(&batch, 0);
	add_span(&batch, SPAN_SERVER, "x", NULL)->name = str_make(name, 399);
	recognise(&batch);
	assert_int_equal(batch.spans[0].handler.name.size, 255);
	assert_true(str_is_utf8(batch.spans[0].handler.name));
	batch_release(&batch);
}

static void forgets_what_a_handler_held_before(void **state)
{
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	add_span(&batch, SPAN_INTERNAL, "x", NULL)->handler =
		(struct handler){.role = ROLE_EXECUTION, .name = str_from("forged"), .messages = 9};
	recognise(&batch);
	assert_int_equal(batch.spans[0].handler.role, ROLE_NONE);
	assert_int_equal(batch.spans[0].handler.name.size, 0);
	assert_int_equal(batch.spans[0].handler.messages, 0);
	batch_release(&batch);
}

static void says_when_the_batch_is_full(void **state)
{
	struct attribute method = text("http.request.method", "GET"),
			 route = text("http.route", "/a/long/route");
	struct error error = {0};
	struct batch batch;

	(void)state;
	batch_init(&batch, 16 * 1024);
	for (int i = 0; i < 100; i++)
		add_span(&batch, SPAN_SERVER, "x", NULL);
	for (int i = 0; i < 100; i++) {
		static struct attribute items[2];

		items[0] = method;
		items[1] = route;
		batch.spans[i].attributes = (struct attributes){items, 2, 0};
	}
	while (arena_alloc(&batch.arena, 16))
		;
	assert_int_equal(recognise_batch(&recogniser, &batch, &error), STATUS_NO_MEMORY);
	assert_true(strlen(error.message) > 0);
	batch_release(&batch);
}

static void fills_in_the_handler_that_a_log_record_names(void **state)
{
	struct attribute name = text("rohas.handler.name", "CreateUser"), faas = text("faas.name", "resize");
	struct attribute function = text("code.function.name", "write_line");
	struct resource resource = {.attributes = {&faas, 1, 0}};
	struct batch batch;

	(void)state;
	batch_init(&batch, 0);
	batch_add_log(&batch)->attributes = (struct attributes){&name, 1, 0};
	batch_add_log(&batch)->attributes = (struct attributes){&faas, 1, 0};
	batch_add_log(&batch)->attributes = (struct attributes){&function, 1, 0};
	batch_add_log(&batch)->resource = &resource;
	recognise(&batch);
	assert_str(batch.logs[0].handler, "CreateUser");
	assert_str(batch.logs[1].handler, "resize");
	assert_str(batch.logs[2].handler, "");
	assert_str(batch.logs[3].handler, "resize");
	batch_release(&batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_every_row_of_the_table),
		cmocka_unit_test(tells_failure_by_status_error_type_and_http_status),
		cmocka_unit_test(takes_the_language_from_span_then_sdk),
		cmocka_unit_test(takes_a_function_name_from_the_resource),
		cmocka_unit_test(counts_messages_by_their_number_then_by_links),
		cmocka_unit_test(counts_the_process_span_inside_a_receive_span),
		cmocka_unit_test(counts_a_message_that_was_created_and_sent_once),
		cmocka_unit_test(cuts_long_names_between_characters),
		cmocka_unit_test(forgets_what_a_handler_held_before),
		cmocka_unit_test(says_when_the_batch_is_full),
		cmocka_unit_test(fills_in_the_handler_that_a_log_record_names),
	};

	recogniser_init(&recogniser, rules_built_in, rules_built_in_count, NULL, 0);
	return test_run("processor/recognise", tests);
}
