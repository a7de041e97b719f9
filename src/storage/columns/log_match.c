#include <stdlib.h>

#include "storage/columns/builder_internal.h"
#include "storage/columns/log_internal.h"
#include "storage/columns/log_schema.h"

static enum status no_memory(size_t row_count, struct error *error)
{
	return error_set(error, STATUS_NO_MEMORY, "no memory to search a block of %zu log records",
			 row_count);
}

static enum status match_ids(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			     struct error *error)
{
	const struct {
		uint8_t field;
		struct str id;
	} wanted[] = {
		{LOG_TRACE_ID, str_make(filter->trace_id, filter->trace_id ? TRACE_ID_SIZE : 0)},
		{LOG_SPAN_ID, str_make(filter->span_id, filter->span_id ? SPAN_ID_SIZE : 0)},
	};
	size_t count = reader->block.row_count;

	for (size_t w = 0; w < 2; w++) {
		enum status status;

		if (wanted[w].id.size == 0)
			continue;
		status = table_open_strings(&reader->logs, wanted[w].field, count, error);
		if (status != STATUS_OK)
			return status;
		for (size_t i = 0; i < count; i++) {
			struct str id = table_string(&reader->logs, wanted[w].field, i);
			static const uint8_t none[TRACE_ID_SIZE];

			if (id.size != wanted[w].id.size)
				id = str_make(none, wanted[w].id.size);
			matches[i] &= str_equal(id, wanted[w].id);
		}
	}
	return STATUS_OK;
}

static enum status match_levels(struct log_reader *reader, enum log_record_level lowest, uint8_t *matches,
				struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (lowest == LEVEL_TRACE)
		return STATUS_OK;
	status = log_reader_levels(reader, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		matches[i] &= reader->levels[i] >= lowest;
	return status;
}

static enum status match_handler(struct log_reader *reader, struct str handler, uint8_t *matches,
				 struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	if (handler.size == 0)
		return STATUS_OK;
	status = table_open_strings(&reader->logs, LOG_HANDLER, count, error);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		if (matches[i])
			matches[i] = str_equal(table_string(&reader->logs, LOG_HANDLER, i), handler);
	return status;
}

static bool is_wanted_resource(const struct log_filter *filter, const struct resource *resource)
{
	return (filter->service.size == 0 || str_equal(resource_service(resource), filter->service)) &&
	       (!filter->source || resource_is_same_source(filter->source, resource));
}

static enum status match_resource(struct log_reader *reader, const struct log_filter *filter,
				  uint8_t *matches, struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;
	uint8_t *is_wanted;

	if (filter->service.size == 0 && !filter->source)
		return STATUS_OK;
	status = origin_reader_open(&reader->block, &reader->origin, error);
	if (status == STATUS_OK)
		status = table_open_numbers(&reader->logs, LOG_RESOURCE, count, error);
	if (status != STATUS_OK)
		return status;
	is_wanted = arena_alloc(reader->block.arena, reader->origin.resource_count);
	if (!is_wanted)
		return no_memory(count, error);
	for (size_t i = 0; i < reader->origin.resource_count; i++)
		is_wanted[i] = is_wanted_resource(filter, origin_resource(&reader->origin, i));
	for (size_t i = 0; i < count; i++) {
		uint64_t code = table_number(&reader->logs, LOG_RESOURCE, i);

		matches[i] &= code < reader->origin.resource_count && is_wanted[code];
	}
	return STATUS_OK;
}

enum status log_reader_search(struct log_reader *reader, struct text_search *search, struct error *error)
{
	enum status status = log_reader_open_attributes(reader, error);

	for (size_t i = 0; i < reader->bodies.value_count && status == STATUS_OK; i++)
		if (reader->bodies.values[i].type != VALUE_EMPTY)
			status =
				text_search_column(search, &reader->bodies, &reader->bodies.values[i], error);
	for (size_t i = 0; i < reader->attributes.value_count && status == STATUS_OK; i++)
		if (reader->attributes.values[i].type == VALUE_STRING)
			status = text_search_column(search, &reader->attributes,
						    &reader->attributes.values[i], error);
	return status;
}

static enum status match_terms(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			       struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status = STATUS_OK;

	for (size_t t = 0; t < filter->term_count && status == STATUS_OK && memchr(matches, 1, count); t++) {
		struct text_search search;

		if (filter->terms[t].size == 0)
			continue;
		status = text_search_begin(&search, filter->terms[t], false, count, reader->block.arena,
					   error);
		if (status == STATUS_OK)
			status = log_reader_search(reader, &search, error);
		for (size_t i = 0; i < count && status == STATUS_OK; i++)
			matches[i] &= search.found[i];
	}
	return status;
}

/* What is cheap comes first: where no row is left, the rest is not read. */
enum status log_reader_match(struct log_reader *reader, const struct log_filter *filter, uint8_t *matches,
			     struct error *error)
{
	size_t count = reader->block.row_count;
	enum status status;

	for (size_t i = 0; i < count; i++)
		matches[i] = time_range_contains(filter->range, reader->time_ns[i]);
	status = match_ids(reader, filter, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_levels(reader, filter->lowest_level, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_resource(reader, filter, matches, error);
	if (status == STATUS_OK && memchr(matches, 1, count))
		status = match_handler(reader, filter->handler, matches, error);
	if (status == STATUS_OK)
		status = match_terms(reader, filter, matches, error);
	if (status == STATUS_OK && filter->predicate && memchr(matches, 1, count))
		status = log_reader_match_predicate(reader, filter->predicate, matches, error);
	return status;
}
