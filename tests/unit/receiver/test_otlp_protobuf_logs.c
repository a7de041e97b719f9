#include "build.h"
#include "test.h"

static void keeps_everything_of_a_log_record(void **state)
{
	struct build build = build_begin();
	struct buffer *out = &build.bytes;
	size_t record = protobuf_begin(out, 2);

	(void)state;
	protobuf_put_fixed64(out, 1, 1000);
	protobuf_put_uint(out, 2, 17);
	build_text(&build, 3, "ERROR");
	build_text(&build, 5, "\x0a\x05hello");
	build_attribute(&build, 6, "handler", "CreateUser");
	protobuf_put_uint(out, 7, 4);
	protobuf_put_fixed32(out, 8, 1);
	protobuf_put_bytes(out, 9, str_make(TEST_TRACE_ID, 16));
	protobuf_put_bytes(out, 10, str_make(TEST_SPAN_ID, 8));
	protobuf_put_fixed64(out, 11, 2000);
	build_text(&build, 12, "user.created");
	protobuf_end(out, record);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_LOGS, &build);
	const struct log_record *kept = decoded.batch.logs;

	assert_int_equal(decoded.batch.log_count, 1);
	assert_int_equal(kept->time_ns, 1000);
	assert_int_equal(kept->observed_time_ns, 2000);
	assert_int_equal(kept->severity_number, 17);
	assert_str(kept->severity_text, "ERROR");
	assert_int_equal(kept->body.type, VALUE_STRING);
	assert_str(value_str(&kept->body), "hello");
	assert_str(attributes_find_str(&kept->attributes, "handler"), "CreateUser");
	assert_int_equal(kept->attributes.dropped_count, 4);
	assert_int_equal(kept->flags, 1);
	assert_memory_equal(kept->trace_id, TEST_TRACE_ID, 16);
	assert_memory_equal(kept->span_id, TEST_SPAN_ID, 8);
	assert_str(kept->event_name, "user.created");
	decoded_release(&decoded);
}

/* One log record with the given fields. */
static struct decoded decode_record(uint64_t time_ns, uint64_t observed_ns, struct str body,
				    struct str trace_id)
{
	struct build build = build_begin();
	size_t record = protobuf_begin(&build.bytes, 2);

	protobuf_put_fixed64(&build.bytes, 1, time_ns);
	protobuf_put_fixed64(&build.bytes, 11, observed_ns);
	protobuf_put_bytes(&build.bytes, 5, body);
	protobuf_put_bytes(&build.bytes, 9, trace_id);
	protobuf_end(&build.bytes, record);
	build_end(&build);
	return build_decode(SIGNAL_LOGS, &build);
}

static void a_record_without_a_time_gets_one(void **state)
{
	static const struct {
		uint64_t time_ns, observed_ns, wanted_ns;
	} cases[] = {{5, 7, 5}, {5, 0, 5}, {0, 7, 7}, {0, 0, TEST_NOW_NS}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoded decoded = decode_record(cases[i].time_ns, cases[i].observed_ns,
						       str_make("", 0), str_make(TEST_TRACE_ID, 16));

		assert_int_equal(decoded.batch.logs[0].time_ns, cases[i].wanted_ns);
		assert_int_equal(decoded.batch.logs[0].observed_time_ns, cases[i].observed_ns);
		decoded_release(&decoded);
	}
}

static void an_id_that_is_none_belongs_to_no_trace(void **state)
{
	static const struct str ids[] = {{"", 0}, {"short", 5}, {"0123456789abcdefg", 17}};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct decoded decoded = decode_record(1, 1, str_make("", 0), ids[i]);

		assert_int_equal(decoded.batch.log_count, 1);
		assert_int_equal(decoded.outcome.rejected, 0);
		assert_memory_equal(decoded.batch.logs[0].trace_id, (char[16]){0}, 16);
		decoded_release(&decoded);
	}
}

static void bodies_of_every_type_are_kept(void **state)
{
	static const struct {
		struct str body;
		enum value_type type;
	} cases[] = {
		{{"", 0}, VALUE_EMPTY},
		{{"\x18\x05", 2}, VALUE_INT},
		{{"\x32\x05\x0a\x03\x0a\x01k", 7}, VALUE_MAP},
		{{"\x3a\x01\xff", 3}, VALUE_BYTES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoded decoded = decode_record(1, 1, cases[i].body, str_make("", 0));

		assert_int_equal(decoded.batch.log_count, 1);
		assert_int_equal(decoded.batch.logs[0].body.type, cases[i].type);
		decoded_release(&decoded);
	}
}

static void a_bad_body_costs_its_record(void **state)
{
	static const struct str bodies[] = {{"\x0a\x01\xff", 3}, {"\x0a\x7f", 2}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct decoded decoded = decode_record(1, 1, bodies[i], str_make("", 0));

		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.log_count, 0);
		assert_int_equal(decoded.outcome.rejected, 1);
		decoded_release(&decoded);
	}
}

static void a_severity_out_of_range_is_unspecified(void **state)
{
	static const struct {
		uint64_t sent;
		uint8_t kept;
	} cases[] = {{0, 0}, {1, 1}, {24, 24}, {25, 0}, {300, 0}, {UINT64_MAX, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct build build = build_begin();
		size_t record = protobuf_begin(&build.bytes, 2);

		protobuf_put_uint(&build.bytes, 2, cases[i].sent);
		protobuf_end(&build.bytes, record);
		build_end(&build);
		struct decoded decoded = build_decode(SIGNAL_LOGS, &build);

		assert_int_equal(decoded.batch.logs[0].severity_number, cases[i].kept);
		decoded_release(&decoded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_everything_of_a_log_record),
		cmocka_unit_test(a_record_without_a_time_gets_one),
		cmocka_unit_test(an_id_that_is_none_belongs_to_no_trace),
		cmocka_unit_test(bodies_of_every_type_are_kept),
		cmocka_unit_test(a_bad_body_costs_its_record),
		cmocka_unit_test(a_severity_out_of_range_is_unspecified),
	};

	return test_run("receiver/otlp_protobuf_logs", tests);
}
