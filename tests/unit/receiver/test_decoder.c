/* What every signal has in common: resources, scopes, attributes of each type, and malformed bytes. */

#include "build.h"
#include "receiver/otlp_protobuf.h"
#include "test.h"

/* An attribute of a span, its value given as the bytes of an AnyValue. */
static struct decoded decode_value(struct str any)
{
	struct build build = build_begin();
	size_t span = protobuf_begin(&build.bytes, 2), attribute;

	build_span_ids(&build);
	attribute = protobuf_begin(&build.bytes, 9);
	build_text(&build, 1, "key");
	protobuf_put_bytes(&build.bytes, 2, any);
	protobuf_end(&build.bytes, attribute);
	build_attribute(&build, 9, "next", "there");
	protobuf_end(&build.bytes, span);
	build_end(&build);
	return build_decode(SIGNAL_TRACES, &build);
}

static void expect_kept(struct str any, struct value wanted)
{
	struct decoded decoded = decode_value(any);
	const struct attributes *attributes = &decoded.batch.spans[0].attributes;

	assert_int_equal(decoded.status, STATUS_OK);
	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(attributes->count, 2);
	assert_str(attributes->items[0].key, "key");
	assert_true(value_equal(&attributes->items[0].value, &wanted));
	assert_str(attributes_find_str(attributes, "next"), "there");
	decoded_release(&decoded);
}

static void keeps_values_of_every_type(void **state)
{
	static const struct {
		struct str any;
		struct value wanted;
	} cases[] = {
		{{"", 0}, {.type = VALUE_EMPTY}},
		{{"\x0a\x00", 2}, {.data = "", .size = 0, .type = VALUE_STRING}},
		{{"\x0a\x03yes", 5}, {.data = "yes", .size = 3, .type = VALUE_STRING}},
		{{"\x0a\x04\xf0\x9f\x98\x80", 6},
		 {.data = "\xf0\x9f\x98\x80", .size = 4, .type = VALUE_STRING}},
		{{"\x10\x01", 2}, {.boolean = true, .type = VALUE_BOOL}},
		{{"\x10\x00", 2}, {.boolean = false, .type = VALUE_BOOL}},
		/* A bool that is written in more bytes than it needs, or is more than one. */
		{{"\x10\x81\x00", 3}, {.boolean = true, .type = VALUE_BOOL}},
		{{"\x10\x05", 2}, {.boolean = true, .type = VALUE_BOOL}},
		{{"\x18\x00", 2}, {.integer = 0, .type = VALUE_INT}},
		{{"\x18\x96\x01", 3}, {.integer = 150, .type = VALUE_INT}},
		{{"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, {.integer = -1, .type = VALUE_INT}},
		{{"\x21\0\0\0\0\0\0\xf8\x3f", 9}, {.real = 1.5, .type = VALUE_DOUBLE}},
		{{"\x2a\x04\x0a\x02\x18\x07", 6},
		 {.data = "\x0a\x02\x18\x07", .size = 4, .type = VALUE_ARRAY}},
		{{"\x32\x05\x0a\x03\x0a\x01k", 7},
		 {.data = "\x0a\x03\x0a\x01k", .size = 5, .type = VALUE_MAP}},
		{{"\x3a\x03\xff\x00\xfe", 5}, {.data = "\xff\x00\xfe", .size = 3, .type = VALUE_BYTES}},
		/* Of a oneof that is given twice the last counts. */
		{{"\x0a\x01x\x18\x05", 5}, {.integer = 5, .type = VALUE_INT}},
		{{"\x18\x05\x0a\x01x", 5}, {.data = "x", .size = 1, .type = VALUE_STRING}},
		/* Fields that nobody knows. */
		{{"\x0a\x01x\xf8\x07\x01", 6}, {.data = "x", .size = 1, .type = VALUE_STRING}},
		{{"\xf8\x07\x01", 3}, {.type = VALUE_EMPTY}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_kept(cases[i].any, cases[i].wanted);
}

/* Lengths around those at which varints and vectors change. */
static void keeps_strings_of_every_length(void **state)
{
	static const size_t sizes[] = {0,   1,   30,  31,  32,  33,    63,    64,    65,   119,
				       120, 127, 128, 129, 255, 16382, 16383, 16384, 70000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buffer text = BUFFER_EMPTY, any = BUFFER_EMPTY;
		struct value wanted;

		for (size_t k = 0; k < sizes[i]; k++)
			buffer_append_byte(&text, (uint8_t)('a' + k % 26));
		wanted = value_from_str(str_make(text.data ? text.data : "", text.size));
		value_encode(&wanted, &any);
		expect_kept(buffer_str(&any), wanted);
		buffer_release(&text);
		buffer_release(&any);
	}
}

/* A byte that is not ASCII is seen wherever it stands, at the end of the body too. */
static void sees_bad_text_at_every_place(void **state)
{
	(void)state;
	for (size_t size = 1; size <= 100; size++)
		for (size_t at = 0; at < size; at++) {
			char text[101] = {0};
			struct build build = build_begin();
			size_t span = protobuf_begin(&build.bytes, 2);

			memset(text, 'x', size);
			text[at] = '\x80';
			build_span_ids(&build);
			build_text(&build, 5, text);
			protobuf_end(&build.bytes, span);
			build_end(&build);

			struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

			assert_int_equal(decoded.outcome.rejected, 1);
			assert_int_equal(decoded.batch.span_count, 0);
			decoded_release(&decoded);
		}
}

static void keeps_keys_in_other_layouts(void **state)
{
	/* Value before key; no value; no key; a key that is long; both lengths in more bytes than they need.
	 */
	static const struct {
		struct str pair;
		const char *key;
		enum value_type type;
	} cases[] = {
		{{"\x12\x02\x18\x05\x0a\x01k", 7}, "k", VALUE_INT},
		{{"\x0a\x01k", 3}, "k", VALUE_EMPTY},
		{{"\x12\x02\x18\x05", 4}, "", VALUE_INT},
		{{"", 0}, "", VALUE_EMPTY},
		{{"\x0a\x81\x00k\x12\x02\x18\x05", 8}, "k", VALUE_INT},
		{{"\x0a\x01k\x12\x82\x00\x18\x05", 8}, "k", VALUE_INT},
		{{"\x0a\x01k\x12\x82\x80\x00\x18\x05", 9}, "k", VALUE_INT},
		{{"\x0a\x01k\x12\x04\x0a\x81\x00v", 9}, "k", VALUE_STRING},
		{{"\x0a\x01k\x12\x00", 5}, "k", VALUE_EMPTY},
		{{"\x0a\x01k\x12\x02\x18\x05\x18\x01", 9}, "k", VALUE_INT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct build build = build_begin();
		size_t span = protobuf_begin(&build.bytes, 2);

		build_span_ids(&build);
		protobuf_put_bytes(&build.bytes, 9, cases[i].pair);
		protobuf_end(&build.bytes, span);
		build_end(&build);

		struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

		assert_int_equal(decoded.batch.span_count, 1);
		assert_str(decoded.batch.spans[0].attributes.items[0].key, cases[i].key);
		assert_int_equal(decoded.batch.spans[0].attributes.items[0].value.type, cases[i].type);
		decoded_release(&decoded);
	}
}

static void keeps_many_attributes_in_order(void **state)
{
	struct build build = build_begin();
	size_t span = protobuf_begin(&build.bytes, 2);
	struct attribute attribute = {.key = {"number", 6}};

	(void)state;
	build_span_ids(&build);
	for (int i = 0; i < OTLP_ATTRIBUTES_MAX; i++) {
		attribute.value = value_from_int(i);
		attribute_encode(9, &attribute, &build.bytes);
	}
	protobuf_end(&build.bytes, span);
	build_span(&build, "next");
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);
	const struct attributes *kept = &decoded.batch.spans[0].attributes;

	assert_int_equal(decoded.batch.span_count, 2);
	assert_int_equal(kept->count, OTLP_ATTRIBUTES_MAX);
	for (int i = 0; i < OTLP_ATTRIBUTES_MAX; i++)
		assert_int_equal(kept->items[i].value.integer, i);
	decoded_release(&decoded);
}

static void build_origin(struct build *build, bool records_first, const char *resource_text,
			 const char *scope_text)
{
	struct buffer *out = &build->bytes;
	size_t group = protobuf_begin(out, 1), scopes, part;

	for (int pass = 0; pass < 2; pass++)
		if (pass == (records_first ? 1 : 0)) {
			part = protobuf_begin(out, 1);
			build_attribute(build, 1, "service.name", resource_text);
			protobuf_put_uint(out, 2, 9);
			protobuf_end(out, part);
			build_text(build, 3, "https://resource");
		} else {
			scopes = protobuf_begin(out, 2);
			if (records_first)
				build_span(build, "early");
			part = protobuf_begin(out, 1);
			build_text(build, 1, scope_text);
			build_text(build, 2, "1.2.3");
			build_attribute(build, 3, "scope.key", "scope value");
			protobuf_put_uint(out, 4, 8);
			protobuf_end(out, part);
			build_text(build, 3, "https://scope");
			build_span(build, "late");
			protobuf_end(out, scopes);
		}
	protobuf_end(out, group);
}

static void keeps_resources_and_scopes(void **state)
{
	(void)state;
	for (int records_first = 0; records_first < 2; records_first++) {
		struct build build = {.bytes = BUFFER_EMPTY};

		build_origin(&build, records_first, "shop-api", "my.library");
		struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

		assert_int_equal(decoded.batch.span_count, 1 + records_first);
		for (size_t i = 0; i < decoded.batch.span_count; i++) {
			const struct span *span = &decoded.batch.spans[i];

			assert_str(resource_service(span->resource), "shop-api");
			assert_int_equal(span->resource->attributes.dropped_count, 9);
			assert_str(span->resource->schema_url, "https://resource");
			assert_str(span->scope->name, "my.library");
			assert_str(span->scope->version, "1.2.3");
			assert_str(attributes_find_str(&span->scope->attributes, "scope.key"), "scope value");
			assert_int_equal(span->scope->attributes.dropped_count, 8);
			assert_str(span->scope->schema_url, "https://scope");
		}
		decoded_release(&decoded);
	}
}

static void a_bad_resource_or_scope_costs_its_own_records(void **state)
{
	(void)state;
	for (int records_first = 0; records_first < 2; records_first++)
		for (int bad_scope = 0; bad_scope < 2; bad_scope++) {
			struct build build = {.bytes = BUFFER_EMPTY};

			build_origin(&build, records_first, "good", "good");
			build_origin(&build, records_first, bad_scope ? "good" : "bad \xff",
				     bad_scope ? "bad \xff" : "good");
			build_origin(&build, records_first, "good", "good");
			struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

			assert_int_equal(decoded.status, STATUS_OK);
			assert_int_equal(decoded.batch.span_count, 2 * (1 + records_first));
			assert_int_equal(decoded.outcome.rejected, 1 + records_first);
			assert_non_null(strstr(decoded.outcome.reason, "not UTF-8"));
			decoded_release(&decoded);
		}
}

static void only_the_first_reason_is_kept_but_all_are_counted(void **state)
{
	struct build build = build_begin();

	(void)state;
	build_text(&build, 2, "");
	build_span(&build, "bad \xff name");
	build_span(&build, "good");
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

	assert_int_equal(decoded.outcome.rejected, 2);
	assert_non_null(strstr(decoded.outcome.reason, "trace_id"));
	assert_int_equal(decoded.batch.span_count, 1);
	decoded_release(&decoded);
}

static void a_body_that_is_cut_is_refused_or_is_another_body(void **state)
{
	struct build build = {.bytes = BUFFER_EMPTY};

	(void)state;
	build_origin(&build, false, "shop-api", "my.library");
	for (size_t size = 1; size < build.bytes.size; size++) {
		struct decoded decoded = decode_bytes(SIGNAL_TRACES, str_make(build.bytes.data, size));

		/* The whole request is one field: cut anywhere, it is shorter than it says. */
		assert_int_equal(decoded.status, STATUS_INVALID);
		assert_non_null(strstr(decoded.error.message, "ExportTraceServiceRequest"));
		decoded_release(&decoded);
	}
	buffer_release(&build.bytes);
}

static void malformed_protobuf_is_refused_whole(void **state)
{
	static const struct str bodies[] = {
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11}, /* a tag without end */
		{"\x00", 1},                                          /* field 0 */
		{"\x0a\x05\x12\x03\x12\x01\x0b", 7},                  /* a group without end in a span */
		{"\x0a\x06\x12\x04\x12\x02\x0e\x00", 8},              /* wire type 6 */
		{"\x0a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 11}, /* a length of 65 bits */
		{"\x0a\x08\x12\x06\x12\x04\x39\x01\x02\x03", 10},     /* a fixed64 that is cut */
		{"\x0a\x07\x12\x05\x12\x03\x4a\x05\x0a", 9},          /* an attribute that is cut */
		{"\x0a\x07\x0a\x05\x0a\x09\x0a\x01k", 9},             /* a resource's attribute that is cut */
		{"\x0a\x07\x12\x05\x12\x03\x5a\x01\x09", 9},          /* an event that is cut inside */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct decoded decoded = decode_bytes(SIGNAL_TRACES, bodies[i]);

		assert_int_equal(decoded.status, STATUS_INVALID);
		decoded_release(&decoded);
	}
}

static void an_empty_body_is_a_request_of_nothing(void **state)
{
	(void)state;
	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		struct decoded decoded = decode_bytes((enum signal)signal, str_make("", 0));

		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(batch_row_count(&decoded.batch), 0);
		assert_int_equal(decoded.outcome.rejected, 0);
		decoded_release(&decoded);
	}
}

static void a_batch_that_is_full_refuses_the_request(void **state)
{
	struct build build = build_begin();
	struct batch batch;
	struct otlp_outcome outcome;
	struct error error;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		size_t span = protobuf_begin(&build.bytes, 2);

		build_span_ids(&build);
		build_attribute(&build, 9, "k", "v");
		protobuf_end(&build.bytes, span);
	}
	build_end(&build);
	batch_init(&batch, 100000);
	assert_int_equal(
		otlp_protobuf_decode(SIGNAL_TRACES, buffer_str(&build.bytes), 0, &batch, &outcome, &error),
		STATUS_TOO_LARGE);
	assert_non_null(strstr(error.message, "100000 bytes"));
	batch_release(&batch);
	buffer_release(&build.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_values_of_every_type),
		cmocka_unit_test(keeps_strings_of_every_length),
		cmocka_unit_test(sees_bad_text_at_every_place),
		cmocka_unit_test(keeps_keys_in_other_layouts),
		cmocka_unit_test(keeps_many_attributes_in_order),
		cmocka_unit_test(keeps_resources_and_scopes),
		cmocka_unit_test(a_bad_resource_or_scope_costs_its_own_records),
		cmocka_unit_test(only_the_first_reason_is_kept_but_all_are_counted),
		cmocka_unit_test(a_body_that_is_cut_is_refused_or_is_another_body),
		cmocka_unit_test(malformed_protobuf_is_refused_whole),
		cmocka_unit_test(an_empty_body_is_a_request_of_nothing),
		cmocka_unit_test(a_batch_that_is_full_refuses_the_request),
	};

	return test_run("receiver/decoder", tests);
}
