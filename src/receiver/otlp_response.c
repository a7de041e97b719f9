#include "receiver/otlp_response.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

/* google.rpc.Code. */
enum rpc_code {
	RPC_UNKNOWN = 2,
	RPC_INVALID_ARGUMENT = 3,
	RPC_NOT_FOUND = 5,
	RPC_PERMISSION_DENIED = 7,
	RPC_RESOURCE_EXHAUSTED = 8,
	RPC_UNIMPLEMENTED = 12,
	RPC_INTERNAL = 13,
	RPC_UNAVAILABLE = 14,
	RPC_UNAUTHENTICATED = 16,
};

/*
 * What each failure is to a sender. OTLP clients try again after 429, 502, 503 and 504 alone, so whatever may
 * pass without a change on their side must be one of these.
 */
static const uint16_t http_codes[] = {
	[STATUS_OK] = 200,        [STATUS_INVALID] = 400,     [STATUS_TOO_LARGE] = 413,
	[STATUS_NOT_FOUND] = 404, [STATUS_UNSUPPORTED] = 501, [STATUS_BUSY] = 429,
	[STATUS_IO] = 503,        [STATUS_CORRUPT] = 500,     [STATUS_NO_MEMORY] = 503,
	[STATUS_CANCELLED] = 503,
};

static const struct {
	uint16_t http_code;
	uint8_t rpc_code;
	bool may_retry;
} meanings[] = {
	{400, RPC_INVALID_ARGUMENT, false},  {401, RPC_UNAUTHENTICATED, false},
	{403, RPC_PERMISSION_DENIED, false}, {404, RPC_NOT_FOUND, false},
	{405, RPC_UNIMPLEMENTED, false},     {413, RPC_INVALID_ARGUMENT, false},
	{415, RPC_INVALID_ARGUMENT, false},  {429, RPC_RESOURCE_EXHAUSTED, true},
	{500, RPC_INTERNAL, false},          {501, RPC_UNIMPLEMENTED, false},
	{503, RPC_UNAVAILABLE, true},
};
enum { MEANING_COUNT = sizeof(meanings) / sizeof(meanings[0]) };

static const char *const content_types[OTLP_FORMAT_COUNT] = {"application/x-protobuf", "application/json"};

const char *otlp_content_type(enum otlp_format format)
{
	return content_types[format];
}

bool otlp_format_parse(struct str content_type, enum otlp_format *format_out)
{
	struct str type, parameters;

	str_split(content_type, ';', &type, &parameters);
	type = str_trim(type);
	for (int i = 0; i < OTLP_FORMAT_COUNT; i++)
		if (str_equal_nocase(type, str_from(content_types[i]))) {
			*format_out = (enum otlp_format)i;
			return true;
		}
	return false;
}

unsigned otlp_http_code(enum status status)
{
	return (size_t)status < sizeof(http_codes) / sizeof(http_codes[0]) ? http_codes[status] : 500;
}

bool otlp_may_retry(unsigned http_code)
{
	for (int i = 0; i < MEANING_COUNT; i++)
		if (meanings[i].http_code == http_code)
			return meanings[i].may_retry;
	return false;
}

static unsigned rpc_code(unsigned http_code)
{
	for (int i = 0; i < MEANING_COUNT; i++)
		if (meanings[i].http_code == http_code)
			return meanings[i].rpc_code;
	return RPC_UNKNOWN;
}

/* A JSON string; one that is not UTF-8 becomes an empty one. */
static void put_json_string(struct buffer *out, const char *text)
{
	json_t *string = json_string(text);
	char *dumped = string ? json_dumps(string, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	buffer_append_c(out, dumped ? dumped : "\"\"");
	free(dumped);
	json_decref(string);
}

static void success_as_protobuf(const struct otlp_outcome *outcome, struct buffer *out)
{
	size_t partial = protobuf_begin(out, 1);

	protobuf_put_uint(out, 1, outcome->rejected);
	protobuf_put_bytes(out, 2, str_from(outcome->reason));
	protobuf_end(out, partial);
}

static void success_as_json(enum signal signal, const struct otlp_outcome *outcome, struct buffer *out)
{
	static const char *const names[SIGNAL_COUNT] = {"rejectedSpans", "rejectedDataPoints",
							"rejectedLogRecords"};

	/* 64-bit numbers are strings in protobuf's JSON. */
	buffer_printf(out, "{\"partialSuccess\":{\"%s\":\"%" PRIu64 "\",\"errorMessage\":", names[signal],
		      outcome->rejected);
	put_json_string(out, outcome->reason);
	buffer_append_c(out, "}}");
}

void otlp_write_success(enum otlp_format format, enum signal signal, const struct otlp_outcome *outcome,
			struct buffer *out)
{
	if (outcome->rejected == 0)
		buffer_append_c(out, format == OTLP_JSON ? "{}" : "");
	else if (format == OTLP_JSON)
		success_as_json(signal, outcome, out);
	else
		success_as_protobuf(outcome, out);
}

void otlp_write_status(enum otlp_format format, unsigned http_code, const char *message, struct buffer *out)
{
	unsigned code = rpc_code(http_code);

	if (format == OTLP_PROTOBUF) {
		protobuf_put_uint(out, 1, code);
		protobuf_put_bytes(out, 2, str_from(message));
		return;
	}
	buffer_printf(out, "{\"code\":%u,\"message\":", code);
	put_json_string(out, message);
	buffer_append_byte(out, '}');
}
