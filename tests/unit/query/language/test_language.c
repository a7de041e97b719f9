#include "query/language/language.h"

#include <stdlib.h>

#include "base/clock.h"
#include "test.h"

#define NOW_NS UINT64_C(1767225600000000000)

static const struct attribute tags[] = {
	{{"http.route", 10}, {.data = "/users/:id", .size = 10, .type = VALUE_STRING}},
	{{"code", 4}, {.integer = 500, .type = VALUE_INT}},
	{{"size", 4}, {.data = "00123", .size = 5, .type = VALUE_STRING}},
	{{"ratio", 5}, {.real = 0.5, .type = VALUE_DOUBLE}},
	{{"cached", 6}, {.boolean = true, .type = VALUE_BOOL}},
	{{"a key", 5}, {.data = "x", .size = 1, .type = VALUE_STRING}},
};
static const struct attribute origin[] = {
	{{"service.name", 12}, {.data = "shop", .size = 4, .type = VALUE_STRING}},
	{{"zone", 4}, {.data = "north", .size = 5, .type = VALUE_STRING}},
};
static const struct resource resource = {.attributes = {origin, 2, 0}};
static const struct scope scope = {.name = {"my.library", 10}};

static const struct span span = {
	.resource = &resource,
	.scope = &scope,
	.trace_id = {0xab, 0xcd},
	.span_id = {0x12},
	.parent_span_id = {0x34},
	.start_ns = NOW_NS,
	.end_ns = NOW_NS + 150 * NS_PER_MS,
	.name = {"POST /users", 11},
	.status_message = {"card declined", 13},
	.attributes = {tags, 6, 0},
	.kind = SPAN_SERVER,
	.handler = {.role = ROLE_EXECUTION,
		    .type = HANDLER_API,
		    .outcome = OUTCOME_ERROR,
		    .name = {"CreateUser", 10},
		    .language = {"rust", 4},
		    .event = {"user.created", 12}},
};
static const struct span other_span = {.resource = &resource_empty, .scope = &scope_empty};

static const struct log_record record = {
	.resource = &resource,
	.scope = &scope,
	.time_ns = NOW_NS,
	.severity_number = 13,
	.trace_id = {0xab, 0xcd},
	.span_id = {0x12},
	.body = {.data = "request Timed out twice", .size = 23, .type = VALUE_STRING},
	.event_name = {"retry", 5},
	.handler = {"CreateUser", 10},
	.attributes = {tags, 6, 0},
};
static const struct log_record other_record = {.resource = &resource_empty, .scope = &scope_empty};

static void parse(const char *text, enum signal signal, struct expression *expression)
{
	struct expression_error error;

	if (expression_parse(str_from(text), signal, NOW_NS, expression, &error) != STATUS_OK)
		fail_msg("%s: column %zu: %s", text, error.column, error.message);
}

/* As it stands, and as what it was planned onto: both must say the same. */
static bool span_meets(const char *text, const struct span *row)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct expression expression;
	struct error error;
	bool meets;

	parse(text, SIGNAL_TRACES, &expression);
	meets = !expression.root || predicate_match_span(expression.root, row);
	assert_int_equal(expression_narrow_spans(&expression, &filter, &error), STATUS_OK);
	if (span_filter_match(&filter, row) != meets)
		fail_msg("%s: planned, it means something else", text);
	expression_release(&expression);
	return meets;
}

static bool log_meets(const char *text, const struct log_record *row)
{
	struct log_filter filter = LOG_FILTER_ANY, whole = LOG_FILTER_ANY;
	const struct predicate *handled;
	struct expression expression;
	struct error error;
	bool meets;

	parse(text, SIGNAL_LOGS, &expression);
	meets = !expression.root || predicate_match_log(expression.root, row);
	assert_int_equal(expression_narrow_logs(&expression, &filter, &handled, &error), STATUS_OK);
	assert_int_equal(expression_narrow_logs(&expression, &whole, NULL, &error), STATUS_OK);
	if ((log_filter_match(&filter, row) && (!handled || predicate_match_log(handled, row))) != meets ||
	    log_filter_match(&whole, row) != meets)
		fail_msg("%s: planned, it means something else", text);
	expression_release(&expression);
	return meets;
}

static void spans_meet_what_is_true_of_them(void **state)
{
	static const char *const yes[] = {
		"",
		"handler = CreateUser",
		"handler = \"CreateUser\" and duration > 100ms and status = error and tag.http.route =~ "
		"\"/users/.*\"",
		"HANDLER = CreateUser AND Status = ERROR",
		"type = api",
		"handler_type in (event, API)",
		"status in (error, lost)",
		"language = rust service = shop",
		"operation = \"POST /users\"",
		"name =~ \"^POST\"",
		"kind = server",
		"kind not in (client, internal)",
		"duration >= 150ms",
		"duration = 150",
		"duration < 0.2s",
		"duration <= 150000us and duration != 1s",
		"time >= -1s and time < 2026-01-01T00:00:01Z",
		"time = now",
		"event = user.created",
		"message =~ \"decl\"",
		"scope = my.library",
		"trace_id = ABCD0000000000000000000000000000",
		"span_id = 1200000000000000 and parent = 3400000000000000",
		"root = false",
		"tag.code = 500",
		"tag.code = 500.0",
		"tag.code = \"500\"",
		"tag.code in (400, 5e2)",
		"tag.code >= 400 and tag.code < 501",
		"tag.code > 0.1kB",
		"tag.size = 00123",
		"tag.code = 0500",
		"tag.size > 122",
		"tag.size < \"1\"",
		"tag.ratio < 1 and tag.ratio = 0.50",
		"tag.cached = true",
		"tag.\"a key\" = x",
		"tag.zone = north",
		"resource.zone = north and not attribute.zone exists",
		"attribute.code exists",
		"tag.absent != x",
		"tag.absent !~ x",
		"not tag.absent < 5",
		"not (status = success or tag.absent exists)",
		"handler = Other or type = api",
		"declined",
		"\"card dec\"",
		"\"POST /users\"",
		"decl*",
		"\"Create\"*",
		"not absent",
		"handler = x or (kind = server and not (language = go or language = python))",
		"tag.http.route =~ \"\\w+/:id$\"",
		"tag.http.route =~ ^/users",
	};
	static const char *const no[] = {
		"handler = createuser",
		"handler = CreateUser and status = success",
		"status != error",
		"type = event or type = cron",
		"duration > 150ms",
		"duration < 1ns",
		"time > now",
		"time < -1m or time > 2026-01-02T00:00:00Z",
		"root = true",
		"parent = 1200000000000000",
		"trace_id = 00000000000000000000000000000000 or span_id = 0000000000000000",
		"trace_id != abcd0000000000000000000000000000",
		"trace_id in (00000000000000000000000000000001, 00000000000000000000000000000002)",
		"tag.code > 500",
		"tag.absent < 5",
		"tag.absent = \"\"",
		"service = \"\"",
		"attribute.zone exists",
		"decl",
		"not declined",
		"tag.http.route =~ \"^users\"",
		"tag.http.route !~ \"users\"",
		"handler = CreateUser and (status = success or kind = client)",
		"handler = CreateUser handler = Other",
		"service = shop and service = mail",
		"status = error and status = running",
		"trace_id = abcd0000000000000000000000000000 and trace_id = 00000000000000000000000000000001",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!span_meets(yes[i], &span))
			fail_msg("%s is not met", yes[i]);
		span_meets(yes[i], &other_span);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (span_meets(no[i], &span))
			fail_msg("%s is met", no[i]);
		span_meets(no[i], &other_span);
	}
}

static void logs_meet_what_is_true_of_them(void **state)
{
	static const char *const yes[] = {
		"level >= warn and \"timed out\"",
		"level = WARNING",
		"level in (warn, error)",
		"level <= warn",
		"level < error and level > info",
		"level != error",
		"timed out twice",
		"\"tim\"*",
		"tim* and requ*",
		"body =~ \"(?i)time.*out\"",
		"message =~ twice$",
		"body = \"request Timed out twice\"",
		"handler = CreateUser",
		"handler in (CreateUser, Other) and service = shop",
		"handler =~ User or level = error",
		"event = retry and scope =~ library",
		"trace_id = abcd0000000000000000000000000000 span_id = 1200000000000000",
		"tag.code >= 500",
		"resource.zone exists",
		"users",
		"not \"timed in\"",
	};
	static const char *const no[] = {
		"level > warn",
		"level = error",
		"level not in (warn, error)",
		"\"timed in\"",
		"tim",
		"out*wards",
		"body =~ \"time.*out\"",
		"handler != CreateUser",
		"not handler exists",
		"span_id = 3400000000000000",
		"absent or nothing",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!log_meets(yes[i], &record))
			fail_msg("%s is not met", yes[i]);
		log_meets(yes[i], &other_record);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		if (log_meets(no[i], &record))
			fail_msg("%s is met", no[i]);
		log_meets(no[i], &other_record);
	}
}

static void what_a_store_prunes_with_becomes_part_of_the_filter(void **state)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct expression expression;
	struct error error;

	(void)state;
	parse("handler = H and type = event and status = error and language = rust and service = S and "
	      "operation = O and duration >= 1ms and duration < 2ms and tag.a = b and tag.c = 5 and "
	      "trace_id = abcd0000000000000000000000000000 and time >= 1000 and time <= 2000",
	      SIGNAL_TRACES, &expression);
	assert_int_equal(expression_narrow_spans(&expression, &filter, &error), STATUS_OK);
	assert_str(filter.handler, "H");
	assert_int_equal(filter.handler_type, HANDLER_EVENT);
	assert_int_equal(filter.outcome, OUTCOME_ERROR);
	assert_str(filter.language, "rust");
	assert_str(filter.service, "S");
	assert_str(filter.operation, "O");
	assert_true(filter.min_duration_ns == NS_PER_MS && filter.max_duration_ns == 2 * NS_PER_MS - 1);
	assert_true(filter.range.start_ns == 1000 && filter.range.end_ns == 2001);
	assert_int_equal(filter.tag_count, 2);
	assert_str(filter.tags[1].value, "5");
	assert_int_equal(filter.trace_id[0], 0xab);
	assert_null(filter.predicate);
	expression_release(&expression);
}

static void what_is_left_over_stays_a_predicate(void **state)
{
	static const char *const texts[] = {
		"status = success",  "handler = A or handler = B",
		"handler in (A, B)", "not handler = A",
		"tag.a =~ b",        "tag.a = 5.0",
		"tag.a exists",      "kind = server",
		"\"words\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct span_filter filter = SPAN_FILTER_ANY;
		struct expression expression;
		struct error error;

		parse(texts[i], SIGNAL_TRACES, &expression);
		assert_int_equal(expression_narrow_spans(&expression, &filter, &error), STATUS_OK);
		assert_non_null(filter.predicate);
		expression_release(&expression);
	}
}

static void a_part_that_is_taken_is_not_overwritten(void **state)
{
	struct span_filter filter = SPAN_FILTER_ANY;
	struct expression expression;
	struct error error;

	(void)state;
	filter.handler = str_from("A");
	filter.min_duration_ns = 100;
	parse("handler = B and duration > 50ns", SIGNAL_TRACES, &expression);
	assert_int_equal(expression_narrow_spans(&expression, &filter, &error), STATUS_OK);
	assert_str(filter.handler, "A");
	assert_non_null(filter.predicate);
	assert_true(filter.min_duration_ns == 100);
	expression_release(&expression);
}

static void words_and_levels_of_logs_become_part_of_the_filter(void **state)
{
	struct log_filter filter = LOG_FILTER_ANY;
	const struct predicate *handled;
	struct expression expression;
	struct error error;

	(void)state;
	parse("level = warn and \"timed out\" and word and handler =~ x and body =~ y", SIGNAL_LOGS,
	      &expression);
	assert_int_equal(expression_narrow_logs(&expression, &filter, &handled, &error), STATUS_OK);
	assert_int_equal(filter.lowest_level, LEVEL_WARN);
	assert_int_equal(filter.term_count, 2);
	assert_str(filter.terms[0], "timed out");
	assert_non_null(filter.predicate);
	assert_int_equal(filter.predicate->fields, ROW_BIT(ROW_LEVEL) | ROW_BIT(ROW_BODY));
	assert_non_null(handled);
	assert_int_equal(handled->fields, ROW_BIT(ROW_HANDLER));
	expression_release(&expression);
}

struct refusal {
	const char *text;
	size_t column;
	const char *says;
};

static void assert_refused(const struct refusal *refusal, enum signal signal)
{
	struct expression expression;
	struct expression_error error;
	enum status status = expression_parse(str_from(refusal->text), signal, NOW_NS, &expression, &error);

	expression_release(&expression);
	if (status != STATUS_INVALID)
		fail_msg("%s is not refused", refusal->text);
	if (error.column != refusal->column || !strstr(error.message, refusal->says))
		fail_msg("%s: column %zu: %s", refusal->text, error.column, error.message);
	assert_true(error.allowed[0] != '\0');
}

static void says_where_it_is_wrong_and_what_may_stand_there(void **state)
{
	static const struct refusal table[] = {
		{"handlr = x", 1, "there is no field handlr; the nearest one is handler"},
		{"a and level = warn", 7, "spans have no field level"},
		{"handler =", 10, "the filter ends where it needs a value to compare handler with"},
		{"handler = = x", 11, "found = where it needs a value"},
		{"handler == x", 10, "found = where it needs a value"},
		{"handler = and", 11, "found and where it needs a value"},
		{"handler > x", 9, "handler has no order"},
		{"status = broken", 10,
		 "status is compared with success, error, running, lost, and this is broken"},
		{"duration > soon", 12, "a duration such as"},
		{"duration =~ 5", 13, "is not text"},
		{"time > soon", 8, "a time such as"},
		{"trace_id = 12", 12, "32 hexadecimal digits"},
		{"parent = zz", 10, "16 hexadecimal digits"},
		{"tag.x > 5ms", 9, "a number without a unit"},
		{"\"open", 1, "has no closing quote"},
		{"\"größe\" and \"open", 13, "has no closing quote"},
		{"(a or b", 8, "the filter ends where it needs and, or, or )"},
		{"a or b)", 7, "found ) where it needs and, or, or the end"},
		{"a and", 6, "the filter ends"},
		{"or a", 1, "found or where it needs a comparison"},
		{"a b , c", 5, "found ,"},
		{"()", 2, "found )"},
		{"not", 4, "the filter ends"},
		{"handler in x", 12, "found x where it needs ( and a list"},
		{"handler in ()", 13, "found ) where it needs a value"},
		{"handler in (a b)", 15, "found b where it needs a comma or )"},
		{"\"handler\" = x", 1, "stands without quotes"},
		{"handler = \"x\"*", 11, "asterisk"},
		{"tag.x =~ \"a(b\"", 14, "the regular expression is wrong here"},
		{"a && b", 3, "written \"and\""},
		{"\"\"", 1, "nothing between these quotes"},
		{"a ! b", 3, "stands in quotes or not at all"},
		{"a \xff", 1, "not UTF-8"},
		{"tag. = x", 1, "there is no field tag."},
		{"file exists", 1, "there is no field file"},
	};
	static const struct refusal of_logs[] = {
		{"duration > 5ms", 1, "logs have no field duration"},
		{"level >= loud", 10, "trace, debug, info, warn or error"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_refused(&table[i], SIGNAL_TRACES);
	for (size_t i = 0; i < sizeof(of_logs) / sizeof(of_logs[0]); i++)
		assert_refused(&of_logs[i], SIGNAL_LOGS);
}

/* count times what, behind a start. */
static char *repeat(const char *start, const char *what, size_t count)
{
	char *text = calloc(strlen(start) + count * strlen(what) + 1, 1);

	assert_non_null(text);
	strcpy(text, start);
	for (size_t i = 0; i < count; i++)
		strcat(text, what);
	return text;
}

static void everything_has_a_bound(void **state)
{
	const struct {
		const char *what;
		size_t count;
		const char *says;
	} table[] = {
		{"aaaaaaaa ", 500, "the most is 4096"},
		{"a ", EXPRESSION_MOST_TERMS + 1, "more than 128"},
		{"(", EXPRESSION_MOST_DEPTH + 1, "more than 32 deep"},
		{"not ", EXPRESSION_MOST_DEPTH + 1, "more than 32 deep"},
		{"scope =~ x ", EXPRESSION_MOST_PATTERNS + 1, "more than 16 regular expressions"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *text = repeat("", table[i].what, table[i].count);
		struct expression expression;
		struct expression_error error;

		assert_int_equal(expression_parse(str_from(text), SIGNAL_TRACES, NOW_NS, &expression, &error),
				 STATUS_INVALID);
		if (!strstr(error.message, table[i].says))
			fail_msg("%s", error.message);
		expression_release(&expression);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_meet_what_is_true_of_them),
		cmocka_unit_test(logs_meet_what_is_true_of_them),
		cmocka_unit_test(what_a_store_prunes_with_becomes_part_of_the_filter),
		cmocka_unit_test(what_is_left_over_stays_a_predicate),
		cmocka_unit_test(a_part_that_is_taken_is_not_overwritten),
		cmocka_unit_test(words_and_levels_of_logs_become_part_of_the_filter),
		cmocka_unit_test(says_where_it_is_wrong_and_what_may_stand_there),
		cmocka_unit_test(everything_has_a_bound),
	};

	return test_run("query/language", tests);
}
