#include "sdk/context.h"

#include <stdio.h>

#include "test.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"

static void reads_and_writes_a_traceparent(void **state)
{
	static const char text[] = "00-" TRACE "-" SPAN "-03";
	char written[ROHAS_TRACEPARENT_SIZE];
	struct trace_parent parent;

	(void)state;
	assert_true(trace_parent_read(text, &parent));
	assert_int_equal(parent.flags, 3);
	trace_parent_write(&parent, written);
	assert_string_equal(written, text);
}

static void hands_on_no_flag_that_it_does_not_know(void **state)
{
	char written[ROHAS_TRACEPARENT_SIZE];
	struct trace_parent parent;

	(void)state;
	assert_true(trace_parent_read("cc-" TRACE "-" SPAN "-fd", &parent));
	trace_parent_write(&parent, written);
	assert_string_equal(written, "00-" TRACE "-" SPAN "-01");
}

static void knows_a_traceparent_from_no_traceparent(void **state)
{
	static const struct {
		const char *text;
		bool is_one;
	} rows[] = {
		{"00-" TRACE "-" SPAN "-01", true},
		{"00-" TRACE "-" SPAN "-00", true},
		{"00-" TRACE "-" SPAN "-ff", true},
		{"cc-" TRACE "-" SPAN "-01", true},
		{"cc-" TRACE "-" SPAN "-01-what-the-future-will-be-like", true},
		{NULL, false},
		{"", false},
		{"00", false},
		{"ff-" TRACE "-" SPAN "-01", false},
		{"00-" TRACE "-" SPAN "-01-more", false},
		{"cc-" TRACE "-" SPAN "-01.more", false},
		{"00-" TRACE "-" SPAN "-1", false},
		{"00-" TRACE "-" SPAN "01", false},
		{"0x-" TRACE "-" SPAN "-01", false},
		{"00-00000000000000000000000000000000-" SPAN "-01", false},
		{"00-" TRACE "-0000000000000000-01", false},
		{"00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", false},
		{"00-" TRACE "-B7AD6B7169203331-01", false},
		{"00_" TRACE "-" SPAN "-01", false},
		{"00-" TRACE "_" SPAN "-01", false},
		{"00-" TRACE "-" SPAN "_01", false},
		{"00-0af7651916cd43dd8448eb211c80319g-" SPAN "-01", false},
		{" 00-" TRACE "-" SPAN "-01", false},
		{"00-" TRACE "-" SPAN "-0\xc3", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_parent parent = {{1, 2}, 3, 4};

		if (trace_parent_read(rows[i].text, &parent) != rows[i].is_one)
			fail_msg("\"%s\" is %s", rows[i].text ? rows[i].text : "(null)",
				 rows[i].is_one ? "refused" : "taken");
		if (!rows[i].is_one)
			assert_true(parent.trace_id[0] == 1 && parent.span_id == 3 && parent.flags == 4);
	}
}

static void knows_a_tracestate_from_no_tracestate(void **state)
{
	static const struct {
		const char *text, *kept; /* NULL: malformed */
	} rows[] = {
		{"", ""},
		{"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
		{"ot=th:8;rv:abcdef01234567", "ot=th:8;rv:abcdef01234567"},
		{"fw529a3039@dt=FfAgABC", "fw529a3039@dt=FfAgABC"},
		{"a=1, b=2,,c=3", "a=1, b=2,,c=3"},
		{"noequals", NULL},
		{"Upper=1", NULL},
		{"a=1=2", NULL},
		{"=1", NULL},
		{"a=1\n", NULL},
		{"a=\xc3\xa9", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str kept = str_from("untouched");
		bool is_one = trace_state_read(rows[i].text, &kept);

		if (is_one != (rows[i].kept != NULL))
			fail_msg("\"%s\" is %s", rows[i].text, is_one ? "taken" : "refused");
		assert_str(kept, rows[i].kept ? rows[i].kept : "untouched");
	}
}

static void cuts_what_is_too_long_between_two_members(void **state)
{
	char text[2048] = "";
	struct str kept;

	(void)state;
	for (int i = 0; i < 40; i++)
		sprintf(text + strlen(text), "%sk%d=v", i ? "," : "", i);
	assert_true(trace_state_read(text, &kept));
	assert_true(str_ends_with(kept, ",k31=v"));

	text[0] = '\0';
	for (int i = 0; i < 4; i++)
		sprintf(text + strlen(text), "%sk%d=%0200d", i ? "," : "", i, 0);
	assert_true(trace_state_read(text, &kept));
	assert_true(kept.size < ROHAS_TRACESTATE_SIZE);
	assert_int_equal(kept.size, 2 * 203 + 1);
}

static void finds_a_member_of_a_baggage(void **state)
{
	char value[8];

	(void)state;
	assert_true(rohas_baggage_get("a=1,tenant = seven%207;ttl=5 , b=2", "tenant", value, sizeof(value)));
	assert_string_equal(value, "seven 7");
	assert_true(rohas_baggage_get("tenant=a%2", "tenant", value, sizeof(value)));
	assert_string_equal(value, "a%2");
	assert_true(rohas_baggage_get("tenant=abcdefghijk", "tenant", value, sizeof(value)));
	assert_string_equal(value, "abcdefg");
	assert_false(rohas_baggage_get("tenants=1", "tenant", value, sizeof(value)));
	assert_false(rohas_baggage_get("", "tenant", value, sizeof(value)));
	assert_false(rohas_baggage_get(NULL, "tenant", value, sizeof(value)));
	assert_false(rohas_baggage_get("tenant=1,nonsense", "tenant", value, sizeof(value)));
}

static void puts_a_member_into_a_baggage(void **state)
{
	char baggage[ROHAS_BAGGAGE_SIZE] = "", value[64];

	(void)state;
	assert_true(rohas_baggage_put(baggage, sizeof(baggage), "tenant", "a, \"b\"; \xc3\xa9%"));
	assert_true(rohas_baggage_put(baggage, sizeof(baggage), "step", "1"));
	assert_true(rohas_baggage_get(baggage, "tenant", value, sizeof(value)));
	assert_string_equal(value, "a, \"b\"; \xc3\xa9%");
	assert_true(rohas_baggage_put(baggage, sizeof(baggage), "tenant", "x"));
	assert_string_equal(baggage, "tenant=x,step=1");
	assert_true(rohas_baggage_put(baggage, sizeof(baggage), "step", "2"));
	assert_string_equal(baggage, "tenant=x,step=2");
}

static void leaves_a_baggage_as_it_is_where_a_member_does_not_fit(void **state)
{
	char baggage[ROHAS_BAGGAGE_SIZE] = "a=1", key[8];

	(void)state;
	assert_false(rohas_baggage_put(baggage, sizeof(baggage), "no token", "x"));
	assert_false(rohas_baggage_put(baggage, sizeof(baggage), "", "x"));
	assert_false(rohas_baggage_put(baggage, 8, "b", "12345"));
	assert_string_equal(baggage, "a=1");
	for (int i = 1; i < 64; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_true(rohas_baggage_put(baggage, sizeof(baggage), key, "1"));
	}
	assert_false(rohas_baggage_put(baggage, sizeof(baggage), "k64", "1"));
	assert_true(rohas_baggage_put(baggage, sizeof(baggage), "k63", "2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_a_traceparent),
		cmocka_unit_test(hands_on_no_flag_that_it_does_not_know),
		cmocka_unit_test(knows_a_traceparent_from_no_traceparent),
		cmocka_unit_test(knows_a_tracestate_from_no_tracestate),
		cmocka_unit_test(cuts_what_is_too_long_between_two_members),
		cmocka_unit_test(finds_a_member_of_a_baggage),
		cmocka_unit_test(puts_a_member_into_a_baggage),
		cmocka_unit_test(leaves_a_baggage_as_it_is_where_a_member_does_not_fit),
	};

	return test_run("sdk/context", tests);
}
