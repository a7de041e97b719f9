#include "load/response.h"

#include <string.h>

#include "base/protobuf.h"

/* opentelemetry/proto/collector/<signal>/v1: the same numbers for all three signals. */
enum { PARTIAL_SUCCESS = 1, REJECTED = 1 };

void response_init(struct response *response)
{
	/* The two large arrays are guarded by their sizes: clearing them for each response would cost more.
	 */
	response->state = RESPONSE_STATUS_LINE;
	response->status = 0;
	response->keep_alive = true;
	response->is_protobuf = response->is_chunked = response->has_length = false;
	response->body_left = 0;
	response->retry_after_seconds = 0;
	response->body_size = response->line_size = 0;
}

static void parse_status_line(struct response *response, struct str line)
{
	uint64_t status;
	struct str version, rest, code;

	str_split(line, ' ', &version, &rest);
	str_split(rest, ' ', &code, &rest);
	if (!str_starts_with(version, "HTTP/1.") || code.size != 3 || !str_parse_u64(code, &status) ||
	    status < 100) {
		response->state = RESPONSE_BROKEN;
		return;
	}
	response->keep_alive = !str_equal_c(version, "HTTP/1.0");
	response->status = (int)status;
	response->state = RESPONSE_HEADER;
}

static void parse_header(struct response *response, struct str line)
{
	struct str name, value;
	uint64_t number;

	if (!str_split(line, ':', &name, &value)) {
		response->state = RESPONSE_BROKEN;
		return;
	}
	value = str_trim(value);
	if (str_equal_nocase(name, str_from("content-length"))) {
		if (!str_parse_u64(value, &response->body_left))
			response->state = RESPONSE_BROKEN;
		response->has_length = true;
	} else if (str_equal_nocase(name, str_from("transfer-encoding"))) {
		response->is_chunked = str_contains_nocase(value, str_from("chunked"));
	} else if (str_equal_nocase(name, str_from("connection"))) {
		if (str_contains_nocase(value, str_from("close")))
			response->keep_alive = false;
		else if (str_contains_nocase(value, str_from("keep-alive")))
			response->keep_alive = true;
	} else if (str_equal_nocase(name, str_from("content-type"))) {
		response->is_protobuf = str_contains_nocase(value, str_from("protobuf"));
	} else if (str_equal_nocase(name, str_from("retry-after"))) {
		if (str_parse_u64(value, &number) && number < 3600)
			response->retry_after_seconds = (uint32_t)number;
	}
}

static void end_head(struct response *response)
{
	if (response->status < 200)
		response_init(response);
	else if (response->status == 204 || response->status == 304)
		response->state = RESPONSE_DONE;
	else if (response->is_chunked)
		response->state = RESPONSE_CHUNK_SIZE;
	else if (!response->has_length)
		response->state = RESPONSE_UNTIL_EOF;
	else
		response->state = response->body_left ? RESPONSE_BODY : RESPONSE_DONE;
	if (response->state == RESPONSE_UNTIL_EOF)
		response->keep_alive = false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "1a2b" or "1a2b;name=value". */
static void parse_chunk_size(struct response *response, struct str line)
{
	uint64_t size = 0;
	size_t digits = 0;

	while (digits < line.size && digits < 15 && hex_digit(line.data[digits]) >= 0)
		size = size << 4 | (uint64_t)hex_digit(line.data[digits++]);
	line = str_trim(str_make(line.data + digits, line.size - digits));
	if (digits == 0 || (line.size && line.data[0] != ';')) {
		response->state = RESPONSE_BROKEN;
		return;
	}
	response->body_left = size;
	response->state = size ? RESPONSE_CHUNK : RESPONSE_TRAILER;
}

static void take_line(struct response *response, struct str line)
{
	switch (response->state) {
	case RESPONSE_STATUS_LINE: parse_status_line(response, line); break;
	case RESPONSE_HEADER:
		if (line.size)
			parse_header(response, line);
		else
			end_head(response);
		break;
	case RESPONSE_CHUNK_SIZE: parse_chunk_size(response, line); break;
	case RESPONSE_CHUNK_END: response->state = line.size ? RESPONSE_BROKEN : RESPONSE_CHUNK_SIZE; break;
	case RESPONSE_TRAILER:
		if (line.size == 0)
			response->state = RESPONSE_DONE;
		break;
	default: response->state = RESPONSE_BROKEN; break;
	}
}

/* Gathers one line over as many pieces as it comes in. */
static size_t feed_line(struct response *response, const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\n', size);
	size_t taken = end ? (size_t)(end - bytes) + 1 : size;
	size_t room = sizeof(response->line) - response->line_size;
	struct str line;

	if (taken > room) {
		response->state = RESPONSE_BROKEN;
		return 0;
	}
	memcpy(response->line + response->line_size, bytes, taken);
	response->line_size += taken;
	if (!end)
		return taken;
	line = str_make(response->line, response->line_size - 1);
	if (line.size && line.data[line.size - 1] == '\r')
		line.size--;
	response->line_size = 0;
	take_line(response, line);
	return taken;
}

static size_t feed_body(struct response *response, const char *bytes, size_t size)
{
	size_t room = sizeof(response->body) - response->body_size, kept;

	if (response->state != RESPONSE_UNTIL_EOF && size > response->body_left)
		size = (size_t)response->body_left;
	kept = size < room ? size : room;
	memcpy(response->body + response->body_size, bytes, kept);
	response->body_size += kept;
	if (response->state == RESPONSE_UNTIL_EOF)
		return size;
	response->body_left -= size;
	if (response->body_left == 0)
		response->state = response->state == RESPONSE_CHUNK ? RESPONSE_CHUNK_END : RESPONSE_DONE;
	return size;
}

size_t response_feed(struct response *response, const char *bytes, size_t size)
{
	size_t taken = 0;

	while (taken < size && response->state < RESPONSE_DONE) {
		bool is_body = response->state == RESPONSE_BODY || response->state == RESPONSE_CHUNK ||
			       response->state == RESPONSE_UNTIL_EOF;

		taken += is_body ? feed_body(response, bytes + taken, size - taken)
				 : feed_line(response, bytes + taken, size - taken);
	}
	return taken;
}

void response_feed_end(struct response *response)
{
	if (response->state == RESPONSE_UNTIL_EOF)
		response->state = RESPONSE_DONE;
	else if (response->state != RESPONSE_DONE)
		response->state = RESPONSE_BROKEN;
}

uint64_t response_rejected_count(const struct response *response)
{
	struct protobuf_reader reader = protobuf_read(str_make(response->body, response->body_size));
	struct protobuf_field field;

	if (!response->is_protobuf)
		return 0;
	while (protobuf_next(&reader, &field)) {
		struct protobuf_reader inner;

		if (field.number != PARTIAL_SUCCESS || field.wire != PROTOBUF_LEN)
			continue;
		inner = protobuf_read(field.bytes);
		while (protobuf_next(&inner, &field))
			if (field.number == REJECTED && field.wire == PROTOBUF_VARINT)
				return field.integer;
		return 0;
	}
	return 0;
}
