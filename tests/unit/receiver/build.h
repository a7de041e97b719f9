/*
 * build: OTLP requests in protobuf, put together field by field for tests.
 *
 *     struct build build = build_begin();
 *     size_t span = protobuf_begin(&build.bytes, 2); … protobuf_end(&build.bytes, span);
 *     build_end(&build);
 *
 * Ownership  the builder owns its bytes; build_decode puts them into a block of their exact size, so that a
 * sanitizer sees the first byte read past the end.
 */
#ifndef ROHAS_TESTS_UNIT_RECEIVER_BUILD_H
#define ROHAS_TESTS_UNIT_RECEIVER_BUILD_H

#include "base/protobuf.h"
#include "receiver/otlp.h"

struct build {
	struct buffer bytes;
	size_t resource, scope;
};

#define TEST_TRACE_ID "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define TEST_SPAN_ID  "\x21\x22\x23\x24\x25\x26\x27\x28"
#define TEST_NOW_NS   UINT64_C(1767225600000000000)

/* A request with one resource and one scope, both empty, open for records (field 2). */
struct build build_begin(void);
void build_end(struct build *build);

/* A string field. */
void build_text(struct build *build, uint32_t number, const char *text);

/* A KeyValue with a string, as field number. */
void build_attribute(struct build *build, uint32_t number, const char *key, const char *value);

/* The ids of a span, whole and right. */
void build_span_ids(struct build *build);

/* One span with ids and name. */
void build_span(struct build *build, const char *name);

struct decoded {
	struct batch batch;
	struct otlp_outcome outcome;
	struct error error;
	enum status status;
	char *body;
};

/* Decodes the request and releases the builder. */
struct decoded build_decode(enum signal signal, struct build *build);
struct decoded decode_bytes(enum signal signal, struct str bytes);
struct decoded decode_json(enum signal signal, const char *text);
void decoded_release(struct decoded *decoded);

#endif
