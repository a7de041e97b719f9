#include "receiver/otlp_json.h"

#include "receiver/json_fields.h"
#include "receiver/json_records.h"
#include "receiver/records.h"

/* What is called differently from signal to signal: the lists of the three levels. */
struct names {
	const char *resources, *scopes, *records;
	json_record *record;
};

static const struct names names[SIGNAL_COUNT] = {
	[SIGNAL_TRACES] = {"resourceSpans", "scopeSpans", "spans", json_read_span},
	[SIGNAL_METRICS] = {"resourceMetrics", "scopeMetrics", "metrics", json_read_metric},
	[SIGNAL_LOGS] = {"resourceLogs", "scopeLogs", "logRecords", json_read_log_record},
};

#define FIELD(type, name, how, member) {name, .kind = (how), .offset = offsetof(struct type, member)}
#define STRUCT(type, fields)           {fields, sizeof(fields) / sizeof((fields)[0]), sizeof(struct type)}

static const struct json_field resource_fields[] = {
	FIELD(resource, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(resource, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
};
static const struct json_struct resource_struct = STRUCT(resource, resource_fields);

static const struct json_field scope_fields[] = {
	FIELD(scope, "name", FIELD_TEXT, name),
	FIELD(scope, "version", FIELD_TEXT, version),
	FIELD(scope, "attributes", FIELD_ATTRIBUTES, attributes),
	FIELD(scope, "droppedAttributesCount", FIELD_U32, attributes.dropped_count),
};
static const struct json_struct scope_struct = STRUCT(scope, scope_fields);

/* The list of that name: empty where it is absent. */
static bool find_list(struct json_decoder *json, const json_t *object, const char *name,
		      const json_t **list_out)
{
	*list_out = json_find(object, name);
	if (*list_out && !json_is_array(*list_out))
		return json_wrong(json, name, "a list");
	return true;
}

/* Reads a resource or scope and its schema URL. */
static bool read_origin(struct json_decoder *json, const json_t *object, const char *name,
			const struct json_struct *type, void *target, struct str *schema_url)
{
	const json_t *origin = json_find(object, name), *url = json_find(object, "schemaUrl");

	if (origin && !json_is_object(origin))
		return json_wrong(json, name, "an object");
	if (origin && !json_read(json, origin, type, target))
		return false;
	return !url || json_copy_text(json, "schemaUrl", url, schema_url);
}

static bool read_scope_records(struct json_decoder *json, const json_t *object, const struct names *signal)
{
	struct decoder *decoder = &json->decoder;
	struct scope *scope = arena_calloc(decoder->arena, 1, sizeof(*scope));
	struct group_fault fault = decode_group_begin(decoder);
	const json_t *records;

	if (!scope)
		return decode_no_room(decoder);
	if (!json_is_object(object))
		return json_wrong(json, signal->scopes, "a list of objects");
	decoder->scope = scope;
	if (!read_origin(json, object, "scope", &scope_struct, scope, &scope->schema_url) ||
	    !find_list(json, object, signal->records, &records))
		return false;
	if (decoder->bad)
		decode_group_note(decoder, &fault);
	for (size_t i = 0; i < json_array_size(records); i++)
		if (!signal->record(json, json_array_get(records, i)))
			return false;
	decode_group_end(decoder, &fault);
	return true;
}

static bool read_resource_records(struct json_decoder *json, const json_t *object, const struct names *signal)
{
	struct decoder *decoder = &json->decoder;
	struct resource *resource = arena_calloc(decoder->arena, 1, sizeof(*resource));
	struct group_fault fault = decode_group_begin(decoder);
	const json_t *scopes;

	if (!resource)
		return decode_no_room(decoder);
	if (!json_is_object(object))
		return json_wrong(json, signal->resources, "a list of objects");
	decoder->resource = resource;
	if (!read_origin(json, object, "resource", &resource_struct, resource, &resource->schema_url) ||
	    !find_list(json, object, signal->scopes, &scopes))
		return false;
	if (decoder->bad)
		decode_group_note(decoder, &fault);
	for (size_t i = 0; i < json_array_size(scopes); i++)
		if (!read_scope_records(json, json_array_get(scopes, i), signal))
			return false;
	decode_group_end(decoder, &fault);
	return true;
}

static bool read_request(struct json_decoder *json, const json_t *root, const struct names *signal)
{
	const json_t *resources;

	if (!json_is_object(root)) {
		json->decoder.failure = error_set(json->decoder.error, STATUS_INVALID,
						  "the body is JSON, but not the object of an OTLP request");
		return false;
	}
	if (!find_list(json, root, signal->resources, &resources))
		return false;
	for (size_t i = 0; i < json_array_size(resources); i++)
		if (!read_resource_records(json, json_array_get(resources, i), signal))
			return false;
	return true;
}

enum status otlp_json_decode(enum signal signal, struct str body, uint64_t now_ns, struct batch *batch,
			     struct otlp_outcome *outcome, struct error *error)
{
	size_t *const row_counts[SIGNAL_COUNT] = {&batch->span_count, &batch->point_count, &batch->log_count};
	struct json_decoder json = {.decoder = {.batch = batch,
						.arena = &batch->arena,
						.row_count = row_counts[signal],
						.now_ns = now_ns,
						.outcome = outcome,
						.error = error}};
	json_error_t problem;
	json_t *root;

	*outcome = (struct otlp_outcome){0};
	if (body.size > OTLP_JSON_BODY_BYTES)
		return error_set(error, STATUS_TOO_LARGE,
				 "a JSON body may have %d bytes at most; send less at a time, or protobuf",
				 OTLP_JSON_BODY_BYTES);
	root = json_loadb(body.data, body.size, JSON_ALLOW_NUL, &problem);
	if (!root)
		return error_set(error, STATUS_INVALID, "the body is not valid JSON: line %d, column %d: %s",
				 problem.line, problem.column, problem.text);
	read_request(&json, root, &names[signal]);
	json_decref(root);
	buffer_release(&json.scratch);
	return json.decoder.failure;
}
