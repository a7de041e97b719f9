#include "unit/test.h"

#include <stdio.h>

#include "contract/rows.h"
#include "storage/columns/span_classes.h"
#include "storage/columns/span_schema.h"

/* Each changes one part of a span that makes its class. */
static void set_name(struct span *span)
{
	span->name = str_from("b");
}
static void set_kind(struct span *span)
{
	span->kind = 3;
}
static void set_status(struct span *span)
{
	span->status_code = 2;
}
static void set_flags(struct span *span)
{
	span->flags = 1;
}
static void set_role(struct span *span)
{
	span->handler.role = ROLE_EXECUTION;
}
static void set_type(struct span *span)
{
	span->handler.type = 2;
}
static void set_outcome(struct span *span)
{
	span->handler.outcome = OUTCOME_ERROR;
}
static void set_messages(struct span *span)
{
	span->handler.messages = 7;
}
static void set_handler(struct span *span)
{
	span->handler.name = str_from("h");
}
static void set_language(struct span *span)
{
	span->handler.language = str_from("rust");
}
static void set_event(struct span *span)
{
	span->handler.event = str_from("paid");
}

static void (*const changes[])(struct span *) = {set_name,    set_kind,     set_status,  set_flags,
						 set_role,    set_type,     set_outcome, set_messages,
						 set_handler, set_language, set_event};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

static void tells_spans_apart_by_every_part_of_their_class(void **state)
{
	struct span spans[CHANGES + 1];
	struct span_classes classes = {0};

	(void)state;
	for (size_t i = 0; i <= CHANGES; i++) {
		spans[i] = (struct span){.name = str_from("a"), .start_ns = i};
		if (i)
			changes[i - 1](&spans[i]);
	}
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i <= CHANGES; i++)
			assert_int_equal(span_classes_code(&classes, &spans[i], 0, 0), i);
	assert_int_equal(span_classes_code(&classes, &spans[0], 1, 0), CHANGES + 1);
	assert_int_equal(span_classes_code(&classes, &spans[0], 0, 1), CHANGES + 2);
	assert_int_equal(span_classes_code(&classes, &spans[0], 0, 0), 0);
	span_classes_release(&classes);
}

/* Span names with ids in them: every span has a class of its own. */
static void grows_with_names_that_never_repeat(void **state)
{
	enum { COUNT = 5000 };
	static struct span spans[COUNT];
	static char names[COUNT][8];
	struct span_classes classes = {0};

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		spans[i].name = str_from(names[i]);
		assert_int_equal(span_classes_code(&classes, &spans[i], 0, 0), i);
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(span_classes_code(&classes, &spans[i], 0, 0), i);
	span_classes_clear(&classes);
	assert_int_equal(span_classes_code(&classes, &spans[COUNT - 1], 0, 0), 0);
	span_classes_release(&classes);
}

static void puts_a_row_for_each_class(void **state)
{
	struct span spans[2] = {{.name = str_from("a"), .kind = 2}, {.name = str_from("b"), .kind = 3}};
	struct span_classes classes = {0};
	struct table_writer table = {0};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		span_classes_code(&classes, &spans[i % 2], 5, 6);
	span_classes_put(&classes, &table);
	assert_int_equal(table.numbers[CLASS_KIND].count, 2);
	assert_int_equal(table.numbers[CLASS_KIND].items[1], 3);
	assert_int_equal(table.numbers[CLASS_RESOURCE].items[0], 5);
	assert_int_equal(table.numbers[CLASS_SCOPE].items[0], 6);
	table_writer_release(&table);
	span_classes_release(&classes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_spans_apart_by_every_part_of_their_class),
		cmocka_unit_test(grows_with_names_that_never_repeat),
		cmocka_unit_test(puts_a_row_for_each_class),
	};

	return test_run("storage/columns/span_classes", tests);
}
