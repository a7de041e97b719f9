#include "storage/columns/predicate_columns.h"

/* What is known of a dictionary's entries; behind them, of the empty text that a damaged code reads as. */
enum verdict { UNKNOWN = 0, FAILS = 1, PASSES = 2 };

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to evaluate a filter");
}

static bool test_once(uint8_t *verdict, bool passes)
{
	*verdict = passes ? PASSES : FAILS;
	return passes;
}

enum status strings_test(struct strings *strings, const struct predicate *leaf, text_test *test, size_t first,
			 size_t count, struct arena *arena, uint8_t *matches, struct error *error)
{
	size_t entry_count = strings->list.count;
	uint8_t *verdicts = strings->is_plain ? NULL : arena_calloc(arena, entry_count + 1, 1);
	enum status status = strings_need(strings, first, count, error);

	if (!strings->is_plain && !verdicts)
		return no_memory(error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		uint64_t code;

		if (!matches[i])
			continue;
		if (strings->is_plain) {
			matches[i] = test(leaf, strings_get(strings, first + i));
			continue;
		}
		code = numbers_get(&strings->codes, first + i);
		code = code < entry_count ? code : entry_count;
		if (verdicts[code] == UNKNOWN)
			test_once(&verdicts[code], test(leaf, strings_get(strings, first + i)));
		matches[i] = verdicts[code] == PASSES;
	}
	return status;
}

/* A column that has the key: where in it the rows' values lie, and what is known of its dictionary. */
struct tested {
	struct attribute_values *values;
	size_t next; /* behind the values of the rows before */
	uint8_t *verdicts;
};

/* For each shape and column: how many values a row takes, and which column has the key's last one. */
struct shape_use {
	uint32_t taken[VALUE_TYPE_COUNT];
	int last; /* -1: the shape lacks the key */
};

static void note_uses(const struct attribute_reader *reader, const struct tested *tested, size_t count,
		      struct shape_use *uses)
{
	for (size_t shape = 0; shape < reader->shape_count; shape++) {
		uses[shape] = (struct shape_use){.last = -1};
		for (size_t i = 0; i < reader->shapes[shape].count; i++)
			for (size_t t = 0; t < count; t++)
				if (reader->shapes[shape].items[i] == tested[t].values->index) {
					uses[shape].taken[t]++;
					uses[shape].last = (int)t;
				}
	}
}

/* Opens the columns that have the key, one a type. */
static enum status open_tested(struct attribute_reader *reader, struct str key,
			       struct tested tested[VALUE_TYPE_COUNT], size_t *count_out, struct error *error)
{
	bool wants_few = reader->wants_few;
	enum status status = STATUS_OK;
	size_t count = 0;

	attribute_reader_want_few(reader, true);
	for (size_t i = 0; i < reader->value_count && count < VALUE_TYPE_COUNT && status == STATUS_OK; i++) {
		struct attribute_values *values = &reader->values[i];
		bool has_dictionary;

		if (!str_equal(values->key, key))
			continue;
		status = attribute_values_open(reader, values, error);
		if (status != STATUS_OK)
			break;
		has_dictionary = values->type == VALUE_STRING && !values->strings.is_plain;
		tested[count] = (struct tested){.values = values};
		if (has_dictionary)
			tested[count].verdicts =
				arena_calloc(reader->block->arena, values->strings.list.count + 1, 1);
		if (has_dictionary && !tested[count].verdicts)
			status = no_memory(error);
		count++;
	}
	attribute_reader_want_few(reader, wants_few);
	*count_out = count;
	return status;
}

static void skip_rows(const struct attribute_reader *reader, const struct shape_use *uses,
		      struct tested *tested, size_t count, size_t first, size_t end)
{
	for (size_t row = first; row < end; row++) {
		uint64_t shape = numbers_get(&reader->rows, row);

		for (size_t t = 0; shape < reader->shape_count && t < count; t++)
			tested[t].next += uses[shape].taken[t];
	}
}

/* Makes the values of the rows in [first, first + count) readable, and comes to stand before them. */
static enum status need_values(struct attribute_reader *reader, const struct shape_use *uses,
			       struct tested *tested, size_t tested_count, size_t first, size_t count,
			       struct error *error)
{
	size_t begins[VALUE_TYPE_COUNT];
	enum status status = STATUS_OK;

	skip_rows(reader, uses, tested, tested_count, 0, first);
	for (size_t t = 0; t < tested_count; t++)
		begins[t] = tested[t].next;
	skip_rows(reader, uses, tested, tested_count, first, first + count);
	for (size_t t = 0; t < tested_count && status == STATUS_OK; t++) {
		struct attribute_values *values = tested[t].values;
		size_t end = tested[t].next < values->count ? tested[t].next : values->count;

		if (begins[t] < end)
			status = attribute_values_need(values, begins[t], end - begins[t], error);
		tested[t].next = begins[t];
	}
	return status;
}

static bool test_value(const struct tested *tested, size_t index, const struct predicate *leaf)
{
	const struct strings *strings = &tested->values->strings;
	struct value value;
	uint64_t code = 0;

	/* A value that a damaged block lacks passes no test. */
	if (index >= tested->values->count)
		return false;
	if (tested->verdicts) {
		code = numbers_get(&strings->codes, index);
		code = code < strings->list.count ? code : strings->list.count;
		if (tested->verdicts[code] != UNKNOWN)
			return tested->verdicts[code] == PASSES;
	}
	value = attribute_values_get(tested->values, index);
	if (tested->verdicts)
		return test_once(&tested->verdicts[code], predicate_test_value(leaf, &value));
	return predicate_test_value(leaf, &value);
}

enum status attributes_test(struct attribute_reader *reader, struct str key, const struct predicate *leaf,
			    size_t first, size_t count, uint8_t *matches, enum attribute_match *found,
			    struct error *error)
{
	struct tested tested[VALUE_TYPE_COUNT];
	size_t tested_count = 0;
	struct shape_use *uses = arena_alloc(reader->block->arena, reader->shape_count * sizeof(*uses));
	enum status status = open_tested(reader, key, tested, &tested_count, error);

	memset(found, ATTRIBUTE_ABSENT, count);
	if (!uses)
		return no_memory(error);
	if (status == STATUS_OK && tested_count)
		status = numbers_need(&reader->rows, 0, first + count, error);
	if (status != STATUS_OK || tested_count == 0)
		return status;
	note_uses(reader, tested, tested_count, uses);
	status = need_values(reader, uses, tested, tested_count, first, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		uint64_t shape = numbers_get(&reader->rows, first + i);

		if (shape >= reader->shape_count)
			continue;
		for (size_t t = 0; t < tested_count; t++)
			tested[t].next += uses[shape].taken[t];
		if (uses[shape].last < 0)
			continue;
		found[i] = ATTRIBUTE_DIFFERENT;
		if (matches[i])
			matches[i] = test_value(&tested[uses[shape].last], tested[uses[shape].last].next - 1,
						leaf);
		if (matches[i])
			found[i] = ATTRIBUTE_EQUAL;
	}
	return status;
}
