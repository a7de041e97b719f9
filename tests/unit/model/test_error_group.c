#include "model/error_group.h"

#include <stdlib.h>

#include "test.h"

static struct error_group group_of(const char *type, const char *message, const char *stack)
{
	const struct attribute items[] = {
		{str_from("exception.type"), value_from_str(str_from(type))},
		{str_from("exception.message"), value_from_str(str_from(message))},
		{str_from("exception.stacktrace"), value_from_str(str_from(stack))},
	};
	const struct span_event event = {.name = str_from("exception"), .attributes = {items, 3, 0}};
	const struct span span = {.events = &event, .event_count = 1};
	struct error_group group = {0};

	assert_true(error_group_of_exception(&span, &group));
	return group;
}

static void takes_messages_that_differ_in_values_for_one(void **state)
{
	static const char *const pairs[][2] = {
		{"order 12 is gone", "order 8472 is gone"},
		{"no user 3fa85f64-5717-4562-b3fc-2c963f66afa6",
		 "no user 00000000-5717-4562-b3fc-2c963f66afa7"},
		{"segment at 0x7f3a00", "segment at 0xdeadbeef"},
		{"no column \"price\"", "no column \"cost\""},
		{"unknown name 'a'", "unknown name 'b c'"},
		{"mail to ada@example.org failed", "mail to b.l+x@mail.example.com failed"},
		{"GET /users/17/orders/5 failed", "GET /users/4/orders/1234 failed"},
		{"took 30ms", "took 1250ms"},
		{"token deadbeef01 expired", "token 0badcafe99 expired"},
		{"it is -3", "it is -12"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (group_of("E", pairs[i][0], "").id != group_of("E", pairs[i][1], "").id)
			fail_msg("\"%s\" and \"%s\" are two groups", pairs[i][0], pairs[i][1]);
}

static void keeps_apart_what_is_not_the_same(void **state)
{
	static const char *const pairs[][2] = {
		{"cannot read", "cannot write"},
		{"utf8 is broken", "base64 is broken"},
		{"user's name", "user's mail"},
		{"open '", "close '"},
		{"", "x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (group_of("E", pairs[i][0], "").id == group_of("E", pairs[i][1], "").id)
			fail_msg("\"%s\" and \"%s\" are one group", pairs[i][0], pairs[i][1]);
	assert_true(group_of("A", "x", "").id != group_of("B", "x", "").id);
}

static void takes_stacks_that_differ_in_lines_and_addresses_for_one(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"Error: no 1\n    at charge (/app/pay.js:12:9)\n    at async handle (/app/order.js:7:1)",
		 "Error: no 2\n    at charge (/app/pay.js:80:2)\n    at async handle (/app/order.js:9:11)",
		 true},
		{"Error: x\n    at charge (/app/pay.js:12:9)", "Error: x\n    at refund (/app/pay.js:12:9)",
		 false},
		{"Error: x\n    at charge (/app/pay.js:12:9)", "Error: x\n    at charge (/app/card.js:12:9)",
		 false},
		{"Traceback (most recent call last):\n  File \"a.py\", line 3, in pay\n    raise "
		 "Error(1)\nError: 1",
		 "Traceback (most recent call last):\n  File \"a.py\", line 9, in pay\n    raise "
		 "Error(y)\nError: 2",
		 true},
		{"   0: shop::pay\n             at src/pay.rs:3:5",
		 "   1: shop::pay\n             at src/pay.rs:9:1", true},
		{"goroutine 1 [running]:\nmain.pay(0xc000012345)\n\t/src/main.go:12 +0x1d",
		 "goroutine 7 [running]:\nmain.pay(0xc0000abcde)\n\t/src/main.go:99 +0x2f", true},
		{"java.lang.Error: 1\n\tat shop.Pay.charge(Pay.java:3)",
		 "java.lang.Error: 2\n\tat shop.Pay.charge(Pay.java:8)", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((group_of("E", "m", rows[i].a).id == group_of("E", "m", rows[i].b).id) != rows[i].same)
			fail_msg("%s\nand\n%s\nare %s group", rows[i].a, rows[i].b,
				 rows[i].same ? "two" : "one");
	assert_true(group_of("E", "one", rows[0].a).id == group_of("E", "two", rows[0].a).id);
}

static void takes_the_last_exception_of_a_span(void **state)
{
	const struct attribute first = {str_from("exception.type"), value_from_str(str_from("First"))};
	const struct attribute last = {str_from("exception.type"), value_from_str(str_from("Last"))};
	const struct span_event events[] = {
		{.name = str_from("exception"), .attributes = {&first, 1, 0}},
		{.name = str_from("exception"), .attributes = {&last, 1, 0}},
		{.name = str_from("retry")},
	};
	const struct span span = {.events = events, .event_count = 3},
			  none = {.events = events + 2, .event_count = 1};
	struct error_group group;

	(void)state;
	assert_true(error_group_of_exception(&span, &group));
	assert_true(str_equal_c(group.type, "Last"));
	assert_false(error_group_of_exception(&none, &group));
}

static void groups_a_failure_without_exception_by_what_it_says(void **state)
{
	const struct attribute type = {str_from("error.type"), value_from_str(str_from("timeout"))};
	const struct span one = {.attributes = {&type, 1, 0}, .status_message = str_from("after 30 s")};
	const struct span two = {.attributes = {&type, 1, 0}, .status_message = str_from("after 9 s")};
	const struct span other = {.status_message = str_from("after 9 s")};
	struct error_group a, b, c;

	(void)state;
	error_group_of_failure(&one, &a);
	error_group_of_failure(&two, &b);
	error_group_of_failure(&other, &c);
	assert_true(a.id == b.id && a.id != c.id);
	assert_true(str_equal_c(a.type, "timeout"));
}

/* The number is kept in metrics for years: it may not change from one version to the next. */
static void gives_the_same_number_for_ever(void **state)
{
	char text[ERROR_GROUP_TEXT_SIZE + 1] = "";

	(void)state;
	error_group_text(group_of("TypeError", "no order 12", "").id, text);
	assert_str(str_from(text), "873f9ec4df4bb328");
}

static void takes_text_of_any_size_and_kind(void **state)
{
	enum { SIZE = 100000 };
	char *long_text = malloc(SIZE + 1);

	(void)state;
	for (const char *bytes = "a1'@.\n -\xc3"; *bytes; bytes++) {
		memset(long_text, *bytes, SIZE);
		long_text[SIZE] = '\0';
		group_of(long_text, long_text, long_text);
	}
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_messages_that_differ_in_values_for_one),
		cmocka_unit_test(keeps_apart_what_is_not_the_same),
		cmocka_unit_test(takes_stacks_that_differ_in_lines_and_addresses_for_one),
		cmocka_unit_test(takes_the_last_exception_of_a_span),
		cmocka_unit_test(groups_a_failure_without_exception_by_what_it_says),
		cmocka_unit_test(gives_the_same_number_for_ever),
		cmocka_unit_test(takes_text_of_any_size_and_kind),
	};

	return test_run("model/error_group", tests);
}
