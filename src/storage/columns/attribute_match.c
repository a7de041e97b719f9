#include "storage/columns/attribute_columns.h"

/* What a value column must hold at a row to equal the text that is looked for. */
struct wanted {
	struct attribute_values *values;
	bool is_code;  /* compare numbers: a dictionary's code, or a number's own */
	bool is_never; /* no value of the column can be equal */
	uint64_t code;
};

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to match attributes");
}

static void want_string(struct wanted *wanted, struct str text)
{
	const struct strings *strings = &wanted->values->strings;

	if (strings->is_plain)
		return;
	wanted->is_code = true;
	while (wanted->code < strings->list.count &&
	       !str_equal(string_list_get(&strings->list, wanted->code), text))
		wanted->code++;
	wanted->is_never = wanted->code == strings->list.count;
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

static bool holds(const struct wanted *wanted, size_t index, struct str text, struct buffer *scratch)
{
	const struct attribute_values *values = wanted->values;

	if (wanted->is_never || index >= values->count)
		return false;
	if (!wanted->is_code)
		return equals_text(values, index, text, scratch);
	return numbers_get(values->type == VALUE_STRING ? &values->strings.codes : &values->numbers, index) ==
	       wanted->code;
}

/* The columns that have the key, one a type, ready to compare. */
static enum status find_wanted(struct attribute_reader *reader, struct str key, struct str text,
			       struct wanted wanted[VALUE_TYPE_COUNT], size_t *count_out, struct error *error)
{
	size_t count = 0;

	for (size_t i = 0; i < reader->value_count && count < VALUE_TYPE_COUNT; i++) {
		struct attribute_values *values = &reader->values[i];
		enum status status;

		if (!str_equal(values->key, key))
			continue;
		status = attribute_values_open(reader, values, error);
		if (status != STATUS_OK)
			return status;
		wanted[count] = (struct wanted){.values = values};
		if (values->type == VALUE_STRING)
			want_string(&wanted[count], text);
		else
			want_number(&wanted[count], text);
		count++;
	}
	*count_out = count;
	return STATUS_OK;
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

enum status attribute_reader_match(struct attribute_reader *reader, struct str key, struct str text,
				   enum attribute_match *matches, struct error *error)
{
	struct wanted wanted[VALUE_TYPE_COUNT];
	size_t count = 0, next[VALUE_TYPE_COUNT] = {0};
	struct buffer scratch = BUFFER_EMPTY;
	struct shape_use *uses;
	enum status status = find_wanted(reader, key, text, wanted, &count, error);

	if (status != STATUS_OK)
		return status;
	memset(matches, 0, reader->row_count * sizeof(*matches));
	if (count == 0)
		return STATUS_OK;
	uses = arena_alloc(reader->block->arena, reader->shape_count * sizeof(*uses));
	if (!uses)
		return no_memory(error);
	note_uses(reader, wanted, count, uses);
	for (size_t row = 0; row < reader->row_count; row++) {
		uint64_t shape = numbers_get(&reader->rows, row);

		if (shape >= reader->shape_count || uses[shape].last < 0)
			continue;
		for (size_t w = 0; w < count; w++)
			next[w] += uses[shape].taken[w];
		matches[row] = holds(&wanted[uses[shape].last], next[uses[shape].last] - 1, text, &scratch)
				       ? ATTRIBUTE_EQUAL
				       : ATTRIBUTE_DIFFERENT;
	}
	buffer_release(&scratch);
	return STATUS_OK;
}
