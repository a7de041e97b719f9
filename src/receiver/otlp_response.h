/*
 * otlp_response: what OTLP/HTTP answers, as protobuf or JSON.
 *
 * Ownership  out is the caller's; it is appended to.
 * Threads    every call may run concurrently.
 * Errors     buffer_failed(out) where memory ran out.
 * Source     OTLP specification, "OTLP/HTTP response"; google/rpc/status.proto and code.proto
 */
#ifndef ROHAS_RECEIVER_OTLP_RESPONSE_H
#define ROHAS_RECEIVER_OTLP_RESPONSE_H

#include "receiver/otlp.h"

enum otlp_format { OTLP_PROTOBUF = 0, OTLP_JSON = 1 };
enum { OTLP_FORMAT_COUNT = 2 };

const char *otlp_content_type(enum otlp_format format);

/* The format of a Content-Type, whatever its parameters; false where it is neither. */
bool otlp_format_parse(struct str content_type, enum otlp_format *format_out);

/* ExportTraceServiceResponse and its sisters, with partial_success where records were rejected. */
void otlp_write_success(enum otlp_format format, enum signal signal, const struct otlp_outcome *outcome,
			struct buffer *out);

/* The google.rpc.Status that belongs to an HTTP status code. */
void otlp_write_status(enum otlp_format format, unsigned http_code, const char *message, struct buffer *out);

/* The HTTP status code that a failure is answered with. */
unsigned otlp_http_code(enum status status);

/* Whether the answer should tell the sender to come again (429, 503). */
bool otlp_may_retry(unsigned http_code);

#endif
