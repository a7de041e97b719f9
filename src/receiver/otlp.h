/*
 * otlp: what the decoders of OTLP have in common, whatever the encoding.
 *
 * A decoder turns the body of an ExportTraceServiceRequest (or its sisters) into rows at the end of a batch.
 * A record that cannot be kept costs itself: it is counted, the first reason is remembered, the rest goes on.
 * A body that is not what it says it is, or unfolds to more than is allowed, is refused whole.
 *
 * Ownership  rows hold views into the body: the caller keeps it as long as the rows (batch_own).
 * Threads    every call may run concurrently, each on its own batch.
 * Units      times are Unix nanoseconds, sizes bytes.
 * Errors     STATUS_INVALID: the body is malformed. STATUS_TOO_LARGE: it has more rows, or needs more memory,
 * than a batch may hold. The batch may then hold some rows; the caller clears it.
 */
#ifndef ROHAS_RECEIVER_OTLP_H
#define ROHAS_RECEIVER_OTLP_H

#include "base/status.h"
#include "model/batch.h"

enum {
	/* Rows of one request. A quarter of a million spans is hundreds of usual requests; their rows alone
	 * take some 60 MB. */
	OTLP_ROWS_MAX = 256 * 1024,
	/* Attributes of one record, resource or scope. The specification's own default limit is 128. */
	OTLP_ATTRIBUTES_MAX = 16 * 1024,
	/* Events or links of a span, exemplars, quantiles and buckets of a point. SDKs keep 128 events, 160
	   buckets. */
	OTLP_PARTS_MAX = 64 * 1024,
	/* Attributes of all parts of one kind together: each may have a key of its own, and a block has room for
	 * this many columns. */
	OTLP_PART_ATTRIBUTES_MAX = 60000,
};

struct otlp_outcome {
	uint64_t rejected;
	char reason[256]; /* of the first record that was rejected; "" where none was */
};

/* Adds count to the rejected; reason is kept where it is the first. */
void otlp_reject(struct otlp_outcome *outcome, uint64_t count, const char *reason);

/*
 * What makes a whole record unfit, once it is in its row: NULL where nothing does. Fills in what the sender
 * left out (the time of a log record or point is now_ns where it has none).
 */
const char *otlp_span_fault(const struct span *span);
void otlp_log_complete(struct log_record *record, uint64_t now_ns);
const char *otlp_point_complete(struct metric_point *point, uint64_t now_ns);

/* Numbers that a row keeps in a byte: those that do not fit are unspecified (0). */
static inline uint8_t otlp_small_enum(uint64_t number)
{
	return number <= UINT8_MAX ? (uint8_t)number : 0;
}

/* 0 to 24, or unspecified. */
static inline uint8_t otlp_severity(uint64_t number)
{
	return number <= 24 ? (uint8_t)number : 0;
}

#endif
