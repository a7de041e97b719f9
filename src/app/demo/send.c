#include "app/demo/send.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/protobuf.h"

enum { ANSWER_LIMIT_BYTES = 64 * 1024, URL_SIZE = 512, TIMEOUT_SECONDS = 60, KEY_HEADER_SIZE = 5000 };
static const uint64_t patience_ns = 30 * NS_PER_SECOND, pause_most_ns = 5 * NS_PER_SECOND;

struct demo_sender {
	CURL *curl;
	struct curl_slist *headers;
	char url[URL_SIZE];
	uint64_t wait_ns; /* before the first success */
	bool has_sent, speaks_json;
	const volatile sig_atomic_t *stop;
	struct buffer answer;
	char reason[CURL_ERROR_SIZE];
};

static size_t take_answer(char *bytes, size_t size, size_t count, void *context)
{
	struct buffer *answer = context;

	buffer_append(answer, bytes, size * count);
	return size * count;
}

static void strip_slashes(char *url)
{
	size_t size = strlen(url);

	while (size && url[size - 1] == '/')
		url[--size] = '\0';
}

static void set_options(struct demo_sender *sender)
{
	curl_easy_setopt(sender->curl, CURLOPT_HTTPHEADER, sender->headers);
	curl_easy_setopt(sender->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(sender->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(sender->curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
	curl_easy_setopt(sender->curl, CURLOPT_ERRORBUFFER, sender->reason);
	curl_easy_setopt(sender->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(sender->curl, CURLOPT_WRITEDATA, &sender->answer);
}

enum status sender_new(const char *url, const char *api_key, uint64_t wait_ns,
		       const volatile sig_atomic_t *stop, struct demo_sender **sender_out,
		       struct error *error)
{
	struct demo_sender *sender = calloc(1, sizeof(*sender));
	char key_header[KEY_HEADER_SIZE];

	if (!sender)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	snprintf(sender->url, sizeof(sender->url), "%s", url);
	strip_slashes(sender->url);
	sender->wait_ns = wait_ns;
	sender->stop = stop;
	sender->answer.limit = ANSWER_LIMIT_BYTES;
	sender->curl = curl_easy_init();
	sender->headers = curl_slist_append(NULL, "Content-Type: application/x-protobuf");
	/* Without this curl asks first whether it may send a large body. */
	sender->headers = curl_slist_append(sender->headers, "Expect:");
	snprintf(key_header, sizeof(key_header), "X-API-Key: %s", api_key ? api_key : "");
	if (api_key && *api_key)
		sender->headers = curl_slist_append(sender->headers, key_header);
	if (!sender->curl || !sender->headers) {
		sender_free(sender);
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	}
	set_options(sender);
	*sender_out = sender;
	return STATUS_OK;
}

/* The content type is the first header; the others stay, the key among them. */
enum status sender_speak_json(struct demo_sender *sender, struct error *error)
{
	char *header = strdup("Content-Type: application/json");

	if (!header)
		return error_set(error, STATUS_NO_MEMORY, "out of memory");
	curl_free(sender->headers->data);
	sender->headers->data = header;
	sender->speaks_json = true;
	return STATUS_OK;
}

/* Ends early when the program is to stop. */
static void pause_for(const struct demo_sender *sender, uint64_t duration_ns)
{
	struct timespec left = {(time_t)(duration_ns / NS_PER_SECOND), (long)(duration_ns % NS_PER_SECOND)};

	while (!*sender->stop && nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void count_rejected(struct str answer, uint64_t *rejected_out)
{
	enum { PARTIAL_SUCCESS = 1, REJECTED = 1 };
	struct protobuf_reader reader = protobuf_read(answer);
	struct protobuf_field field;

	while (protobuf_next(&reader, &field)) {
		struct protobuf_reader inner;

		if (field.number != PARTIAL_SUCCESS || field.wire != PROTOBUF_LEN)
			continue;
		inner = protobuf_read(field.bytes);
		while (protobuf_next(&inner, &field))
			if (field.number == REJECTED && field.wire == PROTOBUF_VARINT)
				*rejected_out = field.integer;
	}
}

/* google.rpc.Status: its message is field 2. */
static struct str refusal(struct str answer)
{
	enum { MESSAGE = 2 };
	struct protobuf_reader reader = protobuf_read(answer);
	struct protobuf_field field;

	while (protobuf_next(&reader, &field))
		if (field.number == MESSAGE && field.wire == PROTOBUF_LEN)
			return field.bytes;
	return str_make("", 0);
}

/* {"partialSuccess": {"rejectedSpans": "1"}}, or its sisters. */
static void count_rejected_json(struct str answer, uint64_t *rejected_out)
{
	json_t *root = json_loadb(answer.data, answer.size, 0, NULL), *value;
	const char *key;

	json_object_foreach(json_object_get(root, "partialSuccess"), key, value)
	{
		if (strncmp(key, "rejected", 8) != 0)
			continue;
		if (json_is_integer(value))
			*rejected_out = (uint64_t)json_integer_value(value);
		else if (json_is_string(value))
			str_parse_u64(str_from(json_string_value(value)), rejected_out);
	}
	json_decref(root);
}

static bool is_later(long code)
{
	return code == 429 || code == 502 || code == 503 || code == 504;
}

static bool may_connect_later(const struct demo_sender *sender, uint64_t since_ns)
{
	uint64_t patience = sender->has_sent ? patience_ns : sender->wait_ns;

	return clock_monotonic_ns() - since_ns < patience;
}

static enum status give_up_connecting(const struct demo_sender *sender, CURLcode code, struct error *error)
{
	if (code == CURLE_COULDNT_CONNECT && !sender->has_sent)
		return error_set(
			error, STATUS_IO,
			"nothing listens at %s; start the program with \"rohas-telemetry serve\", or name "
			"another address with --url",
			sender->url);
	return error_set(error, STATUS_IO, "%s cannot be reached: %s", sender->url,
			 sender->reason[0] ? sender->reason : curl_easy_strerror(code));
}

static enum status refuse(const struct demo_sender *sender, long code, const char *url, struct error *error)
{
	/* In JSON the whole answer is readable. */
	struct str why =
		sender->speaks_json ? buffer_str(&sender->answer) : refusal(buffer_str(&sender->answer));

	return error_set(error, STATUS_IO, "%s answered %ld%s%.*s", url, code, why.size ? ": " : "",
			 why.size < 200 ? (int)why.size : 200, why.data);
}

static uint64_t next_pause_ns(struct demo_sender *sender, uint64_t pause_ns)
{
	curl_off_t seconds = 0;

	if (curl_easy_getinfo(sender->curl, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK && seconds > 0)
		return (uint64_t)(seconds < 60 ? seconds : 60) * NS_PER_SECOND;
	return pause_ns < pause_most_ns ? pause_ns : pause_most_ns;
}

enum status sender_post(struct demo_sender *sender, enum signal signal, struct str body,
			uint64_t *rejected_out, struct error *error)
{
	uint64_t since_ns = clock_monotonic_ns(), pause_ns = NS_PER_SECOND / 10;
	char url[URL_SIZE + 16];

	snprintf(url, sizeof(url), "%s/v1/%s", sender->url, signal_name(signal));
	curl_easy_setopt(sender->curl, CURLOPT_URL, url);
	curl_easy_setopt(sender->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
	curl_easy_setopt(sender->curl, CURLOPT_POSTFIELDS, body.data);
	for (;; pause_ns *= 2) {
		long http_code = 0;
		CURLcode code;

		buffer_clear(&sender->answer);
		sender->reason[0] = '\0';
		code = curl_easy_perform(sender->curl);
		curl_easy_getinfo(sender->curl, CURLINFO_RESPONSE_CODE, &http_code);
		if (code == CURLE_OK && http_code == 200) {
			sender->has_sent = true;
			(sender->speaks_json ? count_rejected_json
					     : count_rejected)(buffer_str(&sender->answer), rejected_out);
			return STATUS_OK;
		}
		if (code == CURLE_OK && !is_later(http_code))
			return refuse(sender, http_code, url, error);
		if (code != CURLE_OK && !may_connect_later(sender, since_ns))
			return give_up_connecting(sender, code, error);
		if (*sender->stop)
			return error_set(error, STATUS_CANCELLED, "stopped while waiting for %s", url);
		pause_for(sender, next_pause_ns(sender, pause_ns));
	}
}

void sender_free(struct demo_sender *sender)
{
	if (!sender)
		return;
	curl_slist_free_all(sender->headers);
	curl_easy_cleanup(sender->curl);
	buffer_release(&sender->answer);
	free(sender);
}
