/*
 * outbox: spans, log records and metrics that wait for the moment at which their application would send
 * them, then leave in requests, grouped by service and scope.
 *
 * Ownership  owns its items. truth and sender are borrowed.
 * Threads    one thread at a time.
 * Units      due times are Unix nanoseconds.
 * Errors     a failed flush keeps nothing of the request that failed; the demo ends then.
 */
#ifndef ROHAS_APP_DEMO_OUTBOX_H
#define ROHAS_APP_DEMO_OUTBOX_H

#include "app/demo/send.h"
#include "app/demo/services.h"
#include "app/demo/truth.h"
#include "model/batch.h"

/* What is known of an item beside its bytes. */
struct outbox_item {
	uint64_t due_ns; /* items of one due time leave in one request */
	uint64_t start_ns, end_ns;
	uint8_t signal, scope;
	bool is_root;      /* of a trace */
	int truth_row;     /* or TRUTH_NONE */
	uint32_t rows;     /* spans, records or points in it */
	uint32_t messages; /* that it handles or publishes */
	uint64_t sequence; /* given by outbox_put */
	struct str bytes;  /* the Span, LogRecord or Metric; copied by outbox_put */
	struct str told;   /* of a span: its line of the truth, or empty; copied too */
};

struct demo_outbox {
	struct outbox_item **heap; /* the earliest due first */
	size_t count, capacity;
	uint64_t sequence;
	struct demo_truth *truth;
	struct demo_sender *sender;
};

void outbox_put(struct demo_outbox *outbox, const struct outbox_item *item);

/* Sends everything that is due until until_ns. */
enum status outbox_flush(struct demo_outbox *outbox, uint64_t until_ns, struct error *error);

/* When the last item is due; 0 where it is empty. */
uint64_t outbox_last_due_ns(const struct demo_outbox *outbox);

void outbox_release(struct demo_outbox *outbox);

#endif
