#include "storage/columns/table.h"

void table_writer_encode(struct table_writer *writer, struct block_writer *block, uint8_t table)
{
	for (uint8_t i = 0; i < NUMBERS_FIELD_COUNT; i++)
		if (writer->numbers[i].count)
			block_writer_head(block,
					  numbers_encode(writer->numbers[i].items, writer->numbers[i].count,
							 block_writer_column(block, table, i, 0)));
	for (uint8_t i = 0; i < MAGNITUDES_FIELD_COUNT; i++)
		if (writer->magnitudes[i].values.count)
			block_writer_head(
				block, magnitudes_encode(&writer->magnitudes[i],
							 block_writer_column(
								 block, table,
								 (uint8_t)(FIRST_MAGNITUDES_FIELD + i), 0)));
	for (uint8_t i = 0; i < STRINGS_FIELD_COUNT; i++)
		if (strings_builder_count(&writer->strings[i]))
			block_writer_head(
				block,
				strings_encode(&writer->strings[i],
					       block_writer_column(block, table,
								   (uint8_t)(FIRST_STRINGS_FIELD + i), 0)));
	if (writer->attributes.rows.count)
		attribute_writer_encode(&writer->attributes, block, table);
}

void table_writer_encode_random(struct table_writer *writer, struct block_writer *block, uint8_t table)
{
	for (uint8_t i = 0; i < RANDOM_FIELD_COUNT; i++)
		if (writer->random[i].size)
			buffer_append_str(block_writer_random_column(block, table,
								     (uint8_t)(FIRST_RANDOM_FIELD + i), 0),
					  buffer_str(&writer->random[i]));
	for (uint8_t i = 0; i < MAGNITUDES_FIELD_COUNT; i++)
		if (writer->magnitudes[i].values.count)
			magnitudes_encode_bits(
				&writer->magnitudes[i],
				block_writer_random_column(block, table,
							   (uint8_t)(FIRST_MAGNITUDES_FIELD + i), 1));
	attribute_writer_encode_filters(&writer->attributes, block, table);
}

bool table_writer_failed(const struct table_writer *writer)
{
	bool failed = attribute_writer_failed(&writer->attributes);

	for (size_t i = 0; i < NUMBERS_FIELD_COUNT; i++)
		failed |= writer->numbers[i].failed;
	for (size_t i = 0; i < MAGNITUDES_FIELD_COUNT; i++)
		failed |= magnitudes_failed(&writer->magnitudes[i]);
	for (size_t i = 0; i < STRINGS_FIELD_COUNT; i++)
		failed |= strings_builder_failed(&writer->strings[i]);
	for (size_t i = 0; i < RANDOM_FIELD_COUNT; i++)
		failed |= buffer_failed(&writer->random[i]);
	return failed;
}

void table_writer_clear(struct table_writer *writer)
{
	for (size_t i = 0; i < NUMBERS_FIELD_COUNT; i++)
		vector_u64_clear(&writer->numbers[i]);
	for (size_t i = 0; i < MAGNITUDES_FIELD_COUNT; i++)
		magnitudes_clear(&writer->magnitudes[i]);
	for (size_t i = 0; i < STRINGS_FIELD_COUNT; i++)
		strings_clear(&writer->strings[i]);
	for (size_t i = 0; i < RANDOM_FIELD_COUNT; i++)
		buffer_clear(&writer->random[i]);
	attribute_writer_clear(&writer->attributes);
}

void table_writer_release(struct table_writer *writer)
{
	for (size_t i = 0; i < NUMBERS_FIELD_COUNT; i++)
		vector_u64_release(&writer->numbers[i]);
	for (size_t i = 0; i < MAGNITUDES_FIELD_COUNT; i++)
		magnitudes_release(&writer->magnitudes[i]);
	for (size_t i = 0; i < STRINGS_FIELD_COUNT; i++)
		strings_release(&writer->strings[i]);
	for (size_t i = 0; i < RANDOM_FIELD_COUNT; i++)
		buffer_release(&writer->random[i]);
	attribute_writer_release(&writer->attributes);
}

enum status table_open_numbers(struct table_reader *reader, uint8_t field, size_t count, struct error *error)
{
	struct numbers *numbers = &reader->numbers[field];
	struct column column;
	enum status status;

	if (reader->open_numbers >> field & 1)
		return STATUS_OK;
	status = block_column_open(reader->block, reader->table, field, 0, &column, error);
	if (status != STATUS_OK)
		return status;
	*numbers = (struct numbers){.count = count};
	if (column.size)
		status = numbers_open_column(&column, count, numbers, error);
	if (status == STATUS_OK && !reader->wants_few)
		status = numbers_need(numbers, 0, count, error);
	if (status == STATUS_OK)
		reader->open_numbers |= (uint32_t)1 << field;
	return status;
}

enum status table_open_magnitudes(struct table_reader *reader, uint8_t field, size_t count,
				  struct error *error)
{
	size_t i = (size_t)field - FIRST_MAGNITUDES_FIELD;
	struct magnitudes *magnitudes = &reader->magnitudes[i];
	enum status status;

	if (reader->open_magnitudes >> i & 1)
		return STATUS_OK;
	status = magnitudes_open(reader->block, reader->table, field, count, magnitudes, error);
	if (status == STATUS_OK && !reader->wants_few)
		status = magnitudes_need(magnitudes, 0, count, error);
	if (status == STATUS_OK)
		reader->open_magnitudes |= (uint8_t)(1u << i);
	return status;
}

enum status table_open_strings(struct table_reader *reader, uint8_t field, size_t count, struct error *error)
{
	size_t i = (size_t)field - FIRST_STRINGS_FIELD;
	struct strings *strings = &reader->strings[i];
	struct column column;
	enum status status;

	if (reader->open_strings >> i & 1)
		return STATUS_OK;
	status = block_column_open(reader->block, reader->table, field, 0, &column, error);
	if (status != STATUS_OK)
		return status;
	*strings = (struct strings){.count = count, .is_plain = true};
	if (column.size)
		status = strings_open_column(&column, count, reader->block->arena, strings, error);
	if (status == STATUS_OK && !reader->wants_few)
		status = strings_need(strings, 0, count, error);
	if (status == STATUS_OK)
		reader->open_strings |= (uint16_t)(1u << i);
	return status;
}

enum status table_open_ids(struct table_reader *reader, uint8_t field, size_t count, size_t width,
			   struct column *column_out, struct error *error)
{
	struct column column;
	enum status status = block_column_open(reader->block, reader->table, field, 0, &column, error);

	if (status != STATUS_OK)
		return status;
	if (column.size / width < count || column.size != count * width)
		return error_set(error, STATUS_CORRUPT, "a column of %zu ids holds %zu bytes", count,
				 column.size);
	*column_out = column;
	return STATUS_OK;
}

enum status table_open_random(struct table_reader *reader, uint8_t field, size_t count, size_t width,
			      const uint8_t **bytes_out, struct error *error)
{
	struct column column;
	enum status status = table_open_ids(reader, field, count, width, &column, error);

	if (status == STATUS_OK)
		status = column_need(&column, 0, column.size, error);
	if (status == STATUS_OK)
		*bytes_out = (const uint8_t *)column.data;
	return status;
}
