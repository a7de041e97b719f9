/*
 * starts: spans whose start was reported and that have not ended, out of the log records that report them.
 *
 * A record of the event name "rohas.span.start" stands for a span: its trace and span id, its time as the start, its
 * resource and scope are the span's. rohas.span.name (else the body) is the name, rohas.span.kind ("server", …) the kind,
 * rohas.span.parent_id the parent's id in hexadecimal digits; its other attributes are the span's.
 *
 * Ownership  starts borrow what the records have.
 * Threads    as processor.h says.
 * Errors     false where memory ran out. A record without a trace or a span id is an ordinary log line.
 */
#ifndef ROHAS_PROCESSOR_STARTS_H
#define ROHAS_PROCESSOR_STARTS_H

#include "model/batch.h"

/* Adds the batch's starts. */
bool starts_take(struct batch *batch);

#endif
