#include "receiver/cors.h"

#include <stdlib.h>

/* How long a browser may remember the answer to its question: two hours, the most that Chromium takes. */
#define REMEMBER_SECONDS "7200"

bool cors_init(struct cors *cors, const char *const *origins, size_t count)
{
	*cors = (struct cors){calloc(count ? count : 1, sizeof(char *)), 0};
	if (!cors->origins)
		return false;
	for (; cors->count < count; cors->count++) {
		cors->origins[cors->count] = strdup(origins[cors->count]);
		if (!cors->origins[cors->count])
			return false;
	}
	return true;
}

void cors_release(struct cors *cors)
{
	for (size_t i = 0; i < cors->count; i++)
		free(cors->origins[i]);
	free(cors->origins);
	*cors = (struct cors){NULL, 0};
}

/* "127.evil.example" is a name, not an address. */
static bool is_loopback_address(struct str host)
{
	if (!str_starts_with(host, "127."))
		return false;
	for (size_t i = 0; i < host.size; i++)
		if (host.data[i] != '.' && (host.data[i] < '0' || host.data[i] > '9'))
			return false;
	return true;
}

/* "http://localhost:5173": a page that this machine serves itself. */
static bool is_local(struct str origin)
{
	struct str scheme, host, port;

	if (!str_split(origin, ':', &scheme, &host) || !str_starts_with(host, "//") ||
	    (!str_equal_c(scheme, "http") && !str_equal_c(scheme, "https")))
		return false;
	host = str_make(host.data + 2, host.size - 2);
	if (str_equal_c(host, "[::1]") || str_starts_with(host, "[::1]:"))
		return true;
	str_split(host, ':', &host, &port);
	return str_equal_nocase(host, str_from("localhost")) || is_loopback_address(host);
}

static bool matches(const char *allowed, struct str origin)
{
	return strcmp(allowed, "*") == 0 || str_equal_nocase(origin, str_from(allowed)) ||
	       (strcmp(allowed, "localhost") == 0 && is_local(origin));
}

static const char *find_origin(const struct cors *cors, struct str origin)
{
	for (size_t i = 0; i < cors->count; i++)
		if (matches(cors->origins[i], origin))
			return cors->origins[i];
	return NULL;
}

bool cors_is_foreign(const struct cors *cors, const struct http_request *request)
{
	struct str origin = http_request_header(request, "Origin");

	return origin.size && !find_origin(cors, origin);
}

bool cors_allow(const struct cors *cors, struct http_request *request)
{
	struct str origin = http_request_header(request, "Origin");
	const char *allowed = origin.size ? find_origin(cors, origin) : NULL;
	char text[256];

	if (!allowed || origin.size >= sizeof(text))
		return false;
	memcpy(text, origin.data, origin.size);
	text[origin.size] = '\0';
	http_reply_header(request, "Access-Control-Allow-Origin", strcmp(allowed, "*") == 0 ? "*" : text);
	http_reply_header(request, "Vary", "Origin");
	return true;
}

/* A page that may send may send any header: exporters are given headers of their users' own. */
static void allow_headers(struct http_request *request)
{
	struct str wanted = http_request_header(request, "Access-Control-Request-Headers");
	char names[1024] = "Content-Type, Content-Encoding";

	if (wanted.size && wanted.size < sizeof(names)) {
		memcpy(names, wanted.data, wanted.size);
		names[wanted.size] = '\0';
	}
	http_reply_header(request, "Access-Control-Allow-Headers", names);
}

unsigned cors_reply_options(const struct cors *cors, struct http_request *request)
{
	struct buffer nothing = BUFFER_EMPTY;

	http_reply_header(request, "Allow", "POST, OPTIONS");
	if (cors_allow(cors, request)) {
		http_reply_header(request, "Access-Control-Allow-Methods", "POST");
		allow_headers(request);
		http_reply_header(request, "Access-Control-Max-Age", REMEMBER_SECONDS);
	}
	http_reply(request, 204, NULL, &nothing);
	return 204;
}
