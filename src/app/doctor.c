#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "app/doctor/checks.h"

struct diagnosis {
	json_t *json; /* NULL: printed as text */
	size_t counts[FINDING_PROBLEM + 1];
};

static const char *const level_names[] = {[FINDING_GOOD] = "ok",
					  [FINDING_NOTE] = "note",
					  [FINDING_WARNING] = "warning",
					  [FINDING_PROBLEM] = "problem"};

static void print_finding(const struct finding *finding)
{
	static const char *const marks[] = {[FINDING_GOOD] = "  ok   ",
					    [FINDING_NOTE] = " note  ",
					    [FINDING_WARNING] = "warning",
					    [FINDING_PROBLEM] = "PROBLEM"};
	bool is_good = finding->level == FINDING_GOOD;

	printf("%s%s%s  %-9s  %s\n",
	       finding->level >= FINDING_WARNING ? cli_bold()
	       : is_good                         ? cli_dim()
						 : "",
	       marks[finding->level], cli_plain(), finding->subject, finding->sentence);
	if (finding->advice[0])
		printf("%*s%s%s%s\n", 20, "", cli_dim(), finding->advice, cli_plain());
}

static void take(void *context, const struct finding *finding)
{
	struct diagnosis *diagnosis = context;

	diagnosis->counts[finding->level]++;
	if (!diagnosis->json)
		print_finding(finding);
	else
		json_array_append_new(diagnosis->json,
				      json_pack("{s:s, s:s, s:s, s:s*}", "level", level_names[finding->level],
						"subject", finding->subject, "sentence", finding->sentence,
						"advice", finding->advice[0] ? finding->advice : NULL));
}

static void check_file(const struct checks *checks)
{
	const struct config *config = checks->config;
	bool is_clean = true;

	for (size_t i = 0; i < config->problem_count; i++) {
		is_clean = false;
		check_report(checks, config->problems[i].is_error ? FINDING_PROBLEM : FINDING_WARNING,
			     "config", NULL, "%s", config->problems[i].sentence);
	}
	if (is_clean)
		check_report(checks, FINDING_GOOD, "config", NULL, "%s",
			     config->file ? config->file : "there is no file; the defaults hold");
}

static void program_url(const struct config *config, char *url_out, size_t size)
{
	const char *host = config->server.host;

	if (!strcmp(host, "0.0.0.0"))
		host = "127.0.0.1";
	else if (!strcmp(host, "::"))
		host = "::1";
	snprintf(url_out, size, strchr(host, ':') ? "http://[%s]:%lld" : "http://%s:%lld", host,
		 (long long)config->server.port);
}

static void diagnose(const struct checks *checks, const char *url)
{
	char standard[300];
	bool is_running;

	check_file(checks);
	check_configuration(checks);
	program_url(checks->config, standard, sizeof(standard));
	curl_global_init(CURL_GLOBAL_DEFAULT);
	is_running = check_program(checks, url ? url : standard, checks->config->workbench.api_key);
	curl_global_cleanup();
	check_store(checks, is_running);
	check_ports(checks, is_running);
}

static void print_sum(const struct diagnosis *diagnosis)
{
	size_t problems = diagnosis->counts[FINDING_PROBLEM], warnings = diagnosis->counts[FINDING_WARNING];

	if (problems || warnings)
		printf("\n%zu problem%s, %zu warning%s\n", problems, problems == 1 ? "" : "s", warnings,
		       warnings == 1 ? "" : "s");
	else
		printf("\nnothing is wrong\n");
}

static int run(int argc, char **argv)
{
	const char *url = NULL;
	bool as_json = false;
	const struct option options[] = {
		{"url", "URL", "the running program (default: as the configuration has it)", OPTION_TEXT,
		 &url},
		{"json", NULL, "print the findings as JSON", OPTION_FLAG, &as_json},
	};
	const struct command_line line = {
		.command = &doctor_command,
		.details = "Checks the configuration, the store's folder and disk, the ports and a running "
			   "program "
			   "for what\n"
			   "makes telemetry go missing, and says what to do. Exit status 1 where there is a "
			   "problem.",
		.options = options,
		.option_count = sizeof(options) / sizeof(options[0]),
	};
	struct diagnosis diagnosis = {0};
	struct config_request request;
	struct config config;
	struct checks checks = {&config, take, &diagnosis};
	int result;

	if (!cli_parse(&line, argc, argv, &request, &result))
		return result;
	config_load(&request, &config);
	diagnosis.json = as_json ? json_array() : NULL;
	diagnose(&checks, url);
	if (as_json) {
		json_dumpf(diagnosis.json, stdout, JSON_INDENT(2));
		printf("\n");
	} else {
		print_sum(&diagnosis);
	}
	json_decref(diagnosis.json);
	config_release(&config);
	cli_release_request(&request);
	return diagnosis.counts[FINDING_PROBLEM] ? CLI_FAILED : CLI_DONE;
}

const struct command doctor_command = {
	"doctor",
	"Find out why telemetry is missing",
	run,
};
