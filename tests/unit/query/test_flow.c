#include "query/flow.h"

#include "fixture.h"

static void set_publication(struct span *span, const char *event)
{
	span->kind = SPAN_PRODUCER;
	span->handler.role = ROLE_PUBLISH;
	span->handler.event = str_from(event);
	span->handler.messages = 1;
}

static void set_links(struct fixture *fixture, struct span *span, size_t count, const uint8_t pairs[][2])
{
	struct span_link *links = arena_calloc(&fixture->batch.arena, count, sizeof(*links));

	for (size_t i = 0; i < count; i++) {
		links[i].trace_id[TRACE_ID_SIZE - 1] = pairs[i][0];
		links[i].span_id[SPAN_ID_SIZE - 1] = pairs[i][1];
		links[i].trace_state = str_make("", 0);
	}
	span->links = links;
	span->link_count = (uint32_t)count;
}
#define LINKS(...)                                                                                           \
	(const uint8_t[][2])                                                                                 \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	}

/* An order: a request publishes order.placed, two handle it in traces of their own, one of them publishes on. */
static void place_order(struct fixture *fixture)
{
	set_execution(add_span(fixture, 1, 1, 0, "POST /orders", 0, 1), "CreateOrder", HANDLER_API);
	add_span(fixture, 1, 2, 1, "work", 0.1, 0.9);
	set_publication(add_span(fixture, 1, 3, 2, "send", 0.5, 0.6), "order.placed");

	set_links(fixture, add_span(fixture, 2, 1, 0, "process", 1, 2), 1, LINKS({1, 3}));
	set_execution(&fixture->batch.spans[3], "ReserveStock", HANDLER_EVENT);
	set_publication(add_span(fixture, 2, 2, 1, "send", 1.5, 1.6), "stock.reserved");

	set_links(fixture, add_span(fixture, 3, 1, 0, "process", 3, 4), 1, LINKS({1, 3}));
	set_execution(&fixture->batch.spans[5], "SendMail", HANDLER_EVENT);

	set_links(fixture, add_span(fixture, 4, 1, 0, "process", 1.7, 1.8), 1, LINKS({2, 2}));
	set_execution(&fixture->batch.spans[6], "ShipOrder", HANDLER_EVENT);
	fixture_commit(fixture);
}

static struct str name_of(const struct flow_node *node)
{
	return node->span->handler.role == ROLE_PUBLISH ? node->span->handler.event
							: node->span->handler.name;
}

static void write_tree(const struct flow *flow, int first, struct buffer *text)
{
	for (int at = first; at != FLOW_NONE; at = flow->nodes[at].next_sibling) {
		buffer_printf(text, "%.*s", STR_ARG(name_of(&flow->nodes[at])));
		if (flow->nodes[at].first_child == FLOW_NONE) {
			buffer_append_byte(text, ' ');
			continue;
		}
		buffer_append_byte(text, '(');
		write_tree(flow, flow->nodes[at].first_child, text);
		buffer_append_c(text, ") ");
	}
}

static void assert_tree(const struct flow *flow, const char *expected)
{
	struct buffer text = BUFFER_EMPTY;

	write_tree(flow, flow->first_root, &text);
	buffer_append_byte(&text, '\0');
	assert_string_equal(text.data, expected);
	buffer_release(&text);
}

static struct flow get(struct fixture *fixture, uint8_t trace)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {[TRACE_ID_SIZE - 1] = trace};
	struct flow flow;

	if (flow_get(fixture->query, trace_id, &flow, &fixture->error) != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	return flow;
}

static const struct flow_node *find(const struct flow *flow, const char *name)
{
	for (size_t i = 0; i < flow->node_count; i++)
		if (str_equal_c(name_of(&flow->nodes[i]), name))
			return &flow->nodes[i];
	fail_msg("no node %s", name);
	return NULL;
}

static void is_the_same_from_whichever_trace_one_asks(void **state)
{
	struct fixture *fixture = fixture_new();

	(void)state;
	place_order(fixture);
	for (uint8_t trace = 1; trace <= 4; trace++) {
		struct flow flow = get(fixture, trace);

		assert_int_equal(flow.trace_count, 4);
		assert_tree(
			&flow,
			"CreateOrder(order.placed(ReserveStock(stock.reserved(ShipOrder ) ) SendMail ) ) ");
		assert_false(flow.is_truncated);
		assert_int_equal(flow.traces[0]->summary.trace_id[TRACE_ID_SIZE - 1], trace);
		flow_release(&flow);
	}
	fixture_free(fixture);
}

static void time_in_queue_is_from_the_end_of_the_publication(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	place_order(fixture);
	flow = get(fixture, 1);
	assert_true(find(&flow, "ReserveStock")->has_queue_time);
	assert_int_equal(find(&flow, "ReserveStock")->queue_ns, 400 * NS_PER_MS);
	assert_int_equal(find(&flow, "SendMail")->queue_ns, 2400 * NS_PER_MS);
	assert_false(find(&flow, "CreateOrder")->has_queue_time);
	assert_false(find(&flow, "order.placed")->has_queue_time);
	assert_int_equal(find(&flow, "order.placed")->handling_count, 2);
	assert_int_equal(find(&flow, "stock.reserved")->depth, 3);
	flow_release(&flow);
	fixture_free(fixture);
}

static void clocks_that_differ_give_no_time_below_zero(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_publication(add_span(fixture, 1, 1, 0, "send", 5, 6), "tick");
	set_links(fixture, add_span(fixture, 2, 1, 0, "process", 4, 5), 1, LINKS({1, 1}));
	set_execution(&fixture->batch.spans[1], "OnTick", HANDLER_EVENT);
	fixture_commit(fixture);
	flow = get(fixture, 1);
	assert_tree(&flow, "tick(OnTick ) ");
	assert_true(find(&flow, "OnTick")->has_queue_time);
	assert_int_equal(find(&flow, "OnTick")->queue_ns, 0);
	flow_release(&flow);
	fixture_free(fixture);
}

static void an_event_that_nobody_handles_stands_alone(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "GET /", 0, 1), "Front", HANDLER_API);
	set_publication(add_span(fixture, 1, 2, 1, "send", 0.2, 0.3), "page.viewed");
	fixture_commit(fixture);
	flow = get(fixture, 1);
	assert_tree(&flow, "Front(page.viewed ) ");
	assert_int_equal(find(&flow, "page.viewed")->handling_count, 0);
	flow_release(&flow);
	fixture_free(fixture);
}

static void a_handling_in_the_same_trace_stands_under_its_parent(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_publication(add_span(fixture, 1, 1, 0, "send", 0, 0.1), "tick");
	add_span(fixture, 1, 2, 1, "transport", 0.1, 0.4);
	set_execution(add_span(fixture, 1, 3, 2, "process", 0.3, 0.4), "OnTick", HANDLER_EVENT);
	set_execution(add_span(fixture, 1, 4, 3, "GET /inside", 0.31, 0.35), "Inside", HANDLER_API);
	fixture_commit(fixture);
	flow = get(fixture, 1);
	assert_tree(&flow, "tick(OnTick(Inside ) ) ");
	assert_int_equal(find(&flow, "tick")->handling_count, 1);
	assert_int_equal(find(&flow, "OnTick")->queue_ns, 200 * NS_PER_MS);
	assert_false(find(&flow, "Inside")->has_queue_time);
	flow_release(&flow);
	fixture_free(fixture);
}

static void a_handling_of_many_messages_handles_them_all(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_publication(add_span(fixture, 1, 1, 0, "send", 0, 0.1), "a");
	set_publication(add_span(fixture, 2, 1, 0, "send", 0.2, 0.3), "b");
	set_links(fixture, add_span(fixture, 3, 1, 0, "process", 1, 2), 2, LINKS({1, 1}, {2, 1}));
	set_execution(&fixture->batch.spans[2], "OnBoth", HANDLER_EVENT);
	fixture_commit(fixture);
	flow = get(fixture, 2);
	assert_tree(&flow, "a(OnBoth ) b ");
	assert_int_equal(find(&flow, "a")->handling_count, 1);
	assert_int_equal(find(&flow, "b")->handling_count, 1);
	flow_release(&flow);
	fixture_free(fixture);
}

static void links_that_go_round_in_a_circle_end(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_links(fixture, add_span(fixture, 1, 1, 0, "a", 0, 1), 1, LINKS({2, 1}));
	set_execution(&fixture->batch.spans[0], "A", HANDLER_EVENT);
	set_links(fixture, add_span(fixture, 2, 1, 0, "b", 1, 2), 1, LINKS({1, 1}));
	set_execution(&fixture->batch.spans[1], "B", HANDLER_EVENT);
	set_links(fixture, add_span(fixture, 2, 2, 2, "own parent", 1, 2), 1, LINKS({2, 2}));
	set_execution(&fixture->batch.spans[2], "C", HANDLER_EVENT);
	fixture_commit(fixture);
	flow = get(fixture, 1);
	assert_tree(&flow, "B(A ) C ");
	flow_release(&flow);
	fixture_free(fixture);
}

static void stops_at_its_limit_of_traces_and_says_so(void **state)
{
	struct fixture *fixture = fixture_new();
	struct flow flow;

	(void)state;
	set_publication(add_span(fixture, 1, 1, 0, "send", 0, 0.1), "tick");
	for (int i = 2; i < 256; i++) {
		set_links(fixture, add_span(fixture, (uint8_t)i, 1, 0, "process", i, i + 1), 1,
			  LINKS({1, 1}));
		set_execution(&fixture->batch.spans[i - 1], "OnTick", HANDLER_EVENT);
	}
	fixture_commit(fixture);
	flow = get(fixture, 1);
	assert_true(flow.is_truncated);
	assert_in_range(flow.trace_count, 50, FLOW_TRACES_MOST);
	flow_release(&flow);
	fixture_free(fixture);
}

static void there_is_no_flow_of_a_trace_that_is_not_here(void **state)
{
	struct fixture *fixture = fixture_new();
	uint8_t trace_id[TRACE_ID_SIZE] = {9};
	struct flow flow;

	(void)state;
	assert_int_equal(flow_get(fixture->query, trace_id, &flow, &fixture->error), STATUS_NOT_FOUND);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_same_from_whichever_trace_one_asks),
		cmocka_unit_test(time_in_queue_is_from_the_end_of_the_publication),
		cmocka_unit_test(clocks_that_differ_give_no_time_below_zero),
		cmocka_unit_test(an_event_that_nobody_handles_stands_alone),
		cmocka_unit_test(a_handling_in_the_same_trace_stands_under_its_parent),
		cmocka_unit_test(a_handling_of_many_messages_handles_them_all),
		cmocka_unit_test(links_that_go_round_in_a_circle_end),
		cmocka_unit_test(stops_at_its_limit_of_traces_and_says_so),
		cmocka_unit_test(there_is_no_flow_of_a_trace_that_is_not_here),
	};

	return test_run("query/flow", tests);
}
