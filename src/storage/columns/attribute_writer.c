#include "base/hash.h"
#include "base/protobuf.h"
#include "storage/columns/attribute_columns.h"
#include "storage/columns/value_filter.h"

/* A column of fewer distinct strings is looked through as quickly as a filter. */
enum { LEAST_FILTERED = 1024 };
/* Columns kept between blocks; more than these, and somebody invents keys: forget them all. */
enum { MOST_KEPT_COLUMNS = 1024, FIRST_SLOTS = 64, EMPTY_SHAPE_SLOTS = 64 };

struct attribute_column {
	struct str key; /* our own copy */
	uint32_t hash;
	uint32_t code;  /* its index in the block being encoded */
	uint32_t count; /* values in this block */
	uint8_t type;
	struct strings_builder strings;
	struct vector_u64 numbers;
};

static void push_value(struct attribute_column *column, const struct value *value)
{
	column->count++;
	switch (value->type) {
	case VALUE_BOOL: vector_u64_push(&column->numbers, value->boolean); break;
	case VALUE_INT: vector_u64_push(&column->numbers, zigzag_encode(value->integer)); break;
	case VALUE_DOUBLE: vector_u64_push(&column->numbers, (uint64_t)value->integer); break;
	case VALUE_EMPTY: break;
	default: strings_push(&column->strings, value_str(value)); break;
	}
}

static bool grow_slots(uint32_t **slots, size_t *slot_count, size_t first_count)
{
	size_t count = *slot_count ? *slot_count * 2 : first_count;
	uint32_t *grown = calloc(count, sizeof(*grown));

	if (!grown)
		return false;
	free(*slots);
	*slots = grown;
	*slot_count = count;
	return true;
}

static void place(uint32_t *slots, size_t slot_count, uint32_t hash, uint32_t entry)
{
	size_t slot = hash & (slot_count - 1);

	while (slots[slot])
		slot = (slot + 1) & (slot_count - 1);
	slots[slot] = entry + 1;
}

static bool room_for_column(struct attribute_writer *writer)
{
	if (writer->column_count == writer->column_capacity) {
		size_t capacity = writer->column_capacity ? writer->column_capacity * 2 : 32;
		struct attribute_column *columns = realloc(writer->columns, capacity * sizeof(*columns));

		if (!columns)
			return false;
		writer->columns = columns;
		writer->column_capacity = capacity;
	}
	if (writer->column_count * 2 >= writer->column_slot_count) {
		if (!grow_slots(&writer->column_slots, &writer->column_slot_count, FIRST_SLOTS))
			return false;
		for (size_t i = 0; i < writer->column_count; i++)
			place(writer->column_slots, writer->column_slot_count, writer->columns[i].hash,
			      (uint32_t)i);
	}
	return true;
}

static uint32_t add_column(struct attribute_writer *writer, struct str key, uint8_t type, uint32_t hash)
{
	char *copy = malloc(key.size + 1);

	if (!copy || !room_for_column(writer)) {
		free(copy);
		writer->failed = true;
		return UINT32_MAX;
	}
	if (key.size)
		memcpy(copy, key.data, key.size);
	writer->columns[writer->column_count] =
		(struct attribute_column){.key = {copy, key.size}, .type = type, .hash = hash};
	place(writer->column_slots, writer->column_slot_count, hash, (uint32_t)writer->column_count);
	return (uint32_t)writer->column_count++;
}

static bool is_column(const struct attribute_column *column, const struct attribute *attribute)
{
	return column->type == attribute->value.type && str_equal(column->key, attribute->key);
}

static uint32_t find_column(struct attribute_writer *writer, const struct attribute *attribute)
{
	uint32_t hash = (uint32_t)hash_seeded(attribute->key.data, attribute->key.size,
					      hash_seed() + attribute->value.type);

	if (writer->column_slot_count) {
		size_t mask = writer->column_slot_count - 1;

		for (size_t slot = hash & mask; writer->column_slots[slot]; slot = (slot + 1) & mask) {
			uint32_t column = writer->column_slots[slot] - 1;

			if (writer->columns[column].hash == hash &&
			    is_column(&writer->columns[column], attribute))
				return column;
		}
	}
	return add_column(writer, attribute->key, attribute->value.type, hash);
}

static const uint32_t *shape_items(const struct attribute_writer *writer, uint32_t shape, size_t *count_out)
{
	uint32_t start = writer->shape_starts.items[shape];
	size_t end = shape + 1 < writer->shape_starts.count ? writer->shape_starts.items[shape + 1]
							    : writer->shape_items.count;

	*count_out = end - start;
	return end > start ? writer->shape_items.items + start : NULL;
}

static uint32_t add_shape(struct attribute_writer *writer, uint32_t hash)
{
	uint32_t shape = (uint32_t)writer->shape_starts.count;

	if ((shape + 1) * 2 > writer->shape_slot_count) {
		if (!grow_slots(&writer->shape_slots, &writer->shape_slot_count, EMPTY_SHAPE_SLOTS)) {
			writer->failed = true;
			return 0;
		}
		for (size_t i = 0; i < shape; i++)
			place(writer->shape_slots, writer->shape_slot_count, writer->shape_hashes.items[i],
			      (uint32_t)i);
	}
	vector_u32_push(&writer->shape_starts, (uint32_t)writer->shape_items.count);
	vector_u32_push(&writer->shape_hashes, hash);
	for (size_t i = 0; i < writer->scratch.count; i++)
		vector_u32_push(&writer->shape_items, writer->scratch.items[i]);
	if (writer->shape_starts.failed || writer->shape_hashes.failed || writer->shape_items.failed) {
		writer->failed = true;
		return 0;
	}
	place(writer->shape_slots, writer->shape_slot_count, hash, shape);
	return shape;
}

/* The shape whose columns are those in scratch. */
static uint32_t find_shape(struct attribute_writer *writer)
{
	size_t size = writer->scratch.count * sizeof(uint32_t), count;
	uint32_t hash = (uint32_t)hash_bytes(writer->scratch.items, size);

	if (writer->shape_slot_count) {
		size_t mask = writer->shape_slot_count - 1;

		for (size_t slot = hash & mask; writer->shape_slots[slot]; slot = (slot + 1) & mask) {
			uint32_t shape = writer->shape_slots[slot] - 1;
			const uint32_t *items = shape_items(writer, shape, &count);

			if (writer->shape_hashes.items[shape] == hash && count == writer->scratch.count &&
			    (size == 0 || memcmp(items, writer->scratch.items, size) == 0))
				return shape;
		}
	}
	return add_shape(writer, hash);
}

/* Pushes values for as long as the attributes follow the shape; returns how many did. */
static size_t follow_hint(struct attribute_writer *writer, const struct attributes *attributes, uint32_t hint,
			  bool *is_whole_out)
{
	size_t count, done = 0;
	const uint32_t *items = shape_items(writer, hint, &count);

	while (done < count && done < attributes->count) {
		struct attribute_column *column = &writer->columns[items[done]];

		if (!is_column(column, &attributes->items[done]))
			break;
		push_value(column, &attributes->items[done].value);
		done++;
	}
	*is_whole_out = done == count && done == attributes->count;
	return done;
}

uint32_t attribute_writer_push(struct attribute_writer *writer, const struct attributes *attributes,
			       uint32_t hint)
{
	size_t done = 0, count;
	bool is_whole = false;
	uint32_t shape = hint;

	vector_u32_push(&writer->dropped, attributes->dropped_count);
	if (hint < writer->shape_starts.count)
		done = follow_hint(writer, attributes, hint, &is_whole);
	if (!is_whole) {
		vector_u32_clear(&writer->scratch);
		for (size_t i = 0; i < done; i++)
			vector_u32_push(&writer->scratch, shape_items(writer, hint, &count)[i]);
		for (size_t i = done; i < attributes->count && !writer->failed; i++) {
			uint32_t column = find_column(writer, &attributes->items[i]);

			if (writer->failed)
				break;
			push_value(&writer->columns[column], &attributes->items[i].value);
			vector_u32_push(&writer->scratch, column);
		}
		shape = find_shape(writer);
	}
	vector_u32_push(&writer->rows, shape);
	return shape;
}

void attribute_writer_strings(const struct attribute_writer *writer, visit_string *visit, void *context)
{
	for (size_t i = 0; i < writer->column_count; i++) {
		const struct strings_builder *strings = &writer->columns[i].strings;
		const struct vector_str *list =
			strings->is_plain ? &strings->plain : &strings->dictionary.entries;

		for (size_t s = 0; s < list->count && writer->columns[i].type == VALUE_STRING; s++)
			visit(context, list->items[s]);
	}
}

bool attribute_writer_failed(const struct attribute_writer *writer)
{
	if (writer->failed || writer->rows.failed || writer->dropped.failed || writer->scratch.failed)
		return true;
	for (size_t i = 0; i < writer->column_count; i++)
		if (writer->columns[i].numbers.failed || strings_builder_failed(&writer->columns[i].strings))
			return true;
	return false;
}

/* Numbers the columns that this block uses; returns how many they are. */
static uint32_t number_columns(struct attribute_writer *writer)
{
	uint32_t used = 0;

	for (size_t i = 0; i < writer->column_count; i++)
		if (writer->columns[i].count)
			writer->columns[i].code = used++;
	return used;
}

/* Numbers the columns that this block uses and lists their keys; how many they are. */
static uint32_t put_keys(struct attribute_writer *writer, struct buffer *out)
{
	uint32_t used = number_columns(writer);

	protobuf_put_varint(out, used);
	for (size_t i = 0; i < writer->column_count; i++) {
		const struct attribute_column *column = &writer->columns[i];

		if (!column->count)
			continue;
		buffer_append_byte(out, column->type);
		protobuf_put_varint(out, column->count);
		protobuf_put_varint(out, column->key.size);
		buffer_append_str(out, column->key);
	}
	return used;
}

static void put_shapes(const struct attribute_writer *writer, struct buffer *out)
{
	protobuf_put_varint(out, writer->shape_starts.count);
	for (uint32_t shape = 0; shape < writer->shape_starts.count; shape++) {
		size_t count;
		const uint32_t *items = shape_items(writer, shape, &count);

		protobuf_put_varint(out, count);
		for (size_t i = 0; i < count; i++)
			protobuf_put_varint(out, writer->columns[items[i]].code);
	}
}

/* How many values of each of the used keys every stretch of rows has. */
static void put_marks(struct attribute_writer *writer, uint32_t used, struct buffer *out)
{
	struct vector_u32 *marks = &writer->scratch;

	vector_u32_clear(marks);
	for (size_t i = mark_count(writer->rows.count) * used; i > 0; i--)
		vector_u32_push(marks, 0);
	for (size_t row = 0; row < writer->rows.count && !marks->failed; row++) {
		uint32_t *mark = marks->items + row / MARK_ROWS * used;
		size_t count;
		const uint32_t *items = shape_items(writer, writer->rows.items[row], &count);

		for (size_t i = 0; i < count; i++)
			mark[writer->columns[items[i]].code]++;
	}
	numbers_encode_u32(marks->items, marks->count, out);
}

void attribute_writer_encode(struct attribute_writer *writer, struct block_writer *block, uint8_t table)
{
	uint32_t used = put_keys(writer, block_writer_column(block, table, ATTRIBUTES_KEYS, 0));

	/* Keys without values have no columns, and a reader takes no more of them for that. */
	if (used > BLOCK_MOST_COLUMNS)
		block->is_too_large = true;
	if (used && writer->rows.count > MARK_ROWS)
		put_marks(writer, used, block_writer_column(block, table, ATTRIBUTES_MARKS, 0));
	put_shapes(writer, block_writer_column(block, table, ATTRIBUTES_SHAPES, 0));
	block_writer_head(block, numbers_encode_u32(writer->rows.items, writer->rows.count,
						    block_writer_column(block, table, ATTRIBUTES_ROWS, 0)));
	numbers_encode_u32(writer->dropped.items, writer->dropped.count,
			   block_writer_column(block, table, ATTRIBUTES_DROPPED, 0));
	for (size_t i = 0; i < writer->column_count; i++) {
		const struct attribute_column *column = &writer->columns[i];
		struct buffer *out;
		size_t head;

		if (!column->count || column->type == VALUE_EMPTY)
			continue;
		out = block_writer_column(block, table, ATTRIBUTES_VALUES, (uint16_t)column->code);
		if (column->type == VALUE_BOOL || column->type == VALUE_INT || column->type == VALUE_DOUBLE)
			head = numbers_encode(column->numbers.items, column->numbers.count, out);
		else
			head = strings_encode(&column->strings, out);
		block_writer_head(block, head);
	}
}

static void put_filter(const struct vector_str *values, struct buffer *out)
{
	size_t size = value_filter_size(values->count);
	char *filter = buffer_reserve(out, size);

	if (!filter)
		return;
	memset(filter, 0, size);
	for (size_t i = 0; i < values->count; i++)
		value_filter_add(filter, size, values->items[i]);
	out->size += size;
}

void attribute_writer_encode_filters(struct attribute_writer *writer, struct block_writer *block,
				     uint8_t table)
{
	if (number_columns(writer) > BLOCK_MOST_COLUMNS)
		return;
	for (size_t i = 0; i < writer->column_count; i++) {
		const struct attribute_column *column = &writer->columns[i];
		const struct strings_builder *strings = &column->strings;
		const struct vector_str *values =
			strings->is_plain ? &strings->plain : &strings->dictionary.entries;

		if (column->count && column->type == VALUE_STRING && values->count >= LEAST_FILTERED)
			put_filter(values, block_writer_random_column(block, table, ATTRIBUTES_FILTERS,
								      (uint16_t)column->code));
	}
}

static void forget_columns(struct attribute_writer *writer)
{
	for (size_t i = 0; i < writer->column_count; i++) {
		free((char *)writer->columns[i].key.data);
		strings_release(&writer->columns[i].strings);
		vector_u64_release(&writer->columns[i].numbers);
	}
	free(writer->columns);
	free(writer->column_slots);
	writer->columns = NULL;
	writer->column_slots = NULL;
	writer->column_count = writer->column_capacity = writer->column_slot_count = 0;
}

void attribute_writer_clear(struct attribute_writer *writer)
{
	if (writer->column_count > MOST_KEPT_COLUMNS)
		forget_columns(writer);
	for (size_t i = 0; i < writer->column_count; i++) {
		if (!writer->columns[i].count)
			continue;
		writer->columns[i].count = 0;
		strings_clear(&writer->columns[i].strings);
		vector_u64_clear(&writer->columns[i].numbers);
	}
	if (writer->shape_starts.count)
		memset(writer->shape_slots, 0, writer->shape_slot_count * sizeof(*writer->shape_slots));
	vector_u32_clear(&writer->shape_starts);
	vector_u32_clear(&writer->shape_items);
	vector_u32_clear(&writer->shape_hashes);
	vector_u32_clear(&writer->rows);
	vector_u32_clear(&writer->dropped);
	vector_u32_clear(&writer->scratch);
	writer->failed = false;
}

void attribute_writer_release(struct attribute_writer *writer)
{
	forget_columns(writer);
	free(writer->shape_slots);
	vector_u32_release(&writer->shape_starts);
	vector_u32_release(&writer->shape_items);
	vector_u32_release(&writer->shape_hashes);
	vector_u32_release(&writer->rows);
	vector_u32_release(&writer->dropped);
	vector_u32_release(&writer->scratch);
	*writer = (struct attribute_writer){0};
}
