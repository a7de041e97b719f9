#include "build.h"

#include <stdlib.h>

#include "receiver/otlp_json.h"
#include "receiver/otlp_protobuf.h"

struct build build_begin(void)
{
	struct build build = {.bytes = BUFFER_EMPTY};

	build.resource = protobuf_begin(&build.bytes, 1);
	build.scope = protobuf_begin(&build.bytes, 2);
	return build;
}

void build_end(struct build *build)
{
	protobuf_end(&build->bytes, build->scope);
	protobuf_end(&build->bytes, build->resource);
}

void build_text(struct build *build, uint32_t number, const char *text)
{
	protobuf_put_bytes(&build->bytes, number, str_from(text));
}

void build_attribute(struct build *build, uint32_t number, const char *key, const char *value)
{
	struct attribute attribute = {.key = str_from(key), .value = value_from_str(str_from(value))};

	attribute_encode(number, &attribute, &build->bytes);
}

void build_span_ids(struct build *build)
{
	protobuf_put_bytes(&build->bytes, 1, str_make(TEST_TRACE_ID, 16));
	protobuf_put_bytes(&build->bytes, 2, str_make(TEST_SPAN_ID, 8));
}

void build_span(struct build *build, const char *name)
{
	size_t mark = protobuf_begin(&build->bytes, 2);

	build_span_ids(build);
	build_text(build, 5, name);
	protobuf_end(&build->bytes, mark);
}

struct decoded decode_bytes(enum signal signal, struct str bytes)
{
	struct decoded decoded = {.body = malloc(bytes.size ? bytes.size : 1)};

	if (bytes.size)
		memcpy(decoded.body, bytes.data, bytes.size);
	batch_init(&decoded.batch, 0);
	decoded.status = otlp_protobuf_decode(signal, str_make(decoded.body, bytes.size), TEST_NOW_NS,
					      &decoded.batch, &decoded.outcome, &decoded.error);
	return decoded;
}

struct decoded build_decode(enum signal signal, struct build *build)
{
	struct decoded decoded = decode_bytes(signal, buffer_str(&build->bytes));

	buffer_release(&build->bytes);
	return decoded;
}

struct decoded decode_json(enum signal signal, const char *text)
{
	struct decoded decoded = {.body = strdup(text)};

	batch_init(&decoded.batch, 0);
	decoded.status = otlp_json_decode(signal, str_from(decoded.body), TEST_NOW_NS, &decoded.batch,
					  &decoded.outcome, &decoded.error);
	/* Rows must hold nothing of the body. */
	memset(decoded.body, '#', strlen(text));
	return decoded;
}

void decoded_release(struct decoded *decoded)
{
	batch_release(&decoded->batch);
	free(decoded->body);
}
