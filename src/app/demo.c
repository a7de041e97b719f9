#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/demo/shop.h"
#include "base/hash.h"

static volatile sig_atomic_t stop;

static void note_signal(int number)
{
	(void)number;
	stop = 1;
}

struct demo_options {
	const char *url, *api_key, *truth_path, *spans_path;
	uint64_t seed, history_ns, duration_ns, wait_ns;
	double rate;
	bool is_quiet;
};

static const uint64_t for_ever = UINT64_MAX, no_seed = UINT64_MAX;
static const uint64_t scene_ns = 60 * NS_PER_SECOND; /* longer than any scene lasts */
/* A seeded shop opens on a Thursday at ten, whenever it is played: only then does it tell the same story. */
static const uint64_t seeded_clock_ns = UINT64_C(1767261600) * NS_PER_SECOND;
enum { TICK_MS = 100, FLUSH_TICKS = 5, HISTORY_ITEMS = 12000 };

/* Progress of the back-filling, on one line of a terminal, or a line every tenth elsewhere. */
struct progress {
	uint64_t start_ns, total_ns, began_ns;
	unsigned tenths;
	bool is_quiet;
};

static void show_progress(struct progress *progress, const struct demo_truth *truth, uint64_t now_ns)
{
	double part = (double)(now_ns - progress->start_ns) / (double)progress->total_ns;
	bool is_terminal = isatty(STDERR_FILENO);

	if (progress->is_quiet || (!is_terminal && (unsigned)(part * 10) == progress->tenths))
		return;
	progress->tenths = (unsigned)(part * 10);
	fprintf(stderr, "%shistory: %3.0f %%, %llu spans, %llu log lines, %.1f s%s",
		is_terminal ? "\r\033[K" : "", part * 100, (unsigned long long)truth->span_count,
		(unsigned long long)truth->log_count,
		(double)(clock_monotonic_ns() - progress->began_ns) / 1e9,
		is_terminal && part < 1 ? "" : "\n");
}

/* Plays what is past as fast as it is taken, in large requests. */
static enum status play_history(struct shop *shop, uint64_t until_ns, bool is_quiet, struct error *error)
{
	struct progress progress = {shop->now_ns, until_ns - shop->now_ns, clock_monotonic_ns(), 0, is_quiet};
	enum status status = STATUS_OK;

	shop->has_day_curve = true;
	shop->export_every_ns = 60 * NS_PER_SECOND;
	while (status == STATUS_OK && shop->now_ns < until_ns && !stop) {
		uint64_t next_ns = shop->now_ns + 60 * NS_PER_SECOND;

		shop_play(shop, next_ns < until_ns ? next_ns : until_ns);
		if (shop->play.outbox.count < HISTORY_ITEMS && shop->now_ns < until_ns)
			continue;
		status = outbox_flush(&shop->play.outbox, shop->now_ns, error);
		show_progress(&progress, &shop->play.truth, shop->now_ns);
	}
	shop->has_day_curve = false;
	shop->export_every_ns = 10 * NS_PER_SECOND;
	return status;
}

static void sleep_ms(unsigned duration_ms)
{
	struct timespec pause = {duration_ms / 1000, (long)(duration_ms % 1000) * (long)NS_PER_MS};

	nanosleep(&pause, NULL);
}

static enum status play_live(struct shop *shop, uint64_t until_ns, struct error *error)
{
	enum status status = STATUS_OK;

	for (unsigned tick = 0; status == STATUS_OK && !stop; tick++) {
		uint64_t now_ns = clock_now_ns(&clock_system);

		if (now_ns > shop->now_ns)
			shop_play(shop, now_ns < until_ns ? now_ns : until_ns);
		if (tick % FLUSH_TICKS == 0)
			status = outbox_flush(&shop->play.outbox, now_ns, error);
		if (now_ns >= until_ns)
			break;
		sleep_ms(TICK_MS);
	}
	return status;
}

/* What has begun comes to its end, in its own time; whoever is asked to stop sends only what is due. */
static enum status play_out(struct shop *shop, struct error *error)
{
	uint64_t last_ns = outbox_last_due_ns(&shop->play.outbox);
	enum status status = STATUS_OK;

	while (status == STATUS_OK && shop->play.outbox.count) {
		uint64_t now_ns = clock_now_ns(&clock_system);

		status = outbox_flush(&shop->play.outbox, now_ns, error);
		if (stop || now_ns > last_ns)
			break;
		sleep_ms(TICK_MS);
	}
	if (status != STATUS_OK)
		return status;
	shop->play.truth.order_count = metrics_order_count(&shop->play.metrics);
	metrics_export(&shop->play, clock_now_ns(&clock_system));
	return outbox_flush(&shop->play.outbox, clock_now_ns(&clock_system), error);
}

static void announce(const struct demo_options *options)
{
	if (options->is_quiet)
		return;
	printf("playing %g traces a second to %s (seed %llu)%s\n", options->rate, options->url,
	       (unsigned long long)options->seed, options->duration_ns == for_ever ? "; Ctrl-C stops" : "");
	fflush(stdout);
}

static enum status play_all(struct shop *shop, const struct demo_options *options, struct error *error)
{
	uint64_t until_ns = shop->now_ns + options->history_ns;
	enum status status = STATUS_OK;

	/* History alone must not reach into the future: its last scenes begin early enough to be over. */
	if (options->duration_ns == 0 && options->history_ns > 2 * scene_ns)
		until_ns -= scene_ns;
	/* One request at once tells whether anybody is there, before anything is played. */
	metrics_export(&shop->play, shop->now_ns + 1);
	status = outbox_flush(&shop->play.outbox, shop->now_ns + 1, error);
	if (status == STATUS_OK && options->history_ns)
		status = play_history(shop, until_ns, options->is_quiet, error);
	if (status == STATUS_OK && !stop && options->duration_ns) {
		announce(options);
		status = play_live(shop,
				   options->duration_ns == for_ever
					   ? for_ever
					   : clock_now_ns(&clock_system) + options->duration_ns,
				   error);
	}
	return status == STATUS_OK ? play_out(shop, error) : status;
}

static void print_sum(const struct demo_truth *truth)
{
	printf("sent %llu traces with %llu spans, %llu log lines, %llu metric points; %llu rows were "
	       "refused\n",
	       (unsigned long long)truth->trace_count, (unsigned long long)truth->span_count,
	       (unsigned long long)truth->log_count, (unsigned long long)truth->point_count,
	       (unsigned long long)truth->rejected_count);
}

static void open_shop(struct shop *shop, struct demo_options *options)
{
	uint64_t start_ns = clock_now_ns(&clock_system) - options->history_ns;
	bool is_seeded = options->seed != no_seed;

	if (!is_seeded)
		options->seed = hash_seed() % 1000000000;
	shop_init(shop, options->seed, options->rate, start_ns, is_seeded ? seeded_clock_ns : start_ns);
}

static int play(struct demo_options *options)
{
	struct shop *shop = calloc(1, sizeof(*shop));
	struct demo_sender *sender = NULL;
	struct error error = {0};
	enum status status;

	if (!shop)
		return cli_fail("out of memory");
	open_shop(shop, options);
	status = sender_new(options->url, options->api_key, options->wait_ns, &stop, &sender, &error);
	shop->play.outbox.truth = &shop->play.truth;
	if (options->spans_path) {
		shop->play.truth.spans = fopen(options->spans_path, "we");
		if (!shop->play.truth.spans)
			status = error_set(&error, STATUS_IO, "%s cannot be written: %s", options->spans_path,
					   strerror(errno));
	}
	shop->play.outbox.sender = sender;
	if (status == STATUS_OK)
		status = play_all(shop, options, &error);
	if (shop->play.truth.span_count && !options->is_quiet)
		print_sum(&shop->play.truth);
	if (options->truth_path && (status == STATUS_OK || status == STATUS_CANCELLED) &&
	    truth_write(&shop->play.truth, options->seed, options->truth_path, &error) != STATUS_OK)
		status = STATUS_IO;
	if (shop->play.truth.spans && fclose(shop->play.truth.spans) != 0 && status == STATUS_OK)
		status = error_set(&error, STATUS_IO, "%s cannot be written: %s", options->spans_path,
				   strerror(errno));
	if (status != STATUS_OK && status != STATUS_CANCELLED)
		cli_fail("%s", error.message);
	sender_free(sender);
	outbox_release(&shop->play.outbox);
	free(shop);
	return status == STATUS_OK || status == STATUS_CANCELLED ? CLI_DONE : CLI_FAILED;
}

static void watch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Where the program's own configuration says that it receives: its OTLP port, or the server's. */
static void configured_url(const struct config *config, char *url_out, size_t size)
{
	bool own = config->receiver_http.enabled;
	const char *host = own ? config->receiver_http.host : config->server.host;
	int port = (int)(own ? config->receiver_http.port : config->server.port);

	if (!strcmp(host, "0.0.0.0"))
		host = "127.0.0.1";
	else if (!strcmp(host, "::"))
		host = "::1";
	snprintf(url_out, size, strchr(host, ':') ? "http://[%s]:%d" : "http://%s:%d", host, port);
}

static int start(struct config_request *request, struct demo_options *options)
{
	struct config config;
	char url[256];
	int result = CLI_WRONG;

	if (cli_load_config(request, &config)) {
		configured_url(&config, url, sizeof(url));
		/* The key is for nobody else. */
		options->api_key = options->url ? NULL : config.workbench.api_key;
		options->url = options->url ? options->url : url;
		watch_signals();
		curl_global_init(CURL_GLOBAL_DEFAULT);
		result = play(options);
		curl_global_cleanup();
	}
	config_release(&config);
	return result;
}

static int run(int argc, char **argv)
{
	struct demo_options demo = {.seed = no_seed, .duration_ns = for_ever, .rate = 5};
	const struct option options[] = {
		{"url", "URL", "the OTLP/HTTP endpoint (default: as the configuration has it)", OPTION_TEXT,
		 &demo.url},
		{"rate", "N", "traces a second (default: 5)", OPTION_RATE, &demo.rate},
		{"duration", "TIME",
		 "how long to play, such as 90s; 0: only the history (default: until stopped)",
		 OPTION_DURATION, &demo.duration_ns},
		{"history", "TIME", "first fill in the past, such as 24h or 7d, as fast as it is taken",
		 OPTION_DURATION, &demo.history_ns},
		{"seed", "N",
		 "play the same shop again, ids included, as if it opened on a Thursday at ten "
		 "(default: a new one, by the real clock)",
		 OPTION_COUNT, &demo.seed},
		{"wait", "TIME", "how long to wait until something listens, such as 10s (default: 0)",
		 OPTION_DURATION, &demo.wait_ns},
		{"print-truth", "FILE", "at the end, write what was really sent, counted, as JSON",
		 OPTION_TEXT, &demo.truth_path},
		{"print-spans", "FILE", "write every span that was acknowledged, as a line of JSON",
		 OPTION_TEXT, &demo.spans_path},
		{"quiet", NULL, "say nothing but errors", OPTION_FLAG, &demo.is_quiet},
	};
	const struct command_line line = {
		&demo_command,
		"A small shop in three languages: requests, events that are handled in other traces, jobs, "
		"sockets,\n"
		"with failures, slow calls and retries, logs and metrics. It speaks OTLP/HTTP to any "
		"endpoint.",
		options,
		sizeof(options) / sizeof(options[0]),
	};
	struct config_request request;
	int result;

	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	result = start(&request, &demo);
	cli_release_request(&request);
	return result;
}

const struct command demo_command = {
	"demo",
	"Play a small shop over OTLP against a running program",
	run,
};
