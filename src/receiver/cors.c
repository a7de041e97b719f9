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

static const char *find_origin(const struct cors *cors, struct str origin)
{
	for (size_t i = 0; i < cors->count; i++)
		if (strcmp(cors->origins[i], "*") == 0 ||
		    str_equal_nocase(origin, str_from(cors->origins[i])))
			return cors->origins[i];
	return NULL;
}

bool cors_allow(const struct cors *cors, struct http_request *request)
{
	struct str origin = http_request_header(request, "Origin");
	const char *allowed = origin.size ? find_origin(cors, origin) : NULL;

	if (!allowed)
		return false;
	http_reply_header(request, "Access-Control-Allow-Origin", allowed);
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
