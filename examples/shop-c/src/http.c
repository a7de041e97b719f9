/* HTTP over libmicrohttpd: finds the handler of a route and answers with its output. */
#include <stdlib.h>

#include "shop.h"

enum { REQUEST_THREADS = 2 };

static struct MHD_Daemon *daemon_;

struct request {
	char body[TEXT_SIZE];
	size_t size;
};

/* "/products/{id}" and "/products/cup": argument_out is "cup". */
static bool route_fits(const char *route, const char *path, const char **argument_out)
{
	const char *brace = strchr(route, '{');
	size_t size = brace ? (size_t)(brace - route) : strlen(route);

	*argument_out = brace ? path + size : "";
	return !strncmp(route, path, size) && (brace ? path[size] != '\0' : path[size] == '\0');
}

static const struct handler *find_handler(const char *method, const char *path, const char **argument_out)
{
	for (const struct handler *handler = api_handlers; handler->name; handler++)
		if (!strcmp(handler->method, method) && route_fits(handler->route, path, argument_out))
			return handler;
	return NULL;
}

static enum MHD_Result send_text(struct MHD_Connection *connection, int status, char *text)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result = MHD_queue_response(connection, (unsigned)status, response);

	MHD_destroy_response(response);
	return result;
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer(struct MHD_Connection *connection, const char *path, const char *method,
			      const struct request *request)
{
	struct rohas_carrier from = {
		.traceparent = header(connection, "traceparent"),
		.tracestate = header(connection, "tracestate"),
		.baggage = header(connection, "baggage"),
	};
	struct input input = {.body = request->body};
	const struct handler *handler = find_handler(method, path, &input.argument);
	struct output output;

	if (!handler)
		return send_text(connection, 404, "there is nothing here");
	run_handler(ROHAS_API, handler, &from, &input, &output);
	return send_text(connection, output.status, output.text);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **slot)
{
	struct request *request = *slot;
	enum MHD_Result result;

	(void)context;
	(void)version;
	if (!request) {
		*slot = request = calloc(1, sizeof(*request));
		return request ? MHD_YES : MHD_NO;
	}
	if (*upload_size) {
		size_t size = *upload_size < TEXT_SIZE - 1 - request->size ? *upload_size
									   : TEXT_SIZE - 1 - request->size;

		memcpy(request->body + request->size, upload, size);
		request->size += size;
		*upload_size = 0;
		return MHD_YES;
	}
	if (websocket_upgrade(connection, path, &result))
		return result;
	return answer(connection, path, method, request);
}

static void forget(void *context, struct MHD_Connection *connection, void **slot,
		   enum MHD_RequestTerminationCode why)
{
	(void)context;
	(void)connection;
	(void)why;
	free(*slot);
}

unsigned http_start(unsigned port)
{
	daemon_ = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_UPGRADE, (uint16_t)port, NULL,
				   NULL, handle, NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)REQUEST_THREADS,
				   MHD_OPTION_NOTIFY_COMPLETED, forget, NULL, MHD_OPTION_END);
	return daemon_ ? MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port : 0;
}

void http_stop(void)
{
	MHD_stop_daemon(daemon_);
}
