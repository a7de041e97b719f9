#include "http/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/insides.h"

enum {
	POLL_MS = 2,
	/* How long answers that are on their way may take when the server stops. */
	FAREWELL_MS = 2000,
	/* Of all bodies together, where the options do not say. */
	BODIES_LIMIT_BYTES = 512 * 1024 * 1024,
};

static void log_library(void *context, const char *format, va_list arguments)
{
	char line[512];

	(void)context;
	vsnprintf(line, sizeof(line), format, arguments);
	line[strcspn(line, "\n")] = '\0';
	log_debug("http", "%s", line);
}

/* One line each time it begins. */
static void turn_away(struct http_server *server, int socket)
{
	if (!server->is_full)
		log_warn("http",
			 "%u connections are open on port %u, as many as are allowed; more are turned away",
			 server->options.connection_limit, server->listener.port);
	server->is_full = true;
	close(socket);
}

/* The library spreads connections over its threads by their descriptor. */
static void add_connection(void *context, int socket, const struct sockaddr *address, socklen_t address_size)
{
	struct http_server *server = context;

	if (atomic_fetch_add(&server->open, 1) >= server->options.connection_limit) {
		atomic_fetch_sub(&server->open, 1);
		turn_away(server, socket);
		return;
	}
	server->is_full = false;
	if (MHD_add_connection(server->daemon, socket, address, address_size) != MHD_YES)
		atomic_fetch_sub(&server->open, 1);
}

static void note_connection(void *context, struct MHD_Connection *connection, void **slot,
			    enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = context;

	(void)connection;
	(void)slot;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		atomic_fetch_sub(&server->open, 1);
}

/*
 * The library's own limit is out of reach: a thread of version 0.9.75 that is given one connection more than its share
 * keeps a lock, and waits for it for ever after. It divides the limit by the threads, and the connections by their
 * descriptors, so each share must hold them all.
 */
static unsigned unreachable_limit(const struct http_server_options *options)
{
	return (options->connection_limit + 1) * options->thread_count;
}

static struct MHD_Daemon *start_daemon(struct http_server *server)
{
	const struct http_server_options *options = &server->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
			 MHD_USE_ERROR_LOG;
	struct MHD_OptionItem pool[] = {
		/* A pool of one is the plain daemon's own thread. */
		{options->thread_count > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
		 (intptr_t)options->thread_count, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	return MHD_start_daemon(
		flags, 0, NULL, NULL, request_access, server, MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, request_address, NULL, MHD_OPTION_NOTIFY_COMPLETED,
		request_completed, server, MHD_OPTION_NOTIFY_CONNECTION, note_connection, server,
		MHD_OPTION_CONNECTION_LIMIT, unreachable_limit(options), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		options->connection_memory_bytes, MHD_OPTION_CONNECTION_TIMEOUT,
		options->idle_timeout_seconds, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

static enum status start(struct http_server *server, struct error *error)
{
	const struct http_server_options *options = &server->options;
	enum status status = listener_open(&server->listener, options->host, options->port, error);

	if (status != STATUS_OK)
		return status;
	server->daemon = start_daemon(server);
	if (!server->daemon)
		return error_set(error, STATUS_IO, "cannot start the HTTP server on port %u",
				 server->listener.port);
	return listener_run(&server->listener, add_connection, server, error);
}

enum status http_server_start(const struct http_server_options *options, struct http_server **server_out,
			      struct error *error)
{
	struct http_server *server = calloc(1, sizeof(*server));
	enum status status;

	if (!server)
		return error_set(error, STATUS_NO_MEMORY, "there is no memory for an HTTP server");
	server->options = *options;
	if (server->options.bodies_limit_bytes == 0)
		server->options.bodies_limit_bytes = BODIES_LIMIT_BYTES;
	body_pool_init(&server->bodies);
	status = start(server, error);
	if (status == STATUS_OK)
		*server_out = server;
	else
		http_server_stop(server);
	return status;
}

uint16_t http_server_port(const struct http_server *server)
{
	return server->listener.port;
}

void http_server_quiesce(struct http_server *server)
{
	listener_close(&server->listener);
}

/* Waits until count is zero, or for wait_ms. */
static bool wait_for_none(atomic_size_t *count, uint64_t wait_ms)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * (long)NS_PER_MS};
	uint64_t end_ns = clock_monotonic_ns() + wait_ms * NS_PER_MS;

	while (atomic_load(count) > 0) {
		if (clock_monotonic_ns() >= end_ns)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	listener_close(&server->listener);
	/* The library must not be stopped while a connection sleeps. */
	while (!wait_for_none(&server->asleep, 10 * FAREWELL_MS))
		log_warn("http", "%zu requests still wait for their answer", atomic_load(&server->asleep));
	wait_for_none(&server->unsent, FAREWELL_MS);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	body_pool_release(&server->bodies);
	free(server);
}
