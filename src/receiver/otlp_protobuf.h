/*
 * otlp_protobuf: OTLP requests in protobuf, read into rows in one pass without a copy.
 *
 * Everything that OTLP 1.x says about a record is kept; fields from the future are passed over. Attributes in
 * the layout that every known client writes are read by straight-line code, any other layout by
 * model/value.h.
 *
 * Contract   receiver/otlp.h says who owns what, and which errors there are.
 * Source     opentelemetry-proto: collector/{trace,metrics,logs}/v1, trace/v1, metrics/v1, logs/v1
 */
#ifndef ROHAS_RECEIVER_OTLP_PROTOBUF_H
#define ROHAS_RECEIVER_OTLP_PROTOBUF_H

#include "receiver/otlp.h"

/* Decodes the request of that signal in body. outcome is the caller's, and set to nothing first. */
enum status otlp_protobuf_decode(enum signal signal, struct str body, uint64_t now_ns, struct batch *batch,
				 struct otlp_outcome *outcome, struct error *error);

#endif
