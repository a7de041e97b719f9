/* Span, Span.Event, Span.Link and Status of opentelemetry-proto trace/v1. */
#include "receiver/records.h"

static bool decode_event(struct decoder *decoder, struct str bytes, struct span_event *event)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_I64(1): event->time_ns = wire_i64(&wire); break;
		case WIRE_LEN(2):
			event->name = decode_text(decoder, &wire, "an event's name is not UTF-8");
			break;
		case WIRE_LEN(3):
			if (!decode_attributes(decoder, &wire, &event->attributes))
				return false;
			break;
		case WIRE_VARINT(4): event->attributes.dropped_count = (uint32_t)wire_varint(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

/* An id of no bytes is an id of zeros: links to nothing are allowed. */
static void decode_link_id(struct decoder *decoder, struct str bytes, uint8_t *id, size_t size,
			   const char *reason)
{
	if (!decode_id(bytes, id, size) && bytes.size != 0)
		decode_fault(decoder, reason);
}

static bool decode_link(struct decoder *decoder, struct str bytes, struct span_link *link)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(1):
			decode_link_id(decoder, wire_bytes(&wire), link->trace_id, TRACE_ID_SIZE,
				       "a link's trace_id is not 16 bytes");
			break;
		case WIRE_LEN(2):
			decode_link_id(decoder, wire_bytes(&wire), link->span_id, SPAN_ID_SIZE,
				       "a link's span_id is not 8 bytes");
			break;
		case WIRE_LEN(3):
			link->trace_state = decode_text(decoder, &wire, "a link's trace_state is not UTF-8");
			break;
		case WIRE_LEN(4):
			if (!decode_attributes(decoder, &wire, &link->attributes))
				return false;
			break;
		case WIRE_VARINT(5): link->attributes.dropped_count = (uint32_t)wire_varint(&wire); break;
		case WIRE_I32(6): link->flags = wire_i32(&wire); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

static bool decode_events(struct decoder *decoder, struct wire *wire, struct span *span)
{
	struct span_event *events;
	struct parts parts;

	if (!decode_parts(decoder, wire, span->events, span->event_count, sizeof(*events), &parts))
		return false;
	span->events = events = parts.items;
	span->event_count = parts.end;
	for (uint32_t i = parts.first; i < parts.end; i++)
		if (!decode_event(decoder, decode_part(wire, i > parts.first), &events[i]))
			return false;
	return true;
}

static bool decode_links(struct decoder *decoder, struct wire *wire, struct span *span)
{
	struct span_link *links;
	struct parts parts;

	if (!decode_parts(decoder, wire, span->links, span->link_count, sizeof(*links), &parts))
		return false;
	span->links = links = parts.items;
	span->link_count = parts.end;
	for (uint32_t i = parts.first; i < parts.end; i++)
		if (!decode_link(decoder, decode_part(wire, i > parts.first), &links[i]))
			return false;
	return true;
}

static bool decode_status(struct decoder *decoder, struct str bytes, struct span *span)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(2):
			span->status_message =
				decode_text(decoder, &wire, "a span's status message is not UTF-8");
			break;
		case WIRE_VARINT(3): span->status_code = otlp_small_enum(wire_varint(&wire)); break;
		default: wire_skip(&wire);
		}
	return !wire.failed;
}

static void decode_trace_id(struct decoder *decoder, struct str bytes, struct span *span)
{
	if (!decode_id(bytes, span->trace_id, TRACE_ID_SIZE) && bytes.size != 0)
		decode_fault(decoder, "a span's trace_id is not 16 bytes");
}

static void decode_span_id(struct decoder *decoder, struct str bytes, uint8_t *id)
{
	if (!decode_id(bytes, id, SPAN_ID_SIZE) && bytes.size != 0)
		decode_fault(decoder, "a span's span_id or parent_span_id is not 8 bytes");
}

/* The parts that most spans have few or none of; false where decoding must end. */
static bool decode_span_part(struct decoder *decoder, struct wire *wire, struct span *span)
{
	switch (wire->tag) {
	case WIRE_LEN(3):
		span->trace_state = decode_text(decoder, wire, "a span's trace_state is not UTF-8");
		return true;
	case WIRE_VARINT(10): span->attributes.dropped_count = (uint32_t)wire_varint(wire); return true;
	case WIRE_LEN(11): return decode_events(decoder, wire, span);
	case WIRE_VARINT(12): span->dropped_event_count = (uint32_t)wire_varint(wire); return true;
	case WIRE_LEN(13): return decode_links(decoder, wire, span);
	case WIRE_VARINT(14): span->dropped_link_count = (uint32_t)wire_varint(wire); return true;
	case WIRE_LEN(15): return decode_status(decoder, wire_bytes(wire), span);
	default: wire_skip(wire); return true;
	}
}

static bool decode_span_fields(struct decoder *decoder, struct str bytes, struct span *span)
{
	struct wire wire = wire_open(bytes);

	while (wire_next(&wire))
		switch (wire.tag) {
		case WIRE_LEN(1): decode_trace_id(decoder, wire_bytes(&wire), span); break;
		case WIRE_LEN(2): decode_span_id(decoder, wire_bytes(&wire), span->span_id); break;
		case WIRE_LEN(4): decode_span_id(decoder, wire_bytes(&wire), span->parent_span_id); break;
		case WIRE_LEN(5):
			span->name = decode_text(decoder, &wire, "a span's name is not UTF-8");
			break;
		case WIRE_VARINT(6): span->kind = otlp_small_enum(wire_varint(&wire)); break;
		case WIRE_I64(7): span->start_ns = wire_i64(&wire); break;
		case WIRE_I64(8): span->end_ns = wire_i64(&wire); break;
		case WIRE_LEN(9):
			if (!decode_attributes(decoder, &wire, &span->attributes))
				return false;
			break;
		case WIRE_I32(16): span->flags = wire_i32(&wire); break;
		default:
			if (!decode_span_part(decoder, &wire, span))
				return false;
		}
	return !wire.failed;
}

bool decode_span(struct decoder *decoder, struct str bytes)
{
	struct span *span;
	const char *fault;

	if (!decode_may_add(decoder))
		return false;
	span = batch_add_span(decoder->batch);
	if (!span)
		return decode_no_room(decoder);
	span->resource = decoder->resource;
	span->scope = decoder->scope;
	if (!decode_span_fields(decoder, bytes, span))
		return false;
	fault = otlp_span_fault(span);
	if (fault)
		decode_fault(decoder, fault);
	decode_finish_row(decoder);
	return true;
}
