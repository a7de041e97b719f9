/* query: the API's questions from the command line, to the store's folder or to a running program. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/cli.h"
#include "app/output.h"
#include "app/query/draw.h"
#include "app/query/lines.h"
#include "app/query/source.h"
#include "base/clock.h"

/* What one line of the command says. */
struct asking {
	enum source_subject subject;
	struct given given; /* the API's parameters */
	const char *trace_id;
	const char *url, *api_key, *store, *format;
};

struct filter {
	const char *name, *argument, *help;
};

/* A subcommand: a question of the API, and what it may be narrowed by. */
struct asker {
	const struct command *command;
	const char *details, *operand_name;
	const struct filter *filters;
	size_t filter_count;
	enum source_subject subject;
	const char *rows; /* the member of the answer that holds them */
	const char *nothing;
};

/* The text that is wrong, and a caret beneath the place. Control characters would move it. */
static void point_at(const char *text, size_t column)
{
	fputs("  ", stderr);
	for (const char *at = text; *at; at++)
		fputc((unsigned char)*at < ' ' ? ' ' : *at, stderr);
	fprintf(stderr, "\n  %*s^\n", (int)column - 1, "");
}

static int complain_problem(const struct given *given, const struct problem *problem)
{
	/* "the parameter "min_duration" is …" is told as "--min-duration is …". */
	char parameter[96], option[72];
	const char *detail = problem->detail;
	size_t size =
		(size_t)snprintf(parameter, sizeof(parameter), "the parameter \"%s\"", problem->parameter);

	snprintf(option, sizeof(option), "--%s", problem->parameter);
	for (char *at = option + 2; *at; at++)
		if (*at == '_')
			*at = '-';
	if (problem->parameter[0] && !strncmp(detail, parameter, size))
		cli_fail("%s%s", option, detail + size);
	else
		cli_fail("%s%s", problem->column ? "--" : "", detail);
	for (size_t i = 0; problem->column && i < given->count; i++)
		if (!strcmp(given->items[i].name, problem->parameter))
			point_at(given->items[i].text, problem->column);
	return problem->status_code == 400 ? CLI_WRONG : CLI_FAILED;
}

/* "--min-duration 5ms" is min_duration=5ms; "--exemplars", which takes no value, exemplars=true; "--label host=a" is label.host=a, whatever the label is called. */
static int read_parameters(const struct given *given, struct arena *arena, struct parameters *parameters)
{
	struct problem problem;

	parameters->now_ns = clock_now_ns(&clock_system);
	for (size_t i = 0; i < given->count; i++) {
		struct str name = arena_copy(arena, str_from(given->items[i].name)),
			   value = str_from(given->items[i].text ? given->items[i].text : "true"), key, rest;

		if (str_equal_c(name, "label")) {
			if (!str_split(value, '=', &key, &rest) || key.size == 0) {
				cli_fail("--label is \"%s\"; allowed is name=value", given->items[i].text);
				return CLI_WRONG;
			}
			name = arena_printf(arena, "label.%.*s", STR_ARG(key));
			value = rest;
		} else {
			for (size_t at = 0; name.data && at < name.size; at++)
				if (name.data[at] == '-')
					((char *)name.data)[at] = '_';
		}
		if (!name.data)
			return cli_fail("out of memory");
		if (!parameters_add(parameters, name, value, &problem))
			return complain_problem(given, &problem);
	}
	return CLI_DONE;
}

/* ---- answers ---- */

static bool is_range(json_t *answer)
{
	return json_object_get(answer, "series") != NULL;
}

static size_t draw(enum source_subject subject, json_t *answer, struct buffer *out)
{
	struct frame frame = {out, cli_width(), cli_has_color(), clock_now_ns(&clock_system)};

	switch (subject) {
	case SOURCE_TRACES: return draw_traces(&frame, answer);
	case SOURCE_TRACE: return draw_trace(&frame, answer);
	case SOURCE_LOGS:
	case SOURCE_LOG_CONTEXT: return draw_logs(&frame, answer);
	case SOURCE_LOG_COUNTS: return draw_log_counts(&frame, answer);
	case SOURCE_LOG_TOP: return draw_log_top(&frame, answer);
	case SOURCE_LOG_PATTERNS: return draw_log_patterns(&frame, answer);
	default: return is_range(answer) ? draw_values(&frame, answer) : draw_metrics(&frame, answer);
	}
}

/* What an answer about lines was worked out from, where it was not all of them. */
static void tell_reach(json_t *answer)
{
	json_t *examined = json_object_get(answer, "examined");

	if (json_is_false(json_object_get(answer, "complete")))
		fprintf(stderr, "of the newest %lld lines that were looked at; there are more\n",
			(long long)json_integer_value(examined));
}

/* What a table or lines do not say: that there is nothing, or more. */
static void tell_rest(const struct asker *asker, json_t *answer, size_t count)
{
	const char *cursor = json_string_value(json_object_get(answer, "next_cursor"));

	fflush(stdout);
	tell_reach(answer);
	if (cursor)
		fprintf(stderr, "%s; to go on: --cursor %s\n", count ? "there is more" : "none so far",
			cursor);
	else if (!count)
		fprintf(stderr, "%s\n",
			is_range(answer) ? "the metric has no points in this time" : asker->nothing);
}

static int show(const struct asker *asker, enum output_format format, const struct buffer *body)
{
	json_t *answer = json_loadb(body->data, body->size, JSON_ALLOW_NUL, NULL);
	struct buffer out = BUFFER_EMPTY;
	size_t count;
	int result;

	if (!answer)
		return cli_fail("the answer is not JSON that can be read");
	if (format == OUTPUT_TABLE)
		count = draw(asker->subject, answer, &out);
	else if (is_range(answer))
		count = lines_write_values(buffer_str(body), &out);
	else
		count = lines_write(buffer_str(body), asker->rows, &out);
	result = output_write(&out);
	if (result == CLI_DONE)
		tell_rest(asker, answer, count);
	buffer_release(&out);
	json_decref(answer);
	return result;
}

static int show_json(struct buffer *body)
{
	buffer_append_byte(body, '\n');
	return output_write(body);
}

static int ask(const struct asker *asker, const struct asking *asking, const struct config *config,
	       enum output_format format, const struct parameters *parameters)
{
	const struct source_options options = {
		.url = asking->url,
		.api_key = asking->api_key ? asking->api_key : config->workbench.api_key,
		.folder = asking->store ? asking->store : config->store_path,
	};
	struct source *source = NULL;
	struct buffer body = BUFFER_EMPTY;
	struct problem problem;
	struct error error;
	int result;

	if (source_open(&options, &source, &error) != STATUS_OK)
		return cli_fail("%s", error.message);
	if (!source_ask(source, asker->subject, asking->trace_id, parameters, &body, &problem))
		result = complain_problem(&asking->given, &problem);
	else
		result = format == OUTPUT_JSON ? show_json(&body) : show(asker, format, &body);
	buffer_release(&body);
	source_close(source);
	return result;
}

/* ---- the questions about logs that are options of one command ---- */

/* An option that makes another question of the command: its value is a parameter of it. */
struct variant {
	const char *option, *parameter;
	struct asker asker;
};

static const struct variant log_variants[] = {
	{"counts",
	 "step",
	 {.subject = SOURCE_LOG_COUNTS, .rows = "steps", .nothing = "no log record meets this"}},
	{"top",
	 "field",
	 {.subject = SOURCE_LOG_TOP, .rows = "values", .nothing = "no log record has that field"}},
	{"patterns",
	 "sample",
	 {.subject = SOURCE_LOG_PATTERNS, .rows = "patterns", .nothing = "no log record meets this"}},
	{"context",
	 "id",
	 {.subject = SOURCE_LOG_CONTEXT, .rows = "logs", .nothing = "there is no such log record"}},
};

/* Finds the variant that the line asks for, and calls its option by the parameter's name; NULL: none. False, with a
 * word to the user, where there are several. */
static bool take_variant(struct given *given, const struct variant **variant_out)
{
	*variant_out = NULL;
	for (size_t i = 0; i < given->count; i++)
		for (size_t v = 0; v < sizeof(log_variants) / sizeof(log_variants[0]); v++) {
			if (strcmp(given->items[i].name, log_variants[v].option) != 0)
				continue;
			if (*variant_out) {
				cli_fail("--%s and --%s are different questions: one of them",
					 (*variant_out)->option, log_variants[v].option);
				return false;
			}
			*variant_out = &log_variants[v];
			given->items[i].name = log_variants[v].parameter;
		}
	return true;
}

/* ---- the line ---- */

static bool check_line(const struct asking *asking, const struct config *config)
{
	if (asking->url && asking->store)
		cli_fail("--url asks a running program and --store a folder: one of them");
	else if (!asking->url && !asking->store && strcmp(config->telemetry.type, "rocksdb") != 0)
		cli_fail("telemetry.type is \"%s\": a store of that type is asked through the running "
			 "program, "
			 "with --url",
			 config->telemetry.type);
	else
		return true;
	return false;
}

static int run_configured(const struct asker *asker, const struct asking *asking,
			  struct config_request *request)
{
	struct parameters parameters = {0};
	struct config config;
	struct arena arena;
	enum output_format format;
	int result = CLI_WRONG;

	arena_init(&arena, 0);
	if (cli_load_config(request, &config) && output_format_read(asking->format, &format) &&
	    check_line(asking, &config)) {
		result = read_parameters(&asking->given, &arena, &parameters);
		if (result == CLI_DONE)
			result = ask(asker, asking, &config, format, &parameters);
	}
	arena_release(&arena);
	config_release(&config);
	return result;
}

enum { OPTIONS_MOST = 24 };

static int run_asker(const struct asker *asker, int argc, char **argv)
{
	struct asking asking = {.format = OUTPUT_FORMAT_STANDARD};
	const struct option common[] = {
		{"format", "FORMAT", OUTPUT_FORMAT_HELP, OPTION_TEXT, &asking.format},
		{"store", "DIR", "the store's folder (default: telemetry.path of the configuration)",
		 OPTION_TEXT, &asking.store},
		{"url", "URL", "ask a running program instead, such as http://localhost:3000", OPTION_TEXT,
		 &asking.url},
		{"api-key", "KEY", "for --url (default: workbench.api_key, ROHAS_WORKBENCH_API_KEY)",
		 OPTION_TEXT, &asking.api_key},
	};
	struct option options[OPTIONS_MOST];
	size_t count = asker->filter_count;
	struct command_line line = {
		.command = asker->command,
		.details = asker->details,
		.options = options,
		.operand_name = asker->operand_name,
		.operand = asker->operand_name ? &asking.trace_id : NULL,
	};
	const struct variant *variant = NULL;
	struct config_request request;
	int result;

	for (size_t i = 0; i < count; i++)
		options[i] = (struct option){asker->filters[i].name, asker->filters[i].argument,
					     asker->filters[i].help, OPTION_GIVEN, &asking.given};
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		options[count++] = common[i];
	line.option_count = count;
	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	if (asker->subject == SOURCE_LOGS && !take_variant(&asking.given, &variant)) {
		cli_release_request(&request);
		return CLI_WRONG;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	result = run_configured(variant ? &variant->asker : asker, &asking, &request);
	curl_global_cleanup();
	cli_release_request(&request);
	return result;
}

/* ---- the subcommands ---- */

#define FILTERS(filters) filters, sizeof(filters) / sizeof((filters)[0])
#define TIMES                                                                                                \
	{"start", "TIME", "from here on: 2026-01-01T00:00:00Z, -15m, -2h, -7d, Unix nanoseconds"},           \
		{"end", "TIME", "up to here, not included (default: without end)"}
#define EXPRESSION                                                                                           \
	{"q", "FILTER", "such as 'tag.http.route =~ \"^/users\" and not \"timed out\"': docs/filter.md"}
#define PAGES                                                                                                \
	{"limit", "N", "rows at most, up to 1000"},                                                          \
		{"cursor", "TEXT", "go on where the page that gave it ended"}

static int run_traces(int argc, char **argv);
static int run_trace(int argc, char **argv);
static int run_metrics(int argc, char **argv);
static int run_logs(int argc, char **argv);

static const struct command traces_command = {"query traces", "Traces, newest first", run_traces};
static const struct command trace_command = {"query trace", "One trace as a tree of its spans", run_trace};
static const struct command metrics_command = {
	"query metrics", "The metrics there are; with --name, one of them over time", run_metrics};
static const struct command logs_command = {"query logs", "Log records, newest first", run_logs};

static int run_traces(int argc, char **argv)
{
	static const struct filter filters[] = {
		TIMES,
		{"handler", "NAME", "executions of that handler"},
		{"handler-type", "TYPE", "api, event, cron or websocket"},
		{"language", "NAME", "such as typescript, python, rust"},
		{"service", "NAME", "spans of that service"},
		{"operation", "NAME", "spans of that name"},
		{"status", "STATUS", "error: a span failed; success: none did"},
		{"min-duration", "TIME", "spans of at least that: 100ms, 1.5s"},
		{"max-duration", "TIME", "spans of at most that"},
		{"tag", "KEY=VALUE", "spans with that attribute; may be repeated"},
		EXPRESSION,
		PAGES,
	};
	static const struct asker asker = {
		&traces_command,
		"Lists the traces of which one span meets all filters. They are those of GET "
		"/telemetry/traces.",
		NULL,
		FILTERS(filters),
		SOURCE_TRACES,
		"traces",
		"no trace meets this",
	};

	return run_asker(&asker, argc, argv);
}

static int run_trace(int argc, char **argv)
{
	static const struct asker asker = {
		&trace_command,
		"Shows the spans of a trace as a tree, each with its place in time. ID is 32 hexadecimal "
		"digits.",
		"ID",
		NULL,
		0,
		SOURCE_TRACE,
		"spans",
		"the trace has no spans",
	};

	return run_asker(&asker, argc, argv);
}

static int run_metrics(int argc, char **argv)
{
	static const struct filter filters[] = {
		{"name", "METRIC", "its values; without, the metrics are listed"},
		TIMES,
		{"step", "TIME", "one value each so long, such as 1m"},
		{"agg", "AGG", "rate, sum, avg, min, max, count or a percentile such as p95"},
		{"by", "LABEL", "a line for each value of that label, or * for each series; may be repeated"},
		{"label", "NAME=VALUE", "series with that label; may be repeated"},
		{"exemplars", NULL,
		 "and up to 100 traces that led to the values; without a value of its own"},
		{"match", "MATCHER",
		 "series whose label passes NAME=VALUE, NAME!=VALUE, NAME=~REGEX or NAME!~REGEX; may be "
		 "repeated"},
	};
	static const struct asker asker = {
		&metrics_command,
		"Lists metrics, or shows one over time (the last hour, without --start). The questions are "
		"those of\nGET /telemetry/metrics.",
		NULL,
		FILTERS(filters),
		SOURCE_METRICS,
		"metrics",
		"no metric has points in this time",
	};

	return run_asker(&asker, argc, argv);
}

static int run_logs(int argc, char **argv)
{
	static const struct filter filters[] = {
		TIMES,
		{"level", "LEVEL", "trace, debug, info, warn or error, and what is graver"},
		EXPRESSION,
		{"handler", "NAME", "written by that handler"},
		{"service", "NAME", "written by that service"},
		{"trace-id", "ID", "of that trace"},
		{"span-id", "ID", "of that span"},
		{"counts", "STEP", "instead of lines, how many there are each so long, such as 5m, by level"},
		{"top", "FIELD",
		 "the most frequent values of level, service, handler, tag.KEY or attribute.KEY"},
		{"patterns", "N", "what the newest N lines have in common, such as 50000"},
		{"context", "ID",
		 "what stands around the line of that id, of the same source; without filters"},
		{"before", "N", "of --context: lines before it (20)"},
		{"after", "N", "of --context: lines after it (20)"},
		PAGES,
	};
	static const struct asker asker = {
		&logs_command,
		"Lists the log records that meet all filters, or says what they have in common. The "
		"questions are "
		"those of\nGET /telemetry/logs, /counts, /top, /patterns and /context.",
		NULL,
		FILTERS(filters),
		SOURCE_LOGS,
		"logs",
		"no log record meets this",
	};

	return run_asker(&asker, argc, argv);
}

static int run(int argc, char **argv)
{
	static const struct command *const commands[] = {&traces_command, &trace_command, &metrics_command,
							 &logs_command};
	static const struct command_group group = {
		"query",
		"Asks what the HTTP API is asked, straight from the store's folder, while a program holds it "
		"or not,\nor from a running program (--url).",
		commands,
		sizeof(commands) / sizeof(commands[0]),
	};

	return cli_run_group(&group, argc, argv);
}

const struct command query_command = {
	"query",
	"Ask for traces, metrics and logs: from the store's folder or a running program",
	run,
};
