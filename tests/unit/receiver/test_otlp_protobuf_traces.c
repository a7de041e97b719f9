#include <stdio.h>

#include "build.h"
#include "test.h"

static void keeps_everything_of_a_span(void **state)
{
	struct build build = build_begin();
	struct buffer *out = &build.bytes;
	size_t span = protobuf_begin(out, 2), part;

	(void)state;
	build_span_ids(&build);
	build_text(&build, 3, "vendor=1");
	protobuf_put_bytes(out, 4, str_make("parent12", 8));
	build_text(&build, 5, "POST /users");
	protobuf_put_uint(out, 6, SPAN_SERVER);
	protobuf_put_fixed64(out, 7, 1000);
	protobuf_put_fixed64(out, 8, 3000);
	build_attribute(&build, 9, "http.method", "POST");
	protobuf_put_uint(out, 10, 3);
	part = protobuf_begin(out, 11);
	protobuf_put_fixed64(out, 1, 1500);
	build_text(&build, 2, "exception");
	build_attribute(&build, 3, "message", "no such user");
	protobuf_put_uint(out, 4, 7);
	protobuf_end(out, part);
	protobuf_put_uint(out, 12, 5);
	part = protobuf_begin(out, 13);
	build_span_ids(&build);
	build_text(&build, 3, "linked=1");
	build_attribute(&build, 4, "why", "published");
	protobuf_put_uint(out, 5, 2);
	protobuf_put_fixed32(out, 6, 0x301);
	protobuf_end(out, part);
	protobuf_put_uint(out, 14, 4);
	part = protobuf_begin(out, 15);
	build_text(&build, 2, "it broke");
	protobuf_put_uint(out, 3, SPAN_STATUS_ERROR);
	protobuf_end(out, part);
	protobuf_put_fixed32(out, 16, 0x101);
	protobuf_end(out, span);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);
	const struct span *kept = decoded.batch.spans;

	assert_int_equal(decoded.status, STATUS_OK);
	assert_int_equal(decoded.batch.span_count, 1);
	assert_memory_equal(kept->trace_id, TEST_TRACE_ID, 16);
	assert_memory_equal(kept->span_id, TEST_SPAN_ID, 8);
	assert_memory_equal(kept->parent_span_id, "parent12", 8);
	assert_str(kept->trace_state, "vendor=1");
	assert_str(kept->name, "POST /users");
	assert_int_equal(kept->kind, SPAN_SERVER);
	assert_int_equal(kept->start_ns, 1000);
	assert_int_equal(kept->end_ns, 3000);
	assert_str(attributes_find_str(&kept->attributes, "http.method"), "POST");
	assert_int_equal(kept->attributes.dropped_count, 3);
	assert_int_equal(kept->event_count, 1);
	assert_int_equal(kept->events[0].time_ns, 1500);
	assert_str(kept->events[0].name, "exception");
	assert_str(attributes_find_str(&kept->events[0].attributes, "message"), "no such user");
	assert_int_equal(kept->events[0].attributes.dropped_count, 7);
	assert_int_equal(kept->dropped_event_count, 5);
	assert_int_equal(kept->link_count, 1);
	assert_memory_equal(kept->links[0].trace_id, TEST_TRACE_ID, 16);
	assert_memory_equal(kept->links[0].span_id, TEST_SPAN_ID, 8);
	assert_str(kept->links[0].trace_state, "linked=1");
	assert_str(attributes_find_str(&kept->links[0].attributes, "why"), "published");
	assert_int_equal(kept->links[0].attributes.dropped_count, 2);
	assert_int_equal(kept->links[0].flags, 0x301);
	assert_int_equal(kept->dropped_link_count, 4);
	assert_str(kept->status_message, "it broke");
	assert_int_equal(kept->status_code, SPAN_STATUS_ERROR);
	assert_int_equal(kept->flags, 0x101);
	assert_int_equal(kept->handler.role, ROLE_NONE);
	decoded_release(&decoded);
}

/* The order of fields is free, and a repeated field need not stand together. */
static void reads_fields_in_any_order(void **state)
{
	struct build build = build_begin();
	struct buffer *out = &build.bytes;
	size_t span = protobuf_begin(out, 2), part;

	(void)state;
	build_attribute(&build, 9, "first", "1");
	for (int i = 0; i < 2; i++) {
		part = protobuf_begin(out, 11);
		build_attribute(&build, 3, "event", "inside");
		build_text(&build, 2, i ? "second" : "first");
		protobuf_end(out, part);
		build_attribute(&build, 9, i ? "third" : "second", "between");
	}
	build_text(&build, 5, "backwards");
	protobuf_put_bytes(out, 2, str_make(TEST_SPAN_ID, 8));
	protobuf_put_bytes(out, 1, str_make(TEST_TRACE_ID, 16));
	protobuf_end(out, span);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);
	const struct span *kept = decoded.batch.spans;

	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(kept->attributes.count, 3);
	assert_str(kept->attributes.items[0].key, "first");
	assert_str(kept->attributes.items[1].key, "second");
	assert_str(kept->attributes.items[2].key, "third");
	assert_int_equal(kept->event_count, 2);
	assert_str(kept->events[0].name, "first");
	assert_str(kept->events[1].name, "second");
	assert_str(attributes_find_str(&kept->events[0].attributes, "event"), "inside");
	decoded_release(&decoded);
}

static void passes_over_fields_from_the_future(void **state)
{
	struct build build = build_begin();
	struct buffer *out = &build.bytes;
	size_t span = protobuf_begin(out, 2);

	(void)state;
	protobuf_put_uint(out, 900, 12345);
	protobuf_put_fixed64(out, 901, 1);
	protobuf_put_fixed32(out, 902, 1);
	build_text(&build, 903, "text");
	/* Known numbers of another wire type are unknown fields too. */
	protobuf_put_uint(out, 5, 1);
	build_text(&build, 6, "kind");
	build_span_ids(&build);
	protobuf_end(out, span);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

	assert_int_equal(decoded.status, STATUS_OK);
	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(decoded.batch.spans[0].name.size, 0);
	assert_int_equal(decoded.batch.spans[0].kind, SPAN_UNSPECIFIED);
	decoded_release(&decoded);
}

/* Each writes the fields of a span that must be rejected. */
static void ids_missing(struct build *build)
{
	build_text(build, 5, "nameless");
}
static void trace_id_short(struct build *build)
{
	build_text(build, 1, "short");
	protobuf_put_bytes(&build->bytes, 2, str_make(TEST_SPAN_ID, 8));
}
static void trace_id_long(struct build *build)
{
	build_text(build, 1, "0123456789abcdef0");
	protobuf_put_bytes(&build->bytes, 2, str_make(TEST_SPAN_ID, 8));
}
static void trace_id_zero(struct build *build)
{
	protobuf_put_bytes(&build->bytes, 1, str_make((char[16]){0}, 16));
	protobuf_put_bytes(&build->bytes, 2, str_make(TEST_SPAN_ID, 8));
}
static void span_id_short(struct build *build)
{
	protobuf_put_bytes(&build->bytes, 1, str_make(TEST_TRACE_ID, 16));
	build_text(build, 2, "1234567");
}
static void span_id_zero(struct build *build)
{
	protobuf_put_bytes(&build->bytes, 1, str_make(TEST_TRACE_ID, 16));
	protobuf_put_bytes(&build->bytes, 2, str_make((char[8]){0}, 8));
}
static void parent_id_short(struct build *build)
{
	build_span_ids(build);
	build_text(build, 4, "123");
}
static void name_not_utf8(struct build *build)
{
	build_span_ids(build);
	build_text(build, 5, "caf\xe9");
}
static void name_not_utf8_and_long(struct build *build)
{
	build_span_ids(build);
	build_text(build, 5, "a name of more than thirty-two bytes, with the bad one at its end \xff");
}
static void trace_state_not_utf8(struct build *build)
{
	build_span_ids(build);
	build_text(build, 3, "\xc0\x80");
}
static void status_message_not_utf8(struct build *build)
{
	build_span_ids(build);
	size_t mark = protobuf_begin(&build->bytes, 15);

	build_text(build, 2, "\xed\xa0\x80");
	protobuf_end(&build->bytes, mark);
}
static void key_not_utf8(struct build *build)
{
	build_span_ids(build);
	build_attribute(build, 9, "k\x80", "v");
}
static void value_not_utf8(struct build *build)
{
	build_span_ids(build);
	build_attribute(build, 9, "k", "v\xf5\x80\x80\x80");
}
static void event_name_not_utf8(struct build *build)
{
	build_span_ids(build);
	size_t mark = protobuf_begin(&build->bytes, 11);

	build_text(build, 2, "\xfe");
	protobuf_end(&build->bytes, mark);
}
static void link_id_short(struct build *build)
{
	build_span_ids(build);
	size_t mark = protobuf_begin(&build->bytes, 13);

	build_text(build, 1, "short");
	protobuf_end(&build->bytes, mark);
}
static void nests_too_deep(struct build *build)
{
	size_t marks[2 * VALUE_DEEPEST + 8], count = 0, attribute;

	build_span_ids(build);
	attribute = protobuf_begin(&build->bytes, 9);
	build_text(build, 1, "deep");
	marks[count++] = protobuf_begin(&build->bytes, 2);
	for (int i = 0; i <= VALUE_DEEPEST; i++) {
		marks[count++] = protobuf_begin(&build->bytes, 5);
		marks[count++] = protobuf_begin(&build->bytes, 1);
	}
	while (count)
		protobuf_end(&build->bytes, marks[--count]);
	protobuf_end(&build->bytes, attribute);
}
static void value_malformed(struct build *build)
{
	build_span_ids(build);
	size_t mark = protobuf_begin(&build->bytes, 9);

	build_text(build, 1, "k");
	build_text(build, 2, "\x0a\x7fshorter than it says");
	protobuf_end(&build->bytes, mark);
}
static void too_many_attributes(struct build *build)
{
	build_span_ids(build);
	for (int i = 0; i <= OTLP_ATTRIBUTES_MAX; i++)
		build_attribute(build, 9, "k", "v");
}
static void too_many_events(struct build *build)
{
	build_span_ids(build);
	for (int i = 0; i <= OTLP_PARTS_MAX; i++)
		build_text(build, 11, "");
}
static void too_many_links_apart(struct build *build)
{
	build_span_ids(build);
	for (int i = 0; i <= OTLP_PARTS_MAX; i++) {
		build_text(build, 13, "");
		if (i == OTLP_PARTS_MAX - 1)
			build_text(build, 5, "between");
	}
}

static void a_bad_span_costs_itself(void **state)
{
	static const struct {
		void (*fields)(struct build *build);
		const char *reason;
	} cases[] = {
		{ids_missing, "trace_id"},
		{trace_id_short, "trace_id"},
		{trace_id_long, "trace_id"},
		{trace_id_zero, "trace_id"},
		{span_id_short, "span_id"},
		{span_id_zero, "span_id"},
		{parent_id_short, "parent_span_id"},
		{name_not_utf8, "name is not UTF-8"},
		{name_not_utf8_and_long, "name is not UTF-8"},
		{trace_state_not_utf8, "trace_state is not UTF-8"},
		{status_message_not_utf8, "status message is not UTF-8"},
		{key_not_utf8, "key is not UTF-8"},
		{value_not_utf8, "value is not UTF-8"},
		{event_name_not_utf8, "event's name is not UTF-8"},
		{link_id_short, "link's trace_id"},
		{nests_too_deep, "deeper than 32"},
		{value_malformed, "well-formed"},
		{too_many_attributes, "more than 16384 attributes"},
		{too_many_events, "more than 65536 events"},
		{too_many_links_apart, "more than 65536 events"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct build build = build_begin();
		size_t span;

		build_span(&build, "before");
		span = protobuf_begin(&build.bytes, 2);
		cases[i].fields(&build);
		protobuf_end(&build.bytes, span);
		build_span(&build, "after");
		build_end(&build);

		struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

		assert_int_equal(decoded.status, STATUS_OK);
		assert_int_equal(decoded.batch.span_count, 2);
		assert_str(decoded.batch.spans[0].name, "before");
		assert_str(decoded.batch.spans[1].name, "after");
		assert_int_equal(decoded.outcome.rejected, 1);
		if (!strstr(decoded.outcome.reason, cases[i].reason))
			fail_msg("\"%s\" does not say \"%s\"", decoded.outcome.reason, cases[i].reason);
		decoded_release(&decoded);
	}
}

static void nesting_up_to_the_limit_is_kept(void **state)
{
	struct build build = build_begin();
	size_t marks[2 * VALUE_DEEPEST + 8], count = 0;
	struct value value, item;
	unsigned depth = 0;

	(void)state;
	marks[count++] = protobuf_begin(&build.bytes, 2);
	build_span_ids(&build);
	marks[count++] = protobuf_begin(&build.bytes, 9);
	marks[count++] = protobuf_begin(&build.bytes, 2);
	for (int i = 0; i < VALUE_DEEPEST; i++) {
		marks[count++] = protobuf_begin(&build.bytes, 5);
		marks[count++] = protobuf_begin(&build.bytes, 1);
	}
	while (count)
		protobuf_end(&build.bytes, marks[--count]);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

	assert_int_equal(decoded.batch.span_count, 1);
	for (value = decoded.batch.spans[0].attributes.items[0].value; value.type == VALUE_ARRAY;
	     value = item) {
		struct protobuf_reader reader = value_walk(&value);

		depth++;
		assert_true(value_next_item(&reader, &item));
	}
	assert_int_equal(depth, VALUE_DEEPEST);
	decoded_release(&decoded);
}

static void a_link_to_nothing_is_kept(void **state)
{
	struct build build = build_begin();
	size_t span = protobuf_begin(&build.bytes, 2), link;

	(void)state;
	build_span_ids(&build);
	link = protobuf_begin(&build.bytes, 13);
	build_attribute(&build, 4, "why", "unknown");
	protobuf_end(&build.bytes, link);
	protobuf_end(&build.bytes, span);
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

	assert_int_equal(decoded.batch.span_count, 1);
	assert_int_equal(decoded.batch.spans[0].link_count, 1);
	assert_memory_equal(decoded.batch.spans[0].links[0].trace_id, (char[16]){0}, 16);
	decoded_release(&decoded);
}

static void a_request_over_the_row_limit_is_refused_whole(void **state)
{
	struct build build = build_begin();

	(void)state;
	for (int i = 0; i <= OTLP_ROWS_MAX; i++)
		build_span(&build, "");
	build_end(&build);

	struct decoded decoded = build_decode(SIGNAL_TRACES, &build);

	assert_int_equal(decoded.status, STATUS_TOO_LARGE);
	assert_non_null(strstr(decoded.error.message, "262144 rows"));
	decoded_release(&decoded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_everything_of_a_span),
		cmocka_unit_test(reads_fields_in_any_order),
		cmocka_unit_test(passes_over_fields_from_the_future),
		cmocka_unit_test(a_bad_span_costs_itself),
		cmocka_unit_test(nesting_up_to_the_limit_is_kept),
		cmocka_unit_test(a_link_to_nothing_is_kept),
		cmocka_unit_test(a_request_over_the_row_limit_is_refused_whole),
	};

	return test_run("receiver/otlp_protobuf_traces", tests);
}
