/*
 * json_writer: the pieces of an OTLP request in JSON.
 *
 * A piece finds out by the last byte written whether a comma is due, so that nobody carries that along. Inside of the
 * archive.
 *
 * Ownership  the buffer is borrowed, and is not empty: it begins with the bracket of what is being written.
 * Threads    one thread at a time for a buffer.
 * Errors     those of the buffer: buffer_failed at the end.
 */
#ifndef ROHAS_ARCHIVE_JSON_WRITER_H
#define ROHAS_ARCHIVE_JSON_WRITER_H

#include "model/value.h"

/* The comma that is due before a next item of a list or a member of an object. */
void json_next(struct buffer *out);

/* "name": with its comma in front. */
void json_name(struct buffer *out, const char *name);

/* A name and a bracket. */
void json_open(struct buffer *out, const char *name, char bracket);

/* Values. */
void json_put_text(struct buffer *out, struct str text);
void json_put_number(struct buffer *out, uint64_t number);
void json_put_u64(struct buffer *out, uint64_t number); /* a string of digits */
void json_put_double(struct buffer *out, double real);
void json_put_any(struct buffer *out, const struct value *value); /* an AnyValue */

/* Members that are left out where they have their default: empty, 0, all zero. */
void json_text_member(struct buffer *out, const char *name, struct str text);
void json_number_member(struct buffer *out, const char *name, uint64_t number);
void json_u64_member(struct buffer *out, const char *name, uint64_t number);
void json_double_member(struct buffer *out, const char *name, double real);
void json_id_member(struct buffer *out, const char *name, const uint8_t *id, size_t size);

/* Attributes and how many were dropped. */
void json_attributes_members(struct buffer *out, const struct attributes *attributes);
void json_attributes_member(struct buffer *out, const char *name, const struct attributes *attributes);

#endif
