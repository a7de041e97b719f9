/*
 * json: writes JSON, piece by piece, into a buffer. It sets the commas; the caller sees to the brackets.
 *
 * What JSON cannot hold is made to fit: bytes that are not UTF-8 become U+FFFD, NaN and the infinities the
 * strings "NaN", "Infinity", "-Infinity", and integers that a double cannot hold become strings of digits. A
 * double is written with as many digits as it takes to read the same one back.
 *
 * No name here is one of jansson's (json_string, json_null): the linker would join the two without a word.
 *
 * Ownership  the buffer is borrowed.
 * Threads    one thread at a time.
 * Errors     those of the buffer: buffer_failed at the end.
 */
#ifndef ROHAS_SERVER_JSON_H
#define ROHAS_SERVER_JSON_H

#include "base/buffer.h"

struct json {
	struct buffer *out;
	bool comma; /* one is due before what comes next */
};

static inline struct json json_to(struct buffer *out)
{
	return (struct json){out, false};
}

void json_begin_object(struct json *json);
void json_end_object(struct json *json);
void json_begin_array(struct json *json);
void json_end_array(struct json *json);
void json_key(struct json *json, struct str key);

void json_nothing(struct json *json);
void json_bool(struct json *json, bool boolean);
void json_text(struct json *json, struct str text);
void json_i64(struct json *json, int64_t integer);
void json_u64(struct json *json, uint64_t integer);
void json_double(struct json *json, double real);
void json_time(struct json *json, uint64_t time_ns);    /* RFC 3339 with nanoseconds */
void json_milliseconds(struct json *json, uint64_t ns); /* 1.234567 */
void json_hex(struct json *json, const uint8_t *bytes, size_t size);
void json_base64(struct json *json, struct str bytes);

/* A member: its key (a C string) and its value. */
void json_member_string(struct json *json, const char *key, struct str text);
void json_member_c(struct json *json, const char *key, const char *text);
void json_member_u64(struct json *json, const char *key, uint64_t integer);
void json_member_bool(struct json *json, const char *key, bool boolean);
/* The text, or null where it is empty. */
void json_member_nullable(struct json *json, const char *key, struct str text);

#endif
