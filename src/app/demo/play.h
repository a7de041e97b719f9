/*
 * play: the stage that the shop plays on: spans, log lines and measurements, written as its services
 * would write them, and put into the outbox until they are due.
 *
 * A span is opened, told what it knows, and closed with its end; times are given, never read from a clock, so
 * that a day can be played in seconds.
 *
 * Ownership  a struct play owns its outbox, truth and metrics. An open span or line owns a buffer that
 *            closing frees; every one that was opened is closed.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds.
 * Errors     none: what memory has no room for is left out.
 */
#ifndef ROHAS_APP_DEMO_PLAY_H
#define ROHAS_APP_DEMO_PLAY_H

#include "app/demo/metrics.h"
#include "app/demo/outbox.h"
#include "app/demo/random.h"
#include "app/demo/services.h"
#include "app/demo/truth.h"
#include "base/clock.h"
#include "model/log_record.h"
#include "model/span.h"

struct play {
	struct demo_random random;
	struct demo_outbox outbox;
	struct demo_truth truth;
	struct demo_metrics metrics;
	uint64_t next_order, next_user;
	int64_t shift_ns; /* what the shop's own clock shows is the time less this */
};

/* A span as others point at it. */
struct mark {
	uint8_t trace_id[TRACE_ID_SIZE], span_id[SPAN_ID_SIZE];
};

enum { TOLD_LINKS_MOST = 8 };

struct open_span {
	struct mark mark;
	uint8_t parent_id[SPAN_ID_SIZE];
	bool has_parent, has_failed;
	enum demo_scope scope;
	enum span_kind kind;
	uint64_t start_ns, due_ns;
	char name[96];
	char failure[160];
	struct buffer fields;
	/* What the program should make of it. */
	const char *handler_type; /* NULL: no execution */
	char handler[TRUTH_NAME_SIZE], event[TRUTH_NAME_SIZE];
	bool publishes;
	uint32_t messages;
	struct mark links[TOLD_LINKS_MOST]; /* the first ones */
	size_t link_count;
	const char *exception_type, *exception_message, *exception_stack; /* of the last; NULL: none */
};

/* parent NULL: the root of a new trace. */
void span_open(struct play *play, struct open_span *span, enum demo_scope scope, enum span_kind kind,
	       const struct mark *parent, uint64_t start_ns, const char *name_format, ...)
	__attribute__((format(printf, 7, 8)));
void span_text(struct open_span *span, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void span_int(struct open_span *span, const char *key, int64_t value);
void span_real(struct open_span *span, const char *key, double value);
void span_flag(struct open_span *span, const char *key, bool value);
void span_texts(struct open_span *span, const char *key, const char *const *values, size_t count);
void span_link(struct open_span *span, const struct mark *to);
void span_event(struct open_span *span, uint64_t time_ns, const char *name, const char *key,
		const char *value);
/* Adds the exception event that SDKs record. */
void span_exception(struct open_span *span, uint64_t time_ns, const char *type, const char *message,
		    const char *stack_trace);
/* Status ERROR. */
void span_fail(struct open_span *span, const char *message);

/* For the truth: the program should take this span for an execution of that handler, … */
void span_executes(struct open_span *span, const char *type, const char *handler_format, ...)
	__attribute__((format(printf, 3, 4)));
/* … which handles so many messages of an event, … */
void span_handles(struct open_span *span, const char *event, uint32_t messages);
/* … or for a publication. */
void span_publishes(struct open_span *span, const char *event);

/* Returns end_ns. */
uint64_t span_close(struct play *play, struct open_span *span, uint64_t end_ns);

struct open_line {
	struct buffer fields;
	enum demo_scope scope;
	uint64_t time_ns;
};

/* at NULL: a line outside any span. */
void line_open(struct play *play, struct open_line *line, enum demo_scope scope, const struct mark *at,
	       uint64_t time_ns, uint8_t severity, const char *format, ...)
	__attribute__((format(printf, 7, 8)));
void line_text(struct open_line *line, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void line_int(struct open_line *line, const char *key, int64_t value);
void line_close(struct play *play, struct open_line *line);

/* A duration around median_ms, in nanoseconds. */
uint64_t play_takes(struct play *play, double median_ms);

/* Whether the payment provider is having one of its bad moments: four minutes of every hour. */
bool play_is_incident(const struct play *play, uint64_t time_ns);

#endif
