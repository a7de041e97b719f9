#include "test.h"

#include <string.h>

#include "base/protobuf.h"
#include "load/workload.h"

enum { SPANS = 1000, RESOURCE_SPANS = 1, SCOPE_SPANS = 2, SPAN = 2 };

struct span {
	char trace_id[16], span_id[8], parent_id[8], link_trace_id[16], link_span_id[8];
	bool has_parent, has_link, has_exception;
	uint64_t start_ns, end_ns, kind, status;
};

struct spans {
	struct span list[SPANS];
	size_t count;
};

static struct spans spans;

static const struct stamp stamp = {.base = 99, .now_ns = UINT64_C(1700000000000000000), .stretch_q16 = 70000};

static void copy_id(char *out, size_t size, struct str bytes)
{
	assert_int_equal(bytes.size, size);
	memcpy(out, bytes.data, size);
}

static void read_link(struct str bytes, struct span *span)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	span->has_link = true;
	while (protobuf_next(&reader, &field)) {
		if (field.number == 1)
			copy_id(span->link_trace_id, 16, field.bytes);
		if (field.number == 2)
			copy_id(span->link_span_id, 8, field.bytes);
	}
	assert_false(reader.failed);
}

static void read_nested(struct str bytes, uint32_t number, struct span *span)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	while (protobuf_next(&reader, &field)) {
		if (number == 15 && field.number == 3)
			span->status = field.integer;
		if (number == 11 && field.number == 2 && str_equal_c(field.bytes, "exception"))
			span->has_exception = true;
	}
	assert_false(reader.failed);
}

static void read_span(struct str bytes)
{
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;
	struct span *span = &spans.list[spans.count++];

	*span = (struct span){0};
	while (protobuf_next(&reader, &field))
		switch (field.number) {
		case 1: copy_id(span->trace_id, 16, field.bytes); break;
		case 2: copy_id(span->span_id, 8, field.bytes); break;
		case 4:
			copy_id(span->parent_id, 8, field.bytes);
			span->has_parent = true;
			break;
		case 6: span->kind = field.integer; break;
		case 7: span->start_ns = field.integer; break;
		case 8: span->end_ns = field.integer; break;
		case 13: read_link(field.bytes, span); break;
		case 11:
		case 15: read_nested(field.bytes, field.number, span); break;
		default: break;
		}
	assert_false(reader.failed);
}

/* Walks ResourceSpans, ScopeSpans and Span; depth 0 is the request. */
static void read_level(struct str bytes, int depth)
{
	static const uint32_t numbers[] = {RESOURCE_SPANS, SCOPE_SPANS, SPAN};
	struct protobuf_reader reader = protobuf_read(bytes);
	struct protobuf_field field;

	while (protobuf_next(&reader, &field)) {
		if (field.number != numbers[depth])
			continue;
		if (depth == 2)
			read_span(field.bytes);
		else
			read_level(field.bytes, depth + 1);
	}
	assert_false(reader.failed);
}

static const struct span *find_span(const char *trace_id, const char *span_id)
{
	for (size_t i = 0; i < spans.count; i++)
		if (memcmp(spans.list[i].trace_id, trace_id, 16) == 0 &&
		    memcmp(spans.list[i].span_id, span_id, 8) == 0)
			return &spans.list[i];
	return NULL;
}

static void load_spans(void)
{
	struct body body = {0};

	traces_encode(&body, SPANS, 1, 0);
	assert_false(body_failed(&body));
	body_refresh(&body, &stamp);
	spans.count = 0;
	read_level(buffer_str(&body.bytes), 0);
	assert_int_equal(spans.count, SPANS);
	body_release(&body);
}

static void every_parent_is_there_and_encloses_its_children(void **state)
{
	(void)state;
	load_spans();
	for (size_t i = 0; i < spans.count; i++) {
		const struct span *span = &spans.list[i], *parent;

		assert_true(span->start_ns <= span->end_ns && span->end_ns <= stamp.now_ns);
		assert_true(span->kind >= 1 && span->kind <= 5);
		if (!span->has_parent)
			continue;
		parent = find_span(span->trace_id, span->parent_id);
		assert_non_null(parent);
		assert_true(parent->start_ns <= span->start_ns && span->end_ns <= parent->end_ns);
	}
}

static void links_lead_from_consumers_to_producers_that_ended_before(void **state)
{
	size_t link_count = 0;

	(void)state;
	load_spans();
	for (size_t i = 0; i < spans.count; i++) {
		const struct span *span = &spans.list[i], *producer;

		if (!span->has_link)
			continue;
		producer = find_span(span->link_trace_id, span->link_span_id);
		assert_non_null(producer);
		assert_int_equal(producer->kind, 4);
		assert_int_equal(span->kind, 5);
		assert_true(producer->end_ns <= span->start_ns);
		assert_memory_not_equal(producer->trace_id, span->trace_id, 16);
		link_count++;
	}
	assert_true(link_count > 0);
}

static void about_two_spans_in_a_hundred_failed_with_an_exception(void **state)
{
	size_t failed = 0;

	(void)state;
	load_spans();
	for (size_t i = 0; i < spans.count; i++) {
		assert_int_equal(spans.list[i].status == 2, spans.list[i].has_exception);
		failed += spans.list[i].has_exception;
	}
	assert_in_range(failed, 5, 50);
}

static void noted_traces_are_those_of_the_spans(void **state)
{
	struct body body = {0};
	size_t root_count = 0;

	(void)state;
	load_spans();
	traces_encode(&body, SPANS, 1, 0);
	for (size_t i = 0; i < body.trace_count; i++) {
		uint8_t id[16];
		bool found = false;

		stamp_trace_id(&stamp, body.trace_slots[i], id);
		for (size_t j = 0; j < spans.count && !found; j++)
			found = memcmp(spans.list[j].trace_id, id, 16) == 0;
		assert_true(found);
	}
	for (size_t i = 0; i < spans.count; i++)
		root_count += !spans.list[i].has_parent;
	assert_int_equal(root_count, body.trace_count);
	body_release(&body);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	(void)state;
	for (enum signal signal = SIGNAL_TRACES; signal <= SIGNAL_METRICS; signal++) {
		struct workload a, b;

		assert_true(workload_init(&a, signal, 2, 300, 5));
		assert_true(workload_init(&b, signal, 2, 300, 5));
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(a.bodies[i].bytes.size, b.bodies[i].bytes.size);
			assert_memory_equal(a.bodies[i].bytes.data, b.bodies[i].bytes.data,
					    a.bodies[i].bytes.size);
		}
		/* And the bodies of one pool differ. */
		assert_true(a.bodies[0].bytes.size != a.bodies[1].bytes.size ||
			    memcmp(a.bodies[0].bytes.data, a.bodies[1].bytes.data, a.bodies[0].bytes.size) !=
				    0);
		workload_release(&a);
		workload_release(&b);
	}
}

static size_t count_text(const struct body *body, const char *text)
{
	const char *at = body->bytes.data, *end = at + body->bytes.size;
	size_t count = 0;

	while ((at = memmem(at, (size_t)(end - at), text, strlen(text)))) {
		count++;
		at++;
	}
	return count;
}

static void the_needle_is_there_once_where_it_is_asked_for(void **state)
{
	(void)state;
	for (enum signal signal = SIGNAL_TRACES; signal <= SIGNAL_LOGS; signal++) {
		struct stamp asked = stamp;
		struct workload workload;
		struct body *body;
		size_t usual;

		assert_true(workload_init(&workload, signal, 1, 1000, 1));
		body = &workload.bodies[0];
		body_refresh(body, &stamp);
		assert_int_equal(count_text(body, tenant_needle), 0);
		usual = count_text(body, tenant_usual);
		asked.has_needle = true;
		body_refresh(body, &asked);
		assert_int_equal(count_text(body, tenant_needle), 1);
		assert_int_equal(count_text(body, tenant_usual), usual - 1);
		/* The next sending of the same body is as usual again. */
		body_refresh(body, &stamp);
		assert_int_equal(count_text(body, tenant_usual), usual);
		workload_release(&workload);
	}
}

static void any_number_of_items_can_be_asked_for(void **state)
{
	static const uint32_t counts[] = {1, 2, 9, 64, 65, 5000};

	(void)state;
	for (enum signal signal = SIGNAL_TRACES; signal <= SIGNAL_METRICS; signal++)
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			struct workload workload;

			assert_true(workload_init(&workload, signal, 1, counts[i], 3));
			assert_int_equal(workload.item_count, counts[i]);
			workload_release(&workload);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parent_is_there_and_encloses_its_children),
		cmocka_unit_test(links_lead_from_consumers_to_producers_that_ended_before),
		cmocka_unit_test(about_two_spans_in_a_hundred_failed_with_an_exception),
		cmocka_unit_test(noted_traces_are_those_of_the_spans),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
		cmocka_unit_test(the_needle_is_there_once_where_it_is_asked_for),
		cmocka_unit_test(any_number_of_items_can_be_asked_for),
	};

	return test_run("bench/workload", tests);
}
