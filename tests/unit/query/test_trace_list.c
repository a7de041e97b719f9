#include "query/trace.h"

#include "fixture.h"

/* The last bytes of the ids, in order, as text: "3 2 1". */
static char *list_ids(struct fixture *fixture, const struct trace_query *question, char *cursor_out)
{
	static char text[4096];
	struct trace_list list;
	size_t size = 0;

	if (trace_list(fixture->query, question, &list, &fixture->error) != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size, i ? " %d" : "%d",
					 list.summaries[i].trace_id[TRACE_ID_SIZE - 1]);
	if (cursor_out)
		strcpy(cursor_out, list.next_cursor);
	trace_list_release(&list);
	return text;
}

static struct trace_query ask(size_t limit)
{
	return (struct trace_query){.filter = SPAN_FILTER_ANY, .limit = limit};
}

static void lists_newest_first(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(10);
	char cursor[CURSOR_TEXT_SIZE];

	(void)state;
	add_span(fixture, 1, 1, 0, "a", 1, 2);
	add_span(fixture, 3, 1, 0, "c", 3, 4);
	add_span(fixture, 2, 1, 0, "b", 2, 9);
	fixture_commit(fixture);
	assert_string_equal(list_ids(fixture, &question, cursor), "3 2 1");
	assert_string_equal(cursor, "");
	fixture_free(fixture);
}

static void pages_hold_every_trace_once_while_others_arrive(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(4);
	char cursor[CURSOR_TEXT_SIZE], seen[512] = "";

	(void)state;
	for (uint8_t trace = 1; trace <= 10; trace++)
		add_span(fixture, trace, 1, 0, "a", trace / 2, 20);
	fixture_commit(fixture);
	do {
		strcat(seen, list_ids(fixture, &question, cursor));
		strcat(seen, cursor[0] ? " | " : "");
		question.cursor = str_from(cursor);
		/* A new trace, and a newer span of an old one. */
		add_span(fixture, (uint8_t)(100 + strlen(seen)), 1, 0, "new", 8, 9);
		add_span(fixture, 2, (uint8_t)strlen(seen), 1, "late", 9, 10);
		fixture_commit(fixture);
	} while (cursor[0]);
	assert_string_equal(seen, "10 8 9 6 | 7 4 5 2 | 3 1");
	fixture_free(fixture);
}

static void the_last_full_page_has_no_cursor(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(2);
	char cursor[CURSOR_TEXT_SIZE];

	(void)state;
	add_span(fixture, 1, 1, 0, "a", 1, 2);
	add_span(fixture, 2, 1, 0, "b", 2, 3);
	fixture_commit(fixture);
	assert_string_equal(list_ids(fixture, &question, cursor), "2 1");
	assert_string_equal(cursor, "");
	question.limit = 1;
	assert_string_equal(list_ids(fixture, &question, cursor), "2");
	assert_string_not_equal(cursor, "");
	fixture_free(fixture);
}

static void a_cursor_brings_its_range_along(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(1);
	char cursor[CURSOR_TEXT_SIZE];

	(void)state;
	for (uint8_t trace = 1; trace <= 5; trace++)
		add_span(fixture, trace, 1, 0, "a", trace, 20);
	fixture_commit(fixture);
	question.filter.range = (struct time_range){AT(2), AT(5)};
	assert_string_equal(list_ids(fixture, &question, cursor), "4");
	question.cursor = str_from(cursor);
	question.filter.range = (struct time_range){AT(3), AT(6)};
	question.limit = 10;
	assert_string_equal(list_ids(fixture, &question, NULL), "3 2");
	fixture_free(fixture);
}

static void a_cursor_with_other_filters_is_refused(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(1);
	char cursor[CURSOR_TEXT_SIZE];
	struct trace_list list;

	(void)state;
	add_span(fixture, 1, 1, 0, "a", 1, 2);
	add_span(fixture, 2, 1, 0, "a", 1, 2);
	fixture_commit(fixture);
	list_ids(fixture, &question, cursor);
	question.cursor = str_from(cursor);
	question.filter.service = str_from("shop");
	assert_int_equal(trace_list(fixture->query, &question, &list, &fixture->error), STATUS_INVALID);
	fixture_free(fixture);
}

static void success_means_that_no_span_failed(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(2);
	char cursor[CURSOR_TEXT_SIZE];

	(void)state;
	/* Every other trace has a failed span beside one that did not fail. */
	for (uint8_t trace = 1; trace <= 8; trace++) {
		add_span(fixture, trace, 1, 0, "root", trace, 20);
		if (trace % 2)
			add_span(fixture, trace, 2, 1, "call", trace, 20)->handler.outcome = OUTCOME_ERROR;
	}
	fixture_commit(fixture);
	question.filter.outcome = OUTCOME_ERROR;
	question.limit = 10;
	assert_string_equal(list_ids(fixture, &question, NULL), "7 5 3 1");
	question.filter.outcome = OUTCOME_SUCCESS;
	question.limit = 3;
	assert_string_equal(list_ids(fixture, &question, cursor), "8 6 4");
	question.cursor = str_from(cursor);
	assert_string_equal(list_ids(fixture, &question, cursor), "2");
	assert_string_equal(cursor, "");
	fixture_free(fixture);
}

static void summaries_outlive_their_traces(void **state)
{
	struct fixture *fixture = fixture_new();
	struct trace_query question = ask(10);
	struct trace_list list;
	struct span *span;

	(void)state;
	span = add_span(fixture, 1, 1, 0, "root", 1, 2);
	span->resource = make_service(fixture, "shop");
	set_execution(span, "CreateUser", HANDLER_API);
	fixture_commit(fixture);
	assert_int_equal(trace_list(fixture->query, &question, &list, &fixture->error), STATUS_OK);
	add_span(fixture, 1, 2, 1, "late", 1, 2);
	fixture_commit(fixture);
	assert_str(list.summaries[0].name, "root");
	assert_str(list.summaries[0].handler_name, "CreateUser");
	assert_str(list.summaries[0].services[0], "shop");
	assert_int_equal(list.summaries[0].span_count, 1);
	trace_list_release(&list);
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_newest_first),
		cmocka_unit_test(pages_hold_every_trace_once_while_others_arrive),
		cmocka_unit_test(the_last_full_page_has_no_cursor),
		cmocka_unit_test(a_cursor_brings_its_range_along),
		cmocka_unit_test(a_cursor_with_other_filters_is_refused),
		cmocka_unit_test(success_means_that_no_span_failed),
		cmocka_unit_test(summaries_outlive_their_traces),
	};

	return test_run("query/trace_list", tests);
}
