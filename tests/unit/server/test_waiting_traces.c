#include "server/waiting_traces.h"

#include "test.h"

enum { SETTLE = 250, LATEST = 700 };

static bool note(struct waiting_traces *waiting, uint8_t trace, uint64_t now)
{
	uint8_t trace_id[TRACE_ID_SIZE] = {trace};

	return waiting_traces_note(waiting, trace_id, now);
}

/* The traces that are due, as digits. */
static const char *take(struct waiting_traces *waiting, uint64_t now, size_t limit)
{
	static char text[16];
	uint8_t trace_ids[8][TRACE_ID_SIZE];
	size_t count = waiting_traces_take(waiting, now, trace_ids, limit);

	for (size_t i = 0; i < count; i++)
		text[i] = (char)('0' + trace_ids[i][0]);
	text[count] = '\0';
	return text;
}

static void a_trace_is_due_when_it_has_settled(void **state)
{
	struct waiting_traces *waiting = waiting_traces_new(8, SETTLE, LATEST);

	(void)state;
	note(waiting, 1, 0);
	note(waiting, 2, 100);
	note(waiting, 1, 200);
	assert_string_equal(take(waiting, 249, 8), "");
	assert_string_equal(take(waiting, 350, 8), "2");
	assert_string_equal(take(waiting, 449, 8), "");
	assert_string_equal(take(waiting, 450, 8), "1");
	assert_string_equal(take(waiting, 9999, 8), "");
	waiting_traces_free(waiting);
}

static void a_trace_that_does_not_settle_is_due_all_the_same(void **state)
{
	struct waiting_traces *waiting = waiting_traces_new(8, SETTLE, LATEST);

	(void)state;
	for (uint64_t now = 0; now < LATEST; now += 100) {
		note(waiting, 1, now);
		assert_string_equal(take(waiting, now, 8), "");
	}
	assert_string_equal(take(waiting, LATEST, 8), "1");
	/* What comes later is a change of its own. */
	note(waiting, 1, LATEST + 1);
	assert_string_equal(take(waiting, LATEST + 1 + SETTLE, 8), "1");
	waiting_traces_free(waiting);
}

static void the_oldest_go_first_and_the_places_are_bounded(void **state)
{
	struct waiting_traces *waiting = waiting_traces_new(3, SETTLE, LATEST);

	(void)state;
	for (uint8_t round = 0; round < 50; round++) {
		uint64_t now = round * UINT64_C(10000);

		assert_true(note(waiting, 3, now) && note(waiting, 1, now) && note(waiting, 2, now));
		assert_false(note(waiting, 4, now));
		assert_true(note(waiting, 1, now));
		assert_int_equal(waiting_traces_count(waiting), 3);
		assert_string_equal(take(waiting, now + 300, 2), "31");
		assert_true(note(waiting, 4, now));
		assert_string_equal(take(waiting, now + 600, 8), "24");
		assert_int_equal(waiting_traces_count(waiting), 0);
	}
	waiting_traces_free(waiting);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_is_due_when_it_has_settled),
		cmocka_unit_test(a_trace_that_does_not_settle_is_due_all_the_same),
		cmocka_unit_test(the_oldest_go_first_and_the_places_are_bounded),
	};

	return test_run("server/waiting_traces", tests);
}
