/* reply: answers with a whole body, and the headers of every answer. */
#include <stdlib.h>

#include "http/insides.h"

void http_reply_header(struct http_request *request, const char *name, const char *value)
{
	buffer_append(&request->headers, name, strlen(name) + 1);
	buffer_append(&request->headers, value, strlen(value) + 1);
}

void reply_add_headers(const struct http_request *request, struct MHD_Response *response,
		       const char *content_type)
{
	const char *at = request->headers.data, *end = at ? at + request->headers.size : NULL;

	if (content_type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	while (at < end) {
		const char *value = at + strlen(at) + 1, *before = MHD_get_response_header(response, at);

		if (before)
			MHD_del_response_header(response, at, before);
		MHD_add_response_header(response, at, value);
		at = value + strlen(value) + 1;
	}
}

void http_reply(struct http_request *request, unsigned status_code, const char *content_type,
		struct buffer *body)
{
	struct MHD_Response *response =
		buffer_failed(body)
			? NULL
			: MHD_create_response_from_buffer_with_free_callback(body->size, body->data, free);

	if (response) {
		reply_add_headers(request, response, content_type);
		*body = BUFFER_EMPTY;
	} else {
		buffer_release(body);
	}
	request_answer(request, status_code, response);
}

void http_reply_static(struct http_request *request, unsigned status_code, const char *content_type,
		       const char *encoding, struct str body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body.size, (void *)(uintptr_t)body.data, MHD_RESPMEM_PERSISTENT);

	if (response) {
		reply_add_headers(request, response, content_type);
		if (encoding)
			MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, encoding);
	}
	request_answer(request, status_code, response);
}
