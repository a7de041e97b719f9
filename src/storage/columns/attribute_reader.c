#include "base/protobuf.h"
#include "storage/columns/attribute_columns.h"

static bool take(struct str *bytes, uint64_t most, uint64_t *value_out)
{
	const uint8_t *at = (const uint8_t *)bytes->data, *end = at + bytes->size;

	if (!protobuf_varint(&at, end, value_out) || *value_out > most)
		return false;
	*bytes = str_make(at, (size_t)(end - at));
	return true;
}

static enum status damaged(const struct attribute_reader *reader, const char *what, struct error *error)
{
	return error_set(error, STATUS_CORRUPT, "the %s of table %u are damaged", what, reader->table);
}

static enum status no_memory(struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to read attributes");
}

static bool take_key(struct str *bytes, struct attribute_values *values)
{
	uint64_t count, size;

	if (bytes->size == 0)
		return false;
	values->type = (uint8_t)bytes->data[0];
	*bytes = str_make(bytes->data + 1, bytes->size - 1);
	if (values->type >= VALUE_TYPE_COUNT || !take(bytes, BLOCK_MOST_BYTES, &count) ||
	    !take(bytes, bytes->size, &size) || size > bytes->size)
		return false;
	values->count = count;
	values->key = str_make(bytes->data, size);
	*bytes = str_make(bytes->data + size, bytes->size - size);
	return true;
}

static enum status open_keys(struct attribute_reader *reader, struct error *error)
{
	struct str bytes;
	uint64_t count = 0;
	enum status status = block_column(reader->block, reader->table, ATTRIBUTES_KEYS, 0, &bytes, error);

	if (status != STATUS_OK)
		return status;
	if (bytes.size && !take(&bytes, BLOCK_MOST_COLUMNS, &count))
		return damaged(reader, "keys", error);
	reader->values = arena_calloc(reader->block->arena, count, sizeof(*reader->values));
	if (!reader->values)
		return no_memory(error);
	reader->value_count = count;
	for (size_t i = 0; i < count; i++) {
		if (!take_key(&bytes, &reader->values[i]))
			return damaged(reader, "keys", error);
		reader->values[i].index = (uint16_t)i;
	}
	return STATUS_OK;
}

static bool take_shape(struct attribute_reader *reader, struct str *bytes, struct attribute_shape *shape,
		       bool *has_memory)
{
	uint64_t count, item;
	uint32_t *items;

	if (!take(bytes, bytes->size, &count))
		return false;
	items = arena_alloc(reader->block->arena, count * sizeof(*items));
	*has_memory = items != NULL;
	if (!items)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (reader->value_count == 0 || !take(bytes, reader->value_count - 1, &item))
			return false;
		items[i] = (uint32_t)item;
	}
	*shape = (struct attribute_shape){items, count};
	return true;
}

static enum status open_shapes(struct attribute_reader *reader, struct error *error)
{
	struct str bytes;
	uint64_t count = 0;
	bool has_memory = true;
	enum status status = block_column(reader->block, reader->table, ATTRIBUTES_SHAPES, 0, &bytes, error);

	if (status != STATUS_OK)
		return status;
	if (bytes.size && (!take(&bytes, bytes.size, &count)))
		return damaged(reader, "shapes", error);
	reader->shapes = arena_calloc(reader->block->arena, count, sizeof(*reader->shapes));
	if (!reader->shapes)
		return no_memory(error);
	reader->shape_count = count;
	for (size_t i = 0; i < count; i++)
		if (!take_shape(reader, &bytes, &reader->shapes[i], &has_memory))
			return has_memory ? damaged(reader, "shapes", error) : no_memory(error);
	return STATUS_OK;
}

static enum status open_numbers(struct attribute_reader *reader, uint8_t field, size_t count,
				struct numbers *numbers_out, struct error *error)
{
	struct column column;
	enum status status = block_column_open(reader->block, reader->table, field, 0, &column, error);

	if (status == STATUS_OK && column.size == 0)
		*numbers_out = (struct numbers){.count = field == ATTRIBUTES_MARKS ? 0 : count};
	else if (status == STATUS_OK)
		status = numbers_open_column(&column, count, numbers_out, error);
	return status;
}

enum status attribute_reader_open(struct block *block, uint8_t table, size_t row_count,
				  struct attribute_reader *reader_out, struct error *error)
{
	struct attribute_reader reader = {.block = block, .table = table, .row_count = row_count};
	enum status status = open_keys(&reader, error);

	if (status == STATUS_OK)
		status = open_shapes(&reader, error);
	if (status == STATUS_OK)
		status = open_numbers(&reader, ATTRIBUTES_MARKS, mark_count(row_count) * reader.value_count,
				      &reader.marks, error);
	if (status == STATUS_OK)
		status = open_numbers(&reader, ATTRIBUTES_ROWS, row_count, &reader.rows, error);
	if (status == STATUS_OK)
		status = open_numbers(&reader, ATTRIBUTES_DROPPED, row_count, &reader.dropped, error);
	if (status == STATUS_OK)
		*reader_out = reader;
	return status;
}

/* To the first row of a stretch. */
static enum status seek_mark(struct attribute_reader *reader, size_t mark, struct error *error)
{
	enum status status = numbers_need(&reader->marks, 0, mark * reader->value_count, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < reader->value_count; i++) {
		reader->values[i].next = 0;
		for (size_t before = 0; before < mark; before++)
			reader->values[i].next +=
				(size_t)numbers_get(&reader->marks, before * reader->value_count + i);
	}
	reader->row = mark * MARK_ROWS;
	return STATUS_OK;
}

enum status attribute_reader_seek(struct attribute_reader *reader, size_t row, struct error *error)
{
	size_t mark = reader->marks.count ? row / MARK_ROWS : 0;
	enum status status = STATUS_OK;
	uint32_t *seen;

	if (row > reader->row_count)
		return damaged(reader, "rows", error);
	/* On the way forward the rows before are counted already. */
	if (row < reader->row || mark * MARK_ROWS > reader->row)
		status = seek_mark(reader, mark, error);
	if (status == STATUS_OK)
		status = numbers_need(&reader->rows, reader->row, row - reader->row, error);
	if (status != STATUS_OK)
		return status;
	seen = arena_calloc(reader->block->arena, reader->shape_count, sizeof(*seen));
	if (!seen)
		return no_memory(error);
	for (size_t i = reader->row; i < row; i++) {
		uint64_t shape = numbers_get(&reader->rows, i);

		if (shape < reader->shape_count)
			seen[shape]++;
	}
	for (size_t shape = 0; shape < reader->shape_count; shape++)
		for (size_t i = 0; seen[shape] && i < reader->shapes[shape].count; i++)
			reader->values[reader->shapes[shape].items[i]].next += seen[shape];
	reader->row = row;
	return STATUS_OK;
}

static bool is_number(uint8_t type)
{
	return type == VALUE_BOOL || type == VALUE_INT || type == VALUE_DOUBLE;
}

static enum status open_values(struct attribute_reader *reader, struct attribute_values *values,
			       struct error *error)
{
	struct column column;
	enum status status = block_column_open(reader->block, reader->table, ATTRIBUTES_VALUES, values->index,
					       &column, error);

	if (status != STATUS_OK)
		return status;
	if (is_number(values->type))
		return numbers_open_column(&column, values->count, &values->numbers, error);
	return strings_open_column(&column, values->count, reader->block->arena, &values->strings, error);
}

enum status attribute_values_need(struct attribute_values *values, size_t first, size_t count,
				  struct error *error)
{
	if (values->type == VALUE_EMPTY)
		return STATUS_OK;
	return is_number(values->type) ? numbers_need(&values->numbers, first, count, error)
				       : strings_need(&values->strings, first, count, error);
}

enum status attribute_values_open(struct attribute_reader *reader, struct attribute_values *values,
				  struct error *error)
{
	enum status status = STATUS_OK;

	if (values->type == VALUE_EMPTY)
		values->is_open = values->is_whole = true;
	if (!values->is_open)
		status = open_values(reader, values, error);
	values->is_open |= status == STATUS_OK;
	if (status != STATUS_OK || values->is_whole || reader->wants_few)
		return status;
	status = attribute_values_need(values, 0, values->count, error);
	values->is_whole = status == STATUS_OK;
	return status;
}

struct value attribute_values_get(const struct attribute_values *values, size_t index)
{
	struct value value = {.type = values->type};

	if (is_number(values->type)) {
		uint64_t number = numbers_get(&values->numbers, index);

		if (values->type == VALUE_BOOL)
			value.boolean = number != 0;
		else
			value.integer = values->type == VALUE_INT ? zigzag_decode(number) : (int64_t)number;
	} else if (values->type != VALUE_EMPTY) {
		struct str s = strings_get(&values->strings, index);

		value.data = s.data;
		value.size = (uint32_t)s.size;
	}
	return value;
}

static enum status read_value(struct attribute_reader *reader, struct attribute_values *values,
			      struct value *value_out, struct error *error)
{
	enum status status;

	if (!values->is_whole && (status = attribute_values_open(reader, values, error)) != STATUS_OK)
		return status;
	if (values->next >= values->count)
		return damaged(reader, "values", error);
	if (!values->is_whole &&
	    (status = attribute_values_need(values, values->next, 1, error)) != STATUS_OK)
		return status;
	*value_out = attribute_values_get(values, values->next++);
	return STATUS_OK;
}

static enum status find_shape(const struct attribute_reader *reader, const struct attribute_shape **shape_out,
			      struct error *error)
{
	static const struct attribute_shape none = {NULL, 0};
	enum status status;
	uint64_t code;

	if (reader->row >= reader->row_count)
		return damaged(reader, "rows", error);
	status = numbers_need(&reader->rows, reader->row, 1, error);
	if (status != STATUS_OK)
		return status;
	code = numbers_get(&reader->rows, reader->row);
	if (reader->shape_count && code >= reader->shape_count)
		return damaged(reader, "shapes", error);
	*shape_out = reader->shape_count ? &reader->shapes[code] : &none;
	return STATUS_OK;
}

enum status attribute_reader_skip(struct attribute_reader *reader, struct error *error)
{
	const struct attribute_shape *shape;
	enum status status = find_shape(reader, &shape, error);

	if (status != STATUS_OK)
		return status;
	for (size_t i = 0; i < shape->count; i++)
		reader->values[shape->items[i]].next++;
	reader->row++;
	return STATUS_OK;
}

enum status attribute_reader_next(struct attribute_reader *reader, struct attributes *attributes_out,
				  struct error *error)
{
	const struct attribute_shape *shape;
	struct attribute *items;
	enum status status = find_shape(reader, &shape, error);

	if (status == STATUS_OK)
		status = numbers_need(&reader->dropped, reader->row, 1, error);
	if (status != STATUS_OK)
		return status;
	items = arena_alloc(reader->block->arena, shape->count * sizeof(*items));
	if (!items)
		return no_memory(error);
	for (size_t i = 0; i < shape->count; i++) {
		struct attribute_values *values = &reader->values[shape->items[i]];

		status = read_value(reader, values, &items[i].value, error);
		if (status != STATUS_OK)
			return status;
		items[i].key = values->key;
	}
	*attributes_out = (struct attributes){items, (uint32_t)shape->count,
					      (uint32_t)numbers_get(&reader->dropped, reader->row)};
	reader->row++;
	return STATUS_OK;
}
