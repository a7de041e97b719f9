#include "sdk/context.h"
#include "sdk/handle.h"
#include "sdk/record.h"
#include "sdk/ticks.h"

enum { TRACES = 0 };

static const uint8_t handler_kinds[] = {
	[ROHAS_API] = ROHAS_SERVER,
	[ROHAS_EVENT] = ROHAS_CONSUMER,
	[ROHAS_CRON] = ROHAS_INTERNAL,
	[ROHAS_WEBSOCKET] = ROHAS_SERVER,
};

struct str handle_name(const char *name)
{
	size_t size = name ? strlen(name) : 0;

	if (size > ROHAS_NAME_MOST) {
		size = ROHAS_NAME_MOST;
		while (size && ((unsigned char)name[size] & 0xc0) == 0x80)
			size--;
	}
	return str_make(name, size);
}

static struct rohas_span handle_of(const struct record *record)
{
	return (struct rohas_span){(void *)(uintptr_t)record, record->span_id};
}

static inline void write_name(struct record *record, struct str name)
{
	if (!copy_ascii(record->bytes, name.data, name.size))
		text_mend(record->bytes, name.size);
	record->name_size = (uint16_t)name.size;
	record->at = record->bytes + name.size;
	record->room = RECORD_BYTES - (uint32_t)name.size;
}

static inline void follow_none(struct record *record, struct pool *pool)
{
	record->trace_id[0] = random_next(&pool->random);
	record->trace_id[1] = random_next(&pool->random);
	record->parent_id = 0;
	record->flags = TRACE_SAMPLED | TRACE_RANDOM;
}

/* A child has its parent's trace, and hands on what that one carries. */
static void follow_parent(struct record *record, struct pool *pool, const struct record *parent)
{
	record->trace_id[0] = parent->trace_id[0];
	record->trace_id[1] = parent->trace_id[1];
	record->parent_id = parent->span_id;
	record->flags = parent->flags;
	if (__builtin_expect(parent->carried != NULL, 0)) {
		char tracestate[ROHAS_TRACESTATE_SIZE], baggage[ROHAS_BAGGAGE_SIZE];

		record_carried(parent, tracestate, baggage);
		record_carry(record, pool, str_from(tracestate), str_from(baggage));
	}
}

/* A span without a place in a trace yet; NULL, and counted, where there is no room. */
static inline struct record *new_span(struct pool *pool, struct str name, uint8_t kind)
{
	struct record *record = pool ? record_new(pool, RECORD_SPAN) : NULL;

	if (__builtin_expect(!record, 0)) {
		handle_count_lost(pool, TRACES);
		return NULL;
	}
	record->kind = kind;
	record->span_id = random_next(&pool->random);
	write_name(record, name);
	return record;
}

/* From here on the drain may look at it, and handles of it are good. */
static inline struct rohas_span show(struct record *record, struct pool *pool, bool becomes_current)
{
	struct rohas_span span = handle_of(record);

	record->outer = becomes_current ? pool->current : (struct rohas_span){0};
	record->start = ticks_now();
	atomic_store_explicit(&record->handle, record->span_id, memory_order_relaxed);
	atomic_store_explicit(&pool->begun[pool_index(pool, record)], record->start, memory_order_release);
	if (becomes_current)
		pool->current = span;
	return span;
}

static void add_attribute(struct record *record, struct pool *pool, const char *key, const char *value)
{
	struct rohas_field field = rohas_string(key, value);

	if (value && !record_attribute(record, pool, SPAN_ATTRIBUTES, &field))
		record->dropped_attributes++;
}

static void write_id(struct record *record, uint32_t number, const void *id, size_t size)
{
	record_write_head(record, number, size);
	record_write(record, id, size);
}

static void add_link(struct record *record, struct pool *pool, const struct trace_parent *to,
		     struct str state)
{
	enum { TRACE_ID = 1, SPAN_ID = 2, FLAGS = 6, FLAGS_TAG = FLAGS << 3 | 5 };
	size_t size = field_size(16) + field_size(8) + (state.size ? field_size(state.size) : 0) + 5;
	uint32_t flags = to->flags;

	if (!record_reserve(record, pool, field_size(size))) {
		record->dropped_links++;
		return;
	}
	record_write_head(record, SPAN_LINKS, size);
	write_id(record, TRACE_ID, to->trace_id, sizeof(to->trace_id));
	write_id(record, SPAN_ID, &to->span_id, sizeof(to->span_id));
	if (state.size)
		write_id(record, LINK_TRACE_STATE, state.data, state.size);
	record_write_varint(record, FLAGS_TAG);
	record_write(record, &flags, sizeof(flags));
	record_commit(record, field_size(size));
}

/* A carrier, checked. */
struct carried {
	struct trace_parent parent;
	struct str tracestate, baggage;
};

/* False where there is no context, or none that can be understood. */
static bool read_carrier(struct pool *pool, const struct rohas_carrier *carrier, struct carried *carried_out)
{
	struct carried carried = {0};
	bool has_parent = carrier->traceparent && *carrier->traceparent;
	bool is_whole = !has_parent || trace_parent_read(carrier->traceparent, &carried.parent);

	/* A tracestate without its traceparent is not to be used. */
	if (has_parent && is_whole)
		is_whole = trace_state_read(carrier->tracestate, &carried.tracestate);
	is_whole = baggage_read(carrier->baggage, &carried.baggage) && is_whole;
	if (!is_whole)
		pool_count(&pool->invalid_contexts, 1);
	*carried_out = carried;
	return carried.parent.span_id != 0;
}

static bool is_link(enum rohas_handler_type type, enum rohas_relation relation)
{
	if (relation == ROHAS_USUAL)
		return type == ROHAS_EVENT || type == ROHAS_CRON;
	return relation != ROHAS_PARENT;
}

static bool is_parent(enum rohas_handler_type type, enum rohas_relation relation)
{
	return relation == ROHAS_USUAL ? !is_link(type, relation) : relation != ROHAS_LINK;
}

/* Places the execution by what called it. The first of from also gives what is carried on. */
static void follow_carriers(struct record *record, struct pool *pool, enum rohas_handler_type type,
			    const struct rohas_begin *more)
{
	follow_none(record, pool);
	for (size_t i = 0; i < more->from_count; i++) {
		struct carried carried;
		bool has_context = read_carrier(pool, &more->from[i], &carried);

		if (has_context && i == 0 && is_parent(type, more->relation)) {
			record->trace_id[0] = carried.parent.trace_id[0];
			record->trace_id[1] = carried.parent.trace_id[1];
			record->parent_id = carried.parent.span_id;
			record->flags = carried.parent.flags;
		}
		if (i == 0)
			record_carry(record, pool, record->parent_id ? carried.tracestate : (struct str){0},
				     carried.baggage);
		if (has_context && is_link(type, more->relation))
			add_link(record, pool, &carried.parent, carried.tracestate);
	}
}

static void add_batch_size(struct record *record, struct pool *pool, size_t count)
{
	struct rohas_field field = rohas_int("messaging.batch.message_count", (int64_t)count);

	if (!record_attribute(record, pool, SPAN_ATTRIBUTES, &field))
		record->dropped_attributes++;
}

/* What docs/handlers.md reads, beside the type and the name, which the drain writes. */
static void add_what_is_known(struct record *record, struct pool *pool, const struct rohas_begin *more)
{
	switch (record->handler) {
	case ROHAS_API:
		add_attribute(record, pool, "http.request.method", more->method);
		add_attribute(record, pool, "http.route", more->route);
		break;
	case ROHAS_EVENT:
		add_attribute(record, pool, "rohas.event.name", more->event);
		if (more->from_count > 1)
			add_batch_size(record, pool, more->from_count);
		break;
	case ROHAS_CRON: add_attribute(record, pool, "faas.cron", more->schedule); break;
	case ROHAS_WEBSOCKET:
		add_attribute(record, pool, "rohas.websocket.route", more->route);
		add_attribute(record, pool, "rohas.event.name", more->event);
		break;
	}
	add_attribute(record, pool, "rohas.handler.language", more->language);
}

struct rohas_span rohas_handler_begin(enum rohas_handler_type type, const char *name,
				      const struct rohas_begin *more)
{
	struct pool *pool = registry_pool();
	bool is_known = type >= ROHAS_API && type <= ROHAS_WEBSOCKET;
	struct record *record =
		new_span(pool, handle_name(name), is_known ? handler_kinds[type] : (uint8_t)ROHAS_INTERNAL);
	struct record *around;

	if (__builtin_expect(!record, 0))
		return (struct rohas_span){0};
	record->handler = is_known ? (uint8_t)type : 0;
	around = handle_current(pool);
	if (__builtin_expect(more && more->from && more->from_count, 0))
		follow_carriers(record, pool, type, more);
	else if (around)
		follow_parent(record, pool, around);
	else
		follow_none(record, pool);
	if (more)
		add_what_is_known(record, pool, more);
	return show(record, pool, !(more && more->is_apart));
}

struct rohas_span rohas_span_begin(const char *name, enum rohas_span_kind kind)
{
	struct pool *pool = registry_pool();
	struct record *record = new_span(pool, handle_name(name), (uint8_t)kind);
	struct record *around;

	if (!record)
		return (struct rohas_span){0};
	around = handle_current(pool);
	if (around)
		follow_parent(record, pool, around);
	else
		follow_none(record, pool);
	return show(record, pool, true);
}

struct rohas_span rohas_span_begin_under(struct rohas_span parent, const char *name,
					 enum rohas_span_kind kind)
{
	struct pool *pool = registry_pool();
	struct record *record = new_span(pool, handle_name(name), (uint8_t)kind);
	struct record *above;

	if (!record)
		return (struct rohas_span){0};
	above = handle_record(parent);
	if (above)
		follow_parent(record, pool, above);
	else
		follow_none(record, pool);
	return show(record, pool, false);
}

void rohas_span_end(struct rohas_span span)
{
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;

	if (!record)
		return;
	record->end = ticks_now();
	atomic_store_explicit(&record->handle, 0, memory_order_relaxed);
	if (pool->current.id == span.id)
		pool->current = record->outer;
	pool_finish(record);
}

void rohas_handler_end(struct rohas_span span)
{
	rohas_span_end(span);
}

struct rohas_span rohas_current(void)
{
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_current(pool) : NULL;

	return record ? pool->current : (struct rohas_span){0};
}

struct rohas_span rohas_make_current(struct rohas_span span)
{
	struct pool *pool = registry_pool();
	struct rohas_span before;

	if (!pool)
		return (struct rohas_span){0};
	before = pool->current;
	pool->current = span;
	return before;
}

static void add_event(struct record *record, struct pool *pool, const char *name,
		      const struct rohas_field *fields, size_t count)
{
	enum { TIME = 1, NAME = 2, TIME_SIZE = 9 };
	size_t name_size = strlen(name), size = TIME_SIZE + field_size(name_size);

	for (size_t i = 0; i < count; i++)
		size += attribute_size(&fields[i]);
	if (!record_reserve(record, pool, field_size(size))) {
		record->dropped_events++;
		return;
	}
	record_write_head(record, SPAN_EVENTS, size);
	record_write_fixed64(record, TIME, clock_now_ns(&clock_system));
	record_write_head(record, NAME, name_size);
	record_write_text(record, str_make(name, name_size));
	for (size_t i = 0; i < count; i++)
		record_write_attribute(record, EVENT_ATTRIBUTES, &fields[i]);
	record_commit(record, field_size(size));
}

void rohas_span_event(struct rohas_span span, const char *name, const struct rohas_field *fields,
		      size_t count)
{
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;

	if (record && name)
		add_event(record, pool, name, fields, fields ? count : 0);
}

void rohas_span_link(struct rohas_span span, const struct rohas_carrier *to)
{
	struct pool *pool = registry_pool();
	struct record *record = pool && to ? handle_record(span) : NULL;
	struct carried carried;

	if (record && read_carrier(pool, to, &carried))
		add_link(record, pool, &carried.parent, carried.tracestate);
}

static void add_status(struct record *record, struct pool *pool, const char *message)
{
	enum { MESSAGE = 2, CODE = 3 << 3, ERROR = 2 };
	static const char code[] = {CODE, ERROR};
	size_t message_size = message ? field_size(strlen(message)) : 0, size = message_size + sizeof(code);

	if (!record_reserve(record, pool, field_size(size)))
		return;
	record_write_head(record, SPAN_STATUS, size);
	if (message) {
		record_write_head(record, MESSAGE, strlen(message));
		record_write_text(record, str_from(message));
	}
	record_write(record, code, sizeof(code));
	record_commit(record, field_size(size));
}

void rohas_error(struct rohas_span span, const char *type, const char *message, const char *stack)
{
	struct pool *pool = registry_pool();
	struct record *record = pool ? handle_record(span) : NULL;
	struct rohas_field fields[] = {rohas_string("exception.type", type),
				       rohas_string("exception.message", message),
				       rohas_string("exception.stacktrace", stack)};
	enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

	if (!record)
		return;
	record->has_failed = true;
	add_status(record, pool, message);
	add_attribute(record, pool, "error.type", type);
	add_event(record, pool, "exception", fields, FIELDS);
}

/* tracestate and baggage of what is handed on. */
static void fill_carried(const struct record *record, struct rohas_context *context_out)
{
	if (record->carried)
		record_carried(record, context_out->tracestate, context_out->baggage);
}

static void fill_context(const struct record *record, struct rohas_context *context_out)
{
	struct trace_parent parent = {
		{record->trace_id[0], record->trace_id[1]}, record->span_id, record->flags};

	trace_parent_write(&parent, context_out->traceparent);
	fill_carried(record, context_out);
}

static void clear_context(struct rohas_context *context)
{
	context->traceparent[0] = context->tracestate[0] = context->baggage[0] = '\0';
}

bool rohas_context_of(struct rohas_span span, struct rohas_context *context_out)
{
	struct pool *pool = registry_pool();
	const struct record *record = NULL;

	clear_context(context_out);
	if (pool)
		record = span.record ? handle_record(span) : handle_current(pool);
	if (record)
		fill_context(record, context_out);
	return record != NULL;
}

void rohas_event_publish(const char *name, struct rohas_context *message_out)
{
	struct pool *pool = registry_pool();
	struct record *around = pool ? handle_current(pool) : NULL;
	struct record *record = new_span(pool, handle_name(name), ROHAS_PRODUCER);

	if (message_out) {
		clear_context(message_out);
		if (!record && around)
			fill_context(around, message_out);
	}
	if (!record)
		return;
	if (around)
		follow_parent(record, pool, around);
	else
		follow_none(record, pool);
	add_attribute(record, pool, "messaging.operation.type", "send");
	add_attribute(record, pool, "rohas.event.name", name);
	if (message_out)
		fill_context(record, message_out);
	atomic_store_explicit(&record->handle, 0, memory_order_relaxed);
	record->start = record->end = ticks_now();
	pool_finish(record);
}

bool rohas_thread_begin(void)
{
	return registry_pool() != NULL;
}
