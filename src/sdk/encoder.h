/*
 * encoder: records and counted metrics as OTLP requests (protobuf).
 *
 * Rows of a signal gather in a buffer of fixed size; a request is the resource and the scope in front of them.
 *
 * Ownership  the encoder owns its buffers, from the library's allocator.
 * Threads    one thread at a time: the drain.
 * Errors     false where the buffer has no room for the row: take what is there (encoder_body_size, encoder_write_body)
 *            and try again; an empty buffer has room for every row.
 * Source     opentelemetry-proto: collector, trace, logs, metrics, resource, common v1
 */
#ifndef ROHAS_SDK_ENCODER_H
#define ROHAS_SDK_ENCODER_H

#include "base/buffer.h"
#include "sdk/memory.h"
#include "sdk/pool.h"
#include "sdk/settings.h"
#include "sdk/ticks.h"

struct encoder {
	const struct rohas_allocator *allocator;
	const char *language; /* of handlers that say none; NULL: the resource's */
	struct buffer rows[SIGNALS];
	uint32_t counts[SIGNALS];
	struct buffer head; /* resource and scope, as fields 1 */
	size_t resource_size;
};

/* False where there is no memory. */
bool encoder_init(struct encoder *encoder, const struct settings *settings);
void encoder_release(struct encoder *encoder);

bool encoder_add_span(struct encoder *encoder, const struct record *record,
		      const struct ticks_calibration *clock);
bool encoder_add_log(struct encoder *encoder, const struct record *record,
		     const struct ticks_calibration *clock);

/* A span that runs, as a log record rohas.span.start. */
bool encoder_add_running(struct encoder *encoder, const struct record *record,
			 const struct ticks_calibration *clock);

/* A metric with one point, for what came between two times. */
bool encoder_add_series(struct encoder *encoder, const struct series *series, double sum,
			const uint64_t buckets[CELL_BUCKETS], uint64_t start_ns, uint64_t end_ns);

/* A counter of the library's own, with two labels. */
bool encoder_add_loss(struct encoder *encoder, const char *signal, const char *reason, uint64_t count,
		      uint64_t start_ns, uint64_t end_ns);

/* The request of the rows that are there; then they are forgotten. */
size_t encoder_body_size(const struct encoder *encoder, int signal);
void encoder_write_body(struct encoder *encoder, int signal, char *out);
void encoder_forget(struct encoder *encoder, int signal);

#endif
