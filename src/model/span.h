/*
 * span: one operation of a trace, as OTLP has it, with what the processor recognised in it.
 *
 * Ownership  views and pointers into the batch that holds the span.
 * Threads    plain values.
 * Units      times are Unix nanoseconds.
 * Source     opentelemetry-proto trace/v1/trace.proto; handlers: docs/handlers.md
 */
#ifndef ROHAS_MODEL_SPAN_H
#define ROHAS_MODEL_SPAN_H

#include "model/value.h"

enum { TRACE_ID_SIZE = 16, SPAN_ID_SIZE = 8 };

/* OTLP's numbers; they are on disk. A number from the future is kept as it is. */
enum span_kind {
	SPAN_UNSPECIFIED = 0,
	SPAN_INTERNAL = 1,
	SPAN_SERVER = 2,
	SPAN_CLIENT = 3,
	SPAN_PRODUCER = 4,
	SPAN_CONSUMER = 5,
};
enum span_status { SPAN_STATUS_UNSET = 0, SPAN_STATUS_OK = 1, SPAN_STATUS_ERROR = 2 };

/* The numbers are on disk. */
enum handler_type {
	HANDLER_NONE = 0,
	HANDLER_API = 1,
	HANDLER_EVENT = 2,
	HANDLER_CRON = 3,
	HANDLER_WEBSOCKET = 4
};
enum { HANDLER_TYPE_COUNT = 5 };

/* What the span is to the handlers' world. The numbers are on disk. */
enum handler_role {
	ROLE_NONE = 0,
	ROLE_EXECUTION = 1, /* a handler ran: counts as an execution */
	ROLE_PUBLISH = 2,   /* an event was published */
	ROLE_RECEIVE = 3,   /* a receive span around the process spans that count */
};

/* The outcome that people see. The numbers are on disk. */
enum outcome { OUTCOME_SUCCESS = 0, OUTCOME_ERROR = 1, OUTCOME_RUNNING = 2, OUTCOME_LOST = 3 };

/* Filled in by the processor; all zero before. */
struct handler {
	uint8_t role;      /* enum handler_role */
	uint8_t type;      /* enum handler_type; NONE unless role is EXECUTION or RECEIVE */
	uint8_t outcome;   /* enum outcome, of every span */
	uint8_t operation; /* of a message, as the processor knows it until the span is counted; not stored */
	struct str name;   /* of an execution */
	struct str language;
	struct str event;  /* what was handled or published */
	uint32_t messages; /* how many events this span handled or published; at least 1 where event is set */
};

struct span_event {
	uint64_t time_ns;
	struct str name;
	struct attributes attributes;
};

struct span_link {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
	uint32_t flags;
	struct str trace_state;
	struct attributes attributes;
};

struct span {
	uint8_t trace_id[TRACE_ID_SIZE];
	uint8_t span_id[SPAN_ID_SIZE];
	uint8_t parent_span_id[SPAN_ID_SIZE]; /* all zero: a root */
	uint64_t start_ns, end_ns;
	struct str name, trace_state, status_message;
	struct attributes attributes;
	const struct span_event *events;
	const struct span_link *links;
	uint32_t event_count, dropped_event_count;
	uint32_t link_count, dropped_link_count;
	const struct resource *resource; /* never NULL */
	const struct scope *scope;       /* never NULL */
	uint32_t flags;
	uint8_t kind;        /* enum span_kind */
	uint8_t status_code; /* enum span_status */
	struct handler handler;
};

/* 0 where the span ends before it starts. */
static inline uint64_t span_duration_ns(const struct span *span)
{
	return span->end_ns > span->start_ns ? span->end_ns - span->start_ns : 0;
}

static inline bool span_is_root(const struct span *span)
{
	static const uint8_t none[SPAN_ID_SIZE];

	return memcmp(span->parent_span_id, none, SPAN_ID_SIZE) == 0;
}

/* "server", …; "unspecified" for a number that has no name. */
const char *span_kind_name(uint8_t kind);
const char *span_status_name(uint8_t status_code);
const char *handler_type_name(uint8_t type); /* "api", …; "" for none */
const char *outcome_name(uint8_t outcome);   /* "success", "error", "running", "lost" */
bool handler_type_parse(struct str name, uint8_t *type_out);
bool outcome_parse(struct str name, uint8_t *outcome_out);

#endif
