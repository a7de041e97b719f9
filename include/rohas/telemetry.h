/*
 * rohas/telemetry.h: traces, metrics and logs of an application, written by a pair of calls around each handler.
 *
 *     #include <rohas/telemetry.h>
 *
 *     static void dispatch(const struct message *message)        // the one place where handlers are called
 *     {
 *             struct rohas_carrier from = {.traceparent = message->traceparent};
 *             struct rohas_begin begin = {.event = message->topic, .from = &from, .from_count = 1};
 *             struct rohas_span span = rohas_handler_begin(ROHAS_EVENT, message->handler_name, &begin);
 *
 *             rohas_tag_int(span, "order.items", message->item_count);
 *             if (message->handler(message) != 0)                // logs in there belong to it by themselves
 *                     rohas_error(span, "OrderError", "the order was refused", NULL);
 *             rohas_handler_end(span);
 *     }
 *
 *     int main(void)
 *     {
 *             struct rohas_options options = ROHAS_OPTIONS_INIT;
 *             struct rohas_report report;
 *             char reason[ROHAS_REASON_SIZE];
 *
 *             if (rohas_open(&options, reason) != ROHAS_OK)
 *                     fprintf(stderr, "no telemetry: %s\n", reason);     // and the program goes on without
 *             run();                                                     // calls dispatch
 *             if (rohas_close(2000, &report) != ROHAS_OK)
 *                     fprintf(stderr, "%llu executions were lost: %s\n", (unsigned long long)report.spans_lost,
 *                             report.reason);
 *     }
 *
 * What is recorded gathers in a bounded pool of memory of each thread. A thread of the library's own takes it from
 * there, and another sends it to a running rohas-telemetry over OTLP/HTTP, or writes it to the embedded store in this
 * process, as config/rohas.toml says. Where a pool is full, what is new is dropped and counted: no call waits. Metrics
 * of handlers (handler.execution.count and its sisters) are counted where the spans arrive: nothing is to be done.
 *
 * Ownership  Strings are borrowed for the call alone. A handle (struct rohas_span, struct rohas_metric) is a plain
 *            value; nothing is to be freed. A handle of zeros, or of what has ended, is allowed everywhere and does
 *            nothing.
 * Threads    Every call may run concurrently, save rohas_open and rohas_close, which run one at a time. One span is
 *            one thread's at a time: an execution that moves to another thread takes its handle along. The call
 *            that is a thread's first takes memory for its pool (rohas_thread_begin does it beforehand); no other
 *            call on a span, a log record or a value allocates, takes a lock, waits or calls the system, but to
 *            wake the library's thread when half of a pool was used.
 * Fork       A child starts anew: with no current execution, nothing to send, and random numbers of its own. Over
 *            OTLP it records on; where the store is in the process itself, the store stays the parent's, and the
 *            child's calls do nothing. Signals: the library has no handlers, and its threads block all signals. No
 *            call may be made from a signal handler.
 * Units      times are Unix nanoseconds (_ns), deadlines milliseconds (_ms), sizes bytes, NUL included where a size is
 *            an array's.
 * Errors     Calls that record return nothing: what could not be recorded is counted (rohas_report). The library never
 *            ends the process (a disk that cannot deliver may, where the store is in it: docs/library.md).
 *
 * Names are UTF-8; what is not is written with ? for each byte past ASCII.
 */
#ifndef ROHAS_TELEMETRY_H
#define ROHAS_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define ROHAS_API_CALL               __attribute__((visibility("default")))
#define ROHAS_FORMAT(format_, rest_) __attribute__((format(printf, format_, rest_)))
#else
#define ROHAS_API_CALL
#define ROHAS_FORMAT(format_, rest_)
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum rohas_status {
	ROHAS_OK = 0,
	ROHAS_INVALID,   /* an option or the configuration is wrong; the reason says which */
	ROHAS_BUSY,      /* the library is open already, or another process holds the store */
	ROHAS_IO,        /* the store could not be opened */
	ROHAS_NO_MEMORY, /* memory or threads ran out */
	ROHAS_LOST       /* closed, and something was lost: the report says what */
};

/* Limits. Past them: a name is cut; an attribute, event or link is left out and counted in the span itself. */
enum {
	ROHAS_NAME_MOST = 256,       /* bytes of the name of a handler, a span, an event that is published */
	ROHAS_RECORD_MOST = 65536,   /* bytes of one span or log record as it is sent */
	ROHAS_SERIES_MOST = 256,     /* metrics, each with its own labels, of a process */
	ROHAS_BOUNDS_MOST = 16,      /* bounds of a histogram */
	ROHAS_TRACEPARENT_SIZE = 56, /* W3C Trace Context */
	ROHAS_TRACESTATE_SIZE = 513, /* past that, members at the end are left out */
	ROHAS_BAGGAGE_SIZE = 8193,   /* W3C Baggage; past that, or 64 members, the rest is left out */
	ROHAS_REASON_SIZE = 512,
	ROHAS_THREAD_BYTES_LEAST = 65536 /* of a thread's pool */
};

/* ---- Opening and closing ---- */

/* Where the library's own memory comes from: pools, queues, bodies. (libcurl and the embedded store use malloc.) size
 * is what allocate was asked for. Both may be called from any thread. */
struct rohas_allocator {
	void *(*allocate)(void *context, size_t size); /* NULL: there is none */
	void (*release)(void *context, void *memory, size_t size);
	void *context;
};

/* Begin with ROHAS_OPTIONS_INIT; NULL and 0 stand for what the configuration says. */
struct rohas_options {
	size_t size; /* of this struct, as the application was compiled with it */

	const char *project_root; /* NULL: the current folder */
	const char *config_file;  /* NULL: config/rohas.toml under the project root, if it is there */

	/* The address of a running rohas-telemetry or another OTLP receiver: "http://localhost:4318".
	 * NULL: telemetry.library.endpoint. Where that or this is "": the store at telemetry.path, in this process. */
	const char *endpoint;
	const char *api_key; /* sent as X-API-Key */

	const char *service_name;     /* NULL: project.name */
	const char *service_version;  /* NULL: project.version */
	const char *service_instance; /* NULL: the process's number */
	const char *language;         /* of the handlers; NULL: project.language where it is set, else "c" */

	const struct rohas_allocator *allocator; /* copied; NULL: the system's */
	size_t thread_bytes;       /* of each thread's pool; 0: telemetry.library.thread_bytes */
	uint32_t thread_limit;     /* threads that record at a time; 0: 1,024 */
	uint32_t exit_deadline_ms; /* of the close at exit where there was none; 0: 2,000 */
};

#define ROHAS_OPTIONS_INIT                                                                                   \
	{sizeof(struct rohas_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0}

/* What became of what was recorded since the library was opened, in this process. */
struct rohas_report {
	uint64_t spans_delivered, logs_delivered, points_delivered; /* acknowledged as durable */
	uint64_t spans_lost, logs_lost, points_lost;                /* for whatever reason */
	uint64_t lost_pool_full;  /* of the lost: a thread's pool was full, or could not be had */
	uint64_t lost_queue_full; /* of the lost: the receiver or the store was slower for too long */
	uint64_t lost_refused;    /* of the lost: the receiver or the store would not have them */
	uint64_t lost_at_close;   /* of the lost: the deadline of rohas_close came first */
	uint64_t
		unfinished; /* executions and spans that were begun and had not ended at close; not in the lost */
	uint64_t
		contexts_invalid; /* malformed traceparent, tracestate or baggage; they were taken as absent */
	char reason
		[ROHAS_REASON_SIZE]; /* why delivering failed, the last time it did; "" where it never did */
};

/*
 * Reads the configuration, starts the library's threads, and the store where it is in the process. Over OTLP nothing
 * is sent yet: a receiver that is not there is waited for, and the queue's limit says what is lost meanwhile.
 * reason_out (ROHAS_REASON_SIZE bytes; NULL: not wanted) gets one sentence where the result is not ROHAS_OK. At exit
 * the library closes itself.
 */
ROHAS_API_CALL enum rohas_status rohas_open(const struct rohas_options *options, char *reason_out);

/*
 * Takes nothing new, delivers what is there for at most deadline_ms, and gives everything back; report_out may be NULL.
 * ROHAS_LOST where the report's lost or unfinished are not 0. Without an open library: ROHAS_OK, and a report of zeros.
 * An append to the embedded store that is under way is waited for past the deadline: it cannot be taken back.
 *
 * Calls of other threads meanwhile and later do nothing; the pool of a thread that lives on is given back when it
 * ends, and one with executions that never end stays: with an allocator of your own, end both before you close.
 */
ROHAS_API_CALL enum rohas_status rohas_close(uint32_t deadline_ms, struct rohas_report *report_out);

/* Waits until all that ended before the call is delivered or lost; false where deadline_ms came first. */
ROHAS_API_CALL bool rohas_flush(uint32_t deadline_ms);

ROHAS_API_CALL void rohas_report_read(struct rohas_report *report_out);

/* Takes this thread's pool now, not with its first call. False where there is none to have. */
ROHAS_API_CALL bool rohas_thread_begin(void);

/* ---- What a message carries ---- */

/* As it was received; each may be NULL. What is malformed is taken as absent, and counted. */
struct rohas_carrier {
	const char *traceparent, *tracestate, *baggage;
};

/* What is to be sent along, ready to be put into headers; "" where there is nothing. */
struct rohas_context {
	char traceparent[ROHAS_TRACEPARENT_SIZE];
	char tracestate[ROHAS_TRACESTATE_SIZE];
	char baggage[ROHAS_BAGGAGE_SIZE];
};

/* The value of a member of a baggage header, percent-decoded; cut to size. False where there is none. */
ROHAS_API_CALL bool rohas_baggage_get(const char *baggage, const char *key, char *value_out, size_t size);

/* Puts a member into a baggage header of size bytes (or in place of one of that key), percent-encoded. False, and
 * nothing changed, where key is no token or the header would be too long or have more than 64 members. */
ROHAS_API_CALL bool rohas_baggage_put(char *baggage, size_t size, const char *key, const char *value);

/* ---- Executions and spans ---- */

/* A span that was begun. A plain value: copy it, give it to another thread. */
struct rohas_span {
	void *record;
	uint64_t id;
};

enum rohas_handler_type { ROHAS_API = 1, ROHAS_EVENT = 2, ROHAS_CRON = 3, ROHAS_WEBSOCKET = 4 };

/* How an execution stands to what it was called by. */
enum rohas_relation {
	ROHAS_USUAL = 0,      /* API, WEBSOCKET: as PARENT; EVENT, CRON: as LINK */
	ROHAS_LINK,           /* a trace of its own, linked to each of from */
	ROHAS_PARENT,         /* in the trace of the first of from, as its child */
	ROHAS_PARENT_AND_LINK /* both */
};

/* More about an execution; all zero is allowed. Fields that do not belong to the handler's type are ignored. */
struct rohas_begin {
	const struct rohas_carrier *from; /* what the request or the messages carried */
	size_t from_count;                /* more than one: a batch of messages */
	enum rohas_relation relation;
	const char *method,
		*route;    /* API: "GET", "/orders/{id}"; never a raw path. Also of a WEBSOCKET: its route */
	const char *event; /* EVENT, WEBSOCKET: rohas.event.name */
	const char *schedule; /* CRON: faas.cron */
	const char *language; /* of this handler; NULL: as in the options */
	bool is_apart;        /* does not become the thread's current execution: it moves between threads */
};

/*
 * Around every execution of a handler. begin makes it the thread's current execution, under which spans, events that
 * are published and log records of this thread go by themselves; end, on whichever thread, restores the one before.
 * more may be NULL. Without from, an execution inside another is its child.
 */
ROHAS_API_CALL struct rohas_span rohas_handler_begin(enum rohas_handler_type type, const char *name,
						     const struct rohas_begin *more);
ROHAS_API_CALL void rohas_handler_end(struct rohas_span span);

/* OTLP's numbers. */
enum rohas_span_kind {
	ROHAS_INTERNAL = 1,
	ROHAS_SERVER = 2,
	ROHAS_CLIENT = 3,
	ROHAS_PRODUCER = 4,
	ROHAS_CONSUMER = 5
};

/* A part of an execution: a query, a call. It becomes current as an execution does. */
ROHAS_API_CALL struct rohas_span rohas_span_begin(const char *name, enum rohas_span_kind kind);

/* The same under a span that need not be this thread's current one; does not become current. */
ROHAS_API_CALL struct rohas_span rohas_span_begin_under(struct rohas_span parent, const char *name,
							enum rohas_span_kind kind);
ROHAS_API_CALL void rohas_span_end(struct rohas_span span);

/* This thread's current execution or span; zeros where there is none. */
ROHAS_API_CALL struct rohas_span rohas_current(void);

/* Makes span (zeros: none) current on this thread, and returns what was: for engines that switch between executions. */
ROHAS_API_CALL struct rohas_span rohas_make_current(struct rohas_span span);

/* ---- What a span says ---- */

enum rohas_field_type { ROHAS_STRING_FIELD, ROHAS_INT_FIELD, ROHAS_DOUBLE_FIELD, ROHAS_BOOL_FIELD };

struct rohas_field {
	const char *key;
	enum rohas_field_type type;
	union {
		const char *string; /* NULL: the field is left out */
		int64_t integer;
		double real;
		bool boolean;
	} value;
};

static inline struct rohas_field rohas_string(const char *key, const char *value)
{
	struct rohas_field field;

	field.key = key;
	field.type = ROHAS_STRING_FIELD;
	field.value.string = value;
	return field;
}

static inline struct rohas_field rohas_int(const char *key, int64_t value)
{
	struct rohas_field field;

	field.key = key;
	field.type = ROHAS_INT_FIELD;
	field.value.integer = value;
	return field;
}

static inline struct rohas_field rohas_double(const char *key, double value)
{
	struct rohas_field field;

	field.key = key;
	field.type = ROHAS_DOUBLE_FIELD;
	field.value.real = value;
	return field;
}

static inline struct rohas_field rohas_bool(const char *key, bool value)
{
	struct rohas_field field;

	field.key = key;
	field.type = ROHAS_BOOL_FIELD;
	field.value.boolean = value;
	return field;
}

/* For the functions below: sizes of literals are then known when the application is compiled. key and value end in NUL. */
ROHAS_API_CALL void rohas_tag_bytes(struct rohas_span span, const char *key, size_t key_size,
				    const char *value, size_t value_size);
ROHAS_API_CALL void rohas_tag_integer(struct rohas_span span, const char *key, size_t key_size,
				      int64_t value);
ROHAS_API_CALL void rohas_tag_real(struct rohas_span span, const char *key, size_t key_size, double value);
ROHAS_API_CALL void rohas_tag_boolean(struct rohas_span span, const char *key, size_t key_size, bool value);

/* A tag is an attribute of the span. Nothing is written where key or value is NULL. */
static inline void rohas_tag_string(struct rohas_span span, const char *key, const char *value)
{
	if (key && value)
		rohas_tag_bytes(span, key, strlen(key), value, strlen(value));
}

static inline void rohas_tag_int(struct rohas_span span, const char *key, int64_t value)
{
	if (key)
		rohas_tag_integer(span, key, strlen(key), value);
}

static inline void rohas_tag_double(struct rohas_span span, const char *key, double value)
{
	if (key)
		rohas_tag_real(span, key, strlen(key), value);
}

static inline void rohas_tag_bool(struct rohas_span span, const char *key, bool value)
{
	if (key)
		rohas_tag_boolean(span, key, strlen(key), value);
}

/* Something that happened at one moment of the span. fields may be NULL where count is 0. */
ROHAS_API_CALL void rohas_span_event(struct rohas_span span, const char *name,
				     const struct rohas_field *fields, size_t count);

/* Points at another span, by what a message of it carried. */
ROHAS_API_CALL void rohas_span_link(struct rohas_span span, const struct rohas_carrier *to);

/* The span failed. type is the error's class ("TimeoutError"), with few different values; message and stack may be
 * NULL. */
ROHAS_API_CALL void rohas_error(struct rohas_span span, const char *type, const char *message,
				const char *stack);

/* ---- Events between handlers ---- */

/*
 * Records that an event of that name is published by the current execution, and fills in what its message must carry,
 * so that the handlers of it, whenever and wherever, are found from here. message_out may be NULL. Where nothing
 * could be recorded it holds the context of the current execution, or "".
 */
ROHAS_API_CALL void rohas_event_publish(const char *name, struct rohas_context *message_out);

/* The context of a span itself: for a request to somebody else. Zeros: of the current one. False, and "", where there
 * is none. */
ROHAS_API_CALL bool rohas_context_of(struct rohas_span span, struct rohas_context *context_out);

/* ---- Logs ---- */

enum rohas_level { ROHAS_TRACE = 0, ROHAS_DEBUG, ROHAS_INFO, ROHAS_WARN, ROHAS_ERROR };

/* A log record of the current execution. fields may be NULL where count is 0. */
ROHAS_API_CALL void rohas_log(enum rohas_level level, const char *message, const struct rohas_field *fields,
			      size_t count);

/* The same of a span that need not be current; zeros: of none. */
ROHAS_API_CALL void rohas_log_in(struct rohas_span span, enum rohas_level level, const char *message,
				 const struct rohas_field *fields, size_t count);

/* printf, at most 1,024 bytes of it. */
ROHAS_API_CALL void rohas_logf(enum rohas_level level, const char *format, ...) ROHAS_FORMAT(2, 3);

/* ---- Metrics of the application's own ---- */

/* A metric with its labels. A plain value, good for the life of the process; zeros do nothing. */
struct rohas_metric {
	uint32_t index;
};

/*
 * Makes a metric with fixed labels, or finds the one that was made with the same name and labels: do it once and keep
 * the handle. These calls take a lock. unit is UCUM's ("ms", "By", "1") or NULL. bounds ascend; NULL, 0 are
 * OpenTelemetry's for milliseconds. Zeros where ROHAS_SERIES_MOST was reached or the labels take more than 512 bytes.
 * Values are summed up in the library for each thread, and sent every few seconds with delta temporality.
 */
ROHAS_API_CALL struct rohas_metric rohas_counter(const char *name, const char *unit,
						 const struct rohas_field *labels, size_t label_count);
ROHAS_API_CALL struct rohas_metric rohas_gauge(const char *name, const char *unit,
					       const struct rohas_field *labels, size_t label_count);
ROHAS_API_CALL struct rohas_metric rohas_histogram(const char *name, const char *unit,
						   const struct rohas_field *labels, size_t label_count,
						   const double *bounds, size_t bound_count);

ROHAS_API_CALL void rohas_counter_add(struct rohas_metric counter, double amount); /* below 0: ignored */
ROHAS_API_CALL void rohas_gauge_set(struct rohas_metric gauge, double value);      /* the last one counts */
ROHAS_API_CALL void rohas_histogram_record(struct rohas_metric histogram, double value);

#ifdef __cplusplus
}
#endif

#endif
