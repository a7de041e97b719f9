/*
 * calls: what the shop's handlers are made of: requests received, databases asked, events published and
 * handled, failures; each with the attributes that its language's instrumentation sends.
 *
 * Ownership  as in play.h.
 * Threads    one thread at a time.
 * Units      times are Unix nanoseconds. A function that does something returns when it was done.
 */
#ifndef ROHAS_APP_DEMO_CALLS_H
#define ROHAS_APP_DEMO_CALLS_H

#include "app/demo/play.h"

enum {
	SEVERITY_TRACE = 1,
	SEVERITY_DEBUG = 5,
	SEVERITY_INFO = 9,
	SEVERITY_WARN = 13,
	SEVERITY_ERROR = 17,
	SEVERITY_FATAL = 21
};

struct failure {
	const char *type, *message, *stack_trace;
};

/* What goes wrong in this shop. */
extern const struct failure failure_type_error, failure_timeout, failure_declined, failure_deadlock,
	failure_out_of_stock, failure_statement_timeout, failure_room_full, failure_image, failure_mail,
	failure_carrier, failure_disk_full;

/* Exception event, error.type, status and a log line at ERROR. */
void span_break(struct play *play, struct open_span *span, uint64_t time_ns, const struct failure *failure);

/* A server span for a request. The handler is "method route" unless span_executes says otherwise. */
void api_open(struct play *play, struct open_span *span, enum demo_scope scope, const struct mark *parent,
	      uint64_t start_ns, const char *method, const char *route, const char *path);
uint64_t api_close(struct play *play, struct open_span *span, uint64_t end_ns, int status);

/* A client span around a request to another service, opened; the other side's span is its child. */
void request_open(struct play *play, struct open_span *span, enum demo_scope scope, const struct mark *parent,
		  uint64_t start_ns, const char *method, const char *host, int port, const char *path);
uint64_t request_close(struct play *play, struct open_span *span, uint64_t end_ns, int status);

/* Work of the handler's own, in an internal span. */
uint64_t do_work(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		 double median_ms, const char *name);

uint64_t call_redis(struct play *play, const struct mark *parent, uint64_t start_ns, const char *command,
		    const char *key);

/* scope says which language asks. */
uint64_t call_postgres(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		       double median_ms, const char *operation, const char *table, const char *query);

/* A message on the bus. published_out is what handlers link to. */
uint64_t publish(struct play *play, enum demo_scope scope, const struct mark *parent, uint64_t start_ns,
		 const char *event, const char *key, struct mark *published_out);

/*
 * The handling of one message in a trace of its own, linked to the span that published it. function NULL: the
 * instrumentation does not know it, and the handler is "group event".
 */
void handling_open(struct play *play, struct open_span *span, enum demo_scope scope,
		   const struct mark *published, uint64_t start_ns, const char *event, const char *group,
		   const char *function);

/* When a message that was published then is taken from its topic. */
uint64_t delivered_at(struct play *play, uint64_t published_ns);

#endif
