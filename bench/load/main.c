/*
 * otlp-load: sends realistic OTLP to any OTLP/HTTP endpoint and measures throughput, latency and what the
 * server used. See options.c for its command line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "load/options.h"
#include "load/random.h"
#include "load/report.h"

enum { EXIT_NOT_ALL = 1, EXIT_USAGE = 2 };

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

/* The first signal ends the run in good order, the second ends the program. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int complain(int code, const struct error *error)
{
	fprintf(stderr, "otlp-load: %s\n", error->message);
	return code;
}

static enum status open_trace_ids(struct options *options, struct error *error)
{
	if (!options->trace_ids_path)
		return STATUS_OK;
	options->sender.trace_ids = fopen(options->trace_ids_path, "w");
	if (!options->sender.trace_ids)
		return error_set(error, STATUS_IO, "cannot write %s: %s", options->trace_ids_path,
				 strerror(errno));
	return STATUS_OK;
}

static enum status close_trace_ids(struct options *options, struct error *error)
{
	if (options->sender.trace_ids &&
	    (ferror(options->sender.trace_ids) | fclose(options->sender.trace_ids)))
		return error_set(error, STATUS_IO, "cannot write %s to its end", options->trace_ids_path);
	return STATUS_OK;
}

static bool all_went_well(const struct sender_result *result)
{
	const struct sender_counts *totals = &result->totals;

	return totals->requests && !totals->rejected_items && !totals->refused_requests &&
	       !totals->failed_requests && !totals->lost_requests && !totals->late_requests;
}

static int run(struct options *options, struct workload *workload)
{
	static struct sender_result result;
	struct error error;

	if (open_trace_ids(options, &error) != STATUS_OK)
		return complain(EXIT_NOT_ALL, &error);
	if (sender_run(&options->sender, workload, &result, &error) != STATUS_OK)
		return complain(EXIT_NOT_ALL, &error);
	if (close_trace_ids(options, &error) != STATUS_OK)
		return complain(EXIT_NOT_ALL, &error);
	(options->json ? report_json : report_text)(stdout, &options->sender, workload, &result);
	return all_went_well(&result) ? 0 : EXIT_NOT_ALL;
}

int main(int argc, char **argv)
{
	struct options options;
	struct workload workload;
	struct error error;
	int code;

	if (options_parse(argc, argv, &options, &error) != STATUS_OK)
		return complain(EXIT_USAGE, &error);
	if (options.help) {
		fputs(options_help, stdout);
		return 0;
	}
	options.sender.stop = &stop;
	options.sender.id_seed =
		options.seed ^ (options.repeat_ids ? 0 : random_mix(clock_now_ns(&clock_system)));
	catch_signals();
	if (!workload_init(&workload, options.signal, options.body_count, options.items_per_request,
			   options.seed)) {
		error_set(&error, STATUS_NO_MEMORY, "no memory for %u request bodies of %u items",
			  options.body_count, options.items_per_request);
		return complain(EXIT_NOT_ALL, &error);
	}
	code = run(&options, &workload);
	workload_release(&workload);
	return code;
}
