#include "storage/columns/attribute_columns.h"
#include "storage/columns/value_filter.h"

/* What a value column must hold at a row to equal the text that is looked for. */
struct wanted {
	struct attribute_values *values;
	bool is_code;  /* compare numbers: a dictionary's code, or a number's own */
	bool is_never; /* no value of the column can be equal */
	uint64_t code;
	size_t next;     /* the value that stands behind those of the rows before */
	size_t first;    /* of equals: the first value that a wanted row may have */
	uint8_t *equals; /* of each value from first on: 1 where it equals */
	size_t equal_count;
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to match attributes");
}

/* Whether the column's filter, if it has one, lets the text through. Of the filter one bucket is read. */
static enum status pass_filter(struct attribute_reader *reader, struct wanted *wanted, struct str text,
			       struct error *error)
{
	struct column filter;
	size_t place;
	enum status status = block_column_open(reader->block, reader->table, ATTRIBUTES_FILTERS,
					       wanted->values->index, &filter, error);

	if (status != STATUS_OK || filter.size < VALUE_FILTER_BUCKET)
		return status;
	place = value_filter_place(filter.size, text);
	status = column_need(&filter, place, VALUE_FILTER_BUCKET, error);
	if (status == STATUS_OK)
		wanted->is_never = !value_filter_may_hold(str_make(filter.data, filter.size), text);
	return status;
}

static enum status want_string(struct attribute_reader *reader, struct wanted *wanted, struct str text,
			       struct error *error)
{
	struct strings *strings = &wanted->values->strings;
	size_t code = 0;
	bool is_there = true;
	enum status status = pass_filter(reader, wanted, text, error);

	if (status != STATUS_OK || wanted->is_never || strings->is_plain)
		return status;
	status = strings_find_code(strings, text, &code, &is_there, error);
	wanted->is_code = true;
	wanted->is_never = !is_there || !numbers_may_hold(&strings->codes, code);
	wanted->code = code;
	return status;
}

/* An integer or a boolean has one text, so the text has one number. */
static void want_number(struct wanted *wanted, struct str text)
{
	bool is_true = str_equal_c(text, "true");
	int64_t integer;

	if (wanted->values->type == VALUE_BOOL) {
		wanted->is_code = true;
		wanted->code = is_true;
		wanted->is_never = !is_true && !str_equal_c(text, "false");
	} else if (wanted->values->type == VALUE_INT) {
		wanted->is_code = true;
		wanted->is_never = !str_parse_i64(text, &integer) || (text.size > 1 && text.data[0] == '0') ||
				   (text.size > 1 && text.data[0] == '-' && text.data[1] == '0');
		wanted->code = wanted->is_never ? 0 : zigzag_encode(integer);
	}
	wanted->is_never |= wanted->is_code && !numbers_may_hold(&wanted->values->numbers, wanted->code);
}

static bool equals_text(const struct attribute_values *values, size_t index, struct str text,
			struct buffer *scratch)
{
	struct value value = {.type = values->type};

	if (values->type == VALUE_DOUBLE) {
		value.integer = (int64_t)numbers_get(&values->numbers, index);
	} else if (values->type != VALUE_EMPTY) {
		struct str s = strings_get(&values->strings, index);

		if (values->type == VALUE_STRING)
			return str_equal(s, text);
		value.data = s.data;
		value.size = (uint32_t)s.size;
	}
	buffer_clear(scratch);
	value_to_text(&value, scratch);
	return str_equal(buffer_str(scratch), text);
}

/* The columns that have the key, one a type, ready to compare. */
static enum status find_wanted(struct attribute_reader *reader, struct str key, struct str text,
			       struct wanted wanted[VALUE_TYPE_COUNT], size_t *count_out, struct error *error)
{
	bool wants_few = reader->wants_few;
	enum status status = STATUS_OK;
	size_t count = 0;

	attribute_reader_want_few(reader, true);
	for (size_t i = 0; i < reader->value_count && count < VALUE_TYPE_COUNT && status == STATUS_OK; i++) {
		struct attribute_values *values = &reader->values[i];

		if (!str_equal(values->key, key))
			continue;
		wanted[count] = (struct wanted){.values = values};
		status = attribute_values_open(reader, values, error);
		if (status == STATUS_OK && values->type == VALUE_STRING)
			status = want_string(reader, &wanted[count], text, error);
		else if (status == STATUS_OK)
			want_number(&wanted[count], text);
		count++;
	}
	attribute_reader_want_few(reader, wants_few);
	*count_out = count;
	return status;
}

enum status attribute_reader_may_hold(struct attribute_reader *reader, struct str key, struct str text,
				      bool *may_hold_out, struct error *error)
{
	struct wanted wanted[VALUE_TYPE_COUNT];
	size_t count = 0;
	bool may_hold = false;
	enum status status = find_wanted(reader, key, text, wanted, &count, error);

	for (size_t i = 0; i < count; i++)
		may_hold |= !wanted[i].is_never;
	if (status == STATUS_OK)
		*may_hold_out = may_hold;
	return status;
}

/* For each shape and wanted column: how many values a row takes, and which column has the key's last one. */
struct shape_use {
	uint32_t taken[VALUE_TYPE_COUNT];
	int last; /* -1: the shape lacks the key */
};

static void note_uses(const struct attribute_reader *reader, const struct wanted *wanted, size_t count,
		      struct shape_use *uses)
{
	for (size_t shape = 0; shape < reader->shape_count; shape++) {
		uses[shape] = (struct shape_use){.last = -1};
		for (size_t i = 0; i < reader->shapes[shape].count; i++)
			for (size_t w = 0; w < count; w++)
				if (reader->shapes[shape].items[i] == wanted[w].values->index) {
					uses[shape].taken[w]++;
					uses[shape].last = (int)w;
				}
	}
}

/* Moves on behind the values of the rows in [first, end). */
static void skip_rows(const struct attribute_reader *reader, const struct shape_use *uses,
		      struct wanted *wanted, size_t count, size_t first, size_t end)
{
	for (size_t row = first; row < end; row++) {
		uint64_t shape = numbers_get(&reader->rows, row);

		for (size_t w = 0; shape < reader->shape_count && w < count; w++)
			wanted[w].next += uses[shape].taken[w];
	}
}

/* Compares the values from first up to next, all at once: columns are quicker than rows. */
static enum status compare_values(struct attribute_reader *reader, struct wanted *wanted, struct str text,
				  struct error *error)
{
	struct attribute_values *values = wanted->values;
	size_t end = wanted->next < values->count ? wanted->next : values->count;
	size_t first = wanted->first < end ? wanted->first : end;
	struct buffer scratch = BUFFER_EMPTY;
	enum status status;

	if (wanted->is_never)
		return STATUS_OK;
	wanted->equals = arena_alloc(reader->block->arena, end - first);
	if (!wanted->equals)
		return no_memory(error);
	memset(wanted->equals, 1, end - first);
	wanted->equal_count = end - first;
	if (wanted->is_code) {
		const struct numbers *numbers =
			values->type == VALUE_STRING ? &values->strings.codes : &values->numbers;

		status = numbers_need(numbers, first, end - first, error);
		if (status == STATUS_OK)
			numbers_match(numbers, wanted->code, first, end - first, wanted->equals);
		return status;
	}
	status = attribute_values_need(values, first, end - first, error);
	for (size_t i = first; i < end && status == STATUS_OK; i++)
		wanted->equals[i - first] = equals_text(values, i, text, &scratch);
	buffer_release(&scratch);
	return status;
}

enum status attribute_reader_match(struct attribute_reader *reader, struct str key, struct str text,
				   size_t first, size_t count, enum attribute_match *matches,
				   struct error *error)
{
	struct wanted wanted[VALUE_TYPE_COUNT];
	size_t wanted_count = 0;
	struct shape_use *uses;
	enum status status = find_wanted(reader, key, text, wanted, &wanted_count, error);

	memset(matches, ATTRIBUTE_ABSENT, count);
	if (status == STATUS_OK && wanted_count)
		status = numbers_need(&reader->rows, 0, first + count, error);
	if (status != STATUS_OK || wanted_count == 0)
		return status;
	uses = arena_alloc(reader->block->arena, reader->shape_count * sizeof(*uses));
	if (!uses)
		return no_memory(error);
	note_uses(reader, wanted, wanted_count, uses);
	skip_rows(reader, uses, wanted, wanted_count, 0, first);
	for (size_t w = 0; w < wanted_count; w++)
		wanted[w].first = wanted[w].next;
	skip_rows(reader, uses, wanted, wanted_count, first, first + count);
	for (size_t w = 0; w < wanted_count && status == STATUS_OK; w++) {
		status = compare_values(reader, &wanted[w], text, error);
		wanted[w].next = 0;
	}
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		uint64_t shape = numbers_get(&reader->rows, first + i);
		struct wanted *last;

		if (shape >= reader->shape_count || uses[shape].last < 0)
			continue;
		for (size_t w = 0; w < wanted_count; w++)
			wanted[w].next += uses[shape].taken[w];
		last = &wanted[uses[shape].last];
		/* A value that a damaged block lacks equals nothing. */
		matches[i] = last->next <= last->equal_count && last->equals[last->next - 1]
				     ? ATTRIBUTE_EQUAL
				     : ATTRIBUTE_DIFFERENT;
	}
	return status;
}
