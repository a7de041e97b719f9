#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/doctor/checks.h"

/* Tries to listen there, as the program would. 0, or why not. */
static int try_port(const char *host, uint16_t port)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_six = strchr(host, ':') != NULL;
	const struct sockaddr *address =
		is_six ? (const struct sockaddr *)&six : (const struct sockaddr *)&four;
	socklen_t size = is_six ? sizeof(six) : sizeof(four);
	int yes = 1, reason = 0, listener;

	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(is_six ? AF_INET6 : AF_INET, host,
		      is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr) != 1)
		return EADDRNOTAVAIL;
	listener = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return errno;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, address, size) != 0 || listen(listener, 1) != 0)
		reason = errno;
	close(listener);
	return reason;
}

static void check_port(const struct checks *checks, const char *key, const char *host, int64_t port,
		       bool is_running)
{
	int reason = port ? try_port(host, (uint16_t)port) : 0;

	if (reason == 0 && is_running && port)
		check_report(checks, FINDING_WARNING, "port", "restart the program with this configuration",
			     "%s %lld is free, though a program is running: it was started with another "
			     "configuration",
			     key, (long long)port);
	else if (reason == 0)
		check_report(checks, FINDING_GOOD, "port", NULL, "%s %lld is free", key, (long long)port);
	else if (reason == EADDRINUSE && is_running)
		check_report(checks, FINDING_GOOD, "port", NULL, "%s %lld is the running program's", key,
			     (long long)port);
	else if (reason == EADDRINUSE)
		check_report(checks, FINDING_PROBLEM, "port",
			     "stop what listens there (ss -ltnp shows it), or choose another port",
			     "%s %lld is taken by another process", key, (long long)port);
	else
		check_report(checks, FINDING_PROBLEM, "port", NULL, "%s %s:%lld cannot be listened on: %s",
			     key, host, (long long)port, strerror(reason));
}

void check_ports(const struct checks *checks, bool is_running)
{
	const struct config *config = checks->config;

	check_port(checks, "server.port", config->server.host, config->server.port, is_running);
	if (config->receiver_http.enabled)
		check_port(checks, "telemetry.receiver.http.port", config->receiver_http.host,
			   config->receiver_http.port, is_running);
}
