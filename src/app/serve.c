#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/doctor/checks.h"
#include "app/sifter.h"
#include "app/started.h"
#include "app/ticker.h"
#include "archive/export.h"
#include "archive/files.h"
#include "base/log.h"
#include "http/http_server.h"
#include "processor/processor.h"
#include "processor/sampler.h"
#include "receiver/receiver.h"
#include "sdk/store_options.h"
#include "server/server.h"
#include "storage/commit_queue.h"

enum {
	QUEUE_LIMIT_BYTES = 64 * 1024 * 1024, /* of request bodies that wait to be stored */
	BODY_LIMIT_BYTES = 32 * 1024 * 1024,  /* of one request, after decoding */
	CONNECTION_MEMORY_BYTES = 256 * 1024,
	CONNECTION_LIMIT = 1024,
	IDLE_TIMEOUT_SECONDS = 75,
	HTTP_THREADS_MOST = 8,
	STOP_SECONDS = 20, /* for what is under way when the program is told to stop */
};

/* Everything that runs, in the order in which it is started. */
struct program {
	const struct config *config;
	struct store *store;
	struct processor *processor;
	struct sampling_options sampling;
	struct handler_ratio *handler_ratios;
	struct sampler *sampler; /* NULL: everything stays */
	struct sifter *sifter;
	struct commit_queue *queue;
	struct receiver *receiver;
	struct server *server;
	struct ticker *ticker;
	struct http_server *main_door, *otlp_door;
};

static void note_batch(void *context, const struct batch *batch)
{
	const struct program *program = context;

	server_note_batch(program->server, batch);
}

static void read_signal(const struct receiver_signal_stats *stats, uint8_t signal,
			struct server_figures *figures)
{
	figures->signals[signal] = (struct server_signal_figures){stats->enabled, stats->received,
								  stats->dropped, stats->rejected};
	figures->received_bytes += stats->received_bytes;
	for (size_t i = 0; i < RECEIVER_STATUS_CODES; i++)
		if (stats->requests[i] && figures->request_count < SERVER_REQUEST_FIGURES)
			figures->requests[figures->request_count++] = (struct server_request_figure){
				receiver_status_codes[i], signal, stats->requests[i]};
}

static void read_sampling(struct sampler *sampler, struct server_figures *figures)
{
	struct sampler_stats stats;

	figures->is_sampling = sampler != NULL;
	if (!sampler)
		return;
	sampler_stats(sampler, &stats);
	figures->sampling_known_traces = stats.known_traces;
	for (size_t i = 0; i < SAMPLING_REASON_COUNT && i < SERVER_SAMPLING_FIGURES; i++)
		figures->sampling[i] = (struct server_sampling_figure){
			sampling_reason_keeps((enum sampling_reason)i),
			sampling_reason_name((enum sampling_reason)i), stats.traces[i], stats.spans[i]};
	figures->sampling_count = SAMPLING_REASON_COUNT;
}

static void read_figures(void *context, struct server_figures *figures)
{
	const struct program *program = context;
	struct receiver_stats received;
	struct commit_queue_stats queue;
	struct processor_stats processed;

	receiver_stats(program->receiver, &received);
	for (uint8_t signal = 0; signal < SIGNAL_COUNT; signal++)
		read_signal(&received.signals[signal], signal, figures);
	figures->unknown_paths = received.unknown_paths;
	figures->future_rows = received.future_rows;
	figures->expired_rows = received.expired_rows;
	figures->most_ahead_ns = received.most_ahead_ns;
	memcpy(figures->last_unknown_path, received.last_unknown_path, sizeof(figures->last_unknown_path));
	commit_queue_stats(program->queue, &queue);
	figures->commit_batches = queue.batch_count;
	figures->commit_groups = queue.group_count;
	figures->commit_failures = queue.failed_count;
	figures->commit_refusals = queue.refused_count;
	figures->queue_bytes = queue.waiting_bytes;
	figures->queue_limit_bytes = QUEUE_LIMIT_BYTES;
	read_sampling(program->sampler, figures);
	processor_stats(program->processor, &processed);
	figures->joins_dropped = processed.pushed_out_count;
	figures->joins_skewed = processed.skewed_count;
	figures->cron_runs_dropped = processed.lost_run_count;
}

static enum status archive(void *context, struct store *store, enum signal signal, struct time_range range,
			   struct error *error)
{
	const struct program *program = context;
	enum status status = folder_make(program->config->archive_path, error);

	return status == STATUS_OK ? export_day(store, program->config->archive_path, signal, range, error)
				   : status;
}

static enum status open_store(struct program *program, struct error *error)
{
	const struct config *config = program->config;
	struct rocksdb_store_options options;

	store_options_from(config, &options);
	options.sifts = sampling_has_tail(&program->sampling);
	if (config->archive_path) {
		options.before_drop = archive;
		options.before_drop_context = program;
	}
	return rocksdb_store_open(&options, &program->store, error);
}

/* The server has checked that name is no path. */
static enum status back_up(void *context, const char *name, char *path_out, struct error *error)
{
	const struct program *program = context;
	enum status status = folder_make(program->config->backup_path, error);

	if (status == STATUS_OK)
		status = path_join(program->config->backup_path, name, path_out, error);
	if (status == STATUS_OK)
		status = rocksdb_store_backup(program->store, path_out, error);
	if (status == STATUS_OK)
		log_info("app", "a backup of the store is at %s", path_out);
	return status;
}

static enum status start_processor(struct program *program, struct error *error)
{
	char host[256] = "localhost";
	struct processor_options options = {
		.clock = &clock_system,
		.host = host,
		.series_limit = (size_t)program->config->telemetry.max_metric_series,
		.rules = program->config->rules,
		.rule_count = program->config->rule_count,
	};

	if (gethostname(host, sizeof(host) - 1) != 0)
		strcpy(host, "localhost");
	return processor_new(&options, &program->processor, error);
}

/* What is configured; has nothing to leave out where traces are disabled anyway. */
static enum status read_sampling_options(struct program *program, struct error *error)
{
	const struct config *config = program->config;
	const struct config_list *ratios = &config->sampling.handler_ratios;

	program->handler_ratios = calloc(ratios->count + 1, sizeof(*program->handler_ratios));
	if (!program->handler_ratios)
		return error_set(error, STATUS_NO_MEMORY, "no memory for sampling");
	for (size_t i = 0; i < ratios->count; i++)
		config_ratio_parse(str_from(ratios->items[i]), &program->handler_ratios[i].handler,
				   &program->handler_ratios[i].ratio);
	program->sampling = (struct sampling_options){
		.clock = &clock_system,
		.head_ratio = config->sampling.head_ratio,
		.tail_ratio = config->sampling.tail_ratio,
		.handler_ratios = program->handler_ratios,
		.handler_ratio_count = ratios->count,
		.keep_errors = config->sampling.keep_errors,
		.slower_than_ns = (uint64_t)config->sampling.slower_than_ms * NS_PER_MS,
		.keep_slowest = config->sampling.keep_slowest,
		.handler_minimum = (uint32_t)config->sampling.handler_minimum,
		.traces_per_second = (uint32_t)config->sampling.traces_per_second,
		.window_ns = (uint64_t)config->sampling.window_seconds * NS_PER_SECOND,
	};
	return STATUS_OK;
}

static enum status start_sampling(struct program *program, struct error *error)
{
	const struct sampling_options *options = &program->sampling;
	bool has_tail = sampling_has_tail(options);
	enum status status;

	if (!has_tail && !sampling_has_head(options))
		return STATUS_OK;
	status = sampler_new(options, &program->sampler, error);
	if (status == STATUS_OK && has_tail)
		status = sifter_new(program->sampler, program->store, options->window_ns, &program->sifter,
				    error);
	return status;
}

/* Whole days are kept: what is a day older may still be there. */
static uint64_t days_ns(int64_t days)
{
	return days ? (uint64_t)(days + 1) * STORE_DAY_NS : 0;
}

static enum status start_receiver(struct program *program, struct error *error)
{
	static const char *const this_machine[] = {"localhost"};
	const struct config *config = program->config;
	struct receiver_options options = {
		.processor = program->processor,
		.sampler = program->sampler,
		.queue = program->queue,
		.clock = &clock_system,
		.retention_ns = {[SIGNAL_TRACES] = days_ns(config->telemetry.retention_days),
				 [SIGNAL_METRICS] = days_ns(config->telemetry.retention_days_metrics),
				 [SIGNAL_LOGS] = days_ns(config->telemetry.retention_days_logs)},
		.enabled = {[SIGNAL_TRACES] = config->telemetry.enable_traces,
			    [SIGNAL_METRICS] = config->telemetry.enable_metrics,
			    [SIGNAL_LOGS] = config->telemetry.enable_logs},
		.observe = note_batch,
		.observe_context = program,
	};

	if (config->server.enable_cors) {
		options.allowed_origins = config->workbench.allowed_origins.items;
		options.allowed_origin_count = config->workbench.allowed_origins.count;
	}
	if (config->server.enable_cors && !options.allowed_origin_count) {
		options.allowed_origins = this_machine;
		options.allowed_origin_count = 1;
	}
	return receiver_new(&options, &program->receiver, error);
}

static enum status start_server(struct program *program, struct error *error)
{
	const struct config *config = program->config;
	struct server_options options = {
		.store = program->store,
		.clock = &clock_system,
		.cache_trace_limit = (size_t)config->telemetry.max_cache_size,
		.cache_limit_bytes = (size_t)config->telemetry.max_cache_bytes,
		.lost_after_ns = (uint64_t)config->telemetry.lost_after_seconds * NS_PER_SECOND,
		.receiver_handle = receiver_serve,
		.receiver_reject = receiver_reject,
		.receiver_context = program->receiver,
		.figures_read = read_figures,
		.figures_context = program,
		.backup = back_up,
		.backup_context = program,
		.version = ROHAS_VERSION,
		.store_type = config->telemetry.type,
		.store_path = config->store_path,
		.project_name = config->project.name,
		.project_version = config->project.version,
		.project_language = config->project.language,
		.host = config->server.host,
		.enable_cors = config->server.enable_cors,
		.allowed_origins = config->workbench.allowed_origins.items,
		.allowed_origin_count = config->workbench.allowed_origins.count,
		.api_key = config->workbench.api_key,
	};

	return server_new(&options, &program->server, error);
}

/* That they are not shown keeps nobody from starting. */
static void restore_started(struct program *program)
{
	struct error error = {0};

	if (started_restore(program->store, program->processor, program->server, clock_now_ns(&clock_system),
			    &error) != STATUS_OK)
		log_warn("app", "what was running before is not known: %s", error.message);
}

static enum status start_ticker(struct program *program, struct error *error)
{
	if (!program->config->telemetry.enable_metrics)
		return STATUS_OK;
	return ticker_new(program->processor, program->queue, &program->ticker, error);
}

static unsigned http_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 2 ? 2 : cores > HTTP_THREADS_MOST ? HTTP_THREADS_MOST : (unsigned)cores;
}

static enum status open_door(const char *host, int64_t port, http_handler *handler, http_reject *reject,
			     void *context, struct http_server **door_out, struct error *error)
{
	struct http_server_options options = {
		.host = !strcmp(host, "localhost") ? "127.0.0.1" : host,
		.port = (uint16_t)port,
		.thread_count = http_threads(),
		.connection_limit = CONNECTION_LIMIT,
		.connection_memory_bytes = CONNECTION_MEMORY_BYTES,
		.body_limit_bytes = BODY_LIMIT_BYTES,
		.idle_timeout_seconds = IDLE_TIMEOUT_SECONDS,
		.handler = handler,
		.reject = reject,
		.context = context,
	};

	return http_server_start(&options, door_out, error);
}

static enum status open_doors(struct program *program, struct error *error)
{
	const struct config *config = program->config;
	enum status status = open_door(config->server.host, config->server.port, server_handle, server_reject,
				       program->server, &program->main_door, error);

	if (status != STATUS_OK)
		return error_wrap(error, status, "server.port");
	if (!config->receiver_http.enabled)
		return STATUS_OK;
	status = open_door(config->receiver_http.host, config->receiver_http.port, receiver_serve,
			   receiver_reject, program->receiver, &program->otlp_door, error);
	return status == STATUS_OK ? status : error_wrap(error, status, "telemetry.receiver.http.port");
}

static enum status start(struct program *program, struct error *error)
{
	enum status status = read_sampling_options(program, error);

	if (status == STATUS_OK)
		status = open_store(program, error);
	if (status == STATUS_OK)
		status = start_processor(program, error);
	if (status == STATUS_OK)
		status = start_sampling(program, error);
	if (status == STATUS_OK)
		status = commit_queue_new(program->store, QUEUE_LIMIT_BYTES, &program->queue, error);
	if (status == STATUS_OK)
		commit_queue_set_window(program->queue,
					(uint32_t)program->config->telemetry.commit_window_ms);
	if (status == STATUS_OK)
		status = start_receiver(program, error);
	if (status == STATUS_OK)
		status = start_server(program, error);
	if (status == STATUS_OK)
		restore_started(program);
	if (status == STATUS_OK)
		status = start_ticker(program, error);
	return status == STATUS_OK ? open_doors(program, error) : status;
}

/*
 * The doors close first, then what is under way is answered; only then may what it needs go away. Every part
 * may be missing, where the start failed.
 */
static void end(struct program *program)
{
	if (program->main_door)
		http_server_quiesce(program->main_door);
	if (program->otlp_door)
		http_server_quiesce(program->otlp_door);
	ticker_stop(program->ticker);
	if (program->server)
		server_stop(program->server);
	if (program->queue)
		commit_queue_drain(program->queue);
	http_server_stop(program->main_door);
	http_server_stop(program->otlp_door);
	ticker_flush(program->ticker, program->store);
	server_free(program->server);
	receiver_free(program->receiver);
	commit_queue_stop(program->queue);
	sifter_stop(program->sifter);
	sampler_free(program->sampler);
	free(program->handler_ratios);
	processor_free(program->processor);
	store_close(program->store);
}

/* As a browser of this machine would reach it. */
static void print_address(const char *what, const char *host, uint16_t port, const char *path)
{
	bool any = !strcmp(host, "0.0.0.0") || !strcmp(host, "::");

	if (any || !strncmp(host, "127.", 4))
		host = "localhost";
	printf(strchr(host, ':') ? "%s http://[%s]:%u%s\n" : "%s http://%s:%u%s\n", what, host, port, path);
}

/* What the configuration makes go missing, said once at the start as doctor would. */
static void warn(void *context, const struct finding *finding)
{
	(void)context;
	if (finding->level >= FINDING_WARNING)
		log_warn("app", "%s; %s", finding->sentence, finding->advice);
}

static void greet(const struct program *program)
{
	const struct config *config = program->config;
	const struct checks checks = {config, warn, NULL};
	uint16_t port = http_server_port(program->main_door);

	print_address("Workbench:", config->server.host, port, "/workbench");
	if (program->otlp_door)
		print_address("OTLP/HTTP:", config->receiver_http.host, http_server_port(program->otlp_door),
			      "");
	else
		print_address("OTLP/HTTP:", config->server.host, port, "");
	fflush(stdout);
	log_info("app", "the store is %s (%s)", config->store_path, config->telemetry.type);
	check_configuration(&checks);
	check_disk(&checks);
}

static void exit_at_once(int number)
{
	static const char sentence[] =
		"rohas-telemetry: stopped before all was finished; what was acknowledged is safe\n";

	(void)number;
	if (write(STDERR_FILENO, sentence, sizeof(sentence) - 1) < 0)
		_exit(CLI_FAILED);
	_exit(CLI_FAILED);
}

static sigset_t stop_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	return signals;
}

/* Blocks the signals for every thread that will be started; the main thread waits for them. */
static void block_signals(void)
{
	sigset_t signals = stop_signals();

	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void wait_for_signal(void)
{
	struct sigaction again = {.sa_handler = exit_at_once};
	sigset_t signals = stop_signals();
	int number = 0;

	while (sigwait(&signals, &number) != 0)
		;
	log_info("app", "%s: finishing what is under way",
		 number == SIGINT ? "interrupted" : "asked to stop");
	/* From here on a second signal, or the end of patience, ends the program where it stands. */
	sigaction(SIGINT, &again, NULL);
	sigaction(SIGTERM, &again, NULL);
	sigaction(SIGALRM, &again, NULL);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	alarm(STOP_SECONDS);
}

static int serve(const struct config *config)
{
	struct program program = {.config = config};
	struct error error = {0};
	enum status status;

	if (strcmp(config->telemetry.type, "rocksdb") != 0) {
		cli_fail("telemetry.type is \"%s\": the adapter for it is not built into this version; "
			 "allowed is "
			 "\"rocksdb\"",
			 config->telemetry.type);
		return CLI_WRONG;
	}
	umask(077);
	block_signals();
	status = start(&program, &error);
	if (status == STATUS_OK) {
		greet(&program);
		wait_for_signal();
	}
	end(&program);
	if (status != STATUS_OK)
		return cli_fail("%s", error.message);
	log_info("app", "stopped");
	return CLI_DONE;
}

static int run(int argc, char **argv)
{
	const struct command_line line = {
		&serve_command,
		"Receives OTLP over HTTP on its own port and on the server's, keeps it in the store, answers "
		"/telemetry\n"
		"and shows the Workbench. SIGTERM and Ctrl-C finish what is under way; a second one stops at "
		"once.",
		NULL,
		0,
	};
	struct config_request request;
	struct config config;
	int result;

	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	result = cli_load_config(&request, &config) ? serve(&config) : CLI_WRONG;
	config_release(&config);
	cli_release_request(&request);
	return result;
}

const struct command serve_command = {
	"serve",
	"Receive telemetry, answer queries and show the Workbench",
	run,
};
