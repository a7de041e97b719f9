/* request: the life of a request, from its first header to the end of its answer. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/insides.h"

enum {
	/* Room made at once for an announced body; what is larger grows as it arrives, so that an
	 * announcement alone costs little. */
	RESERVED_AT_ONCE_BYTES = 8 * 1024 * 1024,
	/* What packed bytes become, about: telemetry packs five to ten times. */
	USUAL_UNPACKING = 8,
};

static enum http_method method_of(const char *name)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{"POST", HTTP_POST}, {"GET", HTTP_GET},       {"HEAD", HTTP_HEAD},
		{"PUT", HTTP_PUT},   {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	return HTTP_OTHER;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct http_request *request, unsigned status_code,
							 const char *format, ...)
{
	va_list arguments;

	request->refusal = status_code;
	va_start(arguments, format);
	vsnprintf(request->sentence, sizeof(request->sentence), format, arguments);
	va_end(arguments);
}

static void refuse_too_large(struct http_request *request)
{
	refuse(request, 413, "the body is larger than %zu bytes, which is the most that is allowed",
	       request->server->options.body_limit_bytes);
}

/* Counts the request's body as size bytes; false where all bodies together would be too many. */
static bool hold(struct http_request *request, size_t size)
{
	struct http_server *server = request->server;
	size_t before = request->held_bytes, sum;

	request->held_bytes = size;
	if (size < before) {
		atomic_fetch_sub(&server->held_bytes, before - size);
		return true;
	}
	sum = atomic_fetch_add(&server->held_bytes, size - before) + (size - before);
	return sum <= server->options.bodies_limit_bytes;
}

/* Gives up the body of a request that is refused. */
static void forget_body(struct http_request *request)
{
	hold(request, 0);
	body_pool_give(&request->server->bodies, &request->body);
}

static void refuse_busy(struct http_request *request)
{
	refuse(request, 503, "requests of %zu bytes are under way, as many as are allowed; come again",
	       request->server->options.bodies_limit_bytes);
	forget_body(request);
}

static void reply_refusal(struct http_request *request)
{
	const struct http_server_options *options = &request->server->options;
	struct buffer body = BUFFER_EMPTY;

	if (options->reject) {
		options->reject(options->context, request, request->refusal, request->sentence);
		return;
	}
	buffer_printf(&body, "%s\n", request->sentence);
	http_reply(request, request->refusal, "text/plain; charset=utf-8", &body);
}

/* Gives the answer to the library. */
static enum MHD_Result queue_answer(struct http_request *request)
{
	enum MHD_Result result;

	if (!request->response)
		return MHD_NO;
	atomic_fetch_add(&request->server->unsent, 1);
	atomic_store(&request->state, REQUEST_QUEUED);
	result = MHD_queue_response(request->connection, request->status_code, request->response);
	MHD_destroy_response(request->response);
	request->response = NULL;
	return result;
}

/* Runs the handler; lays the connection down where it has not answered when it returns. */
static enum MHD_Result hand_on(struct http_request *request)
{
	struct http_server *server = request->server;
	int expected = REQUEST_HANDED_ON;

	atomic_store(&request->state, REQUEST_HANDED_ON);
	if (request->refusal)
		reply_refusal(request);
	else
		server->options.handler(server->options.context, request);
	if (atomic_load(&request->state) == REQUEST_ANSWERED)
		return queue_answer(request);
	atomic_fetch_add(&server->asleep, 1);
	MHD_suspend_connection(request->connection);
	if (!atomic_compare_exchange_strong(&request->state, &expected, REQUEST_LAID_DOWN)) {
		/* The answer came while we lay down: nobody else will wake it. */
		MHD_resume_connection(request->connection);
		atomic_fetch_sub(&server->asleep, 1);
	}
	return MHD_YES;
}

void request_answer(struct http_request *request, unsigned status_code, struct MHD_Response *response)
{
	struct http_server *server = request->server;
	struct MHD_Connection *connection = request->connection;

	request->status_code = status_code;
	request->response = response;
	if (atomic_exchange(&request->state, REQUEST_ANSWERED) != REQUEST_LAID_DOWN)
		return;
	/* From here on the request is the server's, and may be gone. */
	MHD_resume_connection(connection);
	atomic_fetch_sub(&server->asleep, 1);
}

static struct http_request *request_new(struct http_server *server, struct MHD_Connection *connection,
					const char *url, const char *method)
{
	struct http_request *request = calloc(1, sizeof(*request));

	if (!request)
		return NULL;
	request->server = server;
	request->connection = connection;
	request->method_name = method;
	request->method = method_of(method);
	request->path = str_from(url);
	return request;
}

/* The headers are here. A body that is announced as too large is refused before it is read. */
static enum MHD_Result begin(struct http_request *request)
{
	struct http_server *server = request->server;
	size_t limit_bytes = server->options.body_limit_bytes;
	struct str length = str_trim(http_request_header(request, MHD_HTTP_HEADER_CONTENT_LENGTH));
	uint64_t announced = 0;

	if (length.size && (!str_parse_u64(length, &announced) || announced > limit_bytes)) {
		refuse_too_large(request);
		return hand_on(request);
	}
	if (announced > RESERVED_AT_ONCE_BYTES)
		announced = RESERVED_AT_ONCE_BYTES;
	if (announced)
		request->body = body_pool_take(&server->bodies, announced, limit_bytes);
	return MHD_YES;
}

/*
 * A piece of the body. What goes past the limit is read and forgotten, for the library can answer only at the
 * end of a body; but a sender who does not stop is cut off.
 */
static enum MHD_Result gather(struct http_request *request, const char *bytes, size_t size)
{
	struct http_server *server = request->server;
	size_t limit_bytes = server->options.body_limit_bytes;

	if (!request->refusal && size > limit_bytes - request->body.size) {
		refuse_too_large(request);
		forget_body(request);
	}
	if (!request->refusal && !hold(request, request->body.size + size))
		refuse_busy(request);
	if (request->refusal) {
		request->discarded_bytes += size;
		return request->discarded_bytes > limit_bytes ? MHD_NO : MHD_YES;
	}
	if (!request->body.data)
		request->body = body_pool_take(&server->bodies, size, limit_bytes);
	buffer_append(&request->body, bytes, size);
	return buffer_failed(&request->body) ? MHD_NO : MHD_YES;
}

static void unpack(struct http_request *request, enum content_coding coding)
{
	struct http_server *server = request->server;
	size_t limit_bytes = server->options.body_limit_bytes;
	size_t expected = request->body.size * USUAL_UNPACKING;
	struct buffer packed = request->body;
	struct error error = {.status = STATUS_OK};
	enum status status;

	if (expected > RESERVED_AT_ONCE_BYTES)
		expected = RESERVED_AT_ONCE_BYTES;
	request->body = body_pool_take(&server->bodies, expected, 0);
	status = content_decode(coding, buffer_str(&packed), limit_bytes, &request->body, &error);
	body_pool_give(&server->bodies, &packed);
	switch (status) {
	case STATUS_OK:
		if (!hold(request, request->body.size))
			refuse_busy(request);
		break;
	case STATUS_TOO_LARGE: refuse(request, 413, "%s", error.message); break;
	case STATUS_NO_MEMORY: refuse(request, 503, "%s", error.message); break;
	default: refuse(request, 400, "%s", error.message); break;
	}
}

/* The body is here, whole. */
static enum MHD_Result complete(struct http_request *request)
{
	struct str header = http_request_header(request, MHD_HTTP_HEADER_CONTENT_ENCODING);
	enum content_coding coding = content_coding_parse(header);

	if (!request->refusal && coding == CODING_UNKNOWN)
		refuse(request, 415, "the Content-Encoding is none of gzip, deflate, zstd and identity");
	if (!request->refusal && coding != CODING_IDENTITY && request->method != HTTP_GET &&
	    request->method != HTTP_HEAD)
		unpack(request, coding);
	return hand_on(request);
}

/*
 * Sees the address before its parameters are taken apart, and cuts off those behind the limit. The library keeps
 * each one in the connection's memory, and where thousands use that up it neither answers nor closes. The address
 * is no constant: it lies in the connection's read buffer, where the library itself is about to cut it up.
 */
void *request_address(void *context, const char *address, struct MHD_Connection *connection)
{
	char *at = strchr((char *)(uintptr_t)address, '?');

	(void)context;
	(void)connection;
	for (int i = 0; at && i < HTTP_PARAMETERS_MOST; i++)
		at = strchr(at + 1, '&');
	if (at)
		*at = '\0';
	return NULL;
}

enum MHD_Result request_access(void *server, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *version, const char *upload,
			       size_t *upload_size, void **request_slot)
{
	struct http_request *request = *request_slot;
	size_t size = *upload_size;

	(void)version;
	if (!request) {
		*request_slot = request = request_new(server, connection, url, method);
		return request ? begin(request) : MHD_NO;
	}
	if (size) {
		*upload_size = 0;
		return gather(request, upload, size);
	}
	switch ((enum request_state)atomic_load(&request->state)) {
	case REQUEST_ARRIVING: return complete(request);
	case REQUEST_ANSWERED: return queue_answer(request);
	default: return MHD_YES;
	}
}

void request_completed(void *context, struct MHD_Connection *connection, void **request_slot,
		       enum MHD_RequestTerminationCode reason)
{
	struct http_server *server = context;
	struct http_request *request = *request_slot;

	(void)connection;
	(void)reason;
	if (!request)
		return;
	*request_slot = NULL;
	if (request->response)
		MHD_destroy_response(request->response);
	forget_body(request);
	buffer_release(&request->headers);
	if (atomic_load(&request->state) == REQUEST_QUEUED)
		atomic_fetch_sub(&server->unsent, 1);
	free(request);
}

enum http_method http_request_method(const struct http_request *request)
{
	return request->method;
}

const char *http_request_method_name(const struct http_request *request)
{
	return request->method_name;
}

struct str http_request_path(const struct http_request *request)
{
	return request->path;
}

struct str http_request_body(const struct http_request *request)
{
	return request->body.data ? buffer_str(&request->body) : str_make("", 0);
}

void http_request_take_body(struct http_request *request, struct buffer *body_out)
{
	*body_out = request->body;
	body_out->limit = 0;
	request->body = BUFFER_EMPTY;
}

void http_request_give_back(struct http_request *request, struct buffer *body)
{
	body_pool_give(&request->server->bodies, body);
}

struct str http_request_header(const struct http_request *request, const char *name)
{
	const char *value = NULL;
	size_t size = 0;

	MHD_lookup_connection_value_n(request->connection, MHD_HEADER_KIND, name, strlen(name), &value,
				      &size);
	return value ? str_make(value, size) : str_make("", 0);
}

/* Walks the parameters; remaining counts down to the one that is wanted. */
struct parameter_search {
	size_t remaining;
	struct str *name_out, *value_out;
};

static enum MHD_Result see_parameter(void *context, enum MHD_ValueKind kind, const char *name,
				     size_t name_size, const char *value, size_t value_size)
{
	struct parameter_search *search = context;

	(void)kind;
	if (search->remaining-- > 0)
		return MHD_YES;
	*search->name_out = str_make(name, name_size);
	*search->value_out = value ? str_make(value, value_size) : str_make("", 0);
	return MHD_NO;
}

size_t http_request_parameter_count(const struct http_request *request)
{
	int count = MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);

	return count > 0 ? (size_t)count : 0;
}

void http_request_parameter(const struct http_request *request, size_t index, struct str *name_out,
			    struct str *value_out)
{
	struct parameter_search search = {index, name_out, value_out};

	*name_out = *value_out = str_make("", 0);
	MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, see_parameter, &search);
}
