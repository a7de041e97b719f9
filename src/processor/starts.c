#include "processor/starts.h"

static const char event_name[] = "rohas.span.start";

static bool is_start(const struct log_record *record)
{
	static const uint8_t none[TRACE_ID_SIZE];

	return record->event_name.size == sizeof(event_name) - 1 &&
	       str_equal_c(record->event_name, event_name) &&
	       memcmp(record->trace_id, none, TRACE_ID_SIZE) != 0 &&
	       memcmp(record->span_id, none, SPAN_ID_SIZE) != 0;
}

static uint8_t kind_of(struct str name)
{
	for (uint8_t kind = SPAN_INTERNAL; kind <= SPAN_CONSUMER; kind++)
		if (str_equal_nocase(name, str_from(span_kind_name(kind))))
			return kind;
	return SPAN_UNSPECIFIED;
}

static void fill(const struct log_record *record, struct span *span)
{
	struct str name = attributes_find_str(&record->attributes, "rohas.span.name");
	struct str parent = attributes_find_str(&record->attributes, "rohas.span.parent_id");

	memcpy(span->trace_id, record->trace_id, TRACE_ID_SIZE);
	memcpy(span->span_id, record->span_id, SPAN_ID_SIZE);
	if (parent.size)
		hex_decode(parent, span->parent_span_id, SPAN_ID_SIZE);
	span->start_ns = span->end_ns = record->time_ns;
	span->name = name.size                           ? name
		     : record->body.type == VALUE_STRING ? value_str(&record->body)
							 : str_make("", 0);
	span->kind = kind_of(attributes_find_str(&record->attributes, "rohas.span.kind"));
	span->trace_state = span->status_message = str_make("", 0);
	span->attributes = record->attributes;
	span->resource = record->resource;
	span->scope = record->scope;
	span->flags = record->flags;
}

bool starts_take(struct batch *batch)
{
	for (size_t i = 0; i < batch->log_count; i++) {
		struct span *span;

		if (!is_start(&batch->logs[i]))
			continue;
		span = batch_add_start(batch);
		if (!span)
			return false;
		fill(&batch->logs[i], span);
	}
	return true;
}
