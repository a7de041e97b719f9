/* shop-c [PORT]: the shop, on a port (0, the default: any free one, which it prints) until SIGTERM or Ctrl-C. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "shop.h"

enum { CLOSE_MS = 3000 };

static void wait_for_signal(const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number) != 0)
		;
}

static void report_losses(void)
{
	struct rohas_report report;

	if (rohas_close(CLOSE_MS, &report) != ROHAS_OK)
		fprintf(stderr, "shop-c: %llu spans and %llu log records were lost, %llu never ended: %s\n",
			(unsigned long long)report.spans_lost, (unsigned long long)report.logs_lost,
			(unsigned long long)report.unfinished, report.reason);
}

int main(int argc, char **argv)
{
	struct rohas_options options = ROHAS_OPTIONS_INIT;
	const char *every = getenv("RESTOCK_EVERY_MS");
	char reason[ROHAS_REASON_SIZE];
	sigset_t signals;
	unsigned port;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (every)
		cron_jobs[0].every_ms = (unsigned)atoi(every);
	/* The shop sells without telemetry too. */
	if (rohas_open(&options, reason) != ROHAS_OK)
		fprintf(stderr, "shop-c: no telemetry: %s\n", reason);
	bus_start();
	cron_start();
	port = http_start(argc > 1 ? (unsigned)atoi(argv[1]) : 0);
	if (!port) {
		fprintf(stderr, "shop-c: the port cannot be opened\n");
		return EXIT_FAILURE;
	}
	printf("http://localhost:%u\n", port);
	fflush(stdout);
	wait_for_signal(&signals);
	http_stop();
	cron_stop();
	bus_stop();
	report_losses();
	return EXIT_SUCCESS;
}
