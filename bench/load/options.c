#include "load/options.h"

#include <getopt.h>
#include <stdio.h>

const char options_help[] =
	"Usage: otlp-load [OPTION]...\n"
	"Sends realistic OTLP over HTTP to any endpoint and measures what it takes.\n"
	"\n"
	"  --url URL                endpoint (http://127.0.0.1:4318/v1/<signal>)\n"
	"  --signal SIGNAL          traces, logs or metrics (traces)\n"
	"  --header 'NAME: VALUE'   an additional request header; repeatable\n"
	"  -c, --connections N      connections, each with one request under way (8)\n"
	"  --spans-per-request N    spans, log records or data points a request (1000)\n"
	"  --duration SECONDS       how long to measure (10, unless --rows is given)\n"
	"  --rows TOTAL             stop after so many spans, log records or data points, rounded up to "
	"whole\n"
	"                           requests; --spans is the same\n"
	"  --spread SECONDS         with --rows: times lie evenly in so much of the past, the last at now "
	"(0)\n"
	"  --needle                 with --rows: in the middle request, one span's shop.tenant or one log "
	"record's\n"
	"                           tenant is \"needle-found\"; all others are \"default-shop\"\n"
	"  --warmup SECONDS         send so long before measuring (0)\n"
	"  --rate SPANS             so many a second; 0 is as fast as possible (0)\n"
	"  --timeout SECONDS        how long to wait for an answer (30)\n"
	"  --step SECONDS           metrics: time between two points of a series (10)\n"
	"  --pool N                 distinct request bodies (64)\n"
	"  --seed N                 what the content follows from (1)\n"
	"  --repeat-ids             let ids follow from the seed too: a second run sends the same traces "
	"again\n"
	"  --pid PID                also report what this process, the server, used\n"
	"  --print-trace-ids FILE   write the ids of acknowledged traces, hexadecimal, one a line\n"
	"  --stop-on-loss           end when a connection is lost\n"
	"  --json                   one JSON object instead of text\n"
	"  --help\n"
	"\n"
	"Exit status: 0 all was acknowledged; 1 something was not; 2 wrong usage.\n";

enum option_code {
	OPTION_URL = 256,
	OPTION_SIGNAL,
	OPTION_HEADER,
	OPTION_ITEMS_PER_REQUEST,
	OPTION_DURATION,
	OPTION_TOTAL,
	OPTION_SPREAD,
	OPTION_NEEDLE,
	OPTION_WARMUP,
	OPTION_RATE,
	OPTION_TIMEOUT,
	OPTION_STEP,
	OPTION_POOL,
	OPTION_SEED,
	OPTION_REPEAT_IDS,
	OPTION_PID,
	OPTION_TRACE_IDS,
	OPTION_STOP_ON_LOSS,
	OPTION_JSON,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"url", required_argument, NULL, OPTION_URL},
	{"signal", required_argument, NULL, OPTION_SIGNAL},
	{"header", required_argument, NULL, OPTION_HEADER},
	{"connections", required_argument, NULL, 'c'},
	{"spans-per-request", required_argument, NULL, OPTION_ITEMS_PER_REQUEST},
	{"duration", required_argument, NULL, OPTION_DURATION},
	{"rows", required_argument, NULL, OPTION_TOTAL},
	{"spans", required_argument, NULL, OPTION_TOTAL},
	{"spread", required_argument, NULL, OPTION_SPREAD},
	{"needle", no_argument, NULL, OPTION_NEEDLE},
	{"warmup", required_argument, NULL, OPTION_WARMUP},
	{"rate", required_argument, NULL, OPTION_RATE},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"step", required_argument, NULL, OPTION_STEP},
	{"pool", required_argument, NULL, OPTION_POOL},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"repeat-ids", no_argument, NULL, OPTION_REPEAT_IDS},
	{"pid", required_argument, NULL, OPTION_PID},
	{"print-trace-ids", required_argument, NULL, OPTION_TRACE_IDS},
	{"stop-on-loss", no_argument, NULL, OPTION_STOP_ON_LOSS},
	{"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static const char *option_name(int code)
{
	for (const struct option *option = long_options; option->name; option++)
		if (option->val == code)
			return option->name;
	return "";
}

static enum status parse_integer(int code, const char *text, uint64_t low, uint64_t high, uint64_t *out,
				 struct error *error)
{
	uint64_t value;

	if (!str_parse_u64(str_from(text), &value) || value < low || value > high)
		return error_set(error, STATUS_INVALID,
				 "--%s is \"%.100s\": allowed are whole numbers from %llu to %llu",
				 option_name(code), text, (unsigned long long)low, (unsigned long long)high);
	*out = value;
	return STATUS_OK;
}

static enum status parse_u32(int code, const char *text, uint32_t low, uint32_t high, uint32_t *out,
			     struct error *error)
{
	uint64_t value;
	enum status status = parse_integer(code, text, low, high, &value, error);

	if (status == STATUS_OK)
		*out = (uint32_t)value;
	return status;
}

static enum status parse_real(int code, const char *text, double low, double high, double *out,
			      struct error *error)
{
	double value;

	/* Written so that NaN is refused too. */
	if (!str_parse_double(str_from(text), &value) || !(value >= low && value <= high))
		return error_set(error, STATUS_INVALID,
				 "--%s is \"%.100s\": allowed are numbers from %g to %g", option_name(code),
				 text, low, high);
	*out = value;
	return STATUS_OK;
}

static enum status parse_signal(const char *text, enum signal *out, struct error *error)
{
	for (enum signal signal = SIGNAL_TRACES; signal <= SIGNAL_METRICS; signal++)
		if (strcmp(text, workload_name(signal)) == 0) {
			*out = signal;
			return STATUS_OK;
		}
	return error_set(error, STATUS_INVALID,
			 "--signal is \"%.100s\": allowed are traces, logs and metrics", text);
}

static enum status parse_header(const char *text, struct sender_settings *settings, struct error *error)
{
	if (!strchr(text, ':') || strpbrk(text, "\r\n"))
		return error_set(error, STATUS_INVALID, "--header is \"%.100s\": write it as \"Name: value\"",
				 text);
	if (settings->header_count == HEADERS_MAX)
		return error_set(error, STATUS_INVALID, "--header is given more than %d times", HEADERS_MAX);
	settings->headers[settings->header_count++] = text;
	return STATUS_OK;
}

static enum status parse_pid(const char *text, pid_t *out, struct error *error)
{
	uint64_t value;
	enum status status = parse_integer(OPTION_PID, text, 1, 4194304, &value, error);

	if (status == STATUS_OK)
		*out = (pid_t)value;
	return status;
}

/* The options that take a number. */
static enum status parse_number(int code, const char *text, struct options *options, struct error *error)
{
	struct sender_settings *sender = &options->sender;

	switch (code) {
	case 'c': return parse_u32(code, text, 1, 4096, &sender->connection_count, error);
	case OPTION_ITEMS_PER_REQUEST:
		return parse_u32(code, text, 1, 50000, &options->items_per_request, error);
	case OPTION_POOL: return parse_u32(code, text, 1, 65536, &options->body_count, error);
	case OPTION_TOTAL: return parse_integer(code, text, 1, UINT64_MAX, &sender->item_limit, error);
	case OPTION_SEED: return parse_integer(code, text, 0, UINT64_MAX, &options->seed, error);
	case OPTION_DURATION: return parse_real(code, text, 0.001, 1e7, &sender->duration_seconds, error);
	case OPTION_SPREAD: return parse_real(code, text, 0, 1e8, &sender->spread_seconds, error);
	case OPTION_WARMUP: return parse_real(code, text, 0, 1e6, &sender->warmup_seconds, error);
	case OPTION_RATE: return parse_real(code, text, 0, 1e9, &sender->items_per_second, error);
	case OPTION_TIMEOUT: return parse_real(code, text, 0.1, 3600, &sender->timeout_seconds, error);
	case OPTION_STEP: return parse_real(code, text, 0.001, 86400, &sender->step_seconds, error);
	case OPTION_PID: return parse_pid(text, &sender->server_pid, error);
	default: return error_set(error, STATUS_INVALID, "an unknown option: see --help");
	}
}

static enum status take_option(int code, struct options *options, const char **url, struct error *error)
{
	switch (code) {
	case OPTION_URL: *url = optarg; return STATUS_OK;
	case OPTION_SIGNAL: return parse_signal(optarg, &options->signal, error);
	case OPTION_HEADER: return parse_header(optarg, &options->sender, error);
	case OPTION_NEEDLE: options->sender.has_needle = true; return STATUS_OK;
	case OPTION_REPEAT_IDS: options->repeat_ids = true; return STATUS_OK;
	case OPTION_TRACE_IDS: options->trace_ids_path = optarg; return STATUS_OK;
	case OPTION_STOP_ON_LOSS: options->sender.stop_on_loss = true; return STATUS_OK;
	case OPTION_JSON: options->json = true; return STATUS_OK;
	case OPTION_HELP: options->help = true; return STATUS_OK;
	default: return parse_number(code, optarg, options, error);
	}
}

static enum status finish(struct options *options, const char *url, struct error *error)
{
	struct sender_settings *sender = &options->sender;
	char path[32];

	snprintf(path, sizeof(path), "/v1/%s", workload_name(options->signal));
	if (sender->duration_seconds == 0 && sender->item_limit == 0)
		sender->duration_seconds = 10;
	/* A body is not touched while it is under way, so there must be more of them than connections. */
	if (options->body_count < 2 * sender->connection_count)
		options->body_count = 2 * sender->connection_count;
	if (sender->item_limit == 0 && (sender->spread_seconds > 0 || sender->has_needle))
		return error_set(error, STATUS_INVALID, "--%s needs --rows",
				 sender->has_needle ? "needle" : "spread");
	if (sender->has_needle && options->signal == SIGNAL_METRICS)
		return error_set(error, STATUS_INVALID, "--needle needs --signal traces or logs");
	if (options->trace_ids_path && options->signal == SIGNAL_METRICS)
		return error_set(error, STATUS_INVALID, "--print-trace-ids needs --signal traces or logs");
	return url_parse(url, path, &sender->url, error);
}

enum status options_parse(int argc, char **argv, struct options *options_out, struct error *error)
{
	struct options options = {
		.sender = {.connection_count = 8, .timeout_seconds = 30, .step_seconds = 10},
		.items_per_request = 1000,
		.body_count = 64,
		.seed = 1,
	};
	const char *url = "http://127.0.0.1:4318";
	enum status status = STATUS_OK;
	int code;

	opterr = 0;
	optind = 1;
	while (status == STATUS_OK && (code = getopt_long(argc, argv, ":c:", long_options, NULL)) != -1) {
		if (code == '?' || code == ':')
			return error_set(error, STATUS_INVALID, "%s \"%.100s\": see --help",
					 code == ':' ? "no value behind" : "there is no option",
					 argv[optind - 1]);
		status = take_option(code, &options, &url, error);
	}
	if (status == STATUS_OK && optind < argc)
		return error_set(error, STATUS_INVALID, "there is no use for \"%.100s\": see --help",
				 argv[optind]);
	if (status == STATUS_OK && !options.help)
		status = finish(&options, url, error);
	if (status == STATUS_OK)
		*options_out = options;
	return status;
}
