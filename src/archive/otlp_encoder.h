/*
 * otlp_encoder: rows as OTLP requests in JSON, the mirror of receiver/otlp_json.h.
 *
 * Everything that a row of the sender's has is written; what the processor recognised in it is not, for whoever reads
 * it recognises again. Ids are hexadecimal, 64-bit integers strings, enums numbers, bytes base64; a field that has its
 * default is left out, as protobuf's JSON does. A double is written with as many digits as it takes to read the same
 * one back. Texts are trusted to be UTF-8: a decoder has checked them.
 *
 * Rows of one resource, scope and metric stand together, so that each is written once a request.
 *
 * Ownership  everything is borrowed.
 * Threads    pure functions.
 * Errors     STATUS_NO_MEMORY.
 * Source     OTLP specification, "JSON Protobuf Encoding"; file exporter's format: one request a line
 */
#ifndef ROHAS_ARCHIVE_OTLP_ENCODER_H
#define ROHAS_ARCHIVE_OTLP_ENCODER_H

#include "base/buffer.h"
#include "base/status.h"
#include "model/batch.h"

/* Appends one request with the batch's rows [first, first + count) of the signal, on one line, without its end. */
enum status otlp_encode(enum signal signal, const struct batch *rows, size_t first, size_t count,
			struct buffer *out, struct error *error);

#endif
