/*
 * otlp_json: OTLP requests in JSON, read into rows.
 *
 * It is protobuf's JSON with OTLP's exceptions: ids are hexadecimal, enums are numbers (names are understood
 * too), 64-bit integers are strings or numbers, field names are lowerCamelCase (proto's snake_case is
 * understood too), null is absent, and unknown fields are passed over. Strings are copied into the batch's
 * arena; nested arrays and maps become protobuf bytes there, as model/value.h has them.
 *
 * A field of the wrong JSON type makes the whole request malformed: it was written by no OTLP encoder.
 *
 * Contract   receiver/otlp.h says who owns what, and which errors there are. Rows hold nothing of the body.
 * Source     OTLP specification, "JSON Protobuf Encoding"; protobuf.dev/programming-guides/json
 */
#ifndef ROHAS_RECEIVER_OTLP_JSON_H
#define ROHAS_RECEIVER_OTLP_JSON_H

#include "receiver/otlp.h"

/* A parsed tree takes many times the memory of its text: JSON bodies have a limit of their own. */
enum { OTLP_JSON_BODY_BYTES = 16 * 1024 * 1024 };

/* Decodes the request of that signal in body. outcome is the caller's, and set to nothing first. */
enum status otlp_json_decode(enum signal signal, struct str body, uint64_t now_ns, struct batch *batch,
			     struct otlp_outcome *outcome, struct error *error);

#endif
