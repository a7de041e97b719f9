#include "model/predicate.h"

#include "model/filter.h"
#include "test.h"

static struct operand text(const char *s)
{
	return (struct operand){.text = str_from(s)};
}

static struct operand whole(int64_t integer)
{
	return (struct operand){
		.text = str_from(""), .type = OPERAND_INTEGER, .integer = integer, .real = (double)integer};
}

static struct operand real(double number)
{
	return (struct operand){.text = str_from(""), .type = OPERAND_REAL, .real = number};
}

static bool orders(enum predicate_operator operator, struct operand operand, struct value value)
{
	const struct predicate leaf = {.kind = PREDICATE_LEAF,
				       .field = ROW_TAG,
				       .operator= operator,
				       .operands = & operand,
				       .operand_count = 1};

	return predicate_test_value(&leaf, &value);
}

static struct value string(const char *s)
{
	return value_from_str(str_from(s));
}

static void orders_numbers_as_numbers(void **state)
{
	(void)state;
	assert_true(orders(OPERATOR_GREATER, whole(9), value_from_int(10)));
	assert_false(orders(OPERATOR_GREATER, whole(10), value_from_int(10)));
	assert_true(orders(OPERATOR_GREATER_EQUAL, whole(10), value_from_int(10)));
	assert_true(orders(OPERATOR_LESS, real(0.5), value_from_double(0.25)));
	assert_true(orders(OPERATOR_LESS_EQUAL, real(0.5), value_from_double(0.5)));
	assert_true(orders(OPERATOR_LESS, real(10.5), value_from_int(10)));
	assert_true(orders(OPERATOR_GREATER, whole(INT64_MAX - 1), value_from_int(INT64_MAX)));
}

static void orders_text_that_is_a_number_beside_a_number(void **state)
{
	(void)state;
	assert_true(orders(OPERATOR_GREATER, whole(9), string("10")));
	assert_true(orders(OPERATOR_LESS, whole(9), string("8.5")));
}

static void orders_all_else_as_text(void **state)
{
	(void)state;
	assert_true(orders(OPERATOR_LESS, text("9"), value_from_int(10)));
	assert_true(orders(OPERATOR_LESS, text("b"), string("a")));
	assert_true(orders(OPERATOR_GREATER, text("false"), value_from_bool(true)));
}

static void what_is_not_a_number_stands_in_no_order(void **state)
{
	(void)state;
	assert_false(orders(OPERATOR_LESS_EQUAL, whole(1), string("NaN")));
	assert_false(orders(OPERATOR_GREATER_EQUAL, whole(1), string("NaN")));
}

static void what_is_absent_fails_and_passes_where_negated(void **state)
{
	const struct operand operand = text("a");
	struct predicate leaf = {
		.kind = PREDICATE_LEAF, .field = ROW_TAG, .operands = &operand, .operand_count = 1};

	(void)state;
	assert_false(predicate_test_value(&leaf, NULL));
	assert_false(predicate_test_text(&leaf, str_from("")));
	leaf.is_negated = true;
	assert_true(predicate_test_value(&leaf, NULL));
	assert_true(predicate_test_text(&leaf, str_from("")));
}

static void an_attribute_may_be_empty_and_an_empty_body_is_none(void **state)
{
	struct predicate leaf = {.kind = PREDICATE_LEAF, .field = ROW_TAG, .operator= OPERATOR_EXISTS };
	const struct value empty = {.type = VALUE_EMPTY};

	(void)state;
	assert_true(predicate_test_value(&leaf, &empty));
	leaf.field = ROW_BODY;
	assert_false(predicate_test_value(&leaf, &empty));
}

static void a_prefix_begins_where_a_word_does(void **state)
{
	const struct operand operand = text("tim");
	struct predicate leaf = {.kind = PREDICATE_LEAF,
				 .field = ROW_ANYWHERE,
				 .operator= OPERATOR_CONTAINS,
				 .operands = &operand,
				 .operand_count = 1};

	(void)state;
	assert_false(predicate_contains(&leaf, str_from("it timed out")));
	leaf.is_prefix = true;
	assert_true(predicate_contains(&leaf, str_from("it Timed out")));
	assert_false(predicate_contains(&leaf, str_from("overtime")));
}

static void descriptions_differ_where_something_else_is_asked(void **state)
{
	const struct operand a = text("a"), b = text("b");
	struct predicate leaf = {.kind = PREDICATE_LEAF, .operands = &a, .operand_count = 1}, other = leaf;
	struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;

	(void)state;
	predicate_describe(&leaf, &first);
	predicate_describe(&other, &second);
	assert_true(str_equal(buffer_str(&first), buffer_str(&second)));
	buffer_clear(&second);
	other.operands = &b;
	predicate_describe(&other, &second);
	assert_false(str_equal(buffer_str(&first), buffer_str(&second)));
	buffer_clear(&second);
	other = leaf;
	other.is_negated = true;
	predicate_describe(&other, &second);
	assert_false(str_equal(buffer_str(&first), buffer_str(&second)));
	buffer_release(&first);
	buffer_release(&second);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_numbers_as_numbers),
		cmocka_unit_test(orders_text_that_is_a_number_beside_a_number),
		cmocka_unit_test(orders_all_else_as_text),
		cmocka_unit_test(what_is_not_a_number_stands_in_no_order),
		cmocka_unit_test(what_is_absent_fails_and_passes_where_negated),
		cmocka_unit_test(an_attribute_may_be_empty_and_an_empty_body_is_none),
		cmocka_unit_test(a_prefix_begins_where_a_word_does),
		cmocka_unit_test(descriptions_differ_where_something_else_is_asked),
	};

	return test_run("model/predicate", tests);
}
