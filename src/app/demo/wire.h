/*
 * wire: OTLP's common messages, written.
 *
 * Ownership  everything is appended to the caller's buffer.
 * Threads    one thread a buffer.
 * Errors     buffer_failed.
 * Source     opentelemetry-proto common/v1/common.proto
 */
#ifndef ROHAS_APP_DEMO_WIRE_H
#define ROHAS_APP_DEMO_WIRE_H

#include "base/buffer.h"

/* A KeyValue as field number of the message that is being written. */
void wire_text(struct buffer *out, uint32_t field, const char *key, const char *value);
void wire_int(struct buffer *out, uint32_t field, const char *key, int64_t value);
void wire_real(struct buffer *out, uint32_t field, const char *key, double value);
void wire_flag(struct buffer *out, uint32_t field, const char *key, bool value);
void wire_texts(struct buffer *out, uint32_t field, const char *key, const char *const *values, size_t count);

/* A string as an AnyValue. */
void wire_any_text(struct buffer *out, uint32_t field, struct str value);

void wire_string(struct buffer *out, uint32_t field, const char *value);
void wire_packed_fixed64(struct buffer *out, uint32_t field, const uint64_t *values, size_t count);
void wire_packed_doubles(struct buffer *out, uint32_t field, const double *values, size_t count);
void wire_packed_varints(struct buffer *out, uint32_t field, const uint64_t *values, size_t count);

#endif
