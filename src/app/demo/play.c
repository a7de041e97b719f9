#include "app/demo/play.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/demo/wire.h"
#include "base/protobuf.h"

/* Fields of the Span message. */
enum {
	SPAN_TRACE_ID = 1,
	SPAN_ID = 2,
	SPAN_PARENT_ID = 4,
	SPAN_NAME = 5,
	SPAN_KIND = 6,
	SPAN_START = 7,
	SPAN_END = 8,
	SPAN_ATTRIBUTE = 9,
	SPAN_EVENT = 11,
	SPAN_LINK = 13,
	SPAN_STATUS = 15,
	SPAN_FLAGS = 16,
};

/* Fields of the LogRecord message. */
enum {
	LINE_TIME = 1,
	LINE_SEVERITY = 2,
	LINE_SEVERITY_TEXT = 3,
	LINE_BODY = 5,
	LINE_ATTRIBUTE = 6,
	LINE_FLAGS = 8,
	LINE_TRACE_ID = 9,
	LINE_SPAN_ID = 10,
	LINE_OBSERVED = 11,
};

enum { FLAG_SAMPLED = 1, FLAGS_LOCAL_PARENT = 0x101 };

static void random_fill(struct demo_random *random, uint8_t *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t word = random_next(random) | 1;

		memcpy(bytes + at, &word, sizeof(word));
	}
}

void span_open(struct play *play, struct open_span *span, enum demo_scope scope, enum span_kind kind,
	       const struct mark *parent, uint64_t start_ns, const char *name_format, ...)
{
	struct mark above = parent ? *parent : (struct mark){0};
	va_list args;

	*span = (struct open_span){
		.scope = scope, .kind = kind, .start_ns = start_ns, .has_parent = parent != NULL};
	if (parent)
		memcpy(span->mark.trace_id, above.trace_id, TRACE_ID_SIZE);
	else
		random_fill(&play->random, span->mark.trace_id, TRACE_ID_SIZE);
	random_fill(&play->random, span->mark.span_id, SPAN_ID_SIZE);
	memcpy(span->parent_id, above.span_id, SPAN_ID_SIZE);
	va_start(args, name_format);
	vsnprintf(span->name, sizeof(span->name), name_format, args);
	va_end(args);
}

void span_text(struct open_span *span, const char *key, const char *format, ...)
{
	char value[512];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	wire_text(&span->fields, SPAN_ATTRIBUTE, key, value);
}

void span_int(struct open_span *span, const char *key, int64_t value)
{
	wire_int(&span->fields, SPAN_ATTRIBUTE, key, value);
}

void span_real(struct open_span *span, const char *key, double value)
{
	wire_real(&span->fields, SPAN_ATTRIBUTE, key, value);
}

void span_flag(struct open_span *span, const char *key, bool value)
{
	wire_flag(&span->fields, SPAN_ATTRIBUTE, key, value);
}

void span_texts(struct open_span *span, const char *key, const char *const *values, size_t count)
{
	wire_texts(&span->fields, SPAN_ATTRIBUTE, key, values, count);
}

void span_link(struct open_span *span, const struct mark *to)
{
	enum { TRACE = 1, SPAN = 2, FLAGS = 6 };
	size_t mark = protobuf_begin(&span->fields, SPAN_LINK);

	if (span->link_count < TOLD_LINKS_MOST)
		span->links[span->link_count++] = *to;
	protobuf_put_bytes(&span->fields, TRACE, str_make(to->trace_id, TRACE_ID_SIZE));
	protobuf_put_bytes(&span->fields, SPAN, str_make(to->span_id, SPAN_ID_SIZE));
	protobuf_put_fixed32(&span->fields, FLAGS, FLAGS_LOCAL_PARENT);
	protobuf_end(&span->fields, mark);
}

enum { EVENT_TIME = 1, EVENT_NAME = 2, EVENT_ATTRIBUTE = 3 };

void span_event(struct open_span *span, uint64_t time_ns, const char *name, const char *key,
		const char *value)
{
	size_t mark = protobuf_begin(&span->fields, SPAN_EVENT);

	protobuf_put_fixed64(&span->fields, EVENT_TIME, time_ns);
	wire_string(&span->fields, EVENT_NAME, name);
	wire_text(&span->fields, EVENT_ATTRIBUTE, key, value);
	protobuf_end(&span->fields, mark);
}

void span_exception(struct open_span *span, uint64_t time_ns, const char *type, const char *message,
		    const char *stack_trace)
{
	size_t mark = protobuf_begin(&span->fields, SPAN_EVENT);

	span->exception_type = type;
	span->exception_message = message;
	span->exception_stack = stack_trace;
	protobuf_put_fixed64(&span->fields, EVENT_TIME, time_ns);
	wire_string(&span->fields, EVENT_NAME, "exception");
	wire_text(&span->fields, EVENT_ATTRIBUTE, "exception.type", type);
	wire_text(&span->fields, EVENT_ATTRIBUTE, "exception.message", message);
	wire_text(&span->fields, EVENT_ATTRIBUTE, "exception.stacktrace", stack_trace);
	protobuf_end(&span->fields, mark);
}

void span_fail(struct open_span *span, const char *message)
{
	span->has_failed = true;
	snprintf(span->failure, sizeof(span->failure), "%s", message);
}

void span_executes(struct open_span *span, const char *type, const char *handler_format, ...)
{
	va_list args;

	span->handler_type = type;
	va_start(args, handler_format);
	vsnprintf(span->handler, sizeof(span->handler), handler_format, args);
	va_end(args);
}

void span_handles(struct open_span *span, const char *event, uint32_t messages)
{
	snprintf(span->event, sizeof(span->event), "%s", event);
	span->messages = messages;
}

void span_publishes(struct open_span *span, const char *event)
{
	snprintf(span->event, sizeof(span->event), "%s", event);
	span->publishes = true;
	span->messages = 1;
}

static void write_status(struct buffer *out, const struct open_span *span)
{
	enum { MESSAGE = 2, CODE = 3 };
	size_t mark;

	if (!span->has_failed)
		return;
	mark = protobuf_begin(out, SPAN_STATUS);
	if (span->failure[0])
		wire_string(out, MESSAGE, span->failure);
	protobuf_put_uint(out, CODE, SPAN_STATUS_ERROR);
	protobuf_end(out, mark);
}

static void write_span(struct buffer *out, const struct open_span *span, uint64_t end_ns)
{
	protobuf_put_bytes(out, SPAN_TRACE_ID, str_make(span->mark.trace_id, TRACE_ID_SIZE));
	protobuf_put_bytes(out, SPAN_ID, str_make(span->mark.span_id, SPAN_ID_SIZE));
	if (span->has_parent)
		protobuf_put_bytes(out, SPAN_PARENT_ID, str_make(span->parent_id, SPAN_ID_SIZE));
	wire_string(out, SPAN_NAME, span->name);
	protobuf_put_uint(out, SPAN_KIND, span->kind);
	protobuf_put_fixed64(out, SPAN_START, span->start_ns);
	protobuf_put_fixed64(out, SPAN_END, end_ns);
	buffer_append_str(out, buffer_str(&span->fields));
	write_status(out, span);
	protobuf_put_fixed32(out, SPAN_FLAGS, FLAGS_LOCAL_PARENT);
}

static int row_of(struct play *play, const struct open_span *span)
{
	const char *language = service_language(scope_service(span->scope));

	if (span->handler_type)
		return truth_row(&play->truth, span->handler, span->event, span->handler_type, language,
				 span->has_failed);
	if (span->publishes)
		return truth_row(&play->truth, "", span->event, "", language, false);
	return TRUTH_NONE;
}

static json_t *id_json(const uint8_t *id, size_t size)
{
	char hex[2 * TRACE_ID_SIZE];

	hex_encode(id, size, hex);
	return json_stringn(hex, 2 * size);
}

static json_t *time_json(uint64_t time_ns)
{
	char text[TIME_TEXT_SIZE];

	time_format(time_ns, text);
	return json_string(text);
}

static json_t *links_json(const struct open_span *span)
{
	json_t *list = json_array();

	for (size_t i = 0; i < span->link_count; i++)
		json_array_append_new(list,
				      json_pack("{s:o, s:o}", "trace_id",
						id_json(span->links[i].trace_id, TRACE_ID_SIZE), "span_id",
						id_json(span->links[i].span_id, SPAN_ID_SIZE)));
	return list;
}

/* What a span is, as a line: what the program says of it can be checked against this alone. */
static char *tell_span(const struct open_span *span, uint64_t end_ns)
{
	json_t *line = json_pack(
		"{s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:f, s:b, s:s*, s:s*, s:s*, s:b, s:I}", "trace_id",
		id_json(span->mark.trace_id, TRACE_ID_SIZE), "span_id",
		id_json(span->mark.span_id, SPAN_ID_SIZE), "parent_span_id",
		span->has_parent ? id_json(span->parent_id, SPAN_ID_SIZE) : json_null(), "name", span->name,
		"kind", span_kind_name((uint8_t)span->kind), "language",
		service_language(scope_service(span->scope)), "start_time", time_json(span->start_ns),
		"end_time", time_json(end_ns), "duration_ms", (double)(end_ns - span->start_ns) / 1e6,
		"failed", (int)span->has_failed, "handler_type", span->handler_type, "handler_name",
		span->handler_type ? span->handler : NULL, "event", span->event[0] ? span->event : NULL,
		"publishes", (int)span->publishes, "messages", (json_int_t)span->messages);
	char *text;

	if (span->link_count)
		json_object_set_new(line, "links", links_json(span));
	if (span->exception_type)
		json_object_set_new(line, "exception",
				    json_pack("{s:s, s:s, s:s}", "type", span->exception_type, "message",
					      span->exception_message, "stacktrace", span->exception_stack));
	text = json_dumps(line, JSON_COMPACT);
	json_decref(line);
	return text;
}

uint64_t span_close(struct play *play, struct open_span *span, uint64_t end_ns)
{
	struct buffer bytes = BUFFER_EMPTY;
	struct outbox_item item = {
		.due_ns = span->due_ns > end_ns ? span->due_ns : end_ns,
		.start_ns = span->start_ns,
		.end_ns = end_ns,
		.signal = SIGNAL_TRACES,
		.scope = (uint8_t)span->scope,
		.is_root = !span->has_parent,
		.truth_row = row_of(play, span),
		.rows = 1,
		.messages = span->messages,
	};
	struct buffer told = BUFFER_EMPTY;

	if (play->truth.spans) {
		char *text = tell_span(span, end_ns);

		buffer_append_c(&told, text ? text : "");
		buffer_append_byte(&told, '\n');
		free(text);
	}
	item.told = buffer_str(&told);
	write_span(&bytes, span, end_ns);
	item.bytes = buffer_str(&bytes);
	if (!buffer_failed(&bytes) && !buffer_failed(&span->fields))
		outbox_put(&play->outbox, &item);
	buffer_release(&bytes);
	buffer_release(&told);
	buffer_release(&span->fields);
	return end_ns;
}

static const char *severity_text(enum demo_scope scope, uint8_t severity)
{
	static const char *const names[] = {"trace", "debug", "info", "warn", "error", "fatal"};
	static const char *const shouted[] = {"TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
	size_t step = (size_t)(severity - 1) / 4 % 6;

	return scope == SCOPE_NODE_LOGS ? names[step] : shouted[step];
}

void line_open(struct play *play, struct open_line *line, enum demo_scope scope, const struct mark *at,
	       uint64_t time_ns, uint8_t severity, const char *format, ...)
{
	char body[512];
	va_list args;

	(void)play;
	*line = (struct open_line){.scope = scope, .time_ns = time_ns};
	va_start(args, format);
	vsnprintf(body, sizeof(body), format, args);
	va_end(args);
	protobuf_put_fixed64(&line->fields, LINE_TIME, time_ns);
	protobuf_put_fixed64(&line->fields, LINE_OBSERVED, time_ns + 40000);
	protobuf_put_uint(&line->fields, LINE_SEVERITY, severity);
	wire_string(&line->fields, LINE_SEVERITY_TEXT, severity_text(scope, severity));
	wire_any_text(&line->fields, LINE_BODY, str_from(body));
	if (!at)
		return;
	protobuf_put_fixed32(&line->fields, LINE_FLAGS, FLAG_SAMPLED);
	protobuf_put_bytes(&line->fields, LINE_TRACE_ID, str_make(at->trace_id, TRACE_ID_SIZE));
	protobuf_put_bytes(&line->fields, LINE_SPAN_ID, str_make(at->span_id, SPAN_ID_SIZE));
}

void line_text(struct open_line *line, const char *key, const char *format, ...)
{
	char value[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	wire_text(&line->fields, LINE_ATTRIBUTE, key, value);
}

void line_int(struct open_line *line, const char *key, int64_t value)
{
	wire_int(&line->fields, LINE_ATTRIBUTE, key, value);
}

void line_close(struct play *play, struct open_line *line)
{
	struct outbox_item item = {
		.due_ns = line->time_ns,
		.signal = SIGNAL_LOGS,
		.scope = (uint8_t)line->scope,
		.truth_row = TRUTH_NONE,
		.rows = 1,
		.bytes = buffer_str(&line->fields),
	};

	if (!buffer_failed(&line->fields))
		outbox_put(&play->outbox, &item);
	buffer_release(&line->fields);
}

uint64_t play_takes(struct play *play, double median_ms)
{
	double taken_ms = random_spread(&play->random, median_ms, 0.35);

	/* One call in two hundred meets a pause: a collection of garbage, a cold page, a busy neighbour. */
	if (random_chance(&play->random, 0.005))
		taken_ms = taken_ms * 6 + 40;
	return (uint64_t)(taken_ms * (double)NS_PER_MS) + 1000;
}

bool play_is_incident(const struct play *play, uint64_t time_ns)
{
	uint64_t minute = (time_ns - (uint64_t)play->shift_ns) / (60 * NS_PER_SECOND) % 60;

	return minute >= 37 && minute < 41;
}
