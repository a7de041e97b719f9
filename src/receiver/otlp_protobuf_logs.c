/* LogRecord of opentelemetry-proto logs/v1. */
#include "receiver/records.h"

static void decode_body(struct decoder *decoder, struct str bytes, struct log_record *record)
{
	if (value_decode(bytes, 0, &record->body, &decoder->value_error) != STATUS_OK && !decoder->bad)
		decoder->bad = decoder->value_error.message;
}

static bool decode_log_fields(struct decoder *decoder, struct str bytes, struct log_record *record)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(1): record->time_ns = wire_i64(&wire); break;
		case WIRE_VARINT(2): record->severity_number = otlp_severity(wire_varint(&wire)); break;
		case WIRE_LEN(3):
			record->severity_text =
				decode_text(decoder, &wire, "a log record's severity_text is not UTF-8");
			break;
		case WIRE_LEN(5): decode_body(decoder, wire_bytes(&wire), record); break;
		case WIRE_LEN(6):
			if (!decode_attributes(decoder, &wire, &record->attributes))
				return false;
			break;
		case WIRE_VARINT(7): record->attributes.dropped_count = (uint32_t)wire_varint(&wire); break;
		case WIRE_I32(8): record->flags = wire_i32(&wire); break;
		/* An id that is none means, by the specification, that the record belongs to no trace. */
		case WIRE_LEN(9): decode_id(wire_bytes(&wire), record->trace_id, TRACE_ID_SIZE); break;
		case WIRE_LEN(10): decode_id(wire_bytes(&wire), record->span_id, SPAN_ID_SIZE); break;
		case WIRE_I64(11): record->observed_time_ns = wire_i64(&wire); break;
		case WIRE_LEN(12):
			record->event_name =
				decode_text(decoder, &wire, "a log record's event_name is not UTF-8");
			break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

bool decode_log_record(struct decoder *decoder, struct str bytes)
{
	struct log_record *record;

	if (!decode_may_add(decoder))
		return false;
	record = batch_add_log(decoder->batch);
	if (!record)
		return decode_no_room(decoder);
	record->resource = decoder->resource;
	record->scope = decoder->scope;
	if (!decode_log_fields(decoder, bytes, record))
		return false;
	otlp_log_complete(record, decoder->now_ns);
	decode_finish_row(decoder);
	return true;
}
