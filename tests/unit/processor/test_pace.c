#include "processor/pace.h"

#include <stdio.h>

#include "base/clock.h"
#include "test.h"

static const uint64_t minute_ns = 60 * NS_PER_SECOND;

static struct handler_pace *with_durations(struct pace *pace, uint64_t now_ns, unsigned count,
					   uint64_t each_ns)
{
	struct handler_pace *handler = pace_of(pace, str_from("GET /users"), now_ns);

	for (unsigned i = 0; i < count; i++)
		assert_false(pace_is_slow(handler, each_ns));
	return handler;
}

static void nothing_is_slow_before_a_hundred_executions(void **state)
{
	struct handler_pace *handler;
	struct pace pace;

	(void)state;
	pace_init(&pace, 10);
	handler = with_durations(&pace, minute_ns, 99, NS_PER_MS);
	assert_false(pace_is_slow(handler, 1000 * NS_PER_MS));
	pace_release(&pace);
}

static void slow_is_what_takes_longer_than_99_of_100(void **state)
{
	struct handler_pace *handler;
	struct pace pace;
	unsigned slow = 0;

	(void)state;
	pace_init(&pace, 10);
	handler = with_durations(&pace, minute_ns, 2, NS_PER_MS);
	/* One of a hundred takes ten times as long as the others; three of ten thousand a hundred times. */
	for (unsigned i = 1; i <= 10000; i++)
		slow += pace_is_slow(handler, i % 3333 == 0  ? 100 * NS_PER_MS
					      : i % 100 == 0 ? 10 * NS_PER_MS
							     : NS_PER_MS);
	assert_in_range(slow, 3, 110);
	assert_true(pace_is_slow(handler, 100 * NS_PER_MS));
	assert_false(pace_is_slow(handler, NS_PER_MS));
	pace_release(&pace);
}

static void zero_durations_are_counted_and_anything_is_slower(void **state)
{
	struct handler_pace *handler;
	struct pace pace;

	(void)state;
	pace_init(&pace, 10);
	handler = with_durations(&pace, minute_ns, 128, 0);
	assert_true(pace_is_slow(handler, 1));
	pace_release(&pace);
}

static void forgets_durations_after_two_minutes(void **state)
{
	struct handler_pace *handler;
	struct pace pace;

	(void)state;
	pace_init(&pace, 10);
	with_durations(&pace, minute_ns, 128, 100 * NS_PER_MS);
	handler = pace_of(&pace, str_from("GET /users"), 2 * minute_ns);
	assert_int_equal(handler->before.count, 128);
	assert_int_equal(handler->now.count, 0);
	handler = pace_of(&pace, str_from("GET /users"), 9 * minute_ns);
	assert_int_equal(handler->before.count, 0);
	pace_release(&pace);
}

static void has_a_limit_of_handlers(void **state)
{
	struct pace pace;
	char name[16];

	(void)state;
	pace_init(&pace, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "handler %d", i);
		assert_non_null(pace_of(&pace, str_from(name), minute_ns));
	}
	assert_null(pace_of(&pace, str_from("one more"), minute_ns));
	assert_non_null(pace_of(&pace, str_from("handler 7"), minute_ns));
	pace_release(&pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_slow_before_a_hundred_executions),
		cmocka_unit_test(slow_is_what_takes_longer_than_99_of_100),
		cmocka_unit_test(zero_durations_are_counted_and_anything_is_slower),
		cmocka_unit_test(forgets_durations_after_two_minutes),
		cmocka_unit_test(has_a_limit_of_handlers),
	};

	return test_run("processor/pace", tests);
}
