/* answer: the ways in which a request is answered. */
#include "http/content.h"
#include "server/insides.h"

/* Less than this fits into a few packets as it is. */
enum { LEAST_PACKED_BYTES = 4096 };

const uint16_t counted_codes[COUNTED_CODES] = {200, 204, 302, 304, 400, 401, 403, 404,
					       405, 413, 415, 421, 500, 501, 503};

void count_answer(struct server *server, unsigned status_code)
{
	size_t at = 0;

	while (at < COUNTED_CODES && counted_codes[at] != status_code)
		at++;
	atomic_fetch_add_explicit(&server->answers[at], 1, memory_order_relaxed);
}

void answer(struct server *server, struct http_request *request, unsigned status_code,
	    const char *content_type, struct buffer *body)
{
	count_answer(server, status_code);
	http_reply(request, status_code, content_type, body);
}

void answer_text(struct server *server, struct http_request *request, unsigned status_code, const char *text)
{
	struct buffer body = BUFFER_EMPTY;

	buffer_append_c(&body, text);
	answer(server, request, status_code, "text/plain; charset=utf-8", &body);
}

void answer_problem(struct server *server, struct http_request *request, const struct problem *problem)
{
	struct buffer body = BUFFER_EMPTY;
	struct json json = json_to(&body);

	problem_render(&json, problem);
	if (problem->status_code == 503)
		http_reply_header(request, "Retry-After", "1");
	http_reply_header(request, "Cache-Control", "no-store");
	answer(server, request, problem->status_code, "application/problem+json", &body);
}

/* Packs the body where the client takes it and it pays. */
static void pack(struct http_request *request, struct buffer *body)
{
	struct buffer packed = BUFFER_EMPTY;

	http_reply_header(request, "Vary", "Accept-Encoding, Origin");
	if (body->size < LEAST_PACKED_BYTES ||
	    !content_accepts_gzip(http_request_header(request, "Accept-Encoding")))
		return;
	if (content_gzip(buffer_str(body), &packed)) {
		struct buffer plain = *body;

		*body = packed;
		packed = plain;
		http_reply_header(request, "Content-Encoding", "gzip");
	}
	buffer_release(&packed);
}

void answer_json(struct server *server, struct http_request *request, struct buffer *body)
{
	struct problem problem;

	if (buffer_failed(body)) {
		buffer_release(body);
		problem_set(&problem, 503, NULL, NULL, "this answer takes more memory than there is for one");
		answer_problem(server, request, &problem);
		return;
	}
	http_reply_header(request, "Cache-Control", "no-store");
	pack(request, body);
	answer(server, request, 200, "application/json", body);
}

bool take_parameters(struct server *server, struct http_request *request, struct parameters *parameters_out)
{
	size_t count = http_request_parameter_count(request);
	struct problem problem;

	parameters_out->count = 0;
	parameters_out->now_ns = clock_now_ns(server->options.clock);
	for (size_t i = 0; i < count; i++) {
		struct str name, value;

		http_request_parameter(request, i, &name, &value);
		if (!parameters_add(parameters_out, name, value, &problem)) {
			answer_problem(server, request, &problem);
			return false;
		}
	}
	return true;
}
