/* What a question that counts log records wants of a block: times, levels, and one field as codes into its texts. */
#include "storage/columns/log_reader.h"
#include "storage/columns/log_schema.h"

static enum status no_memory(const struct log_reader *reader, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to count a block of %zu log records",
			 reader->block.row_count);
}

/* The levels of severity numbers; 0 says nothing. */
static uint8_t level_of_number(uint64_t number)
{
	const struct log_record probe = {.severity_number = (uint8_t)number};

	return (uint8_t)log_record_level(&probe);
}

/* Records without a number have a text that may name their level. */
static enum status read_named_levels(struct log_reader *reader, const uint64_t *numbers, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = table_open_strings(&reader->logs, LOG_SEVERITY_TEXT, count, error);

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct log_record probe = {.severity_number = (uint8_t)numbers[i]};

		if (probe.severity_number)
			continue;
		probe.severity_text = table_string(&reader->logs, LOG_SEVERITY_TEXT, i);
		reader->levels[i] = (uint8_t)log_record_level(&probe);
	}
	return status;
}

enum status log_reader_levels(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	struct arena *arena = reader->block.arena;
	uint8_t table[UINT8_MAX + 1], *levels;
	uint64_t *numbers;
	bool has_unnumbered = false;
	enum status status;

	if (reader->levels)
		return STATUS_OK;
	status = table_open_numbers(&reader->logs, LOG_SEVERITY, count, error);
	if (status != STATUS_OK)
		return status;
	numbers = arena_alloc(arena, count * sizeof(*numbers));
	levels = arena_alloc(arena, count);
	if (!numbers || !levels)
		return no_memory(reader, error);
	for (size_t i = 0; i < sizeof(table); i++)
		table[i] = level_of_number(i);
	numbers_read(&reader->logs.numbers[LOG_SEVERITY], 0, count, numbers);
	for (size_t i = 0; i < count; i++) {
		levels[i] = table[(uint8_t)numbers[i]];
		has_unnumbered |= (uint8_t)numbers[i] == 0;
	}
	reader->levels = levels;
	if (has_unnumbered)
		status = read_named_levels(reader, numbers, error);
	if (status != STATUS_OK)
		reader->levels = NULL;
	return status;
}

/* ---- one field ---- */

/* A field of all rows: codes of each, into values. A code of an empty text is one still. */
struct field_values {
	uint32_t *codes;
	struct str *values;
	size_t value_count, capacity;
};

static bool reserve(struct field_values *field, struct arena *arena, size_t more)
{
	size_t needed = field->value_count + more, capacity = needed * 2;
	struct str *values;

	if (needed <= field->capacity)
		return true;
	values = arena_alloc(arena, capacity * sizeof(*values));
	if (!values)
		return false;
	if (field->value_count)
		memcpy(values, field->values, field->value_count * sizeof(*values));
	field->values = values;
	field->capacity = capacity;
	return true;
}

static enum status read_handlers(struct log_reader *reader, struct field_values *field, struct error *error)
{
	size_t count = reader->block.row_count;
	const struct strings *strings = &reader->logs.strings[LOG_HANDLER - FIRST_STRINGS_FIELD];
	enum status status = table_open_strings(&reader->logs, LOG_HANDLER, count, error);

	if (status != STATUS_OK)
		return status;
	if (!reserve(field, reader->block.arena, strings->list.count))
		return no_memory(reader, error);
	for (size_t i = 0; i < strings->list.count; i++)
		field->values[field->value_count++] = string_list_get(&strings->list, i);
	for (size_t row = 0; row < count; row++) {
		uint64_t code = strings->is_plain ? row : numbers_get(&strings->codes, row);

		field->codes[row] = code < strings->list.count ? (uint32_t)code : LOG_NO_VALUE;
	}
	return STATUS_OK;
}

static enum status open_origin(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = origin_reader_open(&reader->block, &reader->origin, error);

	if (status == STATUS_OK)
		status = table_open_numbers(&reader->logs, LOG_RESOURCE, count, error);
	return status == STATUS_OK ? table_open_numbers(&reader->logs, LOG_SCOPE, count, error) : status;
}

static enum status read_services(struct log_reader *reader, struct field_values *field, struct error *error)
{
	size_t resources;
	enum status status = open_origin(reader, error);

	if (status != STATUS_OK)
		return status;
	resources = reader->origin.resource_count;
	if (!reserve(field, reader->block.arena, resources))
		return no_memory(reader, error);
	for (size_t i = 0; i < resources; i++)
		field->values[field->value_count++] = resource_service(origin_resource(&reader->origin, i));
	for (size_t row = 0; row < reader->block.row_count; row++) {
		uint64_t code = table_number(&reader->logs, LOG_RESOURCE, row);

		field->codes[row] = code < resources ? (uint32_t)code : LOG_NO_VALUE;
	}
	return STATUS_OK;
}

static bool add_text(struct field_values *field, struct arena *arena, const struct value *value)
{
	struct buffer text = BUFFER_EMPTY;
	struct str copy;

	if (!reserve(field, arena, 1))
		return false;
	if (value->type == VALUE_STRING) {
		field->values[field->value_count++] = value_str(value);
		return true;
	}
	value_to_text(value, &text);
	copy = arena_copy(arena, buffer_str(&text));
	if (buffer_failed(&text))
		copy.data = NULL;
	buffer_release(&text);
	field->values[field->value_count++] = copy;
	return copy.data != NULL;
}

/* The texts of a column of values, behind those that are there. */
static enum status add_texts(struct log_reader *reader, struct attribute_values *values,
			     struct field_values *field, struct error *error)
{
	bool is_string = values->type == VALUE_STRING;
	size_t count = is_string ? values->strings.list.count : values->count;
	enum status status = STATUS_OK;

	if (is_string)
		status = string_list_need(&values->strings.list, 0, count, error);
	if (status != STATUS_OK)
		return status;
	if (!reserve(field, reader->block.arena, count))
		return no_memory(reader, error);
	for (size_t i = 0; i < count; i++) {
		struct value value = is_string ? value_from_str(string_list_get(&values->strings.list, i))
					       : attribute_values_get(values, i);

		if (!add_text(field, reader->block.arena, &value))
			return no_memory(reader, error);
	}
	return STATUS_OK;
}

/* A column of values of the key: of one type. */
struct key_column {
	struct attribute_values *values;
	size_t first_text; /* where its texts begin among the field's */
	size_t next;       /* the value that stands behind those of the rows before */
};

/* For each shape and column: how many values a row takes, and which column has the key's last one. */
struct shape_use {
	uint32_t taken[VALUE_TYPE_COUNT];
	int last; /* -1: the shape lacks the key */
};

static enum status open_key(struct log_reader *reader, struct str key, struct key_column *columns,
			    size_t *count_out, struct field_values *field, struct error *error)
{
	struct attribute_reader *attributes = &reader->attributes;
	enum status status = log_reader_open_attributes(reader, error);

	*count_out = 0;
	for (size_t i = 0;
	     status == STATUS_OK && i < attributes->value_count && *count_out < VALUE_TYPE_COUNT; i++) {
		if (!str_equal(attributes->values[i].key, key))
			continue;
		columns[*count_out] = (struct key_column){&attributes->values[i], field->value_count, 0};
		*count_out += 1;
		status = attribute_values_open(attributes, &attributes->values[i], error);
		if (status == STATUS_OK)
			status = add_texts(reader, &attributes->values[i], field, error);
	}
	return status;
}

static void note_uses(const struct attribute_reader *attributes, const struct key_column *columns,
		      size_t count, struct shape_use *uses)
{
	for (size_t shape = 0; shape < attributes->shape_count; shape++) {
		uses[shape] = (struct shape_use){.last = -1};
		for (size_t i = 0; i < attributes->shapes[shape].count; i++)
			for (size_t c = 0; c < count; c++)
				if (attributes->shapes[shape].items[i] == columns[c].values->index) {
					uses[shape].taken[c]++;
					uses[shape].last = (int)c;
				}
	}
}

/* The code of a value: strings of a dictionary have one text for many. */
static uint32_t code_of(const struct key_column *column, size_t index)
{
	const struct attribute_values *values = column->values;
	bool is_coded = values->type == VALUE_STRING && !values->strings.is_plain;
	size_t count = values->type == VALUE_STRING ? values->strings.list.count : values->count;
	uint64_t entry = is_coded ? numbers_get(&values->strings.codes, index) : index;

	return entry < count ? (uint32_t)(column->first_text + entry) : LOG_NO_VALUE;
}

/* Gives the rows that have the key their codes; the others keep theirs. */
static enum status code_rows(struct log_reader *reader, struct key_column *columns, size_t count,
			     struct field_values *field, struct error *error)
{
	const struct attribute_reader *attributes = &reader->attributes;
	struct shape_use *uses = arena_alloc(reader->block.arena, attributes->shape_count * sizeof(*uses));
	enum status status;

	if (!uses)
		return no_memory(reader, error);
	status = numbers_need(&attributes->rows, 0, reader->block.row_count, error);
	if (status != STATUS_OK)
		return status;
	note_uses(attributes, columns, count, uses);
	for (size_t row = 0; row < reader->block.row_count; row++) {
		uint64_t shape = numbers_get(&attributes->rows, row);

		if (shape >= attributes->shape_count || uses[shape].last < 0)
			continue;
		for (size_t c = 0; c < count; c++) {
			columns[c].next += uses[shape].taken[c];
			if (columns[c].next > columns[c].values->count)
				return error_set(error, STATUS_CORRUPT, "the values of table %u are damaged",
						 attributes->table);
		}
		field->codes[row] = code_of(&columns[uses[shape].last], columns[uses[shape].last].next - 1);
	}
	return STATUS_OK;
}

/* The codes of what a row's resource, else its scope, has of the key: one for each resource, then for each scope. */
static enum status code_origins(struct log_reader *reader, struct str key, struct field_values *field,
				uint32_t **codes_out, bool *any_out, struct error *error)
{
	const struct origin_reader *origin = &reader->origin;
	size_t count = origin->resource_count + origin->scope_count;
	uint32_t *codes = arena_alloc(reader->block.arena, (count + 1) * sizeof(*codes));

	if (!codes)
		return no_memory(reader, error);
	*any_out = false;
	for (size_t i = 0; i < count; i++) {
		bool is_scope = i >= origin->resource_count;
		const struct value *value =
			attribute_of_row(key, NULL, is_scope ? NULL : &origin->resources[i],
					 is_scope ? &origin->scopes[i - origin->resource_count] : NULL);

		codes[i] = value ? (uint32_t)field->value_count : LOG_NO_VALUE;
		*any_out |= value != NULL;
		if (value && !add_text(field, reader->block.arena, value))
			return no_memory(reader, error);
	}
	*codes_out = codes;
	return STATUS_OK;
}

/* Rows whose own attributes lack the key, and only they, take what their origin has. */
static enum status code_rows_by_origin(struct log_reader *reader, struct str key, struct field_values *field,
				       struct error *error)
{
	size_t resources, scopes;
	uint32_t *codes = NULL;
	bool any = false;
	enum status status = open_origin(reader, error);

	if (status == STATUS_OK)
		status = code_origins(reader, key, field, &codes, &any, error);
	if (status != STATUS_OK || !any)
		return status;
	resources = reader->origin.resource_count;
	scopes = reader->origin.scope_count;
	for (size_t row = 0; row < reader->block.row_count; row++) {
		uint64_t resource = table_number(&reader->logs, LOG_RESOURCE, row);
		uint64_t scope = table_number(&reader->logs, LOG_SCOPE, row);

		if (resource < resources)
			field->codes[row] = codes[resource];
		if (field->codes[row] == LOG_NO_VALUE && scope < scopes)
			field->codes[row] = codes[resources + scope];
	}
	return STATUS_OK;
}

static enum status read_attributes(struct log_reader *reader, const struct log_field *wanted,
				   struct field_values *field, struct error *error)
{
	struct key_column columns[VALUE_TYPE_COUNT];
	size_t count;
	enum status status = STATUS_OK;

	if (wanted->kind == LOG_FIELD_TAG)
		status = code_rows_by_origin(reader, wanted->key, field, error);
	if (status == STATUS_OK)
		status = open_key(reader, wanted->key, columns, &count, field, error);
	return status == STATUS_OK && count ? code_rows(reader, columns, count, field, error) : status;
}

static enum status read_field(struct log_reader *reader, const struct log_field *wanted,
			      struct field_values *field, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	field->codes = arena_alloc(reader->block.arena, count * sizeof(*field->codes));
	if (!field->codes || !reserve(field, reader->block.arena, 1))
		return no_memory(reader, error);
	memset(field->codes, 0xff, count * sizeof(*field->codes));
	switch (wanted->kind) {
	case LOG_FIELD_HANDLER: status = read_handlers(reader, field, error); break;
	case LOG_FIELD_SERVICE: status = read_services(reader, field, error); break;
	default: status = read_attributes(reader, wanted, field, error);
	}
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (field->codes[i] != LOG_NO_VALUE && field->values[field->codes[i]].size == 0)
			field->codes[i] = LOG_NO_VALUE;
	return status;
}

/* ---- all of it ---- */

/* Moves what the matching rows have to the front; of arrays that are the block's own, into copies. */
static enum status keep_matches(struct log_reader *reader, const uint8_t *matches,
				struct log_columns *columns, struct error *error)
{
	struct arena *arena = reader->block.arena;
	size_t rows = reader->block.row_count, count = 0;
	uint64_t *times = columns->time_ns ? arena_alloc(arena, rows * sizeof(*times)) : NULL;
	uint8_t *levels = columns->levels ? arena_alloc(arena, rows) : NULL;
	uint32_t *codes = columns->codes ? arena_alloc(arena, rows * sizeof(*codes)) : NULL;

	if ((columns->time_ns && !times) || (columns->levels && !levels) || (columns->codes && !codes))
		return no_memory(reader, error);
	for (size_t i = 0; i < rows; i++) {
		if (!matches[i])
			continue;
		if (times)
			times[count] = columns->time_ns[i];
		if (levels)
			levels[count] = columns->levels[i];
		if (codes)
			codes[count] = columns->codes[i];
		count++;
	}
	columns->time_ns = times;
	columns->levels = levels;
	columns->codes = codes;
	columns->count = count;
	return STATUS_OK;
}

enum status log_reader_columns(struct log_reader *reader, const uint8_t *matches, unsigned columns,
			       const struct log_field *field, struct log_columns *columns_out,
			       struct error *error)
{
	struct log_columns read = {.count = reader->block.row_count};
	struct field_values values = {0};
	enum status status = STATUS_OK;

	if (columns & LOG_COLUMN_TIME)
		read.time_ns = reader->time_ns;
	if (columns & LOG_COLUMN_LEVEL)
		status = log_reader_levels(reader, error);
	if (status == STATUS_OK && columns & LOG_COLUMN_FIELD)
		status = read_field(reader, field, &values, error);
	if (columns & LOG_COLUMN_LEVEL)
		read.levels = reader->levels;
	read.codes = values.codes;
	read.values = values.values;
	read.value_count = values.value_count;
	if (status == STATUS_OK && memchr(matches, 0, read.count))
		status = keep_matches(reader, matches, &read, error);
	if (status == STATUS_OK)
		*columns_out = read;
	return status;
}
