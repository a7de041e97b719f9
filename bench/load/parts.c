#include "load/parts.h"

#include "base/protobuf.h"

/* The same numbers in trace.proto, logs.proto and metrics.proto. */
enum { RESOURCES = 1, RESOURCE = 1, RESOURCE_SCOPES = 2, RESOURCE_SCHEMA_URL = 3 };
enum { SCOPE = 1, SCOPE_SCHEMA_URL = 3 };
enum { SCOPE_NAME = 1, SCOPE_VERSION = 2, RESOURCE_ATTRIBUTES = 1 };

static const char schema_url[] = "https://opentelemetry.io/schemas/1.28.0";

void parts_init(struct parts *parts, struct random *random)
{
	*parts = (struct parts){.random = random};
	for (uint32_t i = 0; i < SERVICE_COUNT; i++)
		parts->instances[i] = i * SHOP_INSTANCES + random_below(random, SHOP_INSTANCES);
}

void parts_release(struct parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++)
		body_release(&parts->list[i].body);
	parts->count = 0;
}

struct body *parts_of(struct parts *parts, enum service service, const char *scope)
{
	for (uint32_t i = 0; i < parts->count; i++)
		if (parts->list[i].service == service && strcmp(parts->list[i].scope, scope) == 0)
			return &parts->list[i].body;
	if (parts->count == PARTS_MAX) {
		parts->failed = true;
		return &parts->list[0].body;
	}
	parts->list[parts->count] = (struct part){.service = service, .scope = scope};
	return &parts->list[parts->count++].body;
}

static void put_resource(const struct parts *parts, struct body *body, enum service service)
{
	const struct service_facts *facts = &shop_services[service];
	const struct attribute sdk[] = {{"telemetry.sdk.version", TEXT, facts->sdk_version}, {0}};
	struct speaker speaker = {
		.words = {facts->name, facts->version, facts->language},
		.instance = parts->instances[service],
		.random = parts->random,
	};
	struct body_mark mark = body_begin(body, RESOURCE);
	uint64_t attribute_count = body->attribute_count;

	attributes_put(body, RESOURCE_ATTRIBUTES, shop_resource, &speaker);
	attributes_put(body, RESOURCE_ATTRIBUTES, sdk, &speaker);
	attributes_put(body, RESOURCE_ATTRIBUTES, facts->runtime, &speaker);
	body->attribute_count = attribute_count;
	body_end(body, mark);
}

static void put_scope(struct body *body, const struct part *part)
{
	struct body_mark scopes = body_begin(body, RESOURCE_SCOPES), scope = body_begin(body, SCOPE);

	protobuf_put_bytes(&body->bytes, SCOPE_NAME, str_from(part->scope));
	protobuf_put_bytes(&body->bytes, SCOPE_VERSION, str_from("0.57.1"));
	body_end(body, scope);
	body_append(body, &part->body);
	protobuf_put_bytes(&body->bytes, SCOPE_SCHEMA_URL, str_from(schema_url));
	body_end(body, scopes);
	body->attribute_count += part->body.attribute_count;
}

static bool speaks(const struct parts *parts, enum service service)
{
	for (uint32_t i = 0; i < parts->count; i++)
		if (parts->list[i].service == service)
			return true;
	return false;
}

void parts_join(struct parts *parts, struct body *body)
{
	for (uint32_t service = 0; service < SERVICE_COUNT; service++) {
		struct body_mark mark;

		if (!speaks(parts, service))
			continue;
		mark = body_begin(body, RESOURCES);
		put_resource(parts, body, service);
		for (uint32_t i = 0; i < parts->count; i++)
			if (parts->list[i].service == service)
				put_scope(body, &parts->list[i]);
		protobuf_put_bytes(&body->bytes, RESOURCE_SCHEMA_URL, str_from(schema_url));
		body_end(body, mark);
	}
	body->failed = body->failed || parts->failed;
}
