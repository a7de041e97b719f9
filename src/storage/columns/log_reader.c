#include "storage/columns/log_reader.h"

#include "storage/columns/builder_internal.h"
#include "storage/columns/log_schema.h"

static enum status no_memory(size_t row_count, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to read a block of %zu log records", row_count);
}

static enum status open_times(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = table_open_numbers(&reader->logs, LOG_FIRST_TIME, 1, error);
	uint64_t at;

	if (status == STATUS_OK)
		status = table_open_numbers(&reader->logs, LOG_TIME_DELTA, count, error);
	if (status != STATUS_OK)
		return status;
	reader->time_ns = arena_alloc(reader->block.arena, count * sizeof(*reader->time_ns));
	if (!reader->time_ns)
		return no_memory(count, error);
	numbers_read(&reader->logs.numbers[LOG_TIME_DELTA], 0, count, reader->time_ns);
	at = table_number(&reader->logs, LOG_FIRST_TIME, 0);
	for (size_t i = 0; i < count; i++)
		reader->time_ns[i] = at += reader->time_ns[i];
	return STATUS_OK;
}

enum status log_reader_open(struct log_reader *reader, struct str bytes, struct arena *arena,
			    struct error *error)
{
	enum status status;

	memset(reader, 0, sizeof(*reader));
	status = block_open(bytes, arena, &reader->block, error);
	if (status != STATUS_OK)
		return status;
	if (reader->block.signal != SIGNAL_LOGS)
		return error_set(error, STATUS_CORRUPT, "a block of %s stands among the logs",
				 signal_name(reader->block.signal));
	table_reader_init(&reader->logs, &reader->block, TABLE_LOGS);
	return open_times(reader, error);
}

enum status log_reader_open_attributes(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (reader->has_attributes)
		return STATUS_OK;
	status = attribute_reader_open(&reader->block, TABLE_LOGS, count, &reader->attributes, error);
	if (status == STATUS_OK)
		status = attribute_reader_open(&reader->block, TABLE_LOG_BODIES, count, &reader->bodies,
					       error);
	reader->has_attributes = status == STATUS_OK;
	return status;
}

static enum status open_rows(struct log_reader *reader, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (reader->has_rows)
		return STATUS_OK;
	status = origin_reader_open(&reader->block, &reader->origin, error);
	for (uint8_t field = LOG_OBSERVED; field <= LOG_HAS_OBSERVED && status == STATUS_OK; field++)
		status = table_open_numbers(&reader->logs, field, count, error);
	for (uint8_t field = LOG_TRACE_ID; field <= LOG_HANDLER && status == STATUS_OK; field++)
		status = table_open_strings(&reader->logs, field, count, error);
	if (status == STATUS_OK)
		status = log_reader_open_attributes(reader, error);
	reader->has_rows = status == STATUS_OK;
	return status;
}

static void read_id(struct str stored, uint8_t *id_out, size_t size)
{
	if (stored.size == size)
		memcpy(id_out, stored.data, size);
}

static void read_fixed(const struct log_reader *reader, size_t row, struct log_record *record)
{
	const struct table_reader *table = &reader->logs;

	*record = (struct log_record){.time_ns = reader->time_ns[row]};
	if (table_number(table, LOG_HAS_OBSERVED, row))
		record->observed_time_ns =
			record->time_ns + (uint64_t)zigzag_decode(table_number(table, LOG_OBSERVED, row));
	record->severity_number = (uint8_t)table_number(table, LOG_SEVERITY, row);
	record->flags = (uint32_t)table_number(table, LOG_FLAGS, row);
	record->resource = origin_resource(&reader->origin, table_number(table, LOG_RESOURCE, row));
	record->scope = origin_scope(&reader->origin, table_number(table, LOG_SCOPE, row));
	record->severity_text = table_string(table, LOG_SEVERITY_TEXT, row);
	record->event_name = table_string(table, LOG_EVENT_NAME, row);
	record->handler = table_string(table, LOG_HANDLER, row);
	read_id(table_string(table, LOG_TRACE_ID, row), record->trace_id, TRACE_ID_SIZE);
	read_id(table_string(table, LOG_SPAN_ID, row), record->span_id, SPAN_ID_SIZE);
}

enum status log_reader_read(struct log_reader *reader, size_t first, size_t count,
			    struct log_record *logs_out, struct error *error)
{
	enum status status = open_rows(reader, error);

	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->attributes, first, error);
	if (status == STATUS_OK)
		status = attribute_reader_seek(&reader->bodies, first, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct attributes body;

		read_fixed(reader, first + i, &logs_out[i]);
		status = attribute_reader_next(&reader->attributes, &logs_out[i].attributes, error);
		if (status == STATUS_OK)
			status = attribute_reader_next(&reader->bodies, &body, error);
		if (status == STATUS_OK && body.count)
			logs_out[i].body = body.items[0].value;
	}
	return status;
}
