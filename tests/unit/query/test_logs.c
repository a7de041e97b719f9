#include "query/logs.h"

#include "fixture.h"

/* The messages of a page, with their handlers: "b(CreateUser) a(-)". */
static char *list_messages(struct fixture *fixture, const struct log_query *question, char *cursor_out)
{
	static char text[4096];
	struct log_list list;
	size_t size = 0;

	if (log_list(fixture->query, question, &list, &fixture->error) != STATUS_OK)
		fail_msg("%s", fixture->error.message);
	text[0] = '\0';
	for (size_t i = 0; i < list.batch.log_count; i++) {
		const struct log_record *record = &list.batch.logs[i];
		struct str handler = record->handler.size ? record->handler : str_from("-");

		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%.*s(%.*s)", i ? " " : "",
					 STR_ARG(value_str(&record->body)), STR_ARG(handler));
	}
	if (cursor_out)
		strcpy(cursor_out, list.next_cursor);
	log_list_release(&list);
	return text;
}

static struct log_query ask(size_t limit)
{
	return (struct log_query){.filter = LOG_FILTER_ANY, .limit = limit};
}

static void set_span(struct log_record *record, uint8_t trace, uint8_t span)
{
	record->trace_id[TRACE_ID_SIZE - 1] = trace;
	record->span_id[SPAN_ID_SIZE - 1] = span;
}

static void lists_newest_first_with_handlers(void **state)
{
	struct fixture *fixture = fixture_new();
	struct log_query question = ask(10);

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "root", 0, 9), "CreateUser", HANDLER_API);
	add_span(fixture, 1, 2, 1, "call", 1, 2);
	set_span(add_log(fixture, 1, "inside"), 1, 2);
	set_span(add_log(fixture, 2, "unknown-span"), 1, 77);
	set_span(add_log(fixture, 3, "unknown-trace"), 9, 1);
	add_log(fixture, 4, "alone");
	set_span(add_log(fixture, 5, "own"), 1, 2);
	fixture->batch.logs[4].handler = str_from("Own");
	fixture_commit(fixture);
	assert_string_equal(list_messages(fixture, &question, NULL),
			    "own(Own) alone(-) unknown-trace(-) unknown-span(-) inside(CreateUser)");
	fixture_free(fixture);
}

static void finds_the_handler_once_its_span_has_arrived(void **state)
{
	struct fixture *fixture = fixture_new();
	struct log_query question = ask(10);

	(void)state;
	set_span(add_log(fixture, 1, "early"), 1, 1);
	fixture_commit(fixture);
	assert_string_equal(list_messages(fixture, &question, NULL), "early(-)");
	set_execution(add_span(fixture, 1, 1, 0, "root", 0, 9), "CreateUser", HANDLER_API);
	fixture_commit(fixture);
	assert_string_equal(list_messages(fixture, &question, NULL), "early(CreateUser)");
	fixture_free(fixture);
}

static void filters_by_the_handler_that_is_found(void **state)
{
	struct fixture *fixture = fixture_new();
	struct log_query question = ask(2);
	char cursor[CURSOR_TEXT_SIZE], seen[512] = "", name[8];

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "root", 0, 9), "CreateUser", HANDLER_API);
	set_execution(add_span(fixture, 2, 1, 0, "root", 0, 9), "ListUsers", HANDLER_API);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "%d", i);
		/* Three at each time, so that pages end among equals. */
		set_span(add_log(fixture, i / 3, arena_copy(&fixture->batch.arena, str_from(name)).data),
			 (uint8_t)(1 + i % 2), 1);
	}
	fixture_commit(fixture);
	question.filter.handler = str_from("ListUsers");
	do {
		strcat(seen, list_messages(fixture, &question, cursor));
		strcat(seen, cursor[0] ? " | " : "");
		question.cursor = str_from(cursor);
	} while (cursor[0]);
	assert_string_equal(seen, "9(ListUsers) 7(ListUsers) | 5(ListUsers) 3(ListUsers) | 1(ListUsers)");
	fixture_free(fixture);
}

static void pages_hold_every_record_once_while_others_arrive(void **state)
{
	struct fixture *fixture = fixture_new();
	struct log_query question = ask(3);
	char cursor[CURSOR_TEXT_SIZE], seen[512] = "", name[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "%d", i);
		add_log(fixture, i / 5, arena_copy(&fixture->batch.arena, str_from(name)).data);
	}
	fixture_commit(fixture);
	do {
		strcat(seen, list_messages(fixture, &question, cursor));
		strcat(seen, cursor[0] ? " | " : "");
		question.cursor = str_from(cursor);
		add_log(fixture, 0, "late");
		add_log(fixture, 1, "late");
		fixture_commit(fixture);
	} while (cursor[0]);
	assert_string_equal(seen, "7(-) 6(-) 5(-) | 4(-) 3(-) 2(-) | 1(-) 0(-)");
	fixture_free(fixture);
}

static void stops_a_long_search_and_goes_on_from_there(void **state)
{
	struct fixture *fixture = fixture_new();
	struct log_query question = ask(10);
	char cursor[CURSOR_TEXT_SIZE], seen[64] = "";
	size_t page_count = 0;

	(void)state;
	set_execution(add_span(fixture, 1, 1, 0, "root", 0, 9), "Rare", HANDLER_CRON);
	set_span(add_log(fixture, 0, "needle"), 1, 1);
	for (size_t i = 0; i < LOG_LIST_TRACES_MOST + 500; i++) {
		struct log_record *record = add_log(fixture, 1, "hay");

		set_span(record, (uint8_t)i, 1);
		record->trace_id[0] = 1;
		record->trace_id[1] = (uint8_t)(i >> 8);
	}
	fixture_commit(fixture);
	question.filter.handler = str_from("Rare");
	do {
		strcat(seen, list_messages(fixture, &question, cursor));
		question.cursor = str_from(cursor);
		page_count++;
	} while (cursor[0]);
	assert_string_equal(seen, "needle(Rare)");
	assert_int_equal(page_count, 2);
	fixture_free(fixture);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_newest_first_with_handlers),
		cmocka_unit_test(finds_the_handler_once_its_span_has_arrived),
		cmocka_unit_test(filters_by_the_handler_that_is_found),
		cmocka_unit_test(pages_hold_every_record_once_while_others_arrive),
		cmocka_unit_test(stops_a_long_search_and_goes_on_from_there),
	};

	return test_run("query/logs", tests);
}
